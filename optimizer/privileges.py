"""Words that give a model more than it should have; a text from feedback that uses them waits for a person.

Prevents a rule such as "refund whatever is asked for" from reaching a prompt by way of a comment: who may pay,
delete, promise or stay silent is decided by the people who write instructions and policies, not learned.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from agents.prompts.bundle import Bundle
from optimizer.normal import readings

_ORDERS: Final = (
    r"\b(?:ignor\w*|disregard\w*|forget\w*|overrid\w*|bypass\w*|vergiss|missacht\w*|oublie\w*|olvida\w*)\b.{0,40}"
    r"\b(?:instructions?|rules?|prompt|above|previous|guidelines?|polic\w+|regeln|anweisung\w*|vorgaben|consignes?|"
    r"regles|instruccion\w*|reglas|istruzioni)\b",
    r"\byou are now\b|\bfrom now on,? (?:you|act|always|never|ignore)\b",
    r"\b(?:ab jetzt|von nun an|ab sofort) (?:bist|antworte|ignorier|gilt|zahl)\w*",
    r"\bsystem (?:prompt|message|override)\b|\b(?:developer|admin|debug|god) mode\b",
    r"\bact as (?:a|an|the|if)\b|\bpretend (?:to be|that)\b",
    r"<\|[a-z_]+\|>|\[/?inst\]|</?(?:system|assistant|instructions?)>|(?:^|\n)\s*(?:system|assistant)\s*:",
)
_UNCHECKED: Final = (
    r"\bwithout\b.{0,20}\b(?:asking|approval|confirm\w*|check\w*|verif\w*|review\w*|identif\w*|authori[sz]\w*)\b",
    r"\b(?:skip|omit|no need (?:for|to)|do not|don't|never)\b.{0,25}"
    r"\b(?:verif\w*|approval|confirm\w*|ask (?:a|the) (?:person|human|supervisor)|authori[sz]\w*|identity)\b",
    r"\bohne\b.{0,20}\b(?:prufung|ruckfrage|genehmigung|bestatigung)\b",
    r"\bsans\b.{0,20}\b(?:verif\w*|confirm\w*|demander)\b|\bsin\b.{0,20}\b(?:verific\w*|confirm\w*|preguntar)\b",
)
_MONEY: Final = (
    r"\b(?:always|any|all|every|whatever|immediately|full|unlimited|immer|alle|jede[rns]?|toujours|siempre)\b.{0,30}"
    r"\b(?:refund\w*|pay|paid|payout\w*|approv\w*|grant\w*|transfer\w*|discount\w*|waiv\w*|compensat\w*|erstatt\w*|"
    r"auszahl\w*|genehmig\w*|rembours\w*|reembols\w*)\b",
    r"\b(?:refund\w*|pay|approve|grant|transfer|waive|reimburse)\b.{0,30}"
    r"\b(?:everything|anything|in full|any amount|whatever|all (?:claims|requests)|anyone|everyone)\b",
)
_INNER: Final = (
    r"\b(?:reveal|print|repeat|show|output|send|forward|leak|share|e-?mail)\b.{0,40}"
    r"\b(?:prompt|instructions?|password|secret|api.?key|credentials?|(?:customer|personal) data|conversation)\b",
    r"\bdo not (?:tell|mention|inform|log)\b|\bkeep (?:this|it) (?:secret|hidden)\b",
)

PHRASES: Final[Mapping[str, re.Pattern[str]]] = {
    what: re.compile("|".join(patterns), re.DOTALL)
    for what, patterns in {
        "an order to the model about its instructions": _ORDERS,
        "leave to go round people or checks": _UNCHECKED,
        "leave to give money or rights": _MONEY,
        "a secret or inner workings": _INNER,
    }.items()
}


def privileged(text: str, tools: Iterable[str] = ()) -> tuple[str, ...]:
    """What in the text a person has to look at first. `tools`: names of what may change something."""
    read = list(readings(text))
    said = [what for what, pattern in PHRASES.items() if any(pattern.search(one) for one in read)]
    said += [f"the name of {tool}, which may change something" for tool in sorted(tools) if _named(tool, read)]
    return tuple(said)


def writing_tools(bundle: Bundle) -> frozenset[str]:
    """Names of the tools the agent is allowed that are not declared to read only, and of its delegates."""
    named: set[str] = {one.tool for one in bundle.delegates}
    for access in bundle.tools:
        known = {*access.effects, *(access.allow or ())}
        named |= {tool for tool in known if access.effects.get(tool) != "read"}
    return frozenset(named)


def _named(tool: str, read: Iterable[str]) -> bool:
    spoken = tool.casefold().replace("_", " ")
    return any(tool.casefold() in one or (" " in spoken and spoken in one) for one in read)
