"""Reading a rule set: YAML or JSON, written by people who do not program, refused with file and line."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.alias_generators import to_camel, to_snake

from gateway.canonical.reference import Policy
from gateway.rules.bindings.modes import Mode, Pattern
from gateway.rules.bindings.rule_set import Binding, Override, RuleSet, Scope, Waiver
from gateway.rules.bindings.stated import Stated
from gateway.rules.rule import Rule
from gateway.rules.site.read import read_site_rule
from gateway.rules.site.site_rule import SiteRule

__all__ = ["Beside", "parameter_name", "read_rule_set"]

_DATE = len("2026-12-31")
_SUBJECTS = ("productOrder", "serviceOrder", "item:", "bill:")


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class _Where(_Shape):
    rule: str = "*"
    product_line: str | None = None
    tenant: str | None = None
    landscape: str | None = None


class _Binding(_Where):
    adapter: str | None = None
    mode: Mode


class _Override(_Where):
    set: dict[str, Any] = Field(min_length=1)


class _Waiver(_Shape):
    rule: str
    subject: str | None = None
    product_line: str | None = None
    order: str | None = None
    reason: str
    until: str
    who: str


class _File(_Shape):
    name: str = Field(pattern=r"^[A-Za-z0-9][\w.-]{0,63}$")
    version: int = Field(ge=1)
    bindings: list[dict[str, Any]] = []
    parameters: list[dict[str, Any]] = []
    waivers: list[dict[str, Any]] = []
    site_rules: list[dict[str, Any] | str] = []


_PARAMETERS: Mapping[str, Any] = {
    "proration": Literal["actual", "30-day", "none"],
    "rate_tolerance_percent": Decimal,
    "backdate_days": int,
    "bill_lag_days": int,
    "grace_minutes": int,
    "roll_up": Literal["partial", "failed", "cancelled"],
}
_LIMITS: Mapping[str, Any] = {"rate_tolerance_percent": {"ge": 0, "le": 100}}
_COUNT = {"ge": 0, "le": 100_000}
_values: type[BaseModel] = create_model(
    "_values",
    __config__=ConfigDict(extra="forbid", frozen=True, strict=False),
    **{  # type: ignore[call-overload]
        name: (kind | None, Field(default=None, **(_LIMITS.get(name) or (_COUNT if kind is int else {}))))
        for name, kind in _PARAMETERS.items()
    },
)
Beside = Callable[[str, tuple[str | int, ...]], Iterable[tuple[Stated, tuple[str | int, ...]]]]
"""Finds the site rules of a file or folder that a rule set names: documents, and where in them each rule stands."""


def parameter_name(name: str) -> str:
    """Return a parameter as people write it: `rateTolerancePercent`."""
    return to_camel(name)


def read_rule_set(
    document: Stated, rules: Iterable[Rule], *, beside: Beside | None = None, digest: str = ""
) -> RuleSet:
    """Return the rule set of a document; `rules` are the built-in ones that it may name.

    Raises SetupError with file and line for an unknown rule, mode or parameter, a waiver without reason or end, rows
    that contradict each other, and whatever is wrong with a site rule.
    """
    said = document.read(_File)
    site = tuple(_site_rules(document, said, beside))
    known = {rule.code: rule for rule in rules}
    for one in site:
        if one.rule.code in known:
            raise document.wrong(f"rule {one.rule.code} stands twice", "give each site rule a code", "siteRules")
        known[one.rule.code] = one.rule
    bindings = [_binding(document, known, number) for number in range(len(said.bindings))]
    overrides = [_override(document, known, number) for number in range(len(said.parameters))]
    _refuse_twins(document, "bindings", [(one.scope, one.mode) for one in bindings])
    _refuse_twins(document, "parameters", [(one.scope, dict(one.values)) for one in overrides])
    waivers = tuple(_waiver(document, known, number) for number in range(len(said.waivers)))
    return RuleSet(
        name=said.name,
        version=said.version,
        bindings=tuple(sorted(bindings, key=lambda one: one.scope.weight, reverse=True)),
        overrides=tuple(sorted(overrides, key=lambda one: one.scope.weight, reverse=True)),
        waivers=waivers,
        site_rules=site,
        digest=digest,
    )


def _site_rules(document: Stated, said: _File, beside: Beside | None) -> Iterable[SiteRule]:
    for number, entry in enumerate(said.site_rules):
        if not isinstance(entry, str):
            yield read_site_rule(document, "siteRules", number)
        elif beside is None:
            fix = "write the rule out here: what is staged stands in one document"
            raise document.wrong(f"names the file {entry}", fix, "siteRules", number)
        else:
            for other, path in beside(entry, ("siteRules", number)):
                yield read_site_rule(other, *path)


def _scope(document: Stated, known: Mapping[str, Rule], said: _Where, *here: str | int, adapter: str | None) -> Scope:
    _check_rule(document, known, said.rule, *here)
    return Scope(
        rule=said.rule,
        product_line=_pattern(document, said.product_line, *here, "productLine"),
        adapter=_pattern(document, adapter, *here, "adapter"),
        tenant=_pattern(document, said.tenant, *here, "tenant"),
        landscape=_pattern(document, said.landscape, *here, "landscape"),
    )


def _check_rule(document: Stated, known: Mapping[str, Rule], said: str, *here: str | int) -> None:
    families = {code.rpartition("-")[0] for code in known}
    if said != "*" and said not in known and said not in families:
        near = sorted(code for code in known if code.startswith(said.partition("-")[0]))
        fix = f"use {', '.join(near)}" if near else f"use a code, * or a family: {', '.join(sorted(families))}"
        raise document.wrong(f"there is no rule {said!r}", fix, *here, "rule")


def _pattern(document: Stated, said: str | None, *path: str | int) -> Pattern | None:
    if said is None:
        return None
    try:
        return Pattern.of(said)
    except ValueError as error:
        raise document.wrong(f"{said!r}: {error}", "write such as BIZ-* or BIZ-500", *path) from None


def _binding(document: Stated, known: Mapping[str, Rule], number: int) -> Binding:
    here = ("bindings", number)
    said = document.read(_Binding, *here)
    return Binding(_scope(document, known, said, *here, adapter=said.adapter), said.mode)


def _override(document: Stated, known: Mapping[str, Rule], number: int) -> Override:
    here = ("parameters", number)
    said = document.read(_Override, *here)
    scope = _scope(document, known, said, *here, adapter=None)
    obeyed = {name for code, rule in known.items() if scope.covers(code) for name in rule.params}
    values: dict[str, Any] = {}
    for written, value in said.set.items():
        name = to_snake(written) if to_snake(written) in _PARAMETERS else written
        if name not in obeyed:
            can = ", ".join(sorted(parameter_name(one) if one in _PARAMETERS else one for one in obeyed)) or "none"
            raise document.wrong(f"{said.rule} has no parameter {written!r}", f"it has {can}", *here, "set", written)
        values[name] = _value(document, name, value, *here, "set", written)
    return Override(scope, values)


def _value(document: Stated, name: str, value: Any, *path: str | int) -> Any:
    if name not in _PARAMETERS:
        return value
    try:
        found = getattr(_values.model_validate({name: value}), name)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise document.wrong(f"{parameter_name(name)}: {reason}", "correct it", *path) from None
    if found is None:
        raise document.wrong(f"{parameter_name(name)} is empty", f"say how much; {_default(name)}", *path)
    return found


def _default(name: str) -> str:
    return f"without a row it is {getattr(Policy(), name)}, or what the landscape says"


def _waiver(document: Stated, known: Mapping[str, Rule], number: int) -> Waiver:
    here = ("waivers", number)
    said = document.read(_Waiver, *here)
    _check_rule(document, known, said.rule, *here)
    for name, text in (("reason", said.reason), ("who", said.who)):
        if not text.strip():
            raise document.wrong(f"the waiver has no {name}", f"say the {name}", *here, name)
    if said.subject is None and said.product_line is None and said.order is None:
        fix = "name a subject, a productLine or an order; productLine: '*' is all of them"
        raise document.wrong("the waiver does not say what it is for", fix, *here)
    if said.subject is not None and not said.subject.startswith(_SUBJECTS):
        raise document.wrong(
            f"{said.subject!r} is no subject", "write productOrder, item:<id> or bill:<id>", *here, "subject"
        )
    return Waiver(
        rule=said.rule,
        reason=" ".join(said.reason.split()),
        until=_until(document, said.until, *here, "until"),
        who=said.who.strip(),
        subject=said.subject,
        product_line=_pattern(document, said.product_line, *here, "productLine"),
        order=_pattern(document, said.order, *here, "order"),
    )


def _until(document: Stated, said: str, *path: str | int) -> date | datetime:
    try:
        if len(said) == _DATE:
            return date.fromisoformat(said)
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise document.wrong(f"{said!r} is no day and no instant", "write such as 2026-12-31", *path) from None
    if moment.tzinfo is None:
        raise document.wrong(f"{said!r} has no offset", "write such as 2026-12-31T18:00:00+01:00", *path)
    return moment


def _refuse_twins(document: Stated, part: str, rows: list[tuple[Scope, Any]]) -> None:
    seen: dict[Scope, tuple[int, Any]] = {}
    for number, (scope, value) in enumerate(rows):
        if scope in seen:
            first, other = seen[scope]
            what = "says the same again" if other == value else "contradicts it"
            reason = f"{scope}: line {document.line(part, first)} is about the same, and this row {what}"
            raise document.wrong(reason, "keep one of the two rows", part, number)
        seen[scope] = number, value
