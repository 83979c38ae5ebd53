"""The race: who goes on to the proof, and who is too dear to."""

from collections.abc import Sequence

import pytest

from agents.prompts.bundle import Bundle
from optimizer.examples import Example, Pool
from optimizer.gate import GateRules
from optimizer.race import Standing, run_race
from optimizer.rollouts import Outcome
from optimizer.strategies.protocol import Candidate
from traces.events import RolloutScored

EXAMPLES = [
    Example(id=f"ex_{at}", agent="desk", input=str(at), run=f"run_{at}", bundle="", family=f"like {at}", score=0.0)
    for at in range(20)
]
RIGHT = {"incumbent": 8, "cheap": 12, "dear": 18}
"""Of the twenty, how many each gets right."""

TOKENS = {"incumbent": 100, "cheap": 120, "dear": 900}


def attempt(digest: str, examples: Sequence[Example], pool: Pool) -> list[Outcome]:
    """What each did, without chance."""
    return [
        Outcome(RolloutScored(
            bundle=digest, example=one.id, replica=0, pool=pool, input_tokens=TOKENS[digest],
            score=float(int(one.input) * 7 % 20 < RIGHT[digest]),
        ))
        for one in examples
    ]  # fmt: skip


def race(*names: str, rules: GateRules | None = None) -> list[Standing]:
    """These against the incumbent, in two rounds."""
    entered = [(name, Candidate(Bundle(agent="desk", instructions=name, model="m"), "rules", name)) for name in names]
    return run_race(entered, "incumbent", EXAMPLES, (10, 20), attempt, rules=rules or GateRules())


def test_the_larger_lead_wins() -> None:
    """Where nobody set a limit, price decides nothing."""
    assert [one.digest for one in race("cheap", "dear")] == ["dear", "cheap"]


def test_who_is_dearer_than_allowed_stands_behind() -> None:
    """It takes nine times the tokens for twice as many right: above a limit of 3, below one of 5."""
    first, last = race("dear", "cheap", rules=GateRules(token_limit=3.0))
    assert (first.digest, first.dear) == ("cheap", ())
    (price,) = last.dear
    assert price.ratio == pytest.approx(4.5)  # it left after ten, of which 5 and 10 were right
    assert race("dear", "cheap", rules=GateRules(token_limit=5.0))[0].digest == "dear"
