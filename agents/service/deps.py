"""What a route may ask for: the one set of parts that the app was made of, and the limits of what may be sent."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import Depends, Header, Path, Query, Request
from pydantic import AwareDatetime, BeforeValidator

from agents.access.caller import Caller
from agents.access.roles import Permission
from agents.config import Workspace
from agents.errors import Refused
from agents.runtime import Runtime
from agents.service.findings import Findings
from agents.service.refusals import refuse
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
    caller: Caller
    """Who asks: in a route whoever sent the request, elsewhere the user that the service runs under."""
    findings: Findings | None = None
    """What the rollouts say; None where nobody can judge them."""

    @property
    def database(self) -> Database:
        """Where the ledger and the registry are."""
        return self.runtime.database

    @property
    def recorder(self) -> Recorder:
        """The writer that the runtime uses too, so that its listeners hear of everything."""
        return self.runtime.recorder

    def need_agent(self, agent: str, route: str) -> None:
        """Pass when the caller is for this agent, which its request names; a refusal is on record.

        Raises:
            Refused: it is not.
        """
        self._allow(route, lambda: self.caller.need_agents([agent]))

    def need(self, permission: Permission, route: str, why: str) -> None:
        """Pass when the caller may do what this request asks for beyond its route; a refusal is on record.

        Raises:
            Refused: it may not; `why` says what to do instead.
        """

        def check() -> None:
            if not self.caller.may(permission):
                raise Refused(f"{self.caller.name!r} has the role {self.caller.role!r}: {why}")

        self._allow(route, check)

    def _allow(self, route: str, check: Callable[[], None]) -> None:
        try:
            check()
        except Refused as refused:
            refuse(self.recorder, self.caller, route, str(refused))
            raise

    def person(self, by: str = "", reason: str = "") -> Provenance:
        """Who stands behind a request. A name that the request gives counts on the Unix socket alone."""
        return self.caller.signs(by, reason)


def get_service(request: Request) -> Service:
    """The parts that this app was made of, for whoever sent this request."""
    service: Service = request.app.state.service
    return replace(service, caller=request.state.caller)


Parts = Annotated[Service, Depends(get_service)]
Name = Annotated[str, Path(min_length=1, max_length=200)]


def _written_out(value: object) -> object:
    """Seconds since 1970 are read as a time too, so that a slip of the keys would be one."""
    if isinstance(value, str) and re.fullmatch(r"[\d.+\-eE]+", value):
        raise ValueError("a time is written out with its zone, such as 2026-03-12T14:05:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""A time in an address."""

Limit = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[int, Query(ge=0, le=LARGEST_ID)]
LastEventId = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=LARGEST_ID)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
