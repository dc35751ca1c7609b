"""Other names under which clients know what the faces serve: base paths, and the lines of a service order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ALIAS_HEADER", "ORDER_ITEM", "PROFILE_HEADER", "MemberAlias", "prefix_aliases"]

PROFILE_HEADER = "TMF-Gateway-Profile"
"""The header that says with every answer which profile holds."""

ALIAS_HEADER = "TMF-Gateway-Alias"
"""The header that names each alias that a request used, with commas between them."""

_PREFIXES: Mapping[str, str] = {
    "/tmf-api/productOrdering/": "/tmf-api/productOrderingManagement/",
    "/tmf-api/customerBill/": "/tmf-api/customerBillManagement/",
}
"""The beginning of a base path that some clients use → ours. TMF641 has one name only."""


def prefix_aliases(bases: Iterable[str]) -> dict[str, str]:
    """Return the other base paths of those given, in every version: other → ours."""
    return {
        alias + base.removeprefix(ours): base
        for base in bases
        for alias, ours in _PREFIXES.items()
        if base.startswith(ours)
    }


@dataclass(frozen=True, slots=True)
class MemberAlias:
    """Another name of a member of the bodies of some operations; the document's name goes before it."""

    name: str
    meant: str
    operations: frozenset[str]

    def applied(self, operation: str, body: Any) -> Any:
        """Return a body with the document's name for the member; the body itself where it has no alias."""
        if operation not in self.operations or not isinstance(body, dict):
            return body
        if self.name not in body or self.meant in body:
            return body
        return {(self.meant if key == self.name else key): value for key, value in body.items()}


ORDER_ITEM = MemberAlias("orderItem", "serviceOrderItem", frozenset({"createServiceOrder", "patchServiceOrder"}))
"""The lines of a TMF641 order as earlier versions of it called them."""
