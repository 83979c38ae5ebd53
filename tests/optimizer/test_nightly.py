"""Whole nights on a scripted model: a better prompt is found and proposed, none is invented, nothing is overspent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agents.errors import RunOwned
from agents.prompts.store import find_live, get_bundle
from optimizer import night_stages, search
from optimizer.evidence import Evidence
from optimizer.night_log import NightLog, take_night
from optimizer.purse import TooManyErrors
from optimizer.report import morning_report
from optimizer.screen import Screen
from optimizer.settings import StrategyName
from optimizer.strategies.protocol import Candidate, SearchContext
from tests.optimizer.conftest import Proven
from tests.optimizer.night_world import SMALL, TEAMS, World, learner, make_world, night
from tests.optimizer.test_searches import reflector
from traces.bodies import read_blob
from traces.db import Database
from traces.events import (
    CandidateFound,
    DecisionMade,
    FeedbackGiven,
    NightEnded,
    RolloutScored,
    SealedOpened,
    StageReached,
)
from traces.ids import new_id, short
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import list_runs, read_events, read_feed
from traces.verify import verify


def test_a_better_prompt_is_found_proven_and_proposed(proven: Proven) -> None:
    """The proposal waits for a person with its evidence, its flips and its parent; what serves is unchanged."""
    world, result = proven.world, proven.result
    assert result.verdict == "better", result.reasons
    assert result.proposal is not None
    with world.database.reading() as session:
        proposed = get_bundle(session, result.proposal)
        live = find_live(session, "desk")
        decisions = [one.event for one in read_events(session, "decisions_desk")]
        assert proposed.evidence is not None
        stored = read_blob(session, proposed.evidence)
    assert (proposed.state, proposed.author_kind, proposed.parent) == ("proposed", "machine", result.incumbent)
    assert live is not None
    assert live.digest == result.incumbent
    assert Evidence.model_validate_json(stored) == result.evidence
    last = decisions[-1]
    assert isinstance(last, DecisionMade)
    assert last.detail["night"] == result.night
    assert "BETTER" in last.detail["summary"]
    assert last.detail["incumbent"] == live.digest
    assert result.evidence is not None
    assert {one["example"] for one in last.detail["got_better"]} == set(result.evidence.gained_tasks)
    flip = last.detail["got_better"][0]
    assert flip["before"]["team"] == "Bittern"
    assert flip["after"]["team"] == flip["expected"]["team"]
    assert flip["run_before"] != flip["run_after"]


def test_a_winner_that_uses_tools_carries_them_and_calls_none(tmp_path: Path, database: Database) -> None:
    """What is proposed is what was tried: with the listing that the runs met. The night itself asks no server."""
    world = make_world(tmp_path / "ws", database, with_tools=True)
    world.play(16, 2)
    counted = (world.root / "counted.txt").read_text().splitlines()
    assert len(counted) == 32
    result = night(world)
    assert result.verdict == "better", result.reasons
    assert (world.root / "counted.txt").read_text().splitlines() == counted
    assert result.proposal is not None
    with database.reading() as session:
        proposed = get_bundle(session, result.proposal).bundle
        scored = read_events(session, result.night, kinds=["rollout_scored"])
        sealed = {one.event.bundle for one in scored if getattr(one.event, "pool", "") == "sealed"}
    assert {name: sorted(listing) for name, listing in proposed.pins.items()} == {"counting": ["look", "pay"]}
    assert proposed.as_written.pins == {}
    assert result.proposal in sealed


def test_what_tools_said_is_watched_for(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run that strategies see, with what its tools answered; gone through once, for search and proof."""
    world = make_world(tmp_path / "ws", database, with_tools=True)
    world.play(16, 2)
    watched: list[list[tuple[str, str]]] = []

    def screen(incumbent: Any, outside: Any, *others: Any) -> Screen:
        watched.append(list(outside))
        return Screen(incumbent, watched[-1], *others)

    monkeypatch.setattr(night_stages, "Screen", screen)
    night(world)
    (outside,) = watched
    said = {name: text for name, text in outside if name.startswith("a tool in run_")}
    asked = {name for name, _ in outside if name.startswith("the customer in run_")}
    assert len(said) == len(asked) > 8
    assert {f"{topic} is there" for topic in TEAMS} <= {line for text in said.values() for line in text.splitlines()}


def test_the_morning_report_says_what_is_on_record(proven: Proven) -> None:
    """What was tried with its figures, the proof, the cost and what to do next; the same for a night still open."""
    world, result = proven.world, proven.result
    assert result.proposal is not None
    with world.database.reading() as session:
        events = read_events(session, result.night)
    report = morning_report(result.night, events)
    assert report.startswith("# desk: better\n")
    assert f"strop proposals {short(result.proposal)}" in report
    assert f"| `{short(result.proposal)}` | " in report
    assert "BETTER" in report
    assert f"{result.spent.rollouts:.0f} runs of the agent" in report
    begun = morning_report(result.night, events[:4])
    assert begun.startswith("# desk: still open\n")
    assert "## What was tried" not in begun


def test_the_ledger_of_a_night_is_whole(proven: Proven) -> None:
    """Every stage is on record once, in order, and the database passes the proof."""
    world, result = proven.world, proven.result
    log = NightLog(world.database, result.night, "desk")
    stages = [one.stage for one in log.all(StageReached)]
    assert stages == ["mined", "pools", "estimate", "noise", "headroom", "search", "race", "sealed"]
    assert [one.verdict for one in log.all(NightEnded)] == ["better"]
    with world.database.reading() as session:
        report = verify(session)
    assert report.whole, report.problems


def test_where_no_prompt_helps_nothing_is_proposed(hopeless: World) -> None:
    """Half of the answers are wrong for good: the night says so, and proposes nothing."""
    result = night(hopeless)
    assert result.proposal is None
    assert result.verdict == "no improvement", result.reasons


def test_no_way_of_searching_invents_a_gain(hopeless: World) -> None:
    """Where nothing helps, many ways of searching bring versions, and none of them is proposed."""
    ways: tuple[StrategyName, ...] = ("metaprompt", "root_cause", "evolution", "settings_sweep", "gepa", "joint")
    settings = SMALL.model_copy(
        update={"strategies": ways, "candidates": 8, "gepa_rollouts": 20, "reflection_calls": 30}
    )
    result = night(hopeless, settings, reflection=FunctionModel(_reply_of_the_reflector, model_name="reflector"))
    brought = {one.strategy for one in NightLog(hopeless.database, result.night, "desk").all(CandidateFound)}
    assert len(brought) >= 3, brought
    assert result.proposal is None
    assert result.verdict == "no improvement", result.reasons


def _reply_of_the_reflector(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    asked = (part for one in messages for part in one.parts if isinstance(part, UserPromptPart))
    return ModelResponse(parts=[TextPart(reflector("\n".join(str(part.content) for part in asked)))])


def test_a_candidate_that_was_tried_before_is_called_what_it_is(world: World) -> None:
    """A strategy tries a text before it is a candidate; who decides on it reads what it is, not that it was tried."""
    result = night(world, SMALL.model_copy(update={"strategies": ("evolution",)}))
    assert result.proposal is not None, result.reasons
    with world.database.reading() as session:
        assert get_bundle(session, result.proposal).note.startswith("evolution: ")


def test_who_is_too_dear_is_told_and_not_proven(tmp_path: Path, database: Database) -> None:
    """The sealed pool stays shut: the gate would refuse the version for its price, whatever it got right."""

    def knows_half(instructions: str, message: str) -> str:
        topic = message.split()[0]
        return TEAMS[topic] if topic in ("hail", "fire") else learner(instructions, message)

    world = make_world(tmp_path / "dear", database, knows_half)
    world.play(16, 2)
    result = night(world, SMALL.model_copy(update={"token_limit": 0.1}))
    assert result.verdict == "no improvement"
    assert "dearer than allowed" in result.reasons[0]
    assert "leads by +50.0 points, but tokens per solved task is" in result.reasons[1]
    assert "[nights] token_limit" in result.reasons[1]
    log = NightLog(world.database, result.night, "desk")
    assert log.all(SealedOpened) == []
    assert night(world).evidence is not None


def test_a_night_without_headroom_spends_nothing_on_searching(world: World) -> None:
    """An agent that is always right: the noise is measured, and that is all."""
    recorder = Recorder(world.database)
    with world.database.reading() as session:
        runs = list_runs(session, limit=1000).items
    for run in runs:  # every run is called right after all, whatever was said before
        said = FeedbackGiven(feedback_id=new_id("fb"), score=1.0, provenance=Provenance(by="m.keller"))
        recorder.append(run.id, said)
    result = night(world)
    assert result.verdict == "no improvement"
    assert "no headroom" in result.reasons[0]
    assert result.spent.rollouts == SMALL.noise_examples


def test_too_few_reviewed_runs_end_the_night_before_it_spends(world: World) -> None:
    """Without enough sealed examples nothing can be proven, so nothing is tried."""
    result = night(world, SMALL.model_copy(update={"least_examples": 40}))
    assert "too few reviewed runs" in result.reasons[0]
    assert world.asked == []


def test_the_purse_is_never_passed(world: World) -> None:
    """Fewer candidates race so that the winner can still be proven; the model was asked at most the cap's times."""
    result = night(world, SMALL.model_copy(update={"rollouts": 30}))
    assert len(world.asked) <= 30
    assert result.spent.rollouts == len(world.asked)
    assert result.verdict == "better"


def test_an_empty_purse_ends_the_night_undecided(world: World, proven: Proven) -> None:
    """A cap in tokens that is reached in the middle: it holds, and there is no verdict from half a proof."""
    cap = int(proven.result.spent.tokens * 0.6)
    result = night(world, SMALL.model_copy(update={"tokens": cap}))
    assert result.verdict == "undecided"
    assert "purse is empty" in result.reasons[0]
    assert result.spent.tokens <= cap


def test_equal_nights_find_equal_things_and_pay_once(proven: Proven, world: World) -> None:
    """The same record and settings: the same candidates, race and verdict. The second night of a ledger reads it."""
    night(world)
    bill = list(world.asked)
    second = night(world)
    assert world.asked == bill, "rollouts of an earlier night are read, not paid again"
    assert second.spent.rollouts == 0
    once = NightLog(world.database, second.night, "desk")
    again = NightLog(proven.world.database, proven.result.night, "desk")
    assert [_facts(one) for one in once.all(StageReached)[3:7]] == [
        _facts(one) for one in again.all(StageReached)[3:7]
    ]
    (opened,) = once.all(SealedOpened)
    assert (opened.opening, opened.number) == (2, 1), "a second look at the same candidate: it keeps its number"


def _facts(stage: Any) -> Any:
    """All figures but those of the clock."""
    told = {key: value for key, value in stage.facts.items() if key != "through"}
    clock = {"seconds", "front"}
    told["standings"] = [{k: v for k, v in one.items() if k not in clock} for one in told.get("standings", [])]
    return stage.stage, told


def test_no_sealed_example_reaches_a_strategy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing a strategy is given names a sealed example, and trying one is refused."""
    seen: list[SearchContext] = []

    def spy(context: SearchContext) -> Iterator[Candidate]:
        seen.append(context)
        yield Candidate(context.incumbent.with_(instructions="Route it well."), "rules", "spied")

    monkeypatch.setattr(search, "load_strategy", lambda name: spy)
    result = night(world, SMALL.model_copy(update={"strategies": ("rules",)}))
    log = NightLog(world.database, result.night, "desk")
    with world.database.reading() as session:
        fed = {one.stream for one in read_feed(session, after=0, kinds=["feedback_given"], limit=10_000)}
    shown = {one.run for one in (*seen[0].reflect, *seen[0].select)}
    sealed = fed - shown
    assert len(sealed) == next(one.facts["sizes"]["sealed"] for one in log.all(StageReached) if one.stage == "pools")
    assert not any(run in repr(seen[0].reflect) + repr(seen[0].select) for run in sealed)
    for run in sealed:
        with pytest.raises(KeyError):
            seen[0].trial(seen[0].incumbent, "ex_" + run.removeprefix("run_"))


def test_the_sealed_rollouts_are_of_two_bundles_only(proven: Proven) -> None:
    """One winner goes on: nobody else is ever tried on the sealed pool."""
    world, result = proven.world, proven.result
    log = NightLog(world.database, result.night, "desk")
    tried = {one.bundle for one in log.all(RolloutScored) if one.pool == "sealed"}
    assert tried == {result.incumbent, result.proposal}


def test_a_model_that_is_away_stops_the_night_and_leaves_it_open(world: World) -> None:
    """Broken rollouts are neither wrong answers nor paid for; the same command goes on when the model is back."""

    def away(instructions: str, message: str) -> str:
        raise ConnectionError("no route to host")

    good, world.answer = world.answer, away
    with pytest.raises(TooManyErrors, match="no route to host"):
        night(world)
    world.answer = good
    result = night(world)
    assert result.resumed
    assert result.verdict == "better"


def test_two_processes_cannot_work_on_nights_of_one_agent(world: World) -> None:
    """The lease of another living worker is respected."""
    assert take_night(world.database, "desk", "elsewhere:1:abc") is None
    with pytest.raises(RunOwned, match="elsewhere"):
        night(world)


def test_progress_tells_each_stage_with_seconds_and_spending(proven: Proven) -> None:
    """Enough for a bar: done of total within a stage, and what the night has cost."""
    result, told = proven.result, proven.told
    assert list(dict.fromkeys(one.stage for one in told)) == [
        "mined", "pools", "estimate", "noise", "headroom", "search", "race", "sealed",
    ]  # fmt: skip
    assert any(one.total and one.done == one.total for one in told)
    assert told[-1].spent.rollouts == result.spent.rollouts
