"""Both adapters of Tryton with what a real one answered, and with the faults that it has."""

from pathlib import Path

import pytest

from adapters.tryton.billing.adapter import TrytonBilling
from adapters.tryton.customer.adapter import TrytonCustomer
from adapters.tryton.plugin import PLUGIN
from adapters.tryton.settings import TrytonSettings
from gateway.ports.adapter import Role
from gateway.vocabulary.conformance import load_declaration
from gateway.vocabulary.load import load_vocabularies
from tests.adapters.playing import replaying
from tests.adapters.tryton.scenarios import SCENARIOS

RECORDED = Path(__file__).parent / "recorded"
SETTINGS = TrytonSettings(url="http://127.0.0.1:9", password="hidden", database="tryton")
TABLES = {role: load_vocabularies(file) for role, file in PLUGIN.vocabularies.items()}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
async def test_it_does_what_is_asked(scenario):
    folder = RECORDED / scenario.__name__
    context, now = replaying(folder)
    customer = TrytonCustomer(SETTINGS, TABLES[Role.CUSTOMER])
    billing = TrytonBilling(SETTINGS, TABLES[Role.BILLING], lambda: now)
    with context:
        await scenario(customer, billing, now)
    await customer.close()
    await billing.close()


@pytest.mark.parametrize(("role", "made"), [(Role.CUSTOMER, TrytonCustomer), (Role.BILLING, TrytonBilling)])
def test_it_declares_what_it_does(role, made):
    declaration = load_declaration(PLUGIN.vocabularies[role].with_name("conformance.yaml"))
    assert list(declaration.problems(role, made.capabilities)) == []
