"""Whether a text begins with another, as each database looks it up in an index.

SQLite goes through a range of its index; its LIKE would read it whole. PostgreSQL takes a LIKE to the index that was
made for it (`text_pattern_ops`); a range would mean something else in each of its languages.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

LAST_SIGN = chr(0x10FFFF)
"""Sorts behind every text that goes on from the same beginning."""


class begins(FunctionElement[bool]):  # reads as the function of SQL that it stands for
    """`begins(column, start)`, built by `starts_with`."""

    name = "begins"
    # Not a boolean: SQLite's would be compared with 1, and no index is asked for the value of a comparison.
    type: Any = sa.types.NullType()
    inherit_cache = True


def starts_with(column: sa.ColumnElement[Any], start: str) -> sa.ColumnElement[bool]:
    """Whether the column's text begins with `start`, exactly."""
    escaped = start.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return begins(column, sa.literal(start), sa.literal(start + LAST_SIGN), sa.literal(escaped + "%"))


@compiles(begins)
def _as_pattern(element: Any, compiler: Any, **options: Any) -> str:
    column, _, _, pattern = (compiler.process(one, **options) for one in element.clauses)
    return f"({column} LIKE {pattern} ESCAPE '/')"


@compiles(begins, "sqlite")
def _as_range(element: Any, compiler: Any, **options: Any) -> str:
    column, start, end, _ = element.clauses
    column, start, end = (compiler.process(one, **options) for one in (column, start, end))
    return f"({column} >= {start} AND {column} < {end})"
