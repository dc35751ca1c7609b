"""Rule sets over HTTP: stage one, look at what it would do, put it into force."""

from typing import Any

from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.lifecycle.asking import asked, number, paged
from gateway.faces.problems import problem
from gateway.faces.rows import instant_text
from gateway.faces.settings import FaceSettings
from gateway.lifecycle.rule_sets.desk import RuleDesk
from gateway.ports.errors import SetupError
from gateway.ports.rule_sets import StoredRuleSet

__all__ = ["rule_set_handlers"]

_LARGEST = 2**53


def rule_set_handlers(desk: RuleDesk | None, settings: FaceSettings) -> dict[str, Handler]:
    """Return the operations on rule sets; without a desk each answers that it is not supported here."""
    sets = _RuleSets(desk, settings)
    return {
        "stageRuleSet": sets.stage,
        "listRuleSets": sets.list,
        "retrieveRuleSet": sets.retrieve,
        "activateRuleSet": sets.activate,
    }


class _RuleSets:
    def __init__(self, desk: RuleDesk | None, settings: FaceSettings) -> None:
        self._found, self._settings = desk, settings

    @property
    def _desk(self) -> RuleDesk:
        if self._found is None:
            raise problem("notSupported", reason="rule sets are not kept here", fix="ask a gateway that has a database")
        return self._found

    async def stage(self, call: Call) -> Answer:
        """Store a rule set, with its difference from the active one and what it would do to orders."""
        body = call.body
        try:
            stored = await self._desk.stage(body["document"], _text(body, "who"))
        except SetupError as error:
            raise problem("badRuleSet", reason=error.reason, fix=error.fix, path="document") from None
        return Answer(201, _to_wire(stored, call), {"Location": f"{call.base}/rule-sets/{stored.number}"})

    async def list(self, call: Call) -> Answer:
        """One page of rule sets, newest first."""
        said = asked(call, ())
        offset = number(said, "offset", 0)
        limit = min(number(said, "limit", self._settings.page_size), self._settings.max_page_size)
        found, total = await self._desk.store.page(offset=offset, limit=limit)
        return paged(call, [_glance(one, call) for one in found], total, offset, limit)

    async def retrieve(self, call: Call) -> Answer:
        """One rule set, its document included."""
        wanted = _number(call)
        stored = await self._desk.store.get(wanted)
        if stored is None:
            raise problem("notFound", reason=f"there is no rule set {wanted}", fix="use a number that the list shows")
        return Answer(body=_to_wire(stored, call))

    async def activate(self, call: Call) -> Answer:
        """Put a rule set into force."""
        body = call.body
        try:
            stored = await self._desk.activate(
                _number(call), _text(body, "who"), force=body.get("force") is True, reason=body.get("reason") or ""
            )
        except SetupError as error:
            raise problem("badRuleSet", reason=error.reason, fix=error.fix) from None
        return Answer(body=_to_wire(stored, call))


def _text(body: dict[str, Any], name: str) -> str:
    said = str(body[name]).strip()
    if not said:
        raise problem("badRuleSet", reason=f"{name} is empty", fix="say who does this", path=name)
    return said


def _number(call: Call) -> int:
    text = call.parameters["number"]
    if not (text.isascii() and text.isdigit() and int(text[:17]) < _LARGEST and len(text) <= len(str(_LARGEST))):
        raise problem("notFound", reason="there is no rule set of that number", fix="use a number that the list shows")
    return int(text)


def _glance(one: StoredRuleSet, call: Call) -> dict[str, Any]:
    said = {
        "number": one.number,
        "href": f"{call.base}/rule-sets/{one.number}",
        "name": one.name,
        "version": one.version,
        "status": one.status.value,
        "origin": one.origin,
        "digest": one.digest,
        "who": one.who,
        "stagedAt": instant_text(one.staged_at),
        "activatedAt": instant_text(one.activated_at) if one.activated_at is not None else None,
        "activatedBy": one.activated_by,
        "reason": one.reason,
    }
    return {name: value for name, value in said.items() if value is not None}


def _to_wire(one: StoredRuleSet, call: Call) -> dict[str, Any]:
    return {**_glance(one, call), "document": one.document, "check": dict(one.check)}
