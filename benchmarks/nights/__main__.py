"""`make bench-nights`: what a night proves, and what it costs. The last line is one JSON object.

Each part can be run alone: `python -m benchmarks.nights gate simulated`.
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

from benchmarks.nights import attacks, embedded, miner, plain, recorded, simulated, speed


def _simulated(scale: float) -> dict[str, Any]:
    """Identical candidates, and candidates with a planted gain, over many nights."""

    def n(full: int) -> int:
        return max(2, round(full * scale))

    null = simulated.false_proposals(1, lives=n(300), nights=20, candidates=30)
    print(f"  30 worthless candidates, a look each night: {null}", flush=True)
    at_once = [
        simulated.found_at_once(2, runs=n(400), gain=0.067, pairs=400, replicas=replicas, one_sided=one_sided)
        for replicas, one_sided in ((1, 0.025), (1, 0.05), (2, 0.025))
    ]
    for one in at_once:
        print(f"  one proof: {one}", flush=True)
    over = []
    for gain in (0.067, 0.1, 0.15):
        over.append(simulated.found_over_nights(3, lives=n(100), nights=20, candidates=8, gain=gain))
        print(f"  over nights: {over[-1]}", flush=True)
    return {"null": null, "found_at_once": at_once, "found_over_nights": over}


PARTS: dict[str, tuple[str, Callable[[float], dict[str, Any]]]] = {
    "gate": ("the gate on recorded runs of public agents", lambda scale: recorded.measure()),
    "attacks": ("texts that try to get into a prompt", lambda scale: attacks.measure()),
    "miner": ("the miner against labelled runs", lambda scale: miner.measure()),
    "plain": (
        "promotions that hurt, against plain DSPy",
        lambda scale: plain.measure(max(2, round(20 * scale))),
    ),
    "speed": ("rollouts, the search's own work, memory", lambda scale: speed.measure(max(96, round(480 * scale)))),
    "simulated": ("many nights on planted populations", _simulated),
    "embedded": (
        "nights with an embedded model, as recorded (python -m benchmarks.nights.embedded measures, for hours)",
        lambda scale: embedded.told(),
    ),
}


def main() -> None:
    """Measure the parts that are asked for (all, if none is named)."""
    parser = argparse.ArgumentParser(description="What a night proves, measured.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--scale", type=float, default=1.0, help="how many nights, against the full measurement")
    asked = parser.parse_args()
    figures: dict[str, Any] = {}
    for name in asked.parts or PARTS:
        title, measure = PARTS[name]
        print(f"{name}: {title}", flush=True)
        start = time.process_time()
        figures[name] = measure(asked.scale)
        figures[name]["cpu_seconds"] = round(time.process_time() - start, 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
