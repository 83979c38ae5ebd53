"""Colours that can be read, and signs that every terminal draws in one cell."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from rich.cells import cell_len

from tui.glyphs import ASCII, UNICODE, Glyphs, glyphs_for
from tui.theme import PALETTES, Palette, style_of, textual_theme
from tui.theme_contrast import contrast

PLAIN = {"text", "muted", "accent", "good", "bad", "warn", "think", "tool"}


def test_contrast_is_measured_as_the_standard_does() -> None:
    """Black on white is 21, grey #777777 on white is the well-known 4.48."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_every_text_can_be_read(palette: Palette) -> None:
    """Each ink on each ground, and each pair of its own, is at least 4.5:1."""
    pairs = [(ink, ground) for ink in palette.inks for ground in palette.grounds]
    pairs += [(palette.hit_text, palette.hit_ground), (palette.good, palette.added_ground)]
    pairs += [(palette.bad, palette.removed_ground), (palette.ground, palette.warn), (palette.ground, palette.good)]
    assert {pair: contrast(*pair) for pair in pairs if contrast(*pair) < 4.5} == {}


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
