"""Asking a model again after a failure that passes: how often, after how long, and told to whoever keeps the record.

Prevents: attempts that nobody sees. A provider's own client must not repeat in silence (`resolve` turns that off).
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext

from agents.models.errors import ModelError
from agents.models.settings import Retries

FALLS_BACK: Final = (ModelAPIError, ModelError)
"""What another model may be able to do: not reached, refused, no key, no weights."""

PASSING: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""HTTP statuses after which the same request may succeed."""

LONGEST_PAUSE: Final = 30.0
"""Seconds. A provider that asks for more is better left for the next model, or for `strop resume`."""


@dataclass(frozen=True)
class FailedAttempt:
    """One attempt that failed and was followed by another."""

    model: str
    error: Exception
    seconds: float
    then: Literal["retried", "fell_back"]


def pause_of(retries: Retries, attempt: int, error: Exception) -> float:
    """Seconds to wait after that attempt (from 1): as the provider asks, else by chance up to the bound."""
    asked = (error.headers or {}).get("retry-after", "") if isinstance(error, ModelHTTPError) else ""
    if asked.isdigit():
        return float(asked)
    return random.uniform(0, min(LONGEST_PAUSE, retries.seconds * 2 ** (attempt - 1)))


Tell = Callable[[FailedAttempt], None]
_TELL: ContextVar[Tell | None] = ContextVar("strop_attempts", default=None)


@contextmanager
def told_to(tell: Tell) -> Iterator[None]:
    """Within this, `tell` hears of each failed attempt of this task's requests."""
    token = _TELL.set(tell)
    try:
        yield
    finally:
        _TELL.reset(token)


class Retried(WrapperModel):
    """A model that is asked again while its failures are of a passing kind.

    Args:
        wrapped: the model.
        name: what the house calls it.
        retries: how often and after how long.
        last: whether no other model stands behind it.
        pause: waits.
    """

    def __init__(
        self,
        wrapped: Model[Any],
        name: str,
        retries: Retries,
        *,
        last: bool = True,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(wrapped)
        self.name, self.retries, self.last, self._pause = name, retries, last, pause

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Ask until there is a reply, or no hope of one."""
        attempt = 0
        while True:
            attempt, start = attempt + 1, time.monotonic()
            try:
                return await super().request(messages, model_settings, model_request_parameters)
            except FALLS_BACK as error:
                await self._wait_or_raise(error, attempt, start)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Ask until a reply begins. One that breaks in its middle is not begun again: its pieces were seen."""
        attempt = 0
        async with AsyncExitStack() as stack:
            while True:
                attempt, start = attempt + 1, time.monotonic()
                asked = super().request_stream(messages, model_settings, model_request_parameters, run_context)
                try:
                    stream = await stack.enter_async_context(asked)
                    break
                except FALLS_BACK as error:
                    await self._wait_or_raise(error, attempt, start)
            yield stream

    async def _wait_or_raise(self, error: Exception, attempt: int, start: float) -> None:
        pause = pause_of(self.retries, attempt, error)
        again = attempt <= self.retries.times and pause <= LONGEST_PAUSE and _passes(error)
        tell = _TELL.get()
        if tell is not None and (again or not self.last):
            seconds = round(time.monotonic() - start, 6)
            tell(FailedAttempt(self.name, error, seconds, "retried" if again else "fell_back"))
        if not again:
            raise error
        await self._pause(pause)


def _passes(error: Exception) -> bool:
    if isinstance(error, ModelHTTPError):
        return error.status_code in PASSING
    return isinstance(error, ModelAPIError)  # not reached at all
