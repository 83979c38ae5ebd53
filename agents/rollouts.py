"""A person's words on rollouts and on drifted tools, as one act each: checked, one transaction, refusals on record.

The service and the commands both go through here. Prevents: a version that was proposed and meets customers without
the signatures that the agent's rules ask for.
"""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy.orm import Session

from agents.errors import IllegalStep, UsageError
from agents.prompts.decisions import approve
from agents.prompts.governance import DEFAULT, Governance
from agents.prompts.plan import Mode, read_plan
from agents.prompts.record import read_record
from agents.prompts.rollout import change_rollout, promote_candidate, start_rollout, take_back
from agents.prompts.rollout_store import Rollout, get_rollout
from agents.prompts.store import find_live, get_bundle
from agents.prompts.tool_lists import accept, list_met, tools_stream
from agents.review import decide
from traces.ids import short
from traces.provenance import Provenance
from traces.recorder import Recorder


def begin_rollout(
    recorder: Recorder, agent: str, candidate: str, mode: Mode, plan: Mapping[str, Any], by: Provenance, *,
    rules: Governance = DEFAULT, control: str | None = None, seen_live: str | None = None,
) -> Rollout:  # fmt: skip
    """Let a version meet real conversations. One that is proposed is signed by the same act.

    Args:
        recorder: of the database that holds the registry.
        agent: whose versions they are.
        candidate: full digest of the version to be tried.
        mode: shadow, canary or ab.
        plan: fields of `RolloutPlan`; what is left out is as usual.
        by: who decides, and why.
        rules: those that the workspace's file has for the agent; what is on record wins.
        control: full digest of what it is compared with; None: what is live.
        seen_live: the live digest that the person saw.

    Raises:
        IllegalStep: another rollout is under way, or more signatures are needed (this one is then on record).
        Refused: the rules do not allow it; the refusal is on record.
        UsageError: the plan is none, or the two cannot be compared.
    """
    wanted = read_plan(dict(plan))

    def act(session: Session) -> Rollout | None:
        if mode != "ab" and get_bundle(session, candidate).state == "proposed":
            signed = {"promote": "person" if wanted.promote == "person" else "policy", "rollout": dict(plan)}
            approve(session, recorder, candidate, by, rules=rules, seen_live=seen_live, plan=signed, hold=True)
            if get_bundle(session, candidate).state != "approved":
                return None
        return start_rollout(
            session, recorder, agent, candidate, mode, wanted, by, control=control, seen_live=seen_live
        )

    rollout = decide(recorder, agent, f"start {mode}", candidate, by, act)
    if rollout is None:
        raise _needs_more(recorder, agent, candidate, rules)
    recorder.announce(rollout.id)
    return rollout


def _needs_more(recorder: Recorder, agent: str, candidate: str, rules: Governance) -> IllegalStep:
    with recorder.database.reading() as session:
        record = read_record(session, agent)
    signed, wanted = len(record.signers(candidate)), (record.rules or rules).approvals
    return IllegalStep(
        f"signed; {short(candidate)} has {signed} of {wanted} signatures, so nobody meets it yet",
        hint="Another person starts the rollout; with the last signature it begins.",
    )


def alter_rollout(
    recorder: Recorder, rollout: str, by: Provenance, *, share: float | None = None, exposure: int | None = None
) -> Rollout:
    """Give the candidate more or fewer conversations from now on. Raises as `change_rollout` does."""
    one = _find(recorder, rollout)
    changed = decide(
        recorder, one.agent, "change rollout", one.candidate, by,
        lambda session: change_rollout(session, recorder, rollout, by, share=share, exposure=exposure),
    )  # fmt: skip
    recorder.announce(rollout)
    return changed


def end_rollout(recorder: Recorder, rollout: str, decision: Literal["promote", "stop"], by: Provenance) -> Rollout:
    """A person takes the candidate live, or takes it back.

    Args:
        recorder: of the database that holds the registry.
        rollout: full id.
        decision: what.
        by: who decides, and why.

    Raises:
        IllegalStep: it has ended; says how and when.
        Refused: the rules do not allow it; the refusal is on record.
    """
    one = _find(recorder, rollout)
    end = promote_candidate if decision == "promote" else take_back
    ended = decide(
        recorder, one.agent, f"{decision} rollout", one.candidate, by,
        lambda session: end(session, recorder, rollout, by),
    )  # fmt: skip
    recorder.announce(rollout)
    return ended


def accept_drift(recorder: Recorder, agent: str, server: str, by: Provenance, *, found: str | None = None) -> str:
    """Let the agent's live version go on with what the server offers now; gives the digest of that.

    Args:
        recorder: of the database that holds the registry.
        agent: whose live version.
        server: the server's name.
        by: who decides, and why.
        found: digest, or its beginning, of the listing that the person saw; None: the newest drift.

    Raises:
        IllegalStep: there is no such drift, or it was accepted before.
        Refused: a machine, or no reason.
    """

    def act(session: Session) -> str:
        live = find_live(session, agent)
        if live is None:
            raise UsageError(f"agent {agent!r} has no live version yet", hint="It gets one with its first run.")
        drifted = [one for one in list_met(session, live.digest, server) if one.standing == "drifted"]
        seen = [one for one in drifted if found is None or short(one.digest).startswith(short(found))]
        if not seen:
            raise IllegalStep(
                f"{server!r} has not drifted for {agent!r}" + (" to what you saw" if drifted else ""),
                hint=f"`strop tools list {agent}` shows what there is.",
            )
        accept(session, recorder, agent, live.digest, server, seen[-1].digest, by)
        return seen[-1].digest

    accepted = decide(recorder, agent, f"accept tools of {server}", None, by, act)
    recorder.announce(tools_stream(agent))
    return accepted


def _find(recorder: Recorder, rollout: str) -> Rollout:
    with recorder.database.reading() as session:
        return get_rollout(session, rollout)
