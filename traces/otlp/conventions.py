"""What attributes mean: one table for the conventions that are in use, asked by meaning and not by vendor.

GenAI semantic conventions (and their older forms), OpenInference, MLflow, OpenLLMetry, LangSmith, Langfuse, the
Vercel AI SDK, logfire and pydantic-ai. A new one is a key in these tables. The first key that says something counts,
so the standard comes first. Attributes that no table knows stay in the span and are shown as they are.
"""

import json
import math
from typing import Any, Final, Literal

Attributes = dict[str, Any]
Role = Literal["model", "tool", "agent", "other"]

_ROLE_WORDS: Final[dict[str, Role]] = {
    # GenAI `gen_ai.operation.name`
    "chat": "model", "text_completion": "model", "generate_content": "model", "completion": "model",
    "execute_tool": "tool", "invoke_agent": "agent", "create_agent": "other", "invoke_workflow": "agent",
    # OpenInference, MLflow, OpenLLMetry, LangSmith, Langfuse, in one case
    "llm": "model", "chat_model": "model", "generation": "model", "tool": "tool", "agent": "agent",
    "response": "model",
    # logfire and others name the Vercel SDK's operations so
    "ai.generatetext.dogenerate": "model", "ai.streamtext.dostream": "model", "ai.toolcall": "tool",
    "ai.generatetext": "agent", "ai.streamtext": "agent",
}  # fmt: skip

_ROLE_KEYS: Final = (
    "gen_ai.operation.name", "openinference.span.kind", "mlflow.spanType", "traceloop.span.kind", "llm.request.type",
    "langsmith.span.kind", "langfuse.observation.type", "ai.operationId",
)  # fmt: skip

AGENT: Final = ("gen_ai.agent.name", "agent.name", "agent_name", "mlflow.agentName", "ai.telemetry.functionId")
MODEL: Final = (
    "gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "mlflow.llm.model", "ai.model.id",
    "langfuse.observation.model.name", "embedding.model_name",
)  # fmt: skip
CONVERSATION: Final = (
    "gen_ai.conversation.id", "session.id", "mlflow.trace.session", "langfuse.session.id",
    "langsmith.metadata.thread_id", "langsmith.trace.session_id", "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id", "thread_id", "conversation_id", "group_id",
)  # fmt: skip
INPUT: Final = (
    "gen_ai.input.messages", "input.value", "mlflow.spanInputs", "traceloop.entity.input",
    "langfuse.observation.input", "langfuse.trace.input", "ai.prompt", "gen_ai.prompt",
    "request_data", "input", "prompt", "logfire.msg",
)  # fmt: skip
OUTPUT: Final = (
    "final_result", "gen_ai.output.messages", "output.value", "mlflow.spanOutputs", "traceloop.entity.output",
    "langfuse.observation.output", "langfuse.trace.output", "ai.response.text", "gen_ai.completion", "response_data",
    "output", "response",
)  # fmt: skip
TOOL: Final = ("gen_ai.tool.name", "tool.name", "ai.toolCall.name", "traceloop.entity.name", "logfire.tool_name")
CALL_ID: Final = ("gen_ai.tool.call.id", "tool_call.id", "ai.toolCall.id")
ARGUMENTS: Final = (
    "gen_ai.tool.call.arguments", "tool_arguments", "ai.toolCall.args", "ai.toolCall.input", "input.value",
    "tool.parameters", "mlflow.spanInputs", "traceloop.entity.input", "langfuse.observation.input", "gen_ai.prompt",
    "input",
)  # fmt: skip
RESULT: Final = (
    "gen_ai.tool.call.result", "tool_response", "ai.toolCall.result", "ai.toolCall.output", "output.value",
    "mlflow.spanOutputs", "traceloop.entity.output", "langfuse.observation.output", "gen_ai.completion", "output",
)  # fmt: skip
INSTRUCTIONS: Final = ("gen_ai.system_instructions", "gen_ai.system.instructions", "agent.instructions")
"""Not `llm.system`: that is the provider's name."""
TOOLS: Final = (
    "gen_ai.tool.definitions", "mlflow.chat.tools", "llm.request.functions", "ai.prompt.tools",
    "model_request_parameters",
)  # fmt: skip
SETTINGS: Final = ("llm.invocation_parameters", "mlflow.modelParameters", "langfuse.observation.model.parameters")

_IN: Final = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt",
              "ai.usage.inputTokens", "ai.usage.promptTokens")  # fmt: skip
_OUT: Final = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion",
               "ai.usage.outputTokens", "ai.usage.completionTokens")  # fmt: skip
_CACHED: Final = ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.details.cache_read_tokens",
                  "llm.token_count.prompt_details.cache_read", "gen_ai.usage.cache_read_input_tokens")  # fmt: skip
_COST: Final = ("gen_ai.usage.cost", "operation.cost", "llm.cost.total", "gen_ai.cost.total_cost",
                "langfuse.observation.cost_details.total")  # fmt: skip
_USAGE: Final = ("mlflow.chat.tokenUsage", "langfuse.observation.usage_details")

MOST_TOKENS: Final = 2**40
"""More than this in one reply is no count; sums of such stay far below what a database's integer holds."""

KNOWN_PREFIXES: Final = (
    "llm.input_messages.",
    "llm.output_messages.",
    "llm.tools.",
    "gen_ai.prompt.",
    "gen_ai.completion.",
)
"""Families of flattened keys that are read as messages or tools."""

KNOWN: Final = frozenset(
    {*_ROLE_KEYS, *AGENT, *MODEL, *CONVERSATION, *INPUT, *OUTPUT, *TOOL, *CALL_ID, *ARGUMENTS, *RESULT}
    | {*INSTRUCTIONS, *TOOLS, *SETTINGS, *_IN, *_OUT, *_CACHED, *_COST, *_USAGE}
    | {"events", "all_messages_events", "pydantic_ai.all_messages", "ai.prompt.messages", "ai.response.toolCalls"}
)
"""Keys whose meaning is taken into the ledger's own words; the rest is shown as it is."""


def role(data: dict[str, Any]) -> Role:
    """What kind of step the span is."""
    attributes: Attributes = data.get("attributes", {})
    for key in _ROLE_KEYS:
        word = attributes.get(key)
        if isinstance(word, str) and (found := _ROLE_WORDS.get(word.strip('"').lower())):
            return found
    if "gen_ai.tool.name" in attributes and "gen_ai.request.model" not in attributes:
        return "tool"
    if "gen_ai.request.model" in attributes or "llm.model_name" in attributes:
        return "model"
    return "other"


def is_pending(data: dict[str, Any]) -> bool:
    """Whether the span only announces another one that is not over (logfire): it is kept, and counts for nothing."""
    return bool(data.get("attributes", {}).get("logfire.span_type") == "pending_span")


def text_of(attributes: Attributes, keys: tuple[str, ...]) -> str:
    """The first of these attributes that is a text with something in it; MLflow's quoted ones are unquoted."""
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, str) and value.strip():
            plain = parsed(value) if key.startswith("mlflow.") else value
            return plain if isinstance(plain, str) else value
    return ""


def value_of(attributes: Attributes, keys: tuple[str, ...]) -> Any:
    """The first of these attributes that is there, JSON texts read; None where none is."""
    return parsed(raw_of(attributes, keys))


def raw_of(attributes: Attributes, keys: tuple[str, ...]) -> Any:
    """The first of these attributes that is there, as it was sent; None where none is."""
    for key in keys:
        value = attributes.get(key)
        if value is not None and value != "":
            return value
    return None


def parsed(value: Any) -> Any:
    """The value a text is the JSON of, or the value as it is."""
    if not isinstance(value, str) or not value or value[0] not in '{["tfn-0123456789':
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    # A number or a word alone is more likely what somebody wrote; only quoted texts and structures are JSON.
    return found if isinstance(found, dict | list) or value[0] == '"' else value


def usage(attributes: Attributes) -> tuple[int, int, int, float | None]:
    """(input, output, cached) tokens and US dollars, of one model request."""
    whole = value_of(attributes, _USAGE)
    whole = whole if isinstance(whole, dict) else {}
    found = (
        _tokens(attributes, _IN, whole.get("input_tokens", whole.get("input"))),
        _tokens(attributes, _OUT, whole.get("output_tokens", whole.get("output"))),
        _tokens(attributes, _CACHED, whole.get("cache_read_input_tokens")),
    )
    return *found, _cost(attributes)


def _tokens(attributes: Attributes, keys: tuple[str, ...], otherwise: Any) -> int:
    for value in (*(attributes.get(key) for key in keys), otherwise):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return int(min(max(value, 0), MOST_TOKENS))
    return 0


def _cost(attributes: Attributes) -> float | None:
    told = value_of(attributes, ("mlflow.llm.cost",))
    told = told.get("total_cost") if isinstance(told, dict) else None
    for value in (*(attributes.get(key) for key in _COST), told):
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return min(max(float(value), 0.0), 1e9)
    return None


def conversation(attributes: Attributes) -> str:
    """The conversation the span says it belongs to; LangGraph has it in its metadata."""
    told = text_of(attributes, CONVERSATION)
    if not told and isinstance(more := value_of(attributes, ("metadata",)), dict):
        told = str(more.get("thread_id") or more.get("session_id") or more.get("conversation_id") or "")
    return told


def settings(attributes: Attributes) -> dict[str, Any]:
    """The model settings of a request, by their names in the conventions."""
    told = value_of(attributes, SETTINGS)
    found = dict(told) if isinstance(told, dict) else {}
    start = "gen_ai.request."
    found.update(
        (key[len(start) :], value)
        for key, value in attributes.items()
        if key.startswith(start) and key != "gen_ai.request.model"
    )
    return found


def unknown(attributes: Attributes) -> Attributes:
    """What no table here reads: kept and shown as it came."""
    return {
        key: value
        for key, value in attributes.items()
        if key not in KNOWN and not key.startswith((*KNOWN_PREFIXES, "gen_ai.request.", "gen_ai.usage."))
    }
