"""Spans sent to a service over HTTP, as exporters send them: what all of it costs, answered when it is durable."""

import http.client
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.runtime.processes import TOKEN, cpu_seconds, started
from benchmarks.workload import SPANS, requests

HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-protobuf"}
ROUNDS = 5


def measure(folder: Path, runs: int, sizes: Sequence[int] = (8, 1)) -> dict[str, float]:
    """CPU seconds of the service per 1,000 spans, median of rounds, for requests of so many runs of 8 spans each."""
    workspace = folder / "served"
    command = [sys.executable, "-c", "from tui.cli import main; main()"]
    with started([*command, "init", str(workspace)]) as made:
        made.wait()
    found = {}
    with started([*command, "serve", "--port", "0", "--workspace", str(workspace)]) as process:
        assert process.stdout is not None
        place = urlsplit(process.stdout.readline().decode().strip())
        client = http.client.HTTPConnection(place.hostname or "", place.port)
        first = 0
        for size in sizes:
            in_a_round, spent = max(runs // ROUNDS, size), []
            for _ in range(ROUNDS + 1):
                bodies = list(requests(in_a_round, a_request=size, first=first))
                first += in_a_round
                before = cpu_seconds(process.pid)
                _send(client, bodies)
                spent.append((cpu_seconds(process.pid) - before) / (in_a_round * SPANS / 1000))
            found[f"sent_cpu_s_per_1000_spans_{size * SPANS}_a_request"] = round(statistics.median(spent[1:]), 3)
        client.close()
    return found


def _send(client: http.client.HTTPConnection, bodies: Sequence[bytes]) -> None:
    """One after the other, each answered before the next."""
    for body in bodies:
        client.request("POST", "/v1/traces", body, HEADERS)
        answer = client.getresponse()
        answer.read()
        assert answer.status == http.client.OK, answer.status
