"""A large body in pieces, on both databases: together they are the body, and no character is cut in two."""

import json

import pytest

from agents.service.facts import event_page
from tests.builders import finished, run_started
from traces.db import Database
from traces.errors import NotFound
from traces.events import ToolCalled, ToolReturned
from traces.pieces import BEGINNING, LARGE, names_body, read_piece
from traces.recorder import Recorder
from traces.store import read_events

OP = "tool/1/web/fetch/c1"
TEXT = "a line of é, 漢 and 🐑\n" * 20_000


def _record(database: Database, run_id: str, result: object) -> None:
    called = ToolCalled(
        op=OP, step=1, tool="fetch", server="web", arguments={}, call_id="c1", effect="read", idempotency_key="k"
    )
    returned = ToolReturned(op=OP, step=1, tool="fetch", result=result)  # type: ignore[arg-type]
    recorder = Recorder(database)
    for fact in (run_started(), called, returned, finished()):
        recorder.append(run_id, fact)


@pytest.mark.parametrize("limit", [4, 5, 1_001, 400_000, 1_000_000])
def test_the_pieces_are_the_body(database: Database, limit: int) -> None:
    """Whatever their size, each goes on where the one before it ended."""
    text = TEXT if limit > 1_000 else TEXT[:700]
    _record(database, "run_1", text)
    with database.reading() as session:
        (digest,) = _digests(database, "run_1", text)
        pieces = [read_piece(session, digest, limit=limit)]
        while pieces[-1].next is not None:
            pieces.append(read_piece(session, digest, offset=pieces[-1].next, limit=limit))
        assert json.loads("".join(one.text for one in pieces)) == text
        assert all(len(one.text.encode()) <= limit for one in pieces)
        past = read_piece(session, digest, offset=pieces[0].size + 10)
        assert (past.text, past.next) == ("", None)
        with pytest.raises(NotFound):
            read_piece(session, "sha256:" + "0" * 64)


def _digests(database: Database, run_id: str, text: str) -> list[str]:
    from traces.ids import digest_text, ordered_json

    digest = digest_text(ordered_json(text))
    with database.reading() as session:
        return [digest] if names_body(session, run_id, digest) else []


def test_a_page_holds_the_beginning_of_a_large_result(database: Database) -> None:
    """With its digest and size; a result of a usual size stands there whole, and who asks for all of it has it."""
    _record(database, "run_1", {"text": TEXT})
    _record(database, "run_2", {"text": TEXT[:1_000]})
    with database.reading() as session:
        large, usual = (event_page(session, run).items[2] for run in ("run_1", "run_2"))
        cut = large.cut["result"]
        assert cut.bytes > LARGE
        assert cut.shown <= BEGINNING
        rest = read_piece(session, cut.digest, offset=cut.shown)
        assert json.loads(large.data["result"] + rest.text) == {"text": TEXT}
        assert (usual.cut, usual.data["result"]) == ({}, {"text": TEXT[:1_000]})
        whole = read_events(session, "run_1")[2].event
        assert isinstance(whole, ToolReturned)
        assert whole.result == {"text": TEXT}


def test_a_run_has_its_own_bodies_alone(database: Database) -> None:
    """Naming another run's body in one's own words gives nobody the right to read it."""
    _record(database, "run_1", {"text": TEXT})
    with database.reading() as session:
        digest = event_page(session, "run_1").items[2].cut["result"].digest
    _record(database, "run_2", f'"$blob":"{digest}"')
    _record(database, "run_3", {"$blob": digest, "bytes": 300_000})
    with database.reading() as session:
        assert names_body(session, "run_1", digest)
        assert not names_body(session, "run_2", digest)
        assert not names_body(session, "run_3", digest)
        said = read_events(session, "run_3")[2].event
        assert isinstance(said, ToolReturned)
        assert said.result == {"$blob": digest, "bytes": 300_000}
        assert event_page(session, "run_3").items[2].cut == {}
