"""How often each code was met in this process, until somebody takes the figures and keeps them."""

from collections import Counter
from collections.abc import Mapping

__all__ = ["met", "put_back", "take"]

_counter: Counter[tuple[str, str]] = Counter()


def met(vocab: str, code: str) -> None:
    """Count one code of a table."""
    _counter[vocab, code] += 1


def take() -> Mapping[tuple[str, str], int]:
    """Return the figures since they were last taken: (vocabulary, code) → how often."""
    taken = dict(_counter)
    for key, number in taken.items():
        _counter[key] -= number
        if not _counter[key]:
            del _counter[key]
    return taken


def put_back(taken: Mapping[tuple[str, str], int]) -> None:
    """Add figures again that could not be kept."""
    _counter.update(taken)
