"""Requests that come again: how their key is read, how a replay is told from a first answer, what differs by name."""

import re
from collections.abc import Mapping
from typing import Any

from gateway.canonical.difference import differences
from gateway.faces.answer import Call
from gateway.faces.problems import problem
from gateway.faces.spoke import ResourceSpoke
from gateway.ports.claims import Sending
from gateway.ports.errors import FaceError, OtherContent

__all__ = ["KEY", "LONGEST_KEY", "REPLAYED", "other_content", "sending_of"]

KEY = "Idempotency-Key"

REPLAYED: Mapping[str, str] = {"Idempotent-Replayed": "true"}
"""Goes with an answer that was given before."""

LONGEST_KEY = 255
_MOST_NAMED = 20
_LONGEST_PATH = 200

# The value of an RFC 8941 string item, whose parameters mean nothing here; or the bare text that most clients send.
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"(?: *;[!-+\--~ ]*)?')
_BARE = re.compile(r"[!#-+\--:<-\[\]-~]+")
_ESCAPED = re.compile(r'\\(["\\])')


def sending_of(call: Call) -> Sending:
    """Return who sends a new resource, and under which key. Raises FaceError 400 for what is no key."""
    client = "" if call.principal is None else str(call.principal)
    return Sending(client, None if call.idempotency_key is None else _key(call.idempotency_key))


def other_content(spoke: ResourceSpoke[Any], error: OtherContent, base: str) -> FaceError:
    """Return the error that names what differs, in the words of a face. It shows no value of either side."""
    if error.first is None:
        return problem("otherContent", reason=error.reason, fix=error.fix)
    first, mine = (spoke.to_wire(one, base) for one in (error.first, error.wanted))
    paths = [path[:_LONGEST_PATH] for path in differences(first, mine)]
    shown = ", ".join(paths[:_MOST_NAMED]) or "members that this version does not show"
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return problem("otherContent", reason=f"{error.reason}, with other content: {shown}{more}", fix=error.fix)


def _key(said: str) -> str:
    text = said.strip(" \t")
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        key = _ESCAPED.sub(r"\1", quoted[1])
    elif _BARE.fullmatch(text):
        key = text
    else:
        raise problem("badIdempotencyKey", path=KEY)
    if not key:
        raise problem("badIdempotencyKey", reason="the key is empty", path=KEY)
    if len(key) > LONGEST_KEY:
        raise problem("badIdempotencyKey", reason=f"the key is longer than {LONGEST_KEY} characters", path=KEY)
    return key
