"""Giving out a key and taking it back, as one act each: done in one transaction, or refused and on record.

The service and the commands both come through here. Prevents: a try to make oneself a key that leaves no trace.
"""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from agents.access.tokens import AUDIT, Token, create_token, revoke_token
from agents.errors import Refused
from traces.events import DecisionRefused
from traces.provenance import Provenance
from traces.recorder import Recorder

T = TypeVar("T")


def give_token(
    recorder: Recorder, name: str, role: str, by: Provenance, *,
    agents: Collection[str] | None = None, lasts: timedelta | None = None,
) -> tuple[str, Token]:  # fmt: skip
    """(the token, what is kept of it). Raises as `create_token` does; a refusal is on record."""
    return _act(
        recorder, "give out a token", by,
        lambda session: create_token(session, recorder, name, role, by, agents=agents, lasts=lasts),
    )  # fmt: skip


def take_token(recorder: Recorder, token_id: str, by: Provenance) -> Token:
    """Take a token back. Raises as `revoke_token` does; a refusal is on record."""
    return _act(recorder, "take back a token", by, lambda session: revoke_token(session, recorder, token_id, by))


def _act(recorder: Recorder, act: str, by: Provenance, work: Callable[[Session], T]) -> T:
    try:
        with recorder.database.writing() as session:
            done = work(session)
    except Refused as refused:
        recorder.append(AUDIT, DecisionRefused(agent="", act=act, why=str(refused), provenance=by))
        raise
    recorder.announce(AUDIT)
    return done
