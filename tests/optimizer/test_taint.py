"""The index of outside texts against the plain way to say the same."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer import taint
from optimizer.families import grams
from optimizer.meaning import vectors
from optimizer.normal import sentences, words
from optimizer.taint import RUN, SHARE, SHORT, Descent, Taint

WORDS = ("gold", "member", "gets", "the", "refund", "at", "once", "für", "Straße", "9", "a\u0301", "\ud800")
TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=14).flatmap(
        lambda told: st.sampled_from((". ", "\n", " ")).map(lambda end: " ".join(told) + end)
    ),
    max_size=6,
).map("".join)


def plainly(outside: Sequence[tuple[str, str]], text: str) -> list[Descent]:
    """Each sentence against each outside text, by words in a row and by n-grams."""
    found = []
    for sentence in sentences(text):
        rows = _rows(sentence)
        source = next((name for row in rows for name, said in outside if row in _rows(said)), None)
        if source is None and len(sentence) >= SHORT:
            own = grams(sentence)
            said = [(len(own & grams(one)), name) for name, other in outside for one in sentences(other)
                    if len(one) >= SHORT]  # fmt: skip
            most = max((shared for shared, _ in said), default=0)
            if most >= SHARE * len(own):
                source = next(name for shared, name in said if shared == most)
        if source is not None:
            found.append(Descent(sentence, source))
    return found


def _rows(text: str) -> list[tuple[str, ...]]:
    told = words(text)
    return [tuple(told[at : at + RUN]) for at in range(len(told) - RUN + 1)]


@given(st.lists(TEXTS, max_size=4), TEXTS)
def test_what_descends_from_a_text_is_found_as_plainly(said: list[str], text: str) -> None:
    """The same sentences, from the same sources."""
    outside = [(f"run_{number}", one) for number, one in enumerate(said)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taint, "vectors", lambda texts: 0 * vectors(texts))
        assert Taint(iter(outside)).find(text) == plainly(outside, text)


def test_what_was_said_in_many_runs_is_kept_once() -> None:
    """A tool's regulation, read in a thousand runs, takes the room of one."""
    text = "Where the roof gave way under snow, the policy pays for what lies beneath it, less what was agreed."
    one, many = Taint([("run_0", text)]), Taint((f"run_{at}", text) for at in range(1000))
    assert len(many._runs) == len(one._runs)
    assert many._sentences == one._sentences
    assert many.find(text) == [Descent(text, "run_0")]
