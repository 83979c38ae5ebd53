"""The right answer to every claim, worked out from the example's data by the house's rules.

Written apart from the example's own code on purpose: it reads the same files but shares no line with the
server, so a wrong sum in one of them shows.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import yaml

EXAMPLE = Path(__file__).parents[3] / "examples" / "insurer"


@dataclass(frozen=True)
class Verdict:
    """A decision, the amount in EUR, and the rule that decided."""

    decision: str
    amount: float
    rule: str


@dataclass(frozen=True)
class House:
    """The files of the example, by number."""

    products: dict[str, Any]
    policies: dict[str, Any]
    claims: dict[str, Any]

    @classmethod
    def read(cls) -> House:
        """Reads the example's data files."""
        data = EXAMPLE / "data"
        claims = [claim for path in sorted((data / "claims").glob("*.yaml")) for claim in _yaml(path)]
        return cls(
            _yaml(data / "products.yaml"),
            {policy["policy"]: policy for policy in _yaml(data / "policies.yaml")},
            {claim["id"]: claim for claim in claims},
        )

    def judge(self, number: str) -> Verdict:
        """What the house's rules say about a claim; the first rule that applies decides."""
        claim = self.claims[number]
        policy = self.policies[claim["policy"]]
        terms = {**self.products[policy["product"]], **policy}
        refused = _refusal(claim, terms)
        if refused:
            return Verdict("reject", 0.0, refused)
        doubt = _doubt(claim, terms)
        if doubt:
            return Verdict("investigate", 0.0, doubt)
        amount = _payable(claim, terms)
        return Verdict("approve", amount, "insured") if amount else Verdict("reject", 0.0, "below the deductible")


def cause_of(claim: dict[str, Any]) -> str:
    """The expert's cause where there is an expert, else the client's."""
    return str(_expert(claim).get("cause", claim["cause"]))


def damage_of(claim: dict[str, Any]) -> float:
    """The expert's figure, else the last paper that names one, else what the client asks for."""
    named = [paper["says"]["amount"] for paper in claim["documents"] if "amount" in paper["says"]]
    return float(_expert(claim).get("amount", named[-1] if named else claim["claimed"]))


def _refusal(claim: dict[str, Any], terms: dict[str, Any]) -> str | None:
    loss: datetime.date = claim["loss"]
    lapsed = terms.get("lapsed")
    if not terms["start"] <= loss <= terms["end"] or (lapsed and loss >= lapsed):
        return "not in force"
    if loss < terms["start"] + datetime.timedelta(days=terms["waiting_days"]):
        return "waiting period"
    if cause_of(claim) not in terms["covers"]:
        return "cause not insured"
    if (claim["reported"] - loss).days > terms["notice_days"]:
        return "reported late"
    return None


def _doubt(claim: dict[str, Any], terms: dict[str, Any]) -> str | None:
    if sum(points for points, _ in claim["signals"]) >= 70:
        return "fraud score"
    papers = [paper["says"] for paper in claim["documents"]]
    dates = {claim["loss"], *(says["date"] for says in papers if "date" in says)}
    causes = {says["cause"] for says in papers if "cause" in says}
    things = {says["item"] for says in papers if "item" in says}
    if max(len(dates), len(causes), len(things)) > 1:
        return "papers contradict each other"
    needed = terms["needs"].get(cause_of(claim))
    if needed and needed not in {paper["kind"] for paper in claim["documents"]}:
        return "a paper is missing"
    return None


def _payable(claim: dict[str, Any], terms: dict[str, Any]) -> float:
    rate = Decimal(str(terms["depreciation"].get(claim["item"], 0))) * claim.get("age", 0)
    amount = Decimal(str(damage_of(claim))) * (1 - min(rate, Decimal("0.8"))) * Decimal(str(terms["pays_share"]))
    if terms.get("value", 0) > terms.get("sum_insured", 0):
        amount = amount * terms["sum_insured"] / terms["value"]
    amount = min(amount, Decimal(terms["sub_limits"].get(claim["item"], 10**9)))
    amount = min(max(amount - terms["deductible"], Decimal(0)), Decimal(terms["limit"]))
    return float(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _expert(claim: dict[str, Any]) -> dict[str, Any]:
    reports = [paper["says"] for paper in claim["documents"] if paper["kind"] == "expert report"]
    return dict(reports[0]) if reports else {}


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
