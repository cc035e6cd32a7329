"""Whether two formulas say the same. Runs in a child process that can be ended (`formula.py`).

Both formulas are valued at the same seeded random points with mpmath's 30 digits: one difference refutes. What agrees
everywhere is put to SymPy, which expands the difference of the two; when it finds nothing left the equality is proved,
otherwise it stands on the points. Names keep their meaning across both formulas, so a sign or an index that is swapped
shows. Where a transpose or a norm occurs, names are tried as scalars, vectors and matrices until the shapes fit, and
products of matrices do not commute. What has no known value (`E[…]`, `softmax`, a derivative) is an unknown number that
depends on the values of its arguments only.

Nothing here evaluates text: `sympify`, `parse_expr`, `lambdify` and `eval` are never called.
"""

import itertools
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from coach.grading.formula_names import Chain, free, is_matrix, renamings, stripped, weight
from coach.grading.formula_values import (
    ELEMENTWISE,
    MATRIX,
    VECTOR,
    Points,
    Shape,
    ShapeError,
    Symbols,
    Types,
    Valuation,
    Value,
    walk,
)
from coach.grading.latex import Tree, UnreadableError, read

Near = Literal["sign", "factor", "slip"]

POINTS = ("one", "two", "signed", "diagonal")
"""The random points: two positive, one with negative numbers, one where indices of a Kronecker delta are the same."""
TYPINGS = 300
"""Most readings of names as scalars, vectors and matrices."""
PROVED = 120
"""Most operations of a difference that SymPy is asked to expand."""


class Verdict(NamedTuple):
    """What came of one pair."""

    equal: bool | None
    why: str
    near: Near | None = None
    left: bool = False
    """Both say it of the same left-hand side."""


@lru_cache(maxsize=4096)
def _chain(latex: str) -> Chain | UnreadableError:
    try:
        return Chain(*read(latex))
    except UnreadableError as error:
        return error


def _typings(trees: Sequence[Tree]) -> Iterator[Types]:
    """Readings of the names as scalars, vectors and matrices, likely ones first."""
    nodes = [node for tree in trees for node in walk(tree)]
    turned = any(node[0] in ("T", "norm") or node[:3] in _SURE_MATRICES for node in nodes)
    names = sorted({f"{node[1]}/{len(node[2])}" for node in nodes if node[0] == "sym"})
    fixed: dict[str, Shape] = {}
    for node in nodes:
        if node[0] in ("T", "norm") and node[1][0] == "sym":
            name = node[1][1]
            fixed[f"{name}/{len(node[1][2])}"] = MATRIX if is_matrix(name) else VECTOR
    if not turned:
        yield {}
    open_names = [name for name in names if name not in fixed and not name.startswith(("¦", "?"))]
    first: list[Shape] = [MATRIX if turned and is_matrix(name) and name.endswith("/0") else None for name in open_names]
    yield {**fixed, **dict(zip(open_names, first, strict=True))}
    if not turned and not any(node[0] in ("deriv", "dot", "had") or node == ("sym", "I", ()) for node in nodes):
        return
    start = dict(zip(open_names, first, strict=True))
    changes = (
        dict(zip(chosen, shapes, strict=True))
        for count in range(1, len(open_names) + 1)
        for chosen in itertools.combinations(open_names, count)
        for shapes in itertools.product(
            *(
                [each for each in (None, MATRIX if is_matrix(name) else VECTOR) if each != start[name]]
                for name in chosen
            )
        )
    )
    for change in itertools.islice(changes, TYPINGS):
        yield {**fixed, **start, **change}


_SURE_MATRICES = (("sym", r"\Sigma", ()), ("sym", r"\Lambda", ()))


def _as_vectors(left: Value, right: Value) -> tuple[Value, Value]:
    """Both sides, a lone 0 taking the shape of the other side."""
    if left.shape != right.shape and left.shape is None and left.data == 0:
        return right.map(lambda entry: entry * 0), right
    if left.shape != right.shape and right.shape is None and right.data == 0:
        return left, left.map(lambda entry: entry * 0)
    return left, right


class _Pair:
    """Two formulas under one reading of their names, valued at all points."""

    def __init__(self, said: Chain, wanted: Chain) -> None:
        self.said, self.wanted = said, wanted
        trees = (*said.members, *wanted.members)
        nodes = [node for tree in trees for node in walk(tree)]
        deltas = frozenset(
            part[1] for node in nodes if node[0] == "delta" for part in node[2] if part[:1] == ("sym",) and not part[2]
        )
        signed = any(node[0] in ("abs", "norm") or node[:2] in (("fn", "max"), ("fn", "sign")) for node in nodes)
        self.points = POINTS[: 3 if signed else 2] + (POINTS[3:] if deltas else ())
        fault: Exception | None = None
        for types in _typings(trees):
            try:
                self.values = [self._valued(point, types, deltas) for point in self.points]
            except ShapeError as error:
                fault = error
                continue
            self.types = types
            return
        raise UnreadableError(f"no reading of the names fits: {fault}")

    def _valued(self, point: str, types: Types, deltas: frozenset[str]) -> tuple[list[Value], list[Value]]:
        valued = Valuation(Points(point), types, diagonal=point == "diagonal", deltas=deltas)
        sides: list[list[Value]] = []
        for chain in (self.said, self.wanted):
            members = [valued(member) for member in chain.members]
            for place in range(len(members) - 1):
                members[place], members[place + 1] = _as_vectors(members[place], members[place + 1])
                if members[place].shape != members[place + 1].shape and chain.relations[place] in ("=", "~", "<="):
                    raise ShapeError(f"{members[place].shape} = {members[place + 1].shape}")
            sides.append(members)
        return sides[0], sides[1]

    def ratio(self, said: Callable[[list[Value]], Value], wanted: Callable[[list[Value]], Value]) -> Any:
        """The number that `said` is of `wanted` at every point; None when there is none, 0 when both are zero."""
        ratios: list[Any] = []
        for mine, theirs in self.values:
            left, right = said(mine), wanted(theirs)
            if left.shape != right.shape:
                return None
            for entry, other in zip(left.entries(), right.entries(), strict=True):
                small = abs(entry) < 1e-22, abs(other) < 1e-22
                if small[0] != small[1]:
                    return None
                if not small[0]:
                    ratios.append(entry / other)
        if not ratios:
            return 0
        first = ratios[0]
        same = all(abs(each - first) < 1e-18 * (1 + abs(first)) for each in ratios)
        return first if same and abs(getattr(first, "imag", 0)) < 1e-18 else None


def _member(place: int) -> Callable[[list[Value]], Value]:
    return lambda values: values[place]


def _difference(first: int, second: int) -> Callable[[list[Value]], Value]:
    return lambda values: values[first].zip(values[second], lambda mine, theirs: mine - theirs)


def _is_trivial(tree: Tree) -> bool:
    """Whether a side says nothing on its own: a number, a name, or a bare derivative or expectation of names."""
    if tree[0] in ("neg", "T"):
        return _is_trivial(tree[1])
    if tree[0] in ("num", "sym"):
        return True
    return tree[0] in ("deriv", "fn") and tree[1] not in ELEMENTWISE and weight([tree]) <= 4 and tree[1] not in _TELLING


_TELLING = frozenset({"O", "sigmoid", "relu", "softmax", r"\sigma", "max", "min", "sqrt", "diag", "det", "tr"})


def _names(tree: Tree) -> bool:
    """Whether a side is a name for the other: `w`, `L`, `J(w)`, `∂L/∂z`, `E[m]`."""
    if tree[0] == "fn":
        return tree[1] != "O" and tree[1] not in ELEMENTWISE and weight([tree]) <= 4
    return tree[0] != "num" and _is_trivial(tree)


def compare(said: str, wanted: str, *, up_to_constant: bool = False) -> Verdict:
    """Whether two LaTeX formulas are the same."""
    chains = []
    for side, latex in (("said", said), ("wanted", wanted)):
        chain = _chain(latex)
        if isinstance(chain, UnreadableError):
            return Verdict(None, f"{side} formula {latex!r} was not read: {chain}")
        chains.append(chain)
    best = Verdict(False, "other names")
    for pair, dropped in [
        ((chains[0], chains[1]), ""),
        *((pair, ", without the index") for pair in stripped(*chains)),
    ]:
        for names, likely in renamings(*pair):
            mine = pair[0].renamed(names) if names else pair[0]
            verdict = _matched(mine, pair[1], up_to_constant=up_to_constant)
            if verdict.equal:
                note = " with " + ", ".join(f"{a} for {b}" for a, b in names.items()) if names else ""
                return verdict._replace(why=verdict.why + note + dropped)
            if best.why == "other names" or (verdict.near and likely and not best.near):
                best = verdict
    return best


def _matched(said: Chain, wanted: Chain, *, up_to_constant: bool) -> Verdict:
    """The verdict under the names as they are."""
    if said == wanted:
        return Verdict(True, "written the same")
    try:
        pair = _Pair(said, wanted)
        return _judged(pair, up_to_constant=up_to_constant)
    except UnreadableError as error:
        return Verdict(None, f"could not be valued: {error}")
    except ShapeError as error:
        return Verdict(False, f"shapes differ: {error}")
    except (ZeroDivisionError, OverflowError, ValueError, TypeError, ArithmeticError) as error:
        return Verdict(None, f"could not be valued: {type(error).__name__}: {error}")


def _judged(pair: _Pair, *, up_to_constant: bool) -> Verdict:
    said, wanted = pair.said, pair.wanted
    loose = up_to_constant or ("~" in wanted.relations and wanted.relations[-1] == "~")
    if not said.relations and not wanted.relations:
        return _sides(pair, 0, 0, loose)
    if not said.relations:
        return _alone(pair, loose)
    if not wanted.relations:
        tried = [
            _sides(pair, place, 0, loose) for place in range(len(said.members)) if not _is_trivial(said.members[place])
        ]
        return _best(tried) or Verdict(False, "no side of the equation is the formula")
    return _equations(pair, loose)


def _best(verdicts: Sequence[Verdict]) -> Verdict | None:
    for verdict in verdicts:
        if verdict.equal:
            return verdict
    return next((verdict for verdict in verdicts if verdict.near), verdicts[-1] if verdicts else None)


def _alone(pair: _Pair, loose: bool) -> Verdict:
    """An expression against an equation: a side of it that has a name on the other side will do."""
    wanted = pair.wanted
    if not any(map(_names, wanted.members)) or _is_trivial(pair.said.members[0]):
        return Verdict(False, "one side of an equation is not the equation")
    places = [place for place in range(len(wanted.members)) if not _is_trivial(wanted.members[place])]
    tried = [
        _sides(pair, 0, place, loose) for place in reversed(places) if place == 0 or wanted.relations[place - 1] in "=~"
    ]
    return _best(tried) or Verdict(False, "the formula has no side that stands for it")


def _sides(pair: _Pair, mine: int, theirs: int, loose: bool) -> Verdict:
    """Whether a member of one chain is a member of the other."""
    ratio = pair.ratio(_member(mine), _member(theirs))
    if ratio is None:
        slip = _is_slip(pair.said.members[mine], pair.wanted.members[theirs])
        return Verdict(False, "the values differ", "slip" if slip else None)
    if ratio == 0 or abs(ratio - 1) < 1e-15:
        return Verdict(True, _proof(pair, pair.said.members[mine], pair.wanted.members[theirs]))
    if ratio.real > 0:
        text = f"{float(ratio.real):.6g}"
        if loose:
            return Verdict(True, f"the same up to the factor {text}")
        return Verdict(False, f"{text} times the formula", "factor")
    return Verdict(False, "the sign differs" if abs(ratio + 1) < 1e-15 else "sign and factor differ", "sign")


def _claims(chain: Chain) -> list[tuple[int, int, str]]:
    """Pairs of members with what is claimed of them: any two of a run of equals, the longest reach first; the rest."""
    equal = next((n for n, relation in enumerate(chain.relations) if relation not in ("=", "~")), len(chain.relations))
    found = [(first, second, "=") for second in range(equal, 0, -1) for first in range(second)]
    found += [(n, n + 1, relation) for n, relation in enumerate(chain.relations) if relation not in ("=", "~")]
    return found


_TURNED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<"}


def _equations(pair: _Pair, loose: bool) -> Verdict:
    said, wanted = pair.said, pair.wanted
    mine, theirs = _claims(said), _claims(wanted)
    main = [claim for claim in theirs if claim[2] == "="] or theirs
    table = [[_equation(pair, one, other, loose) for one in mine] for other in main]
    best = _best([verdict for row in table for verdict in row])
    if main == theirs and any(other[2] != "=" for other in main):
        kept = [_best(row) for row in table]
        best = next((verdict for verdict in kept if verdict is None or not verdict.equal), best)
    if best is None or not best.equal:
        return best or Verdict(False, "no relation in common")
    ends = said.members[-1], wanted.members[-1]
    if said.relations[-1] == wanted.relations[-1] and ends[0][0] == ends[1][0] == "num" and ends[0] != ends[1]:
        return Verdict(False, f"ends in {ends[0][1]}, not {ends[1][1]}", "slip" if best.left else None, best.left)
    if len(said.members) == len(wanted.members) > 2 and len(mine) == len(theirs):
        for one, other in zip(mine, theirs, strict=True):
            verdict = _equation(pair, one, other, loose)
            if not verdict.equal and verdict.near:
                return verdict
    return best


def _equation(pair: _Pair, mine: tuple[int, int, str], theirs: tuple[int, int, str], loose: bool) -> Verdict:
    (a, b, relation), (c, d, other) = mine, theirs
    said, wanted = pair.said.members, pair.wanted.members
    if (relation == "=") != (other == "="):
        return Verdict(False, "another relation")
    if relation not in ("=", *_TURNED) or other not in ("=", *_TURNED):
        same = relation == other and pair.ratio(_member(a), _member(c)) == pair.ratio(_member(b), _member(d)) == 1
        return Verdict(same, "both sides agree" if same else "another relation")
    left = pair.ratio(_member(a), _member(c))
    if left is not None and abs(left - 1) < 1e-15 and left != 0:
        verdict = _sides(pair, b, d, loose and relation == "=")._replace(left=True)
        if relation == other or not verdict.equal:
            return verdict
        return Verdict(False, f"{relation} beside {other}", "slip" if relation[0] != other[0] else None)
    ratio = pair.ratio(_difference(a, b), _difference(c, d))
    if relation == "=":
        if ratio is not None and ratio != 0:
            return Verdict(True, "the same equation, rearranged")
        if ratio == 0:
            return _sides(pair, b, d, loose)
        if _is_trivial(wanted[d]) or _is_trivial(said[b]):
            return Verdict(False, "another equation")
        if _names(said[a]) and _names(wanted[c]) and _same_kind(said[a], wanted[c]):
            verdict = _sides(pair, b, d, loose)
            return verdict._replace(near=None) if not verdict.equal else verdict
        if _names(said[b]) and not _names(said[a]) and _names(wanted[c]) and _same_kind(said[b], wanted[c]):
            return _sides(pair, a, d, loose)._replace(near=None)
        return Verdict(False, "another equation")
    turned = (ratio is not None and ratio != 0 and ratio.real < 0, relation[0] == other[0])
    if ratio is None or ratio == 0 or relation[1:] != other[1:]:
        return Verdict(False, "another inequality")
    if turned[0] != turned[1]:
        return Verdict(True, "the same inequality, rearranged")
    return Verdict(False, "the inequality points the other way", "slip")


def _same_kind(mine: Tree, theirs: Tree) -> bool:
    """Whether two names may stand for one thing: both plain, or derivatives by the same variable."""
    if mine[0] == theirs[0] == "deriv":
        return bool(mine[2:] == theirs[2:])
    if {mine[0], theirs[0]} - {"sym", "fn"}:
        return False
    heads = str(mine[1]), str(theirs[1])
    if mine[0] == theirs[0] == "sym":
        return heads[0] != heads[1]
    return all(head not in _MEANINGFUL for head in heads) and (mine[0] != theirs[0] or mine[2] == theirs[2])


_MEANINGFUL = frozenset("E P p H O N var cov det tr kl std max min rank dim D_KL softmax sigmoid".split()) | {r"\sigma"}


def _is_slip(said: Tree, wanted: Tree) -> bool:
    """Whether formulas of the same names, indices and sums differ in one or two signs, numbers, powers or places."""
    if free(said) != free(wanted) or _frames(said) != _frames(wanted):
        return False
    mine, theirs = (Counter(_leaves(tree)) for tree in (said, wanted))
    common = sum((mine & theirs).values())
    extra = max(sum((mine - theirs).values()), sum((theirs - mine).values()))
    return common >= 2 and extra <= 2


def _frames(tree: Tree) -> tuple[Any, ...]:
    """The sums, functions and indices of a tree, which people write in many ways."""
    nodes = list(walk(tree))
    sums = Counter(node[:5] for node in nodes if node[0] in ("sum", "prod") and len(node) == 6)
    applied = Counter(node[1] for node in nodes if node[0] in ("fn", "deriv") and node[1] != "exp")
    return sums, applied, Counter(str(part) for node in nodes if node[0] == "sym" for part in node[2])


def _leaves(tree: Any) -> Iterator[str]:
    """The signs, functions, names and numbers of a tree."""
    if tree[0] in ("num", "sym"):
        yield str(tree[1])
        if tree[0] == "sym":
            for part in tree[2]:
                yield from (f"_{leaf}" for leaf in _leaves(part))
        return
    if tree[0] == "pow" and tree[1] == ("sym", "e", ()):
        tree = ("fn", "exp", (tree[2],))
    if tree[0] == "fn":
        yield str(tree[1])
    elif tree[0] not in ("mul", "add", "dot"):
        yield f"norm {tree[2]}" if tree[0] == "norm" else str(tree[0])
    for part in tree[1:]:
        for inner in part if isinstance(part, tuple) and part and isinstance(part[0], tuple) else (part,):
            if isinstance(inner, tuple) and inner and isinstance(inner[0], str) and inner[0] in _KINDS:
                yield from _leaves(inner)


_KINDS = frozenset("num sym add mul dot had neg T abs floor pow fn norm sum prod deriv delta".split())


def _proof(pair: _Pair, said: Tree, wanted: Tree) -> str:
    """Why two members that agree at all points are equal: SymPy's proof, or the points alone."""
    digits = f"the same at {len(pair.points)} random points to 18 digits"
    if any(shape is not None for shape in pair.types.values()):
        return digits
    import sympy

    try:
        valued = Valuation(Symbols(), pair.types)
        difference = valued(said).data - valued(wanted).data
        if sympy.count_ops(difference) <= PROVED and sympy.expand_log(sympy.expand(difference), force=True) == 0:
            return "SymPy: the difference expands to 0"
    except (UnreadableError, ShapeError, TypeError, ValueError, AttributeError, ArithmeticError):
        return digits
    return digits


def serve() -> None:
    """Answers on standard output, one line of JSON for each pair of each line of standard input, until it closes."""
    import mpmath

    mpmath.mp.dps = 30
    limit_memory()
    for line in sys.stdin:
        for said, wanted, up_to_constant in json.loads(line):
            try:
                verdict = compare(said, wanted, up_to_constant=up_to_constant)
            except RecursionError:
                verdict = Verdict(None, "could not be valued: nested too deeply")
            sys.stdout.write(json.dumps(verdict) + "\n")
            sys.stdout.flush()


def limit_memory(gigabytes: float = 2.0) -> None:
    """Address space of this process capped, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = int(gigabytes * 2**30)
    with suppress(ValueError, OSError):  # macOS refuses limits below what is mapped already
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


if __name__ == "__main__":
    serve()
