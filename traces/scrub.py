"""Getting what was erased out of the database's files too, not only out of its answers.

SQLite overwrites what is deleted (`traces.db` asks for it). Two places are left: the write-ahead log, until it is
emptied, and the index of words, which keeps a deleted word until its pieces are merged. PostgreSQL keeps dead rows
until a vacuum.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from traces.db import Database

MERGED_AT_ONCE: Final = 500
"""Pages of the index of words in one transaction: other writers wait for some 10 ms."""

TABLES: Final = ("events", "blobs", "runs", "words", "bundles")
"""Where words of people are."""


@dataclass(frozen=True)
class Scrubbed:
    """What could be done. `left` says what stands in the way of the rest, and is empty when nothing does."""

    compacted: bool
    left: str = ""


def scrub(database: Database, *, compact: bool) -> Scrubbed:
    """Leave nothing of what was erased in the files. Harmless at any time.

    Args:
        database: in service or not.
        compact: write the whole database anew, so that it also gets smaller: takes its size in free disk space, and
            writers wait. Without it PostgreSQL keeps dead rows on disk until their room is used again.
    """
    if not database.is_sqlite:
        for table in TABLES:
            database.maintain(f"VACUUM {'FULL ' if compact else ''}{table}")
        return Scrubbed(compact)
    _merge_words(database, whole=compact)
    if compact:
        database.maintain("VACUUM")
    busy = database.maintain("PRAGMA wal_checkpoint(TRUNCATE)").busy
    told = "another process is reading: the write-ahead log is emptied when it has ended and one looks again"
    return Scrubbed(compact, told if busy else "")


def _merge_words(database: Database, *, whole: bool) -> None:
    """Merge the index of words into one piece, in which there is no deleted word."""
    if whole:
        with database.writing() as session:
            session.execute(sa.text("INSERT INTO words(words) VALUES ('optimize')"))
        return
    pages = -MERGED_AT_ONCE  # the first step makes all pieces one level, the others go on with it
    while True:
        with database.writing() as session:
            before = session.execute(sa.text("SELECT total_changes()")).scalar_one()
            session.execute(sa.text("INSERT INTO words(words, rank) VALUES ('merge', :pages)"), {"pages": pages})
            changed = session.execute(sa.text("SELECT total_changes()")).scalar_one() - before
        if changed < 2:
            return
        pages = MERGED_AT_ONCE
