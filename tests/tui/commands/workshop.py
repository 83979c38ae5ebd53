"""Workspaces for the tests of the commands, and how they are commanded.

The model is pydantic-ai's `test`: it calls each tool once with made-up arguments, then answers with what they said.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tui.cli import cli

SERVERS = Path(__file__).with_name("servers.py")


def make_workspace(root: Path) -> Path:
    """A workspace: `plain` has no tools; `NAMEd` agents below use one misbehaving server each."""
    (root / "agents").mkdir(parents=True)
    (root / "strop.toml").write_text('[workspace]\nname = "test"\n', encoding="utf-8")
    write_agent(root, "plain")
    return root


def write_agent(root: Path, name: str, *, model: str = "test", more: str = "") -> None:
    """agents/NAME.yaml."""
    text = f"name: {name}\nmodel: {model}\ninstructions: Be helpful.\n{more}"
    (root / "agents" / f"{name}.yaml").write_text(text, encoding="utf-8")


def serve(root: Path, behaviour: str, *, env: Mapping[str, str] | None = None) -> None:
    """An agent of that name with a server that behaves so (see servers.py)."""
    path = root / "mcp.json"
    data = json.loads(path.read_text()) if path.exists() else {"mcpServers": {}}
    entry = {"command": sys.executable, "args": [str(SERVERS), behaviour], "env": dict(env or {})}
    data["mcpServers"][behaviour] = entry
    path.write_text(json.dumps(data), encoding="utf-8")
    write_agent(root, behaviour, more=f"strop:\n  tools: [{{server: {behaviour}}}]\n")


@dataclass(frozen=True)
class Shell:
    """Runs `strop` in this process."""

    root: Path

    def __call__(self, *args: str, input: str | bytes | None = None, code: int = 0) -> Result:
        """Run a command that ends with `code`."""
        result = CliRunner().invoke(cli, list(args), input=input, prog_name="strop")
        assert result.exit_code == code, f"{result.exit_code}\n{result.stdout}\n{result.stderr}"
        return result

    def json(self, *args: str, code: int = 0) -> Any:
        """What a command prints with --json."""
        return json.loads(self(*args, "--json", code=code).stdout)

    def told(self, *args: str, code: int, input: str | bytes | None = None) -> str:
        """The one error of a command that fails with `code`; nothing else is said and nothing is printed."""
        result = self(*args, code=code, input=input)
        lines = result.stderr.splitlines()
        assert sum(line.startswith("error: ") for line in lines) == 1, result.stderr
        assert all(line.startswith(("error: ", "hint: ")) for line in lines), result.stderr
        assert "Traceback" not in result.output
        return result.stderr


def program(root: Path, *args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """`strop` as a program of its own, in the workspace."""
    command = [sys.executable, "-c", "from tui.cli import main; main()", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, **surroundings(root), **options)


def surroundings(root: Path) -> dict[str, Any]:
    """Folder and environment of a program of its own."""
    path = os.pathsep.join([str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")])
    return {"cwd": root, "env": {**os.environ, "PYTHONPATH": path, "STROP_USER": "m.keller"}}
