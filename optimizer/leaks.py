"""What must not get into a prompt: secrets, personal data, links, and sentences that give the model orders.

Prevents a customer's message from becoming an instruction, and a reviewed example from carrying an address into every
later request. Used twice: strategies leave such texts out, and the proof refuses a candidate that has them after all.
"""

import re
from typing import Final

from agents.prompts.bundle import Bundle, render

PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("an e-mail address", re.compile(r"[\w.+-]+@[\w-]+\.\w[\w.]+")),
    ("a link", re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("an IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("a card number", re.compile(r"\b\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}\b")),
    ("a telephone number", re.compile(r"(?<!\w)(?:\+|00)\d[\d ()/-]{7,}\d")),
    ("a key or password", re.compile(
        r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA)[-_]?[A-Za-z0-9_-]{16,}|-----BEGIN [A-Z ]*KEY|"
        r"\b(?:password|passwort|api[ _-]?key|token)\s*[:=]\s*\S{6,}", re.IGNORECASE)),
    ("an instruction to the model", re.compile(
        r"\b(?:ignore|disregard|forget)\b.{0,30}\b(?:instructions?|rules?|prompt|above|previous)\b|"
        r"\byou are now\b|\bsystem prompt\b|<\|[a-z_]+\|>|\[/?INST\]", re.IGNORECASE | re.DOTALL)),
)  # fmt: skip


def found_in(text: str) -> tuple[str, ...]:
    """What the text has that a prompt must not have; empty when it is clean."""
    return tuple(what for what, pattern in PATTERNS if pattern.search(text))


def objections(candidate: Bundle, incumbent: Bundle, *, prompt_chars: int) -> tuple[str, ...]:
    """What is new in the candidate and not to be shown to a model, each a reason to refuse it."""
    said: list[str] = []
    known = {one.input for one in incumbent.demonstrations}
    for one in candidate.demonstrations:
        if one.input not in known:
            said += [f"the demonstration from {one.source or '?'} has {what}" for what in found_in(str(one))]
    for rule in set(candidate.rules) - set(incumbent.rules):
        said += [f"the rule {rule[:60]!r} has {what}" for what in found_in(rule)]
    new = set(found_in(candidate.instructions)) - set(found_in(incumbent.instructions))
    said += [f"the instructions have {what}" for what in sorted(new)]
    length = prompt_length(candidate)
    if length > max(prompt_chars, prompt_length(incumbent)):
        said.append(f"the prompt has {length} characters, the limit is {prompt_chars}")
    return tuple(said)


def prompt_length(bundle: Bundle) -> int:
    """Characters of the prompt as the model gets it."""
    return len(render(bundle))
