"""A judge is a DSPy program: criteria in words, worked verdicts of people, a model. Its digest is its version.

Prevents a judge that is changed under a proof that rests on it, and one that sees what proves its own agent: it
learns from the reflect pool, is measured on the select pool, and never reads a sealed example before the proof.
"""

import json
from collections.abc import Callable
from typing import Any

import dspy  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from optimizer.strategies.gepa import ReflectionEngine
from traces.ids import digest_json

Ask = Callable[[str], str]

RIGHT, WRONG = "right", "wrong"
ORDERS = (f"{RIGHT} or {WRONG}", f"{WRONG} or {RIGHT}")
"""How the verdicts are offered: a judge that follows their order has a position bias."""


class JudgeProgram(BaseModel):
    """All that makes a judge; frozen, named by its digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    criteria: str = Field(min_length=1, description="What makes an answer right, in words")
    model: str
    demos: tuple[dict[str, JsonValue], ...] = ()

    @property
    def digest(self) -> str:
        """`sha256:…` over everything in it."""
        return digest_json(self.model_dump(mode="json"))


class JudgeModule(dspy.Module):  # type: ignore[misc]
    """The program as dspy runs and optimizes it."""

    def __init__(self, program: JudgeProgram) -> None:
        super().__init__()
        signature = dspy.Signature("request, answer, options -> reason, verdict", program.criteria)
        self.judge = dspy.Predict(signature)
        self.judge.demos = [dspy.Example(**one) for one in program.demos]
        self.program = program

    def forward(self, request: str, answer: str, options: str = ORDERS[0]) -> dspy.Prediction:
        """The verdict on one answer, with its reason."""
        return self.judge(request=request, answer=answer, options=options)

    def written(self) -> JudgeProgram:
        """The program as it stands, after an optimizer changed it."""
        demos = tuple(
            {key: str(value) for key, value in dict(one).items() if key != "augmented"} for one in self.judge.demos
        )
        return self.program.model_copy(update={"criteria": self.judge.signature.instructions, "demos": demos})


class Verdict(BaseModel):
    """What a judge said: 1 right, 0 wrong, None where it said neither."""

    model_config = ConfigDict(frozen=True)

    score: float | None
    reason: str


def judge_once(module: JudgeModule, ask: Ask, request: str, answer: str, options: str = ORDERS[0]) -> Verdict:
    """One question to the judge's model. `PurseEmpty` of `ask` passes through."""
    lm = language_model(ask)
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        try:
            said = module(request=request, answer=answer, options=options)
        except dspy.utils.exceptions.AdapterParseError as error:
            return Verdict(score=None, reason=f"the judge's reply could not be read: {str(error)[:200]}")
    return Verdict(score=read_verdict(str(said.verdict)), reason=str(said.reason))


def language_model(ask: Ask) -> Any:
    """Dspy's way to the house's gateway: every question is on record and paid from a purse."""
    return dspy.LM("strop/judge", engine=ReflectionEngine(ask), cache=False, num_retries=0)


def read_verdict(text: str) -> float | None:
    """1 for right, 0 for wrong, None for anything else."""
    word = text.strip().strip(".*\"'`").split()[0].casefold() if text.strip() else ""
    return {RIGHT: 1.0, "correct": 1.0, "yes": 1.0, WRONG: 0.0, "incorrect": 0.0, "no": 0.0}.get(word.strip(".,:;*"))


def as_answer(output: Any) -> str:
    """An agent's answer as a judge reads it."""
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
