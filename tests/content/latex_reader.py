"""Tokens of LaTeX, and a cursor over them."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

Value = Any
Environment = Mapping[str, Any]
Node = Callable[[Environment], Value]

IGNORED = set(
    r"\, \; \: \! \quad \qquad \left \right \big \Big \bigg \Bigg \bigl \bigr \Bigl \Bigr \displaystyle".split()
)
IGNORED |= {"&", "~", "\\ "}
WORDS = {r"\operatorname", r"\text", r"\mathrm"}
DECORATIONS = set(r"\hat \bar \tilde \vec \widehat \overline \mathbf \mathcal \mathbb \boldsymbol".split())
CLOSERS = {"(": ")", "[": "]", r"\{": r"\}", "{": "}"}


class LatexError(ValueError):
    """A statement that cannot be read or evaluated: where, and why."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(f"position {position}: {message}")


class Token(NamedTuple):
    """A LaTeX token and its position in the text."""

    text: str
    position: int


def tokens(latex: str) -> list[Token]:
    """Commands, digits and signs without white space."""
    found = (Token(match[0], match.start()) for match in re.finditer(r"\\[A-Za-z]+|\\.|\S|\\", latex, re.DOTALL))
    return [token for token in found if token.text not in IGNORED]


def flat(parts: Sequence[Token]) -> str:
    """One spelling for all ways to write a name."""
    text = "".join(part.text + " " * (part.text[1:].isalpha()) for part in parts if part.text not in WORDS | {"{", "}"})
    return re.sub(r" (?![A-Za-z])", "", text)


class Reader:
    """A position in the tokens of a formula, and what can be read there without knowing any names."""

    def __init__(self, latex: str) -> None:
        self.tokens = [*tokens(latex), Token("", len(latex))]
        self.at = 0
        self.closing: frozenset[str] = frozenset()

    @property
    def next(self) -> str:
        return self.tokens[self.at].text

    def error(self, message: str) -> LatexError:
        return LatexError(self.tokens[self.at].position, message)

    def take(self, *expected: str) -> str:
        token = self.next
        if (expected and token not in expected) or not token:
            raise self.error(f"expected {' or '.join(expected) or 'more'}, found {token or 'the end'!r}")
        self.at += 1
        return token

    def end(self) -> None:
        if self.next:
            raise self.error(f"{self.next!r} not understood here")

    def located(self, node: Node) -> Node:
        position = self.tokens[self.at - 1].position

        def evaluated(environment: Environment) -> Value:
            try:
                return node(environment)
            except LatexError:
                raise
            except (
                ValueError,
                TypeError,
                LookupError,
                AttributeError,
                ArithmeticError,
                np.linalg.LinAlgError,
            ) as error:
                raise LatexError(position, f"cannot be evaluated: {error}") from error

        return evaluated

    def within(self, closing: frozenset[str], rule: Callable[[], Any]) -> Any:
        before, self.closing = self.closing, closing
        found = rule()
        self.closing = before
        return found

    def bracketed(self, rule: Callable[[], Any]) -> Any:
        closer = CLOSERS[self.take(*CLOSERS)]
        found = self.within(frozenset(), rule)
        self.take(closer)
        return found

    def raw_group(self) -> list[Token]:
        """The tokens of the argument of a command, with its braces."""
        start, depth = self.at, 0
        while True:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)
            if not depth:
                return self.tokens[start : self.at]

    def number(self, single: bool = False) -> Node:
        text = self.take()
        while not single and (self.next.isdigit() or self.next == "."):
            if self.next == "." and not self.tokens[self.at + 1].text.isdigit():
                break
            text += self.take()
        value = float(text)
        return lambda environment: value

    def squared(self) -> bool:
        """Whether a `^2` follows, the only order above the first that is understood."""
        if self.next != "^":
            return False
        self.take("^")
        if flat(self.raw_group()) != "2":
            raise self.error("only first and second derivatives")
        return True

    def base(self) -> str:
        start = self.at
        while self.next in DECORATIONS:
            self.take()
        if self.next == "{" or (self.next in WORDS and self.take()):
            self.raw_group()
        else:
            self.take()
        while self.next == "'":
            self.take()
        return flat(self.tokens[start : self.at])
