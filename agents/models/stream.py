"""A reply on its way from the engine's thread to the event loop, as pydantic-ai's stream of parts.

Owns the crossing between thread and loop: the engine is never waited for on the loop, and whoever stops
reading stops the generation.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from pydantic_ai.messages import ModelResponseStreamEvent
from pydantic_ai.models import StreamedResponse
from pydantic_ai.usage import RequestUsage

from agents.models.completion import Cancelled, Completion, Sampling
from agents.models.engine import Engine
from agents.models.errors import EngineFailed
from agents.models.grammar import ReplyForm, reply_grammar
from agents.models.prompt import ChatMessage
from agents.models.reply import BrokenReply, Delta, ReplyReader


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, ready for the engine."""

    messages: list[ChatMessage]
    form: ReplyForm
    sampling: Sampling


async def stream_reply(engine: Callable[[], Engine], ask: Ask) -> AsyncGenerator[str | Completion]:
    """Yield the reply's text as it grows and at last its `Completion`.

    `engine` is called in the worker thread, because loading takes seconds. Closing the generator, or
    cancelling its task, stops the generation. Raises what the engine raises.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | Completion | BaseException] = asyncio.Queue()
    gone = threading.Event()

    def put(item: str | Completion | BaseException) -> None:
        if not gone.is_set():
            loop.call_soon_threadsafe(queue.put_nowait, item)

    def work() -> None:
        try:
            grammar = reply_grammar(ask.form)
            put(engine().complete(ask.messages, sampling=ask.sampling, grammar=grammar, on_text=put, cancelled=gone))
        except Cancelled:
            put(EngineFailed("the engine was closed before the reply was finished"))
        except BaseException as failed:
            put(failed)

    # A thread of its own: waiting for a slot must not use up a pool that others share.
    threading.Thread(target=work, name="embedded-model", daemon=True).start()
    try:
        while True:
            item = await queue.get()
            if isinstance(item, BaseException):
                raise item
            yield item
            if isinstance(item, Completion):
                return
    finally:
        gone.set()


@dataclass
class LocalStream(StreamedResponse):
    """The forced reply as parts: thinking, then a tool call or a text."""

    _model_name: str
    _form: ReplyForm
    _pieces: AsyncGenerator[str | Completion]
    _tool: str = ""
    _called: bool = False
    _call_id: str = field(default_factory=lambda: f"call_{uuid4().hex[:16]}")
    _timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        reader = ReplyReader(answer_is_json=self._form.answer_is_json)
        async for piece in self._pieces:
            if isinstance(piece, Completion):
                self._finish(piece, reader)
            elif self._form.free:
                for event in self._parts_manager.handle_text_delta(vendor_part_id="answer", content=piece):
                    yield event
            else:
                for delta in _read(reader, piece):
                    for event in self._events(delta):
                        yield event

    def _events(self, delta: Delta) -> Iterator[ModelResponseStreamEvent]:
        parts = self._parts_manager
        match delta.kind:
            case "reasoning":
                yield from parts.handle_thinking_delta(vendor_part_id="reasoning", content=delta.text)
            case "answer":
                yield from parts.handle_text_delta(vendor_part_id="answer", content=delta.text)
            case "tool":
                self._tool += delta.text
            case "arguments":
                name = None if self._called else self._tool
                self._called = True
                yield from parts.handle_tool_call_delta_events(
                    vendor_part_id="call", tool_name=name, args=delta.text, tool_call_id=self._call_id
                )

    def _finish(self, completion: Completion, reader: ReplyReader) -> None:
        self._usage = RequestUsage(
            input_tokens=completion.prompt_tokens,
            output_tokens=completion.completion_tokens,
            cache_read_tokens=completion.cached_tokens,
        )
        self.provider_details = {
            "prompt_ms": round(completion.prompt_ms),
            "completion_ms": round(completion.completion_ms),
        }
        self.finish_reason = completion.finish_reason
        if self.finish_reason == "stop" and not self._form.free and not reader.complete:
            raise EngineFailed("the engine ended the reply before it was whole")

    async def close_stream(self) -> None:
        """Stop the generation."""
        await self._pieces.aclose()

    @property
    def model_name(self) -> str:
        """`local:NAME`."""
        return self._model_name

    @property
    def provider_name(self) -> str:
        """The provider's name in traces."""
        return "local"

    @property
    def provider_url(self) -> None:
        """There is none: nothing leaves this process."""
        return None

    @property
    def timestamp(self) -> datetime:
        """When the request was made, UTC."""
        return self._timestamp


def _read(reader: ReplyReader, piece: str) -> list[Delta]:
    try:
        return reader.feed(piece)
    except BrokenReply as broken:
        raise EngineFailed(
            f"the engine did not hold the reply's form: {broken}",
            hint="A tool's schema may hold something its grammar cannot.",
        ) from broken
