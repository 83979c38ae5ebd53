"""What waits for a person's decision, and the decision."""

from fastapi import APIRouter

from agents.prompts.store import get_bundle, match_bundle
from agents.review import approve_proposal, reject_proposal
from agents.service.deps import Name, Parts
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
        return proposal_view(session, digest)


@router.post("/{digest}/decision")
def decide(parts: Parts, digest: Name, decision: Decide) -> ProposalView:
    """Approve or reject. What is approved serves from the next conversation on."""
    by = parts.person(decision.by, decision.reason)
    with parts.database.reading() as session:
        full = match_bundle(session, digest)
        agent = get_bundle(session, full).bundle.agent
    if decision.decision == "approve":
        rules = parts.workspace.governance.rules_for(agent)
        approve_proposal(
            parts.recorder, full, by, rules=rules, shown=decision.shown, seen_live=decision.incumbent,
            head=decision.head,
        )  # fmt: skip
    else:
        reject_proposal(parts.recorder, full, by, shown=decision.shown, head=decision.head)
    with parts.database.reading() as session:
        return proposal_view(session, full)
