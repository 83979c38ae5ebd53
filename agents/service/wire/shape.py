"""What every shape on the wire has, and the values that several share."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["running", "waiting", "finished", "failed", "cancelled"]

Key = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name that things are looked up by: one line of text that every database can hold."""


class Shape(BaseModel):
    """Base of all shapes: a field that this version does not know is ignored, so that versions may differ."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True, cache_strings="keys")
