"""The calls of one step that are held back: answered from what is on record, else a person is asked.

The run's side of approvals; what people see of them and decide is in `agents.approvals`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_ai import RunContext, ToolApproved, ToolDenied
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults

from agents.approvals import approval_needed
from agents.journal import Journal, current_journal
from tools.approval import HELD
from tools.policies import Policy
from traces.events import ApprovalDecided, ApprovalRequested, CallRefused
from traces.ids import digest_json

UNSAID = Policy(then="ask", reason="the tool itself asks for approval")
"""For a call that was held back by a tool and not by a policy of ours."""


async def answer_held(ctx: RunContext[Any], requests: DeferredToolRequests) -> DeferredToolResults:
    """Answer the calls of one step that were held back, from what is on record.

    Raises:
        ApprovalNeeded: a person has to decide first; what is asked is on record by then.
    """
    journal = current_journal()
    results = DeferredToolResults()
    for call in requests.approvals:
        told = requests.metadata.get(call.tool_call_id, {}).get(HELD, {})
        answer = _answer(journal, journal.step_of(ctx), call, told)
        if answer is not None:
            results.approvals[call.tool_call_id] = answer
    if journal.recording.undecided:
        raise approval_needed(journal.run_id, journal.recording.undecided)
    return results


def _answer(
    journal: Journal, step: int, call: ToolCallPart, told: dict[str, Any]
) -> ToolApproved | ToolDenied | None:
    policy = Policy.model_validate(told["policy"]) if told else UNSAID
    server, tool = told.get("server", ""), told.get("tool", call.tool_name)
    arguments = told.get("arguments", call.args_as_dict())
    op = journal.next_key("approval")
    if policy.then == "deny":
        if journal.recording.find(op) is None:
            journal.record(
                CallRefused(
                    op=op, step=step, tool=tool, server=server, arguments=arguments, call_id=call.tool_call_id,
                    reason=policy.reason,
                )
            )  # fmt: skip
        return ToolDenied(f"This call is not allowed here. {policy.reason}".strip())
    if journal.replay is not None:
        return ToolApproved()  # nothing is sent anywhere: the recording answers, or the call is a divergence
    held = journal.recording.held.get(op)
    if held is None:
        expires_at = datetime.now(UTC) + timedelta(seconds=policy.expires)
        journal.record(
            ApprovalRequested(
                op=op, step=step, tool=tool, server=server, arguments=arguments, digest=digest_json(arguments),
                call_id=call.tool_call_id, reason=policy.reason, expires_at=expires_at,
            )
        )  # fmt: skip
        return None
    return None if held.decision is None else _said(held.decision)


def _said(decision: ApprovalDecided) -> ToolApproved | ToolDenied:
    match decision.decision:
        case "approve":
            return ToolApproved(override_args=decision.arguments)
        case "deny":
            why = decision.provenance.reason or "no reason given"
            return ToolDenied(f"A person did not allow this call: {why}")
        case _:
            return ToolDenied("Nobody allowed this call in time; it was not made.")
