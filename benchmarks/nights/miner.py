"""The miner against labelled runs: the desk's tasks say what is right, so what it makes of feedback can be counted.

Three reviewers judge each run, and a customer says something else; then a fifth of the reviewers' words is flipped
and a fourth one lies always. Families are found without their names and held against the tasks' own, which are
matters rather than paraphrases, and against a set of paraphrases by writers of different manners.
"""

import json
import random
import tempfile
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from agents.definitions import Metric
from optimizer.examples import Example
from optimizer.families import FAMILY, Nearest
from optimizer.meaning import ALIKE, NearestMeaning, vectors
from optimizer.mine import Mined, mine
from traces.db import open_database
from traces.events import FeedbackGiven, RunFinished, RunStarted
from traces.ids import new_id
from traces.provenance import Provenance
from traces.recorder import Recorder

ROOT = Path(__file__).resolve().parents[2]
PARAPHRASES = Path(__file__).with_name("paraphrases.txt")
REVIEWERS = ("anna", "ben", "cem", "m.mallory")


def measure() -> dict[str, Any]:
    """Precision and recall of right answers, by how honest the feedback is; and of the families."""
    told: dict[str, Any] = {}
    for name, flip, mallory in (("honest", 0.0, False), ("a fifth flipped, one hostile", 0.2, True)):
        tasks = _tasks()
        mined = _mined(tasks, flip, mallory)
        right = {f"run_{one['id']}": one["expected"]["output"]["team"] for one in tasks}
        found = {one.run: one.expected.get("output", {}).get("team") for one in mined.examples if one.scorable}
        hits = sum(right[run] == team for run, team in found.items())
        told[name] = {
            "labelled_runs": len(tasks), "examples": len(found), "precision": round(hits / len(found), 3),
            "recall": round(hits / len(tasks), 3), "not_heard": sorted(mined.unheard),
        }  # fmt: skip
        print(f"  {name}: {told[name]}")
    told["desk_families"] = _families([(one.family, own) for one, own in _own(tasks, mined)])
    print(f"  the desk's families, whose messages share a matter and no words: {told['desk_families']}")
    for name, half in (("the half that the threshold was chosen on", 0), ("the other half", 1)):
        told[f"paraphrases, {name}"] = _paraphrased(half)
        print(f"  paraphrases, {name}: {told[f'paraphrases, {name}']}")
    return told


def _paraphrased(half: int) -> dict[str, dict[str, float]]:
    """Every second of thirty matters, each said by three people: to the point, in a hurry, and in a letter."""
    lines = PARAPHRASES.read_text(encoding="utf-8").splitlines()[half::2]
    said = [(matter, text) for matter, *texts in (line.split(" | ") for line in lines) for text in texts]
    told = {}
    for name, by_meaning in (("words alone", False), ("words and meaning", True)):
        leaders, meanings, placed = Nearest(), NearestMeaning(), []
        for at, (matter, text) in enumerate(said):
            (meant,) = vectors([text])
            family = leaders.find(text, FAMILY) or (meanings.find(meant, ALIKE) if by_meaning else None)
            if family is None:
                family = str(at)
                leaders.add(family, text)
                meanings.add(family, meant)
            placed.append((family, matter))
        told[name] = _families(placed)
    return told


def _tasks() -> list[dict[str, Any]]:
    lines = (ROOT / "examples" / "insurer" / "tasks" / "desk.jsonl").read_text(encoding="utf-8").splitlines()
    return [one for one in map(json.loads, lines) if len(one["turns"]) == 1]


def _mined(tasks: list[dict[str, Any]], flip: float, mallory: bool) -> Mined:
    chance = random.Random(1)
    teams = sorted({one["expected"]["output"]["team"] for one in tasks})
    metric = Metric.model_validate({"kind": "fields", "fields": {"team": {}}})
    with tempfile.TemporaryDirectory(prefix="strop-bench-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'strop.db'}")
        recorder = Recorder(database)
        for one in tasks:
            run, right = f"run_{one['id']}", one["expected"]["output"]["team"]
            given = chance.choice(teams)
            recorder.append_all(run, [
                RunStarted(agent="desk", bundle="sha256:0", conversation_id=run, input=one["turns"][0]),
                RunFinished(output={"team": given, "reply": "."}, seconds=1.0),
                *_said(chance, given, right, teams, flip, mallory),
            ])  # fmt: skip
        with database.reading() as session:
            found = mine(session, "desk", metric)
        database.close()
    return found


def _said(
    chance: random.Random, given: str, right: str, teams: list[str], flip: float, mallory: bool
) -> list[FeedbackGiven]:
    said = []
    for by in REVIEWERS[: 4 if mallory else 3]:
        lies = by == "m.mallory" or chance.random() < flip
        team = chance.choice([one for one in teams if one != right]) if lies else right
        correction = None if team == given else {"team": team}
        said.append(FeedbackGiven(
            feedback_id=new_id("fb"), score=float(team == given), correction=correction, provenance=Provenance(by=by)
        ))  # fmt: skip
    said.append(FeedbackGiven(
        feedback_id=new_id("fb"), correction={"team": teams[0]}, tier="customer", provenance=Provenance(by="customer")
    ))  # fmt: skip
    return said


def _own(tasks: list[dict[str, Any]], mined: Mined) -> Iterator[tuple[Example, str]]:
    """Each example with the family that its task names."""
    own = {f"run_{one['id']}": str(one["family"]) for one in tasks}
    yield from ((one, own[one.run]) for one in mined.examples)


def _families(placed: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Pairs that are put together and belong together, over those put together, and over those that belong so.

    `placed`: (the family found, the true one) of each text.
    """
    pairs = list(combinations(placed, 2))
    together = [(a[1] == b[1]) for a, b in pairs if a[0] == b[0]]
    belong = sum(a[1] == b[1] for a, b in pairs)
    return {
        "precision": round(sum(together) / len(together), 3) if together else 1.0,
        "recall": round(sum(together) / belong, 3) if belong else 1.0,
    }
