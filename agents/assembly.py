"""From a workspace to a runtime that works on it: the one place that knows which model class serves a bundle."""

from typing import Any

from pydantic_ai.models import Model

from agents.config import Workspace
from agents.models.counted import Counted
from agents.models.resolve import PREFIX, resolve_model
from agents.prompts.bundle import Bundle
from agents.runtime import Runtime
from traces.db import Database, open_database


def open_runtime(workspace: Workspace, database: Database | None = None) -> Runtime:
    """A runtime over the workspace's database (opened here unless given); close it with `await runtime.close()`."""

    def make_model(bundle: Bundle) -> Model[Any]:
        model = resolve_model(bundle.model, workspace.local)
        return model if bundle.model.startswith(PREFIX) else Counted(model)

    return Runtime(workspace, database or open_database(workspace.database_url), make_model=make_model)
