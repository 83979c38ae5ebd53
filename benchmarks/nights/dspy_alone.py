"""DSPy's own optimizers on the deployed agent, without our race, sealed examples and gate.

What they hand over scored best on their validation set. It is promoted where it beats the incumbent there, which is
what somebody without a gate would do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.prompts.bundle import Bundle
from optimizer.examples import Example
from optimizer.program import AgentProgram, ReviewedProgram, as_dspy, quiet
from optimizer.strategies.gepa import ReflectionEngine, scored_by
from optimizer.strategies.protocol import Reflect, Trial

CANDIDATES = 8
SWEEPS = CANDIDATES + 3
"""Programs that the random search tries on its validation set: beside the drawn ones, three of its own."""


@dataclass(frozen=True)
class Given:
    """What an optimizer gets: the agent as it serves, reviewed runs, and the most rollouts it may make."""

    incumbent: Bundle
    trial: Trial
    train: Sequence[Example]
    validation: Sequence[Example]
    reflect: Reflect
    seed: int
    budget: int


def random_search(given: Given) -> Bundle | None:
    """BootstrapFewShotWithRandomSearch, the best on as much of its validation set as the budget pays for."""
    from dspy.teleprompt import BootstrapFewShotWithRandomSearch  # type: ignore[import-untyped]

    validation = given.validation[: max(1, given.budget // SWEEPS)]
    with quiet():
        optimizer = BootstrapFewShotWithRandomSearch(
            metric=lambda gold, said, trace=None: getattr(said, "score", 1.0), max_bootstrapped_demos=4,
            max_labeled_demos=0, num_candidate_programs=CANDIDATES, num_threads=1,
        )  # fmt: skip
        compiled = optimizer.compile(
            AgentProgram(given.incumbent, given.trial), teacher=ReviewedProgram(given.incumbent, given.train),
            trainset=[as_dspy(one) for one in given.train], valset=[as_dspy(one) for one in validation],
        )  # fmt: skip
    return _promoted(given, compiled.bundle(), validation)


def gepa(given: Given) -> Bundle | None:
    """GEPA, the best on its validation set."""
    import dspy  # type: ignore[import-untyped]

    lm = dspy.LM("strop/reflection", engine=ReflectionEngine(given.reflect), cache=False, num_retries=0)
    optimizer = dspy.GEPA(
        metric=scored_by({one.id: one for one in (*given.train, *given.validation)}),
        max_metric_calls=given.budget, reflection_lm=lm, num_threads=1, seed=given.seed,
    )  # fmt: skip
    with quiet(), dspy.context(lm=lm):
        compiled = optimizer.compile(
            AgentProgram(given.incumbent, given.trial), trainset=[as_dspy(one) for one in given.train],
            valset=[as_dspy(one) for one in given.validation],
        )  # fmt: skip
    return _promoted(given, compiled.bundle(), given.validation)


def _promoted(given: Given, best: Bundle, validation: Sequence[Example]) -> Bundle | None:
    """The best, where its validation score, which has chosen it, is above the incumbent's."""
    if best.digest == given.incumbent.digest:
        return None

    def total(bundle: Bundle) -> float:
        return sum(given.trial(bundle, one.id).score or 0.0 for one in validation)

    return best if total(best) > total(given.incumbent) else None


WAYS: dict[str, Callable[[Given], Bundle | None]] = {
    "dspy BootstrapFewShotWithRandomSearch": random_search, "dspy GEPA": gepa,
}  # fmt: skip
