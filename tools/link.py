"""The way to one tool server, shared by all runs: for stdio the one process, for HTTP only how to reach it.

A process that hung, or whose connection broke, is given to no further run: the next one starts another, and the old
one is ended when the last run that still talks to it has left. Prevents: one stuck call that holds up all later ones.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fastmcp.client.transports import ClientTransport, StdioTransport, StreamableHttpTransport

from tools.catalog import ServerSpec
from tools.questions import Questions

EVENT_BYTES = 32 * 1024 * 1024
"""The largest message an HTTP server may send at once; a bound against one that never stops."""


@dataclass(eq=False)
class Line:
    """One transport and how many runs use it."""

    transport: ClientTransport
    runs: int = 0
    spoiled: bool = False
    questions: Questions = field(default_factory=Questions)


class Link:
    """Gives each run a line to the server. One event loop only.

    Args:
        spec: the server's entry in the catalog.
        log: file that a stdio server's stderr goes to; None leaves it on ours.
    """

    def __init__(self, spec: ServerSpec, log: Path | None) -> None:
        self.spec = spec
        self._log = log
        self._line: Line | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def take(self, headers: dict[str, str]) -> Line:
        """A line for one run, to be given back. HTTP lines are the run's own: they carry its headers."""
        if self.spec.command is None:
            return Line(
                StreamableHttpTransport(str(self.spec.url), headers=headers, max_sse_event_size=EVENT_BYTES), 1
            )
        if self._line is None:
            self._line = Line(self._process(self.spec.command))
        self._line.runs += 1
        return self._line

    def give_back(self, line: Line) -> None:
        """A run has left."""
        line.runs -= 1
        self._end_if_unused(line)

    def spoil(self, line: Line) -> None:
        """The line is not to be trusted any more: no further run gets it."""
        line.spoiled = True
        if self._line is line:
            self._line = None
        self._end_if_unused(line)

    async def close(self) -> None:
        """End the process. Bounded: one that does not end by itself is killed."""
        if self._line is not None:
            self.spoil(self._line)
        while self._ending:
            await asyncio.wait(self._ending)

    def _end_if_unused(self, line: Line) -> None:
        if line.spoiled and line.runs <= 0:
            task = asyncio.create_task(_end(line.transport))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    def _process(self, command: str) -> StdioTransport:
        # stdio servers write their log to stderr; it belongs to the operator's log, not into a screen.
        return StdioTransport(
            command=command,
            args=list(self.spec.args),
            env=self.spec.env or None,
            cwd=self.spec.cwd,
            keep_alive=True,
            log_file=self._log,
        )


async def _end(transport: ClientTransport) -> None:
    with suppress(Exception):  # of no use to anybody at that point
        await transport.close()  # type: ignore[no-untyped-call]
