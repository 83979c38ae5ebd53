"""Versions and what changed between two of them."""

from typing import Annotated

from fastapi import APIRouter, Query

from agents.service.deps import Limit, Name, Parts
from agents.service.sight import seen
from agents.service.views import bundle_diff, bundle_list, bundle_view
from agents.service.wire import BundleView, DiffLineView

router = APIRouter(prefix="/v1/bundles", tags=["bundles"])


@router.get("")
def list_bundles(parts: Parts, agent: str | None = None, limit: Limit = 200) -> list[BundleView]:
    """Versions, newest first."""
    with parts.database.reading() as session:
        return seen(parts.caller, bundle_list(session, agent=agent, limit=limit))


@router.get("/{digest}")
def get_bundle(parts: Parts, digest: Name) -> BundleView:
    """One version, by its digest or the first characters of it."""
    with parts.database.reading() as session:
        return bundle_view(session, digest)


@router.get("/{digest}/diff")
def diff_bundle(
    parts: Parts, digest: Name, against: Annotated[str | None, Query(min_length=1, max_length=200)] = None
) -> list[DiffLineView]:
    """Word diff against another version of the agent, by default its parent."""
    with parts.database.reading() as session:
        return bundle_diff(session, digest, against)
