"""Questions of a tool server to the person behind a call (MCP's elicitation): whose they are, and their answers.

A question ends the call that it was asked in. When a person has answered, the call is made again, the server asks
again, and gets the recorded answer: nothing waits in memory, and a restart loses no question. Prevents: an answer
that reaches another run's call, where many runs share one process of an older protocol, which cannot say who asks.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mcp import MCPError, UrlElicitationRequiredError
from mcp.types import URL_ELICITATION_REQUIRED, ElicitRequestFormParams, ElicitRequestParams, ElicitResult
from pydantic import ValidationError

from tools.errors import ToolServerError
from traces.ids import digest_json

Action = Literal["accept", "decline", "cancel"]

OWNED: Final = "2026-07-28"
"""From this protocol on a question is a part of what its call answers, so that nobody has to find out whose it is."""


@dataclass(frozen=True)
class Question:
    """What a server wants to know. `schema` is the form to be filled in; `url` a page to be visited instead."""

    message: str
    schema: dict[str, Any] | None = None
    url: str | None = None

    @property
    def digest(self) -> str:
        """Names the question: the same words and form are the same question."""
        return digest_json([self.message, self.schema, self.url])

    @staticmethod
    def of(asked: ElicitRequestParams) -> "Question":
        """The question in a request of the protocol."""
        if isinstance(asked, ElicitRequestFormParams):
            return Question(asked.message, schema=dict(asked.requested_schema))
        return Question(asked.message, url=asked.url)


@dataclass(frozen=True)
class Answer:
    """What a person said to a question."""

    action: Action
    content: dict[str, Any] | None = None

    def sent(self) -> ElicitResult:
        """The answer in the protocol's form."""
        return ElicitResult(action=self.action, content=self.content)


DISMISSED: Final = Answer("cancel")
"""What a server is told whose question nobody has answered yet."""

Answers = Mapping[str, tuple[Answer, ...]]
"""Answers on record, by digest of the question: the n-th time it is asked within one call gets the n-th."""


class Asked(Exception):
    """The call ended with a question that nobody has answered yet. What the server said after it does not count."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.message)
        self.question = question


def pages_of(refused: BaseException | None) -> list[Question]:
    """The pages that a call was refused for, because a person has to visit them first; empty: for another reason."""
    if not isinstance(refused, MCPError) or refused.error.code != URL_ELICITATION_REQUIRED:
        return []
    try:
        return [Question.of(page) for page in UrlElicitationRequiredError.from_error(refused.error).elicitations]
    except (ValidationError, TypeError, AttributeError):  # what it names is no page
        return []


def next_page(pages: Sequence[Question], answers: Answers) -> Question | None:
    """The first page that nobody has visited; where all were, the first again. None: a person said no to one."""
    if any(one.action != "accept" for told in answers.values() for one in told):
        return None
    return next((one for one in pages if one.digest not in answers), pages[0])


@dataclass(eq=False)
class Asking:
    """One call that is under way, the answers it brings, and the question it turns out to have."""

    answers: Answers
    question: Question | None = None
    used: dict[str, int] = field(default_factory=dict)

    def answer(self, question: Question) -> Answer | None:
        """The recorded answer whose turn it is, or None: then the call has a question."""
        told = self.answers.get(question.digest, ())
        number = self.used.get(question.digest, 0)
        if number < len(told):
            self.used[question.digest] = number + 1
            return told[number]
        self.question = self.question or question
        return None


_ASKING: ContextVar[Asking | None] = ContextVar("strop_asking", default=None)


class Questions:
    """The calls on one line to a server, and the questions that come back on it.

    A call that brings answers is alone on the line. Where a question comes and several calls are under way, no
    further one is let in, and it is told apart by elimination: those without a question end; of those left, the one
    that ends when a question was dismissed has asked it.
    """

    def __init__(self) -> None:
        self._calls: set[Asking] = set()
        self._open: list[Question] = []
        self._dismissed: Question | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    @asynccontextmanager
    async def call(self, answers: Answers) -> AsyncIterator[None]:
        """Within this the call is made.

        Raises:
            Asked: the server had a question that is not in `answers`.
        """
        mine = Asking(answers)
        await self._until(lambda: self._has_room(mine))
        self._calls.add(mine)
        token = _ASKING.set(mine)
        try:
            yield
            self._claim_dismissed(mine)
        except ToolServerError:
            raise  # nobody knows how far it came
        except Exception:
            self._claim_dismissed(mine)
            if mine.question is None:
                raise
        finally:
            _ASKING.reset(token)
            self._leave(mine)
        if mine.question is not None:
            raise Asked(mine.question)

    def _has_room(self, call: Asking) -> bool:
        if self._open or self._dismissed is not None:
            return False
        return not self._calls if call.answers else not any(other.answers for other in self._calls)

    def _claim_dismissed(self, call: Asking) -> None:
        """A call that came to its end while a question stood dismissed is the one that asked it."""
        if self._dismissed is not None:
            call.question, self._dismissed = call.question or self._dismissed, None

    def _leave(self, call: Asking) -> None:
        self._calls.discard(call)
        if not self._calls:
            self._open.clear()
            self._dismissed = None
        self._tell()

    async def hear(self, message: str, form: Any, asked: ElicitRequestParams, context: Any) -> ElicitResult:
        """Answer a server's question from the record, or dismiss it. The protocol's client calls this."""
        question, mine = Question.of(asked), _ASKING.get()
        if mine is not None and (context.session.protocol_version or "") >= OWNED:
            answer = mine.answer(question)
            if answer is None:
                raise Asked(question)  # ends the call at once: nothing waits at the server
            return answer.sent()
        alone = next((call for call in self._calls if call.answers), None)
        if alone is not None:
            return (alone.answer(question) or DISMISSED).sent()
        if self._dismissed is None:  # else the one that was just dismissed asks on
            self._open.append(question)
            self._tell()
            await self._until(lambda: self._is_next(question))
            if question in self._open:
                self._open.remove(question)
                self._dismissed = question
        return DISMISSED.sent()

    def _is_next(self, question: Question) -> bool:
        if question not in self._open:
            return True  # its call has left meanwhile
        return self._dismissed is None and self._open[0] == question and len(self._open) >= len(self._calls)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            change = asyncio.get_running_loop().create_future()
            self._waiting.add(change)
            try:
                await change
            finally:
                self._waiting.discard(change)

    def _tell(self) -> None:
        for change in self._waiting:
            if not change.done():
                change.set_result(None)
