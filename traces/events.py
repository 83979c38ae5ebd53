"""The vocabulary of the ledger: one frozen class per fact, in the past tense, joined in one union.

A fact belongs to a *stream*: a run, an agent's decisions, or a night of the optimizer. What may be large
(messages, tool results, evidence) is named in `BODIES`: the recorder stores such a value once, by digest.
Prevents: a fact that only one of resume, view, learning, replay and audit can see.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from traces.provenance import Provenance

Json: TypeAlias = Any
"""JSON-ready data of any shape. Not pydantic's JsonValue: checking every leaf again costs more than the write."""

Effect = Literal["read", "idempotent", "write"]
Origin = Literal["user", "delegation", "evaluation", "otlp"]


class Event(BaseModel):
    """Base of all facts. `op` and `attempt` name the operation a fact is about, where it is about one."""

    model_config = ConfigDict(frozen=True)

    BODIES: ClassVar[frozenset[str]] = frozenset()
    """Fields that may be large: stored once by digest, beside the event."""
    OUTSIDE: ClassVar[frozenset[str]] = frozenset()
    """Fields with words from outside (people, models, tools): `traces.redact` looks at them before they are written.
    What authors wrote (instructions, tools' definitions) is named by digest and stays as it is."""

    op: str | None = None
    """Key of the operation within its stream; one fact of a kind per (op, attempt)."""
    attempt: int = 1
    step: int | None = None
    """Model step of the run, from 1."""
    redacted: dict[str, int] = {}
    """How much was taken out before it was written, by kind."""


# --- a run --------------------------------------------------------------------------------


class RunStarted(Event):
    """A run was accepted: what was asked, of which agent, with exactly which bundle."""

    BODIES = frozenset({"input", "metadata"})
    OUTSIDE = frozenset({"input", "metadata"})
    kind: Literal["run_started"] = "run_started"
    agent: str
    bundle: str
    conversation_id: str
    input: str
    history: list[str] = []
    """Ids of the earlier runs of the conversation, oldest first: their messages are kept by reference."""
    origin: Origin = "user"
    parent_run_id: str | None = None
    parent_op: str | None = None
    replay_of: str | None = None
    """The run whose recorded tool results answer this one's calls (safe evaluation)."""
    metadata: dict[str, Json] = {}


class RunResumed(Event):
    """Another worker, or the same one after a crash, went on with the run."""

    kind: Literal["run_resumed"] = "run_resumed"
    worker: str
    recorded_operations: int


class HistoryTaken(Event):
    """What the run is told of its conversation, where that is not what stood at its start: turns that ended while it
    waited for its own, less those that were left out for want of room.
    """

    kind: Literal["history_taken"] = "history_taken"
    runs: list[str]
    """Ids of the earlier runs whose messages are shown, oldest first."""
    left_out: list[str] = []
    policy: str
    """The rule in words, so that the record can be read without the program."""
    characters: int
    """Size of what is shown, as JSON."""


class ModelRequested(Event):
    """A model was asked. Only messages that no earlier request of the run showed are in `messages`."""

    BODIES = frozenset({"messages", "instructions", "tools", "settings"})
    OUTSIDE = frozenset({"messages"})
    kind: Literal["model_requested"] = "model_requested"
    model: str
    messages: Json = []
    messages_before: int = 0
    instructions: str | None = None
    settings: Json = None
    tools: Json = []
    fingerprint: str
    """Digest of everything the reply depends on; a resumed run that asks something else is stopped."""


class ModelReplied(Event):
    """A model answered: the whole response, reasoning included."""

    BODIES = frozenset({"response"})
    OUTSIDE = frozenset({"response"})
    kind: Literal["model_replied"] = "model_replied"
    model: str
    response: Json
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None
    """US dollars; None where no price is known. An embedded model costs 0 unless the house sets a price."""
    seconds: float
    source_run: str | None = None
    """The run that paid for the reply, where this one did not: a cache hit."""


class ModelFailed(Event):
    """A model call raised. `then`: the error went up to the run, or the same model was asked again, or another."""

    OUTSIDE = frozenset({"message"})
    kind: Literal["model_failed"] = "model_failed"
    model: str
    error: str
    message: str
    seconds: float
    then: Literal["gave_up", "retried", "fell_back"] = "gave_up"


class ToolsListed(Event):
    """A tool server told what it offers."""

    BODIES = frozenset({"tools"})
    kind: Literal["tools_listed"] = "tools_listed"
    server: str
    tools: Json
    digest: str
    source_run: str | None = None


class ToolCalled(Event):
    """A tool call was about to be sent. Written before it is sent: from here on its effect is possible."""

    BODIES = frozenset({"arguments"})
    OUTSIDE = frozenset({"arguments"})
    kind: Literal["tool_called"] = "tool_called"
    tool: str
    server: str
    arguments: Json
    call_id: str
    effect: Effect
    idempotency_key: str


class ToolReturned(Event):
    """A tool call came to an end that the model may see: a result, or a refusal it can react to."""

    BODIES = frozenset({"result"})
    OUTSIDE = frozenset({"result"})
    kind: Literal["tool_returned"] = "tool_returned"
    tool: str
    result: Json
    outcome: Literal["ok", "retry", "failed", "deferred"] = "ok"
    size: int = 0
    """Bytes of the result as JSON."""
    seconds: float = 0.0
    source_run: str | None = None


class ToolFailed(Event):
    """A tool call broke in a way the model must not see as an answer (transport, crash of the server)."""

    OUTSIDE = frozenset({"message"})
    kind: Literal["tool_failed"] = "tool_failed"
    tool: str
    error: str
    message: str
    sent: bool = True
    """False when it is certain that the call never left: then there was no effect."""


class ReplayDiverged(Event):
    """Under replay, a call was made that the recording cannot answer. Counted, never guessed."""

    BODIES = frozenset({"arguments"})
    OUTSIDE = frozenset({"arguments"})
    kind: Literal["replay_diverged"] = "replay_diverged"
    tool: str
    arguments: Json


class OutcomeDecided(Event):
    """A person said what became of a call whose outcome was unknown after a crash."""

    BODIES = frozenset({"result"})
    OUTSIDE = frozenset({"result", "provenance"})
    kind: Literal["outcome_decided"] = "outcome_decided"
    decision: Literal["retry", "done", "abandon"]
    result: Json = None
    provenance: Provenance


class CallRefused(Event):
    """A policy of the house kept a call from being made; the model was told so."""

    BODIES = frozenset({"arguments"})
    OUTSIDE = frozenset({"arguments"})
    kind: Literal["call_refused"] = "call_refused"
    tool: str
    server: str
    arguments: Json
    call_id: str
    reason: str


class ApprovalRequested(Event):
    """A call was held back: a person has to allow it first. `digest` names the arguments that are asked about."""

    BODIES = frozenset({"arguments"})
    OUTSIDE = frozenset({"arguments"})
    kind: Literal["approval_requested"] = "approval_requested"
    tool: str
    server: str
    arguments: Json
    digest: str
    call_id: str
    reason: str = ""
    """Why the house asks, as the policy says it."""
    expires_at: datetime


class ApprovalDecided(Event):
    """It was said whether a held call may be made. Once only, and about the arguments that `digest` names."""

    BODIES = frozenset({"arguments"})
    OUTSIDE = frozenset({"arguments", "provenance"})
    kind: Literal["approval_decided"] = "approval_decided"
    decision: Literal["approve", "deny", "expire"]
    digest: str
    arguments: Json = None
    """What is sent instead, where the person changed the arguments."""
    provenance: Provenance


class RunDelegated(Event):
    """The agent handed a piece of work to another agent, whose run has its own ledger."""

    BODIES = frozenset({"request"})
    OUTSIDE = frozenset({"request"})
    kind: Literal["run_delegated"] = "run_delegated"
    agent: str
    tool: str
    request: str
    child_run_id: str


class RunWaited(Event):
    """The run stopped without an end: a person has to say something first."""

    OUTSIDE = frozenset({"message"})
    kind: Literal["run_waited"] = "run_waited"
    reason: Literal["outcome_unknown", "approval"]
    ops: list[str]
    message: str


class RunReleased(Event):
    """What a run waited for was said: any worker may go on with it."""

    kind: Literal["run_released"] = "run_released"
    reason: Literal["outcome_unknown", "approval"]


class RunFinished(Event):
    """The run gave its final answer."""

    BODIES = frozenset({"output", "closing"})
    OUTSIDE = frozenset({"output", "closing"})
    kind: Literal["run_finished"] = "run_finished"
    output: Json
    closing: Json = []
    """Messages after the last reply: what the next turn of the conversation needs of it."""
    seconds: float


class RunFailed(Event):
    """The run ended without an answer; `message` says why and `hint` what to do."""

    OUTSIDE = frozenset({"message", "hint"})
    kind: Literal["run_failed"] = "run_failed"
    error: str
    message: str
    hint: str = ""
    seconds: float


class RunCancelled(Event):
    """Somebody stopped the run."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["run_cancelled"] = "run_cancelled"
    provenance: Provenance
    seconds: float


class FeedbackGiven(Event):
    """A judgement on a run or one of its steps (`op`), by a person or a program."""

    BODIES = frozenset({"correction", "comment"})
    OUTSIDE = frozenset({"label", "correction", "comment", "outcome", "provenance"})
    kind: Literal["feedback_given"] = "feedback_given"
    feedback_id: str
    score: float | None = Field(default=None, ge=0, le=1)
    label: str | None = None
    correction: Json = None
    """The right answer, in whole or in part: an object of output fields, or a text."""
    comment: str = ""
    outcome: str | None = None
    explicit: bool = True
    tier: Literal["reviewer", "customer", "program", "imported"] = "reviewer"
    provenance: Provenance


# --- a run of another framework, told over OpenTelemetry -------------------------------------


class SpansReceived(Event):
    """A batch of spans of one trace came in. What they amount to is read from them (`traces.otlp.reading`)."""

    BODIES = frozenset({"spans", "sources"})
    OUTSIDE = frozenset({"spans", "sources"})
    kind: Literal["spans_received"] = "spans_received"
    trace_id: str
    index: Json
    """A row a span, in the order of `spans`: what the list of runs is computed from (`traces.otlp.trace.Row`)."""
    about: Json = {}
    spans: Json
    sources: Json = []
    """Resources and scopes; a span's `source` counts them from 0."""


class SpanObserved(Event):
    """A step of another framework that is neither a model request nor a tool call. Read from spans, never written."""

    kind: Literal["span_observed"] = "span_observed"
    name: str
    attributes: dict[str, Json] = {}
    notes: list[Json] = []
    error: str | None = None
    seconds: float


class SpansSent(Event):
    """Runs that ended up to the fact `through` were taken by another backend."""

    kind: Literal["spans_sent"] = "spans_sent"
    target: str
    through: int
    runs: int
    spans: int


# --- an agent's decisions -----------------------------------------------------------------


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


# --- a night ------------------------------------------------------------------------------


class NightStarted(Event):
    """The optimizer began to look for a better bundle."""

    BODIES = frozenset({"settings"})
    kind: Literal["night_started"] = "night_started"
    agent: str
    incumbent: str
    settings: dict[str, Json]
    because: str = ""
    """Why it was run: a schedule, so many judgements; empty: a person asked."""


class NightResumed(Event):
    """A stopped night went on; recorded rollouts are not paid again."""

    kind: Literal["night_resumed"] = "night_resumed"
    recorded_rollouts: int


class StageReached(Event):
    """The night came to a stage of its protocol; `facts` are its figures."""

    BODIES = frozenset({"facts"})
    kind: Literal["stage_reached"] = "stage_reached"
    stage: str
    message: str
    facts: dict[str, Json] = {}


class CandidateFound(Event):
    """A strategy brought a bundle worth trying."""

    kind: Literal["candidate_found"] = "candidate_found"
    bundle: str
    strategy: str
    note: str = ""


class RolloutScored(Event):
    """One bundle was tried once on one example. The key (bundle, example, replica) is never paid twice."""

    BODIES = frozenset({"feedback"})
    OUTSIDE = frozenset({"feedback"})
    kind: Literal["rollout_scored"] = "rollout_scored"
    bundle: str
    example: str
    replica: int
    pool: Literal["reflect", "select", "sealed", "held_out"]
    score: float | None
    """None where the rollout is undecidable (the replay diverged)."""
    feedback: str = ""
    run_id: str | None = None
    diverged: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    seconds: float = 0.0


class SealedOpened(Event):
    """The sealed pool was read once more: every opening is counted."""

    kind: Literal["sealed_opened"] = "sealed_opened"
    bundle: str
    opening: int
    examples: int


class EvidenceWritten(Event):
    """The gate spoke on a candidate: the whole evidence."""

    BODIES = frozenset({"evidence"})
    kind: Literal["evidence_written"] = "evidence_written"
    bundle: str
    verdict: str
    evidence: Json


class NightEnded(Event):
    """The night is over: a proposal, or an honest no."""

    BODIES = frozenset({"facts"})
    kind: Literal["night_ended"] = "night_ended"
    verdict: str
    reasons: list[str]
    proposal: str | None = None
    facts: dict[str, Json] = {}


AnyEvent = Annotated[
    RunStarted
    | RunResumed
    | HistoryTaken
    | ModelRequested
    | ModelReplied
    | ModelFailed
    | ToolsListed
    | ToolCalled
    | ToolReturned
    | ToolFailed
    | ReplayDiverged
    | OutcomeDecided
    | CallRefused
    | ApprovalRequested
    | ApprovalDecided
    | RunDelegated
    | RunWaited
    | RunReleased
    | RunFinished
    | RunFailed
    | RunCancelled
    | FeedbackGiven
    | SpansReceived
    | SpanObserved
    | SpansSent
    | DecisionMade
    | NightStarted
    | NightResumed
    | StageReached
    | CandidateFound
    | RolloutScored
    | SealedOpened
    | EvidenceWritten
    | NightEnded,
    Field(discriminator="kind"),
]

EVENT: TypeAdapter[Any] = TypeAdapter(AnyEvent)
"""Reads any fact from its JSON by its `kind`."""

KINDS: Final = frozenset(str(kind.model_fields["kind"].default) for kind in Event.__subclasses__())
"""The tags of all facts there are."""


def kind_of(event: Event) -> str:
    """The tag under which the fact is stored, such as `tool_called`."""
    return str(type(event).model_fields["kind"].default)
