"""A bundle as a file that people review and keep in version control, and back with the same digest.

Prevents a file edited by hand from passing as the version it was: the file names the digest it was written with, and
what does not match it is another version, whose parent is the one it says it was.
"""

from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from agents.errors import UsageError
from agents.prompts.bundle import Bundle
from agents.prompts.store import StoredBundle

FORMAT = "strop-bundle/1"

_OTHER_LINE_ENDS = frozenset("\x85\u2028\u2029\ufeff")


@dataclass(frozen=True)
class BundleFile:
    """What a file holds. `digest` and `parents` are what it says of itself."""

    bundle: Bundle
    digest: str
    parents: tuple[str, ...]
    author: str
    note: str

    @property
    def edited(self) -> bool:
        """Whether it is no longer the version it was written as."""
        return self.bundle.digest != self.digest


def write_file(stored: StoredBundle) -> str:
    """YAML: prompts as blocks of text, line by line, so that a reviewer's diff shows what was changed."""
    head = {
        "format": FORMAT, "digest": stored.digest, "parent": stored.parent,
        **({"merged": list(stored.merged)} if stored.merged else {}), "author": stored.author, "note": stored.note,
    }  # fmt: skip
    body = {"bundle": stored.bundle.model_dump(mode="json")}
    return "".join(
        yaml.dump(part, Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=100) for part in (head, body)
    )


def read_file(text: str, name: str = "the file") -> BundleFile:
    """Read what `write_file` wrote, edited or not.

    Raises:
        UsageError: it is not such a file; says which field.
    """
    try:
        data: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{name} is not YAML: {error}", hint="Export the version again.") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UsageError(f"{name} is not a bundle ({FORMAT})", hint="`strop bundles export` writes one.")
    try:
        bundle = Bundle.model_validate(data.get("bundle"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("bundle", *first["loc"])))
        raise UsageError(f"{name}: {place}: {first['msg']}", hint="Mend that field.") from error
    said = {key: str(data.get(key) or "") for key in ("digest", "parent", "author", "note")}
    merged = data.get("merged") or []
    if not isinstance(merged, list):
        raise UsageError(f"{name}: merged: not a list of digests", hint="Mend that field.")
    parents = tuple(str(one) for one in (said["parent"], *merged) if one)
    return BundleFile(bundle, said["digest"], parents, said["author"], said["note"])


class _Blocks(yaml.SafeDumper):
    """Texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    if _OTHER_LINE_ENDS.intersection(value):
        style = '"'  # elsewhere YAML reads them as the end of a line, and they would come back as \n
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Blocks.add_representer(str, _text)
