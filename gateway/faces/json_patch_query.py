"""Paths of JSON patch queries (TMF630): pointers that choose elements of arrays by what these say, not by their index.

There are two forms: `/productOrderItem/billingAccount/id?productOrderItem.id=120`, where conditions follow the pointer,
and `/note[?(@.author=='X')]/text`, where they stand in it.
"""

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from gateway.faces.json_patch import Pointer, read_pointer
from gateway.faces.problems import problem
from gateway.ports.errors import FaceError

__all__ = ["locate"]

_MOST_PLACES = 10_000
_MOST_CONDITIONS = 20

_STEP = re.compile(
    r"""[/.]?(?:
        \[\s*\?\s*\((?P<test>(?:[^'"\]]|'[^']*'|"[^"]*")*)\)\s*\]
      | \[\s*(?P<index>\d{1,9})\s*\]
      | \[\s*(?P<every>\*)\s*\]
      | \[\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)")\s*\]
      | (?P<name>[^/.\[\]?'"\s]+)
    )""",
    re.VERBOSE,
)
_CONDITION = re.compile(
    r"""\s*@(?P<path>(?:\.[@\w-]+|\[\s*(?:'[^']*'|"[^"]*")\s*\])*)
        \s*(?P<word>==|!=|<=|>=|<|>)\s*
        (?P<value>'[^']*'|"[^"]*"|-?\d{1,18}(?:\.\d{1,18})?|true|false|null)\s*""",
    re.VERBOSE,
)
_NAME = re.compile(r"""\.([@\w-]+)|\[\s*(?:'([^']*)'|"([^"]*)")\s*\]""")
_LITERALS = {"true": True, "false": False, "null": None}
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_Test = Callable[[Any], bool]


def locate(document: Any, path: str) -> Sequence[Pointer]:
    """Return every place that a path means in a document, at least one.

    Raises FaceError 400 for a path that cannot be read, 422 where nothing meets its conditions.
    """
    found = _in_brackets(document, path) if "[" in path.partition("?")[0] else _after_the_pointer(document, path)
    if not found:
        raise problem("patchDoesNotApply", reason=f"nothing is there that meets the conditions of {path[:200]!r}")
    if len(found) > _MOST_PLACES:
        raise problem("badPatch", reason=f"{path[:200]!r} means more than {_MOST_PLACES} places")
    return found


# -- /pointer?conditions -----------------------------------------------------------------------------------------------


def _after_the_pointer(document: Any, path: str) -> list[Pointer]:
    pointer, _, query = path.partition("?")
    if pointer.startswith("$"):
        pointer = pointer[1:].replace(".", "/")
    steps = read_pointer(pointer)
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        pairs = [("", "")]
    if len(pairs) > _MOST_CONDITIONS or any(not name.strip(".") for name, _ in pairs):
        raise problem("badPatch", reason=f"the conditions of {path[:200]!r} cannot be read", fix="send name=value")
    return _Walk([(tuple(name.split(".")), _unquoted(value)) for name, value in pairs]).places(document, steps)


class _Walk:
    """Follows a pointer into a document; at an array without an index it goes on in the elements that are meant."""

    def __init__(self, conditions: list[tuple[Pointer, str]]) -> None:
        self.conditions = conditions

    def places(self, document: Any, steps: Pointer) -> list[Pointer]:
        """Return the places that steps mean where all conditions hold."""
        names = tuple(step for step in steps if not _is_index(step))
        for name, value in self.conditions:
            chosen_from = _first_list(document, name)
            is_on_the_way = chosen_from and names[: len(chosen_from)] == chosen_from
            if not is_on_the_way and value not in _texts(document, name):
                return []
        return self._follow(document, steps, (), ())

    def _follow(self, node: Any, steps: Pointer, place: Pointer, named: Pointer) -> list[Pointer]:
        """`named` are the steps so far without indexes, as conditions name them."""
        if isinstance(node, list):
            return self._into(node, steps, place, named)
        if steps and isinstance(node, dict) and steps[0] in node:
            return self._follow(node[steps[0]], steps[1:], (*place, steps[0]), (*named, steps[0]))
        # Whoever does the operation says whether nothing may be there; further in, it is no element that was meant.
        return [(*place, *steps)] if len(steps) < 2 else []

    def _into(self, node: list[Any], steps: Pointer, place: Pointer, named: Pointer) -> list[Pointer]:
        about = [(name[len(named) :], value) for name, value in self.conditions if name[: len(named)] == named]
        if steps[:1] == ("-",) or (not steps and not about):
            return [(*place, *steps)]
        if not steps or not _is_index(steps[0]):
            return self._in_each(node, steps, place, named, about)
        if int(steps[0]) >= len(node):
            return [(*place, *steps)] if len(steps) == 1 and not about else []
        one = node[int(steps[0])]
        meets = all(value in _texts(one, name) for name, value in about)
        return self._follow(one, steps[1:], (*place, steps[0]), named) if meets else []

    def _in_each(
        self, node: list[Any], steps: Pointer, place: Pointer, named: Pointer, about: list[tuple[Pointer, str]]
    ) -> list[Pointer]:
        if not about and len(node) > 1:
            raise problem(
                "patchDoesNotApply",
                reason=f"{'.'.join(named)} has {len(node)} elements, and the path does not say which is meant",
                fix=f"add a condition, such as ?{'.'.join(named)}.id=1, or an index",
            )
        found: list[Pointer] = []
        for index, one in enumerate(node):
            if all(value in _texts(one, name) for name, value in about):
                found += self._follow(one, steps, (*place, str(index)), named)
        return found


def _first_list(document: Any, name: Pointer) -> Pointer:
    """Return the beginning of a name that leads to an array, among whose elements it chooses; empty for none."""
    node = document
    for count, step in enumerate(name, 1):
        node = node.get(step) if isinstance(node, dict) else None
        if isinstance(node, list):
            return name[:count]
    return ()


def _texts(node: Any, steps: Sequence[str]) -> set[str]:
    """Return what stands at dotted names, as text, looking into arrays."""
    if isinstance(node, list):
        return {text for one in node for text in _texts(one, steps)}
    if steps:
        return _texts(node[steps[0]], steps[1:]) if isinstance(node, dict) and steps[0] in node else set()
    return {str(node).lower() if isinstance(node, bool) else str(node)}


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


# -- /pointer[?(conditions)] -------------------------------------------------------------------------------------------


def _in_brackets(document: Any, path: str) -> list[Pointer]:
    text = path.removeprefix("/").removeprefix("$")
    if not text or text[-1] in "/.":
        raise _unreadable(path)
    found: list[tuple[Pointer, Any]] = [((), document)]
    at = 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            raise _unreadable(path)
        at = step.end()
        found = _next(found, step, path, is_last=at == len(text))
    return [place for place, _ in found]


def _next(
    found: list[tuple[Pointer, Any]], step: "re.Match[str]", path: str, *, is_last: bool
) -> list[tuple[Pointer, Any]]:
    test = step["test"]
    if test is not None:
        meets = _read_test(test, path)
        return _elements(found, meets)
    if step["every"]:
        return _elements(found, lambda _: True)
    name = next(value for value in (step["index"], step["single"], step["double"], step["name"]) if value is not None)
    onward: list[tuple[Pointer, Any]] = []
    for place, node in found:
        if isinstance(node, dict) and name in node:
            onward.append(((*place, name), node[name]))
        elif isinstance(node, list) and _is_index(name) and int(name) < len(node):
            onward.append(((*place, name), node[int(name)]))
        elif is_last and isinstance(node, dict | list):
            onward.append(((*place, name), None))  # what an `add` makes
    return onward


def _elements(found: list[tuple[Pointer, Any]], meets: _Test) -> list[tuple[Pointer, Any]]:
    return [
        ((*place, str(index)), one)
        for place, node in found
        if isinstance(node, list)
        for index, one in enumerate(node)
        if meets(one)
    ]


def _read_test(text: str, path: str) -> _Test:
    """Return the test that `@.a=='x' && @.b>1 || …` says. Raises FaceError 400."""
    either: list[list[_Test]] = [[]]
    at, number = 0, 0
    while True:
        said = _CONDITION.match(text, at)
        number += 1
        if said is None or number > _MOST_CONDITIONS:
            raise _unreadable(path)
        either[-1].append(_condition(said))
        at = said.end()
        if at == len(text):
            return lambda node: any(all(one(node) for one in every) for every in either)
        word, at = text[at : at + 2], at + 2
        if word == "||":
            either.append([])
        elif word != "&&":
            raise _unreadable(path)


def _condition(said: "re.Match[str]") -> _Test:
    names = ["".join(parts) for parts in _NAME.findall(said["path"])]
    word, raw = said["word"], said["value"]
    wanted: Any = raw[1:-1] if raw[0] in "'\"" else _LITERALS[raw] if raw in _LITERALS else float(raw)

    def holds(one: Any) -> bool:
        if word in _ORDERED:
            return _is_ordered(one, wanted) and _ORDERED[word](one, wanted)
        return _is(one, wanted) is (word == "==")

    return lambda node: any(holds(one) for one in _values(node, names))


def _values(node: Any, names: Sequence[str]) -> list[Any]:
    if isinstance(node, list):
        return [value for one in node for value in _values(one, names)]
    if not names:
        return [node]
    return _values(node[names[0]], names[1:]) if isinstance(node, dict) and names[0] in node else []


def _is_ordered(one: Any, wanted: Any) -> bool:
    """Whether one comes before the other at all: texts among texts, numbers among numbers."""
    kinds = [str if isinstance(value, str) else float for value in (one, wanted) if _is_text_or_number(value)]
    return len(kinds) == 2 and kinds[0] is kinds[1]


def _is_text_or_number(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _is(one: Any, wanted: Any) -> bool:
    if wanted is None or isinstance(wanted, bool) or isinstance(one, bool):
        return one is wanted
    return bool(one == wanted)


def _is_index(step: str) -> bool:
    return step.isascii() and step.isdigit() and len(step) < 10


def _unreadable(path: str) -> FaceError:
    return problem(
        "badPatch",
        reason=f"the path {path[:200]!r} cannot be read",
        fix="write it as /note?note.author=X or as /note[?(@.author=='X')]",
    )
