"""Reading a forced reply back, piece by piece as the engine writes it.

Owns the inverse of `grammar.py`: `{"reasoning": "...", "tool": NAME, "arguments": {...}}` or
`{"reasoning": "...", "answer": ...}`. However the text is cut into pieces, the same deltas come out in sum, so a
streamed reply and a whole one can never differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["reasoning", "tool", "arguments", "answer"]
_KEYS: tuple[Kind, ...] = ("reasoning", "tool", "arguments", "answer")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Delta:
    """Some more characters of one field: text for `reasoning`, `tool` and `answer`, raw JSON for `arguments`."""

    kind: Kind
    text: str


class BrokenReply(ValueError):
    """The text is not of the forced form: the engine did not hold the grammar."""


@dataclass(slots=True)
class ReplyReader:
    """Feed it pieces, get deltas. `answer_is_json` keeps an answer raw (a structured one) instead of decoding it."""

    answer_is_json: bool = False
    _buffer: str = ""
    _kind: Kind | None = None
    _depth: int = 0
    _in_string: bool = False
    _escaped: bool = False
    _closed: bool = False
    _opened: bool = False

    @property
    def complete(self) -> bool:
        """True once the closing brace was read."""
        return self._closed

    def feed(self, piece: str) -> list[Delta]:
        """Read some more; returns the deltas it completed. Raises `BrokenReply`."""
        self._buffer += piece
        return _joined(list(self._read()))

    def _read(self) -> Iterator[Delta]:
        while self._buffer:
            before = (len(self._buffer), self._kind)
            if self._closed:
                raise BrokenReply(f"text after the reply: {self._buffer[:40]!r}")
            if self._kind is None:
                self._read_key()
            elif self._raw(self._kind):
                yield from self._read_json(self._kind)
            else:
                yield from self._read_string(self._kind)
            if before == (len(self._buffer), self._kind):
                return

    def _raw(self, kind: Kind) -> bool:
        return kind == "arguments" or (kind == "answer" and self.answer_is_json)

    def _read_key(self) -> None:
        """Between fields: `{"key": ` or `, "key": ` or `}`; waits while it is not whole."""
        if self._opened and self._buffer.startswith("}"):
            self._buffer, self._closed = self._buffer[1:], True
            return
        lead = ", " if self._opened else "{"
        for kind in _KEYS:
            opening = f'{lead}"{kind}": ' + ("" if self._raw(kind) else '"')
            if self._buffer.startswith(opening):
                self._buffer = self._buffer[len(opening) :]
                self._kind, self._opened = kind, True
                return
            if opening.startswith(self._buffer):
                return
        raise BrokenReply(f"not a reply: {self._buffer[:40]!r}")

    def _read_string(self, kind: Kind) -> Iterator[Delta]:
        end = 0
        text: list[str] = []
        while end < len(self._buffer):
            char = self._buffer[end]
            if char == '"':
                self._kind, end = None, end + 1
                break
            if char != "\\":
                text.append(char)
                end += 1
                continue
            taken = _escape(self._buffer[end:])
            if taken is None:
                break
            decoded, length = taken
            text.append(decoded)
            end += length
        self._buffer = self._buffer[end:]
        if text:
            yield Delta(kind, "".join(text))

    def _read_json(self, kind: Kind) -> Iterator[Delta]:
        for at, char in enumerate(self._buffer):
            if self._value_ends(char):
                yield from self._take(kind, at)
                self._kind = None
                return
            self._walk(char)
        yield from self._take(kind, len(self._buffer))

    def _take(self, kind: Kind, length: int) -> Iterator[Delta]:
        if length:
            yield Delta(kind, self._buffer[:length])
        self._buffer = self._buffer[length:]

    def _value_ends(self, char: str) -> bool:
        return not self._in_string and self._depth == 0 and char in ",}"

    def _walk(self, char: str) -> None:
        if self._in_string:
            if self._escaped:
                self._escaped = False
            elif char == "\\":
                self._escaped = True
            elif char == '"':
                self._in_string = False
        elif char == '"':
            self._in_string = True
        elif char in "{[":
            self._depth += 1
        elif char in "}]":
            self._depth -= 1


def _escape(text: str) -> tuple[str, int] | None:
    r"""Decode the JSON escape at the start and say how long it is; None if it is not whole yet."""
    if len(text) < 2:
        return None
    if text[1] != "u":
        return _ESCAPES.get(text[1], text[1]), 2
    if len(text) < 6:
        return None
    code = int(text[2:6], 16)
    if not 0xD800 <= code < 0xE000:
        return chr(code), 6
    return _surrogate(text, code)


def _surrogate(text: str, high: int) -> tuple[str, int] | None:
    r"""Decode `\ud83d\ude00` as one character; half of a pair is replaced, as JSON readers do."""
    if high >= 0xDC00:
        return _REPLACEMENT, 6
    if len(text) < 12 and "\\u".startswith(text[6:8]):
        return None
    low = int(text[8:12], 16) if text[6:8] == "\\u" else 0
    if not 0xDC00 <= low < 0xE000:
        return _REPLACEMENT, 6
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12


def _joined(deltas: list[Delta]) -> list[Delta]:
    joined: list[Delta] = []
    for delta in deltas:
        if joined and joined[-1].kind == delta.kind:
            joined[-1] = Delta(delta.kind, joined[-1].text + delta.text)
        else:
            joined.append(delta)
    return joined
