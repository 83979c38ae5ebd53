"""Queues: runs drawn once, that several people judge each by themselves; who is next, and how far they agree.

A queue holds no judgements: those are facts of the runs, and the queue counts them. Prevents: two reviewers who
judged different runs and are compared, and a sample that is drawn anew until it pleases.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.agreement import Agreement, On, agreement, words_on
from traces.errors import BadInput, NotFound, OperationTaken
from traces.events import FeedbackGiven, QueueClosed, QueueOpened
from traces.ids import digest_text
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import find_runs, list_feedback, list_streams, read_streams
from traces.summary import ENDED, RunSummary
from traces.tables import RUNS

PREFIX: Final = "queue_"
DRAWN_FROM: Final = 20_000
"""Runs that a sample is drawn from, the newest."""
LARGEST: Final = 1_000
"""Runs of a queue: some days of one person's work."""
MOST_LABELS: Final = 9
"""One key each."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True)
class Queue:
    """What was opened, and when it was closed."""

    opened: QueueOpened
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self.opened.name


@dataclass(frozen=True)
class Progress:
    """Who judged which of its runs: run -> reviewers, in the queue's order."""

    queue: Queue
    judged: Mapping[str, frozenset[str]]
    feedback: Mapping[str, Sequence[FeedbackGiven]]

    @property
    def done(self) -> int:
        """Runs that as many people judged as were asked for."""
        return sum(len(by) >= self.queue.opened.reviewers for by in self.judged.values())

    def of(self, reviewer: str) -> int:
        """Runs that this one judged."""
        return sum(reviewer in by for by in self.judged.values())

    def open_for(self, reviewer: str) -> list[str]:
        """Runs that this one may still judge, in the queue's order."""
        wanted = self.queue.opened.reviewers
        return [run for run, by in self.judged.items() if reviewer not in by and len(by) < wanted]

    def agreement(self) -> Agreement:
        """How far the reviewers agree on its runs: by their labels where the queue has some, else by their scores."""
        on: On = "label" if self.queue.opened.labels else "score"
        return agreement({run: words_on(given, on) for run, given in self.feedback.items()})


def open_queue(
    recorder: Recorder, name: str, query: str, where: Sequence[sa.ColumnElement[bool]], by: Provenance,
    *, size: int = 50, reviewers: int = 2, labels: Sequence[str] = (),
) -> Queue:  # fmt: skip
    """Draw runs and put them up for judgement. The same name and runs give the same draw, whoever opens it.

    Args:
        recorder: of the ledger.
        name: small letters, digits and hyphens.
        query: in the filter language, as it is kept.
        where: what it means over the runs table.
        by: who opens it.
        size: how many, at most LARGEST.
        reviewers: how many people judge each.
        labels: to choose from.

    Raises:
        BadInput: the name or a number cannot be, no run matches, or there is a queue of that name.
    """
    _check(name, size, reviewers, labels)
    with recorder.database.reading() as session:
        drawn = _draw(session, name, where, size)
    if not drawn:
        raise BadInput(f"no run that has ended matches {query!r}", hint="`strop runs list` with the same filter.")
    event = QueueOpened(
        op="opened", name=name, query=query, runs=[run for run, _ in drawn],
        agents=sorted({agent for _, agent in drawn}), reviewers=reviewers,
        labels=list(dict.fromkeys(one.strip() for one in labels if one.strip())), provenance=by,
    )  # fmt: skip
    try:
        recorded = recorder.append(f"{PREFIX}{name}", event)
    except OperationTaken as error:
        raise BadInput(f"there is a queue {name!r} already", hint="Choose another name.") from error
    assert isinstance(recorded.event, QueueOpened)
    return Queue(recorded.event, recorded.at)


def _check(name: str, size: int, reviewers: int, labels: Sequence[str]) -> None:
    if not _NAME.fullmatch(name):
        raise BadInput(f"{name!r} is no name of a queue", hint="Small letters, digits and hyphens, at most 60.")
    if not 1 <= size <= LARGEST:
        raise BadInput(f"a queue has 1 to {LARGEST:,} runs, not {size:,}")
    if not 1 <= reviewers <= 9:
        raise BadInput(f"1 to 9 people judge each run, not {reviewers}")
    if len(labels) > MOST_LABELS:
        raise BadInput(f"{len(labels)} labels are more than there are keys for; {MOST_LABELS} are the most")


def _draw(session: Session, name: str, where: Sequence[sa.ColumnElement[bool]], size: int) -> list[tuple[str, str]]:
    """(run, agent) of a sample: ordered by a digest, so that neither age nor status decides who comes first."""
    query = sa.select(RUNS.c.id, RUNS.c.agent).where(
        RUNS.c.status.in_(sorted(ENDED)), RUNS.c.erased_at.is_(None), *where
    )
    found = session.execute(query.order_by(RUNS.c.started_at.desc(), RUNS.c.id).limit(DRAWN_FROM))
    drawn = sorted(((str(run), str(agent)) for run, agent in found), key=lambda one: digest_text(f"{name}/{one[0]}"))
    return drawn[:size]


def close_queue(recorder: Recorder, name: str, by: Provenance) -> Queue:
    """Say that nobody need judge its runs any more. Twice is once.

    Raises:
        NotFound: there is no such queue.
    """
    with recorder.database.reading() as session:
        queue = get_queue(session, name)
    if queue.closed_at is not None:
        return queue
    try:
        at = recorder.append(f"{PREFIX}{name}", QueueClosed(op="closed", provenance=by)).at
    except OperationTaken:  # in this moment, by somebody else
        with recorder.database.reading() as session:
            return get_queue(session, name)
    return Queue(queue.opened, queue.opened_at, at)


def list_queues(session: Session, *, limit: int = 200) -> list[Queue]:
    """Queues, newest first."""
    streams = list_streams(session, PREFIX, limit=limit)
    found = read_streams(session, streams, ["queue_opened", "queue_closed"])
    queues = []
    for facts in found.values():
        if facts and isinstance(facts[0].event, QueueOpened):
            closed = facts[-1].at if isinstance(facts[-1].event, QueueClosed) else None
            queues.append(Queue(facts[0].event, facts[0].at, closed))
    return queues


def get_queue(session: Session, name: str) -> Queue:
    """One queue.

    Raises:
        NotFound: there is none of that name.
    """
    found = read_streams(session, [f"{PREFIX}{name}"], ["queue_opened", "queue_closed"])[f"{PREFIX}{name}"]
    if not found or not isinstance(found[0].event, QueueOpened):
        raise NotFound("queue", name, hint="`strop queues list` shows the queues there are.")
    closed = found[-1].at if isinstance(found[-1].event, QueueClosed) else None
    return Queue(found[0].event, found[0].at, closed)


def progress_of(session: Session, queue: Queue) -> Progress:
    """Who judged what of it so far. A word on one step, or of a program or a customer, is no judgement here."""
    given = list_feedback(session, queue.opened.runs)
    judged = {
        run: frozenset(one.provenance.by for one in given[run] if one.op is None and one.tier == "reviewer")
        for run in queue.opened.runs
    }
    return Progress(queue, judged, given)


def next_run(session: Session, progress: Progress, reviewer: str, *, after: str | None = None) -> RunSummary | None:
    """The next run that this one may judge, behind `after` and then from the beginning; None: there is none left.

    An erased run is passed over: there is nothing in it to judge.
    """
    if progress.queue.closed_at is not None:
        return None
    left = progress.open_for(reviewer)
    order = {run: at for at, run in enumerate(progress.judged)}
    place = order.get(after or "", -1)
    turned = sorted(left, key=lambda run: (order[run] <= place, order[run]))
    for run in turned:
        found = find_runs(session, [run]).get(run)
        if found is not None and found.erased_at is None:
            return found
    return None
