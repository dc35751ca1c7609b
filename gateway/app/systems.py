"""The legacy systems of a landscape as the lanes see them: patience, rate, and how we are let in."""

import hashlib

import orjson

from gateway.app.settings import Settings
from gateway.ports.adapter import Role
from gateway.ports.lanes import LaneTerms
from gateway.streams.backoff import Backoff
from gateway.streams.breaker import Patience
from gateway.streams.rate import Rate
from gateway.streams.systems import System
from gateway.vocabulary.landscape import Landscape

__all__ = ["system_of"]


def system_of(role: Role, settings: Settings, landscape: Landscape) -> System:
    """Return the system that plays a role. Lanes of one system get the same one, whichever of them says how it is."""
    name = landscape.roles[role].system
    roles = [other for other, binding in landscape.roles.items() if binding.system == name]
    said = next((landscape.lanes[one.value] for one in roles if one.value in landscape.lanes), LaneTerms())
    circuit = said.circuit
    first, cap = circuit.first_seconds, circuit.cap_seconds
    patience = Patience(
        failures=circuit.failures or settings.circuit_failures,
        pause=Backoff(first or settings.circuit_first_seconds, cap or settings.circuit_cap_seconds),
        # A probe is as long on its way as a lease lasts; its process may have died.
        probe_seconds=circuit.probe_seconds or 3 * (said.lease_seconds or settings.lease_seconds),
    )
    rate = None if said.per_second is None else Rate(said.per_second, said.burst or max(1, round(said.per_second)))
    return System(name, patience, rate, _digest(landscape, roles))


def _digest(landscape: Landscape, roles: list[Role]) -> str:
    """Return a digest of how we are let in; secrets count, and cannot be read from it."""
    how = [(role, landscape.roles[role].adapter, landscape.roles[role].settings) for role in sorted(roles)]
    return "sha256:" + hashlib.sha256(orjson.dumps(how, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()
