"""How the demo is told: a heading and a bar an act on a terminal, plain lines in a log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

ACTS: Final = 7
LOG_EVERY: Final = 15.0
"""Seconds between lines where there is no terminal to draw a bar on."""


class Bar:
    """How far an act is."""

    def __init__(self, draw: Any, task: Any, log: Any, total: int) -> None:
        self._draw, self._task, self._log = draw, task, log
        self._done, self._total = 0, total
        self._stage = ""
        self._last = time.monotonic()

    def total(self, total: int) -> None:
        """It is known now how much there is."""
        self._total = total
        self._show("")

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        self._show("")

    def stage(self, stage: str, message: str, done: int, total: int) -> None:
        """A stage of a night."""
        if stage != self._stage:
            self._stage, self._last = stage, 0.0
        self._done, self._total = done, max(total, 1)
        self._show(f"{stage}: {message}" if message else stage)

    def _show(self, what: str) -> None:
        if self._draw is not None:
            self._draw.update(self._task, completed=self._done, total=self._total, what=what)
            return
        now = time.monotonic()
        if now - self._last >= LOG_EVERY or self._done == self._total:
            self._last = now
            self._log(f"  {self._done}/{self._total} {what}".rstrip())


class Screen:
    """Headings, bars and results on one console."""

    def __init__(self, console: Any) -> None:
        self.console = console

    def heading(self, number: int, title: str) -> None:
        """An act begins."""
        self.console.print(f"\n[{number}/{ACTS}] {title}", style="bold")

    def say(self, text: str) -> None:
        """A line about what came out."""
        self.console.print(f"  {text}")

    def text(self, text: str) -> None:
        """A block as it is."""
        for line in text.splitlines():
            self.console.print(f"  {line}")

    def verdict(self, verdict: str, reasons: tuple[str, ...]) -> None:
        """How the night ended."""
        self.console.print(f"  verdict: {verdict}", style="bold green" if verdict == "better" else "bold")
        for reason in reasons:
            self.console.print(f"  - {reason}")

    @contextmanager
    def act(self, number: int, title: str, total: int) -> Iterator[Bar]:
        """An act with a bar."""
        self.heading(number, title)
        begin = time.monotonic()
        if not self.console.is_terminal:
            yield Bar(None, None, self.say, total)
        else:
            from rich import progress

            columns = (
                progress.BarColumn(), progress.MofNCompleteColumn(), progress.TimeElapsedColumn(),
                progress.TextColumn("{task.fields[what]}"),
            )  # fmt: skip
            with progress.Progress(*columns, console=self.console, transient=True) as draw:
                yield Bar(draw, draw.add_task("", total=total, what=""), self.say, total)
        self.say(f"{time.monotonic() - begin:.0f} s")
