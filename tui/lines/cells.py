"""Text measured in terminal cells: cleaned, cut, padded and wrapped. Pure.

Prevents: a tool result with an escape sequence driving the terminal, and wide characters breaking the frame.
"""

from typing import Final

from rich.cells import cell_len, get_character_cell_size

TAB: Final = 4
_CONTROL: Final = {
    **{code: "�" for code in (*range(0x00, 0x20), *range(0x7F, 0xA0))},
    # Direction overrides and isolates can make shown text read otherwise than it is; joiners and variation
    # selectors change widths from one terminal to the next.
    **{code: "�" for code in (0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069)},
    **dict.fromkeys((0x200B, 0x200C, 0x200D, 0xFEFF, *range(0xFE00, 0xFE10))),
    **{code: " " for code in (0x2028, 0x2029)},
    ord("\t"): " " * TAB,
    **{code: "�" for code in range(0xD800, 0xE000)},
}


def clean(text: str) -> str:
    """One line of text that is safe to send to a terminal: no control characters, no width tricks."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_CONTROL)


def one_line(text: str) -> str:
    """The whole text on one line: every run of white space is one space."""
    return clean(" ".join(text.split()))


def width_of(text: str) -> int:
    """Cells that `text` takes: the sum over its characters, which is never less than the terminal's own count."""
    return len(text) if text.isascii() else max(cell_len(text), sum(map(get_character_cell_size, text)))


def clip(text: str, width: int, ellipsis: str = "…") -> str:
    """`text` if it fits in `width` cells, else its start and an ellipsis."""
    if width_of(text) <= width:
        return text
    if width <= width_of(ellipsis):
        return ellipsis[: max(width, 0)]
    return _take(text, width - width_of(ellipsis)) + ellipsis


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: clipped, or padded on the right (on the left with `right`)."""
    text = clip(text, width)
    pad = " " * (width - width_of(text))
    return pad + text if right else text + pad


def wrap(text: str, width: int) -> list[str]:
    """`text` as lines of at most `width` cells, broken at spaces where possible; an empty text is one empty line."""
    width = max(width, 1)
    return [line for part in text.split("\n") for line in _wrap_line(clean(part.rstrip("\r")), width)]


def wrapped_height(text: str, width: int) -> int:
    """How many lines `wrap` gives."""
    width = max(width, 1)
    return sum(
        1
        if len(part) <= width and part.isascii() and part.isprintable()
        else len(_wrap_line(clean(part.rstrip("\r")), width))
        for part in text.split("\n")
    )


def _take(text: str, width: int) -> str:
    """The longest start of `text` that fits in `width` cells."""
    if text.isascii():
        return text[:width]
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width:
            return text[:index]
    return text


def _wrap_line(text: str, width: int) -> list[str]:
    lines = []
    start = 0
    while True:
        piece = _take(text[start : start + 2 * width + 8], width)
        end = start + len(piece)
        if end >= len(text):
            lines.append(piece)
            return lines
        if not piece:  # one wide character in a pane of one cell
            lines.append("?"[:width])
            start += 1
            continue
        space = text.rfind(" ", start, end + 1)
        if space > start and text[start:space].strip():
            lines.append(text[start:space])
            start = space + 1
        else:
            lines.append(piece)
            start = end
