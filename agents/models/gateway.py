"""The gateway: every model that is asked was made here. What the house allows, how many at once, what it costs.

From the inside out: the model, its count of replies, how many requests at once, repeated attempts, other models when
it fails, the choice of a cheaper one. Prevents: a model call outside of catalog, budget and record.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pydantic_ai import ConcurrencyLimiter
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelRequest, ModelResponse, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.concurrency import ConcurrencyLimitedModel
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext

from agents.models.attempts import FALLS_BACK, Retried
from agents.models.counted import Counted
from agents.models.errors import ModelNotAllowed
from agents.models.resolve import PREFIX, resolve_model
from agents.models.settings import GatewaySettings, LocalSettings


@dataclass(frozen=True)
class Route:
    """Requests that another, cheaper model is asked first. All conditions that are given must hold.

    `when` is a regular expression looked for in the newest message of the user; `shorter_than` bounds the whole
    request in characters of JSON; `from_step` counts the run's model requests from 1.
    """

    model: str
    when: str | None = None
    shorter_than: int | None = None
    from_step: int = 1

    def takes(self, messages: Sequence[ModelMessage]) -> bool:
        """Whether this request goes that way. Depends on the messages alone, so a replay goes the same way."""
        if self.from_step > 1 and _step(messages) < self.from_step:
            return False
        if self.when is not None and re.search(self.when, _prompt(messages)) is None:
            return False
        return self.shorter_than is None or _length(messages) < self.shorter_than


@dataclass
class Gateway:
    """Makes the models of one process; those of one name share their limit of requests at once."""

    settings: GatewaySettings
    local: LocalSettings
    _limits: dict[str, ConcurrencyLimiter] = field(default_factory=dict)

    def model(self, name: str, *, fallback: Sequence[str] = (), routes: Sequence[Route] = ()) -> Model[Any]:
        """The model of that name, with what stands behind it.

        Args:
            name: a model string.
            fallback: models that are asked, in order, when it fails.
            routes: requests that go to another model first; `name` stands behind each of these too.

        Raises:
            ModelNotAllowed: one of them is not in the catalog of `[models] allowed`.
            ModelNotConfigured, UnknownWeights: one of them cannot be had.
        """
        behind = [name, *fallback]
        if not routes:
            return self._chain(behind)
        ways = [(route, self._chain([route.model, *behind])) for route in routes]
        return Routed(self._chain(behind, always=True), ways)

    def check_allowed(self, name: str) -> None:
        """Stop a model that the house has not allowed; an empty catalog allows all."""
        if self.settings.allowed and not any(fnmatchcase(name, pattern) for pattern in self.settings.allowed):
            raise ModelNotAllowed(name, self.settings.allowed)

    def _chain(self, names: Sequence[str], *, always: bool = False) -> Model[Any]:
        models = [self._one(name, last=index == len(names) - 1) for index, name in enumerate(names)]
        return FallbackModel(*models, fallback_on=FALLS_BACK) if always or len(models) > 1 else models[0]

    def _one(self, name: str, *, last: bool) -> Model[Any]:
        self.check_allowed(name)
        model = resolve_model(name, self.local)
        if not name.startswith(PREFIX):  # the embedded engine counts for itself
            model = Counted(model)
        limit = self._limit(name)
        if limit is not None:
            model = ConcurrencyLimitedModel(model, limit)
        if last and name.startswith(PREFIX):
            return model  # it runs in this process: what failed once fails again
        return Retried(model, name, self.settings.retries, last=last)

    def _limit(self, name: str) -> ConcurrencyLimiter | None:
        pattern = next((one for one in self.settings.concurrency if fnmatchcase(name, one)), None)
        if pattern is None:
            return None
        if pattern not in self._limits:
            self._limits[pattern] = ConcurrencyLimiter(self.settings.concurrency[pattern], name=pattern)
        return self._limits[pattern]


class Routed(WrapperModel):
    """Asks the first way that takes a request, else the usual one."""

    def __init__(self, usual: Model[Any], ways: Sequence[tuple[Route, Model[Any]]]) -> None:
        super().__init__(usual)
        self.ways = tuple(ways)

    def _way(self, messages: Sequence[ModelMessage]) -> Model[Any]:
        return next((model for route, model in self.ways if route.takes(messages)), self.wrapped)

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Ask whom the request goes to."""
        return await self._way(messages).request(messages, model_settings, model_request_parameters)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Ask whom the request goes to, streamed."""
        way = self._way(messages)
        async with way.request_stream(messages, model_settings, model_request_parameters, run_context) as stream:
            yield stream


def _prompt(messages: Sequence[ModelMessage]) -> str:
    """The newest message of the user, as text."""
    for message in reversed(messages):
        if isinstance(message, ModelRequest):
            for part in message.parts:
                if isinstance(part, UserPromptPart):
                    return str(part.content)
    return ""


def _step(messages: Sequence[ModelMessage]) -> int:
    """Which request of its run this is, from 1: replies since the newest message of the user, and one."""
    step = 1
    for message in reversed(messages):
        if isinstance(message, ModelResponse):
            step += 1
        elif any(isinstance(part, UserPromptPart) for part in message.parts):
            break
    return step


def _length(messages: Sequence[ModelMessage]) -> int:
    return len(ModelMessagesTypeAdapter.dump_json(list(messages)))
