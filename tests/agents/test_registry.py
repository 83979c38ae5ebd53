"""The registry: only legal steps, only people decide, the pointer and its record move together."""

import itertools
from collections.abc import Iterator

import pytest

from agents.errors import IllegalStep, Refused, UsageError
from agents.prompts.decisions import adopt_definition, approve, move, reject, roll_back
from agents.prompts.lifecycle import STEPS, check_step
from agents.prompts.record import decisions_stream
from agents.prompts.store import add_bundle, find_live, get_bundle
from tests.builders import MACHINE, PERSON, make_bundle
from traces.db import Database, open_database
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_events
from traces.verify import verify

STATES = sorted({state for step in STEPS for state in step if state is not None})


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open ledger, on each engine."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def recorder(database: Database) -> Recorder:
    """Its writer."""
    return Recorder(database)


def proposed(recorder: Recorder, text: str = "Greet the guest.") -> tuple[str, str]:
    """(live digest, proposed digest) of the agent hello."""
    with recorder.database.writing() as session:
        live = adopt_definition(session, recorder, make_bundle(), PERSON).digest
        found = add_bundle(
            session, make_bundle(instructions=text), author="optimizer", author_kind="machine", parent=live
        )
        move(session, recorder, found, "evaluated", MACHINE, evidence="sha256:e", detail={"incumbent": live})
        move(session, recorder, found, "proposed", MACHINE)
    return live, found


def test_steps_outside_the_table_are_refused() -> None:
    """Every pair of states that the table does not list is an error that names both."""
    for old, new in itertools.product([None, *STATES], STATES):
        if (old, new) in STEPS:
            check_step("sha256:x", old, new, PERSON)  # type: ignore[arg-type]
        else:
            with pytest.raises(IllegalStep, match=new):
                check_step("sha256:x", old, new, PERSON)  # type: ignore[arg-type]


def test_a_machine_never_decides(recorder: Recorder) -> None:
    """The optimizer cannot approve or reject, and nothing is written when it tries."""
    live, found = proposed(recorder)
    for act in (approve, reject):
        with pytest.raises(Refused, match="machine"), recorder.database.writing() as session:
            act(session, recorder, found, MACHINE)
    with recorder.database.reading() as session:
        assert get_bundle(session, found).state == "proposed"
        pointer = find_live(session, "hello")
        assert pointer is not None
        assert pointer.digest == live


def test_a_decision_needs_a_reason(recorder: Recorder) -> None:
    """Who says nothing decides nothing."""
    _, found = proposed(recorder)
    with pytest.raises(Refused, match="reason"), recorder.database.writing() as session:
        approve(session, recorder, found, Provenance(by="m.keller"))


def test_approval_moves_the_pointer_and_retires_the_old(recorder: Recorder) -> None:
    """One transaction: approved, the old one retired, the new one live, all on record in order."""
    live, found = proposed(recorder)
    with recorder.database.writing() as session:
        assert approve(session, recorder, found, PERSON, shown="sha256:e", seen_live=live).digest == found
    with recorder.database.reading() as session:
        assert get_bundle(session, live).state == "retired"
        assert get_bundle(session, found).state == "live"
        stream = read_events(session, decisions_stream("hello"), kinds=["decision_made"])
        steps = [stored.event.to_state for stored in stream]
        assert steps[-3:] == ["approved", "retired", "live"]
        assert verify(session).whole


def test_a_decision_on_yesterdays_screen_is_a_conflict(recorder: Recorder) -> None:
    """Another version went live since the person looked: nothing is approved."""
    live, first = proposed(recorder)
    _, second = proposed(recorder, "Greet the visitor.")
    with recorder.database.writing() as session:
        approve(session, recorder, first, PERSON)
    with pytest.raises(IllegalStep, match="changed since"), recorder.database.writing() as session:
        approve(session, recorder, second, PERSON, seen_live=live)
    with recorder.database.reading() as session:
        assert get_bundle(session, second).state == "proposed"


def test_nothing_is_approved_twice(recorder: Recorder) -> None:
    """The second yes finds a live bundle, not a proposal."""
    _, found = proposed(recorder)
    with recorder.database.writing() as session:
        approve(session, recorder, found, PERSON)
    with pytest.raises(IllegalStep), recorder.database.writing() as session:
        approve(session, recorder, found, PERSON)


def test_roll_back_returns_to_what_was_live_before(recorder: Recorder) -> None:
    """The version before serves again; the one taken back says so; a second roll-back finds nothing older."""
    live, found = proposed(recorder)
    with recorder.database.writing() as session:
        approve(session, recorder, found, PERSON)
        assert roll_back(session, recorder, "hello", PERSON).digest == live
        assert get_bundle(session, found).state == "rolled_back"


def test_roll_back_before_anything_is_live(recorder: Recorder) -> None:
    """A clear error instead of an empty pointer."""
    with pytest.raises(UsageError, match="no live bundle"), recorder.database.writing() as session:
        roll_back(session, recorder, "hello", PERSON)
