"""One formula or piece of code, typed in two ways, is the same words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.grading.evidence import align
from coach.grading.fold import latin, loose
from coach.schema import Quote, Utterance


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        (r"$w=(X^\top X)^{-1}X^\top y$", "w = (X^T X)^{-1} X^T y"),
        (r"so $$\hat w = (X^{\top}X)^{-1} X^{\top} y$$ then", r"\hat{w} = (X^T X)^{-1} X^T y"),
        (r"$\frac{\partial L}{\partial w} = 2x(wx - y)$", "∂L/∂w = 2x(wx-y)"),
        (r"$\sigma(z) = \frac{1}{1+e^{-z}}$", "σ(z) = 1/1+e^{-z}"),
        ("p ≤ 0.05", r"$p \leq 0.05$"),
        ("it is xᵀx + σ²", r"$x^T x + \sigma^2$"),
        ("def f(x):\n    return x  *  2\n", "def f(x): return x*2"),
        ("print('loss',  loss)", 'print("loss", loss)'),
        ("d[ 'a' ] = [ 1,2 ]", "d['a'] = [1, 2]"),
        ("use **softmax** with `temperature`", "use softmax with temperature"),
    ],
)
def test_the_same_in_another_notation_is_near(said: str, quote: str) -> None:
    evidence = align(Quote(turn=0, text=quote), (Utterance(turn=0, text=said),))
    assert evidence is not None
    assert evidence.match == "near"
    assert evidence.text == said[evidence.start : evidence.end]
    assert loose(latin(evidence.text))[0].strip(".") == loose(latin(quote))[0].strip(".")


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("$w = X^T y$", "w = X y"),
        ("$a - b = 0$", "a + b = 0"),
        ("$x^2$ is it", "x_2 is"),
        ("it is notable", "not able"),
        ("it is nowhere", "now here it is"),
        ("we can not able it", "notable"),
        ("the gradient descends", "rad ient"),
    ],
)
def test_another_formula_or_a_piece_of_a_word_is_not_found(said: str, quote: str) -> None:
    assert align(Quote(turn=0, text=quote), (Utterance(turn=0, text=said),)) is None


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("lіnеаr", "linear"),
        ("КOLMOGOROV", "KOLMOGOROV"),
        ("слово и слово", "слово и слово"),
        ("α and β", "α and β"),
        ("线性 model", "线性 model"),
    ],
)
def test_look_alikes_turn_latin_only_among_latin_letters(text: str, folded: str) -> None:
    assert latin(text) == folded


def test_a_look_alike_does_not_hide_words_from_their_quote() -> None:
    evidence = align(Quote(turn=0, text="linear in w"), (Utterance(turn=0, text="It is lіnеаr in w."),))
    assert evidence is not None
    assert (evidence.text, evidence.match) == ("lіnеаr in w", "exact")


@given(st.text(alphabet=st.one_of(st.characters(codec="ascii"), st.sampled_from("\\{}<>=!- '"))))
def test_ascii_text_is_folded_as_it_is_beside_another_letter(text: str) -> None:
    folded, origin = loose(text)
    beside, places = loose("é " + text)
    assert (beside, places) == ("é" + folded, (0, *(at + 2 for at in origin)))
