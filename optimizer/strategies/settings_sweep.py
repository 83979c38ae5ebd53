"""Model settings: each temperature and top_p of the night's lists that the incumbent does not have already."""

from collections.abc import Iterator

from optimizer.strategies.protocol import Candidate, SearchContext


def propose(context: SearchContext) -> Iterator[Candidate]:
    """One setting changed at a time."""
    incumbent = context.incumbent
    wanted = [("temperature", value) for value in context.settings.temperatures]
    wanted += [("top_p", value) for value in context.settings.top_ps]
    for name, value in wanted:
        if incumbent.settings.get(name) != value:
            bundle = incumbent.with_(settings={**incumbent.settings, name: value})
            yield Candidate(bundle, "settings_sweep", f"{name} {value:g}")
