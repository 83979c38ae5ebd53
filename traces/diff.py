"""Two runs side by side: which facts stand for each other, and where they first say something else.

Pure over facts. What differs between any two runs (ids, times, fingerprints) is no difference.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from traces.store import StoredEvent

OF_ONE_RUN: Final = frozenset({
    "op", "seconds", "fingerprint", "idempotency_key", "feedback_id", "worker", "call_id", "tool_call_id",
    "child_run_id", "parent_run_id", "parent_op", "conversation_id", "history", "replay_of", "source_run", "run_id",
    "provider_response_id", "timestamp",
})  # fmt: skip
"""Fields, at whatever depth, that name this run or its moment and nothing else."""


@dataclass(frozen=True)
class Difference:
    """One place of a fact and what each of the two says there; None where it says nothing."""

    path: str
    left: Any
    right: Any


@dataclass(frozen=True)
class Pair:
    """A fact of each run that stand for each other; one of them is None where only the other run has such a fact."""

    left: StoredEvent | None
    right: StoredEvent | None
    differences: tuple[Difference, ...] = ()

    @property
    def same(self) -> bool:
        """Whether both are there and say the same."""
        return self.left is not None and self.right is not None and not self.differences


def compare(left: Sequence[StoredEvent], right: Sequence[StoredEvent]) -> list[Pair]:
    """The facts of two runs in pairs, in order: matched by what they are, then compared by what they say."""
    pairs: list[Pair] = []
    matcher = SequenceMatcher(None, [_what(one) for one in left], [_what(one) for one in right], autojunk=False)
    for tag, left_from, left_to, right_from, right_to in matcher.get_opcodes():
        if tag == "equal":
            both = zip(left[left_from:left_to], right[right_from:right_to], strict=True)
            pairs += [Pair(one, other, tuple(_differences("", _said(one), _said(other)))) for one, other in both]
        else:
            pairs += [Pair(one, None) for one in left[left_from:left_to]]
            pairs += [Pair(None, other) for other in right[right_from:right_to]]
    return pairs


def first_difference(pairs: Sequence[Pair]) -> Pair | None:
    """The first pair that is not the same; None when the runs say the same."""
    return next((pair for pair in pairs if not pair.same), None)


def subject(stored: StoredEvent) -> str:
    """The tool, agent, server or model that the fact is about; empty where it is about none."""
    named = (getattr(stored.event, name, None) for name in ("tool", "agent", "server", "model"))
    return next((str(name) for name in named if name), "")


def _what(stored: StoredEvent) -> tuple[str, str]:
    # Two bundles may use two models: their replies still stand for each other.
    return stored.kind, "" if stored.kind.startswith("model_") else subject(stored)


def _said(stored: StoredEvent) -> dict[str, Any]:
    return stored.event.model_dump(mode="json")


def _differences(path: str, left: Any, right: Any) -> Iterator[Difference]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in dict.fromkeys((*left, *right)):
            if key not in OF_ONE_RUN:
                yield from _differences(f"{path}.{key}" if path else key, left.get(key), right.get(key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for number, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _differences(f"{path}[{number}]", one, other)
    elif left != right:
        yield Difference(path, left, right)
