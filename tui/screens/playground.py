"""Screen 0: the playground. One input through several versions and models, side by side, as they answer.

Nothing that changes something is called, and the runs count for nobody; they cost what they cost, and that is shown.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from agents.service.wire import DeltaView, EventView, RunView
from agents.service.wire.playground import PlayView, SideAsked, StartPlay
from tui.lines.line import Line
from tui.lines.plays import (
    play_form,
    play_head,
    play_row,
    play_title,
    side_figures,
    side_model,
    side_title,
    sides_asked,
)
from tui.screens.room import Room
from tui.widgets.head_row import HeadRow
from tui.widgets.table import Table
from tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from tui.widgets.form_box import Filled

EMPTY: Final = "Nothing was played yet. P asks several versions at once; on a run, P tries its input."
SIDES: Final = 6
NARROWEST: Final = 38
"""Columns of a side; where fewer are left, some are out of sight and `]` brings them in."""


class PlayRoom(Room):
    """A screen from which a play can be begun. A subclass may say what is tried."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("P", "play", "Try in the playground", show=True)]
    WRITES: ClassVar[Mapping[str, str]] = {"play": "operate"}

    def tried(self) -> tuple[list[str], RunView | None]:
        """(versions that are chosen to begin with, the run whose input is tried)."""
        return [], None

    def action_play(self) -> None:
        """Ask several versions the same."""
        self.run_worker(self.guarded(self._ask_play), group="play", exclusive=True)

    async def _ask_play(self) -> None:
        from tui.widgets.form_box import FormBox  # its widgets are loaded when somebody fills in a form

        chosen, run = self.tried()
        agents, bundles = await self.client.agents(), await self.client.bundles()
        chosen = chosen or [one.digest for one in bundles if one.live and (run is None or one.agent == run.agent)][:1]
        source = None if run is None else run.id
        form = play_form(agents, bundles, chosen, "" if run is None else run.input, replay=run is not None)
        facts = [
            ("effect", "models are asked and cost money; nothing that changes something is called"),
            ("environment", self.desk.environment),
        ]
        if run is not None:
            facts.insert(0, ("tools", f"what {run.id} recorded answers first"))

        def answered(found: "Filled | None") -> None:
            if found is not None:
                values = found[0]
                sides = [SideAsked.model_validate(one) for one in sides_asked(values)]
                asked = StartPlay(
                    input=str(values["input"]), sides=sides[:SIDES], replay_of=source,
                    tools="recorded" if values.get("tools") == "recorded" else "read",
                )  # fmt: skip
                self.write("Play", lambda: self.client.play(asked), self._played)

        self.app.push_screen(FormBox("Try one input on several versions?", form, facts), answered)

    def _played(self, play: PlayView) -> None:
        self.desk.open_target(("play", play.id))


class PlaygroundScreen(PlayRoom):
    """The plays, newest first."""

    def __init__(self) -> None:
        super().__init__("playground")

    def body(self) -> Iterable[Widget]:
        """Columns and list."""
        yield HeadRow(play_head, id="columns")
        yield Table(id="plays")

    async def load(self) -> None:
        """The newest plays."""
        found = await self.client.plays()
        self.query_one(Table).show([(one, partial(self._row, one)) for one in found], EMPTY)
        self.show_status(f"{len(found)} plays")

    def _row(self, play: PlayView, width: int) -> Line:
        return play_row(play, width, self.now(), self.glyphs)

    def concerns(self, fact: EventView) -> bool:
        """A side began or ended."""
        return fact.kind in {"run_started", "run_finished", "run_failed"}


class PlayScreen(Room):
    """One play: its sides beside each other, each as it is written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "shift(1)", "Next sides", key_display="]", show=True),
        Binding("left_square_bracket", "shift(-1)", "Sides before", key_display="[", show=False),
        Binding("o", "whole", "Open this run", show=True),
        Binding("equals_sign", "compare", "Compare", key_display="=", show=True),
    ]
    AUTO_FOCUS = "#side-0"

    def __init__(self, play_id: str) -> None:
        super().__init__("play")
        self.play_id = play_id
        self.play: PlayView | None = None
        self._first = 0
        self._followed: set[str] = set()

    def body(self) -> Iterable[Widget]:
        """What was asked; the answers in one line each; the sides."""
        yield HeadRow(lambda width: Line(), id="play-head")
        yield Container(*(self._pane(number) for number in range(SIDES)), id="sides")

    def _pane(self, number: int) -> Widget:
        heads = [HeadRow(lambda width: Line(), id=f"{what}-{number}") for what in ("name", "model", "figures")]
        pane = Vertical(*heads, Transcript(self.glyphs, id=f"side-{number}"), id=f"pane-{number}")
        pane.display = number == 0
        return pane

    def transcript(self, number: int) -> Transcript:
        """The story of one side."""
        return self.query_one(f"#side-{number}", Transcript)

    # --- asking --------------------------------------------------------------------------------

    async def load(self) -> None:
        """The play as it stands, and the facts that are not here yet."""
        play = await self.client.get_play(self.play_id)
        self.play, self.room_title = play, f"play of {len(play.sides)}"
        for number, side in enumerate(play.sides):
            view = self.transcript(number)
            view.empty = "It waits for its turn."
            view.add(await self.client.events(side.run.id, after=view.fold.facts.last_seq))
            if side.run.status == "running" and side.run.id not in self._followed:
                self._followed.add(side.run.id)
                self.run_worker(self.guarded(partial(self._follow, number, side.run.id)), group=f"follow-{number}")
        self._show()

    async def _follow(self, number: int, run_id: str) -> None:
        """A side as it is written."""
        view = self.transcript(number)
        async for piece in self.client.follow(run_id, after=view.fold.facts.last_id):
            if isinstance(piece, DeltaView):
                view.add_delta(piece)
            else:
                view.add([piece])
        self.ask_soon()

    def takes(self, facts: list[EventView]) -> None:
        """A side went on."""
        mine = {side.run.id for side in self.play.sides} if self.play else set()
        if any(fact.stream in mine for fact in facts):
            self.ask_soon()

    # --- showing -------------------------------------------------------------------------------

    def _show(self) -> None:
        play = self.play
        if play is None:
            return
        self.query_one("#play-head", HeadRow).draw(partial(play_title, play))
        room = self._in_sight()
        self._first = max(min(self._first, len(play.sides) - room), 0)
        for number in range(SIDES):
            shown = number < len(play.sides) and self._first <= number < self._first + room
            self.query_one(f"#pane-{number}").display = shown
        self._draw_heads()
        hidden = len(play.sides) - room
        place = f"sides {self._first + 1} to {self._first + room} of {len(play.sides)}" if hidden > 0 else ""
        self.show_status(place)

    def _in_sight(self) -> int:
        """How many sides there is room for: beside each other, or two below each other."""
        return max(self.size.width // NARROWEST, 1) if self.size.width >= 110 else 2

    def _draw_heads(self) -> None:
        for number, side in enumerate(self.play.sides if self.play else []):
            focused = self.focused is self.transcript(number)
            title = partial(self._title, number, focused)
            self.query_one(f"#name-{number}", HeadRow).draw(title)
            self.query_one(f"#model-{number}", HeadRow).draw(partial(side_model, side))
            self.query_one(f"#figures-{number}", HeadRow).draw(partial(side_figures, side))

    def _title(self, number: int, focused: bool, width: int) -> Line:
        assert self.play is not None  # drawn only after loading
        return side_title(self.play.sides[number], focused, width, self.glyphs)

    def on_resize(self) -> None:
        """More or fewer sides are in sight."""
        self._show()

    def on_descendant_focus(self) -> None:
        """The heads say which side the keys mean."""
        if self.is_there and self.play is not None:
            self._draw_heads()

    # --- keys ----------------------------------------------------------------------------------

    def action_shift(self, step: int) -> None:
        """Bring other sides into sight."""
        self._first += step
        self._show()
        view = self.transcript(max(self._first, 0))
        view.focus()

    def _current(self) -> int:
        sides = len(self.play.sides) if self.play else 0
        return next((number for number in range(sides) if self.focused is self.transcript(number)), self._first)

    def action_whole(self) -> None:
        """The run of the side that has the focus, on a page of its own."""
        if self.play is not None:
            self.desk.open_target(("run", self.play.sides[self._current()].run.id))

    def action_compare(self) -> None:
        """The first side and the one that has the focus, with what tells them apart."""
        if self.play is None or len(self.play.sides) < 2:
            self.notify("There is only one side.", severity="warning")
            return
        other = self._current() or 1
        self.desk.compare(self.play.sides[0].run.id, self.play.sides[other].run.id)

    def copied(self) -> str | None:
        """The id of the run that has the focus."""
        return super().copied() or (self.play.sides[self._current()].run.id if self.play else self.play_id)
