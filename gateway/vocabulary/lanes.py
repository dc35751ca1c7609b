"""The part of a landscape file about lanes: how its legacy systems are to be treated."""

from collections.abc import Mapping

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from gateway.ports.adapter import Role
from gateway.ports.lanes import LANES, CircuitTerms, LaneTerms
from gateway.vocabulary.document import Document

__all__ = ["LaneFile", "checked_lanes", "system_names"]

_OF_SYSTEM = ("per_second", "burst", "ask_after_seconds", "circuit")


class _CircuitFile(CircuitTerms):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=False)


class LaneFile(LaneTerms):
    """An entry of `lanes`, as the file writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=False)

    circuit: _CircuitFile = _CircuitFile()


def checked_lanes(
    document: Document, lanes: Mapping[str, LaneFile], systems: Mapping[Role, str]
) -> Mapping[str, LaneTerms]:
    """Return what is set for each lane. Raises SetupError with file and line for what cannot be meant."""
    for name, lane in lanes.items():
        if name not in LANES:
            raise document.wrong(f"lane {name!r} is not known", f"use {', '.join(LANES)}", "lanes", name)
        if lane.burst is not None and lane.per_second is None:
            raise document.wrong(f"lane {name} has a burst and no rate", "set perSecond too", "lanes", name, "burst")
        for member in _OF_SYSTEM:
            if name not in set(Role) and member in lane.model_fields_set:
                reason = f"lane {name} works with no legacy system, so {to_camel(member)} means nothing"
                raise document.wrong(reason, "remove it", "lanes", name, to_camel(member))
    _check_shared(document, lanes, systems)
    return {name: LaneTerms.model_validate(lane.model_dump()) for name, lane in lanes.items()}


def system_names(document: Document, named: Mapping[str, str | None], adapters: Mapping[str, str]) -> dict[Role, str]:
    """Return the name of the system that plays each role: the given one, else the adapter's.

    An adapter that plays several roles talks to one system for each, unless the file gives them one name.
    """
    found: dict[Role, str] = {}
    for role, name in named.items():
        if name is not None and not (name.strip() and name.isprintable() and "/" not in name):
            fix = "use letters, digits and dashes"
            raise document.wrong(f"system {name!r} is no name", fix, "roles", role, "system")
        adapter = adapters[role]
        alone = [other for other in adapters.values() if other == adapter] == [adapter]
        found[Role(role)] = name or (adapter if alone else f"{adapter} {role}")
    return found


def _check_shared(document: Document, lanes: Mapping[str, LaneFile], systems: Mapping[Role, str]) -> None:
    """Refuse two opinions on one system: its circuit and its rate are shared by all lanes that work with it."""
    said: dict[str, tuple[str, tuple[object, ...]]] = {}
    for role, system in systems.items():
        if role not in lanes:
            continue
        lane = lanes[role]
        terms = lane.per_second, lane.burst, lane.circuit
        other, known = said.setdefault(system, (role, terms))
        if known != terms:
            reason = f"lanes {other} and {role} treat their one system {system} differently"
            raise document.wrong(reason, "give both the same perSecond, burst and circuit", "lanes", role)
