"""Large bodies: cut out of a fact, stored once by digest, named where they stood, and put back when it is read.

Prevents: one instruction text or tool list written again with each of a thousand requests.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from pydantic_core import PydanticSerializationError
from sqlalchemy.orm import Session

from traces.errors import LedgerError, NotFound
from traces.events import Event
from traces.ids import digest_text, quick_json
from traces.pen import Pen, Statement, pen_of
from traces.tables import BLOBS

BLOB_KEY: Final = "$blob"
"""The one key of the object that stands for a body: {"$blob": digest, "bytes": size}."""

DAMAGED: Final = "`strop verify` lists what is damaged; restore the database from a backup."

BODY_BYTES: Final = 512
"""A body longer than this is stored once by digest; a shorter one costs less inside its event."""

_PLACE: Final = {"op", "attempt", "step"}
"""Fields that have columns of their own."""

_NAMED: Final = f'"{BLOB_KEY}"'.encode()

_AROUND: Final = len('{"":}')
"""What stands around a field's name and its value."""

COMPRESS_LEVEL: Final = 3
"""zlib level: on message JSON, 3 gives about 90 % of level 9's gain for a third of its time."""


def payload_of(event: Event, blobs: dict[str, str]) -> str:
    """The fact as the JSON object that is stored of it; its large bodies are put into `blobs` by digest, and stand
    there by name.

    Raises:
        ValueError: a number in it that JSON does not have.
    """
    writer = event.__pydantic_serializer__
    try:
        whole = writer.to_json(event, exclude_defaults=True, exclude=_PLACE)
        if _NAMED in whole or b"NaN" in whole or b"Infinity" in whole:
            return _looked_through(event, blobs)
        if len(whole) <= BODY_BYTES:
            return whole.decode()
        cut: dict[str, str] = {}
        for name in event.BODIES:
            body = writer.to_json(event, exclude_defaults=True, include={name})
            if len(body) > BODY_BYTES + len(name) + _AROUND:
                cut[name] = named(body[len(name) + _AROUND - 1 : -1].decode(), blobs)
        if not cut:
            return whole.decode()
        rest = writer.to_json(event, exclude_defaults=True, exclude=_PLACE | cut.keys()).decode()
    except PydanticSerializationError:  # half a surrogate pair
        return _looked_through(event, blobs)
    bodies = ",".join(f'"{name}":{reference}' for name, reference in cut.items())
    return f"{{{bodies}}}" if rest == "{}" else f"{rest[:-1]},{bodies}}}"


def _looked_through(event: Event, blobs: dict[str, str]) -> str:
    """As `payload_of`, value by value: for what the short way cannot write."""
    return quick_json(dump(event, blobs))


def body_name(value: Any) -> str:
    """The digest under which a body with this JSON-ready value is stored."""
    return digest_text(quick_json(value))


def named(text: str, blobs: dict[str, str]) -> str:
    """The name, as JSON, under which a body is put into `blobs`."""
    digest = digest_text(text)
    blobs[digest] = text
    return f'{{"{BLOB_KEY}":"{digest}","bytes":{len(text.encode("utf-8", "surrogatepass"))}}}'


def dump(event: Event, blobs: dict[str, str]) -> dict[str, Any]:
    """As `payload_of`, as JSON-ready data."""
    data = event.model_dump(mode="json", exclude_defaults=True, exclude=_PLACE)
    for name, value in data.items():
        foreign = is_reference(value)  # somebody's own words that look like the name of a body: they become one
        if name not in event.BODIES and not foreign:
            continue
        text = quick_json(value)
        if foreign or len(text) > BODY_BYTES:
            data[name] = json.loads(named(text, blobs))
    return data


def write_blobs(pen: Pen, blobs: Mapping[str, str]) -> None:
    """Store the texts of one fact that are not there yet. Most are: the same tools, the same instructions."""
    for digest, text in blobs.items():
        if not pen.number(_COUNT, {"digest": digest}):
            pen.run(_INSERT, _packed(digest, text))


def store_blobs(session: Session, blobs: Mapping[str, str]) -> None:
    """Store the texts of many facts that are not there yet."""
    pen, names = pen_of(session), list(blobs)
    known = {
        digest
        for start in range(0, len(names), 500)
        for digest in pen.column(_KNOWN, {"digests": pen.these(names[start : start + 500])})
    }
    new = [_packed(digest, text) for digest, text in blobs.items() if digest not in known]
    if new:
        pen.run_all(_INSERT, new)


def _packed(digest: str, text: str) -> dict[str, Any]:
    raw = text.encode("utf-8", "surrogatepass")
    return {"digest": digest, "size": len(raw), "codec": "zlib", "data": zlib.compress(raw, COMPRESS_LEVEL)}


# --- reading ---------------------------------------------------------------------------------------------------


def is_reference(value: Any) -> bool:
    """Whether this stands for a body in a fact as it is stored."""
    return isinstance(value, dict) and value.keys() == {BLOB_KEY, "bytes"}


def read_blob(session: Session, digest: str) -> str:
    """The text of a large body.

    Raises:
        NotFound: there is no such body.
    """
    row = session.execute(sa.select(BLOBS.c.data).where(BLOBS.c.digest == digest)).first()
    if row is None:
        raise NotFound("body", digest)
    return unpack(row.data)


def find_blobs(session: Session, digests: Iterable[str]) -> dict[str, str]:
    """The texts of those of these bodies that are there, by digest, in one go."""
    found: dict[str, str] = {}
    names = sorted(set(digests))
    for start in range(0, len(names), 500):
        query = sa.select(BLOBS.c.digest, BLOBS.c.data).where(BLOBS.c.digest.in_(names[start : start + 500]))
        found.update({row.digest: unpack(row.data) for row in session.execute(query)})
    return found


def unpack(data: bytes) -> str:
    """The text of a stored body.

    Raises:
        LedgerError: it is damaged.
    """
    try:
        return zlib.decompress(data).decode("utf-8", "surrogatepass")
    except (zlib.error, UnicodeDecodeError) as error:
        raise LedgerError(f"a body of the ledger is damaged: {error}", hint=DAMAGED) from error


def read_bodies(session: Session, payloads: Sequence[Mapping[str, Any]], large: int | None) -> dict[str, str]:
    """The texts of the bodies that these payloads name, by digest; not of a tool's result of more than `large` bytes.

    Raises:
        LedgerError: one is missing or damaged.
    """
    digests = {
        value[BLOB_KEY]
        for payload in payloads
        for name, value in payload.items()
        if is_reference(value) and not (large is not None and name == "result" and value["bytes"] > large)
    }
    found = find_blobs(session, digests)
    missing = digests - found.keys()
    if missing:
        raise LedgerError(
            f"{len(missing)} bodies are missing from the ledger, the first is {min(missing)!r}",
            hint=DAMAGED,
        )
    return found


def put_back(value: Any, bodies: Mapping[str, str]) -> Any:
    """A field of a stored fact, with its body where that is among these."""
    return json.loads(bodies[value[BLOB_KEY]]) if is_reference(value) and value[BLOB_KEY] in bodies else value


# --- statements ------------------------------------------------------------------------------------------------


_COUNT: Final = Statement(sa.text("SELECT count(*) FROM blobs WHERE digest = :digest"))
_KNOWN: Final = Statement(
    {
        "sqlite": sa.text("SELECT digest FROM blobs WHERE digest IN (SELECT value FROM json_each(:digests))"),
        "postgresql": sa.text("SELECT digest FROM blobs WHERE digest = ANY(:digests)"),
    }
)
_INSERT: Final = Statement(
    sa.text(
        "INSERT INTO blobs (digest, size, codec, data) VALUES (:digest, :size, :codec, :data) ON CONFLICT DO NOTHING"
    )
)
