"""The insurer's own MCP server (stdio): claims, policies, documents, fraud screening, sums and decisions.

A program of its own over its own SQLite database (INSURER_DB, seeded on the first start). The tools answer in
sentences with the finding first, because their readers are language models, some of them small. Only
record_decision writes.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import casefiles
import decisions
import seed
import terms
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

IDEMPOTENCY_KEY = "strop/idempotencyKey"
FRAUD_THRESHOLD = 70  # regulation R-06
READ = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
WRITE = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)

ClaimId = Annotated[str, Field(description="number of the claim, like CL-2001")]

app = MCPServer("insurer", instructions="Claims and policies of Vogelsang Mutual.")


def database() -> Path:
    """Where the database is: INSURER_DB, or .strop/insurer.db beside this file."""
    return Path(os.environ.get("INSURER_DB") or Path(__file__).parent / ".strop" / "insurer.db")


@contextlib.contextmanager
def connected() -> Iterator[sqlite3.Connection]:
    """One connection for one call; what the readers cannot find becomes an error the model can read."""
    db = sqlite3.connect(database(), timeout=20, isolation_level=None)
    db.row_factory = sqlite3.Row
    try:
        yield db
    except (casefiles.NotFoundError, decisions.RefusedError) as error:
        raise ToolError(str(error)) from error
    finally:
        db.close()


@app.tool(annotations=READ)
def get_claim(claim_id: ClaimId) -> str:
    """Read a claim: policy number, date of loss, days until it was reported, cause and list of documents."""
    with connected() as db:
        claim = casefiles.get_claim_row(db, claim_id)
        papers = casefiles.list_papers(db, claim["claim"])
    kinds = ", ".join(f"{paper['kind']} {paper['document']}" for paper in papers)
    days = (_day(claim["reported"]) - _day(claim["loss"])).days
    return (
        f"Claim {claim['claim']} on policy {claim['policy']}. "
        f"Date of loss {claim['loss']}, reported {days} days later. Cause by the client: {claim['cause']}. "
        f"Item: {claim['item']}. Client asks for {claim['claimed']:.2f} EUR.\n"
        f"Client says: {claim['statement']}\nDocuments: {kinds}."
    )


@app.tool(annotations=READ)
def read_document(
    document_id: Annotated[
        str, Field(description="a claim number (CL-2001) for its whole file, or one document (D-2001-1)")
    ],
) -> str:
    """Read the papers of a claim: expert report, invoice, police report, photo captions."""
    with connected() as db:
        papers = casefiles.list_papers(db, document_id)
    return "\n".join(f"[{paper['kind']}, {paper['author']}, {paper['dated']}] {paper['text']}" for paper in papers)


@app.tool(annotations=READ)
def get_policy(
    policy: Annotated[str, Field(description="number of the policy, like H-7001")],
    date_of_loss: Annotated[str, Field(description="YYYY-MM-DD")],
    cause: Annotated[str, Field(description="the cause that the expert found, else the client's")],
) -> str:
    """Check the cover of a policy for a date of loss and a cause; also deductible, limits and papers needed."""
    with connected() as db:
        contract = casefiles.get_contract(db, policy)
    try:
        day = _day(date_of_loss).isoformat()
    except ValueError as error:
        raise ToolError(f"date_of_loss must be YYYY-MM-DD, not {date_of_loss!r}.") from error
    checks = [_in_force(contract, day), _waited(contract, day), _insured(contract, cause)]
    insured = all(passed for passed, _ in checks)
    head = "INSURED" if insured else "NOT INSURED"
    details = " ".join(words for _, words in checks)
    return f"Cover check: {head}. {details}\n{_conditions(contract, cause)}"


@app.tool(annotations=READ)
def fraud_signals(claim_id: ClaimId) -> str:
    """Ask the fraud screening for the score of a claim and the signals in words."""
    with connected() as db:
        signals = casefiles.list_signals(db, claim_id)
    score = sum(points for points, _ in signals)
    where = "AT OR ABOVE" if score >= FRAUD_THRESHOLD else "below"
    found = "; ".join(f"{words} ({points})" for points, words in signals) or "none"
    return f"Fraud score {score}, {where} the threshold of {FRAUD_THRESHOLD}. Signals: {found}."


@app.tool(annotations=READ)
def search_regulations(
    question: Annotated[str, Field(description="a few words, like 'late notice'")],
) -> str:
    """Search the house's regulations for decisions on claims."""
    with connected() as db:
        found = casefiles.find_regulations(db, question)
    if not found:
        return "No regulation has these words. Try: refusal, lapse, late notice, waiting period, contradictions."
    return "\n".join(f"{row['id']} {row['title']}: {row['words']}" for row in found)


@app.tool(annotations=READ)
def compute_compensation(
    claim_id: ClaimId,
    damage: Annotated[
        float, Field(ge=0, description="damage in EUR: the expert's figure, without an expert the invoice's")
    ],
) -> str:
    """Work out what is paid for a damage: depreciation, share, under-insurance, sub-limit, deductible, limit."""
    with connected() as db:
        claim = casefiles.get_claim_row(db, claim_id)
        contract = casefiles.get_contract(db, claim["policy"])
    working = terms.compensation(contract, claim["item"], claim["age"], damage)
    result = terms.euros(working.amount)
    note = "" if working.amount else " Nothing is left to pay: reject."
    return f"If insured, the compensation is {result}.{note} Working: {'; '.join(working.steps)}."


@app.tool(annotations=WRITE)
def record_decision(
    ctx: Context,
    claim_id: ClaimId,
    decision: Literal["approve", "reject", "investigate"],
    amount: Annotated[float, Field(ge=0, description="compensation in EUR; 0 unless approved")],
    explanation: Annotated[str, Field(description="one sentence to the client")],
    regulatory_note: Annotated[str, Field(description="clause, date or regulation it rests on")],
) -> str:
    """Record the decision on a claim. This pays the amount and writes to the client: call it once, at the end."""
    with connected() as db:
        claim = casefiles.get_claim_row(db, claim_id)["claim"]
        made = decisions.Decision(claim, decision, round(amount, 2), explanation, regulatory_note)
        return decisions.record(db, made, _idempotency_key(ctx))


@app.tool(annotations=READ)
def find_policy(
    words: Annotated[str, Field(description="policy number, or name and town of the holder")],
) -> str:
    """Find policies by number, holder or town."""
    with connected() as db:
        found = casefiles.find_policies(db, words)
    if not found:
        return f"No policy matches {words!r}."
    return "\n".join(
        f"{row['policy']} {row['name']} ({row['line']}), {row['holder']}, {row['town']}, "
        f"{row['start']} to {row['end']}" + (f", lapsed {row['lapsed']}" if row["lapsed"] else "")
        for row in found
    )


@app.tool(annotations=READ)
def find_customer(
    name: Annotated[str, Field(description="name of the customer, or a part of it")],
) -> str:
    """Find a customer by name: policies and claim numbers."""
    with connected() as db:
        found = casefiles.find_policies(db, name)
        claims = {row["policy"]: casefiles.list_claims_of(db, row["policy"]) for row in found}
    if not found:
        return f"No customer matches {name!r}."
    return "\n".join(
        f"{row['holder']}, {row['town']}: policy {row['policy']} ({row['line']}), "
        f"claims {', '.join(claims[row['policy']]) or 'none'}"
        for row in found
    )


def _in_force(contract: terms.Contract, day: str) -> tuple[bool, str]:
    if contract.in_force(day):
        return True, f"The policy was in force on {day}."
    if contract.lapsed and day >= contract.lapsed:
        return False, f"The policy lapsed on {contract.lapsed} for unpaid premium, the loss was on {day}."
    return False, f"The policy runs from {contract.start} to {contract.end}, the loss was on {day}."


def _waited(contract: terms.Contract, day: str) -> tuple[bool, str]:
    until = contract.waiting_until
    if day < until and contract.terms["waiting_days"]:
        return False, f"The loss is in the waiting period, which ends on {until}."
    return True, "The waiting period is over."


def _insured(contract: terms.Contract, cause: str) -> tuple[bool, str]:
    wanted = cause.strip().lower().replace("_", " ")
    excluded = contract.terms["exclusions"].get(wanted)
    if excluded:
        return False, f"The cause {wanted} is excluded ({excluded})."
    if wanted in contract.terms["covers"]:
        return True, f"The cause {wanted} is insured."
    return False, f"The cause {wanted} is not insured; insured are {', '.join(contract.terms['covers'])}."


def _conditions(contract: terms.Contract, cause: str) -> str:
    needed = contract.terms["needs"].get(cause.strip().lower())
    paper = f"A {needed} must be in the file." if needed else "No special paper is needed."
    days = contract.terms["notice_days"]
    return (
        f"{contract.product} ({contract.line}), holder {contract.holder}. {paper} "
        f"A loss must be reported within {days} days. Deductible {contract.deductible:.0f} EUR."
    )


def _idempotency_key(ctx: Context) -> str | None:
    meta = ctx.request_context.meta
    found = dict(meta).get(IDEMPOTENCY_KEY) if meta else None
    return str(found) if found else None


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


if __name__ == "__main__":
    seed.write_database(database())
    app.run("stdio")
