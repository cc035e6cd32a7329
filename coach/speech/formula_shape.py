"""What a part of a formula is: a factor, a function, a number, a sum. Pure."""

from collections.abc import Sequence

from coach.speech.formula_tree import Accent, Fenced, Fraction, Group, Node, Root, Script, Sign, Word
from coach.speech.formula_words import FUNCTIONS, GREEK_SIGNS, LIMITS, NAMED, OPERATORS, RELATIONS

_CALLED = set("fghkpqrdPQFGHJLVAIDKTONUSRE") | {"phi", "psi", "pi", "Phi", "sigma", "ell", "epsilon", "Omega", "Theta"}
"""Letters before a bracket that are mostly functions; before others the bracket is a factor."""
_SCALARS = {"gamma", "eta", "lambda", "alpha", "rho", "tau"}


def spread(items: Sequence[Node]) -> list[Node]:
    """The items of groups within groups, as one row."""
    out: list[Node] = []
    for one in items:
        out += spread(one.items) if isinstance(one, Group) else [one]
    return out


def only(body: Group) -> Node | None:
    items = spread(body.items)
    return items[0] if len(items) == 1 else None


def mark_of(node: Node) -> str | None:
    """The sign that a node is, or stands on; the words of `\\text`."""
    if isinstance(node, Script):
        return mark_of(node.base)
    return node.text if isinstance(node, Sign | Word) else None


def operator(node: Node) -> str:
    """The name of an operator: log, Var, expectation, sum; empty for other things."""
    if isinstance(node, Accent) and node.name == "mathbb":
        return {"E": "expectation", "1": "indicator"}.get(mark_of(only(node.body) or Group(())) or "", "")
    if isinstance(node, Group) and (inner := only(node)) is not None:
        return operator(inner)
    if isinstance(node, Word):
        return "".join(node.text.split()).replace("\\,", "")
    if isinstance(node, Sign) and node.text.startswith("\\"):
        return node.text[1:]
    return ""


def is_bracket(node: Node) -> bool:
    inner = node.base if isinstance(node, Script) else node
    return isinstance(inner, Fenced) and inner.left in ("(", "[", "{")


def calls(node: Node) -> bool:
    """Whether a bracket after this holds an argument."""
    if isinstance(node, Script):
        return calls(node.base)
    if isinstance(node, Accent | Group):
        inner = only(node.body if isinstance(node, Accent) else node)
        return inner is not None and calls(inner)
    if isinstance(node, Word):
        return True
    if not isinstance(node, Sign):
        return False
    name = node.text.removeprefix("\\")
    name = GREEK_SIGNS.get(name, name)
    return name in FUNCTIONS or name in _CALLED


def multiplies(previous: Node, bracket: Node) -> bool:
    """Whether p(1-p) and p^k(1-p) are meant, where the letter is no function after all."""
    if isinstance(previous, Script) and previous.above is not None:
        marks = [mark_of(one) for one in spread(previous.above.items)]
        if any(
            mark != "\\prime" and mark not in ("*", "\\ast", "\\star", "\\pi") for mark in marks if mark is not None
        ):
            return True
    letter, inner = mark_of(previous), bracket.base if isinstance(bracket, Script) else bracket
    if letter is None or not isinstance(inner, Fenced) or not is_compound(inner.body):
        return False
    items = spread(inner.body.items)
    return letter in [mark_of(one) for one in items] and mark_of(items[0]) in {letter, "1"} and letter not in "fgL"


def is_prefix(node: Node) -> bool:
    """Whether this is said before something: a sum, a gradient, an expectation."""
    base = node.base if isinstance(node, Script) else node
    name = operator(base)
    return name == "nabla" or (name in LIMITS and isinstance(base, Sign)) or name == "expectation"


def is_operand(node: Node) -> bool:
    """Whether something may be multiplied with what follows it."""
    if isinstance(node, Sign):
        if node.text in RELATIONS or node.text in OPERATORS or node.text in (",", ";", ":", "|", "\\|", "‖", "."):
            return False
        return node.text not in ("\\nabla", "∇", "\\partial", "∂", "\\forall") and (
            node.text.removeprefix("\\") not in LIMITS or not node.text.startswith("\\")
        )
    if isinstance(node, Script):
        return operator(node.base) not in LIMITS and operator(node.base) not in FUNCTIONS and is_operand(node.base)
    if isinstance(node, Group):
        items = spread(node.items)
        return bool(items) and is_operand(items[-1])
    if isinstance(node, Fraction):
        return not (len(spread(node.above.items)) == 1 and mark_of(spread(node.above.items)[0]) in ("d", "\\partial"))
    return not isinstance(node, Word)


def needs_times(previous: Node, node: Node) -> bool:
    """Whether two things beside each other would run together: brackets, fractions, numbers."""

    def bulky(one: Node) -> bool:
        return isinstance(one.base if isinstance(one, Script) else one, Fraction | Fenced | Root)

    if not is_operand(node) or (isinstance(node, Sign) and node.text in NAMED and node.text not in ("\\infty", "∞")):
        return False
    if isinstance(node, Sign) and node.text in "!.":
        return False
    if operator(node) in FUNCTIONS or (calls(previous) and isinstance(previous, Sign) and len(previous.text) > 1):
        return False
    barred = isinstance(node.base if isinstance(node, Script) else node, Fenced)
    if bulky(node) and (barred or not is_number(previous)):
        return True
    return bulky(previous) or (is_number(previous) and is_number(node))


def is_number(node: Node | None) -> bool:
    return isinstance(node, Sign) and node.text[:1].isdigit()


def is_percent(node: Node | None) -> bool:
    return isinstance(node, Sign) and node.text in ("%", "\\%")


def can_be_transposed(base: Node | None) -> bool:
    """Whether ^T is a transpose here; on a number, a bracket with a number, γ or η it is a power."""
    if isinstance(base, Fenced):
        return not any(is_number(one) for one in spread(base.body.items))
    return not is_number(base) and (mark_of(base) or "").removeprefix("\\") not in _SCALARS if base else True


def is_compound(body: Group) -> bool:
    """Whether a sum or a relation stands in it, over which a power or an index must reach."""
    signs = [one.text if isinstance(one, Sign) else "" for one in spread(body.items)]
    return any(text in RELATIONS or (text in OPERATORS and place > 0) for place, text in enumerate(signs))
