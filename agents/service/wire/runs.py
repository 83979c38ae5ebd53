"""Runs, their facts, their conversations, and figures over many."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, JsonValue

from agents.service.wire.shape import Key, Shape, Status


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


class CutView(Shape):
    """A body that is shown in part: `GET /v1/runs/{run}/bodies/{digest}?offset={shown}` goes on with it."""

    digest: str
    bytes: int
    """Of its JSON text as UTF-8."""
    shown: int


class PieceView(Shape):
    """A part of a body's JSON text. Offsets are bytes of UTF-8; `next` is where it goes on, null at the end."""

    digest: str
    size: int
    offset: int
    next: int | None
    text: str


def _in_utc(at: datetime) -> datetime:
    """The time on the one clock that all share: each fact of a long run would else have a time zone of its own."""
    return at.astimezone(UTC)


class EventView(Shape):
    """One fact of the ledger. `id` orders all streams (for Last-Event-ID), `seq` this one. What of `data` is named in
    `cut` is a text: the beginning of the JSON that stands there.
    """

    id: int
    stream: str
    seq: int
    kind: str
    step: int | None = None
    op: str | None = None
    attempt: int | None = None
    at: Annotated[datetime, AfterValidator(_in_utc)]
    data: dict[str, Any] = {}
    cut: dict[str, CutView] = {}


class EventPage(Shape):
    """Facts of a stream in order; ask again with `after` = the last seq."""

    items: list[EventView]


class DeltaView(Shape):
    """A piece of a model's reply while it is written, or how far a tool's call is. Not a fact: it is not stored."""

    run_id: str
    kind: Literal["text", "thinking", "tool", "progress"]
    text: str
