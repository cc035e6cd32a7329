"""The evaluator on formulas whose value is known, and on malformed ones."""

import math
from typing import Any

import numpy as np
import pytest

from .latex_numpy import Defined, Distribution, Function, LatexError, check, evaluate, holds
from .mutations import mutations

X = np.array([[1.0, 2.0], [3.0, 5.0], [-1.0, 0.5]])
W = np.array([2.0, -1.0])
FIVE = np.array([0.5, -1.0, 2.0, 4.0, -3.0])


def environment(**more: Any) -> dict[str, Any]:
    return {
        "X": X, "w": W, "v": np.array([1.0, 3.0]), "A": np.array([[2.0, 1.0], [0.0, 3.0]]), "a": 3.0, "b": 4.0, "n": 3,
        "x": FIVE, "w_k": 7.0, r"\hat y": 5.0, "i": range(1, 4), "j": range(1, 3), "I": (1, 3), "I_j": 9.0,
        "J": {1: (1, 2), 2: (3,)}, "E": ((1, 2), (2, 3)), "m": {0: 10.0, 1: 20.0}, "f": lambda z: z**2 + 1,
        r"\sigma^2": 0.25, "I_n": np.eye(2), "y": np.array([2, 1, 1]), "w^*": np.array([8.0, 9.0]),
        "L": Defined(lambda get: float(get("w") @ get("w") + get("s") * get("a"))),
        "s": Defined(lambda get: get("a") ** 2), "g": Function(lambda get, z: get("a") * z),
        r"\mathbb{E}": Distribution({"Z": [1.0, 2.0, 6.0]}, [0.5, 0.25, 0.25]),
        r"\operatorname{Var}": Distribution({"Z": [1.0, 2.0, 6.0]}, [0.5, 0.25, 0.25], variance=True),
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("latex", "value"),
    [
        (r"1 + 2 \cdot 3 - 4 / 2", 5),
        (r"-2^2", -4),
        (r"2.5 a", 7.5),
        (r"\frac12 + \tfrac{a}{4} + \frac a4", 2),
        (r"\sqrt{b} \times \sqrt b", 4),
        (r"\left(a + b\right)(a - b)", -7),
        (r"a^{b - 2}", 9),
        (r"w^\top v", -1),
        (r"w \cdot v", -1),
        (r"v^\top A w", 2 * 2 - 1 - 9),
        (r"\sum_j w_j v_j", -1),
        (r"\sum_{i=1}^{n} X_{i2} + 1", 8.5),
        (r"\sum_{i=1}^n \sum_{j=1}^{2} X_{i,j}", 10.5),
        (r"\sum_{ij} X_{ij}", 10.5),
        (r"\sum_{i,j} X_{ij}", 10.5),
        (r"\sum_{i \in I} x_i", 2.5),
        (r"\sum_{i \in J_2} x_i", 2.0),
        (r"\sum_{(i,j) \in E} x_i x_j", -2.5),
        (r"\sum_{i \ne 2} x_i", 2.5),
        (r"\sum_{i<k} x_i", -0.5),
        (r"\prod_{i=1}^{3} x_i", -1),
        (r"\max_i x_i - \min_{i} x_i", 3),
        (r"\max(a, b) + \min(a, b, 1)", 5),
        (r"w_k", 7),
        (r"I_j", 9),
        (r"\hat{y} + \hat y", 10),
        (r"w_2^* + w^*_1", 17),
        (r"w_1^2", 4),
        (r"\sigma^2", 0.25),
        (r"x_{n+1} + x_{y_1}", 3),
        (r"m_{y_2 - 1} + m_1", 30),
        (r"\log e^a + \ln \exp(b)", 7),
        (r"\cos\pi \sin 0", 0),
        (r"\tanh(a)", math.tanh(3)),
        (r"\sigma(0)", 0.5),
        (r"f(a) + f(1)^2", 14),
        (r"g(2)", 6),
        (r"\|v\|^2 + \|v\|_1 + \|X\|_F^2 - \|X\|_F^2", 14),
        (r"|a - b| |{-2}| + |I|", 4),
        (r"|A|", 6),
        (r"\operatorname{sign}(-a) + \operatorname{tr}(A)", 4),
        (r"\mathbb{1}[a < b] + \mathbf 1[a = b]", 1),
        (r"\delta_{1,2} + \delta_{2,2} + \delta(y_2, y_3)", 2),
        (r"\mathbb{E}[Z]^2", 6.25),
        (r"\mathbb E[Z^2] - \mathbb{E}[Z]^2 - \operatorname{Var}(Z)", 0),
        (r"\mathrm{Var}(a Z + 1) / \text{Var}(Z)", 9),
        (r"\frac{\partial L}{\partial w_1}", 4),
        (r"\frac{\partial L}{\partial a}", 27),
        (r"\frac{\partial L}{\partial s}", 3),
        (r"\frac{\partial}{\partial a} (a^2 b)", 24),
        (r"\frac{\partial^2 L}{\partial a^2}", 18),
        (r"\frac{\partial^2 (a^2 b)}{\partial a \partial b}", 6),
    ],
)
def test_values(latex: str, value: float) -> None:
    assert evaluate(latex, environment(k=3)) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("latex", "value"),
    [
        (r"X w", X @ W),
        (r"X^\top X", X.T @ X),
        (r"w v^\top", np.outer(W, [1, 3])),
        (r"w^\top A", (W @ [[2, 1], [0, 3]])[None]),
        (r"A^{-1} A", np.eye(2)),
        (r"(X^\top X)^{1/2} (X^\top X)^{1/2}", X.T @ X),
        (r"w \odot v", W * [1, 3]),
        (r"X_2", X[1]),
        (r"\sum_i X_i X_i^\top", X.T @ X),
        (r"\operatorname{diag}(w) v", W * [1, 3]),
        (r"\nabla_w L", 2 * W),
        (r"\nabla_{w}^2 L", 2 * np.eye(2)),
        (r"\nabla_w (X w)", X),
        (r"2 w - \frac{w}{2}", 1.5 * W),
    ],
)
def test_arrays(latex: str, value: np.ndarray[Any, Any]) -> None:
    found = evaluate(latex, environment())
    assert np.shape(found) == np.shape(value)
    assert np.allclose(found, value, atol=1e-6)


@pytest.mark.parametrize(
    ("latex", "true"),
    [
        (r"w_j = w_j", True),
        (r"w_j = 2", False),
        (r"a = 3 = b - 1", True),
        (r"a = 3 = b", False),
        (r"a < b \le 4 \ge 3 > 2", True),
        (r"b < 4", False),
        (r"a \ne b", True),
        (r"\pi \approx 3.14", True),
        (r"\pi \approx 3.2", False),
        (r"a = 3.00001", False),
        (r"X^\top X \succeq 0", True),
        (r"-X^\top X \succeq 0", False),
        (r"\sum_j w_j^2 = \|w\|^2", True),
        (r"X_{ij} = X_{ij}^2", False),
    ],
)
def test_statements(latex: str, true: bool) -> None:
    assert holds(latex, environment()) is true


def test_free_indices_are_tried_one_by_one() -> None:
    found = check(r"X_{ij} \ge 0.5", environment())
    assert [comparison.indices for comparison in found if not comparison.holds] == [{"i": 3, "j": 1}]
    assert len(found) == 6


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        ("", "position 0: 'the end' found"),
        ("a", "position 0: no relation"),
        ("a =", "position 3: 'the end' found"),
        ("(a + 3", "position 6: expected"),
        ("a) = 3", r"position 1: '\)' not understood"),
        (r"\frac{1}{2 = 3", "position 11: expected }"),
        ("a + = 3", "position 4: '=' found where a value should begin"),
        ("a^ = 3", "position 3: "),
        ("w_", "position 2: nothing after '_'"),
        ("q_1 = 3", "position 0: unknown name 'q_1'"),
        (r"\foo a = 3", "position 0: unknown name"),
        ("w_3 = 1", "no entry"),
        ("w_{a/2} = 1", "position 4: '/' found"),
        (r"x_{\frac{a}{2}} = 1", "is no index"),
        ("X v X = 1", "cannot be evaluated"),
        ("w + X = 1", "do not add"),
        ("w = X", "sides of shapes"),
        ("f = 1", "both sides must be numbers"),
        (r"\|X\| = 1", "which norm"),
        ("1 / a b = 1", "ambiguous after '/'"),
        (r"\frac{\partial L}{\partial q} = 1", "position 27: unknown name 'q'"),
        (r"\frac{\partial^2 L}{\partial a} = 1", "as many variables"),
        (r"\nabla_w^3 L = 1", "only first and second"),
        (r"\mathbb{E}[\mathbb{E}[Z]] = 1", "expectation inside"),
        (r"\sum_{q} a = 1", "cannot be evaluated"),
        (r"\sum_{i=1} x_i = 1", "position 11: limits of"),
        (r"\sum_{i \le 2} x_i = 1", "limits of"),
        (r"\sum_i^3 x_i = 1", "limits of"),
        (r"\frac{1}{a - 3} = 1", "division by zero"),
        (r"\log 0 \le 1", "not finite"),
        ("a # b = 1", "'#' found where a value should begin"),
        ("a, b = 1", "',' not understood"),
        ("{a = 3", "expected }"),
        (r"a \Rightarrow b", "unknown name"),
    ],
)
def test_malformed(latex: str, message: str) -> None:
    with np.errstate(divide="ignore"), pytest.raises(LatexError, match=message):
        check(latex, environment())


def test_mutations_change_the_formula() -> None:
    latex = r"\hat w^\top x_{ij} - \tfrac12 \sum_{j} y_j = 3"
    found = dict(mutations(latex))
    assert r"- \tfrac" in found["doubled"]
    assert r"+ \tfrac" in next(changed for name, changed in found.items() if name.startswith("sign"))
    assert {name.split(" at ")[0] for name in found} == {
        "doubled", "sign", "digit up", "digit down", "transpose", "indices", "undecorated", "factor", r"\sum",
    }  # fmt: skip
    assert len(set(found.values())) == len(found)
