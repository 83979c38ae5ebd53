"""An agent's decision stream, read once and folded: states, what is live, who signed what, which rules are in force.

The tables of the registry are this fold, kept for speed; `agents.prompts.proof` holds the two against each other.
Prevents: a question about the past that is answered from a column somebody could have changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from agents.prompts.governance import Governance, Ground
from agents.prompts.lifecycle import State
from traces.events import DecisionMade, GovernanceChanged, ProposalSigned
from traces.ids import short
from traces.provenance import Provenance
from traces.store import StoredEvent, read_recorded

KINDS: Final = ("decision_made", "proposal_signed", "governance_changed")
"""What moves a decision stream's head: facts after which a person's screen is yesterday's."""


def decisions_stream(agent: str) -> str:
    """Name of the ledger stream that holds an agent's decisions."""
    return f"decisions_{agent}"


@dataclass(frozen=True)
class Signature:
    """One person's yes to a proposal. `seq` is its place in the stream."""

    seq: int
    at: datetime
    event: ProposalSigned

    @property
    def by(self) -> Provenance:
        """Who."""
        return self.event.provenance


@dataclass
class Life:
    """What is on record about one bundle."""

    state: State = "draft"
    author: str | None = None
    evidence: str | None = None
    """Digest of the newest evidence beside it."""
    served: bool = False
    """Whether it was ever live."""
    ground: Ground | None = None
    """What its newest evaluation or proposal stands on."""
    signatures: list[Signature] = field(default_factory=list)
    """Those on the newest proposal."""
    evidence_at: dict[str, datetime] = field(default_factory=dict)
    """When each evidence was first put beside it."""


@dataclass
class Record:
    """The fold. `live` is None before the first version; `head` is the seq of the newest fact."""

    agent: str
    head: int = 0
    live: str | None = None
    rules: Governance | None = None
    """None: none were ever written down."""
    lives: dict[str, Life] = field(default_factory=dict)
    steps: list[tuple[int, datetime, DecisionMade]] = field(default_factory=list)
    facts: list[StoredEvent] = field(default_factory=list)

    def of(self, bundle: str) -> Life:
        """What is on record about a bundle; a fresh draft where nothing is."""
        return self.lives.get(bundle) or Life()

    def signers(self, bundle: str) -> list[Provenance]:
        """Who signed its present proposal, in order."""
        return [one.by for one in self.of(bundle).signatures]

    def told_since(self, head: int, bundle: str | None = None) -> list[str]:
        """What was decided after `head` (about one bundle), one line each: for who comes second."""
        newer = [one for one in self.facts if one.seq > head]
        return [told(one) for one in newer if bundle is None or getattr(one.event, "bundle", None) == bundle]

    def add(self, stored: StoredEvent) -> None:
        """Take in the next fact of the stream."""
        self.head = stored.seq
        self.facts.append(stored)
        match stored.event:
            case DecisionMade() as step:
                self._step(stored.seq, stored.at, step)
            case ProposalSigned(bundle=bundle) as event:
                self.lives.setdefault(bundle, Life()).signatures.append(Signature(stored.seq, stored.at, event))
            case GovernanceChanged(policy=policy):
                self.rules = Governance.model_validate(policy)
            case _:
                pass

    def _step(self, seq: int, at: datetime, step: DecisionMade) -> None:
        life = self.lives.setdefault(step.bundle, Life())
        life.state = step.to_state  # type: ignore[assignment]
        life.author = life.author or step.author
        life.evidence = step.shown or life.evidence
        if step.shown is not None:
            life.evidence_at.setdefault(step.shown, at)
        if step.to_state in {"proposed", "evaluated"}:
            life.signatures = []
        if step.to_state in {"evaluated", "proposed"}:
            made_at = None if step.shown is None else life.evidence_at[step.shown]
            life.ground = Ground(step.shown, step.verdict, made_at, step.against, at)
        if step.to_state == "live":
            life.served, self.live = True, step.bundle
        elif self.live == step.bundle:
            self.live = None
        self.steps.append((seq, at, step))


def told(stored: StoredEvent, *, when: bool = True) -> str:
    """One decision as a line: who, what, when, why."""
    match stored.event:
        case DecisionMade() as step:
            what = f"took {short(step.bundle)} from {step.from_state or 'nothing'} to {step.to_state}"
        case ProposalSigned(bundle=bundle):
            what = f"signed {short(bundle)}"
        case _:
            what = "changed the rules"
    by: Provenance = stored.event.provenance  # type: ignore[attr-defined]
    why = f" ({by.reason})" if by.reason else ""
    at = f" on {stored.at:%Y-%m-%d %H:%M:%S} UTC" if when else ""
    return f"{by.by} {what}{at}{why}"


def fold(agent: str, facts: Sequence[StoredEvent]) -> Record:
    """What these facts of the agent's decision stream amount to, in their order."""
    record = Record(agent)
    for stored in facts:
        record.add(stored)
    return record


def find_rules(session: Session, agent: str) -> Governance | None:
    """The rules on record for the agent, or None: without reading its other decisions, for a run asks it."""
    stream = decisions_stream(agent)
    found = read_recorded(session, [stream], ["governance_changed"])[stream]
    last = found[-1].event if found else None
    return Governance.model_validate(last.policy) if isinstance(last, GovernanceChanged) else None


def read_record(session: Session, agent: str) -> Record:
    """The agent's decisions, folded. Large bodies (evidence in words, what was shown) are not loaded."""
    stream = decisions_stream(agent)
    return fold(agent, read_recorded(session, [stream], KINDS, bodies=False)[stream])
