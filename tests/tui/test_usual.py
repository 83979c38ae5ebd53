"""What stands out in a call's arguments, beside what the tool was sent before."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tui.lines.usual import compared

VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=2))
CALLS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@given(CALLS, st.lists(CALLS, max_size=6))
def test_every_argument_is_told_once(arguments: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    """Whatever was sent before: each argument in its order, then only names that are missing."""
    found = [one.name for one in compared(arguments, earlier)]
    assert found[: len(arguments)] == list(arguments)
    assert not set(found[len(arguments) :]) & set(arguments)
    assert len(set(found)) == len(found)


@given(CALLS, st.integers(3, 8))
def test_what_was_always_sent_is_not_unusual(arguments: dict[str, Any], times: int) -> None:
    """The same call again has nothing that stands out."""
    assert not [one for one in compared(arguments, [arguments] * times) if one.unusual]


def test_what_stands_out() -> None:
    """An amount above all earlier ones, a new one of few values, a new name, and one that is missing."""
    earlier = [{"amount": amount, "to": "customer", "note": str(amount)} for amount in (40, 55, 60, 310)]
    found = {one.name: one for one in compared({"amount": 3100, "to": "garage", "force": True}, earlier)}
    assert found["amount"].told == "MORE than ever before (4 calls: 40 to 310, mostly about 60, 51.7 times that)"
    assert found["to"].told == "NEVER this before (4 calls, 1 value)"
    assert found["force"].told == "never given in 4 earlier calls"
    assert found["note"].told == "not given; 4 of 4 earlier calls had it"
    assert all(one.unusual for one in found.values())
    usual = {one.name: one for one in compared({"amount": 55, "to": "customer", "note": "x"}, earlier)}
    assert not any(one.unusual for one in usual.values())
    assert usual["note"].told == "another one each time (4 calls)"


def test_few_earlier_calls_say_nothing() -> None:
    """With no or two earlier calls there is no usual yet."""
    assert [one.told for one in compared({"a": 1}, [])] == ["the tool was never sent before"]
    assert [one.unusual for one in compared({"a": 9}, [{"a": 1}, {"b": 1}])] == [False]
