"""What must hold at the end, whatever struck."""

import json
from collections import Counter, defaultdict
from itertools import pairwise

__all__ = ["LAWS", "judge"]

LAWS = (
    "orders answered 2xx and lost",
    "orders answered 2xx that did not end",
    "orders stored twice",
    "deliveries out of order",
    "made twice in the legacy systems",
    "orders whose events have gaps",
    "events that the listener did not hear",
    "events that the listener heard out of order",
    "answers that no client should get",
    "streams left over",
)
"""Each must be 0."""

_STEPS = {
    "crm": ("vorgang",),
    "field": ("appointment", "ticket"),
    "activation": ("reserve", "insert"),
    "billing": ("contract", "charge", "invoice"),
}
"""What each system makes for an order, in the order in which it must."""


_FACES = {
    "productOrder": "tmf622",
    "cancelProductOrder": "tmf622",
    "serviceOrder": "tmf641",
    "cancelServiceOrder": "tmf641",
}
"""Which face tells of what; a listener registers at each, and order holds within each."""

_UNSAID = {"productOrder": {"milestone", "jeopardy", "errorMessage"}}
"""What the face that the listener registered at, in version 4, has no notification for."""


async def judge(world):
    """Return the figures of a world that has come to rest, by name; those of LAWS must be 0."""
    store, accepted = world.store, world.clients.accepted
    found = {}
    stored = dict(await store.rows("SELECT id, checkpoint FROM lifecycle"))
    ids = {number: set(theirs) for number, theirs in accepted.items()}
    every = {one for theirs in ids.values() for one in theirs}
    found["orders sent"] = world.sent
    found["orders answered 2xx"] = len(ids)
    found["orders answered 2xx and lost"] = len(every - set(stored)) + (world.sent - len(ids))
    found["orders answered 2xx that did not end"] = sum(1 for one in every if stored.get(one) not in {"closed", None})
    externals = Counter(row[0] for row in await store.rows("SELECT external FROM product_order"))
    found["orders stored twice"] = sum(1 for theirs in ids.values() if len(theirs) > 1) + sum(
        1 for count in externals.values() if count > 1
    )
    journals = world.journal()
    found |= _journals(journals)
    world.twice = [
        (system, *row) for system, rows in journals.items() for row, count in Counter(rows).items() if count > 1
    ]
    found |= await _events(world)
    found["answers that no client should get"] = len(world.clients.bad)
    found["streams left over"] = await store.count("SELECT count(*) FROM stream WHERE id <> 'hub-recovery|purge'")
    holds = await store.rows("SELECT doc FROM hold WHERE released IS NULL")
    world.open_holds = [json.loads(doc) for (doc,) in holds]
    return found


def _journals(journals):
    out_of_order = twice = made = 0
    for system, rows in journals.items():
        made += len(rows)
        twice += sum(count - 1 for count in Counter(rows).values() if count > 1)
        steps = defaultdict(list)
        for operation, reference, _ in rows:
            steps[reference].append(_STEPS[system].index(operation.partition(" ")[0]))
        out_of_order += sum(1 for theirs in steps.values() for one, next_ in pairwise(theirs) if next_ < one)
    return {
        "things made in the legacy systems": made,
        "made twice in the legacy systems": twice,
        "deliveries out of order": out_of_order,
    }


async def _events(world):
    rows = await world.store.rows("SELECT id, order_id, seq, kind, type FROM event")
    place = {
        event: ((order, _FACES[kind]), seq)
        for event, order, seq, kind, type_ in rows
        if kind in _FACES and type_ not in _UNSAID.get(kind, ())
    }
    every = defaultdict(list)
    for order, seq in await world.store.rows("SELECT order_id, seq FROM event ORDER BY order_id, seq"):
        every[order].append(seq)
    gaps = sum(1 for seqs in every.values() if seqs != list(range(seqs[0], seqs[0] + len(seqs))))
    heard = defaultdict(list)
    for event in world.listener.heard:
        order, seq = place.get(event, (None, 0))
        heard[order].append((seq, event))
    missing = set(place) - set(world.listener.heard)
    late = repeats = 0
    for theirs in heard.values():
        newest = 0
        seen = set()
        for seq, event in theirs:
            if event in seen:
                repeats += 1
            elif seq < newest:
                late += 1
            seen.add(event)
            newest = max(newest, seq)
    return {
        "events": len(place),
        "events heard again": repeats,
        "events that the listener did not hear": len(missing),
        "events that the listener heard out of order": late,
        "orders whose events have gaps": gaps,
    }
