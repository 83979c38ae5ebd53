"""The smallest embedded model, loaded once for all tests that need one; skipped, visibly, where it is not."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.models.engine import Engine, close_engines
from agents.models.local import LocalModel
from agents.models.resolve import LocalSettings, resolve_model
from agents.models.weights import find_weights

NAME = "smollm2-135m-instruct"


@pytest.fixture(scope="session")
def local_settings() -> LocalSettings:
    """Two slots, little room, and threads that do not spin while other tests run."""
    given = os.environ.get("STROP_MODELS_DIR")
    folder = Path(given) if given else Path.home() / ".cache" / "strop" / "models"
    if find_weights(NAME, folder) is None:
        pytest.skip(f"the weights of {NAME} are not here: strop model pull {NAME}")
    pytest.importorskip("xllamacpp")
    return LocalSettings(folder, omp_wait_policy="passive", context=2048, slots=2)


@pytest.fixture(scope="session")
def small(local_settings: LocalSettings) -> Iterator[LocalModel]:
    """The model as an agent gets it."""
    model = resolve_model(f"local:{NAME}", local_settings)
    assert isinstance(model, LocalModel)
    yield model
    close_engines()


@pytest.fixture(scope="session")
def engine(small: LocalModel) -> Engine:
    """The engine under it."""
    return small.engine()
