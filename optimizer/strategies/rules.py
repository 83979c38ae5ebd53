"""Reviewers' comments as house rules, word for word: nobody's summary stands between a reviewer and the model."""

from collections.abc import Iterator

from optimizer.strategies.protocol import Candidate, SearchContext
from optimizer.strategies.selection import house_rules, with_rules


def propose(context: SearchContext) -> Iterator[Candidate]:
    """All rules that fit, then only the third that is named most."""
    rules = house_rules(context)[: context.settings.rules]
    if not rules:
        context.say("rules: reviewers left no comment that can stand as a rule")
        return
    for count in dict.fromkeys((len(rules), max(1, len(rules) // 3))):
        note = f"{count} rules from reviewers' comments"
        yield Candidate(with_rules(context.incumbent, rules[:count]), "rules", note)
