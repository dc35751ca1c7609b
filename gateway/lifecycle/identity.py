"""Our ids for things that a legacy system named. No legacy id ever shows as ours."""

import uuid

__all__ = ["our_id"]

_NAMESPACE = uuid.UUID("6f1c7f0e-2d0b-5c1a-9d56-0c5b8f2f7a11")


def our_id(order_id: str, kind: str, legacy_id: str) -> str:
    """Return the id under which we know a legacy object of one order: the same each time it is asked."""
    return str(uuid.uuid5(_NAMESPACE, f"{order_id}|{kind}|{legacy_id}"))
