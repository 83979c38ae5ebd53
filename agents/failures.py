"""Whatever a run may die of, as one clear error of our tree. The one table from foreign exceptions to ours."""

import asyncio

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelHTTPError,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UserError,
)

from agents.errors import LimitReached, ModelUnavailable, RunFailed, StropError, ToolServerUnavailable
from agents.journal import ReplayMiss
from agents.models.errors import ModelError
from tools.errors import ToolServerError
from traces.errors import LedgerError


def told(error: BaseException) -> BaseException:
    """The error to record and raise for `error`: ours as they are, foreign ones translated, bugs untouched."""
    error = innermost(error)
    match error:
        case StropError() | LedgerError() | ReplayMiss() | asyncio.CancelledError() | KeyboardInterrupt():
            return error
        case ToolServerError():
            return ToolServerUnavailable(
                str(error),
                hint=f"Check its entry in mcp.json and its log, .strop/server-{error.server}.log; "
                "then `strop resume` the run.",
            )
        case ModelError():
            return ModelUnavailable(str(error), hint=error.hint)
        case ModelHTTPError():
            return ModelUnavailable(
                f"model {error.model_name!r} answered with HTTP {error.status_code}: {error.body}",
                hint="Check key, model name and quota; then `strop resume` the run.",
            )
        case ModelAPIError():
            return ModelUnavailable(
                f"model {error.model_name!r} cannot be reached: {error.message}",
                hint="Check the network and the base URL; then `strop resume` the run.",
            )
        case UsageLimitExceeded():
            return LimitReached(str(error), hint="Raise `limits` in the agent's file if that was too few.")
        case TimeoutError():
            return LimitReached("the run's time is up", hint="Raise `limits: {seconds: …}` in the agent's file.")
        case UnexpectedModelBehavior():
            return RunFailed(f"the model gave no usable answer: {error}", hint="See its last reply in the run.")
        case UserError():
            return RunFailed(str(error))
        case _:
            return error


def innermost(error: BaseException) -> BaseException:
    """The cause inside exception groups and wrappers of pydantic-ai, where it is one of those we know."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) >= 1:
        error = error.exceptions[0]
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, StropError | LedgerError | ToolServerError | ModelError | ReplayMiss):
            return cause
        cause = cause.__cause__
    return error
