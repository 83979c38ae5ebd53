"""Nights of the optimizer."""

from datetime import datetime

from agents.service.wire.shape import Shape


class NightView(Shape):
    """One night of the optimizer, as far as it has come."""

    id: str
    agent: str
    incumbent: str
    started_at: datetime
    because: str = ""
    """Why it was run; empty: a person asked."""
    ended_at: datetime | None = None
    stage: str = ""
    message: str = ""
    verdict: str | None = None
    proposal: str | None = None
    reasons: list[str] = []
    rollouts: int = 0
