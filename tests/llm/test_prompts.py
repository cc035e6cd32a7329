"""Prompt files are checked as a whole, and filled in one pass."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import coach.llm
from coach.errors import ContentError
from coach.llm.prompts import Template, load_all

GOOD = """---
id: judge
role: judge
inputs: [question, answer]
reply: Opinion
why: One criterion at a time.
---
You judge answers to {{question}}.
<!-- user -->
{{answer}}
"""


def written(folder: Path, text: str, name: str = "judge") -> Path:
    path = folder / f"{name}.md"
    path.write_text(text, encoding="utf-8")
    return path


def faults(path: Path) -> list[tuple[int, str]]:
    with pytest.raises(ContentError) as caught:
        Template.load(path)
    assert {problem.path for problem in caught.value.problems} == {str(path)}
    return [(problem.line, problem.message) for problem in caught.value.problems]


def test_good_file_is_a_template(tmp_path: Path) -> None:
    template = Template.load(written(tmp_path, GOOD))
    assert (template.id, template.role, template.reply) == ("judge", "judge", "Opinion")
    assert template.inputs == ("question", "answer")
    prompt = template.render({"question": "Q", "answer": "A"})
    assert (prompt.id, prompt.role, prompt.system, prompt.user) == (
        "judge",
        "judge",
        "You judge answers to Q.",
        "A",
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("id: judge", "id: grader", 2, "id 'grader' is not the file name 'judge'"),
        ("role: judge\n", "", 1, "lacks 'role'"),
        ("why: One criterion at a time.", "why: ''", 6, "why must be a text"),
        ("reply: Opinion", "reply: 5", 5, "reply must be a text"),
        ("reply: Opinion", "reply: Opinion\nreply: text", 6, "'reply' is given twice"),
        ("reply: Opinion", "reply: Opinion\nmodel: gpt", 6, "unknown key 'model'"),
        ("[question, answer]", "question", 4, "inputs must be a list"),
        ("[question, answer]", "[question, answer, answer]", 4, "'answer' is given twice"),
        ("[question, answer]", "[question, answer, Card]", 4, "'Card' must be a name"),
        ("[question, answer]", "[question]", 10, "placeholder 'answer' is not declared"),
        ("{{answer}}", "nothing", 4, "input 'answer' is declared but not used"),
        ("{{answer}}", "{{answer}} {{ answer }}", 10, "'{{ answer }}' is not a placeholder"),
        ("<!-- user -->\n", "", 8, "no user part"),
        ("{{answer}}", "{{answer}}\n<!-- user -->", 11, "a second line"),
        ("role: judge", "role: [judge", 4, "not YAML"),
        ("---\nid", "id", 1, "no front matter"),
    ],
)
def test_problem_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    found = faults(written(tmp_path, GOOD.replace(old, new)))
    assert [at for at, text in found if message in text] == [line], found


def test_all_problems_of_a_file_come_at_once(tmp_path: Path) -> None:
    found = faults(written(tmp_path, GOOD.replace("id: judge", "id: x").replace("role: judge\n", "") + "{{other}}"))
    assert len(found) == 3


def test_empty_user_part_is_a_problem(tmp_path: Path) -> None:
    assert any("user part is empty" in text for _, text in faults(written(tmp_path, GOOD.replace("{{answer}}", ""))))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"---\n- a\n---\n", b"---\n---\n"])
def test_unreadable_file_is_a_content_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "judge.md"
    path.write_bytes(content)
    assert faults(path)


def test_missing_file_is_a_content_error(tmp_path: Path) -> None:
    assert faults(tmp_path / "none.md")


def test_folder_loads_by_id(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    written(tmp_path, GOOD.replace("id: judge", "id: probe"), "probe")
    assert sorted(load_all(tmp_path)) == ["judge", "probe"]


def test_folder_reports_the_problems_of_all_files(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    written(tmp_path, GOOD, "one")
    written(tmp_path, GOOD, "two")
    with pytest.raises(ContentError) as caught:
        load_all(tmp_path)
    assert [Path(problem.path).stem for problem in caught.value.problems] == ["one", "two"]


def test_folder_without_prompts_is_a_content_error(tmp_path: Path) -> None:
    with pytest.raises(ContentError):
        load_all(tmp_path)


def test_missing_and_unexpected_inputs_are_all_named_at_once(tmp_path: Path) -> None:
    template = Template.load(written(tmp_path, GOOD))
    with pytest.raises(ContentError) as caught:
        template.render({"card": "x", "note": "y"})
    assert all(name in str(caught.value) for name in ("'answer', 'question'", "'card', 'note'"))


@given(st.text())
def test_inserted_text_is_never_read_again(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    template = Template.load(written(tmp_path_factory.mktemp("prompts"), GOOD))
    sly = f"{{{{question}}}} \\1 {text} <!-- user --> {{{{answer}}}}"
    prompt = template.render({"question": sly, "answer": sly})
    assert prompt.user == sly
    assert prompt.system == f"You judge answers to {sly}."


class One(BaseModel):
    score: int


class Two(BaseModel):
    score: float


def test_fingerprint_changes_with_wording_and_schema_only(tmp_path: Path) -> None:
    template = Template.load(written(tmp_path, GOOD))
    first = template.fingerprint(One)
    assert len(first) == 16
    assert int(first, 16) >= 0
    assert template.fingerprint(Two) != first
    assert template.fingerprint(None) != first
    assert Template.load(written(tmp_path, GOOD.replace("You judge", "You grade"))).fingerprint(One) != first
    assert Template.load(written(tmp_path, GOOD.replace("at a time", "by one"))).fingerprint(One) == first


def test_the_seams_own_prompts_load() -> None:
    folder = Path(coach.llm.__file__).parent
    assert sorted(load_all(folder)) == ["json_mode", "repair"]
