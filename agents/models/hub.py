"""Fetching weights from a model hub over plain HTTPS; a broken download goes on where it stopped."""

from pathlib import Path

import httpx

from agents.models.catalogue import Weights
from agents.models.errors import PullFailed, WrongDigest
from agents.models.weights import Progress, Watch, blocks_of, check_room, digest_of, told_when_full

HUB_URL = "https://huggingface.co"
# A hub behind a firewall often drops packets silently: give up on it after seconds, not minutes.
TIMEOUT = httpx.Timeout(30.0, connect=6.0)
ATTEMPTS = 4


def fetch_from_hub(weights: Weights, target: Path, folder: Path, hub_url: str, watch: Watch | None) -> None:
    """Fetch the file of `weights` into `folder`, check it and rename it to `target`.

    What was fetched stays in `folder` if the connection breaks. Raises `WrongDigest` (then nothing stays),
    `DiskFull`, `PullFailed`.
    """
    part = folder / "hub.part"
    check_room(folder, weights.size - _size(part))
    _fetch_all(weights, part, f"{hub_url.rstrip('/')}/{weights.repo}/resolve/main/{weights.file}", watch)
    with part.open("rb") as source:
        found = digest_of(blocks_of(source), weights, "check", watch)
    if found != weights.sha256:
        part.unlink()
        raise WrongDigest("the model hub", weights.sha256, found)
    with told_when_full(target):
        part.replace(target)


def _fetch_all(weights: Weights, part: Path, url: str, watch: Watch | None) -> None:
    """Try again, from where it stopped, as long as an attempt brought something or the first ones failed."""
    failures = 0
    while _size(part) < weights.size:
        before = _size(part)
        try:
            with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client:
                _fetch_some(client, weights, part, url, watch)
        except httpx.HTTPError as broken:
            failures = failures + 1 if _size(part) == before else 0
            if isinstance(broken, httpx.ConnectError | httpx.ConnectTimeout) or failures >= ATTEMPTS:
                raise PullFailed(f"the model hub cannot be reached ({type(broken).__name__})") from broken
        else:
            failures = failures + 1 if _size(part) == before else 0
            if failures >= ATTEMPTS:
                raise PullFailed("the model hub sent less than the whole file")


def _fetch_some(client: httpx.Client, weights: Weights, part: Path, url: str, watch: Watch | None) -> None:
    have = _size(part)
    # The bytes as they lie there: a packed answer could not be gone on with in the middle.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
            return
        if response.is_error:
            raise PullFailed(f"the model hub answered {response.status_code} for {weights.repo}/{weights.file}")
        if response.status_code != httpx.codes.PARTIAL_CONTENT:
            have = 0  # It does not know Range: from the start.
        with told_when_full(part), part.open("ab" if have else "wb") as out:
            for block in response.iter_raw():
                have += len(block)
                if have > weights.size:
                    part.unlink()
                    raise PullFailed("the model hub sent more than the pinned file holds")
                out.write(block)
                if watch is not None:
                    watch(Progress(weights.name, "hub", have, weights.size))


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0
