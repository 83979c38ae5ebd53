"""The sheet: one text that says all a person decides on, made from the store alone, kept with the signature.

Prevents: a decision of which nobody can say later what had been on the screen.
"""

import json
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from agents.errors import Conflict
from agents.prompts.bundle import DiffLine, diff_words, readable
from agents.prompts.store import find_bundles
from agents.service.wire import FlipView, ProposalView
from traces.ids import digest_text

MARKS = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
"""As `git diff --word-diff` marks words."""


def decision_sheet(session: Session, one: ProposalView) -> str:
    """What stands for a proposal, as text: where it comes from, evidence, what got better and worse, every word that
    changes. The same proposal gives the same text, whoever asks.
    """
    found = find_bundles(session, [one.bundle.digest, one.incumbent])
    new, old = found[one.bundle.digest].bundle, found.get(one.incumbent)
    lines = [
        f"agent      {one.bundle.agent}",
        f"proposed   {one.bundle.digest}",
        f"against    {one.incumbent or 'nothing'}",
        f"by         {one.bundle.author} ({one.bundle.author_kind})",
        f"note       {one.bundle.note}",
        f"evidence   {one.evidence_digest or 'none'}",
        f"verdict    {one.verdict or 'unknown'}",
        "",
        one.summary or "no evidence in words",
        "",
        *_flips("got better", one.got_better),
        *_flips("got worse", one.got_worse),
        "what changes:",
        *(_changes(diff_words(old.bundle, new)) if old else readable(new).splitlines()),
    ]
    return "\n".join(lines) + "\n"


def with_sheet(session: Session, one: ProposalView) -> ProposalView:
    """The proposal with its sheet."""
    text = decision_sheet(session, one)
    return one.model_copy(update={"sheet": text, "sheet_digest": digest_text(text)})


def check_sheet(one: ProposalView, shown: str | None) -> bool:
    """Whether the person's client says that this sheet was on the screen; None says nothing.

    Raises:
        Conflict: another one was.
    """
    if shown is not None and shown != one.sheet_digest:
        raise Conflict("what is proposed reads otherwise than what you saw")
    return shown is not None


def _flips(title: str, flips: Sequence[FlipView]) -> Iterator[str]:
    yield f"{title}: {len(flips)}"
    for flip in flips:
        yield f"  {flip.example}: {_short(flip.input)}"
        yield f"    right {_json(flip.expected)}; before {_json(flip.before)}; after {_json(flip.after)}"
    yield ""


def _changes(lines: Sequence[DiffLine]) -> Iterator[str]:
    for line in lines:
        if any(kind != "same" for kind, _ in line.runs):
            yield "".join(MARKS[kind].format(text) for kind, text in line.runs)


def _short(text: str) -> str:
    return " ".join(text.split())[:300]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
