"""Formulas are found where they stand, compared for what they say, and never evaluated as code."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach.bank.cards import read_cards
from coach.grading import formula as module
from coach.grading.formula import compare_all, first_wrong_step, formulas_in, same_formula
from coach.grading.formula_text import as_latex
from coach.grading.latex import UnreadableError, read
from coach.schema import Bilingual, Step

ROOT = Path(__file__).resolve().parents[2]
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    """The child process is over when the tests are."""
    yield
    module._child().close()


SAME = [
    ("dL/dz = p - y", r"$p - y$"),
    ("p_i - y_i", "p - y"),
    (r"\hat y - y", "p - y"),
    ("-y + p", "p - y"),
    ("p(1-p)", "p - p^2"),
    ("$p_i(1-p_i)$", r"p_i - p_i^2"),
    ("w = (X^T X)^-1 X^T y", r"\hat w = (X^\top X)^{-1} X^\top y"),
    ("w_hat = inv(X'X) X'y", r"\hat w = (X^\top X)^{-1} X^\top y"),
    ("X transpose X inverse X transpose y", r"\hat w = (X^\top X)^{-1} X^\top y"),
    ("X^T y = X^T X w", r"X^\top X w = X^\top y"),
    ("X^T X w - X^T y = 0", r"X^\top X w = X^\top y"),
    ("2 X^T (Xw - y)", r"\nabla_w J(w) = -2 X^\top (y - X w)"),
    ("1/(1+exp(-z))", r"\sigma(z) = \frac{1}{1 + e^{-z}}"),
    ("e^z / (1 + e^z)", "1/(1+exp(-z))"),
    ("one over one plus e to the minus z", r"\frac{1}{1 + e^{-z}}"),
    ("-sum_k y_k log p_k", r"L = -\sum_i y_i \log p_i"),
    ("∑_i p_i log p_i", r"\sum_{j=1}^{n} p_j \log p_j"),
    ("log(a b)", r"\log a + \log b"),
    ("one over m sum of y minus y hat squared", r"\frac1n \sum_i (y_i - \hat y_i)^2"),
    ("m 分之一乘以 y 减 y hat 的平方求和", r"\frac1n \sum_i (y_i - \hat y_i)^2"),
    ("除以根号 d k", r"\sqrt{d_k}"),
    ("softmax(QK^T/√d_k)V", r"\operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V"),
    ("O(d n^2)", "O(n^2 d)"),
    ("(A B)^T", r"B^\top A^\top"),
    (r"\|x\|^2", "x^T x"),
    ("a/(b+c)", r"\frac{a}{b+c}"),
    ("x >= 0", r"0 \le x"),
    ("m̂/(√v̂+ε)", r"\frac{\hat m}{\sqrt{\hat v} + \epsilon}"),
    ("1 + F'(x)", "F'(x) + 1"),
]
DIFFERENT = [
    ("p - y", "y - p"),
    ("y - \\hat y", "p - y"),
    ("dL/dz = y - p", "dL/dz = p - y"),
    ("dL/db = p - y", r"\frac{\partial L}{\partial z} = p - y"),
    ("a - b", "p - y"),
    ("X^T X", "X X^T"),
    ("(X X^T)^-1 X^T y", r"\hat w = (X^\top X)^{-1} X^\top y"),
    ("sum_k y_k log p_k", r"L = -\sum_i y_i \log p_i"),
    ("softmax(QK^T/d_k)V", r"\operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V"),
    ("1/(1+exp(z))", r"\sigma(z) = \frac{1}{1 + e^{-z}}"),
    ("-X^T(y - Xw)", "-2X^T(y - Xw)"),
    ("X^T y", r"X^\top X w = X^\top y"),
    ("O(n log n)", "O(n^2)"),
    ("X", "x"),
    ("|x|", "x"),
    (r"\|x\|_1", r"\|x\|_2"),
    ("p_i (\\delta_{ij} + p_j)", r"p_i (\delta_{ij} - p_j)"),
    ("x <= 0", "x >= 0"),
    (r"\sum_{i=1}^{n-1} x_i", r"\sum_{i=1}^{n} x_i"),
    ("E[x]^2", "E[x^2]"),
]


@pytest.mark.parametrize(("said", "wanted"), SAME)
def test_same_formula_in_other_clothes(said: str, wanted: str) -> None:
    comparison = same_formula(said, wanted)
    assert comparison.equal is True, comparison.why


@pytest.mark.parametrize(("said", "wanted"), DIFFERENT)
def test_another_formula_is_another(said: str, wanted: str) -> None:
    comparison = same_formula(said, wanted)
    assert comparison.equal is False, comparison.why


def test_constant_factor_only_when_allowed_and_never_a_sign() -> None:
    assert same_formula("X^T(Xw - y)", "2X^T(Xw - y)").near == "factor"
    assert same_formula("X^T(Xw - y)", "2X^T(Xw - y)", up_to_constant=True).equal is True
    assert same_formula("X^T(y - Xw)", "2X^T(Xw - y)", up_to_constant=True).equal is False


def test_sympy_proves_what_it_can_and_the_reason_says_so() -> None:
    assert "SymPy" in same_formula("(a+b)^2", "a^2 + 2ab + b^2").why
    assert "random points" in same_formula("(A B)^T", r"B^\top A^\top").why


@pytest.mark.parametrize(
    "text", ["((((" * 200, r"\frac{1}{", "x[::2", "", "(x)" + "'" * 390, "+", "{" * 50 + "x" + "}" * 50]
)
def test_unreadable_is_no_evidence_either_way(text: str) -> None:
    comparison = same_formula(text, "p - y")
    assert comparison.equal is None
    assert "not read" in comparison.why


@pytest.mark.parametrize("bomb", ["9**9**9**9", "x^{9^{9^{9}}} + 1", "e^{e^{e^{e^{99}}}}", "(((x^99)^99)^99)^99"])
def test_explosive_formulas_are_refused_not_evaluated(bomb: str) -> None:
    assert same_formula(bomb, "x + 1").equal is not True
    assert same_formula("p - y", "p - y + 0").equal is True


def test_endless_comparison_ends_the_child_and_says_so() -> None:
    child = module._Child(limit_s=0.0)
    try:
        pair = (r"\sum_i \sum_j (x_i - x_j)^2", r"\sum_i \sum_j (x_i^2 - 2 x_i x_j + x_j^2)", False)
        child.compared([("a + b", "b + a", False)])
        comparison = child.compared([pair])[pair]
        assert comparison.equal is None
        assert "took longer" in comparison.why
        assert child._process is None
    finally:
        child.close()


def test_the_same_pair_is_not_compared_twice() -> None:
    same_formula("u + v", "v + u")
    child = module._child()
    child.close()
    assert same_formula("u + v", "v + u").equal is True
    assert child._process is None


def test_a_batch_answers_row_by_row() -> None:
    table = compare_all(("p - y", "y - p"), ("p - y", "2p - 2y", "(("))
    assert [[one.equal for one in row] for row in table] == [[True, False, None], [False, False, None]]
    assert table[1][0].near == "sign"


def test_importing_costs_no_sympy() -> None:
    code = "import sys, coach.grading.formula; sys.exit('sympy' in sys.modules or 'mpmath' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


NAMED = ("latex.py", "maths.py")


def test_no_text_is_ever_evaluated() -> None:
    forbidden = {"eval", "exec", "compile", "sympify", "parse_expr", "parse_latex", "lambdify", "S", "__import__"}
    for path in [*(ROOT / "coach" / "grading").glob("formula*.py"), *map((ROOT / "coach" / "grading").joinpath, NAMED)]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                plain = isinstance(node.func, ast.Name) or called != "compile"
                assert not (called in forbidden and plain), f"{path.name}:{node.lineno} calls {called}"


FOUND = [
    ("so $p - y$ it is", [("latex", "$p - y$")]),
    (r"then \(a+b\) and \[c+d\]", [("latex", r"\(a+b\)"), ("latex", r"\[c+d\]")]),
    ("we get w = (X^T X)^-1 X^T y, done", [("ascii", "w = (X^T X)^-1 X^T y")]),
    ("the p_i(1-p_i) term in O(n log n)", [("ascii", "p_i(1-p_i)"), ("ascii", "O(n log n)")]),
    ("divide by √d_k please", [("ascii", "√d_k")]),
    ("so it's one over m sum of y minus y hat squared", [("spoken", "one over m sum of y minus y hat squared")]),
    ("梯度是 p i 减 y i。", [("spoken", "p i 减 y i")]),
    ("then it is p minus y, I think", [("spoken", "p minus y")]),
]
PROSE = [
    "It costs $5 to $10 and I paid $20.",
    "n-gram, top-k, k-means, F1-score, t-test, self-attention and an A/B test",
    "input/output, and/or, I/O, 24/7, client-server",
    "I think a model is a thing with a lot of parameters, plus more over time",
    "In 2019 we had 3 people, 10 models and 95% accuracy (see e.g. section 4.2)",
    "Take a look at user_id and file_name; the F1 is 0.9.",
    "我觉得这个模型很好，因为数据多，而且加上正则之后更稳。",
    "```python\nx = y - z\n```",
]


@pytest.mark.parametrize(("text", "wanted"), FOUND)
def test_formulas_are_found_where_they_stand(text: str, wanted: list[tuple[str, str]]) -> None:
    assert [(one.kind, text[one.start : one.end]) for one in formulas_in(text)] == wanted


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_formula(text: str) -> None:
    assert formulas_in(text) == ()


def test_speech_without_parentheses_keeps_its_readings() -> None:
    (found,) = formulas_in("p times one minus p")
    assert found.readings == ("p (1 - p)", "p (1) - p")


def step(name: str, latex: str) -> Step:
    return Step(id=name, latex=latex, why=Bilingual(en="because", zh="因为"))


STEPS = (
    step("expand", r"J(w) = \|y - X w\|^2 = y^\top y - 2 w^\top X^\top y + w^\top X^\top X w"),
    step("gradient", r"\nabla_w J(w) = -2 X^\top (y - X w)"),
    step("normal", r"X^\top X \hat w = X^\top y"),
    step("solution", r"\hat w = (X^\top X)^{-1} X^\top y"),
)


def test_a_right_derivation_reaches_its_steps_and_has_no_wrong_one() -> None:
    text = "||y - Xw||^2 = y'y - 2w'X'y + w'X'Xw, gradient 2X^T(Xw - y), so X^T X w = X^T y and w = (X^T X)^-1 X^T y."
    report = first_wrong_step(STEPS, text)
    assert report.wrong is None
    assert {"gradient", "normal", "solution"} <= set(report.reached)


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        (r"So $\nabla_w J(w) = 2 X^\top (y - X w)$.", "gradient", r"$\nabla_w J(w) = 2 X^\top (y - X w)$"),
        (r"So $\nabla_w J(w) = - X^\top (y - X w)$.", "gradient", r"$\nabla_w J(w) = - X^\top (y - X w)$"),
        ("Then the gradient 2X^T(y - Xw).", "gradient", "2X^T(y - Xw)"),
        ("Hence w_hat = (X X^T)^-1 X^T y.", "solution", "w_hat = (X X^T)^-1 X^T y"),
    ],
)
def test_the_first_wrong_step_is_named_with_the_words_that_say_it(text: str, wanted: str, said: str) -> None:
    wrong = first_wrong_step(STEPS, text).wrong
    assert wrong is not None
    assert (wrong.step, wrong.said, text[wrong.start : wrong.end]) == (wanted, said, said)


@pytest.mark.parametrize(
    "text",
    [
        "Ridge gives w = (X^T X + λI)^-1 X^T y.",
        "The prediction is y = Xw + e and the residual is y - Xw.",
        "Update w = w - η g with step η = 0.1",
        r"$J(w) = \|y - X w\|^2 + \lambda \|w\|^2$",
        "first 2X^T(y - Xw), no sorry, it is -2X^T(y - Xw)",
        "no formulas at all",
    ],
)
def test_what_is_merely_something_else_is_no_wrong_step(text: str) -> None:
    assert first_wrong_step(STEPS, text).wrong is None


def bank_steps() -> list[str]:
    cards = read_cards(ROOT / "knowledge" / "cards").cards
    return [one.latex for card in cards for one in card.steps]


@pytest.fixture(scope="module")
def patient() -> module._Child:
    """A child that a busy machine does not cut short."""
    return module._Child(limit_s=60.0)


def test_every_step_of_the_bank_is_read_and_valued_and_equals_itself(patient: module._Child) -> None:
    steps = bank_steps()
    assert len(steps) > 100
    pairs = [(f"0 + {latex}", latex, False) for latex in steps]
    assert [pair for pair, one in patient.compared(pairs).items() if one.equal is not True] == []


def test_negated_right_hand_sides_of_the_bank_are_found_out(patient: module._Child) -> None:
    pairs = []
    for latex in bank_steps():
        members, relations = latex.split(" = "), read(latex)[1]
        if set(relations) == {"="} and len(members) == 2 and members[1] != "0":
            pairs.append((f"{members[0]} = -({members[1]})", latex, False))
    assert len(pairs) > 50
    assert [pair for pair, one in patient.compared(pairs).items() if one.equal] == []


NAMES = st.sampled_from("a b c g h u v".split())
TERMS = st.lists(st.tuples(NAMES, NAMES), min_size=2, max_size=4, unique=True)


def written(terms: list[tuple[str, str]]) -> str:
    return " + ".join(rf"\log(1 + {left}) {right}" for left, right in terms)


@QUICK
@given(TERMS, st.randoms(use_true_random=False))
def test_terms_in_another_order_are_the_same(terms: list[tuple[str, str]], random: Any) -> None:
    mixed = [*terms]
    random.shuffle(mixed)
    assert same_formula(written(mixed), written(terms)).equal is True


@QUICK
@given(TERMS)
def test_a_flipped_sign_is_found(terms: list[tuple[str, str]]) -> None:
    flipped = " + ".join([written(terms[:-1]), ""]).removesuffix("+ ") + f"- {written(terms[-1:])}"
    assert same_formula(flipped, written(terms)).equal is False


@QUICK
@given(st.permutations(["r", "q", "t"]))
def test_names_of_one_side_only_may_be_other_names(names: list[str]) -> None:
    wanted = r"\frac{a e^{b}}{\log(1 + c)} + \sqrt{a + b c}"
    said = (
        rf"\frac{{{names[0]} e^{{{names[1]}}}}}{{\log(1 + {names[2]})}} + \sqrt{{{names[0]} + {names[1]} {names[2]}}}"
    )
    assert same_formula(said, wanted).equal is True
    assert same_formula("a - b", "b - a").equal is False


@QUICK
@given(st.text(max_size=60) | st.text(alphabet="xyXp_^{}()[]|\\+-*/=' 12∑√σ减乘$", max_size=40))
def test_no_text_raises(text: str) -> None:
    for one in formulas_in(text):
        assert 0 <= one.start < one.end <= len(text)
    with suppress(UnreadableError):
        assert read(as_latex(text))
    assert json.loads(same_formula(text, "p - y").model_dump_json())["why"]
