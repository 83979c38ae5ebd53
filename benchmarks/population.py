"""What a year of a small company's agents looks like: runs as streams of facts, the same for the same seed.

Five agents with three versions each, conversations of some turns, tools that now and then break, delegation, failed,
cancelled and waiting runs, costs, judgements. Words follow Zipf's law, so a common one is in most runs, `RARE` in one
of a thousand. Prevents: a ledger that is fast on rows that are all alike.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from ulid import ULID

from benchmarks.workload import RARE, Words
from traces.bulk import Stream
from traces.events import (
    Event,
    FeedbackGiven,
    ModelFailed,
    ModelReplied,
    ModelRequested,
    RunCancelled,
    RunDelegated,
    RunFailed,
    RunFinished,
    RunResumed,
    RunStarted,
    RunWaited,
    ToolCalled,
    ToolFailed,
    ToolReturned,
)
from traces.ids import digest_text
from traces.provenance import Provenance

Facts = list[tuple[datetime, Event]]


@dataclass(frozen=True)
class Agent:
    """One agent of the company: how much of the work is its, what it may call, what a token costs it."""

    name: str
    share: float
    tools: tuple[tuple[str, str, str], ...]
    """(tool, server, effect)."""
    price: float | None
    """US dollars a thousand tokens; None: no price is known for its model."""
    model: str


AGENTS: Final = (
    Agent("claims", 0.25, (("find_policy", "insurer", "read"), ("read_rules", "insurer", "read"),
                           ("refund", "insurer", "write")), 0.004, "m-large"),
    Agent("desk", 0.40, (("lookup_customer", "crm", "read"),), 0.0005, "m-small"),
    Agent("gifts", 0.15, (("search_products", "shop", "read"), ("reserve", "shop", "idempotent")), 0.0, "m-local"),
    Agent("search", 0.15, (("web_search", "web", "read"), ("fetch", "web", "read")), 0.002, "m-large"),
    Agent("triage", 0.05, (), None, "m-new"),
)  # fmt: skip

FAILURES: Final = (
    ("ToolServerLost", "the server of the tools went away"),
    ("ModelUnavailable", "the provider answered 529 four times"),
    ("LimitReached", "more than 12 steps"),
    ("OutputInvalid", "the answer has no field 'team'"),
)
REVIEWERS: Final = ("a.ito", "j.mensah", "m.keller", "s.ortiz")
LABELS: Final = ("wrong team", "too long", "made up", "rude", "good")


class Population:
    """Runs in the order they began, the last of them near `end`.

    Args:
        bundles: versions of each agent, oldest first.
        total: how many runs there are in all, evenly over the time.
        end: when the newest run began.
        days: how long ago the oldest did.
        seed: the same one gives the same runs.
    """

    def __init__(
        self, bundles: dict[str, list[str]], total: int, *, end: datetime, days: float = 90, seed: int = 7
    ) -> None:
        self._bundles = bundles
        self._total = total
        self._end, self._span = end, timedelta(days=days)
        self._seed = seed
        self._words = _text_without_end()
        self._begin_part(0)

    def _begin_part(self, first: int) -> None:
        self._random = random.Random(f"{self._seed}/{first}")
        self._open: dict[str, list[tuple[str, list[str]]]] = {agent.name: [] for agent in AGENTS}
        self._number = first

    def part(self, first: int, count: int) -> Iterator[Stream]:
        """So many runs from the one with number `first` on, which depend on no other part: conversations end with it.

        A run that was delegated counts, and follows the one that asked for it.
        """
        self._begin_part(first)
        begin, gap = self._end - self._span, self._span / self._total
        while (room := first + count - self._number) > 0:
            at = begin + gap * (self._number + self._random.random())
            for stream in self._asked(at, room):
                self._number += 1
                yield stream

    # --- one run -----------------------------------------------------------------------------------------------

    def _asked(self, at: datetime, room: int) -> Iterator[Stream]:
        agent = self._random.choices(AGENTS, [one.share for one in AGENTS])[0]
        run_id, (conversation, history) = self._id("run", at), self._conversation(agent, at)
        is_night = self._random.random() < 0.06
        started = RunStarted(
            agent=agent.name, bundle=self._bundle(agent, at), conversation_id=conversation, history=history[-6:],
            input=self._text(8, 60) + (f" {RARE}" if self._number % 1000 == 7 else ""),
            origin="evaluation" if is_night else "user",
            metadata={"channel": self._random.choice(("mail", "chat", "phone"))},
        )  # fmt: skip
        if room > 1 and agent.name == "desk" and self._random.random() < 0.1:
            yield from self._delegated(run_id, started, at)
            return
        yield run_id, self._run(agent, started, at)
        history.append(run_id)

    def _delegated(self, run_id: str, started: RunStarted, at: datetime) -> Iterator[Stream]:
        desk, claims = AGENTS[1], AGENTS[0]
        child, op = self._id("run", at + timedelta(seconds=2)), "delegate/1/claims/c1"
        asked = RunStarted(
            agent="claims", bundle=self._bundle(claims, at), conversation_id=started.conversation_id,
            input=self._text(8, 40), origin="delegation", parent_run_id=run_id, parent_op=op,
        )  # fmt: skip
        inner = self._run(claims, asked, at + timedelta(seconds=2), waits=False)
        facts, clock = [(at, started)], _Clock(at)
        self._step(facts, clock, desk, 1, started, calls=[("claims", {"request": asked.input}, "c1")])
        delegated = RunDelegated(
            op=op, step=1, agent="claims", tool="claims", request=asked.input, child_run_id=child
        )
        facts.append((clock.on(0.01), delegated))
        clock.now = inner[-1][0]
        returned = ToolReturned(op=op, step=1, tool="claims", result=self._text(5, 30), size=200, seconds=4.0)
        facts.append((clock.on(0.01), returned))
        self._step(facts, clock, desk, 2, started)
        facts.append((clock.on(0.01), RunFinished(output=self._answer(desk), seconds=clock.since(at))))
        yield run_id, facts
        yield child, inner

    def _run(self, agent: Agent, started: RunStarted, at: datetime, *, waits: bool = True) -> Facts:
        """All that became of a run. None is left open for a worker to take up: nobody could go on with what was never
        begun. One in some waits for a person, who has to say what became of a refund.
        """
        facts: Facts = [(at, started)]
        clock = _Clock(at)
        steps = self._random.choice((1, 1, 1, 2, 2, 3)) if agent.tools else 1
        fate = self._fate()
        write = next((tool for tool in agent.tools if tool[2] == "write"), None)
        if fate == "waiting":
            if write is not None and waits and started.origin == "user":
                return self._lost(facts, clock, agent, started, write)
            fate = "finished"
        for step in range(1, steps + 1):
            is_last = step == steps
            tool = None if is_last else self._tool(agent)
            call = [] if tool is None else [(tool[0], self._arguments(), f"c{step}")]
            if not self._step(facts, clock, agent, step, started, calls=call, breaks=is_last and fate == "failed"):
                break
            if tool is not None:
                self._call(facts, clock, tool, step, call[0][1])
        facts.append((clock.on(0.002), self._ending(agent, fate, clock, at)))
        if fate in {"finished", "failed"} and self._random.random() < 0.1:
            facts.append((clock.on(self._random.uniform(60, 90_000)), self._judgement(at, fate)))
        return [
            (moment, event) for moment, event in facts if moment <= self._end or not isinstance(event, FeedbackGiven)
        ]

    def _lost(
        self, facts: Facts, clock: "_Clock", agent: Agent, started: RunStarted, tool: tuple[str, str, Any]
    ) -> Facts:
        """A run whose worker died in the middle of a write."""
        arguments = self._arguments()
        self._step(facts, clock, agent, 1, started, calls=[(tool[0], arguments, "c1")])
        called = self._called(tool, 1, arguments)
        facts.append((clock.on(0.002), called))
        message = f"run stopped in the middle of 1 call(s) that may have changed something: {called.op}"
        waited = RunWaited(reason="outcome_unknown", ops=[str(called.op)], message=message)
        facts += [
            (clock.on(12.0), RunResumed(worker="generate", recorded_operations=1)), (clock.on(0.002), waited),
        ]  # fmt: skip
        return facts

    def _step(
        self, facts: Facts, clock: "_Clock", agent: Agent, step: int, started: RunStarted,
        *, calls: list[tuple[str, dict[str, Any], str]] = (), breaks: bool = False,  # type: ignore[assignment]
    ) -> bool:  # fmt: skip
        """One model request and its answer; gives whether there was one."""
        place: dict[str, Any] = {"op": f"model/{step}", "step": step}
        last = facts[-1][1]
        asked = (
            {
                "part_kind": "tool-return",
                "tool_name": last.tool,
                "content": last.result,
                "tool_call_id": f"c{step - 1}",
            }
            if isinstance(last, ToolReturned)
            else {"part_kind": "user-prompt", "content": started.input}
        )
        requested = ModelRequested(
            **place, model=agent.model, messages=[{"kind": "request", "parts": [asked]}],
            messages_before=2 * (step - 1), instructions=_INSTRUCTIONS[agent.name], tools=_TOOLS[agent.name],
            settings={"temperature": 0}, fingerprint=f"{self._random.getrandbits(128):032x}",
        )  # fmt: skip
        facts.append((clock.on(0.01), requested))
        seconds = self._random.lognormvariate(0.3, 0.6)
        if breaks:
            failed = ModelFailed(
                **place, model=agent.model, error="Overloaded", message="529: overloaded", seconds=seconds
            )
            facts.append((clock.on(seconds), failed))
            return False
        facts.append((clock.on(seconds), self._reply(place, agent, calls, seconds)))
        return True

    def _reply(
        self, place: dict[str, Any], agent: Agent, calls: list[tuple[str, dict[str, Any], str]], seconds: float
    ) -> ModelReplied:
        parts: list[dict[str, Any]] = [{"part_kind": "thinking", "content": self._text(6, 45)}]
        parts += [
            {"part_kind": "tool-call", "tool_name": tool, "args": arguments, "tool_call_id": call}
            for tool, arguments, call in calls
        ] or [{"part_kind": "text", "content": self._text(8, 50)}]
        into, out = int(self._random.lognormvariate(6.8, 0.5)), int(self._random.lognormvariate(4.6, 0.6))
        return ModelReplied(
            **place, model=agent.model, response={"kind": "response", "parts": parts, "model_name": agent.model},
            input_tokens=into, output_tokens=out, seconds=round(seconds, 3),
            cost=None if agent.price is None else round((into + 4 * out) * agent.price / 1000, 6),
        )  # fmt: skip

    def _call(
        self, facts: Facts, clock: "_Clock", tool: tuple[str, str, Any], step: int, arguments: dict[str, Any]
    ) -> None:
        name, called = tool[0], self._called(tool, step, arguments)
        place: dict[str, Any] = {"op": called.op, "step": step}
        facts.append((clock.on(0.002), called))
        seconds = self._random.lognormvariate(-1.5, 0.8)
        if self._random.random() < 0.01:
            failed = ToolFailed(**place, tool=name, error="ConnectionReset", message="the connection was reset")
            facts.append((clock.on(seconds), failed))
            return
        result = {"found": self._random.randrange(100), "text": self._text(5, 80)}
        returned = ToolReturned(
            **place, tool=name, result=result, size=200, seconds=round(seconds, 3),
            outcome="failed" if self._random.random() < 0.03 else "ok",
        )  # fmt: skip
        facts.append((clock.on(seconds), returned))

    def _called(self, tool: tuple[str, str, Any], step: int, arguments: dict[str, Any]) -> ToolCalled:
        name, server, effect = tool
        return ToolCalled(
            op=f"tool/{step}/{server}/{name}/c{step}", step=step, tool=name, server=server, arguments=arguments,
            call_id=f"c{step}", effect=effect, idempotency_key=f"{self._random.getrandbits(96):024x}",
        )  # fmt: skip

    def _ending(self, agent: Agent, fate: str, clock: "_Clock", at: datetime) -> Event:
        seconds = clock.since(at)
        if fate == "failed":
            error, message = self._random.choice(FAILURES)
            return RunFailed(error=error, message=message, hint="`strop resume` goes on.", seconds=seconds)
        if fate == "cancelled":
            return RunCancelled(provenance=self._person("no longer needed"), seconds=seconds)
        return RunFinished(output=self._answer(agent), seconds=seconds)

    # --- small things ------------------------------------------------------------------------------------------

    def _fate(self) -> str:
        return self._random.choices(("finished", "failed", "cancelled", "waiting"), (91.5, 5, 1.5, 2))[0]

    def _tool(self, agent: Agent) -> tuple[str, str, Any]:
        return self._random.choice(agent.tools)

    def _arguments(self) -> dict[str, Any]:
        return {"id": f"{self._random.randrange(10**6):06d}", "query": self._text(2, 8)}

    def _answer(self, agent: Agent) -> Any:
        text = self._text(8, 50)
        return {"team": self._random.choice(("Harbour", "Bridge", "Tower")), "reply": text} if agent.tools else text

    def _judgement(self, at: datetime, fate: str) -> FeedbackGiven:
        score = self._random.choice((0.0, 0.25, 0.5)) if fate == "failed" else self._random.choice((0.5, 0.75, 1, 1))
        return FeedbackGiven(
            feedback_id=self._id("fb", at), score=score, label=self._random.choice(LABELS),
            comment=self._text(3, 20), provenance=self._person(""),
        )  # fmt: skip

    def _person(self, reason: str) -> Provenance:
        return Provenance(by=self._random.choice(REVIEWERS), reason=reason)

    def _text(self, least: int, most: int) -> str:
        size = self._random.randint(least, most)
        start = self._random.randrange(len(self._words) - size)
        return " ".join(self._words[start : start + size])

    def _bundle(self, agent: Agent, at: datetime) -> str:
        """Each version serves for a third of the time."""
        versions = self._bundles[agent.name]
        age = (self._end - at) / self._span
        return versions[min(int((1 - age) * len(versions)), len(versions) - 1)]

    def _conversation(self, agent: Agent, at: datetime) -> tuple[str, list[str]]:
        """A new conversation, or the next turn of one that is open."""
        known = self._open[agent.name]
        if known and self._random.random() < 0.55:
            return self._random.choice(known)
        begun: tuple[str, list[str]] = (self._id("conv", at), [])
        known.append(begun)
        if len(known) > 40:
            known.pop(0)
        return begun

    def _id(self, prefix: str, at: datetime) -> str:
        moment = int(at.timestamp() * 1000).to_bytes(6, "big")
        return f"{prefix}_{str(ULID(moment + self._random.randbytes(10))).lower()}"


@cache
def _text_without_end() -> list[str]:
    """Texts are cut out of one long one: a million runs want some 150 words each."""
    return Words().text(2_000_000).split(" ")


class _Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def on(self, seconds: float) -> datetime:
        """So much later."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def since(self, start: datetime) -> float:
        """Seconds since a moment."""
        return round((self.now - start).total_seconds(), 3)


INSTRUCTION: Final = "You work for a small insurer and its shop. Say only what the tools told you. " * 8
_INSTRUCTIONS: Final = {agent.name: f"You are {agent.name}. {INSTRUCTION}" for agent in AGENTS}
_TOOLS: Final = {
    agent.name: [
        {"name": tool, "description": f"{tool} of {server}", "parameters_json_schema": {"type": "object"}}
        for tool, server, _ in agent.tools
    ]
    for agent in AGENTS
}


def long_run(bundle: str, at: datetime, steps: int) -> Stream:
    """One run of so many steps, each a model request and a tool call."""
    agent = AGENTS[3]
    people = Population({agent.name: [bundle]}, 1, end=at + timedelta(days=30), days=30)
    started = RunStarted(agent=agent.name, bundle=bundle, conversation_id="conv_long", input="count all sheep")
    facts, clock = [(at, started)], _Clock(at)
    for step in range(1, steps + 1):
        call = [("web_search", {"query": f"sheep {step}"}, f"c{step}")]
        people._step(facts, clock, agent, step, started, calls=call)
        people._call(facts, clock, agent.tools[0], step, call[0][1])
    facts.append((clock.on(1), RunFinished(output="none", seconds=clock.since(at))))
    return f"run_{str(ULID.from_datetime(at)).lower()}", facts


def large_run(bundle: str, at: datetime, size: int) -> Stream:
    """One run whose tool gave so many bytes back."""
    text = Words(3).text(size)
    op = "tool/1/web/fetch/c1"
    started = RunStarted(agent="search", bundle=bundle, conversation_id="conv_large", input="fetch the book")
    arguments = {"url": "https://books.example/1"}
    called = ToolCalled(
        op=op, step=1, tool="fetch", server="web", arguments=arguments, call_id="c1", effect="read",
        idempotency_key="k",
    )  # fmt: skip
    returned = ToolReturned(op=op, step=1, tool="fetch", result=text, size=size + 2, seconds=3.0)
    facts: Facts = [
        (at, started),
        (at + timedelta(seconds=1), called),
        (at + timedelta(seconds=4), returned),
        (at + timedelta(seconds=5), RunFinished(output="it is long", seconds=5.0)),
    ]
    return f"run_{str(ULID.from_datetime(at)).lower()}", facts


def made_up_bundles() -> dict[str, list[str]]:
    """Digests where no registry holds the versions."""
    return {agent.name: [digest_text(f"{agent.name} {number}") for number in range(3)] for agent in AGENTS}


NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""An `end` for who needs the same times again."""
