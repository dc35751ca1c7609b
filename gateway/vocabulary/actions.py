"""What a legacy order asks for: moves, suspensions and renamings are modifications of a named kind."""

from dataclasses import dataclass

from gateway.canonical.states import ItemAction

__all__ = ["ACTIONS", "SUBTYPES", "Action", "read_action"]

SUBTYPES = ("move", "suspend", "resume", "rename", "swap")
"""Kinds of modification that legacy systems have codes of their own for: `modify.move`. A swap changes the device."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action as TM Forum has it, and what kind of modification it is."""

    action: ItemAction
    subtype: str | None = None

    def __str__(self) -> str:
        """As a table says it: `modify.move`."""
        return self.action.value if self.subtype is None else f"{self.action.value}.{self.subtype}"


ACTIONS: dict[str, Action] = {
    str(one): one
    for one in (*(Action(action) for action in ItemAction), *(Action(ItemAction.MODIFY, kind) for kind in SUBTYPES))
}
"""Every action that a table may name."""


def read_action(said: str) -> Action:
    """Return an action as a table says it. Raises KeyError for one that is none."""
    return ACTIONS[said]
