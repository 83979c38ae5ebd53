"""A fake service on a socket of its own for each test that wants one."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.tui.fake_service import Service, serving

# No promise about speed is made by examples: the machine may be busy.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def anyio_backend() -> str:
    """Textual runs on asyncio."""
    return "asyncio"


@pytest.fixture
def service() -> Iterator[Service]:
    """The fixed world, served. The path is short: a Unix socket's name may have about a hundred bytes."""
    with tempfile.TemporaryDirectory(prefix="strop") as folder, serving(str(Path(folder) / "s")) as running:
        yield running
