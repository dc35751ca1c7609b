"""ORD-013: an order that can end."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_circle_of_dependencies"]

_WAITS = frozenset({"relieson", "dependson", "requires"})


@rule("ORD-013", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=3)
def a_circle_of_dependencies(ctx: Context) -> Iterator[Problem]:
    """What relies on what has no circle.

    What it checks: following reliesOn and dependsOn from an item never leads back to it.
    Why it matters: items that wait for each other are never finished.
    Passes: item 2 relies on item 1.
    Fails: item 1 relies on item 2 and item 2 on item 1.
    Harmless look-alike: two items that rely on the same third; a bundle that holds an item which relies on another.
    How to fix: remove one of the links of the circle.
    """
    links = {
        line.item.id: [
            link.id
            for link in line.item.relationships
            if (link.type or "").lower() in _WAITS and link.id != line.item.id and link.id in ctx.by_id
        ]
        for line in ctx.wanted
        if line.item.relationships
    }
    done: set[str] = set()
    for start in sorted(links):
        circle = _circle(start, links, done)
        if circle:
            yield Problem(
                f"{ctx.by_id[circle[0]].path}.relationships",
                f"items {', '.join(circle)} rely on each other in a circle",
                tuple(f"{ctx.by_id[item].path}.relationships" for item in circle[1:]),
            )


def _circle(start: str, links: dict[str, list[str]], done: set[str]) -> list[str]:
    """Return the first circle met from an item on, its least id first, or nothing. Marks what it has looked at."""
    way: list[str] = []
    stack: list[tuple[str, int]] = [(start, 0)] if start not in done else []
    while stack:
        item, number = stack.pop()
        if number == 0:
            if item in way:
                found = way[way.index(item) :]
                done.update(way)
                least = found.index(min(found))
                return found[least:] + found[:least]
            if item in done:
                continue
            way.append(item)
        following = links.get(item, [])
        if number < len(following):
            stack += [(item, number + 1), (following[number], 0)]
        else:
            way.pop()
            done.add(item)
    return []
