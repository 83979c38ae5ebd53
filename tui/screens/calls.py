"""Deciding on held calls: the same keys and the same boxes wherever a held call is shown.

Prevents: a call that is allowed in another way on one screen than on the next, and a decision on arguments that were
not on the screen (each decision carries the digest of what was shown).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final, Literal

from pydantic import JsonValue
from textual.binding import Binding, BindingType

from agents.service.wire import ApprovalView, DecideApproval
from tui.answers import ServiceError
from tui.lines.cells import clip, one_line
from tui.lines.figures import age
from tui.screens.room import Room
from tui.widgets.confirm import Confirm
from tui.widgets.edit_box import EditBox

SHOWN: Final = 600
"""Characters of a call in a box; the page of the call has all of it."""


@dataclass(frozen=True)
class HeldCall:
    """A call to decide on: its id, the digest of its arguments, and the call in words."""

    id: str
    digest: str
    told: str
    arguments: dict[str, JsonValue] | None = None


class CallRoom(Room):
    """A screen on which held calls can be decided on. A subclass says which ones the keys mean."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("A", "allow", "Allow", show=True),
        Binding("X", "deny", "Deny", show=True),
        Binding("E", "edit", "Change arguments", show=True),
    ]
    WRITES: ClassVar[Mapping[str, str]] = {"allow": "operate", "deny": "operate", "edit": "operate"}

    def held_calls(self) -> Sequence[HeldCall]:
        """The calls that the keys mean now."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys are there where something can be decided."""
        if action in {"allow", "deny", "edit"} and not self.held_calls():
            return False
        return super().check_action(action, parameters)

    def action_allow(self) -> None:
        """Let the calls be made."""
        self._ask("approve", "Allow", "it is sent as it stands, and the run goes on", "optional")

    def action_deny(self) -> None:
        """Refuse the calls; the agent is told so."""
        self._ask("deny", "Deny", "it is not made; the agent is told so, with your reason", "needed")

    def _ask(self, decision: Literal["approve", "deny"], act: str, effect: str, reason: str) -> None:
        calls = self.held_calls()
        if not calls:
            return
        many = len(calls) > 1
        facts = [("call", clip(one_line(call.told), SHOWN if not many else 120)) for call in calls[:8]]
        facts += [("and", f"{len(calls) - 8} more")] if len(calls) > 8 else []
        facts += [("effect", effect), ("environment", self.desk.environment)]
        title = f"{act} these {len(calls)} calls?" if many else f"{act} this call?"
        box = Confirm(title, facts, reason=reason, typed=str(len(calls)) if many else "")
        self.confirm(box, lambda why: self._send_all(calls, decision, why))

    def _send_all(self, calls: Sequence[HeldCall], decision: Literal["approve", "deny"], why: str) -> None:
        for call in calls:
            self._send(call, DecideApproval(decision=decision, reason=why, shown=call.digest))

    def action_edit(self) -> None:
        """Allow one call with other arguments."""
        calls = self.held_calls()
        if len(calls) != 1:
            self.notify("Take the marks off: arguments are changed one call at a time.", severity="warning")
            return
        self.run_worker(self.guarded(partial(self._edit, calls[0])), group="edit", exclusive=True)

    async def _edit(self, call: HeldCall) -> None:
        arguments = call.arguments
        if arguments is None:
            arguments = (await self.client.approval(call.id)).arguments
        box = EditBox(
            f"Allow this call with other arguments? ({self.desk.environment})", dict(arguments),
            told="What is sent instead of what the agent asked for (YAML or JSON):",
            prompt="Reason (needed)", refuse=_no_arguments,
        )  # fmt: skip

        def answered(found: tuple[JsonValue, str] | None) -> None:
            if found is not None and isinstance(found[0], dict):
                self._send(
                    call,
                    DecideApproval(decision="approve", reason=found[1], shown=call.digest, arguments=found[0]),
                )

        self.app.push_screen(box, answered)

    def _send(self, call: HeldCall, decision: DecideApproval) -> None:
        act = "Allow" if decision.decision == "approve" else "Deny"
        self.write(act, lambda: self._decide_call(call, decision), lambda view: self.notify(_told(view)))

    async def _decide_call(self, call: HeldCall, decision: DecideApproval) -> ApprovalView:
        """Send a decision; when somebody else was first, say who, what and when."""
        try:
            return await self.client.decide_approval(call.id, decision)
        except ServiceError as error:
            if error.status != 409:
                raise
            view = await self.client.approval(call.id)
            if view.decided_at is None:
                raise
            told = f"{view.state} by {view.by} {age(view.decided_at, self.now())} ago"
            raise ServiceError(
                f"this call was {told}", detail=f"Reason: {view.said or 'none given'}", hint=error.hint, status=409
            ) from error


def _no_arguments(value: JsonValue, reason: str) -> str:
    if not isinstance(value, dict):
        return "Arguments are names with values: write `name: value`."
    return "" if reason else "A reason is needed: it is kept with the decision."


def _told(view: ApprovalView) -> str:
    changed = " with other arguments" if view.sent is not None else ""
    return f"{view.tool} is {view.state}{changed}."
