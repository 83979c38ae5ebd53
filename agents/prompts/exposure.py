"""Which conversation meets which version: given out once, by chance that anybody can compute again, and counted once.

Choosing reads the rollout's row in the transaction that starts the run, so what was ended gives no further
conversation to anybody, on any worker, from the moment it was committed.

Prevents: a conversation that changes its version between two turns, more conversations on a candidate than were
signed for, and a candidate taken back that goes on answering.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.prompts.plan import Counted
from agents.prompts.rollout_store import Rollout
from agents.prompts.tables import ARMS, ROLLOUTS
from traces.db import insert_for, micros
from traces.events import Arm, ConversationCounted
from traces.pen import Pen, Statement, pen_of
from traces.recorder import Recorder


@dataclass(frozen=True)
class Placed:
    """Where a conversation belongs."""

    rollout: str
    arm: Arm
    bundle: str


def place(pen: Pen, rollout: Rollout, live: str, conversation: str, now: datetime) -> Placed | None:
    """Which arm a new conversation belongs to; None: to neither, it is served as if there were no rollout.

    The draw is a digest of rollout and conversation: the same on every worker, and known to nobody beforehand who
    does not know both.

    Args:
        pen: inside the transaction that starts the run.
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
        "share": plan.share / (plan.share + plan.compared_share), "at": micros(now), "counted": 0,
    }  # fmt: skip
    if pen.first(_JOIN, row) is None:
        return _known(pen, rollout, conversation)  # handed over before, or its other turn was faster
    if arm == "candidate" and not _expose(pen, rollout.id):
        pen.run(_LEAVE, {"of_agent": rollout.agent, "conversation": conversation})
        return None
    return Placed(rollout.id, arm, rollout.candidate if arm == "candidate" else rollout.control)


def chance(rollout: str, conversation: str) -> float:
    """A number in [0, 1) that belongs to this conversation in this rollout."""
    digest = hashlib.sha256(f"{rollout}\n{conversation}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _known(pen: Pen, rollout: Rollout, conversation: str) -> Placed | None:
    given = {"of_agent": rollout.agent, "conversation": conversation, "of_rollout": rollout.id}
    found = pen.first(_ARM, given)
    if found is None:
        return None
    arm: Arm = found[0]
    return Placed(rollout.id, arm, rollout.candidate if arm == "candidate" else rollout.control)


def expose(session: Session, rollout: Rollout) -> bool:
    """Count one more conversation (of a shadow: one more run), if the candidate may still have one.

    Decided in the database, not by what we read. Here a roll-back on another worker is met: whoever waits for its row
    finds it ended.
    """
    return _expose(pen_of(session), rollout.id)


def _expose(pen: Pen, rollout: str) -> bool:
    return pen.first(_EXPOSE, {"of_rollout": rollout}) is not None


# --- statements that each new conversation costs: made once, for making them takes longer than running them --------

_MINE: Final = (ARMS.c.agent == sa.bindparam("of_agent")) & (ARMS.c.conversation_id == sa.bindparam("conversation"))

_EXPOSE: Final = Statement(
    sa.update(ROLLOUTS)
    .where(ROLLOUTS.c.id == sa.bindparam("of_rollout"), ROLLOUTS.c.active.is_not(None))
    .where(ROLLOUTS.c.exposed < ROLLOUTS.c.exposure)
    .values(exposed=ROLLOUTS.c.exposed + sa.literal_column("1"))
    .returning(ROLLOUTS.c.id)
)


_JOIN: Final = Statement(
    {one: insert_for(one, ARMS).on_conflict_do_nothing().returning(ARMS.c.arm) for one in ("sqlite", "postgresql")}
)
_LEAVE: Final = Statement(sa.delete(ARMS).where(_MINE))
_ARM: Final = Statement(sa.select(ARMS.c.arm).where(_MINE, ARMS.c.rollout == sa.bindparam("of_rollout")))


# --- counting ------------------------------------------------------------------------------------------------------


def count_conversation(recorder: Recorder, rollout: str, agent: str, counted: ConversationCounted) -> None:
    """Write down what came of a conversation, once: of two watchers the second is refused.

    Raises:
        OperationTaken: it was counted before.
    """
    whose = {"of_agent": agent, "conversation": counted.conversation_id}
    recorder.append_all(rollout, [counted], beside=lambda pen: pen.run(_MARK_COUNTED, whose))


_MARK_COUNTED: Final = Statement(sa.update(ARMS).where(_MINE).values(counted=sa.literal_column("1")))


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
