"""Screen 4: every agent's versions: which one is live, where each comes from, what it says; roll back, compare."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from agents.service.wire import AgentView, BundleView, DiffLineView, EventView, FiguresView, RollBack, RunView
from tui.lines.figures import of, short
from tui.lines.line import Line
from tui.lines.lineage import as_tree, history_lines, tree_lines
from tui.lines.review import bundle_lines, diff_section
from tui.lines.rows import bundle_head, bundle_row, only_tried
from tui.screens.diffing import DiffRoom
from tui.screens.playground import PlayRoom
from tui.screens.room import Room
from tui.widgets.confirm import Confirm
from tui.widgets.document import Document
from tui.widgets.head_row import HeadRow
from tui.widgets.table import Row, Table


class PromptsScreen(PlayRoom):
    """The versions, agent by agent, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("B", "roll_back", "Roll back", show=True),
        Binding("equals_sign", "diff", "Compare", key_display="=", show=True),
        Binding("space", "mark", "Mark to compare", show=True),
        Binding("h", "history", "History", show=True),
        Binding("t", "tree", "As a tree", show=False),
        Binding("d", "drafts", "Drafts that nights tried", show=False),
    ]
    WRITES: ClassVar[Mapping[str, str]] = {**PlayRoom.WRITES, "roll_back": "roll_back"}

    def __init__(self) -> None:
        super().__init__("prompts")
        self.marked: str | None = None
        self._tree = self._drafts = False
        self._shares: dict[str, float] = {}
        self._agents: dict[str, AgentView] = {}
        self._bundles: list[BundleView] = []

    def body(self) -> Iterable[Widget]:
        """Columns and list."""
        yield HeadRow(bundle_head, id="columns")
        yield Table(id="bundles")

    async def load(self) -> None:
        """All agents and all versions."""
        agents, self._bundles = await self.client.agents(), await self.client.bundles()
        self._agents = {agent.name: agent for agent in agents}
        self._shares = _shares((await self.client.stats("since:24h", "bundle")).groups, self._bundles)
        self._draw()
        self.show_status(f"{len(self._bundles)} versions")

    def _draw(self) -> None:
        rows: list[tuple[Any, Row]] = []
        for name in dict.fromkeys([*self._agents, *(bundle.agent for bundle in self._bundles)]):
            mine = [bundle for bundle in self._bundles if bundle.agent == name]
            shown = [bundle for bundle in mine if self._drafts or not only_tried(bundle)]
            rows.append((name, partial(self._agent_row, name)))
            placed = as_tree(shown) if self._tree else [(0, one) for one in shown]
            rows += [(bundle, partial(self._bundle_row, bundle, depth)) for depth, bundle in placed]
            if len(shown) < len(mine):
                rows.append((name, partial(_hidden, len(mine) - len(shown))))
            if not mine:
                rows.append((None, _no_version))
        self.query_one(Table).show(rows, "No agent here yet. `strop init DIR` writes a workspace with one.")

    def _agent_row(self, name: str, width: int) -> Line:
        agent = self._agents.get(name)
        told = f"  {agent.model}" if agent else "  no longer in the workspace"
        waiting = f"  {of(agent.proposals, 'proposal')} waiting" if agent and agent.proposals else ""
        changed = "  its file was changed since" if agent and agent.definition_changed else ""
        return Line(((f"  {name}", "accent.bold"), (told, "muted"), (waiting + changed, "warn"))).clipped(width)

    def _bundle_row(self, bundle: BundleView, depth: int, width: int) -> Line:
        marked, share = bundle.digest == self.marked, self._shares.get(bundle.digest)
        return bundle_row(bundle, width, self.now(), self.glyphs, marked=marked, depth=depth, share=share)

    def concerns(self, fact: EventView) -> bool:
        """A version took a step of its life."""
        return fact.kind in {"decision_made", "night_ended"}

    @property
    def current(self) -> BundleView | None:
        """The version under the cursor."""
        found = self.query_one(Table).current
        return found if isinstance(found, BundleView) else None

    def tried(self) -> tuple[list[str], RunView | None]:
        """The version under the cursor, and the marked one."""
        chosen = [self.current.digest if self.current else None, self.marked]
        return list(dict.fromkeys(one for one in chosen if one)), None

    def action_mark(self) -> None:
        """Mark the version, or take the mark off: `=` compares with it."""
        if self.current is not None:
            self.marked = None if self.marked == self.current.digest else self.current.digest
            self.query_one(Table).rows_changed()

    def action_tree(self) -> None:
        """Every version below the one it comes from, or the newest first again."""
        self._tree = not self._tree
        self._draw()
        self.notify("As a tree." if self._tree else "The newest first.")

    def action_drafts(self) -> None:
        """Show what nights tried and nobody proposed, or put it away again: a night leaves dozens."""
        self._drafts = not self._drafts
        self._draw()

    def action_history(self) -> None:
        """What was decided about the agent of this row."""
        row = self.query_one(Table).current
        name = row.agent if isinstance(row, BundleView) else row
        if isinstance(name, str):
            self.app.push_screen(HistoryScreen(name))

    def action_diff(self) -> None:
        """Compare the version under the cursor with the marked one, or with the one it comes from."""
        bundle = self.current
        if bundle is None:
            return
        against = self.marked if self.marked not in {None, bundle.digest} else bundle.parent
        if against is None:
            self.notify(
                "It has no version before it: mark another with space, then press = here.", severity="warning"
            )
            return
        self.app.push_screen(DiffScreen(bundle.digest, against))

    def action_roll_back(self) -> None:
        """Take the agent of this row back: to the version before, or to the retired one under the cursor."""
        row = self.query_one(Table).current
        name = row.agent if isinstance(row, BundleView) else row
        live = next((one for one in self._bundles if one.agent == name and one.live), None)
        if live is None:
            self.notify("Put the cursor on an agent that has a live version, or on one of its versions.")
            return
        bundle = row if isinstance(row, BundleView) else live
        if not bundle.live and bundle.state != "retired":
            self.notify(
                f"A version that is {bundle.state!r} never served; take back to a retired one.", severity="warning"
            )
            return
        to = None if bundle.live else bundle.digest
        facts = [
            ("agent", live.agent), ("live now", f"{short(live.digest)}  {live.note}"),
            ("then live", short(to) if to else "the one that was live before it"),
            ("effect", "every new conversation is served by that version"), ("environment", self.desk.environment),
        ]  # fmt: skip
        production = bool(self.desk.about and self.desk.about.environment.startswith("prod"))
        typed = live.agent if production else ""
        box = Confirm(f"Roll {live.agent!r} back?", facts, reason="needed", typed=typed)
        self.confirm(box, partial(self._send, live, to))

    def _send(self, live: BundleView, to: str | None, reason: str) -> None:
        head = self._agents[live.agent].head or None if live.agent in self._agents else None
        body = RollBack(reason=reason, to=to, live=live.digest, head=head)
        self.write(
            "Roll back",
            lambda: self.client.roll_back(live.agent, body),
            lambda now: self.notify(f"{short(now.digest)} is live for {now.agent!r}."),
        )


def _hidden(drafts: int, width: int) -> Line:
    return Line(((f"    {of(drafts, 'draft')} that nights tried: d shows", "muted"),)).clipped(width)


def _no_version(width: int) -> Line:
    return Line((("    no version yet: its first run takes the definition file as it is", "muted"),)).clipped(width)


def _shares(groups: Sequence[FiguresView], bundles: Sequence[BundleView]) -> dict[str, float]:
    """Of each version that had runs: its share of those of its agent."""
    agents = {one.digest: one.agent for one in bundles}
    total: Counter[str] = Counter()
    for one in groups:
        total[agents.get(one.key, "")] += one.runs
    return {one.key: one.runs / total[agents[one.key]] for one in groups if one.runs and one.key in agents}


class HistoryScreen(Room):
    """What was decided about one agent's versions."""

    def __init__(self, agent: str) -> None:
        super().__init__(f"history of {agent}")
        self.agent = agent

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield Document(id="page")

    async def load(self) -> None:
        """Its decisions."""
        facts = await self.client.decisions(self.agent)
        self.query_one(Document).show(lambda width: history_lines(facts, width, self.now(), self.glyphs))

    def concerns(self, fact: EventView) -> bool:
        """Something was decided."""
        return fact.kind in {"decision_made", "proposal_signed", "governance_changed"}


class BundleScreen(Room):
    """One version, whole."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"version {short(digest)}")
        self.digest = digest

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield Document(id="page")

    async def load(self) -> None:
        """The version."""
        bundle = await self.client.bundle(self.digest)
        family = _family(await self.client.bundles(bundle.agent), bundle.digest)
        self.room_title = f"{bundle.agent} version {short(bundle.digest)}"
        self.query_one(Document).show(lambda width: self._lines(bundle, family, width))
        self.show_status()

    def _lines(self, bundle: BundleView, family: Sequence[BundleView], width: int) -> list[Line]:
        tree = tree_lines(family, bundle.digest, width, self.now(), self.glyphs) if len(family) > 1 else []
        return [*tree, *bundle_lines(bundle, width, self.now(), self.glyphs)]

    def copied(self) -> str | None:
        """What the cursor is on, or the version's digest."""
        return super().copied() or self.digest


def _family(bundles: Sequence[BundleView], digest: str) -> list[BundleView]:
    """The version, those it comes from, and those that came of it, in the order given."""
    parents = {one.digest: one.parent for one in bundles}
    above, at = {digest}, parents.get(digest)
    while at is not None and at not in above:
        above.add(at)
        at = parents.get(at)
    below = {digest}
    while fresh := {one for one, parent in parents.items() if parent in below} - below:
        below |= fresh
    return [one for one in bundles if one.digest in above | below]


class DiffScreen(DiffRoom):
    """What differs between two versions, word by word."""

    def __init__(self, digest: str, against: str) -> None:
        super().__init__(f"{short(against)} to {short(digest)}")
        self.digest, self.against = digest, against
        self._diff: list[DiffLineView] = []

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield Document(id="page")

    async def load(self) -> None:
        """The word diff."""
        self._diff = await self.client.diff(self.digest, self.against)
        self.draw_diff()

    def draw_diff(self) -> None:
        """One page."""
        self.query_one(Document).show(lambda width: diff_section(self._diff, width, self.glyphs, self.look))
