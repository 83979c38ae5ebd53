"""Versions that go with the runs that name them, out of one ledger and into another.

A version is named by its content as a body is, so it travels among the run's bodies. Prevents: runs that nobody can
say of what they were told to do.
"""

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.prompts.bundle import Bundle
from agents.prompts.store import add_bundle
from agents.prompts.tables import BUNDLES
from traces.carry import Carried
from traces.ids import digest_text


def with_version(session: Session, carried: Carried) -> Carried:
    """The run with its version's content, where that is here and whole."""
    query = sa.select(BUNDLES.c.content).where(BUNDLES.c.digest == carried.version)
    content = session.execute(query).scalar()
    if content is None or carried.version is None or digest_text(content) != carried.version:
        return carried
    return replace(carried, bodies={**carried.bodies, carried.version: content})


def add_version(session: Session, carried: Carried, by: str) -> None:
    """Put the version that came with a run into the registry, as a draft; one that is there stays as it is."""
    content = None if carried.version is None else carried.bodies.get(carried.version)
    if content is None:
        return
    bundle = Bundle.model_validate_json(content)
    if bundle.digest == carried.version:
        add_bundle(session, bundle, author=by, author_kind="file", note="came with imported runs")
