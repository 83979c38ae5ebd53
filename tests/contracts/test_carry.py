"""Runs out of one ledger and into another: the same to the last hash, and what was changed on the way is refused."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import PERSON, Ticking, finished, judged, model_step, record_run, run_started
from tests.traces.otlp_samples import request, span
from traces.carry import Brought, Carried, bring, list_to_carry, take
from traces.db import Database, open_database
from traces.erase import Erasure, erase_runs
from traces.errors import BadInput
from traces.events import SignalSeen, ToolCalled
from traces.export import cut_line, last_part, line_of, read_line, read_parts, summary_of, write_part
from traces.filters import conditions
from traces.otlp.receive import receive
from traces.otlp.wire import decode_protobuf
from traces.recorder import Recorder
from traces.redact import Policy, Redactor
from traces.store import get_run, list_runs, read_events
from traces.verify import verify

PLAIN = Redactor(Policy(kinds=()))


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Database]:
    """A ledger with a bit of everything in it."""
    database = open_database(f"sqlite:///{tmp_path / 'source.db'}")
    recorder = Recorder(database, clock=Ticking(), redactor=PLAIN)
    call = ToolCalled(
        op="t", tool="book", server="s", arguments={"é": 0.1}, call_id="c", effect="write", idempotency_key="k"
    )
    record_run(
        recorder, call, *model_step(2, "half \ud800 a pair"), finished({"b": 1, "a": [None, 1e-9]}),
        judged(label="Odd", correction={"b": 2}), SignalSeen(op="signal/retry", signal="retry"),
        run_id="run_whole", input="long words " * 200, metadata={"mail": "anna@example.org"},
    )  # fmt: skip
    record_run(recorder, run_id="run_erased", input="gone " * 300)
    erase_runs(recorder, {"run_erased": "erased_1"}, Erasure(PERSON))
    recorder.append("run_open", run_started(input="not ended"))
    receive(recorder, decode_protobuf(request(span(1, "root", attributes={"k": "v"}))).spans)
    yield database
    database.close()


def carried(database: Database) -> list[Carried]:
    """All runs."""
    with database.reading() as session:
        return [take(session, run) for run in list_to_carry(session, conditions("", session=session), None)]


def through_lines(runs: list[Carried], folder: Path) -> list[Carried]:
    """By way of a file of JSON Lines."""
    lines = [line_of(run, {}) for run in runs]
    assert all(line.isascii() and "\n" not in line for line in lines)
    return [read_line(line, number) for number, line in enumerate(lines, 1)]


def through_parts(runs: list[Carried], folder: Path) -> list[Carried]:
    """By way of a folder of Parquet parts."""
    pytest.importorskip("pyarrow", reason="the `parquet` extra is not installed")
    half = len(runs) // 2
    for number, part in enumerate((runs[:half], runs[half:]), 1):
        write_part(folder, number, part, [{"id": run.run} for run in part])
    return list(read_parts(folder))


@pytest.mark.parametrize("way", [through_lines, through_parts])
def test_what_comes_in_is_what_went_out(
    source: Database, database: Database, tmp_path: Path, way: Callable[[list[Carried], Path], list[Carried]]
) -> None:
    """Facts, hashes, list, words, marks: the ledger that takes them is proven; doing it again changes nothing."""
    runs = carried(source)
    assert len(runs) == 4
    done = Brought()
    for _ in range(2):
        with database.writing() as session:
            bring(session, way(runs, tmp_path), PLAIN, done)
    assert (done.runs, done.known, done.refused, done.rewritten) == (4, 4, {}, [])
    assert carried(database) == runs
    with database.reading() as session, source.reading() as before:
        assert verify(session).problems == []
        for run in ("run_whole", "run_erased", "run_open"):
            assert get_run(session, run) == get_run(before, run)
            ours, theirs = read_events(session, run), read_events(before, run)
            assert [one.event for one in ours] == [one.event for one in theirs]
        for query in ('"long words"', "tool:book", "label:odd", "signal:retry"):
            found = list_runs(session, where=conditions(query, session=session)).items
            assert [one.id for one in found] == ["run_whole"]
    Recorder(database).append("run_open", finished())


def test_what_must_not_be_kept_here_is_taken_out(source: Database, database: Database) -> None:
    """The door has the same redactor as all others; the run then has a chain of its own, which holds."""
    done = Brought()
    for _ in range(2):
        with database.writing() as session:
            bring(session, carried(source), Redactor(Policy(kinds=("email",)), lambda: b"k"), done)
        assert done.rewritten == ["run_whole"]
    with database.reading() as session:
        assert verify(session).problems == []
        first = read_events(session, "run_whole")[0].event
    assert str(getattr(first, "metadata", {})["mail"]).startswith("[email:")


def changed(run: Carried, **changes: Any) -> Carried:
    """The run with its second fact changed."""
    names = ("seq", "kind", "step", "op", "attempt", "at", "payload", "hash")
    fact = tuple(changes.get(name, value) for name, value in zip(names, run.facts[1], strict=True))
    return Carried(run.run, [run.facts[0], fact, *run.facts[2:]], run.bodies)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda run: changed(run, at=1), "fact 2 does not fit"),
        (lambda run: changed(run, payload='{"model":"x","fingerprint":"y"}'), "fact 2 does not fit"),
        (lambda run: Carried(run.run, run.facts[1:], run.bodies), "fact 2 does not fit"),
        (lambda run: Carried(run.run, run.facts, {}), "a body that did not come"),
        (lambda run: Carried(run.run, run.facts, dict.fromkeys(run.bodies, '"x"')), "other content"),
        (lambda run: Carried("night_1", run.facts, run.bodies), "does not fit"),
    ],
)
def test_a_run_that_was_changed_is_refused(source: Database, database: Database, change: Any, told: str) -> None:
    """And told; the others come in."""
    runs = {run.run: run for run in carried(source)}
    done = Brought()
    with database.writing() as session:
        bring(session, [change(runs["run_whole"]), runs["run_open"]], PLAIN, done)
    assert done.runs == 1
    ((_, why),) = done.refused.items()
    assert told in why


def test_another_run_of_the_name_is_left_alone(source: Database, database: Database) -> None:
    """What is here is not replaced."""
    record_run(Recorder(database), run_id="run_whole")
    done = Brought()
    with database.writing() as session:
        bring(session, carried(source), PLAIN, done)
    assert list(done.refused) == ["run_whole"]
    assert done.runs == 3


def test_a_file_that_was_cut_off_is_gone_on_with(source: Database, tmp_path: Path) -> None:
    """Behind its last whole line; what stands after that is cut off."""
    path = tmp_path / "runs.jsonl"
    assert cut_line(path) is None
    first, second, *_ = carried(source)
    path.write_text(line_of(first, {}) + "\n" + line_of(second, {})[:100])
    assert cut_line(path) == first.run
    assert path.read_text() == line_of(first, {}) + "\n"
    with source.reading() as session:
        rest = list(list_to_carry(session, conditions("", session=session), first.run))
    assert rest[0] == second.run
    assert len(rest) == 3


def test_a_part_counts_when_its_list_is_there(source: Database, tmp_path: Path) -> None:
    """A part that was cut off is written again."""
    pytest.importorskip("pyarrow", reason="the `parquet` extra is not installed")
    assert last_part(tmp_path) == (0, None)
    run = carried(source)[0]
    with source.reading() as session:
        write_part(tmp_path, 1, [run], [summary_of(session, run.run)])
    assert last_part(tmp_path) == (1, run.run)
    (tmp_path / "runs-000001.parquet").unlink()
    assert last_part(tmp_path) == (0, None)


@pytest.mark.parametrize("line", ["{}", "[]", "nothing", '{"strop":1,"run":"run_x","facts":[],"bodies":{}}', "1"])
def test_a_line_that_holds_no_run_is_told(line: str) -> None:
    """With its number."""
    with pytest.raises(BadInput, match="line 7"):
        read_line(line, 7)


def test_a_newer_file_is_told() -> None:
    """It may hold what this version does not know."""
    with pytest.raises(BadInput, match="newer Strop"):
        read_line(json.dumps({"strop": 99, "run": "run_x", "facts": [], "bodies": {}}), 1)
