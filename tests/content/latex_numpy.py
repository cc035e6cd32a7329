r"""Evaluate LaTeX statements over NumPy values, to check the steps of a derivation by machine.

An environment maps names as written in LaTeX to: a number or array; a `range` or tuple (an index and the values it runs
over); a dict (a table, indexed by its own keys); a callable of its arguments; or `Defined`, `Function`, `Distribution`.

Vectors are one-dimensional and stand for columns; `^\top` makes a row of shape (1, n). Juxtaposition, `\cdot` and
`\times` multiply a scalar with anything and arrays as matrices (row times column is a number, column times row a
matrix); only `\cdot` of two vectors is their inner product. `\odot`, `/` and powers of vectors work element by element.
Subscripts belong to the name if the environment has that name, otherwise they are 1-based indices; superscripts belong
to the name if the environment has it. A `range` index that no sum binds is free: the statement must hold for each of
its values. `\sum` and `\prod` reach to the next `+` or `-`. `\log x` and the like take one factor, or the bracket that
follows. Derivatives are central differences in one variable; whatever is `Defined` by it follows, all else is held. One
may also differentiate with respect to a `Defined` quantity itself. Two indices in digits need a comma: `A_{1,2}`.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .latex_reader import CLOSERS, Environment, LatexError, Node, Reader, Value, flat, tokens
from .latex_values import (
    CONSTANTS,
    DIFFERENCED,
    EXACT,
    FUNCTIONS,
    RELATIONS,
    Defined,
    Distribution,
    Function,
    add,
    compare,
    differentiate,
    expectation,
    indexed,
    integer,
    lookup,
    magnitude,
    multiply,
    norm,
    power,
    product,
    transpose,
)

__all__ = ["Defined", "Distribution", "Function", "LatexError", "check", "evaluate", "holds", "lookup", "tokens"]

ONES = {r"\mathbb1", r"\mathbf1"}
LIMITS = {"", "=", "<", r"\in", r"\ne", r"\neq"}
SEPARATORS = {",", ";", "|", r"\|", r"\mid"}


@dataclass(frozen=True)
class Comparison:
    """One relation of a statement, for one choice of the free indices."""

    left: Value
    relation: str
    right: Value
    holds: bool
    indices: dict[str, int]


def evaluate(latex: str, environment: Environment) -> Value:
    """The value of an expression without relations or free indices."""
    parser = Parser(latex, environment)
    node = parser.expression()
    parser.end()
    return node(parser.environment)


def check(latex: str, environment: Environment) -> list[Comparison]:
    """All relations of a statement, for all values of its free indices. Raises LatexError."""
    parser = Parser(latex, environment)
    sides, relations = parser.statement()
    parser.end()
    if not relations:
        raise LatexError(0, "no relation in this statement")
    tolerance = DIFFERENCED if parser.differentiates else EXACT
    free = sorted(parser.free)
    found = []
    for choice in itertools.product(*(parser.environment[name] for name in free)):
        indices = dict(zip(free, choice, strict=True))
        values = [side({**parser.environment, **indices}) for side in sides]
        for left, relation, right in zip(values, relations, values[1:], strict=False):
            found.append(Comparison(left, relation, right, compare(left, relation, right, tolerance), indices))
    return found


def holds(latex: str, environment: Environment) -> bool:
    """Whether every relation of the statement is true, for all values of its free indices."""
    return all(comparison.holds for comparison in check(latex, environment))


class Parser(Reader):
    """Recursive descent over the tokens; each rule returns a function of the environment."""

    def __init__(self, latex: str, environment: Environment) -> None:
        super().__init__(latex)
        self.environment = {flat(tokens(name)): entry for name, entry in environment.items()}
        self.names: dict[str, Any] = dict(self.environment)
        for entry in environment.values():
            if isinstance(entry, Distribution):
                self.names |= {flat(tokens(name)): 0.0 for name in entry.outcomes}
        self.free: set[str] = set()
        self.differentiates = False

    def statement(self) -> tuple[list[Node], list[str]]:
        sides, relations = [self.expression()], []
        while self.next in RELATIONS:
            relations.append(RELATIONS[self.take()])
            sides.append(self.expression())
        return sides, relations

    def expression(self, single: bool = False) -> Node:
        rule = self.factor if single else self.term
        sign = -1.0 if self.next in ("+", "-") and self.take() == "-" else 1.0
        first = rule()
        parts = [(sign, first)]
        while self.next in ("+", "-"):
            parts.append((-1.0 if self.take() == "-" else 1.0, rule()))

        def total(environment: Environment) -> Value:
            result = parts[0][1](environment)
            result = -result if parts[0][0] < 0 else result
            for weight, part in parts[1:]:
                result = add(result, weight * part(environment))
            return result

        return first if len(parts) == 1 and sign > 0 else self.located(total)

    def starts_factor(self) -> bool:
        stops = {"", "+", "-", "/", "}", ")", "]", r"\}", ",", ";", "_", "^", "'", "=", r"\mid", r"\in", r"\partial"}
        return self.next not in stops | set(RELATIONS) | self.closing

    def term(self) -> Node:
        node = self.factor()
        while self.next in (r"\cdot", r"\times", r"\odot", "/") or self.starts_factor():
            sign = self.take() if self.next in (r"\cdot", r"\times", r"\odot", "/") else ""
            node = self.located(product(node, sign, self.factor()))
            if sign == "/" and self.starts_factor():
                raise self.error("ambiguous after '/': use \\frac or brackets")
        return node

    def factor(self) -> Node:
        node = self.atom()
        while self.next in ("^", "_"):
            if self.take() == "_":
                node = indexed(node, self.subscript())
            elif r"\top" in (self.next, self.tokens[self.at + 1].text if self.next == "{" else ""):
                self.raw_group()
                node = (lambda inner: lambda environment: transpose(inner(environment)))(node)
            else:
                exponent = self.group()
                node = (lambda inner, by: lambda environment: power(inner(environment), by(environment)))(
                    node, exponent
                )
            node = self.located(node)
        return node

    def group(self) -> Node:
        """The argument of a command: an expression in braces, or a single sign."""
        if self.next == "{":
            node: Node = self.bracketed(self.expression)
            return node
        return self.number(single=True) if self.next.isdigit() else self.atom()

    def atom(self) -> Node:
        token = self.next
        if token.isdigit():
            return self.number()
        if token in ("|", r"\|"):
            return self.bars(self.take())
        if token in CLOSERS:
            return self.located(self.bracketed(self.expression))
        if token in (r"\frac", r"\tfrac", r"\dfrac"):
            self.take()
            return self.located(self.fraction())
        if token == r"\sqrt":
            self.take()
            inside = self.group()
            return self.located(lambda environment: np.sqrt(inside(environment)))
        if token in (r"\sum", r"\prod") or (token in (r"\max", r"\min") and self.tokens[self.at + 1].text == "_"):
            return self.located(self.big(self.take()))
        if token == r"\nabla":
            return self.located(self.nabla())
        if not (token.isalpha() or token.startswith("\\")) or token in RELATIONS:
            raise self.error(f"{token or 'the end'!r} found where a value should begin")
        return self.located(self.named())

    def bars(self, bar: str) -> Node:
        inside = self.within(frozenset({bar}), self.expression)
        self.take(bar)
        if bar == "|":
            return self.located(lambda environment: magnitude(inside(environment)))
        order = flat(self.raw_group()) if self.next == "_" and self.take() else ""
        return self.located(lambda environment: norm(inside(environment), order))

    def fraction(self) -> Node:
        if r"\partial" in (self.tokens[self.at + 1].text, self.next):
            return self.derivative()
        above, below = self.group(), self.group()
        return product(above, "/", below)

    def derivative(self) -> Node:
        self.take("{")
        self.take(r"\partial")
        twice = self.squared()
        body = None if self.next == "}" else self.expression()
        self.take("}")
        self.take("{")
        variables = []
        while self.next == r"\partial":
            self.take()
            variables.append(self.variable())
            if self.squared():
                variables *= 2
        self.take("}")
        if len(variables) != 1 + twice:
            raise self.error("as many variables as the order of the derivative")
        node = body or self.factor()
        for name, indices in variables:
            node = differentiate(node, name, indices)
        self.differentiates = True
        return node

    def nabla(self) -> Node:
        self.take(r"\nabla")
        self.take("_")
        name, indices = self.bracketed(self.variable) if self.next == "{" else self.variable()
        twice = self.squared()
        node = differentiate(self.factor(), name, indices)
        self.differentiates = True
        return differentiate(node, name, indices) if twice else node

    def big(self, operator: str) -> Node:
        self.take("_")
        before, free = dict(self.names), set(self.free)
        braced = self.next == "{" and bool(self.take())
        bound: list[str] = []
        while not bound or self.next.isalpha() or self.next in ("(", ")", ","):
            token = self.take()
            if token.isalpha():
                bound.append(token)
            if not braced:
                break
        relation = self.take() if braced and self.next != "}" else ""
        limit = self.expression() if relation else None
        if relation == "<" and isinstance(before.get(other := self.tokens[self.at - 1].text), range):
            self.free = free
            bound.append(other)
        if braced:
            self.take("}")
        upper = self.group() if self.next == "^" and self.take() else None
        if relation not in LIMITS or (relation == "=") != (upper is not None):
            raise self.error(f"limits of {operator} not understood")
        self.names |= dict.fromkeys(bound, 0.0)
        body = self.term()
        self.names = before

        def choices(environment: Environment) -> Iterator[tuple[int, ...]]:
            if relation == "=" and limit and upper:
                yield from ((i,) for i in range(integer(limit(environment)), integer(upper(environment)) + 1))
            elif relation == r"\in" and limit:
                yield from (item if isinstance(item, tuple) else (item,) for item in limit(environment))
            else:
                yield from itertools.product(*(lookup(environment, name) for name in bound))

        def total(environment: Environment) -> Value:
            values = []
            for choice in choices(environment):
                inner = {**environment, **dict(zip(bound, choice, strict=True))}
                wanted = limit if relation in ("<", r"\ne", r"\neq") else None
                if wanted is None or compare(choice[0], RELATIONS[relation], wanted(inner), EXACT):
                    values.append(body(inner))
            if operator in (r"\max", r"\min"):
                return FUNCTIONS[operator](*values)
            result = 0.0 if operator == r"\sum" else 1.0
            for value in values:
                result = add(result, value) if operator == r"\sum" else multiply(result, value)
            return result

        return total

    def variable(self) -> tuple[str, list[Node]]:
        name, indices = self.name()
        if name not in self.names:
            raise self.error(f"unknown variable {name!r}")
        return name, indices

    def name(self) -> tuple[str, list[Node]]:
        """A known name, as long as possible, and the indices that follow it."""
        start, base, after = self.at, self.base(), self.at
        scripts: dict[str, tuple[int, str]] = {}
        while self.next in ("_", "^") and self.next not in scripts:
            mark = self.take()
            at = self.at
            if not self.next:
                raise self.error(f"nothing after {mark!r}")
            scripts[mark] = (at, flat(self.raw_group()))
        end = self.at
        for marks in ("_^", "_", "^", ""):
            name = base + "".join(mark + scripts[mark][1] for mark in marks if mark in scripts)
            if not set(marks) <= set(scripts) or name not in self.names:
                continue
            if marks == "_" and "^" in scripts and scripts["^"][0] < scripts["_"][0]:
                continue
            rest = [at for mark, (at, _) in scripts.items() if mark not in marks]
            self.at = end if marks == "_^" else after
            if marks == "^" and rest:
                self.at = rest[0]
                indices = self.subscript()
                self.at = end
                return name, indices
            if marks in ("_", "^"):
                self.at = scripts[marks][0]
                self.raw_group()
            if not marks and self.next == "_" and self.take():
                return name, self.subscript()
            return name, []
        self.at = after
        if base not in self.names and base not in FUNCTIONS | CONSTANTS and base not in ONES:
            self.at = start
            raise self.error(f"unknown name {base + ''.join(mark + text for mark, (_, text) in scripts.items())!r}")
        return base, self.subscript() if base == r"\delta" and self.next == "_" and self.take() else []

    def subscript(self) -> list[Node]:
        """Indices with or without commas; each is a name, a number, or a sum of such."""
        if self.next != "{":
            return [self.group()]
        self.take("{")
        found = [self.expression(single=True)]
        while self.next != "}":
            if self.next == ",":
                self.take()
            found.append(self.expression(single=True))
        self.take("}")
        return found

    def arguments(self) -> list[Node]:
        def listed() -> list[Node]:
            self.closing = frozenset(SEPARATORS)
            found = [self.expression()]
            while self.next in SEPARATORS:
                self.take()
                found.append(self.expression())
            return found

        return list(self.bracketed(listed))

    def named(self) -> Node:
        name, indices = self.name()
        entry = self.names.get(name)
        if name in ONES and entry is None:
            sides, relations = self.bracketed(self.statement)
            return lambda environment: float(all(
                compare(left(environment), relation, right(environment), EXACT)
                for left, relation, right in zip(sides, relations, sides[1:], strict=False)
            ))  # fmt: skip
        if isinstance(entry, Distribution):
            body = self.bracketed(self.expression) if self.next in CLOSERS else self.factor()
            return expectation(entry, body)
        if name not in self.names and name in CONSTANTS:
            return lambda environment: CONSTANTS[name]
        if name not in self.names and indices:
            return lambda environment: FUNCTIONS[name](*(index(environment) for index in indices))
        if name not in self.names or isinstance(entry, Function) or callable(entry):
            return self.applied(name)
        if isinstance(entry, range):
            self.free.add(name)
        value: Node = lambda environment: lookup(environment, name)  # noqa: E731
        return indexed(value, indices) if indices else value

    def applied(self, name: str) -> Node:
        builtin = FUNCTIONS.get(name) if name not in self.names else None
        if self.next in ("(", "["):
            arguments = self.arguments()
        elif builtin:
            arguments = [self.factor()]
        else:
            return lambda environment: lookup(environment, name)

        def applied(environment: Environment) -> Value:
            function = builtin or lookup(environment, name)
            return function(*(argument(environment) for argument in arguments))

        return applied
