"""The one language to say which runs are meant: for HTTP, the command line and the terminal alike.

    agent:claims status:failed,waiting score<0.6 cost>0.01 since:24h has:feedback -bundle:ab12 "burst pipe"

Terms are joined by *and*, values with commas by *or*, `-` in front says *not*. Words alone look into what was asked,
answered and thought: all words of a quoted text in one fact, in any order; `burs*` is a beginning. Runs that nobody
waits for (the optimizer's, shadows, trials by hand) are left out unless `origin:` is spoken of. A mistake is told
with its position and what is allowed there. Values reach the database as parameters only, never as text of a query.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.beginnings import starts_with
from traces.errors import FilterError
from traces.events import UNASKED, Origin, Signal
from traces.ids import is_utf8
from traces.marks import marked, marked_at_all
from traces.search import called_tool, few, has_words
from traces.tables import RUN_MARKS, RUN_TOOLS, RUNS

Condition = sa.ColumnElement[bool]
Operator = Literal[":", "=", "<", "<=", ">", ">="]

MOST_CHARACTERS: Final = 2_000
MOST_TERMS: Final = 40
"""SQLite nests conditions at most 1,000 deep; nobody types a query near this."""

FEW_RUNS: Final = 2_000
"""Up to so many runs are looked up by their ids and put in order; where more are meant, a list of a million that is
gone through from its newest finds fifty within some 25,000."""

STATUSES: Final = ("running", "waiting", "finished", "failed", "cancelled")
ORIGINS: Final = (*get_args(Origin), "any")
SIGNALS: Final[tuple[str, ...]] = get_args(Signal)


ALSO_CALLED: Final = {"version": "bundle"}
"""What a screen calls a field at the head of its column, and people type after it."""


@dataclass(frozen=True)
class Term:
    """One condition as it was written. `field` is empty for words; positions count characters from 1."""

    field: str
    operator: Operator
    values: tuple[str, ...]
    negated: bool
    position: int
    value_position: int


def conditions(text: str, *, now: datetime | None = None, session: Session | None = None) -> list[Condition]:
    """What `traces.store.list_runs` takes as `where`, from a query in the filter language.

    Args:
        text: the query; empty means every run but the optimizer's own.
        now: what `since:24h` is counted from.
        session: of the database that is asked: words are looked up in its own way, and in the way that fits how
            frequent they are. Without it, only queries without words may be asked of PostgreSQL.

    Raises:
        FilterError: with the position of the mistake and what is allowed there.
    """
    now = now or datetime.now(UTC)
    terms = parse(text)
    found = [_condition(term, now, session) for term in terms]
    if not any(term.field == "origin" for term in terms):
        found.append(RUNS.c.origin.not_in(UNASKED))
    return found


# --- reading the text --------------------------------------------------------------------------------------------

_TERM: Final = re.compile(r"(?P<not>-?)(?:(?P<field>[A-Za-z_]+)(?P<operator><=|>=|[:=<>]))?")
_BARE: Final = re.compile(r'[^\s",]+')
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a query, in order. Knows the grammar and the names of fields, not what values mean.

    Raises:
        FilterError: with the position of the mistake.
    """
    if len(text) > MOST_CHARACTERS:
        raise FilterError(f"the query is longer than {MOST_CHARACTERS:,} characters", position=MOST_CHARACTERS + 1)
    if not is_utf8(text) or "\0" in text:
        bad = next(place for place, sign in enumerate(text, 1) if sign == "\0" or not is_utf8(sign))
        raise FilterError("the query is not valid text", position=bad, hint="Send UTF-8 without NUL.")
    terms: list[Term] = []
    place = _skip_space(text, 0)
    while place < len(text):
        term, place = _read_term(text, place)
        terms.append(term)
        if len(terms) > MOST_TERMS:
            raise FilterError(f"more than {MOST_TERMS} terms", position=term.position)
        place = _skip_space(text, place)
    return tuple(terms)


def _read_term(text: str, start: int) -> tuple[Term, int]:
    head = _TERM.match(text, start)
    assert head is not None  # every part of it is optional
    named = (head["field"] or "").lower()
    field = ALSO_CALLED.get(named, named)
    if field and field not in FIELDS:
        raise FilterError(
            f"unknown field {field!r}",
            position=head.start("field") + 1,
            hint=f"Fields: {', '.join(FIELDS)}. Quote words that have a colon in them.",
        )
    operator: Any = head["operator"] or ":"
    if field and operator not in FIELDS[field].operators:
        allowed = " ".join(FIELDS[field].operators)
        raise FilterError(
            f"{field!r} cannot be asked with {operator!r}",
            position=head.start("operator") + 1,
            hint=f"After {field!r} may stand: {allowed}",
        )
    values, end = _read_values(text, head.end(), field)
    return Term(field, operator, values, bool(head["not"]), start + 1, head.end() + 1), end


def _read_values(text: str, start: int, field: str) -> tuple[tuple[str, ...], int]:
    """One value, or several with commas between them (where a field is named)."""
    values: list[str] = []
    place = start
    while True:
        value, place = _read_value(text, place, field)
        values.append(value)
        if not field or place >= len(text) or text[place] != ",":
            return tuple(values), place
        place += 1


def _read_value(text: str, start: int, field: str) -> tuple[str, int]:
    if text.startswith('"', start):
        quoted = _QUOTED.match(text, start)
        if quoted is None:
            raise FilterError("a quote is not closed", position=start + 1, hint='Put a " at its end.')
        value, end = re.sub(r"\\(.)", r"\1", quoted[1]), quoted.end()
    else:
        bare = (_BARE if field else re.compile(r'[^\s"]+')).match(text, start)
        value, end = ("", start) if bare is None else (bare[0], bare.end())
    if not value:
        what = f"a value for {field!r}" if field else "a word"
        raise FilterError(f"{what} is missing", position=start + 1, hint=FIELDS[field].help if field else "")
    return value, end


def _skip_space(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


# --- what a term means -------------------------------------------------------------------------------------------


def _condition(term: Term, now: datetime, session: Session | None) -> Condition:
    if not term.field:
        found = has_words(session, term.values[0])
    elif term.field == "tool":
        found = sa.or_(*(called_tool(session, value) for value in term.values))
    elif term.field == "has" and {"label", "outcome", "signal"} & set(term.values):
        found = sa.or_(*(_has_one(term, value, session) for value in term.values))
    elif term.field in _MARKS:
        found = sa.or_(*(_mark(term, value, session) for value in term.values))
    else:
        field = FIELDS[term.field]
        either = [field.condition(term, value, now) for value in term.values]
        found = sa.or_(*either)
        if session is not None and field.rows is not None and not term.negated:
            return _looked_up_or_passed(session, either, field.rows(term))
    # A run without a score is not one "with a score below …": its NOT must be true, where SQL says unknown.
    return sa.not_(sa.func.coalesce(found, sa.false())) if term.negated else found


def _looked_up_or_passed(session: Session, either: Sequence[Condition], parts: tuple[Condition, ...]) -> Condition:
    """Where few runs are meant, their ids, which are looked up and put in order; where many are, a condition that
    no index is asked for, so that the list is gone through from its newest until a page is full. Neither database
    knows by itself which of the two costs a thousand times the other.

    `parts` are the kinds of rows for each of which there is an index by what is asked.
    """
    wheres = [sa.and_(one, part) for one in either for part in parts]
    if wheres and few(session, sa.union_all(*(sa.select(sa.literal(1)).where(one) for one in wheres)), FEW_RUNS):
        return RUNS.c.id.in_(sa.union_all(*(sa.select(RUNS.c.id).where(one) for one in wheres)))
    return sa.func.coalesce(sa.or_(*either), sa.false())


Meaning = Callable[[Term, str, datetime], Condition]


@dataclass(frozen=True)
class Field:
    """One name of the language: which operators may follow, what its values mean, and how to tell a person."""

    condition: Meaning
    help: str
    operators: tuple[Operator, ...] = (":", "=")
    rows: Callable[[Term], tuple[Condition, ...]] | None = None
    """The kinds of rows that the condition may be true of, for each of which there is an index by its column; None:
    the list itself goes along an index by it, or there is none."""


def _exactly(column: sa.Column[Any]) -> Meaning:
    return lambda term, value, now: column == value


def _prefix(column: sa.Column[Any], start: str = "") -> Meaning:
    return lambda term, value, now: starts_with(column, start + value.removeprefix(start))


def _one_of(column: sa.Column[Any], allowed: tuple[str, ...]) -> Meaning:
    def condition(term: Term, value: str, now: datetime) -> Condition:
        _check_word(term, value, allowed)
        return sa.true() if value == "any" else column == value

    return condition


def _compared(column: sa.ColumnElement[Any], scale: float = 1.0) -> Meaning:
    def condition(term: Term, value: str, now: datetime) -> Condition:
        number = _number(term, value) * scale
        match term.operator:
            case "<":
                return column < number
            case "<=":
                return column <= number
            case ">":
                return column > number
            case ">=":
                return column >= number
            case _:
                return column == number

    return condition


def _has(term: Term, value: str, now: datetime) -> Condition:
    _check_word(term, value, HAS)
    return _THERE[value]


# Zero as text: an index over some of the rows is used where the query says the same words.
_NONE: Final[sa.ColumnElement[int]] = sa.literal_column("0")
_THERE: Final[dict[str, Condition]] = {
    "feedback": RUNS.c.feedback > _NONE,
    "score": RUNS.c.score.is_not(None),
    "error": RUNS.c.error.is_not(None),
    "output": RUNS.c.output.is_not(None),
    "cost": RUNS.c.cost.is_not(None),
    "parent": RUNS.c.parent_run_id > sa.literal_column("''"),  # a range: for "not null" SQLite reads every run
    "divergences": RUNS.c.divergences > _NONE,
}
_MARKS: Final = ("label", "outcome", "signal")
HAS: Final = (*_THERE, *_MARKS)
_HAVE_NO_INDEX: Final = frozenset({"output", "cost"})


def _there(term: Term) -> tuple[Condition, ...]:
    return () if _HAVE_NO_INDEX & set(term.values) else (sa.true(),)


def _mark(term: Term, value: str, session: Session | None) -> Condition:
    if term.field == "signal":
        _check_word(term, value, SIGNALS)
    return marked(session, term.field, value)


def _has_one(term: Term, value: str, session: Session | None) -> Condition:
    _check_word(term, value, HAS)
    return marked_at_all(session, value) if value in _MARKS else _THERE[value]


def _since(term: Term, value: str, now: datetime) -> Condition:
    return RUNS.c.started_at >= _moment(term, value, now)


def _until(term: Term, value: str, now: datetime) -> Condition:
    return RUNS.c.started_at < _moment(term, value, now)


def _check_word(term: Term, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise FilterError(
            f"{term.field!r} cannot be {value!r}",
            position=term.value_position,
            hint=f"It may be: {', '.join(allowed)}.",
        )


def _number(term: Term, value: str) -> float:
    if not re.fullmatch(r"-?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})", value, re.ASCII):
        raise FilterError(
            f"{value!r} is not a number", position=term.value_position, hint=f"Such as {term.field}{term.operator}0.5"
        )
    return float(value)


_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(term: Term, value: str, now: datetime) -> datetime:
    ago = re.fullmatch(r"(\d{1,6})([smhdw])", value, re.ASCII)
    try:
        if ago is not None:
            span = timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            return now - span if span < now - _EARLIEST else _EARLIEST
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise FilterError(
            f"{value!r} is not a time",
            position=term.value_position,
            hint="Such as 30m, 24h, 7d, 2026-01-31 or 2026-01-31T08:00 (UTC).",
        ) from error


_ORDERED: Final[tuple[Operator, ...]] = ("<", "<=", ">", ">=", "=", ":")
_MICROS: Final = sa.type_coerce(RUNS.c.ended_at, sa.BigInteger) - sa.type_coerce(RUNS.c.started_at, sa.BigInteger)


def _all(_: Term) -> tuple[Condition, ...]:
    return (sa.true(),)


def _scored(_: Term) -> tuple[Condition, ...]:
    return (RUNS.c.score.is_not(None),)


def _ended_or_open(_: Term) -> tuple[Condition, ...]:
    return RUNS.c.ended_at.is_not(None), RUNS.c.ended_at.is_(None)


FIELDS: Final[dict[str, Field]] = {
    "agent": Field(_exactly(RUNS.c.agent), "An agent's name, such as agent:desk"),
    "status": Field(_one_of(RUNS.c.status, STATUSES), f"One of {', '.join(STATUSES)}"),
    "origin": Field(_one_of(RUNS.c.origin, ORIGINS), f"One of {', '.join(ORIGINS)}"),
    "model": Field(_exactly(RUNS.c.model), "The model that replied last, such as model:openai:gpt-5-mini"),
    "bundle": Field(_prefix(RUNS.c.bundle, "sha256:"), "The first characters of a version's digest", rows=_all),
    "conversation": Field(_prefix(RUNS.c.conversation_id), "A conversation's id or its start", rows=_all),
    "run": Field(_prefix(RUNS.c.id), "A run's id or its start", rows=_all),
    "parent": Field(_exactly(RUNS.c.parent_run_id), "The id of the run that delegated", rows=_all),
    "tool": Field(_exactly(RUN_TOOLS.c.tool), "The name of a tool that was called"),
    "has": Field(_has, f"One of {', '.join(HAS)}", rows=_there),
    "signal": Field(_exactly(RUN_MARKS.c.mark), f"One of {', '.join(SIGNALS)}"),
    "outcome": Field(_exactly(RUN_MARKS.c.mark), "What became of it, as it was told: outcome:refunded"),
    "label": Field(_exactly(RUN_MARKS.c.mark), "A reviewer's label, whole"),
    "since": Field(_since, "A time, such as since:24h or since:2026-01-31"),
    "until": Field(_until, "A time, such as until:1h or until:2026-01-31"),
    "score": Field(_compared(RUNS.c.score), "A number from 0 to 1, such as score<0.6", _ORDERED, _scored),
    "cost": Field(_compared(RUNS.c.cost), "US dollars, such as cost>0.01", _ORDERED, _ended_or_open),
    "tokens": Field(
        _compared(RUNS.c.input_tokens + RUNS.c.output_tokens), "Such as tokens>5000", _ORDERED, _ended_or_open
    ),
    "steps": Field(_compared(RUNS.c.steps), "Model replies, such as steps>5", _ORDERED, _ended_or_open),
    "calls": Field(_compared(RUNS.c.tool_calls), "Tool calls, such as calls>3", _ORDERED, _ended_or_open),
    "seconds": Field(
        _compared(_MICROS, 1_000_000), "From start to end, such as seconds>10", _ORDERED, _ended_or_open
    ),
}
"""Every name of the language. A new one is one line here."""
