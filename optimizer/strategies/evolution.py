"""An evolutionary search over what people wrote: which house rules and which examples stand in the prompt.

A candidate's genes are its rules and demonstrations. Each generation the better half is kept and mixed: a child has
each gene of its parents with even chance, and one gene more or less. No model writes anything, so nothing can be
slipped in that no reviewer said. Scores are of the reflect pool; the race and the proof see other examples.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.prompts.bundle import Bundle
from optimizer.examples import Example
from optimizer.purse import PurseEmpty
from optimizer.race import in_rounds
from optimizer.strategies.protocol import Candidate, SearchContext
from optimizer.strategies.selection import balanced, house_rules, showable, with_rules

POPULATION = 6
GENERATIONS = 3
SAMPLE = 6
"""Reflect examples a child is tried on: most are told apart by their parents' scores already."""
BEST = 2


@dataclass(frozen=True)
class Genes:
    """Which rules and which demonstrations, by their place among those there are."""

    rules: frozenset[int]
    shown: frozenset[int]


def propose(context: SearchContext) -> Iterator[Candidate]:
    """The fittest of the last generation."""
    world = _World(context)
    if not world.rules and not world.shown:
        context.say("evolution: reviewers left neither a comment nor an answer that can stand in a prompt")
        return
    alive: list[Genes] = []
    try:
        for ranked in world.generations():
            alive = ranked
    except PurseEmpty as empty:
        context.say(f"evolution: stopped, {empty}")
    for genes in alive[:BEST]:
        bundle = world.bundle(genes)
        note = f"{len(genes.rules)} rules and {len(genes.shown)} examples, evolved"
        yield Candidate(bundle, "evolution", note)


class _World:
    """The genes there are, and how fit a choice of them is."""

    def __init__(self, context: SearchContext) -> None:
        self.context = context
        self.chance = random.Random(context.settings.seed)
        self.rules = house_rules(context)[: context.settings.rules]
        self.shown = balanced(showable(context), context.settings.seed)[
            : max(context.settings.demonstrations, default=8)
        ]
        self.sample: Sequence[Example] = in_rounds([one for one in context.reflect if one.scorable])[:SAMPLE]
        self.known: dict[Genes, float] = {}

    def generations(self) -> Iterator[list[Genes]]:
        """Each generation, the fittest first."""
        alive = self._first()
        for _ in range(GENERATIONS):
            ranked = sorted(dict.fromkeys(alive), key=lambda one: (-self._fitness(one), len(one.rules | one.shown)))
            yield ranked
            if self.known[ranked[0]] >= 1.0:  # nothing can be fitter
                return
            parents = ranked[: max(2, len(ranked) // 2)]
            alive = [*parents, *(self._child(parents) for _ in range(POPULATION - len(parents)))]

    def bundle(self, genes: Genes) -> Bundle:
        """The incumbent with these rules and demonstrations."""
        demonstrations = [
            {"input": one.input, "output": one.answer, "source": one.run}
            for one in (self.shown[at] for at in sorted(genes.shown))
        ]
        base = self.context.incumbent
        if demonstrations:
            base = base.with_(demonstrations=demonstrations)
        return with_rules(base, [self.rules[at] for at in sorted(genes.rules)])

    def _first(self) -> list[Genes]:
        every = Genes(frozenset(range(len(self.rules))), frozenset())
        return [every, *(self._drawn() for _ in range(POPULATION - 1))]

    def _drawn(self) -> Genes:
        half = [at for at in range(len(self.rules)) if self.chance.random() < 0.5]
        few = [at for at in range(len(self.shown)) if self.chance.random() < 0.5]
        return Genes(frozenset(half), frozenset(few))

    def _child(self, parents: Sequence[Genes]) -> Genes:
        one, other = self.chance.sample(list(parents), 2) if len(parents) > 1 else (parents[0], parents[0])
        return Genes(
            self._mixed(one.rules, other.rules, len(self.rules)), self._mixed(one.shown, other.shown, len(self.shown))
        )

    def _mixed(self, one: frozenset[int], other: frozenset[int], n: int) -> frozenset[int]:
        kept = (one & other) | {at for at in sorted(one ^ other) if self.chance.random() < 0.5}
        return kept ^ {self.chance.randrange(n)} if n else kept

    def _fitness(self, genes: Genes) -> float:
        if genes not in self.known:
            bundle = self.bundle(genes)
            # An example must not be solved by being shown: those in the prompt do not count.
            tried = [one for one in self.sample if one not in [self.shown[at] for at in genes.shown]] or self.sample
            scores = [self.context.trial(bundle, one.id).score for one in tried]
            told = [one for one in scores if one is not None]
            self.known[genes] = sum(told) / len(told) if told else 0.0
        return self.known[genes]
