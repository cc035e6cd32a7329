"""What is asked of a strict server, and what counts as a reply."""

from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from coach.llm.shape import Misfit, read, wire_schema
from coach.schema import Grade, Opinion, Record


class Quote(Record):
    turn: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(max_length=20, pattern="^a")] = "a"


class Finding(Record):
    """One finding."""

    state: Literal["met"] | None
    quotes: Annotated[tuple[Quote, ...], Field(max_length=3)] = ()
    default: int = 1


class Tree(Record):
    children: "tuple[Tree, ...]"


def nodes(value: Any) -> list[dict[str, Any]]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [*([value] if isinstance(value, dict) else []), *(node for child in inside for node in nodes(child))]


@pytest.mark.parametrize("schema", [Finding, Opinion, Grade, Tree])
def test_every_object_sent_is_closed_and_fully_required(schema: type[BaseModel]) -> None:
    for node in nodes(wire_schema(schema)):
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])


def test_ranges_lengths_patterns_and_defaults_are_not_sent() -> None:
    sent = wire_schema(Finding)
    assert sent["title"] == "Finding"
    assert sent["description"] == "One finding."
    assert list(sent["properties"]) == ["state", "quotes", "default"]
    assert sent["properties"]["default"] == {"type": "integer"}
    assert sent["$defs"]["Quote"]["properties"] == {"turn": {"type": "integer"}, "text": {"type": "string"}}


@pytest.mark.parametrize("kind", [dict[str, int], tuple[int, str], Any, list[Any]])
def test_what_strict_servers_cannot_be_asked_for_is_refused(kind: Any) -> None:
    class Odd(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        field: kind

    with pytest.raises(TypeError, match=r"Odd\.field"):
        wire_schema(Odd)


@pytest.mark.parametrize("text", ['{"turn": 1}', ' {"turn": 1}\n', '```json\n{"turn": 1}\n```', '```\n{"turn": 1}```'])
def test_json_alone_or_in_one_fence_is_a_reply(text: str) -> None:
    assert read(text, Quote) == Quote(turn=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"turn": 1',
        '{"turn": 1}}',
        '{"turn": 1} thanks',
        'Sure: {"turn": 1}',
        '{"turn": 1, "turn": 2}',
        '{"turn": NaN}',
        '{"turn": -1}',
        '{"turn": "one"}',
        '{"turn": 1, "extra": 2}',
        '{"turn": ' + "1" * 5000 + "}",
        "[" * 100_000,
        '{"turn": 1, "text": "\\ud800"}',
    ],
)
def test_anything_else_is_a_misfit(text: str) -> None:
    assert isinstance(read(text, Quote), Misfit)


def test_person_is_told_the_field_and_not_the_words() -> None:
    misfit = read('{"turn": 1, "my secret": "a", "text": "my secret"}', Quote)
    assert isinstance(misfit, Misfit)
    assert "text (string_pattern_mismatch)" in misfit.for_person
    assert "? (extra_forbidden)" in misfit.for_person
    assert "secret" not in misfit.for_person
    assert "my secret: Extra inputs are not permitted" in misfit.for_model


@given(st.text())
def test_reading_never_raises(text: str) -> None:
    assert isinstance(read(text, Quote), Quote | Misfit)
