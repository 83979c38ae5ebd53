"""Screen 1: the runs, newest first, live; a filter; at wide windows a look into the run under the cursor."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from agents.service.wire import EventView, RunView
from agents.service.wire.queues import OpenQueue, QueueView
from tui.answers import ServiceError
from tui.lines.figures import moment
from tui.lines.line import Line
from tui.lines.queues import QUEUE_FORM, queue_asked
from tui.lines.rows import run_head
from tui.screens.room import Room
from tui.screens.run import RunScreen
from tui.widgets.filter_bar import FilterBar
from tui.widgets.head_row import HeadRow
from tui.widgets.line_view import LineView
from tui.widgets.run_list import RunList
from tui.widgets.transcript import Transcript
from tui.widgets.views_box import ViewsBox

if TYPE_CHECKING:
    from tui.widgets.form_box import Filled

PAGE: Final = 200
PREFETCH: Final = 60
"""Rows before an end of the window at which the next page is asked for."""
SINGLE: Final = 5
"""Changed runs below the first page that are asked for one by one; more of them wait for a reload."""
EMPTY: Final = 'No runs yet. `strop run AGENT "text"` makes one, or type :ask AGENT TEXT here.'
NONE_FITS: Final = "No run matches the filter. / changes it, esc clears it."


def pointed(text: str, position: int | None, width: int) -> Line:
    """What is wrong with a filter, under the character it is about where that leaves room to read it."""
    indent = "" if position is None or position + len(text) + 1 > width else " " * (position - 1) + "^ "
    return Line(((indent + text, "bad"),)).clipped(width)


class RunsScreen(Room):
    """The list of runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/", show=True),
        Binding("Q", "queue", "Queue of these", show=False),
        Binding("v", "views", "Saved views", show=False),
        Binding("space", "mark", "Mark to compare", show=False),
        Binding("equals_sign", "compare", "Compare", key_display="=", show=False),
    ]

    WRITES: ClassVar[Mapping[str, str]] = {"queue": "operate"}

    def __init__(self) -> None:
        super().__init__("runs")
        self._more = False
        self._new = 0
        self._changed: set[str] = set()
        self._peeked = ""

    def body(self) -> Iterable[Widget]:
        """Filter, columns, list; the look into a run beside it."""
        yield FilterBar("/ filter, such as: agent:desk status:failed since:24h", id="filter", memory=self.desk.memory)
        yield HeadRow(lambda width: Line(), id="problem")
        left = Vertical(HeadRow(run_head, id="columns"), RunList(self.desk.clock, self.glyphs, id="runs"))
        yield Horizontal(left, Transcript(self.glyphs, id="peek", empty="Nothing to look into."), id="split")

    @property
    def runs(self) -> RunList:
        """The list."""
        return self.query_one("#runs", RunList)

    @property
    def filter_text(self) -> str:
        """The filter that is applied."""
        return self.query_one("#filter", FilterBar).applied

    # --- asking --------------------------------------------------------------------------------

    async def load(self) -> None:
        """The newest page, merged into what is there: the cursor stays on its run. Deeper down only what changed."""
        if self.runs.before is not None:
            await self._ask_changed(set())
        else:
            page = await self.client.runs(self.filter_text, limit=PAGE)
            self.runs.empty = NONE_FITS if self.filter_text else EMPTY
            if self.runs.row_count():
                fresh = self.runs.merge_head(page)
                self._new = self._new + fresh if self.runs.cursor else 0  # at the top they are seen, not above
                await self._ask_changed({run.id for run in page.items})
            else:
                self.runs.show_page(page)
        self._complain_of_filter("")
        self._tell()
        self._peek()

    async def _ask_changed(self, seen: set[str]) -> None:
        """Runs further down that had new facts."""
        changed = [run_id for run_id in self._changed if run_id not in seen and self.runs.holds(run_id)]
        self._changed.clear()
        for run_id in changed[:SINGLE]:
            self.runs.update_run((await self.client.run(run_id)).run)

    async def _load_more(self) -> None:
        """The page below the window, or the one above it, where the cursor is near to that end."""
        if self._more:
            return
        self._more = True
        try:
            runs = self.runs
            if runs.after is not None and runs.cursor >= runs.row_count() - PREFETCH:
                runs.extend(await self.client.runs(self.filter_text, after=runs.after, limit=PAGE))
            elif runs.before is not None and runs.cursor < PREFETCH:
                runs.put_above(await self.client.runs(self.filter_text, before=runs.before, limit=PAGE))
        finally:
            self._more = False

    def go_to(self, at: datetime) -> None:
        """Show the runs from a time on, into the past."""
        self.run_worker(self.guarded(partial(self._jump, at=at)), group="more", exclusive=True)

    def on_run_list_wanted(self, event: RunList.Wanted) -> None:
        """The newest or the oldest runs, which are not in the window."""
        event.stop()
        oldest = event.edge == "oldest"
        self.run_worker(self.guarded(partial(self._jump, oldest=oldest)), group="more", exclusive=True)

    async def _jump(self, *, at: datetime | None = None, oldest: bool = False) -> None:
        page = await self.client.runs(self.filter_text, at=at, oldest=oldest, limit=PAGE)
        if at is not None and not page.items:
            self.notify("No run is that old.", severity="warning")
            return
        self._more = False
        self.runs.show_page(page, at_end=oldest)
        if page.before is None:
            self._new = 0
        self._tell()

    def takes(self, facts: list[EventView]) -> None:
        """Where the newest runs are not shown, new ones are counted."""
        if self.runs.before is not None:
            self._new += sum(fact.kind == "run_started" for fact in facts)
            self._tell()
        super().takes(facts)

    def concerns(self, fact: EventView) -> bool:
        """A run began, or a loaded one went on."""
        if self.runs.holds(fact.stream):
            self._changed.add(fact.stream)
            return True
        return fact.kind == "run_started" and self.runs.before is None

    def complain(self, error: ServiceError) -> None:
        """A wrong filter is told under it; everything else in the list."""
        if error.status in {400, 422} and self.filter_text:
            self._complain_of_filter(f"{error.detail or error.title} {error.hint}".strip(), error.position)
        else:
            super().complain(error)

    def _complain_of_filter(self, text: str, position: int | None = None) -> None:
        row = self.query_one("#problem", HeadRow)
        row.display = bool(text)
        row.draw(lambda width: pointed(text, position, width))

    def _tell(self) -> None:
        runs = self.runs
        if runs.before is not None and runs.current is not None:
            told = f"at {moment(runs.current.started_at, self.now())}"
        else:
            more = "+" if runs.after is not None else ""
            told = f"{runs.cursor + 1 if runs.row_count() else 0}/{runs.row_count()}{more}"
        self.show_status(told + (f", {self._new} new above" if self._new else ""))

    # --- keys ----------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one("#filter", FilterBar).begin()

    def set_filter(self, text: str) -> None:
        """Show the runs that match."""
        self.query_one("#filter", FilterBar).apply(text)
        self._new = 0
        self.runs.clear("Loading ...")
        self.ask()

    def entered(self, event: FilterBar.Entered) -> None:
        """Enter in the filter."""
        self.set_filter(event.text)
        self.runs.focus()

    def undo_search(self) -> bool:
        """`esc` clears the filter first."""
        if not self.filter_text:
            return False
        self.set_filter("")
        return True

    def opened(self, event: LineView.Opened) -> None:
        """Open the run, with the way to its neighbours."""
        if event.view is self.runs and self.runs.current is not None:
            self.app.push_screen(RunScreen(self.runs.current.id, beside=self.beside))
        else:
            super().opened(event)

    def action_queue(self) -> None:
        """Put a sample of the runs that the filter means up for judgement by several people."""
        from tui.widgets.form_box import FormBox  # its widgets are loaded when somebody fills in a form

        facts = [
            ("runs", self.filter_text or "all"),
            ("effect", "a sample of them is drawn, once, for everybody to judge"),
            ("environment", self.desk.environment),
        ]  # fmt: skip

        def answered(found: "Filled | None") -> None:
            if found is not None:
                asked = OpenQueue.model_validate({**queue_asked(found[0]), "query": self.filter_text})
                self.write("Queue", lambda: self.client.open_queue(asked), self._queue_opened)

        self.app.push_screen(FormBox("Put these runs up for judgement?", QUEUE_FORM, facts), answered)

    def _queue_opened(self, queue: QueueView) -> None:
        self.notify(f"{queue.runs} runs are in {queue.name!r}.")
        self.desk.open_target(("queue", queue.name))

    def action_views(self) -> None:
        """Show the runs of a saved view, or keep the filter that is applied under a name."""

        def answered(text: str | None) -> None:
            if text is not None:
                self.set_filter(text)

        self.app.push_screen(ViewsBox(self.desk.memory, self.filter_text), answered)

    def action_mark(self) -> None:
        """Mark the run, or take the mark off: `=` compares two."""
        self.runs.choose()

    def action_compare(self) -> None:
        """Read the two marked runs beside each other, or the marked one beside that under the cursor."""
        marked, current = self.runs.marked, self.runs.current
        others = [*marked, *([current.id] if current is not None and current.id not in marked else [])]
        if not marked or len(others) < 2:
            self.notify("Mark a run with space, put the cursor on another one, then press =.", severity="warning")
            return
        self.desk.compare(others[0], others[1])

    def beside(self, run_id: str, step: int) -> str | None:
        """The run after (or, with -1, before) this one in the list; the cursor goes with it."""
        ids = [run.id for run in self.runs.runs]
        at = ids.index(run_id) + step if run_id in ids else -1
        if not 0 <= at < len(ids):
            return None
        self.runs.point_at(ids[at])
        return ids[at]

    # --- the look into a run -------------------------------------------------------------------

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Ask for older runs in time, and look into this one."""
        if event.view is not self.runs:
            return
        runs = self.runs
        if event.index == 0 and runs.before is None:
            self._new = 0
        self._tell()
        below = runs.after is not None and event.index >= runs.row_count() - PREFETCH
        if below or (runs.before is not None and event.index < PREFETCH):
            self.run_worker(self.guarded(self._load_more), group="more")
        self._peek()

    def on_resize(self) -> None:
        """The look appears in wide windows."""
        self._peek()

    def _peek(self) -> None:
        peek, run = self.query_one("#peek", Transcript), self.runs.current
        if run is not None and peek.display and run.id + str(run.events) != self._peeked:
            self.run_worker(self.guarded(partial(self._look, run)), group="peek", exclusive=True)

    async def _look(self, run: RunView) -> None:
        peek = self.query_one("#peek", Transcript)
        events = await self.client.events(run.id)
        self._peeked = run.id + str(run.events)
        peek.clear("This run has no events yet.")
        peek.add(events)
