"""Both adapters of Tryton with what a real one answered, and with the faults that it has."""

from pathlib import Path

import pytest

from contract_tests.adapter import BillingContract, CustomerContract
from gateway.ports.adapter import Role
from tests.adapters.keeping import WITHOUT_THE_SYSTEM, Silent, wrong_without_the_system
from tests.adapters.playing import replaying
from tests.adapters.tryton.kit import NOWHERE, adapter_of, target_of
from tests.adapters.tryton.scenarios import SCENARIOS


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
async def test_it_does_what_is_asked(scenario):
    context, now = replaying(Path(__file__).parent / "recorded" / scenario.__name__)
    customer, billing = (adapter_of(role, NOWHERE, now) for role in (Role.CUSTOMER, Role.BILLING))
    with context:
        await scenario(customer, billing, now)
    await customer.close()
    await billing.close()


@pytest.mark.parametrize(("role", "contract"), [(Role.CUSTOMER, CustomerContract), (Role.BILLING, BillingContract)])
async def test_the_contract_kit_finds_nothing_wrong_with_what_was_recorded(role, contract):
    target = target_of(role, lambda: adapter_of(role, NOWHERE), Silent())
    wrong, made = await wrong_without_the_system(contract, target)
    assert wrong == {}
    assert made == set(WITHOUT_THE_SYSTEM)
