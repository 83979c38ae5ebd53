"""The vocabulary of the ledger: one frozen class per fact, in the past tense, joined in one union.

A fact belongs to a *stream*: a run, an agent's decisions, a night of the optimizer, what is learned from,
or the audit of what was refused. What may be large (messages, tool results, evidence) is named in `BODIES`: the
recorder stores such a value once, by digest.
A new kind of fact is a class in the module of its stream, named here.
Prevents: a fact that only one of resume, view, learning, replay and audit can see.
"""

from typing import Annotated, Any, Final, Union

from pydantic import Field, TypeAdapter

from traces.events.audit import DecisionRefused, RequestRefused, TokenCreated, TokenRevoked
from traces.events.decisions import DecisionMade, GovernanceChanged, ProposalSigned
from traces.events.drift import DriftAccepted, DriftChecked, DriftFound, ToolsPinned
from traces.events.erasures import ErasureDone, RunsImported, WordsErased
from traces.events.fact import UNASKED, Effect, Event, Json, Origin
from traces.events.feedback import FeedbackGiven, FeedbackWithdrawn, Signal, SignalSeen
from traces.events.learning import (
    ExamplePinned,
    HeldTextDecided,
    JudgeMeasured,
    JudgeScored,
    JudgeVersioned,
    TextHeld,
)
from traces.events.nights import (
    CandidateFound,
    EvidenceWritten,
    NightEnded,
    NightResumed,
    NightStarted,
    RolloutScored,
    SealedOpened,
    StageReached,
)
from traces.events.queues import QueueClosed, QueueOpened
from traces.events.rollouts import (
    Arm,
    ConversationCounted,
    RolloutChanged,
    RolloutEnded,
    RolloutStarted,
    ShadowCompared,
)
from traces.events.run import (
    DelegationEnded,
    HistoryTaken,
    RunCancelled,
    RunDelegated,
    RunFailed,
    RunFinished,
    RunReleased,
    RunResumed,
    RunStarted,
    RunWaited,
)
from traces.events.spans import SpanObserved, SpansReceived, SpansSent
from traces.events.steps import (
    ApprovalDecided,
    ApprovalRequested,
    CallRefused,
    GuardrailTripped,
    ModelFailed,
    ModelReplied,
    ModelRequested,
    OutcomeDecided,
    QuestionAnswered,
    QuestionAsked,
    ReplayDiverged,
    ToolCalled,
    ToolFailed,
    ToolReturned,
    ToolsListed,
)

__all__ = [
    "EVENT",
    "KINDS",
    "UNASKED",
    "ApprovalDecided",
    "ApprovalRequested",
    "Arm",
    "CallRefused",
    "CandidateFound",
    "ConversationCounted",
    "DecisionMade",
    "DecisionRefused",
    "DelegationEnded",
    "DriftAccepted",
    "DriftChecked",
    "DriftFound",
    "Effect",
    "ErasureDone",
    "Event",
    "EvidenceWritten",
    "ExamplePinned",
    "FeedbackGiven",
    "FeedbackWithdrawn",
    "GovernanceChanged",
    "GuardrailTripped",
    "HeldTextDecided",
    "HistoryTaken",
    "Json",
    "JudgeMeasured",
    "JudgeScored",
    "JudgeVersioned",
    "ModelFailed",
    "ModelReplied",
    "ModelRequested",
    "NightEnded",
    "NightResumed",
    "NightStarted",
    "Origin",
    "OutcomeDecided",
    "ProposalSigned",
    "QuestionAnswered",
    "QuestionAsked",
    "QueueClosed",
    "QueueOpened",
    "ReplayDiverged",
    "RequestRefused",
    "RolloutChanged",
    "RolloutEnded",
    "RolloutScored",
    "RolloutStarted",
    "RunCancelled",
    "RunDelegated",
    "RunFailed",
    "RunFinished",
    "RunReleased",
    "RunResumed",
    "RunStarted",
    "RunWaited",
    "RunsImported",
    "SealedOpened",
    "ShadowCompared",
    "Signal",
    "SignalSeen",
    "SpanObserved",
    "SpansReceived",
    "SpansSent",
    "StageReached",
    "TextHeld",
    "TokenCreated",
    "TokenRevoked",
    "ToolCalled",
    "ToolFailed",
    "ToolReturned",
    "ToolsListed",
    "ToolsPinned",
    "WordsErased",
    "kind_of",
]

FACTS: Final = tuple(Event.__subclasses__())
"""Every class of facts: those of the modules imported above, and no others."""

_ANY: Any = Annotated[Union[FACTS], Field(discriminator="kind")]  # noqa: UP007  # made from a tuple

EVENT: TypeAdapter[Any] = TypeAdapter(_ANY)
"""Reads any fact from its JSON by its `kind`."""

_KIND_OF: Final = {kind: str(kind.model_fields["kind"].default) for kind in FACTS}

KINDS: Final = frozenset(_KIND_OF.values())
"""The tags of all facts there are."""


def kind_of(event: Event) -> str:
    """The tag under which the fact is stored, such as `tool_called`."""
    return _KIND_OF[type(event)]
