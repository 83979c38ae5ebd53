"""What a run's ledger says about its operations, in the form that resume and safe evaluation look things up in.

Pure over events: built once from one read of the ledger, then asked by key.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from traces.events import (
    ApprovalDecided,
    ApprovalRequested,
    DelegationEnded,
    Effect,
    Event,
    HistoryTaken,
    ModelReplied,
    ModelRequested,
    OutcomeDecided,
    QuestionAnswered,
    QuestionAsked,
    RunDelegated,
    ToolCalled,
    ToolFailed,
    ToolReturned,
    ToolsListed,
)
from traces.ids import canonical_json

RESULT_OF: Final = "$result_of"
"""In a stored message, {"$result_of": call id} stands for a tool result that is on record as such."""


@dataclass
class Operation:
    """All the ledger says about one operation of a run, over its attempts."""

    op: str
    attempts: int = 0
    fingerprint: str | None = None
    effect: Effect | None = None
    call: ToolCalled | None = None
    result: Any = None
    done: bool = False
    decision: OutcomeDecided | None = None
    safe_to_repeat: bool = False
    """The newest attempt certainly had no effect (it was never sent)."""

    @property
    def unknown(self) -> bool:
        """A write was sent and nobody knows what became of it."""
        return self.call is not None and not self.done and not self.safe_to_repeat and self.effect == "write"


@dataclass
class Held:
    """A call that was held back, and what was said about it."""

    request: ApprovalRequested
    decision: ApprovalDecided | None = None

    @property
    def arguments(self) -> Any:
        """What may be sent: as asked for, or as the person changed it."""
        changed = None if self.decision is None else self.decision.arguments
        return self.request.arguments if changed is None else changed


@dataclass
class Inquiry:
    """A question of a tool server, and what was said to it."""

    question: QuestionAsked
    answer: QuestionAnswered | None = None


@dataclass
class Spent:
    """What was used. Cost in US dollars; what has no known price counts as nothing."""

    steps: int = 0
    tokens: int = 0
    cost: float = 0.0
    tool_bytes: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.steps + other.steps, self.tokens + other.tokens, self.cost + other.cost,
            self.tool_bytes + other.tool_bytes, self.seconds + other.seconds,
        )  # fmt: skip


@dataclass
class Recording:
    """The operations of one run, in order."""

    operations: dict[str, Operation] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Recorded tool results by the model's id of the call."""
    held: dict[str, Held] = field(default_factory=dict)
    """Calls that were held back, by their operation (`approval/1` …)."""
    inquiries: dict[str, Inquiry] = field(default_factory=dict)
    """Questions of tool servers, by their operation (`question/1` …)."""

    spent: Spent = field(default_factory=Spent)
    """What the run has used; the runs below it are not in it."""

    def add(self, event: Event) -> None:
        """Take one more fact in."""
        if event.op is None:
            return
        operation = self.operations.setdefault(event.op, Operation(event.op))
        operation.attempts = max(operation.attempts, event.attempt)
        match event:
            case ModelRequested():
                operation.fingerprint = event.fingerprint
            case ModelReplied():
                operation.result, operation.done = event.response, True
                self.spent.steps += 1
                self.spent.tokens += event.input_tokens + event.output_tokens
                self.spent.cost += event.cost or 0.0
            case HistoryTaken():
                operation.result, operation.done = event.runs, True
            case ToolsListed():
                operation.result, operation.done = event.tools, True
            case ToolCalled():
                operation.call, operation.effect = event, event.effect
                operation.safe_to_repeat, operation.decision = False, None
            case ToolReturned():
                operation.result, operation.done = event.result, True
                self.spent.tool_bytes += event.size
                if operation.call is not None and isinstance(event.result, dict):
                    self.results[operation.call.call_id] = event.result
            case DelegationEnded():
                operation.done = True
            case ToolFailed():
                operation.safe_to_repeat = not event.sent
            case ApprovalRequested():
                self.held[event.op] = Held(event)
            case ApprovalDecided():
                self.held[event.op].decision = event
            case QuestionAsked():
                self.inquiries[event.op] = Inquiry(event)
                # The server itself ended that call with its question; the answer makes it again.
                self.operations.setdefault(event.call_op, Operation(event.call_op)).safe_to_repeat = True
            case QuestionAnswered():
                self.inquiries[event.op].answer = event
            case OutcomeDecided():
                operation.decision = event
                operation.safe_to_repeat = event.decision == "retry"
                if event.decision != "retry":
                    operation.result, operation.done = _decided(event), True
            case _:
                pass

    def find(self, op: str) -> Operation | None:
        """What is on record about the operation, or None when it is new."""
        return self.operations.get(op)

    @property
    def unknown(self) -> list[Operation]:
        """The calls whose outcome only a person can tell."""
        return [operation for operation in self.operations.values() if operation.unknown]

    @property
    def undecided(self) -> list[str]:
        """The held calls that nobody has decided on."""
        return [op for op, held in self.held.items() if held.decision is None]

    @property
    def unanswered(self) -> list[str]:
        """The questions of tool servers that nobody has answered."""
        return [op for op, inquiry in self.inquiries.items() if inquiry.answer is None]

    def answers_for(self, call_op: str) -> list[Inquiry]:
        """The answered questions of one call, in the order in which they were asked."""
        found = self.inquiries.values()
        return [one for one in found if one.question.call_op == call_op and one.answer is not None]

    def find_held(self, call_id: str, step: int | None) -> Held | None:
        """The held call that a call of a model's step is, or None where it was not held back."""
        return next(
            (held for held in self.held.values() if (held.request.call_id, held.request.step) == (call_id, step)),
            None,
        )

    @property
    def finished(self) -> int:
        """How many operations need not be done again."""
        return sum(operation.done for operation in self.operations.values())


def recording_of(events: Iterable[Event]) -> Recording:
    """The recording that a run's events make."""
    recording = Recording()
    for event in events:
        recording.add(event)
    return recording


def _decided(event: OutcomeDecided) -> Any:
    """The tool result that a person's decision stands for, in the form in which results are recorded."""
    if event.decision == "done":
        return {"result": event.result, "kind": "tool_return"}
    who, why = event.provenance.by, event.provenance.reason or "no reason given"
    return {"message": f"The call was abandoned by {who}: {why}. Do not try it again.", "kind": "tool_failed"}


class ReplaySource:
    """Recorded tool results of one real run, for trying another bundle without any side effect.

    A call is answered by (server, tool, canonical arguments), the n-th equal call by the n-th result. A write called
    more often than recorded is a divergence; a read gets its last result again.
    """

    def __init__(self, run_id: str, events: Iterable[Event]) -> None:
        self.run_id = run_id
        self.lists: dict[str, Any] = {}
        self.children: dict[tuple[str, str], list[str]] = {}
        self._results: dict[tuple[str, str, str], list[Any]] = {}
        called: dict[str, ToolCalled] = {}
        for event in events:
            match event:
                case ToolsListed():
                    self.lists.setdefault(event.server, event.tools)
                case ToolCalled(op=str(op)):
                    called[op] = event
                case ToolReturned(op=str(op)) if op in called:
                    self._results.setdefault(_key(called[op]), []).append(event.result)
                case RunDelegated():
                    key = (event.agent, canonical_json(event.request))
                    self.children.setdefault(key, []).append(event.child_run_id)
                case _:
                    pass
        self._used: dict[tuple[str, str, str], int] = {}

    def answer(self, server: str, tool: str, arguments: Any, effect: Effect) -> tuple[bool, Any]:
        """(found, recorded result). Keeps count, so that equal calls get their results in order."""
        key = (server, tool, canonical_json(arguments))
        results = self._results.get(key)
        used = self._used.get(key, 0)
        if not results or (used >= len(results) and effect == "write"):
            return False, None
        self._used[key] = used + 1
        return True, results[min(used, len(results) - 1)]

    def child(self, agent: str, request: str) -> str | None:
        """The recorded run that answered this request to another agent, or None."""
        children = self.children.get((agent, canonical_json(request)))
        return children[0] if children else None


def _key(call: ToolCalled) -> tuple[str, str, str]:
    return call.server, call.tool, canonical_json(call.arguments)
