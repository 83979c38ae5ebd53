"""One run with everything in it that a run can have: what was recorded is what is shown, and what goes out."""

import json
from datetime import timedelta
from pathlib import Path

from agents.config import load_workspace
from tests.builders import NOON, Ticking, finished, judged, record_run
from tests.tui.commands.workshop import Shell
from traces.db import open_database
from traces.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    ModelFailed,
    ModelReplied,
    ModelRequested,
    RunDelegated,
    SignalSeen,
    ToolCalled,
    ToolFailed,
    ToolReturned,
    ToolsListed,
)
from traces.provenance import Provenance
from traces.recorder import Recorder

TOOLS = [{"name": "pay", "description": "pays", "parameters": {"type": "object", "title": "schema of pay"}}]
PAY = {"tool": "pay", "server": "bank", "call_id": "c1"}
ARGUMENTS = {"amount": 120.5, "currency": "EUR"}
BY = Provenance(by="m.keller", reason="within the limit")
PARTS = [
    {"part_kind": "thinking", "content": "first the amount, then the account"},
    {"part_kind": "tool-call", "tool_name": "pay", "args": ARGUMENTS, "tool_call_id": "c1"},
]


def asked(number: int, attempt: int = 1) -> ModelRequested:
    """A request with its messages, prompt, settings and tools."""
    return ModelRequested(
        op=f"model/{number}", step=number, attempt=attempt, model="m-1", instructions="Pay what is due.",
        messages=[{"kind": "request", "parts": [{"part_kind": "user-prompt", "content": f"message {number}"}]}],
        messages_before=number - 1, settings={"temperature": 0.25}, tools=TOOLS, fingerprint=f"print-{number}",
    )  # fmt: skip


def replied(number: int, attempt: int = 1, **more: object) -> ModelReplied:
    """A reply with reasoning, tokens, cost and time."""
    given = {"input_tokens": 101, "output_tokens": 17, "cached_tokens": 64, "cost": 0.0375, "seconds": 1.25, **more}
    response = {"kind": "response", "parts": PARTS, "provider_response_id": "resp-9"}
    return ModelReplied(op=f"model/{number}", step=number, attempt=attempt, model="m-1", response=response, **given)  # type: ignore[arg-type]


FACTS: list[Event] = [
    ToolsListed(op="list/bank", server="bank", tools=TOOLS, digest="sha256:tools"),
    asked(2),
    ModelFailed(op="model/2", step=2, model="m", error="Busy", message="try later", seconds=0.5, then="retried"),
    asked(2, 2),
    replied(2, 2),
    ApprovalRequested(
        op="approval/1", step=1, arguments=ARGUMENTS, digest="d", reason="over 100", **PAY,
        expires_at=NOON + timedelta(days=1),
    ),
    ApprovalDecided(op="approval/1", decision="approve", digest="d", arguments={"amount": 99}, provenance=BY),
    ToolCalled(op="tool/1", step=1, arguments=ARGUMENTS, effect="read", idempotency_key="k", **PAY),
    ToolFailed(op="tool/1", step=1, tool="pay", error="Gone", message="no connection", sent=False),
    ToolCalled(op="tool/1", step=1, attempt=2, arguments=ARGUMENTS, effect="read", idempotency_key="k", **PAY),
    ToolReturned(
        op="tool/1", step=1, attempt=2, tool="pay", result={"kind": "tool_return", "result": "paid"}, size=41
    ),
    RunDelegated(op="delegate/2", step=2, agent="claims", tool="ask", request="is it covered?", child_run_id="run_c"),
    asked(3),
    replied(3, cost=0.0, source_run="run_paid_for_it"),
    finished({"answer": "It is paid."}),
    judged(score=0.5, label="late", comment="too slow", correction={"answer": "Paid."}, provenance=BY),
    SignalSeen(op="signal/rephrase", signal="rephrase", by_run="run_next", detail="0.60 of the words"),
]  # fmt: skip

LISTED = {
    "prompt by the version's digest": '"bundle": "sha256:' + "a" * 64,
    "the prompt's text": "Pay what is due.",
    "each new message": "message 2",
    "reasoning": "first the amount",
    "tool definitions": "schema of pay",
    "their digest": "sha256:tools",
    "arguments": '"amount": 120.5',
    "results": '"result": "paid"',
    "timing": '"seconds": 1.25',
    "tokens": '"cached_tokens": 64',
    "cost": '"cost": 0.0375',
    "retries": '"then": "retried"',
    "errors": "no connection",
    "a cache hit": "run_paid_for_it",
    "an approval": "within the limit",
    "changed arguments": '"amount": 99',
    "feedback": "too slow",
    "a correction's edits": '"said": "It is paid."',
    "a signal": "0.60 of the words",
    "delegation": "run_c",
    "metadata": "branch-7",
    "conversation": "conv_1",
    "step": '"step": 2',
    "the provider's id": "resp-9",
}


def test_everything_is_shown_and_goes_out(strop: Shell, root: Path, tmp_path: Path) -> None:
    """Each thing that a complete record has, in `strop runs show --raw` and in an export; the figures add up."""
    workspace = load_workspace(root)
    database = open_database(workspace.database_url)
    facts = [one.model_copy(update={"edits": EDITS}) if one.kind == "feedback_given" else one for one in FACTS]  # type: ignore[attr-defined]
    run_id = record_run(Recorder(database, clock=Ticking()), *facts, metadata={"shop": "branch-7"})
    database.close()
    raw = json.dumps(strop.json("runs", "show", run_id, "--raw"), ensure_ascii=False)
    assert [name for name, text in LISTED.items() if text not in raw] == []
    strop("export", str(tmp_path / "out.jsonl"))
    out = json.dumps(json.loads((tmp_path / "out.jsonl").read_text()), ensure_ascii=False)
    assert [name for name, text in LISTED.items() if text not in out] == []
    run = strop.json("runs", "show", run_id)["run"]
    figures = ("steps", "tool_calls", "input_tokens", "output_tokens", "cost", "feedback", "score", "status")
    assert [run[name] for name in figures] == [3, 2, 212, 39, 0.0375, 1, 0.5, "finished"]


EDITS = [{"path": "/answer", "said": "It is paid.", "right": "Paid."}]
