"""Colours that can be read, and signs that every terminal draws in one cell."""

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.color import Color, ColorSystem

from tests.tui.driving import at_desk
from tests.tui.fake_service import Service
from tui.app import StropApp
from tui.client import Client
from tui.glyphs import ASCII, UNICODE, Glyphs, glyphs_for
from tui.theme import PALETTES, SIXTEEN, Palette, style_of, textual_theme
from tui.theme_contrast import contrast

PLAIN = {"text", "muted", "accent", "good", "bad", "warn", "think", "tool"}


def test_contrast_is_measured_as_the_standard_does() -> None:
    """Black on white is 21, grey #777777 on white is the well-known 4.48."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


XTERM = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
CONSOLE = (
    "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
)
WINDOWS = (
    "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc 767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2"
)
TERMINALS = {"xterm": XTERM.split(), "the Linux console": CONSOLE.split(), "Windows": WINDOWS.split()}
"""The sixteen colours as terminals draw them that nobody has changed."""


def pairs_of(palette: Palette) -> list[tuple[str, str]]:
    """(ink, ground) of each text there may be."""
    pairs = [(ink, ground) for ink in palette.inks for ground in palette.grounds]
    pairs += [(palette.hit_text, palette.hit_ground), (palette.good, palette.added_ground)]
    return [
        *pairs,
        (palette.bad, palette.removed_ground),
        (palette.ground, palette.warn),
        (palette.ground, palette.good),
    ]


def too_faint(palette: Palette, drawn: Callable[[str], str]) -> dict[tuple[str, str], float]:
    """Pairs under 4.5:1, each colour as it is drawn."""
    found = {pair: contrast(*map(drawn, pair)) for pair in pairs_of(palette)}
    return {pair: ratio for pair, ratio in found.items() if ratio < 4.5}


TRUE = [palette for palette in PALETTES.values() if not palette.ansi]


@pytest.mark.parametrize("palette", TRUE, ids=lambda palette: palette.name)
def test_every_text_can_be_read(palette: Palette) -> None:
    """Each ink on each ground, and each pair of its own, is at least 4.5:1."""
    assert too_faint(palette, lambda colour: colour) == {}


@pytest.mark.parametrize("palette", TRUE, ids=lambda palette: palette.name)
def test_every_text_can_be_read_in_256_colours(palette: Palette) -> None:
    """So it is where a terminal draws the nearest colour of its 256."""

    def drawn(colour: str) -> str:
        return Color.parse(colour).downgrade(ColorSystem.EIGHT_BIT).get_truecolor().hex

    assert too_faint(palette, drawn) == {}


@pytest.mark.parametrize("terminal", TERMINALS)
def test_every_text_can_be_read_in_sixteen_colours(terminal: str) -> None:
    """The terminal's own colours, in each of the usual sets of them."""
    colours = TERMINALS[terminal]
    assert too_faint(SIXTEEN, lambda name: f"#{colours[Color.parse(name).number or 0]}") == {}


def test_few_colours_are_used_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of sixteen colours gets the theme for it, as does NO_COLOR; who asks for a theme gets that one."""
    for name, value, theme in (
        ("TERM", "xterm-256color", "strop-dark"),
        ("TERM", "linux", "strop-sixteen"),
        ("NO_COLOR", "1", "strop-sixteen"),
    ):
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.delenv("COLORTERM", raising=False)
        monkeypatch.setenv(name, value)
        assert StropApp(Client(socket="/nowhere")).theme == theme
        assert StropApp(Client(socket="/nowhere"), theme="strop-light").theme == "strop-light"
        monkeypatch.delenv(name)


@pytest.mark.anyio
async def test_without_colours_nothing_has_a_colour(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under NO_COLOR no cell has one, and the row under the cursor is still told from the others."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with at_desk(service, theme="", colours=False) as desk:
        cells = [segment for strip in desk.app.screen._compositor.render_strips() for segment in strip]
        for line_filter in desk.app.get_line_filters():
            cells = line_filter.apply(cells, desk.app.background_colors[0])
        styles = [cell.style for cell in cells if cell.style is not None]
        assert {style.color.name for style in styles if style.color} <= {"default"}
        assert {style.bgcolor.name for style in styles if style.bgcolor} <= {"default"}
        assert any(style.reverse for style in styles)


def test_every_role_that_is_used_has_a_look() -> None:
    """A role that is misspelt would be drawn as plain text and nobody would see it."""
    root = Path(__file__).parents[2] / "tui"
    source = "\n".join(path.read_text("utf-8") for path in [*root.glob("lines/*.py"), *root.glob("widgets/*.py")])
    used = set(re.findall(r'"((?:\w+)\.bold|badge\.\w+)"', source))
    assert used
    for role in used:
        assert style_of("strop-dark", role).bold, role
    for name, palette in PALETTES.items():
        assert textual_theme(palette).name == name


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_signs_are_one_cell(glyphs: Glyphs) -> None:
    """A sign that is wider, or that some terminals draw as an emoji, moves everything behind it."""
    signs = [getattr(glyphs, field.name) for field in fields(glyphs)]
    assert all(cell_len(sign) == 1 for sign in signs)
    assert not [sign for sign in signs if ord(sign) in {*range(0x23E9, 0x2400), *range(0x1F000, 0x20000)}]
    assert all(sign.isascii() for sign in signs) == (glyphs is ASCII)


def test_a_plain_terminal_gets_plain_signs() -> None:
    """No UTF-8, or a person who asked for it: ASCII alone."""
    assert glyphs_for("utf-8") is UNICODE
    assert glyphs_for("utf-8", plain=True) is ASCII
    assert glyphs_for("ascii") is ASCII
    assert glyphs_for(None) is ASCII
