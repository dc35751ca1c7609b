"""From the upstream's orders to facts and refusals. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.sdk.facts import Speaker
from adapters.sdk.redact import redact
from adapters.sdk.services import RATES, outcome_predicate, rate_value
from adapters.tmf.dialect import Dialect
from adapters.tmf.words import Line, Words
from gateway.canonical.fact import Assurance, Evidence, Fact
from gateway.canonical.service_order import PRODUCT_ITEM
from gateway.canonical.states import FINAL_ORDER_STATES, OrderState, ProductStatus, ServiceState
from gateway.ports.adapter import Outcome, Refusal, Report
from gateway.ports.errors import Unreadable

__all__ = ["Reader", "Standing"]

_REACHED = {"delete": ServiceState.TERMINATED, "suspend": ServiceState.INACTIVE}
_PRODUCT_STATES = {
    ProductStatus.ACTIVE: ServiceState.ACTIVE,
    ProductStatus.SUSPENDED: ServiceState.INACTIVE,
    ProductStatus.TERMINATED: ServiceState.TERMINATED,
}
_Wire = Mapping[str, Any]
Standing = tuple[_Wire, _Wire]
"""An order of the upstream, and the line of it that is ours."""


class Reader:
    """Reads orders of one dialect. Every method may raise UnknownCode and Unreadable."""

    def __init__(self, speaker: Speaker, dialect: Dialect, words: Words, trusts_milestone: str | None) -> None:
        self._dialect, self._words, self._trusts = dialect, words, trusts_milestone
        self._speaker = speaker.reading(words.states, words.services, words.units)

    def lines(self, order: _Wire) -> dict[str, _Wire]:
        """Return an order's lines by their ids, nested ones included."""
        found: dict[str, _Wire] = {}
        waiting = list(self._items(order))
        while waiting:
            item = waiting.pop(0)
            found[str(item.get("id"))] = item
            waiting += self._items(item)
        return found

    def state(self, order: _Wire) -> OrderState:
        """Return an order's state."""
        return OrderState(self._words.states.translate(order.get("state")))

    def lacks_backing(self, order: _Wire) -> bool:
        """Whether the milestone that the settings trust is not among those that an order shows."""
        return self._trusts is not None and self._milestone(order) is None

    def report(self, standing: Iterable[tuple[Line, Standing]], again_after_seconds: float) -> Report:
        """Return what the upstream says of these lines; WORKING until all of them have ended."""
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        ids: dict[str, str] = {}
        pending = False
        for line, (order, item) in standing:
            state = self._line_state(order, item)
            if state is OrderState.COMPLETED:
                facts += self._facts(line, order, item)
                known = (item.get(self._dialect.subject) or {}).get("id")
                if known:
                    ids[line.identity] = str(known)
            elif state in FINAL_ORDER_STATES:
                refusals.append(Refusal(subject=line.subject, legacy_code=state, legacy_text=self._why(order, item)))
            else:
                pending = True
        if pending:
            return Report(outcome=Outcome.WORKING, legacy_ids=ids, again_after_seconds=again_after_seconds)
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals), legacy_ids=ids)

    def _items(self, holder: _Wire) -> list[_Wire]:
        """Return the lines under a key, whichever of the usual spellings it has."""
        for key in (self._dialect.items, f"{self._dialect.order}Item", "orderItem"):
            if isinstance(holder.get(key), list):
                return [item for item in holder[key] if isinstance(item, dict)]
        return []

    def _line_state(self, order: _Wire, item: _Wire) -> OrderState:
        """Return a line's state. Where it has not ended and its order has, it ended as the order did."""
        said = item.get("state")
        whole = self.state(order)
        own = OrderState(self._words.states.translate(said)) if said is not None else None
        if own in FINAL_ORDER_STATES or whole not in FINAL_ORDER_STATES:
            return own or whole
        if whole is OrderState.PARTIAL:
            raise Unreadable("an order ended in part, and does not say whether this line did", redact(str(dict(item))))
        return whole

    def _facts(self, line: Line, order: _Wire, item: _Wire) -> list[Fact]:
        done = self._words.fields.read("completionDate", **_given(item, order))
        at = done if isinstance(done, datetime) else datetime.now(UTC)
        state = self._reached(line, item)
        predicate = outcome_predicate(state, resumes=line.verb == "resume")
        backing = self._milestone(order)
        says = [
            self._speaker.says(
                predicate,
                line.subject,
                self._values(item) if state == ServiceState.ACTIVE else {},
                at=at,
                valid_from=done if isinstance(done, datetime) else None,
                answer=dict(item),
                evidence=(backing,) if backing else (),
                assurance=Assurance.CORROBORATED if backing else Assurance.ASSERTED,
            )
        ]
        if state == ServiceState.TERMINATED:  # what the service was made of is the upstream's, and ended with it
            says.append(self._speaker.says("resource.released", line.subject, {}, at=at, answer=dict(item)))
        return says

    def _reached(self, line: Line, item: _Wire) -> str:
        """Return the state that a completed line's service is in: what the upstream says, else what was asked."""
        subject = item.get(self._dialect.subject) or {}
        if self._dialect.subject == "service" and subject.get("state") is not None:
            return self._words.services.translate(subject["state"])
        if self._dialect.subject == "product" and subject.get("status") is not None:
            status = self._words.products.translate(subject["status"])
            if status not in _PRODUCT_STATES:
                raise Unreadable("a line is completed, and its product is still on its way", redact(status))
            return _PRODUCT_STATES[ProductStatus(status)]
        return _REACHED.get(line.verb, ServiceState.ACTIVE)

    def _values(self, item: _Wire) -> dict[str, Any]:
        subject = item.get(self._dialect.subject) or {}
        values: dict[str, Any] = {}
        for one in subject.get(self._dialect.characteristics) or ():
            name, value = one.get("name"), one.get("value")
            if name in RATES:
                values[name] = rate_value(self._words.rate(value))
            elif name != PRODUCT_ITEM and value is not None:
                values[str(name)] = value
        return values

    def _milestone(self, order: _Wire) -> Evidence | None:
        """Return the milestone that the settings trust, where the upstream shows it as reached."""
        for one in order.get(self._dialect.milestones) or ():
            reached = str(one.get("status", "")).lower() == "completed"
            if self._trusts is not None and one.get("name") == self._trusts and reached:
                return Evidence(kind="milestone", ref=f"{order.get('id')}/{self._trusts}")
        return None

    def _why(self, order: _Wire, item: _Wire) -> str:
        errors = [
            one
            for holder in (item, order)
            for key in ("errorMessage", f"{self._dialect.order}ErrorMessage", "terminationError")
            for one in holder.get(key) or ()
        ]
        first = next((one for one in errors if isinstance(one, dict)), {})
        words = first.get("reason") or first.get("message") or first.get("value") or "the upstream gives no reason"
        return redact(str(words))


def _given(item: _Wire, order: _Wire) -> dict[str, Any]:
    for holder in (item, order):
        if "completionDate" in holder:
            return {"value": holder["completionDate"]}
    return {}
