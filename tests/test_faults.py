"""Every error has a sentence in Chinese, found by its class and code, which loses nothing of what the message says."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from coach import errors
from coach.errors import (
    CardChanged,
    CoachError,
    CodeNotRun,
    ContentError,
    InterviewError,
    ModelError,
    ModelRateLimited,
    ModelUnreachable,
    Problem,
    StoreError,
    UnknownSession,
)
from coach.faults import CHINESE, ENGLISH, INCOMPLETE, UNGRADED, fault_text, ungraded_text
from coach.grading.offline import OfflineJudge
from coach.progress.export import grade_markdown
from coach.schema import Card, Grade, NotGraded, Verdict
from coach.ui.render import scorecard

ROOT = Path(__file__).resolve().parents[1]
HAN = re.compile("[\u4e00-\u9fff]")
KINDS = {
    kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CoachError)
}
MODELS = sorted(kind.code for kind in KINDS.values() if issubclass(kind, ModelError))
CODED = ("InterviewError", "CodeNotRun", "Conflict", "SpeechError", "CardChanged")
"""Every place that raises one of these says which way it went wrong."""
GIVEN_LATER = {"named", "silence", "noise"}
"""Codes that stand in a variable, or are given by the class itself."""


class Raised:
    """One place in the source that makes an error."""

    def __init__(self, call: ast.Call, kind: type[CoachError], where: str) -> None:
        self.kind, self.where = kind, where
        written = (
            call.args[1] if len(call.args) > 1 else next((k.value for k in call.keywords if k.arg == "code"), None)
        )
        self.coded = written is not None
        branches = (written.body, written.orelse) if isinstance(written, ast.IfExp) else (written,)
        self.codes = [one.value for one in branches if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        self.given = {keyword.arg for keyword in call.keywords}

    def templates(self) -> Iterator[tuple[str, str | None]]:
        """Each code with its Chinese sentence."""
        tables = [CHINESE[kind.__name__] for kind in self.kind.__mro__ if kind.__name__ in CHINESE]
        for code in self.codes:
            yield code, next((table[code] for table in tables if code in table), None)


@cache
def raised() -> list[Raised]:
    found = []
    for path in sorted((ROOT / "coach").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in KINDS:
                    where = f"{path.relative_to(ROOT)}:{node.lineno}"
                    found.append(Raised(node, KINDS[called], where))
    return found


def made(kind: type[CoachError], message: str) -> CoachError:
    return kind((Problem("a.yaml", 3, message),)) if issubclass(kind, ContentError) else kind(message)


def test_the_places_that_raise_errors_are_found() -> None:
    kinds = [one.kind for one in raised()]
    assert kinds.count(InterviewError) > 40
    assert {CodeNotRun, StoreError, CardChanged, ModelUnreachable} <= set(kinds)


def test_every_place_that_raises_one_of_many_kinds_says_which() -> None:
    bare = [one.where for one in raised() if not one.coded and {k.__name__ for k in one.kind.__mro__} & set(CODED)]
    assert bare == []


def test_every_code_has_a_sentence_whose_gaps_are_filled_where_it_is_raised() -> None:
    wrong = []
    for one in raised():
        if issubclass(one.kind, ModelError):
            continue
        for code, sentence in one.templates():
            gaps = {name for _, name, _, _ in Formatter().parse(sentence or "") if name}
            if sentence is None or gaps - {"why"} - one.given:
                wrong.append(f"{one.where}: {code}")
    assert wrong == []


def test_no_sentence_is_left_of_a_code_that_is_gone() -> None:
    used = {code for one in raised() for code in one.codes} | {*MODELS, *GIVEN_LATER, ""}
    assert {code for table in CHINESE.values() for code in table} - used == set()
    assert set(CHINESE) - set(KINDS) == {"transcriber"}


def test_pages_tell_errors_in_the_persons_language() -> None:
    """The endpoints are in English; a run that is damaged is named in words, with the message as the detail."""
    told = {"api.py": 1, "evals.py": 1}
    found = {
        path.name: path.read_text(encoding="utf-8").count("str(error)") for path in (ROOT / "coach/ui").glob("*.py")
    }
    assert {name: count for name, count in found.items() if count} == told
    assert not [path for path in (ROOT / "coach/ui").glob("*.py") if "not_graded.message" in path.read_text("utf-8")]


def test_every_model_error_has_a_sentence_of_its_own() -> None:
    assert set(MODELS) - set(CHINESE["ModelError"]) == {"model_error"}


@pytest.mark.parametrize("table", [CHINESE, ENGLISH], ids=["zh", "en"])
def test_sentences_are_in_their_language(table: dict[str, dict[str, str]]) -> None:
    texts = [text for sentences in table.values() for text in sentences.values()]
    assert {bool(HAN.search(text)) for text in texts} == {table is CHINESE}


def test_english_sentences_have_the_codes_and_gaps_of_the_chinese() -> None:
    for place, table in ENGLISH.items():
        assert set(table) == set(CHINESE[place]) - {""}, place


@pytest.mark.parametrize("name", sorted(KINDS))
def test_an_error_without_a_sentence_is_told_in_general_and_in_its_own_words(name: str) -> None:
    error = made(KINDS[name], "api.example.com:8080 said HTTP 503")
    told = fault_text(error, "zh")
    assert HAN.search(told)
    assert str(error) in told or KINDS[name] is UnknownSession
    assert fault_text(error, "en") == str(error)


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (ModelRateLimited("m at api.example.com has too many requests (HTTP 429; it asks to wait 20 s)"), "wait 20 s"),
        (ModelUnreachable("m at 10.0.0.7:8080 cannot be reached"), "10.0.0.7:8080"),
        (InterviewError("…", "too_long", chars=20_001, most=20_000), "20,001"),
        (InterviewError("…", "none_fits", form="写代码", wanted="", companies="amazon", topics="trees"), "amazon"),
        (UnknownSession.named("s-42"), "s-42"),
        (StoreError("/data/x.db: damaged (page 7)", "damaged"), "page 7"),
        (ContentError((Problem("a.yaml", 12, "expected a list"),)), "a.yaml:12: expected a list"),
    ],
)
def test_a_chinese_sentence_keeps_hosts_numbers_and_lines(error: CoachError, kept: str) -> None:
    assert kept in fault_text(error, "zh")


def test_a_value_in_braces_is_told_as_it_is() -> None:
    assert "{why} {0}" in fault_text(InterviewError("…", "not_found", focus="{why} {0}"), "zh")


def test_a_model_that_transcribes_has_sentences_of_its_own() -> None:
    error = ModelUnreachable("m at api.example.com cannot be reached")
    assert fault_text(error, "zh", transcribing=True) == CHINESE["transcriber"]["unreachable"]
    assert fault_text(error, "en") == str(error)


def test_why_there_is_no_grade_is_told_by_its_code() -> None:
    codes = set()
    for node in ast.walk(ast.parse((ROOT / "coach/grading/grade.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
            codes.add(str(node.value.value))
    assert codes == {"incomplete"}
    told = {code: ungraded_text(NotGraded(code=code, message="HTTP 401"), "zh") for code in (*codes, *MODELS, "new")}
    assert all(text.startswith(UNGRADED) and "HTTP 401" in text for text in told.values())
    assert told["incomplete"] == UNGRADED + INCOMPLETE.format(why="HTTP 401")
    assert len(set(told.values())) == len(told) - 1, "an unknown code has the sentence of model_error"
    assert ungraded_text(NotGraded(code="timeout", message="HTTP 401"), "en") == "HTTP 401"


def test_an_ungraded_answer_is_explained_in_the_language_of_the_interview(
    why_linear: Card, offline: OfflineJudge
) -> None:
    grade = Grade(
        card=why_linear.id,
        card_hash=why_linear.fingerprint,
        verdicts=tuple(Verdict(criterion=one.id, state="not_graded") for one in why_linear.criteria),
        score=None,
        not_graded=NotGraded(code="key_rejected", message="HTTP 401 <b>"),
        judge=offline.info,
    )
    assert UNGRADED in grade_markdown(why_linear, grade, "zh")
    shown = scorecard(why_linear, grade, "zh", reveal=True)
    assert UNGRADED in shown
    assert "HTTP 401 &lt;b&gt;" in shown
    assert UNGRADED not in scorecard(why_linear, grade, "en", reveal=True)
