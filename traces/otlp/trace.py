"""What the spans of one trace amount to: a line of the runs list that does not depend on the order they came in.

Each batch leaves a small `index` (a row a span) and what it can say `about` the run, both inside its event. The
summary is a pure function of these, so spans may come in any number of batches, parents last, and `traces.verify`
computes it again without reading a body.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from traces.ids import digest_json
from traces.otlp import conventions as mean
from traces.otlp.messages import Read, tool_definitions
from traces.otlp.span import ERROR, is_root
from traces.previews import PREVIEW, preview, storable

ORIGIN: Final = "otlp"
"""Of a run that another framework ran and told us of. No worker takes it over; it is read, judged and mined."""

MICRO: Final = 1_000
"""Nanoseconds of a microsecond, in which the ledger keeps times."""

LONGEST_NAME: Final = 120
"""Characters of an agent's name or a conversation's id in the list of runs."""

LONGEST_MODEL: Final = 200
"""Characters of a model's name there."""


class Row(NamedTuple):
    """One span as far as the summary needs it. Times in microseconds; `role` is m, t, a, o or p (pending)."""

    id: str
    parent: str
    role: str
    root: int
    start: int
    end: int
    code: int
    input_tokens: int
    output_tokens: int
    cost: float | None


def run_id_of(trace_id: str) -> str:
    """The name of the run that a trace is: it can be found by the trace's id."""
    return f"run_{trace_id}"


def is_trace(stream: str) -> bool:
    """Whether the stream holds spans of another framework: our own runs have 26 characters behind the prefix."""
    return len(stream) == 36 and re.fullmatch(r"run_[0-9a-f]{32}", stream) is not None


def row_of(data: dict[str, Any]) -> Row:
    """The span's row in the index."""
    role = "p" if mean.is_pending(data) else mean.role(data)[0]
    counted = role in "ma"
    tokens_in, tokens_out, _, cost = mean.usage(data.get("attributes", {})) if counted else (0, 0, 0, None)
    start = data.get("start", 0) // MICRO
    end = max(data.get("end", 0) // MICRO, start)
    return Row(
        data["id"], data.get("parent", ""), role, int(is_root(data)), start, end, data.get("code", 0),
        tokens_in, tokens_out, cost,
    )  # fmt: skip


# --- what a batch can say about its run ---------------------------------------------------------------------------

About = dict[str, list[Any]]
"""Field -> [rank, time, value]: the smallest counts, over all batches."""


def about(spans: Sequence[tuple[Row, Read]], service: str) -> About:
    """What these spans say: agent, conversation, version, input, output and error, each with how good the word is."""
    found: About = {}
    best = min((nearness(row) for row, _ in spans), default=9)
    for row, read in spans:
        if row.role != "p":
            _keep_best(found, _named(row, read.data, read.attributes, service))
            if nearness(row) <= max(best, 1):
                _keep_best(found, _spoken(row, read))
    if not found.keys() >= {"input", "output"}:  # the outermost spans may have times alone
        for row, read in spans:
            if row.role == "m":
                _keep_best(found, _spoken(row, read))
    return found


def _keep_best(found: About, words: Iterable[tuple[str, int, int, str]]) -> None:
    for name, rank, time, value in words:
        if value and (name not in found or [rank, time] < found[name][:2]):
            found[name] = [rank, time, value]


def nearness(row: Row) -> int:
    """How near to the run as a whole: its agent, its outermost span, a model request, anything else."""
    return 9 if row.role == "p" else 0 if row.role == "a" else 1 if row.root else 2 if row.role == "m" else 9


def _named(
    row: Row, data: dict[str, Any], attributes: dict[str, Any], service: str
) -> Iterable[tuple[str, int, int, str]]:
    if agent := mean.text_of(attributes, mean.AGENT):
        yield "agent", 0 if row.role == "a" else 1, row.start, _name(agent)
    elif row.role == "a" or row.root:
        name = _name(data.get("name", ""))
        yield "agent", 6 if name.lower() in _SAYS_NOTHING else 2 if row.role == "a" else 4, row.start, name
    # The SDK's placeholder says less than the outermost span's name.
    yield "agent", 5 if service.startswith("unknown_service") else 3, row.start, _name(service)
    yield "conversation", 0, row.start, _name(mean.conversation(attributes))
    if row.role == "m":
        yield "bundle", 0, row.start, version_of(attributes)
        yield "model", 0, -row.end, storable(mean.text_of(attributes, mean.MODEL))[:LONGEST_MODEL]
    if row.code == ERROR:
        yield "error", nearness(row), -row.end, storable(error_of(data))[:1000]


_SAYS_NOTHING: Final = frozenset({"agent", "langgraph", "agent workflow", "runnablesequence", "invoke_agent"})
"""Names that frameworks give where nobody gave one: a service's name says more."""


def _spoken(row: Row, read: Read) -> Iterable[tuple[str, int, int, str]]:
    yield "input", nearness(row), row.start, preview(read.asked)
    yield "output", nearness(row), -row.end, preview(read.answered)


def _name(text: str) -> str:
    return storable(" ".join(text.split()))[:LONGEST_NAME]


def version_of(attributes: dict[str, Any]) -> str:
    """The digest of what shaped the reply as far as it was told: instructions, tools, model."""
    told = [mean.raw_of(attributes, keys) for keys in (mean.INSTRUCTIONS, mean.TOOLS)]
    if told[1] is None and "llm.tools.0.tool.json_schema" in attributes:
        told[1] = tool_definitions(attributes)
    model = mean.text_of(attributes, mean.MODEL)
    if all(one is None or isinstance(one, str) for one in told):
        return _version(*told, model)
    return _version.__wrapped__(*told, model)


@lru_cache(1_000)
def _version(instructions: Any, tools: Any, model: str) -> str:
    """The same few texts come with every request."""
    shaped = {"instructions": mean.parsed(instructions), "tools": mean.parsed(tools), "model": model}
    return digest_json(shaped)


def error_of(data: dict[str, Any]) -> str:
    """Why the span failed: its status, or the last exception among its events."""
    raised = [event.get("attributes", {}) for event in data.get("events", ()) if event.get("name") == "exception"]
    last = raised[-1] if raised else {}
    told = data.get("message") or last.get("exception.message") or data.get("attributes", {}).get("error.type")
    kind = str(last.get("exception.type") or "SpanFailed").rsplit(".", 1)[-1]
    return f"{kind}: {told or data.get('name', '')}"


# --- the summary ---------------------------------------------------------------------------------------------------


def summary_fields(trace_id: str, batches: Sequence[tuple[Sequence[Sequence[Any]], About]]) -> dict[str, Any]:
    """The columns of the runs list that spans decide, from the index and the words of every batch.

    Times are microseconds since 1970. A run is `running` until an outermost span or its agent's span has come: others
    are sent when they end, so what is there may be a part.
    """
    rows = {row.id: row for index, _ in batches for row in (Row(*values) for values in index) if row.role != "p"}
    said = _merged(about for _, about in batches)
    outer = [row for row in rows.values() if row.root] or _outer_agents(rows)
    models = [row for row in rows.values() if row.role == "m" and not _inside(row, rows, "m")]
    paid = models or [row for row in rows.values() if row.role == "a" and not _inside(row, rows, "a")]
    costs = [row.cost for row in paid if row.cost is not None]
    last = max(outer, key=lambda row: (row.end, row.id), default=None)
    failed = last is not None and last.code == ERROR
    return {
        "agent": said.get("agent", "unknown"),
        "bundle": said.get("bundle", ""),
        "conversation_id": said.get("conversation") or f"trace_{trace_id}",
        "origin": ORIGIN,
        "model": said.get("model", ""),
        "status": "running" if last is None else "failed" if failed else "finished",
        "started_at": min((row.start for row in rows.values()), default=0),
        "ended_at": None if last is None else max(row.end for row in rows.values()),
        "steps": len(models),
        "tool_calls": sum(row.role == "t" for row in rows.values()),
        "input_tokens": sum(row.input_tokens for row in paid),
        "output_tokens": sum(row.output_tokens for row in paid),
        "cost": sum(sorted(costs)) if costs else None,
        "error": said.get("error", "SpanFailed") if failed else None,
        "input": said.get("input", "")[:PREVIEW],
        "output": None if last is None or failed else said.get("output"),
    }


def _merged(words: Iterable[About]) -> dict[str, Any]:
    best: About = {}
    for about_batch in words:
        for name, entry in about_batch.items():
            if name not in best or entry < best[name]:
                best[name] = entry
    return {name: entry[2] for name, entry in best.items()}


def _outer_agents(rows: Mapping[str, Row]) -> list[Row]:
    return [row for row in rows.values() if row.role == "a" and not _inside(row, rows, "a")]


def _inside(row: Row, rows: Mapping[str, Row], role: str) -> bool:
    """Whether a span of this role is above the row: what it counts was counted there."""
    seen = {row.id}
    above = rows.get(row.parent)
    while above is not None and above.id not in seen:
        if above.role == role:
            return True
        seen.add(above.id)
        above = rows.get(above.parent)
    return False
