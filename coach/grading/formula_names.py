"""Which names of two formulas may stand for one another, and which indices may be left out. Pure."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from coach.grading.formula_values import is_whole, walk
from coach.grading.latex import Tree, names_of, renamed

RENAMINGS = 24
"""Most renamings tried for one pair."""
ALIASES = tuple(
    frozenset(group.split())
    for group in (
        r"p y~hat p~hat \pi q s \sigma",
        "m n N M B",
        r"L J E \ell C \mathcal{L} loss cost",
        r"w \theta W \beta w~hat \theta~hat",
        r"z s a o u x",
        r"\eta \alpha lr",
        r"T \tau t",
        r"d D",
        r"h a x z",
        r"\epsilon e eps",
        r"\mu m x~bar",
        r"f g h",
        r"\lambda \alpha C c",
        r"i j k l n t v c",
        r"b \beta",
        r"a \alpha",
        r"l \lambda",
        r"s \sigma",
        r"t \theta",
        r"g \gamma",
    )
)
"""Names that are written for the same thing often enough to be exchanged in a formula of few parts."""


def weight(trees: Sequence[Tree]) -> int:
    """How distinctive a formula is: its operations, and more for sums, functions and transposes."""
    worth = {
        "sum": 3,
        "prod": 3,
        "fn": 2,
        "T": 2,
        "deriv": 1,
        "norm": 2,
        "abs": 1,
        "pow": 1,
        "add": 1,
        "mul": 1,
        "neg": 1,
    }
    return sum(worth.get(node[0], 0) for tree in trees for node in walk(tree))


class Chain(NamedTuple):
    """A formula as read: members and the relations between them."""

    members: tuple[Tree, ...]
    relations: tuple[str, ...]

    def renamed(self, names: dict[str, str]) -> "Chain":
        return Chain(tuple(renamed(member, names) for member in self.members), self.relations)


def is_matrix(name: str) -> bool:
    return name[:1].isupper() or name.startswith((r"\Sigma", r"\Lambda", r"\Theta", r"\Phi", r"\Gamma"))


def renamings(said: Chain, wanted: Chain) -> Iterator[tuple[dict[str, str], bool]]:
    """Renamings under which sides of both formulas have the same names, none first; whether each is by convention.

    Two sides with different names cannot be equal (but for a name that cancels), which spares most of the work. Names
    that both formulas have keep their meaning: only names of one side only are exchanged.
    """
    mine, theirs = [free(tree) for tree in said.members], [free(tree) for tree in wanted.members]
    if len(mine) > 1 and len(theirs) > 1:
        mine.append(frozenset().union(*mine))
        theirs.append(frozenset().union(*theirs))
    if any(left == right for left in mine for right in theirs) or said.members[0] == wanted.members[0]:
        yield {}, True
    all_mine, all_theirs = frozenset().union(*mine), frozenset().union(*theirs)
    heft = weight(wanted.members)
    distinctive = heft >= 9 and len(all_theirs) >= 2
    if not distinctive and (len(all_theirs) < 2 or (not all_mine & all_theirs and heft < 4)):
        return
    variables = {
        name for chain in (said, wanted) for tree in chain.members for node in walk(tree) if node[0] == "deriv"
        for name in free(node[2])
    }  # fmt: skip
    seen: set[tuple[tuple[str, str], ...]] = set()
    for left, right in itertools.product(mine, theirs):
        sources, targets = sorted(left - right), sorted(right - left)
        if not 0 < len(sources) == len(targets) <= 3 or all_theirs & set(sources) or all_mine & set(targets):
            continue
        for order in itertools.permutations(targets):
            pairs = tuple(zip(sources, order, strict=True))
            if pairs in seen or len(seen) >= RENAMINGS:
                continue
            if all(_exchangeable(*pair, distinctive, variables) for pair in pairs):
                seen.add(pairs)
                yield dict(pairs), all(_exchangeable(*pair, False, variables) for pair in pairs)


def free(tree: Any) -> frozenset[str]:
    """The names of a tree that no sum binds, without the number of terms of a sum over everything."""
    if not isinstance(tree, tuple):
        return frozenset()
    if tree[:1] in (("sum",), ("prod",)) and len(tree) == 6:
        ends = frozenset() if is_whole(tree[2], tree[3]) else free(tree[2]) | free(tree[3])
        return (ends | free(tree[5])) - frozenset(tree[1])
    own = {tree[1]} - {"¦", "?", "e", "I"} if tree[:1] == ("sym",) else set()
    return frozenset(own).union(*(free(part) for part in tree))


def _exchangeable(mine: str, theirs: str, distinctive: bool, variables: set[str]) -> bool:
    plain = mine.split("_")[0], theirs.split("_")[0]
    if any(plain[0] in group and plain[1] in group for group in ALIASES):
        return True
    if not distinctive or mine in variables or theirs in variables:
        return False
    return is_matrix(mine) == is_matrix(theirs)


def stripped(said: Chain, wanted: Chain) -> Iterator[tuple[Chain, Chain]]:
    """Both formulas with the one free index dropped that only one of them writes: `p_i - y_i` for `p - y`."""

    def nodes_of(chain: Chain) -> list[Tree]:
        return [node for tree in chain.members for node in walk(tree)]

    def indices(chain: Chain) -> set[str]:
        nodes = nodes_of(chain)
        bound = {name for node in nodes if node[0] in ("sum", "prod") for name in node[1]}
        found = {part[1] for node in nodes if node[0] == "sym" for part in node[2] if part[:1] == ("sym",)}
        return found - bound

    bare = [any(node[0] == "sum" and not node[1] for node in nodes_of(chain)) for chain in (said, wanted)]
    if bare[0] != bare[1]:
        unbound = [Chain(tuple(map(_unbound, chain.members)), chain.relations) for chain in (said, wanted)]
        yield unbound[0], unbound[1]
    mine, theirs = indices(said), indices(wanted)
    for index in sorted(mine ^ theirs):
        chain = said if index in mine else wanted
        other = wanted if index in mine else said
        dropped = Chain(tuple(_without(tree, index) for tree in chain.members), chain.relations)
        if frozenset().union(*map(names_of, dropped.members)) & frozenset().union(*map(names_of, other.members)):
            yield (dropped, wanted) if index in mine else (said, dropped)


def _without(tree: Any, index: str) -> Any:
    if not isinstance(tree, tuple):
        return tree
    if tree[:1] == ("sym",):
        return ("sym", tree[1], tuple(_without(part, index) for part in tree[2] if part != ("sym", index, ())))
    return tuple(_without(part, index) for part in tree)


def _unbound(tree: Any) -> Any:
    """The tree with nameless sums: `sum of y` for `sum over i of y_i`."""
    if not isinstance(tree, tuple):
        return tree
    if tree[:1] == ("sum",) and is_whole(tree[2], tree[3]) and not tree[4]:
        body = tree[5]
        for name in tree[1]:
            body = _without(body, name)
        return ("sum", (), None, None, "", _unbound(body))
    return tuple(_unbound(part) for part in tree)
