"""From strategies to the candidates that enter the race; prevents one talkative strategy from crowding out the rest.

Strategies are asked in turn, one candidate each, until the places are taken. Equal bundles, the incumbent itself and
what must not get into a prompt are left out before anything is paid for. A strategy that breaks, on a reflection
model's answer that nobody can read or on a mistake of its own, is left out and named: the others have their chance.
"""

from collections.abc import Iterator
from importlib import import_module

from agents.errors import StropError
from optimizer.settings import StrategyName
from optimizer.strategies.protocol import Candidate, SearchContext, Strategy
from traces.errors import LedgerError

SAID = 300
"""Characters that are told of what broke a strategy: dspy's errors carry the whole answer."""


def find_candidates(context: SearchContext) -> list[Candidate]:
    """At most `settings.candidates` different bundles, in the order found."""
    asked = [_whole(name, context) for name in context.settings.strategies]
    found: dict[str, Candidate] = {}
    seen = {context.incumbent.digest}
    for candidate in _in_turn(asked):
        digest = candidate.bundle.digest
        if digest in seen:
            continue
        seen.add(digest)
        refused = context.screen.objections(
            candidate.bundle, prompt_chars=context.settings.prompt_chars, strategy=candidate.strategy
        )
        if refused:
            context.say(f"{candidate.strategy}: left out ({candidate.note}): {refused[0]}")
            continue
        found[digest] = candidate
        if len(found) >= context.settings.candidates:
            break
    return list(found.values())


def load_strategy(name: StrategyName) -> Strategy:
    """The strategy of that name, imported when it is asked for: dspy takes seconds to import."""
    strategy: Strategy = import_module(f"optimizer.strategies.{name}").propose
    return strategy


def _whole(name: StrategyName, context: SearchContext) -> Iterator[Candidate]:
    """What the strategy proposes until it is done or breaks. A spent purse and what is away end the search."""
    try:
        yield from load_strategy(name)(context)
    except (StropError, LedgerError):
        raise
    except Exception as broken:
        context.say(f"{name}: left out, it broke: {type(broken).__name__}: {' '.join(str(broken).split())[:SAID]}")


def _in_turn(asked: list[Iterator[Candidate]]) -> Iterator[Candidate]:
    while asked:
        for one in list(asked):
            candidate = next(one, None)
            if candidate is None:
                asked.remove(one)
            else:
                yield candidate
