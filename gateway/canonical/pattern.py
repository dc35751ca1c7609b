r"""Regular expressions that cannot run away: an automaton made as it is used, one step a character.

The language is the part that all engines read alike: literals, `.`, classes, `\d \w \s` and their opposites, groups,
`|`, `* + ? {m,n}` and the anchors `^ $`. There is no looking back or around, since that needs backtracking.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.canonical.pattern_syntax import Begin, Choice, End, Node, Repeat, Sequence, Test, parse

__all__ = ["Pattern", "compiled"]

MAX_STATES = 1000
_MOST_SETS = 1000  # of states that are remembered together

_Set = frozenset[int]


@dataclass(slots=True)
class _Automaton:
    """States with an edge each: a test of one character, an anchor, or nothing."""

    tests: dict[int, tuple[Test, int]] = field(default_factory=dict)
    free: dict[int, list[int]] = field(default_factory=dict)
    begins: dict[int, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    count: int = 0

    def new(self) -> int:
        self.count += 1
        if self.count > MAX_STATES:
            raise ValueError("it repeats too much")
        return self.count

    def link(self, start: int, end: int) -> None:
        self.free.setdefault(start, []).append(end)

    def add(self, node: Node, start: int) -> int:
        """Put a node after a state; return the state after it."""
        if isinstance(node, Begin | End):
            end = self.new()
            (self.begins if isinstance(node, Begin) else self.ends)[start] = end
            return end
        if isinstance(node, Sequence):
            for part in node.parts:
                start = self.add(part, self._fresh(start))
            return start
        if isinstance(node, Choice):
            end = self.new()
            for part in node.parts:
                self.link(self.add(part, self._fresh(start)), end)
            return end
        if isinstance(node, Repeat):
            return self._repeat(node, start)
        end = self.new()
        self.tests[start] = (node, end)
        return end

    def _repeat(self, node: Repeat, start: int) -> int:
        for _ in range(node.least):
            start = self.add(node.part, self._fresh(start))
        if node.most is None:
            loop = self._fresh(start)
            self.link(self.add(node.part, self._fresh(loop)), loop)
            return self._fresh(loop)
        end = self.new()
        for _ in range(node.most - node.least):
            self.link(start, end)
            start = self.add(node.part, self._fresh(start))
        self.link(start, end)
        return end

    def _fresh(self, start: int) -> int:
        state = self.new()
        self.link(start, state)
        return state


class Pattern:
    """A pattern that is searched for anywhere in a text. Raises ValueError for what it does not read."""

    def __init__(self, text: str) -> None:
        self._automaton = _Automaton()
        self._start = self._automaton.new()
        self._accept = self._automaton.add(parse(text), self._start)
        self._first = self._closed({self._start}, at_begin=True)
        self._again = self._closed({self._start}, at_begin=False)
        self._steps: dict[_Set, dict[str, _Set]] = {}

    def found_in(self, text: str) -> bool:
        """Return whether the pattern is anywhere in a text, in time that grows with its length alone."""
        now, accept, steps = self._first, self._accept, self._steps
        for char in text:
            if accept in now:
                return True
            row = steps.get(now)
            if row is None:
                if len(steps) > _MOST_SETS:
                    steps.clear()
                row = steps[now] = {}
            after = row.get(char)
            if after is None:
                if len(row) > _MOST_SETS:
                    row.clear()
                after = row[char] = self._step(now, char)
            now = after
        return accept in now or accept in self._closed(set(now), at_begin=not text, at_end=True)

    def _step(self, now: _Set, char: str) -> _Set:
        tests = self._automaton.tests
        reached = {tests[state][1] for state in now if state in tests and tests[state][0](char)}
        return self._closed(reached, at_begin=False) | self._again  # a search may start at every character

    def _closed(self, states: set[int], *, at_begin: bool, at_end: bool = False) -> _Set:
        """Return the states with all that are reached from them without a character."""
        edges = self._automaton
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            after = list(edges.free.get(state, ()))
            if at_begin and state in edges.begins:
                after.append(edges.begins[state])
            if at_end and state in edges.ends:
                after.append(edges.ends[state])
            new = [one for one in after if one not in states]
            states.update(new)
            waiting += new
        return frozenset(states)


compiled: Callable[[str], Pattern] = lru_cache(maxsize=64)(Pattern)
"""The pattern of a text, made once. Raises ValueError."""
