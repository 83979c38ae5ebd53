"""The list of runs: newest first, a window that moves over as many as there are, changed in place.

New rows never move the cursor. Only some pages are held; what is above and below them is asked for when the cursor
comes near. Prevents: a terminal that holds a million runs to show forty, and an End key that pages through them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from textual.message import Message

from agents.service.wire import RunPage, RunView
from tui.glyphs import Glyphs
from tui.lines.figures import age
from tui.lines.line import Line
from tui.lines.rows import run_row
from tui.widgets.line_view import LineView

WINDOW: Final = 600
"""Runs held; beyond it those farthest from the cursor are let go."""


class RunList(LineView):
    """A window of runs. `after` and `before` are the keys of the pages on both sides, None where there are none."""

    @dataclass
    class Wanted(Message):
        """An end was asked for that is not in the window."""

        edge: Literal["newest", "oldest"]

    def __init__(self, clock: Callable[[], datetime], glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id, empty="Loading ...")
        self._clock, self._glyphs = clock, glyphs
        self.runs: list[RunView] = []
        self.after: str | None = None
        self.before: str | None = None
        self.marked: list[str] = []
        """Runs that were chosen to be compared, at most two."""
        self._place: dict[str, int] = {}

    def row_count(self) -> int:
        """Runs in the window."""
        return len(self.runs)

    def row_at(self, index: int) -> Line:
        """One run."""
        run = self.runs[index]
        return run_row(run, self.columns, self._clock(), self._glyphs, marked=run.id in self.marked)

    def stamp(self, index: int) -> str:
        """The run's age."""
        return age(self.runs[index].started_at, self._clock())

    @property
    def current(self) -> RunView | None:
        """The run under the cursor."""
        return self.runs[self.cursor] if self.runs else None

    def holds(self, run_id: str) -> bool:
        """Is the run in the window?"""
        return run_id in self._place

    # --- the window ----------------------------------------------------------------------------

    def clear(self, empty: str) -> None:
        """Show nothing, until a page comes."""
        self.empty = empty
        self.show_page(RunPage(items=[]))

    def show_page(self, page: RunPage, *, at_end: bool = False) -> None:
        """Show this page and no others, the cursor on its first run, or on its last."""
        self.after, self.before = page.after, page.before
        self.cursor = 0
        self._set(list(page.items))
        self.scroll_to(y=0, animate=False, immediate=True)
        if at_end:
            self.move_to(len(self.runs) - 1)

    def extend(self, page: RunPage) -> None:
        """Older runs, put at the end; too many at the beginning are let go."""
        self.after = page.after
        runs = [*self.runs, *(run for run in page.items if run.id not in self._place)]
        gone = max(len(runs) - WINDOW, 0)
        if gone:
            self.before = runs[gone].id
        self._set(runs[gone:], moved=-gone)

    def put_above(self, page: RunPage) -> None:
        """Newer runs, put at the beginning; too many at the end are let go."""
        self.before = page.before
        fresh = [run for run in page.items if run.id not in self._place]
        runs = [*fresh, *self.runs]
        if len(runs) > WINDOW:
            self.after = runs[WINDOW - 1].id
        self._set(runs[:WINDOW], moved=len(fresh))

    def merge_head(self, page: RunPage) -> int:
        """The newest page again: known runs change in place, new ones come on top. Gives how many are new.

        When none of it is known, more came than a page holds: at the top the window begins anew, elsewhere it stays
        where it is and the new ones are above it.
        """
        known = [run for run in page.items if run.id in self._place]
        fresh = [run for run in page.items if run.id not in self._place]
        for run in known:
            self.update_run(run)
        if fresh and self.runs and not known:
            if self.cursor == 0:
                self.show_page(page)
            else:
                self.before = self.runs[0].id
        elif fresh:
            moved = 0 if self.cursor == 0 and self.scroll_y == 0 else len(fresh)
            runs = sorted([*fresh, *self.runs], key=lambda run: (run.started_at, run.id), reverse=True)
            if len(runs) > WINDOW:
                self.after = runs[WINDOW - 1].id
            self._set(runs[:WINDOW], moved=moved)
        return len(fresh)

    def choose(self) -> None:
        """Choose the run under the cursor, or take the choice back; of three the oldest choice is let go."""
        if self.current is None:
            return
        known = self.current.id in self.marked
        chosen = [one for one in self.marked if one != self.current.id]
        gone, self.marked = set(self.marked), chosen if known else [*chosen, self.current.id][-2:]
        for run_id in gone ^ set(self.marked):
            if run_id in self._place:
                self.row_changed(self._place[run_id])

    def update_run(self, run: RunView) -> None:
        """The run as it is now, where it stands."""
        at = self._place.get(run.id)
        if at is not None and self.runs[at] != run:
            self.runs[at] = run
            self.row_changed(at)

    def point_at(self, run_id: str) -> None:
        """Put the cursor on this run, if it is in the window."""
        if run_id in self._place:
            self.move_to(self._place[run_id])

    def _set(self, runs: list[RunView], *, moved: int = 0) -> None:
        """Hold these; `moved`: by how many rows those that stay are further down now."""
        top = self.scroll_y
        self.runs = runs
        self._place = {run.id: at for at, run in enumerate(runs)}
        self.cursor = min(max(self.cursor + moved, 0), max(len(runs) - 1, 0))
        self.rows_changed()
        if moved:
            self.scroll_to(y=max(top + moved, 0), animate=False, immediate=True)

    # --- keys ----------------------------------------------------------------------------------

    def action_edge(self, side: int) -> None:
        """To the newest or the oldest run of all."""
        outside = self.before if side < 0 else self.after
        if outside is None:
            super().action_edge(side)
        else:
            self.post_message(self.Wanted("newest" if side < 0 else "oldest"))
