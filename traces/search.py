"""Words to facts: full-text search over what was asked, answered and thought.

An index beside the ledger that can be made again from it: FTS5 on SQLite, tsvector on PostgreSQL, fed with the same
words by the same code, so that both find the same. It holds words without their places (a tenth of the text's size),
so a query means runs in which one fact has all its words, not a phrase.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from traces.db import METADATA
from traces.events import Event, ModelReplied, RunDelegated, RunFinished, RunStarted, SpansReceived, ToolCalled
from traces.otlp import reading
from traces.pen import Pen, Statement, pen_of
from traces.tables import EVENTS, RUN_TOOLS, RUNS

MOST_CHARACTERS: Final = 400_000
"""Of one fact that are looked at: what is behind them is kept and not found by its words."""

LONGEST_WORD: Final = 60
"""Characters; longer ones (base64, hashes of hashes) are found by their beginning."""

FEW: Final = 1_000
"""Up to so many facts, runs are looked up from the words; above, runs are gone through and asked for the words."""

SOME: Final = 1_000_000
"""Up to so many facts, SQLite takes down which have the words before runs are gone through."""

SQLITE: Final = (
    "CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, detail=none, tokenize=\"ascii\")"
)
"""`ascii` splits nothing that `words_of` made: all beyond ASCII counts as a letter to it."""

POSTGRESQL: Final = (
    "CREATE TABLE words (id BIGINT PRIMARY KEY, text TSVECTOR NOT NULL)",
    "CREATE INDEX words_text ON words USING gin (text) WITH (fastupdate = off)",
)


def _create(_metadata: sa.MetaData, connection: sa.Connection, **_: Any) -> None:
    """Beside the tables that SQLAlchemy knows; in service, a revision makes both."""
    for statement in (SQLITE,) if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.exec_driver_sql(statement)


sa.event.listen(METADATA, "after_create", _create)

_SQLITE_WORDS: Final = sa.table("words", sa.column("rowid", sa.BigInteger), sa.column("words"))
_POSTGRES_WORDS: Final = sa.table("words", sa.column("id", sa.BigInteger), sa.column("text"))
_WORD: Final = re.compile(r"[^\W_]+")
_PLAIN: Final = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128))
"""What each sign of ASCII is in a word: half the time of the pattern above."""


_INSERT_WORDS: Final = Statement(
    {
        "sqlite": sa.text("INSERT INTO words(rowid, text) VALUES (:id, :text)"),
        "postgresql": sa.text("INSERT INTO words(id, text) VALUES (:id, array_to_tsvector(CAST(:text AS text[])))"),
    }
)
_INSERT_TOOL: Final = Statement(
    sa.text("INSERT INTO run_tools(tool, run_id) VALUES (:tool, :run_id) ON CONFLICT DO NOTHING")
)


def words_of(text: str) -> list[str]:
    """The words of a text, in order: letters and digits, without case and accents."""
    return [word[:LONGEST_WORD] for word in _split(text)]


def _split(text: str) -> list[str]:
    if text.isascii():
        return text.translate(_PLAIN).split()
    spread = unicodedata.normalize("NFKD", text)
    text = "".join(sign for sign in spread if not unicodedata.combining(sign)).casefold()
    return _WORD.findall(text.lower())


def text_of(event: Event) -> str:
    """What of a fact can be found by its words; empty for most kinds."""
    match event:
        case RunStarted():
            return event.input
        case ModelReplied():
            parts = event.response.get("parts", ()) if isinstance(event.response, dict) else ()
            said = (part.get("content") for part in parts if part.get("part_kind") in {"text", "thinking"})
            return "\n".join(text for text in said if isinstance(text, str))
        case RunFinished():
            return event.output if isinstance(event.output, str) else json.dumps(event.output, ensure_ascii=False)
        case SpansReceived():
            return "\n".join(reading.texts_of(event.spans))
        case _:
            return ""


def write_words(pen: Pen, event_id: int, words: str) -> None:
    """Make a fact findable by what `packed` made of it, within the transaction that writes it."""
    if words:
        text: Any = words if pen.dialect.name == "sqlite" else words.split(" ")
        pen.run(_INSERT_WORDS, {"id": event_id, "text": text})


def write_tools(pen: Pen, stream: str, tools: Iterable[str]) -> None:
    """Remember which tools a run called; twice is once."""
    for tool in tools:
        if tool:
            pen.run(_INSERT_TOOL, {"run_id": stream, "tool": tool[:200]})


def index(session: Session, facts: Mapping[int, Event]) -> None:
    """Make these facts, by id, findable. Within the transaction that writes them."""
    index_words(session, {event_id: words for event_id, event in facts.items() if (words := packed(event))})


def index_words(session: Session, words: Mapping[int, str]) -> None:
    """Make facts findable by words that `packed` made of them, by id."""
    sqlite = _is_sqlite(session)
    rows: list[dict[str, Any]] = [
        {"id": event_id, "text": text if sqlite else text.split(" ")} for event_id, text in words.items() if text
    ]
    if rows:
        pen_of(session).run_all(_INSERT_WORDS, rows)


def forget(session: Session, facts: Mapping[int, Event]) -> None:
    """Take facts out of the index again, before they are deleted. They must be given exactly as they were written."""
    rows = [{"id": event_id, "text": words} for event_id, event in facts.items() if (words := packed(event))]
    if not rows:
        return
    if _is_sqlite(session):
        session.execute(sa.text("INSERT INTO words(words, rowid, text) VALUES ('delete', :id, :text)"), rows)
    else:
        session.execute(sa.text("DELETE FROM words WHERE id = :id"), rows)


def packed(event: Event) -> str:
    """Each word once, sorted: the same for the same fact."""
    text = text_of(event)[:MOST_CHARACTERS]
    return " ".join(sorted({word[:LONGEST_WORD] for word in set(_split(text))})) if text else ""


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


# --- as a condition over runs ------------------------------------------------------------------------------------


def has_words(session: Session | None, text: str) -> sa.ColumnElement[bool]:
    """Runs with a fact that has all these words; the last one may go on where it ends with `*`.

    A rare word leads to its runs; for a frequent one, runs are gone through in the list's order until a page is full.
    Which it is, is asked of the index first (at most FEW rows). In between, SQLite takes down which facts have it: to
    ask its index for one fact at a time costs a millisecond where the word is in some ten thousands.
    """
    words = words_of(text)
    if not words:
        return sa.false()
    sqlite = session is None or _is_sqlite(session)
    place, matches = _matches(words, is_start=text.rstrip().endswith("*"), sqlite=sqlite)
    found = sa.select(EVENTS.c.stream).where(EVENTS.c.id.in_(sa.select(place).where(matches)))
    if session is None or few(session, sa.select(place).where(matches), FEW):
        return RUNS.c.id.in_(found)
    inner: sa.ColumnElement[bool]
    if sqlite and few(session, sa.select(place).where(matches), SOME):
        inner = EVENTS.c.id.in_(sa.select(place).where(matches))
    else:
        inner = sa.select(sa.literal(1)).where(place == EVENTS.c.id, matches).correlate(EVENTS).exists()
    return sa.select(sa.literal(1)).where(EVENTS.c.stream == RUNS.c.id, inner).correlate(RUNS).exists()


def called_tool(session: Session | None, tool: str) -> sa.ColumnElement[bool]:
    """Runs that called this tool."""
    return named_in(session, RUN_TOOLS.c.run_id, RUN_TOOLS.c.tool == tool[:200])


def named_in(
    session: Session | None, run_id: sa.Column[str], where: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    """Runs that rows of another table name: looked up where these are few, else each run is asked for its own."""
    if session is None or few(session, sa.select(run_id).where(where), FEW):
        return RUNS.c.id.in_(sa.select(run_id).where(where))
    return sa.select(sa.literal(1)).where(where, run_id == RUNS.c.id).correlate(RUNS).exists()


def _matches(
    words: list[str], *, is_start: bool, sqlite: bool
) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[bool]]:
    if sqlite:
        query = " ".join(f'"{word}"' for word in words) + ("*" if is_start else "")
        return _SQLITE_WORDS.c.rowid, _SQLITE_WORDS.c.words.op("MATCH", is_comparison=True)(query)
    query = " & ".join(f"'{word}'" for word in words) + (":*" if is_start else "")
    asked = sa.cast(sa.literal(query), TSQUERY)
    return _POSTGRES_WORDS.c.id, _POSTGRES_WORDS.c.text.op("@@", is_comparison=True)(asked)


def few(session: Session, query: sa.Select[Any] | sa.CompoundSelect[Any], most: int) -> bool:
    """Whether a query gives no more than so many rows; no more than these are read."""
    counted = sa.select(sa.func.count()).select_from(query.limit(most + 1).subquery())
    return int(session.execute(counted).scalar_one()) <= most


def tools_of(event: Event) -> set[str]:
    """The names of the tools that a fact says were called."""
    if isinstance(event, SpansReceived):
        return reading.tools_of(event.spans)
    return {event.tool} if isinstance(event, ToolCalled | RunDelegated) else set()


def note_tools(session: Session, called: Iterable[tuple[str, str]]) -> None:
    """Remember which runs called which tools, as (run, tool) pairs; twice is once."""
    rows = [{"run_id": run_id, "tool": tool[:200]} for run_id, tool in sorted(set(called)) if tool]
    if rows:
        pen_of(session).run_all(_INSERT_TOOL, rows)
