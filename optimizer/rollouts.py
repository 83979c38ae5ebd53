"""Trying one bundle on one example, on the deployed agent: the same runtime, recorded tool results, no side effect.

Prevents paying twice and guessing. A rollout is named (bundle, example, replica); what is on record in this night or
an earlier one of the agent is read, not run, and scored again with what is known to be right today. A call that the
recording cannot answer leaves the rollout without a score.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_all
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

import sqlalchemy as sa

from agents.definitions import Metric
from agents.errors import Halted, JournalDiverged, OutcomeUnknown, RunFailed, RunOwned
from agents.journal import ReplayMiss
from agents.prompts.bundle import Bundle, render
from agents.prompts.store import add_bundle, get_bundle
from agents.runtime import Answer, Runtime
from agents.starting import Start
from optimizer.answers import read_run
from optimizer.examples import Example, Pool
from optimizer.loop_thread import LoopThread
from optimizer.metric import Call, Score, score
from optimizer.night_log import NightLog
from optimizer.purse import Amount, Purse, PurseEmpty
from optimizer.till import NightTill
from traces.errors import LedgerError
from traces.events import RolloutScored
from traces.ids import digest_text, short
from traces.store import get_run
from traces.summary import RunSummary
from traces.tables import RUNS

CHARS_A_TOKEN: Final = 3.5
"""For estimates before a call; what is settled afterwards is counted, not estimated."""

FIRST_GUESS: Final = 2000
"""Tokens reserved for a request while none is known."""

Told = Callable[[RolloutScored], None]
Ended = Literal["ended", "miss"]
JudgeFn = Callable[[Example, str, Any], Score | None]
"""(example, run, its answer) -> how right it is; None where the judge said nothing that can be read."""


@dataclass(frozen=True)
class Outcome:
    """A scored rollout with what the agent answered."""

    scored: RolloutScored
    output: Any = None

    @property
    def score(self) -> float | None:
        """In [0, 1]; None where it cannot be known."""
        return self.scored.score


def rollout_key(bundle: str, example: str, replica: int) -> str:
    """The name under which a rollout is paid at most once."""
    return f"{bundle}:{example}:{replica}"


class Rollouts:
    """Makes, remembers and counts the rollouts of one night.

    Args:
        log: the night's stream.
        runtime: made inside the loop thread by the caller's factory; closed by `close`.
        metric: the agent's metric.
        purse: asked before each rollout.
        incumbent: digest of the bundle that serves now: its recorded runs count as its replica 0.
        concurrency: rollouts at once.
        judge: says what an answer is worth where no code can; asked outside of the loop. May be set later.
    """

    def __init__(
        self, log: NightLog, make_runtime: Callable[[], Runtime], metric: Metric, purse: Purse, *,
        incumbent: str, concurrency: int, judge: JudgeFn | None = None,
    ) -> None:  # fmt: skip
        self.log = log
        self.metric = metric
        self.purse = purse
        self.incumbent = incumbent
        self.judge = judge
        self.judges: tuple[str, ...] = ()
        """Digest of the version whose word `judge` gives."""
        self._prefix = f"run_{log.stream.removeprefix('night_')}_"
        self.thread = LoopThread()
        self._runtime = make_runtime()
        # The night's lease keeps others out; under its name a killed night's runs are taken up at once.
        self._runtime.worker = log.stream
        self._runtime.till = NightTill(purse, self._first_guess, self._check_budget)
        self._slots = asyncio.Semaphore(concurrency)
        self.at_once = concurrency
        self._known = {one.op: one for one in log.all(RolloutScored)}
        self._older = {
            one.op: one for stream in reversed(list(log.earlier())) for one in log.of_earlier(stream, RolloutScored)
        }
        self._flying: dict[str, asyncio.Task[Outcome]] = {}
        self._begun = self._runs_before()
        self._handing_on: dict[str, bool] = {}
        self._prompts: dict[str, float] = {}

    def close(self) -> None:
        """Stop what is under way (it can be resumed) and end the tool servers."""
        try:
            self.thread.run(self._runtime.close())
        finally:
            self.thread.close()
            self.log.flush()

    def pace(self) -> float:
        """Wall seconds a rollout has taken so far in this night; 0 before the first."""
        made = [one.seconds for one in self._known.values() if is_paid(self.log, one)]
        return sum(made) / len(made) / self.at_once if made else 0.0

    # --- asking for rollouts ----------------------------------------------------------------------------------

    def add(self, bundle: Bundle, *, parent: str, note: str) -> str:
        """Put a bundle into the registry as a draft, so that runs can name it."""
        with self.log.database.writing() as session:
            added = add_bundle(session, bundle, author="optimizer", author_kind="machine", parent=parent, note=note)
        self._prompts[added] = prompt_tokens(bundle)
        return added

    def hard(self) -> frozenset[str]:
        """Examples that two versions or more were tried on, in this night or earlier, and none got right."""
        best: dict[str, list[float]] = {}
        for one in (*self._older.values(), *self._known.values()):
            if one.score is not None:
                best.setdefault(one.example, []).append(one.score)
        return frozenset(name for name, scores in best.items() if len(scores) > 1 and max(scores) < 1.0)

    def one(self, bundle: str, example: Example, pool: Pool, replica: int = 0) -> Outcome:
        """Make one rollout and wait for it. Called from dspy's threads."""
        return self.thread.run(self._shared(bundle, example, pool, replica))

    def many(
        self, bundle: str, examples: Sequence[Example], pool: Pool, *, replica: int = 0, told: Told | None = None
    ) -> list[Outcome]:
        """One bundle on many examples, in their order.

        Raises:
            PurseEmpty, TooManyErrors: after those under way have come to their end.
        """
        work = [self._shared(bundle, example, pool, replica) for example in examples]
        return self._gather(work, told)

    def _gather(self, work: list[Coroutine[Any, Any, Outcome]], told: Told | None) -> list[Outcome]:
        futures: list[Future[Outcome]] = [self.thread.submit(one) for one in work]
        try:
            for future in futures:
                outcome = future.result()
                if told is not None:
                    told(outcome.scored)
        except PurseEmpty:  # what is under way is paid already: let it come to its end
            wait_all(futures)
            raise
        except BaseException:  # Ctrl-C too: what is under way stops at once, and goes on when the night is resumed
            for future in futures:
                future.cancel()
            raise
        return [future.result() for future in futures]

    # --- one rollout ------------------------------------------------------------------------------------------

    async def _shared(self, bundle: str, example: Example, pool: Pool, replica: int) -> Outcome:
        """Join the same rollout when it is under way already (dspy starts slow ones a second time)."""
        key = rollout_key(bundle, example.id, replica)
        task = self._flying.get(key)
        if task is None:
            task = asyncio.ensure_future(self._rollout(key, bundle, example, pool, replica))
            self._flying[key] = task
            task.add_done_callback(lambda _: self._flying.pop(key, None))
        return await task

    async def _rollout(self, key: str, bundle: str, example: Example, pool: Pool, replica: int) -> Outcome:
        found = await self._recorded(key, bundle, example, pool, replica)
        if found is not None:
            return found
        async with self._slots:
            reserved = self.purse.reserve(Amount(rollouts=1))  # its model requests are paid for one by one
            paid, error = Amount(), ""
            try:
                outcome = await self._made(key, bundle, example, pool, replica)
                paid = reserved
            except (asyncio.CancelledError, LedgerError, Halted):
                raise
            except Exception as broken:  # model or tool server away: unknown, not wrong, and tried again on resume
                error = f"{type(broken).__name__}: {broken}"
                outcome = Outcome(_broken(key, bundle, example, pool, replica, error))
            finally:
                self.purse.settle(reserved, paid, error=error)
            return outcome

    async def _recorded(self, key: str, bundle: str, example: Example, pool: Pool, replica: int) -> Outcome | None:
        """From this night, from the incumbent's own real run, or from an earlier night: nothing is paid."""
        known = self._known.get(key)
        if known is not None:
            return Outcome(known, self._output(known))
        own = replica == 0 and bundle == self.incumbent == example.bundle
        run_id = example.run if own else self._older[key].run_id if key in self._older else None
        if run_id is None:
            return None
        with self.log.database.reading() as session:
            run, recorded = get_run(session, run_id), read_run(session, run_id)
        diverged = not own and self._older[key].diverged
        how: Ended = "miss" if diverged else "ended"
        scored = await self._scored(key, bundle, example, pool, replica, run, recorded.output, recorded.calls, how)
        return Outcome(self._keep(scored), recorded.output)

    async def _made(self, key: str, bundle: str, example: Example, pool: Pool, replica: int) -> Outcome:
        run_id = f"{self._prefix}{short(digest_text(key))}"
        ask = Start(
            example.agent, example.input, origin="evaluation", bundle=bundle, replay_of=example.run,
            history=example.history,
            metadata={"night": self.log.stream, "example": example.id, "pool": pool, "replica": replica},
        )  # fmt: skip
        missed: str | None = None
        answer: Answer | None = None
        try:
            if run_id not in self._begun:
                # Where nothing came before, what was written a moment ago need not be read again.
                self._runtime.start(ask, run_id=run_id, hold=not example.history)
                self._begun.add(run_id)
            answer = await self._runtime.work(run_id)
        except ReplayMiss as miss:
            missed = miss.tool
        except (OutcomeUnknown, RunOwned, JournalDiverged):
            raise
        except RunFailed:  # the agent's own failure: limits, no usable answer. It counts as a wrong answer.
            pass
        run, output, calls = self._ended(run_id, answer)
        how: Ended = "ended" if missed is None else "miss"
        if missed is not None and missed in (example.expected.get("no_calls") or ()):
            how = "ended"  # the call itself was the mistake, whatever it would have returned
        scored = await self._scored(key, bundle, example, pool, replica, run, output, calls, how, missed)
        return Outcome(self._keep(scored), output)

    def _ended(self, run_id: str, answer: Answer | None) -> tuple[RunSummary, Any, Sequence[Call]]:
        """How a run ended: its row, its answer and its calls. Read only where the runtime has not told it already."""
        if answer is not None and not answer.run.tool_calls and not self._delegates(answer.run.bundle):
            return answer.run, answer.output, ()
        with self.log.database.reading() as session:
            run, recorded = get_run(session, run_id), read_run(session, run_id)
        return run, recorded.output, recorded.calls

    def _delegates(self, digest: str) -> bool:
        """Whether this bundle hands requests on to other agents: those are calls that its row does not count."""
        if digest not in self._handing_on:
            with self.log.database.reading() as session:
                self._handing_on[digest] = bool(get_bundle(session, digest).bundle.delegates)
        return self._handing_on[digest]

    def _runs_before(self) -> set[str]:
        """Runs that an earlier sitting of this night has begun: they are gone on with."""
        query = sa.select(RUNS.c.id).where(RUNS.c.id.startswith(self._prefix, autoescape=True))
        with self.log.database.reading() as session:
            return set(session.execute(query).scalars())

    async def _scored(
        self, key: str, bundle: str, example: Example, pool: Pool, replica: int, run: RunSummary, output: Any,
        calls: Sequence[Call], how: Ended, missed: str | None = None,
    ) -> RolloutScored:  # fmt: skip
        found = await self._judged(example, run, output, calls, how, missed)
        return RolloutScored(
            op=key, bundle=bundle, example=example.id, replica=replica, pool=pool,
            score=None if found is None else found.value,
            feedback="The recording had no answer for a call." if found is None else found.feedback,
            run_id=run.id, diverged=how == "miss", input_tokens=run.input_tokens, output_tokens=run.output_tokens,
            cost=run.cost, seconds=run.seconds or 0.0,
        )  # fmt: skip

    async def _judged(
        self, example: Example, run: RunSummary, output: Any, calls: Sequence[Call], how: str, missed: str | None
    ) -> Score | None:
        if how == "miss":
            return None
        if missed is not None:
            return Score(0.0, f"{missed} must not be called here.")
        if run.status != "finished":
            return Score(0.0, f"No answer: {run.error}")
        if self.judge is not None:
            return await asyncio.to_thread(self.judge, example, run.id, output)
        return score(self.metric, example.expected, output, calls)

    def _check_budget(self, agent: str) -> None:
        self._runtime.workspace.budgets.check(self.log.database, agent, datetime.now(UTC))

    # --- remembering ------------------------------------------------------------------------------------------

    def _keep(self, scored: RolloutScored) -> RolloutScored:
        self.log.later(scored)  # its run is on record: it can be scored again for nothing
        self._known[scored.op] = scored
        return scored

    def _output(self, scored: RolloutScored) -> Any:
        if scored.run_id is None:
            return None
        with self.log.database.reading() as session:
            return read_run(session, scored.run_id).output

    def _first_guess(self) -> float:
        """Tokens of a request while none is known: what is usual, and the longest prompt that was registered."""
        return FIRST_GUESS + max(self._prompts.values(), default=0.0)


def is_paid(log: NightLog, scored: RolloutScored) -> bool:
    """Whether this very night made the run, as opposed to reading it from another record."""
    return (scored.run_id or "").startswith(f"run_{log.stream.removeprefix('night_')}_")


def prompt_tokens(bundle: Bundle) -> float:
    """About how many tokens the bundle's prompt has."""
    return len(render(bundle)) / CHARS_A_TOKEN


def _broken(key: str, bundle: str, example: Example, pool: Pool, replica: int, error: str) -> RolloutScored:
    """Not written down: what broke is tried again when the night goes on."""
    return RolloutScored(
        op=key, bundle=bundle, example=example.id, replica=replica, pool=pool, score=None, feedback=error[:1000]
    )
