"""Shapes of objects that say their class in `@type`, and of those that a wire keeps in an object beside their role."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from gateway.canonical.base import Extended
from gateway.faces.rows import Row
from gateway.faces.shape import Shape
from gateway.faces.typed import TYPE, Carried, unwrap, wrap

__all__ = ["TypedShape", "Wrapped"]

M = TypeVar("M", bound=Extended)
_NONE: frozenset[str] = frozenset()


class TypedShape(Shape[M]):
    """A shape whose wire objects have a class: `word`, or what `derive` makes of the other members.

    That class is dropped when read and said always; any other stays in the extras and is said instead. `foreign` are
    names that other versions, or slips of documents, have for the same class: they are taken for it. `carried` are
    members that the model has no name for and that have classes, or other forms in other versions.
    """

    always_shown = frozenset({TYPE})

    def __init__(  # noqa: PLR0913 - the table, and what there is to say of classes
        self,
        model: type[M],
        rows: Mapping[str, Row | str],
        *,
        word: str = "",
        derive: Callable[[Mapping[str, Any]], str] | None = None,
        foreign: frozenset[str] = _NONE,
        carried: Mapping[str, Carried] | None = None,
        constants: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(model, rows, constants=constants)
        self.word, self.derive, self.foreign = word, derive, foreign
        self.carried = dict(carried or {})

    @cached_property
    def read(self) -> Callable[[Any], dict[str, Any]]:
        """The function from a wire object to the members of the model, as plain data."""
        base, carried, is_usual = super().read, self.carried, self._is_usual

        def read(wire: Any) -> dict[str, Any]:
            members = base(wire)
            extras = members.get("extras")
            if not extras:
                return members
            if TYPE in extras and is_usual(wire):
                del extras[TYPE]
            for key in extras.keys() & carried.keys():
                extras[key] = carried[key].kept(extras[key])
            if not extras:
                del members["extras"]
            return members

        return read

    @cached_property
    def write(self) -> Callable[[M], dict[str, Any]]:
        """The function from a model to its wire object, a new one each time."""
        base, carried, is_usual = super().write, self.carried, self._is_usual

        def write(model: M) -> dict[str, Any]:
            out = base(model)
            for key in out.keys() & carried.keys():
                out[key] = carried[key].said(out[key])
            if is_usual(out):
                out[TYPE] = self._usual(out)
            return out

        return write

    def completed(self, wire: Any) -> Any:
        """Return a wire object, or an array of them, as it came but with what is demanded: the class above all."""
        out = super().completed(wire)
        if isinstance(out, dict) and self._is_usual(out):
            out[TYPE] = self._usual(out)
        return out

    def _usual(self, wire: Mapping[str, Any]) -> str:
        return self.word if self.derive is None else self.derive(wire)

    def _is_usual(self, wire: Mapping[str, Any]) -> bool:
        said = wire.get(TYPE)
        return not said or (isinstance(said, str) and (said in self.foreign or said == self._usual(wire)))


class Wrapped(TypedShape[M]):
    """The table of `{role, member: {…}, @type: around}`; the rows are those of what is inside, and the role.

    What is written flat, as in v4, is read too.
    """

    def __init__(  # noqa: PLR0913 - the classes of both objects
        self,
        model: type[M],
        rows: Mapping[str, Row | str],
        *,
        member: str,
        around: str,
        word: str,
        foreign: frozenset[str],
    ) -> None:
        super().__init__(model, rows, word=word, foreign=foreign | {around})
        self.member, self.around = member, around

    def flat(self, wire: Any) -> Any:
        """Return a wire object as the rows know it. Raises AttributeError for what is no object."""
        return unwrap(wire, self.member, self.around, self.word)

    @cached_property
    def read(self) -> Callable[[Any], dict[str, Any]]:
        """The function from a wire object to the members of the model."""
        base = super().read
        return lambda wire: base(self.flat(wire))

    @cached_property
    def write(self) -> Callable[[M], dict[str, Any]]:
        """The function from a model to its wire object."""
        base = super().write
        return lambda model: wrap(base(model), self.member, self.around, self.word)

    def completed(self, wire: Any) -> Any:
        """Return what came in one object or in two in the two objects of this wire, with what is demanded of both."""
        if not isinstance(wire, dict):
            return super().completed(wire)
        return wrap(super().completed(self.flat(wire)), self.member, self.around, self.word)

    def at(self, key: str) -> tuple[str, ...]:
        """Return where a row's member stands: inside, but for the role."""
        return (key,) if key == "role" else (self.member, key)
