"""What the library says of a session is a fold over bodies as they are stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coach.progress.library import SessionInfo, after, body_of, folded, recordings, titled, words

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BLANK = SessionInfo(session="s", title="", started_at=NOW, updated_at=NOW)


def told(*bodies: dict[str, Any]) -> SessionInfo:
    return after(None, "s", [(NOW, body) for body in bodies])


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("  What is\n\tbias? ", "What is bias?"),
        ("nul\x00", "nul"),
        ("a" * 60, "a" * 60),
        ("a" * 61, "a" * 59 + "…"),
        ("为什么" * 30, "为什么" * 19 + "为什…"),
        ("word " * 20, "word " * 10 + "word word…"),
        ("a " + "b" * 100, "a " + "b" * 57 + "…"),
        ("a" * 59 + " tail", "a" * 59 + "…"),
    ],
)
def test_a_title_is_one_line_cut_between_words(text: str, title: str) -> None:
    assert titled(text) == title
    assert len(title) <= 60


@pytest.mark.parametrize("body", [{}, {"kind": "self_rated", "value": 3}, {"kind": "unheard_of", "text": "words"}])
def test_events_of_other_kinds_change_nothing_but_the_time_and_the_count(body: dict[str, Any]) -> None:
    later = NOW + timedelta(minutes=1)
    assert after(BLANK, "s", [(later, body)]) == BLANK.model_copy(update={"updated_at": later, "events": 1})
    assert words(body) is None


def test_a_clock_that_is_set_back_does_not_make_a_session_older() -> None:
    assert after(BLANK, "s", [(NOW - timedelta(days=1), {})]).updated_at == NOW


ASKED = {"kind": "asked", "card": "a/b", "text": "?"}


def grade(value: float | None, **more: Any) -> dict[str, Any]:
    return {"kind": "graded", "grade": {"score": None if value is None else {"value": value}}, **more}


@pytest.mark.parametrize(
    ("bodies", "score"),
    [
        ((ASKED,), None),
        ((ASKED, grade(0.5)), 0.5),
        ((ASKED, grade(0.5), grade(0.75)), 0.75),
        ((ASKED, grade(0.5), grade(None)), None),
        ((ASKED, grade(0.5), ASKED), 0.5),
        ((ASKED, grade(0.5), ASKED, grade(0.25), grade(1.0, question=0)), 0.25),
        ((ASKED, grade(0.5), ASKED, grade(0.25), grade(1.0, question=1)), 1.0),
    ],
)
def test_the_score_is_that_of_the_newest_grade(bodies: tuple[dict[str, Any], ...], score: float | None) -> None:
    assert told(*bodies).score == score


def test_the_format_of_a_plan_is_kept_and_an_old_plan_has_none() -> None:
    assert told({"kind": "started", "plan": {"lang": "zh", "format": "exam"}}).format == "exam"
    old = told({"kind": "started", "plan": {"lang": "zh"}})
    assert (old.lang, old.format) == ("zh", "free")


def test_no_events_are_no_session() -> None:
    with pytest.raises(ValueError, match="'s' has no events"):
        told()


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"body": 7}'])
def test_what_cannot_be_read_is_an_empty_body(text: str) -> None:
    assert body_of(text) == {}


def test_search_compares_folded_words() -> None:
    assert folded("Ｂias\u200b  “AND”\x00 方差") == 'bias "and" 方差'


def test_recordings_are_named_once_each_in_order() -> None:
    bodies = (
        {"recordings": [{"audio": "2.wav"}]},
        {"text": "x"},
        {"recordings": [{"audio": None}]},
        {"recordings": [{"audio": "1.wav"}, {"audio": "2.wav"}]},
    )
    assert recordings(bodies) == ("2.wav", "1.wav")
