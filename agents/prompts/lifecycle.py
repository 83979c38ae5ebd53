"""The life of a bundle as data: its states and the table of legal steps. Pure.

    draft > evaluated > proposed > approved > shadow > canary > live > retired        beside them: rejected,
                                      any of the last four may be skipped                expired, rolled_back

A step that is not in the table is an error that names both states. A step of a person is refused to a machine: the
optimizer can bring a bundle to `proposed`, and there it stops. A step that must be `signed` is a person's too, or a
machine's under a plan that a person signed with the approval.
Prevents: a way to `live` that nobody answers for.
"""

from dataclasses import dataclass
from typing import Final, Literal

from agents.access.roles import Permission, may, roles_with
from agents.errors import IllegalStep, Refused
from traces.provenance import Provenance

State = Literal[
    "draft", "evaluated", "proposed", "approved", "shadow", "canary", "live",
    "retired", "rejected", "rolled_back", "expired",
]  # fmt: skip

SERVING: Final[frozenset[State]] = frozenset({"approved", "shadow", "canary", "live"})
"""States in which a version answers customers, or will."""

Who = Literal["anyone", "person", "signed"]
Need = Literal["reason", "evidence", "signatures", "title"]


@dataclass(frozen=True)
class Step:
    """What one step asks for: who may take it, what a person's role must allow, and what must be there.

    `reason`: a person says why. `evidence`: there is some. `signatures`: as many as the agent's rules ask for, on
    this proposal. `title`: it served before, or it is what the definition file says and the rules let that decide.
    """

    who: Who
    permission: Permission
    needs: frozenset[Need] = frozenset()


def _step(who: Who, permission: Permission, *needs: Need) -> Step:
    return Step(who, permission, frozenset(needs))


_BY_TITLE: Final = _step("person", "roll_back", "title")
_ANEW: Final = _step("person", "propose", "evidence")

STEPS: Final[dict[tuple[State | None, State], Step]] = {
    (None, "draft"): _step("anyone", "propose"),
    ("draft", "evaluated"): _step("anyone", "propose", "evidence"),
    ("evaluated", "proposed"): _step("anyone", "propose", "evidence"),
    ("proposed", "evaluated"): _step(
        "anyone", "propose", "evidence"
    ),  # other evidence: what was signed falls with it
    # --- a person decides
    ("proposed", "approved"): _step("person", "decide", "reason", "signatures"),
    ("proposed", "rejected"): _step("person", "decide", "reason"),
    ("approved", "rejected"): _step("person", "decide", "reason"),  # taken back before it served anybody
    ("proposed", "expired"): _step("anyone", "decide"),
    ("approved", "expired"): _step("anyone", "decide"),
    # --- the approval is carried out
    ("approved", "shadow"): _step("anyone", "decide", "signatures"),
    ("approved", "canary"): _step("anyone", "decide", "signatures"),
    ("approved", "live"): _step("anyone", "decide", "signatures"),
    ("shadow", "canary"): _step("signed", "decide", "signatures"),
    ("shadow", "live"): _step("signed", "decide", "signatures"),
    ("canary", "live"): _step("signed", "decide", "signatures"),
    # --- and taken back: whoever sees harm may, a machine too
    ("shadow", "rolled_back"): _step("anyone", "roll_back"),
    ("canary", "rolled_back"): _step("anyone", "roll_back"),
    ("live", "rolled_back"): _step("anyone", "roll_back"),
    ("live", "retired"): _step("anyone", "roll_back"),  # another bundle took its place
    # --- what was decided on once comes back by a person alone
    ("rejected", "proposed"): _ANEW,
    ("rolled_back", "proposed"): _ANEW,
    ("retired", "proposed"): _ANEW,
    ("expired", "proposed"): _ANEW,
    ("rejected", "evaluated"): _ANEW,
    ("rolled_back", "evaluated"): _ANEW,
    ("retired", "evaluated"): _ANEW,
    ("expired", "evaluated"): _step("anyone", "propose", "evidence"),  # nobody said no to it
    # --- back to what served before, or by the hand that wrote the definition file
    ("retired", "live"): _BY_TITLE,
    ("rolled_back", "live"): _BY_TITLE,
    ("draft", "live"): _BY_TITLE,
    ("evaluated", "live"): _BY_TITLE,
    ("proposed", "live"): _BY_TITLE,
    ("rejected", "live"): _BY_TITLE,
    ("expired", "live"): _BY_TITLE,
}
"""(from, to) -> what the step asks for."""


def check_step(
    bundle: str, old: State | None, new: State, provenance: Provenance, *, authority: int | None = None
) -> Step:
    """The step, when it is legal and open to this actor. What it needs besides is for who has the record.

    Raises:
        IllegalStep: the table has no such step.
        Refused: a machine tried what only a person may do, the role does not allow it, or no reason is given.
    """
    step = STEPS.get((old, new))
    if step is None:
        legal = ", ".join(to for (start, to) in STEPS if start == old) or "nothing"
        raise IllegalStep(
            f"a bundle that is {old or 'unknown'} cannot become {new} ({bundle[:19]})",
            hint=f"From {old or 'unknown'} it can become: {legal}.",
        )
    person = provenance.actor == "person"
    if not person and (step.who == "person" or (step.who == "signed" and authority is None)):
        signed = " unless a person signed a plan that lets it" if step.who == "signed" else ""
        raise Refused(
            f"{provenance.by!r} is a machine; {old} -> {new} is a person's decision{signed}",
            hint="Decide it in `strop tui`, or with `strop approve` / `strop reject`.",
        )
    if person and provenance.role and not may(provenance.role, step.permission):
        raise Refused(
            f"{provenance.by!r} has the role {provenance.role!r}, which may not take a version from {old} to {new}",
            hint=f"It needs one of these roles: {', '.join(roles_with(step.permission))}.",
        )
    if person and "reason" in step.needs and not provenance.reason.strip():
        raise Refused(f"a decision to make it {new} needs a reason", hint='Give one with --reason "…".')
    return step
