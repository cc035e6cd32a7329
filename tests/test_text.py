import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.text import clauses, lang_of, normalise, raw_tokens, seamless, sentences, stem, tokens, words


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("It is linear in the parameters.", "en"),
        ("对参数是线性的", "zh"),
        ("用 batch norm 把每一层的输入标准化", "zh"),
        ("overfitting means the gap is large", "en"),
        ("$y = w^T x$", "en"),
        ("", "en"),
    ],
)
def test_language_is_that_of_most_words(text: str, lang: str) -> None:
    assert lang_of(text) == lang


def test_words_are_stems_and_chinese_bigrams() -> None:
    assert words("Models overfitted 过拟合了") == ("model", "overfit", "过拟", "拟合", "合了")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Use k=0.5 here. Then stop.", ["Use k=0.5 here.", " Then stop."]),
        ("对参数线性。不是对输入；懂了吗？", ["对参数线性。", "不是对输入；", "懂了吗？"]),
        ("It fits e.g. curves. Yes", ["It fits e.g. curves.", " Yes"]),
        ("So $a. b$ holds", ["So $a. b$ holds"]),
        ("It is 3. That is all", ["It is 3.", " That is all"]),
    ],
)
def test_sentences_end_where_they_should(text: str, parts: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == parts


def test_clauses_break_at_connectives_and_keep_them() -> None:
    text = "it bends but it is linear"
    assert [text[start:end] for start, end in clauses(text, 0, len(text))] == ["it bends ", "but it is linear"]


@given(st.text())
def test_normal_form_maps_every_character_to_where_it_came_from(text: str) -> None:
    folded, origin = normalise(text)
    assert len(folded) == len(origin)
    assert list(origin) == sorted(origin)
    assert all(0 <= offset < len(text) for offset in origin)
    assert "\u200b" not in folded
    assert "  " not in folded


_MIXED = st.one_of(st.characters(), st.sampled_from(" \t\n\u3000\u2028，。的过拟合Ａ’—Xx1"))


@given(st.text(alphabet=_MIXED))
def test_normal_form_is_the_same_beside_a_character_that_becomes_three(text: str) -> None:
    longer, places = normalise(f"x{text}…")
    alone, first = normalise(f"x{text}x")
    assert (longer, list(places)) == (f"{alone[:-1]}...", [*first[:-1], *[len(text) + 1] * 3])


@given(st.text())
def test_raw_tokens_are_those_of_the_tokens(text: str) -> None:
    assert raw_tokens(text) == [token.raw for token in tokens(text)]


@given(st.text())
def test_tokens_stand_where_they_say(text: str) -> None:
    last = 0
    for token in tokens(text):
        assert last <= token.start < token.end <= len(text)
        last = token.start


@given(st.text())
def test_sentences_cover_all_that_is_not_blank_without_overlap(text: str) -> None:
    spans = sentences(text)
    covered = "".join(text[start:end] for start, end in spans)
    assert sum(not char.isspace() for char in covered) <= sum(not char.isspace() for char in text)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def test_stemming_in_many_threads_gives_what_one_thread_gives() -> None:
    forms = [
        f"{root}{ending}" for root in ("relat", "generaliz", "optimiz", "overfitt") for ending in ("ing", "ed", "es")
    ]
    forms += [f"{form}{letter}" for form in forms for letter in "abcdefghijklmnop"]
    stem.cache_clear()
    alone = [stem(form) for form in forms]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            stem.cache_clear()
            assert list(pool.map(stem, forms)) == alone


@pytest.mark.parametrize(
    ("wrapped", "shown"),
    [
        ("截距，\n列满秩", "截距，列满秩"),
        ("权重\n最小", "权重最小"),
        ("变换：\n$x$ 和", "变换：$x$ 和"),
        ("第一段。\n\n第二段。", "第一段。\n\n第二段。"),
        ("两点：\n- 甲\n- 乙", "两点：\n- 甲\n- 乙"),
        ("one line\nof English", "one line\nof English"),
    ],
)
def test_only_line_ends_within_chinese_prose_leave_no_space(wrapped: str, shown: str) -> None:
    assert seamless(wrapped) == shown
