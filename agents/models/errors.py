"""What can go wrong with a model, each told with what to do next; prevents a bare `OSError` on a user's screen.

ModelError
├── UnknownWeights      no embedded model of that name
├── WeightsMissing      the name is known, the file is not here
├── PullFailed          the file could not be had
│   ├── WrongDigest     a source gave other bytes than the pinned ones
│   └── DiskFull        there is no room for it
├── EngineFailed        the embedded engine did not load, or refused a request
├── ModelNotConfigured  a hosted model lacks its key, or its provider is not known
└── ModelNotAllowed     the house's catalog does not have it
"""

from collections.abc import Iterable
from pathlib import Path


class ModelError(Exception):
    """Base: a model could not be had or asked. `hint` says what to do next."""

    hint: str = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message.rstrip('.')}. {hint}" if hint else message)
        self.hint = hint


class UnknownWeights(ModelError):
    """There are no embedded weights of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no embedded model is called {name!r}", hint=f"Known: {', '.join(known)}.")


class WeightsMissing(ModelError):
    """The weights are in the catalogue, but not on this machine."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(
            f"the weights of {name!r} are not at {str(path)!r}", hint=f"Fetch them: strop model pull {name}"
        )


class PullFailed(ModelError):
    """No source gave the bytes; what was already fetched is kept for the next attempt."""


class WrongDigest(PullFailed):
    """A source gave bytes that are not the pinned ones; they were deleted."""

    def __init__(self, source: str, wanted: str, found: str) -> None:
        super().__init__(
            f"the bytes from {source} have the SHA-256 {found}, but {wanted} is pinned",
            hint="They were deleted. Try again, or use another source.",
        )
        self.source = source


class DiskFull(PullFailed):
    """There is no room; nothing half written stands under the final name."""


class EngineFailed(ModelError):
    """The embedded engine could not load the weights, or refused or spoiled a request."""


class ModelNotConfigured(ModelError):
    """A hosted model cannot be reached as named: a key is missing or the provider is unknown."""


class ModelNotAllowed(ModelError):
    """The workspace's catalog of allowed models does not have it."""

    def __init__(self, name: str, allowed: Iterable[str]) -> None:
        super().__init__(
            f"the model {name!r} is not allowed in this workspace",
            hint=f"[models] allowed in strop.toml has: {', '.join(allowed)}.",
        )
