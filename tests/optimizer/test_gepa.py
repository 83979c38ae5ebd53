"""GEPA's wiring with a scripted reflector: the deployed agent is what it tries, our purse is what it spends from.

The reflector copies what reviewers said into the instructions, so a gain shows that feedback arrives, nothing more.
"""

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agents.prompts.store import get_bundle
from optimizer.night_log import NightLog
from tests.crash.workshop import in_fork
from tests.optimizer.conftest import reopen
from tests.optimizer.night_world import SMALL, Answer, World, learner, night, note
from traces.db import open_database
from traces.events import CandidateFound, ModelReplied

SETTINGS = SMALL.model_copy(update={"strategies": ("gepa",), "gepa_rollouts": 40, "reflection_calls": 4})


def reflector(folder: Path, die_at: int | None = None) -> FunctionModel:
    """Writes an instruction with every rule that the feedback names; each question is one line in reflected.txt."""
    count = 0

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        nonlocal count
        count += 1
        note(folder / "reflected.txt", "asked")
        if count == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        question = "\n".join(
            str(part.content) for one in messages for part in one.parts if isinstance(part, UserPromptPart)
        )
        rules = sorted(set(re.findall(r"(\w+) is (Curlew|Heron|Dunlin|Avocet)\b", question)))
        text = "Route the message.\n" + "\n".join(f"- {topic} is {team}" for topic, team in rules)
        said = f"[[ ## new_instruction ## ]]\n{text}\n\n[[ ## completed ## ]]"
        if "Respond with a JSON object" in question:
            said = json.dumps({"new_instruction": text})
        return ModelResponse(parts=[TextPart(said)])

    return FunctionModel(reply, model_name="reflector")


def reflected(world: World) -> int:
    """How often the reflector was asked."""
    return len((world.root / "reflected.txt").read_text(encoding="utf-8").splitlines())


def test_reviewers_words_reach_the_instructions(world: World) -> None:
    """A candidate with rewritten instructions enters the race; every reflection is on record and paid for."""
    result = night(world, SETTINGS, reflection=reflector(world.root))
    log = NightLog(world.database, result.night, "desk")
    found = log.all(CandidateFound)
    assert [one.strategy for one in found]
    with world.database.reading() as session:
        texts = [get_bundle(session, one.bundle).bundle.instructions for one in found]
    assert any(" is " in text for text in texts)
    assert len(log.all(ModelReplied)) == reflected(world) <= SETTINGS.reflection_calls
    assert result.verdict in {"better", "undecided"}, result.reasons


def test_without_a_reflection_model_it_is_left_out_with_a_word(world: World) -> None:
    """The operator reads why; the night goes on with nothing to race."""
    told: list[str] = []
    result = night(world, SETTINGS, progress=lambda one: told.append(one.message))
    assert any("no reflection model" in text for text in told)
    assert result.verdict == "no improvement"


def test_killed_in_a_reflection_it_pays_for_no_reflection_twice(
    played_learner: Path, copy_world: Callable[[Path, Answer], World]
) -> None:
    """The search walks its recorded way again: rollouts and replies come from the ledger until it is past them."""
    world = copy_world(played_learner, learner)
    world.database.close()

    def work() -> None:
        other = reopen(world.root, open_database(world.database.url), learner)
        night(other, SETTINGS, reflection=reflector(world.root, die_at=2))

    assert in_fork(work) == -signal.SIGKILL
    before = len(world.asked)
    result = night(world, SETTINGS, reflection=reflector(world.root))
    log = NightLog(world.database, result.night, "desk")
    assert reflected(world) == len(log.all(ModelReplied)) + 1, "only the reflection under way is asked again"
    assert len(world.asked) == result.spent.rollouts, "no rollout from before the kill was made again"
    assert before > 0


def test_the_number_of_reflections_is_capped(world: World) -> None:
    """One question is all it may ask."""
    night(world, SETTINGS.model_copy(update={"reflection_calls": 1}), reflection=reflector(world.root))
    assert reflected(world) <= 1
