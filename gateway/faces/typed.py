"""What stands in the rows of wires on which every object says its class in `@type`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.faces.rows import Gather, Inline, Spread

__all__ = ["RELATED", "TYPE", "Carried", "TypedInline", "unwrap", "wrap"]

TYPE = "@type"

RELATED = "@related"
"""Where what a vendor wrote around a wrapped object is kept, beside what stands in it."""


@dataclass(frozen=True)
class TypedInline(Inline):
    """An object with a class, whose members the model holds flat. `member` is its name on the wire."""

    member: str = ""
    word: str = ""

    def spread(self, key: str) -> Spread:
        """Put the known members among those of the object around; return what is left over but the usual class."""
        base = super().spread(key)

        def spread(value: Any, members: dict[str, Any]) -> dict[str, Any] | None:
            rest = base(value, members)
            if not rest or rest.get(TYPE) != self.word:
                return rest
            return {k: v for k, v in rest.items() if k != TYPE} or (None if len(value) > 1 else {})

        return spread

    def gather(self) -> Gather:
        """Return the object again, with its class."""
        base = super().gather()

        def gather(values: Mapping[str, Any]) -> dict[str, Any] | None:
            out = base(values)
            if out is None and self.member not in values["extras"]:
                return None
            return {**(out or {}), TYPE: self.word}

        return gather

    def completed(self, value: dict[str, Any]) -> dict[str, Any]:
        """The object as it came, with its class."""
        return {TYPE: self.word, **value}

    def empty(self) -> Any:
        """An object of which only the class is known."""
        return {TYPE: self.word}


@dataclass(frozen=True)
class Carried:
    """A member that the model has no name for, so that it lies in the extras, in the form that TM Forum's v4 gives it.

    `word` is its class, `inner` are members of it that have classes too. `renamed` leads from this wire's names to
    v4's. `nested` is the member, of class `nested_word`, in which this wire puts what v4 has flat; `lifted` the one in
    which v4 puts a reference that this wire has flat; TM Forum's own v5 examples have it too, so both are said.
    """

    word: str = ""
    derive: Callable[[Mapping[str, Any]], str] | None = None
    inner: Mapping[str, "Carried"] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    nested: str = ""
    nested_word: str = ""
    lifted: str = ""

    def kept_at(self, steps: Sequence[str]) -> tuple[str, ...]:
        """Return where a member that this wire has at these steps is kept."""
        if not steps:
            return ()
        first, *rest = steps
        if first in self.inner:
            return (self.renamed.get(first, first), *self.inner[first].kept_at(rest))
        if first == self.nested and rest:
            return tuple(rest)
        if self.lifted and first in _REFERENCE:
            return (self.lifted, *steps)
        return (self.renamed.get(first, first), *rest)

    def kept(self, value: Any) -> Any:
        """Return a wire value, or an array of them, as it is kept."""
        if isinstance(value, list):
            return [self.kept(one) for one in value]
        if not isinstance(value, dict):
            return value
        usual = self._usual(value)
        kept = {k: v for k, v in value.items() if k != TYPE or v != usual}
        kept = {k: self.inner[k].kept(v) if k in self.inner else v for k, v in kept.items()}
        if self.renamed and not any(new in kept for old, new in self.renamed.items() if old in kept):
            kept = {self.renamed.get(k, k): v for k, v in kept.items()}
        if self.nested:
            kept = unwrap(kept, self.nested, "", self.nested_word)
        if self.lifted and isinstance(kept.get(self.lifted, {}), dict):
            flat = {k: v for k, v in kept.items() if k in _REFERENCE}
            inner = kept.get(self.lifted, flat)
            kept = {k: v for k, v in kept.items() if k not in flat or inner.get(k, v) != v} | {self.lifted: inner}
        return kept

    def said(self, value: Any) -> Any:
        """Return what is kept as this wire says it: a new value wherever something is added."""
        if isinstance(value, list):
            return [self.said(one) for one in value]
        if not isinstance(value, dict):
            return value
        out = value
        if self.lifted and isinstance(out.get(self.lifted), dict):
            out = {k: v for k, v in out[self.lifted].items() if k in _REFERENCE} | dict(out)
        if self.nested:
            out = wrap(out, self.nested, "", self.nested_word)
        back = {new: old for old, new in self.renamed.items()}
        if back and not any(old in out for new, old in back.items() if new in out):
            out = {back.get(k, k): v for k, v in out.items()}
        out = {k: self.inner[k].said(v) if k in self.inner else v for k, v in out.items()}
        usual = self._usual(out)
        if usual:
            out.setdefault(TYPE, usual)
        return out

    def _usual(self, wire: Mapping[str, Any]) -> str:
        return self.word if self.derive is None else self.derive(wire)


_OUTSIDE = frozenset({"role"})
_REFERENCE = frozenset({"id", "href", "name", "@referredType"})


def unwrap(wire: Mapping[str, Any], member: str, word: str, inner_word: str) -> dict[str, Any]:
    """Return `{role, member: {…}}` flat: what is inside, with the role; what else stands around it under RELATED.

    `word` and `inner_word` are the usual classes of both, which are dropped. An object without the member that names
    something itself is flat already.
    """
    inner = wire.get(member)
    around = {k: v for k, v in wire.items() if k != member and not (k == TYPE and v in (word, None))}
    if inner is not None and not isinstance(inner, dict):
        return {**around, member: inner}
    if inner is None and around.keys() & _REFERENCE:
        return around
    inner = inner or {}
    flat = {k: v for k, v in inner.items() if k != TYPE or v != inner_word}
    rest: dict[str, Any] = {}
    for key, value in around.items():
        if key not in _OUTSIDE:
            rest[key] = value
        elif key in flat:  # both have it: the one inside gives way
            rest[member] = {key: flat[key]}
            flat[key] = value
        else:
            flat[key] = value
    return flat | {RELATED: rest} if rest else flat


def wrap(flat: Mapping[str, Any], member: str, word: str, inner_word: str) -> dict[str, Any]:
    """Return what `unwrap` made flat as the wire has it."""
    rest = dict(flat[RELATED]) if isinstance(flat.get(RELATED), dict) else {}
    inner = {k: v for k, v in flat.items() if k not in _OUTSIDE and k != RELATED}
    inner |= rest.pop(member, {})
    out: dict[str, Any] = {k: v for k, v in flat.items() if k in _OUTSIDE}
    if inner.keys() - {TYPE} or inner.get(TYPE, inner_word) != inner_word:
        out[member] = {TYPE: inner_word, **inner} if inner_word else inner
    if word:
        out[TYPE] = word
    return out | rest
