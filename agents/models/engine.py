"""The embedded engine: llama.cpp inside this process, loaded once per weights and settings, on first use.

Owns every touch of `xllamacpp`. Prevents: two copies of a gigabyte in memory, a blocked event loop, a
generation that runs on after its caller has gone, and an open door: the engine also listens on a loopback
port, which is closed by a key nobody knows.
"""

import atexit
import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.models.completion import Cancelled, Collected, Completion, Sampling
from agents.models.errors import EngineFailed, WeightsMissing
from agents.models.prefixes import Prefixes
from agents.models.settings import LocalSettings
from agents.models.slots import Slot, Slots

# The engine looks for a cancelled caller once per batch: the fewer tokens, the sooner (128 are about 2 s
# on two cores with the 1.5B weights). 512 read no faster; 64 take a fifth more.
BATCH_TOKENS = 128
# What further slots add to the room of one request, in tokens: a usual agent's whole conversation.
SLOT_TOKENS = 2048
# From this load per thread on, other programs already need the processors.
BUSY_SHARE = 0.75

Messages = Sequence[Mapping[str, str]]


class Engine:
    """One set of weights in memory. Thread-safe: as many callers as you like, `slots` worked on at once."""

    def __init__(self, path: Path, settings: LocalSettings) -> None:
        if not path.is_file():
            raise WeightsMissing(path.stem, path)
        self.path = path
        self.settings = settings
        folder, key = _private(settings.models_dir / "prefixes"), secrets.token_urlsafe(32)
        self._server, version = _load(path, settings, folder, key)
        self._slots = Slots(settings.slot_count())
        identity = f"{path.name} {path.stat().st_size} {version}"
        self._prefixes = Prefixes(folder, identity, self._server.listening_address, key)
        self._lock = threading.Lock()
        self._replies = 0
        self._closing = threading.Event()

    @property
    def replies_served(self) -> int:
        """How many replies were finished; a cancelled one is none."""
        return self._replies

    def complete(
        self,
        messages: Messages,
        *,
        sampling: Sampling | None = None,
        grammar: str = "",
        on_text: Callable[[str], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Completion:
        """Ask for one reply and wait for it; blocks, so call it off the event loop.

        `on_text` sees the text grow, in this thread. Setting `cancelled` ends the generation at the next
        token, or the next batch of a prompt being read. Raises `Cancelled`, `EngineFailed`.
        """
        gone = cancelled or threading.Event()
        request = {**(sampling or Sampling()).as_request(), **({"grammar": grammar} if grammar else {})}
        with self._slots.taken(messages, gone) as slot:
            if messages[0]["role"] == "system" and slot.messages[:1] != [messages[0]]:
                self._prefixes.ready(
                    slot.number, messages[0]["content"], lambda: self._read(slot, messages[:1], gone)
                )
            slot.messages = list(messages)
            completion = self._ask(slot, messages, request, Collected(on_text, gone))
        with self._lock:
            self._replies += 1
        return completion

    def _read(self, slot: Slot, messages: Messages, gone: threading.Event) -> None:
        """Read the start of a prompt into a slot; the one token this takes is nobody's reply."""
        self._ask(slot, messages, Sampling(max_tokens=1).as_request(), Collected(None, gone))

    def _ask(self, slot: Slot, messages: Messages, request: Mapping[str, Any], collected: Collected) -> Completion:
        """One call into the engine, on `slot`; the engine calls back in this thread and stops when told True."""
        whole = {
            **request,
            "messages": [dict(message) for message in messages],
            "id_slot": slot.number,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,
        }
        try:
            self._server.handle_chat_completions(whole, lambda chunk: collected.take(chunk) or self._closing.is_set())
        except ValueError as refused:
            raise EngineFailed(f"the engine refused the request: {refused}") from refused
        if collected.error:
            slot.messages = []
            raise EngineFailed(f"the engine refused the request: {collected.error}", hint=_advice(collected.error))
        if not collected.finish:
            raise Cancelled
        return collected.completion()

    def close(self, *, patience: float = 10.0) -> None:
        """Stop what is being generated and free the weights. Safe to call twice."""
        self._closing.set()
        if self._slots.close(patience):
            self._prefixes.close()
            self._server = None


def _advice(message: str) -> str:
    if "context size" in message:
        return "Raise `context` under [local], or give the agent less to read."
    return ""


def _load(path: Path, settings: LocalSettings, prefixes: Path, key: str) -> tuple[Any, str]:
    policy = _wait_policy(settings)
    if policy:
        # OpenMP reads this once, when the library is first loaded; a value the user set himself stays.
        os.environ.setdefault("OMP_WAIT_POLICY", policy)
    try:
        import xllamacpp  # type: ignore[import-untyped]
    except ImportError as missing:
        raise EngineFailed(
            "the embedded engine is not installed", hint="Install it: pip install 'strop[local]'"
        ) from missing
    try:
        parameters = _parameters(xllamacpp, path, settings)
        parameters.api_keys = [key]
        parameters.slot_save_path = f"{prefixes}{os.sep}"
        return xllamacpp.Server(parameters), str(xllamacpp.__version__)
    except (RuntimeError, ValueError) as failed:
        raise EngineFailed(
            f"the engine could not load {str(path)!r}: {failed}", hint="Check it: strop model verify"
        ) from failed


def _wait_policy(settings: LocalSettings) -> str:
    """How idle threads wait. Empty leaves OpenMP's own: spin a while, then sleep.

    Spinning answers sooner on a machine that is otherwise idle, and much later on one that is not: the threads that
    spin take the processors from those that compute. So `auto` looks at the load before the engine is loaded.
    """
    if settings.omp_wait_policy != "auto":
        return settings.omp_wait_policy
    busy = os.getloadavg()[0] > BUSY_SHARE * settings.thread_count()
    return "passive" if busy else ""


def _private(folder: Path) -> Path:
    """A folder only its owner reads; a temporary one where the weights' folder cannot be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="strop-prefixes-"))
    return folder


def _parameters(xllamacpp: Any, path: Path, settings: LocalSettings) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_parallel = settings.slot_count()
    # One room for all slots: a request may use what the others leave, so none needs the most it may ever use.
    parameters.kv_unified = True
    parameters.n_ctx = settings.context + (settings.slot_count() - 1) * min(settings.context, SLOT_TOKENS)
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings.thread_count()
    parameters.cache_ram_mib = 0  # `Prefixes` keeps what is worth keeping, and for all slots.
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
