"""Signs that a night is worth its money: answers have become worse, a document they rest on has changed.

Prevents a schedule from being the only reason: what is looked at is on record or in the workspace, and nothing is
stored beside it, so after any crash the same look finds the same sign.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.store import list_streams, read_streams
from traces.tables import RUNS

FEWEST: Final = 20
"""Judged runs on each side of a comparison; fewer show nothing."""


def changed(before: Mapping[str, Any], now: Mapping[str, str]) -> str:
    """The first file that is new, gone or other than it was; empty when none is."""
    names = sorted({*before, *now})
    return next((name for name in names if before.get(name) != now.get(name)), "")


def seen_by_newest(session: Session, agent: str) -> Mapping[str, Any] | None:
    """What the agent's newest night saw of the watched files; None where there was no night yet."""
    begun = read_streams(session, list_streams(session, "night_", limit=1000), ["night_started"])
    for facts in begun.values():
        event: Any = facts[0].event if facts else None
        if event is not None and event.agent == agent:
            seen: Mapping[str, Any] = event.settings.get("watched") or {}
            return seen
    return None


def dropped(session: Session, agent: str, since: datetime | None, by: float) -> str:
    """How far the mean score of judged runs since then lies under that of as many before; empty if not by so much."""
    if since is None or by <= 0:
        return ""
    judged = (RUNS.c.agent == agent, RUNS.c.score.is_not(None), RUNS.c.origin.in_(("user", "otlp")))
    newest = sa.select(RUNS.c.score).where(*judged).order_by(RUNS.c.started_at.desc()).limit(10 * FEWEST)
    after = [float(one) for one in session.execute(newest.where(RUNS.c.started_at >= since)).scalars()]
    before = [float(one) for one in session.execute(newest.where(RUNS.c.started_at < since)).scalars()]
    if min(len(after), len(before)) < FEWEST:
        return ""
    was, is_now = sum(before) / len(before), sum(after) / len(after)
    return f"{was:.0%} to {is_now:.0%}" if was - is_now >= by else ""
