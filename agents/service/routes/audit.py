"""Who decided what, what was refused to whom, and who was given a key."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from agents.errors import UsageError
from agents.service.audit import audit_detail, audit_page, seen_rows
from agents.service.deps import LARGEST_ID, Limit, Parts
from agents.service.wire.audit import AuditDetail, AuditPage
from traces.audit import AUDITED

router = APIRouter(prefix="/v1/audit", tags=["audit"])


@router.get("")
def list_rows(
    parts: Parts,
    before: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
    agent: Annotated[str | None, Query(max_length=120)] = None,
    kinds: Annotated[str, Query(max_length=1000)] = "",
    limit: Limit = 100,
) -> AuditPage:
    """Rows of the audit, newest first."""
    wanted = [kind for kind in kinds.split(",") if kind]
    unknown = [kind for kind in wanted if kind not in AUDITED]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is not in the audit", hint=f"Kinds: {', '.join(sorted(AUDITED))}.")
    with parts.database.reading() as session:
        page = audit_page(session, before=before, agent=agent, kinds=wanted or None, limit=limit)
    return seen_rows(parts.caller, page)


@router.get("/{row}")
def get(parts: Parts, row: Annotated[int, Path(ge=0, le=LARGEST_ID)]) -> AuditDetail:
    """One row with everything that belongs to it: also the text that was shown when it was decided."""
    with parts.database.reading() as session:
        return audit_detail(session, row)
