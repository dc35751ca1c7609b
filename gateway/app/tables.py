"""Which tables each role's adapter is made with: those of its file, or what was adopted in their place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gateway.ports.adapter import AdapterPlugin, Role
from gateway.ports.errors import SetupError
from gateway.vocabulary.landscape import Landscape
from gateway.vocabulary.texts import TableText, read_texts

__all__ = ["Tables"]


@dataclass(frozen=True)
class Tables:
    """The tables of a landscape. `own` are those of the files; `adopted` stand in place of those of the same id."""

    own: Mapping[Role, Mapping[str, TableText]]
    adopted: Mapping[str, TableText] = field(default_factory=dict)

    @classmethod
    def read(cls, landscape: Landscape, plugins: Mapping[str, AdapterPlugin]) -> Self:
        """Return the tables of the files that the landscape names, else of those that come with the adapters.

        Raises SetupError with file and line.
        """
        return cls({role: _of(landscape, plugins, role) for role in landscape.roles})

    def of(self, role: Role) -> Mapping[str, TableText]:
        """Return the tables that a role's adapter is made with."""
        return {vocab: self.adopted.get(vocab, one) for vocab, one in self.own.get(role, {}).items()}

    def is_changed(self, role: Role) -> bool:
        """Whether anything adopted stands in place of a table of the role's file."""
        return any(vocab in self.adopted for vocab in self.own.get(role, {}))

    def roles(self, vocab: str) -> Sequence[Role]:
        """Return the roles that use a table."""
        return [role for role, tables in self.own.items() if vocab in tables]

    def get(self, vocab: str) -> TableText | None:
        """Return a table in use, or None."""
        if vocab in self.adopted:
            return self.adopted[vocab]
        return next((tables[vocab] for tables in self.own.values() if vocab in tables), None)

    def __getitem__(self, vocab: str) -> TableText:
        found = self.get(vocab)
        if found is None:
            raise KeyError(vocab)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({vocab for tables in self.own.values() for vocab in tables}))

    def lacks(self, vocab: str, version: int, digest: str) -> bool:
        """Whether a table is used here, and not yet in that version or a later one with that content."""
        found = self.get(vocab)
        return found is not None and found.table.version <= version and found.digest != digest

    def newer(self, tables: Mapping[str, TableText]) -> Mapping[str, TableText]:
        """Return those that are used here and not older than what is in use: what was adopted wins over a file."""
        return {
            vocab: one
            for vocab, one in tables.items()
            if (found := self.get(vocab)) is not None
            and one.table.version >= found.table.version
            and one.digest != found.digest
        }

    def adopting(self, tables: Mapping[str, TableText]) -> "Tables":
        """Return these tables with those of others that are newer; the rest is of no use to this landscape."""
        return Tables(self.own, {**self.adopted, **self.newer(tables)})

    def replacing(self, tables: Mapping[str, TableText]) -> tuple["Tables", Sequence[Role]]:
        """Return these tables with others in their place, and the roles concerned.

        Raises SetupError for a table that no adapter uses.
        """
        for vocab in tables:
            if vocab not in set(self):
                fix = f"use one of {', '.join(self)}"
                raise SetupError(f"no adapter of this landscape uses a vocabulary {vocab!r}", fix)
        roles = [role for role, own in self.own.items() if any(vocab in own for vocab in tables)]
        return Tables(self.own, {**self.adopted, **tables}), roles


def _of(landscape: Landscape, plugins: Mapping[str, AdapterPlugin], role: Role) -> Mapping[str, TableText]:
    binding = landscape.roles[role]
    named = binding.settings.get("vocabulary")
    shipped = getattr(plugins[binding.adapter], "vocabularies", {})  # an adapter may come without any
    file = Path(named) if named is not None else shipped.get(role)
    return read_texts(file) if file is not None else {}
