"""What the ledger promises, on both databases: one body of tests, run over SQLite and PostgreSQL."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.builders import Ticking, failed, finished, judged, model_step, record_run, run_started
from traces.bodies import read_blob
from traces.db import Database, open_database
from traces.errors import LedgerError, NotFound, OperationTaken
from traces.events import FeedbackGiven, ModelReplied, RunFinished, RunStarted, ToolCalled
from traces.recorder import Recorded, Recorder
from traces.store import (
    find_run,
    get_run,
    last_event_id,
    list_children,
    list_conversation,
    list_feed_ids,
    list_feedback,
    list_operation,
    list_runs,
    list_streams,
    match_run,
    read_events,
    read_feed,
    read_streams,
    seq_of_id,
)
from traces.summary import fold
from traces.tables import BLOBS, EVENTS
from traces.verify import verify


def tool_call(op: str = "tool/1/shop/buy/c1", attempt: int = 1) -> ToolCalled:
    """A call that was about to be sent."""
    return ToolCalled(
        op=op, attempt=attempt, step=1, tool="buy", server="shop", arguments={"id": 7}, call_id="c1",
        effect="write", idempotency_key="k",
    )  # fmt: skip


# --- writing and reading back ------------------------------------------------------------------------------------


def test_what_was_recorded_is_read_back_equal(database: Database) -> None:
    """Events come back in order, equal to what was written, bodies included."""
    recorder = Recorder(database)
    facts = [run_started(input="long " * 500), *model_step(text="é " * 2000), finished({"team": "harbour"})]
    for fact in facts:
        recorder.append("run_a", fact)
    with database.reading() as session:
        stored = read_events(session, "run_a")
    assert [one.event for one in stored] == facts
    assert [one.seq for one in stored] == [1, 2, 3, 4]
    assert [one.at.tzinfo for one in stored] == [UTC] * 4


def test_the_list_row_is_the_fold_of_the_events(database: Database) -> None:
    """What the runs list says of a run is what its events amount to."""
    run_id = record_run(Recorder(database, clock=Ticking()), input="where is\n my policy?")
    with database.reading() as session:
        listed = get_run(session, run_id)
        events = read_events(session, run_id)
    assert listed == fold(run_id, ((one.event, one.at) for one in events))
    assert (listed.status, listed.steps, listed.input, listed.output) == (
        "finished",
        1,
        "where is my policy?",
        "Good morning!",
    )
    assert listed.seconds == 3.0


def test_a_large_body_is_stored_once(database: Database) -> None:
    """Two runs with the same long input share one body."""
    recorder = Recorder(database)
    for run_id in ("run_a", "run_b"):
        recorder.append(run_id, run_started(input="the same long letter " * 100))
    with database.reading() as session:
        bodies = session.execute(sa.select(BLOBS.c.digest)).scalars().all()
        assert len(bodies) == 1
        assert "the same long letter" in read_blob(session, bodies[0])


@pytest.mark.parametrize("text", ["half \ud800 pair", "nul \0 inside", "line\u2028end", "🦊" * 300])
def test_any_text_a_tool_may_answer_survives(database: Database, text: str) -> None:
    """No text of a tool or a model can break the ledger, on either database, in an event or as a body."""
    recorder = Recorder(database)
    for output in (text, text * 600):
        run_id = record_run(recorder, finished(output))
        with database.reading() as session:
            last = read_events(session, run_id)[-1].event
            assert isinstance(last, RunFinished)
            assert last.output == output
            assert verify(session).problems == []


def test_floats_and_their_order_of_keys_survive(database: Database) -> None:
    """A structured answer is read back with its keys in the order the model wrote them."""
    answer = {"zebra": 0.1 + 0.2, "ant": [1, None, True], "é": {"b": -1e-9, "a": 2**53}}
    run_id = record_run(Recorder(database), finished(answer))
    with database.reading() as session:
        last = read_events(session, run_id)[-1].event
    assert isinstance(last, RunFinished)
    assert last.output == answer
    assert list(last.output) == list(answer)


def test_a_run_starts_once(database: Database) -> None:
    """The second start of one run id is refused and leaves nothing."""
    recorder = Recorder(database)
    recorder.append("run_a", run_started())
    with pytest.raises(LedgerError, match="already started"):
        recorder.append("run_a", run_started())
    with database.reading() as session:
        assert len(read_events(session, "run_a")) == 1


def test_nothing_is_recorded_of_a_run_that_never_started(database: Database) -> None:
    """A fact about an unknown run is refused."""
    with pytest.raises(NotFound):
        Recorder(database).append("run_unknown", judged())
    with database.reading() as session:
        assert last_event_id(session) == 0


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    """An event written inside a caller's transaction is there only if that transaction is."""
    recorder = Recorder(database)
    recorder.append("run_a", run_started())

    def write_and_fail() -> None:
        with database.writing() as session:
            recorder.append_in(session, "run_a", model_step()[0])
            raise RuntimeError("the caller changed its mind")

    with pytest.raises(RuntimeError, match="changed its mind"):
        write_and_fail()
    recorder.append("run_a", failed())
    with database.reading() as session:
        assert [one.kind for one in read_events(session, "run_a")] == ["run_started", "run_failed"]
        assert verify(session).whole


# --- the fence ---------------------------------------------------------------------------------------------------


def test_of_two_owners_of_one_run_the_second_is_refused(database: Database) -> None:
    """The same operation cannot be recorded twice, whichever process's recorder tries."""
    first, second = Recorder(database), Recorder(database)
    first.append("run_a", run_started())
    second.append("run_a", model_step()[0])
    first.append("run_a", tool_call())
    with pytest.raises(OperationTaken) as refused:
        second.append("run_a", tool_call())
    assert "another worker" in str(refused.value)
    assert refused.value.hint


def test_a_repeated_operation_has_a_new_attempt(database: Database) -> None:
    """The same call may be recorded again as its second attempt."""
    recorder = Recorder(database)
    recorder.append("run_a", run_started())
    recorder.append("run_a", tool_call())
    recorder.append("run_a", tool_call(attempt=2))
    with database.reading() as session:
        assert [fact.attempt for fact in list_operation(session, "run_a", tool_call().op or "")] == [1, 2]


def test_two_writers_take_turns(database: Database) -> None:
    """Two recorders with outdated heads both get their facts in, without a gap and with a whole chain."""
    first, second = Recorder(database), Recorder(database)
    first.append("run_a", run_started())
    for number in range(1, 6):
        for recorder, op in ((first, number), (second, number + 100)):
            for fact in model_step(op):
                recorder.append("run_a", fact)
    with database.reading() as session:
        assert [one.seq for one in read_events(session, "run_a")] == list(range(1, 22))
        assert verify(session).problems == []
        assert get_run(session, "run_a").steps == 10


def test_many_threads_on_one_run(database: Database) -> None:
    """Judgements given at once from several threads and recorders are all there, and the ledger is whole."""
    run_id = record_run(Recorder(database))

    def judge() -> None:
        recorder = Recorder(database)
        for _ in range(5):
            recorder.append(run_id, judged())

    threads = [threading.Thread(target=judge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert len(list_feedback(session, [run_id])[run_id]) == 20
        assert get_run(session, run_id).feedback == 20
        assert verify(session).problems == []


def test_writers_with_and_without_a_transaction_do_not_wait_for_each_other_in_a_circle(database: Database) -> None:
    """One recorder, two threads: a caller's transaction that holds the database while the other appends."""
    recorder = Recorder(database)
    recorder.append("run_a", run_started())
    inside, appending = threading.Event(), threading.Event()

    def decide() -> None:
        with database.writing() as session:
            session.execute(sa.text("UPDATE runs SET score = 1 WHERE id = 'nobody'"))
            inside.set()
            appending.wait(30)
            recorder.append_in(session, "decisions_x", judged())

    decider = threading.Thread(target=decide)
    decider.start()
    assert inside.wait(30)
    appender = threading.Thread(target=recorder.append, args=("run_a", failed()))
    appender.start()
    appending.set()
    for thread in (decider, appender):
        thread.join(30)
        assert not thread.is_alive()
    with database.reading() as session:
        assert get_run(session, "run_a").status == "failed"
        assert len(read_events(session, "decisions_x")) == 1
        assert verify(session).whole


# --- listening ---------------------------------------------------------------------------------------------------


def test_a_listener_hears_of_durable_facts_only(database: Database) -> None:
    """It is called after the commit: what it hears of can be read by anybody."""
    recorder = Recorder(database)
    heard: list[tuple[str, int]] = []

    def listen(recorded: Recorded) -> None:
        with database.reading() as session:
            heard.append((recorded.stream, len(read_events(session, recorded.stream))))

    stop = recorder.subscribe(listen)
    recorder.append("run_a", run_started())
    recorder.append("run_a", failed())
    stop()
    recorder.append("run_a", judged())
    assert heard == [("run_a", 1), ("run_a", 2)]


def test_a_listener_hears_of_what_was_written_in_a_callers_transaction(database: Database) -> None:
    """`announce` tells it once the transaction is over."""
    recorder = Recorder(database)
    heard: list[int] = []
    recorder.subscribe(lambda recorded: heard.append(recorded.seq))
    with database.writing() as session:
        recorder.append_in(session, "run_a", run_started())
    assert heard == []
    recorder.announce("run_a")
    recorder.announce("run_that_is_not_there")
    assert heard == [1]


# --- lists -------------------------------------------------------------------------------------------------------


def test_pages_hold_every_run_once(database: Database) -> None:
    """Paging by key gives each run once and newest first, also when new ones come in between and times are equal."""
    noon = datetime(2026, 1, 1, tzinfo=UTC)
    recorder = Recorder(database, clock=lambda: noon)
    for number in range(7):
        recorder.append(f"run_{number}", run_started())
    seen: list[str] = []
    after: str | None = None
    with database.reading() as session:
        while True:
            page = list_runs(session, after=after, limit=3)
            seen += [run.id for run in page.items]
            after = page.after
            if after is None:
                break
    assert seen == [f"run_{number}" for number in reversed(range(7))]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_pages_lead_back_the_way_they_came(database: Database, size: int) -> None:
    """From the oldest page up by `before`, and from the newest down by `after`: the same runs, each once."""
    noon = datetime(2026, 1, 1, tzinfo=UTC)
    recorder = Recorder(database, clock=lambda: noon)
    for number in range(7):
        recorder.append(f"run_{number}", run_started())
    with database.reading() as session:
        page = list_runs(session, oldest=True, limit=size)
        assert page.after is None
        up = [page.items]
        while page.before is not None:
            page = list_runs(session, before=page.before, limit=size)
            up.append(page.items)
        top = list_runs(session, limit=size)
        if top.after is not None:
            below = list_runs(session, after=top.after, limit=size)
            if below.items:  # none where the first page held all of them exactly
                assert list_runs(session, before=below.before, limit=size).items == top.items
    assert [run.id for items in reversed(up) for run in items] == [f"run_{number}" for number in reversed(range(7))]


def test_a_page_after_an_unknown_run_is_refused(database: Database) -> None:
    """A key that is not there is an error, not an empty page."""
    with database.reading() as session, pytest.raises(NotFound):
        list_runs(session, after="run_nowhere")


def test_children_and_turns_are_kept_apart(database: Database) -> None:
    """A conversation lists its turns, a run the runs it delegated to."""
    recorder = Recorder(database, clock=Ticking())
    first = record_run(recorder, conversation_id="conv_7")
    child = record_run(recorder, conversation_id="conv_7", parent_run_id=first, origin="delegation")
    second = record_run(recorder, conversation_id="conv_7")
    with database.reading() as session:
        assert [run.id for run in list_conversation(session, "conv_7")] == [first, second]
        assert [run.id for run in list_children(session, first)] == [child]


def test_a_run_is_found_by_the_start_or_the_end_of_its_id(database: Database) -> None:
    """Part of an id is enough while it means one run; signs of the pattern language mean themselves."""
    recorder = Recorder(database)
    for run_id in ("run_abc1", "run_abd2"):
        record_run(recorder, run_id=run_id)
    with database.reading() as session:
        assert match_run(session, "run_abc") == "run_abc1"
        assert match_run(session, "d2") == "run_abd2"
        for wrong, told in (("run_ab", "several"), ("%", "no run"), ("run_zzz", "no run"), ("", "several")):
            with pytest.raises(NotFound, match=told):
                match_run(session, wrong)
        assert find_run(session, "run_abc") is None


def test_the_feed_gives_all_streams_in_order_of_arrival(database: Database) -> None:
    """A reader who asks from the last id on sees each fact once."""
    recorder = Recorder(database)
    recorder.append("run_a", run_started())
    recorder.append("run_b", run_started())
    recorder.append("run_a", failed())
    with database.reading() as session:
        facts = read_feed(session, after=0)
        assert [one.stream for one in facts] == ["run_a", "run_b", "run_a"]
        assert read_feed(session, after=facts[1].id) == facts[2:]
        assert [one.id for one in facts] == list_feed_ids(session, after=0)
        assert last_event_id(session) == facts[-1].id
        assert read_feed(session, after=0, kinds=["run_failed"]) == facts[2:]
        assert [seq_of_id(session, "run_a", one.id) for one in facts] == [1, 1, 2]


def test_many_streams_are_read_in_one_go(database: Database) -> None:
    """Facts of chosen kinds by stream, with an entry for each stream asked for."""
    recorder = Recorder(database)
    a, b = record_run(recorder), record_run(recorder)
    with database.reading() as session:
        found = read_streams(session, [a, b, "run_none"], ["run_finished"])
        assert {stream: len(facts) for stream, facts in found.items()} == {a: 1, b: 1, "run_none": 0}
        assert list_streams(session, "run_") == [b, a]
        assert read_events(session, a, after=2, limit=1)[0].seq == 3


def test_feedback_moves_the_newest_score(database: Database) -> None:
    """The list shows how many judgements a run has and the newest score; a comment alone leaves the score."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    for given in (judged(score=0.2), judged(score=0.9), judged(score=None, comment="odd")):
        recorder.append(run_id, given)
    with database.reading() as session:
        run = get_run(session, run_id)
        assert (run.feedback, run.score) == (3, 0.9)
        assert all(isinstance(one, FeedbackGiven) for one in list_feedback(session, [run_id])[run_id])


# --- proof -------------------------------------------------------------------------------------------------------


def test_verify_counts_what_it_saw(database: Database) -> None:
    """A whole ledger: every run, event, body and every reply that a model really gave."""
    recorder = Recorder(database)
    record_run(recorder)
    recorder.append("decisions_x", judged())
    replayed = model_step()[1].model_copy(update={"source_run": "run_before"})
    for fact in (run_started(origin="evaluation"), replayed, finished("x" * 1000)):
        recorder.append("run_replay", fact)
    with database.reading() as session:
        report = verify(session)
    assert report.whole, report.problems
    assert (report.streams, report.runs, report.events) == (3, 2, 8)
    assert (report.bodies, report.model_replies) == (1, 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"payload": '{"output":"paid","seconds":1.0}'}, "event 4 (run_finished): its hash does not match"),
        ({"at": datetime(2026, 1, 1, tzinfo=UTC)}, "event 4 (run_finished): its hash does not match"),
        ({"kind": "run_failed"}, "event 4 (run_failed): its hash does not match"),
        ({"op": "model/9"}, "event 4 (run_finished): its hash does not match"),
        ({"step": 9}, "event 4 (run_finished): its hash does not match"),
        ({"payload": "no JSON"}, "event 4 (run_finished): its payload is no JSON"),
        ({"payload": '{"$erased":"'}, "event 4 (run_finished): its payload is no JSON"),
        ({"seq": 9}, "event 9 (run_finished): event 4 is missing before it"),
    ],
)
def test_verify_names_the_first_broken_event(database: Database, change: dict[str, object], told: str) -> None:
    """Whoever changes what happened, when, or in which order, is found out, with the place."""
    run_id = record_run(Recorder(database))
    with database.writing() as session:
        session.execute(sa.update(EVENTS).where(EVENTS.c.stream == run_id, EVENTS.c.seq == 4).values(**change))
    with database.reading() as session:
        assert any(told in problem for problem in verify(session).problems)


def test_verify_finds_an_event_taken_out_of_the_middle(database: Database) -> None:
    """A missing event cannot be papered over by numbering anew: the chain is broken."""
    run_id = record_run(Recorder(database))
    with database.writing() as session:
        session.execute(sa.delete(EVENTS).where(EVENTS.c.stream == run_id, EVENTS.c.seq == 2))
    with database.reading() as session:
        assert any("event 2 is missing" in problem for problem in verify(session).problems)
    with database.writing() as session:
        for seq in (3, 4):
            where = (EVENTS.c.stream == run_id, EVENTS.c.seq == seq)
            session.execute(sa.update(EVENTS).where(*where).values(seq=seq - 1))
    with database.reading() as session:
        assert any("its hash does not match" in problem for problem in verify(session).problems)


def test_verify_finds_a_changed_and_a_missing_body(database: Database) -> None:
    """Bodies are named by their content; one that is gone or changed is named."""
    run_id = record_run(Recorder(database), finished("a long answer " * 100))
    with database.writing() as session:
        session.execute(sa.update(BLOBS).values(data=b"not even packed"))
    with database.reading() as session:
        assert any("cannot be unpacked" in problem for problem in verify(session).problems)
    with database.writing() as session:
        session.execute(sa.delete(BLOBS))
    with database.reading() as session:
        assert any(run_id in problem and "is missing" in problem for problem in verify(session).problems)
        with pytest.raises(LedgerError, match="bodies are missing"):
            read_events(session, run_id)


def test_verify_finds_a_list_that_lies(database: Database) -> None:
    """A runs row that says something else than the events is found, with the name of the field."""
    run_id = record_run(Recorder(database))
    with database.writing() as session:
        session.execute(sa.text("UPDATE runs SET steps = 7"))
    with database.reading() as session:
        assert verify(session).problems == [f"run {run_id!r}: the list differs from the ledger in steps"]


# --- a second process --------------------------------------------------------------------------------------------


def test_the_database_may_be_opened_again(database: Database, database_url: str) -> None:
    """What was recorded is there for the next process; making the tables twice is harmless."""
    run_id = record_run(Recorder(database))
    again = open_database(database_url)
    with again.reading() as session:
        started, *_, ended = [one.event for one in read_events(session, run_id)]
        assert isinstance(started, RunStarted)
        assert isinstance(ended, RunFinished)
        replies = [one for one in read_events(session, run_id) if isinstance(one.event, ModelReplied)]
        assert len(replies) == 1
    again.close()


def test_times_keep_their_microseconds(database: Database) -> None:
    """A time is read back exactly, so that hashes over it can be computed again."""
    odd = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) - timedelta(microseconds=1)
    Recorder(database, clock=lambda: odd).append("run_a", run_started())
    with database.reading() as session:
        assert get_run(session, "run_a").started_at == odd
        assert verify(session).whole
