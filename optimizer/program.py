"""The deployed agent as a dspy program: its prompt is a predictor, its forward pass is a rollout.

Prevents optimizing a proxy: dspy's optimizers change instructions and demonstrations of `PromptSlot`, and what they
score is the agent itself, with its own model, tools and loop. The slot is never called on a language model by dspy.
"""

import contextlib
import io
import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import dspy  # type: ignore[import-untyped]

from agents.prompts.bundle import Bundle, Demonstration
from optimizer.examples import Example
from optimizer.strategies.protocol import Trial


class PromptSlot(dspy.Predict):  # type: ignore[misc]
    """Holds the instructions (in its signature) and the demonstrations that the optimizer writes."""


class Deployed:
    """What every copy of a program shares: the incumbent and the way to try a bundle."""

    def __init__(self, incumbent: Bundle, trial: Trial | None) -> None:
        self.incumbent = incumbent
        self.trial = trial

    def __deepcopy__(self, memo: dict[int, Any]) -> "Deployed":
        """Itself: GEPA copies its student for every batch, and an agent's connections cannot be copied."""
        return self


class AgentProgram(dspy.Module):  # type: ignore[misc]
    """The agent with the prompt in `prompt`; calling it is one rollout on the example named by `example`."""

    def __init__(self, incumbent: Bundle, trial: Trial | None = None) -> None:
        super().__init__()
        signature = dspy.Signature("request -> answer", incumbent.instructions)
        self.prompt = PromptSlot(signature)
        self.prompt.demos = [_as_demo(one) for one in incumbent.demonstrations]
        self.deployed = Deployed(incumbent, trial)

    def bundle(self) -> Bundle:
        """The incumbent with this program's instructions and demonstrations."""
        shown = [_as_demonstration(demo) for demo in self.prompt.demos]
        return self.deployed.incumbent.with_(
            instructions=self.prompt.signature.instructions, demonstrations=[one.model_dump() for one in shown]
        )

    def forward(self, request: str, example: str) -> dspy.Prediction:
        """Try this program's bundle on the example; the trace shows dspy the slot, the request and the answer."""
        if self.deployed.trial is None:
            raise RuntimeError("this program was made without a way to try bundles")
        tried = self.deployed.trial(self.bundle(), example)
        answer = as_text(tried.output)
        self.traced({"request": request}, dspy.Prediction(answer=answer))
        return dspy.Prediction(answer=answer, score=tried.score, feedback=tried.feedback)

    def traced(self, inputs: dict[str, Any], prediction: dspy.Prediction) -> None:
        """Enter one use of the slot into dspy's trace; without it GEPA drops the example."""
        if dspy.settings.trace is not None:
            dspy.settings.trace.append((self.prompt, inputs, prediction))


class ReviewedProgram(AgentProgram):
    """A teacher that answers from the record: what reviewers called right. No model is asked."""

    def __init__(self, incumbent: Bundle, examples: Sequence[Example]) -> None:
        super().__init__(incumbent)
        self.answers = {example.id: as_text(example.answer) for example in examples}
        self._compiled = True  # else BootstrapFewShot would fill the teacher's slot with examples first

    def forward(self, request: str, example: str) -> dspy.Prediction:
        """The right answer of that example."""
        prediction = dspy.Prediction(answer=self.answers[example])
        self.traced({"request": request, "example": example}, prediction)
        return prediction


def as_dspy(example: Example) -> dspy.Example:
    """The example as dspy takes it: `request` and `example` (its id) go in, `answer` is known."""
    known = dspy.Example(request=example.input, example=example.id, answer=as_text(example.answer))
    return known.with_inputs("request", "example")


def as_text(value: Any) -> str:
    """An answer as the text a demonstration shows."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_demo(one: Demonstration) -> dspy.Example:
    return dspy.Example(augmented=True, request=one.input, answer=as_text(one.output), example=one.source)


def _as_demonstration(demo: Any) -> Demonstration:
    answer: Any = demo["answer"]
    with contextlib.suppress(ValueError):
        answer = json.loads(answer)
    return Demonstration(input=demo["request"], output=answer, source=_source(str(demo.get("example") or "")))


def _source(name: str) -> str:
    """The run that an example came from; what is no example's id stays."""
    return f"run_{name.removeprefix('ex_')}" if name.startswith("ex_") else name


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep dspy from writing over the screen: it prints and draws bars without being asked."""
    from tqdm import std  # type: ignore[import-untyped]

    original = std.tqdm.__init__

    def silent(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **{**options, "disable": True})

    logger = logging.getLogger("dspy")
    level = logger.level
    std.tqdm.__init__ = silent
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        std.tqdm.__init__ = original
        logger.setLevel(level)
