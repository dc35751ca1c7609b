"""The catalogue: every rule of the package, in the order of gates and codes, ready to be asked."""

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from gateway import rules as package
from gateway.canonical.judgement import Gate
from gateway.canonical.lifecycle import Trace
from gateway.ports.errors import SetupError
from gateway.rules.bindings.modes import Mode
from gateway.rules.bindings.treatment import Bound
from gateway.rules.rule import PARTS, Rule

__all__ = ["Catalogue", "Plan", "parts_of"]

_FOLDERS = (
    "intake",
    "order_to_build",
    "build_to_activation",
    "activation_to_billing",
    "billing_to_close",
    "any",
)
_INTAKE_PARTS = frozenset({"product_order", "others", *(part for part in PARTS if part.startswith("reference."))})
_BIT = {part: 1 << index for index, part in enumerate(PARTS)}
_REFERENCE_BITS = tuple((part.split(".")[1], bit) for part, bit in _BIT.items() if part.startswith("reference."))
_WHOLE_BITS = tuple((part, _BIT[part]) for part in PARTS[:6])


def parts_of(trace: Trace) -> int:
    """Return which parts a trace has, one bit each in the order of PARTS."""
    bits = (_BIT["others"] if trace.others else 0) | (_BIT["facts"] if trace.facts else 0)
    for name, bit in _WHOLE_BITS:
        if getattr(trace, name) is not None:
            bits |= bit
    reference = trace.reference
    for name, bit in _REFERENCE_BITS:
        if getattr(reference, name) is not None:
            bits |= bit
    return bits


class Plan(NamedTuple):
    """The rules to ask of a trace, their codes, and what a rule set makes of what they say."""

    rules: tuple[Rule, ...]
    codes: tuple[str, ...]
    bound: Bound | None = None


class Catalogue:
    """The rules that are asked. Immutable after it is made; the plans it keeps depend on nothing else.

    `bound` is what a rule set makes of what they say; a rule that it turns off everywhere is listed, not asked.
    """

    def __init__(self, rules: Iterable[Rule], bound: Bound | None = None) -> None:
        self.rules: tuple[Rule, ...] = tuple(rules)
        self.bound = bound
        self._by_code = {rule.code: rule for rule in self.rules}
        if len(self._by_code) != len(self.rules):
            codes = [rule.code for rule in self.rules]
            twice = sorted({code for code in codes if codes.count(code) > 1})
            raise SetupError(f"the catalogue has {', '.join(twice)} twice", "give each rule a code of its own")
        off = {code for code, one in bound.treatments.items() if one.is_off} if bound is not None else set()
        asked = [rule for rule in self.rules if rule.code not in off]
        self._asks = tuple((rule, tuple(sum(_BIT[p] for p in part) for part in rule.asks)) for rule in asked)
        self._plans: dict[tuple[int, int], Plan] = {}

    @classmethod
    def load(cls) -> "Catalogue":
        """Return the catalogue of all built-in rules. Raises SetupError for a malformed rule."""
        return _built_in()

    @property
    def catalogue(self) -> "Catalogue":
        """Itself: a catalogue may stand wherever a rule book does, as one that is never changed."""
        return self

    def rule(self, code: str) -> Rule | None:
        """Return the rule of that code, or None."""
        return self._by_code.get(code)

    def mode(self, code: str) -> Mode:
        """Return how the rule of that code is taken where no product line or system is named."""
        treatment = self.bound.treatments.get(code) if self.bound is not None else None
        return Mode.ENFORCE if treatment is None else treatment.default

    def plan(self, last: Gate | None, parts: int) -> Plan:
        """Return the rules to ask up to a gate (None: all) of a trace with these parts; the same plan each time."""
        position = len(Gate) if last is None else last.position
        key = (position, parts)
        plan = self._plans.get(key)
        if plan is None:
            rules = tuple(
                rule
                for rule, asks in self._asks
                if (rule.gate is None or _matters(rule, position)) and all(parts & ask for ask in asks)
            )
            plan = self._plans[key] = Plan(rules, tuple(rule.code for rule in rules), self.bound)
        return plan


def _matters(rule: Rule, position: int) -> bool:
    """Whether a rule of a gate can say anything at the gate of a position, or (beyond the last) at any.

    What order, reference and other orders show belongs to intake, so rules that read nothing else are done with it.
    """
    own = rule.gate.position if rule.gate is not None else 0
    if own > position:
        return False
    if own > 0 or position in {0, len(Gate)}:
        return True
    return not rule.asks or any(part not in _INTAKE_PARTS for ask in rule.asks for part in ask)


@cache
def _built_in() -> Catalogue:
    found: list[Rule] = []
    for folder in _FOLDERS:
        path = f"{package.__name__}.{folder}"
        names = sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(path).__path__))
        for name in names:
            module = importlib.import_module(f"{path}.{name}")
            mine = [value for value in vars(module).values() if isinstance(value, Rule)]
            if len(mine) != 1:
                raise SetupError(f"{path}.{name} has {len(mine)} rules", "write one rule a file")
            found.extend(mine)
    return Catalogue(found)
