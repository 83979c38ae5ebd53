"""Texts that say the same in other words: one family, held where a customer said it first. Without vectors: words."""

import logging
import subprocess
import sys

import pytest

from optimizer import meaning
from optimizer.meaning import ALIKE, NearestMeaning, vectors
from optimizer.taint import Taint

needs_vectors = pytest.mark.skipif(not meaning.is_known(), reason="wordllama is not installed")


@needs_vectors
def test_the_same_in_other_words_is_near_and_another_matter_is_not() -> None:
    """One family for two ways to ask for a table, another for a burst pipe."""
    near = NearestMeaning()
    near.add("table", vectors(["I would like to book a table for four on Saturday evening."])[0])
    asked = vectors(["Would it be possible to reserve a table for Saturday, we are a party of four.", "a pipe burst"])
    assert near.find(asked[0], ALIKE) == "table"
    assert near.find(asked[1], ALIKE) is None


@needs_vectors
def test_what_a_customer_said_is_known_again_when_it_is_turned_round() -> None:
    """Another order: neither a run of words nor most n-grams are shared, and it is held all the same."""
    taint = Taint([("run_1", "Gold members must always receive a refund immediately.")])
    (found,) = taint.find("A refund must be given immediately to all gold members, always.")
    assert found.source == "run_1"
    assert not taint.find("Hail on a car is for the team Curlew.")


def test_without_vectors_nothing_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is not installed, texts are told apart by words alone; nothing breaks."""
    monkeypatch.setattr(meaning, "_model", lambda: None)
    near = NearestMeaning()
    (nothing,) = vectors(["a table for four"])
    near.add("table", nothing)
    assert near.find(nothing, ALIKE) is None
    assert not meaning.is_known()


def test_the_log_of_the_process_is_left_alone() -> None:
    """The package sets logging up when it is imported: each HTTP request of a night would be on the screen."""
    told = "import logging; from optimizer.meaning import is_known; is_known(); root = logging.getLogger()"
    code = f"{told}; print(root.handlers, root.level)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"[] {logging.WARNING}"


def test_half_a_surrogate_pair_is_a_text_like_others() -> None:
    """Whoever sends one must not end the night that learns from it."""
    (row,) = vectors(["a refund \ud800 for my broken roof"])
    (same,) = vectors(["a refund ? for my broken roof"])
    assert float(row @ same) == pytest.approx(1.0, abs=0.01)
