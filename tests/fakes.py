"""Scripted stand-ins for what is slow or paid: a real pydantic-ai model class that says what it was told to say.

Each counts what it was asked, so that a test can prove that nothing was asked twice.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart, UserPromptPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel


@dataclass(frozen=True)
class Call:
    """A reply that calls one tool."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


Turn = str | Call | Exception
"""One reply: a text, a call of a tool, or an error of the model."""

Plan = Callable[[str, int], Turn]
"""(what the user said, number of the reply in this run from 0) -> the reply."""


class ScriptedModel:
    """Answers by plan, in streamed pieces. `served` counts the replies it really gave.

    Args:
        plan: a list of replies (the last one is said again when they run out), or a function.
        gate: when given, each reply waits for it to be set.
    """

    def __init__(self, plan: Sequence[Turn] | Plan, *, gate: asyncio.Event | None = None) -> None:
        self._plan: Plan = plan if callable(plan) else lambda prompt, reply: plan[min(reply, len(plan) - 1)]
        self._gate = gate
        self.served = 0
        self.asked: list[str] = []
        self.begun = asyncio.Event()

    def model(self) -> Model[Any]:
        """The model as pydantic-ai takes it."""
        return FunctionModel(stream_function=self._stream, model_name="scripted")

    async def _stream(self, messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        prompt, reply = _where(messages)
        self.asked.append(prompt)
        self.begun.set()
        turn = self._plan(prompt, reply)
        if isinstance(turn, Exception):
            raise turn
        first, rest = _pieces(turn, reply)
        yield first
        if self._gate is not None:
            await self._gate.wait()
        for piece in rest:
            yield piece
        self.served += 1


def _where(messages: list[ModelMessage]) -> tuple[str, int]:
    """The newest prompt of the user, and how many replies were given since."""
    replies = 0
    for message in reversed(messages):
        if isinstance(message, ModelResponse):
            replies += 1
        if isinstance(message, ModelRequest):
            for part in message.parts:
                if isinstance(part, UserPromptPart):
                    return str(part.content), replies
    return "", replies


def _pieces(turn: str | Call, reply: int) -> tuple[str | DeltaToolCalls, list[str | DeltaToolCalls]]:
    if isinstance(turn, Call):
        # The id is the same on each replay, as a provider's recorded one is.
        call = DeltaToolCall(name=turn.tool, json_args=json.dumps(turn.arguments), tool_call_id=f"call_{reply}")
        return {0: call}, []
    half = max(1, len(turn) // 2)
    return turn[:half], [turn[half:]] if turn[half:] else []


def reply(text: str) -> ModelResponse:
    """A whole reply as a model class gives it."""
    return ModelResponse(parts=[TextPart(text)])


def call(tool: str, **arguments: Any) -> ModelResponse:
    """A whole reply that calls a tool."""
    return ModelResponse(parts=[ToolCallPart(tool, arguments)])
