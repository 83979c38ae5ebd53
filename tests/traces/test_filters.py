"""The filter language: what each term means, that negation is the complement, and how mistakes are told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import NOON, failed, finished, judged, run_started
from traces.db import Database
from traces.errors import FilterError
from traces.events import ModelReplied, ToolCalled
from traces.filters import FIELDS, MOST_CHARACTERS, MOST_TERMS, conditions, parse
from traces.recorder import Recorder
from traces.store import list_runs

NOW = NOON + timedelta(days=3)
Find = Callable[[str], set[str]]


@pytest.fixture
def find(database: Database) -> Find:
    """Asks a ledger of five runs, each different in what a query can speak of; gives names without `run_`."""
    _desk(database)
    _claims(database)
    _others(database)

    def found(query: str) -> set[str]:
        with database.reading() as session:
            page = list_runs(session, where=conditions(query, now=NOW, session=session))
        return {run.id.removeprefix("run_") for run in page.items}

    return found


def _write(database: Database, run_id: str, at: datetime, *facts: object) -> None:
    times = iter(at + timedelta(seconds=10 * number) for number in range(100))
    recorder = Recorder(database, clock=lambda: next(times))
    for fact in facts:
        recorder.append(run_id, fact)  # type: ignore[arg-type]


def _desk(database: Database) -> None:
    reply = ModelReplied(
        op="model/1", model="m", response={}, input_tokens=900, output_tokens=99, cost=0.02, seconds=1
    )
    started = run_started(agent="desk", input="A burst pipe in Mühlheim, 100%_sure", bundle="sha256:ab12" + "0" * 60)
    _write(
        database, "run_desk", NOON, started, reply, finished("Team Harbour"), judged(score=0.25, label="wrong team")
    )


def _claims(database: Database) -> None:
    started = run_started(
        agent="claims", parent_run_id="run_desk", origin="delegation", input="decide", conversation_id="conv_77"
    )
    op = "tool/1/insurer/pay_claim/c1"
    called = ToolCalled(
        op=op,
        step=1,
        tool="pay_claim",
        server="insurer",
        arguments={},
        call_id="c1",
        effect="write",
        idempotency_key="",
    )
    _write(database, "run_claims", NOON + timedelta(days=1), started, called, failed("no such policy"))


def _others(database: Database) -> None:
    _write(database, "run_open", NOON + timedelta(days=2), run_started(agent="claims", input='say "hello" twice'))
    _write(
        database, "run_good", NOON + timedelta(days=2), run_started(agent="my agent"), finished({"a": 1}),
        judged(score=1.0),
    )  # fmt: skip
    _write(database, "run_night", NOON, run_started(agent="desk", origin="evaluation"), finished("Team Harbour"))


MEANINGS = {
    "": {"desk", "claims", "open", "good"},
    "agent:desk": {"desk"},
    "agent:desk,claims": {"desk", "claims", "open"},
    'agent:"my agent"': {"good"},
    "agent=desk": {"desk"},
    "AGENT:desk": {"desk"},
    "-agent:desk": {"claims", "open", "good"},
    "status:failed": {"claims"},
    "status:failed,running": {"claims", "open"},
    "agent:claims -status:failed": {"open"},
    "origin:any": {"desk", "claims", "open", "good", "night"},
    "origin:evaluation": {"night"},
    "origin:user": {"desk", "open", "good"},
    "-origin:user": {"claims", "night"},
    "score<0.6": {"desk"},
    "score<=0.25": {"desk"},
    "score>0.25": {"good"},
    "score=1": {"good"},
    "score:1.0": {"good"},
    "-score<0.6": {"claims", "open", "good"},
    "cost>0.01": {"desk"},
    "-has:cost": {"claims", "open", "good"},
    "tokens>=999": {"desk"},
    "steps:0": {"claims", "open", "good"},
    "calls>0": {"claims"},
    "seconds>=20": {"desk", "claims"},
    "seconds<15": {"good"},
    "since:36h": {"open", "good"},
    "since:2d": {"claims", "open", "good"},
    "until:2026-03-02": {"desk"},
    "since:2026-03-02T12:00 until:2026-03-03": {"claims"},
    "since:2026-03-02T12:00:00+05:00": {"claims", "open", "good"},
    "has:feedback": {"desk", "good"},
    "has:score,error": {"desk", "good", "claims"},
    "has:parent": {"claims"},
    "has:output": {"desk", "good"},
    "bundle:ab12": {"desk"},
    "bundle:sha256:ab12": {"desk"},
    "conversation:conv_77": {"claims"},
    "run:run_o": {"open"},
    "parent:run_desk": {"claims"},
    "tool:pay_claim": {"claims"},
    "tool:pay": set(),
    "tool:pay%": set(),
    "burst": {"desk"},
    '"burst pipe"': {"desk"},
    "BURST pipe": {"desk"},
    "harbour": {"desk"},
    "-harbour": {"claims", "open", "good"},
    "100%_sure": {"desk"},
    "100%sure": {"desk"},
    "sure%": {"desk"},
    "Muhlheim": {"desk"},
    "mühl*": {"desk"},
    "mühl": set(),
    "pipe burst": {"desk"},
    '"burst harbour"': set(),
    "%": set(),
    '"say \\"hello\\""': {"open"},
    "1,2": set(),
    "  agent:desk \t\n burst ": {"desk"},
    "agent:desk'; DROP TABLE runs; --": set(),
}


def test_each_query_means_these_runs(find: Find) -> None:
    """Each term of the language, on both databases."""
    assert {query: find(query) for query in MEANINGS} == MEANINGS


def test_not_is_the_complement(find: Find) -> None:
    """A term and its negation share no run and leave none out, runs without the value included."""
    everything = find("origin:any")
    for query in (one for one in MEANINGS if one and " " not in one and one[0] != "-"):
        yes, no = find(f"origin:any {query}"), find(f"origin:any -{query}")
        assert (query, yes | no) == (query, everything)
        assert (query, yes & no) == (query, set())


MISTAKES = [
    ("foo:1", 1, "unknown field 'foo'", "agent, status"),
    ("agent:desk foo:1", 12, "unknown field 'foo'", "Quote words"),
    ("agent<desk", 6, "cannot be asked with '<'", ": ="),
    ("agent:", 7, "is missing", "agent:desk"),
    ("agent:desk,", 12, "is missing", "agent:desk"),
    ("status:faild", 8, "cannot be 'faild'", "failed"),
    ("score<many", 7, "is not a number", "0.5"),
    ("score<nan", 7, "is not a number", "0.5"),
    ("cost>1e999", 6, "is not a number", "0.5"),
    ("since:soon", 7, "is not a time", "24h"),
    ("since:2026-13-45", 7, "is not a time", "24h"),
    ("has:luck", 5, "cannot be 'luck'", "feedback"),
    ('agent:desk "burst', 12, "not closed", '"'),
    ("- agent:desk", 2, "is missing", ""),
    ("agent:desk \0", 12, "not valid text", "UTF-8"),
    ("agent:\ud800", 7, "not valid text", "UTF-8"),
    ("x" * (MOST_CHARACTERS + 1), MOST_CHARACTERS + 1, "longer than", ""),
    ("x " * (MOST_TERMS + 1), 2 * MOST_TERMS + 1, "more than", ""),
]


@pytest.mark.parametrize(("query", "position", "told", "hint"), MISTAKES, ids=[str(n) for n in range(len(MISTAKES))])
def test_a_mistake_is_told_with_its_position_and_what_is_allowed(
    query: str, position: int, told: str, hint: str
) -> None:
    """One clear error: where it is, what is wrong, what may stand there."""
    with pytest.raises(FilterError, match=told) as mistake:
        conditions(query)
    assert mistake.value.position == position
    assert f"(at character {position})" in str(mistake.value)
    assert hint in mistake.value.hint


def test_times_far_away_are_times(find: Find) -> None:
    """The largest span reaches back to the beginning, and no date overflows."""
    assert find("since:999999w") == find("")
    assert find("until:9999-12-31") == find("")
    assert find("since:0001-01-01") == find("")


def test_parsing_keeps_what_was_written() -> None:
    """The parser knows the grammar alone: terms in order, with their positions."""
    first, second = parse('-score<0.5 "a b"')
    assert (first.field, first.operator, first.values, first.negated, first.position) == (
        "score",
        "<",
        ("0.5",),
        True,
        1,
    )
    assert (second.field, second.values, second.position) == ("", ("a b",), 12)


def test_a_field_may_be_called_what_the_screen_calls_it() -> None:
    """Lists have a column `version`."""
    assert parse("version:8507fa")[0].field == "bundle"


def test_every_field_says_what_it_takes() -> None:
    """A new field comes with its help."""
    assert all(field.help for field in FIELDS.values())
    assert NOW.tzinfo is UTC
