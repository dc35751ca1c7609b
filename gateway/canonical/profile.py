"""How a landscape meets its clients: as the meaning of orders demands, or as foreign checkers need."""

from collections.abc import Mapping

from gateway.canonical.base import Model

__all__ = ["PERMISSIVE", "PROFILES", "STRICT", "Profile"]

_ABOUT_OTHER_THINGS = frozenset(
    {
        "IDN-001", "IDN-002", "LIF-013", "ORD-001", "ORD-002", "ORD-003", "ORD-004", "ORD-005", "ORD-006", "ORD-008",
        "ORD-010", "ORD-011", "ORD-012", "ORD-014", "ORD-015", "ORD-017", "ORD-018", "ORD-019", "ORD-020",
    }
)  # fmt: skip
"""Rules whose answer rests on more than the order: on parties, accounts, offerings, products, places or orders that
are known besides, on the region of a telephone number (IDN-001), or on the day (ORD-006: the bodies that checkers send
were written years ago)."""


class Profile(Model):
    """One way to serve. Which one holds is said with every answer; what a rule set says of a rule goes before it."""

    name: str
    client_drives: bool = False
    """Nothing advances by itself: a new order stays where it is until its client says which state comes next."""
    warned: frozenset[str] = frozenset()
    """Codes of the rules that only warn here."""
    prefix_aliases: bool = False
    """TMF622 and TMF678 answer under the shorter base paths as well that some clients know."""
    order_item_alias: bool = False
    """A TMF641 order may call its lines `orderItem`."""
    partial_status: int | None = None
    """The status of a page that is not all, in every face; None leaves it to the faces."""
    max_page_size: int = 1000
    default_data: bool = False
    """A store without bills is given a few to look at."""

    def with_prefix_aliases(self, *, wanted: bool) -> "Profile":
        """Return the same profile with or without the shorter base paths."""
        return self.model_copy(update={"prefix_aliases": wanted})


STRICT = Profile(name="strict")

PERMISSIVE = Profile(
    name="permissive",
    client_drives=True,
    warned=_ABOUT_OTHER_THINGS,
    prefix_aliases=True,
    order_item_alias=True,
    partial_status=200,
    max_page_size=10_000,
    default_data=True,
)

PROFILES: Mapping[str, Profile] = {profile.name: profile for profile in (STRICT, PERMISSIVE)}
