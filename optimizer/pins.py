"""Examples that people put into a pool by hand: golden sets. The agent's stream `examples_AGENT`.

Prevents a pin that spoils a proof: what strategies have seen can never become sealed; what is sealed may be opened.
"""

from collections.abc import Iterable, Mapping

from agents.errors import UsageError
from optimizer.examples import POOLS, Example, Pool
from traces.events import ExamplePinned
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_events


class Pins:
    """The pins of one agent."""

    def __init__(self, recorder: Recorder, agent: str) -> None:
        self._recorder = recorder
        self._stream = f"examples_{agent}"

    def all(self) -> dict[str, Pool]:
        """Run -> pool, as last pinned."""
        with self._recorder.database.reading() as session:
            stored = read_events(session, self._stream)
        found: dict[str, Pool] = {}
        for one in stored:
            if isinstance(one.event, ExamplePinned):
                found.pop(one.event.run, None)
                if one.event.pool is not None:
                    found[one.event.run] = one.event.pool
        return found

    def pin(self, example: Example, pool: Pool | None, now_in: Pool | None, provenance: Provenance) -> None:
        """Put the example's whole family into a pool from the next night on, or (None) take the pin away.

        Raises:
            UsageError: the family was in a pool that more is shown of.
        """
        if pool is not None and not may_move(now_in, pool):
            raise UsageError(
                f"the family {example.family!r} of {example.id} is in the pool {now_in!r} and cannot become {pool!r}",
                hint="What strategies or the race have seen proves nothing any more; pin an example that is new.",
            )
        self._recorder.append(self._stream, ExamplePinned(run=example.run, pool=pool, provenance=provenance))


def may_move(now_in: Pool | None, pool: Pool) -> bool:
    """Whether a family may go there: to where as much or more of it is shown."""
    return now_in is None or POOLS.index(pool) <= POOLS.index(now_in)


def pinned_families(
    examples: Iterable[Example], pins: Mapping[str, Pool], kept: Mapping[str, Pool]
) -> dict[str, Pool]:
    """Family -> pool, as far as people pinned one of its examples; of two pins the one that shows more counts."""
    found: dict[str, Pool] = {}
    for example in examples:
        pool = pins.get(example.run)
        if pool is None or not may_move(kept.get(example.family), pool):
            continue
        if may_move(found.get(example.family), pool):
            found[example.family] = pool
    return found
