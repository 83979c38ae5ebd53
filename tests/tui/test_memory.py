"""Filters and views that outlive a sitting: kept whole, read by two terminals at once, and never in the way."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.commands.workshop import Shell, make_workspace
from tests.tui.driving import at_desk
from tests.tui.fake_service import Service
from tui.memory import FILTERS, VIEWS, Memory


def test_it_is_there_the_next_time(tmp_path: Path) -> None:
    """Two terminals that are open at once add to each other; the file is readable by nobody else."""
    path = tmp_path / "a" / "terminal.json"
    one, other = Memory(path), Memory(path)
    one.remember("agent:desk")
    other.remember("status:failed")
    one.save("broken", "status:failed")
    assert Memory(path).filters == ["agent:desk", "status:failed"]
    assert other.remove("broken")
    assert not Memory(path).remove("broken")
    assert path.stat().st_mode & 0o077 == 0
    for number in range(FILTERS + 5):
        one.remember(str(number))
    assert len(Memory(path).filters) == FILTERS


@given(st.text(max_size=40) | st.sampled_from(["[]", '{"filters": 3, "views": [1]}', '{"filters": [1, "a"]}']))
def test_a_broken_file_is_no_reason_to_stop(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever is in it, the memory is empty or what can be read of it, and can be written again."""
    path = tmp_path_factory.mktemp("memory") / "terminal.json"
    path.write_text(text, encoding="utf-8", errors="replace")
    memory = Memory(path)
    memory.save("a", "b")
    assert Memory(path).views == {"a": "b"}


def test_names_are_bounded() -> None:
    """Without a file it lasts as long as the terminal; empty and endless names are refused, and so is a 51st view."""
    memory = Memory()
    for name in ("", " ", "x" * 61):
        with pytest.raises(ValueError, match="1 to 60"):
            memory.save(name, "a")
    for number in range(VIEWS):
        memory.save(str(number), "a")
    with pytest.raises(ValueError, match="the most"):
        memory.save("one more", "a")
    memory.save("0", "b")
    assert memory.views["0"] == "b"


@pytest.mark.anyio
async def test_a_filter_is_kept_as_a_view(service: Service) -> None:
    """`v` and a new name keep what is applied; later `v`, a few letters and enter show it; ctrl+d takes it away."""
    async with at_desk(service) as desk:
        await desk.press("v")
        await desk.until("No view yet")
        await desk.press("escape", "slash")
        await desk.type("status:failed")
        await desk.press("enter")
        await desk.until("1/12")
        await desk.press("v")
        await desk.until("a new name keeps 'status:failed'")
        await desk.type("broken")
        await desk.press("enter")
        await desk.until("is kept as 'broken'")
        await desk.press("escape")
        await desk.until("1/60")
        await desk.press("v")
        await desk.type("bro")
        await desk.press("enter")
        await desk.until("1/12")
        await desk.press("v", "ctrl+d")
        await desk.until("No view yet")
    assert desk.app.memory.filters == ["status:failed"]


def test_views_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept, listed, used by the list of runs, taken away; a filter that is none is refused."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(make_workspace(tmp_path / "ws"))
    strop = Shell(tmp_path / "ws")
    run = strop.json("run", "plain", "hello")["run"]["id"]
    assert strop.json("views", "save", "plain ones", "agent:plain") == {"plain ones": "agent:plain"}
    assert "unknown" in strop.told("views", "save", "x", "colour:red", code=2)
    assert "plain ones: agent:plain" in strop("views", "list").stdout
    found = strop.json("runs", "list", "--view", "plain ones", "status:finished")["items"]
    assert [one["id"] for one in found] == [run]
    assert "there is: plain ones" in strop.told("runs", "list", "--view", "x", code=2)
    assert strop.json("views", "remove", "plain ones") == {}
    assert "there is no view" in strop.told("views", "remove", "plain ones", code=2)
