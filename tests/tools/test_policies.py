"""Policies: which one decides on a call, and that a condition can't be got around."""

import pytest
from pydantic import ValidationError

from tools.policies import Policy, judge

SMALL = Policy(tool="pay", when={"amount": {"maximum": 100}}, then="allow")
ASK = Policy(tool="pay", then="ask")
LARGE = Policy(tool="pay", when={"amount": {"exclusiveMinimum": 100}}, then="ask")


@pytest.mark.parametrize(
    ("amount", "then"), [(50, "allow"), (100, "allow"), (101, "ask"), ("50", "ask"), (None, "ask"), (True, "ask")]
)
def test_an_allowance_needs_what_surely_fits(amount: object, then: str) -> None:
    """A text, a truth value or nothing at all is not `at most 100`."""
    policy = judge([SMALL, ASK], "bank", "pay", {"amount": amount})
    assert policy is not None
    assert policy.then == then


@pytest.mark.parametrize(("arguments", "held"), [({"amount": 50}, False), ({"amount": 500}, True), ({}, True)])
def test_a_hold_needs_only_what_may_fit(arguments: dict[str, object], held: bool) -> None:
    """Leaving the argument out does not get around being asked about."""
    assert (judge([LARGE], "bank", "pay", arguments) is not None) is held


def test_patterns_of_names() -> None:
    """Tool and server may be patterns; the first policy that fits decides."""
    policies = [Policy(tool="delete_*", server="bank", then="deny"), Policy(then="ask")]
    assert [judge(policies, *names, {}).then for names in (("bank", "delete_all"), ("shop", "delete_all"))] == [  # type: ignore[union-attr]
        "deny", "ask",
    ]  # fmt: skip
    assert judge([ASK], "bank", "look", {}) is None


@pytest.mark.parametrize("when", [{"amount": {"maximum": "ten"}}, {"amount": 5}])
def test_a_condition_that_is_no_schema_is_refused(when: dict[str, object]) -> None:
    """At definition time, with the argument's name."""
    with pytest.raises(ValidationError, match="amount"):
        Policy(then="ask", when=when)  # type: ignore[arg-type]
