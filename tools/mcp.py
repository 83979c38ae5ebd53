"""Connections to MCP servers: how a server of the catalog becomes a toolset.

Each run has a session of its own, opened by its first operation that needs the server; a stdio server's process is
kept between runs. Prevents: a transport failure that reaches the model as a tool's answer, a tool's answer taken for
one, and a call without its idempotency key.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from copy import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, Self, cast

from fastmcp.client import Client
from fastmcp.client.transports import StreamableHttpTransport
from mcp import MCPError
from mcp.types import CONNECTION_CLOSED, REQUEST_TIMEOUT, CallToolResult
from pydantic_ai import ModelRetry, RunContext, ToolFailed
from pydantic_ai.mcp import CallToolFunc, MCPToolset, ToolResult

from tools.catalog import ServerSpec
from tools.credentials import ask_headers
from tools.errors import ToolServerError
from tools.link import Line, Link
from tools.questions import Answers, Asked, next_page, pages_of
from tools.results import Bounds, keep, without

IDEMPOTENCY_KEY: Final = "strop/idempotencyKey"
"""The `_meta` field with each call's key: the same after a crash, so that a server can drop a repeat."""

RUN_ID: Final = "strop/runId"

CONVERSATION_ID: Final = "strop/conversationId"
"""The same through all turns: a server that keeps something for a customer (a basket) keeps it by this."""

PROGRESS_SECONDS: Final = 0.1
"""The shortest time between two reports of one call that are passed on: some servers report each byte."""

_BROKEN_CODES: Final = frozenset({CONNECTION_CLOSED, REQUEST_TIMEOUT})
_SESSION_GONE: Final = "Session terminated"
"""What the SDK says for HTTP 404: the server was restarted and never saw the call."""

Facts = Callable[[RunContext[Any]], Mapping[str, Any]]
Progress = Callable[[str, float, float | None, str | None], None]
"""(tool, how far, of how much, in the server's words): while a call is under way. Not a fact: never stored."""

ProgressOf = Callable[[RunContext[Any]], Progress | None]
AnswersOf = Callable[[RunContext[Any]], Answers]

_PROGRESS: ContextVar[Any] = ContextVar("strop_progress", default=None)


class _Client(Client[Any]):
    """A client that passes each call's progress on to whoever made the call."""

    async def call_tool_mcp(self, *args: Any, **options: Any) -> CallToolResult:
        """Call as usual, with the handler of this task where none is given."""
        options["progress_handler"] = options.get("progress_handler") or _PROGRESS.get()
        result: CallToolResult = await super().call_tool_mcp(*args, **options)
        return result


def open_toolset(
    spec: ServerSpec,
    key_of: Callable[[RunContext[Any]], str],
    *,
    bounds: Bounds,
    log: Path | None = None,
    facts_of: Facts = lambda ctx: {},
    progress_of: ProgressOf = lambda ctx: None,
    answers_of: AnswersOf = lambda ctx: {},
) -> "ServerToolset":
    """A toolset over one server; nothing is started before its first use.

    Args:
        spec: the server's entry in the catalog.
        key_of: gives the idempotency key of the call that a run context is about.
        bounds: what of a result is kept, here at the source: what is recorded is what the model saw.
        log: file that a stdio server's stderr goes to; None leaves it on ours.
        facts_of: what the server's credentials program is told about a run.
        progress_of: gives who hears of a call's progress while it is under way.
        answers_of: gives what people have answered to the questions of the call that a run context is about.
    """
    return ServerToolset(Link(spec, log), key_of, bounds, facts_of, progress_of, answers_of)


class ServerToolset(MCPToolset[Any]):
    """One tool server. The agent holds a template; `for_run` gives each run its own session."""

    def __init__(
        self,
        link: Link,
        key_of: Callable[[RunContext[Any]], str],
        bounds: Bounds,
        facts_of: Facts,
        progress_of: ProgressOf,
        answers_of: AnswersOf,
    ) -> None:
        self.link, self.spec = link, link.spec
        self._key_of, self._bounds, self._facts_of, self._progress_of = key_of, bounds, facts_of, progress_of
        self._answers_of = answers_of
        self._facts: Mapping[str, Any] = {}
        self._secrets = tuple(link.spec.headers.values())
        self._line: Line | None = None
        self._uses = 0
        self._door = asyncio.Lock()
        # The client is made when the session is opened: its headers are the run's. This one is given a transport: to
        # tell what an address is, fastmcp would import its whole server.
        nowhere = Client(StreamableHttpTransport("http://not-connected.invalid"))
        super().__init__(
            nowhere, id=self.spec.name, tool_error_behavior="failed", process_tool_call=self._process
        )  # fmt: skip

    @property
    def tool_name_conflict_hint(self) -> str:
        """What to do when two servers offer a tool of one name."""
        return "Give one of the servers a `prefix` in the agent's `strop: tools:`."

    async def for_run(self, ctx: RunContext[Any]) -> Self:
        """Give one run its own."""
        # Not made anew: MCPToolset looks for optional packages whenever one is made, and that takes milliseconds.
        mine = copy(self)
        vars(mine).pop("_enter_lock", None)
        mine._door = asyncio.Lock()
        mine._facts = self._facts_of(ctx)
        mine.process_tool_call = mine._process
        return mine

    async def __aenter__(self) -> Self:
        """Open the session, or use the open one.

        Raises:
            ToolServerError: it cannot be had within `start_seconds`; nothing was sent.
        """
        async with self._door:
            if self._uses == 0:
                await self._open()
            self._uses += 1
        return self

    async def __aexit__(self, *args: Any) -> None:
        """Leave; the last one out closes the session. A stdio process stays for the next run."""
        async with self._door:
            self._uses -= 1
            if self._uses == 0 and self._line is not None:
                line, self._line = self._line, None
                try:
                    # A session that cannot be closed in order is gone all the same.
                    with suppress(Exception):
                        await super().__aexit__(*args)
                finally:
                    self.link.give_back(line)

    async def _open(self) -> None:
        headers = {**self.spec.headers, **await ask_headers(self.spec, self._facts)}
        self._secrets = _secret_parts(headers)
        line = self.link.take(headers)
        self.client = _Client(
            line.transport, mode=self.spec.protocol, init_timeout=self.spec.start_seconds,
            elicitation_handler=line.questions.hear if self.spec.questions else None,
            # Calls have a bound of their own; this one is for all else, and a start may take longer than a call.
            timeout=max(self.spec.call_seconds, self.spec.start_seconds),
        )  # fmt: skip
        try:
            # One bound over starting, connecting and negotiating: each alone may take the time of the last.
            async with asyncio.timeout(self.spec.start_seconds):
                await super().__aenter__()
        except BaseException as error:
            self.link.spoil(line)
            self.link.give_back(line)
            if isinstance(error, Exception):
                raise as_server_error(self.spec.name, error, self._secrets, self.spec.start_seconds) from error
            raise
        self._line = line

    async def _process(self, ctx: RunContext[Any], call: CallToolFunc, name: str, args: dict[str, Any]) -> ToolResult:
        meta = {
            IDEMPOTENCY_KEY: self._key_of(ctx),
            RUN_ID: ctx.run_id or "",
            CONVERSATION_ID: ctx.conversation_id or "",
        }
        _PROGRESS.set(_reporter(name, self._progress_of(ctx)))
        assert self._line is not None
        try:
            answers = self._answers_of(ctx)
            async with self._line.questions.call(answers):
                return self._kept(await self._answer(call, name, args, meta, answers))
        except ToolFailed as error:
            raise ToolFailed(self._said(error.message)) from error
        except ModelRetry as error:
            raise ModelRetry(self._said(error.message)) from error

    async def _answer(
        self, call: CallToolFunc, name: str, args: dict[str, Any], meta: dict[str, Any], answers: Answers
    ) -> ToolResult:
        """What the tool answered. Whatever else comes out is the server's failure, not the tool's."""
        try:
            return await asyncio.wait_for(call(name, args, metadata=meta), self.spec.call_seconds)
        except ToolFailed:
            raise
        except TimeoutError as error:
            raise self._broken(f"{name!r} gave no answer within {self.spec.call_seconds:g} s") from error
        except ModelRetry as error:
            refused = error.__cause__
            if not _is_broken(refused):
                pages = pages_of(refused) if self.spec.questions else []
                if not pages:
                    raise
                page = next_page(pages, answers)
                if page is None:
                    raise ToolFailed(f"{refused}: the person who was asked did not visit the page") from error
                raise Asked(page) from error
            sent = _SESSION_GONE not in str(refused)
            raise self._broken(f"{name!r}: {_innermost(refused or error)}", sent=sent) from error
        except Exception as error:
            raise self._broken(f"{name!r}: {_innermost(error)}") from error

    def _kept(self, result: ToolResult) -> ToolResult:
        kept: ToolResult = keep(result, Bounds(self._bounds.text, self._bounds.file, self._secrets))
        return kept

    def _said(self, message: str) -> str:
        return str(keep(message, Bounds(self._bounds.text, secrets=self._secrets)))

    def _broken(self, message: str, *, sent: bool = True) -> ToolServerError:
        if self._line is not None:
            self.link.spoil(self._line)
        return ToolServerError(self.spec.name, without(message, self._secrets), sent=sent)


def _reporter(name: str, hear: Progress | None) -> Any:
    """The SDK's progress handler for one call: passes on what is not too soon after the last."""
    if hear is None:
        return None
    last = -PROGRESS_SECONDS

    async def report(progress: float, total: float | None, message: str | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PROGRESS_SECONDS or progress == total:
            last = now
            hear(name, progress, total, message)

    return report


def as_server_error(
    server: str, error: BaseException, secrets: tuple[str, ...] = (), seconds: float | None = None
) -> ToolServerError:
    """The clear form of whatever came out while a server was started or asked what it offers."""
    if isinstance(error, ToolServerError):
        return error
    said = _innermost(error)
    if isinstance(error, TimeoutError) and seconds is not None:
        said = f"it did not come up within {seconds:g} s"
    return ToolServerError(server, without(said, secrets), sent=False)


async def offered_by(spec: ServerSpec, log: Path | None = None) -> list[dict[str, Any]]:
    """What a server offers, as a run's record keeps it; it is started and stopped for this.

    Raises:
        ToolServerError: it cannot be had, or does not say.
    """
    toolset = open_toolset(spec, lambda ctx: "", bounds=Bounds(1_000_000), log=log)
    # Of its context this asks one thing alone, how often a call may be mended; and no call is made here.
    context = cast(RunContext[Any], SimpleNamespace(max_retries=0))
    try:
        async with toolset:
            found = [tool.tool_def for tool in (await toolset.get_tools(context)).values()]
    except Exception as error:
        raise as_server_error(spec.name, error) from error
    finally:
        await close_toolset(toolset)
    return [
        {
            "name": one.name, "description": one.description, "parameters_json_schema": one.parameters_json_schema,
            "metadata": one.metadata,
        }
        for one in found
    ]  # fmt: skip


async def close_toolset(toolset: ServerToolset) -> None:
    """End a kept stdio process."""
    await toolset.link.close()


def _secret_parts(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Header values, and what follows the scheme in `Bearer TOKEN`: longest first, so that no rest of one stays."""
    parts = {part for value in headers.values() for part in (value, value.rpartition(" ")[2])}
    return tuple(sorted(parts, key=len, reverse=True))


def _is_broken(cause: BaseException | None) -> bool:
    """Whether the protocol error behind a failed call says that the connection broke, not that the call was wrong."""
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    return isinstance(cause, MCPError) and (cause.error.code in _BROKEN_CODES or _SESSION_GONE in str(cause))


def _innermost(error: BaseException) -> str:
    """The innermost message that says anything: task groups wrap the cause several times."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = str(error).strip() or type(error).__name__
    cause = error.__cause__
    if cause is not None and str(cause).strip() and str(cause) not in text:
        text = f"{text} ({cause})"
    return text
