"""Figures read as people expect them."""

from datetime import datetime, timedelta

import pytest

from tests.tui.builders import NOW
from tui.lines.figures import age, count, duration, moment, money, percent, points, short, time_of, tokens


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "now"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (200_000, "2d"), (-5, "now")],
)
def test_age(seconds: float, told: str) -> None:
    """Ages go in steps that a person counts in, and a clock that runs behind is no reason to fail."""
    assert age(NOW - timedelta(seconds=seconds), NOW) == told


def test_figures() -> None:
    """Durations, counts, money and names keep to their columns."""
    assert [duration(one) for one in (None, 0.04, 61, 3725)] == ["-", "0.0s", "61s", "1h02"]
    assert [count(one) for one in (812, 12_345, 2_000_000)] == ["812", "12.3k", "2.0M"]
    assert [money(one) for one in (None, 0.0012, 3.5)] == ["-", "$0.0012", "$3.50"]
    assert tokens(812, 96) == "812>96"
    assert (percent(0.215), points(0.26), points(-0.011)) == ("21.5%", "+26.0", "-1.1")
    assert (short("sha256:" + "ab" * 32), short("run_01jd0000000000000000abcdef")) == ("abababababab", "000000abcdef")
    assert moment(NOW, NOW) == "09:30:00"
    assert moment(NOW - timedelta(days=2), NOW) == "03-10 09:30"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("09:29", NOW - timedelta(minutes=1)), ("09:31", NOW - timedelta(hours=23, minutes=59)),
        ("2h", NOW - timedelta(hours=2)), ("-2h", NOW - timedelta(hours=2)), ("03-11 09:30", NOW - timedelta(days=1)),
        ("2026-03-11", NOW.replace(day=11, hour=0, minute=0)), ("noon", None), ("", None), ("25:00", None),
    ],
)  # fmt: skip
def test_a_time_that_a_person_means(said: str, meant: datetime | None) -> None:
    """A time of day is the last one that has been; a span is counted back from now; anything else is no time."""
    assert time_of(said, NOW) == meant
