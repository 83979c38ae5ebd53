"""Two people decide at once, on both databases: one does, the other is told what happened; nothing happens twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from agents.errors import Conflict, IllegalStep
from agents.prompts.decisions import adopt_definition, change_rules
from agents.prompts.governance import Governance
from agents.prompts.proof import prove_registry
from agents.prompts.record import decisions_stream, read_record
from agents.prompts.store import get_bundle
from agents.review import approve_proposal, reject_proposal, roll_back_agent
from tests.builders import PERSON, make_bundle, make_proposal
from traces.db import Database
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_events
from traces.verify import verify

ANN = Provenance(by="ann", reason="kinder", role="approver")
BOB = Provenance(by="bob", reason="too chatty", role="approver")
TURNS = 4


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each of these came to, its error where it had one; they begin in one moment."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def begun(database: Database) -> str:
    """A registry whose `hello` is live from its file; gives the live digest."""
    recorder = Recorder(database)
    with database.writing() as session:
        return adopt_definition(session, recorder, make_bundle(), PERSON).digest


def whole(database: Database) -> None:
    """Nothing is wrong with ledger and registry."""
    with database.reading() as session:
        assert [*verify(session).problems, *prove_registry(session)] == []


def test_a_yes_and_a_no_in_one_moment(database: Database) -> None:
    """Exactly one is on record; who came second is told who did what, and why."""
    live = begun(database)
    for turn in range(TURNS):
        digest, _ = make_proposal(Recorder(database), make_bundle(rules=(f"Rule {turn}.",)), live)
        with database.reading() as session:
            head = read_record(session, "hello").head
        yes, no = at_once(
            lambda one=digest, seen=head: approve_proposal(Recorder(database), one, ANN, head=seen),  # type: ignore[misc]
            lambda one=digest, seen=head: reject_proposal(Recorder(database), one, BOB, head=seen),  # type: ignore[misc]
        )
        lost = [one for one in (yes, no) if isinstance(one, Exception)]
        assert len(lost) == 1
        assert isinstance(lost[0], Conflict), lost
        winner = BOB if yes is lost[0] else ANN
        assert winner.by in str(lost[0])
        assert winner.reason in str(lost[0])
        with database.reading() as session:
            assert get_bundle(session, digest).state == ("live" if winner is ANN else "rejected")
            live = read_record(session, "hello").live or ""
    whole(database)


def test_two_signatures_in_one_moment(database: Database) -> None:
    """Where two are asked for, both count, and the version becomes live once; the same person counts once."""
    live = begun(database)
    admin = Provenance(by="root", reason="four eyes", role="admin")
    recorder = Recorder(database)
    with database.writing() as session:
        change_rules(session, recorder, "hello", Governance(approvals=2), admin)
    for turn in range(TURNS):
        digest, _ = make_proposal(recorder, make_bundle(rules=(f"Rule {turn}.",)), live)
        twice = at_once(*[lambda one=digest: approve_proposal(Recorder(database), one, ANN)] * 2)  # type: ignore[misc]
        assert sorted(isinstance(one, IllegalStep) for one in twice) == [False, True], twice
        both = at_once(*[lambda one=digest: approve_proposal(Recorder(database), one, BOB)] * 2)  # type: ignore[misc]
        assert sorted(isinstance(one, IllegalStep) for one in both) == [False, True], both
        with database.reading() as session:
            assert get_bundle(session, digest).state == "live"
            steps = [stored.event for stored in read_events(session, decisions_stream("hello"))]
        assert [getattr(one, "to_state", "") for one in steps if getattr(one, "bundle", "") == digest].count(
            "live"
        ) == 1
        live = digest
    whole(database)


def test_a_roll_back_and_an_approval_in_one_moment(database: Database) -> None:
    """Whoever comes second decided on what was live before: a conflict, and one pointer."""
    live = begun(database)
    first, _ = make_proposal(Recorder(database), make_bundle(rules=("First.",)), live)
    approve_proposal(Recorder(database), first, ANN)
    second, _ = make_proposal(Recorder(database), make_bundle(rules=("Second.",)), first)
    done = at_once(
        lambda: approve_proposal(Recorder(database), second, ANN, seen_live=first),
        lambda: roll_back_agent(Recorder(database), "hello", BOB, seen_live=first),
    )
    assert sorted(isinstance(one, Conflict) for one in done) == [False, True], done
    whole(database)
