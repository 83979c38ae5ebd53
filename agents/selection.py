"""Which bundle a run gets: the live one of its agent, or the one its conversation began with.

The choice is made when the run starts, from the database: an approval takes effect with the next conversation,
on every worker, without a restart.
"""

from sqlalchemy.orm import Session

from agents.config import Workspace
from agents.definitions import Definition
from agents.prompts.bundle import Bundle
from agents.prompts.decisions import adopt_definition
from agents.prompts.record import read_record
from agents.prompts.store import Live, add_bundle, find_live, get_bundle
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import list_conversation


def choose_bundle(
    session: Session, recorder: Recorder, workspace: Workspace, agent: str, conversation_id: str | None
) -> str:
    """Digest of the bundle that the next run of `agent` gets. The session must come from `writing()`."""
    definition = workspace.agent(agent)
    if conversation_id is not None:
        earlier = [run for run in list_conversation(session, conversation_id) if run.agent == agent]
        if earlier:
            return earlier[-1].bundle
    return current_bundle(session, recorder, workspace, definition)


def current_bundle(session: Session, recorder: Recorder, workspace: Workspace, definition: Definition) -> str:
    """Digest of the bundle that serves new conversations of the agent."""
    live = live_bundle(session, recorder, workspace, definition)
    stored = get_bundle(session, live.digest)
    if workspace.forced_model is None or stored.bundle.model == workspace.forced_model:
        return live.digest
    forced = stored.bundle.with_(model=workspace.forced_model)
    note = f"the live version on {workspace.forced_model}"
    return add_bundle(session, forced, author="STROP_MODEL", author_kind="file", parent=live.digest, note=note)


def live_bundle(session: Session, recorder: Recorder, workspace: Workspace, definition: Definition) -> Live:
    """The live pointer, after the definition file was taken up where that is its owner's plain wish.

    A file that was edited takes effect by itself only while no decision stands between: once a person approved a
    bundle, that decision rules until `strop adopt` or another approval. Where the agent's rules want every version
    signed, a file takes no effect at all.

    Raises:
        Refused: nothing is live yet, and the rules do not let the file decide.
    """
    own = own_bundle(workspace, definition)
    live = find_live(session, definition.name)
    if live is not None and (live.digest != live.source or live.digest == own.digest):
        return live
    rules = workspace.governance.rules_for(definition.name)
    if live is not None and (read_record(session, definition.name).rules or rules).definition != "live":
        return live  # the file's new version waits to be proposed and signed
    by = Provenance(
        by=workspace.user, reason=f"the definition file {definition.path.name}", role=workspace.local_role
    )
    return adopt_definition(session, recorder, own, by, force=live is not None, rules=rules)


def own_bundle(workspace: Workspace, definition: Definition) -> Bundle:
    """The bundle that the file itself describes, without STROP_MODEL: forcing a model decides nothing."""
    return definition.bundle(definition.model or workspace.default_model)
