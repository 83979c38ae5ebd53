"""The agent's metric as a check in code: what came out against what is right -> a score and words about it. Pure.

Prevents two harnesses with two ideas of right: night, check and demo all score through `score`.
`expected` is `{"output": {...} or text, "calls": [{"tool", "arguments"}], "no_calls": [tool, ...]}`, each optional.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.definitions import FieldCheck, Metric

Expected = Mapping[str, Any]
PARTS = frozenset({"output", "calls", "no_calls"})


@dataclass(frozen=True)
class Call:
    """One tool call or delegation that a run made."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """How right an answer is, in [0, 1], and what was wrong, in words a reflector can use."""

    value: float
    feedback: str


def can_score(metric: Metric, expected: Expected) -> bool:
    """Whether `expected` says anything that this metric checks."""
    match metric.kind:
        case "fields":
            return bool(_checks(metric, expected.get("output")))
        case "calls":
            return bool(expected.get("calls") or expected.get("no_calls"))
        case "text":
            return _told(expected)
        case "judge":
            return bool(expected.get("judged"))


def score(metric: Metric, expected: Expected, output: Any, calls: Sequence[Call] = ()) -> Score:
    """Score one finished run.

    Every part that `expected` speaks of counts: the share of right fields (weighted) or the text, times the share of
    wanted calls that were made, times zero if a forbidden call was made. `output` None means no answer.
    """
    value, said = 1.0, []
    for share, words in _parts(metric, expected, output, calls):
        value *= share
        said += words
    return Score(value, " ".join(said) or "Right.")


def _parts(
    metric: Metric, expected: Expected, output: Any, calls: Sequence[Call]
) -> Iterator[tuple[float, list[str]]]:
    if metric.kind == "judge" and not _told(expected):
        yield 0.0, ["A judge has to say whether this is right."]
    if _told(expected) and (metric.kind != "calls" or metric.fields):
        yield _text(expected["output"], output) if metric.kind == "text" else _fields(metric, expected, output)
    if expected.get("calls"):
        yield _wanted(expected["calls"], calls)
    yield _forbidden(expected.get("no_calls") or (), calls)


def _told(expected: Expected) -> bool:
    return expected.get("output") not in (None, {})


# --- the answer -----------------------------------------------------------------------------------------------


def _checks(metric: Metric, output: Any) -> dict[str, FieldCheck]:
    """The fields that are compared: those the metric names, else all that the right answer has."""
    if not isinstance(output, Mapping):
        return {}
    if metric.fields:
        return {name: check for name, check in metric.fields.items() if name in output}
    return {name: FieldCheck() for name in output}


def _fields(metric: Metric, expected: Expected, output: Any) -> tuple[float, list[str]]:
    right = expected["output"]
    if not isinstance(right, Mapping):
        return _text(right, output)
    checks = _checks(metric, right)
    if not checks:
        return 1.0, []
    given = output if isinstance(output, Mapping) else {}
    wrong = {name: check for name, check in checks.items() if not same(right[name], given.get(name), check.tolerance)}
    total = sum(check.weight for check in checks.values())
    share = 1.0 - sum(check.weight for check in wrong.values()) / total
    return share, [f"{name}: expected {right[name]!r}, got {given.get(name)!r}." for name in wrong]


def _text(right: Any, output: Any) -> tuple[float, list[str]]:
    if same(right, output, None):
        return 1.0, []
    return 0.0, [f"Expected the answer {right!r}, got {output!r}."]


def same(right: Any, given: Any, tolerance: float | None = None) -> bool:
    """Whether two values count as equal: texts without case and outer white space, numbers within `tolerance`."""
    if isinstance(right, bool) or isinstance(given, bool):
        return right is given
    if isinstance(right, int | float) and isinstance(given, int | float):
        return abs(right - given) <= (tolerance or 0.0) + 1e-9
    if isinstance(right, str) and isinstance(given, str):
        return " ".join(right.split()).casefold() == " ".join(given.split()).casefold()
    if isinstance(right, list) and isinstance(given, list):
        return len(right) == len(given) and all(same(a, b, tolerance) for a, b in zip(right, given, strict=True))
    if isinstance(right, Mapping) and isinstance(given, Mapping):
        return right.keys() == given.keys() and all(same(right[key], given[key], tolerance) for key in right)
    return bool(right == given)


# --- the calls ------------------------------------------------------------------------------------------------


def _wanted(wanted: Sequence[Mapping[str, Any]], calls: Sequence[Call]) -> tuple[float, list[str]]:
    missing = [want for want in wanted if not any(_matches(want, call) for call in calls)]
    said = [f"Expected a call of {want['tool']} with {dict(want.get('arguments') or {})!r}." for want in missing]
    if missing:
        made = "; ".join(f"{call.tool} {dict(call.arguments)!r}" for call in calls) or "none"
        said.append(f"Calls made: {made}.")
    return 1.0 - len(missing) / len(wanted), said


def _matches(want: Mapping[str, Any], call: Call) -> bool:
    if want["tool"] != call.tool:
        return False
    return all(_argument(right, call.arguments.get(name)) for name, right in (want.get("arguments") or {}).items())


def _argument(right: Any, given: Any) -> bool:
    """A list of right values means any of them (or the list itself)."""
    if isinstance(right, list):
        return same(right, given) or any(same(one, given) for one in right)
    return same(right, given)


def _forbidden(forbidden: Sequence[str], calls: Sequence[Call]) -> tuple[float, list[str]]:
    made = sorted({call.tool for call in calls} & set(forbidden))
    return (0.0 if made else 1.0), [f"{tool} must not be called here." for tool in made]
