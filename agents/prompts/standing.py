"""What stands when a run begins: what serves, the rollout under way, and what its conversation began with.

One question to the database, by the short way: every start of a run asks it, in the transaction that records the
start. Prevents: a copy in memory of what a decision can change, and a choice that costs more than a tool call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from agents.prompts.rollout_store import Rollout, plan_of
from agents.prompts.store import Live
from agents.prompts.tables import ARMS, BUNDLES, LIVE, ROLLOUTS
from traces.db import from_micros
from traces.pen import Pen, Statement
from traces.tables import RUNS


@dataclass(frozen=True)
class Earlier:
    """What a conversation began with. `taken_back`: it must leave that version."""

    bundle: str
    taken_back: bool


@dataclass(frozen=True)
class Standing:
    """What stands now. `live` is None before the agent's first version."""

    live: Live | None
    rollout: Rollout | None
    earlier: Earlier | None = None


def find_standing(pen: Pen, agent: str, conversation: str | None) -> Standing:
    """What serves the agent, its rollout that is under way, and the version of its newest turn in the conversation.

    That version is taken back when it was rolled back, or when it lost an A/B by harm and the conversation belonged
    to that.

    Args:
        pen: inside the transaction that starts the run.
        agent: its name.
        conversation: the conversation's id; None where it begins with this run.
    """
    if conversation is None:
        return _standing(pen.first(_FOR_A_NEW_ONE, {"of_agent": agent}))
    given = {"of_agent": agent, "of_conversation": conversation}
    row = pen.first(_FOR_A_TURN, given)
    if row is None:  # nothing was ever live here, as after runs were imported
        return Standing(None, None, _earlier(pen.first(_EARLIER_ALONE, given)))
    return _standing(row)


def _standing(row: Sequence[Any] | None) -> Standing:
    if row is None:
        return Standing(None, None)
    agent, digest, source, changed_at = row[:4]
    live, rest = Live(agent, digest, source, from_micros(changed_at)), row[4:]
    rollout = None
    if rest[0] is not None:
        name, mode, candidate, control, exposed, outcome, plan, started_at = rest[:8]
        rollout = Rollout(
            id=name, agent=agent, active=True, mode=mode, candidate=candidate, control=control, exposed=exposed,
            outcome=outcome, plan=plan_of(plan), started_at=from_micros(started_at), ended_at=None,
        )  # fmt: skip
    return Standing(live, rollout, _earlier(rest[8:]))


def _earlier(row: Sequence[Any] | None) -> Earlier | None:
    if not row or row[0] is None:
        return None
    bundle, state, arm, outcome, candidate = row
    lost = outcome == "rolled_back" and arm == "candidate" and candidate == bundle
    return Earlier(bundle, state == "rolled_back" or lost)


# --- the question, made once: making it takes longer than asking it ----------------------------------------------

_NEWEST_TURN: Final = (
    sa.select(RUNS.c.bundle, BUNDLES.c.state, ARMS.c.arm, ROLLOUTS.c.outcome, ROLLOUTS.c.candidate)
    .select_from(
        RUNS.outerjoin(BUNDLES, BUNDLES.c.digest == RUNS.c.bundle)
        .outerjoin(ARMS, (ARMS.c.agent == RUNS.c.agent) & (ARMS.c.conversation_id == RUNS.c.conversation_id))
        .outerjoin(ROLLOUTS, ROLLOUTS.c.id == ARMS.c.rollout)
    )
    .where(RUNS.c.conversation_id == sa.bindparam("of_conversation"), RUNS.c.agent == sa.bindparam("of_agent"))
    .where(RUNS.c.parent_run_id.is_(None))
    .order_by(RUNS.c.started_at.desc(), RUNS.c.id.desc())
    .limit(sa.literal_column("1"))
    .offset(sa.literal_column("0"))
)

_UNDER_WAY: Final = ROLLOUTS.alias("under_way")

_NOW: Final = (
    LIVE.c.agent, LIVE.c.digest, LIVE.c.source, LIVE.c.changed_at,
    _UNDER_WAY.c.id, _UNDER_WAY.c.mode, _UNDER_WAY.c.candidate, _UNDER_WAY.c.control, _UNDER_WAY.c.exposed,
    _UNDER_WAY.c.outcome, _UNDER_WAY.c.plan, _UNDER_WAY.c.started_at,
)  # fmt: skip

_FROM: Final = LIVE.outerjoin(_UNDER_WAY, _UNDER_WAY.c.active == LIVE.c.agent)
_MINE: Final = LIVE.c.agent == sa.bindparam("of_agent")
_TURN: Final = _NEWEST_TURN.subquery("newest_turn")

_FOR_A_NEW_ONE: Final = Statement(sa.select(*_NOW).select_from(_FROM).where(_MINE))
_FOR_A_TURN: Final = Statement(
    sa.select(*_NOW, *_TURN.c).select_from(_FROM.outerjoin(_TURN, sa.literal_column("1") == sa.literal_column("1")))
    .where(_MINE)
)  # fmt: skip
_EARLIER_ALONE: Final = Statement(_NEWEST_TURN)
