"""The index of n-grams finds what comparing with every text finds."""

from hypothesis import given
from hypothesis import strategies as st

from optimizer.families import COPY, FAMILY, Nearest, grams

TEXTS = st.lists(st.text("ab c", max_size=14), max_size=12)


def likeness(one: str, other: str) -> float:
    """Jaccard similarity of two texts' n-grams."""
    a, b = grams(one), grams(other)
    return len(a & b) / len(a | b)


@given(TEXTS, st.text("ab c", max_size=14), st.sampled_from([FAMILY, COPY, 1.0]))
def test_the_nearest_is_the_oldest_of_the_most_alike(texts: list[str], asked: str, least: float) -> None:
    """And None where none is alike enough."""
    nearest = Nearest()
    for number, text in enumerate(texts):
        nearest.add(str(number), text)
    alike = [(-likeness(asked, text), number) for number, text in enumerate(texts) if likeness(asked, text) >= least]
    assert nearest.find(asked, least) == (str(min(alike)[1]) if alike else None)
