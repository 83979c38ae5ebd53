"""Invariants of the ledger, tried on what nobody would think of: any facts, any texts, any query."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import PERSON, Ticking, finished, judged, model_step, run_started
from traces.bodies import dump, is_reference, payload_of
from traces.db import Database, open_database
from traces.errors import FeedbackError, FilterError
from traces.events import EVENT, Event, RunCancelled, RunFailed, RunResumed, RunWaited, ToolReturned
from traces.feedback import Judgement, check
from traces.filters import FIELDS, conditions, parse
from traces.ids import canonical_json, digest_json, is_utf8, ordered_json
from traces.previews import preview
from traces.recorder import Recorder
from traces.store import get_run, list_runs, read_events
from traces.summary import ENDED, advance, fold
from traces.verify import verify

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PURE = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Lone surrogates too: two of them side by side would be read back as the one sign they are halves of.
TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.just("\ud83d"), max_size=60)
SCALAR = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)


def storable(value: Any) -> bool:
    """Whether no key is half a pair twice and no two halves meet: then JSON gives back what it took."""
    return json.loads(canonical_json(value)) == value


def _later(op: int) -> st.SearchStrategy[Event]:
    """Any fact that may follow in a run."""
    return st.one_of(
        st.sampled_from(model_step(op)),
        st.builds(lambda result: ToolReturned(op=f"tool/{op}", tool="t", result=result), JSON.filter(storable)),
        st.builds(lambda score: judged(score=score), st.none() | st.floats(0, 1)),
        st.builds(lambda text: RunFailed(error="E", message=text, seconds=0), st.text(max_size=40)),
        st.just(RunWaited(reason="outcome_unknown", ops=["x"], message="look")),
        st.just(RunResumed(worker="w", recorded_operations=0)),
        st.just(RunCancelled(provenance=PERSON, seconds=0)),
        st.builds(finished, JSON.filter(storable)),
    )


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """A run's facts: a start, then anything in any order, each operation once."""
    count = draw(st.integers(0, 8))
    return [run_started(input=draw(st.text(min_size=1, max_size=300))), *(draw(_later(op)) for op in range(count))]


@contextmanager
def fresh(folder: Any) -> Iterator[Database]:
    """A database of this example's own."""
    database = open_database(f"sqlite:///{folder.mktemp('ledger') / 'strop.db'}")
    try:
        yield database
    finally:
        database.close()


@given(facts=streams())
@QUICK
def test_whatever_happens_is_read_back_and_proven(
    facts: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Facts come back equal; the row is their fold; the proof holds; another process's recorder may write any."""
    with fresh(tmp_path_factory) as database:
        recorders = [Recorder(database, clock=Ticking()), Recorder(database, clock=Ticking())]
        for number, fact in enumerate(facts):
            recorders[number % 2].append("run_a", fact)
        with database.reading() as session:
            stored = read_events(session, "run_a")
            assert [one.event for one in stored] == facts
            assert get_run(session, "run_a") == fold("run_a", ((one.event, one.at) for one in stored))
            assert verify(session).problems == []


@given(facts=streams())
@PURE
def test_the_fold_goes_event_by_event(facts: list[Event]) -> None:
    """The row after n + 1 facts is that after n facts advanced by one: nothing else is looked at."""
    clock = Ticking()
    told: list[tuple[Event, datetime]] = [(fact, clock()) for fact in facts]
    row = fold("run_a", told[:1])
    for size in range(1, len(told)):
        assert row is not None
        row = advance(row, *told[size])
        assert row == fold("run_a", told[: size + 1])
    assert row is not None
    assert row.events == len(facts)
    assert (row.ended_at is not None) >= (row.status in ENDED)


@given(fact=_later(1))
@PURE
def test_a_fact_survives_json(fact: Event) -> None:
    """What is dumped without its defaults is read back equal, by its kind."""
    data = json.loads(ordered_json(fact.model_dump(mode="json", exclude_defaults=True)))
    assert EVENT.validate_python({**data, "kind": fact.model_dump()["kind"]}) == fact


@given(fact=_later(1), long=st.text(st.characters(exclude_categories=()), min_size=0, max_size=40))
@PURE
def test_the_short_way_of_writing_says_the_same(fact: Event, long: str) -> None:
    """A fact written in one pass reads back as value by value, with the same bodies cut out, also at odd signs."""
    odd = [{"long": long * 40, "$blob": long}, [long * 40, {"$blob": "x", "bytes": 3}], {"$blob": "x", "bytes": 3}]

    def whole(payload: str, bodies: dict[str, str]) -> tuple[Any, list[str]]:
        """The fact's data with its bodies in it, and which of its fields they are."""
        data = json.loads(payload)
        cut = [name for name, value in data.items() if is_reference(value)]
        return {**data, **{name: json.loads(bodies[data[name]["$blob"]]) for name in cut}}, sorted(cut)

    for one in [fact, *(ToolReturned(op="tool/1", tool="look", result=result) for result in odd)]:
        by_value: dict[str, str] = {}
        at_once: dict[str, str] = {}
        expected = whole(ordered_json(dump(one, by_value)), by_value)
        assert whole(payload_of(one, at_once), at_once) == expected


@given(value=JSON.filter(storable), order=st.randoms())
@PURE
def test_equal_values_have_equal_names(value: Any, order: Any) -> None:
    """A digest does not depend on the order of keys, and the text it is taken over is UTF-8 and reads back."""

    def shuffled(part: Any) -> Any:
        if isinstance(part, dict):
            keys = list(part)
            order.shuffle(keys)
            return {key: shuffled(part[key]) for key in keys}
        return [shuffled(item) for item in part] if isinstance(part, list) else part

    assert digest_json(shuffled(value)) == digest_json(value)
    assert is_utf8(canonical_json(value))
    assert json.loads(ordered_json(value)) == value


@given(value=JSON)
@PURE
def test_a_preview_fits_any_database(value: Any) -> None:
    """At most 200 characters of one line, UTF-8, no NUL."""
    shown = preview(value)
    assert len(shown) <= 200
    assert is_utf8(shown)
    assert "\0" not in shown
    assert len(shown.splitlines()) <= 1


# --- the filter language -----------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=15)
LIKELY = st.lists(
    st.one_of(
        st.sampled_from(
            [*FIELDS, "-", ":", "<", "<=", ",", '"', "\\", " ", "1", "24h", "failed", "any", "score<0.5"]
        ),
        st.text(max_size=5),
    ),
    max_size=14,
).map("".join)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One small ledger that only is read."""
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('filters') / 'strop.db'}")
    for fact in (run_started(input="burst pipe"), *model_step(), finished("Team Harbour")):
        Recorder(database).append("run_a", fact)
    yield database
    database.close()


@given(query=LIKELY | st.text(max_size=40))
@settings(PURE, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_query_or_a_told_mistake(ledger: Database, query: str) -> None:
    """No text breaks the parser or the database; a mistake's position lies within the text or just behind it."""
    position = _mistake(query)
    if position is not None:
        assert 1 <= position <= len(query) + 1
        return
    with ledger.reading() as session:
        assert len(list_runs(session, where=conditions(query, session=session)).items) <= 1


def _mistake(query: str) -> int | None:
    try:
        conditions(query)
    except FilterError as mistake:
        return mistake.position
    return None


@given(words=st.lists(WORDS, min_size=1, max_size=5))
@PURE
def test_quoted_words_are_read_back_as_written(words: list[str]) -> None:
    """Quoting makes any word a word: also one with colons, commas, quotes and spaces in it."""
    query = " ".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
    assert [term.values[0] for term in parse(query)] == words


@given(correction=JSON, comment=st.text(max_size=20), score=st.none() | st.floats())
@PURE
def test_a_judgement_is_accepted_or_refused_with_words(correction: Any, comment: str, score: float | None) -> None:
    """Nothing else than the one clear error comes out; what is accepted can be stored as UTF-8."""
    try:
        check(Judgement(by="x", correction=correction, comment=comment, score=score))
    except FeedbackError:
        return
    assert is_utf8(json.dumps(correction, ensure_ascii=False) + comment)
