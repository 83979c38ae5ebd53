"""The playground: one input through several versions and models."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from agents.service.wire.runs import RunView
from agents.service.wire.shape import Key, Shape


class SideAsked(Shape):
    """What is to answer: a version (`bundle`), or whatever serves `agent`; on its own model or on another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str = ""
    bundle: str = ""
    model: str = ""


class StartPlay(Shape):
    """Ask several. With `replay_of` its recorded tool results answer, and its input is taken where none is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: str = ""
    sides: list[SideAsked] = Field(min_length=1, max_length=6)
    replay_of: Key | None = None
    tools: Literal["read", "recorded"] = "read"
    """`read`: what changes nothing is really called; `recorded`: only the recording answers."""
    by: str = ""


class SideView(Shape):
    """One side: its run, the model of its version, and what it answered."""

    run: RunView
    model: str
    note: str = ""
    live: bool = False
    answer: JsonValue = None


class PlayView(Shape):
    """One play; `cost` of all sides in US dollars, None: no price known for any."""

    id: str
    input: str
    tools: Literal["read", "recorded"]
    replay_of: str | None = None
    by: str = ""
    started_at: datetime
    cost: float | None = None
    sides: list[SideView] = []
