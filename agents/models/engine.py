"""The embedded engine: llama.cpp inside this process, loaded once per weights and settings, on first use.

Owns every touch of `xllamacpp`. Prevents: two copies of a gigabyte in memory, a blocked event loop, a
generation that runs on after its caller has gone, and an open door: the engine also listens on a loopback
port, which is closed by a key nobody knows.
"""

import atexit
import os
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from agents.models.errors import EngineFailed, WeightsMissing
from agents.models.settings import LocalSettings

FinishReason = Literal["stop", "length", "cancelled"]
# The engine looks for a cancelled caller once per batch: the fewer tokens, the sooner (256 are about 6 s
# on two cores with the 1.5B weights); far below that, reading the prompt becomes slower.
BATCH_TOKENS = 256
PROMPT_CACHE_MIB = 1024
MAX_TOKENS = 512


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
class _Collected:
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
        reason: FinishReason = "length" if self.finish == "length" else "stop"
        if self.cancelled.is_set() and not self.finish:
            reason = "cancelled"
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


class Engine:
    """One set of weights in memory. Thread-safe: as many callers as you like, `slots` worked on at once."""

    def __init__(self, path: Path, settings: LocalSettings) -> None:
        self.path = path
        self.settings = settings
        self._server: Any = _load(path, settings)
        self._lock = threading.Lock()
        self._working = 0
        self._idle = threading.Condition(self._lock)
        self._replies = 0
        self._closing = threading.Event()

    @property
    def replies_served(self) -> int:
        """How many replies were finished; a cancelled one is none."""
        return self._replies

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        sampling: Sampling | None = None,
        grammar: str = "",
        on_text: Callable[[str], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Completion:
        """Ask for one reply and wait for it; blocks, so call it off the event loop.

        `on_text` sees the text grow, in this thread. Setting `cancelled` ends the generation at the next
        token, or the next batch of a prompt being read. Raises `EngineFailed`.
        """
        request: dict[str, Any] = {
            "messages": [dict(message) for message in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,
            **(sampling or Sampling()).as_request(),
        }
        if grammar:
            request["grammar"] = grammar
        collected = _Collected(on_text, cancelled or threading.Event())
        server = self._enter()
        try:
            server.handle_chat_completions(request, lambda chunk: self._closing.is_set() or collected.take(chunk))
        except ValueError as refused:
            raise EngineFailed(f"the engine refused the request: {refused}") from refused
        finally:
            self._leave()
        return self._finished(collected)

    def _finished(self, collected: _Collected) -> Completion:
        if collected.error:
            raise EngineFailed(f"the engine refused the request: {collected.error}", hint=_advice(collected.error))
        if self._closing.is_set():
            collected.cancelled.set()
        completion = collected.completion()
        if completion.finish_reason != "cancelled":
            with self._lock:
                self._replies += 1
        return completion

    def close(self, *, patience: float = 10.0) -> None:
        """Stop what is being generated and free the weights. Safe to call twice."""
        self._closing.set()
        with self._idle:
            self._idle.wait_for(lambda: not self._working, timeout=patience)
            self._server = None

    def _enter(self) -> Any:
        with self._lock:
            if self._server is None or self._closing.is_set():
                raise EngineFailed(f"the engine of {self.path.name!r} is closed")
            self._working += 1
            return self._server

    def _leave(self) -> None:
        with self._idle:
            self._working -= 1
            self._idle.notify_all()


def _advice(message: str) -> str:
    if "context size" in message:
        return "Raise `context` under [local], or give the agent less to read."
    return ""


def _load(path: Path, settings: LocalSettings) -> Any:
    if not path.is_file():
        raise WeightsMissing(path.stem, path)
    # OpenMP reads this once, when the library is first loaded; a value the user set himself stays.
    if settings.omp_wait_policy != "auto":
        os.environ.setdefault("OMP_WAIT_POLICY", settings.omp_wait_policy)
    try:
        import xllamacpp  # type: ignore[import-untyped]
    except ImportError as missing:
        raise EngineFailed(
            "the embedded engine is not installed", hint="Install it: pip install 'strop[local]'"
        ) from missing
    try:
        return xllamacpp.Server(_parameters(xllamacpp, path, settings))
    except (RuntimeError, ValueError) as failed:
        raise EngineFailed(
            f"the engine could not load {str(path)!r}: {failed}", hint="Check it: strop model verify"
        ) from failed


def _parameters(xllamacpp: Any, path: Path, settings: LocalSettings) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_parallel = settings.slot_count()
    # One room for all slots: a request may use what the others leave, and memory is bounded by `context`.
    parameters.kv_unified = True
    parameters.n_ctx = settings.context
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings.thread_count()
    parameters.cache_ram_mib = PROMPT_CACHE_MIB
    parameters.api_keys = [secrets.token_urlsafe(32)]
    parameters.ui = False
    parameters.verbosity = -1
    return parameters


_engines: dict[tuple[Path, LocalSettings], Engine] = {}
_engines_lock = threading.Lock()


def get_engine(path: Path, settings: LocalSettings) -> Engine:
    """The engine of these weights and settings in this process, loaded at the first call (seconds).

    Raises `WeightsMissing` or `EngineFailed`.
    """
    with _engines_lock:
        engine = _engines.get((path, settings))
        if engine is None:
            engine = _engines[path, settings] = Engine(path, settings)
        return engine


def replies_served() -> int:
    """Replies finished by all engines of this process: what a ledger of them must add up to."""
    with _engines_lock:
        return sum(engine.replies_served for engine in _engines.values())


@atexit.register
def close_engines() -> None:
    """Close every engine of this process; also done when the interpreter ends."""
    with _engines_lock:
        engines = list(_engines.values())
        _engines.clear()
    for engine in engines:
        engine.close()
