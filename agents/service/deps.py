"""What a route may ask for: the one set of parts that the app was made of, and the limits of what may be sent."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Path, Query, Request

from agents.config import Workspace
from agents.runtime import Runtime
from agents.service.stream import Bell
from agents.service.work import Work
from traces.db import Database
from traces.provenance import Provenance
from traces.recorder import Recorder

LARGEST_ID: Final = 2**62
"""Ids are 64-bit integers in both databases; a larger one would be the driver's error, not ours."""


@dataclass(frozen=True)
class Service:
    """The parts of one service process."""

    workspace: Workspace
    runtime: Runtime
    work: Work
    bell: Bell
    otlp_gate: asyncio.Semaphore
    """How many requests with spans are worked on at once: each may hold a lot of memory."""

    @property
    def database(self) -> Database:
        """Where the ledger and the registry are."""
        return self.runtime.database

    @property
    def recorder(self) -> Recorder:
        """The writer that the runtime uses too, so that its listeners hear of everything."""
        return self.runtime.recorder

    def person(self, by: str, reason: str = "") -> Provenance:
        """Who stands behind a request: the name it gives, or the one the service runs under."""
        name, user = by.strip() or self.workspace.user, self.workspace.user
        login = user if name != user else ""
        return Provenance(by=name, actor="person", reason=reason, role=self.workspace.local_role, login=login)


def get_service(request: Request) -> Service:
    """The parts that this app was made of."""
    service: Service = request.app.state.service
    return service


Parts = Annotated[Service, Depends(get_service)]
Name = Annotated[str, Path(min_length=1, max_length=200)]
Limit = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[int, Query(ge=0, le=LARGEST_ID)]
LastEventId = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=LARGEST_ID)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
