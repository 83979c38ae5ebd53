"""The shapes on the wire: what the HTTP service takes and gives. Imports pydantic alone.

This is the one part of the lower rooms that the terminal's app side may see; it must stay light to import. A thing
with many shapes of its own has a module here.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Status = Literal["running", "waiting", "finished", "failed", "cancelled"]

Key = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name that things are looked up by: one line of text that every database can hold."""


class Shape(BaseModel):
    """Base of all shapes: a field that this version does not know is ignored, so that versions may differ."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class AboutView(Shape):
    """Who answers: for the badge that is always in view."""

    service: str = "strop"
    version: str
    workspace: str
    environment: str
    read_only: bool = False
    user: str = ""
    agents: list[str] = []
    last_event_id: int = 0
    beyond: dict[str, str] = {}
    """Open runs that this version of Strop cannot go on with, by id, and why: another version wrote them."""


class MeView(Shape):
    """Who asks, and what that one may: a screen hides the keys that would be refused."""

    name: str
    role: Literal["app", "viewer", "operator", "approver", "admin"]
    permissions: list[str]
    """Of `read`, `run`, `judge`, `operate`, `propose`, `decide`, `roll_back`, `administer`."""
    agents: list[str] | None = None
    """None: all agents; else the ones this token is for."""
    source: Literal["socket", "token", "setting"] = "socket"
    """How it is known: the socket's own user, a token from `strop tokens`, or STROP_TOKEN."""
    expires_at: datetime | None = None


class AgentView(Shape):
    """An agent of the workspace and the bundle that serves it."""

    name: str
    description: str = ""
    model: str
    live: str
    live_source: Literal["definition", "decision"]
    definition_changed: bool = False
    """The file says something else than what the live bundle grew from."""
    tools: list[str] = []
    delegates: list[str] = []
    proposals: int = 0
    head: int = 0
    """Seq of the newest decision about the agent: send it with a decision, so that two people cannot cross."""


class RunView(Shape):
    """One row of the runs list, and the head of a run's page. Cost in US dollars, None: no price known."""

    id: str
    agent: str
    bundle: str
    conversation_id: str
    parent_run_id: str | None = None
    origin: str = "user"
    model: str = ""
    """The one that replied last."""
    status: Status
    started_at: datetime
    ended_at: datetime | None = None
    seconds: float | None = None
    steps: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    divergences: int = 0
    feedback: int = 0
    score: float | None = None
    error: str | None = None
    input: str = ""
    output: str | None = None
    events: int = 0
    erased_at: datetime | None = None
    """When its words were erased: what is left is figures."""


class RunPage(Shape):
    """Runs, newest first; ask again with `after` for the page of older ones, with `before` for that of newer ones."""

    items: list[RunView]
    after: str | None = None
    before: str | None = None


class RunDetail(Shape):
    """One run with its whole answer and the runs it delegated to."""

    run: RunView
    answer: JsonValue = None
    children: list[RunView] = []


class ConversationView(Shape):
    """A conversation: its turns and what they came to, those of delegated runs included in tokens and cost."""

    id: str
    agents: list[str]
    turns: int
    started_at: datetime
    last_at: datetime
    """When its newest turn began."""
    status: Status
    """Of the newest turn."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    last_input: str = ""


class ConversationPage(Shape):
    """Conversations, the one with the newest turn first; ask again with `after` for the next page."""

    items: list[ConversationView]
    after: str | None = None


class ConversationDetail(Shape):
    """One conversation and its turns, oldest first; delegated runs are below their turns (`GET /v1/runs/{id}`)."""

    conversation: ConversationView
    turns: list[RunView]


class FiguresView(Shape):
    """What the runs of one group amount to. Seconds by nearest rank; cost in US dollars, None: no price known."""

    key: str
    runs: int
    errors: int
    conversations: int
    steps: int
    tool_calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None = None
    cost_per_conversation: float | None = None
    judged: int
    score: float | None = None
    p50: float | None = None
    p90: float | None = None
    p99: float | None = None


class StatsView(Shape):
    """Figures over the runs that a query means, by group. With `since` there were too many of them for one answer:
    only those that began since then are counted; `until:` in the query asks for older ones.
    """

    by: str
    query: str
    since: datetime | None = None
    groups: list[FiguresView]


class StartRun(Shape):
    """Ask an agent something. With `wait` the answer is in the reply, with `stream` the reply is the run's stream;
    otherwise the run is worked on in the background.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: Key
    input: str = Field(min_length=1)
    conversation_id: Key | None = None
    wait: bool = False
    stream: bool = False


class EventView(Shape):
    """One fact of the ledger. `id` orders all streams (for Last-Event-ID), `seq` this one."""

    id: int
    stream: str
    seq: int
    kind: str
    step: int | None = None
    op: str | None = None
    attempt: int | None = None
    at: datetime
    data: dict[str, Any] = {}


class EventPage(Shape):
    """Facts of a stream in order; ask again with `after` = the last seq."""

    items: list[EventView]


class DeltaView(Shape):
    """A piece of a model's reply while it is written, or how far a tool's call is. Not a fact: it is not stored."""

    run_id: str
    kind: Literal["text", "thinking", "tool", "progress"]
    text: str


class EditView(Shape):
    """One field of a correction: its path (`/team`), what the run said there (may be left out), what is right."""

    path: str
    said: JsonValue = None
    right: JsonValue = None


class GiveFeedback(Shape):
    """A judgement on a run or on one of its operations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: float | None = Field(default=None, ge=0, le=1)
    label: str | None = None
    comment: str = ""
    correction: JsonValue = None
    edits: tuple[EditView, ...] = ()
    """The correction field by field; given alone, the correction is made of it."""
    outcome: str | None = None
    op: str | None = None
    by: str = ""
    tier: Literal["reviewer", "customer", "program", "imported"] = "reviewer"


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


class BundleView(Shape):
    """A version: what it is (`content`), where it comes from, and where it stands."""

    digest: str
    agent: str
    state: str
    live: bool = False
    parent: str | None = None
    author: str
    author_kind: str
    note: str = ""
    created_at: datetime
    runs: int = 0
    content: dict[str, Any] = {}
    readable: str = ""
    """The prompt as the model gets it, then every other field, one a line."""


class DiffLineView(Shape):
    """One line of a word diff: (`same` | `removed` | `added`, text) in order."""

    runs: list[tuple[Literal["same", "removed", "added"], str]]


class FlipView(Shape):
    """One sealed example on which the two versions disagree."""

    example: str
    input: str = ""
    expected: JsonValue = None
    before: JsonValue = None
    after: JsonValue = None
    run_before: str | None = None
    run_after: str | None = None


class SignatureView(Shape):
    """One person's yes."""

    by: str
    role: str = ""
    reason: str = ""
    at: datetime


class ProposalView(Shape):
    """A bundle that waits for a person's decision, with the evidence to be shown."""

    bundle: BundleView
    incumbent: str
    stale: bool = False
    """The live bundle is no longer the one it was proven against."""
    verdict: str = ""
    evidence_digest: str | None = None
    evidence: dict[str, Any] = {}
    """The whole evidence as `optimizer.evidence.Evidence` writes it."""
    summary: str = ""
    """The evidence as a plain table for people."""
    got_better: list[FlipView] = []
    got_worse: list[FlipView] = []
    head: int = 0
    """Seq of the newest decision about the agent: send it with a decision, so that two people cannot cross."""
    signatures: list[SignatureView] = []
    approvals: int = 1
    """How many signatures the agent's rules ask for."""
    sheet: str = ""
    """All that a person decides on, as one text; only with a single proposal."""
    sheet_digest: str = ""
    """Send it back with the decision when this was on the screen."""


class Decide(Shape):
    """A person's decision on a proposal. `shown` is the digest of the evidence that was on the screen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["approve", "reject"]
    reason: str = Field(min_length=1)
    by: str = ""
    shown: str | None = None
    incumbent: str | None = None
    """The live digest the person saw; another one now is a conflict (409)."""
    head: int | None = None
    """The `head` of the proposal as the person saw it; a newer decision is a conflict (409) that says which."""
    sheet: str | None = None
    """The proposal's `sheet_digest`, when that text was on the screen; another one now is a conflict (409)."""


class RollBack(Shape):
    """Take the live bundle back, to the one before it or to `to`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = Field(min_length=1)
    by: str = ""
    to: Key | None = None
    live: str | None = None
    """The live digest the person saw; another one now is a conflict (409)."""
    head: int | None = None
    """The agent's `head` as the person saw it; a newer decision is a conflict (409) that says which."""


class ArmView(Shape):
    """One arm of a rollout, as far as its conversations are counted."""

    bundle: str
    conversations: int = 0
    """Given to this arm so far."""
    counted: int = 0
    """Of these, what came of them is known."""
    means: dict[str, float] = {}
    """By metric: quality from 0 to 1, errors and safety as a rate, cost in US dollars, seconds for latency."""


class AlarmView(Shape):
    """One always-valid test of a rollout. An alarm is not taken back by later conversations."""

    name: str
    metric: str
    alpha: float
    """Its part of the error budget."""
    z: float | None = None
    """How far the candidate is off, in standard deviations; positive is the side of the alarm."""
    needed: float | None = None
    """What z would have had to be at the last look."""
    alarm: bool = False


class ShadowView(Shape):
    """What the candidate did beside the live version; nobody saw its answers."""

    runs: int = 0
    failed: int = 0
    diverged: int = 0
    """Made a call that the recording cannot answer."""
    same: int = 0
    """Gave the same answer as the live version."""
    cost: float | None = None
    live_cost: float | None = None
    seconds: float | None = None
    live_seconds: float | None = None


class RolloutView(Shape):
    """A version that meets real conversations: how many it gets, what came of them, and what the tests say."""

    id: str
    agent: str
    mode: Literal["shadow", "canary", "ab"]
    state: Literal["running", "exposed", "ended"]
    """`exposed`: the candidate had all the conversations it may have; what is open is waited for."""
    outcome: Literal["rolled_back", "promoted", "stopped"] | None = None
    verdict: Literal["none yet", "worse", "better", "unharmed", "undecided"] = "none yet"
    reasons: list[str] = []
    share: float
    """Of new conversations, to the candidate."""
    exposure: int
    exposed: int
    promote: Literal["person", "better", "unharmed"] = "person"
    """Who takes it live: a person, or the watch under the plan that a person signed."""
    candidate: ArmView
    control: ArmView
    difference: float | None = None
    """Quality of the candidate less that of the control."""
    interval: tuple[float, float] | None = None
    """95 % interval of the difference, good for one look."""
    tests: list[AlarmView] = []
    shadow: ShadowView | None = None
    plan: dict[str, Any] = {}
    started_at: datetime
    started_by: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""


class StartRollout(Shape):
    """Let a version meet real conversations. What is left out is the usual plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: Key
    candidate: Key
    """Digest of the version, or its first characters."""
    control: Key | None = None
    """What it is compared with; default what is live."""
    mode: Literal["shadow", "canary", "ab"] = "canary"
    plan: dict[str, JsonValue] = {}
    reason: str = Field(min_length=1)
    by: str = ""
    live: str | None = None
    """The live digest the person saw; another one now is a conflict (409)."""


class ChangeRollout(Shape):
    """Give the candidate more or fewer conversations from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float | None = Field(default=None, gt=0, lt=1)
    exposure: int | None = Field(default=None, ge=1)
    reason: str = Field(min_length=1)
    by: str = ""


class EndRollout(Shape):
    """A person's word on a rollout: take the candidate live, or take it back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["promote", "stop"]
    reason: str = Field(min_length=1)
    by: str = ""


class ToolChangeView(Shape):
    """One tool that is not as it was pinned."""

    tool: str
    change: Literal["added", "removed", "description", "parameters", "annotations"]
    before: JsonValue = None
    after: JsonValue = None
    diff: list[DiffLineView] = []
    """Word by word, for texts."""


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


class AcceptDrift(Shape):
    """A person lets a version go on with what its server offers now. `found` is the digest that was on the screen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: Key
    found: Key
    reason: str = Field(min_length=1)
    by: str = ""


class NightView(Shape):
    """One night of the optimizer, as far as it has come."""

    id: str
    agent: str
    incumbent: str
    started_at: datetime
    because: str = ""
    """Why it was run; empty: a person asked."""
    ended_at: datetime | None = None
    stage: str = ""
    message: str = ""
    verdict: str | None = None
    proposal: str | None = None
    reasons: list[str] = []
    rollouts: int = 0


class Problem(Shape):
    """An error as problem+json (RFC 9457); `hint` says what to do next."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    hint: str = ""
    position: int | None = None
    """Where in a query of the filter language the mistake is, in characters from 1."""
