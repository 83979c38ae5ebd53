"""What became of it in the end: facts that an application tells days later, by conversation or by run.

An outcome is kept as feedback of a program on the conversation's last turn. Told again it is the same fact, so a file
may be imported every night. Prevents: a refund that was taken back, and a run that still counts as right.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy.orm import Session

from traces.errors import BadInput
from traces.events import FeedbackGiven
from traces.feedback import Judgement, check
from traces.ids import digest_json
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import find_run, list_conversation, read_events

LONGEST: Final = 200


class Outcome(BaseModel):
    """One fact: which conversation (or run), what became of it, and how good that is, if the application says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conversation: str = Field(default="", max_length=LONGEST)
    run: str = Field(default="", max_length=LONGEST)
    outcome: str = Field(min_length=1, max_length=LONGEST)
    score: float | None = Field(default=None, ge=0, le=1)
    comment: str = Field(default="", max_length=10_000)
    at: datetime | None = None
    """When it became so; told apart from another such fact by it."""

    @model_validator(mode="after")
    def _about_something(self) -> "Outcome":
        if bool(self.conversation) == bool(self.run):
            raise ValueError("give either a conversation or a run")
        return self


@dataclass
class Imported:
    """What became of the facts: new, known already, and about what is not on record."""

    recorded: int = 0
    known: int = 0
    unknown: list[str] = field(default_factory=list)


def read_outcomes(rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[Outcome]:
    """The facts of numbered rows.

    Raises:
        BadInput: with the row's number and what is wrong in it.
    """
    for number, row in rows:
        given = {name: value for name, value in row.items() if value not in (None, "")}
        given = {
            {"conversation_id": "conversation", "run_id": "run"}.get(name, name): value
            for name, value in given.items()
        }
        try:
            yield Outcome.model_validate(given)
        except ValidationError as error:
            detail = error.errors()[0]
            where = ".".join(str(part) for part in detail["loc"])
            told = f"{where}: {detail['msg']}" if where else detail["msg"].removeprefix("Value error, ")
            raise BadInput(
                f"row {number}: {told}", hint="Fields: conversation or run, outcome, score, comment, at."
            ) from error


def record_outcomes(recorder: Recorder, outcomes: Iterable[Outcome], by: str) -> Imported:
    """Write those that are new. Each is durable by itself: an import that was stopped goes on when it is done again.

    Args:
        recorder: of the ledger.
        outcomes: in any order.
        by: the application that tells them.
    """
    done = Imported()
    for one in outcomes:
        check(Judgement(by=by, outcome=one.outcome, score=one.score, comment=one.comment))
        name = f"fb_{digest_json(one.model_dump(mode='json')).removeprefix('sha256:')[:26]}"
        with recorder.database.reading() as session:
            run_id = _run_of(session, one)
            known = run_id is not None and any(  # also one that was taken back: told again it stays so
                isinstance(stored.event, FeedbackGiven) and stored.event.feedback_id == name
                for stored in read_events(session, run_id, kinds=["feedback_given"])
            )
        if run_id is None:
            done.unknown.append(one.conversation or one.run)
        elif known:
            done.known += 1
        else:
            event = FeedbackGiven(
                feedback_id=name, outcome=one.outcome, score=one.score, comment=one.comment, tier="program",
                provenance=Provenance(by=by, actor="machine", reason="" if one.at is None else one.at.isoformat()),
            )  # fmt: skip
            recorder.append(run_id, event)
            done.recorded += 1
    return done


def _run_of(session: Session, one: Outcome) -> str | None:
    """The run itself, or the last turn of the conversation; None where it is not there or was erased."""
    if one.run:
        run = find_run(session, one.run)
        return None if run is None or run.erased_at is not None else run.id
    turns = [run for run in list_conversation(session, one.conversation) if run.origin in {"user", "otlp"}]
    return turns[-1].id if turns else None
