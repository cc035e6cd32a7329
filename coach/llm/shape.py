"""The shape of a structured reply: the schema that is sent, and the check of what comes back. Pure."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)

_SENT = ("type", "enum", "const", "description")
"""Keywords that strict servers take as they stand. Ranges, lengths, patterns and defaults are checked here instead.
Source: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas"""


@dataclass(frozen=True)
class Misfit:
    """Why a reply does not fit its schema."""

    for_model: str
    """Shown to the model in the repair; may repeat words of the reply."""
    for_person: str
    """Shown to people and logged; names fields and kinds of fault, never words of the reply."""
    is_json: bool = True
    """False when there was no JSON to check at all."""


def wire_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """`schema` as a JSON schema that strict OpenAI-compatible servers accept: closed, every field required.

    Raises TypeError for what such servers cannot be asked for: free dictionaries, tuples of mixed types, `Any`.
    """
    full = schema.model_json_schema()
    if "$ref" in full:
        full = {**full["$defs"][schema.__name__], "$defs": full["$defs"]}
    sent = _strict(full, schema.__name__)
    return {"title": schema.__name__, "description": full.get("description", schema.__name__), **sent}


def _strict(node: dict[str, Any], where: str) -> dict[str, Any]:
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    kept = {key: node[key] for key in _SENT if key in node}
    options = node.get("anyOf", node.get("oneOf"))
    if options is not None:
        kept["anyOf"] = [_strict(option, where) for option in options]
    elif node.get("type") == "array":
        if "items" not in node:
            raise TypeError(f"{where}: a list needs one type of item, so that every server can be asked for it")
        kept["items"] = _strict(node["items"], f"{where}[]")
    elif node.get("type") == "object":
        if "properties" not in node:
            raise TypeError(f"{where}: a free dictionary cannot be asked for; make it a record")
        properties = {name: _strict(child, f"{where}.{name}") for name, child in node["properties"].items()}
        kept |= {"properties": properties, "required": list(properties), "additionalProperties": False}
    elif not kept.keys() & {"type", "enum", "const"}:
        raise TypeError(f"{where}: any value at all cannot be asked for; give the field a type")
    if "$defs" in node:
        kept["$defs"] = {name: _strict(child, name) for name, child in node["$defs"].items()}
    return kept


def read(text: str, schema: type[T], *, in_prose: bool = False) -> T | Misfit:
    """The record in `text`, or why there is none.

    One JSON value, alone or in one Markdown fence; with `in_prose` the only JSON object among other words, thoughts
    between `<think>` tags left out. No partial JSON, no doubled keys, no NaN.
    """
    text = _only_object(text) if in_prose else text
    try:
        data = json.loads(_unfenced(text), object_pairs_hook=_no_doubles, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        found = "an empty reply" if not text.strip() else f"not JSON ({error.msg}, line {error.lineno})"
        return Misfit(for_model=found, for_person=found, is_json=False)
    except _BadJson as error:
        return Misfit(for_model=str(error), for_person=error.kind)
    except (ValueError, RecursionError):
        found = "JSON with a number too long or lists nested too deep to read"
        return Misfit(for_model=found, for_person=found)
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
    names = _field_names(schema)
    return Misfit(
        for_model="\n".join(f"- {_at(fault['loc'], None)}: {fault['msg']}" for fault in faults),
        for_person=", ".join(f"{_at(fault['loc'], names)} ({fault['type']})" for fault in faults[:5]),
    )


class _BadJson(ValueError):
    """JSON that Python reads but that says two things, or no number."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind = kind
        super().__init__(f"{kind}: {detail}")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _BadJson("a key given twice in one object", repr(next(key for key in keys if keys.count(key) > 1)))
    return record


def _no_constant(name: str) -> NoReturn:
    raise _BadJson("a number that JSON does not have", name)


def _unfenced(text: str) -> str:
    body = text.strip()
    opening, _, rest = body.partition("\n")
    if opening.strip().lower() in ("```", "```json") and rest.endswith("```"):
        return rest.removesuffix("```")
    return body


_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)


def _only_object(text: str) -> str:
    """The one JSON object in `text`; all of `text` when there is none, or more than one: the choice is the model's."""
    body = _THOUGHTS.sub("", text)
    decoder = json.JSONDecoder()
    found: list[str] = []
    at = body.find("{")
    while at >= 0:
        try:
            _, end = decoder.raw_decode(body, at)
        except (ValueError, RecursionError):
            at = body.find("{", at + 1)
            continue
        found.append(body[at:end])
        at = body.find("{", end)
    return found[0] if len(found) == 1 else body


def _at(loc: tuple[int | str, ...], names: set[str] | None) -> str:
    """Where in the reply; with `names`, keys that are not field names become `?` as they are the model's words."""
    parts = [str(part) if names is None or isinstance(part, int) or part in names else "?" for part in loc]
    return ".".join(parts) or "the whole reply"


def _field_names(schema: type[BaseModel]) -> set[str]:
    full = schema.model_json_schema()
    objects = [full, *full.get("$defs", {}).values()]
    return {name for node in objects for name in node.get("properties", {})}
