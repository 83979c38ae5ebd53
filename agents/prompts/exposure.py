"""Which conversation meets which version: given out once, by chance that anybody can compute again, and counted once.

Choosing reads the rollout's row in the transaction that starts the run, so what was ended gives no further
conversation to anybody, on any worker, from the moment it was committed.

Prevents: a conversation that changes its version between two turns, more conversations on a candidate than were
signed for, and a candidate taken back that goes on answering.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.prompts.plan import Counted
from agents.prompts.rollout_store import Rollout
from agents.prompts.tables import ARMS, BUNDLES, ROLLOUTS
from traces.db import insert_for
from traces.events import Arm, ConversationCounted
from traces.pen import Statement
from traces.recorder import Recorder
from traces.tables import RUNS


@dataclass(frozen=True)
class Placed:
    """Where a conversation belongs."""

    rollout: str
    arm: Arm
    bundle: str


@dataclass(frozen=True)
class Earlier:
    """What a conversation began with. `taken_back`: it must leave that version."""

    bundle: str
    taken_back: bool


def find_earlier(session: Session, agent: str, conversation: str) -> Earlier | None:
    """The version of the agent's newest turn in the conversation; None before its first.

    It is taken back when it was rolled back, or when it lost an A/B by harm and the conversation belonged to that.
    """
    given = {"of_agent": agent, "of_conversation": conversation}
    row = session.connection().execute(_EARLIER, given).first()
    if row is None:
        return None
    lost = row.outcome == "rolled_back" and row.arm == "candidate" and row.candidate == row.bundle
    return Earlier(row.bundle, row.state == "rolled_back" or lost)


def place(session: Session, rollout: Rollout, live: str, conversation: str, now: datetime) -> Placed | None:
    """Which arm a new conversation belongs to; None: to neither, it is served as if there were no rollout.

    The draw is a digest of rollout and conversation: the same on every worker, and known to nobody beforehand who
    does not know both.

    Args:
        session: from `writing()`.
        rollout: the agent's active one.
        live: the bundle that serves the agent now.
        conversation: its id.
        now: UTC.
    """
    if rollout.mode == "shadow" or not rollout.open or (rollout.mode == "canary" and live != rollout.control):
        return None
    drawn, plan = chance(rollout.id, conversation), rollout.plan
    if drawn >= plan.share + plan.compared_share:
        return None
    arm: Arm = "candidate" if drawn < plan.share else "control"
    row = {
        "agent": rollout.agent, "conversation_id": conversation, "rollout": rollout.id, "arm": arm,
        "share": plan.share / (plan.share + plan.compared_share), "at": now, "counted": 0,
    }  # fmt: skip
    connection = session.connection()
    if connection.execute(_joining(connection.dialect.name), row).first() is None:
        return _known(session, rollout, conversation)  # handed over before, or its other turn was faster
    if arm == "candidate" and not expose(session, rollout):
        session.execute(sa.delete(ARMS).where(ARMS.c.agent == rollout.agent, ARMS.c.conversation_id == conversation))
        return None
    return Placed(rollout.id, arm, rollout.candidate if arm == "candidate" else rollout.control)


def chance(rollout: str, conversation: str) -> float:
    """A number in [0, 1) that belongs to this conversation in this rollout."""
    digest = hashlib.sha256(f"{rollout}\n{conversation}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _known(session: Session, rollout: Rollout, conversation: str) -> Placed | None:
    query = sa.select(ARMS.c.arm).where(
        ARMS.c.agent == rollout.agent, ARMS.c.conversation_id == conversation, ARMS.c.rollout == rollout.id
    )
    arm = session.execute(query).scalar()
    if arm is None:
        return None
    return Placed(rollout.id, arm, rollout.candidate if arm == "candidate" else rollout.control)


def expose(session: Session, rollout: Rollout) -> bool:
    """Count one more conversation (of a shadow: one more run), if the candidate may still have one.

    Decided in the database, not by what we read. Here a roll-back on another worker is met: whoever waits for its row
    finds it ended.
    """
    return session.connection().execute(_EXPOSE, {"of_rollout": rollout.id}).first() is not None


# --- statements that each new conversation costs: made once, for making them takes longer than running them --------

_EARLIER: Final = (
    sa.select(RUNS.c.bundle, BUNDLES.c.state, ARMS.c.arm, ROLLOUTS.c.outcome, ROLLOUTS.c.candidate)
    .select_from(
        RUNS.outerjoin(BUNDLES, BUNDLES.c.digest == RUNS.c.bundle)
        .outerjoin(ARMS, (ARMS.c.agent == RUNS.c.agent) & (ARMS.c.conversation_id == RUNS.c.conversation_id))
        .outerjoin(ROLLOUTS, ROLLOUTS.c.id == ARMS.c.rollout)
    )
    .where(RUNS.c.conversation_id == sa.bindparam("of_conversation"), RUNS.c.agent == sa.bindparam("of_agent"))
    .where(RUNS.c.parent_run_id.is_(None))
    .order_by(RUNS.c.started_at.desc(), RUNS.c.id.desc())
    .limit(1)
)

_EXPOSE: Final = (
    sa.update(ROLLOUTS)
    .where(ROLLOUTS.c.id == sa.bindparam("of_rollout"), ROLLOUTS.c.active.is_not(None))
    .where(ROLLOUTS.c.exposed < ROLLOUTS.c.exposure)
    .values(exposed=ROLLOUTS.c.exposed + 1)
    .returning(ROLLOUTS.c.id)
)


@cache
def _joining(dialect: str) -> Any:
    return insert_for(dialect, ARMS).on_conflict_do_nothing().returning(ARMS.c.arm)


# --- counting ------------------------------------------------------------------------------------------------------


def count_conversation(recorder: Recorder, rollout: str, agent: str, counted: ConversationCounted) -> None:
    """Write down what came of a conversation, once: of two watchers the second is refused.

    Raises:
        OperationTaken: it was counted before.
    """
    whose = {"of_agent": agent, "conversation": counted.conversation_id}
    recorder.append_all(rollout, [counted], beside=lambda pen: pen.run(_MARK_COUNTED, whose))


_MARK_COUNTED: Final = Statement(
    sa.update(ARMS)
    .where(ARMS.c.agent == sa.bindparam("of_agent"), ARMS.c.conversation_id == sa.bindparam("conversation"))
    .values(counted=sa.literal_column("1"))
)


@dataclass(frozen=True)
class OpenConversation:
    """A conversation of a rollout whose outcome is not on record."""

    conversation_id: str
    arm: Arm
    share: float
    at: datetime


def list_open(session: Session, rollout: str, *, limit: int = 1000) -> list[OpenConversation]:
    """Conversations whose outcome is still to be read, oldest first."""
    columns = (ARMS.c.conversation_id, ARMS.c.arm, ARMS.c.share, ARMS.c.at)
    query = sa.select(*columns).where(ARMS.c.rollout == rollout, ARMS.c.counted == 0).order_by(ARMS.c.at).limit(limit)
    return [OpenConversation(*row) for row in session.execute(query)]


def count_arms(session: Session, rollout: str) -> dict[str, int]:
    """How many conversations each arm was given."""
    query = sa.select(ARMS.c.arm, sa.func.count()).where(ARMS.c.rollout == rollout).group_by(ARMS.c.arm)
    return {str(arm): int(n) for arm, n in session.execute(query)}


def as_counted(event: ConversationCounted) -> Counted:
    """The fact as the judge takes it."""
    return Counted(event.arm, event.share, event.values)
