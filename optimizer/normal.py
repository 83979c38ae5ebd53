"""One spelling for texts that mean the same to a model; prevents a check that is got round by writing strangely.

Full-width and styled letters, look-alikes of other alphabets, invisible characters, letters spaced out, letters as
numbers, and texts wrapped in base64 are brought to plain words before anything is looked for in them.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LOOKALIKES: Final = str.maketrans("аеорсухіјѕԁɡӏνοαιρτκ", "aeopcyxijsdglvoaiptk")
"""Cyrillic and Greek letters that are drawn like Latin ones."""

NUMBERS: Final = str.maketrans("013457@$", "oieastas")
INVISIBLE: Final = frozenset({"Cf", "Mn", "Me", "Cc"})
_SIMPLE: Final = re.compile(r"[\x20-\x7e\t\n\r]*")
_SPACED: Final = re.compile(r"\b(?:\w[ .\-_*]){4,}\w\b")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")


def spelled(text: str) -> str:
    """The text without case and white space differences."""
    return " ".join(text.casefold().split())


def plain(text: str) -> str:
    """The text in small Latin letters with single spaces, without marks, accents and invisible characters."""
    if _SIMPLE.fullmatch(text):  # most texts, at a hundredth of the work
        return spelled(text)
    kept = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFKD", text)
        if char.isspace() or unicodedata.category(char) not in INVISIBLE
    )
    return " ".join(kept.casefold().translate(LOOKALIKES).split())


def readings(text: str) -> Iterator[str]:
    """The ways a model may read it: plain, with letters for numbers, spaced letters joined, base64 opened."""
    simple = plain(text)
    yield simple
    yield simple.translate(NUMBERS)
    joined = _SPACED.sub(lambda found: re.sub(r"[ .\-_*]", "", found.group()), simple)
    if joined != simple:
        yield joined
    for found in _BASE64.finditer(text):
        try:
            opened = base64.b64decode(found.group() + "==", validate=False).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if opened.isprintable():
            yield plain(opened)


def words(text: str) -> list[str]:
    """The words of the plain text."""
    return re.findall(r"\w+", plain(text))


def sentences(text: str) -> list[str]:
    """Lines and sentences, in order; without list marks."""
    parts = re.split(r"(?<=[.!?:;])\s+|\n+", text)
    return [part for part in (one.strip(" \t-*#>") for one in parts) if part]
