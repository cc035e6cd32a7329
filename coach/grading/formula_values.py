"""The value of a formula at a point: random numbers for names (mpmath), or SymPy's symbols. Nothing evaluates text."""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from coach.grading.latex import Tree, UnreadableError, names_of

SIZE = 3
"""Length of vectors, side of matrices and number of terms of a sum at the random points."""
WORK = 20_000
"""Most operations of one valuation."""
LARGEST = 400
"""Largest exponent in absolute value."""


class ShapeError(ValueError):
    """Vectors and matrices that do not fit one another, as read so far."""


class Points:
    """Random numbers for names, and the functions of mpmath."""

    exact = False

    def __init__(self, seed: str) -> None:
        import mpmath

        self.mp = mpmath
        self.seed = seed

    def number(self, text: str) -> Any:
        return self.mp.mpf(text)

    def unknown(self, key: str) -> Any:
        digest = hashlib.sha256(f"{self.seed}|{key}".encode()).digest()
        value = self.mp.mpf(int.from_bytes(digest[:8], "big")) / 2**64 * 0.8 + 0.1
        return -value if self.seed == "signed" and digest[8] % 2 else value

    def key(self, value: Any) -> str:
        if isinstance(value, int):
            return str(value)
        return str(self.mp.nstr(self.mp.mpmathify(value), 12))

    def power(self, base: Any, exponent: Any) -> Any:
        if abs(self.mp.mpmathify(exponent)) > LARGEST or abs(self.mp.mpmathify(base)) > 1e40:
            raise UnreadableError("a power too large to be valued")
        return self.mp.power(base, exponent)

    def apply(self, name: str, value: Any) -> Any:
        mp = self.mp
        if name == "exp" and abs(mp.mpmathify(value)) > 1e4:
            raise UnreadableError("an exponential too large to be valued")
        if name == "log" and value == 0:
            raise UnreadableError("log of zero")
        known: Mapping[str, Callable[[Any], Any]] = {
            "exp": mp.exp, "log": mp.log, "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "sinh": mp.sinh,
            "cosh": mp.cosh, "tanh": mp.tanh, "abs": abs, "sign": mp.sign,
        }  # fmt: skip
        return known[name](value)


class Symbols:
    """SymPy's symbols for names, and its functions."""

    exact = True

    def __init__(self) -> None:
        import sympy

        self.sp = sympy

    def number(self, text: str) -> Any:
        return self.sp.Rational(text)

    def unknown(self, key: str) -> Any:
        return self.sp.Symbol(key, positive=True)

    def key(self, value: Any) -> str:
        return str(value) if isinstance(value, int) else str(self.sp.srepr(self.sp.expand(value)))

    def power(self, base: Any, exponent: Any) -> Any:
        if exponent.is_number and abs(exponent) > 12:
            raise UnreadableError("a power too large to be expanded")
        return self.sp.Pow(base, exponent)

    def apply(self, name: str, value: Any) -> Any:
        sp = self.sp
        known = {"abs": sp.Abs} | {each: getattr(sp, each) for each in ELEMENTWISE if each != "abs"}
        return known[name](value)


ELEMENTWISE = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs", "sign")
Shape = tuple[int, int] | None
"""Rows and columns; None for a scalar."""
Types = Mapping[str, Shape]
VECTOR: Shape = (SIZE, 1)
MATRIX: Shape = (SIZE, SIZE)


class Value(NamedTuple):
    """A scalar, or the rows of a matrix."""

    shape: Shape
    data: Any

    def map(self, function: Callable[[Any], Any]) -> "Value":
        if self.shape is None:
            return Value(None, function(self.data))
        return Value(self.shape, tuple(tuple(function(entry) for entry in row) for row in self.data))

    def zip(self, other: "Value", function: Callable[[Any, Any], Any]) -> "Value":
        if self.shape != other.shape:
            raise ShapeError(f"{self.shape} beside {other.shape}")
        if self.shape is None:
            return Value(None, function(self.data, other.data))
        rows = zip(self.data, other.data, strict=True)
        return Value(self.shape, tuple(tuple(map(function, mine, theirs)) for mine, theirs in rows))

    def entries(self) -> list[Any]:
        return [self.data] if self.shape is None else [entry for row in self.data for entry in row]


class Valuation:
    """The value of trees at one point, names being scalars, vectors or matrices as `types` says."""

    def __init__(
        self, field: Any, types: Types, *, diagonal: bool = False, deltas: frozenset[str] = frozenset()
    ) -> None:
        self.field = field
        self.types = types
        self.deltas = deltas if diagonal else frozenset()
        self.work = 0

    def __call__(self, tree: Tree, bound: Mapping[str, int] | None = None) -> Value:
        self.work += 1
        if self.work > WORK:
            raise UnreadableError("too many operations")
        rule: Callable[[Tree, Mapping[str, int]], Value] = getattr(self, f"_{tree[0]}")
        return rule(tree, bound or {})

    def key(self, value: Value) -> str:
        return " ".join(self.field.key(entry) for entry in value.entries())

    def leaf(self, key: str, shape: Shape) -> Value:
        if shape is None:
            return Value(None, self.field.unknown(key))
        rows, columns = shape
        return Value(
            shape,
            tuple(
                tuple(self.field.unknown(f"{key}@{row},{column}") for column in range(columns)) for row in range(rows)
            ),
        )

    def scalar(self, number: int) -> Value:
        return Value(None, self.field.number(str(number)))

    def _num(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        return Value(None, self.field.number(tree[1]))

    def _sym(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        _, name, indices = tree
        if name in bound and not indices:
            return self.scalar(bound[name])
        if name in self.deltas and not indices:
            return self.scalar(2)
        shape = self.types.get(f"{name}/{len(indices)}")
        if name == r"\pi" and not indices and shape is None and self.types.get("\\pi is a number"):
            return Value(None, self.field.number("3.14159265358979"))
        if name in ("e", r"\mathrm{e}") and not indices and self.types.get("e is a number"):
            return self.leaf("e", None)
        if name == "I" and not indices and shape == MATRIX:
            return self.identity()
        keys = ",".join(self.key(self(index, bound)) for index in indices)
        return self.leaf(f"{name}_{keys}", shape)

    def identity(self) -> Value:
        side = range(SIZE)
        return Value(MATRIX, tuple(tuple(self.scalar(int(row == column)).data for column in side) for row in side))

    def _add(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        values = [self(part, bound) for part in tree[1] if part != ("num", "0")] or [self.scalar(0)]
        total = values[0]
        for value in values[1:]:
            total = total.zip(value, lambda mine, theirs: mine + theirs)
        return total

    def _neg(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        return self(tree[1], bound).map(lambda entry: -entry)

    def times(self, left: Value, right: Value) -> Value:
        if left.shape is None:
            return right.map(lambda entry: left.data * entry)
        if right.shape is None:
            return left.map(lambda entry: entry * right.data)
        if left.shape[1] != right.shape[0]:
            raise ShapeError(f"{left.shape} times {right.shape}")
        columns = list(zip(*right.data, strict=True))
        data = tuple(
            tuple(sum((a * b for a, b in zip(row, column, strict=True)), start=0) for column in columns)
            for row in left.data
        )
        shape = (left.shape[0], right.shape[1])
        return Value(None, data[0][0]) if shape == (1, 1) else Value(shape, data)

    def _mul(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        total = self(tree[1][0], bound)
        for part in tree[1][1:]:
            total = self.times(total, self(part, bound))
        return total

    def _dot(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        left, right = (self(part, bound) for part in tree[1])
        return self.times(self.turned(left), right) if left.shape == right.shape == VECTOR else self.times(left, right)

    def _had(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        left, right = (self(part, bound) for part in tree[1])
        if left.shape is None or right.shape is None:
            return self.times(left, right)
        return left.zip(right, lambda mine, theirs: mine * theirs)

    def turned(self, value: Value) -> Value:
        if value.shape is None:
            return value
        return Value((value.shape[1], value.shape[0]), tuple(zip(*value.data, strict=True)))

    def _T(self, tree: Tree, bound: Mapping[str, int]) -> Value:  # noqa: N802
        return self.turned(self(tree[1], bound))

    def _pow(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        exponent = self(tree[2], bound)
        if tree[1] in (("sym", "e", ()), ("sym", r"\mathrm{e}", ())) and exponent.shape is None:
            return Value(None, self.field.apply("exp", exponent.data))
        base = self(tree[1], bound)
        if exponent.shape is not None:
            raise ShapeError("a matrix in an exponent")
        if base.shape is None:
            if base.data == 0 and not (self.field.exact or self.field.mp.re(exponent.data) > 0):
                raise UnreadableError("a division by zero")
            return Value(None, self.field.power(base.data, exponent.data))
        if base.shape != MATRIX:
            raise ShapeError("a power of a vector")
        if exponent.data == -1:
            return self.inverse(base)
        if exponent.data == 2:
            return self.times(base, base)
        return self.leaf(f"power {self.key(base)} {self.key(exponent)}", MATRIX)

    def inverse(self, value: Value) -> Value:
        (a, b, c), (d, e, f), (g, h, i) = value.data
        minors = (e * i - f * h, f * g - d * i, d * h - e * g)
        determinant = a * minors[0] + b * minors[1] + c * minors[2]
        if determinant == 0 or (not self.field.exact and abs(determinant) < 1e-20):
            raise UnreadableError("a matrix without an inverse")
        adjugate = (
            (minors[0], c * h - b * i, b * f - c * e),
            (minors[1], a * i - c * g, c * d - a * f),
            (minors[2], b * g - a * h, a * e - b * d),
        )
        return Value(MATRIX, adjugate).map(lambda entry: entry / determinant)

    def _abs(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        value = self(tree[1], bound)
        if value.shape is not None:
            return self.leaf(f"size {self.key(value)}", None)
        return Value(None, self.field.apply("abs", value.data))

    def _norm(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        value = self(tree[1], bound)
        sizes = value.map(lambda entry: self.field.apply("abs", entry)).entries()
        if tree[2] == "1" and value.shape:
            return Value(None, sum(sizes, start=0))
        if tree[2] not in ("2", "F"):
            return self.leaf(f"norm {tree[2]} {self.key(value)}", None)
        if value.shape is None:
            return Value(None, sizes[0])
        total = sum((entry * entry for entry in value.entries()), start=0)
        return Value(None, self.field.power(total, self.field.number("1") / 2))

    def _sum(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        _, names, low, high, domain, body = tree
        names = names or ("?",)
        if len(names) > 3:
            raise UnreadableError("a sum over more than three names")
        full = not domain and is_whole(low, high)
        tag = "" if full else f"{domain} from {self.ends(low, bound)} to {self.ends(high, bound)}"
        size = high[1] if full and high and high[0] == "sym" and not high[2] else ""
        total: Value | None = None
        for places in itertools.product(range(1, SIZE + 1), repeat=len(names)):
            inner = dict(bound) | dict(zip(names, places, strict=True))
            if size and size not in inner and size in names_of(body):
                inner[size] = SIZE
            value = self(body, inner)
            if tag:
                value = self.times(self.leaf(f"{tag} at {places}", None), value)
            if total is None:
                total = value
            elif tree[0] == "prod":
                total = self.times(total, value)
            else:
                total = total.zip(value, lambda mine, theirs: mine + theirs)
        assert total is not None
        return total

    _prod = _sum

    def ends(self, end: Tree | None, bound: Mapping[str, int]) -> str:
        return "" if end is None else self.key(self(end, bound))

    def _deriv(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        _, function, variable, order = tree
        wrt = self(variable, bound) if variable != ("sym", "?", ()) else Value(VECTOR, ((0,),) * SIZE)
        what = self(function, bound)
        shape: Shape = wrt.shape if order == 1 else MATRIX if wrt.shape == VECTOR else None
        if what.shape is not None:
            shape = MATRIX if wrt.shape is not None else what.shape
        return self.leaf(f"derivative {order} of {self.key(what)} by {self.key(wrt)}", shape)

    def _delta(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        first, second = (self(part, bound) for part in tree[2])
        if tree[1] == "=":
            return self.scalar(int(self.key(first) == self.key(second)))
        if tree[1] == "!=":
            return self.scalar(int(self.key(first) != self.key(second)))
        return self.leaf(f"whether {self.key(first)} {tree[1]} {self.key(second)}", None)

    def _fn(self, tree: Tree, bound: Mapping[str, int]) -> Value:
        _, name, args = tree
        values = [self(part, bound) for part in args]
        if name in ("sigmoid", r"\sigma") and len(values) == 1:
            one = self.field.number("1")
            return values[0].map(lambda entry: one / (one + self.field.apply("exp", -entry)))
        if name == "log" and len(values) == 2:
            base, value = values
            return self.times(
                Value(None, 1 / self.field.apply("log", base.data)),
                value.map(lambda entry: self.field.apply("log", entry)),
            )
        if name == "exp" and len(values) == 1 and values[0].shape is None:
            return Value(None, self.field.apply("exp", values[0].data))
        if name in ELEMENTWISE and len(values) == 1:
            return values[0].map(lambda entry: self.field.apply(name, entry))
        if name == "sqrt" and len(values) == 1:
            return values[0].map(lambda entry: self.field.power(entry, self.field.number("1") / 2))
        if name == "tr" and len(values) == 1 and values[0].shape == MATRIX:
            return Value(None, sum((values[0].data[place][place] for place in range(SIZE)), start=0))
        if name in ("max", "min"):
            values.sort(key=self.key)
        if name == "diag" and values[0].shape == VECTOR:
            column = [row[0] for row in values[0].data]
            side = range(SIZE)
            return Value(MATRIX, tuple(tuple(column[r] if r == c else 0 * column[r] for c in side) for r in side))
        shape = None if name in _SCALAR_FUNCTIONS else next((value.shape for value in values if value.shape), None)
        return self.leaf(f"{name} of {' ; '.join(map(self.key, values))}", shape)


_SCALAR_FUNCTIONS = frozenset("det var O p P H N kl rank dim max min L J f cosine".split()) | {"ℓ", r"\ell"}


def is_whole(low: Tree | None, high: Tree | None) -> bool:
    """Whether bounds say no more than "all of them": 1 to n, or 0 to n - 1."""
    if low is None or high is None:
        return low is high
    last = ("neg", ("num", "1"))
    zero_based = high[0] == "add" and high[1][1:] == (last,) and high[1][0][0] == "sym"
    return (low == ("num", "1") and high[0] == "sym") or (low == ("num", "0") and zero_based)


def walk(tree: Any) -> Iterator[Tree]:
    if isinstance(tree, tuple):
        if tree and isinstance(tree[0], str):
            yield tree
        for part in tree:
            yield from walk(part)
