"""The list of runs: newest first, filled page by page, changed in place. New rows never move the cursor."""

from collections.abc import Callable, Iterable
from datetime import datetime

from agents.service.wire import RunView
from tui.glyphs import Glyphs
from tui.lines.line import Line
from tui.lines.rows import run_row
from tui.widgets.line_view import LineView


class RunList(LineView):
    """Runs by newest first. Rows are drawn when they are seen."""

    def __init__(self, clock: Callable[[], datetime], glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id, empty="Loading ...")
        self._clock, self._glyphs = clock, glyphs
        self.runs: list[RunView] = []
        self._place: dict[str, int] = {}

    def row_count(self) -> int:
        """Runs loaded so far."""
        return len(self.runs)

    def row_at(self, index: int) -> Line:
        """One run."""
        return run_row(self.runs[index], self.columns, self._clock(), self._glyphs)

    @property
    def current(self) -> RunView | None:
        """The run under the cursor."""
        return self.runs[self.cursor] if self.runs else None

    def holds(self, run_id: str) -> bool:
        """Is the run among the loaded ones?"""
        return run_id in self._place

    def replace(self, runs: Iterable[RunView]) -> None:
        """Show these and no others (another filter)."""
        self.cursor = 0
        self._set(list(runs))
        self.scroll_to(y=0, animate=False, immediate=True)

    def extend(self, runs: Iterable[RunView]) -> None:
        """Older runs, put at the end."""
        self._set([*self.runs, *(run for run in runs if run.id not in self._place)])

    def merge_head(self, runs: Iterable[RunView]) -> int:
        """The newest page again: known runs change in place, new ones come on top. Gives how many are new."""
        fresh = []
        for run in runs:
            at = self._place.get(run.id)
            if at is None:
                fresh.append(run)
            elif self.runs[at] != run:
                self.update_run(run)
        if fresh:
            kept = self.cursor
            at_top = kept == 0 and self.scroll_y == 0
            self._set(sorted([*fresh, *self.runs], key=lambda run: (run.started_at, run.id), reverse=True))
            if not at_top:
                self.cursor = kept + len(fresh)
                self.scroll_to(y=self.scroll_y + len(fresh), animate=False, immediate=True)
        return len(fresh)

    def update_run(self, run: RunView) -> None:
        """The run as it is now, where it stands."""
        at = self._place.get(run.id)
        if at is not None:
            self.runs[at] = run
            self.row_changed(at)

    def point_at(self, run_id: str) -> None:
        """Put the cursor on this run, if it is loaded."""
        if run_id in self._place:
            self.move_to(self._place[run_id])

    def _set(self, runs: list[RunView]) -> None:
        self.runs = runs
        self._place = {run.id: at for at, run in enumerate(runs)}
        self.rows_changed()
