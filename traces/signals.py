"""What customers tell without being asked: they say it again in other words, ask again, walk away, are handed on.

Derived from the ledger alone, by fixed rules, and written into the run it is about, once. A signal is a hint and no
judgement: it never says what would have been right. Prevents: a run that passes because nobody complained.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.errors import OperationTaken, RunErased
from traces.events import RunFinished, RunStarted, Signal, SignalSeen
from traces.previews import PREVIEW
from traces.recorder import Recorder
from traces.search import words_of
from traces.store import read_streams
from traces.tables import RUN_TOOLS, RUNS

SOON: Final = timedelta(minutes=30)
"""From an answer to the next turn: later, it may well be another matter."""

GONE: Final = timedelta(hours=24)
"""After a turn that left something open: then nobody comes back to it."""

ALIKE: Final = 0.4
"""Share of words (Jaccard) from which a turn says the same as the one before. Templates of one matter reach 0.3."""

FEWEST: Final = 4
"""Words of a turn that can be compared: "yes, please" is like any other."""

HANDED_ON: Final = re.compile(r"(?i)(escalat|hand_?(over|off)|transfer_to|human|call_?back)")
"""Names of tools that hand a customer on to a person."""

WINDOW: Final = timedelta(days=3)
"""How far back a look goes. Longer than GONE, so that nothing falls between two looks within a day or two."""

AT_ONCE: Final = 50
"""Conversations that are read at a time: some milliseconds, so that nobody waits for a look."""


_TURN: Final = (RUNS.c.parent_run_id.is_(None), RUNS.c.origin.in_(["user", "otlp"]))


@dataclass(frozen=True)
class Turn:
    """One turn of a conversation, as far as signals are read from it."""

    run_id: str
    agent: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    input: str
    output: Any
    tools: frozenset[str]


@dataclass(frozen=True)
class Found:
    """A signal about a run; `by_run` is the turn that gave it away, where there is one."""

    run_id: str
    signal: Signal
    by_run: str | None = None
    detail: str = ""


def signals_of(turns: Sequence[Turn], now: datetime) -> list[Found]:
    """The signals in one conversation. Pure.

    Args:
        turns: its top-level runs, oldest first.
        now: nobody has come back by then.
    """
    found = [one for turn, after in pairwise(turns) for one in _followed(turn, after)]
    for turn in turns:
        handed = sorted(tool for tool in turn.tools if HANDED_ON.search(tool))
        if handed:
            found.append(Found(turn.run_id, "escalation", detail=handed[0]))
    if turns and _is_over(turns[-1], now) and _left_open(turns[-1]):
        found.append(Found(turns[-1].run_id, "abandonment", detail=turns[-1].status))
    return found


def _followed(turn: Turn, after: Turn) -> Iterable[Found]:
    """What the next turn says about this one."""
    if not _is_answered_by(turn, after):
        return
    before, again = words_of(turn.input), words_of(after.input)
    if before and before == again:
        yield Found(turn.run_id, "retry", after.run_id)
    elif min(len(before), len(again)) >= FEWEST:
        one, other = set(before), set(again)
        likeness = len(one & other) / len(one | other)
        if likeness >= ALIKE:
            yield Found(turn.run_id, "rephrase", after.run_id, f"{likeness:.2f} of the words")


def _is_answered_by(turn: Turn, after: Turn) -> bool:
    """Whether the next turn can be taken for a word on this one."""
    return turn.agent == after.agent and turn.ended_at is not None and after.started_at - turn.ended_at <= SOON


def _is_over(last: Turn, now: datetime) -> bool:
    return last.ended_at is not None and now - last.ended_at > GONE


def _left_open(turn: Turn) -> bool:
    """Whether the customer had reason to go on: no answer, or a question."""
    if turn.status in {"failed", "cancelled"}:
        return True
    texts = turn.output.values() if isinstance(turn.output, dict) else [turn.output]
    return turn.status == "finished" and any(isinstance(one, str) and one.rstrip().endswith("?") for one in texts)


def note_signals(recorder: Recorder, now: datetime, go_on: Callable[[], bool] = lambda: True) -> list[Found]:
    """Write the signals that are not on record yet; gives those.

    Args:
        recorder: of the ledger.
        now: of the look.
        go_on: asked after each part; False ends the look, and the next one finds what is left.
    """
    with recorder.database.reading() as session:
        names, handing_on = _talked_in(session, now - WINDOW), _handing_on(session)
    new = []
    for start in range(0, len(names), AT_ONCE):
        with recorder.database.reading() as session:
            found = _find(session, names[start : start + AT_ONCE], handing_on, now)
        new += [one for one in found if _note(recorder, one)]
        if not go_on():
            break
    return new


def _note(recorder: Recorder, found: Found) -> bool:
    seen = SignalSeen(op=f"signal/{found.signal}", signal=found.signal, by_run=found.by_run, detail=found.detail)
    try:
        recorder.append(found.run_id, seen)
    except (OperationTaken, RunErased):  # on record, or gone
        return False
    return True


def _talked_in(session: Session, since: datetime) -> list[str]:
    """The conversations with a turn after `since`."""
    query = sa.select(RUNS.c.conversation_id).where(RUNS.c.started_at > since, *_TURN)
    return sorted(set(session.execute(query).scalars()))


def _find(session: Session, conversations: Sequence[str], handing_on: Sequence[str], now: datetime) -> list[Found]:
    """The signals in these conversations that are not on record."""
    turns = _turns(session, conversations, handing_on)
    _read_words(session, turns.values(), now)
    found = [one for talk in turns.values() for one in signals_of(talk, now)]
    known = list_signals(session, {one.run_id for one in found})
    return [one for one in found if not any(seen.signal == one.signal for seen in known[one.run_id])]


def _turns(session: Session, conversations: Sequence[str], handing_on: Sequence[str]) -> dict[str, list[Turn]]:
    """The turns of each of these conversations, oldest first, with the first characters of what was said."""
    columns = [RUNS.c[name] for name in ("id", "agent", "status", "started_at", "ended_at", "input", "output")]
    query = sa.select(RUNS.c.conversation_id, *columns).where(
        RUNS.c.conversation_id.in_(conversations), RUNS.c.erased_at.is_(None), *_TURN
    )
    rows = list(session.execute(query.order_by(RUNS.c.started_at, RUNS.c.id)))
    tools = _handed_on(session, [row.id for row in rows], handing_on)
    found: dict[str, list[Turn]] = {}
    for row in rows:
        turn = Turn(
            row.id, row.agent, row.status, row.started_at, row.ended_at, row.input, row.output,
            tools.get(row.id, frozenset()),
        )  # fmt: skip
        found.setdefault(row.conversation_id, []).append(turn)
    return found


def _read_words(session: Session, talks: Iterable[list[Turn]], now: datetime) -> None:
    """Put the whole words into the turns where a signal hangs on them and the list's first characters do not do."""
    wanted: set[str] = set()
    for turns in talks:
        pairs = (one for pair in pairwise(turns) if _is_answered_by(*pair) for one in pair)
        wanted.update(one.run_id for one in pairs if len(one.input) >= PREVIEW)
        last = turns[-1]
        if _is_over(last, now) and last.output and ("?" in last.output or len(last.output) >= PREVIEW):
            wanted.add(last.run_id)
    said = read_streams(session, sorted(wanted), ["run_started", "run_finished"])
    for turns in talks:
        for at, turn in enumerate(turns):
            for one in said.get(turn.run_id, []):
                match one.event:
                    case RunStarted(input=asked):
                        turns[at] = replace(turns[at], input=asked)
                    case RunFinished(output=answered):
                        turns[at] = replace(turns[at], output=answered)


def _handing_on(session: Session) -> list[str]:
    """The tools of all runs whose name says that a person takes over. One step along the index for each tool."""
    found: list[str] = []
    name: str | None = ""
    while name is not None:
        name = session.execute(sa.select(sa.func.min(RUN_TOOLS.c.tool)).where(RUN_TOOLS.c.tool > name)).scalar()
        if name is not None and HANDED_ON.search(name):
            found.append(name)
    return found


def _handed_on(session: Session, runs: Sequence[str], tools: Sequence[str]) -> dict[str, frozenset[str]]:
    """Which of these tools each of these runs called."""
    found: dict[str, set[str]] = {}
    for start in range(0, len(runs), 500) if tools else ():
        query = sa.select(RUN_TOOLS.c.run_id, RUN_TOOLS.c.tool).where(
            RUN_TOOLS.c.tool.in_(tools), RUN_TOOLS.c.run_id.in_(runs[start : start + 500])
        )
        for row in session.execute(query):
            found.setdefault(row.run_id, set()).add(row.tool)
    return {run: frozenset(called) for run, called in found.items()}


def list_signals(session: Session, runs: Iterable[str]) -> dict[str, list[SignalSeen]]:
    """The signals of these runs, in the order they were noticed."""
    found = read_streams(session, runs, ["signal_seen"])
    return {run: [one.event for one in seen if isinstance(one.event, SignalSeen)] for run, seen in found.items()}
