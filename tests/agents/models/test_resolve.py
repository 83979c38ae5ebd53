"""Model strings: what each means, and what is told when it cannot be had."""

from pathlib import Path

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel

from agents.models.catalogue import DEFAULT, get_weights, list_catalogue
from agents.models.engine import get_engine
from agents.models.errors import EngineFailed, ModelNotConfigured, UnknownWeights, WeightsMissing
from agents.models.local import LocalModel
from agents.models.resolve import LocalSettings, resolve_model


@pytest.fixture
def local(tmp_path: Path) -> LocalSettings:
    """A machine without any weights."""
    return LocalSettings(tmp_path, context=1024)


def test_the_catalogue_pins_everything() -> None:
    """Every model has a digest, a size, a licence and at least one carrier of an exact version."""
    for weights in list_catalogue():
        assert len(weights.sha256) == 64
        assert weights.size > 0
        assert weights.licence == "Apache-2.0"
        assert all(carrier.requirement.count("==") == 1 for carrier in weights.carriers)
    assert get_weights(DEFAULT).name == DEFAULT


def test_local_names_an_embedded_model(local: LocalSettings) -> None:
    """`local:` needs no weights until it is asked, and knows the room it has."""
    model = resolve_model(f"local:{DEFAULT}", local)
    assert isinstance(model, LocalModel)
    assert model.model_name == model.model_id == f"local:{DEFAULT}"
    assert model.context_window == 1024


def test_an_unknown_local_name_lists_the_known(local: LocalSettings) -> None:
    """A typing mistake is answered with what there is."""
    with pytest.raises(UnknownWeights, match=DEFAULT):
        resolve_model("local:qwen", local)


def test_missing_weights_say_how_to_fetch_them(local: LocalSettings) -> None:
    """The error is the command to type."""
    with pytest.raises(WeightsMissing, match=f"strop model pull {DEFAULT}"):
        Agent(resolve_model(f"local:{DEFAULT}", local)).run_sync("Hello")


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not weights at all" * 99])
def test_a_file_that_is_no_weights_is_told(local: LocalSettings, tmp_path: Path, content: bytes) -> None:
    """A broken file is one clear error, not the end of the process."""
    pytest.importorskip("xllamacpp")
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(EngineFailed, match="strop model verify"):
        get_engine(path, local)


def test_a_missing_key_names_its_variable(local: LocalSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user learns which variable to set."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ModelNotConfigured, match="OPENAI_API_KEY"):
        resolve_model("openai:gpt-5-mini", local)


@pytest.mark.parametrize("name", ["nobody:nothing", "nonsense", ""])
def test_an_unknown_provider_is_told(local: LocalSettings, name: str) -> None:
    """A model string of no known shape is answered with the shape."""
    with pytest.raises(ModelNotConfigured, match="PROVIDER:NAME"):
        resolve_model(name, local)


def test_openai_reaches_any_compatible_server(local: LocalSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A base URL in the environment is enough: no key, and the wire form that every such server knows."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    model = resolve_model("openai:anything", local)
    assert isinstance(model, OpenAIChatModel)
    assert str(model.base_url).startswith("http://127.0.0.1:9/v1")
    assert isinstance(resolve_model("openai-responses:anything", local), OpenAIResponsesModel)


def test_openai_itself_is_spoken_to_as_it_likes(local: LocalSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without another address nothing is changed."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    assert isinstance(resolve_model("openai:gpt-5-mini", local), OpenAIResponsesModel)
