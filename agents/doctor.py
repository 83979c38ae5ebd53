"""What is wrong with a workspace and how to mend it, one check a line. Changes nothing, but makes the database.

Prevents: a mistake that shows only in the middle of a run, and one mistake that hides the others. `online` also
starts each tool server and holds what it offers against what the agents' files say of it.
"""

import asyncio
import importlib.util
import platform
import shutil
import sys
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from agents.config import Workspace, load_config, load_servers, load_workspace
from agents.definitions import BadDefinition, Definition, load_definition
from agents.errors import WorkspaceError
from agents.tasks import load_corrections, load_tasks
from tools.catalog import ServerSpec

if TYPE_CHECKING:
    from traces.db import Database

Level = Literal["ok", "warn", "fail"]

LITTLE_SPACE: Final = 500_000_000
"""Bytes below which the doctor warns: the ledger of some ten thousand runs, or half of an embedded model."""
NO_SPACE: Final = 20_000_000
"""Bytes below which the next runs cannot be recorded."""


@dataclass(frozen=True)
class Check:
    """One line of the doctor: what was looked at, how it is, and how to mend it."""

    level: Level
    subject: str
    message: str
    hint: str = ""


def examine(root: Path, *, online: bool = False) -> Iterator[Check]:
    """Look at everything, in the order in which it is needed; a mistake ends only what depends on it."""
    yield from _installation()
    broken, workspace = yield from _files(root)
    if workspace is None:
        return
    yield from _agents_fit(workspace)
    yield from _tasks(workspace, whole=not broken and bool(workspace.agents))
    yield from _servers(workspace)
    if online:
        yield from _online(workspace)
    yield from _models(workspace)
    yield from _database(workspace, whole=not broken)


# --- the installation --------------------------------------------------------------------------------------------


def _installation() -> Iterator[Check]:
    yield Check("ok", "python", f"{platform.python_version()} ({sys.executable})")
    place = str(Path(__file__).parent)
    try:
        other = metadata.version("openai-agents")
    except metadata.PackageNotFoundError:
        yield Check("ok", "packages", f"`agents` is ours ({place})")
    else:
        yield Check(
            "fail", "packages", f"openai-agents {other} is installed beside Strop; it, too, has a package `agents`",
            "Install Strop into an environment of its own; one of the two overwrites the other.",
        )  # fmt: skip


# --- the files ---------------------------------------------------------------------------------------------------


def _files(root: Path) -> Generator[Check, None, tuple[bool, Workspace | None]]:
    """Checks of each file; gives (whether any is wrong, the workspace made of those that are right or None)."""
    broken = False
    try:
        load_config(root / "strop.toml")
        yield Check("ok", "strop.toml", "read")
    except WorkspaceError as error:
        yield _wrong("strop.toml", error, root)
        return True, None
    servers: Mapping[str, ServerSpec] = {}
    try:
        servers = load_servers(root)
        yield Check("ok", "mcp.json", f"servers: {', '.join(servers) or 'none'}")
    except WorkspaceError as error:
        broken = True
        yield _wrong("mcp.json", error, root)
    agents: dict[str, Definition] = {}
    for path in sorted((root / "agents").glob("*.y*ml")):
        for check in _agent_file(path, root, agents):
            broken = broken or check.level == "fail"
            yield check
    if not agents and not broken:
        yield Check("fail", "agents/", "no agent", "Write agents/NAME.yaml; `strop init DIR` shows one.")
    try:
        return broken, load_workspace(root, agents=agents, servers=servers)
    except WorkspaceError as error:
        yield _wrong("settings", error, root)
        return True, None


def _agent_file(path: Path, root: Path, agents: dict[str, Definition]) -> Iterator[Check]:
    subject = str(path.relative_to(root))
    if path.suffix != ".yaml":
        yield Check("warn", subject, "is not read", "Name it .yaml.")
        return
    try:
        definition = load_definition(path)
    except BadDefinition as error:
        yield from (Check("fail", subject, problem) for problem in error.problems)
    except WorkspaceError as error:
        yield _wrong(subject, error, root)
    else:
        if definition.name in agents:
            other = agents[definition.name].path.name
            yield Check(
                "fail", subject, f"agent {definition.name!r} is also defined in {other}", "Rename one of them."
            )
            return
        agents[definition.name] = definition
        yield Check("ok", subject, f"agent {definition.name!r}")


def _wrong(subject: str, error: WorkspaceError, root: Path) -> Check:
    message = str(error).removeprefix(f"{root.resolve()}/").removeprefix(f"{root}/")
    return Check("fail", subject, message.removeprefix(f"{subject}:").strip(), error.hint)


# --- how the files fit together ----------------------------------------------------------------------------------


def _agents_fit(workspace: Workspace) -> Iterator[Check]:
    for name in sorted(workspace.retention.agents.keys() - workspace.agents.keys()):
        told = f"[retention] agents names {name!r}, which is no agent here"
        yield Check("warn", "strop.toml", told, "Its runs of before are erased in time, if there are any.")
    for name in sorted(set(workspace.nights.agents) - workspace.agents.keys()):
        yield Check(
            "fail", "strop.toml", f"[nights] names {name!r}, which is no agent here",
            f"Agents: {', '.join(workspace.agents)}.",
        )  # fmt: skip
    used: set[str] = set()
    for name, definition in workspace.agents.items():
        for access in definition.block.tools:
            used.add(access.server)
            if access.server not in workspace.servers:
                listed = ", ".join(workspace.servers) or "none"
                yield Check(
                    "fail", name, f"uses the tool server {access.server!r}, which mcp.json does not declare",
                    f"Declared: {listed}.",
                )  # fmt: skip
            yield from _effects_fit(name, access)
        for delegate in definition.block.delegates:
            if delegate.agent not in workspace.agents:
                listed = ", ".join(workspace.agents)
                yield Check(
                    "fail", name, f"delegates to {delegate.agent!r}, which is no agent here", f"Agents: {listed}."
                )
    for spare in sorted(set(workspace.servers) - used):
        yield Check("warn", "mcp.json", f"no agent uses the server {spare!r}")
    circle = find_circle({name: _delegates(one) for name, one in workspace.agents.items()})
    if circle:
        yield Check(
            "fail",
            "delegates",
            f"a circle: {' -> '.join(circle)}",
            "Such a run ends only at its limits; cut it somewhere.",
        )


def _tasks(workspace: Workspace, *, whole: bool) -> Iterator[Check]:
    """What `strop check`, proposals and the look at drifted tools play; read here as they read it."""
    for folder, load in (("tasks", load_tasks), ("corrections", load_corrections)):
        for path in sorted((workspace.root / folder).glob("*.jsonl")):
            subject = f"{folder}/{path.name}"
            if path.stem not in workspace.agents and whole:  # else it may be that of an agent whose file is broken
                yield Check("warn", subject, f"no agent is called {path.stem!r}", "Name it after its agent.")
                continue
            try:
                rows = load(workspace.root, path.stem)
            except WorkspaceError as error:
                yield _wrong(subject, error, workspace.root)
            else:
                yield Check("ok", subject, f"{len(rows)} {folder}")


def _effects_fit(name: str, access: Any) -> Iterator[Check]:
    if access.allow is None:
        return
    for tool in sorted(access.effects.keys() - set(access.allow)):
        yield Check("warn", name, f"declares an effect of {tool!r}, which its `allow` leaves out")


def _delegates(definition: Definition) -> list[str]:
    return [delegate.agent for delegate in definition.block.delegates]


def find_circle(edges: Mapping[str, list[str]]) -> list[str]:
    """Names along a circle, its start repeated at the end; empty when there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in edges.get(name, []):
            if found := walk(other, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in edges if (found := walk(name, []))), [])


# --- tool servers ------------------------------------------------------------------------------------------------


def _servers(workspace: Workspace) -> Iterator[Check]:
    for name, spec in workspace.servers.items():
        if spec.command is None:
            yield Check("ok", f"server {name}", str(spec.url))
            continue
        folder = Path(spec.cwd or workspace.root)
        if shutil.which(spec.command) is None and not (folder / spec.command).is_file():
            yield Check("fail", f"server {name}", f"no command {spec.command!r}", "Install it, or mend mcp.json.")
            continue
        missing = [arg for arg in spec.args if arg.endswith((".py", ".js")) and not (folder / arg).is_file()]
        if missing:
            yield Check("fail", f"server {name}", f"no file {missing[0]!r} in {str(folder)!r}", "Mend mcp.json.")
        else:
            yield Check("ok", f"server {name}", " ".join([Path(spec.command).name, *spec.args]))


def _online(workspace: Workspace) -> Iterator[Check]:
    for name, spec in workspace.servers.items():
        log = workspace.root / ".strop" / f"server-{name}.log"
        try:
            offered = asyncio.run(offered_tools(spec, log))
        except Exception as error:  # whatever a foreign program does wrong is its line here, not our crash
            yield _not_started(name, error, log)
            continue
        yield Check("ok", f"server {name}", f"started; offers {', '.join(offered) or 'nothing'}")
        for agent, definition in workspace.agents.items():
            yield from _names_fit(agent, definition, name, set(offered))


def _not_started(name: str, error: Exception, log: Path) -> Check:
    from tools.mcp import as_server_error

    said = str(as_server_error(name, error)).removeprefix(f"tool server {name!r}: ")
    words = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.is_file() else []
    last = next((line.strip() for line in reversed(words) if line.strip()), "")
    hint = f"Its last words: {last}" if last else "It wrote nothing to stderr."
    return Check("fail", f"server {name}", f"does not start: {said}", hint)


async def offered_tools(spec: ServerSpec, log: Path) -> list[str]:
    """Names of the tools that a server offers; it is started and stopped for this."""
    from tools.mcp import offered_by

    log.parent.mkdir(parents=True, exist_ok=True)
    return [str(tool["name"]) for tool in await offered_by(spec, log)]


def _names_fit(agent: str, definition: Definition, server: str, offered: set[str]) -> Iterator[Check]:
    listed = f"It offers: {', '.join(sorted(offered))}."
    for access in definition.block.tools:
        if access.server != server:
            continue
        for tool in sorted(set(access.allow or ()) - offered):
            yield Check("fail", agent, f"allows {tool!r}, which server {server!r} does not offer", listed)
        for tool in sorted(access.effects.keys() - offered - set(access.allow or ())):
            yield Check(
                "fail", agent, f"declares an effect of {tool!r}, which server {server!r} does not offer", listed
            )


# --- models ------------------------------------------------------------------------------------------------------


def _models(workspace: Workspace) -> Iterator[Check]:
    named: dict[str, list[str]] = {}
    for name, definition in workspace.agents.items():
        named.setdefault(workspace.model_for(definition), []).append(name)
        for use, model in _asked_besides(definition):
            named.setdefault(model, []).append(f"{name} ({use})")
    if workspace.reflection_model:
        named.setdefault(workspace.reflection_model, []).append("reflection")
    for model, users in named.items():
        yield _model(workspace, model, ", ".join(users))


def _asked_besides(definition: Definition) -> Iterator[tuple[str, str]]:
    """(as what, model): those that a request may go to beside the agent's own."""
    asking = definition.block.asking
    if asking is not None:
        yield from (("fallback", model) for model in asking.fallback)
        yield from (("route", route.model) for route in asking.routes)


def _model(workspace: Workspace, model: str, users: str) -> Check:
    from agents.models.errors import ModelError
    from agents.models.gateway import Gateway

    subject = f"model {model}"
    try:
        Gateway(workspace.gateway, workspace.local).model(model)
        return (
            _weights(workspace, model, users) if model.startswith("local:") else Check("ok", subject, f"for {users}")
        )
    except ModelError as error:
        return Check("fail", subject, str(error).removesuffix(error.hint).rstrip(" ."), error.hint or "Set its key.")


def _weights(workspace: Workspace, model: str, users: str) -> Check:
    from agents.models.catalogue import get_weights

    weights = get_weights(model.removeprefix("local:"))
    path, subject = workspace.local.models_dir / f"{weights.name}.gguf", f"model {model}"
    if importlib.util.find_spec("xllamacpp") is None:
        return Check("fail", subject, "the engine is not installed", "Install Strop with its `local` extra.")
    if not path.is_file():
        return Check("fail", subject, f"no weights at {str(path)!r}", f"Fetch them: strop model pull {weights.name}")
    size = path.stat().st_size
    if size != weights.size:
        return Check(
            "fail", subject, f"the weights have {size:,} bytes instead of {weights.size:,}",
            f"Fetch them again: strop model pull {weights.name}",
        )  # fmt: skip
    return Check("ok", subject, f"weights are there, for {users}")


# --- the database ------------------------------------------------------------------------------------------------


def _database(workspace: Workspace, *, whole: bool) -> Iterator[Check]:
    from traces.db import open_database
    from traces.errors import LedgerError

    try:
        database = open_database(workspace.database_url)
    except LedgerError as error:
        yield Check("fail", "database", str(error), error.hint)
        return
    try:
        with database.writing():
            pass  # the write lock could be had, so it is neither locked nor read-only
        yield Check("ok", "database", f"can be read and written ({database.engine.url.render_as_string()})")
        if database.is_sqlite:
            yield _space(Path(database.engine.url.database or "."))
        yield _losses(database)
        if whole:
            yield from _live(workspace, database)
    except LedgerError as error:
        yield Check("fail", "database", str(error), error.hint)
    finally:
        database.close()


def _losses(database: "Database") -> Check:
    from traces.losses import list_losses, total

    with database.reading() as session:
        found = list_losses(session, since=datetime.now(UTC) - timedelta(days=7))
    if not found:
        return Check("ok", "losses", "all that came in the last 7 days is stored")
    told = f"{total(found):,} spans, requests or writes could not be stored in the last 7 days"
    return Check(
        "warn", "losses", f"{told}, the newest: {found[0].what}, {found[0].why}", "`strop losses` lists them."
    )


def _space(file: Path) -> Check:
    free = shutil.disk_usage(file.parent).free
    level: Level = "fail" if free < NO_SPACE else "warn" if free < LITTLE_SPACE else "ok"
    hint = "" if level == "ok" else "Free some space: each step of a run is recorded."
    return Check(level, "disk", f"{free / 1e9:.1f} GB free for the database", hint)


def _live(workspace: Workspace, database: "Database") -> Iterator[Check]:
    from agents.prompts.record import find_rules
    from agents.prompts.store import find_bundles, find_live
    from agents.prompts.tool_lists import newest_met
    from agents.selection import own_bundle
    from traces.ids import short

    with database.reading() as session:
        pointers = {name: find_live(session, name) for name in workspace.agents}
        serving = find_bundles(session, [live.digest for live in pointers.values() if live is not None])
        rules = {name: find_rules(session, name) for name in workspace.agents}
        met = {name: {} if live is None else newest_met(session, live.digest) for name, live in pointers.items()}
    for name, server in ((name, one.server) for name, servers in met.items() for one in servers.values()):
        if met[name][server].standing == "drifted":
            yield Check(
                "warn", f"tools {name}", f"{server} is not what the live version was proven with",
                f"`strop tools diff {server} --agent {name}` shows what changed.",
            )  # fmt: skip
    for name, recorded in rules.items():
        differ = [] if recorded is None else recorded.differ(workspace.governance.rules_for(name))
        if differ:
            yield Check(
                "warn", f"rules {name}", f"strop.toml asks for other rules than are in force: {', '.join(differ)}",
                f"`strop governance show {name}` tells both; an admin puts the file's into force: strop governance "
                f"adopt {name} --reason WHY. Until then the file's have no effect.",
            )  # fmt: skip
    for name, live in pointers.items():
        own = own_bundle(workspace, workspace.agents[name]).digest
        subject = f"live {name}"
        if live is None:
            yield Check("ok", subject, f"the first run takes the definition file ({short(own)})")
        elif live.digest == own:
            yield Check("ok", subject, f"{short(own)}, as the definition file says")
        elif live.digest in serving and serving[live.digest].bundle.as_written.digest == own:
            told = f"{short(live.digest)}: the definition file's version, with the tools it was proven with"
            yield Check("ok", subject, told)
        elif live.digest == live.source:
            yield Check("ok", subject, f"the file has changed; the next run takes it ({short(own)})")
        elif live.source == own:
            yield Check("ok", subject, f"{short(live.digest)}, by a decision on the definition file's version")
        else:
            yield Check(
                "warn", subject, f"{short(live.digest)} serves by a decision; the definition file has changed since",
                f"`strop adopt {name}` takes the file; until then its changes have no effect.",
            )  # fmt: skip
