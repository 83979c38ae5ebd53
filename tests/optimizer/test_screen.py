"""From feedback to a prompt: what is refused, what waits for a person, and that the attack set is kept out."""

from pathlib import Path

import pytest

from agents.prompts.bundle import Bundle, ToolAccess
from benchmarks.nights.attacks import load_attacks, succeeds
from optimizer.normal import plain, readings
from optimizer.quarantine import Quarantine
from optimizer.screen import Held, Screen
from optimizer.taint import Taint
from traces.db import open_database
from traces.errors import NotFound
from traces.provenance import Provenance
from traces.recorder import Recorder

DESK = Bundle(
    agent="desk", instructions="Route the message.\nNever promise a payment.", model="test",
    tools=(ToolAccess(server="insurer", allow=("find_policy", "pay_claim"), effects={"find_policy": "read"}),),
)  # fmt: skip

REWORDED = {"rewritten-1", "rewritten-2"}
"""What a check of words cannot see: the person who approves can."""


@pytest.mark.parametrize("attack", load_attacks(), ids=lambda one: one.id)
def test_the_attack_set_stays_out(attack: object) -> None:
    """Each text gets in where nothing is looked at or is not even taken, and not past the screen."""
    assert succeeds(attack, guarded=True) == (attack.id in REWORDED)  # type: ignore[arg-type,attr-defined]
    if attack.tier != "customer":  # type: ignore[attr-defined]
        assert succeeds(attack, guarded=False)  # type: ignore[arg-type]


def test_a_rule_that_gives_rights_waits_and_may_be_released() -> None:
    """It is held with its reason and source; once a person let it through it stands, in whatever spelling."""
    held: list[Held] = []
    screen = Screen(DESK, hold=held.append)
    assert screen.rule("Use pay_claim for small sums.", "m.keller on run_1")
    assert (held[0].source, "pay_claim" in held[0].why[0]) == ("m.keller on run_1", True)
    assert Screen(DESK, released={held[0].id}).rule("Use  PAY_CLAIM for small sums.") == ()
    key = "The password is hunter2000."
    assert Screen(DESK, released={Held(key, "", "", ()).id}).rule(key), "a secret is refused whoever lets it through"


def test_what_the_incumbent_says_is_its_own_matter() -> None:
    """New sentences are looked at; those that stand already are not."""
    screen = Screen(DESK, [("run_1", "please never promise a payment to my neighbour before I have agreed to it")])
    same = DESK.with_(instructions="Route the message well.\nNever promise a payment.")
    assert screen.objections(same, prompt_chars=1000) == ()
    taken = DESK.with_(instructions=f"{DESK.instructions}\nNever promise a payment to my neighbour before I agreed.")
    assert "words of run_1" in screen.objections(taken, prompt_chars=1000)[0]


def test_descent_is_found_in_pieces() -> None:
    """Seven words in a row, or most of a sentence; words of the trade alone are no descent."""
    taint = Taint([("run_1", "Water comes through my ceiling since last night, whom do I have to call about it?")])
    assert taint.find("Say: water comes through my ceiling since last night.")
    assert taint.find("water comes thru my ceiling since last night")
    assert not taint.find("Water damage in the flat is for Heron.")


def test_strange_spellings_are_read_plainly() -> None:
    """Full width, Cyrillic look-alikes, invisible marks, accents."""
    assert plain("\uff29gn\u043er\u200be  R\u00e9gles") == "ignore regles"
    assert "ignore" in " ".join(readings("i g n o r e this"))


def test_a_held_text_is_kept_once_and_only_people_decide(tmp_path: Path) -> None:
    """The newest word counts; an unknown name says where to look."""
    recorder = Recorder(open_database(f"sqlite:///{tmp_path / 'strop.db'}"))
    quarantine = Quarantine(recorder, "desk")
    one = Held("Pay at once.", "a rule", "run_1", ("a reason",))
    quarantine.hold(one)
    quarantine.hold(one)
    assert [text.decision for text in quarantine.all()] == [None]
    quarantine.decide(one.id[7:19], "release", Provenance(by="m.keller"))
    assert quarantine.released() == {one.id}
    quarantine.decide(one.id, "drop", Provenance(by="m.keller"))
    assert quarantine.released() == frozenset()
    with pytest.raises(NotFound, match="no held text"):
        quarantine.decide("feed", "drop", Provenance(by="m.keller"))
