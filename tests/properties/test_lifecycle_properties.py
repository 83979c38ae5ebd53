"""Versions driven along their life at random, on both databases: none is live that was not signed as the rules say.

The judge here is written apart from the code it judges: it reads the facts alone, one after the other.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from agents.errors import StropError
from agents.prompts.decisions import (
    adopt_definition,
    approve,
    change_rules,
    expire_proposals,
    move,
    promote,
    reject,
    roll_back,
)
from agents.prompts.governance import SKEW, Governance
from agents.prompts.proof import prove_registry
from agents.prompts.record import decisions_stream
from agents.prompts.store import add_bundle, find_live, list_bundles
from tests.builders import NOON, finished, make_bundle, record_run
from traces.db import Database, open_database
from traces.events import DecisionMade, GovernanceChanged, ProposalSigned
from traces.ids import new_id
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_events, read_feed
from traces.verify import verify

NAMES = ("ann", "bob", "cem", "night")
ROLES = ("", "app", "viewer", "operator", "approver", "admin")
AGES = (None, 10.0)

someone = st.builds(
    lambda name, role, login, reason: Provenance(
        by=name, actor="machine" if name == "night" else "person", reason=reason, role=role, login=login
    ),
    st.sampled_from(NAMES), st.sampled_from([*ROLES, "approver", "approver"]), st.sampled_from(["", "", "ann"]),
    st.sampled_from(["", "because", "because"]),
)  # fmt: skip
rules_drawn = st.builds(
    Governance,
    approvals=st.integers(1, 3), author_may_approve=st.booleans(),
    roles=st.sampled_from([("approver", "admin"), ("admin",), ("operator", "approver")]),
    people=st.sampled_from([(), ("ann", "bob"), ()]), proposal_days=st.sampled_from(AGES),
    evidence_days=st.sampled_from(AGES), present_incumbent=st.booleans(),
    definition=st.sampled_from(["live", "proposed"]), after_approval=st.sampled_from(["live", "hold"]),
    verdicts=st.sampled_from([(), (), ("better",)]),
)  # fmt: skip
some = st.integers(0, 7)
verdicts = st.sampled_from(["better", ""])
LATER = ["shadow", "canary", "rolled_back", "expired", "live", "retired"]


@dataclass
class Judge:
    """What a strict reader of the facts holds against what they say was done."""

    rules: Governance = field(default_factory=Governance)
    signed: dict[str, list[tuple[int, ProposalSigned]]] = field(default_factory=dict)
    proposed_at: dict[str, datetime] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)
    served: set[str] = field(default_factory=set)
    live: str | None = None
    runs: list[datetime] = field(default_factory=list)
    """When runs began, by the clock of then."""

    def sees(self, seq: int, at: datetime, event: Any, newest: datetime) -> None:
        """One more fact; `newest` is when the one before it, of whatever stream, was recorded."""
        match event:
            case GovernanceChanged():
                assert event.provenance.by == "strop.toml" or event.provenance.role == "admin"
                self.rules = Governance.model_validate(event.policy)
            case ProposalSigned():
                self.sees_signature(event, at, newest)
                self.signed.setdefault(event.bundle, []).append((seq, event))
            case DecisionMade():
                self.sees_step(event, at, newest)

    def sees_signature(self, event: ProposalSigned, at: datetime, newest: datetime) -> None:
        """A person, with a reason, of the right role, not the author, once, on a proposal of today."""
        by = event.provenance
        assert by.actor == "person"
        assert by.reason
        assert by.role in self.rules.roles
        assert not self.rules.people or by.identity in self.rules.people
        if not self.rules.author_may_approve:
            assert self.authors[event.bundle] not in {by.by, by.identity}
        assert by.identity not in {one.provenance.identity for _, one in self.signed.get(event.bundle, [])}
        if self.rules.proposal_days is not None:
            assert at - self.proposed_at[event.bundle] <= timedelta(days=self.rules.proposal_days, minutes=1)
            assert at >= newest - SKEW

    def sees_step(self, step: DecisionMade, at: datetime, newest: datetime) -> None:
        """To `live` only by enough signatures, or back to what served, or by the file where the rules let it."""
        bundle, by = step.bundle, step.provenance
        self.authors.setdefault(bundle, str(step.author))
        if step.to_state in {"proposed", "evaluated"}:
            self.signed[bundle] = []
            self.proposed_at[bundle] = at
        if step.to_state == "expired" and by.by == "strop":
            days = timedelta(days=self.rules.proposal_days or 0)
            end = self.proposed_at[bundle] + days
            assert any(end < run <= at - timedelta(days=1) + timedelta(seconds=1) for run in self.runs)
        if step.to_state in {"approved", "shadow", "canary"} or step.from_state in {"approved", "shadow", "canary"}:
            heads = {one.provenance.identity for _, one in self.signed[bundle]}
            if step.to_state in {"approved", "shadow", "canary", "live"}:
                assert len(heads) >= self.rules.approvals
        elif step.to_state == "live":
            assert by.actor == "person"
            by_file = step.act == "adopt" and self.rules.definition == "live"
            assert by_file or (step.act == "roll_back" and bundle in self.served)
        if step.from_state in {"shadow", "canary"} and step.to_state in {"canary", "live"} and by.actor == "machine":
            plans = dict(self.signed[bundle])
            assert plans[step.authority or 0].plan["promote"] == "policy"
        if step.to_state in {"approved", "rejected"}:
            assert by.actor == "person"
            assert by.reason
        if step.to_state == "live":
            self.served.add(bundle)
            self.live = bundle
        elif self.live == bundle:
            self.live = None


class Lifecycle(RuleBasedStateMachine):
    """Anybody tries anything, at any time by the clock; what may not be is refused and leaves nothing."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.agent = new_id("a")
        self.now = NOON
        self.recorder = Recorder(self.database, clock=self.tick)
        self.wished = Governance()
        self.digests: list[str] = []
        self.before = 0
        self.newest = NOON
        self.judge = Judge()

    def tick(self) -> datetime:
        """A clock that goes on by itself, and jumps where it is made to."""
        self.now += timedelta(milliseconds=1)
        return self.now

    @initialize(wished=rules_drawn)
    def begin(self, wished: Governance) -> None:
        """A ledger whose newest fact is of today, and what the file asks for."""
        record_run(self.recorder, finished(), agent="other")
        with self.database.reading() as session:
            self.before = read_feed(session, after=0, limit=100_000)[-1].id
        self.newest = self.now
        self.wished = wished

    def attempt(self, act: Callable[[Any], Any]) -> None:
        """Do it in a transaction of its own; a refusal is as good an outcome."""
        with suppress(StropError), self.database.writing() as session:
            act(session)

    def pick(self, number: int) -> str:
        """One of the versions there are."""
        return self.digests[number % len(self.digests)] if self.digests else "sha256:none"

    @rule(author=st.sampled_from(NAMES))
    def writes(self, author: str) -> None:
        """Somebody writes a version."""
        bundle = make_bundle(agent=self.agent, instructions=f"Version {len(self.digests)}.")
        kind = "machine" if author == "night" else "person"
        with self.database.writing() as session:
            self.digests.append(add_bundle(session, bundle, author=author, author_kind=kind))

    @rule(
        number=some,
        state=st.sampled_from(["evaluated", "proposed"]),
        by=someone,
        verdict=st.sampled_from(["better", ""]),
    )
    def brings_on(self, number: int, state: Any, by: Provenance, verdict: str) -> None:
        """Somebody evaluates or proposes one."""

        def act(session: Any) -> None:
            live = find_live(session, self.agent)
            move(
                session, self.recorder, self.pick(number), state, by, evidence=new_id("sha256:e"), verdict=verdict,
                detail={"incumbent": None if live is None else live.digest},
            )  # fmt: skip

        if self.digests:
            self.attempt(act)

    @rule(number=some, by=someone, plan=st.sampled_from([{}, {"promote": "policy"}]))
    def signs(self, number: int, by: Provenance, plan: dict[str, Any]) -> None:
        """Somebody says yes."""
        if self.digests:
            self.attempt(
                lambda session: approve(
                    session, self.recorder, self.pick(number), by, rules=self.wished, plan=plan, sheet="s" * 600
                )
            )

    @rule(by=someone)
    def signs_what_waits(self, by: Provenance) -> None:
        """Somebody says yes to what is proposed now."""
        with self.database.reading() as session:
            waiting = [one.digest for one in list_bundles(session, agent=self.agent, state="proposed")]
        for digest in waiting:
            self.attempt(lambda session, one=digest: approve(session, self.recorder, one, by, rules=self.wished))

    @rule(author=st.sampled_from(NAMES[:3]), role=st.sampled_from(ROLES))
    def signs_their_own(self, author: str, role: str) -> None:
        """Somebody writes a version, has it proposed with good evidence, and says yes to it."""
        self.writes(author)
        digest = self.digests[-1]
        by = Provenance(by=author, role=role, reason="mine")
        with self.database.reading() as session:
            live = find_live(session, self.agent)
        if live is not None and live.digest == digest:
            return  # the file says the same, and it is live already
        found = {"incumbent": None if live is None else live.digest}
        machine = Provenance(by="night", actor="machine")
        for state in ("evaluated", "proposed"):
            with self.database.writing() as session:
                move(
                    session, self.recorder, digest, state, machine, evidence=f"sha256:{digest}", verdict="better",  # type: ignore[arg-type]
                    detail=found,
                )  # fmt: skip
        self.attempt(lambda session: approve(session, self.recorder, digest, by, rules=self.wished))

    @rule(number=some, by=someone)
    def says_no(self, number: int, by: Provenance) -> None:
        """Somebody says no."""
        if self.digests:
            self.attempt(lambda session: reject(session, self.recorder, self.pick(number), by))

    @rule(
        number=some,
        by=someone,
        state=st.sampled_from(["shadow", "canary", "rolled_back", "expired", "live", "retired"]),
    )
    def moves(self, number: int, by: Provenance, state: Any) -> None:
        """Somebody moves one anywhere."""
        if self.digests:
            with self.database.reading() as session:
                events = read_events(session, decisions_stream(self.agent), kinds=["proposal_signed"])
            seq = events[-1].seq if events else None
            self.attempt(lambda session: move(session, self.recorder, self.pick(number), state, by, authority=seq))

    @rule(number=some, by=someone, authority=st.integers(0, 30))
    def promotes(self, number: int, by: Provenance, authority: int) -> None:
        """Somebody makes one live."""
        if self.digests:
            digest = self.pick(number)
            self.attempt(lambda session: promote(session, self.recorder, digest, by, authority=authority or None))

    @rule(number=some, by=someone, named=st.booleans())
    def takes_back(self, number: int, by: Provenance, named: bool) -> None:
        """Somebody takes the live one back."""
        to = self.pick(number) if named and self.digests else None
        self.attempt(lambda session: roll_back(session, self.recorder, self.agent, by, to=to))

    @rule(number=some, by=someone)
    def edits_the_file(self, number: int, by: Provenance) -> None:
        """The definition file says what one of the versions says."""
        bundle = make_bundle(agent=self.agent, instructions=f"Version {number}.")
        self.attempt(
            lambda session: adopt_definition(session, self.recorder, bundle, by, force=True, rules=self.wished)
        )

    @rule(by=someone, rules=rules_drawn)
    def other_rules(self, by: Provenance, rules: Governance) -> None:
        """Somebody wants other rules."""
        self.attempt(lambda session: change_rules(session, self.recorder, self.agent, rules, by))

    @rule(days=st.sampled_from([-400, -20, -1, 1, 9, 11, 400]))
    def clock_jumps(self, days: int) -> None:
        """The machine's clock is set, rightly or not."""
        self.now += timedelta(days=days)

    @rule()
    def a_run_is_recorded(self) -> None:
        """Traffic goes on."""
        record_run(self.recorder, finished(), agent="other")

    @rule()
    def looks_for_what_expired(self) -> None:
        """The service's regular look."""
        self.attempt(lambda session: expire_proposals(session, self.recorder, self.agent, self.wished))

    @invariant()
    def nothing_is_live_without_its_signatures(self) -> None:
        """Judged fact by fact; and the pointer is where the facts leave it."""
        with self.database.reading() as session:
            for stored in read_feed(session, after=self.before, limit=10_000):
                if stored.stream == decisions_stream(self.agent):
                    self.judge.sees(stored.seq, stored.at, stored.event, self.newest)
                if stored.kind == "run_started":
                    self.judge.runs.append(stored.at)
                self.newest, self.before = stored.at, stored.id
            live = find_live(session, self.agent)
            assert (None if live is None else live.digest) == self.judge.live

    def teardown(self) -> None:
        """What is left is whole."""
        with self.database.reading() as session:
            assert [one for one in prove_registry(session) if self.agent in one] == []


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database of one test; its writes need not survive a power cut."""
    database = open_database(url)
    if database.is_sqlite:
        import sqlalchemy as sa

        sa.event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        database.engine.dispose()
    try:
        yield database
    finally:
        database.close()


def test_walking_the_lifecycle_at_random(database_url: str) -> None:
    """Never live without what the rules ask for, whoever tries what in whatever order, whatever the clock says."""
    with opened(database_url) as database:
        machine = type("Machine", (Lifecycle,), {"database": database})
        few = settings(
            max_examples=15, stateful_step_count=25, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        )  # fmt: skip
        run_state_machine_as_test(machine, settings=few)
        with database.reading() as session:
            assert verify(session).problems == []


@pytest.mark.parametrize("broken", ["signatures", "author", "title"])
def test_the_judge_would_notice(broken: str, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a check taken out of the code, the walk finds it: the property above can fail."""
    from agents.prompts import decisions

    if broken == "signatures":
        monkeypatch.setattr(decisions, "check_signer", lambda *a, **k: None)
    elif broken == "author":
        real = decisions.check_signer
        monkeypatch.setattr(decisions, "check_signer", lambda r, by, authors, *rest: real(r, by, set(), *rest))
    else:
        monkeypatch.setattr(decisions, "_check_needs", lambda *a, **k: None)
    with opened(sqlite_url) as database:
        machine = type("Machine", (Lifecycle,), {"database": database})
        few = settings(
            max_examples=60, stateful_step_count=20, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), report_multiple_bugs=False, phases=_finding(),
        )  # fmt: skip
        with pytest.raises((AssertionError, KeyError)):
            run_state_machine_as_test(machine, settings=few)


def _finding() -> Any:
    from hypothesis import Phase

    return [Phase.generate]  # that there is one, not the smallest
