"""The mapping of one WSDL, read and checked: every operation and every part that it names has to be there."""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from adapters.sdk.services import RATES
from adapters.sdk.soap import Wsdl
from gateway.canonical.base import Model
from gateway.vocabulary.document import Document, read_document

__all__ = ["Call", "FaultMeans", "Find", "Mapped", "Member", "Rate", "Shown", "drifted"]


class FaultMeans(StrEnum):
    """What a fault means, by what happens next. A fault that is not named refuses the item."""

    TRY_LATER = "try-later"
    TRY_LATER_THIS = "try-later-this"  # the system is well: only this one has to wait
    NEEDS_OPERATOR = "needs-operator"
    OUTCOME_UNKNOWN = "outcome-unknown"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(_Part):
    """What goes into one part of a request, where it is no plain member: a rate, the code of a unit, or a text."""

    rate: str | None = None
    unit: str | None = None
    text: str | None = None


class Rate(_Part):
    """Where a rate stands in an answer: its figure, and its unit's code."""

    value: str
    unit: str


class Call(_Part):
    """One operation: what is sent, and which part of the answer says what came of it."""

    operation: str
    send: Mapping[str, str | Member]
    answer: str


class Shown(_Part):
    """How a service, or a measurement of one, is written in an answer."""

    id: str
    state: str
    at: str
    type: str | None = None
    reference: str | None = None
    item: str | None = None
    product: str | None = None
    ipv4: str | None = None
    rates: Mapping[str, Rate] = Field(default_factory=dict)

    @property
    def parts(self) -> Iterator[str]:
        """Every part of the answer that is read."""
        plain = (self.id, self.state, self.at, self.type, self.reference, self.item, self.product, self.ipv4)
        yield from (one for one in plain if one is not None)
        for rate in self.rates.values():
            yield from (rate.value, rate.unit)


class _Probe(Shown):
    operation: str
    send: Mapping[str, str | Member]
    answer: str


class Find(_Part):
    """How a service is looked for: by the item that did something to it, and by its product."""

    by_item: Call = Field(alias="by-item")
    by_product: Call | None = Field(default=None, alias="by-product")


class _MappingFile(_Part):
    wsdl: str
    find: Find
    add: Call
    modify: Call | None = None
    suspend: Call | None = None
    resume: Call | None = None
    delete: Call | None = None
    service: Shown
    probe: _Probe | None = None
    faults: Mapping[str, FaultMeans] = Field(default_factory=dict)


class Mapped(Model):
    """A mapping that fits its WSDL. `verbs` has the operations that change something."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    file: str
    wsdl: Wsdl
    find: Find
    verbs: Mapping[str, Call]
    service: Shown
    probe: Call | None
    measured: Shown | None
    faults: Mapping[str, FaultMeans]

    @classmethod
    def load(cls, path: Path, members: Collection[str]) -> Self:
        """Return the mapping of a file, with the WSDL that it names; `members` are what of ours can be sent.

        Blocks. Raises SetupError with file and line.
        """
        document = read_document(path)
        said = document.read(_MappingFile)
        wsdl = Wsdl.load(path.parent / said.wsdl)
        found = {verb: getattr(said, verb) for verb in ("add", "modify", "suspend", "resume", "delete")}
        probe = said.probe
        made = cls(
            file=str(path),
            wsdl=wsdl,
            find=said.find,
            verbs={verb: call for verb, call in found.items() if call is not None},
            service=said.service,
            probe=None if probe is None else Call(operation=probe.operation, send=probe.send, answer=probe.answer),
            measured=probe,
            faults=said.faults,
        )
        for where, reason in made.unfit(wsdl):
            raise document.wrong(f"{'.'.join(where)}: {reason}", "name what the WSDL has", *where)
        _check_members(document, made, members)
        return made

    def calls(self) -> Iterator[tuple[tuple[str, ...], Call, Shown]]:
        """Yield every operation with the place where the file names it, and how its answer is written."""
        yield ("find", "by-item"), self.find.by_item, self.service
        if self.find.by_product is not None:
            yield ("find", "by-product"), self.find.by_product, self.service
        for verb, call in self.verbs.items():
            yield (verb,), call, self.service
        if self.probe is not None and self.measured is not None:
            yield ("probe",), self.probe, self.measured

    def unfit(self, wsdl: Wsdl) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what a WSDL lacks: the place in the file, and the operation or part that is not there."""
        for where, call, shown in self.calls():
            if call.operation not in wsdl.operations:
                yield (*where, "operation"), f"the WSDL has no operation {call.operation!r}"
                continue
            takes, gives = wsdl.takes(call.operation), wsdl.gives(call.operation)
            for part in sorted(set(call.send) - takes):
                yield (*where, "send", part), f"{call.operation} takes no part {part!r}"
            if call.answer not in gives:
                yield (*where, "answer"), f"{call.operation} gives no part {call.answer!r}"
                continue
            for part in sorted({f"{call.answer}.{one}" for one in shown.parts} - gives):
                yield where, f"{call.operation} gives no part {part!r}"


def _check_members(document: Document, mapped: Mapped, members: Collection[str]) -> None:
    for where, call, shown in mapped.calls():
        for part, member in call.send.items():
            if isinstance(member, str) and member not in members:
                reason = f"{member!r} is nothing of ours that could be sent"
                raise document.wrong(reason, f"use one of {', '.join(sorted(members))}", *where, "send", part)
            if isinstance(member, Member) and not _is_whole(member):
                reason = "a part is {rate, unit}, {unit} or {text}"
                raise document.wrong(reason, "say one of them", *where, "send", part)
        for name in shown.rates:
            if name not in RATES:
                raise document.wrong(f"{name!r} is no rate", f"use {' or '.join(RATES)}", *where)


def _is_whole(member: Member) -> bool:
    if member.text is not None:
        return member.rate is None and member.unit is None
    return member.unit is not None and (member.rate is None or member.rate in RATES)


def drifted(mapped: Mapped, content: bytes, address: str) -> str | None:
    """Return what a WSDL that is served now lacks of what the mapping uses; None where the mapping still fits.

    Blocks. Raises SetupError where it is no WSDL.
    """
    served = Wsdl(content, address, Path(mapped.wsdl.name).parent)
    if served.digest == mapped.wsdl.digest:
        return None
    lacks = [f"{'.'.join(where)}: {reason}" for where, reason in mapped.unfit(served)]
    return "; ".join(lacks) or None
