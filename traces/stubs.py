"""What is left of a fact when its words are erased, and what is read where they stood.

The fields that `OUTSIDE` and `ECHOES` name go; the rest (which tool, how many tokens, when, what it cost) stays, so
that figures over many runs are as true after an erasure as before.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from traces.chain import ERASED, SALT
from traces.events import FACTS, Event
from traces.ids import ordered_json

WORD: Final = "[erased]"
"""Read in the place of a text that was erased."""

_TEXT_REPLY: Final = {"kind": "response", "parts": [{"part_kind": "text", "content": WORD}]}

_READ_AS: Final[Mapping[str, Mapping[str, Any]]] = {
    "model_replied": {"response": _TEXT_REPLY},
    "tool_called": {"arguments": {}},
    "tool_returned": {"result": {"kind": "tool_return", "result": WORD}},
    "replay_diverged": {"arguments": {}},
    "call_refused": {"arguments": {}},
    "approval_requested": {"arguments": {}},
    "spans_received": {"spans": [], "sources": []},
}
"""Where a bare text would not do for those who read the fact."""

_CLASSES: Final[dict[str, type[Event]]] = {str(one.model_fields["kind"].default): one for one in FACTS}


def stub_of(
    kind: str, payload: Mapping[str, Any], content: str, erasure: str, *, conversation: str | None = None
) -> str | None:
    """The text that replaces a payload; None where there are no words in it.

    Args:
        kind: of the fact.
        payload: as stored, bodies by reference.
        content: the payload's digest, which the chain covers.
        erasure: the act.
        conversation: stands for the conversation's id, by which a person may be known.
    """
    kept = {name: value for name, value in payload.items() if name != SALT}
    kept = {name: value for name, value in kept.items() if name not in _gone(kind)} | _signature(kept)
    if kind == "run_started" and conversation is not None:
        kept["conversation_id"] = conversation
    if kind == "spans_received":
        kept["about"] = _about(payload.get("about") or {}, conversation)
    if kept == {name: value for name, value in payload.items() if name != SALT}:
        return None
    return stub(content, erasure, kept)


def stub(content: str, erasure: str, kept: Mapping[str, Any]) -> str:
    """The text of a stub: the digest of what was there, the act, and what is left."""
    return ordered_json({ERASED: content, **kept, "erased": erasure})


def filled(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    """A stub's payload with something in the place of each field that a fact cannot be read without."""
    return {**_blanks(kind), **{name: value for name, value in payload.items() if name != ERASED}}


@cache
def _gone(kind: str) -> frozenset[str]:
    return _CLASSES[kind].OUTSIDE | _CLASSES[kind].ECHOES


@cache
def _blanks(kind: str) -> Mapping[str, Any]:
    fields = _CLASSES[kind].model_fields
    blank = {name: WORD for name in _gone(kind) if fields[name].is_required()}
    return {**blank, **_READ_AS.get(kind, {})}


def _signature(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Who decided stays, for the audit, but not what they wrote; a customer's judgement keeps no name."""
    signed = payload.get("provenance")
    if signed is None:
        return {}
    kept = {name: value for name, value in signed.items() if name != "reason"}
    return {"provenance": {**kept, "by": WORD} if payload.get("tier") == "customer" else kept}


def _about(about: Mapping[str, Any], conversation: str | None) -> dict[str, Any]:
    """What a batch of spans says of its run, [rank, time, value] by field, without words."""
    place = {"conversation": conversation or WORD, "input": WORD, "output": WORD, "error": f"SpanFailed: {WORD}"}
    return {name: [*entry[:2], place.get(name, entry[2])] for name, entry in about.items()}
