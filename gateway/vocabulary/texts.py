"""Vocabularies as texts: each YAML document apart, so that one can be replaced, kept and put back together."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from gateway.ports.errors import SetupError
from gateway.vocabulary.document import parse_documents, split_text
from gateway.vocabulary.load import table_of
from gateway.vocabulary.table import Vocabulary

__all__ = ["TableText", "joined", "read_texts", "texts_of"]


@dataclass(frozen=True, slots=True)
class TableText:
    """A checked table with the text that says it. Two texts that say the same have the same digest."""

    table: Vocabulary
    text: str
    digest: str


def texts_of(text: str, file: str) -> Mapping[str, TableText]:
    """Return the tables of a text by their ids, one at least. Raises SetupError with the line within the text."""
    found: dict[str, TableText] = {}
    for document, part in zip(parse_documents(text, file), split_text(text), strict=True):
        table = table_of(document)
        if table.id in found:
            raise document.wrong(f"vocabulary {table.id} stands twice", "keep one of them", "vocab")
        body = orjson.dumps(document.data, option=orjson.OPT_SORT_KEYS, default=str)
        found[table.id] = TableText(table, part, "sha256:" + hashlib.sha256(body).hexdigest())
    if not found:
        raise SetupError("holds no vocabulary", "say at least one, a YAML document each", file=file, line=1)
    return found


def read_texts(path: Path) -> Mapping[str, TableText]:
    """Return the tables of a file by their ids. Raises SetupError with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"cannot be read ({error})", "name a UTF-8 file that is there", file=str(path)) from None
    return texts_of(text, str(path))


def joined(tables: Iterable[TableText]) -> str:
    """Return one text of several documents."""
    return "---\n".join(one.text if one.text.endswith("\n") else one.text + "\n" for one in tables)
