"""What the registry of versions promises, on both databases: only added, one pointer, each step on record."""

import pytest

from agents.errors import IllegalStep, Refused, UsageError
from agents.prompts.decisions import adopt_definition, move
from agents.prompts.lifecycle import STEPS, State, check_step
from agents.prompts.record import decisions_stream
from agents.prompts.store import (
    add_bundle,
    find_bundles,
    find_live,
    get_bundle,
    list_bundles,
    list_live,
    match_bundle,
    name_draft,
)
from agents.review import approve_proposal, reject_proposal, roll_back_agent
from tests.builders import MACHINE, PERSON, make_bundle, make_proposal
from traces.db import Database
from traces.errors import NotFound
from traces.events import DecisionMade
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_events
from traces.verify import verify


def adopted(database: Database) -> tuple[Recorder, str]:
    """A registry whose `hello` is live from its file; gives the recorder and the live digest."""
    recorder = Recorder(database)
    with database.writing() as session:
        return recorder, adopt_definition(session, recorder, make_bundle(), PERSON).digest


def steps(database: Database) -> list[tuple[str | None, str]]:
    """Every step on record for `hello`."""
    with database.reading() as session:
        events = [stored.event for stored in read_events(session, decisions_stream("hello"))]
        assert verify(session).problems == []
    return [(one.from_state, one.to_state) for one in events if isinstance(one, DecisionMade)]


def test_a_bundle_is_stored_once_and_read_back_equal(database: Database) -> None:
    """Under its digest, with its first author and note; its keys in the order they were written."""
    schema = {"type": "object", "properties": {"zebra": {}, "ant": {}}}
    bundle = make_bundle(output_schema=schema, rules=("é",))
    with database.writing() as session:
        first = add_bundle(session, bundle, author="a", author_kind="file", note="one")
        assert add_bundle(session, bundle, author="b", author_kind="person", note="two") == first == bundle.digest
    with database.reading() as session:
        stored = get_bundle(session, first)
        assert (stored.bundle, stored.author, stored.note, stored.state) == (bundle, "a", "one", "draft")
        assert list((stored.bundle.output_schema or {})["properties"]) == ["zebra", "ant"]  # type: ignore[call-overload]
        assert find_bundles(session, [first, "sha256:none"]) == {first: stored}
        assert [one.digest for one in list_bundles(session, agent="hello", state="draft")] == [first]
        assert match_bundle(session, first[:20]) == match_bundle(session, first[7:20]) == first
        for wrong in ("ffff", "%", "sha256:_"):
            with pytest.raises(NotFound):
                match_bundle(session, wrong)


def test_what_nights_tried_hides_no_version(database: Database) -> None:
    """However many drafts of machines came later: a short list has what people know of, newest first."""
    with database.writing() as session:
        for text, kind in (
            ("first", "file"),
            ("written", "person"),
            *((f"tried {at}", "machine") for at in range(5)),
        ):
            add_bundle(session, make_bundle(instructions=text), author="a", author_kind=kind, note=text)
    with database.reading() as session:
        assert [one.note for one in list_bundles(session, limit=3)] == ["written", "first", "tried 4"]


def test_a_candidate_gets_its_name_while_it_is_a_draft(database: Database) -> None:
    """A machine's draft takes the newer note; what a person wrote keeps theirs."""
    with database.writing() as session:
        for text, kind in (("tried", "machine"), ("written", "person")):
            digest = add_bundle(session, make_bundle(instructions=text), author="a", author_kind=kind, note="old")
            name_draft(session, digest, "new")
    with database.reading() as session:
        assert {one.author_kind: one.note for one in list_bundles(session)} == {"machine": "new", "person": "old"}


def test_a_file_makes_the_first_live_version_once(database: Database) -> None:
    """Adopting it again changes nothing; another file needs force, and retires the one before."""
    recorder, first = adopted(database)
    with database.writing() as session:
        assert adopt_definition(session, recorder, make_bundle(instructions="New."), PERSON).digest == first
        second = adopt_definition(session, recorder, make_bundle(instructions="New."), PERSON, force=True)
    assert steps(database) == [("draft", "live"), ("live", "retired"), ("draft", "live")]
    with database.reading() as session:
        assert list_live(session) == {"hello": second}
        assert find_live(session, "nobody") is None


def test_a_yes_moves_the_pointer_and_leaves_its_record(database: Database) -> None:
    """In one transaction: approved, the old one retired, the new one live; who, why and what was shown."""
    recorder, first = adopted(database)
    digest, evidence = make_proposal(recorder, make_bundle(rules=("Be kind.",)), first)
    approve_proposal(recorder, digest, PERSON, shown=evidence, seen_live=first)
    assert steps(database)[-3:] == [("proposed", "approved"), ("live", "retired"), ("approved", "live")]
    with database.reading() as session:
        live = find_live(session, "hello")
        last = read_events(session, decisions_stream("hello"))[-1].event
    assert live is not None
    assert (live.digest, live.source) == (digest, first)
    assert isinstance(last, DecisionMade)
    assert (last.previous_live, last.provenance, last.shown) == (first, PERSON, evidence)


@pytest.mark.parametrize(
    ("by", "seen", "shown", "error"),
    [
        (MACHINE, None, None, Refused),
        (Provenance(by="m.keller"), None, None, Refused),
        (PERSON, "sha256:" + "0" * 64, None, IllegalStep),
        (PERSON, None, "sha256:" + "0" * 64, IllegalStep),
    ],
    ids=["a machine", "no reason", "another live version", "other evidence"],
)
def test_a_yes_that_may_not_be_leaves_nothing(
    database: Database, by: Provenance, seen: str | None, shown: str | None, error: type[Exception]
) -> None:
    """Neither the pointer nor the record moves."""
    recorder, first = adopted(database)
    digest, _ = make_proposal(recorder, make_bundle(rules=("Be kind.",)), first)
    before = steps(database)
    with pytest.raises(error):
        approve_proposal(recorder, digest, by, shown=shown, seen_live=seen)
    assert steps(database) == before
    with database.reading() as session:
        live = find_live(session, "hello")
        assert live is not None
        assert live.digest == first
        assert get_bundle(session, digest).state == "proposed"


def test_a_no_is_final_for_machines(database: Database) -> None:
    """A rejected version is proposed again only by a person."""
    recorder, first = adopted(database)
    digest, _ = make_proposal(recorder, make_bundle(rules=("Be kind.",)), first)
    assert reject_proposal(recorder, digest, PERSON).state == "rejected"
    with pytest.raises(Refused), database.writing() as session:
        move(session, recorder, digest, "proposed", MACHINE)
    with database.writing() as session:
        assert move(session, recorder, digest, "proposed", PERSON).state == "proposed"


def test_rolling_back_finds_the_one_before(database: Database) -> None:
    """From the record of decisions, also twice; and the first version has none before it."""
    recorder, first = adopted(database)
    with pytest.raises(UsageError, match="first live version"):
        roll_back_agent(recorder, "hello", PERSON)
    digest, _ = make_proposal(recorder, make_bundle(rules=("Be kind.",)), first)
    approve_proposal(recorder, digest, PERSON)
    with pytest.raises(IllegalStep, match="changed since you looked"):
        roll_back_agent(recorder, "hello", PERSON, seen_live=first)
    assert roll_back_agent(recorder, "hello", PERSON, seen_live=digest).digest == first
    assert steps(database)[-2:] == [("live", "rolled_back"), ("retired", "live")]
    with pytest.raises(UsageError, match="no live bundle"):
        roll_back_agent(recorder, "nobody", PERSON)


def test_no_step_that_is_not_in_the_table(database: Database) -> None:
    """Every pair of states: those in the table pass for a person, the others are refused with the legal ones."""
    states: list[State] = sorted({state for pair in STEPS for state in pair if state is not None})
    for old in (None, *states):
        for new in states:
            if (old, new) in STEPS:
                check_step("sha256:x", old, new, PERSON)
            else:
                with pytest.raises(IllegalStep, match="cannot become"):
                    check_step("sha256:x", old, new, PERSON)
    recorder, first = adopted(database)
    with pytest.raises(IllegalStep), database.writing() as session:
        move(session, recorder, first, "approved", PERSON)
    assert steps(database) == [("draft", "live")]
