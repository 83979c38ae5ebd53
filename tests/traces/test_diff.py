"""Two runs side by side: the same is called the same, and the first difference is named by its place."""

from collections.abc import Sequence

from tests.builders import failed, finished, model_step, record_run, run_started
from traces.db import Database
from traces.diff import Pair, compare, first_difference
from traces.events import Event, ToolCalled
from traces.recorder import Recorder
from traces.store import read_events


def called(tool: str, number: int) -> ToolCalled:
    """A call, with what differs between any two runs."""
    return ToolCalled(
        op=f"tool/1/shop/{tool}/c{number}", tool=tool, server="shop", arguments={"id": 7}, call_id=f"c{number}",
        effect="read", idempotency_key=f"k{number}",
    )  # fmt: skip


def diff(database: Database, left: Sequence[Event], right: Sequence[Event]) -> list[Pair]:
    """What is found between two runs with these facts."""
    recorder = Recorder(database)
    runs = [record_run(recorder, *facts, conversation_id=f"c{number}") for number, facts in enumerate((left, right))]
    with database.reading() as session:
        return compare(read_events(session, runs[0]), read_events(session, runs[1]))


def test_a_run_done_again_is_the_same(database: Database) -> None:
    """Ids, times and keys of another run are no difference."""
    pairs = diff(database, [called("find", 1), finished()], [called("find", 2), finished()])
    assert all(pair.same for pair in pairs)
    assert first_difference(pairs) is None


def test_the_first_difference_is_named(database: Database) -> None:
    """The place within the fact, and what each of the two says there."""
    left, right = model_step(2, "harbour"), model_step(2, "bridge")
    first = first_difference(diff(database, [*left, finished("harbour")], [*right, finished("bridge")]))
    assert first is not None
    assert first.left is not None
    assert (first.left.seq, first.left.kind) == (5, "model_replied")
    place = first.differences[0]
    assert (place.path, place.left, place.right) == ("response.parts[0].content", "harbour", "bridge")


def test_what_only_one_has_stands_alone_and_the_rest_is_matched_again(database: Database) -> None:
    """One more call in one run does not make everything behind it different."""
    pairs = diff(database, [called("find", 1), called("buy", 2), finished()], [called("find", 1), failed()])
    told = [(pair.left and pair.left.kind, pair.right and pair.right.kind, pair.same) for pair in pairs[3:]]
    assert told == [
        ("tool_called", "tool_called", True),
        ("tool_called", None, False),
        ("run_finished", None, False),
        (None, "run_failed", False),
    ]


def test_two_starts_that_ask_something_else(database: Database) -> None:
    """A difference in what was asked is found before all that follows from it."""
    recorder = Recorder(database)
    recorder.append("run_a", run_started(input="a"))
    recorder.append("run_b", run_started(input="b", metadata={"channel": "mail"}))
    with database.reading() as session:
        first = first_difference(compare(read_events(session, "run_a"), read_events(session, "run_b")))
    assert first is not None
    assert [place.path for place in first.differences] == ["input", "metadata.channel"]
