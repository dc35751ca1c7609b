"""A story: one order's life in few words, and the stages at which it can be looked at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.traces.clock import Clock

__all__ = ["OFFERS", "STAGES", "STORIES", "Story"]

HERE = Path(__file__).parent
STAGES = ("taken-in", "decomposed", "activated", "charged", "billed", "closed")


class _PlainLoader(yaml.SafeLoader):
    """YAML whose dates stay text, as they are in JSON."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def read(name: str) -> Any:
    return yaml.load((HERE / name).read_text(encoding="utf-8"), Loader=_PlainLoader)


OFFERS: Mapping[str, Mapping[str, Any]] = read("offers.yaml")
STORIES: Mapping[str, Mapping[str, Any]] = read("stories.yaml")


@dataclass(frozen=True)
class Story:
    """A story as its data says it; members that are absent have the usual value."""

    name: str
    data: Mapping[str, Any]

    @classmethod
    def called(cls, name: str, **changes: Any) -> "Story":
        return cls(name, {**STORIES[name], **changes})

    def says(self, name: str, default: Any) -> Any:
        return self.data.get("say", {}).get(name, default)

    @property
    def clock(self) -> Clock:
        zone, month = self.data.get("zone", "Europe/Berlin"), self.data.get("month", "2026-03")
        return Clock.of(zone, month, self.says("instants", "offset"))

    @property
    def days(self) -> Mapping[str, int]:
        return {"order": 1, "build": 2, "active": 9, "wish": 20, **self.data.get("days", {})}

    @property
    def proration(self) -> str:
        return self.data.get("policy", {}).get("proration", "actual")

    @property
    def ends(self) -> str:
        return self.data.get("ends", "completed")

    @property
    def is_stopped(self) -> bool:
        """Whether the order ends with nothing delivered."""
        return self.ends in {"rejected", "cancelled-early", "cancelled-reserved", "cancelled-compensated"}

    @property
    def account(self) -> str:
        return "BA-9" if "payer" in self.data else "BA-1"

    def items(self) -> Iterator[Mapping[str, Any]]:
        """Yield items, and after each the parts of it."""
        for item in self.data["items"]:
            yield item
            yield from item.get("parts", ())

    def offer(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        return OFFERS[item["offer"]]
