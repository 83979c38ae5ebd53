"""Who did it, when they said so, and why: the one shape every human decision and judgement carries."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Actor = Literal["person", "machine"]


class Provenance(BaseModel):
    """Who stands behind an act. A machine may propose; only a person may decide."""

    model_config = ConfigDict(frozen=True)

    by: str = Field(min_length=1, description="Login or name of the person, or the program's name.")
    actor: Actor = "person"
    reason: str = ""
