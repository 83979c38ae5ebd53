"""From errors to answers: the one table from our trees to HTTP status, and everything as problem+json (RFC 9457).

Prevents: a mistake of the client told as a 500, an error without a remedy, and a body of the client's sent back to it
inside an error (it may be secret, or not even text).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from agents.errors import StropError
from agents.service.wire import Problem
from traces.errors import BadInput, FilterError, LedgerError, NotFound, OperationTaken, RunErased
from traces.otlp.limits import OtlpError, OtlpTooLarge

log = structlog.get_logger("strop.service")

MEDIA_TYPE: Final = "application/problem+json"

LEDGER_STATUS: Final[tuple[tuple[type[LedgerError], int], ...]] = (
    (NotFound, 404),
    (OtlpTooLarge, 413),
    (OtlpError, 400),
    (BadInput, 422),
    (OperationTaken, 409),
    (RunErased, 410),
    (LedgerError, 503),
)
"""The ledger's tree knows nothing of HTTP; the first class that fits counts."""

TITLES: Final = {
    400: "the request cannot be read",
    401: "a token is needed",
    403: "not allowed",
    404: "not found",
    405: "not this way",
    409: "in conflict with what is there",
    410: "it was erased",
    413: "the request is too large",
    415: "not in this form",
    422: "the request is wrong",
    429: "too much at once",
    500: "something broke",
    503: "not available now",
}

Handler = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem."""
    app.add_exception_handler(StropError, _strop)
    app.add_exception_handler(LedgerError, _ledger)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


def answer(
    status: int,
    detail: str,
    hint: str = "",
    *,
    position: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as a response; text that is not UTF-8 is made so."""
    problem = Problem(
        title=TITLES.get(status, "it cannot be done"),
        status=status,
        detail=_text(detail),
        hint=_text(hint),
        position=position,
    )
    usual = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "2"}, 503: {"Retry-After": "2"}}.get(status)
    return Response(problem.model_dump_json(exclude_none=True), status, headers or usual, MEDIA_TYPE)


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")[:4000]


async def _strop(request: Request, error: Any) -> Response:
    return answer(error.status, str(error), error.hint)


async def _ledger(request: Request, error: Any) -> Response:
    status = next(status for kind, status in LEDGER_STATUS if isinstance(error, kind))
    position = error.position if isinstance(error, FilterError) else None
    return answer(status, str(error), error.hint, position=position)


async def _invalid(request: Request, error: Any) -> Response:
    """What is wrong with which field; never what was sent."""
    broken = next((detail for detail in error.errors() if detail["type"] == "json_invalid"), None)
    if broken is not None:
        return answer(400, f"the body is not JSON (at character {int(broken['loc'][-1]) + 1})", "Send UTF-8 JSON.")
    told = [f"{_place(detail['loc'])}: {detail['msg']}" for detail in error.errors()[:10]]
    return answer(422, "; ".join(told), "GET /openapi.json describes every request.")


def _place(location: Any) -> str:
    inner = [str(part) for part in location]
    return ".".join(inner[1:] if len(inner) > 1 and inner[0] == "body" else inner)


async def _http(request: Request, error: Any) -> Response:
    allowed = _allowed(request) if error.status_code == 405 else []
    return answer(error.status_code, str(error.detail), headers={"Allow": ", ".join(allowed)} if allowed else None)


def _allowed(request: Request) -> list[str]:
    """Every method that is answered at this address; Starlette names those of the first route alone."""
    paths = request.app.openapi()["paths"]
    fitting = (methods for path, methods in paths.items() if compile_path(path)[0].match(request.url.path))
    return sorted({method.upper() for methods in fitting for method in methods})


async def _unknown(request: Request, error: Exception) -> Response:
    log.error("request.broke", method=request.method, path=request.url.path, exc_info=error)
    return answer(
        500, f"{type(error).__name__} while {request.method} was answered", "The service's log has the details."
    )
