"""Server-sent events: the same messages however the bytes are cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tui.sse import LONGEST_WAIT, Message, Parser, wait_before

STREAM = (
    ': hello\r\n\r\nid: 1\nevent: fact\ndata: {"a": "x\u2028y"}\n\n'
    "event: delta\r\ndata: one\r\ndata: two\r\n\r\nid: 2\rdata:no space\r\revent: end\n\ndata: broken off"
).encode()
MESSAGES = [
    Message("fact", '{"a": "x\u2028y"}', "1"),
    Message("delta", "one\ntwo", "1"),
    Message("message", "no space", "2"),
    Message("end", "", "2"),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_cuts_do_not_matter(cuts: list[int]) -> None:
    """Chunks of any size, also in the middle of a letter or of CR LF, give the same messages."""
    parser, edges = Parser(), [0, *sorted(cuts), len(STREAM)]
    found = [message for start, end in pairwise(edges) for message in parser.feed(STREAM[start:end])]
    assert found == MESSAGES


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(noise: bytes) -> None:
    """A service that sends nonsense breaks no client."""
    assert all(isinstance(message, Message) for message in Parser().feed(noise))


def test_waits_grow_to_a_bound() -> None:
    """The first tries come soon (a restart is seen within three seconds), later ones are bounded."""
    waits = [wait_before(attempt, spread=1.0) for attempt in range(1, 40)]
    assert waits == sorted(waits)
    assert sum(waits[:4]) <= 3.0
    assert waits[-1] == LONGEST_WAIT
    assert wait_before(3, spread=0.0) == waits[2] / 2
