"""What a run may still use: its own limits, those of the run above it, and those of its conversation.

Counted from the ledger, so that a resumed run goes on with what is left; what a delegated run uses counts for those
above it too. Asked before each model request: one that is under way comes to its end, and the next is refused.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.errors import LimitReached
from agents.prompts.bundle import Limits
from agents.recording import Recording, Spent
from traces.events import RunStarted
from traces.store import list_children, list_times, list_tool_bytes
from traces.tables import RUNS

_ENDS: Final = frozenset({"run_waited", "run_failed", "run_finished", "run_cancelled"})


@dataclass
class Purse:
    """What one run may use, and has used so far.

    Args:
        run_id: whose it is.
        limits: of its bundle.
        own: what the run itself has used, its delegated runs left out.
        above: of the run that delegated this one, where that is worked on here.
        earlier: what the rest of its conversation has used.
        seconds: how long it had been worked on before this time.
        clock: seconds on a clock that does not jump.
    """

    run_id: str
    limits: Limits
    own: Callable[[], Spent]
    clock: Callable[[], float] = time.monotonic
    above: "Purse | None" = None
    earlier: Spent = field(default_factory=Spent)
    seconds: float = 0.0
    below: dict[str, Callable[[], Spent]] = field(default_factory=dict)
    """What each delegated run has used, with all below it."""

    def __post_init__(self) -> None:
        self._begun = self.clock()
        if self.above is not None:
            self.above.below[self.run_id] = self.used

    def used(self) -> Spent:
        """What the run has used, with all below it. Its seconds are its own: those of runs below lie within them."""
        total = Spent() + self.own()
        for part in self.below.values():
            total = total + part()
        total.seconds = self.seconds + self.clock() - self._begun
        return total

    def check(self) -> None:
        """Stop before a model is asked when this run, one above it or its conversation has used up what it may.

        Raises:
            LimitReached: which limit, of whom, and how much was used.
        """
        used = self.used()
        bounds = [
            ("tokens", used.tokens, self.limits.tokens),
            ("cost", used.cost, self.limits.cost),
            ("tool bytes", used.tool_bytes, self.limits.all_tool_bytes),
        ]
        _refuse(f"run {self.run_id}", bounds)
        whole = self.limits.conversation
        if whole is not None:
            total = self._root().used() + self.earlier
            bounds = [
                ("steps", total.steps, whole.steps),
                ("tokens", total.tokens, whole.tokens),
                ("cost", total.cost, whole.cost),
                ("tool bytes", total.tool_bytes, whole.tool_bytes),
            ]
            _refuse("the conversation", bounds)
        if self.above is not None:
            self.above.check()

    def seconds_left(self) -> tuple[float | None, str]:
        """(how long the run may go on, whose limit that is); None: for ever."""
        left = []
        if self.limits.seconds is not None:
            left.append((self.limits.seconds - self.seconds, f"run {self.run_id}"))
        whole = self.limits.conversation
        if whole is not None and whole.seconds is not None:
            left.append((whole.seconds - self.earlier.seconds - self.seconds, "the conversation"))
        return min(left, default=(None, ""), key=lambda one: one[0] or 0.0)

    def _root(self) -> "Purse":
        return self if self.above is None else self.above._root()


def _refuse(whose: str, bounds: Iterable[tuple[str, float, float | None]]) -> None:
    for what, used, bound in bounds:
        if bound is not None and used >= bound:
            raise LimitReached(
                f"the limit of {whose} is reached: {_amount(used, what)} of {_amount(bound, what)}",
                hint="Raise `limits` in the agent's file if that was too little.",
            )


def _amount(number: float, what: str) -> str:
    return f"${number:.4f}" if what == "cost" else f"{number:,.0f} {what}"


def time_is_up(whose: str) -> LimitReached:
    """The error of a run whose seconds are over."""
    return LimitReached(
        f"the time of {whose} is up", hint="Raise `limits: {seconds: …}` in the agent's file if that was too short."
    )


# --- from the ledger ---------------------------------------------------------------------------------------------


def open_purse(
    session: Session, run_id: str, started: RunStarted, limits: Limits, recording: Recording, above: Purse | None
) -> Purse:
    """What a run may still use, as far as its ledger goes.

    Args:
        session: an open reading session.
        run_id: whose it is.
        started: the run's first fact.
        limits: of its bundle.
        recording: what the run itself has done; looked at again with each check.
        above: of the run that delegated this one.
    """
    purse = Purse(run_id, limits, own=lambda: recording.spent, above=above)
    if started.origin in {"user", "delegation"}:
        purse.earlier = spent_earlier(session, started.conversation_id, run_id.partition(".")[0], limits)
    if recording.operations:
        purse.seconds = worked_seconds(list_times(session, [run_id]).get(run_id, ()))
        for child in list_children(session, run_id):
            purse.below[child.id] = partial(Spent.__add__, spent_below(session, child.id, limits), Spent())
    return purse


def spent_below(session: Session, run_id: str, limits: Limits) -> Spent:
    """What a delegated run has used, with all below it, as its ledger and theirs say."""
    tree = (RUNS.c.id == run_id) | RUNS.c.id.between(f"{run_id}.", f"{run_id}/")
    return _sum(session, tree, sizes=limits.all_tool_bytes is not None or limits.conversation is not None)


def spent_earlier(session: Session, conversation_id: str, root: str, limits: Limits) -> Spent:
    """What the conversation has used, without the run `root` and what is below it."""
    whole = limits.conversation
    if whole is None:
        return Spent()
    others = sa.and_(
        RUNS.c.conversation_id == conversation_id,
        RUNS.c.origin.in_(("user", "delegation")),
        RUNS.c.id != root,
        ~RUNS.c.id.between(f"{root}.", f"{root}/"),
    )
    spent = _sum(session, others, sizes=whole.tool_bytes is not None)
    if whole.seconds is not None:
        turns = session.execute(sa.select(RUNS.c.id).where(others, RUNS.c.parent_run_id.is_(None))).scalars()
        spent.seconds = sum(worked_seconds(times) for times in list_times(session, turns).values())
    return spent


def _sum(session: Session, where: sa.ColumnElement[bool], *, sizes: bool) -> Spent:
    tokens = RUNS.c.input_tokens + RUNS.c.output_tokens
    query = sa.select(*(sa.func.coalesce(sa.func.sum(one), 0) for one in (RUNS.c.steps, tokens, RUNS.c.cost)))
    steps, used, cost = session.execute(query.where(where)).one()
    found = list(session.execute(sa.select(RUNS.c.id).where(where)).scalars()) if sizes else []
    return Spent(int(steps), int(used), float(cost), list_tool_bytes(session, found) if found else 0)


def worked_seconds(facts: Iterable[tuple[str, datetime]]) -> float:
    """How long a run was worked on: not while it was queued, waited for a person, or lay there after a crash.

    Args:
        facts: (kind, time) of its facts, in order.
    """
    return sum((end - start).total_seconds() for start, end in _stretches(facts))


def _stretches(facts: Iterable[tuple[str, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    start: datetime | None = None
    last: datetime | None = None
    for kind, at in facts:
        if kind == "run_started":
            continue
        if kind == "run_resumed" or start is None:
            if start is not None and last is not None:
                yield start, last  # its worker died after that
            start = at if kind not in _SAID else None
        if kind in _ENDS and start is not None:
            yield start, at
            start = None
        last = at
    if start is not None and last is not None:
        yield start, last


_SAID: Final = frozenset(
    {
        "run_released",
        "approval_decided",
        "question_answered",
        "outcome_decided",
        "feedback_given",
        "feedback_withdrawn",
        *_ENDS,
    }
)
"""Facts that other people write about a run: nobody works on it for that."""
