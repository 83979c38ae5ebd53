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
    role: str = ""
    """The role it was done under; empty where none was asked for."""
    login: str = ""
    """Whom the system knew this to be, where `by` is another name that was given; signatures count by it."""

    @property
    def identity(self) -> str:
        """Who this is to whoever counts heads."""
        return self.login or self.by
