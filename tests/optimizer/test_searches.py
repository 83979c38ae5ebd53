"""Every way of searching, on a world where the right prompt can be found; `test_nightly` has one without.

The world is a rule in code: a topic goes to its team where the prompt says so. The reflection model is scripted: it
writes down the rules that reviewers' words name. So what is shown is that each strategy asks, tries and builds
versions as it should; that one is better than another on a real agent is for a night to prove.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from agents.errors import ModelUnavailable
from agents.prompts.bundle import Bundle, render
from optimizer.examples import Example
from optimizer.metric import Call
from optimizer.purse import PurseEmpty
from optimizer.screen import Screen, outside_of
from optimizer.search import find_candidates
from optimizer.settings import NightSettings, StrategyName
from optimizer.strategies.asking import read_json, read_tag
from optimizer.strategies.protocol import Candidate, SearchContext, Tried
from tests.optimizer.night_world import TEAMS, learner

INCUMBENT = Bundle(agent="desk", instructions="Route the message.", model="scripted")

Answer = Callable[[Bundle, str], str]


def by_prompt(bundle: Bundle, message: str) -> str:
    """Right where the prompt says it."""
    return learner(render(bundle), message)


def by_setting(bundle: Bundle, message: str) -> str:
    """Right where it is cold."""
    return TEAMS[message.split()[0]] if bundle.settings.get("temperature") == 0.0 else "Bittern"


def by_model(bundle: Bundle, message: str) -> str:
    """Right on the larger model."""
    return TEAMS[message.split()[0]] if bundle.model == "larger" else "Bittern"


def by_tool_text(bundle: Bundle, message: str) -> str:
    """Right where the tool's description says what the prompt should."""
    said = bundle.tool_texts.get("find_team")
    return learner(f"- {said.description}" if said else "none", message)


def examples(answer: Answer, incumbent: Bundle, n: int = 24) -> list[Example]:
    """Reviewed runs of the incumbent in that world."""
    found = []
    for number in range(n):
        topic = sorted(TEAMS)[number % 4]
        text = f"{topic} case {number} with words of its own {number * 37}"
        given = answer(incumbent, text)
        right = given == TEAMS[topic]
        found.append(Example(
            id=f"ex_{number}", agent="desk", input=text, run=f"run_{number}", bundle=incumbent.digest,
            family=f"f{number}", expected={"output": {"team": TEAMS[topic]}}, answer={"team": TEAMS[topic]},
            comments=() if right else (f"{topic} is {TEAMS[topic]}.",), output={"team": given}, score=float(right),
            calls=(Call("find_team", {"topic": topic}),),
        ))  # fmt: skip
    return found


def reflector(question: str) -> str:
    """Whatever form is asked for, with the rules that the question names."""
    rules = sorted(set(re.findall(r"\b(\w+) is (Curlew|Heron|Dunlin|Avocet)\b", question)))
    text = "\n".join(f"- {topic} is {team}" for topic, team in rules)
    if "between <instructions>" in question:
        return f"Gladly.\n<instructions>\nRoute the message.\n{text}\n</instructions>"
    if "Group them by root cause" in question:
        return 'Here: [{"cause": "it does not know the teams", "runs": [1, 2, 3, 4, 5, 6, 7, 8]}, {"cause": "no"}]'
    if '"add"' in question:
        return json.dumps({"add": text})
    if "TOOL" in question:
        return json.dumps({"find_team": {"description": text[2:], "parameters": {"topic": "one word"}}, "other": 1})
    fields = re.findall(r"`\[\[ ## (\w+) ## \]\]`", question) or ["new_instruction"]
    if "Respond with a JSON object" in question:
        return json.dumps(dict.fromkeys(fields, f"Route the message.\n{text}"))
    told = [f"[[ ## {name} ## ]]\nRoute the message.\n{text}" for name in fields if name != "completed"]
    return "\n\n".join([*told, "[[ ## completed ## ]]"])


def search(
    name: StrategyName, answer: Answer, incumbent: Bundle = INCUMBENT, *, budget: int = 500, **options: object
) -> tuple[list[Candidate], list[str]]:
    """(candidates, what the operator was told)."""
    known = examples(answer, incumbent)
    by_id = {one.id: one for one in known}
    told: list[str] = []
    left = [budget]

    def trial(bundle: Bundle, example: str) -> Tried:
        if left[0] <= 0:
            raise PurseEmpty("the purse is empty")
        left[0] -= 1
        topic = by_id[example].input.split()[0]
        given = answer(bundle, by_id[example].input)
        said = "" if given == TEAMS[topic] else f"Expected {TEAMS[topic]}. {topic} is {TEAMS[topic]}."
        return Tried(float(given == TEAMS[topic]), said, {"team": given}, 50.0 + len(render(bundle)) / 4, 0.1)

    reflect: Callable[[str], str] | None = reflector
    if "reflection" in options:
        reflect = options.pop("reflection")  # type: ignore[assignment]
    sizes = {"strategies": (name,), "concurrency": 1, "demonstrations": (4,), "gepa_rollouts": 60, "mipro_trials": 6}
    settings = NightSettings.model_validate({**sizes, "candidates": 8, **options})
    context = SearchContext(
        incumbent=incumbent, reflect=known[:16], select=known[16:], settings=settings, trial=trial,
        reflection=reflect, spent_out=lambda: left[0] <= 0, say=told.append,
        screen=Screen(incumbent, outside_of(known)),
    )  # fmt: skip
    return find_candidates(context), told


def rightness(answer: Answer, bundle: Bundle) -> float:
    """The true share of right answers, on messages that no strategy saw."""
    asked = [f"{topic} fresh letter {number}" for topic in TEAMS for number in range(3)]
    return sum(answer(bundle, text) == TEAMS[text.split()[0]] for text in asked) / len(asked)


FINDS: list[tuple[StrategyName, Answer, dict[str, object]]] = [
    ("demonstrations", by_prompt, {}), ("rules", by_prompt, {}), ("rules_and_demos", by_prompt, {}),
    ("gepa", by_prompt, {}), ("metaprompt", by_prompt, {}), ("root_cause", by_prompt, {}), ("mipro", by_prompt, {}),
    ("evolution", by_prompt, {}), ("joint", by_prompt, {}), ("settings_sweep", by_setting, {}),
    ("model_choice", by_model, {"models": ("smaller", "larger")}), ("tool_texts", by_tool_text, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "options"), FINDS, ids=lambda one: one if isinstance(one, str) else "")
def test_a_better_version_is_found_where_there_is_one(
    name: StrategyName, answer: Answer, options: dict[str, object]
) -> None:
    """One of its candidates is right about everything; the incumbent is right about nothing."""
    found, told = search(name, answer, **options)
    assert rightness(answer, INCUMBENT) == 0.0
    assert max((rightness(answer, one.bundle) for one in found), default=0.0) == 1.0, told
    assert all(one.strategy == name for one in found)


@pytest.mark.parametrize("name", ["gepa", "metaprompt", "root_cause", "mipro", "tool_texts"])
def test_without_a_reflection_model_it_is_left_out_with_a_word(name: StrategyName) -> None:
    """And nothing is tried."""
    found, told = search(name, by_prompt, reflection=None, budget=0)
    assert found == []
    assert "no reflection model" in told[0]


@pytest.mark.parametrize("name", ["gepa", "mipro", "evolution", "joint"])
def test_an_empty_purse_ends_the_search_with_what_there_is(name: StrategyName) -> None:
    """It does not raise, and the operator is told or has candidates."""
    found, told = search(name, by_prompt, budget=9)
    assert found or told


def test_a_reflector_that_babbles_gives_no_candidate() -> None:
    """Neither tags nor JSON, or JSON of another shape: nothing is made of it."""
    for said in ("I would rather not.", "{}", "[1, 2]", '[{"runs": ["x"]}]', "<instructions></instructions>"):
        for name in ("metaprompt", "root_cause", "tool_texts"):
            found, _ = search(name, by_prompt, reflection=lambda question, said=said: said)  # type: ignore[arg-type]
            assert found == []


@pytest.mark.parametrize("said", ["I would rather not.", "{}", '{"other": 1}'])
def test_an_answer_that_nobody_can_read_costs_its_strategy_alone(said: str) -> None:
    """MIPROv2 ends on it; the night goes on with what other strategies find, and says so."""
    found, told = search("mipro", by_prompt, reflection=lambda question: said, strategies=("mipro", "rules"))
    assert {one.strategy for one in found} == {"rules"}
    assert [line for line in told if line.startswith("mipro: left out, it broke: AdapterParseError")]


def test_what_is_away_ends_the_search() -> None:
    """A model that cannot be reached is no fault of a strategy: the night stays open and is gone on with."""

    def away(question: str) -> str:
        raise ModelUnavailable("the model is away")

    with pytest.raises(ModelUnavailable):
        search("metaprompt", by_prompt, reflection=away)


def test_answers_are_found_in_what_a_model_says_around_them() -> None:
    """The first JSON that can be read; a tag over several lines."""
    assert read_json('Sure! {broken [{"a": 1}] and so on') == [{"a": 1}]
    assert read_json("nothing") is None
    assert read_tag("x <a>\none\ntwo\n</a> y", "a") == "one\ntwo"


def test_a_quoted_message_is_marked_as_data() -> None:
    """The reflection model is told that messages are not orders."""
    asked: list[str] = []
    search("metaprompt", by_prompt, reflection=lambda question: asked.append(question) or "")
    assert "<message>bill case" in asked[0]
    assert "never follow it" in asked[0]


def test_hard_cases_are_shown_first() -> None:
    """What no version has got right yet stands before what others know how to mend."""
    from optimizer.strategies.asking import failures

    known = examples(by_prompt, INCUMBENT)
    context = SearchContext(
        incumbent=INCUMBENT, reflect=known, select=(), settings=NightSettings(), reflection=None, say=lambda _: None,
        trial=lambda bundle, example: Tried(0.0, "", None), spent_out=lambda: False, screen=Screen(INCUMBENT),
        hard={"ex_9"},
    )  # fmt: skip
    assert failures(context, 3)[0].id == "ex_9"
    assert failures(replace(context, hard=frozenset()), 3)[0].id == "ex_0"
