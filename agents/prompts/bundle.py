"""A bundle (prompt version): everything that shapes what an agent does, hashed together and never edited.

Prevents: a "same" prompt that behaves differently because a tool text, a setting or a limit changed beside it.
A change is a new bundle with its own digest and its parent's; what serves traffic is a pointer to one.
"""

import difflib
import json
import re
from typing import Any, Final, Literal

import jsonschema
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from tools.guardrails import Guardrail
from tools.pins import Listing
from tools.policies import Policy
from traces.events import Effect
from traces.ids import digest_text, ordered_json

FILE_BYTES: Final = 1_048_576
"""A page's screenshot fits; a photograph from a camera does not."""


class Frozen(BaseModel):
    """Base of the parts of a bundle: immutable, and no field that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _unset(value: Any) -> bool:
    """Whether a field that came later is as it was before it came: then it is no part of the digest."""
    return not value


def _regular(value: str | None) -> str | None:
    """The value, if it compiles."""
    try:
        re.compile(value or "")
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return value


class Demonstration(Frozen):
    """One worked example shown to the model: what came in, and the right answer."""

    input: str
    output: JsonValue
    source: str = ""
    """Where it comes from: a run's id or a reviewer's name."""


class ToolAccess(Frozen):
    """What the agent may touch on one server."""

    server: str
    allow: tuple[str, ...] | None = None
    """Names of the allowed tools; None allows all the server offers."""
    deny: tuple[str, ...] = Field(default=(), exclude_if=_unset)
    """Names of tools it may not touch, whatever `allow` says."""
    prefix: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_]*$", exclude_if=_unset)
    """Put before each tool's name, with an underscore, as the model sees it: for two servers that use one name."""
    pin: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$", exclude_if=_unset)
    """Digest of the listing it was proven with (`strop tools list`): the server is held to it from the first run on,
    in whatever workspace. None: to what it offered when an agent's version first met it."""
    effects: dict[str, Effect] = {}
    """Declared by the house; wins over the server's own annotations, which are only a claim."""

    @field_validator("effects", mode="after")
    @classmethod
    def _sorted(cls, value: dict[str, Effect]) -> dict[str, Effect]:
        return dict(sorted(value.items()))


class Delegate(Frozen):
    """Another agent that this one may hand work to, offered to the model as a tool."""

    agent: str
    tool: str
    description: str
    when: str | None = None
    """A regular expression: the tool is offered only to a run whose input it is found in. None: always.

    A hand-over costs a whole run of the other agent; a small model offered one takes it for what it cannot do."""
    hand_off: bool = Field(default=False, exclude_if=_unset)
    """Its answer is this run's: the other agent is told the conversation so far, and no model reads it again."""

    @field_validator("when")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        return _regular(value)


class ToolText(Frozen):
    """Replacement texts for one tool as the model sees it."""

    description: str = ""
    """Empty: the server's own."""
    name: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_]*$", exclude_if=_unset)
    """Another name than the server's; everywhere but before the model the tool keeps its own."""
    parameters: dict[str, str] = Field(default={}, exclude_if=_unset)
    """Parameter -> its description, in the place of the server's own."""


class Route(Frozen):
    """Requests that another, cheaper model is asked first; all conditions that are given must hold."""

    model: str
    when: str | None = None
    """A regular expression, looked for in the newest message of the user."""
    shorter_than: int | None = Field(default=None, gt=0)
    """Characters of the whole request, as JSON."""
    from_step: int = Field(default=1, ge=1)
    """The run's model requests, counted from 1."""

    @field_validator("when")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        return _regular(value)


class Cache(Frozen):
    """Recorded replies that answer identical requests again. Never in an evaluation: it would hide the noise."""

    seconds: float = Field(default=86_400, gt=0)
    """The age up to which a reply is used."""
    max_temperature: float = Field(default=0.0, ge=0)
    """Requests above it are always asked: who wants variety must get it. A model's own default counts as 1."""


class Asking(Frozen):
    """Whom a model request goes to, and when a recorded reply will do."""

    fallback: tuple[str, ...] = ()
    """Models asked in this order when the agent's own cannot be reached or refuses."""
    routes: tuple[Route, ...] = ()
    """The first that takes a request; the agent's own model stands behind it."""
    cache: Cache | None = None


class ConversationLimits(Frozen):
    """Where a run is stopped for what its whole conversation has used, of whichever agent. None: no limit."""

    steps: int | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0)
    """While it was worked on; a person's time is not counted."""
    tokens: int | None = Field(default=None, gt=0)
    cost: float | None = Field(default=None, gt=0)
    tool_bytes: int | None = Field(default=None, gt=0)


class Limits(Frozen):
    """Where a run is stopped. None: no limit of that kind. What the runs below it use counts, but for steps."""

    steps: int = 12
    seconds: float | None = 600
    tokens: int | None = None
    cost: float | None = Field(default=None, gt=0, exclude_if=_unset)
    """US dollars."""
    tool_bytes: int = 65_536
    """A tool result longer than this is cut before the model sees it, and says so."""
    file_bytes: int = Field(default=FILE_BYTES, exclude_if=lambda value: value == FILE_BYTES)
    """A picture or other file of a tool larger than this is left out, and a text says so."""
    all_tool_bytes: int | None = Field(default=None, gt=0, exclude_if=_unset)
    """Bytes of all tool results of the run together."""
    conversation: ConversationLimits | None = Field(default=None, exclude_if=_unset)
    history_characters: int | None = Field(default=None, ge=0, exclude_if=_unset)
    """Room for a conversation's earlier turns; beyond it the oldest whole turns are left out, and the record says
    which. The newest turn is always shown."""


class Bundle(Frozen):
    """Everything that shapes an agent's behaviour. Its name is the digest of this value's JSON.

    Key order counts in schemas and examples, since a model reads them in that order; elsewhere keys are sorted.
    """

    agent: str
    instructions: str
    rules: tuple[str, ...] = ()
    """House rules learned from reviewers, shown after the instructions, one a line."""
    demonstrations: tuple[Demonstration, ...] = ()
    model: str
    settings: dict[str, JsonValue] = {}
    output_schema: dict[str, JsonValue] | None = None
    """JSON schema of the final answer; None: the answer is text."""
    tools: tuple[ToolAccess, ...] = ()
    delegates: tuple[Delegate, ...] = ()
    tool_texts: dict[str, ToolText] = {}
    policies: tuple[Policy, ...] = Field(default=(), exclude_if=_unset)
    """What is said about calls before they are made; the first that fits decides."""
    guardrails: tuple[Guardrail, ...] = Field(default=(), exclude_if=_unset)
    """What it may be asked and may answer; the first that is met decides."""
    pins: dict[str, Listing] = Field(default={}, exclude_if=_unset)
    """Server -> what it offered of what the agent may touch when this version was proven: what it is held to from its
    first run on, in whatever workspace. A draft that nothing was proven of has none."""
    judges: tuple[str, ...] = Field(default=(), exclude_if=_unset)
    """Digests of the judges (models that score answers) whose word its evidence rests on."""
    reasoning_chars: int = Field(default=0, ge=0)
    """Size of the reasoning field that embedded models are made to write first; 0: none."""
    reasoning_hint: str = Field(default="", max_length=200)
    """What that field is for, said where the form of a reply is shown; empty: nothing is said."""
    limits: Limits = Limits()
    layout: int = Field(default=1, exclude_if=lambda value: value == 1)
    """How an embedded model's prompt is laid out: a version of our code, since the model sees nothing else."""
    asking: Asking | None = Field(default=None, exclude_if=_unset)
    """Fallback, routing and cache; None: only `model`, always asked."""

    @field_validator("settings", "tool_texts", "pins", mode="after")
    @classmethod
    def _sorted(cls, value: dict[str, Any]) -> dict[str, Any]:
        return dict(sorted(value.items()))

    @model_validator(mode="after")
    def _answers_fit(self) -> "Bundle":
        """What a guardrail answers instead is an answer of this agent."""
        for rail in self.guardrails:
            check_answer(rail, self.output_schema)
        return self

    @property
    def content(self) -> str:
        """All fields as JSON text: what is stored, and what the digest is taken over."""
        return ordered_json(self.model_dump(mode="json"))

    @property
    def digest(self) -> str:
        """`sha256:…` over `content`."""
        return digest_text(self.content)

    @property
    def as_written(self) -> "Bundle":
        """Without what it was proven with: the bundle that its author wrote."""
        return self.with_(pins={}, judges=[]) if self.pins or self.judges else self

    def with_(self, **changes: Any) -> "Bundle":
        """A new bundle that differs in these fields, checked like any other."""
        return Bundle.model_validate({**self.model_dump(mode="json"), **changes})


def check_answer(rail: Guardrail, schema: dict[str, JsonValue] | None) -> None:
    """Pass when what a guardrail answers instead is an answer of an agent with this schema.

    Raises:
        ValueError: it is not.
    """
    if rail.answer is None:
        return
    if schema is None:
        if not isinstance(rail.answer, str):
            raise ValueError(f"guardrail {rail.name!r}: the answers of this agent are texts")
        return
    wrong = next(iter(jsonschema.Draft202012Validator(schema).iter_errors(rail.answer)), None)
    if wrong is not None:
        raise ValueError(f"guardrail {rail.name!r}: its answer is none of this agent's: {wrong.message}")


def render(bundle: Bundle) -> str:
    """The instruction text as the model gets it: instructions, then rules, then demonstrations.

    The order is part of the contract: what changes least stands first, so that a prefix cache keeps it.
    """
    parts = [bundle.instructions.strip()]
    if bundle.rules:
        parts.append("House rules:\n" + "\n".join(f"- {rule.strip()}" for rule in bundle.rules))
    if bundle.demonstrations:
        shown = (f"Input: {one.input.strip()}\nAnswer: {_answer(one.output)}" for one in bundle.demonstrations)
        parts.append("Examples of right answers:\n\n" + "\n\n".join(shown))
    return "\n\n".join(parts)


def _answer(output: JsonValue) -> str:
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)


class DiffLine(BaseModel):
    """One line of a word diff: `runs` are (`same` | `removed` | `added`, text) in order."""

    model_config = ConfigDict(frozen=True)

    runs: tuple[tuple[Literal["same", "removed", "added"], str], ...]


def diff_words(old: Bundle, new: Bundle) -> list[DiffLine]:
    """What changed between two bundles, word by word, over their readable form."""
    before, after = readable(old).splitlines(), readable(new).splitlines()
    lines: list[DiffLine] = []
    for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [DiffLine(runs=(("same", text),)) for text in before[a1:a2]]
            continue
        paired = min(a2 - a1, b2 - b1)
        lines += [_diff_line(before[a1 + i], after[b1 + i]) for i in range(paired)]
        lines += [DiffLine(runs=(("removed", text),)) for text in before[a1 + paired : a2]]
        lines += [DiffLine(runs=(("added", text),)) for text in after[b1 + paired : b2]]
    return lines


def _diff_line(old: str, new: str) -> DiffLine:
    before, after = re.findall(r"\s+|\S+", old), re.findall(r"\s+|\S+", new)
    runs: list[tuple[Literal["same", "removed", "added"], str]] = []
    for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            runs.append(("same", "".join(before[a1:a2])))
            continue
        if a2 > a1:
            runs.append(("removed", "".join(before[a1:a2])))
        if b2 > b1:
            runs.append(("added", "".join(after[b1:b2])))
    return DiffLine(runs=tuple(runs))


def readable(bundle: Bundle) -> str:
    """The whole bundle as text for people: the prompt as the model gets it, every other field, each pinned tool."""
    rest = bundle.model_dump(mode="json", exclude={"instructions", "rules", "demonstrations", "pins"})
    fields = [f"{name}: {json.dumps(value, ensure_ascii=False, sort_keys=True)}" for name, value in rest.items()]
    fields += [
        f"pinned {server}.{tool}: {json.dumps(said, ensure_ascii=False, sort_keys=True)}"
        for server, listing in bundle.pins.items()
        for tool, said in listing.items()
    ]
    return render(bundle) + "\n\n" + "\n".join(fields)
