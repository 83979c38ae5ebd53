"""What a caller sees of lists and streams: the agents its token is for, and nothing that belongs to no agent.

Prevents: a list that shows more than its rows would, asked for one by one.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.access.caller import Caller
from agents.prompts.record import decisions_stream
from agents.service.wire import EventView
from traces.events import NightStarted
from traces.store import find_runs, read_streams
from traces.tables import RUNS


class OfAgent(Protocol):
    """Anything that belongs to one agent."""

    @property
    def agent(self) -> str:
        """Its name."""
        ...


T = TypeVar("T", bound=OfAgent)


def seen(caller: Caller, items: Iterable[T]) -> list[T]:
    """Those of these that the caller sees, in their order."""
    return [one for one in items if caller.sees(one.agent)]


def runs_seen(caller: Caller) -> list[sa.ColumnElement[bool]]:
    """The condition over the runs table that leaves what the caller sees."""
    return [] if caller.agents is None else [RUNS.c.agent.in_(sorted(caller.agents))]


def facts_seen(caller: Caller) -> Callable[[Session, Sequence[EventView]], Sequence[EventView]]:
    """Takes a page of facts of all streams to those that the caller sees."""

    def filtered(session: Session, facts: Sequence[EventView]) -> Sequence[EventView]:
        if caller.agents is None:
            return facts
        streams = {fact.stream for fact in facts}
        shown = {decisions_stream(agent) for agent in caller.agents}
        shown |= {run.id for run in find_runs(session, streams).values() if run.agent in caller.agents}
        nights = read_streams(session, (one for one in streams if one.startswith("night_")), ["night_started"])
        shown |= {stream for stream, begun in nights.items() if any(_is_of(caller, one.event) for one in begun)}
        return [fact for fact in facts if fact.stream in shown]

    return filtered


def _is_of(caller: Caller, event: Any) -> bool:
    return isinstance(event, NightStarted) and caller.sees(event.agent)
