"""A large body is read in pieces: its beginning where it stands, the rest by offset.

Prevents: a page of a run that carries a tool's ten megabytes whole, to a reader who looks at the first lines of it.
What is inflated is never more than the piece and some hundred kilobytes; the compressed row is read as it is.
"""

import codecs
import json
import zlib
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.bodies import BLOB_KEY, DAMAGED, is_reference
from traces.errors import LedgerError, NotFound
from traces.tables import BLOBS, EVENTS

LARGE: Final = 256 * 1024
"""A tool's result of more bytes than this stands in a page of facts as its beginning."""

BEGINNING: Final = 4 * 1024
"""Bytes of a large body that are shown where it stands."""

MOST: Final = 1024 * 1024
"""Bytes of a body that one answer carries."""

_STRIDE: Final = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a body's JSON text. Offsets are bytes of its UTF-8; `next` is None at the end."""

    digest: str
    size: int
    offset: int
    next: int | None
    text: str


def read_piece(session: Session, digest: str, *, offset: int = 0, limit: int = MOST) -> Piece:
    """So many bytes of a body from an offset on, less what would cut a character in two.

    Raises:
        NotFound: there is no such body.
        LedgerError: it is damaged.
    """
    row = session.execute(sa.select(BLOBS.c.size, BLOBS.c.data).where(BLOBS.c.digest == digest)).first()
    if row is None:
        raise NotFound("body", digest)
    try:
        raw = _inflated(row.data, offset, limit)
    except zlib.error as error:
        raise LedgerError(f"a body of the ledger is damaged: {error}", hint=DAMAGED) from error
    end = offset + len(raw)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(raw, final=end >= row.size)
    end -= len(decoder.getstate()[0])
    return Piece(digest=digest, size=row.size, offset=offset, next=end if end < row.size else None, text=text)


def _inflated(data: bytes, offset: int, limit: int) -> bytes:
    inflater, rest, passed = zlib.decompressobj(), data, 0
    while passed < offset and not inflater.eof:
        some = inflater.decompress(rest, min(_STRIDE, offset - passed))
        rest, passed = inflater.unconsumed_tail, passed + len(some)
        if not some:
            break
    found = bytearray()
    while passed == offset and len(found) < limit and not inflater.eof:
        some = inflater.decompress(rest, limit - len(found))
        rest = inflater.unconsumed_tail
        if not some:
            break
        found += some
    return bytes(found)


def names_body(session: Session, stream: str, digest: str) -> bool:
    """Whether a fact of the stream has this body: who may read a run may read its bodies, and no others."""
    query = sa.select(EVENTS.c.payload).where(EVENTS.c.stream == stream, EVENTS.c.payload.contains(digest))
    return any(digest in _named(json.loads(payload)) for payload in session.scalars(query))


def _named(payload: dict[str, Any]) -> set[str]:
    return {value[BLOB_KEY] for value in payload.values() if is_reference(value)}
