"""The examples of an agent as people may look at them: what the next night would learn from, and in which pool it is.

Prevents a look that spoils the proof: a sealed example is counted and named, but what it says is not shown.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.config import Workspace
from optimizer.examples import Example, Pool
from optimizer.mine import mine
from optimizer.night_log import NightLog
from traces.db import Database


@dataclass(frozen=True)
class Listed:
    """One example and its pool (None: no night has placed its family yet)."""

    example: Example
    pool: Pool | None

    @property
    def sealed(self) -> bool:
        """Whether what it says must stay unseen."""
        return self.pool == "sealed"

    def facts(self) -> dict[str, Any]:
        """As JSON; of a sealed one, only what gives nothing away."""
        one = self.example
        open_facts = {"id": one.id, "run": one.run, "pool": self.pool, "family": one.family, "tier": one.tier}
        if self.sealed:
            return open_facts
        return {
            **open_facts, "input": one.input, "expected": dict(one.expected), "answer": one.answer,
            "score": one.score, "comments": list(one.comments), "changes_state": one.changes_state,
            "history": list(one.history),
        }  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """All examples in order of their first feedback, and why other reviewed runs are none (reason -> how many)."""

    examples: Sequence[Listed]
    left_out: Mapping[str, int]

    @property
    def sizes(self) -> dict[str, int]:
        """How many are in each pool; `new`: in none yet."""
        return dict(sorted(Counter(one.pool or "new" for one in self.examples).items()))


def list_examples(database: Database, workspace: Workspace, agent: str) -> Listing:
    """What a night would mine now. Reads only.

    Raises:
        UnknownAgent: with the names there are.
    """
    metric = workspace.agent(agent).block.metric
    with database.reading() as session:
        mined = mine(session, agent, metric)
    families = NightLog(database, "", agent).kept_families()
    return Listing([Listed(one, families.get(one.family)) for one in mined.examples], mined.left_out)
