"""The demo's own workspace: both example applications side by side, as a user would have them, in one folder."""

import json
import shutil
from pathlib import Path
from typing import Final

from agents.errors import WorkspaceError

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "examples"
APPLICATIONS: Final = ("insurer", "shop")
PARTS: Final = ("agents", "tasks", "corrections")
"""Folders of an example that a workspace has once, for all its agents."""


def make_demo_workspace(root: Path) -> bool:
    """Write the workspace, unless it is there already (then the demo goes on with it). Says whether it was written.

    Raises:
        WorkspaceError: the examples are not there, or the folder is something else or cannot be written.
    """
    if (root / "strop.toml").exists():
        return False
    if not EXAMPLES.is_dir():
        raise WorkspaceError(
            f"the examples are not at {EXAMPLES.name!r} beside the packages", hint="Run the demo from a checkout."
        )
    if root.exists() and any(root.iterdir() if root.is_dir() else [root]):
        raise WorkspaceError(f"{str(root)!r} is there, and is no workspace", hint="Name another folder with --dir.")
    try:
        _write(root)
    except OSError as error:
        raise WorkspaceError(f"cannot write the demo's workspace in {str(root)!r}: {error.strerror}") from error
    return True


def _write(root: Path) -> None:
    servers = {}
    for name in APPLICATIONS:
        source = EXAMPLES / name
        ignored = shutil.ignore_patterns("__pycache__", ".strop", *PARTS, "strop.toml", "mcp.json")
        shutil.copytree(source, root / name, ignore=ignored)
        for part in PARTS:
            if (source / part).is_dir():
                shutil.copytree(source / part, root / part, dirs_exist_ok=True)
        entries = json.loads((source / "mcp.json").read_text(encoding="utf-8"))["mcpServers"]
        # Servers find their data relative to where they start: each keeps the folder it came with.
        servers.update({key: {**entry, "cwd": str(root.resolve() / name)} for key, entry in entries.items()})
    (root / "mcp.json").write_text(json.dumps({"mcpServers": servers}, indent=2), encoding="utf-8")
    # Last: a folder without it is not taken for a finished workspace.
    (root / "strop.toml").write_text('[workspace]\nname = "demo"\nenvironment = "demo"\n', encoding="utf-8")
