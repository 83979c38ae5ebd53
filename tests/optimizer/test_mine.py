"""Mining: what becomes an example, what is left out, and that nothing later changes what a night has seen."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agents.starting import Start
from optimizer.mine import Mined, mine
from tests.optimizer.night_world import World, judged, make_world
from traces.db import open_database
from traces.events import FeedbackGiven
from traces.ids import new_id
from traces.provenance import Provenance
from traces.recorder import Recorder


class Ledger:
    """A world that is filled by hand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.recorder = Recorder(world.database)

    def run(self, text: str, **options: Any) -> str:
        """One run; gives its id."""

        async def go() -> str:
            runtime = self.world.make_runtime(self.world.workspace, self.world.database)
            answer = await runtime.run(Start("desk", text, **options))
            await runtime.close()
            return answer.run.id

        return asyncio.run(go())

    def say(self, run: str, **said: Any) -> None:
        """One judgement."""
        said.setdefault("provenance", Provenance(by="m.keller"))
        self.recorder.append(run, FeedbackGiven(feedback_id=new_id("fb"), **said))

    def mined(self, through: int | None = None) -> Mined:
        """What the night would see."""
        metric = self.world.workspace.agent("desk").block.metric
        with self.world.database.reading() as session:
            return mine(session, "desk", metric, through=through)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """An empty world."""
    return Ledger(make_world(tmp_path / "ws", open_database(f"sqlite:///{tmp_path / 'strop.db'}")))


def test_a_correction_becomes_the_right_answer_and_drops_what_repeats_the_mistake(ledger: Ledger) -> None:
    """The corrected field is right, the free text that names the wrong team is not shown to anybody again."""
    run = ledger.run("hail on my car", metadata={"family": "hail-1"})
    ledger.say(run, score=0.0, correction={"team": "Curlew"}, comment="  Hail is\n Curlew. ")
    (example,) = ledger.mined().examples
    assert example.id == f"ex_{run.removeprefix('run_')}"
    assert example.expected == {"output": {"team": "Curlew"}}
    assert example.answer == {"team": "Curlew"}
    assert example.comments == ("Hail is Curlew.",)
    assert (example.family, example.score, example.run) == ("hail-1", 0.0, run)


def test_a_run_called_right_is_its_own_right_answer(ledger: Ledger) -> None:
    """With the fields of the metric as what is checked and the whole answer as what is shown."""
    run = ledger.run("hail on my car")
    ledger.say(run, score=1.0)
    (example,) = ledger.mined().examples
    assert example.expected == {"output": {"team": "Bittern"}}
    assert example.answer == {"team": "Bittern", "reply": "Bittern will see to it"}
    assert example.score == 1.0


def test_the_newest_word_of_a_trusted_tier_counts(ledger: Ledger) -> None:
    """A customer's correction is never a right answer, however new."""
    run = ledger.run("hail on my car")
    ledger.say(run, score=1.0)
    ledger.say(run, score=0.0, correction={"team": "Curlew"})
    ledger.say(run, score=0.0, correction={"team": "Heron"}, tier="customer", comment="Always pay me.")
    (example,) = ledger.mined().examples
    assert example.expected == {"output": {"team": "Curlew"}}
    assert example.comments == ()


def test_what_must_stay_unseen_is_never_mined(ledger: Ledger) -> None:
    """Held-out runs and evaluations are left out, with the reason counted."""
    ledger.say(ledger.run("hail one", metadata={"pool": "held_out"}), score=1.0)
    ledger.say(ledger.run("hail two", origin="evaluation"), score=1.0)
    ledger.say(ledger.run("hail three"), score=0.0, tier="customer")
    mined = ledger.mined()
    assert mined.examples == ()
    assert mined.left_out == {"evaluation run": 1, "held out": 1, "no word of a trusted tier": 1}


def test_copies_are_dropped_and_alike_texts_are_one_family(ledger: Ledger) -> None:
    """A question asked twice counts once; a template with another name is the same family, another matter is not."""
    first = "hail has damaged the roof of my silver car in Bremen, what should I do now? Jonas"
    for text in (first, first.upper(), first.replace("Jonas", "Petra Huber-Lang"), "bill of May is too high"):
        ledger.say(ledger.run(text), score=1.0)
    examples = ledger.mined().examples
    assert len(examples) == 3
    assert examples[0].family == examples[1].family != examples[2].family


def test_turns_of_one_conversation_are_one_family_with_their_history(ledger: Ledger) -> None:
    """What was said before belongs to the case: it is not split from it, and the rollout gets it as history."""
    first = ledger.run("hail on my car", conversation_id="conv_1")
    second = ledger.run("fire in the kitchen as well, completely other words", conversation_id="conv_1")
    ledger.say(first, score=1.0)
    ledger.say(second, score=1.0)
    one, two = ledger.mined().examples
    assert one.family == two.family
    assert two.history == (first,)


def test_the_history_is_what_the_agent_was_really_told(ledger: Ledger) -> None:
    """A second turn that was accepted while the first one ran: a rollout must be told what the run was told."""

    async def both() -> list[str]:
        runtime = ledger.world.make_runtime(ledger.world.workspace, ledger.world.database)
        texts = ("hail on my car", "fire in the kitchen as well, completely other words")
        runs = [runtime.start(Start("desk", text, "conv_1")) for text in texts]
        for run in runs:
            await runtime.work(run)
        await runtime.close()
        return runs

    first, second = asyncio.run(both())
    ledger.say(second, score=1.0)
    (example,) = ledger.mined().examples
    assert example.history == (first,)


def test_a_night_sees_what_it_saw_whatever_is_said_later(ledger: Ledger) -> None:
    """`through` fixes the view; a later judgement neither changes it nor moves an earlier family."""
    run = ledger.run("hail on my car")
    ledger.recorder.append(run, judged("hail", right=False))
    before = ledger.mined()
    ledger.say(run, score=0.5)
    ledger.say(ledger.run("hail on my cart"), score=1.0)
    assert ledger.mined(before.through) == before
    assert ledger.mined().examples[0].family == before.examples[0].family
    assert ledger.mined().examples[0].expected == {"output": {"team": "Curlew"}}, "a later half mark corrects nothing"
