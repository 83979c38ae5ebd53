"""The embedded model as a pydantic-ai model: any agent runs on it unchanged, streamed or not.

Owns the translation both ways: a request becomes chat messages and a grammar, the forced reply becomes a
thinking part and a tool call or a text. A reply cut off by `max_tokens` is handed over as far as it came, with
finish reason `length`: pydantic-ai then raises or asks again, and the record keeps what was served.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext, ToolDefinition

from agents.models.catalogue import Weights
from agents.models.completion import MAX_TOKENS, Sampling
from agents.models.engine import Engine, get_engine
from agents.models.grammar import TEXT, ReplyForm, ToolForm
from agents.models.loops import circling
from agents.models.prompt import Prompt, chat_messages, history_instructions
from agents.models.settings import LocalSettings
from agents.models.stream import Ask, LocalStream, stream_reply

REASONING_CHARS = 160


class LocalModelSettings(ModelSettings, total=False):
    """Settings only the embedded model knows; part of a bundle like any model setting."""

    local_reasoning_chars: int
    """The most characters of the forced reasoning field; 0 leaves it out. Default 160 with tools, 0 without."""
    local_reasoning_hint: str
    """What that field is for, in a few words, shown in the form of a reply."""


class LocalModel(Model[None]):
    """Embedded weights behind pydantic-ai's model interface; the engine is loaded at the first request."""

    def __init__(self, weights: Weights, local: LocalSettings, *, settings: ModelSettings | None = None) -> None:
        super().__init__(settings=settings, profile=_profile(min(weights.context, local.context)))
        self.weights = weights
        self.local = local

    @property
    def provider(self) -> None:
        """There is no provider: nothing leaves this process."""
        return None

    @property
    def model_name(self) -> str:
        """`local:NAME`, the string that names it in a definition."""
        return f"local:{self.weights.name}"

    @property
    def model_id(self) -> str:
        """The same: the name already carries its provider."""
        return self.model_name

    @property
    def system(self) -> str:
        """The provider's name in traces."""
        return "local"

    def engine(self) -> Engine:
        """The engine, loading it if need be (seconds; off the event loop, please)."""
        return get_engine(self.local.models_dir / f"{self.weights.name}.gguf", self.local)

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Ask once. Raises `WeightsMissing`, `EngineFailed`."""
        async with self.request_stream(messages, model_settings, model_request_parameters) as stream:
            async for _ in stream:
                pass
            return stream.get()

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Ask once and see the reply grow. Leaving the block early stops the generation."""
        model_settings, params = self.prepare_request(model_settings, model_request_parameters)
        ask = make_ask(messages, model_settings or {}, params)
        pieces = stream_reply(self.engine, ask)
        try:
            yield LocalStream(params, _model_name=self.model_name, _form=ask.form, _pieces=pieces)
        finally:
            await pieces.aclose()


def _profile(context: int) -> ModelProfile:
    return ModelProfile(
        supports_tools=True,
        supports_json_schema_output=True,
        supports_image_input=False,
        supports_document_input=False,
        supports_audio_file_input=False,
        supports_video_input=False,
        supported_native_tools=frozenset(),
        # The chat template is applied to the whole text: `<|im_start|>` in a tool's result would open a turn.
        may_tokenize_special_tokens_in_content=True,
        default_framing_announcement="never",
        context_window=context,
    )


def make_ask(messages: list[ModelMessage], settings: ModelSettings, params: ModelRequestParameters) -> Ask:
    """The engine's request for these messages. Pure."""
    tools, answer = _callable_tools(settings, params), _answer(settings, params)
    form = ReplyForm(
        tools=tuple(ToolForm(tool.name, tool.parameters_json_schema) for tool in tools),
        answer=answer,
        reasoning_chars=int(settings.get("local_reasoning_chars", REASONING_CHARS if tools else 0)),  # type: ignore[call-overload]
    )
    parts = params.instruction_parts
    instructions = [history_instructions(messages)] if parts is None else [part.content for part in parts]
    prompt = Prompt(tuple(instructions), tuple(tools), form, str(settings.get("local_reasoning_hint") or ""))
    return Ask(chat_messages(prompt, messages), _without_circles(form, tools, messages), _sampling(settings))


def _without_circles(form: ReplyForm, tools: list[ToolDefinition], messages: list[ModelMessage]) -> ReplyForm:
    """The form without the tools called in a circle, as long as something else can be done."""
    worn = circling(messages) - {tool.name for tool in tools if tool.kind == "output"}
    left = tuple(tool for tool in form.tools if tool.name not in worn)
    reduced = replace(form, tools=left)
    # An answer in free text would not have the shape that the prompt asks for.
    return form if reduced.free or not (left or form.answer is not None) else reduced


def _callable_tools(settings: ModelSettings, params: ModelRequestParameters) -> list[ToolDefinition]:
    choice = settings.get("tool_choice")
    tools = [*params.declared_function_tools, *params.output_tools]
    if choice == "none":
        return list(params.output_tools)
    if choice == "required":
        return list(params.declared_function_tools) or tools
    if isinstance(choice, list):
        return [tool for tool in tools if tool.name in choice]
    if choice is not None and choice != "auto":
        return [tool for tool in tools if tool.name in choice.function_tools or tool in params.output_tools]
    return tools


def _answer(settings: ModelSettings, params: ModelRequestParameters) -> Any:
    forced = settings.get("tool_choice") == "required" or isinstance(settings.get("tool_choice"), list)
    if forced or not params.allow_text_output:
        return None
    if params.output_mode == "native" and params.output_object is not None:
        return params.output_object.json_schema
    return TEXT


def _sampling(settings: ModelSettings) -> Sampling:
    return Sampling(
        max_tokens=settings.get("max_tokens", MAX_TOKENS),
        temperature=settings.get("temperature", 0.0),
        top_p=settings.get("top_p"),
        top_k=settings.get("top_k"),
        seed=settings.get("seed"),
        stop=tuple(settings.get("stop_sequences", ())),
    )
