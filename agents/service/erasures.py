"""Erasures as the service and the commands tell them."""

from agents.forgetting import Plan
from agents.service.wire import ErasureView, QuotingView
from traces.events import ErasureDone


def erasure_view(plan: Plan, done: ErasureDone | None = None, left: str = "") -> ErasureView:
    """What an erasure would take away, or took; `left` says what keeps the files from being cleared."""
    bundles = [
        QuotingView(digest=one.digest, agent=one.agent, state=one.state, serving=one.serving) for one in plan.bundles
    ]
    return ErasureView(
        erasure=None if done is None else done.erasure,
        conversations={name: len(runs) for name, runs in plan.conversations.items()},
        how=dict(plan.how),
        runs=len(plan.runs) if done is None else done.runs,
        events=0 if done is None else done.events,
        bodies=0 if done is None else done.bodies,
        quoting=plan.quoting,
        bundles=bundles,
        unsure=plan.unsure,
        under_way=plan.under_way,
        sent_to=plan.sent_to,
        left=left,
    )
