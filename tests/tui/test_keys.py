"""Keys: no two clash, writes are capitals or open a box, `?` is always on the line, read-only has no write keys."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding

from tests.tui import builders
from tests.tui.driving import at_desk
from tests.tui.fake_service import Service
from tui.app import StropApp
from tui.screens.audit import AuditRowScreen, AuditScreen
from tui.screens.command import COMMANDS, hints, parse
from tui.screens.metrics import MetricsScreen
from tui.screens.nights import NightScreen, NightsScreen
from tui.screens.pair import PairScreen
from tui.screens.playground import PlaygroundScreen, PlayScreen
from tui.screens.prompts import BundleScreen, DiffScreen, PromptsScreen
from tui.screens.proposals import ProposalScreen, ProposalsScreen
from tui.screens.questions import QuestionScreen
from tui.screens.queues import QueueAboutScreen, QueueScreen, QueuesScreen
from tui.screens.rollouts import RolloutScreen, RolloutsScreen
from tui.screens.room import Room
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen
from tui.screens.waiting import ApprovalScreen, WaitingScreen
from tui.widgets.document import Document
from tui.widgets.key_bar import Key, keys_that_fit
from tui.widgets.line_view import LineView
from tui.widgets.transcript import Transcript

LAYERS = {
    RunsScreen: LineView, RunScreen: Transcript, ProposalsScreen: LineView, ProposalScreen: Document,
    PromptsScreen: LineView, BundleScreen: Document, DiffScreen: Document, NightsScreen: LineView,
    NightScreen: Document, WaitingScreen: LineView, ApprovalScreen: Document, QuestionScreen: Document,
    RolloutsScreen: LineView, RolloutScreen: Document, MetricsScreen: Document, AuditScreen: LineView,
    AuditRowScreen: Document, PairScreen: Transcript,
    PlaygroundScreen: LineView, PlayScreen: Transcript, QueuesScreen: LineView, QueueAboutScreen: Document,
    QueueScreen: Transcript,
}  # fmt: skip


def own_keys(kind: type) -> Iterator[tuple[str, str]]:
    """(key, action) of a class alone."""
    for binding in kind.__dict__.get("BINDINGS", ()):
        assert isinstance(binding, Binding)
        for key in binding.key.split(","):
            yield key, binding.action


@pytest.mark.parametrize("screen", LAYERS, ids=lambda kind: kind.__name__)
def test_no_key_means_two_things(screen: type[Room]) -> None:
    """Over app, screen and its list, each key has one meaning; `/` and `enter` may be made more special."""
    layers = [*LAYERS[screen].__mro__, *screen.__mro__, StropApp]
    seen: dict[str, str] = {}
    for kind in [layer for layer in layers if layer.__module__.startswith("tui.")]:
        for key, action in own_keys(kind):
            if key not in {"slash", "enter"}:
                assert seen.setdefault(key, action) == action, f"{key} in {kind.__name__}"


def test_writes_cannot_slip() -> None:
    """A key that writes is a capital; the lower-case ones of feedback open a box first, as a flow test shows."""
    for screen in LAYERS:
        for key, action in own_keys(screen):
            if action.split("(")[0] in screen.WRITES and key.islower():
                assert action.split("(")[0] in {"judge", "correct", "label"}


@pytest.mark.anyio
async def test_keys_that_would_be_refused_are_not_there(service: Service) -> None:
    """An operator may allow calls and not approve versions; the badge says what one is."""
    service.world.me = builders.me("operator")
    async with at_desk(service, (120, 30)) as desk:
        await desk.until("OPERATOR")
        await desk.press("2")
        await desk.until("4 waiting")
        await desk.press("down")
        await desk.until("A Allow")
        await desk.press("3", "enter")
        await desk.until("what changes")
        assert "Approve" not in desk.text
        await desk.press("A")
        assert isinstance(desk.app.screen, ProposalScreen)
    assert service.world.told == []


@given(st.lists(st.text("abc", min_size=1, max_size=14), max_size=15), st.integers(0, 200))
def test_help_is_always_on_the_line(names: list[str], width: int) -> None:
    """However narrow the screen, `?` is kept and the ranking too."""
    keys = [Key(name[0], name, name) for name in names]
    kept = keys_that_fit(keys, width)
    assert kept[-1].key == "?"
    assert kept[:-1] == keys[: len(kept) - 1]


@pytest.mark.anyio
async def test_read_only_has_no_write_keys(service: Service) -> None:
    """In read-only mode the keys that write are neither on the line nor in force, and the badge says so."""
    async with at_desk(service, read_only=True) as desk:
        await desk.until("READ ONLY")
        await desk.press("down", "enter")
        await desk.until("find_policy returned")
        assert "Good" not in desk.text
        await desk.press("u")
        assert isinstance(desk.app.screen, RunScreen)
        await desk.press("3", "enter")
        await desk.until("what changes")
        await desk.press("A")
        assert isinstance(desk.app.screen, ProposalScreen)
    assert service.world.told == []


@pytest.mark.anyio
async def test_help_lists_every_key_and_runs_it(service: Service) -> None:
    """`?` has every key of the screen and of the app, is searched by name, and enter does it."""
    async with at_desk(service, (100, 60)) as desk:
        await desk.press("question_mark")
        await desk.until("Keys here")
        for name in ("Filter", "Nights", "Other theme", "Copy id", "Ask again", "Half a page down"):
            assert name in desk.text
        await desk.type("nig")
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, NightsScreen))


def test_commands() -> None:
    """An exact name or a start that only one has is a command; the rest goes with it."""
    meant = [parse(text) for text in ("runs agent:desk", "run 12", "prom", "pro", "x", ":q", "", "cand")]
    assert [found and found[0].name for found in meant] == ["runs", "run", "prompts", None, None, "quit", None, None]
    assert parse("runs agent:desk  status:failed") == (COMMANDS[0], "agent:desk  status:failed")
    assert [one.name for one in hints("pro")] == ["proposals", "proposal", "prompts"]
    assert [one.name for one in hints("ask desk hello")] == ["ask"]
    assert list(hints("")) == list(COMMANDS)
