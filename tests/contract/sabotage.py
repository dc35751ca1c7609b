"""Copies of the reference adapters, each with one mistake that somebody has made before."""

import asyncio
import contextvars
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from adapters.sdk.xml import Fault as SoapFault
from adapters.simulated.activation.adapter import ActivationAdapter
from adapters.simulated.billing.adapter import BillingAdapter
from adapters.simulated.crm.adapter import CrmAdapter
from adapters.simulated.field.adapter import FieldAdapter
from gateway.canonical.common import Ref
from gateway.canonical.money import Money
from gateway.canonical.reference import Reference
from gateway.ports.adapter import Capability, Outcome, Report, Role
from gateway.ports.errors import (
    NeedsOperator,
    NotSupported,
    OutcomeUnknown,
    Refused,
    TryLater,
    UnknownCode,
    Unreadable,
)
from gateway.ports.outcome import Known
from gateway.vocabulary.table import Vocabulary

HONEST = {
    Role.CUSTOMER: CrmAdapter,
    Role.FIELD_WORK: FieldAdapter,
    Role.ACTIVATION: ActivationAdapter,
    Role.BILLING: BillingAdapter,
}


@dataclass(frozen=True)
class Sabotage:
    """A mistake, the check that has to fail, and words of the row that has to be named."""

    name: str
    role: Role
    code: str
    row: str
    adapter: type


FOUND = []


def mistake(role, code, row):
    """Take a function from the honest class to a broken one."""

    def keep(function):
        FOUND.append(Sabotage(function.__name__.replace("_", " "), role, code, row, function(HONEST[role])))
        return function

    return keep


def saying(honest, change):
    """The honest adapter, whose every report is changed before anybody sees it."""

    class Changed(honest):
        async def submit(self, message):
            return change(await super().submit(message), message)

        async def fetch(self, message):
            return change(await super().fetch(message), message)

    return Changed


def facts(honest, change):
    """The honest adapter, each of whose facts is changed; None drops it."""

    def changed(report, _):
        kept = [new for fact in report.facts if (new := change(fact)) is not None]
        return report.model_copy(update={"facts": tuple(kept)})

    return saying(honest, changed)


def values(honest, change):
    """The honest adapter, the value of each of whose facts is changed."""
    return facts(honest, lambda fact: fact.model_copy(update={"value": change(dict(fact.value))}))


def rates(honest, change):
    """The honest adapter, each of whose rates is changed."""
    return saying(
        honest, lambda report, _: report.model_copy(update={"rates": tuple(change(one) for one in report.rates)})
    )


def raising(honest, wanted, instead):
    """The honest adapter, which turns one error into another, or into a report."""

    class Changed(honest):
        async def submit(self, message):
            try:
                return await super().submit(message)
            except wanted as error:
                made = instead(error)
                if isinstance(made, Exception):
                    raise made from None
                return made

    return Changed


# -- activation ------------------------------------------------------------------------------------------------------


@mistake(Role.ACTIVATION, "AGR-1", "downstreamRate is 500000 Mbit/s; wanted 500 Mbit/s")
def a_wrong_unit(honest):
    def change(value):
        rate = value.get("downstreamRate")
        return value | ({"downstreamRate": rate | {"units": "Mbit/s"}} if rate else {})

    return values(honest, change)


@mistake(Role.ACTIVATION, "UNT-1", "downstreamRate is 500000, without a unit")
def a_unit_left_out(honest):
    def change(value):
        return {name: one["amount"] if isinstance(one, dict) else one for name, one in value.items()}

    return values(honest, change)


@mistake(Role.ACTIVATION, "UNT-1", "unit 'kbit' is not in the table")
def a_unit_that_nobody_knows(honest):
    def change(value):
        return {name: one | {"units": "kbit"} if isinstance(one, dict) else one for name, one in value.items()}

    return values(honest, change)


@mistake(Role.ACTIVATION, "AGR-1", "fibre-life/suspend: service.suspended item:1 is not stated")
def states_that_are_swapped(honest):
    swapped = {"service.suspended": "service.activated", "service.activated": "service.suspended"}
    return facts(
        honest, lambda fact: fact.model_copy(update={"predicate": swapped.get(fact.predicate, fact.predicate)})
    )


@mistake(Role.ACTIVATION, "AGR-1", "service.activated item:1: serial is not said")
def a_field_that_gets_lost(honest):
    return values(honest, lambda value: {name: one for name, one in value.items() if name != "serial"})


@mistake(Role.ACTIVATION, "AGR-1", "telephoneNumber is '493055500001'")
def a_number_without_its_plus(honest):
    def change(value):
        return {name: one.lstrip("+") if isinstance(one, str) else one for name, one in value.items()}

    return values(honest, change)


@mistake(Role.ACTIVATION, "ERR-2", "no OutcomeUnknown came")
def a_retry_that_repeats(honest):
    class Retrying(honest):
        async def submit(self, message):
            try:
                return await super().submit(message)
            except OutcomeUnknown:
                return await super().submit(message)

    return Retrying


@mistake(Role.ACTIVATION, "ONC-1", "made again: insert 1")
def a_create_without_a_look(honest):
    class Blind(honest):
        async def _found(self, message, item):
            return None if item.action == "add" else await super()._found(message, item)

    return Blind


@mistake(Role.ACTIVATION, "ONC-2", "made again: insert 1")
def a_memory_in_place_of_a_look(honest):
    class Remembering(honest):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self._done = {}

        async def _found(self, message, item):
            if message.id in self._done:
                return await super()._found(message, item)
            self._done[message.id] = True
            return None if item.action == "add" else await super()._found(message, item)

    return Remembering


@mistake(Role.ACTIVATION, "TIM-1", "3600 s after it was asked")
def a_wrong_zone(honest):
    hour = timedelta(hours=1)
    return facts(honest, lambda fact: fact.model_copy(update={"observed_at": fact.observed_at + hour}))


@mistake(Role.ACTIVATION, "TIM-2", "and asked again at")
def the_gateway_s_clock_for_the_system_s(honest):
    return facts(honest, lambda fact: fact.model_copy(update={"observed_at": datetime.now(UTC)}))


@mistake(Role.ACTIVATION, "ERR-3", "no Unreadable came; the report is done and states nothing")
def an_error_that_is_swallowed(honest):
    return raising(honest, Unreadable, lambda _: Report(outcome=Outcome.DONE))


@mistake(Role.ACTIVATION, "ERR-3", "Unreadable shows a secret")
def a_secret_in_an_error(honest):
    return raising(honest, Unreadable, lambda error: Unreadable(error.reason, "<<< SEGV; password=hunter2 >>>"))


class _Guessing(Vocabulary):
    def translate(self, code, accept=frozenset({"equivalent", "narrower"})):
        try:
            return super().translate(code, accept)
        except UnknownCode:
            return "active"


@mistake(Role.ACTIVATION, "ERR-4", "it was taken for something known; said: service.activated item:1")
def a_code_that_is_guessed(honest):
    class Guessing(honest):
        def __init__(self, settings, tables):
            super().__init__(settings, tables)
            states = self._words.states
            guessing = _Guessing(**{name: getattr(states, name) for name in type(states).model_fields})
            self._words = replace(self._words, states=guessing)

    return Guessing


@mistake(Role.ACTIVATION, "ONC-3", "is not said any more")
def a_look_that_is_stale(honest):
    class Stale(honest):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self._seen = {}

        async def fetch(self, message):
            if message.id not in self._seen:
                self._seen[message.id] = await super().fetch(message)
            return self._seen[message.id]

    return Stale


@mistake(Role.ACTIVATION, "ONC-3", "looking before it was sent has sent something")
def a_look_that_sends(honest):
    class Sending(honest):
        async def fetch(self, message):
            return await super().submit(message)

    return Sending


@mistake(Role.ACTIVATION, "ORD-1", "two-services/reserve: resource.reserved item:1: port is not said")
def items_by_their_position(honest):
    def change(report, message):
        ids = [item.id for item in message.order.items]
        in_place = {f"item:{one}": f"item:{index}" for index, one in enumerate(ids, 1)}
        moved = [fact.model_copy(update={"subject": in_place[fact.subject]}) for fact in report.facts]
        return report.model_copy(update={"facts": tuple(moved)})

    return saying(honest, change)


@mistake(Role.ACTIVATION, "ERR-7", "the legacy side said no, and no operation has told so")
def a_refusal_that_is_swallowed(honest):
    class Swallowing(honest):
        async def _in_force(self, message, item, *, may_send):
            try:
                return await super()._in_force(message, item, may_send=may_send)
            except SoapFault:
                return await super()._found(message, item.model_copy(update={"id": "none"}))

    return saying(Swallowing, lambda report, _: report.model_copy(update={"refusals": (), "outcome": Outcome.DONE}))


@mistake(Role.ACTIVATION, "ERR-1", "TryLater came, and not OutcomeUnknown")
def not_sent_where_nobody_knows(honest):
    return raising(honest, OutcomeUnknown, lambda error: TryLater(error.reason))


@mistake(Role.ACTIVATION, "ERR-2", "looked up, it is absent")
def a_lookup_that_finds_nothing(honest):
    class Blind(honest):
        async def outcome_of(self, message):
            return Known.ABSENT

    return Blind


@mistake(Role.ACTIVATION, "ERR-1", "looked up, it is present")
def a_lookup_that_finds_everything(honest):
    class Sure(honest):
        async def outcome_of(self, message):
            return Known.PRESENT

    return Sure


@mistake(Role.ACTIVATION, "ERR-8", "something was sent without a lease")
def a_lease_that_is_not_looked_at(honest):
    class Careless(honest):
        async def submit(self, message):
            return await asyncio.create_task(super().submit(message), context=contextvars.Context())

    return Careless


@mistake(Role.ACTIVATION, "RDB-1", "service.activated item:1 is not observed")
def nothing_observed(honest):
    class Blind(honest):
        async def observe(self, message):
            return Report(outcome=Outcome.DONE)

    return Blind


@mistake(Role.ACTIVATION, "RDB-2", "it is not the rest")
def an_inventory_that_always_begins_anew(honest):
    class Anew(honest):
        def inventory(self, after=0):
            return super().inventory(0)

    return Anew


@mistake(Role.ACTIVATION, "ONC-4", "it says that it was called back, and nothing was changed there")
def a_cancel_that_does_nothing(honest):
    class Idle(honest):
        async def cancel(self, message):
            return Report(outcome=Outcome.DONE)

    return Idle


@mistake(Role.ACTIVATION, "CAP-1", "fibre-life/reserve: NotSupported")
def less_than_is_declared(honest):
    class Lazy(honest):
        async def submit(self, message):
            if message.operation == "reserve":
                raise NotSupported(self.name, message.operation)
            return await super().submit(message)

    return Lazy


@mistake(Role.ACTIVATION, "DEC-2", "cancel reserve: the file says full, the adapter impossible")
def another_capability_than_in_the_file(honest):
    class Other(honest):
        capabilities = {**honest.capabilities, "cancel reserve": Capability.IMPOSSIBLE}  # noqa: RUF012

    return Other


@mistake(Role.ACTIVATION, "DEC-4", "gather: a report came back")
def an_answer_to_everything(honest):
    return raising(honest, NotSupported, lambda _: Report(outcome=Outcome.DONE))


@mistake(Role.ACTIVATION, "FCT-1", "nothing of the message is called item:99")
def a_fact_about_nothing(honest):
    return facts(honest, lambda fact: fact.model_copy(update={"subject": "item:99"}))


# -- field work ------------------------------------------------------------------------------------------------------


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
