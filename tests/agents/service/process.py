"""Starting `tests.agents.service.serving` as a process, and ending exactly that process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[3]


@contextmanager
def service(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """(where it listens, its process). Ended by its process id."""
    command = [sys.executable, "-m", "tests.agents.service.serving", str(folder), *options]
    log = (folder / "log").open("a")
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        place = process.stdout.readline().strip()
        assert place, (folder / "log").read_text()
        yield place, process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()
        log.close()
