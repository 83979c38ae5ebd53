"""What every fact has, and the names of values that several facts share."""

from typing import Any, ClassVar, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Json: TypeAlias = Any
"""JSON-ready data of any shape. Not pydantic's JsonValue: checking every leaf again costs more than the write."""

Effect = Literal["read", "idempotent", "write"]
Origin = Literal["user", "delegation", "evaluation", "shadow", "playground", "otlp"]
UNASKED: Final = ("evaluation", "shadow", "playground")
"""Origins of runs that no user waits for: the optimizer's own, a candidate's beside the live version's, and trials by
hand. They are no part of what people said, and nothing is learned from them."""


class Event(BaseModel):
    """Base of all facts. `op` and `attempt` name the operation a fact is about, where it is about one."""

    # A number that JSON does not have is seen as such where a fact is written, not turned into null.
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")

    BODIES: ClassVar[frozenset[str]] = frozenset()
    """Fields that may be large: stored once by digest, beside the event."""
    OUTSIDE: ClassVar[frozenset[str]] = frozenset()
    """Fields with words from outside (people, models, tools): `traces.redact` looks at them before they are written.
    What authors wrote (instructions, tools' definitions) is named by digest and stays as it is."""

    ECHOES: ClassVar[frozenset[str]] = frozenset()
    """Digests over words from outside: erased with them, since a short text can be guessed from its digest."""

    op: str | None = None
    """Key of the operation within its stream; one fact of a kind per (op, attempt)."""
    attempt: int = 1
    step: int | None = None
    """Model step of the run, from 1."""
    redacted: dict[str, int] = {}
    """How much was taken out before it was written, by kind."""
    erased: str | None = None
    """The erasure that took the words from this fact after it was written; None: they are there."""
