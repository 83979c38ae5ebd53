"""Erasing, on both databases: the words are gone from answers and files, the chain holds, the rest is true."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.builders import (
    PERSON,
    Ticking,
    failed,
    finished,
    judged,
    make_bundle,
    make_proposal,
    model_step,
    record_run,
)
from traces.bodies import find_blobs
from traces.db import Database, open_database
from traces.erase import Erasure, erase_quotes, erase_runs, find_quoting
from traces.errors import RunErased
from traces.events import DecisionMade, RolloutScored, RunStarted, ToolCalled, ToolReturned, WordsErased
from traces.quotes import quotes_of
from traces.recorder import Recorder
from traces.scrub import scrub
from traces.search import has_words
from traces.store import get_run, list_runs, read_events
from traces.tables import BLOBS, EVENTS
from traces.verify import verify

WORDS = ("xylophon", "quetzal", "zamboni", "okapi", "wombat", "numbat", "axolotl")


def telling_run(recorder: Recorder, **changes: Any) -> str:
    """A run with words of a person wherever a run has words."""
    call = ToolCalled(
        op="tool/1", step=1, tool="book", server="desk", arguments={"name": "zamboni"}, call_id="c1", effect="write",
        idempotency_key="k",
    )  # fmt: skip
    given = {"input": "my name is xylophon " * 40, "metadata": {"user": "quetzal"}, "conversation_id": "axolotl"}
    return record_run(
        recorder, call, ToolReturned(op="tool/1", step=1, tool="book", result={"for": "okapi " * 100}),
        *model_step(2, "wombat, it is done"), finished("okapi " * 100),
        judged(comment="numbat " * 90, correction={"team": "numbat"}), **{**given, **changes},
    )  # fmt: skip


def everything(database: Database) -> str:
    """All text of the database's tables, bodies unpacked."""
    with database.reading() as session:
        rows = [str(tuple(row)) for row in session.execute(sa.select(EVENTS))]
        rows += find_blobs(session, session.execute(sa.select(BLOBS.c.digest)).scalars()).values()
        rows += [str(run) for run in list_runs(session).items]
        for word in WORDS:
            found = list_runs(session, where=[has_words(session, word)]).items
            rows += [f"{word} is in the index"] * len(found)
    return "\n".join(rows)


def test_no_word_is_left_and_the_chain_holds(database: Database) -> None:
    """What was said is gone from every table, the figures are as they were, and the ledger is proven whole."""
    recorder = Recorder(database, clock=Ticking())
    run_id = telling_run(recorder)
    other = record_run(recorder, input="somebody else's")
    assert all(word in everything(database) for word in WORDS)
    with database.reading() as session:
        before = get_run(session, run_id)
    done = erase_runs(recorder, {run_id: "erased_1"}, Erasure(PERSON))
    assert (done.runs, done.events, done.bodies) == (1, 9, 4)
    left = everything(database)
    assert [word for word in WORDS if word in left] == []
    with database.reading() as session:
        report, after = verify(session), get_run(session, run_id)
        assert get_run(session, other).input == "somebody else's"
    assert (report.problems, report.erased) == ([], 9)
    same = ("agent", "bundle", "status", "steps", "tool_calls", "input_tokens", "score", "feedback", "started_at")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert after.erased_at is not None
    assert after.conversation_id == "erased_1"


def test_what_remains_can_be_read(database: Database) -> None:
    """Each fact of an erased run is one that a reader of its kind can take, and says which erasure it was."""
    recorder = Recorder(database)
    run_id = telling_run(recorder)
    erasure = Erasure(PERSON)
    erase_runs(recorder, {run_id: None}, erasure)
    with database.reading() as session:
        *facts, signed = [one.event for one in read_events(session, run_id)]
    assert {fact.erased for fact in facts} == {erasure.id}
    assert isinstance(facts[0], RunStarted)
    assert (facts[0].input, facts[0].metadata, facts[0].conversation_id) == ("[erased]", {}, "axolotl")
    assert isinstance(signed, WordsErased)
    assert (signed.events, signed.whole, signed.provenance) == ([(1, 9)], True, PERSON)


def test_a_body_that_another_run_needs_stays(database: Database) -> None:
    """Bodies are shared: one goes with the last fact that refers to it."""
    recorder = Recorder(database)
    runs = [record_run(recorder, finished("the same long answer " * 50)) for _ in range(3)]
    assert erase_runs(recorder, {runs[0]: None, runs[1]: None}, Erasure(PERSON)).bodies == 0
    with database.reading() as session:
        assert verify(session).whole
        assert read_events(session, runs[2])[-1].event == finished("the same long answer " * 50)
    assert erase_runs(recorder, {runs[2]: None}, Erasure(PERSON)).bodies == 1


def test_nothing_is_added_to_an_erased_run_by_anybody(database: Database) -> None:
    """Neither by the one who erased it nor by a worker that had it in hand and knows nothing of it."""
    worker, operator = Recorder(database), Recorder(database)
    run_id = record_run(worker, *model_step(2))
    erase_runs(operator, {run_id: None}, Erasure(PERSON))
    for recorder in (worker, operator):
        with pytest.raises(RunErased, match="was erased"):
            recorder.append(run_id, failed("xylophon"))
    with database.reading() as session:
        assert verify(session).whole


def test_erasing_twice_is_harmless(database: Database) -> None:
    """Nothing is left to erase; no second fact is written."""
    recorder = Recorder(database)
    run_id = telling_run(recorder)
    erase_runs(recorder, {run_id: None}, Erasure(PERSON))
    assert erase_runs(recorder, {run_id: None}, Erasure(PERSON)).runs == 0
    with database.reading() as session:
        assert verify(session).whole


@pytest.mark.parametrize(
    ("seq", "change", "told"),
    [
        (
            1,
            lambda stub: stub.replace('"agent":"', '"agent":"an'),
            "what was left of events 1 to 9 is not what it was",
        ),
        (1, lambda stub: f'{stub[:77]},"agent":"other"}}', "event 1 (run_started): it cannot be read"),
        (9, lambda stub: '{"score":1.0}', "its hash does not match"),
    ],
)
def test_a_stub_cannot_be_changed(database: Database, seq: int, change: Callable[[str], str], told: str) -> None:
    """What remains of an erased fact is as safe as what was there."""
    recorder = Recorder(database)
    run_id = telling_run(recorder)
    erase_runs(recorder, {run_id: None}, Erasure(PERSON))
    with database.writing() as session:
        where = (EVENTS.c.stream == run_id, EVENTS.c.seq == seq)
        stub = session.execute(sa.select(EVENTS.c.payload).where(*where)).scalar_one()
        assert change(stub) != stub
        session.execute(sa.update(EVENTS).where(*where).values(payload=change(stub)))
    with database.reading() as session:
        assert any(told in problem for problem in verify(session).problems), verify(session).problems


def test_a_stub_that_nobody_signed_for_is_found(database: Database) -> None:
    """Whoever takes words out of the database by hand is found out."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    with database.writing() as session:
        where = (EVENTS.c.stream == run_id, EVENTS.c.seq == 4)
        text = session.execute(sa.select(EVENTS.c.payload).where(*where)).scalar_one()
        from traces.chain import content_of

        stub = '{"$erased":"' + content_of(text) + '","seconds":1.0,"erased":"er_1"}'
        session.execute(sa.update(EVENTS).where(*where).values(payload=stub))
    with database.reading() as session:
        assert verify(session).problems == [f"{run_id} event 4: its words are gone, and no erasure accounts for it"]


def test_quotations_go_and_the_rest_of_the_fact_stays(database: Database) -> None:
    """A proposal that showed a person's message, and a score with a comment on it, keep all but that."""
    recorder = Recorder(database)
    make_proposal(recorder, make_bundle(instructions="Greet by name."), make_bundle().digest)
    quotes = quotes_of(["A pipe has burst in my kitchen and xylophon, my dog, is swimming."], ["e1"])
    with database.reading() as session:
        streams = find_quoting(session, quotes)
    assert streams == ["decisions_hello"]
    erase_quotes(recorder, streams, quotes, Erasure(PERSON))
    with database.reading() as session:
        assert verify(session).problems == []
        assert find_quoting(session, quotes) == []
        decided = [one.event for one in read_events(session, "decisions_hello")]
    proposed = next(one for one in decided if isinstance(one, DecisionMade) and one.detail.get("got_better"))
    flip = proposed.detail["got_better"][0]
    assert flip == {"example": "e1", "input": "[erased]", "before": "[erased]", "after": "[erased]"}
    assert proposed.detail["summary"] == "20 % -> 60 %"
    assert proposed.provenance.by == "optimizer"


def test_eight_words_in_a_row_are_a_quotation() -> None:
    """Without regard to case and signs; what many people say is none."""
    quotes = quotes_of(["I would like to know when my old claim is paid", "Yes please"])
    assert quotes.has("He wrote: «i would like to know when my OLD claim…»")
    assert not quotes.has("I would like to know when my claim is paid")
    assert not quotes.has("Yes please")


@pytest.mark.parametrize("compact", [False, True])
def test_the_files_hold_no_word(tmp_path: Path, compact: bool) -> None:
    """Neither the database file nor its write-ahead log, read as bytes; nor is a word left in the index."""
    database = open_database(f"sqlite:///{tmp_path / 'strop.db'}")
    recorder = Recorder(database)
    run_id = telling_run(recorder)
    record_run(recorder)
    before = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"quetzal" in before
    assert b"zamboni" in before
    erase_runs(recorder, {run_id: "erased_1"}, Erasure(PERSON))
    assert scrub(database, compact=compact).left == ""
    after = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [word for word in WORDS if word.encode() in after] == []
    with database.writing() as session:
        session.execute(sa.text("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'words', 'row')"))
        known = set(session.execute(sa.text("SELECT term FROM temp.vocabulary")).scalars())
    assert known == {"good", "morning"}
    database.close()


def test_rollouts_lose_what_they_say_of_an_example(database: Database) -> None:
    """A score stays; the words beside it, which may quote the answer, go."""
    recorder = Recorder(database)
    scored = RolloutScored(
        op="r/1", bundle="b", example="ex_1", replica=0, pool="reflect", score=0.5, feedback="it said xylophon"
    )
    recorder.append("night_1", scored)
    erase_quotes(recorder, ["night_1"], quotes_of([], ["ex_1"]), Erasure(PERSON))
    with database.reading() as session:
        left = read_events(session, "night_1")[0].event
        assert verify(session).whole
    assert isinstance(left, RolloutScored)
    assert (left.score, left.feedback) == (0.5, "")
