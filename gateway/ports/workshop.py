"""The adapters in use, and a bench to try others on: what a corrected table would say before it is put in use."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from gateway.ports.adapter import Adapter, Role
from gateway.ports.errors import UnknownCode

__all__ = ["Workshop"]


class Workshop(Protocol):
    """Every adapter that carries a message is looked up here, at the moment it is needed."""

    def adapters(self) -> Mapping[Role, Adapter]:
        """Those in use now. Look again for each message: another table may be in use by then."""

    def trial(self, tables: Sequence[str]) -> AbstractAsyncContextManager[Mapping[Role, Adapter]]:
        """Adapters made anew with these vocabulary documents (YAML text) in place of those of the same id.

        Only `fetch` is asked of them: they look, and send nothing. Raises SetupError for a table that is not sound or
        that no adapter uses.
        """

    async def adopt(self, tables: Sequence[str], *, who: str, reason: str) -> None:
        """Put the tables in use, durably: here at once, in every process on the database within a few seconds.

        Every order that waits for a code that a table has now is asked again. A table that says what the one in use
        says is nothing to do. Raises SetupError for a table that is not sound, that no adapter uses, or whose version
        does not rise.
        """

    async def met_unknown(self, error: UnknownCode, order_id: str, adapter: Adapter) -> bool:
        """Count a code that a table lacks, met by an adapter for an order, which now waits for it.

        True where that adapter was replaced by now, so that asking again may help; the order then waits for nothing.
        """
