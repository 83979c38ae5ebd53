"""A service with a scripted model as a process of its own: `python -m tests.agents.service.serving WORKSPACE`.

Prints the place it listens at when it is ready. The script: `slow` in the input is answered piece by piece until a
file called `go` is in the workspace; anything else at once. Each reply that was really given is a line in `served`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agents.runtime import Runtime
from agents.service.server import serve
from tests.builders import open_workspace
from traces.db import open_database


def main(folder: Path, *options: str) -> None:
    """Serve until a signal comes."""
    environ = dict(option.split("=", 1) for option in options)
    workspace = open_workspace(folder, **environ)

    async def speak(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        asked = str(messages[-1].parts[-1].content)  # type: ignore[union-attr]
        yield "You said: "
        while "slow" in asked and not (folder / "go").exists():  # noqa: ASYNC110 - the file comes from another process
            await asyncio.sleep(0.02)
        yield asked
        with (folder / "served").open("a") as served:
            served.write(asked + "\n")

    database = open_database(workspace.database_url)
    runtime = Runtime(workspace, database, make_model=lambda bundle: FunctionModel(stream_function=speak))
    host = "127.0.0.1" if "STROP_TOKEN" in environ else None
    serve(workspace, host=host, port=0, runtime=runtime, on_ready=lambda place: print(place, flush=True))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
