"""Which bundle a run gets: the live one of its agent, the one its conversation began with, or a rollout's candidate.

The choice is made when the run starts, from the database, in the transaction that writes that it started: a decision
takes effect with the next conversation, on every worker, without a restart. A worker that cannot reach the database
starts nothing, so it cannot go on serving what was taken back.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from agents.config import Workspace
from agents.definitions import Definition
from agents.errors import Refused
from agents.prompts.bundle import Bundle
from agents.prompts.decisions import adopt_definition
from agents.prompts.exposure import place
from agents.prompts.record import find_rules
from agents.prompts.standing import find_standing
from agents.prompts.store import Live, add_bundle, find_live, get_bundle
from traces.events import Arm
from traces.pen import pen_of
from traces.provenance import Provenance
from traces.recorder import Recorder


@dataclass(frozen=True)
class Chosen:
    """The bundle of a run, by digest, and the rollout that gave it to the conversation, where one did."""

    bundle: str
    rollout: str | None = None
    arm: Arm | None = None


def choose_bundle(
    session: Session, recorder: Recorder, workspace: Workspace, agent: str, conversation_id: str, *, turn: bool = True
) -> Chosen:
    """The bundle that the next run of `agent` gets.

    A conversation stays on the one it began with, unless that was taken back. A new one is placed by the agent's
    rollout, if there is any under way, and else gets what is live.

    Args:
        session: from `writing()`.
        recorder: of the same database.
        workspace: with the agent's definition.
        agent: its name.
        conversation_id: of the conversation, also of one that begins with this run.
        turn: whether the run is a turn of it; else it is work handed over by another agent, which begins anew with
            each request and is placed by its conversation all the same.
    """
    definition = workspace.agent(agent)
    pen = pen_of(session)
    now = find_standing(pen, agent, conversation_id if turn else None)
    if now.earlier is not None and not now.earlier.taken_back:
        return Chosen(now.earlier.bundle)
    live = _taken_up(session, recorder, workspace, definition, now.live)
    if now.rollout is not None and now.earlier is None:
        placed = place(pen, now.rollout, live.digest, conversation_id, recorder.now())
        if placed is not None:
            return Chosen(_forced(session, workspace, placed.bundle), placed.rollout, placed.arm)
    return Chosen(_forced(session, workspace, live.digest))


def current_bundle(session: Session, recorder: Recorder, workspace: Workspace, definition: Definition) -> str:
    """Digest of the bundle that serves new conversations of the agent."""
    return _forced(session, workspace, live_bundle(session, recorder, workspace, definition).digest)


def _forced(session: Session, workspace: Workspace, digest: str) -> str:
    """The version itself, or the same on the model that STROP_MODEL forces.

    Raises:
        Refused: the agent's rules want every version signed, and nobody signed that one.
    """
    if workspace.forced_model is None:
        return digest
    bundle = get_bundle(session, digest).bundle
    if bundle.model == workspace.forced_model:
        return digest
    rules = find_rules(session, bundle.agent) or workspace.governance.rules_for(bundle.agent)
    if rules.definition != "live":
        raise Refused(
            f"STROP_MODEL would let {bundle.agent!r} run on a version that nobody signed",
            hint="Unset it, or propose a version with that model: strop bundles propose.",
        )
    forced = bundle.with_(model=workspace.forced_model)
    note = f"the same on {workspace.forced_model}"
    return add_bundle(session, forced, author="STROP_MODEL", author_kind="file", parent=digest, note=note)


def live_bundle(session: Session, recorder: Recorder, workspace: Workspace, definition: Definition) -> Live:
    """The live pointer, after the definition file was taken up where that is its owner's plain wish.

    A file that was edited takes effect by itself only while no decision stands between: once a person approved a
    bundle, that decision rules until `strop adopt` or another approval. Where the agent's rules want every version
    signed, a file takes no effect at all.

    Raises:
        Refused: nothing is live yet, and the rules do not let the file decide.
    """
    return _taken_up(session, recorder, workspace, definition, find_live(session, definition.name))


def _taken_up(
    session: Session, recorder: Recorder, workspace: Workspace, definition: Definition, live: Live | None
) -> Live:
    if live is not None and (live.digest != live.source or live.digest == own_digest(workspace, definition)):
        return live
    own = own_bundle(workspace, definition)
    rules = workspace.governance.rules_for(definition.name)
    if live is not None and (find_rules(session, definition.name) or rules).definition != "live":
        return live  # the file's new version waits to be proposed and signed
    # Under no role: it is done by the hand that wrote the file, not by whoever happens to start this process.
    by = Provenance(by=workspace.user, reason=f"the definition file {definition.path.name}")
    return adopt_definition(session, recorder, own, by, force=live is not None, rules=rules)


_DIGESTS: dict[int, tuple[Definition, str, str]] = {}
"""Digests of files' own bundles by the definition's identity, with that and the model: a choice must not make one."""


def own_digest(workspace: Workspace, definition: Definition) -> str:
    """The digest of `own_bundle`."""
    model = definition.model or workspace.default_model
    known = _DIGESTS.get(id(definition))
    if known is None or known[0] is not definition or known[1] != model:
        if len(_DIGESTS) >= 1_000:
            _DIGESTS.clear()
        known = _DIGESTS[id(definition)] = (definition, model, definition.bundle(model).digest)
    return known[2]


def own_bundle(workspace: Workspace, definition: Definition) -> Bundle:
    """The bundle that the file itself describes, without STROP_MODEL: forcing a model decides nothing."""
    return definition.bundle(definition.model or workspace.default_model)
