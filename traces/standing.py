"""Which judgements count: all that were given, without those that were taken back. Pure."""

from collections.abc import Iterable
from typing import Final

from traces.events import Event, FeedbackGiven, FeedbackWithdrawn

JUDGED: Final = ("feedback_given", "feedback_withdrawn")
"""Kinds of facts that say which judgements there are."""


def standing(facts: Iterable[Event]) -> list[FeedbackGiven]:
    """The judgements among these facts that were not taken back, in their order."""
    kept = list(facts)
    gone = {one.feedback_id for one in kept if isinstance(one, FeedbackWithdrawn)}
    return [one for one in kept if isinstance(one, FeedbackGiven) and one.feedback_id not in gone]
