"""What a tool server offers, as a version is held to it: names, descriptions, parameters, claims about effects. Pure.

Prevents a tool whose description was changed behind everybody's back from being read by a model as if nothing were:
what a server says of its tools is part of the prompt.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from traces.ids import digest_json

DriftPolicy = Literal["warn", "approve", "block"]
"""`warn`: go on, on record. `approve`: nothing goes on until a person accepted. `block`: nothing goes on."""

ASPECTS: Final = ("description", "parameters", "annotations")
"""What of a tool is compared. What it returns is no part of the prompt."""


class Change(BaseModel):
    """One difference between what was pinned and what is offered now."""

    model_config = ConfigDict(frozen=True)

    tool: str
    change: Literal["added", "removed", "description", "parameters", "annotations"]
    before: Any = None
    after: Any = None


Listing = dict[str, dict[str, Any]]
"""Tool -> its aspects; what was not given is left out."""


def listing_of(tools: Any) -> Listing:
    """The listing in the record of what a server offers (`ToolsListed.tools`), in the order of names."""
    found = tools.values() if isinstance(tools, Mapping) else tools or []
    return {str(tool["name"]): _aspects(tool) for tool in sorted(found, key=lambda tool: str(tool["name"]))}


def _aspects(tool: Mapping[str, Any]) -> dict[str, Any]:
    claims = ((tool.get("metadata") or {}).get("annotations")) or {}
    aspects = {
        "description": tool.get("description"),
        "parameters": tool.get("parameters_json_schema") or tool.get("parameters"),
        "annotations": {name: value for name, value in sorted(claims.items()) if value is not None},
    }
    return {name: value for name, value in aspects.items() if value}


def digest_of(listing: Listing) -> str:
    """The name of a listing."""
    return digest_json(listing)


def visible(listing: Listing, allow: Iterable[str] | None, deny: Iterable[str]) -> Listing:
    """What of it an agent may touch: what it may not, its model never reads."""
    wanted, barred = None if allow is None else set(allow), set(deny)
    return {name: tool for name, tool in listing.items() if (wanted is None or name in wanted) and name not in barred}


def compare(pinned: Listing, found: Listing) -> list[Change]:
    """What is not as it was pinned, by tool."""
    changes: list[Change] = []
    for name in sorted(pinned.keys() | found.keys()):
        before, after = pinned.get(name), found.get(name)
        if before is None:
            changes.append(Change(tool=name, change="added", after=after))
        elif after is None:
            changes.append(Change(tool=name, change="removed", before=before))
        else:
            changes += [
                Change(tool=name, change=aspect, before=before.get(aspect), after=after.get(aspect))
                for aspect in ASPECTS
                if before.get(aspect) != after.get(aspect)
            ]
    return changes


def in_words(changes: Iterable[Change]) -> str:
    """The changes in one line, for an error."""
    words = {"added": "is new", "removed": "is gone", "description": "has another description",
             "parameters": "takes other parameters", "annotations": "claims other effects"}  # fmt: skip
    return ", ".join(f"{change.tool!r} {words[change.change]}" for change in changes)
