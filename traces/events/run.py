"""A run's own facts: it began, waited, was handed on, ended."""

from typing import Literal

from traces.events.fact import Event, Json, Origin
from traces.events.rollouts import Arm
from traces.provenance import Provenance


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
    reads_only: bool = False
    """A call that may change something is not made: it is a divergence, and ends the run."""
    metadata: dict[str, Json] = {}
    rollout: str | None = None
    """The rollout that gave the conversation its bundle, where one did."""
    arm: Arm | None = None


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


class RunDelegated(Event):
    """The agent handed a piece of work to another agent, whose run has its own ledger."""

    BODIES = frozenset({"request"})
    OUTSIDE = frozenset({"request"})
    kind: Literal["run_delegated"] = "run_delegated"
    agent: str
    tool: str
    request: str
    child_run_id: str
    hand_off: bool = False
    """Whether its answer is this run's."""


class DelegationEnded(Event):
    """The run below came to its end, as its own ledger says in full; `message` says why where it has no answer."""

    OUTSIDE = frozenset({"message"})
    kind: Literal["delegation_ended"] = "delegation_ended"
    child_run_id: str
    status: str
    message: str = ""


WaitsFor = Literal["outcome_unknown", "approval", "question"]


class RunWaited(Event):
    """The run stopped without an end: a person has to say something first."""

    OUTSIDE = frozenset({"message"})
    kind: Literal["run_waited"] = "run_waited"
    reason: WaitsFor
    ops: list[str]
    message: str


class RunReleased(Event):
    """What a run waited for was said: any worker may go on with it."""

    kind: Literal["run_released"] = "run_released"
    reason: WaitsFor


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
