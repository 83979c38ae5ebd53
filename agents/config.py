"""Settings and the workspace: the only reader of the environment and of the workspace's files.

They are read once, at the edge: rooms below and beside get plain values. Order: the environment (STROP_…) wins
over strop.toml, which wins over the defaults written here.
"""

import getpass
import json
import os
import re
import secrets
import sys
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from agents.access.roles import Role
from agents.budgets import Budgets
from agents.definitions import Definition, load_definition
from agents.errors import UnknownAgent, WorkspaceError
from agents.models.attempts import Retries
from agents.models.settings import GatewaySettings, LocalSettings, Price, WaitPolicy
from agents.prompts.governance import Governance
from agents.retention import Rules
from tools.catalog import ServerSpec
from tools.pins import DriftPolicy
from traces.errors import BadInput
from traces.redact import Policy, Redactor

DEFAULT_MODEL = "local:qwen2.5-coder-1.5b-instruct"


class Section(BaseModel):
    """Base of the sections of strop.toml: a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkspaceSection(Section):
    """`[workspace]`"""

    name: str = ""
    environment: str = "local"
    """Shown in the terminal at all times: local, test, production …"""


class DatabaseSection(Section):
    """`[database]`"""

    url: str = ""
    """SQLAlchemy URL; empty: SQLite in .strop/strop.db of the workspace."""


class PriceSection(Section):
    """One price, in US dollars."""

    input: float = Field(default=0.0, ge=0)
    """For a million tokens read."""
    output: float = Field(default=0.0, ge=0)
    """For a million tokens written."""
    second: float = Field(default=0.0, ge=0)
    """For a second of the model's time."""


class ModelsSection(Section):
    """`[models]`"""

    default: str = DEFAULT_MODEL
    """For agents whose file names no model."""
    reflection: str = ""
    """A strong model for the optimizer's reflections; empty: strategies that need one are left out."""

    allowed: tuple[str, ...] = ()
    """Model strings or patterns (`openai:*`) that may be used; empty: all."""
    concurrency: dict[str, Annotated[int, Field(ge=1)]] = {}
    """Model or pattern -> requests at once in one process."""
    retries: int = Field(default=2, ge=0)
    """How often a model is asked again after a failure that may pass."""
    retry_seconds: float = Field(default=1.0, ge=0)
    """The longest first pause before that; it doubles each time."""
    prices: dict[str, PriceSection] = {}
    """Model or pattern -> price, where the public table has none or another."""


class BudgetsSection(Section):
    """`[budgets]`: US dollars for a day (UTC)."""

    day: float | None = Field(default=None, ge=0)
    """For all agents together."""
    agents: dict[str, Annotated[float, Field(ge=0)]] = {}


class LocalSection(Section):
    """`[local]`: how the embedded model runs on this machine."""

    threads: int = Field(default=0, ge=0)
    """0: every processor this process may use."""
    omp_wait_policy: WaitPolicy = "auto"
    context: int = Field(default=8192, ge=512)
    slots: int = Field(default=0, ge=0)
    """Requests worked on at once; 0: the measured default."""


class ServiceSection(Section):
    """`[service]`"""

    socket: str = ""
    """Unix socket of the service; empty: .strop/strop.sock of the workspace."""
    token: str = ""
    """What a client over TCP must send; better in STROP_TOKEN than in a file."""
    runs: int = Field(default=200, ge=1)
    """Runs that one process works on at the same time."""
    queue: int = Field(default=1000, ge=0)
    """Runs that may wait in one process; a further one is refused with 429."""


class NightsSection(Section):
    """`[nights]`: when the service looks for better versions by itself."""

    schedule: str = ""
    """Cron, five fields, in the machine's local time; empty: never by the clock."""
    after_feedback: int = Field(default=0, ge=0)
    """A night too as soon as so many judgements came since the last one; 0: never by that."""
    after_drop: float = Field(default=0.0, ge=0, le=1)
    """A night too when the mean score of judged runs has fallen by so much since the last one; 0: never by that."""
    watch: tuple[str, ...] = ()
    """Files of the workspace (patterns) that answers rest on: when one changes, a night is due."""
    models: tuple[str, ...] = ()
    """Other models that a night may propose."""
    agents: tuple[str, ...] = ()
    """Whose nights; empty: all agents."""
    size: Literal["small", "medium"] = "small"
    minutes: float | None = Field(default=None, gt=0)
    dollars: float | None = Field(default=None, ge=0)

    @field_validator("schedule")
    @classmethod
    def _cron(cls, value: str) -> str:
        if value:
            from cronsim import CronSim, CronSimError

            try:
                CronSim(value, datetime.now(UTC))
            except CronSimError as error:
                raise ValueError(f"{value!r} is no cron schedule ({error}); an example: '0 2 * * *'") from error
        return value

    @property
    def options(self) -> tuple[str, ...]:
        """The options of `strop optimize` that say the same."""
        limits = {"--budget-minutes": self.minutes, "--budget-dollars": self.dollars}
        given = [part for name, limit in limits.items() if limit is not None for part in (name, str(limit))]
        return ("--size", self.size, *given)

    @property
    def wanted(self) -> bool:
        """Whether there is any occasion for a night."""
        return bool(self.schedule or self.after_feedback or self.after_drop or self.watch)

    def last_time(self, now: datetime) -> datetime:
        """The newest time before `now` (local, with its zone) at which a night was to begin."""
        from cronsim import CronSim

        return next(CronSim(self.schedule, now, reverse=True))


class AccessSection(Section):
    """`[access]`: who may do what, where no token says so."""

    local_role: Role = "admin"
    """The role of whoever may use the workspace's files: the commands, and the service's Unix socket."""


class GovernanceSection(Governance):
    """`[governance]`: the rules for decisions about versions, and `[governance.agents.NAME]` where one has others."""

    agents: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)

    @field_validator("agents")
    @classmethod
    def _rules(cls, value: dict[str, dict[str, JsonValue]]) -> dict[str, dict[str, JsonValue]]:
        for rules in value.values():
            Governance.model_validate(rules)
        return value

    def rules_for(self, agent: str) -> Governance:
        """The agent's own rules, each that it does not name as for all."""
        common = self.model_dump(mode="json", exclude={"agents"})
        return Governance.model_validate({**common, **self.agents.get(agent, {})})


class ToolsSection(Section):
    """`[tools]`"""

    drift: DriftPolicy = "warn"
    """What happens when a server offers something else than a version was proven with: `warn` (go on, on record),
    `approve` (nothing goes on until a person accepted it), `block`. A server's own `drift` in mcp.json wins."""


class PrivacySection(Section):
    """`[privacy]`: what is taken out of a fact before it is written, and before the agent sees it."""

    kinds: tuple[str, ...] = Policy.kinds
    regions: tuple[str, ...] = ()
    national_ids: tuple[str, ...] = ()
    patterns: dict[str, str] = {}
    keep: tuple[str, ...] = ()


class RetentionSection(Section):
    """`[retention]`: how long words are kept; figures stay."""

    days: float | None = Field(default=None, gt=0)
    """After so many days the words of a run are erased; None: never."""
    agents: dict[str, Annotated[float, Field(gt=0)]] = {}
    """Days for these agents instead."""
    megabytes: float | None = Field(default=None, gt=0)
    """Above this size of the database the oldest runs go; None: no bound."""


class Config(Section):
    """strop.toml"""

    workspace: WorkspaceSection = WorkspaceSection()
    database: DatabaseSection = DatabaseSection()
    models: ModelsSection = ModelsSection()
    budgets: BudgetsSection = BudgetsSection()
    local: LocalSection = LocalSection()
    service: ServiceSection = ServiceSection()
    nights: NightsSection = NightsSection()
    tools: ToolsSection = ToolsSection()
    privacy: PrivacySection = PrivacySection()
    access: AccessSection = AccessSection()
    governance: GovernanceSection = GovernanceSection()
    retention: RetentionSection = RetentionSection()


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


def find_workspace(start: Path) -> Path:
    """The folder with strop.toml, here or above.

    Raises:
        WorkspaceError: there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "strop.toml").is_file():
            return folder
    raise WorkspaceError(
        f"no strop.toml in {str(start)!r} or above it",
        hint="Make a workspace with `strop init DIR`, or point to one with --workspace DIR.",
    )


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
    folder = root / ".strop"
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
        socket=root / config.service.socket if config.service.socket else folder / "strop.sock",
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


def client_token(environ: Mapping[str, str] | None = None) -> str | None:
    """What a client sends to a service over TCP, where no workspace is at hand."""
    return (os.environ if environ is None else environ).get("STROP_TOKEN") or None


def in_tmux(environ: Mapping[str, str] | None = None) -> bool:
    """Whether this terminal is a pane of tmux, which takes copies in a way of its own."""
    return bool((os.environ if environ is None else environ).get("TMUX"))


def load_config(path: Path) -> Config:
    """Read strop.toml alone."""
    try:
        return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise WorkspaceError(f"{path}: not there", hint="Make a workspace with `strop init DIR`.") from error
    except OSError as error:
        raise WorkspaceError(f"{path}: {error.strerror}", hint="A workspace is a folder with strop.toml.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WorkspaceError(f"{path}: {error}", hint="Mend the TOML at that place.") from error
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
    """Read mcp.json; `${NAME}` and `${NAME:-default}` come from the environment, `${PYTHON}` is this interpreter."""
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
    known = {"PYTHON": sys.executable, **(os.environ if environ is None else environ)}
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
