"""What the tables would not have, as refusals of one item, and what no answer of the server means. Tables."""

from collections.abc import Mapping

from gateway.ports.errors import Refused

__all__ = ["NO_ANSWER", "TEXTS", "refused"]

TEXTS: Mapping[str, str] = {
    "UserTaken": "rows stand under that name already, and no order of ours made them",
    "NoUser": "no subscriber is known for what is to be changed",
    "BadName": "the name holds characters that FreeRADIUS rewrites before it looks for them",
    "NoRate": "no rate is ordered, and a subscriber without one is not limited at all",
    "HalfRate": "only one direction is ordered, and no group has that rate alone",
    "PoolEmpty": "no address of the pool is free",
    "NoAddress": "the address that was reserved is no address of version 4",
}
"""Code → what it means, as the order's item shows it."""

NO_ANSWER = "the RADIUS server gave no answer: it is down, or it does not know this client or its secret"


def refused(code: str) -> Refused:
    """Return that the tables, or the rules by which they are written, do not allow something. Nothing was changed."""
    return Refused(code, TEXTS[code])
