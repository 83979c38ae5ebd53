"""Which drifted tools a live version goes on with and was not tried with yet, and what trying it came to.

A version is tried where it goes on: at once under `warn`, else once a person accepted it. Under `block`, and before
a person's word, nothing is run with a description that nobody read. Prevents: a server that changed on Monday and
a version that answers worse until somebody wonders on Friday.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.prompts.store import find_live
from agents.prompts.tool_lists import tools_stream
from traces.events import DriftAccepted, DriftChecked, DriftFound, RolloutScored
from traces.store import read_events, read_rows
from traces.tables import EVENTS

FACTS: Final = ("drift_found", "drift_accepted", "drift_checked")

MOST: Final = 5_000
"""Scores of evaluations that are looked through for a version's own, the newest first."""


@dataclass(frozen=True)
class Untried:
    """A listing that the live version goes on with."""

    agent: str
    bundle: str
    server: str
    found: str


def list_untried(session: Session, agent: str) -> list[Untried]:
    """What the agent's live version goes on with and was not tried with, a row for each server, oldest first."""
    live = find_live(session, agent)
    if live is None:
        return []
    waiting: dict[str, Untried] = {}
    for stored in read_events(session, tools_stream(agent), kinds=FACTS):
        event = stored.event
        if not isinstance(event, DriftFound | DriftAccepted | DriftChecked) or event.bundle != live.digest:
            continue
        if isinstance(event, DriftChecked):
            if event.server in waiting and waiting[event.server].found == event.found:
                del waiting[event.server]
        elif isinstance(event, DriftAccepted) or event.policy == "warn":
            waiting[event.server] = Untried(agent, live.digest, event.server, event.found)
    return list(waiting.values())


def find_check(session: Session, agent: str, bundle: str, server: str, found: str) -> DriftChecked | None:
    """What trying this version with that listing came to; None: it was not tried."""
    for stored in reversed(read_events(session, tools_stream(agent), kinds=["drift_checked"])):
        event = stored.event
        if isinstance(event, DriftChecked) and (event.bundle, event.server, event.found) == (bundle, server, found):
            return event
    return None


def scores_before(session: Session, bundle: str, but_not: str) -> dict[str, float]:
    """The version's newest score on each task in evaluations other than the stream `but_not`."""
    query = (
        sa.select(EVENTS)
        .where(EVENTS.c.kind == "rollout_scored", EVENTS.c.stream.startswith("check_", autoescape=True))
        .where(EVENTS.c.stream != but_not)
        .order_by(EVENTS.c.id.desc())
        .limit(MOST)
    )
    found: dict[str, float] = {}
    for stored in read_rows(session, query, bodies=False):
        event = stored.event
        if isinstance(event, RolloutScored) and event.bundle == bundle and event.score is not None:
            found.setdefault(event.example, event.score)
    return found
