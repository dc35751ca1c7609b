"""Copies of the other reference adapters, each with one mistake that somebody has made before."""

from decimal import Decimal

from adapters.sdk.loss import translates
from gateway.canonical.common import Ref
from gateway.canonical.money import Money
from gateway.canonical.reference import Reference
from gateway.ports.adapter import Outcome, Report, Role
from gateway.ports.errors import (
    NeedsOperator,
    Refused,
    TryLater,
)
from tests.contract.mistakes import facts, mistake, raising, rates, saying, values


@mistake(Role.FIELD_WORK, "AGR-1", "field.completed item:1: no evidence is named")
def evidence_that_is_dropped(honest):
    return facts(honest, lambda fact: fact.model_copy(update={"evidence": ()}))


@mistake(Role.FIELD_WORK, "AGR-1", "two-visits/book: appointment.booked item:2 is not stated")
def the_first_item_only(honest):
    return facts(honest, lambda fact: fact if fact.subject == "item:1" else None)


@mistake(Role.FIELD_WORK, "IDN-1", "appointment '1' belongs to two orders")
def a_local_id_that_is_used_again(honest):
    def change(report, _):
        return report.model_copy(update={"legacy_ids": {name: name.split()[-1] for name in report.legacy_ids}})

    return saying(honest, change)


@mistake(Role.FIELD_WORK, "TIM-1", "start is '20")
def a_time_without_its_offset(honest):
    def change(value):
        return {name: one[:19] if name in {"start", "end"} else one for name, one in value.items()}

    return values(honest, change)


@mistake(Role.FIELD_WORK, "ORD-2", "place is 'ADDR-1002'; wanted 'ADDR-1001'")
def facts_of_another_order(honest):
    known = {}

    def change(report, _):
        kept = [known.setdefault(str(fact.key), fact) for fact in report.facts]
        return report.model_copy(update={"facts": tuple(kept)})

    return saying(honest, change)


@mistake(Role.FIELD_WORK, "ONC-4", "visit/build: it says that it was called back")
def a_call_off_that_comes_too_late_and_is_said_to_be_done(honest):
    class Swallowing(honest):
        async def cancel(self, message):
            try:
                return await super().cancel(message)
            except Refused:
                return Report(outcome=Outcome.DONE)

    return Swallowing


# -- billing ---------------------------------------------------------------------------------------------------------


def _money(rate, **changed):
    return rate.model_copy(update={name: Money(amount=amount, currency="EUR") for name, amount in changed.items()})


@mistake(Role.FIELD_WORK, "LOS-2", "visit/book: cancel is in no account; put @translates")
def a_cancel_without_an_account(honest):
    class Silent(honest):
        async def cancel(self, message):
            return await honest.cancel.__wrapped__(self, message)

    return Silent


@mistake(Role.BILLING, "LOS-2", "to-legacy: items is neither mapped nor declared as ignored")
def all_taken_back_for_one_item(honest):
    class Careless(honest):
        @translates
        async def cancel(self, message):
            for contract in await self._client.rows("contract.search_read", message.reference_key):
                await self._client.call("charge.cancel", contract["id"], [])
            return Report(outcome=Outcome.DONE)

    return Careless


@mistake(Role.BILLING, "MON-1", "a discount of 4.00 has the wrong sign")
def a_wrong_sign(honest):
    def change(rate):
        return _money(rate, net=abs(rate.net.amount), gross=abs(rate.gross.amount))

    return rates(honest, change)


@mistake(Role.BILLING, "MON-1", "gross 40.00 is less than net 48.00")
def net_for_gross(honest):
    return rates(honest, lambda rate: rate.model_copy(update={"net": rate.gross, "gross": rate.net}))


@mistake(Role.BILLING, "AGR-1", "net is 4000.00 EUR; wanted 40 EUR")
def minor_units_for_major(honest):
    return rates(honest, lambda rate: _money(rate, net=rate.net.amount * 100, gross=rate.gross.amount * 100))


@mistake(Role.BILLING, "MON-1", "taxExcludedAmount: there is no sum")
def a_currency_that_is_dropped(honest):
    def change(value):
        return {name: {"value": one["value"]} if isinstance(one, dict) else one for name, one in value.items()}

    return values(honest, change)


@mistake(Role.BILLING, "AGR-1", "net is 40.00 USD; wanted 40 EUR")
def another_currency(honest):
    def change(rate):
        return rate.model_copy(
            update={name: getattr(rate, name).model_copy(update={"currency": "USD"}) for name in ("net", "gross")}
        )

    return rates(honest, change)


@mistake(Role.BILLING, "MON-1", "net 40.00 and tax 0 are not gross 48.00")
def a_tax_that_is_dropped(honest):
    return rates(honest, lambda rate: rate.model_copy(update={"taxes": ()}))


@mistake(Role.BILLING, "AGR-1", "net is 1 EUR; wanted 0.99 EUR")
def rounding_to_whole_units(honest):
    return rates(honest, lambda rate: _money(rate, net=rate.net.amount.quantize(Decimal(1)), gross=rate.gross.amount))


@mistake(Role.BILLING, "AGR-1", "account is 'BA-1099'; wanted 'BA-1001'")
def another_account(honest):
    return rates(honest, lambda rate: rate.model_copy(update={"billing_account": Ref(id="BA-1099")}))


@mistake(Role.BILLING, "ERR-6", "TryLater came, and not NeedsOperator")
def a_door_that_is_shut_taken_for_a_delay(honest):
    return raising(honest, NeedsOperator, lambda error: TryLater(error.reason))


@mistake(Role.BILLING, "AGR-1", "rates: one too many")
def a_line_that_is_said_twice(honest):
    return saying(honest, lambda report, _: report.model_copy(update={"rates": (*report.rates, *report.rates[:1])}))


# -- customer --------------------------------------------------------------------------------------------------------


@mistake(Role.CUSTOMER, "AGR-1", "not-known/gather: credit.ok productOrder is stated")
def credit_unless_somebody_says_otherwise(honest):
    def change(report, _):
        if not report.facts or any(fact.predicate == "credit.ok" for fact in report.facts):
            return report
        made = report.facts[0].model_copy(update={"predicate": "credit.ok", "subject": "productOrder"})
        return report.model_copy(update={"facts": (*report.facts, made)})

    return saying(honest, change)


@mistake(Role.CUSTOMER, "AGR-1", "net is 36 EUR; wanted 30 EUR")
def the_price_with_its_tax(honest):
    def change(value):
        net = value.get("net")
        return value | ({"net": net | {"value": 36}} if net == {"unit": "EUR", "value": 30} else {})

    return values(honest, change)


@mistake(Role.CUSTOMER, "AGR-1", "closed-account/gather: accounts: BA-1099: status is 'open'; wanted 'closed'")
def every_account_is_open(honest):
    def change(report, _):
        known = report.reference or Reference()
        accounts = tuple(one.model_copy(update={"status": "open"}) for one in known.accounts or ())
        return report.model_copy(update={"reference": known.model_copy(update={"accounts": accounts})})

    return saying(honest, change)


@mistake(Role.CUSTOMER, "ERR-5", "Refused came, and not TryLater")
def a_busy_system_taken_for_a_no(honest):
    return raising(honest, TryLater, lambda error: Refused("503", error.reason))
