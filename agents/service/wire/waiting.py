"""What waits for a person: held calls, questions of tool servers, lost calls."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, JsonValue

from agents.service.wire.shape import Shape


class DecideOutcome(Shape):
    """What became of a call whose outcome is unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: str
    decision: Literal["retry", "done", "abandon"]
    result: JsonValue = None
    reason: str = ""
    by: str = ""


class ApprovalView(Shape):
    """A call that was held back. `digest` names the arguments: send it as `shown` with a decision."""

    id: str
    run_id: str
    agent: str
    conversation_id: str
    state: Literal["pending", "approved", "denied", "expired"]
    tool: str
    server: str
    arguments: dict[str, Any] = {}
    digest: str
    reason: str = ""
    """Why the house asks."""
    asked_at: datetime | None = None
    expires_at: datetime
    decided_at: datetime | None = None
    sent: dict[str, Any] | None = None
    """The arguments as the person changed them."""
    by: str = ""
    said: str = ""
    """The reason that was given with the decision."""


class EarlierCall(Shape):
    """A call of the same tool that was sent before: what its arguments usually are."""

    run_id: str
    at: datetime
    arguments: dict[str, Any] = {}


class ApprovalContext(Shape):
    """What a person wants to know before deciding on a held call."""

    input: str = ""
    """What the run was asked."""
    before: str = ""
    """What the agent thought and said in the reply that asks for the call."""
    earlier: list[EarlierCall] = []
    """Newest first."""


class WaitingView(Shape):
    """One thing that waits for a person: a held call, a server's question, a call of unknown outcome, a proposal."""

    kind: Literal["call", "question", "outcome", "proposal"]
    id: str
    """Of a call or a question RUN:NUMBER, of an outcome the run's id, of a proposal the version's digest."""
    agent: str
    since: datetime
    expires_at: datetime | None = None
    told: str = ""
    """What it is, in one line."""
    run_id: str | None = None
    digest: str = ""
    """Of a call: names the arguments, to be sent as `shown`."""


class DecideApproval(Shape):
    """A person's decision on a held call. It is made once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["approve", "deny"]
    reason: str = ""
    by: str = ""
    shown: str | None = None
    """The digest of the arguments the person saw; others now are a conflict (409)."""
    arguments: dict[str, JsonValue] | None = None
    """Sent instead of what the model asked for."""


class QuestionView(Shape):
    """A question of a tool server to the person behind a call. `form` is a JSON schema to be filled in; where there
    is a `url` instead, a page is to be visited and then `accept`ed.
    """

    id: str
    run_id: str
    agent: str
    conversation_id: str
    state: Literal["pending", "accepted", "declined", "cancelled"]
    tool: str
    server: str
    message: str
    form: dict[str, Any] | None = None
    url: str | None = None
    asked_at: datetime
    expires_at: datetime
    content: dict[str, Any] | None = None
    """What was answered."""
    by: str = ""
    said: str = ""
    """The reason that was given with the answer."""


class AnswerQuestion(Shape):
    """A person's answer to a server's question. It is given once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["accept", "decline", "cancel"]
    content: dict[str, JsonValue] | None = None
    """With `accept`: the filled form."""
    reason: str = ""
    by: str = ""
