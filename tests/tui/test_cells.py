"""Text in cells: what goes to a terminal fits where it should and drives nothing."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.lines.cells import clean, clip, fit, one_line, wrap

texts = st.text(max_size=300) | st.text(alphabet="ab é我🏠\u0301\u200d\ufe0f\t\n\x1b ", max_size=300)
widths = st.integers(min_value=1, max_value=120)


@given(texts, widths)
def test_wrapped_lines_fit(text: str, width: int) -> None:
    """No wrapped line takes more cells than the pane has, whatever the letters are."""
    assert all(cell_len(line) <= width for line in wrap(text, width))


@given(st.text(alphabet="abc de\n", max_size=300), st.integers(min_value=2, max_value=60))
def test_wrapping_loses_no_letter(text: str, width: int) -> None:
    """Only white space goes at a line's end."""
    assert "".join("".join(wrap(text, width)).split()) == "".join(text.split())


@given(texts, widths)
def test_clip_and_fit(text: str, width: int) -> None:
    """A clipped text fits; a fitted one takes exactly its cells, unless a wide letter stands at the edge."""
    text = clean(text)
    assert cell_len(clip(text, width)) <= width
    assert cell_len(fit(text, width)) <= width
    if text.isascii():
        assert cell_len(fit(text, width)) == width


@given(st.text())
def test_nothing_drives_the_terminal(text: str) -> None:
    """No control character, no direction override, no half of a surrogate pair is left."""
    left = clean(text)
    assert not any(
        ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 or 0xD800 <= ord(letter) < 0xE000 for letter in left
    )
    assert not set(left) & set("\u202e\u2066\u2028")
    assert "\n" not in one_line(text)


def test_words_stay_whole_where_they_can() -> None:
    """A line breaks at a space; a word longer than the line is cut."""
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("abcdefgh ij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("", 10) == [""]
    assert wrap("我的车", 2) == ["我", "的", "车"]
