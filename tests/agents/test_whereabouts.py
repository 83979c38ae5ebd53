"""Where a service is, found without its workspace; a person's own settings of the terminal."""

from pathlib import Path

import pytest

from agents.config import load_workspace
from agents.errors import WorkspaceError
from agents.whereabouts import (
    Terminal,
    client_token,
    find_workspace,
    in_tmux,
    socket_of,
    terminal_file,
    terminal_settings,
    wants_colours,
)


def test_a_workspace_is_found_from_below(tmp_path: Path) -> None:
    """The nearest strop.toml above."""
    (tmp_path / "strop.toml").write_text("")
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_workspace(deep) == tmp_path
    (tmp_path / "strop.toml").unlink()
    with pytest.raises(WorkspaceError, match=r"no strop\.toml"):
        find_workspace(deep)


@pytest.mark.parametrize("said", ["", '[service]\nsocket = "s.sock"\n', '[service]\nsocket = "/run/s.sock"\n'])
def test_the_socket_is_where_the_service_makes_it(tmp_path: Path, said: str) -> None:
    """The screen, which reads one line of the file, and the service, which reads all of it, mean one place."""
    (tmp_path / "agents").mkdir()
    (tmp_path / "strop.toml").write_text(said)
    assert socket_of(tmp_path) == load_workspace(tmp_path, {}).socket


def test_the_socket_is_found_whatever_else_is_wrong(tmp_path: Path) -> None:
    """A service that runs can be looked at though the file was broken since; what is no TOML is told."""
    (tmp_path / "strop.toml").write_text('[nonsense]\n[service]\nsocket = "s.sock"\n')
    assert socket_of(tmp_path) == tmp_path / "s.sock"
    (tmp_path / "strop.toml").write_text("[")
    with pytest.raises(WorkspaceError, match=r"strop\.toml"):
        socket_of(tmp_path)
    with pytest.raises(WorkspaceError, match="No such file"):
        socket_of(tmp_path / "nowhere")


def test_settings_of_the_terminal(tmp_path: Path) -> None:
    """All defaults without a file; what is not known is refused with its place."""
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert terminal_file(env) == tmp_path / "strop" / "terminal.toml"
    assert terminal_file({"STROP_TERMINAL": "/x.toml"}) == Path("/x.toml")
    assert terminal_file({}) == Path.home() / ".config" / "strop" / "terminal.toml"
    assert terminal_settings(env) == Terminal()
    terminal_file(env).parent.mkdir()
    terminal_file(env).write_text('theme = "light"\nread_only = true\n[keys]\n"next error" = "x"\n')
    assert terminal_settings(env) == Terminal(theme="light", read_only=True, keys={"next error": "x"})
    for wrong, place in (
        ('colour = "red"', "colour"),
        ('theme = "pink"', "theme"),
        ("[keys]\nquit = 1", "keys.quit"),
    ):
        terminal_file(env).write_text(wrong)
        with pytest.raises(WorkspaceError, match=place):
            terminal_settings(env)


def test_what_the_surroundings_say() -> None:
    """A token that is empty is none; tmux says that it is there; colours are wanted unless somebody says no."""
    assert client_token({"STROP_TOKEN": "t"}) == "t"
    assert client_token({"STROP_TOKEN": ""}) is None
    assert in_tmux({"TMUX": "/tmp/tmux,1,0"})
    assert not in_tmux({})
    assert wants_colours({})
    assert not wants_colours({"NO_COLOR": "1"})
