"""Instructions rewritten by reflection: dspy.GEPA on the deployed agent, with the house's own reflection model.

Left out, with a word, when no reflection model is configured: a small model's own reflections gain nothing. Every
rollout goes through the night's purse and record, every reflection too; GEPA keeps no state of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import dspy  # type: ignore[import-untyped]
from dspy.lm15 import Message, Response, Usage  # type: ignore[import-untyped]

from optimizer.examples import Example
from optimizer.program import AgentProgram, as_dspy, quiet
from optimizer.purse import PurseEmpty
from optimizer.race import in_rounds
from optimizer.strategies.protocol import Candidate, Reflect, SearchContext

VALIDATION: Final = 24
"""Select examples on which GEPA ranks its texts: most of its budget goes there."""

PATIENCE: Final = 8
"""Iterations without a better text after which it stops."""

BEST: Final = 2
"""Texts that may enter the race."""


def propose(context: SearchContext) -> Iterator[Candidate]:
    """The best texts by GEPA's own ranking, which is no evidence: it has looked at those scores many times."""
    if context.reflection is None:
        context.say(
            "gepa: left out, no reflection model ([models] reflection in strop.toml, or STROP_REFLECTION_MODEL)"
        )
        return
    scorable = [one for one in context.reflect if one.scorable]
    if not scorable:
        context.say("gepa: left out, no reviewed run can be scored")
        return
    engine = ReflectionEngine(context.reflection)
    try:
        yield from _ranked(_compiled(context, engine, scorable), context)
    except Exception as stopped:  # dspy makes other errors of a spent purse, depending on where it ran dry
        if not isinstance(stopped, PurseEmpty) and not context.spent_out():
            raise
        context.say(f"gepa: stopped, {stopped}")
        return
    if context.spent_out():
        context.say("gepa: stopped, the purse is spent")


def _compiled(context: SearchContext, engine: "ReflectionEngine", scorable: list[Example]) -> Any:
    from dspy.teleprompt.gepa.instruction_proposal import InstructionProposer  # type: ignore[import-untyped]
    from gepa.utils.stop_condition import NoImprovementStopper, ScoreThresholdStopper

    settings = context.settings
    validation = in_rounds(context.select)[:VALIDATION]
    lm = dspy.LM("strop/reflection", engine=engine, cache=False, num_retries=0)

    def spent_out(state: object) -> bool:
        return context.spent_out() or engine.calls >= settings.reflection_calls

    optimizer = dspy.GEPA(
        metric=scored_by({one.id: one for one in (*scorable, *validation)}),
        max_metric_calls=max(settings.gepa_rollouts, 2 * len(validation)),
        reflection_lm=lm,
        instruction_proposer=InstructionProposer(max_chars=settings.prompt_chars),
        num_threads=settings.concurrency or 8,
        seed=settings.seed,
        track_stats=True,
        gepa_kwargs={"stop_callbacks": [spent_out, NoImprovementStopper(PATIENCE), ScoreThresholdStopper(1.0)]},
    )
    with quiet(), dspy.context(lm=lm):
        return optimizer.compile(
            AgentProgram(context.incumbent, context.trial),
            trainset=[as_dspy(one) for one in scorable],
            valset=[as_dspy(one) for one in validation],
        )


def _ranked(compiled: Any, context: SearchContext) -> Iterator[Candidate]:
    found = compiled.detailed_results
    order = sorted(range(len(found.candidates)), key=lambda at: (-found.val_aggregate_scores[at], at))
    texts = [found.candidates[at].bundle() for at in order]
    new = [bundle for bundle in texts if bundle.digest != context.incumbent.digest]
    for place, bundle in enumerate(new[:BEST], start=1):
        yield Candidate(bundle, "gepa", f"instructions by reflection, place {place} of {len(new)}")


def scored_by(examples: dict[str, Example]) -> Any:
    """The score with what reviewers said, as GEPA takes it. An undecidable rollout gets the recorded run's score."""

    def judge(gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None) -> Any:
        example = examples[gold["example"]]
        value = getattr(pred, "score", None)
        said = [str(getattr(pred, "feedback", "")), *(f"A reviewer said: {text}" for text in example.comments)]
        return dspy.Prediction(score=(example.score or 0.0) if value is None else value, feedback=" ".join(said))

    return judge


@dataclass
class ReflectionEngine:
    """dspy's way to a model, ending in ours: no litellm, no cache beside the ledger, no retry that is not counted."""

    reflect: Reflect
    calls: int = field(default=0)

    def __deepcopy__(self, memo: dict[int, Any]) -> "ReflectionEngine":
        """Itself: GEPA copies what it is given."""
        return self

    def complete(self, request: Any) -> Any:
        """One question, one answer."""
        self.calls += 1
        answer = self.reflect(_question(request)) or " "
        return Response(
            id=None, model=request.model, message=Message.assistant(answer), finish_reason="stop", usage=Usage()
        )


def _question(request: Any) -> str:
    """The whole request as one text: what the system says, then each message."""
    system = request.system if isinstance(request.system, str) else _text_of(request.system or ())
    return "\n\n".join(text for text in (system, *(_text_of(one.parts) for one in request.messages)) if text)


def _text_of(parts: Any) -> str:
    return "\n".join(part.text for part in parts if getattr(part, "text", None))
