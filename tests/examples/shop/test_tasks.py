"""The conversations are fit to judge by: right answers computed, the split clean, both strata there."""

import itertools
import json
import re
import tomllib
from collections import Counter
from typing import Any

import yaml

from tests.examples.shop.workspace import SHOP, load_oracle, read_lines

TASKS = read_lines("tasks/gifts.jsonl")
FAMILIES: list[dict[str, Any]] = yaml.safe_load((SHOP / "conversations.yaml").read_text(encoding="utf-8"))
TALKS = {talk["id"]: talk for family in FAMILIES for talk in family["talks"]}


def test_the_files_are_what_the_oracle_computes() -> None:
    """Nobody edits a right answer by hand."""
    for path, text in load_oracle().rendered().items():
        assert (SHOP / path).read_text(encoding="utf-8") == text, path


def test_there_is_enough_of_everything() -> None:
    """150 products, 25 people, 60 conversations of 2 to 4 turns in 15 families, both strata in both halves."""
    people = tomllib.loads((SHOP / "data" / "profiles.toml").read_text(encoding="utf-8"))["profile"]
    assert len(load_oracle().products()) >= 150
    assert len(people) >= 25
    assert len(TASKS) >= 60
    assert len({task["family"] for task in TASKS}) >= 15
    assert all(2 <= len(task["turns"]) <= 4 for task in TASKS)
    strata = Counter((task["split"], task["changes_state"]) for task in TASKS)
    assert min(strata[split, changes] for split in ("dev", "heldout") for changes in (True, False)) >= 6


def test_every_need_can_be_met_and_is_not_trivial() -> None:
    """Some product is right for each need, and at most a tenth of the catalogue is, so that luck does not pass."""
    most = len(load_oracle().products()) // 10
    for task in TASKS:
        for call in task["expected"].get("calls", []):
            if call["tool"] == "add_to_basket":
                assert 1 <= len(call["arguments"]["product_id"]) <= most, task["id"]


def test_right_products_hold_when_checked_one_by_one() -> None:
    """A second, plain reading of the needs agrees: in stock, within the price said, nothing to be avoided in it."""
    oracle = load_oracle()
    shelf = {product["id"]: product for product in oracle.products()}
    people = oracle.people()
    for talk_id, talk in TALKS.items():
        for need in talk.get("needs", []):
            person = people.get(need.get("person"), {})
            limit = need.get("max", person.get("budget", 10**6))
            for product_id in oracle.acceptable(need):
                product = shelf[product_id]
                has = set(re.split(r"[ -]", f"{product['contains']} {product['materials']}"))
                assert int(product["stock"]) >= 1, (talk_id, product_id)
                assert float(product["price"]) <= limit, (talk_id, product_id)
                assert not has & {*need.get("avoid", []), *person.get("avoid", [])}, (talk_id, product_id)
                assert product_id not in person.get("owns", []), (talk_id, product_id)


def test_prices_said_in_the_conversation_are_the_prices_judged_by() -> None:
    """A `max` that no turn says in figures or words would judge by something the agent cannot know."""
    words = {30: "thirty", 20: "twenty", 50: "fifty"}
    for talk_id, talk in TALKS.items():
        text = " ".join(talk["turns"]).lower()
        for need in talk.get("needs", []):
            if "max" in need:
                assert str(need["max"]) in text or words.get(need["max"], "\0") in text, talk_id


def test_what_was_not_asked_for_is_forbidden() -> None:
    """Ordering is right only where the customer orders; a conversation that changes nothing forbids every write."""
    for task in TASKS:
        forbidden = set(task["expected"]["no_calls"])
        asked = {call["tool"] for call in task["expected"].get("calls", [])}
        assert ("place_order" in forbidden) != bool(TALKS[task["id"]].get("order"))
        assert not forbidden & asked
        if not task["changes_state"]:
            assert forbidden == {"add_to_basket", "remove_from_basket", "place_order"}


def test_families_do_not_cross_the_split() -> None:
    """A family is either developed on or held out; ids are unique."""
    sides: dict[str, set[str]] = {}
    for task in TASKS:
        sides.setdefault(task["family"], set()).add(task["split"])
    assert all(len(split) == 1 for split in sides.values())
    assert len({task["id"] for task in TASKS}) == len(TASKS)


def test_nothing_held_out_is_nearly_something_developed_on() -> None:
    """No conversation resembles one across the split: Jaccard of word trigrams at most 0.6, character 5-grams too."""
    halves = {split: [task for task in TASKS if task["split"] == split] for split in ("dev", "heldout")}
    for one, other in itertools.product(halves["dev"], halves["heldout"]):
        for grams in (_word_trigrams, _character_grams):
            a, b = grams(one["turns"]), grams(other["turns"])
            assert len(a & b) / len(a | b) <= 0.6, (one["id"], other["id"])


def test_corrections_speak_of_development_tasks_only() -> None:
    """No reviewer's word leaks a held-out answer; each correction names a task that exists."""
    split = {task["id"]: task["split"] for task in TASKS}
    corrections = read_lines("corrections/gifts.jsonl")
    assert len(corrections) >= 15
    for row in corrections:
        assert split[row["task"]] == "dev"
        assert set(row) == {"task", "reviewer", "score", "label", "correction", "comment"}
        assert 0.0 <= row["score"] <= 1.0
        assert row["comment"]
    held_out = {product for task in TASKS if task["split"] == "heldout" for product in _only(task)}
    assert not {product for product in held_out if product in json.dumps(corrections)} - _acceptable("dev")


def _acceptable(split: str) -> set[str]:
    calls = [call for task in TASKS if task["split"] == split for call in task["expected"].get("calls", [])]
    return {product for call in calls for product in call["arguments"].get("product_id", [])}


def _only(task: dict[str, Any]) -> set[str]:
    calls = task["expected"].get("calls", [])
    return {ids[0] for call in calls if len(ids := call["arguments"].get("product_id", [])) == 1}


def _word_trigrams(turns: list[str]) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", " ".join(turns).lower())
    return set(zip(words, words[1:], words[2:], strict=False))


def _character_grams(turns: list[str]) -> set[str]:
    text = " ".join(turns).lower()
    return {text[i : i + 5] for i in range(len(text) - 4)}
