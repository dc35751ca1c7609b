"""Alembic's migrations, shipped with the package."""

from pathlib import Path

__all__ = ["HEAD", "folder"]

HEAD = "0011"
"""The newest revision, told here so that a start need not ask Alembic; a test holds both together."""


def folder() -> Path:
    """Return where the migrations lie."""
    return Path(__file__).parent
