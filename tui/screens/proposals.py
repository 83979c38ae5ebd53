"""Screen 3: versions that wait for a person's decision, and the review of one: evidence, diff, better and worse."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from agents.service.wire import Decide, DiffLineView, EventView, ProposalView
from tui.lines.figures import points, short
from tui.lines.line import Line
from tui.lines.pair import Beside, beside_of
from tui.lines.review import diff_section, evidence_section, flips_section, proposal_head_lines
from tui.lines.rows import proposal_head, proposal_row
from tui.screens.diffing import DiffRoom
from tui.screens.pair import PairScreen
from tui.screens.room import Room
from tui.widgets.confirm import Confirm
from tui.widgets.document import Document
from tui.widgets.head_row import HeadRow
from tui.widgets.line_view import LineView
from tui.widgets.table import Table

EMPTY = "No proposal waits for you. `strop optimize AGENT` looks for a better version; 5 shows the nights."


class ProposalsScreen(Room):
    """The proposals."""

    def __init__(self) -> None:
        super().__init__("proposals")

    def body(self) -> Iterable[Widget]:
        """Columns and list."""
        yield HeadRow(proposal_head, id="columns")
        yield Table(id="proposals")

    async def load(self) -> None:
        """All proposals."""
        found = await self.client.proposals()
        rows = [(one, partial(self._row, one)) for one in found]
        self.query_one(Table).show(rows, EMPTY)
        self.show_status(f"{len(found)} waiting")

    def _row(self, proposal: ProposalView, width: int) -> Line:
        return proposal_row(proposal, width, self.now())

    def concerns(self, fact: EventView) -> bool:
        """A night ended, or a decision was made."""
        return fact.kind in {"decision_made", "night_ended"}


class ProposalScreen(DiffRoom):
    """The review of one proposal, in the order a person decides by."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("A", "decide('approve')", "Approve", show=True),
        Binding("X", "decide('reject')", "Reject", show=True),
        Binding("w", "worse", "What got worse", show=True),
        Binding("h", "hunk", "Next change", show=False),
    ]
    WRITES: ClassVar[Mapping[str, str]] = {"decide": "decide"}
    AUTO_FOCUS = "#left"

    def __init__(self, digest: str) -> None:
        super().__init__(f"proposal {short(digest)}")
        self.digest = digest
        self.proposal: ProposalView | None = None
        self._diff: list[DiffLineView] = []
        self._seen: set[str] = set()
        """Examples whose transcripts were on the screen: the box says how many, before one approves."""

    def body(self) -> Iterable[Widget]:
        """One page; in wide windows the change stands beside the evidence."""
        yield Horizontal(Document(id="left"), Document(id="right"), id="split")

    async def load(self) -> None:
        """The proposal, and its difference from what it was proven against."""
        proposal = await self.client.proposal(self.digest)
        self._diff = await self.client.diff(proposal.bundle.digest, proposal.incumbent or None)
        self.proposal = proposal
        self._draw()
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Wide windows have two columns."""
        if self.proposal is not None:
            self._draw()

    def _draw(self) -> None:
        wide = self.size.width >= 140
        right = self.query_one("#right", Document)
        right.display = wide
        self.query_one("#left", Document).show(partial(self._left, not wide))
        right.show(lambda width: diff_section(self._diff, width, self.glyphs, self.look))

    def draw_diff(self) -> None:
        """In its own column or between the evidence and the examples."""
        self._draw()

    def _left(self, with_diff: bool, width: int) -> list[Line]:
        proposal = self.proposal
        assert proposal is not None  # drawn only after loading
        lines = proposal_head_lines(proposal, width, self.now()) + evidence_section(proposal, width, self.glyphs)
        lines += diff_section(self._diff, width, self.glyphs, self.look) if with_diff else []
        lines += flips_section("got worse", proposal.got_worse, width, self.glyphs, good=False, seen=self._seen)
        return lines + flips_section(
            "got better", proposal.got_better, width, self.glyphs, good=True, seen=self._seen
        )

    def concerns(self, fact: EventView) -> bool:
        """Somebody decided on this agent."""
        return fact.kind == "decision_made"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """One can decide only while it is open."""
        if action == "decide" and (self.proposal is None or self.proposal.bundle.state != "proposed"):
            return False
        return super().check_action(action, parameters)

    def copied(self) -> str | None:
        """The version's digest, or the run under the cursor."""
        return super().copied() or self.digest

    def action_worse(self) -> None:
        """To the examples that got worse."""
        left = self.query_one("#left", Document)
        left.jump(lambda row: row.mark == "section" and row.text.startswith("got worse"))

    def opened(self, event: LineView.Opened) -> None:
        """An example opens both its transcripts, beside each other; `]` goes on to the next one."""
        target = event.line.target
        if target is None or target[0] != "flip":
            super().opened(event)
            return
        pairs = self._pairs()
        at = next((at for at, pair in enumerate(pairs) if pair.key == target[1]), 0)
        self.app.push_screen(PairScreen(pairs, at, read=lambda at: self._seen.add(pairs[at].key)))

    def _pairs(self) -> list[Beside]:
        """What got worse first."""
        proposal = self.proposal
        assert proposal is not None  # the rows are drawn only after loading
        sides = proposal.incumbent, proposal.bundle.digest
        return [
            *(beside_of(flip, *sides, good=False) for flip in proposal.got_worse),
            *(beside_of(flip, *sides, good=True) for flip in proposal.got_better),
        ]

    def on_screen_resume(self) -> None:
        """What was read meanwhile is marked."""
        if self.proposal is not None and self._seen:
            self._draw()

    def action_hunk(self) -> None:
        """To the next change of the text."""
        view = self.query_one("#right" if self.query_one("#right").display else "#left", Document)
        view.jump(lambda row: row.mark == "hunk")

    def action_decide(self, decision: Literal["approve", "reject"]) -> None:
        """Approve or reject, with a reason."""
        proposal = self.proposal
        if proposal is None:
            return
        agent = proposal.bundle.agent
        missing = proposal.approvals - len(proposal.signatures) - 1
        effect = {
            "approve": f"it serves every new conversation of {agent!r}, in place of {short(proposal.incumbent)}"
            if missing <= 0
            else f"it has your signature; {missing} more needed before it serves {agent!r}",
            "reject": f"it is put away; {short(proposal.incumbent)} goes on serving {agent!r}",
        }[decision]
        change = proposal.evidence.get("delta")
        shown = f"{proposal.verdict or 'not judged'}" + (f", {points(change)} points" if change is not None else "")
        worse = len(proposal.got_worse)
        seen = sum(flip.example in self._seen for flip in proposal.got_worse)
        told = f"{worse} example{'' if worse == 1 else 's'}" + (f", you read {seen}" if worse else "")
        facts = [
            ("version", f"{short(proposal.bundle.digest)}  {proposal.bundle.note}"), ("verdict", shown),
            ("got worse", told), ("effect", effect),
            ("environment", self.desk.environment),
        ]  # fmt: skip
        self.confirm(
            Confirm(f"{decision.capitalize()} this version for {agent!r}?", facts, reason="needed"),
            partial(self._send, proposal, decision),
        )

    def _send(self, proposal: ProposalView, decision: Literal["approve", "reject"], reason: str) -> None:
        body = Decide(
            decision=decision, reason=reason, shown=proposal.evidence_digest, incumbent=proposal.incumbent or None,
            head=proposal.head or None,
        )  # fmt: skip
        self.write(
            decision.capitalize(), lambda: self.client.decide(self.digest, body),
            lambda now: self.notify(_DECIDED.get(now.bundle.state, f"It is {now.bundle.state} now.")),
        )  # fmt: skip


_DECIDED = {
    "live": "Approved: it is live.", "rejected": "Rejected.",
    "proposed": "Signed. The rules ask for another signature before it serves.",
}  # fmt: skip
