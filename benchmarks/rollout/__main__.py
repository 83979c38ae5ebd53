"""`make bench-rollout`: what choosing a version costs, how fast a decision reaches workers, how often a canary errs.

Wall times on a busy machine say more about the machine: CPU is printed beside them. The last line is one JSON object.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from agents.prompts.plan import RolloutPlan
from agents.rollouts import begin_rollout
from benchmarks.rollout.house import PERSON, House, make
from benchmarks.rollout.reaching import measure
from benchmarks.rollout.simulated import bound, play, rate, typical
from tests.postgres import PostgresUnavailable, running_postgres

Figure = dict[str, Any]


def figure(name: str, value: float, goal: float, *, at_least: bool = False, **more: Any) -> Figure:
    """One figure against its goal, told at once."""
    met = value >= goal if at_least else value <= goal
    told = "met" if met else "NOT MET"
    print(f"{name:52} {value:>9}  goal {'>=' if at_least else '<='} {goal:g}: {told}  {more or ''}", flush=True)
    return {"figure": name, "value": value, "goal": goal, "met": met, **more}


def choosing(house: House, name: str, times: int) -> Figure:
    """The choice of a bundle with 1,000 versions and a canary under way: new conversations and next turns in turn."""
    house.live()
    house.fill(1_000)
    begin_rollout(house.recorder, "desk", house.propose("Answer in rhyme."), "canary", {"exposure": 10_000}, PERSON)
    for number in range(20):
        house.begin(f"known_{number}")
        house.choose(f"warm_{number}")
    spent = [house.choose(f"known_{number % 20}" if number % 2 else f"new_{number}") for number in range(times)]
    wall, cpu = (sorted(column) for column in zip(*spent, strict=True))
    half, most = times // 2, int(0.95 * times)
    return figure(
        f"choosing, p95 ms, 1,000 versions, {name}", round(wall[most], 3), 1.0, p50_ms=round(wall[half], 3),
        cpu_p95_ms=round(cpu[most], 3), cpu_p50_ms=round(cpu[half], 3),
    )  # fmt: skip


def simulations(canaries: int) -> list[Figure]:
    """Equal arms, and arms that are ten points worse, under the plan that is the default."""
    plan = RolloutPlan()
    equal = [play(seed, 0.9, 0.9, plan) for seed in range(canaries)]
    worse = [play(seed, 0.9, 0.8, plan) for seed in range(canaries)]
    found = [
        figure("equal arms rolled back or found better, of all", rate(equal, "worse", "better"), 0.05,
               canaries=canaries, rolled_back=rate(equal, "worse"), found_better=rate(equal, "better")),
        figure("90 % against 80 % good: taken back within 150", rate(worse, "worse"), 0.90, at_least=True,
               canaries=canaries, median_exposure=typical(worse), best_of_all_tests=bound(0.9, 0.8, 150, 0.05)),
    ]  # fmt: skip
    for control in (0.95, 0.8, 0.7):
        played = [play(seed, control, control - 0.1, plan) for seed in range(max(canaries // 4, 1))]
        name = f"{control:.0%} against {control - 0.1:.0%} good: taken back within 150"
        best = bound(control, control - 0.1, 150, 0.05)
        found.append(
            figure(name, rate(played, "worse"), 0.90, at_least=True, canaries=len(played),
                   median_exposure=typical(played), best_of_all_tests=best)
        )  # fmt: skip
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; a goal that is not met is said so and is no error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--canaries", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=1_000)
    parser.add_argument("--decisions", type=int, default=10)
    given = parser.parse_args(arguments)
    found: list[Figure] = []
    try:
        server: Any = running_postgres()
    except PostgresUnavailable as why:
        print(f"without PostgreSQL: {why}")
        server = nullcontext(None)
    with server as postgres, tempfile.TemporaryDirectory(prefix="strop-bench-") as folder:
        urls = {"SQLite": lambda name: f"sqlite:///{folder}/{name}.db"}
        if postgres is not None:
            postgres.execute("CREATE DATABASE choosing")
            postgres.execute("CREATE DATABASE reaching")
            urls["PostgreSQL"] = postgres.url
        for name, url in urls.items():
            files = Path(folder) / name
            make(files)
            house = House(files, url("choosing"))
            found.append(choosing(house, name, given.times))
            house.database.close()
            longest, late = measure(files, url("reaching"), given.decisions)
            found.append(
                figure(f"a decision reaches 3 workers, longest s, {name}", longest, 2.0, decisions=given.decisions,
                       begun_after_taken_back=late)
            )  # fmt: skip
    found += simulations(given.canaries)
    print(json.dumps({"benchmark": "rollout", "figures": found, "met": all(one["met"] for one in found)}))


if __name__ == "__main__":
    main()
