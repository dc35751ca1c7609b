"""JSON patches (RFC 6902): operations on a copy of a wire object, one after another, all of them or none."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from gateway.faces.problems import problem
from gateway.ports.errors import FaceError

__all__ = ["MOST_OPERATIONS", "Locate", "Pointer", "apply", "as_operations", "pointer_of", "read_pointer"]

Pointer = tuple[str, ...]
"""Where something is, step by step; an index of an array as its digits, `-` for beyond its end."""

Locate = Callable[[Any, str], Sequence[Pointer]]
"""Says what a path means in a document: the one place of a pointer, or all that a query finds."""

MOST_OPERATIONS = 500
MOST_DEPTH = 64
MOST_CHARACTERS = 2000
"""How long a path may be."""
MOST_COPIED = 200_000
"""How many values one patch may put into place; a few operations could otherwise double a document again and again."""

_NEEDS = {"add": "value", "replace": "value", "test": "value", "move": "from", "copy": "from"}
_WORDS = frozenset(_NEEDS) | {"remove"}


def as_operations(body: Any) -> Any:
    """Return the operations of a patch; a single one may stand without its array."""
    return [body] if isinstance(body, dict) else body


def apply(document: Any, operations: Sequence[Mapping[str, Any]], locate: Locate | None = None) -> Any:
    """Return `document` after the operations; the document itself is left as it is.

    Raises FaceError 400 for an operation that is none, 422 for one that cannot be done to this document.
    """
    if len(operations) > MOST_OPERATIONS:
        raise problem("badPatch", reason=f"the patch has more than {MOST_OPERATIONS} operations", fix="send fewer")
    patch = _Patch(deepcopy(document), locate or _plainly)
    for number, operation in enumerate(operations):
        patch.do(operation, f"[{number}]")
    return patch.document


def read_pointer(path: str) -> Pointer:
    """Return the steps of a JSON pointer (RFC 6901). Raises FaceError 400."""
    if path and not path.startswith("/"):
        raise problem("badPatch", reason=f"the path {path[:100]!r} does not begin with a slash")
    steps = path.split("/")[1:]
    if any("~" in step.replace("~0", "").replace("~1", "") for step in steps):
        raise problem("badPatch", reason=f"the path {path[:100]!r} has a ~ that is neither ~0 nor ~1")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def pointer_of(steps: Pointer) -> str:
    """Return steps as a JSON pointer."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _plainly(_document: Any, path: str) -> Sequence[Pointer]:
    return (read_pointer(path),)


class _Patch:
    """A document on its way through the operations."""

    def __init__(self, document: Any, locate: Locate) -> None:
        self.document = document
        self.locate = locate
        self.copied = 0

    def do(self, operation: Mapping[str, Any], where: str) -> None:
        """Do one operation, at every place that its path means; `where` names it in what is refused."""
        word = operation.get("op") if isinstance(operation, Mapping) else None
        if not isinstance(word, str) or word not in _WORDS or not isinstance(operation.get("path"), str):
            raise problem("badPatch", reason=f"{where} is no operation: it needs op and path", path=where)
        if max(len(str(operation.get(name, ""))) for name in ("path", "from")) > MOST_CHARACTERS:
            raise problem("badPatch", reason=f"a path of {where} is longer than {MOST_CHARACTERS} characters")
        needed = _NEEDS.get(word)
        if needed is not None and needed not in operation:
            raise problem("badPatch", reason=f"{where} is {word} without {needed}", path=f"{where}.{needed}")
        try:
            places = self.locate(self.document, operation["path"])
            if needed == "from":
                self._take(word, operation["from"], places)
                return
            for place in reversed(places):  # the last first, so that what is removed moves nothing still to come
                self._change(word, place, operation.get("value"))
        except FaceError as error:
            said = f"operation {where}: {error.reason}"
            raise problem(error.code, reason=said, fix=error.fix, path=f"{where}.path") from None

    def _change(self, word: str, place: Pointer, value: Any) -> None:
        if word == "test":
            if not _same(_at(self.document, place), value):
                raise _cannot(f"{pointer_of(place) or 'the whole'} is not what the test says")
            return
        if word != "add":
            _at(self.document, place)
        if word == "remove":
            self._remove(place)
        else:
            self._put(place, value, is_new=word == "add")

    def _take(self, word: str, source: Any, places: Sequence[Pointer]) -> None:
        if not isinstance(source, str):
            raise problem("badPatch", reason="from is no text")
        found = self.locate(self.document, source)
        if len(found) != 1 or len(places) != 1:
            raise _cannot(f"{word} needs one place to take from and one to put to")
        origin, place = found[0], places[0]
        value = _at(self.document, origin)
        if word == "move":
            if place == origin:
                return
            if place[: len(origin)] == origin:
                raise _cannot(f"{pointer_of(origin)} cannot be moved into itself")
            self._remove(origin)
        self._put(place, value, is_new=True)

    def _put(self, place: Pointer, value: Any, *, is_new: bool) -> None:
        count, depth = _measure(value)
        self.copied += count
        if self.copied > MOST_COPIED:
            raise problem("badPatch", reason=f"the patch puts more than {MOST_COPIED} values into place")
        if len(place) + depth > MOST_DEPTH:
            raise problem("deepBody", reason=f"the patch nests more than {MOST_DEPTH} levels deep")
        value = deepcopy(value)
        if not place:
            self.document = value
            return
        around, step = _at(self.document, place[:-1]), place[-1]
        if isinstance(around, dict):
            around[step] = value
        elif isinstance(around, list) and is_new:
            around.insert(len(around) if step == "-" else _index(step, len(around) + 1, place), value)
        elif isinstance(around, list):
            around[_index(step, len(around), place)] = value
        else:
            raise _nothing(place)

    def _remove(self, place: Pointer) -> None:
        if not place:
            raise _cannot("the whole resource cannot be removed by a patch")
        around = _at(self.document, place[:-1])
        if isinstance(around, list):
            del around[_index(place[-1], len(around), place)]
        else:
            del around[place[-1]]


def _at(document: Any, place: Pointer) -> Any:
    """Return what is at a place. Raises FaceError 422 where nothing is."""
    node = document
    for step in place:
        if isinstance(node, dict) and step in node:
            node = node[step]
        elif isinstance(node, list):
            node = node[_index(step, len(node), place)]
        else:
            raise _nothing(place)
    return node


def _index(step: str, count: int, place: Pointer) -> int:
    is_number = step.isascii() and step.isdigit() and (step == "0" or step[0] != "0") and len(step) < 10
    if not is_number or int(step) >= count:
        raise _nothing(place)
    return int(step)


def _measure(value: Any) -> tuple[int, int]:
    """Return how many values there are in one, and how deep they are nested."""
    count, depth, layer = 1, 0, [value]
    while layer := [inner for one in layer if isinstance(one, dict | list) for inner in _inside(one)]:
        count, depth = count + len(layer), depth + 1
    return count, depth


def _inside(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node


def _same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: unlike in Python, true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _nothing(place: Pointer) -> FaceError:
    return _cannot(f"there is nothing at {pointer_of(place)[:200]}")


def _cannot(reason: str) -> FaceError:
    return problem("patchDoesNotApply", reason=reason)
