"""What a run did at its steps: it asked a model, it called a tool, a call was held for a person."""

from datetime import datetime
from typing import Literal

from traces.events.fact import Effect, Event, Json
from traces.provenance import Provenance


class ModelRequested(Event):
    """A model was asked. Only messages that no earlier request of the run showed are in `messages`."""

    BODIES = frozenset({"messages", "instructions", "tools", "settings"})
    OUTSIDE = frozenset({"messages"})
    ECHOES = frozenset({"fingerprint"})
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


class GuardrailTripped(Event):
    """What a run was asked, or was about to answer, met a guardrail of its version."""

    kind: Literal["guardrail_tripped"] = "guardrail_tripped"
    name: str
    where: Literal["input", "output"]
    check: Literal["pattern", "kinds", "longer_than"]
    then: Literal["refuse", "retry"]
    """`retry`: the model was told so and asked again. `refuse`: nobody was shown it."""
    say: str = ""
    """Why, as the version says it."""


class ApprovalRequested(Event):
    """A call was held back: a person has to allow it first. `digest` names the arguments that are asked about."""

    BODIES = frozenset({"arguments"})
    OUTSIDE = frozenset({"arguments"})
    ECHOES = frozenset({"digest"})
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
    ECHOES = frozenset({"digest"})
    kind: Literal["approval_decided"] = "approval_decided"
    decision: Literal["approve", "deny", "expire"]
    digest: str
    arguments: Json = None
    """What is sent instead, where the person changed the arguments."""
    provenance: Provenance


class QuestionAsked(Event):
    """A tool server had a question to the person behind a call. The call ended with it; the answer makes it again."""

    BODIES = frozenset({"form"})
    OUTSIDE = frozenset({"message", "form", "url"})
    ECHOES = frozenset({"digest"})
    kind: Literal["question_asked"] = "question_asked"
    call_op: str
    """The operation of the call that ended with the question."""
    tool: str
    server: str
    message: str
    form: Json = None
    """JSON schema of what is to be filled in; None where a page is to be visited."""
    url: str | None = None
    digest: str
    expires_at: datetime


class QuestionAnswered(Event):
    """A person answered a server's question, or nobody did in time. Once only."""

    BODIES = frozenset({"content"})
    OUTSIDE = frozenset({"content", "provenance"})
    kind: Literal["question_answered"] = "question_answered"
    action: Literal["accept", "decline", "cancel"]
    content: Json = None
    provenance: Provenance
