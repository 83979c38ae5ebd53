"""Feedback over many runs: how far reviewers agree, and what became of it in the end."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from agents.service.deps import Parts
from agents.service.sight import runs_seen
from traces.agreement import Agreement, On, read_agreement
from traces.filters import conditions
from traces.outcomes import Imported, read_outcomes, record_outcomes

router = APIRouter(prefix="/v1", tags=["runs"])


@router.get("/agreement")
def get_agreement(parts: Parts, q: Annotated[str, Query(max_length=2000)] = "", on: On = "score") -> Agreement:
    """How far reviewers agree on the runs that a query means, and the runs on which they do not."""
    with parts.database.reading() as session:
        return read_agreement(session, [*conditions(q, session=session), *runs_seen(parts.caller)], on)


@router.post("/outcomes")
def tell_outcomes(parts: Parts, rows: Annotated[list[dict[str, Any]], Body(max_length=10_000)]) -> Imported:
    """What became of conversations, days later. The same fact told again is not written again."""
    return record_outcomes(parts.recorder, list(read_outcomes(enumerate(rows, 1))), parts.caller.name)
