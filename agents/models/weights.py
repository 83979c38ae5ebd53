"""The weights command's core: having, checking and listing the embedded models' files.

Owns the cache folder. Nothing stands under a model's final name that was not checked against the pinned
digest; whatever goes wrong before leaves only parts, which the next attempt goes on from.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import IO, Literal

from agents.models.catalogue import Weights, get_weights, list_catalogue
from agents.models.errors import DiskFull, PullFailed, WeightsMissing, WrongDigest

BLOCK = 1 << 20
State = Literal["here", "partly", "missing", "wrong size"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pull is: `done` of `total` bytes of one `stage` (`copy`, `hub`, `index`, `check`)."""

    name: str
    stage: str
    done: int
    total: int


Watch = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Held:
    """One line of the list: a pinned model and what of it is in the cache folder. `bytes_here` counts parts."""

    weights: Weights
    path: Path
    state: State
    bytes_here: int


def weights_path(name: str, cache_dir: Path) -> Path:
    """Where the checked file of `name` stands, or would stand. Raises `UnknownWeights`."""
    return cache_dir / f"{get_weights(name).name}.gguf"


def parts_folder(name: str, cache_dir: Path) -> Path:
    """Where what is not whole yet is kept between attempts."""
    return cache_dir / "parts" / name


def find_weights(name: str, cache_dir: Path) -> Path | None:
    """The file of `name` if it is here in its full size; the digest is not read again."""
    path = weights_path(name, cache_dir)
    return path if path.is_file() and path.stat().st_size == get_weights(name).size else None


def list_weights(cache_dir: Path) -> list[Held]:
    """Every model of the catalogue and how much of it is here."""
    return [_held(weights, cache_dir) for weights in list_catalogue()]


def _held(weights: Weights, cache_dir: Path) -> Held:
    path = weights_path(weights.name, cache_dir)
    if path.is_file():
        size = path.stat().st_size
        return Held(weights, path, "here" if size == weights.size else "wrong size", size)
    folder = parts_folder(weights.name, cache_dir)
    fetched = sum(part.stat().st_size for part in folder.rglob("*") if part.is_file()) if folder.is_dir() else 0
    return Held(weights, path, "partly" if fetched else "missing", fetched)


def verify(name: str, cache_dir: Path, watch: Watch | None = None) -> Path:
    """Read the whole file of `name` and compare its digest; returns its path.

    Raises `WeightsMissing`, or `WrongDigest` after deleting the file, which no agent may run on.
    """
    weights, path = get_weights(name), weights_path(name, cache_dir)
    if not path.is_file():
        raise WeightsMissing(name, path)
    with path.open("rb") as source:
        found = digest_of(blocks_of(source), weights, "check", watch)
    if found != weights.sha256:
        path.unlink()
        raise WrongDigest(f"the file {str(path)!r}", weights.sha256, found)
    return path


def digest_of(blocks: Iterator[bytes], weights: Weights, stage: str, watch: Watch | None) -> str:
    """The SHA-256 of `blocks`, telling `watch` how far it is."""
    digest, done = hashlib.sha256(), 0
    for block in blocks:
        digest.update(block)
        done += len(block)
        if watch is not None:
            watch(Progress(weights.name, stage, done, weights.size))
    return digest.hexdigest()


def accept(
    weights: Weights, blocks: Iterator[bytes], target: Path, *, source: str, stage: str, watch: Watch | None
) -> None:
    """Write `blocks` beside `target`, check the digest, then rename: all or nothing.

    Raises `WrongDigest` (nothing is left of the bytes), `DiskFull`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        with told_when_full(target), partial.open("wb") as out:
            found = digest_of(_written(blocks, out.write), weights, stage, watch)
            out.flush()
            os.fsync(out.fileno())
        if found != weights.sha256:
            raise WrongDigest(source, weights.sha256, found)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _written(blocks: Iterator[bytes], write: Callable[[bytes], int]) -> Iterator[bytes]:
    for block in blocks:
        write(block)
        yield block


def blocks_of(source: IO[bytes]) -> Iterator[bytes]:
    """The bytes of an open file, a mebibyte at a time."""
    return iter(lambda: source.read(BLOCK), b"")


@contextmanager
def told_when_full(path: Path) -> Iterator[None]:
    """Turn a full disk or a used-up quota into `DiskFull`, any other file error into `PullFailed`."""
    try:
        yield
    except OSError as failed:
        if failed.errno in (ENOSPC, EDQUOT):
            raise DiskFull(
                f"no room left for the weights in {str(path.parent)!r}",
                hint="Free some, or set STROP_MODELS_DIR to another disk; what was fetched is kept.",
            ) from failed
        raise PullFailed(f"cannot write the weights to {str(path.parent)!r}: {failed}") from failed


def check_room(folder: Path, needed: int) -> None:
    """Raise `DiskFull` now rather than after a gigabyte. `needed` in bytes, a hundredth is added."""
    with told_when_full(folder / "x"):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    if free < needed + needed // 100:
        raise DiskFull(
            f"{_megabytes(needed)} are needed in {str(folder)!r}, {_megabytes(free)} are free",
            hint="Free some, or set STROP_MODELS_DIR to another disk.",
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
