"""Which reviewed examples and comments may be shown to a model, and in which order; prevents lopsided demonstrations.

Balanced over right answers: sixteen demonstrations of the commonest answer teach that answer. The order is fixed by
seed and id, so that the same night proposes the same bundles.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from agents.prompts.bundle import Bundle
from optimizer.examples import Example
from optimizer.program import as_text
from optimizer.strategies.protocol import SearchContext


def showable(context: SearchContext) -> list[Example]:
    """Examples that can stand as a demonstration: a known whole answer, no history, nothing that must not leak."""
    return [
        one
        for one in context.reflect
        if one.answer is not None
        and not one.history
        and not context.screen.shown(one.input + "\n" + as_text(one.answer))
    ]


def balanced(examples: Sequence[Example], seed: int) -> list[Example]:
    """All of them, taken in turn from each right answer; within one by digest of seed and id."""
    groups: defaultdict[str, list[Example]] = defaultdict(list)
    for example in sorted(examples, key=lambda one: _draw(seed, one.id)):
        groups[example.label].append(example)
    ordered = [groups[label] for label in sorted(groups, key=lambda label: _draw(seed, label))]
    longest = max(map(len, ordered), default=0)
    return [group[at] for at in range(longest) for group in ordered if at < len(group)]


def house_rules(context: SearchContext) -> tuple[str, ...]:
    """Reviewers' comments word for word, each once, the most frequent first, then in turn over right answers."""
    count: defaultdict[str, int] = defaultdict(int)
    first: dict[str, str] = {}
    source: dict[str, tuple[str, str]] = {}
    for example in balanced(context.reflect, context.settings.seed):
        for at, comment in enumerate(example.comments):
            key = comment.casefold().strip(" .")
            first.setdefault(key, comment)
            by = example.commented_by[at] if at < len(example.commented_by) else ""
            source.setdefault(key, (by, example.run))
            count[key] += 1
    known = {rule.casefold().strip(" .") for rule in context.incumbent.rules}
    keys = sorted(
        (key for key in first if key not in known), key=lambda key: -count[key]
    )  # stable: ties keep the turn
    fit = [
        key
        for key in keys
        if len(first[key]) <= context.settings.rule_chars
        and not context.screen.rule(first[key], f"{source[key][0]} on {source[key][1]}")
    ]
    return tuple(first[key] for key in _shared(fit, source, context.settings.rules))


def _shared(keys: Sequence[str], source: Mapping[str, tuple[str, str]], most: int) -> list[str]:
    """No more than half of the places for one person, where several had something to say."""
    people = {source[key][0] for key in keys}
    each = most if len(people) < 2 else max(1, most // 2)
    taken: Counter[str] = Counter()
    kept = []
    for key in keys:
        taken[source[key][0]] += 1
        if taken[source[key][0]] <= each:
            kept.append(key)
    return kept


def with_rules(bundle: Bundle, rules: Sequence[str]) -> Bundle:
    """The bundle with these rules after its own."""
    return bundle.with_(rules=[*bundle.rules, *rules])


def _draw(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}\0{name}".encode()).hexdigest()
