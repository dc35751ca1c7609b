"""What the command line asks of a running gateway about notifications."""

from collections.abc import Mapping
from typing import Any

from gateway.app.asking_gateway import asked, print_json
from gateway.app.demo.client import GatewayClient
from gateway.app.demo.report import wide_console

__all__ = ["ask_redelivery", "print_event", "print_heard", "print_listeners"]

_IN_TROUBLE = frozenset({"failing", "parked"})


async def print_listeners(url: str, limit: int, *, as_json: bool) -> int:
    """Print listeners; return 1 where one is in trouble, else 0."""
    found = await _asked(url, "listeners", {"limit": str(limit)})
    if not as_json:
        for one in found:
            _say(_listener(one))
        if not found:
            _say("nobody has asked for notifications")
    else:
        print_json(found)
    return 1 if any(one["status"] in _IN_TROUBLE for one in found) else 0


async def ask_redelivery(url: str, listener: str, body: Mapping[str, str], *, as_json: bool) -> None:
    """Ask for redelivery, and print how the listener stands."""
    found = await _asked(url, f"listeners/{listener}/redeliver", body=body)
    print_json(found) if as_json else _say(_listener(found))


async def print_event(url: str, event: str, *, as_json: bool) -> None:
    """Print an event and who took it."""
    found = await _asked(url, f"events/{event}")
    if as_json:
        print_json(found)
        return
    _say(f"{found['at']} {found['resourceKind']} {found['resourceId']}: {found['type']} (order {found['order']})")
    for one in found["deliveries"]:
        when = f" at {one['at']}, answered {one['answered']}" if "at" in one else ""
        where = one.get("callback", "removed since")
        _say(f"  {one['status']}{when}: {one['listener']} {where}")


async def print_heard(url: str, status: str | None, again: str | None, limit: int, *, as_json: bool) -> None:
    """Print what came in."""
    if again is not None:
        await _asked(url, f"heard/{again}/look-again", body={})
    wanted = {"limit": str(limit)} | ({} if status is None else {"status": status})
    found = await _asked(url, "heard", wanted)
    if as_json:
        print_json(found)
        return
    for one in found:
        why = f": {one['reason']}" if "reason" in one else ""
        what = f" (order {one['order']}, by {one['system']})" if "order" in one else ""
        _say(f"{one['id']} {one['receivedAt']} {one['face']} {one['eventType']} {one['status']}{what}{why}")
    if not found:
        _say("nothing was heard")


def _listener(one: Mapping[str, Any]) -> str:
    trouble = f", {one['attempts']} failed: {one['lastError']}" if one["attempts"] else ""
    since = f" since {one['parkedSince']}" if "parkedSince" in one else ""
    owed = f", {one['backlog']} to send" if one["backlog"] else ""
    return f"{one['id']} {one['face']} {one['callback']} {one['status']}{since}{owed}{trouble}"


async def _asked(url: str, path: str, params: Mapping[str, str] | None = None, body: Any = None) -> Any:
    async with GatewayClient(url) as client:
        return (await asked(client, path, params, body)).json()


def _say(text: str) -> None:
    wide_console().print(text, soft_wrap=True)
