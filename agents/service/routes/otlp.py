"""OpenTelemetry in: `POST /v1/traces` as OTLP/HTTP has it, protobuf or JSON, gzip or not.

Answered when the spans are on disk, in the form they were sent in. What could not be kept is told as a partial
success and in the log; a body that is no OTLP is a problem. 503 means: nothing was kept, send it again.
"""

import asyncio
import zlib
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response

from agents.errors import UsageError
from agents.service.deps import Parts
from traces.otlp.limits import OtlpError, OtlpTooLarge
from traces.otlp.receive import receive
from traces.recorder import Recorder

log = structlog.get_logger("strop.service")
router = APIRouter(tags=["opentelemetry"])

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

LARGEST_SENT: Final = 32 * 1024 * 1024
"""Bytes of a request as it is sent; collectors stop at 20 MiB."""

LARGEST_UNPACKED: Final = 64 * 1024 * 1024
"""Bytes after gzip: what one request may take of memory, some five times over while it is read."""

AT_ONCE: Final = 2
"""Requests that are unpacked and read at the same time; others wait with what they sent."""


class WrongMedia(UsageError):
    """A body in a form that OTLP does not have."""

    status = 415


@router.post("/v1/traces", response_class=Response)
async def take_spans(parts: Parts, request: Request) -> Response:
    """Keep spans of other frameworks as runs. ExportTraceServiceRequest in, ExportTraceServiceResponse out."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    try:
        if media not in {PROTOBUF, JSON}:
            raise WrongMedia(f"spans come as {PROTOBUF} or {JSON}, not {media!r}", hint="Set Content-Type.")
        body = await request.body()
        async with parts.otlp_gate:
            answer = await asyncio.to_thread(_take, parts.recorder, body, media, encoding)
    except (OtlpError, WrongMedia) as error:
        why = "too large" if isinstance(error, OtlpTooLarge) else "unreadable"
        await asyncio.to_thread(count_request, parts.recorder, why, str(error))
        raise
    return Response(answer, media_type=media)


def count_request(recorder: Recorder, why: str, told: str) -> None:
    """Count a request of which nothing could be kept; nobody knows how many spans it had."""
    recorder.losses.add("requests", why, example=told)
    recorder.losses.settle()


def _take(recorder: Recorder, body: bytes, media: str, encoding: str) -> bytes:
    """Keep what the request holds; gives what it is answered with."""
    from traces.otlp.json_wire import decode_json
    from traces.otlp.wire import decode_protobuf, export_response  # protobuf is loaded by who is sent spans

    unpacked = _unpacked(body, encoding)
    decoded = decode_protobuf(unpacked) if media == PROTOBUF else decode_json(unpacked)
    receipt = receive(recorder, decoded.spans, decoded.refused)
    if receipt.refused:
        log.warning("spans.refused", spans=receipt.refused.total(), why=receipt.told)
    return export_response(receipt.refused.total(), receipt.told, as_json=media == JSON)


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "deflate"}:
        raise WrongMedia(f"a body may be packed with gzip or deflate, not {encoding!r}")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        unpacked = unpacker.decompress(body, LARGEST_UNPACKED + 1)
    except zlib.error as error:
        raise OtlpError(f"the body is no {encoding}: {error}") from error
    if len(unpacked) > LARGEST_UNPACKED:
        raise OtlpTooLarge(f"the body unpacks to more than {LARGEST_UNPACKED:,} bytes", hint="Send fewer spans.")
    if not unpacker.eof:
        raise OtlpError(f"the body is cut off: its {encoding} has no end")
    return unpacked
