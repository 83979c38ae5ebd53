"""The proof finds what was done to a ledger, names the first broken event, and holds a page of it at a time."""

from collections.abc import Callable
from dataclasses import asdict

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.population import NOW, Population, made_up_bundles
from tests.builders import Ticking, judged, record_run
from tests.traces.otlp_samples import genai, request
from traces import verify as proof
from traces.bulk import write_streams
from traces.db import Database
from traces.erase import Erasure, erase_runs
from traces.errors import BadInput
from traces.otlp.receive import receive
from traces.otlp.wire import decode_protobuf
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.tables import RUNS
from traces.verify import Report, verify

LONG = "a question of some length " * 40
TRACE = "run_0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def ledger(database: Database) -> Database:
    """Two runs of ours (the second judged), one that came as spans."""
    recorder = Recorder(database, clock=Ticking())
    record_run(recorder, run_id="run_a", input=LONG)
    record_run(recorder, run_id="run_b", input=LONG + "twice")
    recorder.append("run_b", judged(comment="no " * 400))
    receive(recorder, decode_protobuf(request(*genai())).spans)
    return database


def prove(database: Database, anchor: str = "") -> Report:
    """The whole ledger."""
    with database.reading() as session:
        return verify(session, anchor=anchor)


def sql(*statements: str) -> Callable[[Session], None]:
    """What somebody does to the database with these."""

    def act(session: Session) -> None:
        for statement in statements:
            session.execute(sa.text(statement))

    return act


def swap_bodies(session: Session) -> None:
    """Two bodies get each other's content."""
    first, second = session.execute(sa.text("SELECT digest, data FROM blobs ORDER BY digest LIMIT 2")).all()
    for digest, data in ((first.digest, second.data), (second.digest, first.data)):
        session.execute(
            sa.text("UPDATE blobs SET data = :data WHERE digest = :digest"), {"data": data, "digest": digest}
        )


def make_up_a_run(session: Session) -> None:
    """A line of the list without a ledger."""
    row = session.execute(sa.select(RUNS).where(RUNS.c.id == "run_a")).mappings().one()
    session.execute(sa.insert(RUNS), {**row, "id": "run_z"})


_COLUMNS = "stream, seq, kind, step, op, attempt, at, payload, hash"
EVENT = "stream = 'run_a' AND seq"
HASH = "its hash does not match"
TAMPERED = {
    "a payload": (
        sql(f"UPDATE events SET payload = replace(payload, 'scripted', 'scriptet') WHERE {EVENT} = 2"),
        f"run_a event 2 (model_requested): {HASH}",
    ),
    "no JSON": (
        sql(f"UPDATE events SET payload = 'x' WHERE {EVENT} = 2"),
        "run_a event 2 (model_requested): its payload is no JSON",
    ),
    "a time": (sql(f"UPDATE events SET at = at + 1 WHERE {EVENT} = 3"), f"run_a event 3 (model_replied): {HASH}"),
    "a kind": (
        sql(f"UPDATE events SET kind = 'tool_called' WHERE {EVENT} = 3"), f"run_a event 3 (tool_called): {HASH}",
    ),
    "an operation": (
        sql(f"UPDATE events SET op = 'model/9' WHERE {EVENT} = 3"), f"run_a event 3 (model_replied): {HASH}",
    ),
    "an attempt": (sql(f"UPDATE events SET attempt = 2 WHERE {EVENT} = 3"), f"run_a event 3 (model_replied): {HASH}"),
    "a hash": (
        sql(f"UPDATE events SET hash = '{'0' * 64}' WHERE {EVENT} = 4"), f"run_a event 4 (run_finished): {HASH}",
    ),
    "one deleted": (
        sql(f"DELETE FROM events WHERE {EVENT} = 2"), "run_a event 3 (model_replied): event 2 is missing before it",
    ),
    "the first deleted": (
        sql(f"DELETE FROM events WHERE {EVENT} = 1"), "run_a event 2 (model_requested): event 1 is missing before it",
    ),
    "the last deleted": (
        sql(f"DELETE FROM events WHERE {EVENT} = 4"), "run 'run_a': the list differs from the ledger in",
    ),
    "one inserted": (
        sql(
            f"INSERT INTO events ({_COLUMNS}) SELECT stream, 5, kind, step, 'model/9', attempt, at, payload, hash"
            f" FROM events WHERE {EVENT} = 3"
        ),
        f"run_a event 5 (model_replied): {HASH}",
    ),
    "two in another order": (
        sql(
            f"UPDATE events SET seq = 90 WHERE {EVENT} = 2",
            f"UPDATE events SET seq = 2 WHERE {EVENT} = 3",
            f"UPDATE events SET seq = 3 WHERE {EVENT} = 90",
        ),
        f"run_a event 2 (model_replied): {HASH}",
    ),
    "to another run": (
        sql("UPDATE events SET stream = 'run_c' WHERE stream = 'run_a'"), f"run_c event 1 (run_started): {HASH}",
    ),
    "bodies swapped": (swap_bodies, "has other content than its name says"),
    "bodies broken": (sql("UPDATE blobs SET data = substr(data, 1, 20)"), "cannot be unpacked"),
    "bodies deleted": (sql("DELETE FROM blobs"), "run_a event 1 (run_started): its body sha256:"),
    "a summary": (
        sql("UPDATE runs SET cost = 9 WHERE id = 'run_a'"), "run 'run_a': the list differs from the ledger in cost",
    ),
    "a score": (
        sql("UPDATE runs SET score = 1 WHERE id = 'run_b'"), "run 'run_b': the list differs from the ledger in score",
    ),
    "a run unlisted": (sql("DELETE FROM runs WHERE id = 'run_b'"), "run 'run_b' is not in the list of runs"),
    "a run made up": (make_up_a_run, "run 'run_z' is listed but has no ledger"),
    "spans": (
        sql(f"UPDATE events SET payload = replace(payload, 'trace_id', 'trace_ie') WHERE stream = '{TRACE}'"),
        f"{TRACE} event 1 (spans_received): {HASH}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_done_is_found(ledger: Database, what: str) -> None:
    """Whatever is changed, the first broken event (or body, or run) is named, and only what was touched."""
    act, told = TAMPERED[what]
    assert prove(ledger).problems == []
    with ledger.writing() as session:
        act(session)
    problems = prove(ledger).problems
    assert any(problem.startswith(told) or told in problem for problem in problems), problems
    if told.startswith("run_a"):
        assert not [problem for problem in problems if "run_b" in problem and "body" not in problem], problems


GONE = {
    "the tail, and its summary": sql(
        f"DELETE FROM events WHERE {EVENT} >= 4",
        "UPDATE runs SET status = 'running', ended_at = NULL, output = NULL, events = 3 WHERE id = 'run_a'",
    ),
    "a whole run": sql("DELETE FROM events WHERE stream = 'run_a'", "DELETE FROM runs WHERE id = 'run_a'"),
    "an event that was written again": sql("UPDATE events SET id = id + 1000 WHERE stream = 'run_a'"),
}


@pytest.mark.parametrize("what", GONE)
def test_what_no_chain_shows_an_anchor_does(ledger: Database, what: str) -> None:
    """The newest events and whole runs are missed by who kept what an earlier proof printed; new runs are not."""
    anchor = prove(ledger).anchor
    record_run(Recorder(ledger), run_id="run_later")
    assert prove(ledger, anchor).problems == []
    with ledger.writing() as session:
        GONE[what](session)
    assert prove(ledger).problems == []
    assert any("anchor" in problem for problem in prove(ledger, anchor).problems)


def test_an_anchor_from_before_an_erasure_holds(ledger: Database) -> None:
    """Retention takes words, not events: what an older anchor stands for is all still there."""
    anchor = prove(ledger).anchor
    erasure = Erasure(Provenance(by="retention", actor="machine", reason="past its time"), "retention")
    assert erase_runs(Recorder(ledger), {TRACE: None}, erasure).events
    assert prove(ledger, anchor).problems == []


def test_an_anchor_that_is_none(ledger: Database) -> None:
    """A mistake in it is told as one."""
    with pytest.raises(BadInput, match="no anchor"):
        prove(ledger, "yesterday")


@pytest.mark.parametrize("page", [1, 3, 7])
def test_pages_change_nothing_and_a_proof_goes_on(
    database: Database, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little is held at a time, the same is found; stopped behind a stream, the rest is what follows it."""
    people = Population(made_up_bundles(), 40, end=NOW)
    with database.writing() as session:
        write_streams(session, people.part(0, 40))
    whole = prove(database)
    monkeypatch.setattr(proof, "PAGE", page)
    stops: list[tuple[int, str]] = []
    with database.reading() as session:
        again = verify(session, progress=lambda report, stream: stops.append((report.streams, stream)))
        assert asdict(again) == asdict(whole)
        done, stream = stops[len(stops) // 2]
        rest = verify(session, after=stream)
    assert done + rest.streams == whole.streams == 40
    assert (rest.problems, rest.anchor) == ([], "")
