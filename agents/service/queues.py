"""Queues in the shapes on the wire: functions (session, …) -> shape, for the service and the commands alike."""

from collections import Counter

from sqlalchemy.orm import Session

from agents.service.views import run_view
from agents.service.wire.queues import AgreementView, QueueDetail, QueueTurn, QueueView
from traces.queues import Progress, Queue, get_queue, next_run, progress_of


def queue_view(session: Session, queue: Queue, reviewer: str) -> QueueView:
    """A queue as it stands for this reviewer."""
    return _view(progress_of(session, queue), reviewer)


def queue_detail(session: Session, name: str, reviewer: str) -> QueueDetail:
    """A queue, and how far its reviewers agree.

    Raises:
        NotFound: there is none of that name.
    """
    progress = progress_of(session, get_queue(session, name))
    found = progress.agreement()
    return QueueDetail(
        queue=_view(progress, reviewer),
        agreement=AgreementView(
            alpha=found.alpha.value, low=found.alpha.low, high=found.alpha.high, runs=found.runs,
            agreed=found.agreed, disputed={run: dict(words) for run, words in found.disputed},
        ),
    )  # fmt: skip


def queue_turn(session: Session, name: str, reviewer: str, *, after: str | None = None) -> QueueTurn:
    """The next run for this reviewer, behind `after` and then from the beginning.

    Raises:
        NotFound: there is no queue of that name.
    """
    progress = progress_of(session, get_queue(session, name))
    run = next_run(session, progress, reviewer, after=after)
    return QueueTurn(queue=_view(progress, reviewer), run=None if run is None else run_view(run))


def _view(progress: Progress, reviewer: str) -> QueueView:
    queue, opened = progress.queue, progress.queue.opened
    heads = Counter(by for reviewers in progress.judged.values() for by in reviewers)
    return QueueView(
        name=opened.name, query=opened.query, agents=opened.agents, labels=opened.labels,
        reviewers=opened.reviewers, runs=len(opened.runs), done=progress.done,
        begun=sum(bool(by) for by in progress.judged.values()), mine=progress.of(reviewer),
        left=0 if queue.closed_at is not None else len(progress.open_for(reviewer)),
        by_reviewer=dict(sorted(heads.items())), opened_at=queue.opened_at, opened_by=opened.provenance.by,
        note=opened.provenance.reason, closed_at=queue.closed_at,
    )  # fmt: skip
