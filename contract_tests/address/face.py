"""The six faces: which document, which resources, what can be made, which states may follow which."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import orjson

from gateway.canonical.machines import BILL, ORDER

__all__ = ["FACES", "Face", "documents", "sample_of"]


@dataclass(frozen=True, slots=True)
class Face:
    """One API in one version. `made` is the resource that a client can create; `seen` the one that it is about."""

    name: str
    version: int
    base: str
    made: str
    seen: str
    items: str | None = None
    cancel: str | None = None
    stamp: str = "orderDate"  # when it was made, by the server's clock
    marker: str = "description"  # a text of the client's own, by which what was made is found again
    needs: str | None = None  # a member that the document demands of what is created

    def __str__(self) -> str:
        """Its name in commands and reports: `tmf641-v4`."""
        return f"{self.name}-v{self.version}"

    @property
    def is_order(self) -> bool:
        """Whether it is about orders."""
        return self.items is not None

    @property
    def needs_an_item(self) -> bool:
        """Whether the document demands one line at least; TMF641 v5 does not."""
        return self.is_order and str(self) != "tmf641-v5"

    @property
    def document(self) -> Path:
        """The document that declares its answers."""
        return documents() / self.name / f"v{self.version}.yaml"

    def follows(self, before: str, after: str) -> bool:
        """Whether a state of what is seen may follow another."""
        table: Mapping[Any, Any] = ORDER if self.is_order else BILL
        return before == after or any(str(state) == before and after in map(str, table[state]) for state in table)

    def reaches(self, before: str, after: str) -> bool:
        """Whether a state can be reached from another, in as many moves as it takes: not each is seen."""
        table: Mapping[Any, Any] = ORDER if self.is_order else BILL
        seen: set[str] = set()
        ahead = [before]
        while ahead:
            state = ahead.pop()
            if state == after:
                return True
            if state not in seen:
                seen.add(state)
                ahead += [str(one) for key in table if str(key) == state for one in table[key]]
        return False

    def event(self, kind: str) -> str:
        """Return the name of an event: `Create` → `ServiceOrderCreateEvent`."""
        return f"{self.seen[0].upper()}{self.seen[1:]}{kind}Event"

    def never_after(self, state: str) -> str:
        """Return a state that cannot follow a state."""
        candidates = ("completed", "acknowledged") if self.is_order else ("new", "settled")
        return next(one for one in candidates if one != state and not self.follows(state, one))


def _faces() -> dict[str, Face]:
    found = {}
    for version in (4, 5):
        base = f"/tmf-api/%s/v{version}"
        for one in (
            Face(
                "tmf622",
                version,
                base % "productOrderingManagement",
                made="productOrder",
                seen="productOrder",
                items="productOrderItem",
                needs="productOrderItem",
                cancel="cancelProductOrder",
                stamp="orderDate" if version == 4 else "creationDate",
            ),
            Face(
                "tmf641",
                version,
                base % "serviceOrdering",
                made="serviceOrder",
                seen="serviceOrder",
                items="serviceOrderItem",
                needs="serviceOrderItem",
                cancel="cancelServiceOrder",
            ),
            Face(
                "tmf678",
                version,
                base % "customerBillManagement",
                made="customerBillOnDemand",
                seen="customerBill",
                stamp="lastUpdate",
                marker="name",
                needs="billingAccount" if version == 5 else None,
            ),
        ):
            found[str(one)] = one
    return found


FACES: Mapping[str, Face] = _faces()
"""By name: `tmf622-v4` to `tmf678-v5`."""


@cache
def documents() -> Path:
    """Return the folder of the documents: in the package where it is installed, beside it in a working copy."""
    package = files("gateway")
    with as_file(package) as folder:
        shipped = folder / "openapi_documents"
        return shipped if shipped.is_dir() else folder.parent / "openapi"


def sample_of(face: Face, folder: Path | None = None) -> dict[str, Any]:
    """Return the body that makes a resource, with `{run}` where something has to be new each time."""
    where = folder or Path(__file__).parents[1] / "samples"
    said: dict[str, Any] = orjson.loads((where / f"{face}.json").read_bytes())
    return said
