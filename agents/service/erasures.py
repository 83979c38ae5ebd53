"""Erasures as the service and the commands tell them: their shape on the wire, and how it is filled."""

from pydantic import Field

from agents.forgetting import Plan
from agents.service.wire import Shape
from traces.events import ErasureDone


class QuotingView(Shape):
    """A version whose prompt quotes what is to be erased."""

    digest: str
    agent: str
    state: str
    serving: bool


class ErasureView(Shape):
    """What an erasure takes away, or took. `erasure` is its name on record; None: nothing was done."""

    erasure: str | None = None
    conversations: dict[str, int] = Field(default_factory=dict)
    """Runs that people asked for, by conversation."""
    how: dict[str, str] = Field(default_factory=dict)
    """By conversation: conversation, metadata, words or placeholder, as it was found."""
    runs: int = 0
    """With what they delegated, and trials that replayed them."""
    events: int = 0
    bodies: int = 0
    quoting: list[str] = Field(default_factory=list)
    """Nights, decisions and rollouts that quote."""
    bundles: list[QuotingView] = Field(default_factory=list)
    unsure: list[str] = Field(default_factory=list)
    """Conversations with only a placeholder that others share; left alone."""
    under_way: list[str] = Field(default_factory=list)
    sent_to: list[str] = Field(default_factory=list)
    """Other backends that got these runs over OpenTelemetry."""
    left: str = ""
    """What stands in the way of clearing the database's files, if anything does."""


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
