"""What the hash of an event covers: the hash before it, its place, and the digest of its payload.

Of the payload only the digest, so that a person's words can be erased later and the chain still be proven: a stub
stands in for them that names the digest of what was there (`traces.erase`). Each payload carries a salt, for a short
text could else be guessed from its digest.
"""

import hashlib
import json
import os
import secrets
from base64 import urlsafe_b64encode
from typing import Final

GENESIS: Final = "0" * 64
"""The hash before the first event of a stream."""

SALT: Final = "$salt"
"""The field of a payload that makes its digest unguessable; no fact has a field of that name."""

SALT_BYTES: Final = 12

SALTS_AT_ONCE: Final = 256

_SALTS: Final[list[str]] = []
os.register_at_fork(after_in_child=_SALTS.clear)  # two processes that salt alike would tell which texts are the same

ERASED: Final = "$erased"
"""The first field of a stub: the digest of the payload that it stands for."""

_STUB: Final = f'{{"{ERASED}":"'


def salted(payload: str) -> str:
    """The payload as it is stored and hashed: the same JSON object, begun with a fresh salt."""
    salt = f'{{"{SALT}":"{_fresh_salt()}"'
    return salt + "}" if payload == "{}" else f"{salt},{payload[1:]}"


def _fresh_salt() -> str:
    if not _SALTS:  # drawn many at a time: asking the system for each costs more than the digest it is for
        drawn = secrets.token_bytes(SALT_BYTES * SALTS_AT_ONCE)
        _SALTS.extend(
            urlsafe_b64encode(drawn[at : at + SALT_BYTES]).decode() for at in range(0, len(drawn), SALT_BYTES)
        )
    return _SALTS.pop()


def is_stub(payload: str) -> bool:
    """Whether this stands where a payload was erased."""
    return payload.startswith(_STUB)


def content_of(payload: str) -> str:
    """SHA-256 (hex) of a stored payload; of a stub, the one it keeps."""
    if is_stub(payload):
        return str(json.loads(payload)[ERASED])
    return hashlib.sha256(payload.encode("utf-8", "surrogatepass")).hexdigest()


def chain(
    previous: str, content: str, *, stream: str, seq: int, kind: str, at: int, op: str | None = None,
    step: int | None = None, attempt: int | None = None,
) -> str:  # fmt: skip
    """SHA-256 (hex) over the previous hash and every stored column that says what happened; `at` in microseconds.

    What may hold any sign stands last, so that no two rows have one text.
    """
    text = (
        f"{previous}\n{content}\n{seq}\n{kind}\n{at}\n{step}\n{attempt}\n{stream}\n{'' if op is None else '=' + op}"
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
