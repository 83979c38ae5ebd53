"""Asking the reflection model: every question and answer is in the night's stream, and paid from its purse.

Prevents a resumed night from paying for the same thought twice: a question that is on record is answered from there.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelRequest, ModelResponse, UserPromptPart
from pydantic_ai.models import Model

from agents.journal import price_of, seconds_since
from optimizer.loop_thread import LoopThread
from optimizer.night_log import NightLog
from optimizer.purse import Amount, Purse, PurseEmpty
from optimizer.rollouts import CHARS_A_TOKEN
from traces.events import ModelReplied, ModelRequested
from traces.ids import digest_text, short

REPLY_TOKENS = 4000
"""Reserved for a reply before its length is known."""

Price = Callable[[Any], float | None]


class Reflection:
    """The reflection model with a memory. `__call__(question) -> answer`; equal questions are asked n times anew.

    Args:
        log: the night's stream.
        model: a strong model.
        purse: shared with the rollouts.
        thread: where the model's connections live.
        calls: the most questions of one night.
        name: what the questions are for, as their operations are called.
        again: whether an equal question is asked anew each time; else the first answer stands.
    """

    def __init__(
        self, log: NightLog, model: Model[Any], purse: Purse, thread: LoopThread, *, calls: int,
        name: str = "reflect", again: bool = True,
    ) -> None:  # fmt: skip
        self._log = log
        self._model = model
        self._purse = purse
        self._thread = thread
        self._left = calls
        self._for = name
        self._again = again
        self._asked: dict[str, int] = {}
        self._known = {one.op: one for one in log.all(ModelReplied)}

    def __call__(self, question: str) -> str:
        """Ask, or give what is on record.

        Raises:
            PurseEmpty: the purse or the number of questions is spent.
        """
        name = short(digest_text(question))
        self._asked[name] = self._asked.get(name, 0) + 1 if self._again else 1
        op = f"{self._for}/{name}/{self._asked[name]}"
        self._left -= op not in self._known or self._again
        if self._left < 0:
            raise PurseEmpty("the night's questions to the reflection model are used up")
        known = self._known.get(op)
        if known is not None:
            return str(known.response["text"])
        reserved = self._purse.reserve(Amount(len(question) / CHARS_A_TOKEN + REPLY_TOKENS, requests=1))
        paid = Amount(requests=1)
        try:
            replied = self._thread.run(self._ask(op, question))
            paid += Amount(replied.input_tokens + replied.output_tokens, replied.cost or 0.0)
        finally:
            self._purse.settle(reserved, paid)
        self._known[op] = replied
        return str(replied.response["text"])

    async def _ask(self, op: str, question: str) -> ModelReplied:
        fingerprint = digest_text(question)
        asked = ModelRequested(op=op, model=self._model.model_name, messages=[question], fingerprint=fingerprint)
        self._log.append(asked)
        start = time.monotonic()
        response = await asyncio.wait_for(
            model_request(self._model, [ModelRequest(parts=[UserPromptPart(question)])]), timeout=600
        )
        replied = ModelReplied(
            op=op, model=response.model_name or self._model.model_name, response={"text": response.text or ""},
            input_tokens=response.usage.input_tokens, output_tokens=response.usage.output_tokens,
            cost=_price(response, self._model.model_name, seconds_since(start)), seconds=seconds_since(start),
        )  # fmt: skip
        self._log.append(replied)
        return replied


def _price(response: ModelResponse, model: str, seconds: float) -> float | None:
    from pydantic import TypeAdapter

    return price_of(TypeAdapter(ModelResponse).dump_python(response, mode="json"), model, seconds)
