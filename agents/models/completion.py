"""One request's way of choosing tokens and one finished reply: plain values, and the collecting between them."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FinishReason = Literal["stop", "length"]
MAX_TOKENS = 512


class Cancelled(Exception):
    """The caller has gone, or the engine is closing: there is no reply."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen and when to stop. Temperature 0 takes the likeliest token."""

    max_tokens: int = MAX_TOKENS
    temperature: float = 0.0
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def as_request(self) -> dict[str, Any]:
        """The engine's names for it; what is not set is left to the engine."""
        fields = {"top_p": self.top_p, "top_k": self.top_k, "seed": self.seed, "stop": list(self.stop) or None}
        given = {name: value for name, value in fields.items() if value is not None}
        return {"max_tokens": self.max_tokens, "temperature": self.temperature, **given}


@dataclass(frozen=True, slots=True)
class Completion:
    """One finished reply. Tokens are the engine's own; `cached_tokens` of the prompt were not read again."""

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    prompt_ms: float
    completion_ms: float


@dataclass(slots=True)
class Collected:
    """What the engine's callback has seen of one reply."""

    on_text: Callable[[str], None] | None
    cancelled: threading.Event
    pieces: list[str] = field(default_factory=list)
    finish: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""

    def take(self, chunk: Mapping[str, Any]) -> bool:
        """Read one chunk; returning True tells the engine to stop."""
        if "error" in chunk:
            self.error = str(chunk["error"].get("message", chunk["error"]))
            return True
        for choice in chunk.get("choices", ()):
            self._take_choice(choice)
        self.usage = chunk.get("usage") or self.usage
        self.timings = chunk.get("timings") or self.timings
        return self.cancelled.is_set()

    def _take_choice(self, choice: Mapping[str, Any]) -> None:
        self.finish = choice.get("finish_reason") or self.finish
        piece = choice.get("delta", {}).get("content")
        if piece:
            self.pieces.append(piece)
            if self.on_text is not None:
                self.on_text(piece)

    def completion(self) -> Completion:
        """What came, as far as it came."""
        reason: FinishReason = "length" if self.finish == "length" else "stop"
        details = self.usage.get("prompt_tokens_details") or {}
        return Completion(
            text="".join(self.pieces),
            finish_reason=reason,
            prompt_tokens=int(self.usage.get("prompt_tokens", 0)),
            completion_tokens=int(self.usage.get("completion_tokens", len(self.pieces))),
            cached_tokens=int(details.get("cached_tokens", 0)),
            prompt_ms=float(self.timings.get("prompt_ms", 0.0)),
            completion_ms=float(self.timings.get("predicted_ms", 0.0)),
        )
