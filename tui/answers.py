"""What the service answered: a value of the shape that was asked for, or the one error that all is told as."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from agents.service import wire

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
LISTS: Final = ConfigDict(cache_strings="keys")
"""As `Shape` has it: values that were read would else stay in a cache, and each holds the memory around it."""


class ServiceError(Exception):
    """The service said no, could not be reached, or answered in a way that is not ours.

    `status` 0: not reached. `position`: character (from 1) of the filter that is wrong, where the service says so.
    """

    def __init__(
        self, title: str, *, detail: str = "", hint: str = "", status: int = 0, position: int | None = None
    ) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.title, self.detail, self.hint, self.status, self.position = title, detail, hint, status, position


def answered(shape: type[T], response: httpx.Response) -> T:
    """What the answer says.

    Raises:
        ServiceError: it is of another shape.
    """
    try:
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            return shape.model_validate_json(response.content)  # an adapter of it would not ask its config
        adapter: TypeAdapter[T] = TypeAdapter(shape, config=LISTS)
        return adapter.validate_json(response.content)
    except ValidationError as error:
        raise ServiceError(
            "the service answered in a shape that this version does not know",
            detail=f"{error.error_count()} fields, first {error.errors()[0]['loc']!r}",
            hint="Compare `strop --version` on both sides.",
            status=response.status_code,
        ) from error


def problem_of(response: httpx.Response) -> ServiceError:
    """The error that a refused request stands for; what is not a problem document is shown as it is."""
    try:
        problem = wire.Problem.model_validate_json(response.content)
    except ValidationError:
        return ServiceError(
            f"the service answered {response.status_code}", detail=_told(response), status=response.status_code
        )
    return ServiceError(
        problem.title,
        detail=problem.detail,
        hint=problem.hint,
        status=response.status_code,
        position=problem.position,
    )


def _told(response: httpx.Response) -> str:
    try:
        body = json.loads(response.content)
    except ValueError:
        return response.text[:200]
    return str(body.get("detail", body) if isinstance(body, dict) else body)[:200]
