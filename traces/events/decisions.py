"""Facts of an agent's stream: who decided what about its versions."""

from typing import Literal

from traces.events.fact import Event, Json
from traces.provenance import Provenance


class DecisionMade(Event):
    """A bundle took one legal step of its life. `shown` is the digest of the evidence the person saw."""

    BODIES = frozenset({"detail"})
    OUTSIDE = frozenset({"provenance"})
    kind: Literal["decision_made"] = "decision_made"
    agent: str
    bundle: str
    from_state: str | None
    to_state: str
    previous_live: str | None = None
    shown: str | None = None
    provenance: Provenance
    detail: dict[str, Json] = {}
