"""Which products are right in which conversation: computed from the readable data alone.

Owns the right answers in `tasks/` and `corrections/`. It shares no code with the shop's search, so that a
mistake there cannot make itself right, and it never looks at what a model did.

    python oracle.py            write both from conversations.yaml
    python oracle.py --check    say whether they are what would be written
"""

from __future__ import annotations

import csv
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
SENT_TO = {"all": {"AT", "CH", "DE", "FR", "GB", "IT", "NL", "PL"}, "DE": {"DE"}}
SENT_TO["EU"] = SENT_TO["all"] - {"CH", "GB"}


def products() -> list[dict[str, str]]:
    """The catalogue as text."""
    with (HERE / "data" / "products.psv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="|", quoting=csv.QUOTE_NONE))


def people() -> dict[str, dict[str, Any]]:
    """The profiles by id."""
    known = tomllib.loads((HERE / "data" / "profiles.toml").read_text(encoding="utf-8"))["profile"]
    return {person["id"]: person for person in known}


def acceptable(need: dict[str, Any]) -> list[str]:
    """Ids of all products that meet a need, in the catalogue's order."""
    wanted = _with_profile(need)
    return [product["id"] for product in products() if all(_verdicts(product, wanted))]


def _with_profile(need: dict[str, Any]) -> dict[str, Any]:
    if "person" not in need:
        return {"avoid": [], "owns": [], "worn": {str(need.get("size", ""))}, **need}
    person = people()[need["person"]]
    profile = {
        "tags": person["likes"],
        "avoid": person["avoid"],
        "age": person["age"],
        "country": person["country"],
        "max": person["budget"],
        "owns": person["owns"],
        "worn": set(person["sizes"].values()),
    }
    return {**profile, **need}


def _verdicts(product: dict[str, str], need: dict[str, Any]) -> Iterator[bool]:
    first, last = map(int, product["ages"].split("-"))
    yield int(product["stock"]) > 0
    yield "only" not in need or product["id"] in need["only"]
    yield "category" not in need or product["category"] in need["category"]
    yield "tags" not in need or not set(need["tags"]).isdisjoint(product["tags"].split())
    yield "max" not in need or float(product["price"]) <= need["max"]
    yield "age" not in need or first <= need["age"] <= last
    yield "days" not in need or int(product["days"]) <= need["days"]
    yield "country" not in need or need["country"] in SENT_TO[product["ships"]]
    yield set(need["avoid"]).isdisjoint({*product["contains"].split(), *product["materials"].split()})
    yield product["id"] not in need["owns"]
    yield not product["sizes"] or bool(sizes_for(product, need["worn"]))


def sizes_for(product: dict[str, str], worn: set[str]) -> list[str]:
    """The ways to name the size that fits: as the catalogue writes it, and as it is worn."""
    for size in product["sizes"].split():
        if size == "one-size":
            return [size]
        low, dash, high = size.partition("-")
        fitting = [
            own for own in worn if own == size or (dash and own.isdigit() and int(low) <= int(own) <= int(high))
        ]
        if fitting:
            return sorted({size, *fitting})
    return []


def expected(talk: dict[str, Any]) -> dict[str, Any]:
    """The checkable right answer of a conversation, in the form of a task's `expected`."""
    calls = [{"tool": "get_product", "arguments": {"product_id": [one]}} for one in talk.get("look", [])]
    calls += [{"tool": "add_to_basket", "arguments": {"product_id": [one]}} for one in talk.get("first", [])]
    calls += [{"tool": "remove_from_basket", "arguments": {"product_id": [one]}} for one in talk.get("removed", [])]
    calls += [{"tool": "add_to_basket", "arguments": _arguments(need)} for need in talk.get("needs", [])]
    calls += [{"tool": "place_order", "arguments": {}}] if talk.get("order") else []
    writes = {"add_to_basket", "remove_from_basket", "place_order"} - {call["tool"] for call in calls}
    return {"calls": calls, "no_calls": sorted(writes)} if calls else {"no_calls": sorted(writes)}


def _arguments(need: dict[str, Any]) -> dict[str, list[Any]]:
    ids = acceptable(need)
    found: dict[str, list[Any]] = {"product_id": ids, "quantity": [1, None]}  # one piece: said, or left out
    if "size" not in need:
        return found
    sizes = {size for product in products() if product["id"] in ids for size in sizes_for(product, {need["size"]})}
    return {**found, "size": sorted(sizes)}


def families() -> list[dict[str, Any]]:
    """conversations.yaml as it was written."""
    written: list[dict[str, Any]] = yaml.safe_load((HERE / "conversations.yaml").read_text(encoding="utf-8"))
    return written


def tasks() -> list[dict[str, Any]]:
    """All conversations with their right answers."""
    return [
        {
            "id": talk["id"],
            "family": family["family"],
            "split": family["split"],
            "turns": talk["turns"],
            "expected": expected(talk),
            "changes_state": bool(talk.get("needs") or talk.get("first")),
        }
        for family in families()
        for talk in family["talks"]
    ]


def corrections() -> list[dict[str, Any]]:
    """What reviewers said, with the right calls beside it."""
    return [
        {
            "task": talk["id"],
            "reviewer": talk["review"]["by"],
            "score": 0.0,
            "label": talk["review"]["label"],
            "correction": expected(talk),
            "comment": talk["review"]["comment"],
        }
        for family in families()
        for talk in family["talks"]
        if "review" in talk
    ]


def rendered() -> dict[str, str]:
    """The text of each file that is computed, by its path in the workspace."""
    rows = {"tasks/gifts.jsonl": tasks(), "corrections/gifts.jsonl": corrections()}
    return {
        path: "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found) for path, found in rows.items()
    }


def main() -> int:
    """Write the computed files, or compare them with what would be written. Returns the exit code."""
    stale = 0
    for name, text in rendered().items():
        path = HERE / name
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{name} is stale: run python oracle.py")
            stale = 1
    return stale


if __name__ == "__main__":
    raise SystemExit(main())
