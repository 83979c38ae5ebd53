"""What an agent may be asked and what it may answer, as a version says it: looked at in code, never by a model. Pure.

A policy (`tools.policies`) is about calls; a guardrail about words. Prevents: a card number in an answer, a promise
that only a person may make, and a rule of the house that stands in the prompt alone, where it can be talked away.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from traces.detectors import Detector, detectors
from traces.redact import Policy

Where = Literal["input", "output"]

Then = Literal["refuse", "retry"]

Check = Literal["pattern", "kinds", "longer_than"]

KINDS: Final = ("secret", "email", "phone", "card", "iban", "national_id")
"""What is known by its shape, as `[privacy] kinds` names it."""


class Guardrail(BaseModel):
    """One rule about words. It is met when any of its checks finds something."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")
    where: Where
    """`input`: what the agent is asked, before a model is. `output`: its answer, before anybody has it."""
    pattern: str | None = None
    """A regular expression that must be found nowhere in it."""
    kinds: tuple[str, ...] = ()
    """What must not be in it, by its shape: secret, email, phone, card, iban, national_id."""
    longer_than: int | None = Field(default=None, gt=0)
    """Characters."""
    then: Then = "refuse"
    """`refuse`: the run ends here, with `answer` where there is one, else as failed. `retry`, of an answer: the model
    is told `say` and may mend it, as often as a wrong answer may be mended; after that, refuse."""
    say: str = Field(default="", max_length=500)
    """Why: for the model that tries again, and for whoever reads the failed run."""
    answer: JsonValue = None
    """What is answered instead."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value

    @field_validator("kinds")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for kind in value:
            if kind not in KINDS:
                raise ValueError(f"no kind {kind!r}; there are {', '.join(KINDS)}")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> "Guardrail":
        if self.pattern is None and not self.kinds and self.longer_than is None:
            raise ValueError("it checks nothing: give pattern, kinds or longer_than")
        if self.then == "retry" and self.where == "input":
            raise ValueError("an input cannot be tried again: `then: retry` is for answers")
        return self

    def finds(self, text: str) -> Check | None:
        """Which of its checks finds something in the text; None: none."""
        if self.pattern is not None and _compiled(self.pattern).search(text):
            return "pattern"
        if any(one.may_be_in(text) and next(one.find(text), None) for one in _detectors(self.kinds)):
            return "kinds"
        return "longer_than" if self.longer_than is not None and len(text) > self.longer_than else None


def check_usable(rails: Sequence[Guardrail]) -> None:
    """Pass when all that they look for can be looked for here.

    Raises:
        BadInput: a library is not installed; says which, and how to get it.
    """
    for one in rails:
        _detectors(one.kinds)


def first_met(rails: Sequence[Guardrail], where: Where, value: Any) -> tuple[Guardrail, Check] | None:
    """The first rail that this input or answer meets, and by which check; None: it may pass."""
    mine = [one for one in rails if one.where == where]
    if not mine:
        return None
    text = value if isinstance(value, str) else "\n".join(_texts(value))
    return next(((one, check) for one in mine if (check := one.finds(text)) is not None), None)


def _texts(value: Any) -> Iterator[str]:
    """Every text and number of an answer, a line each; names of fields are the schema's, not the model's."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=128)
def _detectors(kinds: tuple[str, ...]) -> list[Detector]:
    return detectors(Policy(kinds=kinds)) if kinds else []
