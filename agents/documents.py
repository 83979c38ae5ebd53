"""Files of the workspace that an agent's answers rest on, such as regulations: what they were, as digests.

Prevents a document that changes without anybody asking whether the agent still says what it says.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path


def watched(root: Path, patterns: Sequence[str]) -> dict[str, str]:
    """File -> digest of its content, for the files below `root` that the patterns mean."""
    found = {}
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            if path.is_file():
                found[str(path.relative_to(root))] = sha256(path.read_bytes()).hexdigest()[:16]
    return found
