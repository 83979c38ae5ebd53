"""The same agents against an OpenAI-compatible URL: asked over real HTTP, streamed, counted, on record alike."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from agents.assembly import open_runtime
from agents.errors import ModelUnavailable
from agents.models.counted import replies_served
from agents.starting import Start
from tests.builders import open_workspace, write_workspace
from traces.store import read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

DESK = """\
    name: desk
    description: sends messages to a team
    model: openai:stub
    instructions: Send each message to a team.
    output_schema: {type: object, properties: {team: {type: string}}, required: [team]}
    """


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


def answers(asked: list[dict[str, Any]]) -> FastAPI:
    """A server that speaks the protocol and always calls the tool `final_result`; one message makes it refuse."""
    app = FastAPI()

    @app.post("/v1/chat/completions", response_model=None)
    async def complete(request: Request) -> StreamingResponse | JSONResponse:
        body = await request.json()
        asked.append(body)
        if "refuse me" in json.dumps(body["messages"]):
            return JSONResponse({"error": {"message": "quota used up"}}, status_code=429)
        return StreamingResponse(pieces(), media_type="text/event-stream")

    return app


def pieces() -> Iterator[str]:
    """A reply in three pieces and its usage, as such servers stream it."""
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "final_result", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": '{"team": "Heron"}'}}
    for delta, finish in (({"role": "assistant", "tool_calls": [call]}, None), ({"tool_calls": [more]}, None),
                          ({}, "tool_calls")):  # fmt: skip
        yield chunk(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])
    yield chunk(choices=[], usage={"prompt_tokens": 31, "completion_tokens": 7, "total_tokens": 38})
    yield "data: [DONE]\n\n"


def chunk(**fields: Any) -> str:
    """One event of the stream."""
    whole = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "stub", **fields}
    return f"data: {json.dumps(whole)}\n\n"


@pytest.fixture
def asked() -> list[dict[str, Any]]:
    """What the server was asked."""
    return []


@pytest.fixture
def url(asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The running server's base URL, known to the provider through its usual variables."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(answers(asked), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    base = f"http://127.0.0.1:{port}/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", base)
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-real-key")
    yield base
    server.should_exit = True
    thread.join(timeout=10)


async def test_an_agent_runs_on_it(tmp_path: Path, url: str, asked: list[dict[str, Any]]) -> None:
    """Instructions and schema reach the server; reply, tokens and the count of replies are in the ledger."""
    runtime = open_runtime(open_workspace(write_workspace(tmp_path / "ws", DESK)))
    before = replies_served()
    answer = await runtime.run(Start("desk", "my roof leaks"))
    assert answer.output == {"team": "Heron"}
    assert (answer.run.input_tokens, answer.run.output_tokens) == (31, 7)
    assert asked[0]["model"] == "stub"
    assert "Send each message to a team." in json.dumps(asked[0]["messages"])
    with runtime.database.reading() as session:
        report = verify(session)
        replies = read_events(session, answer.run.id, kinds=["model_replied"])
    assert report.whole
    assert report.model_replies == replies_served() - before == len(asked) == len(replies) == 1
    await runtime.close()


async def test_its_refusal_is_one_clear_error(tmp_path: Path, url: str) -> None:
    """The status and the server's words are told, and the run can be gone on with."""
    runtime = open_runtime(open_workspace(write_workspace(tmp_path / "ws", DESK)))
    with pytest.raises(ModelUnavailable, match="429") as caught:
        await runtime.run(Start("desk", "refuse me"))
    assert "resume" in caught.value.hint
    await runtime.close()
