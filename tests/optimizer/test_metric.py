"""The metric in code: what counts as right, and what is said about what is not."""

import pytest

from agents.definitions import FieldCheck, Metric
from optimizer.metric import Call, can_score, score

FIELDS = Metric(fields={"team": FieldCheck(weight=3), "amount": FieldCheck(tolerance=0.01)})
CALLS = Metric(kind="calls")
TEXT = Metric(kind="text")


def test_fields_are_weighted_and_texts_compared_without_case() -> None:
    """Three of four parts of the weight are right: 0.75, and the feedback names the wrong field."""
    found = score(FIELDS, {"output": {"team": "Heron", "amount": 10}}, {"team": " heron ", "amount": 12})
    assert found.value == 0.75
    assert "amount" in found.feedback
    assert "10" in found.feedback


def test_numbers_within_their_tolerance_are_right() -> None:
    """The allowed difference is absolute, in the field's own unit."""
    assert score(FIELDS, {"output": {"amount": 10}}, {"amount": 10.005}).value == 1.0
    assert score(FIELDS, {"output": {"amount": 10}}, {"amount": 10.02}).value == 0.0


def test_a_partial_correction_checks_only_what_it_says() -> None:
    """A reviewer who corrected the team said nothing about the amount."""
    assert score(FIELDS, {"output": {"team": "Heron"}}, {"team": "Heron", "amount": -1}).value == 1.0


def test_without_named_fields_all_of_the_right_answer_counts() -> None:
    """A definition without `fields` compares what is known."""
    assert score(Metric(), {"output": {"a": 1, "b": 2}}, {"a": 1, "b": 3}).value == 0.5


def test_wanted_calls_take_any_of_the_listed_arguments() -> None:
    """A list of arguments means any of its values; a list that is the argument itself is equal to itself."""
    expected = {"calls": [{"tool": "add", "arguments": {"id": ["P1", "P7"]}}]}
    assert score(CALLS, expected, None, [Call("add", {"id": "P7", "n": 1})]).value == 1.0
    assert score(CALLS, expected, None, [Call("add", {"id": "P2"})]).value == 0.0
    assert score(CALLS, expected, None, [Call("add", {"id": ["P1", "P7"]})]).value == 1.0


def test_a_forbidden_call_makes_any_answer_wrong() -> None:
    """A right team after a payment that must not be made is no right run."""
    expected = {"output": {"team": "Heron"}, "no_calls": ["pay"]}
    found = score(FIELDS, expected, {"team": "Heron"}, [Call("pay", {})])
    assert found.value == 0.0
    assert "pay" in found.feedback


def test_half_of_the_wanted_calls_is_half_right() -> None:
    """Each wanted call counts alike."""
    expected = {"calls": [{"tool": "a"}, {"tool": "b"}]}
    assert score(CALLS, expected, None, [Call("a")]).value == 0.5


def test_text_is_compared_exactly_but_for_case_and_space() -> None:
    """A text metric knows no half."""
    assert score(TEXT, {"output": "Yes, it is."}, " yes,  it is. ").value == 1.0
    assert score(TEXT, {"output": "Yes"}, "Yes!").value == 0.0


def test_no_answer_is_wrong_not_an_error() -> None:
    """A run without an answer scores zero."""
    assert score(FIELDS, {"output": {"team": "Heron"}}, None).value == 0.0
    assert score(TEXT, {"output": "Yes"}, None).value == 0.0


@pytest.mark.parametrize(
    ("metric", "expected", "can"),
    [
        (FIELDS, {"output": {"reply": "Hello"}}, False),
        (FIELDS, {"output": {"team": "Heron"}}, True),
        (CALLS, {"output": {"team": "Heron"}}, False),
        (CALLS, {"no_calls": ["pay"]}, True),
        (TEXT, {"output": {}}, False),
    ],
)
def test_only_what_the_metric_checks_can_be_scored(metric: Metric, expected: dict[str, object], can: bool) -> None:
    """A correction of a field that the metric does not look at proves nothing."""
    assert can_score(metric, expected) is can
