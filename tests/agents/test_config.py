"""Settings: where each comes from, what wins, and that paths in a file mean the workspace."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from agents.config import Workspace, load_workspace, models_dir
from agents.errors import UnknownAgent, WorkspaceError
from agents.sections import DEFAULT_MODEL


def workspace(
    root: Path, toml: str = "", environ: Mapping[str, str] | None = None, mcp: str | None = None
) -> Workspace:
    """The workspace with these files, in this environment."""
    (root / "agents").mkdir(exist_ok=True)
    (root / "agents" / "desk.yaml").write_text("name: desk\ninstructions: Hello.\n")
    (root / "strop.toml").write_text(toml)
    if mcp is not None:
        (root / "mcp.json").write_text(mcp)
    return load_workspace(root, environ or {})


def test_everything_has_a_default(tmp_path: Path) -> None:
    """An empty strop.toml is a workspace."""
    found = workspace(tmp_path)
    assert found.name == tmp_path.name
    assert found.environment == "local"
    assert found.database_url == f"sqlite:///{tmp_path}/.strop/strop.db"
    assert found.socket == tmp_path / ".strop" / "strop.sock"
    assert found.model_for(found.agent("desk")) == DEFAULT_MODEL
    assert (found.forced_model, found.reflection_model, found.token, dict(found.servers)) == (None, None, "", {})
    assert found.user


def test_the_file_wins_over_the_defaults_and_the_environment_over_the_file(tmp_path: Path) -> None:
    """The same order for every setting that has both."""
    toml = """
    [workspace]
    name = "house"
    environment = "test"
    [database]
    url = "postgresql+psycopg://house/strop"
    [models]
    default = "openai:gpt-5-mini"
    reflection = "openai:gpt-5"
    [local]
    threads = 3
    [service]
    token = "from-file"
    """
    file = workspace(tmp_path, toml)
    assert (file.name, file.environment, file.token, file.local.threads) == ("house", "test", "from-file", 3)
    assert (file.database_url, file.reflection_model) == ("postgresql+psycopg://house/strop", "openai:gpt-5")
    assert file.model_for(file.agent("desk")) == "openai:gpt-5-mini"
    environ = {
        "STROP_ENVIRONMENT": "production", "STROP_DATABASE_URL": "sqlite:////elsewhere.db", "STROP_MODEL": "test",
        "STROP_REFLECTION_MODEL": "r", "STROP_THREADS": "1", "STROP_TOKEN": "t", "STROP_USER": "m.keller",
        "STROP_MODELS_DIR": "/weights",
    }  # fmt: skip
    both = workspace(tmp_path, toml, environ)
    assert (both.environment, both.database_url, both.token) == ("production", "sqlite:////elsewhere.db", "t")
    assert (both.model_for(both.agent("desk")), both.reflection_model, both.user) == ("test", "r", "m.keller")
    assert (both.local.threads, both.local.models_dir) == (1, Path("/weights"))


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    """`STROP_MODEL= strop …` is how a shell takes a variable away."""
    names = ("MODEL", "DATABASE_URL", "TOKEN", "THREADS", "USER", "MODELS_DIR")
    found = workspace(tmp_path, environ={f"STROP_{name}": "" for name in names})
    assert found == workspace(tmp_path)


def test_paths_in_the_file_mean_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From whatever folder a command is started: one database, one socket."""
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    found = workspace(tmp_path, '[database]\nurl = "sqlite:///data/x.db"\n[service]\nsocket = "s.sock"\n')
    assert found.database_url == f"sqlite:///{tmp_path}/data/x.db"
    assert found.socket == tmp_path / "s.sock"
    absolute = workspace(tmp_path, '[database]\nurl = "sqlite:////data/x.db"\n[service]\nsocket = "/run/s.sock"\n')
    assert (absolute.database_url, absolute.socket) == ("sqlite:////data/x.db", Path("/run/s.sock"))
    assert workspace(tmp_path, '[database]\nurl = "sqlite:///:memory:"\n').database_url == "sqlite:///:memory:"


def test_servers_get_their_variables(tmp_path: Path) -> None:
    """From the environment, with defaults; `${PYTHON}` is this interpreter; the folder is the workspace."""
    mcp = """{"mcpServers": {"x": {"command": "${PYTHON}", "args": ["${FILE:-server.py}", "$HOME"],
              "env": {"KEY": "${KEY}"}}}}"""
    server = workspace(tmp_path, environ={"KEY": "k"}, mcp=mcp).servers["x"]
    assert server.args == ("server.py", "$HOME")
    assert (server.env, server.cwd) == ({"KEY": "k"}, str(tmp_path))
    assert server.command is not None
    assert "python" in server.command
    with pytest.raises(WorkspaceError, match="KEY"):
        workspace(tmp_path, mcp=mcp)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """What is put into a server's environment or headers is in no log line that prints the server."""
    mcp = '{"mcpServers": {"x": {"url": "http://x", "headers": {"Authorization": "Bearer s3cret"}}}}'
    assert "s3cret" not in repr(workspace(tmp_path, mcp=mcp).servers["x"])


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("[workspace\n", "line 1"),
        ("[wrokspace]\n", "wrokspace"),
        ("[local]\nthreads = -1\n", "local.threads"),
        ('[local]\nomp_wait_policy = "sometimes"\n', "local.omp_wait_policy"),
        ("workspace = 3\n", "workspace"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, toml: str, told: str) -> None:
    """With its place in the file."""
    with pytest.raises(WorkspaceError) as caught:
        workspace(tmp_path, toml)
    assert told in str(caught.value)
    assert "strop.toml" in str(caught.value)


@pytest.mark.parametrize("given", ["many", "-1", "1.5", "²"])
def test_threads_are_a_number(tmp_path: Path, given: str) -> None:
    """A variable is checked like a file."""
    with pytest.raises(WorkspaceError, match="STROP_THREADS"):
        workspace(tmp_path, environ={"STROP_THREADS": given})


def test_an_agent_is_named_once(tmp_path: Path) -> None:
    """Two files with one name are an error that names both."""
    found = workspace(tmp_path)
    with pytest.raises(UnknownAgent, match="nobody"):
        found.agent("nobody")
    (tmp_path / "agents" / "other.yaml").write_text("name: desk\ninstructions: Hello.\n")
    with pytest.raises(WorkspaceError, match=r"other\.yaml.*desk\.yaml"):
        load_workspace(tmp_path, {})


def test_what_is_given_is_not_read_again(tmp_path: Path) -> None:
    """A broken agent does not hide the rest of the workspace from the doctor."""
    workspace(tmp_path)
    (tmp_path / "agents" / "broken.yaml").write_text("[")
    assert load_workspace(tmp_path, {}, agents={}, servers={}).agents == {}


def test_places_outside_of_a_workspace() -> None:
    """Weights belong to the user."""
    assert models_dir({"STROP_MODELS_DIR": "/weights"}) == Path("/weights")
    assert models_dir({}) == Path.home() / ".cache" / "strop" / "models"
