"""Connections to MCP servers: how a server of the catalog becomes a toolset.

A stdio server's process is kept between runs and started anew when it died; an HTTP server is connected to per run.
Prevents: a transport failure that reaches the model as a tool's answer, and a call without its idempotency key.
"""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from fastmcp.client import Client
from fastmcp.client.transports import ClientTransport, StdioTransport, StreamableHttpTransport
from pydantic_ai import RunContext
from pydantic_ai.mcp import CallToolFunc, MCPToolset, ToolResult

from tools.catalog import ServerSpec
from tools.errors import ToolServerError
from tools.toolset import cut

IDEMPOTENCY_KEY: Final = "strop/idempotencyKey"
"""The `_meta` field with each call's key: the same after a crash, so that a server can drop a repeat."""

RUN_ID: Final = "strop/runId"

CONVERSATION_ID: Final = "strop/conversationId"
"""The same through all turns: a server that keeps something for a customer (a basket) keeps it by this."""

_BROKEN: Final = (
    "connection closed", "server session", "not connected", "connection lost", "broken pipe", "closedresource",
    "brokenresource", "connection refused", "connect error", "stream closed",
)  # fmt: skip


def open_toolset(
    spec: ServerSpec, key_of: Callable[[RunContext[Any]], str], *, result_bytes: int, log: Path | None = None
) -> MCPToolset[Any]:
    """A toolset over one server; nothing is started before its first use.

    Args:
        spec: the server's entry in the catalog.
        key_of: gives the idempotency key of the call that a run context is about.
        result_bytes: a result longer than this is cut, here at the source: what is recorded is what the model saw.
        log: file that a stdio server's stderr goes to; None leaves it on ours.
    """

    async def process(ctx: RunContext[Any], call: CallToolFunc, name: str, args: dict[str, Any]) -> ToolResult:
        meta = {IDEMPOTENCY_KEY: key_of(ctx), RUN_ID: ctx.run_id or "", CONVERSATION_ID: ctx.conversation_id or ""}
        try:
            answer: ToolResult = cut(
                await asyncio.wait_for(call(name, args, metadata=meta), spec.call_seconds), result_bytes
            )
            return answer
        except TimeoutError as error:
            raise ToolServerError(
                spec.name, f"{name!r} gave no answer within {spec.call_seconds:g} s", sent=True
            ) from error
        except Exception as error:
            if is_transport_failure(error):
                raise ToolServerError(spec.name, f"{name!r}: {_said(error)}", sent=True) from error
            raise

    client: Client[Any] = Client(_transport(spec, log), timeout=spec.call_seconds, init_timeout=spec.start_seconds)
    return MCPToolset(client, id=spec.name, tool_error_behavior="failed", process_tool_call=process)


def is_transport_failure(error: BaseException) -> bool:
    """Whether an exception says that the connection broke, as opposed to the tool answering with an error."""
    if isinstance(error, ConnectionError | BrokenPipeError | EOFError):
        return True
    if type(error).__module__.startswith(("httpx", "httpcore", "anyio")):
        return True
    text = f"{type(error).__name__}: {error}".lower()
    return any(sign in text for sign in _BROKEN)


def as_server_error(server: str, error: BaseException) -> ToolServerError:
    """The clear form of whatever came out while a server was started or asked what it offers."""
    return ToolServerError(server, _said(error), sent=False)


async def close_toolset(toolset: MCPToolset[Any]) -> None:
    """End a kept stdio process. Errors are of no use to anybody at that point."""
    with suppress(Exception):
        await toolset.client.close()  # type: ignore[no-untyped-call]


def _transport(spec: ServerSpec, log: Path | None) -> ClientTransport:
    if spec.command is not None:
        # stdio servers write their log to stderr; it belongs to the operator's log, not into a screen.
        return StdioTransport(
            command=spec.command,
            args=list(spec.args),
            env=spec.env or None,
            cwd=spec.cwd,
            keep_alive=True,
            log_file=log,
        )
    return StreamableHttpTransport(str(spec.url), headers=spec.headers)


def _said(error: BaseException) -> str:
    """The innermost message that says anything: task groups wrap the cause several times."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = str(error).strip() or type(error).__name__
    cause = error.__cause__
    if cause is not None and str(cause).strip() and str(cause) not in text:
        text = f"{text} ({cause})"
    return text if sys.getdefaultencoding() == "utf-8" else text.encode("ascii", "replace").decode()
