"""What a night has paid so far, read from the ledger alone: every run it made, every question it asked.

Prevents a resumed night from beginning with an empty bill: a request that was under way when its process died was
paid for, though nobody has its answer, and counts as much as an answered one.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from optimizer.night_log import NightLog
from optimizer.purse import Amount
from optimizer.rollouts import FIRST_GUESS, is_paid
from traces.events import ModelReplied, RolloutScored
from traces.store import count_events, read_streams
from traces.tables import RUNS


def paid_so_far(log: NightLog) -> Amount:
    """Tokens, dollars, rollouts and requests of the night until now."""
    rollouts = sum(is_paid(log, one) for one in log.all(RolloutScored))
    with log.database.reading() as session:
        runs = _runs(session, f"run_{log.stream.removeprefix('night_')}_")
        streams = [*runs, log.stream]
        requests, answered = _requests(session, streams)
    known = Amount(sum(tokens for tokens, _ in runs.values()), sum(cost for _, cost in runs.values()))
    for one in log.all(ModelReplied):
        known += Amount(one.input_tokens + one.output_tokens, one.cost or 0.0)
    lost = requests - answered
    each = known.tokens / answered if answered else float(FIRST_GUESS)
    dollars = known.dollars / answered if answered else 0.0
    return known + Amount(lost * each, lost * dollars, rollouts, requests)


def _runs(session: Session, prefix: str) -> dict[str, tuple[int, float]]:
    """(tokens, dollars) of each run that the night made."""
    query = sa.select(RUNS.c.id, RUNS.c.input_tokens + RUNS.c.output_tokens, RUNS.c.cost)
    rows = session.execute(query.where(RUNS.c.id.startswith(prefix, autoescape=True)))
    return {row[0]: (int(row[1]), float(row[2] or 0.0)) for row in rows}


def _requests(session: Session, streams: list[str]) -> tuple[int, int]:
    """(requests sent, those that had an answer, a failure included)."""
    asked = sum(count_events(session, streams, "model_requested").values())
    replied = sum(count_events(session, streams, "model_replied").values())
    failed = [one.event for many in read_streams(session, streams, ["model_failed"]).values() for one in many]
    again = sum(getattr(one, "then", "gave_up") != "gave_up" for one in failed)
    return asked + again, replied + len(failed)
