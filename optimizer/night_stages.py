"""The stages of a night in their order, over the parts that do the work. Called by `optimizer.nightly`.

Every stage is planned from the settings and what is on record alone, so a resumed night walks the same way and finds
its rollouts paid.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agents.prompts.bundle import Bundle
from agents.prompts.proven import add_carrying, proven_with
from agents.prompts.store import get_bundle, name_draft
from optimizer.answers import read_heard
from optimizer.arms import Arms
from optimizer.carry import Look, carried, standing
from optimizer.estimate import estimate
from optimizer.evidence import Evidence, NoiseFloor
from optimizer.examples import Example, Pool
from optimizer.front import on_front
from optimizer.gate import Pair, detectable_effect, headroom, noise_floor
from optimizer.gate.verdict import points, said_price
from optimizer.mine import Mined, mine
from optimizer.night_log import NightLog
from optimizer.pins import Pins
from optimizer.pools import Pools, make_pools
from optimizer.progress import Progress, ProgressTold
from optimizer.proof import Case, Proof, prove
from optimizer.propose import detail_of, propose, write_evidence
from optimizer.purse import Amount, Purse, PurseEmpty
from optimizer.quarantine import Quarantine
from optimizer.race import Standing, in_rounds, planned, run_race
from optimizer.rollouts import Outcome, Rollouts
from optimizer.sampling import looked_at
from optimizer.screen import Screen, outside_of
from optimizer.search import find_candidates
from optimizer.settings import NightSettings
from optimizer.strategies.protocol import Candidate, Reflect, SearchContext, Trial, Tried
from optimizer.weights import weigh
from traces.events import CandidateFound, EvidenceWritten, RolloutScored
from traces.ids import short
from traces.signals import note_signals


@dataclass(frozen=True)
class Ended:
    """The night's last word."""

    verdict: str
    reasons: tuple[str, ...]
    proposal: str | None = None
    evidence: Evidence | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What stands beside the evidence of a version that a person gave, who is to propose it."""


class Stop(Exception):
    """The night ends here, honestly: there is nothing to gain, or nothing that can be shown."""

    def __init__(self, verdict: str, *reasons: str) -> None:
        super().__init__(verdict)
        self.ended = Ended(verdict, reasons)


@dataclass(frozen=True)
class Seen:
    """What strategies see of the reflect pool, what they may try of the select pool, and what was never got right.

    `screen` watches for what customers and tools said in those; what a person released may stand.
    """

    reflect: Sequence[Example]
    select: Sequence[Example]
    hard: Container[str]
    screen: Screen


class Night:
    """One night's work. `run` walks all stages."""

    def __init__(
        self, log: NightLog, settings: NightSettings, incumbent: Bundle, live: str, rollouts: Rollouts, purse: Purse,
        reflection: Reflect | None, progress: ProgressTold,
    ) -> None:  # fmt: skip
        self.log = log
        self.settings = settings
        self.incumbent = incumbent
        self.digest = incumbent.digest
        self.live = live
        self.rollouts = rollouts
        self.purse = purse
        self.reflection = reflection
        self.progress = progress
        self._told_by_strategies: list[str] = []
        self._seen: Seen | None = None

    def run(self) -> Ended:
        """Walk the stages to the end of the night."""
        try:
            pools = self._pools(self._mine())
            noise, replica, runs = self._noise(pools)
            if self.settings.candidate is not None:  # a person wrote it: there is nothing to look for
                winner = self._given(self.settings.candidate)
            else:
                self._headroom(pools, noise, replica, runs)
                winner = self._race(pools, self._search(pools, replica), replica)
            return self._prove(pools, self._carrying(*winner), noise, replica)
        except Stop as stop:
            return stop.ended

    # --- mine -------------------------------------------------------------------------------------------------

    def _mine(self) -> Mined:
        known = self.log.stage("mined")
        if known is None:
            note_signals(self.log.recorder, self.log.recorder.now())
        with self.log.database.reading() as session:
            through = None if known is None else int(known.facts["through"])
            mined = mine(
                session, self.log.agent, self.rollouts.metric, through=through, trusted=self.settings.trusted
            )
        self._reach(
            "mined", f"{len(mined.examples)} examples from reviewed runs",
            examples=len(mined.examples), left_out=dict(mined.left_out), through=mined.through,
            unheard={by: f"agreed {one.agreed} of {one.compared} times" for by, one in mined.unheard.items()},
        )  # fmt: skip
        return mined

    def _pools(self, mined: Mined) -> Pools:
        pins = Pins(self.log.recorder, self.log.agent).all()
        kept = self.log.kept_families()
        by_time = self.settings.by_time
        pools = make_pools(mined.examples, self.settings.shares, kept, self.log, pins=pins, by_time=by_time)
        sizes = {"reflect": len(pools.reflect), "select": len(pools.select), "sealed": len(pools.sealed)}
        said = ", ".join(f"{n} {name}" for name, n in sizes.items())
        foreseen = estimate(
            mined.examples, sizes, self.settings, reflects=self.reflection is not None,
            at_once=self.rollouts.at_once,
        )  # fmt: skip
        families = dict(pools.families)
        self._reach("pools", said, families=families, sealed_families=pools.sealed.n_families, sizes=sizes)
        self._reach("estimate", foreseen.told(), **foreseen.facts())
        if len(pools.sealed) < self.settings.least_examples or not pools.select or not pools.reflect:
            raise Stop(
                "no improvement",
                f"too few reviewed runs: {said} examples, and the proof needs {self.settings.least_examples} sealed "
                f"ones of families that nothing else has seen; review more runs",
            )
        return pools

    # --- noise and headroom -----------------------------------------------------------------------------------

    def _noise(self, pools: Pools) -> tuple[NoiseFloor, int, list[tuple[float, float]]]:
        """(A/A of the incumbent, the replica of it that later stages compare with, both scores of each example).

        Recorded runs stand for the incumbent only where a second run says the same every time: reviewed runs are
        often chosen by how they ended, and a chosen outcome of a wavering agent is not its rate.
        """
        sample = in_rounds(pools.select)[: self.settings.noise_examples]
        first = self._try(self.digest, sample, "select", "noise", 0)
        second = self._try(self.digest, sample, "select", "noise", 1)
        pairs = [
            Pair(one.id, one.family, a.score, b.score)
            for one, a, b in zip(sample, first, second, strict=True)
            if a.score is not None and b.score is not None
        ]
        if not pairs:
            raise Stop("undecided", "no rollout of the incumbent could be scored: the recordings cannot answer it")
        noise = noise_floor(pairs, seed=self.settings.seed)
        replica = 0 if noise.disagreement == 0 else 1
        self._reach(
            "noise", f"two runs of the incumbent differ on {noise.disagreement:.0%} of {noise.n} examples",
            noise=noise.model_dump(mode="json"), replica=replica,
        )  # fmt: skip
        return noise, replica, [(pair.before, pair.after) for pair in pairs]

    def _headroom(self, pools: Pools, noise: NoiseFloor, replica: int, runs: list[tuple[float, float]]) -> None:
        scores: list[tuple[float, ...]] = [*runs]
        if replica == 0:  # nothing wavers: each recorded outcome of the open pools counts, not only the A/A sample
            recorded = [one for one in (*pools.reflect, *pools.select) if one.bundle == self.digest]
            scores = [(one.score,) for one in recorded if one.score is not None] or scores
        effect = detectable_effect(
            len(pools.sealed), disagreement=noise.disagreement, replicas=self.settings.replicas,
            alpha=self.settings.gate.alpha,
        )  # fmt: skip
        room = headroom(scores, detectable=effect)
        self._reach("headroom", room.reason, repeatable=room.repeatable, detectable=room.detectable, n=room.n)
        if not room.enough:
            raise Stop("no improvement", "no headroom: " + room.reason)

    # --- search and race --------------------------------------------------------------------------------------

    def _search(self, pools: Pools, replica: int) -> list[tuple[str, Candidate]]:
        if self.log.stage("search") is not None:
            return self._found_before()
        entered = [(self._register(one), one) for one in find_candidates(self._context(pools))]
        while entered and not self._can_pay(self._plan(pools, len(entered), replica)):
            dropped = entered.pop()
            self._say("search", f"the purse cannot race {short(dropped[0])} ({dropped[1].strategy}) as well")
            if not entered:
                raise PurseEmpty("the purse cannot pay for racing one candidate and proving it")
        said = ", ".join(f"{short(digest)} {one.strategy}" for digest, one in entered) or "none"
        planned_rollouts = self._plan(pools, len(entered), replica)
        minutes = planned_rollouts * self.rollouts.pace() / 60
        self._reach(
            "search", f"{len(entered)} candidates: {said}; about {planned_rollouts} rollouts, {minutes:.1f} minutes",
            candidates=[digest for digest, _ in entered], planned=planned_rollouts,
            said=list(self._told_by_strategies),
        )  # fmt: skip
        return self._some(entered)

    def _found_before(self) -> list[tuple[str, Candidate]]:
        """The candidates of a search that is on record: what a strategy asked and tried is not gone through again."""
        known = self.log.stage("search")
        assert known is not None
        told = {one.bundle: one for one in self.log.all(CandidateFound)}
        with self.log.database.reading() as session:
            bundles = {digest: get_bundle(session, digest).bundle for digest in known.facts["candidates"]}
        self._tell("search", known.message, 0, 0)
        return self._some(
            [(name, Candidate(bundle, told[name].strategy, told[name].note)) for name, bundle in bundles.items()]
        )

    def _some(self, entered: list[tuple[str, Candidate]]) -> list[tuple[str, Candidate]]:
        if not entered:
            raise Stop("no improvement", "no strategy found a candidate within the limits")
        return entered

    def _plan(self, pools: Pools, candidates: int, replica: int) -> int:
        """Rollouts from the race to the end; the incumbent's are free where its recorded runs stand for it."""
        sealed = min(len(pools.sealed), self.settings.sealed_examples or len(pools.sealed))
        race = planned(candidates, self.settings.rungs, len(pools.select))
        own = self.settings.replicas if replica else self.settings.replicas - 1
        return race + sealed * (self.settings.replicas + own)

    def _can_pay(self, rollouts: int) -> bool:
        try:
            self.purse.check(Amount(rollouts=rollouts), seconds=rollouts * self.rollouts.pace())
        except PurseEmpty:
            return False
        return True

    def _register(self, candidate: Candidate) -> str:
        note = f"{candidate.strategy}: {candidate.note}"
        digest = self.rollouts.add(candidate.bundle, parent=self.digest, note=note)
        with self.log.database.writing() as session:  # a strategy that tried it did not know what it would be
            name_draft(session, digest, note)
        self.log.append(
            CandidateFound(op=f"candidate/{digest}", bundle=digest, strategy=candidate.strategy, note=candidate.note)
        )
        return digest

    def _context(self, pools: Pools) -> SearchContext:
        seen = self._looked_at(pools)
        if len(seen.reflect) < len(pools.reflect):
            self._said_by_strategy(f"strategies see {len(seen.reflect)} of {len(pools.reflect)} reviewed runs")
        return SearchContext(
            incumbent=self.incumbent, reflect=seen.reflect, select=seen.select, settings=self.settings,
            trial=trial_of(self.rollouts, self.digest, seen.reflect, seen.select), reflection=self.reflection,
            spent_out=lambda: not self._can_pay(1), say=self._said_by_strategy, carried=self._carried(pools),
            screen=seen.screen, hard=seen.hard,
        )  # fmt: skip

    def _said_by_strategy(self, text: str) -> None:
        self._told_by_strategies.append(text)
        self._say("search", text)

    def _looked_at(self, pools: Pools) -> "Seen":
        """One for the whole night: what a candidate could take words from was seen when it was looked for."""
        if self._seen is None:
            hard, most = self.rollouts.hard(), self.settings.looked_at
            reflect, select = looked_at(pools.reflect, most, hard), in_rounds(pools.select)[:most]
            quarantine = Quarantine(self.log.recorder, self.log.agent)
            said = outside_of((*reflect, *select), self._heard)
            screen = Screen(self.incumbent, said, quarantine.released(), quarantine.hold)
            self._seen = Seen(reflect, select, hard, screen)
        return self._seen

    def _heard(self, runs: Sequence[str]) -> Mapping[str, Sequence[str]]:
        with self.log.database.reading() as session:
            return read_heard(session, runs)

    def _carried(self, pools: Pools) -> tuple[Candidate, ...]:
        """Undecided candidates of earlier nights for which the sealed pool has something new to say."""
        found = carried(self._looks(), short(self.digest), pools.sealed.new_families)
        with self.log.database.reading() as session:
            bundles = {digest: get_bundle(session, digest).bundle for digest in found}
        return tuple(
            Candidate(bundles[digest], "carried", f"undecided after {state.nights} nights, e-value {e_value:.2g}")
            for digest, (state, e_value) in found.items()
        )

    def _race(self, pools: Pools, found: list[tuple[str, Candidate]], replica: int) -> tuple[str, Candidate]:
        order = in_rounds(pools.select)
        total = planned(len(found), self.settings.rungs, len(order))
        told = self._counter("race", total)

        def attempt(digest: str, examples: Sequence[Example], pool: Pool) -> list[Outcome]:
            if digest == self.digest:
                return self._try(digest, examples, pool, "race", replica)
            return self.rollouts.many(digest, examples, pool, told=told)

        standings = run_race(
            found, self.digest, order, self.settings.rungs, attempt, rules=self.settings.rules_of_gate
        )
        best = standings[0]
        self._reach("race", _said(best, len(found)), standings=_told(standings))
        dear = next((one for one in standings if one.dear and one.lead > 0), None)
        if best.lead <= 0 or best.dear:
            raise Stop("no improvement", _why_none(best, len(found)), *([_too_dear(dear)] if dear else []))
        return best.digest, best.candidate

    # --- proof ------------------------------------------------------------------------------------------------

    def _given(self, digest: str) -> tuple[str, Candidate]:
        """The version that this night was run for."""
        with self.log.database.reading() as session:
            stored = get_bundle(session, digest)
        candidate = Candidate(stored.bundle, "given", f"written by {stored.author}")
        self._reach("search", f"one candidate, given: {short(digest)}, by {stored.author}", candidates=[digest])
        return digest, candidate

    def _carrying(self, digest: str, candidate: Candidate) -> tuple[str, Candidate]:
        """The winner with the tools and the judge it is proven with inside it: what is proven is what is signed."""
        with self.log.database.reading() as session:
            bundle = proven_with(session, candidate.bundle, digest, self.rollouts.judges)
        if bundle is candidate.bundle:
            return digest, candidate
        with self.log.database.writing() as session:
            name = add_carrying(session, bundle, digest)
        return name, replace(candidate, bundle=bundle)

    def _prove(self, pools: Pools, winner: tuple[str, Candidate], noise: NoiseFloor, replica: int) -> Ended:
        digest, candidate = winner
        examples, number = pools.sealed.open(digest, self.digest)
        examples = tuple(in_rounds(examples)[: self.settings.sealed_examples])
        self._say("sealed", f"sealed pool opened for candidate {number} of this agent: {len(examples)} examples")
        before = self._replicas(self.digest, examples, replica)
        after = self._replicas(digest, examples, 0)
        arms = [Arms(one, *both) for one, *both in zip(examples, before, after, strict=True)]
        case = Case(
            agent=self.log.agent, incumbent=self.incumbent, candidate=candidate.bundle, metric=self.rollouts.metric,
            number=number, proposals=self._proposals(), noise=noise, reflect=pools.reflect,
            screen=self._looked_at(pools).screen, weights=self._weights(examples),
            state=standing(self._looks(), digest, short(self.digest)),
        )  # fmt: skip
        if not any(one.decidable for one in arms):
            raise Stop("undecided", "the recordings could not answer the candidate on any sealed example")
        proof = prove(arms, case, self.settings)
        return self._propose(digest, proof)

    def _propose(self, digest: str, proof: Proof) -> Ended:
        evidence = write_evidence(self.log, digest, proof)
        if self.settings.candidate is not None:
            self._reach("sealed", f"verdict: {proof.evidence.verdict}", delta=proof.evidence.delta, evidence=evidence)
            detail = detail_of(self.log, proof, incumbent=self.digest, live=self.live)
            return Ended(proof.evidence.verdict, proof.evidence.reasons, None, proof.evidence, detail)
        kept_back = propose(self.log, digest, proof, evidence, incumbent=self.digest, live=self.live)
        reasons = proof.evidence.reasons
        self._reach("sealed", f"verdict: {proof.evidence.verdict}", delta=proof.evidence.delta, evidence=evidence)
        if kept_back is not None and proof.evidence.verdict == "better":
            reasons = (*reasons, kept_back)
        return Ended(proof.evidence.verdict, reasons, None if kept_back else digest, proof.evidence)

    def _weights(self, examples: Sequence[Example]) -> dict[str, float]:
        with self.log.database.reading() as session:
            return weigh(session, self.log.agent, examples).of

    def _replicas(self, digest: str, examples: Sequence[Example], first: int) -> list[tuple[Outcome, ...]]:
        runs = [self._try(digest, examples, "sealed", "sealed", first + one) for one in range(self.settings.replicas)]
        return list(zip(*runs, strict=True))

    def _proposals(self) -> int:
        """How many candidates earlier nights have called better."""
        return sum(one.evidence.verdict == "better" for one in self._looks())

    def _looks(self) -> list[Look]:
        """What the gate said in earlier nights, newest first."""
        return [
            Look(one.bundle, Evidence.model_validate(one.evidence))
            for stream in self.log.earlier()
            for one in reversed(self.log.of_earlier(stream, EvidenceWritten))
        ]

    # --- telling ----------------------------------------------------------------------------------------------

    def _try(self, digest: str, examples: Sequence[Example], pool: Pool, stage: str, replica: int) -> list[Outcome]:
        told = self._counter(stage, len(examples))
        return self.rollouts.many(digest, examples, pool, replica=replica, told=told)

    def _counter(self, stage: str, total: int) -> Callable[[RolloutScored], None]:
        done = 0

        def told(scored: RolloutScored) -> None:
            nonlocal done
            done += 1
            self._tell(stage, "", done, total)

        return told

    def _reach(self, stage: str, message: str, **facts: object) -> None:
        self.log.reach(stage, message, **facts)
        self._tell(stage, message, 0, 0)

    def _say(self, stage: str, message: str) -> None:
        self._tell(stage, message, 0, 0)

    def _tell(self, stage: str, message: str, done: int, total: int) -> None:
        self.progress(Progress(stage, message, done, total, self.purse.seconds, self.purse.spent))


def trial_of(rollouts: Rollouts, incumbent: str, reflect: Sequence[Example], select: Sequence[Example]) -> Trial:
    """The way strategies try a bundle on one of these examples: as a rollout, paid and recorded."""
    pools: dict[str, tuple[Example, Pool]] = {one.id: (one, "reflect") for one in reflect}
    pools |= {one.id: (one, "select") for one in select}

    def trial(bundle: Bundle, name: str) -> Tried:
        digest = rollouts.add(bundle, parent=incumbent, note="tried by a strategy")
        outcome = rollouts.one(digest, *pools[name])
        scored = outcome.scored
        tokens = scored.input_tokens + scored.output_tokens
        return Tried(outcome.score, scored.feedback, outcome.output, tokens, scored.seconds)

    return trial


def _said(best: Standing, tried: int) -> str:
    who = f"{short(best.digest)} ({best.candidate.strategy}: {best.candidate.note})"
    figures = f"{best.before:.0%} -> {best.after:.0%} on {best.n} select examples"
    return f"{who} {figures}, p {best.adjusted_p:.2g} corrected for {tried} tried"


def _why_none(best: Standing, tried: int) -> str:
    if best.dear and best.lead > 0:
        return "every candidate that led the incumbent on the select pool is dearer than allowed"
    return f"no candidate led the incumbent on the select pool; the best: {_said(best, tried)}"


def _too_dear(one: Standing) -> str:
    """Who would have been ahead at another price, and how to allow it."""
    prices = ", ".join(said_price(ratio) for ratio in one.dear)
    keys = " and ".join(f"[nights] {ratio.name.removesuffix('s')}_limit" for ratio in one.dear)
    return f"{short(one.digest)} ({one.candidate.strategy}) leads by {points(one.lead)}, but {prices} ({keys})"


def _told(standings: Sequence[Standing]) -> list[dict[str, object]]:
    """All standings with whether each is on the front of quality, tokens and seconds, the incumbent beside them."""
    aims = {one.digest: (one.after, one.tokens, one.seconds) for one in standings if one.n}
    front = on_front(aims)
    return [{**_facts(one), "front": one.digest in front} for one in standings]


def _facts(one: Standing) -> dict[str, object]:
    return {
        "bundle": one.digest, "strategy": one.candidate.strategy, "note": one.candidate.note, "n": one.n,
        "diverged": one.diverged, "before": one.before, "after": one.after, "p": one.p, "adjusted_p": one.adjusted_p,
        "tokens": round(one.tokens, 1), "seconds": round(one.seconds, 3), "cost": one.cost,
        "tokens_before": round(one.tokens_before, 1), "dear": [said_price(ratio) for ratio in one.dear],
    }  # fmt: skip
