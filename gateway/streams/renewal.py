"""Renewing all the leases of a process at once.

On PostgreSQL that is one statement, however many there are: a statement each would keep the first of them locked until
the last is done, and a busy process would lose its leases over it. On SQLite a statement costs no round trip.
"""

from collections.abc import Sequence
from datetime import datetime

from gateway.streams import queue
from gateway.streams.message import Job
from gateway.streams.sql import Connection

__all__ = ["renew_all"]

_SECOND = 1_000_000

# Columns of ours compare byte by byte, and say so; what comes out of an array has to say so too.
_ASKED = 's.id = a.id COLLATE "C" AND s.token = a.token COLLATE "C"'
# Waiting for streams that are just being settled would end in deadlocks: they are skipped.
_RENEW = f"""
WITH free AS (
    SELECT s.id, s.shard, a.lease FROM unnest(?::text[], ?::text[], ?::bigint[]) AS a (id, token, lease)
    JOIN stream AS s ON {_ASKED} FOR UPDATE OF s SKIP LOCKED
)
UPDATE stream SET due = (extract(epoch from clock_timestamp()) * 1000000)::bigint + free.lease
FROM free WHERE stream.id = free.id AND stream.shard = free.shard RETURNING stream.id
"""  # noqa: S608 - our own words
_UNDER = f"SELECT s.id FROM unnest(?::text[], ?::text[]) AS a (id, token) JOIN stream AS s ON {_ASKED}"  # noqa: S608 - the same


def renew_all(conn: Connection, held: Sequence[tuple[Job, float]], now: datetime | None) -> list[bool | None]:
    """Hold each job's lease for so many seconds from now; False where it is another's.

    None where somebody is changing the stream at this moment: it is left alone. Most likely the job has just ended.
    """
    if conn.dialect != "postgresql":
        return [queue.renew(conn, job, lease_seconds, now) for job, lease_seconds in held]
    ids = [job.stream for job, _ in held]
    tokens = [job.token for job, _ in held]
    leases = [round(lease_seconds * _SECOND) for _, lease_seconds in held]
    renewed = {row[0] for row in conn.cursor.execute(_RENEW, (ids, tokens, leases)).fetchall()}
    rest = [index for index, name in enumerate(ids) if name not in renewed]
    if not rest:
        return [True] * len(held)
    asked = [ids[index] for index in rest], [tokens[index] for index in rest]
    under = {row[0] for row in conn.cursor.execute(_UNDER, asked).fetchall()}
    return [True if name in renewed else None if name in under else False for name in ids]
