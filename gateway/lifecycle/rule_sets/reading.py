"""Rule sets from text and from files. What is stored is one document: site rules in files of their own are put in."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from gateway.ports.errors import SetupError
from gateway.rules.bindings.read import read_rule_set
from gateway.rules.bindings.rule_set import RuleSet, digest_of
from gateway.rules.bindings.stated import Stated
from gateway.rules.engine import Catalogue
from gateway.vocabulary.document import Document, parse_documents, read_document, read_documents

__all__ = ["LARGEST", "files_of", "load_rule_set", "rule_set_of_text", "site_documents"]

LARGEST = 1_000_000
"""The most characters of a rule set's document."""

_MAIN = "rules.yaml"
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})


def rule_set_of_text(text: str, name: str, catalogue: Catalogue) -> RuleSet:
    """Return the rule set of one document; `name` is what errors call it. Raises SetupError with the line."""
    if len(text) > LARGEST:
        raise SetupError(f"is longer than {LARGEST} characters", "keep it shorter", file=name)
    documents = parse_documents(text, name)
    if len(documents) != 1:
        raise SetupError(f"holds {len(documents)} documents", "keep exactly one", file=name)
    return read_rule_set(documents[0], catalogue.rules, digest=digest_of(text))


def load_rule_set(path: Path, catalogue: Catalogue) -> tuple[RuleSet, str]:
    """Return the rule set of a file or folder, and its text as one document. Raises SetupError with file and line.

    In a folder, `rules.yaml` is the rule set and every other YAML file in it, or in a folder beneath, holds site rules.
    """
    file = path / _MAIN if path.is_dir() else path
    document, beside = read_document(file), _Beside(file)
    rows = [*_site_rows(document), *(_unnamed(document, path, file) if path.is_dir() else ())]
    if not any(isinstance(one, str) for one in rows):
        text = file.read_text(encoding="utf-8")
        return rule_set_of_text(text, str(file), catalogue), text
    whole = replace(document, data={**document.data, "siteRules": rows})
    read_rule_set(whole, catalogue.rules, beside=beside)  # what is wrong is told with the file that people know
    written: list[Any] = []
    for number, one in enumerate(rows):
        found = beside(one, ("siteRules", number)) if isinstance(one, str) else None
        written += [one] if found is None else [other.at(*place) for other, place in found]
    said = {**document.data, "siteRules": written}
    text = yaml.dump(said, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return rule_set_of_text(text, str(file), catalogue), text


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the files that a rule set is made of, whether they are sound or not."""
    if path.is_dir():
        return _others(path, None)
    try:
        beside = [path.parent / one for one in _site_rows(read_document(path)) if isinstance(one, str)]
    except SetupError:
        return (path,)
    return (path, *(file for one in beside for file in (_others(one, None) if one.is_dir() else (one,))))


def site_documents(path: Path) -> Iterator[tuple[Document, tuple[str | int, ...]]]:
    """Yield each site rule of a file or folder: its document and where in it the rule stands. Raises SetupError."""
    files = _others(path, None) if path.is_dir() else (path,)
    for file in files:
        for document in read_documents(file):
            rows = document.at("siteRules")
            if isinstance(rows, list):
                yield from (
                    (document, ("siteRules", number)) for number, one in enumerate(rows) if isinstance(one, dict)
                )
            else:
                yield document, ()


def _site_rows(document: Document) -> list[Any]:
    rows = document.at("siteRules")
    return rows if isinstance(rows, list) else []


def _unnamed(document: Document, folder: Path, main: Path) -> list[str]:
    """Return the other files of a folder that the rule set does not name itself."""
    if not isinstance(document.data, dict):
        return []
    named = [main.parent / one for one in _site_rows(document) if isinstance(one, str)]
    others = (file for file in _others(folder, main) if not any(file == one or one in file.parents for one in named))
    return [str(file.relative_to(folder)) for file in others]


class _Beside:
    """Finds the site rules that a rule set names as files or folders beside it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, name: str, path: tuple[str | int, ...]) -> list[tuple[Stated, tuple[str | int, ...]]]:
        found = self._file.parent / name
        if not found.exists():
            raise read_document(self._file).wrong(f"file {name} is not there", "name a file beside the rule set", *path)
        return list(site_documents(found))


def _others(folder: Path, main: Path | None) -> tuple[Path, ...]:
    found = (file for file in folder.rglob("*") if file.suffix in _SUFFIXES and file.is_file() and file != main)
    return tuple(sorted(found))


class _Dumper(yaml.SafeDumper):
    """YAML that reads back as what it was: decimals stay decimals, and nothing is written twice by reference."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the name is the library's
        """Write everything out."""
        return True


_Dumper.add_representer(Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", str(value)))
