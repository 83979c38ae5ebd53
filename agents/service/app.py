"""The service: one app over one workspace and one runtime.

Made of parts that are given, so that a test runs the whole of it in its own process with a scripted model.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from typing import Any, Final

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from agents.access.caller import Caller
from agents.access.tokens import find_caller
from agents.config import Workspace
from agents.errors import Refused
from agents.prompts.decisions import rules_in_force
from agents.prompts.record import read_record
from agents.runtime import Runtime
from agents.selection import live_bundle
from agents.service import problems
from agents.service.asked import only_known
from agents.service.deps import Service
from agents.service.drift_watch import DriftWatch
from agents.service.gates import CallerGate, RequestGate
from agents.service.hourly_watch import HourlyWatch
from agents.service.night_watch import NightWatch
from agents.service.permissions import authorize
from agents.service.refusals import Knocks
from agents.service.rollout_watch import RolloutWatch
from agents.service.routes import (
    access,
    agents,
    approvals,
    audit,
    bundles,
    conversations,
    feed,
    feedback,
    health,
    losses,
    nights,
    otlp,
    playground,
    proposals,
    questions,
    queues,
    rollouts,
    runs,
    stats,
    tools,
    waiting,
)
from agents.service.stream import Bell
from agents.service.wire import Problem
from agents.service.work import Work

LARGEST_REQUEST: Final = 4 * 1024 * 1024
"""Bytes of a request's body. A customer's message is some kilobytes; a correction may hold a document."""


def create_app(
    workspace: Workspace,
    runtime: Runtime,
    *,
    token: str = "",
    tcp: bool = False,
    watch: NightWatch | None = None,
    rollout_watch: RolloutWatch | None = None,
    hourly_watch: HourlyWatch | None = None,
    drift_watch: DriftWatch | None = None,
) -> FastAPI:
    """The app. Its lifespan takes over abandoned runs, and at the end closes the runtime it was given.

    Args:
        workspace: what is served.
        runtime: works on the runs, on the loop that runs the app.
        token: one that clients may send as bearer, beside those of `strop tokens`; empty: there is none.
        tcp: whether everybody needs a token; where only a Unix socket leads here, its user needs none.
        watch: runs the optimizer when a night is due; None: nobody does.
        rollout_watch: counts and judges what rollouts come to, and takes back what does harm; None: nobody does.
        hourly_watch: notes signals and erases what is past its time; None: nobody does.
        drift_watch: tries a version again whose tools have drifted; None: nobody does.
    """
    parts = Service(
        workspace,
        runtime,
        _work(workspace, runtime),
        Bell(runtime.database, runtime.recorder),
        asyncio.Semaphore(otlp.AT_ONCE),
        Caller(workspace.user, workspace.local_role),
        None if rollout_watch is None else rollout_watch.findings,
    )
    app = FastAPI(
        title="Strop",
        version=version("strop"),
        docs_url=None,  # its page would load scripts from another host
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        lifespan=_lifespan(
            parts, [one for one in (watch, rollout_watch, hourly_watch, drift_watch) if one is not None]
        ),
        dependencies=[Depends(authorize), Depends(only_known)],
        responses={422: {"model": Problem}, "default": {"model": Problem, "description": "What went wrong"}},
    )
    app.state.service = parts
    for room in (
        health, agents, access, runs, conversations, approvals, questions, queues, playground, bundles, proposals,
        rollouts, nights, feed, feedback, otlp, losses, stats, tools, waiting, audit,
    ):  # fmt: skip
        app.include_router(room.router)
    problems.install(app)
    app.add_middleware(
        RequestGate, largest=LARGEST_REQUEST, larger={"/v1/traces": otlp.LARGEST_SENT},
        too_large=lambda path, told: _count_too_large(runtime, path, told),
    )  # fmt: skip
    knocks = Knocks(runtime.recorder)
    app.state.knocks = knocks
    app.add_middleware(
        CallerGate,
        local=None if tcp or token else parts.caller,
        setting=(token, Caller(workspace.user, "admin", source="setting")) if token else None,
        find=lambda sent: _find_caller(runtime, sent),
        knocked=knocks.knock,
    )
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _count_too_large(runtime: Runtime, path: str, told: str) -> None:
    if path == "/v1/traces":
        otlp.count_request(runtime.recorder, "too large", told)


def _operation_id(route: APIRoute) -> str:
    """What a generated client calls the operation: what it is about, and what is done."""
    first, *rest = route.path_format.strip("/").split("/")
    about, name = rest[0] if first == "v1" else "service", route.name.strip("_")
    return name if name == about else f"{about}_{name}"


def _find_caller(runtime: Runtime, token: str) -> Caller | None:
    with runtime.database.reading() as session:
        return find_caller(session, token, runtime.recorder.now())


def _work(workspace: Workspace, runtime: Runtime) -> Work:
    return Work(runtime, at_once=workspace.runs_at_once, queue=workspace.runs_queued)


def _lifespan(
    parts: Service, watches: Sequence[NightWatch | RolloutWatch | HourlyWatch | DriftWatch]
) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        adopt_definitions(parts)
        await parts.bell.open()
        parts.work.open()
        app.state.knocks.open()
        for watch in watches:
            watch.open()
        try:
            yield
        finally:
            for watch in watches:
                await watch.close()
            parts.bell.close()
            await parts.work.close()
            await app.state.knocks.close()
            await parts.runtime.close()

    return lifespan


def adopt_definitions(parts: Service) -> None:
    """Give each agent its live version before the first request, so that what is listed can be looked at."""
    with parts.database.writing() as session:
        for definition in parts.workspace.agents.values():
            rules = parts.workspace.governance.rules_for(definition.name)
            rules_in_force(session, parts.recorder, read_record(session, definition.name), rules)
            with suppress(Refused):  # nothing was signed yet: its runs are refused with the reason until it is
                live_bundle(session, parts.recorder, parts.workspace, definition)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The schema, with errors under the media type that they are sent with."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        responses = (
            (status, response)
            for path in schema["paths"].values()
            for operation in path.values()
            for status, response in operation["responses"].items()
        )
        for status, response in responses:
            if not status.startswith("2") and "application/json" in response.get("content", {}):
                response["content"] = {problems.MEDIA_TYPE: response["content"]["application/json"]}
        app.openapi_schema = schema
    return app.openapi_schema
