"""The rules for decisions about one agent's versions: how many sign, who, and on what evidence. Pure.

What is in force is on record in the agent's decision stream (`GovernanceChanged`); the workspace's file only asks for
it. Prevents: rules that are got around by editing a file, and an expiry that a wrong clock brings about or undoes.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.access.roles import Role
from agents.errors import IllegalStep, Refused
from traces.ids import short
from traces.provenance import Provenance

SKEW: Final = timedelta(minutes=5)
"""How far the clocks of two machines may differ; a clock further behind the record is a wrong one."""


GRACE: Final = timedelta(days=1)
"""How long a clock must have stood past an end, and work have gone on, before the end is written down."""


class Governance(BaseModel):
    """The rules for one agent, as `[governance]` in strop.toml writes them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approvals: int = Field(default=1, ge=1, le=20)
    """How many different people must sign."""
    roles: tuple[Role, ...] = ("approver", "admin")
    """Whose signatures count."""
    people: tuple[str, ...] = ()
    """Only these may sign; empty: whoever has one of the roles."""
    author_may_approve: bool = False
    """Whether who wrote a version may sign it."""
    proposal_days: float | None = Field(default=30, gt=0)
    """Days after which a proposal expires; None: never."""
    evidence_days: float | None = Field(default=30, gt=0)
    """The oldest evidence that can be signed, in days; None: any, and none at all."""
    present_incumbent: bool = True
    """Whether the evidence must have been made against what is live when it is signed."""
    verdicts: tuple[Literal["better", "no improvement", "undecided"], ...] = ()
    """Verdicts that can be signed; empty: any."""
    definition: Literal["live", "proposed"] = "live"
    """Whether an edited definition file serves by itself, or must be proposed and signed like any version."""
    after_approval: Literal["live", "hold"] = "live"
    """What the last signature does: the version serves at once, or waits for its shadow or canary."""

    def differ(self, other: "Governance") -> list[str]:
        """Names of the rules that are otherwise in `other`."""
        return [name for name in type(self).model_fields if getattr(self, name) != getattr(other, name, None)]


DEFAULT: Final = Governance()


@dataclass(frozen=True)
class Now:
    """What time it is, as far as can be known: this machine's clock, and the newest fact on record."""

    clock: datetime
    newest: datetime | None

    @property
    def trusted(self) -> bool:
        """Whether the clock does not stand before what is on record already."""
        return self.newest is None or self.clock >= self.newest - SKEW

    def over(self, since: datetime, days: float) -> bool:
        """Whether so many days have passed by the clock."""
        return self.clock - since > timedelta(days=days)

    def surely_over(self, since: datetime, days: float, witnessed: Callable[[datetime, datetime], bool]) -> bool:
        """Whether it may be written down that so many days have passed: the clock says so, and so does the record.

        `witnessed` tells whether a run began between two times: one must have begun past the end, a day ago or more.
        """
        return self.over(since, days) and witnessed(since + timedelta(days=days), self.clock - GRACE)


@dataclass(frozen=True)
class Ground:
    """What a proposal stands on."""

    evidence: str | None
    verdict: str
    made_at: datetime | None
    against: str | None
    proposed_at: datetime


def check_signer(
    rules: Governance, by: Provenance, authors: Collection[str], signed: Sequence[Provenance], bundle: str
) -> None:
    """Pass when this person may put a signature there.

    Raises:
        Refused: not a person, no reason, not this role or person, or the author.
        IllegalStep: this person has signed already.
    """
    if by.actor != "person":
        raise Refused(f"{by.by!r} is a machine; to sign is a person's decision", hint="Decide it in `strop tui`.")
    if not by.reason.strip():
        raise Refused("a signature needs a reason", hint='Give one with --reason "…".')
    if by.role not in rules.roles:
        raise Refused(
            f"{by.by!r} signs as {by.role or 'nobody in particular'}; the rules of this agent want "
            f"{' or '.join(rules.roles)}",
            hint="`strop governance show` tells the rules.",
        )
    if rules.people and by.identity not in rules.people:
        raise Refused(
            f"{by.identity!r} is not among the people who may sign: {', '.join(rules.people)}",
            hint="`strop governance show` tells the rules.",
        )
    if not rules.author_may_approve and {by.by, by.identity} & set(authors):
        raise Refused(
            f"{by.identity!r} wrote {short(bundle)}; somebody else must sign it",
            hint="A team of one sets author_may_approve = true under [governance] in strop.toml.",
        )
    if by.identity in {one.identity for one in signed}:
        raise IllegalStep(
            f"{by.identity!r} has signed {short(bundle)} already: {len(signed)} of {rules.approvals} signatures",
            hint="The next one must be another person's.",
        )


def check_ground(rules: Governance, ground: Ground, live: str | None, now: Now, bundle: str) -> None:
    """Pass when what the proposal stands on may be signed now.

    Raises:
        Refused: expired, no evidence, too old, against another incumbent, or a verdict that is not enough.
    """
    again = f"Evaluate it again: strop bundles propose {short(bundle)}."
    ages = rules.proposal_days is not None or rules.evidence_days is not None
    if ages and not now.trusted:
        raise Refused(
            f"this machine's clock says {now.clock:%Y-%m-%d %H:%M} UTC, and there are facts on record from "
            f"{now.newest:%Y-%m-%d %H:%M} UTC: how old the evidence is cannot be told",
            hint="Set the clock right.",
        )
    if rules.proposal_days is not None and now.over(ground.proposed_at, rules.proposal_days):
        raise Refused(
            f"{short(bundle)} was proposed on {ground.proposed_at:%Y-%m-%d} and expired after "
            f"{rules.proposal_days:g} days",
            hint=again,
        )
    if rules.evidence_days is not None:
        if ground.evidence is None or ground.made_at is None:
            raise Refused(f"there is no evidence for {short(bundle)}", hint=again)
        if now.over(ground.made_at, rules.evidence_days):
            raise Refused(
                f"the evidence for {short(bundle)} is of {ground.made_at:%Y-%m-%d}, older than "
                f"{rules.evidence_days:g} days",
                hint=again,
            )
    if rules.present_incumbent and ground.evidence is not None and (ground.against or None) != live:
        was, is_ = (short(one) if one else "nothing" for one in (ground.against, live))
        raise Refused(f"{short(bundle)} was proven against {was}, and {is_} is live now", hint=again)
    if rules.verdicts and ground.verdict not in rules.verdicts:
        raise Refused(
            f"the verdict on {short(bundle)} is {ground.verdict or 'unknown'!r}; the rules want "
            f"{' or '.join(rules.verdicts)}",
            hint="`strop governance show` tells the rules.",
        )
