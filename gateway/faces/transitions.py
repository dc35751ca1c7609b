"""Refused changes of state in the words of a face: only those of its states that its clients know."""

from collections.abc import Sequence
from typing import Any

from gateway.faces.rows import Coded
from gateway.faces.spoke import ResourceSpoke
from gateway.ports.errors import IllegalTransition, StateNotForClients

__all__ = ["in_words_of"]


def in_words_of(
    spoke: ResourceSpoke[Any], error: IllegalTransition | StateNotForClients
) -> IllegalTransition | StateNotForClients:
    """Return the error as a face says it: its words for the states, each once, and none that it does not show."""
    allowed = tuple(dict.fromkeys(_words(spoke, [state for state in error.allowed if state not in spoke.hidden])))
    present, wanted = _words(spoke, [error.present, error.wanted])
    if isinstance(error, StateNotForClients):
        return StateNotForClients(present, wanted, allowed, error.instead)
    return IllegalTransition(present, wanted, allowed)


def _words(spoke: ResourceSpoke[Any], states: Sequence[str]) -> list[str]:
    row = spoke.shape.rows.get("state")
    table = row.table if isinstance(row, Coded) else {}
    return [str(table.get(state, state)) for state in states]
