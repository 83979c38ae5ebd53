"""Queues of runs that several people judge."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from agents.service.deps import Limit, Name, Parts, Service
from agents.service.queues import queue_detail, queue_turn, queue_view
from agents.service.sight import runs_seen
from agents.service.wire.queues import CloseQueue, OpenQueue, QueueDetail, QueueTurn, QueueView
from traces.errors import NotFound
from traces.filters import conditions
from traces.queues import Queue, close_queue, get_queue, list_queues, open_queue

router = APIRouter(prefix="/v1/queues", tags=["queues"])


@router.get("")
def list_all(parts: Parts, limit: Limit = 200) -> list[QueueView]:
    """Queues, newest first, each as it stands for whoever asks."""
    with parts.database.reading() as session:
        queues = [one for one in list_queues(session, limit=limit) if _is_seen(parts, one)]
        return [queue_view(session, one, parts.caller.name) for one in queues]


@router.post("", status_code=201)
def open_(parts: Parts, asked: OpenQueue) -> QueueView:
    """Draw runs and put them up for judgement."""
    with parts.database.reading() as session:
        where = [*conditions(asked.query, session=session), *runs_seen(parts.caller)]
    by = parts.person(asked.by, asked.reason)
    queue = open_queue(
        parts.recorder, asked.name, asked.query, where, by, size=asked.size, reviewers=asked.reviewers,
        labels=asked.labels,
    )  # fmt: skip
    with parts.database.reading() as session:
        return queue_view(session, queue, parts.caller.name)


@router.get("/{queue}")
def get(parts: Parts, queue: Name) -> QueueDetail:
    """One queue, and how far its reviewers agree."""
    with parts.database.reading() as session:
        _check_seen(parts, session, queue)
        return queue_detail(session, queue, parts.caller.name)


@router.get("/{queue}/next")
def get_next(parts: Parts, queue: Name, after: Annotated[str | None, Query(max_length=200)] = None) -> QueueTurn:
    """The next run that the caller may judge, behind `after` and then from the beginning."""
    with parts.database.reading() as session:
        _check_seen(parts, session, queue)
        return queue_turn(session, queue, parts.caller.name, after=after)


@router.post("/{queue}/close")
def close(parts: Parts, queue: Name, said: CloseQueue) -> QueueView:
    """Nobody need judge its runs any more. What was said stays."""
    with parts.database.reading() as session:
        _check_seen(parts, session, queue)
    closed = close_queue(parts.recorder, queue, parts.person(said.by, said.reason))
    with parts.database.reading() as session:
        return queue_view(session, closed, parts.caller.name)


def _is_seen(parts: Service, queue: Queue) -> bool:
    return all(parts.caller.sees(agent) for agent in queue.opened.agents)


def _check_seen(parts: Service, session: Session, name: str) -> None:
    """A queue with runs of an agent that the caller is not for is not there for it."""
    if not _is_seen(parts, get_queue(session, name)):
        raise NotFound("queue", name, hint="GET /v1/queues lists them.")
