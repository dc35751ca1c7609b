"""Secrets that a setting names by reference, so that they stand in no command line and no log."""

import os
from pathlib import Path

from gateway.ports.errors import SetupError

__all__ = ["secret_at"]


def secret_at(setting: str, reference: str) -> str:
    """Return the secret that `env:NAME` or `file:PATH` leads to. Raises SetupError, which never quotes it."""
    scheme, _, where = reference.partition(":")
    if scheme == "env" and where:
        if not os.environ.get(where):
            raise SetupError(f"{setting}: environment variable {where} is not set", f"set {where}")
        return os.environ[where].strip()
    if scheme == "file" and where:
        try:
            found = Path(where).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise SetupError(f"{setting}: file {where} cannot be read", "name a text file") from None
        if found:
            return found
        raise SetupError(f"{setting}: file {where} is empty", "put the secret into it")
    # What stands there may be the secret itself: it is not quoted.
    raise SetupError(f"{setting} is no reference", "write env:NAME or file:PATH")
