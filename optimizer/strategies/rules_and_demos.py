"""Rules and worked examples together: the rule says what the examples cannot show, and the other way round."""

from collections.abc import Iterator

from optimizer.strategies.demonstrations import bootstrapped
from optimizer.strategies.protocol import Candidate, SearchContext
from optimizer.strategies.selection import house_rules, showable, with_rules


def propose(context: SearchContext) -> Iterator[Candidate]:
    """All rules with each size of demonstrations."""
    rules = house_rules(context)[: context.settings.rules]
    if not rules or not showable(context):
        return
    for size in context.settings.demonstrations:
        bundle = with_rules(bootstrapped(context, size, context.settings.seed), rules)
        shown = len(bundle.demonstrations)
        yield Candidate(bundle, "rules_and_demos", f"{len(rules)} rules and {shown} reviewed examples")
