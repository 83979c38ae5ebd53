"""What a search looks at: bounded, the same each time, and nothing important first left out."""

from optimizer.examples import Example
from optimizer.sampling import looked_at


def example(name: str, score: float, family: str = "") -> Example:
    """One reviewed run."""
    return Example(name, "desk", name, f"run_{name}", "sha256:0", family or name, score=score)


def test_few_are_all_looked_at() -> None:
    """In the order given."""
    few = [example(str(at), at % 2) for at in range(10)]
    assert looked_at(few, 10) == tuple(few)


def test_mistakes_and_successes_in_turn_each_family_before_any_has_a_second() -> None:
    """Of a thousand: half went wrong, all families are there, and what no version got right is among them."""
    many = [example(f"{at}", float(at % 3 > 0), f"f{at % 60}") for at in range(1000)]
    seen = looked_at(many, 100, hard={"999"})
    assert len(seen) == 100
    assert {"999"} <= {one.id for one in seen}
    assert 48 <= sum(one.score == 0.0 for one in seen) <= 52
    assert len({one.family for one in seen}) == 60
    assert seen == looked_at(many, 100, hard={"999"})
    assert list(seen) == sorted(seen, key=lambda one: int(one.id))


def test_hard_cases_take_no_more_than_half() -> None:
    """A search that only sees what nobody ever got right learns nothing about the rest."""
    many = [example(str(at), float(at % 2)) for at in range(1000)]
    hard = {str(at) for at in range(0, 1000, 2)}
    assert sum(one.score == 1.0 for one in looked_at(many, 100, hard)) >= 25
