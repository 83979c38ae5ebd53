"""All that waits for a person, and what a person wants to know before deciding."""

from pathlib import Path

import pytest

from agents.approvals import get_approval
from agents.service.waiting import approval_context, waiting_list
from agents.starting import Start
from agents.waiting import list_waiting
from tests.agents.test_approvals import Office
from tests.builders import make_bundle, make_proposal, record_run
from traces.db import Database
from traces.events import RunWaited, ToolCalled
from traces.tables import RUNS

pytestmark = pytest.mark.anyio


async def test_earlier_calls_are_those_that_were_sent(tmp_path: Path, database: Database) -> None:
    """A held call is shown beside what the tool was really sent before, newest first, with what was asked."""
    office = Office(tmp_path, database)
    runtime = office.runtime()
    for amount in (3, 5):
        await runtime.run(Start("payer", f"pay {amount}"))
    await runtime.close()
    held = await office.ask("pay 50")
    with database.reading() as session:
        context = approval_context(session, get_approval(session, held))
        assert approval_context(session, get_approval(session, held), earlier=1).earlier == context.earlier[:1]
    assert (context.input, context.before) == ("pay 50", "")
    assert [call.arguments for call in context.earlier] == [{"amount": 5}, {"amount": 3}]


async def test_one_list_for_all_that_waits(tmp_path: Path, database: Database) -> None:
    """A held call, a call of unknown outcome and a proposal, oldest first."""
    office = Office(tmp_path, database)
    held = await office.ask("pay 50")
    called = ToolCalled(
        op="s1.c1", step=1, tool="pay", server="counting", arguments={"amount": 7}, call_id="c1", effect="write",
        idempotency_key="k",
    )  # fmt: skip
    waited = RunWaited(reason="outcome_unknown", ops=["s1.c1"], message="it died")
    lost = record_run(office.recorder, called, waited)
    make_proposal(office.recorder, make_bundle(), "sha256:" + "0" * 64)
    with database.reading() as session:
        found = waiting_list(session)
        assert [one.kind for one in waiting_list(session, where=[RUNS.c.agent == "payer"])] == ["call", "proposal"]
        assert [one.id for one in list_waiting(session, limit=1)] == [held]
    assert [(one.kind, one.run_id) for one in found] == [("call", held), ("outcome", lost), ("proposal", None)]
    assert [one.told for one in found] == [
        'counting.pay {"amount": 50}',
        'counting.pay {"amount": 7}',
        "by optimizer",
    ]
    assert [one.since for one in found] == sorted(one.since for one in found)
