"""Drawn JSON schemas, as tools have them, and values a schema accepts: for the properties of grammar and reply."""

from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(["id", "amount", "note", "when", "items", "person", "größe"])
BOUNDS = st.integers(min_value=-50, max_value=50)


def _strings() -> st.SearchStrategy[dict[str, Any]]:
    plain = st.fixed_dictionaries({"type": st.just("string")}, optional={"maxLength": st.integers(1, 5000)})
    enums = st.lists(st.text(max_size=5), min_size=1, max_size=3, unique=True).map(lambda values: {"enum": values})
    return st.one_of(plain, enums, st.just({"type": "string", "pattern": "^P-[0-9]+$"}))


def _numbers() -> st.SearchStrategy[dict[str, Any]]:
    kinds = st.sampled_from(["integer", "number"])
    return st.fixed_dictionaries(
        {"type": kinds}, optional={"minimum": BOUNDS.map(lambda low: low - 100), "maximum": BOUNDS}
    )


def _objects(values: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    def close(properties: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
        names = st.lists(st.sampled_from(sorted(properties)), unique=True) if properties else st.just([])
        return names.map(lambda required: {"type": "object", "properties": properties, "required": required})

    return st.dictionaries(NAMES, values, max_size=4).flatmap(close)


def _grown(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    lists = st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner}, optional={"maxItems": st.integers(0, 90)}
    )
    choices = st.lists(inner, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches})
    return st.one_of(lists, choices, _objects(inner))


LEAVES = st.one_of(_strings(), _numbers(), st.just({"type": "boolean"}), st.just({"type": "null"}))
ARGUMENTS = _objects(st.recursive(LEAVES, _grown, max_leaves=6))


def accepted(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values a narrowed schema accepts. Knows the keywords `narrow` writes, and no others."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    if "anyOf" in schema:
        return st.one_of([accepted(branch) for branch in schema["anyOf"]])
    match schema["type"]:
        case "string" if "pattern" in schema:
            return st.integers(0, 999).map(lambda number: f"P-{number}")
        case "string":
            return st.text(max_size=min(schema["maxLength"], 20))
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case "number":
            return st.integers(int(schema["minimum"]), int(schema["maximum"])).map(float)
        case "array":
            return st.lists(accepted(schema["items"]), max_size=min(schema["maxItems"], 3))
        case "object":
            return _accepted_object(schema)
        case kind:
            return st.just(None) if kind == "null" else st.booleans()


def _accepted_object(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        return st.dictionaries(st.text(max_size=3), accepted(schema["additionalProperties"]), max_size=2)
    values = {name: accepted(value) for name, value in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: values[name] for name in schema["required"]},
        optional={name: value for name, value in values.items() if name not in schema["required"]},
    )
