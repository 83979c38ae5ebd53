"""The task sets can carry a claim about held-out messages: nothing of them is seen in development."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from typing import Any

import pytest
import yaml

from tests.examples.insurer.files import read_lines, split_of
from tests.examples.insurer.oracle import EXAMPLE, House

AGENTS = ("desk", "claims")
TEAMS = {"Avocet", "Bittern", "Curlew", "Dunlin", "Heron", "Plover", "Sanderling", "Turnstone"}
NEAR = 0.6


def grams(text: str) -> frozenset[tuple[str, ...]]:
    """The word trigrams of a message, without punctuation, case and numbers."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def likeness(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    """Jaccard index of two sets of trigrams."""
    return len(one & other) / len(one | other) if one | other else 0.0


@pytest.mark.parametrize("agent", AGENTS)
def test_families_never_cross_the_split(agent: str) -> None:
    """A family is wholly in development or wholly held out, and ids are unique."""
    rows = read_lines("tasks", agent)
    assert not {row["family"] for row in split_of(rows, "dev")} & {row["family"] for row in split_of(rows, "heldout")}
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["split"] for row in rows} == {"dev", "heldout"}


def test_no_held_out_message_appears_in_development() -> None:
    """No desk message is the near-duplicate of another one, least of all across the split."""
    rows = read_lines("tasks", "desk")
    seen = [grams(row["turns"][0]) for row in rows]
    assert max(likeness(one, other) for one, other in combinations(seen, 2)) < NEAR


def test_corrections_speak_of_development_only() -> None:
    """Reviewers' corrections belong to dev tasks, agree with their right answers and quote no held-out text."""
    for agent in AGENTS:
        rows = read_lines("tasks", agent)
        dev = {row["id"]: row for row in split_of(rows, "dev")}
        held = [grams(row["turns"][0]) for row in split_of(rows, "heldout")]
        for correction in read_lines("corrections", agent):
            assert correction["task"] in dev
            assert correction["correction"] == dev[correction["task"]]["expected"]["output"]
            said = grams(correction["comment"])
            assert all(likeness(said, other) < NEAR for other in held)


def test_desk_is_large_and_balanced() -> None:
    """All eight teams in both splits, in like shares; enough messages to see a difference."""
    rows = read_lines("tasks", "desk")
    assert len({row["family"] for row in rows}) >= 60
    for split, least in (("dev", 190), ("heldout", 96)):
        teams = Counter(row["expected"]["output"]["team"] for row in split_of(rows, split))
        assert set(teams) == TEAMS
        assert sum(teams.values()) >= least
        assert max(teams.values()) - min(teams.values()) <= 2


def test_desk_answers_are_possible() -> None:
    """The desk's schema offers exactly the eight teams, team first."""
    desk = yaml.safe_load((EXAMPLE / "agents" / "desk.yaml").read_text(encoding="utf-8"))
    properties = desk["output_schema"]["properties"]
    assert list(properties) == ["team", "reply"]
    assert set(properties["team"]["enum"]) == TEAMS


def test_hand_overs_name_claims_of_their_own_split() -> None:
    """A message is handed over exactly if it asks for a decision by number, on a claim of the same split.

    To those, and to no others, the desk is offered the claims assistant.
    """
    desk = yaml.safe_load((EXAMPLE / "agents" / "desk.yaml").read_text(encoding="utf-8"))
    when = desk["strop"]["delegates"][0]["when"]
    claims = {split: str(split_of(read_lines("tasks", "claims"), split)) for split in ("dev", "heldout")}
    handed = 0
    for row in read_lines("tasks", "desk"):
        number = re.search(r"CL-\d{4}", row["turns"][0].upper())
        offered = bool(re.search(when, row["turns"][0]))
        assert offered == bool(number) == ("calls" in row["expected"]) == row["changes_state"]
        if number:
            handed += 1
            assert number.group() in claims[row["split"]]
            assert row["expected"]["output"]["team"] == "Bittern"
    assert handed >= 6


def test_claims_answers_agree_with_the_rules() -> None:
    """Every expected decision and amount is what the oracle works out from the data."""
    house = House.read()
    rows = read_lines("tasks", "claims")
    asked = []
    for row in rows:
        call = row["expected"]["calls"][0]
        (number,) = call["arguments"]["claim_id"]
        verdict = house.judge(number)
        assert number in row["turns"][0].upper()
        assert row["expected"]["output"] == {"decision": verdict.decision, "compensation": verdict.amount}, number
        assert call["tool"] == "record_decision"
        assert call["arguments"]["decision"] == [verdict.decision]
        asked.append(number)
    assert sorted(asked) == sorted(house.claims)
    assert len(asked) >= 60
    assert len({row["family"] for row in rows}) >= 10


def test_claims_have_every_decision_and_reason_on_both_sides() -> None:
    """All three decisions are in both splits, and every rule of the house decides some claim."""
    house = House.read()
    rows = read_lines("tasks", "claims")
    for split in ("dev", "heldout"):
        decisions = {row["expected"]["output"]["decision"] for row in split_of(rows, split)}
        assert decisions == {"approve", "reject", "investigate"}
    rules = {house.judge(number).rule for number in house.claims}
    assert rules == {
        "insured", "not in force", "waiting period", "cause not insured", "reported late", "fraud score",
        "papers contradict each other", "a paper is missing", "below the deductible",
    }  # fmt: skip


@pytest.mark.parametrize("fact", ["date", "item", "amount"])
def test_documents_say_what_the_index_says(fact: str) -> None:
    """What the index holds for a paper can be read in the paper's own words."""
    for claim, paper in _papers():
        if fact in paper["says"]:
            assert str(paper["says"][fact]) in paper["text"], (claim, paper["kind"], fact)


def test_claims_are_written_after_their_loss() -> None:
    """No loss is reported before it happens, and each client's story names the day of the loss."""
    for claim in House.read().claims.values():
        assert claim["loss"] <= claim["reported"]
        assert str(claim["loss"]) in claim["statement"]


def _papers() -> list[tuple[str, dict[str, Any]]]:
    claims = House.read().claims
    return [(number, paper) for number, claim in claims.items() for paper in claim["documents"]]
