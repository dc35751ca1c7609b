"""Reading the gateway's own parts of a trace document: every fault is a TraceProblem that says where it is."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from gateway.canonical.base import Model
from gateway.canonical.fact import PREDICATES, Fact, Source
from gateway.canonical.lifecycle import HistoryEntry, LedgerEntry
from gateway.canonical.money import Money
from gateway.canonical.reference import (
    AccountRecord,
    CharacteristicSpec,
    Offering,
    OfferingPrice,
    PartyRecord,
    PlaceRecord,
    Policy,
    ProductRecord,
    Reference,
    ServiceTemplate,
)
from gateway.faces.lifecycle.wire import SUBJECT_FORMS, is_subject
from gateway.faces.paths import camel

__all__ = [
    "TraceProblem",
    "read_fact",
    "read_history",
    "read_instant",
    "read_ledger",
    "read_list",
    "read_object",
    "read_policy",
    "read_reference",
]

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


class TraceProblem(ValueError):
    """A trace document that cannot be read; `str()` says where and why, `path` where."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path, self.reason = path or None, reason


def read_object(value: Any, path: str) -> dict[str, Any]:
    """Return a JSON object. Raises TraceProblem."""
    if not isinstance(value, dict):
        raise TraceProblem(path, "is no object")
    return value


def read_list(value: Any, path: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
    """Return what `read` makes of each element of a JSON array. Raises TraceProblem."""
    if not isinstance(value, list):
        raise TraceProblem(path, "is no array; leave it out where it is not known")
    return tuple(read(one, f"{path}[{index}]") for index, one in enumerate(value))


def read_instant(value: Any, path: str) -> datetime:
    """Return a moment: a date-time, with its offset or in the trace's zone; a date is its midnight."""
    if not isinstance(value, str):
        raise TraceProblem(path, "is no date-time")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise TraceProblem(path, "is no date-time as in RFC 3339") from None


def _text_instant(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("is no date-time")  # noqa: TRY004 - pydantic turns ValueErrors into its own
    return datetime.fromisoformat(value)


def _sale_limit(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("is no date")  # noqa: TRY004 - the same
    return date.fromisoformat(value) if len(value) == len("2026-01-01") else datetime.fromisoformat(value)


def _finite(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is no number")  # noqa: TRY004 - the same
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise ValueError("is out of range")
    return value


_LARGEST = 10**15
_Instant = Annotated[datetime, BeforeValidator(_text_instant)]
_SaleLimit = Annotated[date | datetime, BeforeValidator(_sale_limit)]


class _Part(BaseModel):
    """A part as it is written; members that it does not name are kept as they came."""

    model_config = ConfigDict(extra="allow", frozen=True, alias_generator=to_camel, strict=False)

    @property
    def rest(self) -> dict[str, Any]:
        """The members that the part does not name."""
        return dict(self.model_extra or {})


class _Money(_Part):
    unit: str
    value: Annotated[Any, BeforeValidator(_finite)]

    @property
    def money(self) -> Money:
        """The canonical amount."""
        return Money.model_validate({"amount": self.value, "currency": self.unit})


class _Party(_Part):
    id: str
    role: str | None = None
    pays_for: str | tuple[str, ...] | None = None


class _Account(_Part):
    id: str
    customer: str | None = None
    status: str | None = None
    pays_for: str | tuple[str, ...] | None = None


class _Product(_Part):
    id: str
    customer: str | None = None
    status: str | None = None
    offering: str | None = None
    place: str | None = None
    characteristics: dict[str, Any] | tuple[dict[str, Any], ...] = {}


class _Place(_Part):
    id: str
    location: str | None = None
    candidates: tuple[str, ...] = ()


class _Sellable(_Part):
    start: _SaleLimit | None = None
    end: _SaleLimit | None = None


class _Price(_Part):
    type: str
    period: str | None = None
    net: _Money | None = None
    tax_rate: Annotated[Any, BeforeValidator(_finite)] = None


class _Characteristic(_Part):
    name: str
    unit: str | None = None
    values: tuple[Any, ...] = ()
    mandatory: bool = False


class _Component(_Part):
    id: str


class _Service(_Part):
    specification: str
    name: str = ""
    copies: dict[str, str | None] = {}
    sets: dict[str, Any] = {}
    enabling: bool = False


class _Offering(_Part):
    id: str
    name: str | None = None
    sellable: _Sellable = _Sellable()
    site_bound: bool = False
    needs_visit: bool = False
    needs_permit: bool = False
    needs_credit_check: bool = False
    needs_acceptance: bool = False
    separately_billable: bool = True
    no_service: bool = False
    price: _Price | None = None
    characteristics: tuple[_Characteristic, ...] = ()
    bundled_product_offering: tuple[_Component, ...] = ()
    services: tuple[_Service, ...] = ()
    resources: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    decomposition: str = "gateway"


class _Period(_Part):
    start: _Instant | None = None
    end: _Instant | None = None


class _Posting(_Part):
    bill: str | None = None
    account: str | None = None
    amount: _Money | None = None
    period: _Period | None = None


class _Entry(_Part):
    subject: str
    state: str
    at: _Instant


class _Evidence(_Part):
    kind: str
    ref: str | None = None
    sha256: str | None = None


class _Source(_Part):
    system: str
    adapter: str | None = None
    vocabulary: str | None = Field(default=None, validation_alias=AliasChoices("vocabulary", "vocab"))
    message: str | None = None


class _Fact(_Part):
    predicate: str
    subject: str
    value: dict[str, Any] = {}
    observed_at: _Instant
    recorded_at: _Instant | None = None
    valid_from: _Instant | None = None
    valid_to: _Instant | None = None
    source: _Source
    evidence: tuple[_Evidence, ...] = ()
    assurance: str = "asserted"
    id: str = ""
    supersedes: str | None = None
    reason: str | None = None
    previous: str | None = None


class _Policy(_Part):
    proration: str = "actual"
    rate_tolerance_percent: Annotated[Any, BeforeValidator(_finite)] = 10
    backdate_days: int = Field(default=30, ge=0, le=36500)
    bill_lag_days: int = Field(default=7, ge=0, le=36500)
    grace_minutes: int = Field(default=60, ge=0, le=525600)
    roll_up: str = "partial"
    move_gap_days: int = Field(default=2, ge=0, le=36500)
    number_quarantine_days: int = Field(default=0, ge=0, le=36500)
    magnitude_factor: int = Field(default=50, ge=2, le=10**6)
    accepted_relations: tuple[str, ...] = ("equivalent",)


_TRANSLATION = frozenset(
    {"code", "rel", "mapped", "accept", "accepted", "defaulted", "seq"}
)  # of a fact as well as of a value


def read_fact(value: Any, path: str) -> Fact:
    """Return a fact. Raises TraceProblem, also for a predicate or a subject that is not among those known."""
    said = _read(_Fact, value, path)
    if said.predicate not in PREDICATES:
        raise TraceProblem(f"{path}.predicate", "is no predicate of the trace document")
    if not is_subject(said.subject):
        raise TraceProblem(f"{path}.subject", f"is not one of {', '.join(SUBJECT_FORMS)}")
    told = {name: one for name, one in (said.source.rest | said.rest).items() if name in _TRANSLATION}
    evidence = [one.__dict__ for one in said.evidence]
    parts = {"value": told | said.value, "evidence": evidence, "source": Source(**said.source.__dict__)}
    return _make(Fact, said.__dict__ | parts, path)


def read_history(value: Any, path: str) -> HistoryEntry:
    """Return an entry of the history. Raises TraceProblem."""
    said = _read(_Entry, value, path)
    return HistoryEntry(subject=said.subject, state=said.state, at=said.at, extras=said.rest)


def read_ledger(value: Any, path: str) -> LedgerEntry:
    """Return a posting. Raises TraceProblem."""
    said = _read(_Posting, value, path)
    return LedgerEntry(
        bill=said.bill,
        account=said.account,
        amount=said.amount.money if said.amount else None,
        start=said.period.start if said.period else None,
        end=said.period.end if said.period else None,
        extras=said.rest,
    )


def read_policy(value: Any, path: str) -> Policy:
    """Return the policy; parameters that are not there have their defaults. Raises TraceProblem."""
    said = _read(_Policy, value, path)
    return _make(Policy, said.model_dump(exclude=set(said.rest)), path)


def read_reference(value: Any, path: str) -> Reference:
    """Return what is known besides the order; a part that is absent stays unknown. Raises TraceProblem."""
    said = read_object(value, path)
    parts = {name: read_list(said[name], f"{path}.{name}", read) for name, read in _RECORDS.items() if name in said}
    active = read_object(said.get("vocabularies") or {}, f"{path}.vocabularies")
    return Reference(**parts, vocabularies={name: str(one) for name, one in active.items()} or None)


def _party(value: Any, path: str) -> PartyRecord:
    said = _read(_Party, value, path)
    return PartyRecord(id=said.id, role=said.role, pays_for=_several(said.pays_for), extras=said.rest)


def _account(value: Any, path: str) -> AccountRecord:
    said = _read(_Account, value, path)
    return AccountRecord(
        id=said.id, customer=said.customer, status=said.status, pays_for=_several(said.pays_for), extras=said.rest
    )


def _product(value: Any, path: str) -> ProductRecord:
    said = _read(_Product, value, path)
    stated = said.characteristics
    if not isinstance(stated, dict):
        stated = {str(one["name"]): one.get("value") for one in stated if "name" in one}
    members = said.model_dump(exclude=set(said.rest) | {"characteristics"})
    return ProductRecord(**members, characteristics=stated, extras=said.rest)


def _place(value: Any, path: str) -> PlaceRecord:
    said = _read(_Place, value, path)
    return PlaceRecord(id=said.id, location=said.location, candidates=said.candidates, extras=said.rest)


def _offering(value: Any, path: str) -> Offering:
    said = _read(_Offering, value, path)
    own = {"sellable", "price", "characteristics", "bundled_product_offering", "services"}
    bundled = value.get("bundledProductOffering")
    price = said.price
    members = {
        **said.model_dump(exclude=set(said.rest) | own),
        "sellable_start": said.sellable.start,
        "sellable_end": said.sellable.end,
        "price": price
        and OfferingPrice(
            type=price.type,
            period=price.period,
            net=price.net.money if price.net else None,
            tax_rate=price.tax_rate,
            extras=price.rest,
        ),
        "characteristics": tuple(
            CharacteristicSpec(
                name=one.name, unit=one.unit, values=one.values, mandatory=one.mandatory, extras=one.rest
            )
            for one in said.characteristics
        ),
        "components": tuple(one.id for one in said.bundled_product_offering),
        "services": tuple(ServiceTemplate(**one.model_dump(exclude=set(one.rest))) for one in said.services),
        "extras": {**said.rest, **({"bundledProductOffering": bundled} if bundled else {})},
    }
    return _make(Offering, members, path)


_RECORDS: Mapping[str, Callable[[Any, str], Model]] = {
    "parties": _party,
    "accounts": _account,
    "offerings": _offering,
    "products": _product,
    "places": _place,
}


def _several(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else value


def _read(model: type[M], value: Any, path: str) -> M:
    """Return an object as one of the parts above; a member that is null says nothing. Raises TraceProblem."""
    said = read_object(value, path)
    return _make(model, {name: one for name, one in said.items() if one is not None}, path)


def _make(model: type[M], members: Mapping[str, Any], path: str) -> M:
    try:
        return model.model_validate(members)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = path
        for step in first["loc"]:
            where += f"[{step}]" if isinstance(step, int) else f".{camel(str(step))}"
        raise TraceProblem(where, first["msg"].removeprefix("Value error, ")) from None
