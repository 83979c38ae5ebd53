"""From a workspace to a runtime that works on it: the one place that knows which model class serves a bundle."""

from agents.config import Workspace
from agents.models.resolve import resolve_model
from agents.runtime import Runtime
from traces.db import Database, open_database


def open_runtime(workspace: Workspace, database: Database | None = None) -> Runtime:
    """A runtime over the workspace's database (opened here unless given); close it with `await runtime.close()`."""
    database = database or open_database(workspace.database_url)
    return Runtime(workspace, database, make_model=lambda bundle: resolve_model(bundle.model, workspace.local))
