"""Two runs beside each other: which block of one stands for which of the other, and what tells them apart. Pure.

Each finding names the facts that say so on both sides, so that the screen can go there. Prevents: a verdict of
better or worse that is read without the words it was made of.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from agents.service.wire import FlipView
from tui.glyphs import Glyphs
from tui.lines.blocks import ANSWER_TOOL, Block, Fold
from tui.lines.cells import clip, one_line
from tui.lines.figures import short
from tui.lines.line import Line

TERM: Final = 28
"""Characters of a value that are looked for in the transcript: a longer text is broken over lines there."""
SHOWN: Final = 60
"""Characters of a value in a finding."""


@dataclass(frozen=True)
class Cited:
    """Where a run says something: the fact, and the words to look for in it ("" for the whole of it)."""

    seq: int
    term: str = ""


@dataclass(frozen=True)
class Finding:
    """Something that tells two runs apart, and where each of them says it; None: it does not."""

    told: str
    role: str
    left: Cited | None = None
    right: Cited | None = None


@dataclass(frozen=True)
class Beside:
    """Two runs to be read beside each other. A run that is None left no transcript."""

    key: str
    """Names the pair: the example, or both runs."""
    title: str
    names: tuple[str, str]
    runs: tuple[str | None, str | None]
    input: str = ""
    expected: Any = None
    answers: tuple[Any, Any] = (None, None)
    """As the evidence holds them: shown where there is no transcript."""
    called: tuple[str, str] = ("left", "right")
    """What findings call the two sides."""


def beside_of(flip: FlipView, incumbent: str, candidate: str, *, good: bool) -> Beside:
    """The two transcripts of an example on which the versions disagree."""
    return Beside(
        key=flip.example, title=f"{'got better' if good else 'got worse'}: {flip.example}",
        names=(f"before {short(incumbent)}", f"after {short(candidate)}"),
        runs=(flip.run_before, flip.run_after), input=flip.input, expected=flip.expected,
        answers=(flip.before, flip.after), called=("before", "after"),
    )  # fmt: skip


def beside_runs(left: str, right: str) -> Beside:
    """Any two runs."""
    names = f"left {short(left)}", f"right {short(right)}"
    return Beside(key=f"{left} {right}", title="two runs", names=names, runs=(left, right))


def counterparts(left: Sequence[Block], right: Sequence[Block]) -> tuple[list[int], list[int]]:
    """For each block the one that stands beside it on the other side, both ways; never going back."""
    matcher = SequenceMatcher(None, [_what(one) for one in left], [_what(one) for one in right], autojunk=False)
    there, back = [0] * len(left), [0] * len(right)
    for _, a, b, c, d in matcher.get_opcodes():
        there[a:b] = [_within(c + at, c, d, len(right)) for at in range(b - a)]
        back[c:d] = [_within(a + at, a, b, len(left)) for at in range(d - c)]
    return there, back


def _within(wanted: int, first: int, end: int, total: int) -> int:
    return max(min(wanted, max(end - 1, first), total - 1), 0)


def _what(block: Block) -> tuple[str, str]:
    return block.kind, block.tool or ("" if block.kind != "note" else block.title.split(":")[0])


def findings(
    left: Fold, right: Fold, expected: Any = None, called: tuple[str, str] = ("left", "right")
) -> list[Finding]:
    """What tells the two runs apart, the most telling first: answers, where they part, errors, people's words."""
    sides = [(called[0], left, True), (called[1], right, False)]
    return [
        *_answers(_answer(left), _answer(right), expected, called),
        *_parting(_calls(left), _calls(right)),
        *(_on(is_left, *one) for name, fold, is_left in sides for one in _errors(fold, name)),
        *(_on(is_left, *one) for name, fold, is_left in sides for one in _feedback(fold, name)),
    ]


def _answer(fold: Fold) -> tuple[int, Any] | None:
    """(seq, output) of the fact that gives the answer."""
    for block in reversed(fold.blocks):
        if block.kind == "answer" and block.seqs:
            return block.seqs[0], fold.facts[block.seqs[0]].data.get("output")
    return None


def _answers(
    left: tuple[int, Any] | None, right: tuple[int, Any] | None, expected: Any, called: tuple[str, str]
) -> Iterator[Finding]:
    if left is None or right is None:
        for name, one, other in ((called[0], left, right), (called[1], right, left)):
            if one is None and other is not None:
                yield _on(other is left, f"{name}: no answer", "bad", Cited(other[0]))
        return
    ours, theirs, wanted = leaves(left[1]), leaves(right[1]), leaves(expected)
    paths = [path for path in dict.fromkeys((*wanted, *ours, *theirs)) if ours.get(path) != theirs.get(path)]
    for path in paths:
        one, other = ours.get(path), theirs.get(path)
        right_one = f"  (right: {_told(wanted[path])})" if path in wanted else ""
        role = "warn" if path not in wanted else _judged(one, other, wanted[path])
        told = f"answer{path}: {_told(one)} | {_told(other)}{right_one}"
        yield Finding(told, role, Cited(left[0], _term(one)), Cited(right[0], _term(other)))
    if not paths:
        yield Finding("answer: the same words on both sides", "muted", Cited(left[0]), Cited(right[0]))


def _judged(before: Any, after: Any, wanted: Any) -> str:
    return "good" if after == wanted else "bad" if before == wanted else "warn"


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """The fields of a value by their path, such as `/team`; lists and texts are leaves."""
    if isinstance(value, Mapping):
        return {name: leaf for key, one in value.items() for name, leaf in leaves(one, f"{path}/{key}").items()}
    return {} if value is None else {path: value}


def _calls(fold: Fold) -> list[Block]:
    return [one for one in fold.blocks if one.kind in {"call", "child"} and not one.tool.startswith(ANSWER_TOOL)]


def _parting(left: Sequence[Block], right: Sequence[Block]) -> Iterator[Finding]:
    """The first call on which the two do not agree."""
    for at in range(max(len(left), len(right))):
        one, other = (calls[at] if at < len(calls) else None for calls in (left, right))
        if one is not None and other is not None and (one.tool, one.body) == (other.tool, other.body):
            continue
        told = f"call {at + 1}: {_call(one)} | {_call(other)}"
        yield Finding(told, "tool", _cited(one), _cited(other))
        return
    if left:
        yield Finding(f"calls: the same {len(left)} on both sides", "muted", _cited(left[0]), _cited(right[0]))


def _call(block: Block | None) -> str:
    if block is None:
        return "none"
    name = block.tool or block.title
    return clip(f"{name} {one_line(block.body)}".strip(), SHOWN)


def _cited(block: Block | None, term: str = "") -> Cited | None:
    return None if block is None or not block.seqs else Cited(block.seqs[0], term)


Told = tuple[str, str, Cited | None]
"""Words, role, and where they are from."""


def _on(is_left: bool, told: str, role: str, cited: Cited | None) -> Finding:
    return Finding(told, role, cited if is_left else None, None if is_left else cited)


def _errors(fold: Fold, name: str) -> Iterator[Told]:
    for block in fold.blocks:
        if block.kind == "error":
            why = f": {clip(one_line(block.body), SHOWN)}" if block.body else ""
            yield f"{name}: {one_line(block.title)}{why}", "bad", _cited(block)


def _feedback(fold: Fold, name: str) -> Iterator[Told]:
    answer = _answer(fold)
    for block in fold.blocks:
        if block.kind != "feedback":
            continue
        edits = fold.facts[block.seqs[0]].data.get("edits") or [] if block.seqs else []
        said = next((one.get("said") for one in edits if isinstance(one, dict) and one.get("said") is not None), None)
        cited = _cited(block) if said is None or answer is None else Cited(answer[0], _term(said))
        words = f": {clip(one_line(block.body), SHOWN)}" if block.body else ""
        yield f"{name}: {one_line(block.title)}{words}", "accent", cited


def _told(value: Any) -> str:
    if value is None:
        return "nothing"
    return clip(one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)), SHOWN)


def _term(value: Any) -> str:
    """What to look for in a transcript to find where this value is said: its beginning, cut at a space."""
    if value is None:
        return ""
    text = one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return text if len(text) <= TERM else text[:TERM].rpartition(" ")[0] or text[:TERM]


def finding_row(finding: Finding, width: int, glyphs: Glyphs) -> Line:
    """A finding; the sign says which it is without a colour."""
    sign = {"good": glyphs.good, "bad": glyphs.bad, "muted": glyphs.dot}.get(finding.role, glyphs.waiting)
    return Line(((f"  {sign} ", f"{finding.role}.bold"), (finding.told, finding.role))).clipped(width)


def pair_head(pair: Beside, place: str, width: int) -> Line:
    """What is compared: the example, which of how many, what was asked."""
    spans = (
        (f"  {one_line(pair.title)}  ", "text.bold"),
        (f"{place}  " if place else "", "muted"),
        (one_line(pair.input), "text"),
    )
    return Line(spans).clipped(width)


def side_head(name: str, answer: Any, expected: Any, focused: bool, width: int, glyphs: Glyphs) -> Line:
    """The name of a side and whether its answer is the right one, where that is known."""
    wanted, said = leaves(expected), leaves(answer)
    spans = [(f"{glyphs.cursor if focused else ' '} {name}  ", "accent.bold")]
    if wanted and said:
        right = all(said.get(path) == value for path, value in wanted.items())
        spans.append((f"{glyphs.good} as expected", "good") if right else (f"{glyphs.bad} not as expected", "bad"))
    return Line(tuple(spans)).clipped(width)
