"""The whole instructions written anew by the reflection model, from the old ones and what reviewers said."""

from collections.abc import Iterator

from optimizer.purse import PurseEmpty
from optimizer.strategies.asking import QUOTED, failures, read_tag, room, shown, without
from optimizer.strategies.protocol import Candidate, SearchContext

FAILURES = 12
"""Runs shown: beyond a dozen the answers become general."""

WAYS = (
    ("from what went wrong", "Keep what works. Say what the agent must do in the cases it gets wrong, as rules."),
    (
        "clearer and shorter",
        "Say the same more clearly and in fewer words; order the rules by how often they matter.",
    ),
)


def propose(context: SearchContext) -> Iterator[Candidate]:
    """One rewriting from the failures, one for clearness."""
    if without("metaprompt", context):
        return
    assert context.reflection is not None
    seen = shown(failures(context, FAILURES))
    for note, order in WAYS:
        question = (
            f"Write better instructions for an agent. {order} {room(context)} {QUOTED}\n"
            f"Answer with the new instructions alone, between <instructions> and </instructions>.\n\n"
            f"Its instructions now:\n{context.incumbent.instructions}\n\nRuns that went wrong:\n\n{seen}"
        )
        try:
            text = read_tag(context.reflection(question), "instructions")
        except PurseEmpty as empty:
            context.say(f"metaprompt: stopped, {empty}")
            return
        if text:
            yield Candidate(context.incumbent.with_(instructions=text), "metaprompt", f"rewritten {note}")
