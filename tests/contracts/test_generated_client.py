"""A client that a generator makes of our schema works against the service, without a line of it written by hand.

The generator is `openapi-python-client`, looked for on the path: it brings packages that nothing else here needs.
Where it is not installed, that test is skipped and says so.
"""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agents.service.app import create_app
from tests.agents.service.process import service
from tests.builders import open_workspace, scripted_runtime, write_workspace
from tests.fakes import ScriptedModel
from traces.db import open_database

BIN = Path(sys.executable).parent
GENERATOR = shutil.which("openapi-python-client") or shutil.which("openapi-python-client", path=str(BIN))
TOKEN = "a-token-for-the-generated-client"


@pytest.fixture
def schema(tmp_path: Path) -> dict[str, Any]:
    """What the service says of itself."""
    database = open_database(f"sqlite:///{tmp_path / 'schema.db'}")
    workspace = open_workspace(write_workspace(tmp_path / "schema"))
    made = create_app(workspace, scripted_runtime(workspace, database, ScriptedModel(["hello"]))).openapi()
    database.close()
    return made


def test_each_operation_has_a_name_of_its_own(schema: dict[str, Any]) -> None:
    """A short one, of what it is about and what is done: a generated client has a function of that name."""
    names = Counter(one["operationId"] for path in schema["paths"].values() for one in path.values())
    assert names.most_common(1)[0][1] == 1
    assert {"runs_start", "runs_cancel", "conversations_get", "waiting_list_waiting", "me"} <= names.keys()
    assert all(name.isidentifier() for name in names)


@pytest.mark.skipif(GENERATOR is None, reason="openapi-python-client is not installed")
def test_a_generated_client_speaks_with_the_service(
    schema: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked once under one key, read, judged, and refused with a problem that the client knows the shape of."""
    (tmp_path / "openapi.json").write_text(json.dumps(schema))
    command = [str(GENERATOR), "generate", "--path", "openapi.json", "--output-path", "client", "--fail-on-warning"]
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"  # it formats what it makes with our ruff
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path / "client")
    made = importlib.import_module("strop_client")
    shapes = importlib.import_module("strop_client.models")
    runs = {
        name: importlib.import_module(f"strop_client.api.runs.runs_{name}").sync
        for name in ("start", "get", "list_events", "judge", "cancel")
    }
    with service(write_workspace(tmp_path / "ws"), f"STROP_TOKEN={TOKEN}") as (place, _):
        client = made.AuthenticatedClient(base_url=place, token=TOKEN, timeout=60)
        ask = shapes.StartRun(agent="hello", input_="good morning", wait=True)
        first = runs["start"](client=client, body=ask, idempotency_key="morning")
        assert (first.run.status, first.answer) == ("finished", "You said: good morning")
        assert runs["start"](client=client, body=ask, idempotency_key="morning").run.id == first.run.id
        facts = runs["list_events"](first.run.id, client=client).items
        assert [fact.kind for fact in facts][-1] == "run_finished"
        judged = runs["judge"](first.run.id, client=client, body=shapes.GiveFeedback(score=1.0, comment="good"))
        assert judged.score == 1.0
        assert runs["cancel"](first.run.id, client=client).status == "finished"
        nobody = runs["start"](client=client, body=shapes.StartRun(agent="nobody", input_="hello"))
        assert (type(nobody).__name__, nobody.status) == ("Problem", 404)
        assert type(runs["get"]("run_nope", client=client)).__name__ == "Problem"
