"""The bill: what a model server on loopback was asked, against what the night says it paid, also over kill -9.

The server counts for itself, in a process of its own that outlives the killed ones.
"""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agents.assembly import open_runtime
from agents.config import load_workspace
from optimizer.night_log import NightLog
from optimizer.nightly import NightResult, run_night
from optimizer.settings import NightSettings
from tests.crash.workshop import in_fork
from tests.optimizer.night_world import SMALL
from traces.db import open_database
from traces.events import NightEnded, StageReached

SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
count = 0
TEAMS = {"hail": "Curlew", "fire": "Heron", "theft": "Dunlin", "bill": "Avocet"}
class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def do_GET(self): self.answer(json.dumps({"count": count}).encode(), "application/json")
    def do_POST(self):
        global count
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        count += 1
        said = [m["content"] for m in body["messages"]]
        topic = str(said[-1]).split()[0]
        team = TEAMS.get(topic, "?") if f"{topic} is {TEAMS.get(topic)}" in str(said[0]) else "Bittern"
        call = {"index": 0, "id": "c", "type": "function",
                "function": {"name": "final_result", "arguments": json.dumps({"team": team})}}
        base = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "stub"}
        out = [
            {**base, "choices": [{"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}, "finish_reason": None}]},
            {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
            {**base, "choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": 10, "total_tokens": 60}},
        ]
        self.answer("".join(f"data: {json.dumps(o)}\\n\\n" for o in out).encode() + b"data: [DONE]\\n\\n", "text/event-stream")
    def answer(self, data, kind):
        self.send_response(200); self.send_header("Content-Type", kind); self.send_header("Content-Length", str(len(data)))
        self.end_headers(); self.wfile.write(data)
server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
print(server.server_port, flush=True)
server.serve_forever()
"""  # noqa: E501

AGENT = """
name: desk
model: openai:stub
instructions: Route the message.
output_schema: {type: object, properties: {team: {type: string}}, required: [team]}
strop: {metric: {kind: fields, fields: {team: {weight: 1}}}}
"""


class Server:
    """A model server in a process of its own."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"

    @property
    def count(self) -> int:
        """Requests it was sent."""
        with urllib.request.urlopen(self.base, timeout=10) as answer:
            return int(json.load(answer)["count"])


@contextmanager
def running() -> Iterator[Server]:
    """Up for as long as this lasts."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.kill()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Path]]:
    """A workspace whose model is a server on loopback, with reviewed runs; the server, and the workspace's folder."""
    import asyncio

    from agents.starting import Start
    from tests.optimizer.night_world import TEAMS, judged

    root = tmp_path / "ws"
    (root / "agents").mkdir(parents=True)
    (root / "strop.toml").write_text('[workspace]\nname = "bill"\n')
    (root / "agents" / "desk.yaml").write_text(AGENT)
    with running() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.base}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "none")

        async def play() -> None:
            runtime = open_runtime(load_workspace(root))
            for number in range(24):
                topic = sorted(TEAMS)[number % 4]
                text = f"{topic} case {number} with its own words {number * 37}"
                run = (await runtime.run(Start("desk", text, metadata={"family": f"{topic}-{number}"}))).run.id
                runtime.recorder.append(run, judged(topic, right=False))
            await runtime.close()
            runtime.database.close()

        asyncio.run(play())
        yield server, root


NIGHT = SMALL.model_copy(update={"strategies": ("rules",), "candidates": 2, "concurrency": 4})


def one_night(root: Path, settings: NightSettings = NIGHT) -> NightResult:
    """A night of that workspace, or the rest of one."""
    return run_night(load_workspace(root), "desk", settings)


def facts(root: Path, result: NightResult) -> dict[str, float]:
    """What the ledger says the night paid."""
    workspace = load_workspace(root)
    database = open_database(workspace.database_url)
    (ended,) = NightLog(database, result.night, "desk").all(NightEnded)
    database.close()
    return dict(ended.facts)


def test_the_purse_and_the_server_count_alike(served: tuple[Server, Path]) -> None:
    """Requests, and tokens as the server gave them out."""
    server, root = served
    before = server.count
    result = one_night(root)
    asked = server.count - before
    assert facts(root, result)["requests"] == asked == result.spent.requests
    assert result.spent.tokens == 60 * asked


def test_a_cap_in_tokens_is_passed_by_no_request(served: tuple[Server, Path]) -> None:
    """Four at once: what the server gave out stays under the cap, whatever was under way."""
    server, root = served
    before = server.count
    result = one_night(root, NIGHT.model_copy(update={"tokens": 4000}))
    assert result.spent.tokens == 60 * (server.count - before) <= 4000
    assert result.verdict == "undecided"
    assert "tokens" in result.reasons[0]


STAGES = ["mined", "pools", "estimate", "noise", "headroom", "search", "race", "sealed", "evidence", "end"]


def die_after(stage: str) -> None:
    """From here on this process dies by SIGKILL as soon as the night has written that it reached the stage."""
    reach, append = NightLog.reach, NightLog.append

    def reached(self: NightLog, name: str, message: str, **facts: object) -> StageReached:
        found = reach(self, name, message, **facts)
        if name == stage:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    def appended(self: NightLog, event: object) -> bool:
        if stage == "end" and isinstance(event, NightEnded):
            os.kill(os.getpid(), signal.SIGKILL)
        done = append(self, event)  # type: ignore[arg-type]
        if stage == "evidence" and type(event).__name__ == "EvidenceWritten":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    NightLog.reach, NightLog.append = reached, appended  # type: ignore[method-assign]


def test_killed_at_every_stage_it_pays_for_nothing_twice(served: tuple[Server, Path]) -> None:
    """One night that dies after each of its ten stages: the server was asked as often as the one that lived."""
    server, root = served
    for stage in STAGES:

        def work(stage: str = stage) -> None:
            die_after(stage)
            one_night(root)

        assert in_fork(work) == -signal.SIGKILL, stage
    before_end = server.count
    result = one_night(root)
    assert result.resumed
    assert server.count == before_end, "everything was paid before the last kill"
    assert facts(root, result)["requests"] == server.count - 24
    assert result.verdict == "better", result.reasons
    sealed = result.evidence
    assert sealed is not None
