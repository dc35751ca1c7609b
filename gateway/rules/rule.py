"""What a rule is: one function with a permanent code, a severity, the parts it reads and a docstring in sections."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import BlockedBy
from gateway.ports.errors import SetupError

if TYPE_CHECKING:
    from gateway.rules.context import Context

__all__ = ["PARTS", "SECTIONS", "Check", "Problem", "Rule", "rule"]

SECTIONS = ("What it checks", "Why it matters", "Passes", "Fails", "Harmless look-alike", "How to fix")
"""The sections that the docstring of every rule has, in this order."""

PARTS = (
    "product_order",
    "service_orders",
    "rates",
    "bills",
    "ledger",
    "history",
    "others",
    "facts",
    "reference.offerings",
    "reference.parties",
    "reference.accounts",
    "reference.products",
    "reference.places",
)
"""What a rule may read. `facts` and `others` count as present when there is at least one; the rest when not None."""


class Problem(NamedTuple):
    """What a rule found. `fix` and `severity` default to the rule's own; paths are canonical, from the trace's root.

    `observed` and `expected` are the two values that differ, as text with unit, currency or date.
    """

    path: str
    reason: str
    related: tuple[str, ...] = ()
    fix: str | None = None
    severity: Severity | None = None
    observed: str | None = None
    expected: str | None = None


Check = Callable[["Context"], Iterator[Problem]]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One entry of the catalogue. `gate` is None where the parts alone decide; `level` is 1 to 9 (8: across time)."""

    code: str
    name: str
    title: str
    gate: Gate | None
    severity: Severity
    reads: tuple[str, ...]
    since: str
    level: int
    blocked_by: BlockedBy
    params: tuple[str, ...]
    doc: dict[str, str]
    check: Check
    version: int = 1

    @property
    def fix(self) -> str:
        """The remedy of its docstring, for findings that name none of their own."""
        return self.doc["How to fix"]

    @property
    def asks(self) -> tuple[frozenset[str], ...]:
        """The parts it needs, each as a set of alternatives of which one must be there."""
        return tuple(frozenset(part.split("|")) for part in self.reads)

    def markdown(self) -> str:
        """Return the rule's page: code, offence, metadata, then the sections of its docstring."""
        rows = [
            f"| gate | {self.gate.value if self.gate else 'any'} |",
            f"| severity | {self.severity.value} |",
            f"| level | L{self.level} |",
            f"| reads | {', '.join(self.reads) or 'whatever is there'} |",
            f"| policy | {', '.join(self.params) or 'none'} |",
            f"| waits for | {self.blocked_by.value} |",
            f"| since | {self.since} |",
            f"| version | {self.version} |",
        ]
        sections = [f"**{name}.** {self.doc[name]}" for name in SECTIONS]
        return "\n\n".join(
            [
                f"## {self.code} {self.name.replace('_', '-')}",
                self.title,
                "\n".join(["| | |", "| --- | --- |", *rows]),
                *sections,
            ]
        )


def rule(  # noqa: PLR0913 - a catalogue entry has this many columns
    code: str,
    *,
    gate: Gate | None,
    severity: Severity,
    reads: tuple[str, ...],
    since: str,
    level: int,
    blocked_by: BlockedBy = BlockedBy.PROVIDER,
    params: tuple[str, ...] = (),
    version: int = 1,
) -> Callable[[Check], Rule]:
    """Register a check under a permanent code.

    `reads` names the parts without which the rule is not asked; `a|b` means that either will do. `params` names the
    members of the policy that it obeys. `version` rises when the rule comes to say something else of the same trace.
    Raises SetupError where the docstring lacks a section or a part is unknown.
    """

    def register(check: Check) -> Rule:
        name = getattr(check, "__name__", "unnamed")
        unknown = [p for part in reads for p in part.split("|") if p not in PARTS]
        if unknown:
            raise SetupError(f"rule {code} reads {', '.join(unknown)}", f"name one of {', '.join(PARTS)}")
        title, sections = _sections(code, inspect.getdoc(check) or "")
        return Rule(
            code, name, title, gate, severity, reads, since, level, blocked_by, params, sections, check, version
        )

    return register


def _sections(code: str, text: str) -> tuple[str, dict[str, str]]:
    head, _, body = text.partition("\n\n")
    found: dict[str, str] = {}
    current = ""
    for line in body.splitlines():
        name, colon, rest = line.partition(":")
        if colon and name in SECTIONS:
            current = name
            found[current] = rest.strip()
        elif current:
            found[current] = f"{found[current]} {line.strip()}".strip()
    missing = [name for name in SECTIONS if not found.get(name)]
    if missing or not head.strip():
        lacks = ", ".join(missing) or "title"
        raise SetupError(f"the docstring of rule {code} lacks {lacks}", f"write the sections {', '.join(SECTIONS)}")
    return " ".join(head.split()), {name: found[name] for name in SECTIONS}
