"""What waits for a person's decision, and the decision."""

from fastapi import APIRouter

from agents.review import approve_proposal, reject_proposal
from agents.service.deps import Name, Parts
from agents.service.sheet import check_sheet, with_sheet
from agents.service.views import proposal_list, proposal_view
from agents.service.wire import Decide, ProposalView

router = APIRouter(prefix="/v1/proposals", tags=["proposals"])


@router.get("")
def list_proposals(parts: Parts, agent: str | None = None) -> list[ProposalView]:
    """Versions that wait for a decision, newest first."""
    with parts.database.reading() as session:
        found = proposal_list(session, agent=agent)
        return [one for one in found if parts.caller.sees(one.bundle.agent)]


@router.get("/{digest}")
def get(parts: Parts, digest: Name) -> ProposalView:
    """One proposal, decided or not, with its evidence."""
    with parts.database.reading() as session:
        return with_sheet(session, proposal_view(session, digest))


@router.post("/{digest}/decision")
def decide(parts: Parts, digest: Name, decision: Decide) -> ProposalView:
    """Approve or reject. What is approved serves from the next conversation on."""
    by = parts.person(decision.by, decision.reason)
    with parts.database.reading() as session:
        seen = with_sheet(session, proposal_view(session, digest))
    full, confirmed = seen.bundle.digest, check_sheet(seen, decision.sheet)
    if decision.decision == "approve":
        approve_proposal(
            parts.recorder, full, by, rules=parts.workspace.governance.rules_for(seen.bundle.agent),
            shown=decision.shown, seen_live=decision.incumbent, head=decision.head, sheet=seen.sheet,
            confirmed=confirmed,
        )  # fmt: skip
    else:
        reject_proposal(parts.recorder, full, by, shown=decision.shown, head=decision.head, sheet=seen.sheet)
    with parts.database.reading() as session:
        return proposal_view(session, full)
