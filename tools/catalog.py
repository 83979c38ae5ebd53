"""The declared tool servers, as data."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tools.pins import DriftPolicy


class ServerSpec(BaseModel):
    """One entry of mcp.json: a program to start (stdio) or a URL (streamable HTTP)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default={}, repr=False)
    cwd: str | None = None
    url: str | None = None
    headers: dict[str, str] = Field(default={}, repr=False)
    protocol: Literal["auto", "legacy"] = "auto"
    """`auto` asks for 2026-07-28 and falls back to 2025-11-25; `legacy`: a server that chokes on being asked."""
    questions: bool = True
    """Whether the server may ask the person behind a call (`tools.questions`). A call that ended with a question is
    made again with the answer: not for a server that changes something before it asks."""
    credentials: tuple[str, ...] = ()
    """A program that is asked for each run's headers (`tools.credentials`). Only where there is a URL."""
    start_seconds: float = Field(default=60.0, gt=0)
    """How long a server may take to answer its first request; Python servers import for seconds on a busy machine."""
    drift: DriftPolicy | None = None
    """What happens when it offers something else than a version was proven with; None: what the workspace says."""
    call_seconds: float = Field(default=120.0, gt=0)
    """How long one call may take before it counts as broken."""

    @model_validator(mode="after")
    def _one_way_to_reach_it(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError('give either "command" (with "args") or "url"')
        if self.credentials and self.url is None:
            raise ValueError('"credentials" are headers: they need "url"; a program gets its own in "env"')
        return self
