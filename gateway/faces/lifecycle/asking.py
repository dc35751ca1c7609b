"""What every list of the lifecycle face asks of a request: known parameters, a page, an order that is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.answer import Answer, Call
from gateway.faces.paging import page_headers, whole_number
from gateway.faces.problems import problem
from gateway.faces.rows import read_instant
from gateway.faces.settings import FaceSettings
from gateway.ports.repository import Aggregate, Query, Repository

__all__ = ["Paging", "aggregate_of", "among", "asked", "day", "instant", "known", "number", "paged"]

_PAGING = ("offset", "limit")


def asked(call: Call, names: Sequence[str]) -> dict[str, str]:
    """Return the query's parameters, the last of each. Raises FaceError 400 for one that the list does not have."""
    names = (*names, *_PAGING)
    for name, _ in call.query:
        if name not in names:
            raise problem(
                "badParameter", reason=f"there is no parameter {name!r} here", fix=f"use {', '.join(names)}", path=name
            )
    return dict(call.query)


def among(said: Mapping[str, str], name: str, words: Sequence[str]) -> None:
    """Refuse a parameter whose value is not one of the words. Raises FaceError 400."""
    if name in said and said[name] not in words:
        raise problem(
            "badParameter", reason=f"{name} has no such value", fix=f"use one of {', '.join(words)}", path=name
        )


def number(said: Mapping[str, str], name: str, default: int) -> int:
    """Return a whole number of the query. Raises FaceError 400."""
    return whole_number(said.get(name, str(default)), name)


@dataclass(frozen=True)
class Paging:
    """How large pages are here."""

    settings: FaceSettings

    def of(self, said: Mapping[str, str]) -> tuple[int, int]:
        """Return (offset, limit) of a request."""
        limit = number(said, "limit", self.settings.page_size)
        return number(said, "offset", 0), min(limit, self.settings.max_page_size)


def paged(call: Call, body: Sequence[Any], total: int, offset: int, limit: int) -> Answer:
    """Return one page with its headers."""
    query = Query(ResourceKind.PRODUCT_ORDER, (), offset, limit)
    return Answer(body=body, headers=page_headers(query, len(body), total, call.address, call.query))


async def aggregate_of(repository: Repository, order_id: str) -> Aggregate:
    """Return everything of one order. Raises FaceError 404."""
    return known(order_id, await repository.load(order_id))


def known(order_id: str, aggregate: Aggregate | None) -> Aggregate:
    """Return what was found of an order. Raises FaceError 404 where that is nothing."""
    if aggregate is None:
        raise problem("notFound", reason=f"order {order_id!r} is not known", fix="use an id that GET orders lists")
    return aggregate


def instant(said: Mapping[str, str], name: str) -> datetime | None:
    """Return the instant that a parameter says, or None. Raises FaceError 400 for one without an offset."""
    if name not in said:
        return None
    try:
        return read_instant(said[name].replace(" ", "+"))  # a plus that was not escaped comes as a blank
    except (ValueError, TypeError):
        fix = "send an instant with its offset, such as 2026-03-01T09:00:00Z"
        raise problem("badParameter", reason=f"{name} is no instant", fix=fix, path=name) from None


def day(said: Mapping[str, str], name: str) -> date | None:
    """Return the day that a parameter says, or None. Raises FaceError 400."""
    if name not in said:
        return None
    try:
        found = date.fromisoformat(said[name])
    except ValueError:
        found = None
    if found is None or len(said[name]) != 10 or not date(1970, 1, 2) <= found <= date(9999, 12, 30):
        raise problem("badParameter", reason=f"{name} is no day", fix="send a day such as 2026-03-01", path=name)
    return found
