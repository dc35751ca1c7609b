"""What a bound catalogue makes of what a rule says: all of it, a warning, a record without effect, or nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from gateway.canonical.fact import FactKey
from gateway.canonical.judgement import Finding, Severity
from gateway.rules.bindings.modes import Mode, Pattern
from gateway.rules.bindings.overrides import Overrides
from gateway.rules.bindings.places import Place, order_names, place_of, place_of_subject, sources_of
from gateway.rules.bindings.rule_set import Waiver

if TYPE_CHECKING:
    from gateway.rules.context import Context

__all__ = ["Bound", "Row", "Treatment"]


class Row(NamedTuple):
    """A mode, and the product lines and source systems that it is for; None is any."""

    product_line: Pattern | None
    adapter: Pattern | None
    mode: Mode


@dataclass(frozen=True, slots=True)
class Treatment:
    """How one rule is taken. `rows` stand most specific first; where none fits, the rule is taken as `default` says."""

    rows: tuple[Row, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    default: Mode = Mode.ENFORCE

    @property
    def is_plain(self) -> bool:
        """Whether the rule is enforced wherever it is asked, as if nothing had been said."""
        return not self.waivers and self.default is Mode.ENFORCE and all(row.mode is Mode.ENFORCE for row in self.rows)

    @property
    def is_off(self) -> bool:
        """Whether the rule need not be asked at all."""
        return self.default is Mode.OFF and all(row.mode is Mode.OFF for row in self.rows)

    def finding(self, ctx: "Context", finding: Finding) -> tuple[Mode, Finding]:
        """Return how a finding is taken, and the finding as it is to be shown."""
        paths = (finding.path, *finding.related)
        places = place_of(ctx, paths)
        mode = self.mode(places, sources_of(ctx, paths))
        if mode in {Mode.DRY_RUN, Mode.OFF}:
            return mode, finding
        waiver = self._waiver(ctx, places)
        if waiver is not None:
            reason = f"{finding.reason} ({waiver.said})"
            return Mode.WARN, finding.model_copy(
                update={"severity": Severity.WARN, "reason": reason, "waiver": waiver.said}
            )
        if mode is Mode.WARN and finding.severity is not Severity.WARN:
            return mode, finding.model_copy(update={"severity": Severity.WARN})
        return mode, finding

    def unknown(self, ctx: "Context", key: FactKey) -> Mode:
        """Return how it is taken that a rule wants to know a fact which is not there."""
        places = place_of_subject(ctx, key.subject)
        mode = self.mode(places, ((None, None),))
        if mode is Mode.ENFORCE and self._waiver(ctx, places) is not None:
            return Mode.WARN
        return mode

    def mode(self, places: Iterable[Place], sources: Iterable[tuple[str | None, str | None]]) -> Mode:
        """Return the strictest mode of those that hold for any of the places and sources."""
        if not self.rows:
            return self.default
        sources = tuple(sources)
        found = (self._of(line, source) for _, line in places for source in sources)
        return max(found, key=lambda mode: mode.strictness)

    def _of(self, product_line: str | None, source: tuple[str | None, str | None]) -> Mode:
        for row in self.rows:
            if row.product_line is not None and not row.product_line.matches(product_line):
                continue
            if row.adapter is not None and not any(row.adapter.matches(name) for name in source):
                continue
            return row.mode
        return self.default

    def _waiver(self, ctx: "Context", places: tuple[Place, ...]) -> Waiver | None:
        return next((one for one in self.waivers if _holds(one, ctx) and _is_about(one, ctx, places)), None)


class Bound(NamedTuple):
    """What a rule set makes of a catalogue: its label, and the rules that are not simply enforced."""

    label: str
    treatments: Mapping[str, Treatment]
    overrides: Overrides | None


def _holds(waiver: Waiver, ctx: "Context") -> bool:
    if isinstance(waiver.until, datetime):
        return ctx.instant(ctx.now) < ctx.instant(waiver.until)
    return ctx.day(ctx.now) <= waiver.until


def _is_about(waiver: Waiver, ctx: "Context", places: tuple[Place, ...]) -> bool:
    if waiver.order is not None and not any(waiver.order.matches(name) for name in order_names(ctx)):
        return False
    if waiver.subject is not None and any((subject or "productOrder") != waiver.subject for subject, _ in places):
        return False
    return waiver.product_line is None or all(waiver.product_line.matches(line) for _, line in places)
