"""The life of a bundle as data: its states and the table of legal steps. Pure.

A step that is not in the table is an error that names both states. Steps marked `person` are refused to a machine:
the optimizer can bring a bundle to `proposed`, and there it stops.
"""

from typing import Final, Literal

from agents.errors import IllegalStep, Refused
from traces.provenance import Provenance

State = Literal["draft", "evaluated", "proposed", "approved", "live", "retired", "rejected", "rolled_back"]

STEPS: Final[dict[tuple[State | None, State], Literal["anyone", "person"]]] = {
    (None, "draft"): "anyone",
    ("draft", "evaluated"): "anyone",
    ("evaluated", "proposed"): "anyone",
    ("proposed", "approved"): "person",
    ("proposed", "rejected"): "person",
    ("approved", "live"): "anyone",  # the step that carries out a person's approval
    ("live", "retired"): "anyone",  # another bundle took its place
    ("live", "rolled_back"): "anyone",  # a person, or later the canary's watch
    ("retired", "live"): "person",  # rolled back to
    ("rolled_back", "proposed"): "person",
    ("rejected", "proposed"): "person",
    # The bundle a definition file describes goes live by the hand that put the file there.
    ("draft", "live"): "person",
}
"""(from, to) -> who may take the step. Promotion (approved -> live) needs the approval before it."""


def check_step(bundle: str, old: State | None, new: State, provenance: Provenance) -> None:
    """Pass when the step is legal for this actor.

    Raises:
        IllegalStep: the table has no such step.
        Refused: a machine tried what only a person may do, or a person gave no reason.
    """
    who = STEPS.get((old, new))
    if who is None:
        legal = ", ".join(to for (start, to) in STEPS if start == old) or "nothing"
        raise IllegalStep(
            f"a bundle that is {old or 'unknown'} cannot become {new} ({bundle[:19]})",
            hint=f"From {old or 'unknown'} it can become: {legal}.",
        )
    if who == "person" and provenance.actor != "person":
        raise Refused(
            f"{provenance.by!r} is a machine; {old} -> {new} is a person's decision",
            hint="Decide it in `strop tui`, or with `strop approve` / `strop reject`.",
        )
    if who == "person" and new in {"approved", "rejected"} and not provenance.reason.strip():
        raise Refused(f"a decision to make it {new} needs a reason", hint='Give one with --reason "…".')
