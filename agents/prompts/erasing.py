"""Versions that show a person's words as an example: found, and rid of them. Such a version can serve no more.

A version is named by its content, so what is left keeps the name and says that it is not what the name means.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.prompts.lifecycle import SERVING, State
from agents.prompts.tables import BUNDLES
from traces.chain import ERASED
from traces.quotes import Quotes
from traces.stubs import WORD


@dataclass(frozen=True)
class Quoting:
    """A version that quotes, and whether it serves."""

    digest: str
    agent: str
    state: State

    @property
    def serving(self) -> bool:
        """Whether customers are answered with it."""
        return self.state in SERVING


def list_quoting(session: Session, quotes: Quotes, runs: Collection[str]) -> list[Quoting]:
    """The versions that have a demonstration from these runs, or say what they say."""
    query = sa.select(BUNDLES.c.digest, BUNDLES.c.agent, BUNDLES.c.state, BUNDLES.c.content)
    rows = session.execute(query.order_by(BUNDLES.c.created_at, BUNDLES.c.digest))
    return [Quoting(row.digest, row.agent, row.state) for row in rows if _rid(row.content, quotes, runs) is not None]


def erase_examples(session: Session, digests: Iterable[str], quotes: Quotes, runs: Collection[str]) -> None:
    """Take what they quote out of these versions, within the caller's transaction."""
    for digest in digests:
        content = session.execute(sa.select(BUNDLES.c.content).where(BUNDLES.c.digest == digest)).scalar_one()
        left = _rid(content, quotes, runs)
        if left is not None:
            text = json.dumps({ERASED: digest, **left}, ensure_ascii=False)
            session.execute(sa.update(BUNDLES).where(BUNDLES.c.digest == digest).values(content=text))


def _rid(content: str, quotes: Quotes, runs: Collection[str]) -> dict[str, Any] | None:
    """The content without what it quotes; None where it quotes nothing."""
    data: dict[str, Any] = json.loads(content)
    shown = data.get("demonstrations") or []
    kept = [
        {**one, "input": WORD, "output": WORD} if one.get("source") in runs or quotes.without(one) is not one else one
        for one in shown
    ]
    left = {**{name: quotes.without(value) for name, value in data.items()}, "demonstrations": kept}
    return None if left == {"demonstrations": [], **data} else left
