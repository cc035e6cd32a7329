from pathlib import Path

import pytest
import yaml

from coach.bank.cards import parse_card, read_card, read_cards
from coach.schema import Card
from tests.conftest import ROOT

GOOD = (ROOT / "knowledge" / "cards" / "linear-models" / "why-linear.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "linear-models").mkdir()
    return tmp_path


def put(folder: Path, text: str, name: str = "why-linear") -> Path:
    path = folder / "linear-models" / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_right_card_has_no_problems(folder: Path) -> None:
    put(folder, GOOD)
    files = read_cards(folder, notes=ROOT / "knowledge" / "notes")
    assert files.problems == ()
    assert [card.id for card in files.cards] == ["linear-models/why-linear"]


def lines_of(text: str, part: str) -> set[int]:
    return {number for number, line in enumerate(text.splitlines(), start=1) if part in line}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("difficulty: 2", "difficulty: 9", "difficulty"),
        ("kind: concept", "kind: riddle", "kind"),
        ("id: linear-models/why-linear", "id: linear-models/other", "does not match its path"),
        ("topics: [linear-models]", "topics: [trees]", "not the card's folder"),
        ("    contradicts: linear-in-parameters", "    contradicts: nothing-here", "no criterion 'nothing-here'"),
        ("  - id: least-squares", "  - id: weighted-sum", "used twice"),
        (
            "      en: Linear with respect to what, precisely?",
            "      en: Linear in the parameters or what?",
            "accepted",
        ),
        ("  en: Tell me about linear regression.", "  en: Is it linear in the parameters?", "accepted wording"),
        ("  zh: 讲讲线性回归", "  zh: 讲讲 $x 线性回归", "unbalanced"),
        ("    weight: 3", "    weight: heavy", "weight"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(folder: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    path = put(folder, text)
    found = read_cards(folder).problems
    assert any(says in problem.message for problem in found), found
    assert all(problem.path == str(path) and problem.line > 0 for problem in found)
    assert lines_of(text, new.strip()) & {problem.line for problem in found}


def test_all_problems_of_all_files_come_at_once_and_the_rest_still_loads(folder: Path) -> None:
    put(folder, GOOD)
    put(folder, GOOD.replace("difficulty: 2", "difficulty: 0").replace("kind: concept", "kind: x"), "second")
    put(folder, "a: [1, 2", "third")
    put(folder, "", "fourth")
    (folder / "linear-models" / "fifth.yaml").write_bytes(b"id: \xff\xfe")
    (folder / "linear-models" / "sixth.yaml").write_bytes(b"id: x\x00")
    put(folder, "x: y\n" * 300_000, "seventh")
    files = read_cards(folder)
    assert [card.id for card in files.cards] == ["linear-models/why-linear"]
    assert {Path(problem.path).stem for problem in files.problems} == {
        "second", "third", "fourth", "fifth", "sixth", "seventh",
    }  # fmt: skip
    assert sum(problem.path.endswith("second.yaml") for problem in files.problems) == 2


def test_a_yaml_bomb_is_refused_before_it_is_read(folder: Path) -> None:
    bomb = 'a: &a ["x","x"]\n' + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)}\n  - *{chr(97 + n)}\n  - *{chr(97 + n)}\n" for n in range(20)
    )
    card, problems = read_card(put(folder, bomb), root=folder)
    assert card is None
    assert "anchors" in problems[0].message


def test_a_repeated_id_is_named_with_the_other_file(folder: Path) -> None:
    put(folder, GOOD)
    (folder / "linear-models" / "sub").mkdir()
    data = yaml.safe_load(GOOD)
    (folder / "linear-models" / "sub" / "why-linear.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    problems = read_cards(folder).problems
    assert any("does not match its path" in problem.message for problem in problems)


def test_provenance_must_point_into_the_notes(folder: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    put(folder, GOOD)
    assert "no note" in read_cards(folder, notes=notes).problems[0].message
    (notes / "000_cef5623430fc154f.txt").write_text("one line", encoding="utf-8")
    assert "has 1 lines, not 5" in read_cards(folder, notes=notes).problems[0].message


def test_a_missing_folder_is_a_problem(tmp_path: Path) -> None:
    assert "no such folder" in read_cards(tmp_path / "none").problems[0].message


def test_an_unchanged_card_is_read_once_and_a_changed_one_again(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "cards.json"
    path = put(folder, GOOD)
    first = read_cards(folder, cache=cache)
    assert read_cards(folder, cache=cache) == first
    put(folder, GOOD.replace("difficulty: 2", "difficulty: 3"))
    assert read_cards(folder, cache=cache).cards[0].difficulty == 3
    put(folder, GOOD.replace("difficulty: 2", "difficulty: 9"))
    assert read_cards(folder, cache=cache).problems
    path.unlink()
    assert read_cards(folder, cache=cache).cards == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"linear-models/why-linear.yaml": 3}', '{"x": {"digest": 1}}'])
def test_a_damaged_cache_is_no_cache(folder: Path, tmp_path: Path, text: str) -> None:
    cache = tmp_path / "cards.json"
    cache.write_text(text, encoding="utf-8")
    put(folder, GOOD)
    assert len(read_cards(folder, cache=cache).cards) == 1
    assert len(read_cards(folder, cache=cache).cards) == 1


STEPS = """steps:
  - {id: one, latex: 'a = b', why: {en: so, zh: 这样}, criterion: weighted-sum}
  - {id: two, latex: 'b = c', why: {en: so, zh: 这样}}
  - {id: three, latex: 'c = d', why: {en: so, zh: 这样}}
"""
CODE = """coding:
  task: {en: Write f., zh: 写 f。}
  entry: f
  starter: 'def f(): raise NotImplementedError'
  solution: 'def f(): return 1'
  visible: [{id: is-one, code: 'assert f() == 1'}]
  hidden: [{id: again, code: 'assert f() == 1'}, {id: int, code: 'assert f() is 1 or True'}]
  wrong:
    - {id: two, because: {en: x, zh: 错}, code: 'def f(): return 2', fails: [is-one, again]}
    - {id: three, because: {en: x, zh: 错}, code: 'def f(): return 3', fails: [is-one, again]}
    - {id: none, because: {en: x, zh: 错}, code: 'def f(): pass', fails: [is-one, again]}
  cost: {en: O(1), zh: O(1)}
"""
DERIVATION = GOOD.replace("kind: concept", "kind: derivation").replace("criteria:\n", f"{STEPS}criteria:\n", 1)
CODING = GOOD.replace("kind: concept", "kind: coding").replace("criteria:\n", f"{CODE}criteria:\n", 1)


@pytest.mark.parametrize("text", [DERIVATION, CODING])
def test_steps_and_tasks_are_parts_of_a_card(folder: Path, text: str) -> None:
    put(folder, text)
    assert read_cards(folder).problems == ()


@pytest.mark.parametrize(
    ("text", "old", "new", "says"),
    [
        (DERIVATION, "  - {id: three, latex: 'c = d', why: {en: so, zh: 这样}}\n", "", "at least 3 steps, here are 2"),
        (DERIVATION, "id: two, latex", "id: one, latex", "'one' is used twice"),
        (DERIVATION, "criterion: weighted-sum}", "criterion: no-such}", "no criterion 'no-such'"),
        (DERIVATION, "latex: 'b = c'", "latex: '$b = c$'", "without dollar signs"),
        (CODING, "kind: coding", "kind: concept", "no other card has"),
        (GOOD, "kind: concept", "kind: coding", "a card of kind coding has this section"),
        (CODING, "{id: again, code", "{id: is-one, code", "check id 'is-one' is used twice"),
        (CODING, "fails: [is-one, again]", "fails: [is-two]", "no such checks: is-two"),
        (CODING, "solution: 'def f(): return 1'", "solution: 'def f( return 1'", "not valid Python"),
        (CODING, "code: 'assert f() == 1'", "code: 'assert f( == 1'", "not valid Python"),
        (CODING, "entry: f", "entry: f()", "coding.entry"),
    ],
)
def test_a_wrong_step_or_task_is_named(folder: Path, text: str, old: str, new: str, says: str) -> None:
    assert old in text
    path = put(folder, text.replace(old, new, 1))
    files = read_cards(folder)
    assert files.cards == ()
    assert any(says in problem.message for problem in files.problems), files.problems
    assert all(problem.path == str(path) for problem in files.problems)


def test_a_coding_card_puts_its_task_and_the_code_to_start_from(folder: Path) -> None:
    put(folder, CODING)
    (card,) = read_cards(folder).cards
    assert "Write f." in card.asks("en")
    assert "写 f。" in card.asks("zh")
    assert "```python\ndef f(): raise NotImplementedError\n```" in card.asks("zh")


def test_a_changed_copy_has_a_fingerprint_of_its_own(why_linear: Card) -> None:
    first = why_linear.fingerprint
    changed = why_linear.model_copy(update={"difficulty": 5})
    assert changed.fingerprint != first
    assert changed.model_copy(update={"difficulty": why_linear.difficulty}).fingerprint == first
    assert why_linear.model_copy() == why_linear


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &a [x, x]\nb: [*a, *a]\n", "anchors"),
        ("a: " + "[" * 100_000, "levels deep"),
        ("- " * 100_000, "levels deep"),
        ("difficulty: 2024-13-45\n", "not valid YAML"),
        ("difficulty: " + "9" * 5000, "not valid YAML"),
        ("id: \ud800\n", "not valid YAML"),
    ],
)
def test_a_text_that_would_break_the_reader_is_a_problem_of_the_card(text: str, says: str) -> None:
    card, problems = parse_card(text, shown_as="card.yaml")
    assert card is None
    assert says in problems[0].message
