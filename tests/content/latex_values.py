r"""What LaTeX names and signs stand for over NumPy values: arithmetic, comparison, derivatives, expectations.

See `latex_numpy` for the conventions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .latex_reader import Environment, LatexError, Node, Value, flat, tokens

STEP = 1e-4
EXACT, DIFFERENCED, ROUGH = 1e-6, 1e-4, 1e-2
FLOOR = 1e-2
NESTED = "inside an expectation"
RELATIONS = {"=": "=", r"\approx": "~", "<": "<", ">": ">", r"\ne": "!", r"\neq": "!", r"\succeq": "psd"}
RELATIONS |= {r"\le": "<=", r"\leq": "<=", r"\ge": ">=", r"\geq": ">="}
FUNCTIONS: dict[str, Callable[..., Value]] = {
    r"\log": np.log, r"\ln": np.log, r"\exp": np.exp, r"\tanh": np.tanh, r"\sin": np.sin, r"\cos": np.cos,
    r"\arccos": np.arccos, r"\det": np.linalg.det, "sign": np.sign, "tr": np.trace, "diag": np.diag,
    r"\sigma": lambda value: 1 / (1 + np.exp(-value)), r"\delta": lambda left, right: float(left == right),
    r"\max": lambda *values: np.maximum.reduce(values), r"\min": lambda *values: np.minimum.reduce(values),
}  # fmt: skip
CONSTANTS = {"e": np.e, r"\pi": np.pi}


@dataclass(frozen=True)
class Defined:
    """A quantity computed from others, which it asks for by name: derivatives see through it."""

    formula: Callable[[Callable[[str], Value]], Value]


@dataclass(frozen=True)
class Function:
    """Like `Defined`, with arguments after the look-up."""

    formula: Callable[..., Value]


@dataclass(frozen=True)
class Distribution:
    """Finitely many outcomes of random variables; its name followed by a bracket is the mean, or the variance."""

    outcomes: Mapping[str, Sequence[Value]]
    weights: Sequence[float]
    variance: bool = False


def lookup(environment: Environment, name: str) -> Value:
    """The value of `name`, computed if it is defined by others."""
    entry = environment[flat(tokens(name))]

    def ask(other: str) -> Value:
        return lookup(environment, other)

    if isinstance(entry, Defined):
        return entry.formula(ask)
    return (lambda *arguments: entry.formula(ask, *arguments)) if isinstance(entry, Function) else entry


def compare(left: Value, relation: str, right: Value, tolerance: float) -> bool:
    """Whether the relation is true up to a relative tolerance; of arrays, for each entry."""
    if not all(isinstance(side, int | float | np.ndarray | np.generic) for side in (left, right)):
        raise LatexError(0, "both sides must be numbers or arrays")
    if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
        raise LatexError(0, "a side is not finite")
    if np.ndim(left) and np.ndim(right) and np.shape(left) != np.shape(right):
        raise LatexError(0, f"sides of shapes {np.shape(left)} and {np.shape(right)}")
    difference = np.asarray(left, dtype=float) - np.asarray(right, dtype=float)
    scale = max(float(np.max(np.abs(left))), float(np.max(np.abs(right))), FLOOR)
    margin = scale * (ROUGH if relation == "~" else tolerance)
    if relation in ("=", "~", "!"):
        return bool(np.all(np.abs(difference) <= margin)) == (relation != "!")
    if relation == "psd":
        matrix = difference if difference.ndim == 2 else np.asarray(left, dtype=float)
        return bool(np.allclose(matrix, matrix.T) and np.linalg.eigvalsh(matrix).min() >= -margin)
    signed = difference if relation[0] == "<" else -difference
    return bool(np.all(signed <= margin) if "=" in relation else np.all(signed < 0))


def multiply(left: Value, right: Value) -> Value:
    """Product of scalars, or of arrays as matrices, one-dimensional ones being columns."""
    if not np.ndim(left) or not np.ndim(right):
        return left * right
    first, second = (value.reshape(-1, 1) if np.ndim(value) == 1 else value for value in (left, right))
    result = first @ second
    return result.item() if result.size == 1 else result.ravel() if result.shape[1] == 1 else result


def transpose(value: Value) -> Value:
    """A column becomes a row of shape (1, n) and back; matrices are transposed; scalars stay."""
    if np.ndim(value) == 1:
        return value.reshape(1, -1)
    return value.ravel() if np.ndim(value) == 2 and value.shape[0] == 1 else np.transpose(value)


def power(base: Value, exponent: Value) -> Value:
    """Matrix power of square matrices (symmetric for fractions), element by element otherwise."""
    if np.ndim(base) == 2:
        if float(exponent).is_integer():
            return np.linalg.matrix_power(base, int(exponent))
        values, vectors = np.linalg.eigh(base)
        return (vectors * values**exponent) @ vectors.T
    return np.power(np.asarray(base, dtype=float), exponent)[()]


def add(left: Value, right: Value) -> Value:
    """Sum of equal shapes, or with a scalar."""
    if np.ndim(left) and np.ndim(right) and np.shape(left) != np.shape(right):
        raise ValueError(f"shapes {np.shape(left)} and {np.shape(right)} do not add")
    return left + right


def norm(value: Value, order: str) -> float:
    """Euclidean norm of vectors unless told, Frobenius norm of matrices only if told."""
    entries = np.asarray(value, dtype=float)
    if entries.ndim == 2 and 1 not in entries.shape and order != "F":
        raise ValueError("say which norm of a matrix")
    return float(np.linalg.norm(entries.ravel(), 1 if order == "1" else 2))


def magnitude(value: Value) -> Value:
    """Absolute value, size of an index set, or determinant."""
    if isinstance(value, tuple | range):
        return len(value)
    return float(np.linalg.det(value)) if np.ndim(value) == 2 else np.abs(value)


def integer(value: Value) -> int:
    """An index."""
    if np.ndim(value) or not float(value).is_integer():
        raise ValueError(f"{value} is no index")
    return int(value)


def pick(value: Value, indices: tuple[int, ...]) -> Value:
    """Entry of a table by its key, or of an array, counted from 1."""
    if isinstance(value, Mapping):
        return value[indices[0] if len(indices) == 1 else indices]
    if np.ndim(value) < len(indices) or any(not 1 <= i <= size for i, size in zip(indices, value.shape, strict=False)):
        raise ValueError(f"no entry {indices} in shape {np.shape(value)}")
    return value[tuple(i - 1 for i in indices)]


def differentiate(body: Node, name: str, indices: Sequence[Node]) -> Node:
    """Central differences of `body` in one variable or one entry of it: shape of the body, then of the variable."""

    def derivative(environment: Environment) -> Value:
        start = np.array(lookup(environment, name), dtype=float)
        place = tuple(integer(index(environment)) - 1 for index in indices)
        slopes = []
        for rest in np.ndindex(start[place].shape):
            shift = np.zeros_like(start)
            shift[place + rest] = STEP
            above, below = (body({**environment, name: moved[()]}) for moved in (start + shift, start - shift))
            slopes.append((np.asarray(above) - np.asarray(below)) / (2 * STEP))
        stacked = np.stack(slopes, axis=-1)
        return stacked.reshape(stacked.shape[:-1] + start[place].shape)[()]

    return derivative


def expectation(distribution: Distribution, body: Node) -> Node:
    """Mean or variance of `body` over the outcomes."""

    def mean(environment: Environment) -> Value:
        if NESTED in environment:
            raise LatexError(0, "an expectation inside an expectation")
        outcomes = {flat(tokens(name)): values for name, values in distribution.outcomes.items()}
        total, squares = 0.0, 0.0
        for number, weight in enumerate(distribution.weights):
            drawn = {name: values[number] for name, values in outcomes.items()}
            value = body({**environment, **drawn, NESTED: True})
            total, squares = total + weight * value, squares + weight * value**2
        return squares - total**2 if distribution.variance else total

    return mean


def product(left: Node, sign: str, right: Node) -> Node:
    """The product of two nodes as its sign says; juxtaposition has none."""

    def result(environment: Environment) -> Value:
        first, second = left(environment), right(environment)
        if sign in ("/", r"\odot"):
            if np.ndim(first) and np.ndim(second) and np.shape(first) != np.shape(second):
                raise ValueError(f"shapes {np.shape(first)} and {np.shape(second)} differ")
            return first / second if sign == "/" else first * second
        if sign == r"\cdot" and np.ndim(first) == np.ndim(second) == 1:
            return float(first @ second)
        return multiply(first, second)

    return result


def indexed(node: Node, indices: list[Node]) -> Node:
    """Entry of a node's value."""
    return lambda environment: pick(node(environment), tuple(integer(index(environment)) for index in indices))
