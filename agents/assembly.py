"""From a workspace to a runtime that works on it: the one place that knows which model class serves a bundle."""

from typing import Any

from pydantic_ai.models import Model

from agents.config import Workspace
from agents.models.gateway import Gateway, Route
from agents.prompts.bundle import Bundle
from agents.runtime import Runtime
from traces.db import Database, open_database


def open_runtime(workspace: Workspace, database: Database | None = None) -> Runtime:
    """A runtime over the workspace's database (opened here unless given); close it with `await runtime.close()`."""
    gateway = Gateway(workspace.gateway, workspace.local)

    def make_model(bundle: Bundle) -> Model[Any]:
        asking = bundle.asking
        if asking is None:
            return gateway.model(bundle.model)
        routes = [Route(**route.model_dump()) for route in asking.routes]
        return gateway.model(bundle.model, fallback=asking.fallback, routes=routes)

    return Runtime(workspace, database or open_database(workspace.database_url), make_model=make_model)
