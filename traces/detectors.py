"""What a key, an e-mail address, a phone number, a card, an IBAN and a national id look like.

Shapes are ours where precision is a matter of a prefix; numbers are proven by libraries that know their check digits
(python-stdnum) and numbering plans (phonenumbers), loaded only when a policy asks for them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from traces.errors import BadInput
from traces.glance import Glance

if TYPE_CHECKING:
    from traces.redact import Policy

Span = tuple[int, int]


LONGEST_HINT: Final = 32
"""Characters within which every hint is found: two texts that overlap by so many hide none between them."""


@dataclass(frozen=True)
class Detector:
    """One shape. `find` is asked only of texts in which `hint` occurs (empty: in every text)."""

    kind: str
    find: Callable[[str], Iterator[Span]]
    hint: str = ""
    """A pattern that is looked for first, in every text, as `traces.glance` reads it."""
    digits: bool = False
    """Numbers are looked at too."""

    @cached_property
    def may_be_in(self) -> Callable[[str], bool]:
        """Whether a closer look at a text can find anything."""
        return Glance([self.hint]) if self.hint else lambda text: True


FEWEST_DIGITS: Final = 5
"""Of a number that says who somebody is; no phone number of any country but the smallest islands has fewer."""

_MANY_DIGITS: Final = r"\d(?:[ ()./-]{0,2}\d){4}"
"""Five digits in a row, or nearly so."""

_NO_WORD: Final = r"(?<![A-Za-z0-9_])"

SECRETS: Final[tuple[tuple[str, str], ...]] = (
    # Hint, and shape: a prefix, then what its issuer puts behind it. A shape with a group takes out the group alone.
    ("sk-", _NO_WORD + r"sk-(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{20,}"),
    ("gh[pousr]_", _NO_WORD + r"gh[pousr]_[A-Za-z0-9]{36,}"),
    ("github_pat_", _NO_WORD + r"github_pat_[A-Za-z0-9_]{22,}"),
    ("gl[a-z]{2,3}t-", _NO_WORD + r"gl(?:pat|dt|rt|cbt|ptt)-[A-Za-z0-9_-]{20,}"),
    ("A(?:KIA|SIA|BIA|CCA)", _NO_WORD + r"A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16}(?![0-9A-Za-z])"),
    ("AIza", _NO_WORD + r"AIza[0-9A-Za-z_-]{35}"),
    (r"ya29\.|GOCSPX-", _NO_WORD + r"(?:ya29\.|GOCSPX-)[0-9A-Za-z_-]{20,}"),
    ("k_live_|k_test_", _NO_WORD + r"[rsp]k_(?:live|test)_[0-9A-Za-z]{16,}"),
    ("whsec_|npm_|hf_", _NO_WORD + r"(?:whsec_|npm_|hf_)[A-Za-z0-9+/=]{30,}"),
    ("xox[abposr]-|xapp-", _NO_WORD + r"(?:xox[abposr]|xapp)-[\w-]{10,}"),
    (r"hooks\.slack\.com/", r"hooks\.slack\.com/services/[A-Za-z0-9_/]{20,}"),
    ("pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]{50,}"),
    (r"SG\.", _NO_WORD + r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("eyJ", _NO_WORD + r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("PRIVATE KEY", r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*-----|\Z)"),
    ("://", r"://[^\s:/?#\[\]@]{1,100}:([^\s:/?#\[\]@]{3,100})@"),
    ("(?i:bearer|basic)", r"(?i)\b(?:bearer|basic)\s+(?=[A-Za-z._~+/=-]*\d)([A-Za-z0-9._~+/=-]{16,})"),
    (
        # Not "token" alone: every reply has its input_tokens. Before it stands access, refresh or auth.
        "(?i:passw|secret|api[_-]?key|[sh][_-]?token)",
        r"(?i)(?:password|passwd|secret|api[_-]?key|(?:access|refresh|auth)[_-]?token)[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
        r"(?=[^\s\"'\[]{0,200}\d)([^\s\"',;\[\]]{8,})",
    ),
)

_EMAIL: Final = r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[\w-]{1,63}\.)+[^\W\d_]{2,24}(?!\w)"
_CARD: Final = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])")
_CARD_SHAPE: Final = re.compile(
    r"4\d{12}(?:\d{3})?(?:\d{3})?|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[068]\d{12}|6\d{15}"
)
_IBAN: Final = re.compile(r"(?i)(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Z0-9])")
_NATIONAL: Final = re.compile(
    r"(?i)(?<![\w-])(?:(?=(?:[A-Z./-]*\d){5})[A-Z0-9](?:[./-]?[A-Z0-9]){8,16}|\d(?:[ ./-]?\d){8,14})(?![\w-])"
)

NATIONAL_IDS: Final = (
    "us.ssn", "de.idnr", "fr.nir", "it.codicefiscale", "es.dni", "es.nie", "ch.ssn", "pl.pesel", "be.nn", "fi.hetu",
    "se.personnummer", "dk.cpr", "pt.nif", "br.cpf",
)  # fmt: skip
"""National ids that say by a check digit or their form that they are one. Not `nl.bsn`: one number in eleven is."""


def detectors(policy: "Policy") -> list[Detector]:
    """The detectors of a policy: one's own patterns first, for they are the most exact.

    Raises:
        BadInput: an unknown kind, a pattern that is none, a library that is not installed.
    """
    own = [_own(name, pattern) for name, pattern in policy.patterns.items()]
    makers: dict[str, Callable[[Policy], list[Detector]]] = {
        "secret": lambda _: _secrets(),
        "email": lambda _: [_by_pattern("email", "@", re.compile(_EMAIL))],
        "iban": lambda _: [_iban()],
        "card": lambda _: [_card()],
        "national_id": _national,
        "phone": _phone,
    }
    unknown = [kind for kind in policy.kinds if kind not in makers]
    if unknown:
        raise BadInput(f"no kind {unknown[0]!r} of what is taken out", hint=f"There are: {', '.join(makers)}.")
    return own + [one for kind, make in makers.items() if kind in policy.kinds for one in make(policy)]


def _secrets() -> list[Detector]:
    return [_by_pattern("secret", hint, re.compile(shape)) for hint, shape in SECRETS]


def compiled(name: str, pattern: str) -> re.Pattern[str]:
    """A regular expression that somebody wrote.

    Raises:
        BadInput: it is none.
    """
    try:
        return re.compile(pattern)
    except re.error as error:
        raise BadInput(f"pattern {name!r} is no regular expression: {error}") from error


def _own(name: str, pattern: str) -> Detector:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name):
        raise BadInput(f"a pattern cannot be called {name!r}", hint="Use small letters, digits and _.")
    shape = compiled(name, pattern)
    if shape.fullmatch("") or shape.search(f"[{name}:0a1b]"):
        raise BadInput(f"pattern {name!r} also finds nothing, or its own placeholder [{name}:0a1b]")
    return _by_pattern(name, "", shape)


def _by_pattern(kind: str, hint: str, shape: re.Pattern[str]) -> Detector:
    group = 1 if shape.groups == 1 and kind == "secret" else 0
    return Detector(kind, lambda text: (found.span(group) for found in shape.finditer(text)), hint)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise BadInput(
            f"[privacy] needs {name!r}: {error}", hint="Install the `privacy` extra, or name fewer kinds."
        ) from error


def _card() -> Detector:
    luhn = _library("stdnum.luhn")

    def find(text: str) -> Iterator[Span]:
        for found in _CARD.finditer(text):
            number = re.sub(r"[ -]", "", found.group())
            if _CARD_SHAPE.fullmatch(number) and luhn.is_valid(number):
                yield found.span()

    return Detector("card", find, _MANY_DIGITS, digits=True)


def _iban() -> Detector:
    iban = _library("stdnum.iban")

    def find(text: str) -> Iterator[Span]:
        for found in _IBAN.finditer(text):
            start, end = found.span()
            # Words behind it may look like more of it: the longest beginning that is an IBAN is meant.
            for stop in range(end, start + 14, -1):
                if text[stop - 1] != " " and iban.is_valid(text[start:stop], check_country=False):
                    yield start, stop
                    break

    return Detector("iban", find, _MANY_DIGITS, digits=True)


def _national(policy: "Policy") -> list[Detector]:
    checks = [(name, _library(f"stdnum.{name}").is_valid) for name in policy.national_ids or NATIONAL_IDS]

    def find(text: str) -> Iterator[Span]:
        for found in _NATIONAL.finditer(text):
            number = found.group()
            # Any nine digits can be an American number; with its two hyphens it is meant as one.
            if any(valid(number) for name, valid in checks if name != "us.ssn" or number.count("-") == 2):
                yield found.span()

    return [Detector("national_id", find, _MANY_DIGITS, digits=True)]


_NUMBERS: Final = re.compile(r"\d(?:[^\w\n]{0,4}\d)*")
"""Digits with signs between them, as far as the library lets one number go; it takes no letter and no new line."""

_LEAD: Final = "+\uff0b(\uff08[\uff3b"
"""What may stand before it, with spaces between."""

_EXTENSION: Final = re.compile(r"(?i)[)\]\s,;.]{0,4}(?:e?xt|x|#|int|anexo|доб)[^\n]{0,16}")
"""What may go on behind it."""

KNOWN_ROWS: Final = 4_096
"""Rows of digits whose verdict is remembered: one policy number stands in every message of a run."""


def _phone(policy: "Policy") -> list[Detector]:
    library = _library("phonenumbers")
    fewest = {region: _fewest_digits(library, region) for region in policy.regions}

    @lru_cache(maxsize=KNOWN_ROWS)
    def matched(text: str, region: str | None) -> tuple[Span, ...]:
        return tuple((one.start, one.end) for one in library.PhoneNumberMatcher(text, region))

    def find(text: str) -> Iterator[Span]:
        spans: set[Span] = set()
        for start, end, digits in _rows(text):
            around = text[start:end]
            international = "+" in around or "\uff0b" in around
            for region in policy.regions or (None,):
                # Without a + before it, a number is one of its region, and those have their lengths.
                if international or (region is not None and digits >= fewest[region]):
                    spans.update((start + one, start + other) for one, other in matched(around, region))
        last = -1
        for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start >= last:
                yield start, end
                last = end

    return [Detector("phone", find, _MANY_DIGITS, digits=True)]


def _rows(text: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, digits) of what in a text may be a phone number: the matcher is slow on all the rest."""
    start = end = digits = 0
    for found in _NUMBERS.finditer(text):
        count = sum(sign.isdigit() for sign in found.group())
        if count < FEWEST_DIGITS:
            continue
        more = _EXTENSION.match(text, found.end())
        left, right = _word_start(text, found.start()), _word_end(text, found.end() if more is None else more.end())
        if digits and left <= end:
            end, digits = right, max(digits, count)
            continue
        if digits:
            yield start, end, digits
        start, end, digits = left, right, count
    if digits:
        yield start, end, digits


def _word_start(text: str, at: int) -> int:
    """Where what hangs together with the digits begins: with a sign that leads in, or a letter that forbids."""
    while at > 0 and text[at - 1] in _LEAD:
        at -= 1
        before = at
        while before > 0 and text[before - 1] == " ":
            before -= 1
        at = before if before > 0 and text[before - 1] in _LEAD else at
    while at > 0 and not text[at - 1].isspace():
        at -= 1
    return at


def _word_end(text: str, at: int) -> int:
    """The end of what hangs together with the digits that end here."""
    while at < len(text) and not text[at].isspace():
        at += 1
    return at


def _fewest_digits(library: Any, region: str) -> int:
    """Of a number of that region."""
    metadata = library.PhoneMetadata.metadata_for_region(region, None)
    lengths = [length for length in (metadata.general_desc.possible_length if metadata else ()) if length > 0]
    return max(FEWEST_DIGITS, min(lengths, default=FEWEST_DIGITS))
