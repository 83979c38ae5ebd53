"""Signs for a night: a watched file changed, scores fell; the same look finds the same sign; a night clears it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from agents.documents import watched
from agents.sections import NightsSection
from agents.service.night_signs import changed, dropped, seen_by_newest
from agents.service.night_watch import Known, due
from tests.optimizer.night_world import make_world
from traces.db import open_database
from traces.events import FeedbackGiven, NightStarted, RunFinished, RunStarted
from traces.ids import new_id
from traces.provenance import Provenance
from traces.recorder import Recorder

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def test_a_changed_regulation_makes_a_night_due_once(tmp_path: Path) -> None:
    """New, other, gone: each is a change against what the newest night saw; without a night there is none."""
    database = open_database(f"sqlite:///{tmp_path / 'strop.db'}")
    world = make_world(tmp_path / "ws", database)
    (world.root / "docs").mkdir()
    rule = world.root / "docs" / "rule.md"
    rule.write_text("Hail is for Curlew.")
    seen = watched(world.root, ["docs/*.md"])
    assert list(seen) == ["docs/rule.md"]
    with database.reading() as session:
        assert seen_by_newest(session, "desk") is None
    Recorder(database).append("night_1", NightStarted(agent="desk", incumbent="b", settings={"watched": seen}))
    with database.reading() as session:
        assert seen_by_newest(session, "desk") == seen
    assert changed(seen, watched(world.root, ["docs/*.md"])) == ""
    rule.write_text("Hail is for Heron.")
    name = changed(seen, watched(world.root, ["docs/*.md"]))
    assert due(NightsSection(watch=("docs/*.md",)), Known(None, 0, changed=name), NOW, NOW) == "docs/rule.md changed"
    rule.unlink()
    assert changed(seen, watched(world.root, ["docs/*.md"])) == "docs/rule.md"
    database.close()


def test_fallen_scores_make_a_night_due(tmp_path: Path) -> None:
    """By the mean of at least twenty judged runs on each side of the last night; a small fall is none."""
    database = open_database(f"sqlite:///{tmp_path / 'strop.db'}")
    recorder = Recorder(database)
    for number in range(60):
        run = f"run_{number:03}"
        recorder.append(run, RunStarted(agent="desk", bundle="b", conversation_id=run, input="x"))
        recorder.append(run, RunFinished(output="y", seconds=1.0))
        score = 1.0 if number < 30 or number % 2 else 0.0
        who = Provenance(by="m.keller")
        recorder.append(run, FeedbackGiven(feedback_id=new_id("fb"), score=score, provenance=who))
        if number == 29:
            between = datetime.now(UTC)
    with database.reading() as session:
        assert dropped(session, "desk", between, 0.2) == "100% to 50%"
        assert dropped(session, "desk", between, 0.6) == ""
        assert dropped(session, "desk", between, 0.0) == dropped(session, "desk", None, 0.2) == ""
        assert dropped(session, "desk", between - timedelta(days=1), 0.2) == "", "nothing to compare with"
    plan = NightsSection(after_drop=0.2)
    assert plan.wanted
    assert due(plan, Known(None, 0, dropped="100% to 50%"), NOW, NOW) == "scores fell from 100% to 50%"
    database.close()
