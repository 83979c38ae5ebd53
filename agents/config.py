"""Settings and the workspace: the only reader of the environment and of the workspace's files.

They are read once, at the edge: rooms below and beside get plain values. Order: the environment (STROP_…) wins
over strop.toml, which wins over the defaults in `agents.sections`.
"""

import getpass
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from agents.access.roles import Role
from agents.budgets import Budgets
from agents.definitions import Definition, load_definition
from agents.errors import UnknownAgent, WorkspaceError
from agents.mcp_file import read_servers
from agents.models.settings import GatewaySettings, LocalSettings, Price, Retries
from agents.retention import Rules
from agents.sections import Config, GovernanceSection, ModelsSection, NightsSection, PrivacySection
from agents.whereabouts import read_toml, socket_in
from tools.catalog import ServerSpec
from tools.pins import DriftPolicy
from traces.errors import BadInput
from traces.redact import Policy, Redactor

MISSING = "A workspace is a folder with strop.toml: `strop init DIR` makes one."


@dataclass(frozen=True)
class Workspace:
    """Everything a started Strop knows from files and environment, as values."""

    root: Path
    name: str
    environment: str
    database_url: str
    default_model: str
    forced_model: str | None
    """From STROP_MODEL: every agent runs on it, whatever its definition or live bundle says."""
    reflection_model: str | None
    local: LocalSettings
    gateway: GatewaySettings
    budgets: Budgets
    socket: Path
    token: str
    user: str
    redactor: Redactor
    """What stands at the door of every recorder of this workspace."""
    servers: Mapping[str, ServerSpec]
    agents: Mapping[str, Definition]
    nights: NightsSection = field(default_factory=NightsSection)
    local_role: Role = "admin"
    governance: GovernanceSection = field(default_factory=GovernanceSection)
    retention: Rules = field(default_factory=Rules)
    drift: DriftPolicy = "warn"
    runs_at_once: int = 200
    runs_queued: int = 1000

    def agent(self, name: str) -> Definition:
        """The definition of that name.

        Raises:
            UnknownAgent: with the names there are.
        """
        if name not in self.agents:
            raise UnknownAgent(name, sorted(self.agents))
        return self.agents[name]

    def model_for(self, definition: Definition) -> str:
        """The model that the definition's own bundle names: forced, its own, or the default."""
        return self.forced_model or definition.model or self.default_model


def load_workspace(
    root: Path,
    environ: Mapping[str, str] | None = None,
    *,
    agents: Mapping[str, Definition] | None = None,
    servers: Mapping[str, ServerSpec] | None = None,
) -> Workspace:
    """Read a workspace whole. What is given of `agents` and `servers` is not read again.

    Raises:
        WorkspaceError: the first file that is missing or wrong, with place and remedy.
    """
    env = os.environ if environ is None else environ
    root = root.resolve()
    config = load_config(root / "strop.toml")
    return Workspace(
        root=root,
        name=config.workspace.name or root.name,
        environment=env.get("STROP_ENVIRONMENT") or config.workspace.environment,
        database_url=env.get("STROP_DATABASE_URL") or _database_url(config.database.url, root),
        default_model=config.models.default,
        forced_model=env.get("STROP_MODEL") or None,
        reflection_model=env.get("STROP_REFLECTION_MODEL") or config.models.reflection or None,
        local=LocalSettings(
            models_dir=models_dir(env),
            threads=_threads(env, config),
            omp_wait_policy=config.local.omp_wait_policy,
            context=config.local.context,
            slots=config.local.slots,
        ),
        gateway=_gateway(config.models),
        budgets=Budgets(config.budgets.day, config.budgets.agents),
        socket=socket_in(root, config.service.socket),
        token=env.get("STROP_TOKEN") or config.service.token,
        user=env.get("STROP_USER") or _login(),
        redactor=_redactor(config.privacy, root, env.get("STROP_REDACTION_KEY")),
        servers=load_servers(root, env) if servers is None else servers,
        agents=load_agents(root) if agents is None else agents,
        nights=config.nights,
        local_role=config.access.local_role,
        governance=config.governance,
        retention=Rules(**config.retention.model_dump()),
        drift=config.tools.drift,
        runs_at_once=config.service.runs,
        runs_queued=config.service.queue,
    )


def _redactor(section: PrivacySection, root: Path, key: str | None) -> Redactor:
    try:
        policy = Policy(**section.model_dump())
        return Redactor(policy, (lambda: key.encode()) if key else lambda: _redaction_key(root / ".strop"))
    except BadInput as error:
        raise WorkspaceError(f"{root / 'strop.toml'}: privacy: {error}", hint=error.hint) from error


def _redaction_key(folder: Path) -> bytes:
    """The workspace's own, made when it is first needed; where none can be kept, one for this process."""
    path, mine = folder / "redaction.key", folder / f"redaction.{os.getpid()}.key"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            mine.write_text(secrets.token_hex(32))
            mine.chmod(0o600)
            with suppress(FileExistsError):  # of two processes the first one's is taken, and never half of it
                os.link(mine, path)
            mine.unlink()
        return path.read_bytes()
    except OSError:
        return secrets.token_bytes(32)


def models_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Where the weights of embedded models are kept, for every workspace of the user."""
    env = os.environ if environ is None else environ
    return Path(env.get("STROP_MODELS_DIR") or Path.home() / ".cache" / "strop" / "models")


def load_config(path: Path) -> Config:
    """Read strop.toml alone."""
    try:
        return Config.model_validate(read_toml(path, MISSING))
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise WorkspaceError(f"{path}: {where}: {detail['msg']}") from error


def load_agents(root: Path) -> dict[str, Definition]:
    """Read agents/*.yaml; names must be unique."""
    found: dict[str, Definition] = {}
    for path in sorted((root / "agents").glob("*.yaml")):
        definition = load_definition(path)
        if definition.name in found:
            other = found[definition.name].path.name
            raise WorkspaceError(f"{path}: agent {definition.name!r} is also defined in {other}")
        found[definition.name] = definition
    return found


def load_servers(root: Path, environ: Mapping[str, str] | None = None) -> dict[str, ServerSpec]:
    """Read mcp.json alone; empty where there is none."""
    return read_servers(root, os.environ if environ is None else environ)


def _database_url(url: str, root: Path) -> str:
    """A path in the file means one place, from whatever folder below the workspace a command is started."""
    if not url:
        return f"sqlite:///{root / '.strop' / 'strop.db'}"
    name = url.removeprefix("sqlite:///")
    if name == url or not name or name.startswith((":memory:", "file:")):
        return url
    return f"sqlite:///{root / name}"


def _gateway(models: ModelsSection) -> GatewaySettings:
    prices = {name: Price(one.input, one.output, one.second) for name, one in models.prices.items()}
    retries = Retries(models.retries, models.retry_seconds)
    return GatewaySettings(models.allowed, models.concurrency, retries, prices)


def _threads(env: Mapping[str, str], config: Config) -> int:
    given = env.get("STROP_THREADS")
    if not given:
        return config.local.threads
    if not given.isascii() or not given.isdigit():
        raise WorkspaceError(f"STROP_THREADS is {given!r}", hint="Set it to a number of threads; 0 takes all.")
    return int(given)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this user id, as in a bare container
        return "operator"
