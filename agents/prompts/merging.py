"""Two versions that grew apart, put together field by field: what one side alone changed is taken.

Prevents a merge that guesses: where both changed the same field, in two ways, a person has to write what it is to be.
"""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy.orm import Session

from agents.errors import UsageError
from agents.prompts.bundle import Bundle
from agents.prompts.store import StoredBundle, find_bundles
from traces.ids import short

GENERATIONS: Final = 1_000
"""Versions that are looked through for one in common."""


def merge(base: Bundle, ours: Bundle, theirs: Bundle) -> Bundle:
    """The bundle with what each side changed since `base`; lists of texts and examples are joined.

    Raises:
        UsageError: they are versions of different agents, or a field was changed by both; names the fields.
    """
    if not base.agent == ours.agent == theirs.agent:
        raise UsageError(f"{short(theirs.digest)} is a version of {theirs.agent!r}, not of {ours.agent!r}")
    sides = [one.model_dump(mode="json") for one in (base, ours, theirs)]
    merged: dict[str, Any] = {}
    conflicts: list[str] = []
    for name in Bundle.model_fields:
        was, mine, others = (side.get(name) for side in sides)
        merged[name] = _merged(name, was, mine, others, conflicts)
    if conflicts:
        raise UsageError(
            f"{short(ours.digest)} and {short(theirs.digest)} both changed: {', '.join(conflicts)}",
            hint="Export one of them, write what it is to be, and import it with --also the other.",
        )
    return Bundle.model_validate({name: value for name, value in merged.items() if value is not None})


def _merged(name: str, base: Any, ours: Any, theirs: Any, conflicts: list[str]) -> Any:
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    if isinstance(ours, list) and isinstance(theirs, list) and name in {"rules", "demonstrations"}:
        return _joined(base or [], ours, theirs)
    if isinstance(ours, dict) and isinstance(theirs, dict) and name != "output_schema":
        return dict(_each(name, base if isinstance(base, dict) else {}, ours, theirs, conflicts))
    conflicts.append(name)
    return ours


def _joined(base: list[Any], ours: list[Any], theirs: list[Any]) -> list[Any]:
    """Ours without what they took out, then what they put in."""
    kept = [one for one in ours if one in theirs or one not in base]
    return kept + [one for one in theirs if one not in base and one not in ours]


def _each(
    name: str, base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], conflicts: list[str]
) -> Iterator[tuple[str, Any]]:
    for key in dict.fromkeys((*ours, *theirs)):
        value = _merged(f"{name}.{key}", base.get(key), ours.get(key), theirs.get(key), conflicts)
        if value is not None:
            yield key, value


def nearest_above(session: Session, ours: StoredBundle, theirs: StoredBundle) -> str:
    """The nearest version that both grew from.

    Raises:
        UsageError: there is none on record.
    """
    known = set(_above(session, theirs))
    for digest in _above(session, ours):
        if digest in known:
            return digest
    raise UsageError(
        f"{short(ours.digest)} and {short(theirs.digest)} grew from no version in common",
        hint="Name one with --base.",
    )


def _above(session: Session, stored: StoredBundle) -> list[str]:
    """The version and all it grew from, the nearest first."""
    found, edge = [stored.digest], list(stored.parents)
    while edge and len(found) < GENERATIONS:
        known = find_bundles(session, edge)
        found += [digest for digest in edge if digest in known and digest not in found]
        edge = list(dict.fromkeys(up for one in known.values() for up in one.parents if up not in found))
    return found
