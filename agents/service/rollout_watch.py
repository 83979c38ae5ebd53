"""The watch over rollouts: reads what came of conversations, asks the judge, and takes back what does harm.

Everything it knows is on record, so it may be killed at any moment: the next look, here or in another service, finds
the same. A lease keeps two from doing the same work; where clocks are wrong and two do, a conversation is counted
once and a rollout ended once all the same. Prevents: a bad version that serves until somebody looks at a screen.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from agents.prompts.exposure import OpenConversation, count_conversation, list_open
from agents.prompts.outcomes import outcome_of
from agents.prompts.plan import Finding, JudgeMaker
from agents.prompts.record import decisions_stream
from agents.prompts.rollout import promote_candidate, take_back
from agents.prompts.rollout_store import Rollout, list_rollouts
from agents.prompts.store import find_live
from agents.runtime import Runtime
from agents.service.findings import Findings
from agents.service.shadows import Shadows
from agents.service.watcher import Watcher
from traces.errors import LedgerError, OperationTaken
from traces.events import ConversationCounted
from traces.leases import LEASE_SECONDS, claim, find_until, release
from traces.provenance import Provenance
from traces.store import list_feedback, list_refused, list_runs_of
from traces.summary import RunSummary

log = structlog.get_logger("strop.rollouts")

LOOK_SECONDS: Final = 1.0
"""How late an outcome is seen. Without a rollout under way a look is one query that finds nothing."""

WATCH: Final = "rollout watch"
"""Who the watch is in the record."""


class RolloutWatch:
    """Looks after the rollouts that are under way, while the service runs.

    Args:
        runtime: of the service; shadows are run on it, at the lowest priority.
        make_judge: makes the judge of a rollout.
    """

    def __init__(self, runtime: Runtime, make_judge: JudgeMaker) -> None:
        self.findings = Findings(make_judge)
        self.shadows = Shadows(runtime)
        self._runtime = runtime
        self._recorder = runtime.recorder
        self._database = runtime.database
        self._watcher = Watcher("rollouts", self._look_now, LOOK_SECONDS)
        self._held: set[str] = set()

    def open(self) -> None:
        """Begin to look."""
        self._watcher.open()

    async def close(self) -> None:
        """Stop; another service may go on at once."""
        await self.shadows.close()
        await self._watcher.close()
        with suppress(LedgerError):
            await asyncio.to_thread(self._give_back)

    async def _look_now(self) -> None:
        for rollout in await asyncio.to_thread(self.look):
            self.shadows.begin(rollout)

    def look(self) -> list[Rollout]:
        """One look at every rollout that is under way; gives the shadows among those that are ours to watch."""
        now = self._recorder.now()
        with self._database.reading() as session:
            active = list_rollouts(session, active=True, limit=1000)
        shadows = []
        for rollout in active:
            if not self._claim(rollout, now) or self._outdated(rollout):
                continue
            if rollout.mode == "shadow":
                shadows.append(rollout)
            else:
                self._count(rollout, now)
                self._act(rollout)
        return shadows

    # --- one rollout ----------------------------------------------------------------------------------------------

    def _claim(self, rollout: Rollout, now: datetime) -> bool:
        name = f"watch_{rollout.id}"
        with self._database.writing() as session:
            mine = claim(session, name, self._runtime.worker, now) is None
            # Held further ahead than anybody holds it: a clock was wrong. Two who watch do no harm, nobody would.
            mine = mine or find_until(session, name) > now + timedelta(seconds=3 * LEASE_SECONDS)
        (self._held.add if mine else self._held.discard)(name)
        return mine

    def _give_back(self) -> None:
        with self._database.writing() as session:
            for name in self._held:
                release(session, name, self._runtime.worker)

    def _outdated(self, rollout: Rollout) -> bool:
        """End it where another version went live meanwhile: it compares with what serves nobody any more."""
        with self._database.reading() as session:
            live = find_live(session, rollout.agent)
        if rollout.mode == "ab" or live is None or live.digest == rollout.control:
            return False
        self._take_back(rollout, ["another version went live, so there is nothing left to compare with"], None)
        return True

    def _count(self, rollout: Rollout, now: datetime) -> None:
        """Write down what came of each conversation that can be told by now."""
        with self._database.reading() as session:
            waiting = list_open(session, rollout.id)
            runs_of = list_runs_of(session, [one.conversation_id for one in waiting])
            turns = {name: _turns(runs, rollout.agent) for name, runs in runs_of.items()}
            ids = [run.id for runs in turns.values() for run in runs]
            judged, refused = list_feedback(session, ids), list_refused(session, ids)
        for one in waiting:
            runs = turns[one.conversation_id]
            below = _cost_below(runs, runs_of[one.conversation_id])
            values = outcome_of(rollout.plan, runs, judged, refused, below, now)
            if values is not None:
                self._write(rollout, one, values, runs)

    def _write(
        self, rollout: Rollout, one: OpenConversation, values: dict[str, float], runs: list[RunSummary]
    ) -> None:
        event = ConversationCounted(
            # Not the conversation's id: a person may be known by it, and what an operation is called stays for ever.
            op=runs[0].id, conversation_id=one.conversation_id, arm=one.arm, share=one.share,
            values=values, runs=[run.id for run in runs],
        )  # fmt: skip
        with suppress(OperationTaken):  # another watch was faster; what it wrote counts
            count_conversation(self._recorder, rollout.id, rollout.agent, event)

    def _act(self, rollout: Rollout) -> None:
        with self._database.reading() as session:
            finding = self.findings.of(session, rollout)
        if finding.verdict == "worse":
            self._take_back(rollout, list(finding.reasons), finding)
        elif rollout.mode == "canary" and _promotes(rollout, finding):
            by = Provenance(by=WATCH, actor="machine", reason="; ".join(finding.reasons))
            with self._database.writing() as session:
                promote_candidate(
                    session, self._recorder, rollout.id, by, reasons=finding.reasons, figures=figures_of(finding)
                )
            self._tell(rollout, "promoted", list(finding.reasons))

    def _take_back(self, rollout: Rollout, reasons: list[str], finding: Finding | None) -> None:
        by = Provenance(by=WATCH, actor="machine", reason="; ".join(reasons))
        with self._database.writing() as session:
            take_back(
                session, self._recorder, rollout.id, by, reasons=reasons, harm=finding is not None,
                figures=None if finding is None else figures_of(finding),
            )  # fmt: skip
        self._tell(rollout, "rolled back", reasons)

    def _tell(self, rollout: Rollout, what: str, reasons: list[str]) -> None:
        self._recorder.announce(rollout.id)
        self._recorder.announce(decisions_stream(rollout.agent))
        log.warning("rollout.ended", rollout=rollout.id, agent=rollout.agent, how=what, reasons=reasons)


def _turns(runs: list[RunSummary], agent: str) -> list[RunSummary]:
    """The agent's own among the runs of a conversation: asked by a person, or by another agent."""
    return [run for run in runs if run.agent == agent and run.origin in {"user", "delegation"}]


def _cost_below(turns: list[RunSummary], runs: list[RunSummary]) -> float:
    """US dollars of what was handed over by these turns: the id of such a run begins with that of the one above."""
    above = tuple(f"{run.id}." for run in turns)
    return sum(run.cost or 0.0 for run in runs if run.id.startswith(above))


def _promotes(rollout: Rollout, finding: Finding) -> bool:
    """Whether the plan that was signed lets the watch take the candidate live now."""
    wanted = {"person": set(), "better": {"better"}, "unharmed": {"better", "unharmed"}}[rollout.plan.promote]
    return finding.verdict in wanted


def figures_of(finding: Finding) -> dict[str, object]:
    """A finding as it is kept with a decision."""
    tests = {
        one.name: {"alpha": one.alpha, "z": one.z, "needed": one.needed, "alarm": one.alarm} for one in finding.tests
    }
    return {"difference": finding.difference, "interval": finding.interval and list(finding.interval), "tests": tests}
