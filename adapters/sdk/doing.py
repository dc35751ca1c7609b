"""What adapters share whose `submit` and `fetch` are one piece of work: the one may send, the other only looks.

    class AcmeBilling(DoingAdapter):
        name, role = "acme-billing", Role.BILLING

        async def _do(self, message, *, may_send):
            found = await self._client.find(message.reference_key)
            if found is None and not may_send:
                return self._working()
            ...

What is looked for is found by the message's reference key, so that nothing is made twice.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from adapters.sdk.loss import Losses, translates
from gateway.ports.adapter import Message, Outcome, Report, Role

__all__ = ["DoingAdapter"]

_NO_IDS: Mapping[str, str] = MappingProxyType({})


class DoingAdapter(ABC):
    """Does what a message says, or looks how it stands, and keeps account of what is lost on the way."""

    name: ClassVar[str]
    role: ClassVar[Role]

    def __init__(self, losses: Losses, *, again_after_seconds: float = 1.0) -> None:
        """Keep account in `losses`; what is not done yet is to be asked for `again_after_seconds`."""
        self.losses = losses
        self._again_after_seconds = again_after_seconds

    @translates
    async def submit(self, message: Message) -> Report:
        """Do what the message says, whatever of it was not done yet."""
        return await self._do(message, may_send=True)

    @translates
    async def fetch(self, message: Message) -> Report:
        """Look how far it has come, and send nothing: what was not done yet is WORKING."""
        return await self._do(message, may_send=False)

    @abstractmethod
    async def _do(self, message: Message, *, may_send: bool) -> Report:
        """Look for what the message asks for; where it `may_send`, make what is not there. Raises AdapterError."""

    def _working(self, ids: Mapping[str, str] = _NO_IDS) -> Report:
        """Return the report of what is not done yet. `ids` are what the system calls what is there."""
        return Report(outcome=Outcome.WORKING, legacy_ids=ids, again_after_seconds=self._again_after_seconds)
