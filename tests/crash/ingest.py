"""Random SIGKILLs of a service that takes spans: `python -m tests.crash.ingest KILLS` (`make crash-ingest N=100`).

Four exporters send spans at once, by HTTP; the service is killed at a drawn moment and started again on the same
ledger. In the end every span that was answered must be on record, and the ledger verify. The last line is JSON.
"""

import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx

from tests.agents.service.process import service
from tests.builders import open_workspace, write_workspace
from tests.traces.otlp_samples import genai, request
from traces.db import open_database
from traces.store import read_spans
from traces.verify import verify

EXPORTERS: Final = 4
HEADERS: Final = {"Content-Type": "application/x-protobuf", "Authorization": "Bearer t"}


def storm(folder: Path, kills: int, seed: int = 7) -> dict[str, int]:
    """Kill so many times; gives what was sent, answered and lost."""
    chance = random.Random(seed)
    workspace = write_workspace(folder)
    answered: dict[str, int] = {}
    sent = [0]
    for number in range(kills):
        with service(workspace, "STROP_TOKEN=t") as (place, process):
            enough = chance.randint(1, 40)
            exporters = [
                threading.Thread(target=_export, args=(place, f"{number:06x}{one:02x}", answered, sent))
                for one in range(EXPORTERS)
            ]
            begun = len(answered)
            for exporter in exporters:
                exporter.start()
            _until(lambda begun=begun, enough=enough: len(answered) >= begun + enough)
            time.sleep(chance.uniform(0, 0.02))  # somewhere within the next requests
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            for exporter in exporters:
                exporter.join()
        if (number + 1) % 20 == 0:
            print(f"{number + 1} of {kills} kills, {len(answered)} traces answered", flush=True)
    return {"kills": kills, "sent": sent[0], "answered": len(answered), **_account(workspace, answered)}


def _export(place: str, prefix: str, answered: dict[str, int], sent: list[int]) -> None:
    """Send traces until the service is gone; what it said yes to is remembered."""
    with httpx.Client(base_url=place, headers=HEADERS, timeout=30) as http:
        for number in range(10_000):
            trace = f"{prefix}{number + 1:024x}"
            sent[0] += 1
            try:
                answer = http.post("/v1/traces", content=request(*genai(), trace=trace))
            except httpx.HTTPError:
                return
            if answer.status_code == 200:
                answered[trace] = len(genai())


def _until(there: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not there() and time.monotonic() < end:
        time.sleep(0.002)


def _account(folder: Path, answered: dict[str, int]) -> dict[str, int]:
    database = open_database(open_workspace(folder).database_url)
    with database.reading() as session:
        report = verify(session)
        lost = sum(len(read_spans(session, f"run_{trace}")) != spans for trace, spans in answered.items())
    database.close()
    return {"lost": lost, "runs": report.runs, "problems": len(report.problems)}


def main(arguments: list[str]) -> dict[str, Any]:
    """So many kills in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="strop-ingest-") as folder:
        return storm(Path(folder), int(arguments[0]) if arguments else 100)


if __name__ == "__main__":
    found = main(sys.argv[1:])
    print(json.dumps({"crash": "ingest", **found}))
    sys.exit(1 if found["lost"] or found["problems"] else 0)
