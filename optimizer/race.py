"""The race on the select pool: successive halving, so that most rollouts go to the candidates that may win.

Prevents the best of many lucky ones from passing as good: its lead is told with a p-value corrected for the number
tried, and decides only who goes on to the sealed pool, never what is proposed. Who is dearer than the gate allows
stands behind all others: the proof would be spent on a version that cannot pass.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from optimizer.arms import Arms
from optimizer.evidence import RatioEvidence
from optimizer.examples import Example, Pool
from optimizer.gate import GateRules, holm
from optimizer.gate.paired import sign_flip_p
from optimizer.gate.pairs import by_outcome
from optimizer.gate.sections import mean, ratios_of
from optimizer.leaks import prompt_length
from optimizer.rollouts import Outcome
from optimizer.strategies.protocol import Candidate

NO_LIMITS = GateRules()

Try = Callable[[str, Sequence[Example], Pool], list[Outcome]]
"""(bundle digest, examples, pool) -> outcomes in order."""


@dataclass(frozen=True)
class Standing:
    """How one candidate stands against the incumbent after the examples it has seen."""

    digest: str
    candidate: Candidate
    n: int
    diverged: int
    before: float
    after: float
    p: float
    adjusted_p: float = 1.0
    tokens: float = 0.0
    """Of a run, in the mean over what was tried; so are the next."""
    seconds: float = 0.0
    cost: float | None = None
    tokens_before: float = 0.0
    dear: tuple[RatioEvidence, ...] = ()
    """What it takes per solved task above the gate's limits; the gate would refuse it for that."""

    @property
    def lead(self) -> float:
        """Mean difference to the incumbent on the same examples; minus one where nothing could be compared."""
        return self.after - self.before if self.n else -1.0


def in_rounds(examples: Sequence[Example]) -> list[Example]:
    """Examples in an order in which every beginning spans as many families as it can."""
    groups: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.family].append(example)
    longest = max(map(len, groups.values()), default=0)
    return [group[at] for at in range(longest) for group in groups.values() if at < len(group)]


def rounds_of(rungs: Sequence[int], n: int) -> list[int]:
    """How many examples have been seen after each round, the last being all of `n` if the rungs reach that far."""
    return sorted({min(rung, n) for rung in rungs if min(rung, n) > 0})


def planned(candidates: int, rungs: Sequence[int], n: int) -> int:
    """Rollouts of candidates that a race takes at most."""
    total, alive, seen = 0, candidates, 0
    for rung in rounds_of(rungs, n):
        total += alive * (rung - seen)
        alive, seen = _survivors(alive), rung
    return total


def run_race(
    entered: Sequence[tuple[str, Candidate]], incumbent: str, examples: Sequence[Example], rungs: Sequence[int],
    attempt: Try, *, flips: int = 10_000, rules: GateRules = NO_LIMITS,
) -> list[Standing]:  # fmt: skip
    """Run it and give all standings, the winner first.

    Args:
        entered: (digest, candidate) of each.
        incumbent: digest of what they are held against.
        examples: of the select pool, in the order of `in_rounds`.
        rungs: how many examples have been seen after each round.
        attempt: tries a bundle.
        flips: for p.
        rules: of the gate: its limits of cost and tokens per solved task.
    """
    before: dict[str, Outcome] = {}
    after: dict[str, dict[str, Outcome]] = {digest: {} for digest, _ in entered}
    alive, seen = list(entered), 0
    standings: dict[str, Standing] = {}
    for rung in rounds_of(rungs, len(examples)):
        new = examples[seen:rung]
        before.update(_by_example(new, attempt(incumbent, new, "select")))
        for digest, candidate in alive:  # all examples of one bundle together: the engine keeps its prompt's prefix
            after[digest].update(_by_example(new, attempt(digest, new, "select")))
            standings[digest] = _standing(digest, candidate, examples[:rung], before, after[digest], flips, rules)
        seen = rung
        alive.sort(key=lambda one: _rank(standings[one[0]]))
        alive = alive[: _survivors(len(alive))]
    return _ranked(standings, [digest for digest, _ in alive])


def _survivors(alive: int) -> int:
    return (alive + 1) // 2


def _standing(
    digest: str, candidate: Candidate, examples: Sequence[Example], before: dict[str, Outcome],
    after: dict[str, Outcome], flips: int, rules: GateRules,
) -> Standing:  # fmt: skip
    arms = [one for one in (Arms(it, (before[it.id],), (after[it.id],)) for it in examples) if one.decidable]
    pairs = [one.pair() for one in arms]
    diverged = len(examples) - len(pairs)
    if not pairs:
        return Standing(digest, candidate, 0, diverged, 0.0, 0.0, 1.0)
    p = sign_flip_p(by_outcome(pairs), flips=flips, seed=0, one_sided=True)
    tokens = [pair.tokens for pair in pairs if pair.tokens]
    costs = [pair.cost[1] for pair in pairs if pair.cost]
    return Standing(
        digest, candidate, len(pairs), diverged, mean([pair.before for pair in pairs]),
        mean([pair.after for pair in pairs]), p, tokens=mean([used for _, used in tokens]),
        seconds=mean([one.after[0].scored.seconds for one in arms]),
        cost=mean(costs) if len(costs) == len(pairs) else None,
        tokens_before=mean([used for used, _ in tokens]),
        dear=tuple(ratio for ratio in ratios_of(pairs, rules) if not ratio.within),
    )  # fmt: skip


def _ranked(standings: dict[str, Standing], finalists: list[str]) -> list[Standing]:
    """Finalists first; then by how far they came and their lead. P-values corrected over all that were tried."""
    order = sorted(
        standings.values(), key=lambda one: (one.digest not in finalists, -one.n - one.diverged, _rank(one))
    )
    adjusted = holm([one.p for one in order])
    return [replace(one, adjusted_p=p) for one, p in zip(order, adjusted, strict=True)]


def _rank(one: Standing) -> tuple[bool, float, bool, int, str]:
    """Within the limits; the larger lead; of equals, of which earlier nights have shown something; the shorter."""
    new = one.candidate.strategy != "carried"
    return (bool(one.dear), -round(one.lead, 9), new, prompt_length(one.candidate.bundle), one.digest)


def _by_example(examples: Sequence[Example], outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    return {example.id: outcome for example, outcome in zip(examples, outcomes, strict=True)}
