"""The messages of earlier turns, put together again from their ledgers. Nothing of them is stored twice."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from sqlalchemy.orm import Session

from agents.recording import RESULT_OF, recording_of
from traces.events import Event, GuardrailTripped, HistoryTaken, ModelReplied, ModelRequested, RunFinished
from traces.store import read_events


def read_history(session: Session, run_ids: Iterable[str]) -> list[ModelMessage]:
    """The messages of these runs, oldest first, as pydantic-ai takes them as `message_history`."""
    history: list[ModelMessage] = []
    for run_id in run_ids:
        history += messages_of([stored.event for stored in read_events(session, run_id)])
    return history


def take_turns(session: Session, run_ids: Sequence[str], room: int | None) -> HistoryTaken:
    """Which of these earlier runs, oldest first, a new one is told of: the newest whole turns that have room.

    Args:
        session: an open reading session.
        run_ids: the ended turns of the conversation.
        room: characters of their messages as JSON; None: no limit.
    """
    size, kept = 0, 0
    for run_id in reversed(run_ids):
        messages = read_history(session, [run_id]) if room is not None else []
        size += len(ModelMessagesTypeAdapter.dump_json(messages)) if messages else 0
        if room is not None and size > room and kept:
            break
        kept += 1
    shown = list(run_ids[len(run_ids) - kept :])
    policy = "all turns" if room is None else f"the newest whole turns within {room} characters"
    left_out = list(run_ids[: len(run_ids) - kept])
    return HistoryTaken(op="history", runs=shown, left_out=left_out, policy=policy, characters=size)


def messages_of(events: list[Event]) -> list[ModelMessage]:
    """The messages of one run: what was sent to the model and what it said, tool results in their places."""
    results = recording_of(events).results
    # A request that was made again after a crash is the same request: the last attempt stands for it.
    turns: dict[str, list[Any]] = {}
    closing: list[Any] = []
    for event in events:
        match event:
            case ModelRequested(op=str(op)):
                turns[op] = list(event.messages)
            case ModelReplied(op=str(op)):
                turns.setdefault(op, []).append(event.response)
            case GuardrailTripped(where="output", then="refuse") if turns:
                turns[next(reversed(turns))].pop()  # nobody was shown it: the next turn is told what the customer saw
            case RunFinished():
                closing = list(event.closing)
            case _:
                pass
    plain = [message for messages in (*turns.values(), closing) for message in messages]
    return list(ModelMessagesTypeAdapter.validate_python([_filled(message, results) for message in plain]))


def _filled(message: dict[str, Any], results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {**message, "parts": [_fill_part(part, results) for part in message.get("parts", [])]}


def _fill_part(part: dict[str, Any], results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    content = part.get("content")
    if isinstance(content, dict) and content.keys() == {RESULT_OF}:
        return {**part, "content": results[content[RESULT_OF]].get("result")}
    return part
