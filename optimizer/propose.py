"""From a proof to a proposal that waits for a person. The optimizer cannot go further: the registry refuses it.

Prevents evidence that cannot be read again: it is in the ledger by digest before the bundle points at it.
"""

from typing import Any

from agents.prompts.decisions import move
from agents.prompts.store import get_bundle
from optimizer.evidence_text import render_evidence
from optimizer.night_log import NightLog
from optimizer.proof import Proof
from traces.bodies import body_name
from traces.events import EvidenceWritten
from traces.ids import short
from traces.provenance import Provenance

OPTIMIZER = "optimizer"


def write_evidence(log: NightLog, bundle: str, proof: Proof) -> str:
    """Put the evidence into the night's stream; gives the digest under which its body can be read."""
    evidence = proof.evidence.model_dump(mode="json")
    event = EvidenceWritten(op=f"evidence/{bundle}", bundle=bundle, verdict=proof.evidence.verdict, evidence=evidence)
    log.append(event)
    return body_name(evidence)


def propose(log: NightLog, bundle: str, proof: Proof, evidence: str, *, incumbent: str, live: str) -> str | None:
    """Move the bundle as far as its verdict carries it: `better` to proposed, anything else to evaluated.

    `incumbent` is the bundle it was proven against, `live` the one that served then (they differ only where a forced
    model replaces the live bundle's). Gives None when it waits for a decision now, else why it does not.
    """
    with log.database.writing() as session:
        state = get_bundle(session, bundle).state
        detail = detail_of(log, proof, incumbent=incumbent, live=live)
        verdict = proof.evidence.verdict
        by = Provenance(by=OPTIMIZER, actor="machine", reason=f"{log.stream}: {verdict}")
        if state == "draft":
            move(session, log.recorder, bundle, "evaluated", by, evidence=evidence, verdict=verdict, detail=detail)
            state = "evaluated"
        if proof.evidence.verdict != "better":
            return f"the verdict is {proof.evidence.verdict!r}"
        if state == "evaluated":
            move(session, log.recorder, bundle, "proposed", by, evidence=evidence, verdict=verdict, detail=detail)
            state = "proposed"
    if state == "proposed":
        return None
    return f"bundle {short(bundle)} was decided on before: it is {state}, and only a person can propose it again"


def detail_of(log: NightLog, proof: Proof, *, incumbent: str, live: str) -> dict[str, Any]:
    """What is kept with the step: the evidence in words, on which examples the two differ, against what."""
    return {
        "summary": render_evidence(proof.evidence),
        "got_better": [flip.model_dump(mode="json") for flip in proof.better],
        "got_worse": [flip.model_dump(mode="json") for flip in proof.worse],
        "night": log.stream,
        "incumbent": live,
        "proven_against": incumbent,
    }
