"""`make bench-rollout`: what choosing a version costs, how fast a decision reaches workers, how often a canary errs.

Wall times on a busy machine say more about the machine: CPU is printed beside them. The last line is one JSON object.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from agents.rollouts import begin_rollout
from benchmarks.rollout.house import PERSON, House, make
from benchmarks.rollout.reaching import measure
from benchmarks.rollout.simulated import bound, play_all, rate, typical
from tests.postgres import PostgresUnavailable, running_postgres

Figure = dict[str, Any]

SECTIONS: Final = ("choosing", "reaching", "canaries")


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
    """Equal arms, and arms that are ten points worse, under the plan that is the default.

    Each is played through the judge that the service asks. How often the best of all tests would see as much harm in
    as many conversations stands beside it: where that is below the goal, no test meets it.
    """
    few = max(canaries // 4, 1)
    equal, worse = play_all(0.9, 0.9, canaries), play_all(0.9, 0.8, canaries)
    found = [
        figure("equal arms rolled back or found better, of all", rate(equal, "worse", "better"), 0.05,
               canaries=canaries, rolled_back=rate(equal, "worse"), found_better=rate(equal, "better")),
        figure("90 % against 80 % good: taken back within 150", rate(worse, "worse"), 0.90, at_least=True,
               canaries=canaries, median_exposure=typical(worse), best_of_all_tests=bound(0.9, 0.8, 150, 0.05)),
    ]  # fmt: skip
    for control in (0.95, 0.8, 0.7):
        played = play_all(control, control - 0.1, few)
        name = f"{control:.0%} against {control - 0.1:.0%} good: taken back within 150"
        best = bound(control, control - 0.1, 150, 0.05)
        more = {"canaries": few, "median_exposure": typical(played), "best_of_all_tests": best}
        if best < 0.90:
            found.append(beyond(name, rate(played, "worse"), best, **more))
        else:
            found.append(figure(name, rate(played, "worse"), 0.90, at_least=True, **more))
    return found


def beyond(name: str, value: float, best: float, **more: Any) -> Figure:
    """A figure whose goal of 0.90 no test can meet: shown beside what the best of all tests would reach."""
    print(f"{name:52} {value:>9}  the best of all tests: {best:g}, so no goal of 0.9  {more}", flush=True)
    return {"figure": name, "value": value, "goal": None, "met": None, "part_of_best": round(value / best, 3), **more}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; a goal that is not met is said so and is no error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--canaries", type=int, default=1_000, help="simulated canaries of each kind")
    parser.add_argument("--times", type=int, default=1_000)
    parser.add_argument("--decisions", type=int, default=10)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)}; default: all")
    given = parser.parse_args(arguments)
    sections = given.sections or SECTIONS
    if unknown := set(sections) - set(SECTIONS):
        parser.error(f"no section {min(unknown)!r}; there are {', '.join(SECTIONS)}")
    found = databases(given, sections) if {"choosing", "reaching"} & set(sections) else []
    if "canaries" in sections:
        found += simulations(given.canaries)
    print(
        json.dumps({"benchmark": "rollout", "figures": found, "met": all(one["met"] is not False for one in found)})
    )


def databases(given: argparse.Namespace, sections: Sequence[str]) -> list[Figure]:
    """What is asked of each database."""
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
            if "choosing" in sections:
                house = House(files, url("choosing"))
                found.append(choosing(house, name, given.times))
                house.database.close()
            if "reaching" in sections:
                longest, late = measure(files, url("reaching"), given.decisions)
                found.append(
                    figure(f"a decision reaches 3 workers, longest s, {name}", longest, 2.0,
                           decisions=given.decisions, begun_after_taken_back=late)
                )  # fmt: skip
    return found


if __name__ == "__main__":
    main()
