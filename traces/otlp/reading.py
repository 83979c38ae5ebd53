"""A trace told in the ledger's own vocabulary: from spans to the facts that transcript, history and miner read.

The record is what was sent (`SpansReceived`); this is a way to read it, made anew each time, in the order of time
whatever the order of arrival. Prevents: a second copy of foreign runs that says something else than what came.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from traces.events import (
    Event,
    ModelFailed,
    ModelReplied,
    ModelRequested,
    RunFailed,
    RunFinished,
    RunStarted,
    SpanObserved,
    SpansReceived,
    ToolCalled,
    ToolReturned,
)
from traces.ids import digest_json, ordered_json
from traces.otlp import conventions as mean
from traces.otlp.messages import (
    Conversation,
    Message,
    Read,
    input_messages,
    output_messages,
    text_parts,
    tool_definitions,
)
from traces.otlp.span import ERROR, is_root
from traces.otlp.trace import ORIGIN, error_of, nearness, row_of, summary_fields

Told = tuple[int, Event]
"""A fact and when it happened, in microseconds since 1970."""


def spans_of(batches: Iterable[SpansReceived]) -> list[dict[str, Any]]:
    """Every span of a trace as it was sent, with its `resource`, in the order they began."""
    found = [{**span, "source": batch.sources[span.get("source", 0)]} for batch in batches for span in batch.spans]
    return sorted(found, key=lambda span: (span.get("start", 0), -span.get("end", 0), span["id"]))


def texts_of(spans: Iterable[dict[str, Any]]) -> Iterable[str]:
    """What was asked, answered and thought in these spans, each text once: what full-text search looks into.

    Always in the same order, for no more than the first characters of all are looked at.
    """
    found: dict[str, None] = {}
    conversation = Conversation()
    for span in spans:
        role = mean.role(span)
        if mean.is_pending(span) or (role in {"other", "tool"} and not is_root(span)):
            continue
        read = Read(span)
        for message in (*conversation.new_in(read), *read.said):
            found.update(dict.fromkeys(text_parts(message, "user-prompt", "text", "thinking")))
        if role != "model":
            answered = read.answered
            found[read.asked] = found[answered if isinstance(answered, str) else ordered_json(answered)] = None
    return found


def tools_of(spans: Iterable[dict[str, Any]]) -> set[str]:
    """The names of the tools that these spans called."""
    return {_tool_name(span) for span in spans if mean.role(span) == "tool"}


def _tool_name(span: dict[str, Any]) -> str:
    return mean.text_of(span.get("attributes", {}), mean.TOOL) or str(span.get("name", ""))


def facts_of(batches: Sequence[SpansReceived]) -> list[Told]:
    """The run that these batches amount to, in the order of time."""
    spans = [span for span in spans_of(batches) if not mean.is_pending(span)]
    fields = summary_fields(batches[0].trace_id, [(batch.index, batch.about) for batch in batches])
    outer = [span for span in spans if is_root(span)]
    agents = [span for span in spans if mean.role(span) == "agent"]
    top = (agents or outer or spans)[:1]
    teller = _Teller()
    steps = [told for span in spans for told in teller.tell(span, is_top=span in top)]
    steps.sort(key=lambda told: told[0])
    start = (fields["started_at"], _started(fields, top, outer, spans))
    end = _ended(fields, spans)
    return [start, *steps, *(() if end is None else ((fields["ended_at"], end),))]


def _nearest(spans: list[dict[str, Any]], what: Literal["asked", "answered"]) -> Any:
    """What the run was asked (by its first span that says so) or answered (by its last), the outermost spans first:
    what the list of runs shows the beginning of (`traces.otlp.trace.about`).
    """
    rows = [(row_of(span), span) for span in spans]
    rows = [(row, span) for row, span in rows if nearness(row) < 9]
    rows.sort(key=lambda one: (nearness(one[0]), one[0].start if what == "asked" else -one[0].end))
    said = (getattr(Read(span), what) for _, span in rows)
    return next((one for one in said if one not in ("", None)), "")


def _started(
    fields: dict[str, Any], top: list[dict[str, Any]], outer: list[dict[str, Any]], spans: list[dict[str, Any]]
) -> RunStarted:
    metadata = {
        "spans": {
            span["name"]: mean.unknown(span.get("attributes", {})) for span in [*outer[:1], *top] if "name" in span
        },
        "source": top[0]["source"] if top else {},
    }
    return RunStarted(
        agent=fields["agent"], bundle=fields["bundle"], conversation_id=fields["conversation_id"], origin=ORIGIN,
        input=_nearest(spans, "asked") or fields["input"], metadata=metadata,
    )  # fmt: skip


def _ended(fields: dict[str, Any], spans: list[dict[str, Any]]) -> Event | None:
    if fields["ended_at"] is None:
        return None
    seconds = (fields["ended_at"] - fields["started_at"]) / 1_000_000
    if fields["status"] == "failed":
        error, _, message = fields["error"].partition(": ")
        return RunFailed(error=error, message=message, seconds=seconds)
    said = _nearest(spans, "answered")
    return RunFinished(output=fields["output"] if said == "" else said, seconds=seconds)


class _Teller:
    """Tells spans in order, each message of the conversation once."""

    def __init__(self) -> None:
        self._step = 0
        self._seen: set[str] = set()
        self._models: set[str] = set()
        self._called: dict[str, str] = {}
        """The tool that each call asked for: what came back may name the call alone."""

    def tell(self, span: dict[str, Any], *, is_top: bool) -> list[Told]:
        role = mean.role(span)
        if role == "model" and span.get("parent") not in self._models:
            self._step += 1
            self._models.add(span["id"])
            return self._model(span)
        if role == "model":  # the same request seen by a second instrumentation, inside the first
            self._models.add(span["id"])
        return _tool(span) if role == "tool" else [] if is_top else [_observed(span)]

    def _model(self, span: dict[str, Any]) -> list[Told]:
        attributes = span.get("attributes", {})
        shown, place = input_messages(span), _place(span, step=self._step)
        model = mean.text_of(attributes, mean.MODEL) or span.get("name", "")
        asked_for = {**mean.settings(attributes), **_extra(attributes)}
        requested = ModelRequested(
            **place, model=model, messages=self._new(shown), messages_before=0, settings=asked_for,
            instructions=_instructions(attributes, shown), tools=tool_definitions(attributes),
            fingerprint=digest_json(shown),
        )  # fmt: skip
        return [(_micros(span, "start"), requested), (_micros(span, "end"), self._reply(span, place, model))]

    def _reply(self, span: dict[str, Any], place: dict[str, Any], model: str) -> Event:
        if span.get("code") == ERROR:
            error, _, message = error_of(span).partition(": ")
            return ModelFailed(**place, model=model, error=error, message=message, seconds=_seconds(span))
        said = output_messages(span)
        self._seen.update(ordered_json(message) for message in said)
        parts = [part for one in said for part in one["parts"]]
        self._called.update(
            (part["tool_call_id"], part["tool_name"]) for part in parts if part["part_kind"] == "tool-call"
        )
        tokens_in, tokens_out, cached, cost = mean.usage(span.get("attributes", {}))
        return ModelReplied(
            **place, model=model, response={"kind": "response", "parts": parts},
            input_tokens=tokens_in, output_tokens=tokens_out, cached_tokens=cached, cost=cost, seconds=_seconds(span),
        )  # fmt: skip

    def _new(self, messages: Iterable[Message]) -> list[Message]:
        """Those not shown before in this run; system prompts are told as instructions."""
        found: list[Message] = []
        for message in messages:
            text = ordered_json(message)
            if text not in self._seen and not _is_system(message):
                found.append({**message, "parts": [self._with_name(part) for part in message["parts"]]})
            self._seen.add(text)
        return found

    def _with_name(self, part: dict[str, Any]) -> dict[str, Any]:
        if part["part_kind"] != "tool-return" or part["tool_name"]:
            return part
        return {**part, "tool_name": self._called.get(part["tool_call_id"], "")}


def _is_system(message: Message) -> bool:
    return any(part["part_kind"] == "system-prompt" for part in message["parts"])


def _instructions(attributes: dict[str, Any], shown: Iterable[Message]) -> str | None:
    told = mean.value_of(attributes, mean.INSTRUCTIONS)
    if isinstance(told, list):
        told = "\n\n".join(str(part.get("content", part)) if isinstance(part, dict) else str(part) for part in told)
    parts = [
        part["content"] for message in shown for part in message["parts"] if part["part_kind"] == "system-prompt"
    ]
    return (told if isinstance(told, str) else "") or "\n\n".join(parts) or None


def _extra(attributes: dict[str, Any]) -> dict[str, Any]:
    more = mean.unknown(attributes)
    return {"attributes": more} if more else {}


def _place(span: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"op": f"span/{span['id']}", **more}


def _tool(span: dict[str, Any]) -> list[Told]:
    attributes = span.get("attributes", {})
    place = _place(span)
    name = _tool_name(span)
    call = mean.text_of(attributes, mean.CALL_ID) or span["id"]
    arguments = mean.value_of(attributes, mean.ARGUMENTS)
    failed = span.get("code") == ERROR
    result = mean.value_of(attributes, mean.RESULT)
    if isinstance(result, dict) and isinstance(message := result.get("data"), dict) and result.get("type") == "tool":
        result, call = message.get("content"), str(message.get("tool_call_id") or call)  # as LangChain wraps it
    result = error_of(span) if failed and result is None else result
    called = ToolCalled(
        **place, tool=name, server=str(span["source"].get("scope", "")), call_id=call, effect="write",
        arguments=_arguments(arguments), idempotency_key="",
    )  # fmt: skip
    returned = ToolReturned(
        **place, tool=name, result=result, outcome="failed" if failed else "ok",
        size=len(ordered_json(result)), seconds=_seconds(span),
    )  # fmt: skip
    return [(_micros(span, "start"), called), (_micros(span, "end"), returned)]


def _arguments(value: Any) -> dict[str, Any]:
    """Arguments by name, as our own tools get them; one value alone is called `input`."""
    return value if isinstance(value, dict) else {} if value is None else {"input": value}


def _observed(span: dict[str, Any]) -> Told:
    attributes = span.get("attributes", {})
    observed = SpanObserved(
        op=f"span/{span['id']}", name=span.get("name", ""), attributes=attributes, seconds=_seconds(span),
        error=error_of(span) if span.get("code") == ERROR else None, notes=span.get("events", []),
    )  # fmt: skip
    return _micros(span, "start"), observed


def _micros(span: dict[str, Any], name: str) -> int:
    return int(max(span.get(name, 0), span.get("start", 0)) // 1_000)


def _seconds(span: dict[str, Any]) -> float:
    return float(max(span.get("end", 0) - span.get("start", 0), 0)) / 1_000_000_000
