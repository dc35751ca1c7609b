"""What is noted while a message is translated: which members there were, which were read, what was made of them."""

from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

if TYPE_CHECKING:
    from gateway.ports.loss import Fate

__all__ = ["Notes", "current_notes", "note_element", "stop_noting", "take_notes"]


@dataclass(slots=True)
class Notes:
    """What one message met in one direction. `elements` gives the path of each element of XML by its identity."""

    present: dict[str, None] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    made: dict[str, tuple["Fate", str]] = field(default_factory=dict)
    elements: dict[int, tuple[Element, str]] = field(default_factory=dict)


_CURRENT: ContextVar[Notes | None] = ContextVar("notes", default=None)


def current_notes() -> Notes | None:
    """Return the notes on what is read of the system's answers; None outside a translation."""
    return _CURRENT.get()


def take_notes(notes: Notes) -> Token[Notes | None]:
    """Note what is read in this context from now on."""
    return _CURRENT.set(notes)


def stop_noting(token: Token[Notes | None]) -> None:
    """Go on as before `take_notes`."""
    _CURRENT.reset(token)


def note_element(element: Element | None, suffix: str = "") -> None:
    """Note that the text of an element is read, or with `@name` an attribute of it."""
    notes = _CURRENT.get()
    if notes is not None and element is not None and id(element) in notes.elements:
        notes.seen.add(notes.elements[id(element)][1] + suffix)
