"""What must not be kept is taken out of a fact before it is written: keys and tokens, and what a person is found by.

One `Redactor` stands at the recorder's door, so there is no path in beside it. What it takes out becomes a stable
placeholder such as `[email:3f2a]`; the fact says how many of each kind there were, never which. Who goes on with a
run works with the fact as it was recorded, so a resumed run sees what the first worker saw.

Prevents: a card number that lives for ever in a ledger whose facts cannot be changed.
"""

import hashlib
import hmac
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from traces.detectors import LONGEST_HINT, Detector, compiled, detectors
from traces.events import Event
from traces.glance import Glance
from traces.provenance import Provenance

SKIPPED: Final = frozenset({"signature", "tool_call_id", "provider_response_id", "timestamp", "encrypted_content"})
"""Keys of messages whose values providers make and want back unchanged; no text of a person is in them."""

SECRET_NAMES: Final = re.compile(
    r"(?i)(.*[_-])?(password|passwd|passphrase|secret|api[_-]?key|(access|refresh|auth|bearer)[_-]?token"
    r"|private[_-]?key|authorization|client[_-]?secret)"
)
"""Names of fields whose whole text is a secret, however it looks. A bare `token` is not: pages of a list have one."""


@lru_cache(4096)
def _is_secret_name(key: str) -> bool:
    """Keys are few, and come again with every fact."""
    return SECRET_NAMES.fullmatch(key) is not None


LONG: Final = 10**7
"""Numbers from here on may be a card or a phone number that lost its spaces."""


@dataclass(frozen=True)
class Policy:
    """What is taken out, in one workspace."""

    kinds: tuple[str, ...] = ("secret",)
    regions: tuple[str, ...] = ()
    """Countries (`DE`) whose phone numbers are known without +49 before them."""
    national_ids: tuple[str, ...] = ()
    """Which numbers count as national ids, by python-stdnum's names (`de.idnr`); empty: those with check digits."""
    patterns: Mapping[str, str] = field(default_factory=dict)
    """Kinds of one's own: name -> regular expression."""
    keep: tuple[str, ...] = ()
    """Regular expressions for what stays although it looks like one: the company's own addresses."""


class Redactor:
    """Takes what a policy names out of facts. Doing it twice is harmless: a placeholder is never taken for anything.

    Args:
        policy: what to look for; the default looks for keys and tokens alone.
        key: gives the secret that placeholders are made with; asked when the first one is needed. Who knows it can
            confirm a guess, and no more: a placeholder has 16 bits, so thousands of numbers share each.

    Raises:
        BadInput: a kind or a pattern that cannot be used, or a library that is not installed.
    """

    def __init__(self, policy: Policy | None = None, key: Callable[[], bytes] | None = None) -> None:
        self.policy = policy or Policy()
        self._detectors = detectors(self.policy)
        self._digits = any(one.digits for one in self._detectors)
        self._secret = any(one.kind == "secret" for one in self._detectors)
        hints = [one.hint for one in self._detectors]
        self._may_have_any: Callable[[str], bool] = Glance(dict.fromkeys(hints)) if all(hints) else lambda text: True
        self._keep = [compiled("keep", pattern) for pattern in self.policy.keep]
        self._make_key = key or (lambda: _PROCESS_KEY)
        self._key: bytes | None = None

    def __eq__(self, other: object) -> bool:
        """Two that take out the same are alike, so that two workspaces read from the same files are."""
        return isinstance(other, Redactor) and other.policy == self.policy

    def event(self, event: Event) -> Event:
        """The fact as it may be written: itself when there is nothing to take out."""
        if not self._detectors:
            return event
        outside = [(name, value) for name in event.OUTSIDE if (value := getattr(event, name))]
        texts: list[str] = []
        named = [name for name, value in outside if self._gather(value, texts)]
        wanted = self._wanted("\n".join(texts))
        if not wanted and not named:
            return event
        found: Counter[str] = Counter()
        cleaned = {name: self._cleaned(value, wanted, found) for name, value in outside}
        if not found:
            return event
        counts = Counter(event.redacted) + found
        changed = {name: after for name, after in cleaned.items() if after != getattr(event, name)}
        return event.model_copy(update={**changed, "redacted": dict(sorted(counts.items()))})

    def value(self, value: Any) -> tuple[Any, dict[str, int]]:
        """JSON-ready data without what the policy names, and how many of each kind there were."""
        found: Counter[str] = Counter()
        return self._inside(value, found), dict(found)

    def narrowed(self, value: Any) -> "Redactor | None":
        """What has to be looked for in the parts of this value: one look over many texts costs less than many looks.

        None where there is nothing to take out of any of them.
        """
        texts: list[str] = []
        named = self._gather(value, texts)
        wanted = self._wanted("\n".join(_once(texts)))
        if not wanted and not named:
            return None
        fewer = copy(self)
        fewer._detectors = wanted
        return fewer

    def _inside(self, value: Any, found: Counter[str]) -> Any:
        texts: list[str] = []
        named = self._gather(value, texts)
        wanted = self._wanted("\n".join(texts))
        return self._cleaned(value, wanted, found) if wanted or named else value

    def _cleaned(self, value: Any, wanted: Sequence[Detector], found: Counter[str]) -> Any:
        if isinstance(value, Provenance):  # who signs stays: a signature without a name is none
            return value.model_copy(update={"reason": self._walk(value.reason, wanted, found)})
        return self._walk(value, wanted, found)

    def _wanted(self, joined: str) -> list[Detector]:
        """The detectors that may find something in a text."""
        return [one for one in self._detectors if one.may_be_in(joined)] if self._may_have_any(joined) else []

    def _gather(self, value: Any, texts: list[str]) -> bool:
        """Put every text into `texts`; gives whether a field is named like a secret."""
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, Provenance):
            return self._gather(value.reason, texts)
        elif isinstance(value, dict):
            named = False
            for key, item in value.items():
                if key in SKIPPED:
                    continue
                texts.append(key)
                named |= self._names_secret(key, item)
                named |= self._gather(item, texts)
            return named
        elif isinstance(value, list | tuple):
            return any([self._gather(item, texts) for item in value])
        elif self._digits and isinstance(value, int) and value >= LONG:
            texts.append(str(value))
        return False

    def _names_secret(self, key: str, item: Any) -> bool:
        return self._secret and isinstance(item, str) and bool(item) and _is_secret_name(key)

    def _walk(self, value: Any, wanted: Sequence[Detector], found: Counter[str]) -> Any:
        if isinstance(value, str):
            return self._text(value, wanted, found)
        if isinstance(value, dict):
            return {
                key if key in SKIPPED else self._text(key, wanted, found): self._field(key, item, wanted, found)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._walk(item, wanted, found) for item in value]
        if self._digits and isinstance(value, int) and not isinstance(value, bool) and value >= LONG:
            text = self._text(str(value), wanted, found)
            return value if text == str(value) else text
        return value

    def _field(self, key: str, item: Any, wanted: Sequence[Detector], found: Counter[str]) -> Any:
        if key in SKIPPED:
            return item
        if self._names_secret(key, item) and not PLACEHOLDER.fullmatch(item):
            return self._placeholder("secret", item, found)
        return self._walk(item, wanted, found)

    def _text(self, text: str, wanted: Sequence[Detector], found: Counter[str]) -> str:
        for detector in wanted:
            if not detector.may_be_in(text):
                continue
            spans = [span for span in detector.find(text) if not self._kept(text[slice(*span)])]
            for start, end in reversed(spans):
                text = text[:start] + self._placeholder(detector.kind, text[start:end], found) + text[end:]
        return text

    def _kept(self, text: str) -> bool:
        return any(pattern.fullmatch(text) for pattern in self._keep)

    def _placeholder(self, kind: str, text: str, found: Counter[str]) -> str:
        found[kind] += 1
        if self._key is None:
            self._key = self._make_key()
        # What is written with or without spaces is the same number, in capitals or not the same address.
        same = re.sub(r"[\s().-]", "", text).lower()
        return f"[{kind}:{hmac.new(self._key, same.encode('utf-8', 'replace'), hashlib.sha256).hexdigest()[:4]}]"


def _once(texts: Iterable[str]) -> Iterator[str]:
    """The texts without what was among them before: each request to a model shows the conversation so far."""
    short: set[str] = set()
    known: dict[str, str] = {}
    for text in texts:
        if len(text) < LONG_TEXT:
            if text not in short:
                short.add(text)
                yield text
            continue
        before = known.get(text[:TELLING], "")
        same = len(before) - CLOSING
        yield text[max(same - LONGEST_HINT, 0) :] if same > 0 and text.startswith(before[:same]) else text
        if len(text) > len(before):
            known[text[:TELLING]] = text


LONG_TEXT: Final = 500
"""Characters from which on a text may be one that goes on from another."""

TELLING: Final = 256
"""Characters by whose like the text it goes on from is found: behind what all lists of messages begin with."""

CLOSING: Final = 2
"""Characters at the end of a JSON list that are not there when it goes on."""

PLACEHOLDER: Final = re.compile(r"\[[a-z][a-z0-9_]*:[0-9a-f]{4}\]")

_PROCESS_KEY: Final = secrets.token_bytes(32)
"""Where no workspace has one: placeholders are then stable within this process."""


def total(events: Iterable[Event]) -> dict[str, int]:
    """How many of each kind were taken out of these facts."""
    counts: Counter[str] = Counter()
    for event in events:
        counts.update(event.redacted)
    return dict(sorted(counts.items()))
