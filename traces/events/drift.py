"""Facts of an agent's stream about its tools: what servers offer, against what a version was proven with."""

from typing import Literal

from traces.events.fact import Event, Json
from traces.provenance import Provenance


class ToolsPinned(Event):
    """What a server offered when a version without pins first met it: from here on that is what it is held to."""

    BODIES = frozenset({"tools"})
    kind: Literal["tools_pinned"] = "tools_pinned"
    agent: str
    bundle: str
    server: str
    tools: Json
    digest: str


class DriftFound(Event):
    """A server offers something else than the version was proven with. Recorded once for each listing."""

    BODIES = frozenset({"changes", "tools"})
    kind: Literal["drift_found"] = "drift_found"
    agent: str
    bundle: str
    server: str
    pinned: str
    """Digest of the tools that were pinned."""
    found: str
    """Digest of the tools that the server offers now."""
    changes: list[Json]
    """`{"tool", "change": added | removed | description | parameters | annotations, "before", "after"}`"""
    tools: Json
    """All that the server offers now."""
    policy: Literal["warn", "approve", "block"]
    run_id: str = ""


class DriftChecked(Event):
    """The version was tried again on its tasks with what its server offers now. Reads alone were really made."""

    OUTSIDE = frozenset({"why"})

    kind: Literal["drift_checked"] = "drift_checked"
    agent: str
    bundle: str
    server: str
    found: str
    """Digest of the tools that it was tried with."""
    tasks: int = 0
    """That could be told: a task whose call of a write was not made is not among them."""
    left_out: int = 0
    mean: float | None = None
    before: float | None = None
    """The version's newest known scores on the same tasks from before; None: it was never tried on them."""
    known: int = 0
    """On how many of the tasks that is known."""
    evaluation: str = ""
    """The stream with each task's score."""
    why: str = ""
    """Why nothing could be told."""


class DriftAccepted(Event):
    """A person looked at what a server offers now, and lets the version go on with it."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["drift_accepted"] = "drift_accepted"
    agent: str
    bundle: str
    server: str
    found: str
    provenance: Provenance
