"""What is recorded about each operation of a run, and when it is answered from the record instead of being done.

The order is the promise: a tool call is on record before it is sent, its result before the model sees it, a reply
before the next step starts. What is on record is never done again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final, Literal

from pydantic_ai.durable_exec import (
    DurableOperationId,
    ModelRequestId,
    ModelRequestParams,
    ToolsetCallToolId,
    ToolsetCallToolParams,
    ToolsetGetToolsId,
)
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelRequest, ModelResponse, TextPart

from agents.asked_by_tools import answers_of, record_question
from agents.errors import JournalDiverged
from agents.journal import HandedOff, Journal, ReplayMiss, WalkAfterAll, seconds_since, unknown_outcome
from agents.models.attempts import FailedAttempt, told_to
from agents.recording import RESULT_OF
from tools.errors import ToolServerError
from tools.mcp import as_server_error
from tools.questions import Answers, Asked
from tools.results import finite
from traces.events import (
    ModelFailed,
    ModelReplied,
    ModelRequested,
    ReplayDiverged,
    ToolCalled,
    ToolFailed,
    ToolReturned,
    ToolsListed,
)
from traces.ids import canonical_json, digest_json, digest_text

Then = Literal["gave_up", "retried", "fell_back"]
Body = Callable[[], Awaitable[Any]]

CALL_KEY: ContextVar[str] = ContextVar("strop_call_key", default="")
"""The idempotency key of the tool call that this task is sending."""

_VOLATILE: Final = frozenset({"timestamp", "run_id", "conversation_id", "instructions", "instruction_parts", "state"})
"""Parts of a message that differ between a run and its replay, or are recorded once beside it."""

ANSWERS: ContextVar[Answers] = ContextVar("strop_call_answers", default={})  # noqa: B039  # never changed in place
"""What people answered to the questions of the tool call that this task is sending."""

_NOT_SHOWN: Final = {"kind": "tool_failed", "message": "the run stops before its next step"}
"""Stands for the result of a call after which the run stops; no model sees it, and it is not on record."""

_OUTCOMES: Final[dict[str, Literal["ok", "retry", "failed", "deferred"]]] = {
    "model_retry": "retry",
    "validation_error": "retry",
    "tool_failed": "failed",
    "approval_required": "deferred",
    "call_deferred": "deferred",
}


async def perform(journal: Journal, operation: DurableOperationId, params: Any, body: Body) -> Any:
    """Do one operation, or give what is on record of it. Returns the JSON-ready payload."""
    match operation:
        case ModelRequestId():
            return await _request_model(journal, operation, params, body)
        case ToolsetGetToolsId():
            return await _list_tools(journal, operation.toolset_id, body)
        case ToolsetCallToolId():
            return await _call_tool(journal, operation.toolset_id, params, body)
        case _:
            # Argument validation, server instructions, event handlers: no effect outside, so done again on replay.
            return await body()


# --- model requests ----------------------------------------------------------------------------------------------


async def _request_model(journal: Journal, operation: ModelRequestId, params: ModelRequestParams, body: Body) -> Any:
    if isinstance(journal.stopping, HandedOff):
        journal.stopping.closing = _handed_off(journal, params.messages, journal.stopping.output)
    journal.check_stopping()
    op = journal.next_key("model")
    journal.requests += 1
    known = journal.recording.find(op)
    asked = _asked(journal, op, 1 if known is None else known.attempts + 1, operation.model_name, params)
    if known is not None and known.fingerprint not in (None, asked.fingerprint):
        if journal.skipped and journal.requests == journal.skipped + 1:
            raise WalkAfterAll
        raise JournalDiverged(
            f"run {journal.run_id} would now ask the model something else than is recorded at {op!r}",
            hint="Its bundle or Strop's version changed in between; start a new run.",
        )
    if known is not None and known.done:
        return known.result
    key = _cache_key(journal, asked, params)
    cached = journal.cache.find(key) if journal.cache is not None and key is not None else None
    if journal.purse is not None:
        journal.purse.check()
    if cached is not None:
        await journal.announce(asked)
        _show(journal, cached.payload)
        return _replied(journal, asked, cached.payload, 0.0, cached.run_id).response
    replied = await _paid(journal, asked, body)
    if journal.cache is not None and key is not None:
        journal.cache.put(key, journal.run_id, op)
    return replied.response


async def _paid(journal: Journal, asked: ModelRequested, body: Body) -> ModelReplied:
    """Ask, when there is a budget for it; whoever pays is told what it cost."""
    if journal.till is None:
        journal.check_budget()
        await journal.announce(asked)
        start = time.monotonic()
        return _replied(journal, asked, await _answered(journal, asked, body), seconds_since(start), None)
    held = journal.till.reserve(str(journal.about.get("agent", "")))
    replied, sent = None, 0
    try:
        await journal.announce(asked)
        start, sent = time.monotonic(), 1
        replied = _replied(journal, asked, await _answered(journal, asked, body), seconds_since(start), None)
        return replied
    finally:
        more = _attempt(journal, asked) - asked.attempt if sent else 0
        journal.till.settle(held, replied, sent + more)


async def _answered(journal: Journal, asked: ModelRequested, body: Body) -> Any:
    """The model's reply. Each failed attempt is on record, the last one too."""

    def failed(model: str, error: Exception, seconds: float, then: Then = "gave_up") -> None:
        journal.record(
            ModelFailed(
                op=asked.op,
                step=asked.step,
                attempt=_attempt(journal, asked),
                model=model,
                error=type(error).__name__,
                message=str(error)[:2000],
                seconds=seconds,
                then=then,
            )
        )

    def tell(one: FailedAttempt) -> None:
        failed(one.model, one.error, one.seconds, one.then)
        # What follows is the next attempt of the same request, and on record as such.
        journal.recording.operations[str(asked.op)].attempts += 1

    start = time.monotonic()
    try:
        with told_to(tell):
            return await body()
    except asyncio.CancelledError:
        raise
    except Exception as error:
        failed(asked.model, error, seconds_since(start))
        raise


def _attempt(journal: Journal, asked: ModelRequested) -> int:
    return journal.recording.operations[str(asked.op)].attempts


def _replied(
    journal: Journal, asked: ModelRequested, payload: Any, seconds: float, source: str | None
) -> ModelReplied:
    usage = payload.get("usage") or {}
    return journal.keep(
        ModelReplied(
            op=asked.op,
            step=asked.step,
            attempt=_attempt(journal, asked),
            model=payload.get("model_name") or asked.model,
            response=lean(payload),
            input_tokens=usage.get("input_tokens") or 0,
            output_tokens=usage.get("output_tokens") or 0,
            cached_tokens=usage.get("cache_read_tokens") or 0,
            cost=journal.price(payload, journal.model, seconds) if source is None else 0.0,
            seconds=seconds,
            source_run=source,
        )
    )


def lean(reply: Any) -> Any:
    """The reply without what says nothing: a small one has thirty empty fields. Read back, it is the same reply."""
    if not isinstance(reply, dict):
        return reply
    said = {key: value for key, value in reply.items() if value is not None}
    if isinstance(parts := said.get("parts"), list):
        said["parts"] = [{key: value for key, value in part.items() if value is not None} for part in parts]
    if isinstance(usage := said.get("usage"), dict):
        said["usage"] = {key: value for key, value in usage.items() if value}
    return said


def _cache_key(journal: Journal, asked: ModelRequested, params: ModelRequestParams) -> str | None:
    """The name of a request among recorded ones; None where it must be asked."""
    if journal.cache is None:
        return None
    usual = 0.0 if journal.model.startswith("local:") else 1.0
    temperature = (asked.settings or {}).get("temperature")
    if (usual if temperature is None else temperature) > journal.max_temperature:
        return None
    whole = [journal.model, asked.model, _plain(params.messages), asked.instructions, asked.settings, asked.tools]
    return digest_json(whole)


def _show(journal: Journal, payload: dict[str, Any]) -> None:
    """A reply that nobody writes is shown at once to whoever looks on."""
    for part in payload.get("parts") or []:
        if journal.on_delta is not None and part.get("part_kind") == "text":
            journal.on_delta("text", str(part.get("content") or ""))


def _asked(journal: Journal, op: str, attempt: int, model: str, params: ModelRequestParams) -> ModelRequested:
    """The request as a fact: the messages that are new, and a fingerprint over all it depends on."""
    messages = params.messages
    start = max(journal.history_messages, journal.seen_messages)
    if len(messages) < start:  # somebody rewrote the history (compaction): then all of it is new
        start = 0
    new = _plain(messages[start:])
    journal.chain = _link(journal.chain, new)
    journal.seen_messages = len(messages)
    request = params.model_request_parameters
    tools = [
        {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters_json_schema,
            "kind": tool.kind,
        }
        for tool in (*request.function_tools, *request.output_tools)
    ]
    settings = {key: value for key, value in (params.model_settings or {}).items() if _json_ready(value)}
    instructions = _instructions(messages)
    fingerprint = digest_json([model, journal.chain, instructions, settings, tools])
    return ModelRequested(
        op=op,
        attempt=attempt,
        step=journal.requests,
        model=model,
        messages=_without_replies(journal, messages[start:], new),
        messages_before=start,
        instructions=instructions,
        settings=settings,
        tools=tools,
        fingerprint=fingerprint,
    )


def chained(chain: str, messages: list[ModelMessage]) -> str:
    """The running digest after these messages."""
    return _link(chain, _plain(messages))


def _link(chain: str, messages: list[dict[str, Any]]) -> str:
    return digest_text(chain + canonical_json(messages))


def _handed_off(journal: Journal, messages: list[ModelMessage], output: Any) -> list[dict[str, Any]]:
    """What no request of this run showed any more, and the other agent's answer as its last reply."""
    said = output if isinstance(output, str) else canonical_json(output)
    new = messages[max(journal.history_messages, journal.seen_messages) :]
    last = [message for message in new if not isinstance(message, ModelResponse)]  # its replies are on record
    return _plain([*last, ModelResponse(parts=[TextPart(said)])])


def _plain(messages: list[ModelMessage]) -> list[dict[str, Any]]:
    return [_stable(message) for message in ModelMessagesTypeAdapter.dump_python(messages, mode="json")]


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stable(item) for key, item in value.items() if key not in _VOLATILE and item is not None}
    return [_stable(item) for item in value] if isinstance(value, list) else value


def _without_replies(
    journal: Journal, messages: list[ModelMessage], plain: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Only what is not on record yet: replies are, and so are tool results (named by their call)."""
    kept = [data for message, data in zip(messages, plain, strict=True) if not isinstance(message, ModelResponse)]
    return [{**data, "parts": [_by_reference(journal, part) for part in data.get("parts", [])]} for data in kept]


def _by_reference(journal: Journal, part: dict[str, Any]) -> dict[str, Any]:
    call_id = part.get("tool_call_id")
    recorded = journal.recording.results.get(call_id) if call_id else None
    if recorded is None or recorded.get("result") != part.get("content"):
        return part
    return {**part, "content": {RESULT_OF: call_id}}


def _instructions(messages: list[ModelMessage]) -> str | None:
    for message in reversed(messages):
        if isinstance(message, ModelRequest):
            return message.instructions
    return None


def _json_ready(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict)


# --- tools -------------------------------------------------------------------------------------------------------


async def _list_tools(journal: Journal, server: str, body: Body) -> Any:
    op = journal.next_key(f"list/{server}")
    known = journal.recording.find(op)
    if known is not None and known.done:
        return known.result
    source = None
    if journal.replay is not None and server in journal.replay.lists:
        payload, source = journal.replay.lists[server], journal.replay.run_id
    else:
        try:
            payload = await body()
        except asyncio.CancelledError:
            raise
        except ToolServerError:
            raise
        except Exception as error:
            raise as_server_error(server, error) from error
    journal.check_tools(server, payload, source is not None)
    journal.keep(ToolsListed(op=op, server=server, tools=payload, digest=digest_json(payload), source_run=source))
    return payload


async def _call_tool(journal: Journal, server: str, params: ToolsetCallToolParams, body: Body) -> Any:
    step, call_id = journal.step_of(params.ctx), params.ctx.tool_call_id or "call"
    op = journal.next_key(f"tool/{step}/{server}/{params.name}/{call_id}").removesuffix("/1")
    known = journal.recording.find(op)
    if known is not None and known.done:
        return known.result
    if known is not None and known.unknown:
        raise unknown_outcome(journal.run_id, [op])
    if not finite(params.tool_args):
        # Follows from the recorded reply alone, so it is the same on each replay; JSON cannot record the arguments.
        return {"kind": "model_retry", "message": "NaN and Infinity are no JSON numbers: give a number or a text."}
    _check_approved(journal, call_id, step, params.tool_args)
    call = ToolCalled(
        op=op,
        step=step,
        attempt=1 if known is None else known.attempts + 1,
        tool=params.name,
        server=server,
        arguments=params.tool_args,
        call_id=call_id,
        idempotency_key=f"{journal.run_id}:{op}",
        effect=journal.effects(server, params.name, params.tool.tool_def if params.tool else None),
    )
    await _announce(journal, call)
    if journal.replay is not None:
        found, payload = journal.replay.answer(call.server, call.tool, call.arguments, call.effect)
        if found:
            return await _returned(journal, call, payload, 0.0, journal.replay.run_id)
        # What a person would be asked about is not done behind the person's back, not even a look.
        if call.effect != "read" or not journal.live_reads or params.ctx.tool_call_approved:
            journal.record(
                ReplayDiverged(
                    op=call.op, step=call.step, attempt=call.attempt, tool=call.tool, arguments=call.arguments
                )
            )
            raise ReplayMiss(call.tool, journal.origin)
    return await _sent(journal, call, body)


async def _announce(journal: Journal, call: ToolCalled) -> None:
    """Put the call on record before it is sent. Who is stopped in between has sent nothing, and says so."""
    try:
        await journal.announce(call)
    except asyncio.CancelledError as stopped:
        known = journal.recording.find(str(call.op))
        if known is not None and known.call is not None and known.call.attempt == call.attempt:
            journal.record(_failed(call, stopped, sent=False))
        raise


def _failed(call: ToolCalled, error: BaseException, *, sent: bool) -> ToolFailed:
    return ToolFailed(
        op=call.op, step=call.step, attempt=call.attempt, tool=call.tool, error=type(error).__name__,
        message=str(error)[:2000], sent=sent,
    )  # fmt: skip


def _check_approved(journal: Journal, call_id: str, step: int, arguments: Any) -> None:
    """What was held back is sent only as it was allowed."""
    held = journal.recording.find_held(call_id, step)
    if held is not None and digest_json(held.arguments) != digest_json(arguments):
        raise JournalDiverged(
            f"run {journal.run_id} would now call {held.request.tool!r} with other arguments than were allowed",
            hint="Strop's version changed in between; start a new run.",
        )


async def _sent(journal: Journal, call: ToolCalled, body: Body) -> Any:
    start = time.monotonic()
    CALL_KEY.set(call.idempotency_key)
    ANSWERS.set(answers_of(journal.recording, str(call.op)))
    try:
        payload = await body()
    except asyncio.CancelledError:
        raise  # what became of the call is unknown, and the missing result says so
    except Asked as asked:
        record_question(journal, call, asked.question)
        return _NOT_SHOWN
    except Exception as error:
        journal.record(_failed(call, error, sent=getattr(error, "sent", True)))
        if not isinstance(error, ToolServerError):
            raise
        journal.stop_before_next(error)
        return _NOT_SHOWN
    return await _returned(journal, call, payload, seconds_since(start), None)


async def _returned(journal: Journal, call: ToolCalled, payload: Any, seconds: float, source: str | None) -> Any:
    kind = payload.get("kind", "") if isinstance(payload, dict) else ""
    returned = ToolReturned(
        op=call.op, step=call.step, attempt=call.attempt, tool=call.tool, result=payload, seconds=seconds,
        outcome=_OUTCOMES.get(kind, "ok"), size=len(canonical_json(payload)), source_run=source,
    )  # fmt: skip
    if call.effect == "write":
        return (await journal.write(returned)).result
    return journal.keep(returned).result
