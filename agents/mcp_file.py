"""mcp.json: which tool servers a workspace has, in the form that other MCP clients read too.

Prevents: a secret in a file that is shared (`${NAME}` comes from the environment), and a server quietly left out.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agents.errors import WorkspaceError
from tools.catalog import ServerSpec


def read_servers(root: Path, environ: Mapping[str, str]) -> dict[str, ServerSpec]:
    """Read mcp.json; `${NAME}` and `${NAME:-default}` come from the environment, `${PYTHON}` is this interpreter.

    Raises:
        WorkspaceError: what is wrong with it, and where.
    """
    path = root / "mcp.json"
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise WorkspaceError(f"{path}: {error}", hint="Mend the JSON at that place.") from error
    except OSError as error:
        raise WorkspaceError(f"{path}: {error.strerror}") from error
    entries = data.get("mcpServers") if isinstance(data, dict) else None
    if not isinstance(entries, dict):
        raise WorkspaceError(
            f'{path}: no "mcpServers" object', hint='Write {"mcpServers": {"NAME": {"command": "…"}}}.'
        )
    known = {"PYTHON": sys.executable, **environ}
    servers = {}
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise WorkspaceError(f"{path}: server {name!r}: not an object")
        try:
            servers[name] = ServerSpec.model_validate({"name": name, "cwd": str(root), **_expand(entry, known, path)})
        except ValidationError as error:
            detail = error.errors()[0]
            where = ".".join(str(part) for part in detail["loc"])
            raise WorkspaceError(f"{path}: server {name!r}: {where}: {detail['msg']}") from error
    return servers


def _expand(value: Any, known: Mapping[str, str], path: Path) -> Any:
    if isinstance(value, dict):
        return {key: _expand(item, known, path) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, known, path) for item in value]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        if name in known:
            return known[name]
        if default is None:
            raise WorkspaceError(f"{path}: ${{{name}}} is not set", hint=f"Set {name} in the environment.")
        return default

    return re.sub(r"\$\{(\w+)(?::-([^}]*))?\}", fill, value)
