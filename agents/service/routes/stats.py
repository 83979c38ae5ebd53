"""Figures over many runs."""

from typing import Annotated

from fastapi import APIRouter, Query

from agents.service.deps import Limit, Parts
from agents.service.sight import runs_seen
from agents.service.views import stats_view
from agents.service.wire import StatsView
from traces.stats import By

router = APIRouter(prefix="/v1/stats", tags=["runs"])


@router.get("")
def get_stats(
    parts: Parts, q: Annotated[str, Query(max_length=2000)] = "", by: By = "agent", limit: Limit = 100
) -> StatsView:
    """Runs, errors, tokens, cost, latency and scores of the runs that a query means, by group."""
    with parts.database.reading() as session:
        return stats_view(session, q, by, limit=limit, within=runs_seen(parts.caller))
