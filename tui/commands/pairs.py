"""Two transcripts for scripts and screen readers: what tells them apart, then one after the other."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tui.commands.printing import console, glyphs, print_json, print_lines, width

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from agents.service.wire import EventView, ProposalView
    from tui.lines.blocks import Fold
    from tui.lines.pair import Beside


def show_example(session: "Session", proposal: "ProposalView", example: str, as_json: bool) -> None:
    """Print what one example came to with both versions, and why it is on the list.

    Raises:
        NotFound: the versions do not disagree on an example of that name.
    """
    from traces.errors import NotFound
    from tui.lines.pair import beside_of

    flips = [(flip, False) for flip in proposal.got_worse] + [(flip, True) for flip in proposal.got_better]
    found = next((one for one in flips if one[0].example == example), None)
    if found is None:
        listed = ", ".join(flip.example for flip, _ in flips) or "none"
        raise NotFound("example", example, hint=f"The versions disagree on: {listed}.")
    pair = beside_of(found[0], proposal.incumbent, proposal.bundle.digest, good=found[1])
    facts = [[] if run is None else _facts(session, run) for run in pair.runs]
    if as_json:
        print_json(_as_data(pair, facts))
    else:
        _print(pair, facts)


def _facts(session: "Session", run: str) -> "list[EventView]":
    from agents.service.facts import event_page
    from traces.store import find_run

    return [] if find_run(session, run) is None else event_page(session, run).items


def _folds(facts: "list[list[EventView]]") -> "tuple[Fold, Fold]":
    from tui.lines.blocks import Fold

    folds = Fold(), Fold()
    for fold, mine in zip(folds, facts, strict=True):
        for fact in mine:
            fold.add(fact)
    return folds


def _as_data(pair: "Beside", facts: "list[list[EventView]]") -> dict[str, Any]:
    from tui.lines.pair import findings

    told = findings(*_folds(facts), pair.expected, pair.called)
    sides = {
        name: {"run": run, "answer": answer, "events": [fact.model_dump(mode="json") for fact in mine]}
        for name, run, answer, mine in zip(pair.called, pair.runs, pair.answers, facts, strict=True)
    }
    head = {"example": pair.key, "input": pair.input, "expected": pair.expected}
    return {**head, "findings": [asdict(one) for one in told], **sides}


def _print(pair: "Beside", facts: "list[list[EventView]]") -> None:
    from tui.lines.line import line
    from tui.lines.pair import finding_row, findings, pair_head, side_head
    from tui.lines.transcript import block_lines

    room, folds = min(width(), 110), _folds(facts)
    print_lines([pair_head(pair, "", room)])
    print_lines(finding_row(one, room, glyphs()) for one in findings(*folds, pair.expected, pair.called))
    for at, fold in enumerate(folds):
        print_lines([line(), side_head(pair.names[at], pair.answers[at], pair.expected, False, room, glyphs())])
        for block in fold.blocks:
            print_lines([*block_lines(block, room, glyphs()), line()])
        if not fold.blocks:
            console().print("  no transcript of this run is on record")
