"""Worked examples from reviewed runs: dspy's BootstrapFewShot with the record as its teacher.

Several sizes and seeds, because which sixteen examples are shown matters about as much as showing any.
"""

from collections.abc import Iterator

from agents.prompts.bundle import Bundle
from optimizer.program import AgentProgram, ReviewedProgram, as_dspy, quiet
from optimizer.strategies.protocol import Candidate, SearchContext
from optimizer.strategies.selection import balanced, showable


def propose(context: SearchContext) -> Iterator[Candidate]:
    """Each size with the night's seed, then each with another."""
    seed = context.settings.seed
    if not showable(context):
        context.say("demonstrations: no reviewed example can be shown")
        return
    for draw in (seed, seed + 1):
        for size in context.settings.demonstrations:
            bundle = bootstrapped(context, size, draw)
            shown = len(bundle.demonstrations)
            yield Candidate(bundle, "demonstrations", f"{shown} reviewed examples, draw {draw}")


def bootstrapped(context: SearchContext, size: int, seed: int) -> Bundle:
    """The incumbent with `size` demonstrations in place of its own."""
    from dspy.teleprompt import BootstrapFewShot  # type: ignore[import-untyped]

    examples = balanced(showable(context), seed)
    student = AgentProgram(context.incumbent)
    teacher = ReviewedProgram(context.incumbent, examples)
    # The record is the teacher, so each bootstrapped demonstration is right already; none is drawn unchecked.
    optimizer = BootstrapFewShot(metric=_right, max_bootstrapped_demos=size, max_labeled_demos=0)
    with quiet():
        compiled = optimizer.compile(student, teacher=teacher, trainset=[as_dspy(one) for one in examples])
    bundle: Bundle = compiled.bundle()
    return bundle


def _right(example: object, prediction: object, trace: object = None) -> bool:
    return bool(getattr(example, "answer", None) == getattr(prediction, "answer", ""))
