"""What tool servers offer, and what changed in it."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from agents.service.wire.shape import Key, Shape
from agents.service.wire.versions import DiffLineView


class ToolChangeView(Shape):
    """One tool that is not as it was pinned."""

    tool: str
    change: Literal["added", "removed", "description", "parameters", "annotations"]
    before: JsonValue = None
    after: JsonValue = None
    diff: list[DiffLineView] = []
    """Word by word, for texts."""


class TriedView(Shape):
    """A live version's tasks, played again with what its server offers now; reads alone were really made."""

    tasks: int
    """That could be told."""
    left_out: int = 0
    """That need a call which may change something."""
    mean: float | None = None
    before: float | None = None
    """Its newest scores on the same tasks from before."""
    known: int = 0
    """On how many of them that is known."""
    why: str = ""
    """Why nothing could be told."""


class ToolListView(Shape):
    """What one server offers the live version of an agent, against what the version was proven with."""

    agent: str
    bundle: str
    server: str
    standing: Literal["unpinned", "pinned", "drifted", "accepted"]
    policy: Literal["warn", "approve", "block"] = "warn"
    pinned: str | None = None
    found: str | None = None
    found_at: datetime | None = None
    tools: list[str] = []
    changes: list[ToolChangeView] = []
    tried: TriedView | None = None
    """What trying the version with what is offered now came to; None: it was not tried."""


class AcceptDrift(Shape):
    """A person lets a version go on with what its server offers now. `found` is the digest that was on the screen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: Key
    found: Key
    reason: str = Field(min_length=1)
    by: str = ""
