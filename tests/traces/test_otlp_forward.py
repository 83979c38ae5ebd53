"""Our runs as OTLP: whole, under ids that stay, each at least once; and what is sent can be taken in again."""

from datetime import timedelta

import pytest

from tests.builders import NOON, Ticking, failed, finished, model_step, record_run, run_started
from traces.db import Database
from traces.events import RunDelegated, ToolCalled, ToolReturned
from traces.ids import new_id
from traces.otlp.encode import span_of, trace_of
from traces.otlp.forward import PAGE, forward
from traces.otlp.receive import receive
from traces.otlp.wire import decode_protobuf
from traces.recorder import Recorder
from traces.store import get_run, read_events
from traces.verify import verify

LATER = NOON + timedelta(days=9)
URL = "http://backend.example/v1/traces"


class Backend:
    """Keeps what it is sent; breaks off when told to."""

    def __init__(self, *, fails_at: int = 0) -> None:
        self.bodies: list[bytes] = []
        self._fails_at = fails_at

    def __call__(self, body: bytes) -> None:
        """Take one request."""
        self.bodies.append(body)
        if len(self.bodies) == self._fails_at:
            raise ConnectionError("gone")

    @property
    def spans(self) -> list[tuple[str, str]]:
        """(trace id, span id) of all it was sent."""
        return [(one.trace_id, one.data["id"]) for body in self.bodies for one in decode_protobuf(body).spans]


def _tool_run(recorder: Recorder, run_id: str) -> None:
    call = {"tool": "refund", "server": "insurer", "effect": "write", "idempotency_key": "k"}
    place = {"op": "tool/1/insurer/refund/c1", "step": 1}
    asked = [{"kind": "request", "parts": [{"part_kind": "user-prompt", "content": "pay me"}]}]
    first, reply = model_step(cost=0.25)
    facts = (
        run_started(input="pay me", conversation_id="conv_9"),
        first.model_copy(update={"messages": asked, "instructions": "Be kind."}), reply,
        ToolCalled(**place, arguments={"amount": 7}, call_id="c1", **call),
        ToolReturned(**place, tool="refund", result={"paid": 7}),
        *model_step(2, "Paid."), finished("Paid."),
    )  # fmt: skip
    for fact in facts:
        recorder.append(run_id, fact)


def test_what_is_sent_can_be_taken_in_again(database: Database) -> None:
    """A run that went out and came back says the same in list and facts, so nothing of it was lost on the way."""
    recorder = Recorder(database, clock=Ticking())
    run_id = new_id("run")
    _tool_run(recorder, run_id)
    backend = Backend()
    sent = forward(recorder, URL, backend, now=LATER)
    assert (sent.runs, sent.spans, sent.requests) == (1, 4, 1)
    receive(recorder, decode_protobuf(backend.bodies[0]).spans)
    back = f"run_{trace_of(run_id).hex()}"
    with database.reading() as session:
        ours, theirs = get_run(session, run_id), get_run(session, back)
        kinds = [one.kind for one in read_events(session, back)]
        assert verify(session).whole
    same = ("agent", "conversation_id", "status", "started_at", "ended_at", "steps", "tool_calls", "input_tokens",
            "output_tokens", "cost", "input", "output")  # fmt: skip
    assert [getattr(theirs, name) for name in same] == [getattr(ours, name) for name in same]
    assert kinds == [
        "run_started", "model_requested", "model_replied", "tool_called", "tool_returned", "model_requested",
        "model_replied", "run_finished",
    ]  # fmt: skip


def test_each_run_at_least_once_and_no_more_than_needed(database: Database) -> None:
    """A backend that goes away in the middle gets the rest later, the page it broke on again, the others not."""
    recorder = Recorder(database, clock=Ticking())
    runs = [record_run(recorder, run_id=new_id("run")) for _ in range(2 * PAGE + 5)]
    backend = Backend(fails_at=2)
    with pytest.raises(ConnectionError):
        forward(recorder, URL, backend, now=LATER)
    assert forward(recorder, URL, backend, now=LATER).runs == PAGE + 5
    assert forward(recorder, URL, backend, now=LATER).runs == 0
    traces = [trace for trace, _ in backend.spans]
    assert set(traces) == {trace_of(run).hex() for run in runs}
    assert len(backend.spans) - len(set(backend.spans)) == 2 * PAGE  # one page of runs with two spans each
    assert forward(recorder, "http://other.example", Backend(), now=LATER).runs == len(runs)
    with database.reading() as session:
        assert verify(session).whole


def test_delegated_runs_are_below_the_step_that_asked(database: Database) -> None:
    """Both runs are one trace; the child's root hangs on the parent's delegation."""
    recorder = Recorder(database, clock=Ticking())
    parent, child = new_id("run"), new_id("run")
    op = "delegate/1"
    recorder.append(parent, run_started())
    recorder.append(
        parent, RunDelegated(op=op, step=1, agent="claims", tool="ask_claims", request="?", child_run_id=child)
    )
    started = run_started(agent="claims", origin="delegation", parent_run_id=parent, parent_op=op)
    for run_id, facts in ((child, (started, failed("no"))), (parent, (finished(),))):
        for fact in facts:
            recorder.append(run_id, fact)
    backend = Backend()
    forward(recorder, URL, backend, now=LATER)
    spans = {one.data["name"]: one for one in decode_protobuf(backend.bodies[0]).spans}
    assert {one.trace_id for one in spans.values()} == {trace_of(parent).hex()}
    asked, below = spans["execute_tool ask_claims"], spans["invoke_agent claims"]
    assert below.data["parent"] == asked.data["id"] == span_of(parent, op).hex()
    assert (below.data["code"], below.data["message"]) == (2, "no")


def test_what_came_from_elsewhere_is_not_sent_on(database: Database) -> None:
    """Runs of other frameworks have their own exporters, and two services that forward to each other come to rest."""
    recorder = Recorder(database, clock=Ticking())
    record_run(recorder, run_id=new_id("run"))
    backend = Backend()
    forward(recorder, URL, backend, now=LATER)
    receive(recorder, decode_protobuf(backend.bodies[0]).spans)
    assert forward(recorder, URL, backend, now=LATER).runs == 0
