"""Both adapters of Tryton with a real one."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.tryton.billing.adapter import TrytonBilling
from adapters.tryton.client import TrytonClient
from adapters.tryton.customer.adapter import TrytonCustomer
from adapters.tryton.plugin import PLUGIN
from adapters.tryton.settings import TrytonSettings
from gateway.ports.adapter import Role
from gateway.ports.errors import NeedsOperator, TryLater
from gateway.vocabulary.load import load_vocabularies
from tests.adapters.playing import recording
from tests.adapters.selling import fact, message, sold
from tests.adapters.tryton.scenarios import SCENARIOS

RECORDED = Path(__file__).parents[1] / "adapters" / "tryton" / "recorded"


@pytest.fixture
def settings(tryton):
    return TrytonSettings(**tryton.settings[Role.BILLING])


@pytest.fixture
async def client(settings):
    client = TrytonClient(settings)
    yield client
    await client.close()


def adapters(settings, now):
    tables = {role: load_vocabularies(file) for role, file in PLUGIN.vocabularies.items()}
    return (
        TrytonCustomer(settings, tables[Role.CUSTOMER]),
        TrytonBilling(settings, tables[Role.BILLING], lambda: now),
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
async def test_it_does_what_is_asked(settings, scenario):
    folder = RECORDED / scenario.__name__
    context, now = recording(folder)
    customer, billing = adapters(settings, now)
    with context:
        await scenario(customer, billing, now)
    await customer.close()
    await billing.close()


async def test_a_wrong_password_waits_for_a_person(settings):
    client = TrytonClient(settings.model_copy(update={"password": None, "password_file": Path(__file__)}))
    with pytest.raises(NeedsOperator):
        await client.context()
    await client.close()


async def test_a_session_that_tryton_has_forgotten_is_begun_anew(client):
    await client.context()
    client._session = "Zm9yZ290dGVuOjE6eA=="
    assert await client.rows("company.company", [], ["id"])


async def test_two_that_want_the_same_code_at_once_do_not_get_two(client):
    made = await asyncio.gather(
        *(client.create("party.party", {"name": "Twice", "code": "TWICE-1"}) for _ in range(5)), return_exceptions=True
    )
    kinds = Counter(type(one) for one in made)
    assert kinds == {int: 1, TryLater: 4}
    assert all(one.only_this for one in made if isinstance(one, TryLater))


async def test_many_orders_at_once_are_each_charged_and_billed_once(settings):
    now = datetime.now(UTC)
    customer, billing = adapters(settings, now)

    async def one(number):
        item, order = sold(account=f"BA-10{number}"), f"M-{number}"
        active = [fact("service.activated", at=now)]
        charged = await billing.submit(message("billing", "charge", item, order=order, facts=active))
        billed = await billing.submit(message("billing", "bill", item, order=order))
        return len(charged.rates), len(billed.rates), [bill.bill_no for bill in billed.bills]

    found = await asyncio.gather(*(one(number) for number in range(11, 19)))
    assert {(charged, billed, len(bills)) for charged, billed, bills in found} == {(1, 1, 1)}
    assert len({bills[0] for _, _, bills in found}) == 8
    await customer.close()
    await billing.close()


async def test_an_invoice_run_that_passed_over_a_subscription_is_told_and_not_hidden(settings, client):
    """Somebody ran the wizards in the wrong order: the first month would silently never be invoiced."""
    now = datetime.now(UTC)
    customer, billing = adapters(settings, now)
    asked = message(
        "billing", "charge", sold(account="BA-1019"), order="W-1", facts=[fact("service.activated", at=now)]
    )
    await billing.submit(asked)
    (line,) = await client.rows("sale.subscription.line", [["subscription.reference", "=", "W-1"]], ["subscription"])
    (consumed,) = await client.rows("sale.subscription.line.consumption", [["line", "=", line["id"]]], ["date"])
    await client.call("model.sale.subscription.line.consumption.delete", [consumed["id"]])
    context = await client.context()
    wizard = {"date": now.date(), "companies": context["companies"]}
    await client.run_wizard("sale.subscription.create_invoice", "create_", **wizard)
    await client.create(
        "sale.subscription.line.consumption", {"line": line["id"], "quantity": 1, "date": consumed["date"]}
    )
    with pytest.raises(NeedsOperator, match="passed over") as caught:
        await billing.submit(message("billing", "bill", sold(account="BA-1019"), order="W-1"))
    assert caught.value.only_this
    await customer.close()
    await billing.close()


async def test_it_says_that_it_is_well(settings):
    customer, billing = adapters(settings, datetime.now(UTC))
    assert "Operator" in await billing.check()
    assert "Operator" in await customer.check()
    await customer.close()
    await billing.close()
