"""Facts of an agent's stream: who decided what about its versions, under which rules."""

from typing import Literal

from traces.events.fact import Event, Json
from traces.provenance import Provenance


class DecisionMade(Event):
    """A bundle took one legal step of its life. `shown` is the digest of the evidence that stood for it."""

    BODIES = frozenset({"detail"})
    OUTSIDE = frozenset({"provenance"})
    kind: Literal["decision_made"] = "decision_made"
    agent: str
    bundle: str
    from_state: str | None
    to_state: str
    act: str = ""
    """What it was part of: approve, reject, promote, adopt, roll_back, expire …; empty: a step of its own."""
    previous_live: str | None = None
    shown: str | None = None
    against: str | None = None
    """The live bundle that the evidence was made against."""
    verdict: str = ""
    """What the evidence came to."""
    author: str | None = None
    """Who wrote the bundle: on record with its first step, so that a changed table cannot hide it."""
    authority: int | None = None
    """Seq of the signature under which a machine took a step that is a person's."""
    provenance: Provenance
    detail: dict[str, Json] = {}


class ProposalSigned(Event):
    """A person said yes to a proposal. When there are as many signatures as the rules ask for, it is approved."""

    BODIES = frozenset({"sheet"})
    OUTSIDE = frozenset({"provenance"})
    kind: Literal["proposal_signed"] = "proposal_signed"
    agent: str
    bundle: str
    evidence: str | None
    live: str | None
    """What served when it was signed."""
    sheet: Json = ""
    """The text that stood for the proposal: evidence, word diff, what got better and worse."""
    confirmed: bool = False
    """The person's client sent the digest of what it showed, and it was this."""
    plan: dict[str, Json] = {}
    """What is to happen after the approval, signed with it: `{"promote": "policy"}` lets a machine promote."""
    provenance: Provenance


class GovernanceChanged(Event):
    """The rules for decisions about this agent's versions are others from here on."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["governance_changed"] = "governance_changed"
    agent: str
    policy: dict[str, Json]
    previous: dict[str, Json] | None = None
    """None: the first that were written down."""
    provenance: Provenance
