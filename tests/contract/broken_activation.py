"""Copies of the reference adapter for activation, each with one mistake that somebody has made before."""

import asyncio
import contextvars
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapters.sdk.xml import Fault as SoapFault
from gateway.ports.adapter import Capability, Outcome, Report, Role
from gateway.ports.errors import (
    NotSupported,
    OutcomeUnknown,
    TryLater,
    UnknownCode,
    Unreadable,
)
from gateway.ports.loss import Direction, Fate, MemberFate
from gateway.ports.outcome import Known
from gateway.vocabulary.table import Vocabulary
from tests.contract.mistakes import facts, mistake, raising, saying, values


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


@mistake(Role.ACTIVATION, "ERR-9", "TryLater came, and not OutcomeUnknown")
def a_time_out_that_is_taken_for_not_sent(honest):
    return raising(honest, OutcomeUnknown, lambda error: TryLater(error.reason) if "Timeout" in error.reason else error)


@mistake(Role.ACTIVATION, "ERR-9", "no OutcomeUnknown came; the report is")
def a_time_out_that_is_tried_again(honest):
    class Retrying(honest):
        async def submit(self, message):
            try:
                return await super().submit(message)
            except OutcomeUnknown as error:
                if "Timeout" not in error.reason:
                    raise
                return await super().submit(message)

    return Retrying


@mistake(Role.ACTIVATION, "ERR-9", "looked up, it is absent")
def a_lookup_that_takes_silence_for_nothing(honest):
    class Blind(honest):
        async def outcome_of(self, message):
            return Known.ABSENT

    return Blind


@mistake(Role.ACTIVATION, "ERR-9", "it still waits after 1 s; give its requests a time limit")
def an_answer_that_is_waited_for_without_end(honest):
    class Patient(honest):
        def __init__(self, settings, tables):
            super().__init__(settings.model_copy(update={"answer_seconds": 3600.0}), tables)

    return Patient


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


@mistake(Role.ACTIVATION, "DEC-2", "cancel reserve is full here and impossible in Adapter.capabilities")
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


@mistake(Role.ACTIVATION, "LOS-1", "from-legacy: service.site is neither mapped nor declared as ignored")
def a_member_that_nobody_reads(honest):
    class Book:
        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        @property
        def findings(self):
            lost = MemberFate(direction=Direction.FROM_LEGACY, member="service.site", fate=Fate.UNMAPPED)
            return (*self._inner.findings, lost)

    class Deaf(honest):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.losses = Book(self.losses)

    return Deaf
