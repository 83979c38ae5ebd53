"""The same prompt on another model: those the house named for it, and no others."""

from collections.abc import Iterator

from optimizer.strategies.protocol import Candidate, SearchContext


def propose(context: SearchContext) -> Iterator[Candidate]:
    """Each model of `[nights] models` in its order."""
    if not context.settings.models:
        context.say("model_choice: left out, no other model is named ([nights] models in strop.toml)")
    for name in context.settings.models:
        if name != context.incumbent.model:
            yield Candidate(context.incumbent.with_(model=name), "model_choice", f"on {name}")
