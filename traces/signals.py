"""What customers tell without being asked: they say it again in other words, ask again, walk away, are handed on.

Derived from the ledger alone, by fixed rules, and written into the run it is about, once. A signal is a hint and no
judgement: it never says what would have been right. Prevents: a run that passes because nobody complained.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.errors import OperationTaken, RunErased
from traces.events import RunFinished, RunStarted, Signal, SignalSeen
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

MOST: Final = 10_000
"""Turns of one look, the newest."""


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
    if turns and _left_open(turns[-1]) and turns[-1].ended_at is not None and now - turns[-1].ended_at > GONE:
        found.append(Found(turns[-1].run_id, "abandonment", detail=turns[-1].status))
    return found


def _followed(turn: Turn, after: Turn) -> Iterable[Found]:
    """What the next turn says about this one."""
    if turn.agent != after.agent or turn.ended_at is None or after.started_at - turn.ended_at > SOON:
        return
    before, again = words_of(turn.input), words_of(after.input)
    if before and before == again:
        yield Found(turn.run_id, "retry", after.run_id)
    elif min(len(before), len(again)) >= FEWEST:
        one, other = set(before), set(again)
        likeness = len(one & other) / len(one | other)
        if likeness >= ALIKE:
            yield Found(turn.run_id, "rephrase", after.run_id, f"{likeness:.2f} of the words")


def _left_open(turn: Turn) -> bool:
    """Whether the customer had reason to go on: no answer, or a question."""
    if turn.status in {"failed", "cancelled"}:
        return True
    texts = turn.output.values() if isinstance(turn.output, dict) else [turn.output]
    return turn.status == "finished" and any(isinstance(one, str) and one.rstrip().endswith("?") for one in texts)


def note_signals(recorder: Recorder, now: datetime) -> list[Found]:
    """Write the signals that are not on record yet; gives those."""
    with recorder.database.reading() as session:
        conversations = _conversations(session, now)
        found = [one for turns in conversations for one in signals_of(turns, now)]
        known = list_signals(session, {one.run_id for one in found})
    new = []
    for one in found:
        if not any(seen.signal == one.signal for seen in known[one.run_id]):
            seen = SignalSeen(op=f"signal/{one.signal}", signal=one.signal, by_run=one.by_run, detail=one.detail)
            try:
                recorder.append(one.run_id, seen)
            except (OperationTaken, RunErased):  # on record, or gone
                continue
            new.append(one)
    return new


def _conversations(session: Session, now: datetime) -> list[list[Turn]]:
    """The turns of the conversations that were talked in lately and have a turn without its signals."""
    lately = sa.select(RUNS.c.conversation_id).where(
        RUNS.c.started_at > now - WINDOW, RUNS.c.parent_run_id.is_(None), RUNS.c.origin.in_(["user", "otlp"])
    )
    query = sa.select(RUNS).where(
        RUNS.c.conversation_id.in_(lately), RUNS.c.parent_run_id.is_(None), RUNS.c.erased_at.is_(None),
        RUNS.c.origin.in_(["user", "otlp"]),
    )  # fmt: skip
    rows = list(session.execute(query.order_by(RUNS.c.started_at.desc(), RUNS.c.id.desc()).limit(MOST)))[::-1]
    names = [row.id for row in rows]
    said = read_streams(session, names, ["run_started", "run_finished"])
    tools = _tools(session, names)
    found: dict[str, list[Turn]] = {}
    for row in rows:
        events = [one.event for one in said.get(row.id, [])]
        asked = next((one.input for one in events if isinstance(one, RunStarted)), row.input)
        answered = next((one.output for one in reversed(events) if isinstance(one, RunFinished)), row.output)
        turn = Turn(
            row.id,
            row.agent,
            row.status,
            row.started_at,
            row.ended_at,
            asked,
            answered,
            tools.get(row.id, frozenset()),
        )
        found.setdefault(row.conversation_id, []).append(turn)
    return list(found.values())


def _tools(session: Session, runs: Sequence[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for start in range(0, len(runs), 500):
        query = sa.select(RUN_TOOLS.c.run_id, RUN_TOOLS.c.tool)
        for row in session.execute(query.where(RUN_TOOLS.c.run_id.in_(runs[start : start + 500]))):
            found.setdefault(row.run_id, set()).add(row.tool)
    return {run: frozenset(tools) for run, tools in found.items()}


def list_signals(session: Session, runs: Iterable[str]) -> dict[str, list[SignalSeen]]:
    """The signals of these runs, in the order they were noticed."""
    found = read_streams(session, runs, ["signal_seen"])
    return {run: [one.event for one in seen if isinstance(one.event, SignalSeen)] for run, seen in found.items()}
