"""What is recorded with a real FreeRADIUS: a message each, and what is done to the tables before it is sent."""

from dataclasses import dataclass, field

from gateway.ports.adapter import Message
from tests.adapters.orders import fact, fibre, rates

POOL = "recorded"
MOVING = ("validUntil",)

_GROUP = "UPDATE radgroupreply SET value = '{}' WHERE groupname = 'FIBER-500'"
_FREE = (
    "DELETE FROM radippool WHERE pool_name = 'recorded'",
    "INSERT INTO radippool (pool_name, framedipaddress) VALUES ('recorded', '{}')",
)
_RESERVED = (fact("resource.reserved", ipv4=["100.66.0.1"]),)


@dataclass(frozen=True)
class Recorded:
    """`before` and `after` are SQL; `after` heals what others need."""

    name: str
    message: Message
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    settings: dict = field(default_factory=dict)
    loses_the_answer: bool = False


def _of(order, operation="activate", **more):
    sold = fibre(operation, order=order, **more)
    offerings = tuple(one for one in sold.reference.offerings if one.id == "FIBRE-500")
    return sold.model_copy(update={"reference": sold.reference.model_copy(update={"offerings": offerings})})


_LIFE = {"product": "PR-REC-1-1"}
_SLOWER = rates(100000, 20000)
_HEALED = (_GROUP.format("50M/500M"),)

CASES = (
    Recorded("reserve/an_address", _of("REC-1", "reserve"), (_FREE[0], _FREE[1].format("100.66.0.1"))),
    Recorded("reserve/the_pool_is_empty", _of("REC-9", "reserve")),
    Recorded("reserve/an_address_of_version_6", _of("REC-9", "reserve"), (_FREE[1].format("fd00::1"),)),
    Recorded("activate/a_fibre", _of("REC-1", facts=_RESERVED)),
    Recorded("activate/it_comes_again", _of("REC-1", facts=_RESERVED, attempt=2)),
    Recorded("activate/another_rate", _of("REC-2", action="modify", characteristics=_SLOWER, **_LIFE)),
    Recorded("activate/suspended", _of("REC-3", action="modify", state="inactive", **_LIFE)),
    Recorded("activate/taken_up_again", _of("REC-4", action="modify", was="suspended", **_LIFE)),
    Recorded("activate/ceased", _of("REC-5", action="delete", state="terminated", **_LIFE)),
    Recorded("activate/nobody_to_change", _of("REC-6", action="modify", product="PR-NOBODY")),
    Recorded("activate/a_rate_of_its_own", _of("REC-7", characteristics=rates(30000, 2500))),
    Recorded("activate/half_the_rate", _of("REC-10"), (_GROUP.format("25M/250M"),), _HEALED),
    Recorded("activate/a_unit_that_nobody_knows", _of("REC-11"), (_GROUP.format("50G/500G"),), _HEALED),
    Recorded("activate/a_rate_that_is_none", _of("REC-12"), (_GROUP.format("fast"),), _HEALED),
    Recorded(
        "activate/the_server_rejects",
        _of("REC-13"),
        (
            "INSERT INTO radgroupcheck (groupname, attribute, op, value) VALUES ('FIBER-500', 'Auth-Type', ':=', 'Reject')",
        ),
        ("DELETE FROM radgroupcheck WHERE groupname = 'FIBER-500'",),
    ),
    Recorded(
        "activate/the_server_is_silent", _of("REC-14"), settings={"radius_secret": "wrong", "radius_seconds": 0.3}
    ),
    Recorded("activate/the_answer_to_the_commit_is_lost", _of("REC-15"), loses_the_answer=True),
    Recorded("activate/it_is_found_after_that", _of("REC-15", attempt=2)),
)
"""In this order: the later ones change what the earlier ones have made."""
