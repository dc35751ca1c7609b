"""The circuit breaker of one legacy system: what is known of it, and what each thing heard of it makes of that. Pure.

A table names what follows for every state and every thing heard. Instants are whole microseconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from gateway.streams.backoff import Backoff

__all__ = ["Circuit", "CircuitState", "Heard", "Patience", "after", "is_probe_due"]

_SECOND = 1_000_000


class CircuitState(StrEnum):
    """Whether a system is asked."""

    CLOSED = "closed"  # it is asked
    OPEN = "open"  # it is not asked before `until`
    HALF_OPEN = "half-open"  # one message is on its way to see whether it answers again
    LOCKED = "locked"  # only a person can mend it: nothing is asked until an operator or another setting says so


class Heard(StrEnum):
    """What is heard of a system."""

    FINE = "fine"  # it answered, whatever it said
    FAILED = "failed"  # not reached, busy, or no answer came
    BARRED = "barred"  # it lets nobody in: credentials, licence, setting
    PROBED = "probed"  # a message was sent out to see
    NOTHING = "nothing"  # a message ended without having asked it
    RELEASED = "released"  # an operator, or a changed setting, says: try again now
    STOPPED = "stopped"  # an operator says: do not ask


@dataclass(frozen=True, slots=True)
class Patience:
    """So many failures in a row open the circuit; then one message is tried after each pause."""

    failures: int = 5
    pause: Backoff = field(default_factory=lambda: Backoff(first_seconds=1.0, cap_seconds=120.0))
    probe_seconds: float = 30.0
    """How long a probe may be on its way before another takes its place: the process that sent it has died."""

    def __post_init__(self) -> None:
        if self.failures < 1 or self.probe_seconds <= 0:
            raise ValueError("failures and probe_seconds must be positive")


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of one system. `since` is when it was last found down or up again."""

    system: str
    state: CircuitState = CircuitState.CLOSED
    failures: int = 0  # in a row
    openings: int = 0  # probes that failed since it was closed, and the first opening
    since: int | None = None
    until: int | None = None  # when the next probe may go
    reason: str = ""

    @property
    def is_closed(self) -> bool:
        """Whether the system is asked as usual."""
        return self.state is CircuitState.CLOSED


@dataclass(frozen=True, slots=True)
class _Said:
    """One thing heard, with all that a step may need. `wait_seconds` is what the system itself asked for."""

    now: int
    patience: Patience
    reason: str
    wait_seconds: float


_Step = Callable[[Circuit, _Said], Circuit]


def after(  # noqa: PLR0913 - what was heard, in its parts
    circuit: Circuit, heard: Heard, now: int, patience: Patience, *, reason: str = "", wait_seconds: float = 0.0
) -> Circuit:
    """Return what is known of a system after something more was heard."""
    return _TABLE[circuit.state, heard](circuit, _Said(now, patience, reason, wait_seconds))


def is_probe_due(circuit: Circuit, now: int) -> bool:
    """Whether one message may go out to see; a probe that nobody heard of again is due anew."""
    return circuit.state in _PROBED and (circuit.until or 0) <= now


def _unmoved(circuit: Circuit, _: _Said) -> Circuit:
    return circuit


def _forgiven(circuit: Circuit, _: _Said) -> Circuit:
    return replace(circuit, failures=0) if circuit.failures else circuit


def _counted(circuit: Circuit, said: _Said) -> Circuit:
    more = replace(circuit, failures=circuit.failures + 1)
    return _opened(more, said) if more.failures >= said.patience.failures else more


def _opened(circuit: Circuit, said: _Said) -> Circuit:
    openings = circuit.openings + 1
    # The whole ceiling, without jitter: one probe for all processes is no crowd.
    pause = max(said.patience.pause.ceiling(openings), said.wait_seconds)
    since = said.now if circuit.is_closed else circuit.since
    return replace(
        circuit,
        state=CircuitState.OPEN,
        openings=openings,
        since=since,
        until=said.now + round(pause * _SECOND),
        reason=said.reason or circuit.reason,
    )


def _locked(circuit: Circuit, said: _Said) -> Circuit:
    since = said.now if circuit.is_closed else circuit.since
    return replace(circuit, state=CircuitState.LOCKED, since=since, until=None, reason=said.reason)


def _probed(circuit: Circuit, said: _Said) -> Circuit:
    until = said.now + round(said.patience.probe_seconds * _SECOND)
    return replace(circuit, state=CircuitState.HALF_OPEN, until=until)


def _closed(circuit: Circuit, said: _Said) -> Circuit:
    return Circuit(circuit.system, since=said.now)


def _next_probe(circuit: Circuit, said: _Said) -> Circuit:
    return replace(circuit, state=CircuitState.OPEN, until=said.now)


def _due_now(circuit: Circuit, said: _Said) -> Circuit:
    return replace(circuit, state=CircuitState.OPEN, openings=0, until=said.now)


_PROBED = frozenset({CircuitState.OPEN, CircuitState.HALF_OPEN})
_TABLE: Mapping[tuple[CircuitState, Heard], _Step] = {
    (CircuitState.CLOSED, Heard.FINE): _forgiven,
    (CircuitState.CLOSED, Heard.FAILED): _counted,
    (CircuitState.CLOSED, Heard.BARRED): _locked,
    (CircuitState.CLOSED, Heard.PROBED): _unmoved,
    (CircuitState.CLOSED, Heard.NOTHING): _unmoved,
    (CircuitState.CLOSED, Heard.RELEASED): _forgiven,
    (CircuitState.CLOSED, Heard.STOPPED): _locked,
    # What was on its way when the circuit opened says nothing new; the probe decides.
    (CircuitState.OPEN, Heard.FINE): _unmoved,
    (CircuitState.OPEN, Heard.FAILED): _unmoved,
    (CircuitState.OPEN, Heard.BARRED): _locked,
    (CircuitState.OPEN, Heard.PROBED): _probed,
    (CircuitState.OPEN, Heard.NOTHING): _unmoved,
    (CircuitState.OPEN, Heard.RELEASED): _due_now,
    (CircuitState.OPEN, Heard.STOPPED): _locked,
    (CircuitState.HALF_OPEN, Heard.FINE): _closed,
    (CircuitState.HALF_OPEN, Heard.FAILED): _opened,
    (CircuitState.HALF_OPEN, Heard.BARRED): _locked,
    (CircuitState.HALF_OPEN, Heard.PROBED): _probed,
    (CircuitState.HALF_OPEN, Heard.NOTHING): _next_probe,
    (CircuitState.HALF_OPEN, Heard.RELEASED): _due_now,
    (CircuitState.HALF_OPEN, Heard.STOPPED): _locked,
    (CircuitState.LOCKED, Heard.FINE): _unmoved,
    (CircuitState.LOCKED, Heard.FAILED): _unmoved,
    (CircuitState.LOCKED, Heard.BARRED): _unmoved,
    (CircuitState.LOCKED, Heard.PROBED): _unmoved,
    (CircuitState.LOCKED, Heard.NOTHING): _unmoved,
    (CircuitState.LOCKED, Heard.RELEASED): _due_now,
    (CircuitState.LOCKED, Heard.STOPPED): _locked,
}
