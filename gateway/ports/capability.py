"""What an adapter declares that it cannot do, asked before it is asked to do it."""

from gateway.ports.adapter import Adapter, Capability
from gateway.ports.errors import NotSupported

__all__ = ["ON_DEMAND", "require"]

ON_DEMAND = "on-demand"
"""The name, in `Adapter.capabilities`, of making a bill that a client asks for out of turn."""

_CANNOT = frozenset({Capability.NOT_IMPLEMENTED, Capability.IMPOSSIBLE})


def require(adapter: Adapter, *words: str) -> None:
    """Raise NotSupported for the first of these capabilities that an adapter declares it does not have.

    Silence and `unknown` say neither yes nor no: then the adapter is asked, and answers for itself.
    """
    for word in words:
        declared = adapter.capabilities.get(word)
        if declared in _CANNOT:
            raise NotSupported(adapter.name, word, declared)
