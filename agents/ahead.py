"""Going on with a long run where it stood, without walking through all its steps again.

A resumed run is walked through from its beginning, each step answered from the record; what a step costs grows with
the steps before it, so a run of a thousand would be walked for half a minute. Here its messages are put together
from the ledger instead, and the agent goes on with the request that comes next. Prevents: a resume that says
something other than a walk would have said. That request's fingerprint covers each message before it; where it does
not fit what is on record, the run is walked through after all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, RetryFeedbackPart, ToolReturnPart

from agents.history import messages_of
from agents.journal import Journal
from agents.operations import chained
from traces.events import ApprovalRequested, CallRefused, Event, ModelReplied, ModelRequested

LEAST_REQUESTS: Final = 20
"""Shorter runs are walked through: it takes a moment, and checks each of their steps."""


OUTPUT_TOOL: Final = "final_result"
"""The tool by which a model gives its answer."""


@dataclass(frozen=True)
class Ahead:
    """Where a run goes on."""

    messages: list[ModelMessage]
    """Of this run, up to and with the request that is made next."""
    before: list[int]
    """For each request, the next one too, the number of messages that were shown before, earlier turns counted."""
    approvals: int
    """Calls in the steps that are left behind which a policy held back or refused."""

    def take(self, journal: Journal) -> None:
        """Put the journal where a walk would have put it."""
        journal.skipped = journal.requests = len(self.before) - 1
        journal.ordinals |= {"model": journal.skipped, "approval": self.approvals}
        first = journal.history_messages
        for start, end in pairwise(self.before):
            journal.chain = chained(journal.chain, self.messages[start - first : end - first])
        journal.seen_messages = self.before[-1]


def find_ahead(events: Sequence[Event], history_messages: int, model_id: str | None) -> Ahead | None:
    """Where a run can go on, or None where it is to be walked through.

    Args:
        events: the run's, in order.
        history_messages: of the earlier turns that it is told of.
        model_id: what pydantic-ai calls the agent's model, and writes on each reply when it has come.
    """
    asked = {event.op: event for event in events if isinstance(event, ModelRequested)}
    count = len(asked)
    replied = {event.op for event in events if isinstance(event, ModelReplied)}
    ops = [f"model/{number}" for number in range(1, count + 1)]
    if count < LEAST_REQUESTS or list(asked) != ops or not replied.issuperset(ops[:-1]):
        return None
    requests = list(asked.values())
    before = [request.messages_before for request in requests]
    if before[0] != history_messages or any(later <= earlier for earlier, later in pairwise(before)):
        return None  # somebody rewrote the history on the way
    last = next(number for number, event in enumerate(events) if event is requests[-1])
    messages = messages_of(list(events[: last + 1]))
    if len(messages) <= before[-1] - history_messages or not _is_plain(messages):
        return None
    for message in messages:
        if isinstance(message, ModelResponse):
            message.model_id = message.model_id or model_id
    looked_at = [event for event in events if isinstance(event, ApprovalRequested | CallRefused)]
    return Ahead(messages, before, len({event.op for event in looked_at if (event.step or 0) < count}))


def _is_plain(messages: list[ModelMessage]) -> bool:
    """Whether nothing is left to be counted on: how often the model may still mend an answer is in no message."""
    requests = [message for message in messages if isinstance(message, ModelRequest)]
    if requests[-1] is not messages[-1]:
        return False
    parts = [part for request in requests for part in request.parts]
    if any(isinstance(part, RetryFeedbackPart) for part in parts):
        return False
    mended = [part for part in parts if isinstance(part, ToolReturnPart) and part.outcome == "retried"]
    return not any(part.tool_name == OUTPUT_TOOL or part in requests[-1].parts for part in mended)
