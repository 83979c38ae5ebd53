"""The capability that makes an agent's run durable, recorded and replayable.

Built on pydantic-ai's public surface for durable engines: each model request, discovery and tool call of an agent
arrives here as one operation and goes through `agents.operations.perform`.
"""

from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

from pydantic_ai import DeferredToolRequests, DeferredToolResults, RunContext
from pydantic_ai.durable_exec import (
    JSON_CODEC,
    BaseDurabilityCapability,
    DurabilityEngineSpec,
    DurableOperation,
    DurableOperationBackend,
    conversation_id_from_run_id,
    durable_unit_scope,
)
from pydantic_ai.messages import (
    AgentStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
    ToolCallPart,
)

from agents.journal import current_journal, find_journal
from agents.operations import perform

AnswerHeld = Callable[[RunContext[Any], DeferredToolRequests], Awaitable[DeferredToolResults | None]]
"""Gives what became of calls that wait for a person, or None where it has nothing to say."""

METADATA_KEY: Final = "strop"
"""Key in a tool's metadata under which `False` says: not an operation (a delegation)."""


class _Bound:
    """One kind of operation of an agent, as pydantic-ai calls it."""

    def __init__(self, operation: DurableOperation[Any, Any, Any]) -> None:
        self._operation = operation

    @property
    def operation(self) -> DurableOperation[Any, Any, Any]:
        return self._operation

    async def __call__(self, params: Any, *, config: object | None = None) -> Any:
        operation = self._operation

        async def body() -> Any:
            with durable_unit_scope():
                return operation.result_codec.dump(await operation.handler(params))

        payload = await perform(current_journal(), operation.operation_id, params, body)
        return operation.result_codec.load(payload)


class JournalBackend(DurableOperationBackend[None]):
    """Sends each operation through `perform`, which knows what to record about it."""

    def bind(self, operation: DurableOperation[Any, Any, Any]) -> Any:
        """Give the caller of one kind of operation."""
        return _Bound(operation)

    def config_for_tool(
        self, operation: DurableOperation[Any, Any, Any], *, tool: Any, tool_name: str
    ) -> Literal[False] | None:
        """Delegations are not operations: the child run has a ledger of its own and is always walked."""
        metadata = tool.tool_def.metadata if tool is not None else None
        return False if metadata and metadata.get(METADATA_KEY) is False else None

    def registrations(self) -> Sequence[Callable[..., object]]:
        """Nothing has to be registered before a worker starts."""
        return ()


class JournalDurability(BaseDurabilityCapability[Any]):
    """The capability that makes an agent's run durable, recorded and replayable: attach it to each agent.

    Args:
        answer_held: answers calls that are held back until a person decides; None: no call can be.
    """

    engine_spec: ClassVar[DurabilityEngineSpec] = DurabilityEngineSpec(
        engine_name="Strop",
        durable_unit_noun="operation",
        durable_container_noun="run",
        codec=JSON_CODEC,
        wrapped_toolset_kinds=frozenset({"function", "mcp", "dynamic"}),
        # A server is connected to by the first operation that really needs it: a replayed run starts none.
        toolset_lifecycles={
            "function": "enter-always",
            "mcp": "enter-in-durable-unit",
            "dynamic": "enter-never",
        },
        journal_discovery=True,
        tool_config_key=METADATA_KEY,
    )

    def __init__(self, answer_held: AnswerHeld | None = None) -> None:
        super().__init__(event_stream_handler=_publish)
        self._backend = JournalBackend()
        self._answer_held = answer_held

    # Here and not in a capability of its own: each one more stands around every step of every run.
    async def handle_deferred_tool_calls(
        self, ctx: RunContext[Any], *, requests: DeferredToolRequests
    ) -> DeferredToolResults | None:
        """Calls that wait for a person: what `answer_held` says of them; where there is none, they end the run."""
        return None if self._answer_held is None else await self._answer_held(ctx, requests)

    @property
    def in_durable_context(self) -> bool:
        """Whether this task works on a run."""
        return find_journal() is not None

    def get_durable_operation_backend(self) -> DurableOperationBackend[Any]:
        """Our backend; it keeps no state of its own."""
        return self._backend

    def get_default_run_id(self) -> str | None:
        """The ledger's run id, so that ids derived from it are the same on each replay."""
        journal = find_journal()
        return None if journal is None else journal.run_id

    def get_default_conversation_id(self, run_id: str) -> str | None:
        """The ledger's conversation id."""
        journal = find_journal()
        return conversation_id_from_run_id(run_id) if journal is None else journal.conversation_id

    async def get_run_start_time(self, run_id: str) -> datetime | None:
        """When the run really started, so that a time limit counts on over a crash."""
        journal = find_journal()
        return None if journal is None else journal.started_at


async def _publish(ctx: RunContext[Any], events: AsyncIterable[AgentStreamEvent]) -> None:
    """Pass the pieces of a reply on to whoever looks on, as they come."""
    journal = find_journal()
    async for event in events:
        if journal is None or journal.on_delta is None:
            continue
        match event:
            case (
                PartStartEvent(part=TextPart(content=str(piece)))
                | PartDeltaEvent(delta=TextPartDelta(content_delta=str(piece)))
            ):
                journal.on_delta("text", piece)
            case (
                PartStartEvent(part=ThinkingPart(content=str(piece)))
                | PartDeltaEvent(delta=ThinkingPartDelta(content_delta=str(piece)))
            ):
                journal.on_delta("thinking", piece)
            case PartStartEvent(part=ToolCallPart(tool_name=name)):
                journal.on_delta("tool", name)
            case _:
                pass
