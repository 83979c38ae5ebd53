"""Conversations as they are shown: a page of them, and one with its turns. Read from the list of runs alone."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.service.views import run_view
from agents.service.wire import ConversationDetail, ConversationPage, ConversationView
from traces.errors import NotFound
from traces.store import list_runs, list_runs_of
from traces.summary import RunSummary
from traces.tables import RUNS, Where

_TOLD: Final = ("user", "delegation", "otlp")
"""Origins of runs that are a part of what people said; the optimizer's own are not."""


def conversation_page(
    session: Session, *, after: str | None = None, limit: int = 50, within: Where = ()
) -> ConversationPage:
    """Conversations by their newest turn, newest first; `after` is that turn's id.

    Each is found by its newest turn, so a page costs what is on it and not what is in the ledger.
    """
    later = RUNS.alias("later")
    place = sa.tuple_(later.c.started_at, later.c.id)
    newer = sa.exists().where(
        later.c.conversation_id == RUNS.c.conversation_id, _is_turn(later),
        place > sa.tuple_(RUNS.c.started_at, RUNS.c.id),
    )  # fmt: skip
    page = list_runs(session, where=[_is_turn(RUNS), ~newer, *within], after=after, limit=limit)
    found = list_runs_of(session, [run.conversation_id for run in page.items])
    return ConversationPage(
        items=[_view(run.conversation_id, found[run.conversation_id]) for run in page.items], after=page.after
    )


def conversation_detail(session: Session, conversation_id: str, *, within: Where = ()) -> ConversationDetail:
    """One conversation by its whole id.

    Raises:
        NotFound: nobody said anything in it, or not to an agent that the caller may see.
    """
    where = [RUNS.c.conversation_id == conversation_id, _is_turn(RUNS), *within]
    if not list_runs(session, where=where, limit=1).items:
        raise NotFound("conversation", conversation_id, hint="GET /v1/conversations lists them.")
    runs = list_runs_of(session, [conversation_id])[conversation_id]
    return ConversationDetail(
        conversation=_view(conversation_id, runs), turns=[run_view(run) for run in _turns(runs)]
    )


def _is_turn(runs: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.and_(runs.c.parent_run_id.is_(None), runs.c.origin.in_(_TOLD))


def _turns(runs: Sequence[RunSummary]) -> list[RunSummary]:
    return [run for run in runs if run.parent_run_id is None and run.origin in _TOLD]


def _view(conversation_id: str, runs: Sequence[RunSummary]) -> ConversationView:
    turns, counted = _turns(runs), [run for run in runs if run.origin in _TOLD]
    costs = [run.cost for run in counted if run.cost is not None]
    return ConversationView(
        id=conversation_id, agents=sorted({run.agent for run in turns}), turns=len(turns),
        started_at=turns[0].started_at, last_at=turns[-1].started_at, status=turns[-1].status,
        input_tokens=sum(run.input_tokens for run in counted),
        output_tokens=sum(run.output_tokens for run in counted),
        cost=sum(costs) if costs else None, last_input=turns[-1].input,
    )  # fmt: skip
