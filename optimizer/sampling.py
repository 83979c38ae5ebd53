"""Which reviewed runs a search looks at: never more than so many, however many there are. Pure.

Prevents a search that takes longer with each week of reviews. What is left out is still raced on and proven on, and
comes to its turn another night: the mistakes that no version got right yet go first, then other mistakes and things
done well in turn, each family before any has a second.
"""

from collections.abc import Container, Sequence
from itertools import zip_longest

from optimizer.examples import Example
from optimizer.race import in_rounds


def looked_at(examples: Sequence[Example], most: int, hard: Container[str] = frozenset()) -> tuple[Example, ...]:
    """At most `most` of them, in the order given. All of them where there are no more."""
    if len(examples) <= most:
        return tuple(examples)
    failed = [one for one in examples if one.score is not None and one.score < 1.0]
    first = in_rounds([one for one in failed if one.id in hard])
    wrong = in_rounds([one for one in failed if one.id not in hard])
    right = in_rounds([one for one in examples if one.score is None or one.score >= 1.0])
    in_turn = [one for both in zip_longest(wrong, right) for one in both if one is not None]
    chosen = {one.id for one in [*first[: most // 2], *in_turn, *first[most // 2 :]][:most]}
    return tuple(one for one in examples if one.id in chosen)
