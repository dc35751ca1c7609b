"""Alembic's migrations, shipped with the package."""

from pathlib import Path

__all__ = ["HEAD", "OLDEST", "folder"]

HEAD = "0017"
"""The newest revision, told here so that a start need not ask Alembic; a test holds both together."""

OLDEST = "0014"
"""The HEAD of the oldest release that may use this schema. A revision that takes something away raises it."""


def folder() -> Path:
    """Return where the migrations lie."""
    return Path(__file__).parent
