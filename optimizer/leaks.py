"""What must not get into a prompt in any case: secrets, personal data, links, and orders to the model.

Prevents a reviewed example from carrying an address or a key into every later request. What is found here is refused;
what may be right, but only if a person says so, is held back by `optimizer.screen`.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from agents.prompts.bundle import Bundle, render
from optimizer.normal import readings
from optimizer.privileges import PHRASES
from traces.detectors import SECRETS

PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("an e-mail address", re.compile(r"[\w.+-]+ ?(?:@|\(at\)|\[at\]) ?[\w-]+ ?(?:\.|\(dot\)|\[dot\]) ?\w[\w.]+")),
    ("a link", re.compile(
        r"(?:https?|ftp|hxxps?)://\S+|\bwww\.\S+|!\[[^\]]*\]\(|\bdata:\w+/\w+|"
        r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|ru|xyz|info|biz|top|app|dev|co)\b", re.IGNORECASE)),
    ("an IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("a card number", re.compile(r"\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}\b")),
    ("a telephone number", re.compile(r"(?<!\w)(?:\+|00)\d[\d ()/-]{7,}\d")),
    ("a key or password", re.compile(
        r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA)[-_]?[A-Za-z0-9_-]{16,}|-----BEGIN [A-Z ]*KEY|"
        r"\b(?:password|passwort|api[ _-]?key|token)\s*(?:[:=]|is|ist|lautet)\s*\S{6,}", re.IGNORECASE)),
)  # fmt: skip

LAYOUT: Final = re.compile(r"^\s*(?:Input|Answer|House rules|Examples of right answers)\s*:", re.MULTILINE)
"""Lines that look like the parts of a prompt (`agents.prompts.bundle.render`)."""

ORDERS: Final = ("an order to the model about its instructions", "a secret or inner workings")


def found_in(text: str) -> tuple[str, ...]:
    """What the text has that a prompt must not have; empty when it is clean."""
    readable = tuple(readings(text))
    read, written = [text, *readable], _written(text, readable)
    said = [what for what, pattern in PATTERNS if any(pattern.search(one) for one in written)]
    if "a key or password" not in said and any(shape.search(text) for shape in _secrets()):
        said.append("a key or password")
    said += [what for what in ORDERS if any(PHRASES[what].search(one) for one in read)]
    return tuple(said)


def _written(text: str, readable: Sequence[str]) -> list[str]:
    """As it stands, and what base64 hides in it: letters for numbers would make numbers out of words."""
    simple, _, *opened = readable
    return [text, simple, *opened]


@cache
def _secrets() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(shape) for _, shape in SECRETS)


def prompt_length(bundle: Bundle) -> int:
    """Characters of the prompt as the model gets it."""
    return len(render(bundle))
