"""A planted world for nights: an agent on a scripted model whose answer depends on its prompt, and reviewed runs.

Each message names a topic; its right team is the house's own secret. The scripted model knows a topic's team only
from a demonstration or a rule in its prompt, so a better prompt exists exactly where the world says so.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_ai.messages import ModelMessage, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel

from agents.config import Workspace, load_workspace
from agents.prompts.bundle import Bundle
from agents.runtime import Runtime
from agents.starting import Start
from optimizer.nightly import NightResult, run_night
from optimizer.settings import NightSettings
from traces.db import Database
from traces.events import FeedbackGiven
from traces.ids import new_id
from traces.provenance import Provenance
from traces.recorder import Recorder

COUNTING = Path(__file__).parents[1] / "crash" / "counting_server.py"

TEAMS = {"hail": "Curlew", "fire": "Heron", "theft": "Dunlin", "bill": "Avocet"}

AGENT = """
name: desk
model: test
instructions: Route the message.
output_schema:
  type: object
  properties: {team: {type: string}, reply: {type: string}}
  required: [team]
strop:
  metric: {kind: fields, fields: {team: {weight: 1}}}
"""

Answer = Callable[[str, str], str]
"""(instructions as the model gets them, message) -> team."""


def learner(instructions: str, message: str) -> str:
    """Right where the prompt shows the topic with its team; else the wrong `Bittern`."""
    topic = message.split()[0]
    for line, after in zip(instructions.splitlines(), [*instructions.splitlines()[1:], ""], strict=True):
        if line.startswith(f"Input: {topic} ") and "Answer: " in after:
            return str(json.loads(after.removeprefix("Answer: "))["team"])
        if line.startswith(f"- {topic} is "):
            return line.removeprefix(f"- {topic} is ").strip(". ")
    return "Bittern"


def stubborn(instructions: str, message: str) -> str:
    """No prompt helps: a coin of the message decides, and half of all answers are wrong for good."""
    topic = message.split()[0]
    return TEAMS[topic] if random.Random(message).random() < 0.5 else "Bittern"


@dataclass
class World:
    """A workspace, its database and the scripted model's bill."""

    workspace: Workspace
    database: Database
    root: Path
    answer: Answer = learner

    def make_runtime(self, workspace: Workspace, database: Database) -> Runtime:
        """What nights run on."""
        return Runtime(workspace, database, make_model=lambda bundle: self.model(bundle))

    def model(self, bundle: Bundle) -> FunctionModel:
        """The scripted model; each reply is one line in asked.txt, which survives kill -9."""

        async def reply(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
            parts = [part for message in messages for part in message.parts]
            said = next(part.content for part in parts[::-1] if isinstance(part, UserPromptPart))
            note(self.root / "asked.txt", f"{bundle.digest} {said}")
            if info.function_tools and not any(isinstance(part, ToolReturnPart) for part in parts):
                look = json.dumps({"name": str(said).split()[0]})
                yield {0: DeltaToolCall(name="look", json_args=look, tool_call_id="look-1")}
                return
            team = self.answer(info.instructions or "", str(said))
            arguments = json.dumps({"team": team, "reply": f"{team} will see to it"})
            yield {0: DeltaToolCall(name="final_result", json_args=arguments, tool_call_id="call-1")}

        return FunctionModel(stream_function=reply, model_name="scripted")

    @property
    def asked(self) -> list[str]:
        """What the model was asked so far."""
        path = self.root / "asked.txt"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def play(
        self, families: int = 24, size: int = 5, *, comments: bool = True, review: str = "all", start: int = 0
    ) -> None:
        """Run messages and review them: wrong answers corrected, right ones scored 1. Families from `start` on."""
        asyncio.run(self._play(range(start, start + families), size, comments, review))

    async def _play(self, families: range, size: int, comments: bool, review: str) -> None:
        runtime = self.make_runtime(self.workspace, self.database)
        recorder = Recorder(self.database)
        topics = sorted(TEAMS)
        for number in families:
            topic = topics[number % len(topics)]
            for one in range(size):
                text = f"{topic} case {number} letter {one} with its own words {number * 37 + one}"
                metadata = {"family": f"{topic}-{number}"}
                answer = await runtime.run(Start("desk", text, metadata=metadata))
                right = answer.output["team"] == TEAMS[topic]
                if review == "wrong" and right:
                    continue
                recorder.append(answer.run.id, judged(topic, right, comments))
        await runtime.close()


def judged(topic: str, right: bool, comments: bool = True) -> FeedbackGiven:
    """What a reviewer says about an answer."""
    return FeedbackGiven(
        feedback_id=new_id("fb"),
        score=1.0 if right else 0.0,
        correction=None if right else {"team": TEAMS[topic]},
        comment=f"{topic} is {TEAMS[topic]}." if comments and not right else "",
        provenance=Provenance(by="m.keller"),
    )


def make_world(root: Path, database: Database, answer: Answer = learner, *, with_tools: bool = False) -> World:
    """Write the workspace's files and open it; `with_tools`: the agent looks something up before it answers."""
    (root / "agents").mkdir(parents=True)
    (root / "strop.toml").write_text('[workspace]\nname = "night"\n')
    (root / "agents" / "desk.yaml").write_text(AGENT + "  tools: [{server: counting}]\n" * with_tools)
    if with_tools:
        entry = {"command": sys.executable, "args": [str(COUNTING)], "env": {"COUNT_FILE": str(root / "counted.txt")}}
        (root / "mcp.json").write_text(json.dumps({"mcpServers": {"counting": entry}}))
    return World(load_workspace(root, dict(os.environ)), database, root, answer)


SMALL = NightSettings(
    rungs=(3, 6), noise_examples=4, least_examples=8, demonstrations=(4,), concurrency=1, candidates=3,
    strategies=("demonstrations", "rules", "order_format"), minutes=None,
)  # fmt: skip
"""A night of about forty rollouts for a world of 16 families of 2.

No cap in minutes: what a busy machine drops before the race would make two equal nights differ.
"""


def night(world: World, settings: NightSettings = SMALL, **options: Any) -> NightResult:
    """A night in this world, or the rest of one."""
    return run_night(
        world.workspace, "desk", settings, database=world.database, make_runtime=world.make_runtime, **options
    )


def note(path: Path, line: str) -> None:
    """One durable line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
