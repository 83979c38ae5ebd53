"""What the house says about a call before it is made: allow it, ask a person first, or refuse it. Pure data.

The first policy that fits a call decides; where none fits, the call is allowed. Prevents: a condition that is got
around by leaving an argument out or sending it as another type. What cannot be told counts against the call.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final, Literal

import jsonschema
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from traces.ids import canonical_json

Then = Literal["allow", "ask", "deny"]

DAY: Final = 86_400.0
"""Seconds after which a call that nobody decided on is refused, unless the policy says otherwise."""


class Policy(BaseModel):
    """One rule about calls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str = "*"
    """Name of a tool as its server calls it, or a pattern with `*`."""
    server: str = "*"
    """Name of a server, or a pattern; `delegates` is what hands work to other agents."""
    when: dict[str, JsonValue] = {}
    """Argument -> JSON schema: the policy fits a call whose arguments all fit theirs. Empty: every call."""
    then: Then
    reason: str = ""
    """Shown to whoever is asked, and told to the model where the call is refused."""
    expires: float = Field(default=DAY, gt=0)
    """Seconds a person has to decide."""

    @field_validator("when", mode="after")
    @classmethod
    def _schemas(cls, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        for name, schema in value.items():
            if not isinstance(schema, dict):
                raise ValueError(f"{name}: not a JSON schema, such as {{minimum: 100}}")
            try:
                jsonschema.Draft202012Validator.check_schema(schema)
            except jsonschema.SchemaError as error:
                raise ValueError(f"{name}: {error.message}") from error
        return dict(sorted(value.items()))

    def fits(self, server: str, tool: str, arguments: Mapping[str, Any]) -> bool:
        """Whether this policy is about the call. For `allow` every condition must surely hold; else it must not
        surely fail.
        """
        if not (fnmatchcase(tool, self.tool) and fnmatchcase(server, self.server)):
            return False
        return all(self._holds(name, schema, arguments) for name, schema in self.when.items())

    def _holds(self, name: str, schema: JsonValue, arguments: Mapping[str, Any]) -> bool:
        sure = self.then == "allow"
        if name not in arguments:
            return not sure
        value = arguments[name]
        # A keyword that is about another type says nothing: `minimum` holds for every text.
        return _validator(canonical_json(schema)).is_valid(value) and (not sure or _told_by(schema, value))


def judge(policies: Sequence[Policy], server: str, tool: str, arguments: Mapping[str, Any]) -> Policy | None:
    """The policy that decides on the call, or None where it is allowed because nothing is said about it."""
    return next((policy for policy in policies if policy.fits(server, tool, arguments)), None)


_ABOUT: Final[dict[str, tuple[type, ...]]] = {
    "minimum": (int, float), "maximum": (int, float), "exclusiveMinimum": (int, float),
    "exclusiveMaximum": (int, float), "multipleOf": (int, float), "minLength": (str,), "maxLength": (str,),
    "pattern": (str,), "format": (str,), "maxItems": (list,), "items": (list,), "contains": (list,),
    "properties": (dict,), "required": (dict,), "maxProperties": (dict,), "additionalProperties": (dict,),
}  # fmt: skip
"""Keyword of JSON schema -> the types of values that it says anything about."""


def _told_by(schema: JsonValue, value: Any) -> bool:
    names = schema.keys() if isinstance(schema, dict) else ()
    return all(isinstance(value, _ABOUT[name]) and value is not True for name in names if name in _ABOUT)


@lru_cache(maxsize=512)
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    import json

    return jsonschema.Draft202012Validator(json.loads(schema))
