"""Who a run acts as at a tool server: headers asked for by run, from a program of the house.

The program gets one JSON object on standard input ({"server", "run_id", "conversation_id", "agent", "metadata"}) and
writes one of headers ({"Authorization": "Bearer …"}) to standard output. It is asked by whichever worker works on the
run, so a restart needs nothing kept. Prevents: a customer's token in the ledger.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tools.catalog import ServerSpec
from tools.errors import ToolServerError


async def ask_headers(spec: ServerSpec, facts: Mapping[str, Any]) -> dict[str, str]:
    """The headers for one run.

    Raises:
        ToolServerError: the program is not there, failed, took longer than `start_seconds`, or wrote something else.
            What it wrote to standard output is never in the message.
    """
    if not spec.credentials:
        return {}
    asked = json.dumps({"server": spec.name, **facts}, ensure_ascii=True).encode()
    out = await _output(spec, asked)
    try:
        headers = json.loads(out)
    except ValueError:
        headers = None
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise _failed(spec, "it did not write one JSON object of headers")
    return headers


async def _output(spec: ServerSpec, asked: bytes) -> bytes:
    pipe = asyncio.subprocess.PIPE
    try:
        program = await asyncio.create_subprocess_exec(
            *spec.credentials, cwd=spec.cwd, stdin=pipe, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        raise _failed(spec, str(error)) from error
    try:
        async with asyncio.timeout(spec.start_seconds):
            out, said = await program.communicate(asked)
    except TimeoutError as error:
        raise _failed(spec, f"no answer within {spec.start_seconds:g} s") from error
    finally:
        if program.returncode is None:
            with suppress(ProcessLookupError):
                program.kill()
    if program.returncode != 0:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise _failed(spec, f"exit code {program.returncode}: {last[0][:300]}")
    return out


def _failed(spec: ServerSpec, what: str) -> ToolServerError:
    return ToolServerError(spec.name, f"its credentials program {spec.credentials[0]!r} failed: {what}", sent=False)
