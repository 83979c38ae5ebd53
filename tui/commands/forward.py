"""`strop forward`: our runs as OpenTelemetry to another backend."""

import gzip
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from tui.commands.opening import in_workspace, load_settings, with_json, writing
from tui.commands.printing import print_json, say

RETRIED: Final = frozenset({429, 502, 503, 504})
"""Answers after which OTLP asks senders to try again."""

TRIES: Final = 4


@click.command()
@click.argument("url")
@click.option("--header", "headers", metavar="NAME=VALUE", multiple=True, help="Sent along, such as a key.")
@click.option("--service", default="strop", show_default=True, help="The spans' service.name.")
@with_json
@in_workspace
def forward(url: str, headers: tuple[str, ...], service: str, as_json: bool, folder: Path | None) -> None:
    """Send runs that ended since the last time as OTLP to URL, such as http://HOST:4318/v1/traces.

    Each run is sent at least once: stopped anywhere, the next call goes on. Run it from cron.
    """
    from traces.otlp.forward import forward as send

    told = dict(_header(header) for header in headers)
    with writing(load_settings(folder)) as recorder:
        sent = send(recorder, url, lambda body: post(url, body, told), service=service)
    if as_json:
        print_json(asdict(sent))
    else:
        say(f"sent {sent.runs} runs ({sent.spans} spans) in {sent.requests} requests")


def _header(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.UsageError(f"--header wants NAME=VALUE, not {text!r}")
    return name.strip(), value.strip()


def post(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Send one request, again where the backend asks for that.

    Raises:
        UsageError: it was not taken; nothing of it counts as sent.
    """
    import httpx

    packed = gzip.compress(body)
    sent = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip", **headers}
    said = ""
    for attempt in range(TRIES):
        try:
            answer = httpx.post(url, content=packed, headers=sent, timeout=30)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            said = f"{type(error).__name__}: {error}"
        else:
            if answer.is_success:
                return
            said = f"it answered {answer.status_code}"
            if answer.status_code not in RETRIED:
                break
        if attempt + 1 < TRIES:
            time.sleep(2**attempt / 2)
    _refuse(url, said)


def _refuse(url: str, said: str) -> None:
    from agents.errors import UsageError

    raise UsageError(f"{url!r} did not take the spans: {said}", hint="What was taken is on record; call it again.")
