"""The sections of strop.toml: their keys, kinds and defaults. Nothing is read here; `agents.config` does that.

Prevents: a misspelt key, or a value of the wrong kind, that is quietly taken for its default.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from agents.access.roles import Role
from agents.models.settings import WaitPolicy
from agents.prompts.governance import Governance
from tools.pins import DriftPolicy
from traces.redact import Policy

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
    cost_limit: float = Field(default=2.0, ge=0)
    """The most that a solved task may cost, against what it costs now: 2 is twice as much; 0: no limit."""
    token_limit: float = Field(default=0.0, ge=0)
    """The same in tokens; 0: no limit."""

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
