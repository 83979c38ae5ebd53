"""How long words are kept: what goes, what is kept nevertheless and why, and that it is on record."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from agents.forgetting import list_erasures
from agents.prompts.governance import DEFAULT
from agents.prompts.tables import BUNDLES
from agents.retention import Due, Rules, expire, find_due, used_megabytes
from agents.service.hourly_watch import LEASE, HourlyWatch
from tests.builders import Ticking, failed, make_bundle, make_proposal, record_run
from traces.db import Database
from traces.events import RolloutScored, RunWaited
from traces.leases import claim
from traces.recorder import Recorder
from traces.store import get_run
from traces.verify import verify

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def run_of(database: Database, days: float, **changes: Any) -> str:
    """A run that began so many days before NOW."""
    return record_run(Recorder(database, clock=Ticking(NOW - timedelta(days=days))), **changes)


def due_in(database: Database, rules: Rules) -> Due:
    """What has to go."""
    with database.reading() as session:
        return find_due(session, rules, NOW)


def test_what_is_past_its_time_goes(database: Database) -> None:
    """By the rule of its agent, or else the general one; the oldest first. What has gone is not due again."""
    old, young = run_of(database, 31), run_of(database, 29)
    claims = run_of(database, 8, agent="claims")
    run_of(database, 6, agent="claims")
    due = due_in(database, Rules(days=30, agents={"claims": 7}))
    assert (due.runs, due.by_age, due.by_size) == ((old, claims), 2, 0)
    done = expire(Recorder(database), due)
    assert done is not None
    assert due_in(database, Rules(days=30, agents={"claims": 7})).runs == ()
    with database.reading() as session:
        assert get_run(session, old).erased_at is not None
        assert get_run(session, young).erased_at is None
        assert verify(session).whole
    ((_, signed),) = list_erasures(database)
    assert (signed.because, signed.provenance.by, signed.runs) == ("retention", "retention", 2)
    assert signed.provenance.reason == "2 runs past their time"


def test_an_agent_alone_may_have_a_rule(database: Database) -> None:
    """Others are kept for ever."""
    run_of(database, 900)
    claims = run_of(database, 8, agent="claims")
    assert due_in(database, Rules(agents={"claims": 7})).runs == (claims,)
    assert not Rules().wanted
    assert due_in(database, Rules()).runs == ()


def test_over_its_room_the_oldest_go_first(database: Database) -> None:
    """As many as it takes, and no more; the newest stay."""
    words = [random.Random(n).randbytes(60_000).hex() for n in range(6)]
    runs = [run_of(database, 30 - n, input=text) for n, text in enumerate(words)]
    with database.reading() as session:
        size = used_megabytes(session)
    due = due_in(database, Rules(megabytes=size - 0.1))
    assert 0 < due.by_size < 6
    assert due.runs == tuple(runs[: due.by_size])
    assert due_in(database, Rules(megabytes=size + 1)).runs == ()
    expire(Recorder(database), due)
    assert due_in(database, Rules(megabytes=size - 0.1)).runs == ()


def test_what_a_decision_needs_is_kept_until_it_is_made(database: Database) -> None:
    """The proof of a proposal can be looked at as long as it is proposed; a waiting run waits on."""
    recorder = Recorder(database)
    sealed = run_of(database, 40)
    waiting = record_run(
        Recorder(database, clock=Ticking(NOW - timedelta(days=40))),
        RunWaited(reason="approval", ops=["a"], message="m"),
    )
    digest, _ = make_proposal(recorder, make_bundle(instructions="Greet by name."), make_bundle().digest)
    with database.reading() as session:
        night = session.execute(sa.text("SELECT stream FROM events WHERE kind = 'night_started'")).scalar_one()
    example = f"ex_{sealed.removeprefix('run_')}"
    recorder.append(
        night, RolloutScored(op="r/2", bundle=digest, example=example, replica=0, pool="sealed", score=1.0)
    )
    due = due_in(database, Rules(days=30))
    assert due.runs == ()
    assert due.kept == {"not ended": 1, "the proof of a version that is proposed": 1}
    with database.writing() as session:
        session.execute(sa.update(BUNDLES).values(state="rejected"))
    assert due_in(database, Rules(days=30)).runs == (sealed,)
    with database.reading() as session:
        assert get_run(session, waiting).erased_at is None


def test_the_watch_erases_and_one_process_does_it(database: Database) -> None:
    """While another has the lease, nothing is done; then it is, and the lease is given back."""
    run_id = run_of(database, 40)
    watch = HourlyWatch(Recorder(database), Rules(days=30), "worker-2", lambda agent: DEFAULT)
    with database.writing() as session:
        claim(session, LEASE, "worker-1", NOW)
    assert watch.look(NOW) is None
    later = NOW + timedelta(minutes=1)
    done = watch.look(later)
    assert done is not None
    assert done.streams == [run_id]
    with database.writing() as session:
        assert claim(session, LEASE, "worker-3", later) is None


def test_a_failed_run_goes_too(database: Database) -> None:
    """Its message may quote what was asked."""
    recorder = Recorder(database, clock=Ticking(NOW - timedelta(days=40)))
    run_id = record_run(recorder, failed("no policy for Xaveria"))
    expire(Recorder(database), due_in(database, Rules(days=30)))
    with database.reading() as session:
        assert get_run(session, run_id).error == "RunFailed: [erased]"


@pytest.mark.parametrize("bad", ["days = 0", "days = 'x'", "weeks = 3", "agents = {claims = -1}"])
def test_a_rule_that_is_none_is_refused(tmp_path: Path, bad: str) -> None:
    """With the place in strop.toml."""
    from agents.errors import WorkspaceError
    from tests.builders import open_workspace, write_workspace

    with pytest.raises(WorkspaceError, match="retention"):
        open_workspace(write_workspace(tmp_path, toml=f"[retention]\n{bad}\n"))
