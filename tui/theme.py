"""How roles look: palettes of our own (dark, light, contrast, colour-blind, sixteen) and the Textual themes of them.

Every colour a text may have is at least 4.5:1 against every ground it may stand on (WCAG 2 AA; a test computes it,
also for terminals of 256 and of 16 colours), because most ready-made themes have a status colour that is not. Status
is never told by colour alone.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from rich.style import Style
from textual.theme import Theme


@dataclass(frozen=True)
class Palette:
    """Colours as #rrggbb. `ground`, `panel`, `cursor` are the grounds; the rest are colours of text.

    With `ansi` they are names of the terminal's own colours, and the row under the cursor is reversed: that is seen
    where no colour is drawn at all, too.
    """

    name: str
    dark: bool
    ground: str
    panel: str
    cursor: str
    text: str
    muted: str
    accent: str
    good: str
    bad: str
    warn: str
    think: str
    tool: str
    hit_ground: str
    hit_text: str
    added_ground: str
    removed_ground: str
    ansi: bool = False

    @property
    def grounds(self) -> tuple[str, ...]:
        """What text may stand on."""
        return (self.ground, self.panel, self.cursor)

    @property
    def inks(self) -> tuple[str, ...]:
        """What text may be drawn in."""
        return (self.text, self.muted, self.accent, self.good, self.bad, self.warn, self.think, self.tool)


DARK: Final = Palette(
    name="strop-dark",
    dark=True,
    ground="#0d1117",
    panel="#161b22",
    cursor="#202d4a",
    text="#e6edf3",
    muted="#9aa7b5",
    accent="#79c0ff",
    good="#7ee787",
    bad="#ff9790",
    warn="#f0c050",
    think="#c4b0ff",
    tool="#7fd8d8",
    hit_ground="#f0c050",
    hit_text="#0d1117",
    added_ground="#12381f",
    removed_ground="#4a1a1d",
)
LIGHT: Final = Palette(
    name="strop-light",
    dark=False,
    ground="#ffffff",
    panel="#eef1f4",
    cursor="#d9e6f7",
    text="#1b2026",
    muted="#4b5560",
    accent="#0550ae",
    good="#0f5f2a",
    bad="#a40e26",
    warn="#6b4500",
    think="#4f2da0",
    tool="#0b5a63",
    hit_ground="#4f2da0",
    hit_text="#ffffff",
    added_ground="#d4f4dc",
    removed_ground="#fbdcdc",
)
CONTRAST: Final = replace(
    DARK,
    name="strop-contrast",
    ground="#000000",
    panel="#101010",
    cursor="#002d70",
    text="#ffffff",
    muted="#d0d0d0",
    accent="#9fdcff",
    good="#9dff9d",
    bad="#ffb0a8",
    warn="#ffe070",
    think="#e0d0ff",
    tool="#a0f5f5",
    hit_ground="#ffe070",
    hit_text="#000000",
)
COLOUR_BLIND: Final = replace(
    DARK,
    # After Okabe and Ito: good and bad are sky blue and orange, which nobody takes for each other.
    name="strop-colour-blind",
    good="#7cc8f5",
    bad="#ffa75e",
    warn="#f5e663",
    accent="#d7c9ff",
    added_ground="#0f3350",
    removed_ground="#4d2a08",
)
SIXTEEN: Final = Palette(
    # Neither blue nor magenta nor the dim colours: some terminals draw them too dark to be read on black.
    name="strop-sixteen",
    dark=True,
    ground="black",
    panel="black",
    cursor="black",
    text="bright_white",
    muted="white",
    accent="bright_cyan",
    good="bright_green",
    bad="bright_red",
    warn="bright_yellow",
    think="white",
    tool="bright_cyan",
    hit_ground="bright_yellow",
    hit_text="black",
    added_ground="black",
    removed_ground="black",
    ansi=True,
)
PALETTES: Final = {palette.name: palette for palette in (DARK, LIGHT, CONTRAST, COLOUR_BLIND, SIXTEEN)}


def textual_theme(palette: Palette) -> Theme:
    """The palette as a Textual theme, for the widgets that are not ours."""
    if palette.ansi:
        said = {name: value for name, value in vars(palette).items() if isinstance(value, str) and name != "name"}
        palette = replace(palette, **{name: f"ansi_{value}" for name, value in said.items()})  # type: ignore[arg-type]
    return Theme(
        name=palette.name,
        dark=palette.dark,
        ansi=palette.ansi,
        primary=palette.accent,
        secondary=palette.think,
        warning=palette.warn,
        error=palette.bad,
        success=palette.good,
        accent=palette.accent,
        foreground=palette.text,
        background=palette.ground,
        surface=palette.ground,
        panel=palette.panel,
        variables={
            "cursor-ground": palette.cursor,
            "muted-ink": palette.muted,
            "input-selection-background": palette.cursor,
            "input-cursor-background": palette.text,
            "input-cursor-foreground": palette.ground,
            "scrollbar": palette.muted,
            "scrollbar-hover": palette.accent,
            "scrollbar-active": palette.accent,
            "scrollbar-background": palette.panel,
            "scrollbar-background-hover": palette.panel,
            "scrollbar-background-active": palette.panel,
            # What the terminal's own colours need to be told; no other theme asks for them.
            "ansi-background": palette.ground,
            "ansi-foreground": palette.text,
            "border-blurred": palette.muted,
            "block-cursor-foreground": palette.ground,
            "block-cursor-background": palette.text,
            "block-hover-background": palette.panel,
            "input-selection-foreground": palette.text,
            "screen-selection-background": palette.text if palette.ansi else palette.cursor,
            "screen-selection-foreground": palette.ground if palette.ansi else palette.text,
        },
    )


@cache
def cursor_style(name: str) -> tuple[Style, bool]:
    """How the row under the cursor is lit in the palette of that name; whether that goes before its own colours."""
    palette = PALETTES.get(name, DARK)
    if palette.ansi:
        return Style(color=palette.text, bgcolor=palette.ground, reverse=True), True
    return Style(bgcolor=palette.cursor), False


@cache
def style_of(name: str, role: str) -> Style:
    """The Rich style of a role in the palette of that name; an unknown role looks like text."""
    palette = PALETTES.get(name, DARK)
    return _styles(palette).get(role) or Style(color=palette.text)


@cache
def _styles(p: Palette) -> dict[str, Style]:
    ink = {
        "text": p.text, "muted": p.muted, "accent": p.accent, "good": p.good, "bad": p.bad, "warn": p.warn,
        "think": p.think, "tool": p.tool,
    }  # fmt: skip
    styles = {role: Style(color=colour) for role, colour in ink.items()}
    styles |= {f"{role}.bold": Style(color=colour, bold=True) for role, colour in ink.items()}
    styles |= {
        "reasoning": Style(color=p.think, italic=True),
        "hit": Style(color=p.hit_text, bgcolor=p.hit_ground, bold=True),
        "added": Style(color=p.good, bgcolor=p.added_ground, underline=True),
        "removed": Style(color=p.bad, bgcolor=p.removed_ground, strike=True),
        "badge.write": Style(color=p.ground, bgcolor=p.warn, bold=True),
        "badge.read": Style(color=p.ground, bgcolor=p.good, bold=True),
        "badge.waiting": Style(color=p.ground, bgcolor=p.warn, bold=True),
    }
    return styles
