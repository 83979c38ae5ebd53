"""From a model string in a definition to a model that can be asked; prevents a stack trace for a missing key."""

import re
from typing import Any

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model

from agents.models.catalogue import get_weights
from agents.models.errors import ModelNotConfigured
from agents.models.local import LocalModel
from agents.models.settings import LocalSettings

__all__ = ["LocalSettings", "resolve_model"]

PREFIX = "local:"
OPENAI_HOST = "api.openai.com"
EXTRAS = frozenset({"anthropic", "google"})
"""Providers that Strop has an extra of that name for."""
SHAPE = "Write PROVIDER:NAME, for example openai:gpt-5-mini, or local:qwen2.5-coder-1.5b-instruct."


def resolve_model(model: str, local: LocalSettings) -> Model[Any]:
    """Return the model `model` names: `local:NAME`, or any pydantic-ai string such as `openai:gpt-5`.

    `openai:NAME` means OpenAI's own newer protocol; at another host's OPENAI_BASE_URL it is asked over the chat
    protocol, which is the one that compatible servers speak. Nothing is loaded or asked yet.
    Raises `UnknownWeights`, `ModelNotConfigured`.
    """
    if model.startswith(PREFIX):
        return LocalModel(get_weights(model.removeprefix(PREFIX)), local)
    try:
        return _once(_spoken_to(model, infer_model(model)))
    except UserError as refused:
        raise _not_configured(model, str(refused)) from refused
    except ImportError as missing:
        raise _not_installed(model) from missing
    except ValueError as unknown:
        raise ModelNotConfigured(
            f"no model can be made of {model!r}: {unknown}",
            hint=SHAPE,
        ) from unknown


def _spoken_to(name: str, model: Model[Any]) -> Model[Any]:
    provider, _, rest = name.partition(":")
    if provider == "openai" and OPENAI_HOST not in (model.base_url or OPENAI_HOST):
        return infer_model(f"openai-chat:{rest}")
    return model


def _once(model: Model[Any]) -> Model[Any]:
    """Without the repetitions of the provider's own client, which nobody sees: the gateway repeats, on record."""
    client = getattr(model, "client", None)
    if client is not None and hasattr(client, "max_retries"):
        client.max_retries = 0
    return model


def _not_installed(model: str) -> ModelNotConfigured:
    """Only OpenAI's client comes with Strop; most users need one provider, and each brings packages of its own."""
    provider = re.split(r"[:-]", model)[0]
    extra = f"strop[{provider}]" if provider in EXTRAS else f"pydantic-ai-slim[{provider}]"
    return ModelNotConfigured(
        f"the model {model!r} needs a package that is not installed", hint=f'Install it: pip install "{extra}"'
    )


def _not_configured(model: str, said: str) -> ModelNotConfigured:
    """A missing key in our own words, where its variable is named: pydantic-ai speaks of ways that a file has not."""
    variable = re.search(r"`([A-Z][A-Z0-9_]+)`", said)
    if variable is None:
        return ModelNotConfigured(f"the model {model!r} cannot be had: {said}", hint=SHAPE)
    return ModelNotConfigured(
        f"the model {model!r} is not configured: {variable[1]} is not set",
        hint=f"Set {variable[1]} in the environment, or name another model (STROP_MODEL, or in the agent's file).",
    )
