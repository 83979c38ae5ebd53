"""Judges: agreement with people beyond chance, a bar before they decide, better versions, each answer paid once."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agents.config import load_workspace
from optimizer.examples import Example
from optimizer.judges.agreement import Bar, Judged, agree, misses
from optimizer.judges.bench import Judges, improve, judges_log
from optimizer.judges.program import JudgeProgram, read_verdict
from optimizer.night_log import NightLog
from tests.optimizer.night_world import AGENT, SMALL, TEAMS, World, learner, make_world, night
from traces.db import open_database
from traces.errors import NotFound
from traces.events import JudgeScored, ModelReplied, RolloutScored
from traces.provenance import Provenance

ME = Provenance(by="m.keller")
PROGRAM = JudgeProgram(agent="desk", criteria="Is the team right?", model="scripted")


def judged(n: int, right: Callable[[int], bool], says: Callable[[int], bool]) -> list[Judged]:
    """So many answers, two to a family."""
    return [Judged(f"f{i // 2}", right(i), says(i), says(i), length=10 + i % 7) for i in range(n)]


def test_a_judge_that_always_says_right_knows_nothing() -> None:
    """Nine of ten alike, kappa zero: it may not decide."""
    found = agree(judged(60, lambda i: i % 10 != 0, lambda i: True))
    assert found.accuracy == pytest.approx(0.9)
    assert found.kappa == pytest.approx(0.0)
    assert any("kappa" in why for why in misses(found, Bar()))


def test_a_judge_that_agrees_may_decide_if_nothing_sways_it() -> None:
    """One in twenty wrong: yes. With verdicts that follow the order of options, or the length: no."""
    good = judged(80, lambda i: i % 2 == 0, lambda i: (i % 2 == 0) != (i % 20 == 3))
    found = agree(good)
    assert found.low is not None
    assert found.kappa is not None
    assert 0.6 < found.low < found.kappa < 1.0
    assert misses(found, Bar()) == ()
    turned = [Judged(one.family, one.human, one.judge, i % 3 == 0, one.length) for i, one in enumerate(good)]
    assert any("position" in why for why in misses(agree(turned), Bar()))
    long = [Judged(f"f{i}", i % 2 == 0, i % 2 == 0 or i > 60, None, i) for i in range(80)]
    assert agree(long).length_p is not None
    assert any("length" in why for why in misses(agree(long), Bar(flips=1.0)))
    assert any("people judged 6" in why for why in misses(agree(good[:6]), Bar()))


@pytest.mark.parametrize(
    ("text", "score"), [("right", 1.0), ("**Wrong.**", 0.0), ("Right, because", 1.0), ("", None), ("perhaps", None)]
)
def test_verdicts_are_read(text: str, score: float | None) -> None:
    """Marks and words around them do not matter; what is neither is nothing."""
    assert read_verdict(text) == score


class Scripted:
    """A judge's model: it knows the teams that its criteria name, calls all else right; counts its questions."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, question: str) -> str:
        """Whatever dspy asks."""
        self.asked += 1
        if "new_instruction" in question and "[[ ## verdict ## ]]" not in question.split("[[ ## completed ## ]]")[0]:
            rules = sorted(set(re.findall(r"\b(\w+) is (Curlew|Heron|Dunlin|Avocet)\b", question)))
            text = "Is the team right? " + " ".join(f"{topic} is {team}." for topic, team in rules)
            if "Respond with a JSON object" in question:
                return json.dumps({"new_instruction": text})
            return f"[[ ## new_instruction ## ]]\n{text}\n\n[[ ## completed ## ]]"
        criteria, _, case = question.rpartition("[[ ## request ## ]]")
        topic, answer = case.split()[0], case.partition("[[ ## answer ## ]]")[2]
        known = dict(re.findall(r"\b(\w+) is (Curlew|Heron|Dunlin|Avocet)\b", criteria))
        right = topic not in known or known[topic] in answer
        verdict = "right" if right else "wrong"
        return f"[[ ## reason ## ]]\nit is {verdict}\n\n[[ ## verdict ## ]]\n{verdict}\n\n[[ ## completed ## ]]"


def example(number: int) -> Example:
    """A reviewed answer; every second one is wrong."""
    topic = sorted(TEAMS)[number % 4]
    right = number % 8 < 4
    team = TEAMS[topic] if right else "Bittern"
    return Example(
        id=f"ex_{number}", agent="desk", input=f"{topic} case {number}", run=f"run_{number}", bundle="sha256:0",
        family=f"f{number}", output={"team": team}, human=float(right),
        comments=() if right else (f"{topic} is {TEAMS[topic]}",),
    )  # fmt: skip


@pytest.fixture
def judges(tmp_path: Path) -> Iterator[Judges]:
    """The judges of the desk, none yet."""
    database = open_database(f"sqlite:///{tmp_path / 'strop.db'}")
    yield Judges(judges_log(NightLog(database, "", "desk")))
    database.close()


KNOWING = PROGRAM.model_copy(
    update={"criteria": "Is the team right? " + " ".join(f"{topic} is {team}." for topic, team in TEAMS.items())}
)


def test_a_judge_is_measured_and_pays_once(judges: Judges) -> None:
    """Versions are named by digest; the same measurement again asks nothing; its figures are on record."""
    ask = Scripted()
    judges.add(PROGRAM, ME)
    judges.add(KNOWING, ME, PROGRAM.digest)
    examples = [example(n) for n in range(32)]
    poor = judges.measure(judges.get(PROGRAM.digest[7:15]), ask, examples)
    good = judges.measure(judges.get("newest"), ask, examples)
    assert poor.kappa == pytest.approx(0.0)
    assert good.kappa == pytest.approx(1.0)
    asked = ask.asked
    assert asked == 2 * (32 + 20)
    assert judges.measure(judges.get("newest"), ask, examples) == good
    assert ask.asked == asked == len(judges.log.all(JudgeScored))
    assert [one.agreement for one in judges.all()] == [poor, good]
    with pytest.raises(NotFound):
        judges.get("beef")


def test_a_better_judge_is_found_with_peoples_verdicts(judges: Judges) -> None:
    """GEPA on the judge: what reviewers said of the reflect pool mends it, and the select pool shows it."""
    judges.add(PROGRAM, ME)
    reflect, select = [example(n) for n in range(48)], [example(n) for n in range(100, 164)]
    found = improve(judges, judges.get("newest"), Scripted(), reflect, select, ME)
    assert found is not None
    assert found.evidence.verdict == "better", found.evidence.reasons
    assert (found.before.kappa, found.after.kappa) == (pytest.approx(0.0), pytest.approx(1.0))
    assert judges.get("newest").parent == PROGRAM.digest


def half(instructions: str, message: str) -> str:
    """An agent that knows one topic anyhow."""
    topic = message.split()[0]
    return TEAMS[topic] if topic == "hail" else learner(instructions, message)


def test_a_night_whose_metric_is_a_judge(tmp_path: Path) -> None:
    """Refused without one, and with one below the bar; with a good one it decides, and each answer is paid once."""
    database = open_database(f"sqlite:///{tmp_path / 'strop.db'}")
    world: World = make_world(tmp_path / "ws", database, half)
    text = AGENT.replace("{kind: fields, fields: {team: {weight: 1}}}", "{kind: judge}")
    (tmp_path / "ws" / "agents" / "desk.yaml").write_text(text)
    world.workspace = load_workspace(tmp_path / "ws")
    world.play(24, 2)
    ask = Scripted()

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[TextPart(ask(str(messages[-1].parts[0].content)))])  # type: ignore[union-attr]

    settings = SMALL.model_copy(update={"strategies": ("rules",), "judge_bar": Bar(n=8, kappa_low=0.5)})
    options = {"judge": FunctionModel(reply, model_name="scripted")}
    assert "strop judges add" in night(world, settings, **options).reasons[0]
    judges = Judges(judges_log(NightLog(database, "", "desk")))
    for program in (PROGRAM, KNOWING):
        judges.add(program, ME)
        judges.measure(judges.get("newest"), ask, [example(n) for n in range(32)])
        before = ask.asked
        result = night(world, settings, **options)
        if program is PROGRAM:
            assert "may not decide: kappa" in result.reasons[0]
            assert ask.asked == before
    assert result.verdict == "better", result.reasons
    log = NightLog(database, result.night, "desk")
    assert ask.asked - before == len([one for one in log.all(ModelReplied) if (one.op or "").startswith("judge/")])
    assert any("it is right" in one.feedback for one in log.all(RolloutScored))
    assert result.spent.requests == ask.asked - before + result.spent.rollouts
    database.close()
