"""From what tool servers were found to offer to the shapes on the wire."""

import difflib
import json
import re
from typing import Any

from sqlalchemy.orm import Session

from agents.config import Workspace
from agents.prompts.bundle import Bundle
from agents.prompts.drift_checks import find_check
from agents.prompts.store import find_bundles, list_live
from agents.prompts.tool_lists import Met, find_held, list_met, read_listing, tools_stream
from agents.service.wire import DiffLineView, ToolChangeView, ToolListView, TriedView
from traces.events import DriftFound
from traces.store import read_events


def tool_lists(
    session: Session, workspace: Workspace, *, agent: str | None = None, server: str | None = None
) -> list[ToolListView]:
    """What each server offers the live versions, by agent and server."""
    pointers = list_live(session)
    bundles = find_bundles(session, [live.digest for live in pointers.values()])
    views = []
    for name in sorted(workspace.agents if agent is None else [agent]):
        stored = bundles.get(pointers[name].digest) if name in pointers else None
        if stored is None:
            continue
        servers = dict.fromkeys(access.server for access in stored.bundle.tools)
        views += [
            _view(session, workspace, stored.digest, stored.bundle, one)
            for one in servers
            if server is None or one == server
        ]
    return views


def _view(session: Session, workspace: Workspace, digest: str, bundle: Bundle, server: str) -> ToolListView:
    met = list_met(session, digest, server)
    held = find_held(session, bundle.agent, digest, server)
    newest = met[-1] if met else held
    spec = workspace.servers.get(server)
    found = None if newest is None else read_listing(session, bundle.agent, newest.digest)
    drifted = newest is not None and newest.standing == "drifted"
    return ToolListView(
        agent=bundle.agent, bundle=digest, server=server, standing="unpinned" if newest is None else newest.standing,
        policy=(spec.drift if spec is not None else None) or workspace.drift,
        pinned=None if held is None else held.digest, found=None if newest is None else newest.digest,
        found_at=None if newest is None else newest.at, tools=sorted(found or {}),
        changes=_changes(session, bundle.agent, newest) if drifted and newest is not None else [],
        tried=None if newest is None else _tried(session, bundle.agent, newest),
    )  # fmt: skip


def _tried(session: Session, agent: str, met: Met) -> TriedView | None:
    if met.standing == "pinned":
        return None
    event = find_check(session, agent, met.bundle, met.server, met.digest)
    return None if event is None else TriedView.model_validate(event.model_dump(include=set(TriedView.model_fields)))


def _changes(session: Session, agent: str, met: Met) -> list[ToolChangeView]:
    for stored in reversed(read_events(session, tools_stream(agent), kinds=["drift_found"])):
        event = stored.event
        if isinstance(event, DriftFound) and (event.bundle, event.found) == (met.bundle, met.digest):
            return [
                ToolChangeView(**change, diff=_diff(change["before"], change["after"])) for change in event.changes
            ]
    return []


def _diff(before: Any, after: Any) -> list[DiffLineView]:
    """Word by word where both are there; else every line is new, or gone."""
    old, new = _text(before), _text(after)
    if not old or not new:
        sign = "added" if new else "removed"
        return [DiffLineView(runs=[(sign, line)]) for line in (new or old).splitlines()]  # type: ignore[list-item]
    a, b = re.findall(r"\s+|\S+", old), re.findall(r"\s+|\S+", new)
    runs: list[tuple[Any, str]] = []
    for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            runs.append(("same", "".join(a[a1:a2])))
            continue
        runs += [("removed", "".join(a[a1:a2]))] if a2 > a1 else []
        runs += [("added", "".join(b[b1:b2]))] if b2 > b1 else []
    return _lines(runs)


def _lines(runs: list[tuple[Any, str]]) -> list[DiffLineView]:
    """The runs cut at line ends."""
    lines: list[list[tuple[Any, str]]] = [[]]
    for sign, text in runs:
        first, *more = text.split("\n")
        lines[-1] += [(sign, first)] if first else []
        lines += [[(sign, part)] if part else [] for part in more]
    return [DiffLineView(runs=line) for line in lines]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
