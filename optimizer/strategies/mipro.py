"""Instructions and demonstrations chosen together: dspy.MIPROv2 on the deployed agent.

The record is the teacher, so demonstrations cost nothing; instructions are proposed by the house's reflection model;
which of both fit together is found by Optuna's TPE on the select pool. Every rollout is paid by the night's purse.
"""

from collections.abc import Iterator
from typing import Any, Final

import dspy  # type: ignore[import-untyped]

from optimizer.examples import Example
from optimizer.program import AgentProgram, ReviewedProgram, as_dspy, quiet
from optimizer.race import in_rounds
from optimizer.strategies.asking import without
from optimizer.strategies.gepa import ReflectionEngine, scored_by
from optimizer.strategies.protocol import Candidate, SearchContext
from optimizer.strategies.selection import balanced, showable

VALIDATION: Final = 16
CANDIDATES: Final = 4
"""Instructions, and sets of demonstrations, it chooses among."""


def propose(context: SearchContext) -> Iterator[Candidate]:
    """The best program by its own ranking."""
    if without("mipro", context):
        return
    teaching = balanced(showable(context), context.settings.seed)
    trials = context.settings.mipro_trials
    validation = [one for one in in_rounds(context.select) if one.scorable][:VALIDATION]
    if len(teaching) < 2 or not validation or not trials:
        context.say("mipro: left out, too few reviewed runs can be shown")
        return
    try:
        best = _compiled(context, teaching, validation, trials).bundle()
    except Exception as stopped:  # dspy wraps what ends it; a spent purse is no fault of anybody
        if not context.spent_out():
            raise
        context.say(f"mipro: stopped, {stopped}")
        return
    if context.spent_out():
        context.say("mipro: stopped, the purse is spent")
    if best.digest != context.incumbent.digest:
        yield Candidate(
            best, "mipro", f"{len(best.demonstrations)} demonstrations and instructions, best of {trials}"
        )


def _compiled(context: SearchContext, teaching: list[Example], validation: list[Example], trials: int) -> Any:
    from dspy.teleprompt import MIPROv2  # type: ignore[import-untyped]

    assert context.reflection is not None
    engine = ReflectionEngine(context.reflection)
    lm = dspy.LM("strop/reflection", engine=engine, cache=False, num_retries=0)
    shown = min(4, *context.settings.demonstrations) if context.settings.demonstrations else 4
    optimizer = MIPROv2(
        metric=scored_by({one.id: one for one in (*teaching, *validation)}), prompt_model=lm, task_model=lm,
        max_bootstrapped_demos=shown, max_labeled_demos=0, auto=None, num_candidates=CANDIDATES,
        num_threads=context.settings.concurrency or 8, max_errors=1, seed=context.settings.seed, verbose=False,
    )  # fmt: skip
    with quiet(), dspy.context(lm=lm):
        return optimizer.compile(
            AgentProgram(context.incumbent, context.trial), teacher=ReviewedProgram(context.incumbent, teaching),
            trainset=[as_dspy(one) for one in teaching], valset=[as_dspy(one) for one in validation],
            num_trials=trials, minibatch=False, program_aware_proposer=False, data_aware_proposer=True,
            tip_aware_proposer=False, fewshot_aware_proposer=True, seed=context.settings.seed,
        )  # fmt: skip
