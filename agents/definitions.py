"""What an agent is: a pydantic-ai AgentSpec in a YAML file, with a `strop:` block for what the spec has no place for.

Everything in the file that shapes behaviour becomes the bundle `Definition.bundle`; the rest (metric, description)
is about the agent, not part of it. Each mistake is told with file, place and remedy; several are told at once.
"""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from agents.errors import WorkspaceError
from agents.models.settings import LOCAL, PROMPT_LAYOUT
from agents.prompts.bundle import (
    Asking,
    Bundle,
    Delegate,
    Demonstration,
    Limits,
    ToolAccess,
    ToolText,
    check_answer,
)
from tools.guardrails import Guardrail, check_usable
from tools.policies import Policy
from traces.errors import BadInput


class Strict(BaseModel):
    """Base of what people write by hand: a misspelt field is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldCheck(Strict):
    """How one field of the answer is compared with the right one."""

    weight: float = Field(default=1.0, gt=0)
    tolerance: float | None = None
    """For numbers: the allowed absolute difference, in the field's own unit."""


class Metric(Strict):
    """What a right answer is, as a check in code; or who says so, where no code can."""

    kind: Literal["fields", "calls", "text", "judge"] = "fields"
    fields: dict[str, FieldCheck] = {}
    judge: str = "newest"
    """With kind `judge`: the version that decides, by the beginning of its digest (`strop judges list`)."""


class StropBlock(Strict):
    """The `strop:` block of an agent's file."""

    tools: tuple[ToolAccess, ...] = ()
    delegates: tuple[Delegate, ...] = ()
    tool_texts: dict[str, ToolText] = {}
    policies: tuple[Policy, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    reasoning_chars: int = Field(default=0, ge=0)
    reasoning_hint: str = Field(default="", max_length=200)
    rules: tuple[str, ...] = ()
    demonstrations: tuple[Demonstration, ...] = ()
    metric: Metric = Metric()
    limits: Limits = Limits()
    asking: Asking | None = None


class Definition(BaseModel):
    """One agent of the workspace, as its file describes it."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    path: Path
    instructions: str
    model: str | None
    settings: dict[str, JsonValue]
    output_schema: dict[str, JsonValue] | None
    block: StropBlock

    def bundle(self, model: str) -> Bundle:
        """The bundle that the file describes, with the model that was chosen for it."""
        return Bundle(
            agent=self.name,
            instructions=self.instructions,
            rules=self.block.rules,
            demonstrations=self.block.demonstrations,
            model=model,
            settings=self.settings,
            output_schema=self.output_schema,
            tools=self.block.tools,
            delegates=self.block.delegates,
            tool_texts=self.block.tool_texts,
            policies=self.block.policies,
            guardrails=self.block.guardrails,
            reasoning_chars=self.block.reasoning_chars,
            reasoning_hint=self.block.reasoning_hint,
            limits=self.block.limits,
            layout=PROMPT_LAYOUT if model.startswith(LOCAL) else 1,
            asking=self.block.asking,
        )


SPEC_FIELDS = {"name", "description", "model", "instructions", "model_settings", "output_schema", "strop"}
"""The fields of an AgentSpec that Strop carries into a bundle. Others are refused rather than silently dropped."""


class BadDefinition(WorkspaceError):
    """An agent's file that is YAML, but not an agent. `problems` are all the mistakes in it."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__(f"{path}: " + "; ".join(problems), hint="`strop doctor` checks the whole workspace.")
        self.problems = problems


def load_definition(path: Path) -> Definition:
    """Read one agent's file.

    Raises:
        WorkspaceError: not readable, not YAML, or not an agent; every mistake found is in the message.
    """
    data = _read_yaml(path)
    problems = [
        f"{name}: unknown field; an agent's file may have {', '.join(sorted(SPEC_FIELDS))}"
        for name in sorted(map(str, data.keys() - SPEC_FIELDS))
    ]
    problems += _spec_problems({key: data[key] for key in sorted(SPEC_FIELDS - {"strop"}) if key in data})
    try:
        block = StropBlock.model_validate(data.get("strop") or {})
    except ValidationError as error:
        block = StropBlock()
        problems += [_place(detail, "strop.") for detail in error.errors()]
    problems += _guardrail_problems(block, data.get("output_schema"))
    instructions = _joined(data.get("instructions"))
    if not data.get("name"):
        problems.append("name: missing; every agent needs one")
    if not instructions.strip():
        problems.append("instructions: missing; say what the agent is to do")
    if problems:
        raise BadDefinition(path, problems)
    return Definition(
        name=str(data["name"]),
        description=str(data.get("description") or ""),
        path=path,
        instructions=instructions,
        model=data.get("model"),
        settings=data.get("model_settings") or {},
        output_schema=data.get("output_schema"),
        block=block,
    )


def _guardrail_problems(block: StropBlock, schema: Any) -> list[str]:
    """What is wrong with guardrails beyond their own shape: what they look for, and what they answer instead."""
    try:
        check_usable(block.guardrails)
        if isinstance(schema, dict) or schema is None:
            for rail in block.guardrails:
                check_answer(rail, schema)
    except BadInput as error:
        return [f"strop.guardrails: {error} ({error.hint})"]
    except ValueError as error:
        return [f"strop.guardrails: {error}"]
    return []


def _joined(instructions: Any) -> str:
    """A spec's instructions are one text or a list of them."""
    if isinstance(instructions, list):
        return "\n\n".join(str(part).strip() for part in instructions)
    return str(instructions or "")


def _spec_problems(spec: dict[str, Any]) -> list[str]:
    """What pydantic-ai itself finds wrong with the spec, and what JSON Schema finds wrong with the answer's shape."""
    import jsonschema
    from pydantic_ai import AgentSpec

    try:
        AgentSpec.model_validate(spec)
    except ValidationError as error:
        return [_place(detail, "") for detail in error.errors()]
    schema = spec.get("output_schema")
    if schema is None:
        return []
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        where = ".".join(["output_schema", *(str(part) for part in error.absolute_path)])
        return [f"{where}: {error.message}"]
    return [] if schema.get("type") == "object" else ["output_schema: must be of type object"]


def _place(detail: Any, prefix: str) -> str:
    where = ".".join(str(part) for part in detail["loc"])
    return f"{prefix}{where}: {detail['msg']}"


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise WorkspaceError(
            f"{path}: not UTF-8 text (byte {error.start})", hint="Save the file in UTF-8."
        ) from error
    except OSError as error:
        raise WorkspaceError(f"{path}: {error.strerror}") from error
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark is not None else str(path)
        what = getattr(error, "problem", None) or "not valid YAML"
        raise WorkspaceError(f"{where}: {what}", hint="Mend the YAML at that place.") from error
    if not isinstance(data, dict):
        raise WorkspaceError(f"{path}: not a mapping of fields", hint="`strop init DIR` writes an example.")
    return data
