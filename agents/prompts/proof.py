"""Proof of the registry: every version is what its name says, every run's version is there, and the tables are what
the decisions on record amount to.

Prevents: a run that cannot be told why it said what it said, an author changed in a table so that they may sign, and
a live pointer that nobody moved.
"""

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from agents.prompts.bundle import Bundle
from agents.prompts.record import Record, decisions_stream, read_record
from agents.prompts.store import list_live
from agents.prompts.tables import BUNDLES
from traces.errors import LedgerError
from traces.events import ErasureDone
from traces.ids import digest_text, short
from traces.store import list_streams, read_events
from traces.tables import RUNS

MOST_AGENTS: Final = 100_000


def prove_registry(session: Session) -> Iterator[str]:
    """What is wrong with the registry, a line each; nothing: it is whole. Reads every version once."""
    erased = _erased(session)
    known: set[str] = set()
    agents: set[str] = set()
    records: dict[str, Record] = {}
    for row in session.execute(sa.select(BUNDLES).order_by(BUNDLES.c.agent, BUNDLES.c.created_at)):
        known.add(row.digest)
        agents.add(row.agent)
        if row.digest not in erased:
            yield from _wrong_content(row)
        if row.agent not in records:
            try:
                records[row.agent] = read_record(session, row.agent)
            except LedgerError as error:
                yield f"the decisions about {row.agent!r} cannot be read: {error}"
                records[row.agent] = Record(row.agent)
        yield from _wrong_place(row, records[row.agent])
    prefix = decisions_stream("")
    agents |= {one.removeprefix(prefix) for one in list_streams(session, prefix, limit=MOST_AGENTS)}
    yield from _wrong_pointers(session, agents, records, known)
    # A run that came over OpenTelemetry was not ours to reproduce.
    used = session.execute(sa.select(RUNS.c.bundle).where(RUNS.c.origin != "otlp").distinct()).scalars()
    for digest in sorted(set(used) - known):
        yield f"runs name the version {short(digest)}, which is not in the registry: they cannot be reproduced"


def _wrong_content(row: Any) -> Iterator[str]:
    name = f"version {short(row.digest)} of {row.agent!r}"
    if digest_text(row.content) != row.digest:
        yield f"{name}: its content was changed: it has the digest {short(digest_text(row.content))}"
        return
    try:
        bundle = Bundle.model_validate_json(row.content)
    except ValidationError as error:
        yield f"{name} cannot be read: {error.errors()[0]['msg']}"
        return
    if bundle.digest != row.digest:
        yield f"{name} cannot be reproduced: read back, it has the digest {short(bundle.digest)}"
    if bundle.agent != row.agent:
        yield f"{name} is listed for another agent than its content says: {bundle.agent!r}"


def _wrong_place(row: Any, record: Record) -> Iterator[str]:
    life, name = record.of(row.digest), f"version {short(row.digest)} of {row.agent!r}"
    if row.state != life.state:
        yield f"{name} is listed as {row.state}, and by the decisions on record it is {life.state}"
    if life.author is not None and row.author != life.author:
        yield f"{name} is listed as written by {row.author!r}, and on record as by {life.author!r}"
    if life.evidence is not None and row.evidence != life.evidence:
        yield f"{name} is listed with other evidence than the decisions on record name"


def _wrong_pointers(session: Session, agents: set[str], records: dict[str, Record], known: set[str]) -> Iterator[str]:
    pointers = list_live(session)
    for agent in sorted(agents | pointers.keys()):
        record = records.get(agent) or read_record(session, agent)
        live = pointers.get(agent)
        if (None if live is None else live.digest) != record.live:
            listed, right = (short(one) if one else "nothing" for one in (live and live.digest, record.live))
            yield f"{listed} serves {agent!r}, and by the decisions on record it is {right}"
        for digest in sorted(record.lives.keys() - known):
            yield f"version {short(digest)} of {agent!r} was decided on and is not in the registry"


def _erased(session: Session) -> set[str]:
    """Versions whose words were erased, by somebody who signed for it."""
    done = (stored.event for stored in read_events(session, "erasures", kinds=["erasure_done"]))
    return {bundle for event in done if isinstance(event, ErasureDone) for bundle in event.bundles}
