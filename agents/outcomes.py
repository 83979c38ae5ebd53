"""A person's word on a call whose worker died in its middle: repeat it, take this as its result, or leave it.

Prevents: a write that is done twice because nobody knew whether it had been done.
"""

from sqlalchemy.exc import IntegrityError

from agents.errors import UsageError
from agents.recording import recording_of
from agents.waiting import say
from traces.events import OutcomeDecided
from traces.recorder import Recorder
from traces.store import read_events


def decide_outcome(recorder: Recorder, run_id: str, decision: OutcomeDecided) -> None:
    """Record what became of a call whose outcome was unknown. `Runtime.work` then goes on with the run.

    Raises:
        UsageError: that call is not waiting for a decision.
    """
    while True:
        with recorder.database.reading() as session:
            recording = recording_of(stored.event for stored in read_events(session, run_id))
        waiting = [operation.op for operation in recording.unknown]
        if decision.op not in waiting:
            listed = ", ".join(waiting) or "none"
            raise UsageError(
                f"call {decision.op!r} of run {run_id} waits for no decision", hint=f"Waiting: {listed}."
            )
        attempt = recording.operations[decision.op].attempts
        said = decision.model_copy(update={"attempt": attempt})
        try:
            # A running service goes on with what is released, from the run that a person asked for.
            say(recorder, run_id, said, "outcome_unknown", last=len(waiting) == 1)
        except IntegrityError:
            continue  # somebody wrote into one of these ledgers meanwhile: look again
        return
