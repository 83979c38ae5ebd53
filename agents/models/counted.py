"""How many replies models gave to this process: the other side of the account that the ledger must agree with."""

import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext

from agents.models import engine

_lock = threading.Lock()
_count = 0


def replies_served() -> int:
    """Replies that came to their end, from the embedded engines' own count and from every other model."""
    return engine.replies_served() + _count


class Counted(WrapperModel):
    """A served model whose finished replies are counted. The embedded engine counts for itself."""

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Ask on, then count."""
        response = await super().request(messages, model_settings, model_request_parameters)
        _one_more()
        return response

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Ask on; a stream that was read without an error is a reply."""
        async with super().request_stream(messages, model_settings, model_request_parameters, run_context) as stream:
            yield stream
        _one_more()


def _one_more() -> None:
    global _count
    with _lock:
        _count += 1
