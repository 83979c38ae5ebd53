"""Candidates that earlier nights could not decide on: they race again, and what was shown of them counts."""

from collections.abc import Iterator

from optimizer.strategies.protocol import Candidate, SearchContext


def propose(context: SearchContext) -> Iterator[Candidate]:
    """The most promising first."""
    yield from context.carried
