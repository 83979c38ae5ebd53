"""The demo, act by act: play, correct, measure, a night, a decision, measure again. Prints whatever comes out.

Each act can be stopped and goes on where it was: runs are named, feedback is looked up, the night resumes itself.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from agents.assembly import open_runtime
from agents.config import Workspace
from agents.models.counted import replies_served
from agents.prompts.store import find_live
from agents.review import approve_proposal
from agents.runtime import Runtime
from agents.tasks import Correction, Task, load_corrections, load_tasks
from optimizer.evaluate import Evaluation, compare, evaluate
from optimizer.evidence import Evidence
from optimizer.evidence_text import render_evidence
from optimizer.gate import GateRules
from optimizer.nightly import NightResult, run_night
from optimizer.progress import Progress
from optimizer.settings import NightSettings
from traces.db import Database, open_database
from traces.feedback import Judgement, give_feedback
from traces.ids import short
from traces.store import list_feedback
from traces.verify import verify
from tui.commands.demo_plan import HELD_OUT, Plan, make_plan
from tui.commands.demo_play import Played, play_all
from tui.commands.demo_screen import Screen
from tui.commands.opening import signed

DESK: Final = "desk"
TRIAL: Final = 12
"""Conversations that are timed before the demo decides how many it plays."""

OTHERS: Final = (("claims", 2), ("gifts", 2))
"""What else is played, to be seen: agent and number of conversations."""


@dataclass
class Told:
    """What the summary says in the end."""

    started: float = field(default_factory=time.monotonic)
    plan: Plan | None = None
    before: Evaluation | None = None
    after: Evaluation | None = None
    others: dict[str, list[Played]] = field(default_factory=dict)
    night: NightResult | None = None
    approved: bool = False
    evidence: Evidence | None = None


class Story:
    """The demo on one workspace.

    Args:
        workspace: the demo's own.
        screen: where it is told.
        minutes: the time the whole may take.
        decide: asked with the proposal's digest; says whether a person approves.
    """

    def __init__(
        self, workspace: Workspace, screen: Screen, *, minutes: float, decide: Callable[[str], tuple[bool, str]]
    ) -> None:
        self.workspace = workspace
        self.screen = screen
        self.minutes = minutes
        self.decide = decide
        self.told = Told()
        self.database: Database = open_database(workspace.database_url)
        self.runtime: Runtime = open_runtime(workspace, self.database)
        self.model = workspace.model_for(workspace.agent(DESK))
        # An embedded model works on one reply at a time; a served one on several.
        self.at_once = workspace.local.slot_count() if self.model.startswith("local:") else 8
        with self.database.reading() as session:
            self.replies_at_start = verify(session).model_replies

    async def play(self) -> None:
        """Act 1 to 3: conversations and the packaged corrections."""
        try:
            dev = await self._play_desk()
            self._correct(dev)
            await self._play_others()
        finally:
            await self.runtime.close()

    async def _play_desk(self) -> list[Played]:
        tasks = self._learnable()
        with self.screen.act(1, f"The desk answers customers' messages ({self.model})", TRIAL) as bar:
            first = await self._desk(tasks[:1], bar)  # loads the model: not what a message takes
            begin = time.monotonic()
            first += await self._desk(tasks[1:TRIAL], bar)
            # A demo that goes on with what is there finds these played already: their own seconds count then.
            own = sum(one.seconds for one in first[1:]) / self.at_once
            seconds = max(time.monotonic() - begin, own) / (TRIAL - 1)
            plan = make_plan(seconds, self.minutes, self._minutes_gone(), len(tasks))
            self.told.plan = plan
            bar.total(plan.dev)
            rest = await self._desk(tasks[TRIAL : plan.dev], bar)
        self.screen.say(
            f"{plan.dev} messages at {seconds:.1f} s each; the whole should take about {plan.minutes:.0f} minutes"
        )
        return first + rest

    async def _desk(self, tasks: list[Task], bar: Any) -> list[Played]:
        return await play_all(self.runtime, DESK, tasks, at_once=self.at_once, told=lambda played: bar.step())

    def _learnable(self) -> list[Task]:
        """Dev messages with a packaged correction that one answer settles (no hand-over to the claims assistant)."""
        corrections = load_corrections(self.workspace.root, DESK)
        tasks = load_tasks(self.workspace.root, DESK, "dev")
        return [task for task in tasks if task.id in corrections and not task.expected.calls]

    def _correct(self, dev: list[Played]) -> None:
        corrections = load_corrections(self.workspace.root, DESK)
        with self.database.reading() as session:
            given = list_feedback(session, [one.runs[-1] for one in dev])
        right = 0
        with self.screen.act(
            2, "Reviewers correct the answers (corrections packaged with the example)", len(dev)
        ) as bar:
            for one in dev:
                right += one.score >= 1.0
                if not given[one.runs[-1]]:
                    give_feedback(self.runtime.recorder, one.runs[-1], judgement(one, corrections[one.task.id]))
                bar.step()
        self.screen.say(
            f"{right} of {len(dev)} were right; {len(dev) - right} got a correction with the house's rule"
        )

    async def _play_others(self) -> None:
        total = sum(number for _, number in OTHERS)
        with self.screen.act(3, "Some claims and some gift conversations, over their own tool servers", total) as bar:
            for agent, number in OTHERS:
                tasks = load_tasks(self.workspace.root, agent, "dev")[:number]
                played = await play_all(self.runtime, agent, tasks, at_once=1, told=lambda one: bar.step())
                self.told.others[agent] = played
        for agent, played in self.told.others.items():
            right = sum(one.score >= 1.0 for one in played)
            self.screen.say(f"{agent}: {right} of {len(played)} right. See one: strop runs show {played[0].runs[-1]}")

    def before(self) -> None:
        """Act 4: held-out messages on what is live now."""
        self.told.before = self._held_out("before", 4)

    def after(self) -> None:
        """Act 7: the same messages on what is live now; nothing is played anew where nothing changed."""
        self.told.after = self._held_out("after", 7) if self.told.approved else self.told.before

    def _held_out(self, when: str, number: int) -> Evaluation:
        tasks = [task for task in load_tasks(self.workspace.root, DESK, "heldout") if not task.expected.calls]
        with self.database.reading() as session:
            live = find_live(session, DESK)
        assert live is not None
        title = f"The desk {when}, on held-out messages that nobody learns from (version {short(live.digest)})"
        with self.screen.act(number, title, min(HELD_OUT, len(tasks))) as bar:
            return evaluate(
                self.workspace, self.database, live.digest, tasks[:HELD_OUT], name="demo",
                told=lambda done, total, scored: bar.step(),
            )  # fmt: skip

    def night(self) -> None:
        """Act 5: the optimizer looks for a better prompt and proves it on sealed examples, or says no."""
        settings = NightSettings(
            strategies=("rules_and_note", "rules_and_demos", "rules", "demonstrations"),
            candidates=4, rungs=(12, 24), minutes=max(3.0, self.minutes / 2),
            gate=GateRules(resamples=10_000, stratum_margin=0.2), token_limit=6.0,
        )  # fmt: skip
        with self.screen.act(
            5, "A night: mine, measure the noise, search, race, prove on sealed examples", 100
        ) as bar:

            def tell(step: Progress) -> None:
                bar.stage(step.stage, step.message, step.done, step.total)

            self.told.night = run_night(self.workspace, DESK, settings, tell, database=self.database)
        night = self.told.night
        self.screen.verdict(night.verdict, night.reasons)
        if night.evidence is not None:
            self.screen.text(render_evidence(night.evidence))

    def decision(self) -> None:
        """Act 6: a person decides on the proposal."""
        night = self.told.night
        assert night is not None
        self.screen.heading(6, "The decision")
        if night.proposal is None:
            self.screen.say("nothing was proposed: the live version stays")
            return
        yes, reason = self.decide(night.proposal)
        if not yes:
            self.screen.say(f"not approved; it waits in `strop tui` ({short(night.proposal)})")
            return
        rules = self.workspace.governance.rules_for(DESK)
        approve_proposal(self.runtime.recorder, night.proposal, signed(self.workspace, reason), rules=rules)
        self.told.approved = True
        self.screen.say(f"{short(night.proposal)} is live, by {self.workspace.user}: {reason}")

    def compare(self) -> Evidence:
        """Before and after on the held-out messages, paired by message and clustered by family."""
        assert self.told.before is not None
        assert self.told.after is not None
        self.told.evidence = compare(self.told.before, self.told.after, GateRules(resamples=20_000))
        return self.told.evidence

    def summary(self) -> dict[str, Any]:
        """What `summary.json` holds. Counts of replies are of this process: what it asked and what it recorded."""
        with self.database.reading() as session:
            report = verify(session)
        evidence, night = self.told.evidence, self.told.night
        agents: dict[str, Any] = {}
        if evidence is not None and night is not None:
            agents[DESK] = {
                "verdict": night.verdict, "reasons": list(night.reasons), "approved": self.told.approved,
                "n": evidence.n, "before": evidence.before, "after": evidence.after, "delta": evidence.delta,
                "interval": [evidence.interval.low, evidence.interval.high], "level": evidence.interval.level,
                "gained": evidence.gained, "lost": evidence.lost, "night": night.night, "proposal": night.proposal,
            }  # fmt: skip
        for agent, played in self.told.others.items():
            mean = sum(one.score for one in played) / len(played) if played else None
            agents[agent] = {
                "verdict": "no night was run", "n": len(played), "before": mean, "after": None, "interval": None,
            }  # fmt: skip
        return {
            "model": self.model,
            "seconds": round(time.monotonic() - self.told.started, 1),
            "runs": report.runs,
            "model_replies_served": replies_served(),
            "model_replies_in_ledger": report.model_replies - self.replies_at_start,
            "resumed": self.replies_at_start > 0,
            "ledger_whole": report.whole,
            "problems": report.problems[:20],
            "plan": asdict(self.told.plan) if self.told.plan else None,
            "agents": agents,
        }

    def _minutes_gone(self) -> float:
        return (time.monotonic() - self.told.started) / 60


def judgement(played: Played, correction: Correction) -> Judgement:
    """What the packaged reviewer says about an answer: right, or the right answer and the house's rule."""
    if played.score >= 1.0:
        return Judgement(by=correction.reviewer, score=1.0)
    return Judgement(
        by=correction.reviewer, score=0.0, label=correction.label, correction=correction.correction,
        comment=correction.comment,
    )  # fmt: skip


def write_summary(folder: Path, summary: dict[str, Any]) -> Path:
    """Write `summary.json` whole or not at all."""
    path = folder / "summary.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return fresh.replace(path)
