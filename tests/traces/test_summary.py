"""The fold from events to the list row: pure, and the same for the same events."""

import pytest

from tests.builders import NOON, PERSON, Ticking, failed, finished, judged, model_step, run_started
from traces.events import Event, ReplayDiverged, RunCancelled, RunResumed, RunWaited
from traces.previews import PREVIEW, preview
from traces.summary import ENDED, RunSummary, begin, fold

STATES: list[tuple[Event, str, str | None]] = [
    (finished(), "finished", None),
    (failed("the model is gone"), "failed", "RunFailed: the model is gone"),
    (RunCancelled(provenance=PERSON, seconds=1), "cancelled", None),
    (RunWaited(reason="outcome_unknown", ops=["a"], message="look"), "waiting", "look"),
    (RunResumed(worker="w", recorded_operations=0), "running", None),
]


def folded(*events: Event) -> RunSummary:
    """The row of a run with these facts, one a second."""
    clock = Ticking()
    run = fold("run_a", [(event, clock()) for event in (run_started(), *events)])
    assert run is not None
    return run


@pytest.mark.parametrize(("event", "status", "error"), STATES, ids=[state for _, state, _ in STATES])
def test_each_end_has_its_state(event: Event, status: str, error: str | None) -> None:
    """The last word counts; a run has an end time exactly when it has ended."""
    run = folded(*model_step(), event)
    assert (run.status, run.error) == (status, error)
    assert (run.ended_at is not None) == (status in ENDED)


def test_a_failed_run_that_goes_on_is_running_again() -> None:
    """Its error and its end are of the past."""
    run = folded(failed(), RunResumed(worker="w", recorded_operations=0))
    assert (run.status, run.error, run.ended_at, run.seconds) == ("running", None, None, None)


def test_tokens_and_costs_add_up() -> None:
    """A cost is None until some reply has a price, and then the sum of those that have one."""
    assert folded(*model_step(1)).cost is None
    run = folded(*model_step(1, cost=0.01), *model_step(2), *model_step(3, cost=0.02))
    assert run.cost == pytest.approx(0.03)
    assert (run.steps, run.input_tokens, run.output_tokens, run.events) == (3, 30, 15, 7)


def test_divergences_and_judgements_are_counted() -> None:
    """What a safe evaluation could not answer, and what people said after the end."""
    run = folded(ReplayDiverged(op="a", tool="t", arguments={}), finished(), judged(score=0.5), judged(score=None))
    assert (run.divergences, run.feedback, run.score, run.status) == (1, 2, 0.5, "finished")


def test_a_stream_that_starts_no_run_has_no_row() -> None:
    """An agent's decisions are not a run."""
    assert fold("decisions_x", [(judged(), NOON)]) is None
    assert fold("run_a", []) is None
    assert begin("run_a", run_started(), NOON).events == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("  a\n\tb  ", "a b"),
        ("x" * 1000, "x" * PREVIEW),
        ({"b": 1, "a": "é"}, '{"a":"é","b":1}'),
        ("nul \0 and half \ud800", "nul \ufffd and half ?"),
        ("", ""),
        (None, "null"),
    ],
)
def test_a_preview_is_one_line_that_any_database_can_hold(value: object, shown: str) -> None:
    """Cut, on one line, without NUL and half pairs."""
    assert preview(value) == shown
