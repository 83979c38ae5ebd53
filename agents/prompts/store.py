"""The registry: adding bundles, finding them, and the pointer to the live one of each agent.

Bundles are only ever added. What moves one along its life, and the pointer with it, is in `agents.prompts.decisions`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from agents.prompts.bundle import Bundle
from agents.prompts.lifecycle import State
from agents.prompts.tables import BUNDLES, LIVE
from traces.chain import ERASED
from traces.db import insert_or_ignore
from traces.errors import LedgerOutdated, NotFound
from traces.ids import short


@dataclass(frozen=True)
class StoredBundle:
    """A bundle with its place in the registry."""

    digest: str
    bundle: Bundle
    parent: str | None
    author: str
    author_kind: str
    note: str
    state: State
    evidence: str | None
    created_at: datetime
    erased: bool = False
    """Examples in it were erased: it is not what its name means any more, and can serve nobody."""
    merged: tuple[str, ...] = ()
    """The parents beside the first, where it was made from several versions."""

    @property
    def parents(self) -> tuple[str, ...]:
        """What it was made from; empty for one that grew from nothing but its file."""
        return (() if self.parent is None else (self.parent,)) + self.merged


@dataclass(frozen=True)
class Live:
    """What serves an agent: the bundle's digest, the definition it grew from, and since when."""

    agent: str
    digest: str
    source: str
    changed_at: datetime


def add_bundle(
    session: Session, bundle: Bundle, *, author: str, author_kind: str, parent: str | None = None,
    merged: Sequence[str] = (), note: str = "",
) -> str:  # fmt: skip
    """Store a bundle as `draft` and give its digest. One that is already stored stays as it is.

    `merged` are its parents beside the first, where it was made from several versions.
    """
    digest = bundle.digest
    if session.execute(sa.select(BUNDLES.c.digest).where(BUNDLES.c.digest == digest)).first() is None:
        row = {
            "digest": digest, "agent": bundle.agent, "content": bundle.content, "parent": parent, "author": author,
            "author_kind": author_kind, "note": note, "state": "draft", "created_at": datetime.now(UTC),
            "merged": json.dumps(list(merged)) if merged else None,
        }  # fmt: skip
        # Another process may add the same one in this moment: it is the same bundle, and the first author's.
        session.execute(insert_or_ignore(session, BUNDLES), row)
    return digest


def name_draft(session: Session, digest: str, note: str) -> None:
    """Say what a machine's draft is, once that is known; what was proposed or a person wrote keeps its words."""
    session.execute(sa.update(BUNDLES).where(BUNDLES.c.digest == digest, _MACHINES_DRAFT).values(note=note))


_MACHINES_DRAFT: Final = sa.and_(BUNDLES.c.state == "draft", BUNDLES.c.author_kind == "machine")


def get_bundle(session: Session, digest: str) -> StoredBundle:
    """The bundle of that digest.

    Raises:
        NotFound: it is not stored here.
    """
    row = session.execute(sa.select(BUNDLES).where(BUNDLES.c.digest == digest)).mappings().first()
    if row is None:
        raise NotFound("bundle", digest, hint="`strop bundles list` shows the versions there are.")
    return _stored(dict(row))


def match_bundle(session: Session, prefix: str) -> str:
    """The full digest that starts with `prefix` (with or without `sha256:`).

    Raises:
        NotFound: none, or more than one.
    """
    start = prefix if prefix.startswith("sha256:") else f"sha256:{prefix}"
    query = sa.select(BUNDLES.c.digest).where(BUNDLES.c.digest.startswith(start, autoescape=True)).limit(2)
    found = session.execute(query).scalars().all()
    if len(found) != 1:
        what = "bundle" if not found else "single bundle (several match)"
        raise NotFound(what, prefix, hint="`strop bundles list` shows the versions there are.")
    return str(found[0])


def list_bundles(
    session: Session, *, agent: str | None = None, state: State | None = None, limit: int = 200
) -> Sequence[StoredBundle]:
    """Bundles, newest first; behind them the drafts of machines.

    A night leaves dozens: among the newest they would soon be all that a list shows.
    """
    tried = sa.case((_MACHINES_DRAFT, 1), else_=0)
    query = sa.select(BUNDLES).order_by(tried, BUNDLES.c.created_at.desc(), BUNDLES.c.digest).limit(limit)
    if agent is not None:
        query = query.where(BUNDLES.c.agent == agent)
    if state is not None:
        query = query.where(BUNDLES.c.state == state)
    return [_stored(dict(row)) for row in session.execute(query).mappings()]


def find_bundles(session: Session, digests: Iterable[str]) -> dict[str, StoredBundle]:
    """Those of these bundles that are stored, by digest, in one go."""
    query = sa.select(BUNDLES).where(BUNDLES.c.digest.in_(list(digests)))
    found = [_stored(dict(row)) for row in session.execute(query).mappings()]
    return {stored.digest: stored for stored in found}


def list_live(session: Session) -> dict[str, Live]:
    """The pointers of all agents, by agent."""
    return {row["agent"]: Live(**row) for row in session.execute(sa.select(LIVE)).mappings()}


def find_live(session: Session, agent: str) -> Live | None:
    """The pointer to the agent's live bundle, or None before its first run."""
    row = session.connection().execute(_LIVE, {"of_agent": agent}).mappings().first()
    return None if row is None else Live(**row)


_LIVE: Final = sa.select(LIVE).where(LIVE.c.agent == sa.bindparam("of_agent"))


def _stored(row: dict[str, Any]) -> StoredBundle:
    content = json.loads(row.pop("content"))
    erased = content.pop(ERASED, None) is not None
    row.pop("agent")
    merged = tuple(json.loads(row.pop("merged") or "[]"))
    try:
        bundle = Bundle.model_validate(content)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise LedgerOutdated(
            f"version {short(row['digest'])} is none that this Strop knows: "
            f"{'.'.join(str(part) for part in wrong['loc'])}: {wrong['msg']}",
            hint="A newer Strop made it: use that one.",
        ) from error
    return StoredBundle(bundle=bundle, erased=erased, merged=merged, **row)
