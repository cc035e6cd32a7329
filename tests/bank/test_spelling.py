import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.bank.spelling import Speller

SPELLER = Speller(
    {"regress": 9, "logist": 5, "kernel": 4, "modular": 3, "过拟": 7, "c:svm": 2, "gradient": 8, "train": 9}
)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("logistc regresion", "logist regress"),
        ("kernal trick", "kernel trick"),
        ("what is modularty 模块度", "what is modular 模块度"),
        ("gradeint，descent", "gradient，descent"),
        ("trains", "trains"),
        ("kern", "kern"),
        ("zzzzzzzz", "zzzzzzzz"),
        ("", ""),
        ("过你合 svm", "过你合 svm"),
    ],
)
def test_a_misspelt_word_becomes_the_banks_own(typed: str, read: str) -> None:
    assert SPELLER.corrected(typed) == read


@given(st.text(max_size=200))
def test_any_text_can_be_corrected_and_stays_so(text: str) -> None:
    once = SPELLER.corrected(text)
    assert SPELLER.corrected(once) == once


def test_no_words_correct_nothing() -> None:
    assert Speller({}).corrected("regresion") == "regresion"
