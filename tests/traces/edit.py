"""Changes to a trace document by path: `productOrder.productOrderItem[0].quantity`, `facts[resource.reserved item:1].value.port`."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["at", "edited"]

STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
SPACER = "~"
"""`[+]~1`, `[+]~2` …: what follows only tells equal keys of a YAML mapping apart."""


def edited(
    document: dict[str, Any], settings: Mapping[str, Any] | None = None, drops: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a copy with members dropped, then set. `[+]` adds to a list; a name in brackets finds all of that name."""
    document = copy.deepcopy(document)
    for path in drops:
        for holder, key in list(_places(document, path))[::-1]:
            del holder[key]
    for path, value in (settings or {}).items():
        places = list(_places(document, path.split(SPACER)[0]))
        assert places, f"nothing is at {path}"
        for holder, key in places:
            if isinstance(holder, list) and key == len(holder):
                holder.append(copy.deepcopy(value))
            else:
                holder[key] = copy.deepcopy(value)
    return document


def at(document: dict[str, Any], path: str) -> Any:
    """Return what stands at a path, the first of several."""
    holder, key = next(_places(document, path))
    return holder[key]


def _places(document: Any, path: str) -> Iterator[tuple[Any, Any]]:
    steps = [name or f"[{index}" for index, name in STEP.findall(path)]
    found: list[tuple[Any, Any]] = [({"": document}, "")]
    for step in steps:
        found = [place for holder, key in found for place in _keys(_inside(holder, key), step)]
    yield from found


def _inside(holder: Any, key: Any) -> Any:
    if isinstance(holder, dict):
        holder.setdefault(key, {})
    return holder[key]


def _keys(holder: Any, step: str) -> Iterator[tuple[Any, Any]]:
    if not step.startswith("["):
        yield holder, step
    elif not isinstance(holder, list):
        raise ValueError(f"there is no list to find {step}] in")
    elif step == "[+":
        yield holder, len(holder)
    elif step == "[*":
        yield from ((holder, number) for number in range(len(holder)))
    elif step[1:].isdecimal():
        yield holder, int(step[1:])
    else:
        wanted = step[1:]
        for number, one in enumerate(holder):
            names = {
                one.get("predicate"),
                f"{one.get('predicate')} {one.get('subject')}",
                one.get("id"),
                one.get("name"),
            }
            if wanted in names:
                yield holder, number
