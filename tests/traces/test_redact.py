"""What is taken out of a fact before it is written, what is left alone, and that nothing else of it is kept."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import PERSON, judged, model_step, record_run, run_started
from traces.db import Database, open_database
from traces.detectors import detectors
from traces.errors import BadInput
from traces.events import Event, FeedbackGiven, ModelReplied, RunStarted, ToolReturned
from traces.feedback import Judgement, give_feedback
from traces.recorder import Recorder
from traces.redact import PLACEHOLDER, Policy, Redactor
from traces.store import get_run, read_events
from traces.verify import verify

phonenumbers = pytest.importorskip("phonenumbers", reason="the `privacy` extra is not installed")
pytest.importorskip("stdnum", reason="the `privacy` extra is not installed")

EVERYTHING = Policy(
    kinds=("secret", "email", "phone", "card", "iban", "national_id"),
    regions=("DE",),
    patterns={"policy": r"\bP-\d{6}\b"},
    keep=(r".*@strop\.example",),
)
ALL = Redactor(EVERYTHING, lambda: b"k")
DEFAULT = Redactor(key=lambda: b"k")

# Put together here, so that no file of ours holds what a scanner of repositories takes for a key.
KEYS = [
    "sk-" + "proj-Ab3dEf6hIj9kLm2nOp5q",
    "sk-" + "ant-api03-Ab3dEf6hIj9kLm2nOp5q",
    "ghp_" + "a1B2" * 9,
    "AKIA" + "IOSFODNN7EXAMPLE",
    "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "xoxb-" + "123456789012-abcdef",
    "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "eyJ" + "hbGciOiJIUzI1.eyJ" + "zdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4",
    "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE" + " KEY-----",
]

TAKEN = [
    *[("secret", f"use {key} for it", key) for key in KEYS],
    ("secret", "Authorization: Bearer abcdef0123456789abcdef", "abcdef0123456789abcdef"),
    ("secret", "postgresql://strop:s3cret-word@db/strop", "s3cret-word"),
    ("secret", '{"password": "correct-horse-7"}', "correct-horse-7"),
    ("email", "write to anna.mueller+x@post.example.org, please", "anna.mueller+x@post.example.org"),
    ("phone", "call +49 30 901820 today", "+49 30 901820"),
    ("phone", "call 030 901820 today", "030 901820"),
    ("card", "my card 4111 1111 1111 1111 is lost", "4111 1111 1111 1111"),
    ("iban", "to DE89 3704 0044 0532 0130 00 AND soon", "DE89 3704 0044 0532 0130 00"),
    ("national_id", "my number is 36574261809", "36574261809"),
    ("national_id", "SSN 536-90-4399", "536-90-4399"),
    ("policy", "my policy P-123456 is old", "P-123456"),
]

LEFT = [
    "task-based risk-assessment-of-the-whole-building-2024",
    "The password is something I have forgotten.",
    "next_page_token: harbour",
    "claim 4111 1111 1111 1112 of 2024-03-01",
    "DE00 3704 0044 0532 0130 00",
    "sha256:" + "4111111111111111" * 4,
    "desk@strop.example",
    "see https://example.org/a:b/c@d and 12:30@noon",
    "run_01jd4w9xk2m3n4p5q6r7s8t9v0",
]


@pytest.mark.parametrize(("kind", "text", "what"), TAKEN, ids=[f"{kind}-{what[:8]}" for kind, _, what in TAKEN])
def test_what_is_taken_out(kind: str, text: str, what: str) -> None:
    """It is gone, the words round it stay, and it is counted under its kind."""
    after, counts = ALL.value(text)
    assert what not in after
    before, behind = text.split(what)
    assert after.startswith(before)
    assert after.endswith(behind)
    assert PLACEHOLDER.fullmatch(after[len(before) : len(after) - len(behind)])
    assert counts == {kind: 1}


@pytest.mark.parametrize("text", LEFT)
def test_what_is_left_alone(text: str) -> None:
    """What only looks a little like one stays, and is not even copied."""
    after, counts = ALL.value(text)
    assert (after, counts) == (text, {})


def test_a_field_named_like_a_secret_and_a_number_without_spaces() -> None:
    """Data of tools is looked at by the names of its fields, by its keys and by its numbers."""
    given = {"api_key": "harbour", "cards": [4111111111111111], "anna@post.example": 1, "tool_call_id": "a@b.example"}
    after, counts = ALL.value(given)
    assert counts == {"secret": 1, "card": 1, "email": 1}
    assert after["tool_call_id"] == "a@b.example"
    assert "harbour" not in json.dumps(after)


def test_a_placeholder_is_stable_and_says_nothing_without_the_key() -> None:
    """One value has one placeholder, however it is written; another workspace's key gives another."""
    spaced, tight = ALL.value("DE89 3704 0044 0532 0130 00")[0], ALL.value("de89370400440532013000")[0]
    assert spaced == tight
    assert Redactor(EVERYTHING, lambda: b"other").value("DE89370400440532013000")[0] != tight


def test_only_secrets_are_taken_out_by_default() -> None:
    """Without a policy nobody's agent loses an address it needs; keys and tokens go all the same."""
    after, counts = DEFAULT.value(f"anna@post.example has {KEYS[0]}")
    assert counts == {"secret": 1}
    assert after.startswith("anna@post.example has [secret:")
    given = run_started(input=KEYS[0])
    assert Redactor(Policy(kinds=())).event(given) is given


PIECES = st.sampled_from([text for _, text, _ in TAKEN] + LEFT + KEYS) | st.text(max_size=20)


SENTENCES = st.lists(PIECES, max_size=4).map(" ".join)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(PIECES, st.lists(SENTENCES, max_size=2) | SENTENCES, max_size=3))
def test_doing_it_twice_is_harmless(value: Any) -> None:
    """A placeholder is never taken for anything: a resumed or replayed fact stays as it is."""
    once, _ = ALL.value(value)
    twice, counts = ALL.value(once)
    assert twice == once
    assert counts == {}


@pytest.mark.parametrize(
    "policy",
    [
        Policy(kinds=("faces",)),
        Policy(patterns={"policy": "("}),
        Policy(patterns={"Policy!": "x"}),
        Policy(patterns={"any": ".*"}),
        Policy(keep=("(",)),
        Policy(kinds=("national_id",), national_ids=("de.nothing",)),
    ],
)
def test_a_policy_that_cannot_be_used(policy: Policy) -> None:
    """It is refused when it is read, not at the first customer."""
    with pytest.raises(BadInput):
        Redactor(policy)


# --- in the ledger -----------------------------------------------------------------------------------------------


def test_nothing_of_it_is_in_the_database(tmp_path: Path) -> None:
    """On every path in: a run's input, a model's reply, a tool's result, feedback. The file does not hold it."""
    path = tmp_path / "strop.db"
    database = open_database(f"sqlite:///{path}")
    recorder = Recorder(database, redactor=ALL)
    mail = "anna.mueller@post.example.org"
    result = {"kind": "tool_return", "result": {"mail": mail, "n": 1}}
    run_id = record_run(
        recorder, *model_step(2, f"I wrote to {mail}."), ToolReturned(op="t", tool="find", result=result),
        input=f"I am {mail}. " + "word " * 200, metadata={"from": mail},
    )  # fmt: skip
    give_feedback(recorder, run_id, Judgement(by="m.keller", comment=f"{mail} called", correction={"to": mail}))
    with database.reading() as session:
        events = [one.event for one in read_events(session, run_id)]
        assert verify(session).problems == []
        assert "[email:" in get_run(session, run_id).input
    database.close()
    assert mail.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    counted = {type(event): event.redacted for event in events if event.redacted}
    assert counted == {
        RunStarted: {"email": 2},
        ModelReplied: {"email": 1},
        ToolReturned: {"email": 1},
        FeedbackGiven: {"email": 3},  # the comment, the correction, and its edit
    }


def test_phone_numbers_are_found_as_the_library_finds_them_in_the_whole_text() -> None:
    """Looking at the neighbourhood of digits alone loses none of them, whatever stands around."""
    draw = random.Random(7)
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    around = ["2024-0193", "1,250.00", "12.03.2024", "88213", "(", "+", "Tel.", "x12", "A1B2", "and", "1", "2", "\n"]
    compared = 0
    for regions in ((), ("DE",), ("US", "FR")):
        (detector,) = detectors(Policy(kinds=("phone",), regions=regions))
        for _ in range(60):
            numbers = [
                phonenumbers.example_number_for_type(draw.choice(["DE", "US", "FR", "GB"]), draw.choice(kinds))
                for _ in range(3)
            ]
            written = [phonenumbers.format_number(one, draw.choice((0, 1, 2))) for one in numbers]
            text = " ".join(draw.sample([*written, *draw.choices(around, k=12)], 15))
            ours = list(detector.find(text))
            for region in regions or (None,):
                for found in phonenumbers.PhoneNumberMatcher(text, region):
                    start = found.end - len(found.raw_string.lstrip("([ "))  # a bracket before it may stay
                    assert any(one <= start and found.end <= other for one, other in ours), (text, regions)
                    compared += 1
    assert compared > 200


def test_who_signs_stays_and_why_is_looked_at(database: Database) -> None:
    """A signature is a name on purpose; its reason is a text like any other."""
    recorder = Recorder(database, redactor=ALL)
    run_id = record_run(recorder)
    signed = PERSON.model_copy(update={"by": "anna@post.example", "reason": "anna@post.example said so"})
    event = recorder.append(run_id, judged(provenance=signed)).event
    assert isinstance(event, FeedbackGiven)
    assert event.provenance.by == "anna@post.example"
    assert event.provenance.reason.startswith("[email:")


NOTHING_FROM_OUTSIDE = {
    "HistoryTaken",
    "SpanObserved", "SpansSent",
    "RunResumed", "RunReleased", "ToolsListed", "NightStarted", "NightResumed", "StageReached", "CandidateFound",
    "SealedOpened", "EvidenceWritten", "NightEnded", "ToolsPinned", "DriftFound",
    "ConversationCounted", "SignalSeen", "JudgeMeasured", "GuardrailTripped",
}  # fmt: skip
"""Facts whose words are ours or an author's, or come from facts that were looked at already."""


def test_every_fact_says_where_its_words_from_outside_are() -> None:
    """A new kind of fact cannot be a path past the redactor: it names its fields, or is named here."""
    for kind in Event.__subclasses__():
        assert kind.model_fields.keys() >= kind.OUTSIDE
        assert bool(kind.OUTSIDE) != (kind.__name__ in NOTHING_FROM_OUTSIDE), kind


SECRET_TEXTS = st.sampled_from([text for kind, text, _ in TAKEN if kind == "secret"])


@given(st.lists(st.tuples(st.integers(0, 3), SENTENCES, SECRET_TEXTS), max_size=5), st.integers(0, 700))
@settings(max_examples=60)
def test_one_look_over_many_texts_overlooks_nothing(pieces: list[tuple[int, str, str]], first: int) -> None:
    """Texts that go on from one another, as requests to a model do: a secret in any of them is seen."""
    texts, said = [], "x" * first
    for cut, words, secret in pieces:
        said = said[: len(said) - cut] + words + (secret if cut == 0 else "")
        texts.append(said)
    fewer = DEFAULT.narrowed(texts)
    one_by_one = [DEFAULT.value(text)[0] for text in texts]
    assert [text if fewer is None else fewer.value(text)[0] for text in texts] == one_by_one
