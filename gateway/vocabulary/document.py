"""YAML as we read it: every value knows its line, nothing is guessed, nothing is said twice.

Plain scalars follow the core schema of YAML 1.2, so that the codes `NO`, `ON` and `007` stay text; decimals are exact.
Anchors, aliases, explicit tags and duplicate keys are refused.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.events import DocumentStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gateway.ports.errors import SetupError

__all__ = ["Document", "parse_documents", "read_document", "read_documents", "split_text"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_M = TypeVar("_M", bound=BaseModel)
_PLAIN: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"~|null|"), lambda _: None),
    (re.compile(r"true|false"), lambda text: text == "true"),
    (re.compile(r"0|-?[1-9]\d*"), int),
    (re.compile(r"-?(0|[1-9]\d*)\.\d+"), Decimal),
)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document. `lines` gives the line, from 1, of each path (keys and indices) in it."""

    file: str
    data: Any
    lines: Mapping[tuple[str | int, ...], int]
    texts: Mapping[tuple[str | int, ...], tuple[int, int, str]] = field(default_factory=dict)  # line, column, style

    def spot(self, path: tuple[str | int, ...], line: int, column: int) -> tuple[int, int]:
        """Return line and column in the file of a place inside the text at a path; all count from 1."""
        first, start, style = self.texts.get(path, (self.line(*path), 1, ""))
        if style in {"|", ">"}:
            return first + line, start + column - 1
        return (first, start + len(style) + column - 1) if line == 1 else (first + line - 1, column)

    def line(self, *path: str | int) -> int:
        """Return the line of a path, or that of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def wrong(self, reason: str, fix: str, *path: str | int) -> SetupError:
        """Return the error to raise for what stands at a path."""
        return SetupError(reason, fix, file=self.file, line=self.line(*path))

    def read(self, model: type[_M], *path: str | int, value: Any = None) -> _M:
        """Return what stands at a path (or `value` in its place) as a model. Raises SetupError with file and line."""
        found = self.at(*path) if value is None else value
        try:
            return model.model_validate(found)
        except ValidationError as error:
            raise self.unfit(error, *path) from None

    def unfit(self, error: ValidationError, *path: str | int) -> SetupError:
        """Return the SetupError for the first thing that a model did not take."""
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in (*path, *first["loc"])) or "the document"
        fix = "remove it or correct its name" if first["type"] == "extra_forbidden" else "correct it"
        return self.wrong(f"{where}: {first['msg']}", fix, *path, *first["loc"])

    def at(self, *path: str | int) -> Any:
        """Return what stands at a path, or None."""
        found = self.data
        for part in path:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                return None
        return found


def read_document(path: Path) -> Document:
    """Return the one document of a file. Raises SetupError (absent, unreadable, several)."""
    documents = read_documents(path)
    if len(documents) != 1:
        raise SetupError(f"holds {len(documents)} documents", "keep exactly one", file=str(path))
    return documents[0]


def read_documents(path: Path) -> tuple[Document, ...]:
    """Return all documents of a file, separated by `---`. Raises SetupError with the line of what is wrong."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SetupError(f"cannot be read ({error.strerror})", "name a file that is there", file=file) from None
    except UnicodeDecodeError:
        raise SetupError("is not UTF-8", "save it as UTF-8", file=file) from None
    return parse_documents(text, file)


def parse_documents(text: str, file: str) -> tuple[Document, ...]:
    """Return all documents of a text that came from `file`. Raises SetupError with the line of what is wrong."""
    try:
        _refuse_tricks(text, file)
        return tuple(_documents(text, file))
    except UnicodeEncodeError:
        raise SetupError("holds half a character", "send whole characters (no lone surrogates)", file=file) from None
    except RecursionError:
        raise SetupError("is nested too deeply", "write it flatter", file=file) from None
    except yaml.MarkedYAMLError as error:
        found = getattr(error.problem_mark, "line", None)
        line = None if found is None else found + 1
        raise SetupError(f"is not YAML: {error.problem}", "correct the syntax", file=file, line=line) from None
    except yaml.YAMLError as error:
        raise SetupError(f"is not YAML: {error}", "correct the syntax", file=file) from None


def split_text(text: str) -> tuple[str, ...]:
    """Return the text of each document of a text that `parse_documents` takes, with its comments."""
    lines = text.splitlines(keepends=True)
    starts = [_line(event) for event in yaml.parse(text, Loader=_LOADER) if isinstance(event, DocumentStartEvent)]
    if not starts:
        return ()
    cuts = [0, *starts[1:], len(lines)]
    parts = ("".join(lines[begin:end]) for begin, end in pairwise(cuts))
    return tuple(part.removeprefix("---").lstrip("\n") for part in parts)


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line


def _refuse_tricks(text: str, file: str) -> None:
    for event in yaml.parse(text, Loader=_LOADER):
        line = getattr(event.start_mark, "line", 0) + 1
        if getattr(event, "anchor", None) is not None:
            raise SetupError("has an anchor or alias", "write the value out where it is meant", file=file, line=line)
        if getattr(event, "tag", None) is not None:
            raise SetupError("has an explicit tag", "write plain values", file=file, line=line)


def _documents(text: str, file: str) -> Iterator[Document]:
    for node in yaml.compose_all(text, Loader=_LOADER):
        lines: dict[tuple[str | int, ...], int] = {}
        yield Document(file, _built(node, (), lines, file), lines, _texts(node, (), text))


def _texts(node: Node, path: tuple[str | int, ...], text: str) -> dict[tuple[str | int, ...], tuple[int, int, str]]:
    """Return where each text begins: its line, the column of its first character, and how it is written."""
    if isinstance(node, ScalarNode):
        line, column = node.start_mark.line, node.start_mark.column
        if node.style in {"|", ">"}:
            block = text.splitlines()[line + 1 : line + 2]
            column = len(block[0]) - len(block[0].lstrip(" ")) if block else 0
        return {path: (line + 1, column + 1, node.style or "")}
    found: dict[tuple[str | int, ...], tuple[int, int, str]] = {}
    if isinstance(node, SequenceNode):
        for index, child in enumerate(node.value):
            found |= _texts(child, (*path, index), text)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            found |= _texts(value, (*path, str(key.value)), text)
    return found


def _built(node: Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], file: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, ScalarNode):
        return _scalar(node)
    if isinstance(node, SequenceNode):
        return [_built(child, (*path, index), lines, file) for index, child in enumerate(node.value)]
    assert isinstance(node, MappingNode)
    built: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            raise SetupError("a key is no text", "use plain keys", file=file, line=line)
        if key.value in built:
            raise SetupError(f"key {key.value!r} stands twice", "keep one of them", file=file, line=line)
        lines[(*path, key.value)] = line
        built[key.value] = _built(value, (*path, key.value), lines, file)
    return built


def _scalar(node: ScalarNode) -> Any:
    if node.style in {"'", '"', "|", ">"}:
        return node.value
    return next((read(node.value) for pattern, read in _PLAIN if pattern.fullmatch(node.value)), node.value)
