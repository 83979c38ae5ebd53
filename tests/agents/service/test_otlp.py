"""`POST /v1/traces`: what exporters send is on disk when they are answered, and they are told what was not kept."""

import gzip
import os
import signal
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from agents.service.routes.otlp import LARGEST_SENT, LARGEST_UNPACKED
from tests.agents.service.conftest import House
from tests.agents.service.process import service
from tests.builders import open_workspace, write_workspace
from tests.properties.test_otlp_properties import as_json
from tests.traces.otlp_samples import TRACE, genai, request, span
from traces.db import open_database
from traces.store import list_runs
from traces.verify import verify

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json; charset=utf-8"}

pytestmark = pytest.mark.anyio


async def send(house: House, body: bytes, status: int = 200, **headers: str) -> httpx.Response:
    """The answer, which must have this status."""
    response = await house.http.post("/v1/traces", content=body, headers={**PROTOBUF, **headers})
    assert response.status_code == status, response.text
    return response


async def test_spans_become_a_run(house: House) -> None:
    """A protobuf request is answered in protobuf, and the run can be read with its facts at once."""
    response = await send(house, request(*genai()))
    assert response.headers["content-type"] == "application/x-protobuf"
    assert not ExportTraceServiceResponse.FromString(response.content).HasField("partial_success")
    told = await house.get(f"/v1/runs/{TRACE}")
    assert (told["run"]["agent"], told["answer"]) == ("claims", "I paid 7 euros.")
    facts = await house.get(f"/v1/runs/{TRACE}/events")
    assert [fact["seq"] for fact in facts["items"]] == list(range(1, 10))
    rest = await house.get(f"/v1/runs/{TRACE}/events?after=7")
    assert [fact["kind"] for fact in rest["items"]] == ["model_replied", "run_finished"]
    page = await house.get("/v1/runs?q=origin:otlp")
    assert [run["id"] for run in page["items"]] == [f"run_{TRACE}"]
    spans = await house.get(f"/v1/runs/{TRACE}/spans")
    assert [one["name"] for one in spans][:2] == ["invoke_agent claims", "chat m-1"]
    judged = await house.post(f"/v1/runs/{TRACE}/feedback", {"score": 0.5})
    assert judged["score"] == 0.5


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, bytes], ids=["gzip", "deflate", "plain"])
async def test_json_and_packed_bodies(house: House, pack: Any) -> None:
    """JSON is answered in JSON; gzip and deflate are unpacked."""
    encoding = {gzip.compress: "gzip", zlib.compress: "deflate"}.get(pack, "identity")
    headers = {**JSON, "Content-Encoding": encoding}
    response = await send(house, pack(as_json(request(*genai()))), **headers)
    assert response.json() == {}
    assert (await house.get(f"/v1/runs/{TRACE}"))["run"]["status"] == "finished"


async def test_what_is_not_kept_is_told(house: House) -> None:
    """A partial success says how many spans were refused and why; the others are kept."""
    body = request(*genai(), span(0, "nameless"))
    told = ExportTraceServiceResponse.FromString((await send(house, body)).content).partial_success
    assert told.rejected_spans == 1
    assert "nameless" in told.error_message
    as_text = (await send(house, as_json(body), **JSON)).json()
    assert as_text["partialSuccess"]["rejectedSpans"] == "1"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"\xff\xff", {}, 400),
        (b"{", JSON, 400),
        (b'{"resourceSpans": 7}', JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b"no gzip", {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"cut off" * 100)[:-20], {"Content-Encoding": "gzip"}, 400),
        (b"", {"Content-Encoding": "br"}, 415),
        (b"", {"Content-Type": "text/plain"}, 415),
        (gzip.compress(b"\0" * (LARGEST_UNPACKED + 1)), {"Content-Encoding": "gzip"}, 413),
        (b"\0" * (LARGEST_SENT + 1), {}, 413),
        (b"", {}, 200),
    ],
    ids=["bytes", "json", "shape", "nest", "gzip", "cut", "br", "text", "bomb", "large", "empty"],
)
async def test_what_is_no_request(house: House, body: bytes, headers: dict[str, str], status: int) -> None:
    """A body that cannot be read is the sender's error, told as such; nothing is kept."""
    await send(house, body, status, **headers)
    assert (await house.get("/v1/runs?q=origin:otlp"))["items"] == []


async def test_no_worker_takes_over_a_foreign_run(house: House) -> None:
    """A trace whose outermost span has not come is running elsewhere, and nobody here goes on with it."""
    await send(house, request(genai()[0]))
    assert (await house.get(f"/v1/runs/{TRACE}"))["run"]["status"] == "running"
    assert house.parts.work.abandoned() == []


def test_every_answered_span_survives_kill_9(tmp_path: Path) -> None:
    """A service killed while it takes spans has each one on disk that it answered, and a ledger that is whole."""
    folder = write_workspace(tmp_path)
    answered: set[str] = set()
    for turn in range(2):
        with service(folder, "STROP_TOKEN=t") as (place, process):
            headers = {**PROTOBUF, "Authorization": "Bearer t"}
            with httpx.Client(base_url=place, headers=headers, timeout=30) as http:
                for number in range(8 + turn):
                    trace = f"{turn * 100 + number + 1:032x}"
                    assert http.post("/v1/traces", content=request(*genai(), trace=trace)).status_code == 200
                    answered.add(f"run_{trace}")
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    database = open_database(open_workspace(folder).database_url)
    with database.reading() as session:
        report = verify(session)
        page = list_runs(session, limit=1000)
    database.close()
    assert report.whole
    assert {run.id for run in page.items} == answered


def test_a_real_exporter(tmp_path: Path) -> None:
    """The OpenTelemetry SDK with its OTLP exporter, pointed at the service with nothing but URL and token."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the OTLP exporter is not installed")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import Compression, OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    with service(write_workspace(tmp_path), "STROP_TOKEN=t") as (place, _):
        exporter = OTLPSpanExporter(
            f"{place}/v1/traces", headers={"Authorization": "Bearer t"}, compression=Compression.Gzip
        )
        provider = TracerProvider(resource=Resource({"service.name": "shop"}))
        provider.add_span_processor(BatchSpanProcessor(exporter))
        tracer = provider.get_tracer("test")
        with tracer.start_as_current_span("invoke_agent gifts") as outer:
            outer.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "gifts"})
            with tracer.start_as_current_span("chat m", attributes={"gen_ai.operation.name": "chat"}) as inner:
                inner.set_attribute("gen_ai.usage.input_tokens", 7)
        assert provider.force_flush()
        with httpx.Client(base_url=place, headers={"Authorization": "Bearer t"}) as http:
            (run,) = http.get("/v1/runs").json()["items"]
        provider.shutdown()
    trace = f"{outer.get_span_context().trace_id:032x}"
    assert (run["id"], run["agent"], run["status"], run["input_tokens"]) == (f"run_{trace}", "gifts", "finished", 7)
