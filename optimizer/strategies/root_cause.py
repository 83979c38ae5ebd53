"""Reflection in two levels: first the failures are grouped by their cause, then each cause gets its own small edit.

A reflector that sees one failure at a time writes a rule for that one; one that sees all of them writes platitudes.
"""

from collections.abc import Iterator
from typing import Any

from agents.prompts.bundle import Bundle
from optimizer.examples import Example
from optimizer.purse import PurseEmpty
from optimizer.strategies.asking import QUOTED, failures, read_json, room, shown, without
from optimizer.strategies.protocol import Candidate, SearchContext

FAILURES = 24
CAUSES = 3
"""Causes that are edited for, the most frequent first."""


def propose(context: SearchContext) -> Iterator[Candidate]:
    """All edits together, then each alone: one harmful edit must not cost the others their chance."""
    if without("root_cause", context):
        return
    wrong = failures(context, FAILURES)
    if not wrong:
        context.say("root_cause: no reviewed run went wrong")
        return
    edited: list[tuple[str, str]] = []
    try:
        for cause, members in _causes(context, wrong):
            text = _edit(context, cause, members)
            if text:
                edited.append((cause, text))
    except PurseEmpty as empty:
        context.say(f"root_cause: stopped, {empty}")
    if len(edited) > 1:
        together = _with(context.incumbent, [text for _, text in edited])
        yield Candidate(together, "root_cause", f"edits for {len(edited)} causes together")
    for cause, text in edited:
        yield Candidate(_with(context.incumbent, [text]), "root_cause", f"edit for: {cause[:80]}")


def _causes(context: SearchContext, wrong: list[Example]) -> list[tuple[str, list[Example]]]:
    assert context.reflection is not None
    question = (
        f"Runs of an agent that went wrong are below. Group them by root cause: what the agent did not know or "
        f"misunderstood, not what the message is about. {QUOTED}\n"
        f'Answer with JSON alone: [{{"cause": "...", "runs": [numbers]}}], the most frequent cause first, at most '
        f"{CAUSES} causes.\n\nIts instructions:\n{context.incumbent.instructions}\n\n{shown(wrong)}"
    )
    found: Any = read_json(context.reflection(question))
    groups = []
    for one in found if isinstance(found, list) else []:
        if isinstance(one, dict) and isinstance(one.get("runs"), list):
            numbers = [n for n in one["runs"] if isinstance(n, int) and 1 <= n <= len(wrong)]
            if numbers:
                groups.append((" ".join(str(one.get("cause") or "unnamed").split()), [wrong[n - 1] for n in numbers]))
    return groups[:CAUSES]


def _edit(context: SearchContext, cause: str, members: list[Example]) -> str:
    assert context.reflection is not None
    question = (
        f"An agent goes wrong for this reason: {cause}\n{QUOTED} Write what to add to its instructions so that these "
        f"runs and others like them go right, without changing what else it does. {room(context)}\n"
        f'Answer with JSON alone: {{"add": "one or more lines"}}.\n\n'
        f"Its instructions:\n{context.incumbent.instructions}\n\n{shown(members)}"
    )
    found: Any = read_json(context.reflection(question))
    return str(found.get("add") or "").strip() if isinstance(found, dict) else ""


def _with(bundle: Bundle, added: list[str]) -> Bundle:
    return bundle.with_(instructions="\n".join([bundle.instructions.rstrip(), *added]))
