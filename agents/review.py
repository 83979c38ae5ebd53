"""A person's decisions on versions, as one act each: checked, written in one transaction, made known.

The service and the commands both decide through here. Prevents: a decision on something else than what was on the
person's screen (another live version, other evidence), and a pointer that moves without its record.
"""

from agents.errors import IllegalStep
from agents.prompts.store import Live, StoredBundle, approve, decisions_stream, get_bundle, reject, roll_back
from traces.ids import short
from traces.provenance import Provenance
from traces.recorder import Recorder


def approve_proposal(
    recorder: Recorder, digest: str, provenance: Provenance, *, shown: str | None = None, seen_live: str | None = None
) -> StoredBundle:
    """A yes: the proposed bundle serves from the next conversation on.

    Args:
        recorder: of the database that holds the registry.
        digest: the proposed bundle, in full.
        provenance: who decides, and why.
        shown: digest of the evidence that was in view.
        seen_live: digest of the live version that the person saw.

    Raises:
        IllegalStep: it is not proposed, or what was seen is no longer what is there.
        Refused: no reason, or not a person.
    """
    with recorder.database.writing() as session:
        stored = get_bundle(session, digest)
        _check_shown(stored, shown)
        approve(session, recorder, digest, provenance, shown=shown, seen_live=seen_live)
        stored = get_bundle(session, digest)
    recorder.announce(decisions_stream(stored.bundle.agent))
    return stored


def reject_proposal(
    recorder: Recorder, digest: str, provenance: Provenance, *, shown: str | None = None
) -> StoredBundle:
    """A no, with its reason. Raises as `approve_proposal` does."""
    with recorder.database.writing() as session:
        _check_shown(get_bundle(session, digest), shown)
        stored = reject(session, recorder, digest, provenance, shown=shown)
    recorder.announce(decisions_stream(stored.bundle.agent))
    return stored


def roll_back_agent(
    recorder: Recorder, agent: str, provenance: Provenance, *, to: str | None = None, seen_live: str | None = None
) -> Live:
    """Take the agent's live version back, to the one before it or to `to` (a full digest).

    Raises:
        IllegalStep: another version is live than the person saw, or `to` may not become live.
        UsageError: there is nothing to go back to.
    """
    with recorder.database.writing() as session:
        live = roll_back(session, recorder, agent, provenance, to=to, seen_live=seen_live)
    recorder.announce(decisions_stream(agent))
    return live


def _check_shown(stored: StoredBundle, shown: str | None) -> None:
    if shown is not None and shown != stored.evidence:
        now = "none" if stored.evidence is None else short(stored.evidence)
        raise IllegalStep(
            f"the evidence has changed since you looked: it was {short(shown)}, now it is {now}",
            hint="Look again and decide on what is there now.",
        )
