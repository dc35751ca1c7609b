"""Whether the legacy machine moves as ours does: each of its moves is one of ours, or none that we see."""

from collections.abc import Iterator
from itertools import pairwise

from gateway.vocabulary.checks import Problem
from gateway.vocabulary.file import TableFile
from gateway.vocabulary.targets import Target

__all__ = ["transition_problems"]


def transition_problems(table: TableFile, target: Target) -> Iterator[Problem]:
    """Yield each move of the legacy machine that the canonical machine does not allow.

    A move between codes of one value is a stutter. A move that hides canonical states names them: the whole way is
    checked. Codes that are unmatched stand for no state, so their moves say nothing.
    """
    if table.transitions is None:
        return
    if target.machine is None:
        yield f"{table.target} has no machine", "leave the transitions out", ("transitions",)
        return
    for start, ends in table.moves().items():
        if start not in table.map:
            yield f"{start!r} moves and has no row", "name a code of the table", ("transitions", start)
            continue
        row = table.map[start]
        if row.class_ is not None and row.class_.terminal and ends:
            yield f"{start!r} is terminal and moves on", "it is not terminal, or does not", ("transitions", start)
        for end, hidden in ends.items():
            if end not in table.map:
                yield f"{start!r} moves to {end!r}, which has no row", "name a code", ("transitions", start)
                continue
            yield from _move_problems(table, target, start, end, hidden)


def _move_problems(
    table: TableFile, target: Target, start: str, end: str, hidden: tuple[str, ...]
) -> Iterator[Problem]:
    first, last = table.map[start].to, table.map[end].to
    if not isinstance(first, str) or not isinstance(last, str) or target.machine is None:
        return
    if first == last and not hidden:
        return
    for before, after in pairwise((first, *hidden, last)):
        if after not in target.machine.get(before, frozenset()):
            way = " → ".join((first, *hidden, last))
            reason = f"{start!r} → {end!r} is {way}, and {before!r} is not followed by {after!r}"
            fix = "correct the rows, or name the states that the system does not show"
            yield reason, fix, ("transitions", start, end)
