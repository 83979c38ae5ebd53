"""One run: its story, its facts, a person's judgement on it; and, when it waits, the decision it waits for."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Final

from pydantic import JsonValue
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from agents.service.wire import DecideOutcome, EventView, GiveFeedback, RunDetail, RunView, WithdrawFeedback
from tui.lines.cells import clip, one_line
from tui.lines.figures import count, duration, money, of, short, tokens
from tui.lines.line import Line
from tui.lines.review import run_facts_lines, section
from tui.lines.rows import STATUS_ROLES
from tui.lines.waterfall import longest, waterfall_lines
from tui.screens.calls import CallRoom, HeldCall
from tui.screens.playground import PlayRoom
from tui.widgets.confirm import Confirm
from tui.widgets.document import Document
from tui.widgets.edit_box import EditBox
from tui.widgets.head_row import HeadRow
from tui.widgets.line_view import LineView
from tui.widgets.outcome import OutcomeBox
from tui.widgets.transcript import Transcript

FIRST: Final = 100
"""Facts that are asked for first: more than a screen shows, little enough to be there at once."""
LONGEST: Final = 20
"""Bars in the pane beside the story; `t` shows all."""
REST: Final = 500
"""Facts a page after that: a key pressed meanwhile waits for one page at the most."""


class RunScreen(CallRoom, PlayRoom):
    """The whole trace of a run. `beside(run_id, step)` gives the neighbours in the list it was opened from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("W", "decide", "Decide", show=True),
        Binding("u", "judge(1)", "Good", show=True),
        Binding("d", "judge(0)", "Bad", show=True),
        Binding("c", "correct", "Correct", show=True),
        Binding("l", "label", "Label", show=True),
        Binding("U", "undo", "Take my judgement back", show=False),
        Binding("right_square_bracket", "beside(1)", "Next run", key_display="]", show=True),
        Binding("left_square_bracket", "beside(-1)", "Run before", key_display="[", show=False),
        Binding("t", "timeline", "Time line", show=True),
        Binding("K", "cancel", "Cancel the run", show=False),
    ]
    WRITES: ClassVar[Mapping[str, str]] = {
        **CallRoom.WRITES, **PlayRoom.WRITES, "decide": "operate", "cancel": "operate", "judge": "judge",
        "correct": "judge", "label": "judge", "undo": "judge",
    }  # fmt: skip
    AUTO_FOCUS = "#transcript"

    def __init__(self, run_id: str, *, beside: Callable[[str, int], str | None] | None = None) -> None:
        super().__init__(f"run {short(run_id)}")
        self.run_id = run_id
        self.detail: RunDetail | None = None
        self._beside = beside
        self._following = False

    def body(self) -> Iterable[Widget]:
        """A head that says the most in one line; the story; the facts beside it in wide windows."""
        yield HeadRow(lambda width: Line(), id="head")
        yield HeadRow(lambda width: Line(), id="banner")
        story = Transcript(self.glyphs, id="transcript")
        yield Horizontal(story, Document(id="timeline"), Document(id="facts"), id="split")

    @property
    def transcript(self) -> Transcript:
        """The story."""
        return self.query_one("#transcript", Transcript)

    # --- asking --------------------------------------------------------------------------------

    async def load(self) -> None:
        """The run, and the facts that are not here yet: what fits on the screen first, the rest behind it."""
        detail = await self.client.run(self.run_id)
        self.run_id = detail.run.id
        await self._load_facts(detail)
        if detail.run.status == "running" and not self._following:
            self._following = self.transcript.follow = True
            self.transcript.action_edge(1)
            self.run_worker(self.guarded(self._follow), group="follow", exclusive=True)

    async def _load_facts(self, detail: RunDetail) -> None:
        facts, limit = self.transcript.fold.facts, FIRST
        while True:
            page = await self.client.event_page(self.run_id, after=facts.last_seq, limit=limit)
            self.transcript.empty = "This run has no events yet."
            self.transcript.add(self.admitted(page))
            if facts is not self.transcript.fold.facts:
                return  # another run is shown by now
            if limit == FIRST:
                self._show(detail)
            whole = len(page) < limit
            self.show_status("" if whole else f"{count(len(facts))} of {count(detail.run.events)} facts")
            if whole:
                self._show(detail)
                return
            limit = REST

    def admitted(self, facts: Sequence[EventView]) -> Sequence[EventView]:
        """The facts that are shown: all of them."""
        return facts

    async def _follow(self) -> None:
        """Facts and half-written replies, until the run has ended."""
        run_id = self.run_id
        try:
            async for piece in self.client.follow(run_id, after=self.transcript.fold.facts.last_id):
                if isinstance(piece, EventView):
                    self.transcript.add(self.admitted([piece]))
                    self.ask_soon()
                else:
                    self.transcript.add_delta(piece)
        finally:
            self._following = False
        self.ask_soon()

    def takes(self, facts: list[EventView]) -> None:
        """Facts of this run or of one it handed work to: ask for what is not here yet."""
        mine = [fact for fact in facts if fact.stream == self.run_id]
        children = {child.id for child in self.detail.children} if self.detail else set()
        if mine or any(fact.stream in children for fact in facts):
            self.ask_soon()

    def _show(self, detail: RunDetail) -> None:
        self.detail = detail
        self.room_title = f"{detail.run.agent} run {short(detail.run.id)}"
        self.transcript.tell_children({child.id: _ending(child) for child in detail.children})
        self.query_one("#head", HeadRow).draw(lambda width: _head(detail.run, self._status(detail.run), width))
        banner = self.query_one("#banner", HeadRow)
        banner.display = detail.run.status == "waiting"
        banner.draw(lambda width: _banner(self.waiting_ops(), self.held_calls(), width))
        self.query_one("#facts", Document).show(lambda width: self._facts_lines(detail, width))
        if self.query_one("#timeline").display:
            self._draw_timeline()
        self.show_status()
        self.refresh_bindings()

    def _facts_lines(self, detail: RunDetail, width: int) -> list[Line]:
        found = self.transcript.fold.waterfall
        lines = run_facts_lines(detail, width, self.now(), self.glyphs)
        if found.stretches:
            lines += section("where the time went", width, self.glyphs)
            lines += waterfall_lines(found, width, self.glyphs, stretches=longest(found, LONGEST))
        return lines

    def _draw_timeline(self) -> None:
        found = self.transcript.fold.waterfall
        self.query_one("#timeline", Document).show(lambda width: waterfall_lines(found, width, self.glyphs))

    def action_timeline(self) -> None:
        """Where the time went, or the story again."""
        timeline = self.query_one("#timeline", Document)
        self._show_timeline(not timeline.display)

    def _show_timeline(self, shown: bool) -> None:
        timeline = self.query_one("#timeline", Document)
        timeline.display, self.transcript.display = shown, not shown
        if shown:
            self._draw_timeline()
        (timeline if shown else self.transcript).focus()

    def opened(self, event: LineView.Opened) -> None:
        """A bar of the time line leads to what it stands for in the story."""
        if event.line.target is not None and event.line.target[0] == "fact":
            self._show_timeline(False)
            self.transcript.show_fact(int(event.line.target[1]))
        else:
            super().opened(event)

    def _status(self, run: RunView) -> str:
        return f"{self.glyphs.status(run.status)} {run.status}"

    def held_calls(self) -> list[HeldCall]:
        """Calls of the run that nobody has decided on yet."""
        if self.detail is None or self.detail.run.status != "waiting":
            return []
        return [_held(fact) for fact in self.transcript.fold.undecided.held.values()]

    def waiting_ops(self) -> list[str]:
        """Operations whose outcome is unknown and that nobody has decided about yet."""
        return self.transcript.fold.undecided.unknown

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Some keys are only there when the run is in the state for them."""
        status = self.detail.run.status if self.detail else ""
        if action == "decide" and (status != "waiting" or self.held_calls()):
            return False
        if action == "undo" and self.own_judgement() is None:
            return False
        if action == "cancel" and status not in {"running", "waiting"}:
            return False
        return super().check_action(action, parameters)

    # --- neighbours ----------------------------------------------------------------------------

    def action_beside(self, step: int) -> None:
        """The next run, or the one before, without leaving."""
        found = self._beside(self.run_id, step) if self._beside else None
        if found is None:
            self.notify("There is no run on that side.")
            return
        self.workers.cancel_group(self, "follow")
        self.run_id, self.detail, self._following = found, None, False
        self.room_title = f"run {short(found)}"
        self.transcript.follow = False
        self.transcript.clear()
        self.ask()

    def copied(self) -> str | None:
        """The run's id, or that of the child under the cursor."""
        return super().copied() or self.run_id

    def tried(self) -> tuple[list[str], RunView | None]:
        """The input of the run, and what its tools said."""
        return [], self.detail.run if self.detail else None

    # --- judgement -----------------------------------------------------------------------------

    def _facts(self, effect: str) -> list[tuple[str, str]]:
        run = self.detail.run if self.detail else None
        asked = clip(one_line(run.input), 48) if run else ""
        return [("run", f"{short(self.run_id)}  {asked}"), ("effect", effect), ("environment", self.desk.environment)]

    def action_judge(self, score: int) -> None:
        """Good or bad, with a note."""
        word = "good" if score else "bad"
        box = Confirm(
            f"This run was {word}?", self._facts(f"feedback, score {score}"), reason="optional", prompt="Note"
        )
        self.confirm(box, lambda note: self._give(GiveFeedback(score=float(score), comment=note), f"Noted: {word}."))

    def action_label(self) -> None:
        """Put a label on the run."""
        box = Confirm("Which label?", self._facts("feedback, a label"), reason="needed", prompt="Label")
        self.confirm(box, lambda label: self._give(GiveFeedback(label=label), f"Labelled {label!r}."))

    def action_correct(self) -> None:
        """Say what the right answer was."""
        if self.detail is None:
            return
        told = "The right answer, whole or only the fields that were wrong (YAML or JSON):"
        box = EditBox(f"What should run {short(self.run_id)} have answered?", self.detail.answer, told=told)

        def answered(found: tuple[JsonValue, str] | None) -> None:
            if found is not None:
                given = GiveFeedback(score=0.0, correction=found[0], comment=found[1])
                self._give(given, "The right answer is kept.")

        self.app.push_screen(box, answered)

    def _give(self, given: GiveFeedback, told: str) -> None:
        run_id = self.run_id
        self.write(
            "Feedback",
            lambda: self.client.feedback(run_id, given),
            lambda run: self.notify(f"{told} U takes it back."),
        )

    def own_judgement(self) -> tuple[str, str] | None:
        """(id, words) of the newest judgement of the person at this terminal that stands."""
        me, fold = self.desk.my_name, self.transcript.fold
        own = [(name, fold.blocks[at].title) for name, (by, at) in fold.judged.items() if by == me]
        return own[-1] if own else None

    def action_undo(self) -> None:
        """Take the newest judgement of one's own back; it stays on record and counts no more."""
        own = self.own_judgement()
        if own is None:
            return
        effect = "it stays on record and counts for nothing any more"
        facts = [*self._facts(effect)[:1], ("judgement", own[1]), *self._facts(effect)[1:]]
        box = Confirm("Take this judgement back?", facts, reason="optional")
        run_id = self.run_id

        def go(reason: str) -> None:
            said = WithdrawFeedback(feedback_id=own[0], reason=reason)
            self.write("Take back", lambda: self.client.withdraw(run_id, said), lambda _: self.notify("Taken back."))

        self.confirm(box, go)

    # --- a waiting run -------------------------------------------------------------------------

    def action_decide(self) -> None:
        """Say what became of the first undecided call; when none is left the run goes on."""
        ops = self.waiting_ops()
        if not ops:
            self.write("Resume", lambda: self.client.resume(self.run_id), lambda _: self.notify("The run goes on."))
            return
        call = clip(one_line(self.transcript.fold.call_of(ops[0])), 200)

        def answered(decision: DecideOutcome | None) -> None:
            if decision is not None:
                self.write("Decision", lambda: self._decide(decision), self._decided)

        self.app.push_screen(OutcomeBox(ops[0], call, self.desk.environment), answered)

    async def _decide(self, decision: DecideOutcome) -> RunDetail:
        left = len(self.waiting_ops())
        detail = await self.client.decide_outcome(self.run_id, decision)
        if left <= 1 and detail.run.status == "waiting":
            return await self.client.resume(self.run_id)
        return detail

    def _decided(self, detail: RunDetail) -> None:
        left = len(self.waiting_ops()) - 1
        self.notify(f"{left} more to decide." if left > 0 else "Decided: the run goes on.")

    def action_cancel(self) -> None:
        """Stop the run."""
        box = Confirm("Cancel this run?", self._facts("it stops before its next step; what it did stays done"))
        run_id = self.run_id
        self.confirm(
            box,
            lambda _: self.write("Cancel", lambda: self.client.cancel(run_id), lambda run: self.notify("Cancelled.")),
        )


def _ending(child: RunView) -> tuple[str, str]:
    told = child.error or child.output or ""
    return (
        f"{child.status}  {tokens(child.input_tokens, child.output_tokens)} tokens  {duration(child.seconds)}",
        told,
    )


def _head(run: RunView, status: str, width: int) -> Line:
    figures = [tokens(run.input_tokens, run.output_tokens) + " tokens", duration(run.seconds)]
    if run.cost is not None:
        figures.insert(1, money(run.cost))
    if run.score is not None:
        figures.append(f"score {run.score:.2f}")
    return Line(
        (
            (f"  {status}  ", f"{STATUS_ROLES.get(run.status, 'text')}.bold"),
            (f"{of(run.steps, 'step')}, {of(run.tool_calls, 'tool call')}, {', '.join(figures)}", "text"),
            (f"  version {short(run.bundle)}", "muted"),
        )
    ).clipped(width)


def _banner(unknown: list[str], held: list[HeldCall], width: int) -> Line:
    if held:
        more = f" and {len(held) - 1} more" if len(held) > 1 else ""
        told = f" WAITING for you{more}: A allows, X denies, E changes  {clip(one_line(held[0].told), 120)} "
    elif unknown:
        told = f" WAITING: the outcome of {of(len(unknown), 'call')} is unknown. W decides. "
    else:
        told = " WAITING: for a call of a run that this one handed work to, or for a worker to go on. "
    return Line(((told.ljust(width), "badge.waiting"),)).clipped(width)


def _held(fact: EventView) -> HeldCall:
    data, number = fact.data, str(fact.op).removeprefix("approval/")
    arguments = data.get("arguments")
    told = f"{data.get('server')}.{data.get('tool')} {json.dumps(arguments, ensure_ascii=False)}"
    given = arguments if isinstance(arguments, dict) else None
    return HeldCall(f"{fact.stream}:{number}", str(data.get("digest")), told, given)
