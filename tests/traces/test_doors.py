"""Every door into the record, and through each one of everything that must not be kept: none of it is in the file."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOON, failed, finished, model_step, record_run, run_started
from tests.traces.otlp_samples import request, span
from traces.db import open_database
from traces.edits import Edit
from traces.events import (
    ApprovalDecided,
    ApprovalRequested,
    CallRefused,
    Event,
    ModelFailed,
    ModelRequested,
    OutcomeDecided,
    QuestionAnswered,
    QuestionAsked,
    RunCancelled,
    RunDelegated,
    ToolCalled,
    ToolFailed,
    ToolReturned,
)
from traces.feedback import Judgement, give_feedback
from traces.otlp.receive import receive
from traces.otlp.wire import decode_protobuf
from traces.outcomes import Outcome, record_outcomes
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.redact import Policy, Redactor
from traces.store import read_events
from traces.verify import verify

pytest.importorskip("phonenumbers", reason="the `privacy` extra is not installed")
pytest.importorskip("stdnum", reason="the `privacy` extra is not installed")

PLANTED = {
    "secret": "ghp_" + "a1B2" * 9,
    "email": "anna.mueller@post.example.org",
    "phone": "+49 30 901820",
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "national_id": "36574261809",
    "policy": "P-123456",
}
TEXT = "It says: " + "; ".join(f"{kind} {value}" for kind, value in PLANTED.items()) + "."
NESTED = {"who": [TEXT, {"more": TEXT}], "n": 1, TEXT[:80]: "as a name"}
POLICY = Policy(
    kinds=("secret", "email", "phone", "card", "iban", "national_id"), regions=("DE",),
    patterns={"policy": r"\bP-\d{6}\b"},
)  # fmt: skip
BY = Provenance(by="m.keller", reason=TEXT)


def in_a_run(*facts: Event) -> Callable[[Recorder], str]:
    """A door through which such facts come into a run."""
    return lambda recorder: record_run(recorder, *facts)


def judging(**said: Any) -> Callable[[Recorder], str]:
    """The door of feedback."""

    def door(recorder: Recorder) -> str:
        run_id = record_run(recorder, finished({"team": "x"}))
        give_feedback(recorder, run_id, Judgement(by="m.keller", **said))
        return run_id

    return door


def telling(recorder: Recorder) -> str:
    """The door of outcomes."""
    run_id = record_run(recorder)
    record_outcomes(recorder, [Outcome(run=run_id, outcome="see " + PLANTED["email"], comment=TEXT)], "shop")
    return run_id


def otlp(recorder: Recorder) -> str:
    """The door of OpenTelemetry: names, attributes and events of spans, statuses, resources."""
    attributes = {
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": TEXT}]}])
    }
    sent = request(span(1, TEXT, attributes={**attributes, "own": TEXT, "user.id": PLANTED["email"]}), service=TEXT)
    return receive(recorder, decode_protobuf(sent).spans).runs[0]


CALL = {"tool": "pay", "server": "bank", "call_id": "c"}
DOORS: dict[str, Callable[[Recorder], str]] = {
    "input": lambda recorder: record_run(recorder, input=TEXT),
    "metadata": lambda recorder: record_run(recorder, metadata=NESTED),
    "messages": in_a_run(ModelRequested(op="m", model="x", fingerprint="f", messages=[NESTED]), finished()),
    "reply": in_a_run(*model_step(2, TEXT), finished()),
    "model's error": in_a_run(ModelFailed(op="m", model="x", error="E", message=TEXT, seconds=0.1), finished()),
    "arguments": in_a_run(
        ToolCalled(op="t", arguments=NESTED, effect="write", idempotency_key="k", **CALL), finished()
    ),
    "result": in_a_run(ToolReturned(op="t", tool="pay", result={"kind": "x", "result": NESTED}), finished()),
    "tool's error": in_a_run(ToolFailed(op="t", tool="pay", error="E", message=TEXT), finished()),
    "refused call": in_a_run(CallRefused(arguments=NESTED, reason="r", **CALL), finished()),
    "held call": in_a_run(
        ApprovalRequested(op="a", arguments=NESTED, digest="d", expires_at=NOON + timedelta(days=1), **CALL),
        ApprovalDecided(op="a", decision="approve", digest="d", arguments=NESTED, provenance=BY), finished(),
    ),
    "question": in_a_run(
        QuestionAsked(
            op="q", call_op="t", tool="pay", server="bank", message=TEXT, form=NESTED, url=f"https://x.example/?{TEXT}",
            digest="d", expires_at=NOON,
        ),
        QuestionAnswered(op="q", action="accept", content=NESTED, provenance=BY), finished(),
    ),
    "person's word on a lost call": in_a_run(
        OutcomeDecided(op="t", decision="done", result=NESTED, provenance=BY), finished()
    ),
    "delegation": in_a_run(RunDelegated(op="d", agent="a", tool="a", request=TEXT, child_run_id="r"), finished()),
    "answer": in_a_run(finished(NESTED)),
    "failure": in_a_run(failed(TEXT)),
    "cancelling": in_a_run(RunCancelled(provenance=BY, seconds=0.0)),
    "comment": judging(comment=TEXT),
    "label": judging(label="see " + PLANTED["email"]),
    "correction": judging(correction=NESTED),
    "edits": judging(edits=(Edit(path="/team", right=TEXT),)),
    "outcome": telling,
    "spans": otlp,
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_nothing_planted_is_kept(tmp_path: Path, door: str) -> None:
    """Neither in the ledger, nor in the list of runs, nor in an index, nor in the write-ahead log."""
    database = open_database(f"sqlite:///{tmp_path / 'strop.db'}")
    recorder = Recorder(database, redactor=Redactor(POLICY, lambda: b"k"))
    run_id = DOORS[door](recorder)
    with database.reading() as session:
        stored = [one.event for one in read_events(session, run_id)]
        assert verify(session).problems == []
    text = json.dumps([one.model_dump(mode="json") for one in stored], ensure_ascii=False)
    assert [value for value in PLANTED.values() if value in text] == []
    assert "[email:" in text
    database.maintain("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [value for value in PLANTED.values() if value.encode() in kept] == []


def test_the_text_that_is_planted_is_found_whole() -> None:
    """The test would else prove nothing: each of them is taken out of it, once."""
    clean, found = Redactor(POLICY, lambda: b"k").value(TEXT)
    assert found == dict.fromkeys(PLANTED, 1)
    assert not any(value in str(clean) for value in PLANTED.values())
    assert run_started(input=TEXT).input == TEXT
