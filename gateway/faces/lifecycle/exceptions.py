"""Exceptions on the gateway's own face: groups, their members and timeline, fixes, replays, and figures."""

from collections.abc import Mapping
from datetime import datetime

from gateway.canonical.exceptions import FaultClass, GroupStatus, ReplayState, Shadow
from gateway.canonical.judgement import Gate
from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.lifecycle.asking import Paging, among, asked, paged
from gateway.faces.lifecycle.exceptions_wire import (
    case_to_wire,
    event_to_wire,
    fix_to_wire,
    group_to_wire,
    growth_to_wire,
    metrics_to_wire,
    shadow_to_wire,
)
from gateway.faces.problems import problem
from gateway.faces.settings import FaceSettings
from gateway.lifecycle.exceptions.mending import SAMPLE, Mender
from gateway.lifecycle.exceptions.metrics import growth_by_cause, metrics_of
from gateway.ports.exceptions import SORTS, GroupQuery

__all__ = ["exception_handlers"]

MOST_GROWTHS = 100
"""Of how many causes the figures tell the growth one by one."""

_FILTERS = ("status", "owner", "gate", "class", "sort")
_OPERATIONS = (
    "listExceptions",
    "retrieveException",
    "patchException",
    "stageFix",
    "shadowReplay",
    "replayException",
    "closeException",
    "retrieveExceptionMetrics",
)


def exception_handlers(mender: Mender | None, settings: FaceSettings) -> dict[str, Handler]:
    """Return the handlers by operation; without a mender each answers that nothing is kept here."""
    if mender is None:
        return dict.fromkeys(_OPERATIONS, _nothing)
    face = _Exceptions(mender, Paging(settings))
    handlers = (
        face.list,
        face.retrieve,
        face.patch,
        face.stage,
        face.shadow,
        face.replay,
        face.close,
        face.metrics,
    )
    return dict(zip(_OPERATIONS, handlers, strict=True))


async def _nothing(_call: Call) -> Answer:
    raise problem("notSupported", reason="this gateway keeps no exceptions", fix="ask one that was started to serve")


class _Exceptions:
    """What the face does with exceptions."""

    def __init__(self, mender: Mender, paging: Paging) -> None:
        self._mender, self._store, self._paging = mender, mender.store, paging

    async def list(self, call: Call) -> Answer:
        """One page of groups."""
        said = asked(call, _FILTERS)
        among(said, "status", [status.value for status in GroupStatus])
        among(said, "gate", [gate.value for gate in Gate])
        among(said, "class", [one.value for one in FaultClass])
        among(said, "sort", SORTS)
        offset, limit = self._paging.of(said)
        query = GroupQuery(
            status=said.get("status"),
            owner=said.get("owner"),
            gate=said.get("gate"),
            fault_class=said.get("class"),
            sort=said.get("sort", SORTS[0]),
            offset=offset,
            limit=limit,
        )
        views, total = await self._store.groups(query, self._now())
        return paged(call, [group_to_wire(view, call.base) for view in views], total, offset, limit)

    async def retrieve(self, call: Call) -> Answer:
        """One group, with a page of its members and everything that was done about it."""
        said = asked(call, ("members",))
        among(said, "members", ("open", "all"))
        offset, limit = self._paging.of(said)
        view = await self._store.group(_fingerprint(call), self._now())
        if view is None:
            raise _unknown(call)
        group = view.group
        open_only = said.get("members") == "open"
        cases, total = await self._store.cases(group.fingerprint, open_only=open_only, offset=offset, limit=limit)
        body = group_to_wire(view, call.base) | {
            "sharedByMembersOnly": list(await self._mender.shared(group.fingerprint)),
            "members": [case_to_wire(case, call.base) for case in cases],
            "memberCount": total,
            "timeline": [event_to_wire(event) for event in await self._store.events(group.fingerprint)],
        }
        fix = await self._store.fix(group.fix) if group.fix else None
        if fix is not None:
            body["fix"] = fix_to_wire(fix)
            body["replay"] = _progress(await self._store.progress(fix.id))
        return Answer(body=body)

    async def patch(self, call: Call) -> Answer:
        """Change owner, suspected cause or note."""
        names = {"owner": "owner", "suspectedCause": "suspected_cause", "note": "note"}
        changes = {names[name]: value for name, value in call.body.items() if name in names}
        if not changes:
            raise problem("schema", reason="the body changes nothing", fix=f"send one of {', '.join(names)}")
        view = await self._mender.amend(_fingerprint(call), changes, str(call.body.get("who") or ""))
        return Answer(body=group_to_wire(view, call.base))

    async def stage(self, call: Call) -> Answer:
        """Stage a fix."""
        said = call.body
        fix = await self._mender.stage(
            _fingerprint(call),
            vocabularies=said.get("vocabularies") or (),
            rule_set=said.get("ruleSet"),
            policy=said.get("policy"),
            who=said.get("who") or "",
            reason=said.get("reason") or "",
        )
        return Answer(201, fix_to_wire(fix), {"Location": f"{call.base}/exceptions/{fix.fingerprint}"})

    async def shadow(self, call: Call) -> Answer:
        """Play the staged fix through."""
        said = call.body
        sample, seed = said.get("sample", SAMPLE), said.get("seed")
        fix = await self._mender.shadow(_fingerprint(call), sample=sample, seed=seed)
        shadow: Shadow | None = fix.shadow
        if shadow is None:
            return Answer(202, {"fix": fix.id, "running": True}, {"Retry-After": "1"})
        return Answer(body={"fix": fix.id, **shadow_to_wire(shadow)})

    async def replay(self, call: Call) -> Answer:
        """Adopt the fix and replay the group."""
        said = call.body
        force = said.get("force")
        if force is not None and not force.strip():
            raise problem("schema", reason="force is no reason", fix="say why, or leave it out", path="force")
        fix, enlisted = await self._mender.replay(_fingerprint(call), who=said.get("who") or "", force=force)
        states = await self._store.progress(fix.id)
        body = {"fix": fix.id, "fingerprint": fix.fingerprint, "enlisted": enlisted, "replay": _progress(states)}
        return Answer(202, body, {"Location": f"{call.base}/exceptions/{fix.fingerprint}"})

    async def close(self, call: Call) -> Answer:
        """Close a group with its proof."""
        said = call.body
        view = await self._mender.close(_fingerprint(call), who=said.get("who") or "", reason=said.get("reason"))
        return Answer(body=group_to_wire(view, call.base))

    async def metrics(self, call: Call) -> Answer:
        """How well orders go, and how exceptions grow with them."""
        asked(call, ())
        numbers = await self._store.numbers()
        growths = list(growth_by_cause(numbers).items())[:MOST_GROWTHS]
        body = metrics_to_wire(metrics_of(numbers)) | {
            "growthByFingerprint": [{"fingerprint": name, **growth_to_wire(one)} for name, one in growths],
            "ages": [
                {"owner": owner or None, "orders": dict(ages)}
                for owner, ages in sorted((await self._store.owners(self._now())).items())
            ],
        }
        return Answer(body=body)

    def _now(self) -> datetime:
        return self._mender.desk.clock.now()


def _progress(states: Mapping[ReplayState, int]) -> dict[str, int]:
    return {state.value: states.get(state, 0) for state in ReplayState}


def _fingerprint(call: Call) -> str:
    said = call.parameters["fingerprint"].lower()
    if not 8 <= len(said) <= 64 or set(said) - set("0123456789abcdef"):
        raise _unknown(call)
    return said


def _unknown(call: Call) -> Exception:
    said = call.parameters["fingerprint"][:64]
    return problem("notFound", reason=f"no exception group {said!r} is known", fix="use one that GET exceptions lists")
