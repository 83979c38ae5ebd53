"""A correction as edits: which field of an answer said what, and what it should have said.

Paths are RFC 6901 pointers (`/team`, `/items/0/price`; empty: the whole answer). Prevents: a correction of something
else than what stands in the run.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from traces.errors import FeedbackError


class Edit(BaseModel):
    """One field: where, what it said, what is right. `said` is None where it said nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(max_length=1000)
    said: Any = None
    right: Any = None


def edits_between(output: Any, correction: Any, path: str = "") -> list[Edit]:
    """What a correction changes in an answer: only the fields that it names, lists as a whole."""
    if isinstance(output, Mapping) and isinstance(correction, Mapping):
        return [
            edit
            for name, right in correction.items()
            for edit in edits_between(output.get(name), right, f"{path}/{_escaped(str(name))}")
        ]
    return [] if output == correction else [Edit(path=path, said=output, right=correction)]


def correction_of(output: Any, edits: Sequence[Edit]) -> Any:
    """The right answer, as far as the edits say it: an object of the fields they name, or the whole.

    Raises:
        FeedbackError: an edit is about something else than what the run answered, or about no field of it.
    """
    right: Any = {}
    for edit in edits:
        names = _names(edit.path)
        found = _at(output, names, edit.path)
        if edit.said is not None and found != edit.said:
            raise FeedbackError(
                f"the run says {_short(found)} at {edit.path or 'its whole'!r}, not {_short(edit.said)}",
                hint="Look at what it answered: `strop runs show`.",
            )
        if not names:
            return edit.right
        _put(right, names, edit.right, output)
    return right


def told(output: Any, edits: Sequence[Edit]) -> list[Edit]:
    """The edits with what the run said at each place."""
    return [edit.model_copy(update={"said": _at(output, _names(edit.path), edit.path)}) for edit in edits]


def _names(path: str) -> list[str]:
    if path and not path.startswith("/"):
        path = "/" + path.replace(".", "/")  # team, address.city: as people write it
    return [name.replace("~1", "/").replace("~0", "~") for name in path.split("/")[1:]]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _at(output: Any, names: Sequence[str], path: str) -> Any:
    """What stands there; None for a field that is not there yet."""
    value = output
    for place, name in enumerate(names):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        elif value is None and place:
            return None
        else:
            raise FeedbackError(f"the answer has no {path!r}", hint="A path such as /team or /items/0/price.")
    return value


def _put(right: dict[str, Any], names: Sequence[str], value: Any, output: Any) -> None:
    """Set a field; a list is corrected as a whole, from the answer's own."""
    here: Any = right
    for place, name in enumerate(names[:-1]):
        output = output.get(name) if isinstance(output, Mapping) else None
        if isinstance(output, list):
            here[name] = _replaced(here.get(name, output), names[place + 1 :], value)
            return
        here = here.setdefault(name, {})
    here[names[-1]] = value


def _replaced(value: Any, names: Sequence[str], new: Any) -> Any:
    if not names:
        return new
    if isinstance(value, list):
        at = int(names[0])
        return [_replaced(one, names[1:], new) if place == at else one for place, one in enumerate(value)]
    kept = dict(value) if isinstance(value, Mapping) else {}
    return {**kept, names[0]: _replaced(kept.get(names[0]), names[1:], new)}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
