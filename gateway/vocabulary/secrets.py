"""Secrets that a landscape names by where they are, at any depth of an adapter's settings, and never holds itself."""

import os
from pathlib import Path
from typing import Any

from gateway.vocabulary.document import Document

__all__ = ["resolved"]


def resolved(document: Document, path: Path, value: Any, where: tuple[str | int, ...]) -> Any:
    """Return a setting with `{env: NAME}` and `{file: PATH}` replaced by what stands there.

    A path is relative to the landscape file at `path`; a line end at the end of the file is left out. Raises SetupError
    with file and line, which never quotes a secret.
    """
    if isinstance(value, list):
        return [resolved(document, path, one, (*where, index)) for index, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if set(value) == {"env"}:
        name = str(value["env"])
        if name not in os.environ:
            raise document.wrong(f"environment variable {name} is not set", f"set {name}", *where)
        return os.environ[name]
    if set(value) == {"file"}:
        return _content(document, path.parent / str(value["file"]), where)
    return {name: resolved(document, path, one, (*where, name)) for name, one in value.items()}


def _content(document: Document, file: Path, where: tuple[str | int, ...]) -> str:
    try:
        found = file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError):
        fix = "name a text file that the gateway may read, relative to the landscape file"
        raise document.wrong(f"the file {file.name} cannot be read", fix, *where) from None
    if not found:
        raise document.wrong(f"the file {file.name} is empty", "put the secret into it", *where)
    return found
