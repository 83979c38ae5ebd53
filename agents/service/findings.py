"""What the watched rollouts say: for each a judge that is fed with the conversations as they are counted.

Prevents: a page that works through a thousand conversations again each time it is looked at.
"""

import threading
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from agents.prompts.exposure import as_counted, list_open
from agents.prompts.plan import Finding, Judge, JudgeMaker, RolloutPlan
from agents.prompts.rollout_store import Rollout
from traces.events import ConversationCounted, RolloutChanged, RolloutStarted
from traces.store import read_events

_FED: Final = ("conversation_counted", "rollout_changed")


@dataclass
class _Fed:
    judge: Judge
    seq: int = 0


class Findings:
    """Judges of rollouts, by id; safe to ask from several threads.

    Args:
        make_judge: makes one.
        keep: so many are kept; an older one is made again from the facts when it is asked for.
    """

    def __init__(self, make_judge: JudgeMaker, *, keep: int = 20) -> None:
        self._make = make_judge
        self._keep = keep
        self._fed: dict[str, _Fed] = {}
        self._lock = threading.Lock()

    def of(self, session: Session, rollout: Rollout) -> Finding:
        """What the rollout's counted conversations say by now."""
        over = not rollout.open and not list_open(session, rollout.id, limit=1)
        with self._lock:
            fed = self._fed.get(rollout.id) or self._first(session, rollout)
            for stored in read_events(session, rollout.id, after=fed.seq, kinds=_FED):
                match stored.event:
                    case ConversationCounted() as event:
                        fed.judge.see(as_counted(event))
                    case RolloutChanged(changes={"exposure": int(exposure)}):
                        fed.judge.change(exposure)  # from here on: what was spent of the budget stays spent
                    case _:
                        pass
                fed.seq = stored.seq
            return fed.judge.say(over=over)

    def _first(self, session: Session, rollout: Rollout) -> _Fed:
        """A judge by the plan that was signed at the start."""
        started = read_events(session, rollout.id, limit=1)[0].event
        assert isinstance(started, RolloutStarted)
        while len(self._fed) >= self._keep:
            self._fed.pop(next(iter(self._fed)))
        fed = _Fed(self._make(rollout.id, rollout.mode, RolloutPlan.model_validate(started.plan)))
        self._fed[rollout.id] = fed
        return fed
