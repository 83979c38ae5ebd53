"""Plays in the shapes on the wire: functions (session, …) -> shape, for the service and the commands alike."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from agents.playground import Play
from agents.prompts.store import find_bundles, list_live
from agents.service.views import run_detail
from agents.service.wire.playground import PlayView, SideView


def play_views(session: Session, plays: Sequence[Play]) -> list[PlayView]:
    """These plays with what each side answered."""
    bundles = find_bundles(session, {run.bundle for play in plays for run in play.runs})
    live = {pointer.digest for pointer in list_live(session).values()}
    return [
        PlayView(
            id=play.id, input=play.input, tools=play.tools, replay_of=play.replay_of, by=play.by,
            started_at=play.started_at, cost=play.cost,
            sides=[
                SideView(
                    run=detail.run, answer=detail.answer, model=bundles[detail.run.bundle].bundle.model,
                    note=bundles[detail.run.bundle].note, live=detail.run.bundle in live,
                )
                for detail in (run_detail(session, run.id) for run in play.runs)
            ],
        )
        for play in plays
    ]  # fmt: skip
