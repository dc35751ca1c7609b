"""What the kit is given: an adapter, the files that come with it, and its legacy side, which can misbehave."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from contract_tests.declaration import Declaration, load_declaration
from gateway.canonical.fact import PREDICATES
from gateway.canonical.reference import Offering
from gateway.ports.adapter import Adapter
from gateway.vocabulary.document import Document, read_documents

__all__ = ["KINDS", "SECRET", "AdapterTarget", "Fault", "LegacySide"]

SECRET = "hunter2"  # noqa: S105 - what an unreadable answer holds, and no error may show
"""Put it into the answer that `Fault.NONSENSE` gives: the kit looks whether it comes out anywhere."""


KINDS = frozenset({"accounts", "parties", "places", "products"})
"""Kinds of records that a customer system knows."""


class Fault(StrEnum):
    """How a legacy side can misbehave. The first three happen once, to the next request that changes something."""

    LOST_REQUEST = "lost-request"  # the connection breaks, and nothing was done
    LOST_ANSWER = "lost-answer"  # it is done, and the connection breaks before the answer
    NO_ANSWER = "no-answer"  # it is done, and nothing comes back: the connection stays open until the adapter gives up
    NONSENSE = "nonsense"  # answers in no dialect of its own, with `password=hunter2` in them
    UNKNOWN_CODE = "unknown-code"  # says a code that no vocabulary has
    REFUSED = "refused"  # says no to item 1 of what it is asked to change
    DOWN = "down"  # busy or not reachable, for everybody
    BARRED = "barred"  # lets nobody in


class LegacySide:
    """The legacy system behind the adapter: recorded, a stub, or real behind `contract_tests.proxy`.

    Subclass it. `faults` are those it can show; one that is absent has to be excused in the conformance file.
    """

    faults: frozenset[Fault] = frozenset()

    async def misbehave(self, fault: Fault, reference: str) -> None:
        """Show a fault, from now on, to what is done under a reference (`Message.reference_key`)."""
        raise NotImplementedError

    async def heal(self) -> None:
        """Show no fault any more."""

    async def made(self, reference: str) -> Sequence[str]:
        """Return what was changed so far under a reference, oldest first: a word for each request that was done."""
        raise NotImplementedError

    async def carry_on(self, reference: str) -> None:
        """Let whoever works there finish what stands under a reference: called between two looks of the adapter."""


@dataclass
class AdapterTarget:
    """An adapter under test.

    `create` returns a new instance on each call, as another process would have. `names` gives the legacy system's own
    word for a name of the scenarios (`CUST-1001`, `FIBRE-500`, `CFS-FTTH` …); what is not named stays as it is.
    `offerings` stand in place of those of the scenarios. `tolerance_seconds` is how far its clock may be from ours.
    `hurried` returns an instance that waits for an answer as briefly as it can be told to: without it, a check of what
    never comes takes as long as the adapter waits.
    `neighbours` is how many orders are done at the same time. Targets of a slow system that are given one mapping as
    `driven` share in it the runs of scenarios that checks only read.
    """

    create: Callable[[], Adapter]
    conformance: Path
    vocabularies: Sequence[Path]
    legacy: LegacySide
    names: Mapping[str, str] = field(default_factory=dict)
    offerings: Sequence[Offering] | None = None
    recorded: Path | None = None
    replay: Callable[[Path], AbstractContextManager[Adapter]] | None = None
    hurried: Callable[[], Adapter] | None = None
    live: bool = False  # recorded messages go to the system itself; set by --contract-live
    tolerance_seconds: float = 120.0
    wait_seconds: float = 30.0
    mutation_at_least: float = 98.0
    neighbours: int = 4
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    figures: dict[str, Any] = field(default_factory=dict)  # what checks add to the report
    # scenario → what came of it (contract_tests.drive.Story)
    driven: dict[str, Any] = field(default_factory=dict, repr=False)
    _opened: list[Adapter] = field(default_factory=list)
    _shared: Adapter | None = None

    def adapter(self, *, hurried: bool = False) -> Adapter:
        """Return a new instance, in a hurry where that is asked for and known; `close` closes it."""
        made = self.hurried() if hurried and self.hurried is not None else self.create()
        self._opened.append(made)
        return made

    def shared(self) -> Adapter:
        """Return the instance that several orders share, as in one worker."""
        if self._shared is None:
            self._shared = self.adapter()
        return self._shared

    @property
    def unstated(self) -> Sequence[str]:
        """Predicates that the target declares not to state, or to state where the reference does not.

        `site.qualified.validUntil` is one member of a fact alone, `parties.role` one of the records that it knows.
        """
        said = [entry.name for entry in self.declaration.excuses.values() if not entry.is_over]
        return [name for name in said if name in PREDICATES or name.rpartition(".")[0] in PREDICATES | KINDS]

    @cached_property
    def declaration(self) -> Declaration:
        """What the conformance file says."""
        return load_declaration(self.conformance)

    @cached_property
    def tables(self) -> Sequence[Document]:
        """Every vocabulary document of the target."""
        return tuple(document for path in self.vocabularies for document in read_documents(path))

    async def close(self) -> None:
        """Close every instance that was opened, and end every fault."""
        self._shared = None
        while self._opened:
            await self._opened.pop().close()
        await self.legacy.heal()
