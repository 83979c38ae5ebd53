"""The terminal's app: which screens there are, the one stream of facts, and the keys that work everywhere.

It sees the service through `tui.client` alone and imports nothing else of ours, so it can watch a service far away.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final

from textual import work
from textual.app import App, ScreenStackError
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.screen import Screen

from agents.service.wire import AboutView, EventView, MeView
from tui.answers import ServiceError
from tui.client import Client, Link
from tui.glyphs import ASCII, Glyphs, glyphs_for
from tui.http import load_httpx
from tui.lines.cells import clean
from tui.lines.diff import Look
from tui.lines.line import Target
from tui.lines.pair import beside_runs
from tui.memory import Memory
from tui.messages import Counted, FactsArrived, LinkChanged, Refreshed
from tui.named import Named
from tui.screens.audit import AuditRowScreen, AuditScreen
from tui.screens.command import CommandLine
from tui.screens.help import Entry, HelpScreen, entries_of
from tui.screens.metrics import MetricsScreen
from tui.screens.nights import NightScreen, NightsScreen
from tui.screens.pair import PairScreen
from tui.screens.playground import PlaygroundScreen, PlayScreen
from tui.screens.prompts import BundleScreen, PromptsScreen
from tui.screens.proposals import ProposalScreen, ProposalsScreen
from tui.screens.questions import QuestionScreen
from tui.screens.queues import QueueScreen, QueuesScreen
from tui.screens.rollouts import RolloutScreen, RolloutsScreen
from tui.screens.room import Room
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen
from tui.screens.waiting import KINDS as WAITING_KINDS
from tui.screens.waiting import ApprovalScreen, WaitingScreen
from tui.sse import LONGEST_WAIT, wait_before
from tui.theme import DARK, PALETTES, SIXTEEN, textual_theme
from tui.typed import TypedCommands
from tui.widgets.line_view import LineView

GATHER: Final = 0.1
"""Seconds over which facts are gathered before a screen hears of them: at most ten paints a second."""
LEFT_BY_SIGNAL: Final = 129
"""Exit code when the terminal was taken away (128 + SIGHUP)."""
WIDTHS: Final = [(0, "-tiny"), (40, "-narrow"), (110, "-wide"), (160, "-huge")]
HEIGHTS: Final = [(0, "-short"), (8, "-tall")]
"""Class names that the style sheet gives the screens from that many columns or rows on."""


def local_now() -> datetime:
    """The time here."""
    return datetime.now().astimezone()


class StropApp(Named, App[int]):
    """The operator's terminal.

    Args:
        client: the service; closed with the app.
        read_only: take all keys that write away, whatever the token allows.
        clock: the present time, aware; a test's clock stands still.
        glyphs: the signs that the terminal can show.
        theme: name of a palette of ours; "": one that the terminal has the colours for.
        tmux: copies go to tmux too.
        keys: the person's own, as `tui.keymap` has checked them.
        memory: what the terminal remembers of the person; None: nothing beyond this sitting.
        colours: False where NO_COLOR is set: then Textual has to be told before it chooses how to draw none.
    """

    CSS_PATH = "styles/strop.tcss"
    TITLE = "strop"
    ENABLE_COMMAND_PALETTE = False
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {
        "runs": RunsScreen, "waiting": WaitingScreen, "proposals": ProposalsScreen, "prompts": PromptsScreen,
        "nights": NightsScreen, "rollouts": RolloutsScreen, "metrics": MetricsScreen, "audit": AuditScreen,
        "queues": QueuesScreen, "playground": PlaygroundScreen,
    }  # fmt: skip
    DEFAULT_MODE = "runs"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "mode('runs')", "Runs", show=True),
        Binding("2", "mode('waiting')", "Waiting", show=True),
        Binding("3", "mode('proposals')", "Proposals", show=True),
        Binding("4", "mode('prompts')", "Prompts", show=True),
        Binding("5", "mode('nights')", "Nights", show=True),
        Binding("6", "mode('rollouts')", "Rollouts", show=True),
        Binding("7", "mode('metrics')", "Metrics", show=True),
        Binding("8", "mode('audit')", "Audit", show=True),
        Binding("9", "mode('queues')", "Queues", show=True),
        Binding("0", "mode('playground')", "Playground", show=True),
        Binding("escape", "back", "Back", show=True),
        Binding("colon", "command", "Command", key_display=":", show=True),
        Binding("question_mark", "help", "Help", key_display="?", show=True),
        Binding("q", "leave", "Back, then quit", show=False),
        Binding("T", "theme", "Other theme", show=False),
        Binding("ctrl+l", "repaint", "Draw again", show=False),
    ]

    def __init__(
        self, client: Client, *, read_only: bool = False, clock: Callable[[], datetime] = local_now,
        glyphs: Glyphs | None = None, theme: str = "", tmux: bool = False, keys: Mapping[str, str] | None = None,
        memory: Memory | None = None, colours: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(ansi_color=None if colours else True)
        self.client, self.clock = client, clock
        self.glyphs = glyphs or glyphs_for(sys.stdout.encoding)
        self.about: AboutView | None = None
        self.me: MeView | None = None
        self.link: Link | None = None
        self.last_event: datetime | None = None
        self.waiting = 0
        self.waiting_since: datetime | None = None
        self.look = Look()
        self.memory = memory or Memory()
        self._read_only, self.tmux = read_only, tmux
        self.commands = TypedCommands(self)
        self._gathered: list[EventView] = []
        for palette in PALETTES.values():
            self.register_theme(textual_theme(palette))
        self.theme = theme or self._theme_that_shows()
        self._keys = dict(keys or {})
        self.animation_level = "none"
        self.set_class(self.glyphs is ASCII, "-plain")

    def _theme_that_shows(self) -> str:
        """The dark one, or the terminal's own colours where it has no more than those, or wants none at all."""
        few = self.no_color or self.console.color_system in {None, "standard"}
        return SIXTEEN.name if few else DARK.name

    @property
    def read_only(self) -> bool:
        """May this terminal change nothing? Until the service has said who it is, it may not."""
        told = self.about is None or self.about.read_only
        return self._read_only or told or (self.me is not None and set(self.me.permissions) <= {"read"})

    def may(self, permission: str) -> bool:
        """May the person at this terminal do what needs this permission?"""
        return not self.read_only and (self.me is None or permission in self.me.permissions)

    @property
    def my_name(self) -> str:
        """Under which name the service knows the person at this terminal."""
        return self.me.name if self.me is not None else self.about.user if self.about is not None else ""

    @property
    def environment(self) -> str:
        """The environment's name, as boxes show it."""
        return f"{self.about.environment} ({self.about.workspace})" if self.about else "unknown"

    def on_mount(self) -> None:
        """Listen to the service once the frame is painted; the ages on the status line go with the clock."""
        self.set_keymap(self._keys)
        loop = asyncio.get_running_loop()
        for name in ("SIGHUP", "SIGTERM"):  # the terminal was closed: leave in order, so that others can clean up
            with suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(getattr(signal, name), self.exit, LEFT_BY_SIGNAL)
        self.call_after_refresh(self._listen)
        self.set_interval(1.0, self._tick)

    async def on_unmount(self) -> None:
        """Drop the connections."""
        await self.client.close()

    # --- the stream of facts -------------------------------------------------------------------

    @work(group="feed", exclusive=True)
    async def _listen(self) -> None:
        """Who answers, then every fact from there on; asked again for as long as the app lives."""
        await asyncio.to_thread(load_httpx)
        attempt = 0
        while True:
            try:
                about = await self.client.about()
                self.me, self.about = await self.client.me(), about
                self.refresh_bindings()
                attempt = 0
                async for fact in self.client.feed(after=about.last_event_id, on_link=self._link_changed):
                    self._gather(fact)
            except ServiceError as error:
                attempt += 1
                refused = 400 <= error.status < 500
                wait = LONGEST_WAIT if refused else wait_before(attempt)
                self._link_changed(Link("refused" if refused else "lost", attempt, wait, str(error)))
                await asyncio.sleep(wait)

    def _link_changed(self, link: Link) -> None:
        self.post_message(LinkChanged(link))

    def _gather(self, fact: EventView) -> None:
        if not self._gathered:
            self.set_timer(GATHER, self._hand_over)
        self._gathered.append(fact)

    def _hand_over(self) -> None:
        facts, self._gathered = self._gathered, []
        self.post_message(FactsArrived(facts))

    def on_link_changed(self, message: LinkChanged) -> None:
        """Show it; after a break everything shown is asked for again."""
        was, self.link = self.link, message.link
        if message.link.state == "live":
            self._count()
            if was is not None and was.state != "live":
                self.post_message(Refreshed())
        for room in self.rooms():
            room.show_status()

    def on_facts_arrived(self, message: FactsArrived) -> None:
        """The room in front takes them; the others ask when they come to the front."""
        self.last_event = message.facts[-1].at
        if any(fact.kind in WAITING_KINDS for fact in message.facts):
            self._count()
        front = self.front
        for room in self.rooms():
            if room is front:
                room.takes(message.facts)
                room.show_status()
            else:
                room.outdated = True

    @work(group="count", exclusive=True)
    async def _count(self) -> None:
        with suppress(ServiceError):  # the link says already what is wrong
            found = await self.client.waiting()
            self.post_message(Counted(len(found), found[0].since if found else None))

    def on_counted(self, message: Counted) -> None:
        """Show it on every screen."""
        self.waiting, self.waiting_since = message.waiting, message.oldest
        for room in self.rooms():
            room.show_status()

    def on_refreshed(self) -> None:
        """Ask again, now or when a room comes to the front."""
        for room in self.rooms():
            room.outdated = True
        if (front := self.front) is not None:
            front.ask()

    @property
    def front(self) -> Room | None:
        """The screen that is looked at; None for a box, and for a moment between two lists, where there is none."""
        try:
            return self.screen if isinstance(self.screen, Room) else None
        except ScreenStackError:
            return None

    def rooms(self) -> list[Room]:
        """The screens that one can come back to."""
        return [screen for stack in self._screen_stacks.values() for screen in stack if isinstance(screen, Room)]

    def _tick(self) -> None:
        if (front := self.front) is not None:
            front.show_status()
            for view in front.query(LineView):
                view.draw_what_differs()

    # --- going places --------------------------------------------------------------------------

    async def action_mode(self, mode: str) -> None:
        """To one of the lists; where one was in it is kept."""
        if self.current_mode == mode:
            while len(self.screen_stack) > 1:
                self.pop_screen()
        else:
            await self.switch_mode(mode)

    def open_target(self, target: Target) -> None:
        """Open what a row stands for."""
        kind, name = target
        if kind == "runs":
            self.run_worker(self.commands.run("runs", name), group="go")
            return
        made: dict[str, Callable[[str], Room]] = {
            "run": RunScreen, "proposal": ProposalScreen, "bundle": BundleScreen, "night": NightScreen,
            "approval": ApprovalScreen, "question": QuestionScreen, "rollout": RolloutScreen,
            "audit": AuditRowScreen, "queue": QueueScreen, "play": PlayScreen,
        }  # fmt: skip
        self.push_screen(made[kind](name))

    def compare(self, left: str, right: str) -> None:
        """Two runs beside each other."""
        self.push_screen(PairScreen([beside_runs(left, right)]))

    async def action_back(self) -> None:
        """One step back: first out of a search, then out of the screen."""
        if isinstance(self.screen, Room) and self.screen.undo_search():
            return
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def action_leave(self) -> None:
        """Back; from a list, out."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.exit(0)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Tell the person. Never as markup: what is told holds names and texts that others wrote."""
        told = "\n".join(clean(line) for line in message.splitlines())
        super().notify(told, title=title, severity=severity, timeout=timeout, markup=False)

    def action_theme(self) -> None:
        """The next one: dark, light, high contrast, colour-blind."""
        names = list(PALETTES)
        self.theme = names[(names.index(self.theme) + 1) % len(names)]
        self.notify(f"Theme {self.theme.removeprefix('strop-')}.")

    def action_repaint(self) -> None:
        """Draw everything again."""
        self.refresh(layout=True)

    def action_help(self) -> None:
        """Every key of the moment."""
        active = {key: (one.node, one.binding) for key, one in self.screen.active_bindings.items() if one.enabled}
        self.push_screen(HelpScreen(entries_of(active)), self._help_chosen)

    async def _help_chosen(self, entry: Entry | None) -> None:
        if entry is not None:
            await self.run_action(entry.action, default_namespace=entry.node)

    # --- commands ------------------------------------------------------------------------------

    def action_command(self) -> None:
        """Type a command."""
        self.push_screen(CommandLine(), self.commands.typed)


def run_app(
    url: str | None, socket: str | None, token: str | None, read_only: bool, *, plain: bool = False,
    theme: str | None = None, tmux: bool = False, keys: Mapping[str, str] | None = None,
    memory: Path | None = None, colours: bool = True,
) -> int:  # fmt: skip
    """Show the terminal until the person leaves; gives the exit code.

    Args:
        url: base address of the service, such as `http://127.0.0.1:8321`.
        socket: path of its Unix socket; wins over `url`.
        token: bearer token.
        read_only: show, change nothing.
        plain: draw with ASCII signs alone.
        theme: `dark`, `light`, `contrast`, `colour-blind` or `sixteen`; None: what the terminal has the colours for.
        tmux: whether the terminal is a pane of tmux.
        keys: the person's own, as `tui.keymap` has checked them.
        memory: file in which filters and views are remembered; None: they are not.
        colours: False where NO_COLOR is set.
    """
    app = StropApp(
        Client(url, socket, token), read_only=read_only, glyphs=glyphs_for(sys.stdout.encoding, plain=plain),
        theme=f"strop-{theme}" if theme else "", tmux=tmux, keys=keys, colours=colours,
        memory=Memory(memory),
    )  # fmt: skip
    return app.run() or 0
