"""Finding the runs of a person: by what an application told of them, by their words, or by a placeholder.

Reads every fact and every body once, for a person's name may stand in the argument of any call. Prevents: an
erasure that reaches what the index of words covers, and no more.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.bodies import BLOB_KEY, unpack
from traces.chain import is_stub
from traces.erase import digests_in, payloads
from traces.tables import BLOBS, RUNS

How = Literal["conversation", "metadata", "words", "placeholder"]
"""The conversation's id is the person's; the application said so; it was said or done; only its placeholder was."""

SHORTEST: Final = 3
"""Characters of what is looked for: shorter ones are found in nearly every run."""

Progress = Callable[[int], None]


def find_person(
    session: Session, person: str, placeholder: str | None = None, *, progress: Progress = lambda read: None
) -> dict[str, How]:
    """Run -> how the person was found in it, the surest way first. Whole words, in capitals or not.

    Args:
        session: an open reading session.
        person: a name, an address, a user's id.
        placeholder: what redaction writes in its place. Some thousands of others share it.
        progress: gets the number of bodies and facts read so far.
    """
    looked = _Look(person, placeholder)
    bodies: dict[str, How] = {}
    read = 0
    for row in session.execute(sa.select(BLOBS.c.digest, BLOBS.c.data).execution_options(yield_per=200)):
        how = looked.at(unpack(row.data))
        if how is not None:
            bodies[row.digest] = how
        read += 1
        progress(read)
    found: dict[str, How] = {}
    for row in payloads(session, like="%"):
        read += 1
        progress(read)
        if row.stream.startswith("run_") and not is_stub(row.payload):
            for how in _ways(row, looked, bodies):
                _surest(found, row.stream, how)
    named = sa.func.lower(RUNS.c.conversation_id) == person.lower()
    for run in session.execute(sa.select(RUNS.c.id).where(named)).scalars():
        _surest(found, run, "conversation")
    return found


class _Look:
    def __init__(self, person: str, placeholder: str | None) -> None:
        inside = json.dumps(person, ensure_ascii=False)[1:-1]
        self._person = re.compile(rf"(?<!\w){re.escape(inside)}(?!\w)", re.IGNORECASE)
        self._placeholder = placeholder

    def at(self, text: str) -> How | None:
        if self._person.search(text):
            return "words"
        return "placeholder" if self._placeholder is not None and self._placeholder in text else None


def _ways(row: Any, looked: _Look, bodies: dict[str, How]) -> list[How]:
    ways = [bodies[digest] for digest in digests_in(row.payload) if digest in bodies]
    direct = looked.at(row.payload)
    if direct is not None:
        ways.append(direct)
    if "words" in ways and row.kind == "run_started" and _in_metadata(row.payload, looked, bodies):
        ways.append("metadata")
    return ways


def _in_metadata(payload: str, looked: _Look, bodies: dict[str, How]) -> bool:
    told = json.loads(payload).get("metadata") or {}
    if isinstance(told, dict) and BLOB_KEY in told:
        return bodies.get(told[BLOB_KEY]) == "words"
    return looked.at(json.dumps(told, ensure_ascii=False)) == "words"


_ORDER: Final[tuple[How, ...]] = ("conversation", "metadata", "words", "placeholder")


def _surest(found: dict[str, How], run: str, how: How) -> None:
    known = found.get(run)
    if known is None or _ORDER.index(how) < _ORDER.index(known):
        found[run] = how
