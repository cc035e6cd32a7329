"""What is said aloud: words only."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.schema import LANGS, Card, Lang
from coach.speech.formula import formula_words
from coach.speech.spoken import spoken

UNSPEAKABLE = re.compile(r"[\\${}^_]")


@pytest.mark.parametrize(
    ("latex", "english", "chinese"),
    [
        (
            r"\hat\beta=(X^TX)^{-1}X^Ty",
            "beta hat equals X transpose X, inverse, times X transpose y",
            "beta hat 等于 X 转置 X 的逆，乘以 X 转置 y",
        ),
        (
            r"(X^\top X+\lambda I)^{-1}",
            "X transpose X plus lambda I, inverse",
            "X 转置 X 加 lambda I，整体的逆",
        ),
        (r"(a-b)^2", "A minus b, all squared", "a 减 b，整体的平方"),
        (
            r"\frac{\partial L}{\partial w}",
            "the partial derivative of L with respect to w",
            "L 对 w 的偏导",
        ),
        (r"\sigma(z)=\frac{1}{1+e^{-z}}", "sigma of z equals 1, over, 1 plus e to the minus z", None),
        (r"\frac{1}{n}", "1 over n", "n 分之 1"),
        (r"\tfrac12", "one half", "二分之一"),
        (r"\sum_{i=1}^n x_i^2", "the sum over i from 1 to n of x i squared", "i 从 1 到 n 求和，x i 的平方"),
        (r"\frac1n\sum_i x_i", "1 over n times the sum over i of x i", "n 分之 1，对 i 求和，x i"),
        (r"\int_0^1 x\,dx", "the integral from 0 to 1 of x d x", "从 0 到 1 积分，x d x"),
        (r"\mathbb{E}_{x\sim p}[f(x)]", "the expectation over x drawn from p of f of x", "对 x 服从 p，f x 的期望"),
        (r"\operatorname{Var}(X)", "the variance of X", "X 的方差"),
        (r"\arg\max_\theta L(\theta)", "the arg max over theta of L of theta", "对 theta 取 arg max，L theta"),
        (r"\|w\|_2^2", "the L 2 norm of w, squared", "w 的 L 2 范数的平方"),
        (r"|x-y|\le\epsilon", "the absolute value of x minus y is at most epsilon", "x 减 y 的绝对值小于等于 epsilon"),
        (r"P(A|B)", "P of A given B", "P A 给定 B"),
        (r"p(1-p)", "p times, 1 minus p", "p 乘以括号 1 减 p"),
        (r"W\in\mathbb{R}^{n\times d}", "W in R n by d", "W 属于 R n 乘 d"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "a 2 by 2 matrix", "一个 2 乘 2 的矩阵"),
        (r"O(n\log n)", "O of n log n", "O n log n"),
        (r"\log_2 8", "log base 2 8", "以 2 为底的 log 8"),
        (r"\sqrt{d_k}", "the square root of d k", "根号 d k"),
        (r"x^{(i)}", "x superscript i", "x 上标 i"),
        (r"\gamma^T", "gamma to the T", "gamma 的 T 次方"),
        (r"10^{-3}", "10 to the minus 3", "10 的负 3 次方"),
        (r"\binom{n}{k}", "n choose k", "n 选 k"),
        (r"\nabla_\theta J", "the gradient with respect to theta of J", "对 theta 求梯度，J"),
        (r"1\%", "1 percent", "百分之 1"),
        (r"f'(x)", "f prime of x", "f 撇 x"),
    ],
)
def test_a_formula_is_read_as_an_engineer_would_read_it(latex: str, english: str, chinese: str | None) -> None:
    assert formula_words(latex, "en") == english
    if chinese is not None:
        assert formula_words(latex, "zh") == chinese


@pytest.mark.parametrize(
    ("text", "lang", "said"),
    [
        ("Why **exactly** is `np.dot` fast?", "en", "Why exactly is np dot fast?"),
        ("# Title\n\n- one\n- *two*", "en", "Title one two"),
        ("See [the paper](https://example.org/a_b).", "en", "See the paper."),
        ("About 5% of $10^6$ users.", "en", "About 5 percent of 10 to the 6 users."),
        ("大约 5% 的用户", "zh", "大约百分之 5 的用户"),
        ("It costs $5 and $6.", "en", "It costs 5 dollars and 6 dollars."),
        ("Run this:\n```python\nx = {1: 2}\n```\nWhat is printed?", "en", None),
        ("It runs in O(n^2) time.", "en", "It runs in O of n squared time."),
        ("e.g. ridge, i.e. L2", "en", "for example ridge, that is L2"),
        ("学习率 λ 从 0.1–0.01", "zh", "学习率 lambda 从 0.1到0.01"),
        ("a snake_case name", "en", "a snake case name"),
        ("用 `fit()` 训练", "zh", "用 fit 训练"),
        ("", "en", ""),
        ("$$", "en", ""),
    ],
)
def test_markdown_becomes_words(text: str, lang: Lang, said: str | None) -> None:
    words = spoken(text, lang)
    assert not UNSPEAKABLE.search(words)
    if said is not None:
        assert words == said


def test_code_is_mentioned_and_not_read() -> None:
    text = "Look:\n```python\nx = {1: 2}\n```\nWhat is printed?"
    assert spoken(text, "en") == "Look: the code on the screen. What is printed?"
    assert "屏幕上的代码" in spoken(text, "zh")


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_of_the_bank_is_read_with_signs(cards: dict[str, Card], lang: Lang) -> None:
    for card in cards.values():
        asked = [card.question, *card.hints, *card.followups, *(criterion.probe for criterion in card.criteria)]
        for text in (*(one.text(lang) for one in asked), card.reference.text(lang)):
            words = spoken(text, lang)
            assert words, (card.id, text)
            assert not UNSPEAKABLE.search(words), (card.id, text, words)


PARTS = (
    r"\frac \sqrt { } ^ _ $ $$ \ x 1 ( ) | \| \begin{pmatrix} \end{pmatrix} \begin{cases} & \\ \left \right \hat ' [ ]"
    r" \text{ \sum \int \mathbb \mathrm{E} = - ` ``` # * \( \) \[ \] \{ \} 的 。 \partial \nabla \log"
    r" \operatorname{a_b}"
).split(" ")


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join), st.sampled_from(LANGS))
def test_any_latex_comes_out_as_words(text: str, lang: Lang) -> None:
    for said in (spoken(text, lang), formula_words(text, lang), spoken(f"${text}$", lang)):
        assert not UNSPEAKABLE.search(said)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(LANGS))
def test_any_text_comes_out_as_words(text: str, lang: Lang) -> None:
    assert not UNSPEAKABLE.search(spoken(text, lang))


@pytest.mark.parametrize(
    "part", ["{", "(", r"\frac", r"\sqrt", r"\hat{", "x^", "x_{", "|", r"\begin{matrix}", "$", "`"]
)
def test_endless_nesting_is_left_out(part: str) -> None:
    assert not UNSPEAKABLE.search(spoken(f"${part * 1500}$", "en"))
