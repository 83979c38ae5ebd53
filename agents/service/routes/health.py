"""Whether the process answers, whether it can work, and who it is."""

from datetime import timedelta
from importlib.metadata import version

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from agents.service.deps import Parts
from agents.service.problems import answer
from agents.service.wire import AboutView, MeView
from traces.losses import list_losses, total
from traces.store import last_event_id

router = APIRouter(tags=["service"])


@router.get("/health")
async def health() -> dict[str, str]:
    """200 as soon as the process answers."""
    return {"status": "ok"}


@router.get("/ready")
def ready(parts: Parts) -> Response:
    """200 when database and workspace can be used."""
    if parts.work.stopping:
        return answer(503, "the service is stopping")
    if not (parts.workspace.root / "strop.toml").is_file():
        return answer(
            503, "the workspace is gone", f"There is no strop.toml in {str(parts.workspace.root)!r} any more."
        )
    with parts.database.reading() as session:
        last_event_id(session)
    return JSONResponse({"status": "ready"})


@router.get("/v1/me")
def me(parts: Parts) -> MeView:
    """Who asks, and what that one may."""
    one = parts.caller
    agents = None if one.agents is None else sorted(one.agents)
    return MeView(
        name=one.name, role=one.role, permissions=list(one.permissions), agents=agents, source=one.source,
        expires_at=one.expires_at,
    )  # fmt: skip


@router.get("/v1/about")
def about(parts: Parts) -> AboutView:
    """Who answers."""
    with parts.database.reading() as session:
        last = last_event_id(session)
        lost = total(list_losses(session, since=parts.recorder.now() - timedelta(days=1)))
    return AboutView(
        version=version("strop"),
        workspace=parts.workspace.name,
        environment=parts.workspace.environment,
        user=parts.caller.name,
        agents=sorted(name for name in parts.workspace.agents if parts.caller.sees(name)),
        last_event_id=last,
        beyond=parts.work.beyond if parts.caller.agents is None else {},
        losses=lost if parts.caller.agents is None else 0,
    )
