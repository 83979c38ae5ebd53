"""The engine with real (tiny) weights: it keeps to the grammar, stops when told, counts, and reads a start once."""

import json
import threading
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from agents.models.completion import Cancelled, Sampling
from agents.models.engine import Engine, get_engine
from agents.models.errors import EngineFailed
from agents.models.grammar import ReplyForm, ToolForm, reply_grammar
from agents.models.settings import LocalSettings
from tests.agents.models.schemas_drawn import ARGUMENTS

pytestmark = pytest.mark.model

HELLO = [{"role": "user", "content": "Say hello."}]
SHORT = Sampling(max_tokens=6)
LONG_START = {"role": "system", "content": " ".join(f"Rule {number} of many." for number in range(40))}


def test_there_is_one_engine_for_the_same_weights(engine: Engine, local_settings: LocalSettings) -> None:
    """A gigabyte is in memory once, however many agents run on it."""
    assert get_engine(engine.path, local_settings) is engine


def test_the_same_request_gives_the_same_reply(engine: Engine) -> None:
    """At temperature 0 one slot after the other says the same, read or restored."""
    messages = [LONG_START, *HELLO]
    replies = {engine.complete(messages, sampling=SHORT).text for _ in range(3)}
    assert len(replies) == 1


def test_a_start_is_read_once_for_all_slots(engine: Engine) -> None:
    """Two requests at once with one long start: whichever comes second reads only its own message."""
    start = {"role": "system", "content": LONG_START["content"] + " The end."}
    done: list[tuple[int, int]] = []

    def ask(number: int) -> None:
        completion = engine.complete([start, {"role": "user", "content": f"Number {number}"}], sampling=SHORT)
        done.append((completion.prompt_tokens, completion.cached_tokens))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    assert all(cached > 0.8 * tokens for tokens, cached in done)


def test_only_starts_are_kept_on_disk(engine: Engine) -> None:
    """No customer's words outlive their run in a cache: the kept state is that of the system message alone."""
    start = {"role": "system", "content": LONG_START["content"] + " Another end."}
    before = set((engine.settings.models_dir / "prefixes").glob("*.prefix"))
    engine.complete([start, {"role": "user", "content": "word " * 300}], sampling=SHORT)
    (kept,) = set((engine.settings.models_dir / "prefixes").glob("*.prefix")) - before
    engine.complete([{**start, "content": start["content"] + " x"}, *HELLO], sampling=SHORT)
    (same,) = set((engine.settings.models_dir / "prefixes").glob("*.prefix")) - before - {kept}
    assert abs(kept.stat().st_size - same.stat().st_size) < 0.02 * kept.stat().st_size
    kept.unlink()
    same.unlink()


def test_finished_replies_are_counted_and_no_others(engine: Engine) -> None:
    """The count is what a ledger must add up to: reading a start and cancelled replies are not in it."""
    before, gone = engine.replies_served, threading.Event()
    engine.complete(HELLO, sampling=SHORT)
    with pytest.raises(Cancelled):
        engine.complete(HELLO, sampling=Sampling(max_tokens=1500), on_text=lambda _: gone.set(), cancelled=gone)
    assert engine.replies_served == before + 1


def test_a_cancelled_reply_stops_at_the_next_token(engine: Engine) -> None:
    """Nobody pays for what nobody reads."""
    seen: list[str] = []
    gone = threading.Event()

    def take(piece: str) -> None:
        seen.append(piece)
        if len(seen) == 3:
            gone.set()

    with pytest.raises(Cancelled):
        engine.complete(HELLO, sampling=Sampling(max_tokens=1500), on_text=take, cancelled=gone)
    assert len(seen) <= 4


def test_tokens_are_counted(engine: Engine) -> None:
    """Usage is the engine's own count, and a reply cut off says so."""
    completion = engine.complete(HELLO, sampling=SHORT)
    assert completion.finish_reason == "length"
    assert completion.completion_tokens == 6
    assert completion.prompt_tokens > 5


def test_too_long_a_prompt_says_what_to_do(engine: Engine) -> None:
    """The message names the setting to raise; the engine lives on."""
    with pytest.raises(EngineFailed, match="Raise `context`"):
        engine.complete([{"role": "user", "content": "word " * 9000}], sampling=SHORT)
    assert engine.complete(HELLO, sampling=SHORT).text


def test_the_engines_port_is_closed_to_others(engine: Engine) -> None:
    """Another user of this machine cannot read prompts or use the model through the loopback port."""
    url = engine._server.listening_address
    for path in ("/slots", "/v1/models", "/props"):
        assert httpx.get(url + path, trust_env=False).status_code == 401
    assert httpx.post(f"{url}/v1/chat/completions", json={"messages": HELLO}, trust_env=False).status_code == 401


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(ARGUMENTS)
def test_the_engine_keeps_to_any_narrowed_schema(engine: Engine, schema: dict[str, Any]) -> None:
    """Every grammar we write compiles (else plain text came), and what a finished call holds the tool accepts."""
    grammar = reply_grammar(ReplyForm((ToolForm("go", schema),), None, 12))
    completion = engine.complete(HELLO, sampling=Sampling(max_tokens=60, temperature=1.0, seed=1), grammar=grammar)
    assert completion.text.startswith('{"reasoning": "')
    if completion.finish_reason == "stop":
        call = json.loads(completion.text)
        assert call["tool"] == "go"
        jsonschema.validate(call["arguments"], schema)
