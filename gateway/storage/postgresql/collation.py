"""Texts on PostgreSQL compare byte by byte, as on SQLite: ids, cursors and ranges of keys rely on it.

The database may have any collation: each column of ours is made with the one that it needs. Importing this does it.
"""

from typing import Any

from sqlalchemy import Column, Text
from sqlalchemy.ext.compiler import compiles

__all__: list[str] = []


@compiles(Text, "postgresql")
def _text(type_: Text, compiler: Any, type_expression: Any = None, **more: Any) -> str:
    text: str = compiler.visit_TEXT(type_, **more)
    return f'{text} COLLATE "C"' if isinstance(type_expression, Column) else text
