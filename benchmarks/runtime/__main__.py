"""`make bench-runtime`: what durability costs. The last line is one JSON object; ratios are against bare pydantic-ai.

DBOS is measured where it is installed (`pip install dbos`), in a process of its own, as its library wants it.
"""

import asyncio
import importlib.util
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.runtime.cpu import measure
from tests.postgres import PostgresUnavailable, running_postgres


def main(runs: int) -> dict[str, Any]:
    """Every contender on both databases, as far as they are here."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strop-bench-")))
        urls = {"sqlite": f"sqlite:///{folder / 'ledger.db'}"}
        other = {"sqlite": f"sqlite:///{folder / 'dbos.db'}"}
        try:
            server = stack.enter_context(running_postgres())
        except PostgresUnavailable as reason:
            print(f"without PostgreSQL: {reason}")
        else:
            urls["postgresql"] = stack.enter_context(server.fresh_database())
            other["postgresql"] = stack.enter_context(server.fresh_database())
        figures = asyncio.run(measure(folder, urls, runs))
        print(json.dumps(figures))
        return {"strop": figures, "dbos": {name: _dbos(url, runs) for name, url in other.items()}}


def _dbos(url: str, runs: int) -> Any:
    if importlib.util.find_spec("dbos") is None:
        return "not installed"
    command = [sys.executable, "-m", "benchmarks.runtime.dbos_work", str(runs), url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else done.stderr[-500:]


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)))
