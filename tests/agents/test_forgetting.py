"""Forgetting a person reaches everything that was made of what they said, and says what stands against it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from agents.config import Workspace
from agents.definitions import Metric
from agents.errors import IllegalStep, Refused
from agents.forgetting import forget, list_erasures, plan_conversations, plan_person
from agents.prompts.store import add_bundle, get_bundle
from agents.prompts.tables import BUNDLES
from agents.starting import Start
from optimizer.mine import mine
from tests.builders import (
    finished,
    judged,
    make_bundle,
    model_step,
    open_workspace,
    record_run,
    scripted_runtime,
    write_workspace,
)
from tests.fakes import ScriptedModel
from traces.bodies import find_blobs
from traces.db import Database
from traces.errors import BadInput, NotFound, RunErased
from traces.events import ConversationCounted, ModelRequested, RolloutScored, RunWaited, SpansSent
from traces.leases import claim
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import get_run, read_events
from traces.tables import BLOBS, EVENTS, RUNS
from traces.verify import verify

ADMIN = Provenance(by="m.keller", reason="asked for", role="admin")
INPUT = "A pipe has burst in the kitchen of my house in Lerchenweg, and my name is Xaveria."


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace that takes out addresses of e-mail."""
    toml = '[workspace]\nname = "bench"\n[privacy]\nkinds = ["secret", "email"]\n'
    return open_workspace(write_workspace(tmp_path / "ws", toml=toml), STROP_REDACTION_KEY="k")


@pytest.fixture
def recorder(database: Database, workspace: Workspace) -> Recorder:
    """Writes as that workspace does."""
    return Recorder(database, redactor=workspace.redactor)


def everything(database: Database) -> str:
    """All text of the tables in which there are words."""
    with database.reading() as session:
        tables = (EVENTS, RUNS, BUNDLES)
        rows = [str(tuple(row)) for table in tables for row in session.execute(sa.select(table))]
        rows += find_blobs(session, session.execute(sa.select(BLOBS.c.digest)).scalars()).values()
    return "\n".join(rows)


def carried_on(recorder: Recorder, **changes: Any) -> str:
    """A customer's run, and all that the rest of Strop makes of it; gives its id."""
    run_id = record_run(recorder, judged(correction={"team": "x"}), conversation_id="+49170", input=INPUT, **changes)
    example = f"ex_{run_id.removeprefix('run_')}"
    shown = {"input": INPUT, "output": "Xaveria, call the plumber.", "source": run_id}
    quoting = make_bundle(demonstrations=[shown])
    with recorder.database.writing() as session:
        digest = add_bundle(session, quoting, author="optimizer", author_kind="machine")
    trial = ModelRequested(op="model/9", model="m", fingerprint="f", instructions=f"Examples:\nInput: {INPUT}")
    record_run(recorder, trial, finished(), input="something else", origin="evaluation", bundle=digest)
    record_run(recorder, origin="evaluation", replay_of=run_id, input=INPUT, conversation_id="conv_trial")
    recorder.append(
        "night_1",
        RolloutScored(
            op="r1", bundle=digest, example=example, replica=0, pool="reflect", score=0.0, feedback="Xaveria"
        ),
    )
    recorder.append(
        "rollout_1",
        ConversationCounted(conversation_id="+49170", arm="control", share=1.0, values={}, runs=[run_id]),
    )
    return run_id


def test_everything_made_of_a_conversation_goes(recorder: Recorder, workspace: Workspace) -> None:
    """Its runs, trials that replayed it, quotations of nights, examples in versions and in prompts on record."""
    run_id = carried_on(recorder)
    other = record_run(recorder, conversation_id="conv_other", input="The roof leaks.")
    replies = workspace.root / ".strop" / "replies" / "ab"
    replies.mkdir(parents=True)
    (replies / "abc.json").write_text(json.dumps([run_id, "model/1"]))
    (replies / "abd.json").write_text(json.dumps([other, "model/1"]))
    assert everything(recorder.database).count("Xaveria") > 5
    with recorder.database.reading() as session:
        plan = plan_conversations(session, ["+49170"])
    done = forget(recorder, plan, ADMIN, root=workspace.root)
    left = everything(recorder.database)
    assert [word for word in ("Xaveria", "Lerchenweg", "+49170") if word in left] == []
    assert "The roof leaks." in left
    assert [path.name for path in replies.iterdir()] == ["abd.json"]
    with recorder.database.reading() as session:
        assert verify(session).problems == []
        assert get_run(session, run_id).erased_at is not None
        assert get_bundle(session, done.bundles[0]).erased
        assert mine(session, "hello", Metric()).left_out == {"erased": 1}
        with pytest.raises(NotFound):
            plan_conversations(session, ["+49170"])
    assert [one.erasure for _, one in list_erasures(recorder.database)] == [done.erasure]
    assert done.runs == 2


def test_a_person_is_found_by_metadata_words_and_placeholder(recorder: Recorder, workspace: Workspace) -> None:
    """And where only a placeholder says so, which others share, the conversation is left alone unless one insists."""
    record_run(recorder, conversation_id="c_told", metadata={"user": {"id": "u-4711"}})
    record_run(recorder, conversation_id="c_said", input="I am u-4711, hello")
    record_run(recorder, *model_step(2, "dear U-4711"), finished(), conversation_id="c_answered")
    record_run(recorder, conversation_id="c_longer", input="u-47112 is somebody else")
    record_run(recorder, conversation_id="c_hidden", input="write to xaveria@example.org")
    with recorder.database.reading() as session:
        found = plan_person(session, "u-4711", workspace.redactor)
        assert found.how == {"c_told": "metadata", "c_said": "words", "c_answered": "words"}
        with pytest.raises(NotFound) as error:
            plan_person(session, "Xaveria@example.org", workspace.redactor)
        assert "--placeholders" in error.value.hint
        hidden = plan_person(session, "Xaveria@example.org", workspace.redactor, placeholders=True)
        assert hidden.how == {"c_hidden": "placeholder"}
        with pytest.raises(BadInput, match="too short"):
            plan_person(session, "u", workspace.redactor)


def test_a_version_that_serves_is_named_and_nothing_is_erased(recorder: Recorder) -> None:
    """What customers are answered with changes by a decision only, not by an erasure on the side."""
    carried_on(recorder)
    with recorder.database.writing() as session:
        session.execute(sa.update(BUNDLES).values(state="live"))
    with recorder.database.reading() as session:
        plan = plan_conversations(session, ["+49170"])
    assert [one.agent for one in plan.serving] == ["hello"]
    with pytest.raises(IllegalStep, match="is live and shows these words"):
        forget(recorder, plan, ADMIN)
    assert "Xaveria" in everything(recorder.database)


def test_a_run_in_hand_is_left_to_its_worker_and_a_waiting_one_is_stopped(recorder: Recorder) -> None:
    """An erasure does not race with a worker; where nobody works, the run is cancelled first."""
    waited = RunWaited(reason="approval", ops=["approval/1"], message="Xaveria wants money")
    run_id = record_run(recorder, waited, conversation_id="c")
    with recorder.database.writing() as session:
        claim(session, run_id, "worker-1", datetime.now(UTC))
    with recorder.database.reading() as session:
        plan = plan_conversations(session, ["c"])
    with pytest.raises(IllegalStep, match="being worked on"):
        forget(recorder, plan, ADMIN)
    with recorder.database.writing() as session:
        session.execute(sa.text("DELETE FROM leases"))
    with recorder.database.reading() as session:
        plan = plan_conversations(session, ["c"])
    forget(recorder, plan, ADMIN)
    with recorder.database.reading() as session:
        assert get_run(session, run_id).status == "cancelled"
        assert verify(session).whole


def test_an_erased_run_is_neither_resumed_nor_replayed(recorder: Recorder, workspace: Workspace) -> None:
    """Each way back to it ends in one clear error."""
    run_id = record_run(recorder, conversation_id="c")
    with recorder.database.reading() as session:
        plan = plan_conversations(session, ["c"])
    forget(recorder, plan, ADMIN)

    async def tried() -> None:
        runtime = scripted_runtime(workspace, recorder.database, ScriptedModel(["hello"]))
        with pytest.raises(RunErased, match="was erased"):
            await runtime.work(run_id)
        with pytest.raises(RunErased, match="was erased"):
            runtime.start(Start("hello", "good morning", replay_of=run_id))
        await runtime.close()

    asyncio.run(tried())


def test_an_approver_may_erase_nothing(recorder: Recorder) -> None:
    """To erase is an administrator's."""
    record_run(recorder, conversation_id="c")
    with recorder.database.reading() as session:
        plan = plan_conversations(session, ["c"])
    with pytest.raises(Refused, match="may erase nothing"):
        forget(recorder, plan, ADMIN.model_copy(update={"role": "approver"}))


def test_other_backends_that_got_the_runs_are_named(recorder: Recorder) -> None:
    """What was sent on cannot be called back from here."""
    run_id = record_run(recorder, conversation_id="c")
    with recorder.database.reading() as session:
        last = read_events(session, run_id)[-1].id
    recorder.append("forward_x", SpansSent(target="https://example.org", through=last, runs=1, spans=4))
    with recorder.database.reading() as session:
        assert plan_conversations(session, ["c"]).sent_to == ["https://example.org"]
