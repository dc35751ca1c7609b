"""What a request asks of a list: its parameters, read strictly, and its page."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.answer import Answer, Call
from gateway.faces.problems import problem
from gateway.faces.query import MAX_OFFSET, Listing, page_headers
from gateway.ports.repository import Query

__all__ = ["PAGING", "among", "asked", "number", "paged"]

PAGING = ("offset", "limit")
"""The parameters that every list has."""


def asked(call: Call, names: Sequence[str]) -> dict[str, str]:
    """Return the query's parameters, the last of each. Raises FaceError 400 for one that the list does not have."""
    known = (*names, *PAGING)
    for name, _ in call.query:
        if name not in known:
            raise problem(
                "badParameter", reason=f"there is no parameter {name!r} here", fix=f"use {', '.join(known)}", path=name
            )
    return dict(call.query)


def among(said: Mapping[str, str], name: str, words: Sequence[str]) -> None:
    """Raise FaceError 400 where a parameter is none of its words."""
    if name in said and said[name] not in words:
        raise problem(
            "badParameter", reason=f"{name} has no such value", fix=f"use one of {', '.join(words)}", path=name
        )


def number(said: Mapping[str, str], name: str, default: int) -> int:
    """Return a parameter that is a whole number. Raises FaceError 400."""
    text = said.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_OFFSET):
        raise problem(
            "badParameter",
            reason=f"{name} is no whole number from 0 to {MAX_OFFSET}",
            fix=f"send {name} as a number, or leave it out",
            path=name,
        )
    return int(text)


def paged(call: Call, body: Sequence[Any], total: int, offset: int, limit: int) -> Answer:
    """Return one page of a list, with how many there are and where the next page is."""
    listing = Listing(Query(ResourceKind.PRODUCT_ORDER, (), offset, limit))
    return Answer(body=body, headers=page_headers(listing, len(body), total, call.address, call.query))
