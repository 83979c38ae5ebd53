"""Spans of other frameworks become runs: whole, once, in the order of time, whatever way they came in."""

import itertools
import json
from typing import Any

import pytest

from optimizer.answers import read_run
from tests.builders import PERSON
from tests.traces.otlp_samples import TRACE, batches, genai, request, span
from traces.db import Database
from traces.events import FeedbackGiven, ModelRequested, RunFinished, RunStarted, ToolCalled, ToolReturned
from traces.feedback import Judgement, give_feedback
from traces.filters import conditions
from traces.otlp.receive import Receipt, receive
from traces.otlp.wire import decode_protobuf
from traces.recorder import Recorder
from traces.store import find_run, get_run, list_runs, match_run, read_events, read_spans, read_stream
from traces.verify import verify

RUN = f"run_{TRACE}"


def take(recorder: Recorder, *bodies: bytes) -> list[Receipt]:
    """Each body as a request of its own."""
    decoded = [decode_protobuf(body) for body in bodies]
    return [receive(recorder, one.spans, one.refused) for one in decoded]


def told(database: Database, run_id: str = RUN) -> list[Any]:
    """The run's facts without their places."""
    with database.reading() as session:
        return [one.event for one in read_events(session, run_id)]


def test_a_trace_is_a_run(database: Database) -> None:
    """Agent, question, answer, steps, tokens and cost of a trace stand in the list as those of our own runs do."""
    take(Recorder(database), request(*genai()))
    with database.reading() as session:
        run = get_run(session, match_run(session, TRACE))
        assert verify(session).whole
    assert (run.agent, run.conversation_id, run.status, run.origin) == ("claims", "conv-77", "finished", "otlp")
    assert (run.input, run.output) == ("My Windschutzscheibe broke.", "I paid 7 euros.")
    assert (run.steps, run.tool_calls, run.input_tokens, run.output_tokens) == (2, 1, 20, 10)
    assert (run.cost, run.seconds) == (pytest.approx(0.002), 0.05)
    assert [event.kind for event in told(database)] == [
        "run_started", "model_requested", "model_replied", "tool_called", "span_observed", "tool_returned",
        "model_requested", "model_replied", "run_finished",
    ]  # fmt: skip


def test_the_way_it_came_in_does_not_matter(database: Database) -> None:
    """In one request or a request a span, children before parents or after: the same run, and the chain holds."""
    spans = genai()
    orders = [spans, spans[::-1], [*spans[2:], *spans[:2]], [spans[3], spans[0], spans[4], spans[2], spans[1]]]
    seen = []
    for number, order in enumerate(orders, 1):
        trace = f"{number:032x}"
        bodies = [request(one, trace=trace) for one in order] if number % 2 else [request(*order, trace=trace)]
        take(Recorder(database), *bodies)
        run_id = f"run_{trace}"
        with database.reading() as session:
            run = get_run(session, run_id)
            assert verify(session).whole
        seen.append(({**vars(run), "id": "", "events": 0}, told(database, run_id)))
    assert all(one == seen[0] for one in seen)


def test_a_run_is_running_until_its_outermost_span_has_come(database: Database) -> None:
    """Children alone say that there is more to come; late parents complete the run."""
    *children, root = batches(genai())
    recorder = Recorder(database)
    take(recorder, *children)
    with database.reading() as session:
        assert get_run(session, RUN).status == "running"
        assert verify(session).whole
    take(recorder, root)
    with database.reading() as session:
        assert get_run(session, RUN).status == "finished"


def test_sent_again_is_not_written_again(database: Database) -> None:
    """Exporters send a request again when its answer is lost: nothing changes, and it is told as known."""
    recorder = Recorder(database)
    first, again, half = take(
        recorder, request(*genai()), request(*genai()), request(*genai()[:2], span(9, "new", 1))
    )
    assert [(one.kept, one.known) for one in (first, again, half)] == [(5, 0), (0, 5), (1, 2)]
    with database.reading() as session:
        assert get_run(session, RUN).input_tokens == 20
        assert len(read_spans(session, RUN)) == 6


def test_nothing_of_a_span_is_lost(database: Database) -> None:
    """Ids, times, resource and attributes that no convention knows can be read back as they came."""
    odd = {"acme": [1, 2.5, True, {"deep": "x\0y"}], "raw": b"\xff\x00", "nan": float("nan"), "big": 2**62, "": ""}
    take(Recorder(database), request(span(7, "odd", attributes=odd, events=[("noted", {"a": 1})])))
    with database.reading() as session:
        (read,) = read_spans(session, RUN)
    assert (read["id"], read["name"], read["end"] - read["start"]) == ("0000000000000007", "odd", 1_000_000)
    assert read["attributes"] == {
        "acme": [1, 2.5, True, {"deep": "x\0y"}], "raw": {"$bytes": "/wA="}, "nan": {"$double": "nan"},
        "big": 2**62, "": "",
    }  # fmt: skip
    assert read["source"]["resource"] == {"service.name": "claims-service", "host.name": "h1"}
    assert read["events"][0]["attributes"] == {"a": 1}
    (started, finished) = told(database)
    assert isinstance(started, RunStarted)
    assert started.metadata["spans"]["odd"]["acme"] == [1, 2.5, True, {"deep": "x\0y"}]
    assert finished.kind == "run_finished"


def test_a_failed_trace_is_a_failed_run(database: Database) -> None:
    """The status of the outermost span decides, and its exception says why."""
    raised = [("exception", {"exception.type": "acme.errors.Broke", "exception.message": "no money"})]
    inner = span(2, "chat", 1, code=2, message="overloaded", attributes={"gen_ai.operation.name": "chat"})
    outer = span(1, "claims", end=9, code=2, events=raised)
    take(Recorder(database), request(inner, outer))
    with database.reading() as session:
        run = get_run(session, RUN)
        page = list_runs(session, where=conditions("status:failed agent:claims-service", session=session))
    assert [one.id for one in page.items] == [RUN]
    assert (run.status, run.error) == ("failed", "Broke: no money")
    assert [event.kind for event in told(database)] == [
        "run_started", "model_requested", "model_failed", "run_failed",
    ]  # fmt: skip


def test_it_is_judged_and_mined_like_our_own(database: Database) -> None:
    """Feedback lands on the run or one of its steps, later spans leave it, and the miner reads answer and calls."""
    recorder = Recorder(database)
    take(recorder, request(*genai()))
    give_feedback(recorder, RUN, Judgement(by="m.keller", score=0.25))
    give_feedback(recorder, RUN, Judgement(by="m.keller", comment="too much", op="span/0000000000000003"))
    take(recorder, request(span(9, "late", 1)))
    with database.reading() as session:
        run, recorded = get_run(session, RUN), read_run(session, RUN)
        said = [one for one in read_events(session, RUN) if isinstance(one.event, FeedbackGiven)]
        assert verify(session).whole
    assert (run.feedback, run.score, run.events) == (2, 0.25, 4)
    assert [one.op for one in said] == [None, "span/0000000000000003"]
    assert said[0].event.provenance.by == PERSON.by  # type: ignore[union-attr]
    assert recorded.output == "I paid 7 euros."
    assert [(call.tool, call.arguments) for call in recorded.calls] == [("refund", {"amount": 7})]


def test_one_request_may_hold_many_traces(database: Database) -> None:
    """Traces are told apart; those that are cut in two by requests are put together."""
    spans = [span(n, f"t{n}", attributes={"input.value": f"question {n}"}, trace=f"{n:032x}") for n in range(1, 40)]
    (receipt,) = take(Recorder(database), request(*spans))
    assert (receipt.kept, len(receipt.runs)) == (39, 39)
    with database.reading() as session:
        page = list_runs(session, limit=100)
        assert sorted(int(run.input.split()[1]) for run in page.items) == list(range(1, 40))
        assert verify(session).whole


def test_a_bad_span_does_not_cost_its_neighbours(database: Database) -> None:
    """A span that cannot be kept is refused alone, counted, with the reason."""
    deep: Any = "x"
    for _ in range(40):
        deep = [deep]
    body = request(span(1, "good"), span(2, "deep", attributes={"a": deep}), span(0, "nameless"))
    (receipt,) = take(Recorder(database), body)
    assert (receipt.kept, receipt.refused.total()) == (1, 2)
    assert "nested deeper than 32" in receipt.told
    assert "'nameless'" in receipt.told


def test_a_request_seen_by_two_instrumentations_is_counted_once(database: Database) -> None:
    """A client library's span inside a framework's span for the same request adds no tokens and no step."""
    paid = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 10}
    twice = {"openinference.span.kind": "LLM", "llm.token_count.prompt": 10, "llm.model_name": "m"}
    spans = [span(3, "POST", 2, attributes=paid), span(2, "ChatOpenAI", 1, attributes=twice), span(1, "agent")]
    for order in itertools.permutations(range(3)):
        trace = "".join(map(str, order)).rjust(32, "a")
        take(Recorder(database), *(request(spans[place], trace=trace) for place in order))
        with database.reading() as session:
            run = get_run(session, f"run_{trace}")
        assert (run.steps, run.input_tokens) == (1, 10)


def test_what_logfire_announces_counts_for_nothing(database: Database) -> None:
    """A pending span is kept, but is neither a step nor the end of the run."""
    pending = span(8, "agent", 1, attributes={"logfire.span_type": "pending_span", "gen_ai.operation.name": "chat"})
    recorder = Recorder(database)
    take(recorder, request(pending))
    with database.reading() as session:
        found = find_run(session, RUN)
        assert found is not None
        assert (found.status, found.steps) == ("running", 0)


def test_secrets_are_taken_out_before_anything_is_written(database: Database) -> None:
    """Neither facts, spans, list nor index have a key that somebody sent; how many there were is on record."""
    key = "sk-proj-" + "a1B2" * 12
    said = {"gen_ai.operation.name": "invoke_agent", "input.value": f"use {key}", "password": "hunter22"}
    recorder = Recorder(database)
    take(recorder, request(span(1, "agent", attributes=said, events=[("noted", {"a": key})])))
    with database.reading() as session:
        run, kept = get_run(session, RUN), read_spans(session, RUN)
        (recorded,) = read_stream(session, RUN)
        assert verify(session).whole
    assert key not in json.dumps(kept) + run.input
    assert "hunter22" not in json.dumps(kept)
    assert recorded.event.redacted == {"secret": 3}


FLAT = {
    "openinference.span.kind": "LLM", "llm.model_name": "m", "llm.token_count.prompt": 4,
    "llm.input_messages.0.message.role": "system", "llm.input_messages.0.message.content": "Be kind.",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.contents.0.message_content.type": "text",
    "llm.input_messages.1.message.contents.0.message_content.text": "pay me",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "refund",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"amount": 3}',
}  # fmt: skip
_CALLS = [{"id": "c1", "type": "function", "function": {"name": "refund", "arguments": '{"amount": 3}'}}]
_ASKED = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "pay me"}]
MLFLOW = {
    "mlflow.spanType": '"CHAT_MODEL"', "mlflow.llm.model": '"m"', "mlflow.chat.tokenUsage": '{"input_tokens": 4}',
    "mlflow.spanInputs": json.dumps({"messages": _ASKED}),
    "mlflow.spanOutputs": json.dumps({"choices": [{"message": {"role": "assistant", "tool_calls": _CALLS}}]}),
}  # fmt: skip
TRACELOOP = {
    "llm.request.type": "chat", "gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 4,
    "gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Be kind.",
    "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": "pay me",
    "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.tool_calls.0.id": "c1",
    "gen_ai.completion.0.tool_calls.0.name": "refund", "gen_ai.completion.0.tool_calls.0.arguments": '{"amount": 3}',
}  # fmt: skip
EVENTS = [
    ("gen_ai.system.message", {"content": "Be kind."}),
    ("gen_ai.user.message", {"content": "pay me"}),
    ("gen_ai.choice", {"message": json.dumps({"role": "assistant", "tool_calls": _CALLS})}),
]
OLD = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 4}
VERCEL = {
    "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m", "ai.usage.promptTokens": 4,
    "ai.prompt.messages": json.dumps(_ASKED),
    "ai.response.toolCalls": '[{"toolCallId": "c1", "toolName": "refund", "args": "{\\"amount\\": 3}"}]',
}  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "events"),
    [(FLAT, []), (MLFLOW, []), (TRACELOOP, []), (OLD, EVENTS), (VERCEL, [])],
    ids=["openinference", "mlflow", "openllmetry", "span events", "vercel"],
)
def test_each_convention_says_the_same(
    sqlite_url: str, attributes: dict[str, Any], events: list[tuple[str, dict[str, Any]]]
) -> None:
    """One model request, written in the ways of five families of emitters, is one and the same step."""
    from traces.db import open_database

    database = open_database(sqlite_url)
    take(Recorder(database), request(span(1, "chat", attributes=attributes, events=events)))
    _, requested, replied, _ = told(database)
    database.close()
    assert (requested.model, requested.instructions) == ("m", "Be kind.")
    (message,) = requested.messages
    assert message == {"kind": "request", "parts": [{"part_kind": "user-prompt", "content": "pay me"}]}
    call = {"part_kind": "tool-call", "tool_name": "refund", "args": {"amount": 3}, "tool_call_id": "c1"}
    assert [part for part in replied.response["parts"] if part.get("content") != ""] == [call]
    assert replied.input_tokens == 4


def openinference(*, outer: dict[str, Any]) -> list[dict[str, Any]]:
    """What OpenAI Agents send through OpenInference: the outer spans have nothing but their kind."""
    model = {"openinference.span.kind": "LLM", "llm.system": "openai", "llm.model_name": "m-1"}
    tool = json.dumps({"type": "function", "function": {"name": "weather", "parameters": {}}})
    asked = {"llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "Rain in Oslo?"}
    call = "llm.output_messages.0.message.tool_calls.0.tool_call."
    back = {
        "llm.input_messages.1.message.role": "tool", "llm.input_messages.1.message.tool_call_id": "c1",
        "llm.input_messages.1.message.content": "sunny", "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "No, it is sunny.",
    }  # fmt: skip
    first = {
        "llm.tools.0.tool.json_schema": tool, "llm.output_messages.0.message.role": "assistant", f"{call}id": "c1",
        f"{call}function.name": "weather", f"{call}function.arguments": '{"city": "Oslo"}',
    }  # fmt: skip
    return [
        span(3, "generation", 2, start=2, end=3, attributes={**model, **asked, **first}),
        span(4, "generation", 2, start=5, end=6, attributes={**model, **asked, **back}),
        span(2, "forecaster", 1, start=1, end=7, attributes={"openinference.span.kind": "AGENT"}),
        span(1, "Agent workflow", end=8, attributes=outer),
    ]


@pytest.mark.parametrize("apart", [False, True], ids=["one request", "a request each"])
def test_outer_spans_that_say_nothing(database: Database, apart: bool) -> None:
    """Then the run was asked what its first model request was, and answered what the last one said."""
    spans = openinference(outer={"openinference.span.kind": "CHAIN"})
    recorder = Recorder(database)
    for body in batches(spans) if apart else [request(*spans)]:
        decoded = decode_protobuf(body)
        receive(recorder, decoded.spans, decoded.refused)
    with database.reading() as session:
        run = get_run(session, f"run_{TRACE}")
        facts = [one.event for one in read_events(session, run.id)]
    assert (run.agent, run.input, run.output) == ("forecaster", "Rain in Oslo?", "No, it is sunny.")
    started, asked = facts[0], next(one for one in facts if isinstance(one, ModelRequested))
    assert isinstance(started, RunStarted)
    assert started.input == "Rain in Oslo?"
    assert asked.instructions is None  # `llm.system` is the provider's name
    assert asked.tools == [{"name": "weather", "parameters": {}}]
    back = [one for one in facts if isinstance(one, ModelRequested)][1].messages[0]["parts"][0]
    assert (back["tool_name"], back["content"]) == ("weather", "sunny")
    ended = facts[-1]
    assert isinstance(ended, RunFinished)
    assert ended.output == "No, it is sunny."


def test_langgraph_as_openinference_tells_it(database: Database) -> None:
    """Its outermost span names a role without words, and has them as JSON; a tool's answer is inside a message."""
    asked = json.dumps({"messages": [{"role": "user", "content": "Is P-7 in force?"}]})
    returned = {"type": "tool", "data": {"content": "policy P-7: in force", "type": "tool", "tool_call_id": "c1"}}
    spans = [
        span(1, "policies", end=9, attributes={
            "openinference.span.kind": "CHAIN", "input.value": asked, "llm.input_messages.0.message.role": "user",
            "session.id": "th-1",
        }),
        span(2, "Chat", 1, start=1, end=3, attributes={
            "openinference.span.kind": "LLM", "llm.model_name": "m", "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "Is P-7 in force?",
            "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "find_policy",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"number": "P-7"}',
        }),
        span(3, "find_policy", 1, start=4, end=5, attributes={
            "openinference.span.kind": "TOOL", "tool.name": "find_policy", "input.value": '{"number": "P-7"}',
            "output.value": json.dumps(returned),
        }),
    ]  # fmt: skip
    take(Recorder(database), request(*spans))
    with database.reading() as session:
        run = get_run(session, f"run_{TRACE}")
        facts = [one.event for one in read_events(session, run.id)]
    assert (run.input, run.conversation_id) == ("Is P-7 in force?", "th-1")
    called = next(one for one in facts if isinstance(one, ToolCalled))
    answered = next(one for one in facts if isinstance(one, ToolReturned))
    assert (called.tool, called.arguments) == ("find_policy", {"number": "P-7"})
    assert "policy P-7: in force" in json.dumps(answered.result)


def test_a_reply_that_is_a_call_is_no_answer(database: Database) -> None:
    """A run that is one model request: its row does not show the provider's JSON in the place of an answer."""
    one = openinference(outer={})[0]
    raw = {"output.value": '{"choices": [{"message": {"tool_calls": []}}]}'}
    decoded = decode_protobuf(request({**one, "parent": 0, "attributes": {**one["attributes"], **raw}}))
    receive(Recorder(database), decoded.spans)
    with database.reading() as session:
        assert get_run(session, f"run_{TRACE}").output is None
        facts = [stored.event for stored in read_events(session, f"run_{TRACE}")]
    assert isinstance(facts[-1], RunFinished)
    assert facts[-1].output is None
