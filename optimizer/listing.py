"""The examples of an agent as people may look at them: what the next night would learn from, and in which pool it is.

Prevents a look that spoils the proof: a sealed example is counted and named, but what it says is not shown.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.config import Workspace
from optimizer.examples import Example, Pool
from optimizer.mine import mine
from optimizer.night_log import NightLog
from optimizer.pins import Pins, pinned_families
from optimizer.weights import weigh
from traces.db import Database
from traces.recorder import Recorder


@dataclass(frozen=True)
class Listed:
    """One example and its pool (None: no night has placed its family yet)."""

    example: Example
    pool: Pool | None
    pinned: Pool | None = None
    weight: float = 1.0
    """What it stands for in all traffic; the mean is one."""

    @property
    def sealed(self) -> bool:
        """Whether what it says must stay unseen."""
        return self.pool == "sealed"

    def facts(self) -> dict[str, Any]:
        """As JSON; of a sealed one, only what gives nothing away."""
        one = self.example
        open_facts = {
            "id": one.id,
            "run": one.run,
            "pool": self.pool,
            "family": one.family,
            "tier": one.tier,
            "pinned": self.pinned,
            "weight": round(self.weight, 3),
        }
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
    unheard: Mapping[str, str] = field(default_factory=dict)
    """Reviewers nothing is learned from -> how often they agreed with the others."""

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
        weights = weigh(session, agent, mined.examples)
    families = NightLog(database, "", agent).kept_families()
    pins = Pins(Recorder(database), agent).all()
    known = {**families, **pinned_families(mined.examples, pins, families)}
    listed = [
        Listed(one, known.get(one.family), pins.get(one.run), weights.of.get(one.run, 1.0)) for one in mined.examples
    ]
    return Listing(
        listed, mined.left_out, {by: f"{one.agreed} of {one.compared}" for by, one in mined.unheard.items()}
    )
