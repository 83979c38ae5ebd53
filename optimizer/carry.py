"""Which undecided candidates of earlier nights are gone on with, and where their always-valid test stands. Pure.

Prevents a night too small to show a gain from being forgotten: its evidence is the first part of the next one's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from optimizer.evidence import BettingState, Evidence

CARRIED: Final = 2
"""Candidates of earlier nights that may enter a race: each takes the place of a new one."""


@dataclass(frozen=True)
class Look:
    """What the gate said of a bundle once."""

    bundle: str
    evidence: Evidence


def standing(looks: Sequence[Look], bundle: str, incumbent: str) -> BettingState | None:
    """Where earlier nights left the test of this very bundle against this very incumbent. `looks`: newest first."""
    newest = next((one for one in looks if one.bundle == bundle and one.evidence.a == incumbent), None)
    return None if newest is None else newest.evidence.sequential.state


def carried(
    looks: Sequence[Look], incumbent: str, new_families: Callable[[BettingState], int], *, most: int = CARRIED
) -> dict[str, tuple[BettingState, float]]:
    """Bundles to go on with -> (state, e-value so far), the most promising first.

    Only those whose newest word against this incumbent was `undecided`, that won more than they lost, and for which
    the sealed pool has families that were not bet on yet. `looks`: newest first.
    """
    newest: dict[str, Evidence] = {}
    for one in looks:
        if one.evidence.a == incumbent:
            newest.setdefault(one.bundle, one.evidence)
    open_still = [
        (bundle, evidence)
        for bundle, evidence in newest.items()
        if evidence.verdict == "undecided" and evidence.e_value > 1 and new_families(evidence.sequential.state) > 0
    ]
    open_still.sort(key=lambda one: (-one[1].sequential.log_e_up, one[0]))
    return {bundle: (found.sequential.state, found.e_value) for bundle, found in open_still[:most]}
