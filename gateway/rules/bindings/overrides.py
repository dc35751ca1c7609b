"""Parameters as a rule set gives them to one rule for one product line."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gateway.canonical.reference import Policy
from gateway.rules.bindings.modes import Pattern
from gateway.rules.bindings.places import offering_id

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line

__all__ = ["Overrides"]

Row = tuple[Pattern | None, Mapping[str, Any]]


class Overrides:
    """The parameters of each rule that has some of its own; immutable. `rows` stand least specific first."""

    def __init__(self, rows: Mapping[str, tuple[Row, ...]]) -> None:
        self._rows = rows
        self._values = lru_cache(maxsize=4096)(self._merged)

    def policy(self, ctx: "Context", line: "Line | None") -> Policy:
        """Return the trace's policy as the rule that is being asked obeys it for an item."""
        values = self.values(ctx, line)
        return ctx.policy.model_copy(update=dict(values)) if values else ctx.policy

    def values(self, ctx: "Context", line: "Line | None") -> Mapping[str, Any]:
        """Return what is set for the rule that is being asked; for the whole order, what is set for all its items."""
        if ctx.asked not in self._rows:
            return {}
        if line is not None:
            return self._values(ctx.asked, offering_id(ctx, line.item))
        of_lines = [self._values(ctx.asked, offering_id(ctx, one.item)) for one in ctx.lines]
        if of_lines and all(one == of_lines[0] for one in of_lines):
            return of_lines[0]
        return self._values(ctx.asked, None)

    def _merged(self, code: str, product_line: str | None) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for pattern, values in self._rows[code]:
            if pattern is None or pattern.matches(product_line):
                found |= values
        return found
