"""The rules for decisions: who may sign, on what, for how long; and that a clock cannot bend them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agents.errors import IllegalStep, Refused
from agents.prompts.decisions import adopt_definition, approve, change_rules, move, promote
from agents.prompts.governance import Governance
from agents.prompts.record import read_record
from agents.prompts.store import find_live, get_bundle
from agents.review import approve_proposal, change_governance, expire_waiting
from agents.selection import choose_bundle, own_bundle
from tests.builders import (
    MACHINE,
    NOON,
    PERSON,
    make_bundle,
    make_proposal,
    open_workspace,
    record_run,
    write_workspace,
)
from traces.db import Database, open_database
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_events

ADMIN = Provenance(by="root", reason="four eyes", role="admin")
ANN = Provenance(by="ann", reason="kinder", role="approver")


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """What it says."""
        return self.now


class House:
    """A registry with one proposal that waits, and a clock."""

    def __init__(self, database: Database, rules: Governance | None = None, verdict: str = "better") -> None:
        self.database, self.clock = database, Clock()
        self.recorder = Recorder(database, clock=self.clock)
        with database.writing() as session:
            self.live = adopt_definition(session, self.recorder, make_bundle(), PERSON).digest
            if rules is not None:
                change_rules(session, self.recorder, "hello", rules, ADMIN)
        self.digest, self.evidence = make_proposal(self.recorder, make_bundle(rules=("Be kind.",)), self.live)
        if verdict != "better":
            self.evaluated(verdict)

    def evaluated(self, verdict: str = "better") -> None:
        """New evidence for the proposal, which is proposed with it again."""
        found = {"incumbent": self.live}
        with self.database.writing() as session:
            for state in ("evaluated", "proposed"):
                move(
                    session, self.recorder, self.digest, state, MACHINE, evidence=f"sha256:{self.clock.now}",  # type: ignore[arg-type]
                    verdict=verdict, detail=found,
                )  # fmt: skip

    def sign(self, by: Provenance = ANN, plan: dict[str, object] | None = None) -> str:
        """The state of the version after this yes."""
        return str(approve_proposal(self.recorder, self.digest, by, plan=plan).state)

    @property
    def state(self) -> str:
        """Where the proposal stands."""
        with self.database.reading() as session:
            return str(get_bundle(session, self.digest).state)


@pytest.mark.parametrize(
    ("rules", "by", "told"),
    [
        (Governance(), MACHINE, "a machine"),
        (Governance(), Provenance(by="ann", role="approver"), "reason"),
        (Governance(), Provenance(by="ann", role="operator", reason="x"), "signs as operator"),
        (Governance(), Provenance(by="ann", reason="x"), "nobody in particular"),
        (Governance(roles=("admin",)), ANN, "signs as approver"),
        (Governance(people=("bob", "cem")), ANN, "not among the people"),
        (Governance(), Provenance(by="optimizer", role="admin", reason="x"), "wrote"),
        (Governance(), Provenance(by="ann", login="optimizer", role="admin", reason="x"), "wrote"),
    ],
)
def test_who_may_not_sign_leaves_nothing_but_the_refusal(
    sqlite_database: Database, rules: Governance, by: Provenance, told: str
) -> None:
    """The version waits as before, and the refusal says who, what and why."""
    house = House(sqlite_database, rules)
    with pytest.raises(Refused, match=told):
        house.sign(by)
    assert house.state == "proposed"
    with sqlite_database.reading() as session:
        (refusal,) = read_events(session, "audit")
        assert read_record(session, "hello").signers(house.digest) == []
    assert refusal.event.why.count(told) == 1  # type: ignore[attr-defined]
    assert house.sign(Provenance(by="cem", role="admin", reason="fine")) == "live"


def test_as_many_sign_as_the_rules_ask_for(sqlite_database: Database) -> None:
    """Different people: a second name at the same login is the same person."""
    house = House(sqlite_database, Governance(approvals=3))
    assert house.sign() == "proposed"
    with pytest.raises(IllegalStep, match="has signed"):
        house.sign()
    with pytest.raises(IllegalStep, match="has signed"):
        house.sign(Provenance(by="bob", login="ann", role="approver", reason="me again"))
    assert house.sign(Provenance(by="bob", role="approver", reason="x")) == "proposed"
    house.evaluated()  # other evidence: what was signed falls with it
    assert house.sign() == "proposed"
    assert house.sign(Provenance(by="bob", role="approver", reason="x")) == "proposed"
    assert house.sign(PERSON) == "live"


def test_what_is_old_is_not_signed(sqlite_database: Database) -> None:
    """A proposal of last month, evidence of last month, evidence against another incumbent, a verdict not enough."""
    house = House(sqlite_database, Governance(proposal_days=30, evidence_days=7, verdicts=("better",)))
    house.clock.now += timedelta(days=8)
    with pytest.raises(Refused, match=r"evidence .* older than 7 days"):
        house.sign()
    house.evaluated("undecided")
    with pytest.raises(Refused, match=r"verdict .* 'undecided'"):
        house.sign()
    house.evaluated()
    house.clock.now += timedelta(days=31)
    with pytest.raises(Refused, match="expired after 30 days"):
        house.sign()
    house.evaluated()
    with sqlite_database.writing() as session:
        adopt_definition(session, house.recorder, make_bundle(instructions="New."), PERSON, force=True)
    with pytest.raises(Refused, match=r"was proven against \w+, and \w+ is live now"):
        house.sign()


def test_a_clock_that_jumps_ahead_ends_nothing(sqlite_database: Database) -> None:
    """For as long as it is wrong nobody can sign; when it is right again all is as it was."""
    house = House(sqlite_database)
    house.clock.now += timedelta(days=400)
    record_run(house.recorder)  # work goes on under the wrong clock
    with pytest.raises(Refused, match="expired"):
        house.sign()
    house.clock.now += timedelta(hours=20)
    record_run(house.recorder)
    assert expired(house) == []
    house.clock.now = NOON + timedelta(hours=1)
    assert house.state == "proposed"
    # What was recorded meanwhile is of the future: how old anything is cannot be told until the next fact.
    record_run(house.recorder)
    assert house.sign() == "live"


def test_a_clock_that_is_set_back_brings_nothing_back(sqlite_database: Database) -> None:
    """It stands before what is on record: how old anything is cannot be told, so nobody signs."""
    house = House(sqlite_database)
    house.clock.now += timedelta(days=40)
    record_run(house.recorder)
    house.clock.now = NOON + timedelta(days=2)
    with pytest.raises(Refused, match="clock"):
        house.sign()
    house.clock.now = NOON + timedelta(days=42)
    assert expired(house) == [house.digest]
    house.clock.now = NOON
    assert house.state == "expired"
    with pytest.raises(IllegalStep, match="not proposed: it is expired"):
        house.sign()


def expired(house: House) -> list[str]:
    """What the service's regular look writes down."""
    return expire_waiting(house.recorder, lambda agent: Governance())


def test_the_rules_in_force_are_those_on_record(sqlite_database: Database) -> None:
    """The file's first ones are taken down by themselves; after that it takes an admin and a reason."""
    house = House(sqlite_database)
    strict = Governance(approvals=2)
    with sqlite_database.writing() as session:
        approve(session, house.recorder, house.digest, ANN, rules=strict)
    assert house.state == "proposed"
    with sqlite_database.writing() as session:  # somebody took the section out of the file
        assert approve(session, house.recorder, house.digest, PERSON, rules=Governance()).state == "live"
        record = read_record(session, "hello")
    assert record.rules == strict
    for by in (ANN, MACHINE, ADMIN.model_copy(update={"reason": " "})):
        with pytest.raises(Refused):
            change_governance(house.recorder, "hello", Governance(), by)
    change_governance(house.recorder, "hello", Governance(), ADMIN)
    with sqlite_database.reading() as session:
        assert read_record(session, "hello").rules == Governance()


def test_where_the_rules_want_it_a_file_does_not_serve_by_itself(sqlite_database: Database) -> None:
    """Not even as the first version: it is proposed and signed like any other."""
    recorder, rules = Recorder(sqlite_database), Governance(definition="proposed")
    bundle = make_bundle()
    with pytest.raises(Refused, match="proposed and signed"), sqlite_database.writing() as session:
        adopt_definition(session, recorder, bundle, PERSON, rules=rules)
    digest, _ = make_proposal(recorder, bundle, "")
    with pytest.raises(Refused, match="proposed and signed"), sqlite_database.writing() as session:
        adopt_definition(session, recorder, bundle, PERSON, rules=rules, force=True)
    approve_proposal(recorder, digest, ANN, rules=rules)
    with sqlite_database.reading() as session:
        live = find_live(session, "hello")
        assert live is not None
        assert live.digest == digest


def test_a_machine_promotes_only_under_a_signed_plan(sqlite_database: Database) -> None:
    """It names the signature; another's, or one without such a plan, does not do."""
    house = House(sqlite_database, Governance(after_approval="hold"))
    assert house.sign(plan={"promote": "policy"}) == "approved"
    with sqlite_database.writing() as session:
        move(session, house.recorder, house.digest, "canary", MACHINE)
        seq = read_record(session, "hello").of(house.digest).signatures[0].seq
    for authority, told in ((None, "machine"), (seq + 1, "nobody signed a plan")):
        with pytest.raises(Refused, match=told), sqlite_database.writing() as session:
            promote(session, house.recorder, house.digest, MACHINE, authority=authority)
    with sqlite_database.writing() as session:
        assert promote(session, house.recorder, house.digest, MACHINE, authority=seq).digest == house.digest


def test_a_forced_model_is_a_version_that_nobody_signed(tmp_path: Path) -> None:
    """Where the rules want every version signed, STROP_MODEL starts nothing."""
    toml = '[governance]\ndefinition = "proposed"\nauthor_may_approve = true\n'
    folder = write_workspace(tmp_path / "ws", toml=toml)
    workspace = open_workspace(folder, STROP_MODEL="test:other")
    database = open_database(workspace.database_url)
    recorder, rules = Recorder(database), workspace.governance.rules_for("hello")
    digest, _ = make_proposal(recorder, own_bundle(workspace, workspace.agents["hello"]), "")
    approve_proposal(recorder, digest, ANN, rules=rules)
    for forced, told in ((workspace, "STROP_MODEL"), (open_workspace(folder), "")):
        with database.writing() as session:
            if told:
                with pytest.raises(Refused, match=told):
                    choose_bundle(session, recorder, forced, "hello", "conv_1")
            else:
                assert choose_bundle(session, recorder, forced, "hello", "conv_2").bundle == digest
    database.close()
