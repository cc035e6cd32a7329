"""LaTeX -> a tree of plain tuples. Pure, small, and without any evaluation.

Why no library reads the formulas: of the 146 steps of the bank's derivations SymPy 1.14 (`parse_latex`, lark) reads 5,
latex2sympy2_extended 1.11 reads 19, folding `X` and `x` into one name and letting matrices commute. Both lack
transposes, gradients, norms, decorated names and sums without bounds. math-verify reads with the latter and hands plain
text to `parse_expr`, which is `eval`. So the text becomes a tree here, and SymPy does the algebra on it (`maths.py`).
"""

import re
from collections.abc import Callable
from typing import Any

Tree = tuple[Any, ...]
"""("num", text) · ("sym", name, indices) · ("add" | "mul" | "dot" | "had", parts) · ("neg" | "T" | "abs" | "floor", a)
· ("pow", a, b) · ("fn", name, args) · ("norm", a, order) · ("sum" | "prod", index names, low, high, domain, body)
· ("deriv", function, variable, order) · ("delta", condition or indices)."""

LENGTH, TOKENS, DEPTH, DIGITS = 600, 400, 40, 12
"""The largest formula that is read: characters, tokens, nesting, digits of a number."""

RELATIONS = {
    "=": "=", r"\equiv": "=", ":=": "=", r"\approx": "~", r"\propto": "~", r"\sim": "~", r"\to": "~",
    r"\le": "<=", r"\leq": "<=", r"\leqslant": "<=", "<": "<", r"\ge": ">=", r"\geq": ">=", r"\geqslant": ">=",
    ">": ">", r"\ne": "!=", r"\neq": "!=", r"\in": "in", r"\Rightarrow": "=>", r"\implies": "=>", r"\lt": "<",
    r"\gt": ">", r"\iff": "=>", r"\gets": "=", r"\leftarrow": "=", r"\ll": "<", r"\gg": ">", r"\subset": "in",
    r"\cap": "cap", r"\cup": "cup", r"\rightarrow": "~", r"\mapsto": "~", r"\perp": "in",
}  # fmt: skip
_IGNORED = set(
    r"""\, \; \: \! \quad \qquad \left \right \big \Big \bigg \Bigg \bigl \bigr \Bigl \Bigr \biggl \biggr \displaystyle
    \limits \nolimits & ~ \middle \textstyle""".split()
) | {"\\ "}
_DECORATIONS = {
    r"\hat": "hat", r"\widehat": "hat", r"\bar": "bar", r"\overline": "bar", r"\tilde": "tilde", r"\widetilde": "tilde",
    r"\dot": "dot",
}  # fmt: skip
_PLAIN = set(r"\mathbf \boldsymbol \vec \mathcal \mathbb \mathsf \bm \pmb".split())
_WORDS = {r"\operatorname", r"\text", r"\mathrm", r"\textrm", r"\textbf", r"\texttt", r"\mathit"}
FUNCTIONS = set(
    """log ln exp sin cos tan sinh cosh tanh max min argmax argmin softmax sigmoid relu gelu silu softplus sign sgn tr
    diag det var cov std kl mean rank dim sqrt lg erf logit cosine concat attention clip mse layernorm batchnorm rmsnorm
    span supp vec""".split()
)
_CLASSIC = set("log exp sin cos tan sinh cosh tanh max min argmax argmin sign tr det diag lg".split())
"""Functions that need no parenthesis."""
_SAME_FUNCTION = {"ln": "log", "sgn": "sign", "trace": "tr"}
_BIG = {r"\sum": "sum", r"\prod": "prod"}
_SYMBOL_COMMANDS = set(
    r"""\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa \lambda \mu \nu \xi \pi
    \rho \sigma \tau \phi \varphi \chi \psi \omega \upsilon \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Phi \Psi \Omega
    \ell \infty \top \ast \star \dots \ldots \cdots \emptyset \varnothing \mathbb1 \circ \prime \Re \nabla \partial
    \varsigma \aleph \hbar""".split()
)
_SAME_NAME = {r"\varepsilon": r"\epsilon", r"\varphi": r"\phi", r"\vartheta": r"\theta", r"\ldots": r"\dots"}
_SAME_NAME |= {r"\cdots": r"\dots", r"\varsigma": r"\sigma", r"\star": "*", r"\ast": "*"}
_APPLIED = set("fgFPHEO")
"""Names that before a parenthesis are functions, whatever stands in it."""
_OPEN = {
    "(": ")",
    "[": "]",
    r"\{": r"\}",
    "{": "}",
    r"\langle": r"\rangle",
    r"\lfloor": r"\rfloor",
    r"\lceil": r"\rceil",
}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|:=|\d+(?:\.\d+)?|\.\d+|[A-Za-z]{2,}|\S|\\", re.DOTALL)


class UnreadableError(ValueError):
    """A formula that cannot be read or valued: what was found, and where."""


def tokens(latex: str) -> list[str]:
    """Commands, numbers, known words and single letters. Raises UnreadableError beyond the limits."""
    if len(latex) > LENGTH:
        raise UnreadableError(f"{len(latex)} characters, more than {LENGTH}")
    found: list[str] = []
    for match in _TOKEN.finditer(latex):
        text = match[0]
        if text in _IGNORED:
            continue
        word = len(text) > 1 and text.isalpha()
        braced = bool(found) and found[-1] == "{" and latex[match.end() : match.end() + 1] == "}"
        if (
            word
            and not is_word(text)
            and not (braced and len(found) > 1 and found[-2] in _WORDS | {"_"} and len(text) > 2)
        ):
            found += text
        elif text[0].isdigit() and len(text) > DIGITS:
            raise UnreadableError(f"a number of {len(text)} digits, more than {DIGITS}")
        else:
            found.append(text)
    if len(found) > TOKENS:
        raise UnreadableError(f"{len(found)} tokens, more than {TOKENS}")
    return found


def is_word(text: str) -> bool:
    """Whether letters are one name rather than a product of letters: a function, or four and more spelt like a word."""
    return text.lower() in FUNCTIONS or (len(text) > 3 and text[1:].islower())


def read(latex: str) -> tuple[tuple[Tree, ...], tuple[str, ...]]:
    """The members of a chain of relations and the relations between them. Raises UnreadableError."""
    reader = _Reader(tokens(latex))
    members, relations = [reader.tupled()], []
    while reader.next in RELATIONS:
        relations.append(RELATIONS[reader.take()])
        members.append(reader.tupled())
    if reader.next in (".", ",", ";") and reader.at + 2 == len(reader.tokens):
        reader.take()
    if reader.next:
        raise UnreadableError(f"{reader.next!r} at token {reader.at} not understood")
    return tuple(members), tuple(relations)


class _Reader:
    """A position in the tokens of a formula, and the rules that read from there."""

    def __init__(self, parts: list[str]) -> None:
        self.tokens = [*parts, ""]
        self.at = 0
        self.depth = 0
        self.stops: frozenset[str] = frozenset()

    @property
    def next(self) -> str:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> str:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def take(self, *expected: str) -> str:
        token = self.next
        if not token or (expected and token not in expected):
            wanted = " or ".join(expected) or "more"
            raise UnreadableError(f"expected {wanted} at token {self.at}, found {token or 'the end'!r}")
        self.at += 1
        return token

    def inside(self, rule: Callable[[], Any], *stops: str) -> Any:
        before, self.stops = self.stops, frozenset(stops)
        self.depth += 1
        if self.depth > DEPTH:
            raise UnreadableError(f"nested more than {DEPTH} deep")
        found = rule()
        self.stops = before
        self.depth -= 1
        return found

    def bracketed(self, rule: Callable[[], Any]) -> Any:
        closer = _OPEN[self.take(*_OPEN)]
        found = self.inside(rule)
        self.take(closer)
        return found

    def group(self) -> list[str]:
        """The tokens of an argument, without its braces."""
        if self.next != "{":
            token = self.take()
            if token.isdigit() and len(token) > 1:
                self.at -= 1
                self.tokens[self.at : self.at + 1] = [token[0], token[1:]]
                return [self.take()]
            return [token, *self.group()] if token in _DECORATIONS or token in _PLAIN or token in _WORDS else [token]
        start, depth = self.at + 1, 0
        while True:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)
            if not depth:
                return self.tokens[start : self.at - 1]

    def part(self, parts: list[str]) -> "_Reader":
        reader = _Reader(parts)
        reader.depth = self.depth + 1
        if reader.depth > DEPTH:
            raise UnreadableError(f"nested more than {DEPTH} deep")
        return reader

    def argument(self) -> Tree:
        """The expression in the braces that follow, or the next token."""
        reader = self.part(self.group())
        found = reader.tupled()
        if reader.next:
            raise UnreadableError(f"{reader.next!r} not understood in an argument")
        return found

    def tupled(self) -> Tree:
        parts = [self.expression()]
        while self.next == "," and self.peek():
            self.take()
            parts.append(self.expression())
        return parts[0] if len(parts) == 1 else ("fn", "tuple", tuple(parts))

    def expression(self) -> Tree:
        self.depth += 1
        if self.depth > DEPTH:
            raise UnreadableError(f"nested more than {DEPTH} deep")
        terms = [self.signed()]
        while self.next in ("+", "-", r"\pm"):
            sign = self.take()
            term = self.signed()
            terms.append(("neg", term) if sign == "-" else ("fn", "±", (term,)) if sign == r"\pm" else term)
        self.depth -= 1
        return terms[0] if len(terms) == 1 else ("add", tuple(terms))

    def signed(self) -> Tree:
        if self.next in ("+", "-", r"\pm"):
            sign = self.take()
            return ("neg", self.signed()) if sign == "-" else self.signed()
        return self.term()

    def term(self) -> Tree:
        found = self.run()
        while self.next in ("*", "/", r"\cdot", r"\times", r"\odot", r"\div", r"\otimes", r"\circ"):
            sign = self.take()
            lone = self.next.replace(".", "").isdigit() and sign == "/" and self.starts(1)
            if sign in ("/", r"\div"):
                bottom = self.run() if lone else self.signed_factor()
                found = ("mul", (found, ("pow", bottom, ("neg", ("num", "1")))))
                if self.starts() and not lone:
                    found = ("mul", (found, self.run()))
            else:
                right = ("neg", self.run()) if self.next == "-" and self.take() else self.run()
                found = ({r"\odot": "had", r"\circ": "had", r"\otimes": "had"}.get(sign, "dot"), (found, right))
        return found

    def signed_factor(self) -> Tree:
        if self.next == "-":
            self.take()
            return ("neg", self.signed_factor())
        return self.factor()

    def starts(self, ahead: int = 0) -> bool:
        """Whether a factor begins here."""
        token = self.peek(ahead)
        if not token or token in self.stops or token in RELATIONS or token in _OPEN.values():
            return False
        if token in ("|", r"\|"):
            return True
        return token[0].isalnum() or token in _OPEN or (token[0] == "\\" and token[1:].isalpha() and token in _STARTERS)

    def run(self) -> Tree:
        """Factors side by side."""
        parts = [self.factor()]
        while self.starts():
            parts.append(self.factor())
        return parts[0] if len(parts) == 1 else ("mul", tuple(parts))

    def factor(self) -> Tree:
        found = self.base()
        while True:
            if self.next == "!":
                self.take()
                found = ("fn", "factorial", (found,))
            elif self.next == "^":
                self.take()
                found = self.raised(found)
            elif self.next == "'" and found[0] != "sym":
                self.take()
                found = ("T", found)
            else:
                return found

    def raised(self, base: Tree) -> Tree:
        parts = self.group()
        if parts in (["T"], [r"\top"], [r"\intercal"]) and (parts != ["T"] or _transposable(base)):
            return ("T", base)
        if parts in (["*"], [r"\star"], [r"\ast"], [r"\dagger"]) and base[0] == "sym":
            return ("sym", f"{base[1]}*", base[2])
        if parts in (["*"], [r"\star"], [r"\ast"]):
            raise UnreadableError("a star on an expression")
        if parts and set(parts) <= {r"\prime", "'"}:
            return ("sym", base[1] + "'" * len(parts), base[2]) if base[0] == "sym" else ("T", base)
        if parts[:1] == ["("] and parts[-1:] == [")"] and base[0] == "sym" and base[1] != "e":
            return ("sym", base[1], (*base[2], ("fn", "layer", (self.part(parts[1:-1]).tupled(),))))
        if parts[-1:] in (["T"], [r"\top"]) and parts[:2] == ["-", "1"]:
            return ("T", ("pow", base, ("neg", ("num", "1"))))
        reader = self.part(parts)
        power = reader.expression()
        if reader.next:
            raise UnreadableError(f"{reader.next!r} not understood in an exponent")
        return ("pow", base, power)

    def base(self) -> Tree:
        token = self.next
        if not token:
            raise UnreadableError(f"a factor is missing at token {self.at}")
        if token[0].isdigit() or (token[0] == "." and len(token) > 1):
            return ("num", self.take())
        if token in (r"\lfloor", r"\lceil"):
            return ("fn", token[1:], (self.bracketed(self.expression),))
        if token == r"\langle":
            parts = self.bracketed(self.tupled)
            return (
                ("dot", parts[2]) if parts[:2] == ("fn", "tuple") and len(parts[2]) == 2 else ("fn", "mean", (parts,))
            )
        if token in _OPEN:
            return self.parenthesis()
        if token in ("|", r"\|", r"\lvert", r"\lVert"):
            return self.bars()
        if token in (r"\frac", r"\tfrac", r"\dfrac"):
            self.take()
            return self.fraction()
        if token == r"\binom":
            self.take()
            return ("fn", "binom", (self.argument(), self.argument()))
        if token == r"\sqrt":
            return self.root()
        if token in _BIG:
            return self.big()
        if token == r"\nabla":
            return self.gradient()
        return self.named()

    def parenthesis(self) -> Tree:
        def statement() -> Tree:
            found = self.tupled()
            if self.next in RELATIONS and RELATIONS[self.next] in ("=", "!=", "<=", ">=", "<", ">", "in", "cap", "cup"):
                relation = RELATIONS[self.take()]
                return ("delta", relation, (found, self.tupled()))
            return found

        return self.bracketed(statement)  # type: ignore[no-any-return]

    def bars(self) -> Tree:
        opener = self.take()
        closer = {r"\lvert": r"\rvert", r"\lVert": r"\rVert"}.get(opener, opener)
        if opener == "|" and self.next == "|":
            self.take()
            opener, closer = r"\|", "||"
        inner = self.inside(self.expression, "|" if closer == "||" else closer)
        if self.next in (r"\cap", r"\cup"):
            inner = ("fn", self.take()[1:], (inner, self.inside(self.expression, closer)))
        for sign in closer if closer == "||" else (closer,):
            self.take(sign)
        if opener not in (r"\|", r"\lVert"):
            return ("abs", inner)
        order = "".join(self.group()) if self.next == "_" and self.take() else "2"
        return ("norm", inner, order)

    def fraction(self) -> Tree:
        top, bottom = self.group(), self.group()
        if top[:1] in ([r"\partial"], ["d"]) and bottom[:1] == top[:1] and bottom[1:2] not in ([], ["_"], ["^"]):
            return self.derivative(top, bottom)
        above, below = self.part(top), self.part(bottom)
        upper, lower = above.tupled(), below.tupled()
        if above.next or below.next:
            raise UnreadableError(f"{above.next or below.next!r} not understood in a fraction")
        return ("mul", (upper, ("pow", lower, ("neg", ("num", "1")))))

    def derivative(self, top: list[str], bottom: list[str]) -> Tree:
        order = 2 if top[1:3] == ["^", "2"] else 1
        top = top[3:] if order == 2 else top[1:]
        if order == 2 and bottom[-2:] == ["^", "2"]:
            bottom = bottom[:-2]
        below = self.part([part for part in bottom[1:] if part not in (r"\partial", "d")])
        variable = below.run()
        if below.next:
            raise UnreadableError(f"{below.next!r} not understood in a derivative")
        what = self.part(top).expression() if top else self.factor()
        return ("deriv", what, variable, order)

    def gradient(self) -> Tree:
        self.take()
        variable: Tree = ("sym", "?", ())
        if self.next == "_":
            self.take()
            variable = self.argument()
        order = 1
        if self.next == "^":
            self.take()
            order = 2 if self.group() == ["2"] else 1
        return ("deriv", self.signed_factor(), variable, order)

    def root(self) -> Tree:
        self.take()
        order: Tree = ("num", "2")
        if self.next == "[":
            order = self.bracketed(self.expression)
        return ("pow", self.argument(), ("mul", (("num", "1"), ("pow", order, ("neg", ("num", "1"))))))

    def big(self) -> Tree:
        kind = _BIG[self.take()]
        low: Tree | None = None
        high: Tree | None = None
        names: tuple[str, ...] = ()
        domain = ""
        while self.next in ("_", "^"):
            if self.take() == "^":
                high = self.argument()
            else:
                names, low, domain = _binder(self.group(), self.part)
        body = self.run()
        if not names and low is high:
            names = tuple(sorted(_index_names(body) - _plain_names(body)))[:2]
        return (kind, names, low, high, domain, body)

    def named(self) -> Tree:
        token = self.take()
        name = self.spelling(token)
        while self.next == "'":
            name += self.take()
        indices: tuple[Tree, ...] = ()
        power: Tree | None = None
        while self.next == "_" or (self.next == "^" and not power and name in FUNCTIONS):
            if self.take() == "^":
                power = self.argument()
                continue
            suffix, more = self.subscript()
            name, indices = name + suffix, indices + more
            while self.next == "'":
                name += self.take()
        applies = (name.split("_")[0] in _CLASSIC and (self.starts() or self.next == "-")) or self.next in (
            "(",
            "[",
            r"\{",
        )
        if (name.split("_")[0] in FUNCTIONS and applies) or (
            name in ("E", r"\mathbb{E}") and self.next in ("[", "(", r"\{")
        ):
            found = self.applied(name, indices)
            return ("pow", found, power) if power else found
        if name == r"\delta" and len(indices) == 2:
            return ("delta", "=", indices)
        if self.next == "(" and self.is_application(name):
            return ("fn", name, (*indices, *self.arguments()))
        if self.next == "[" and name in ("1", "I"):
            return self.parenthesis()
        return ("sym", name, indices)

    def spelling(self, token: str) -> str:
        """One spelling of the name that begins with `token`."""
        if token in _DECORATIONS:
            inner = self.part(self.group())
            found = inner.named()
            if inner.next or found[0] != "sym" or found[2]:
                raise UnreadableError(f"{token} over more than a name")
            return f"{found[1]}~{_DECORATIONS[token]}"
        if token in _PLAIN:
            text = "".join(self.group())
            if not text:
                raise UnreadableError(f"{token} over nothing")
            return text
        if token in _WORDS:
            text = "".join(self.group()).strip()
            if not text:
                raise UnreadableError("an empty word")
            return _SAME_FUNCTION.get(text.lower(), text.lower()) if text.lower() in FUNCTIONS else text
        if len(token) > 1 and token.isalpha():
            return _SAME_FUNCTION.get(token.lower(), token.lower())
        if token[1:] in FUNCTIONS or token in (r"\Pr", r"\arg"):
            return _SAME_FUNCTION.get(token[1:], token[1:])
        if token.isalpha() or token in _SYMBOL_COMMANDS:
            return _SAME_NAME.get(token, token)
        raise UnreadableError(f"{token!r} at token {self.at - 1} not understood")

    def subscript(self) -> tuple[str, tuple[Tree, ...]]:
        """A part of the name, or indices."""
        parts = self.group()
        if any(part in _WORDS or (len(part) > 1 and part.isalpha()) for part in parts) or "".join(
            parts
        ) in _LABELS | set("+-*") | {r"\max", r"\min"}:
            return "_" + "".join(part for part in parts if part not in _WORDS | {"{", "}"}), ()
        if any(part in RELATIONS for part in parts):
            return "_" + "".join(parts), ()
        reader = self.part(parts)
        found: list[Tree] = []
        joined = "+" in parts or "-" in parts
        while reader.next:
            if reader.next == ",":
                reader.take()
            else:
                found.append(reader.expression() if joined else reader.factor())
        return "", tuple(found)

    def is_application(self, name: str) -> bool:
        plain = name.rstrip("'").split("~")[0]
        if plain in _APPLIED or (name.endswith("'") and plain != name) or plain in ("N", r"\phi", r"\ell"):
            return True
        depth, lone = 0, True
        for ahead in range(1, len(self.tokens) - self.at):
            token = self.peek(ahead)
            if token == ")" and not depth:
                break
            depth += (token in "({[") - (token in ")}]") if token else 0
            if not depth and (token in ("|", r"\|", ";", r"\mid", ",")):
                return True
            lone = lone and token not in ("+", "-", "/", "*", r"\frac", r"\cdot", r"\sum", r"\log", r"\odot", "(")
        return lone or plain == r"\sigma"

    def arguments(self) -> tuple[Tree, ...]:
        def rule() -> tuple[Tree, ...]:
            found: list[Tree] = []
            while True:
                item = self.inside(self.expression, "|", r"\|", r"\mid")
                if self.next in RELATIONS:
                    item = ("delta", RELATIONS[self.take()], (item, self.inside(self.expression, "|", r"\|", r"\mid")))
                found.append(item)
                if self.next not in (",", ";", "|", r"\|", r"\mid", ":"):
                    return tuple(found)
                mark = self.take()
                if mark == "|" and self.next == "|":
                    self.take()
                if mark != ",":
                    found.append(("sym", "¦", ()))

        return self.bracketed(rule)  # type: ignore[no-any-return]

    def applied(self, name: str, indices: tuple[Tree, ...]) -> Tree:
        """A function with what it is applied to: the parenthesis that follows, or the factors up to a sign."""
        if self.next in ("(", "[", r"\{") or (self.next == "{" and name not in ("log", "cos", "sin", "exp")):
            return ("fn", name, (*indices, *self.arguments()))
        parts = [self.factor()]
        while self.starts() and self.next not in ("(", "[", r"\sum", r"\prod") and not self.is_function(self.next):
            parts.append(self.factor())
        return ("fn", name, (*indices, parts[0] if len(parts) == 1 else ("mul", tuple(parts))))

    def is_function(self, token: str) -> bool:
        return token.lstrip("\\").lower() in FUNCTIONS or token in (r"\operatorname", r"\mathrm")


_LABELS = {
    "new",
    "old",
    "in",
    "out",
    "KL",
    "CE",
    "ce",
    "pos",
    "neg",
    "ref",
    "min",
    "max",
    "eff",
    "val",
    "MLE",
    "ML",
    "MAP",
}
_STARTERS = (
    _SYMBOL_COMMANDS
    | set(_DECORATIONS)
    | _PLAIN
    | _WORDS
    | set(_BIG)
    | {f"\\{name}" for name in FUNCTIONS}
    | set(r"\frac \tfrac \dfrac \sqrt \binom \lfloor \lceil \langle \lvert \lVert \Pr \arg".split())
) - {r"\top", r"\circ", r"\ast", r"\star", r"\prime"}


def _binder(parts: list[str], part: Callable[[list[str]], _Reader]) -> tuple[tuple[str, ...], Tree | None, str]:
    """The bound names of a sum, its lower bound, and its domain in words."""
    if "=" in parts:
        at = parts.index("=")
        return ("".join(parts[:at]),), part(parts[at + 1 :]).tupled(), ""
    for relation in (r"\in", r"\ne", r"\neq", "<", r"\le", ">", r"\ge", ":", "|", r"\sim"):
        if relation in parts:
            at = parts.index(relation)
            names = tuple(name for name in parts[:at] if name not in "(),{}")
            return names, None, " ".join([relation, *parts[at + 1 :]])
    return tuple(name for name in parts if name not in ",{}()"), None, ""


def _index_names(tree: Any) -> frozenset[str]:
    """Lone letters that stand as indices: what a sum without a name runs over."""
    if not isinstance(tree, tuple):
        return frozenset()
    own = (
        {part[1] for part in tree[2] if part[:1] == ("sym",) and part[1] in _RUNNING} if tree[:1] == ("sym",) else set()
    )
    return frozenset(own).union(*(_index_names(part) for part in tree))


_RUNNING = frozenset("ijklnmtcv")


def _plain_names(tree: Any) -> frozenset[str]:
    """The names that stand in a tree, but not in an index."""
    if not isinstance(tree, tuple):
        return frozenset()
    if tree[:1] == ("sym",):
        return frozenset({tree[1]})
    return frozenset().union(*(_plain_names(part) for part in tree))


def _transposable(tree: Tree) -> bool:
    """Whether a `T` above this is a transpose: on a Latin name, or on an expression without numbers or Greek names."""
    if tree[0] == "sym":
        return str(tree[1])[0].isalpha() or tree[1] in (r"\theta", r"\pi", r"\beta", r"\phi", r"\mu", r"\Sigma")
    if tree[0] in ("add", "mul", "dot"):
        return tree[0] != "add" or all(_transposable(part) for part in tree[1])
    if tree[0] in ("neg", "T"):
        return _transposable(tree[1])
    return tree[0] in ("fn", "deriv") or (tree[0] == "pow" and _transposable(tree[1]))


def names_of(tree: Any) -> frozenset[str]:
    """The names that stand in a tree; bound ones too."""
    if not isinstance(tree, tuple):
        return frozenset()
    own = {tree[1]} if tree[:1] == ("sym",) and tree[1] != "¦" else set()
    return frozenset(own).union(*(names_of(part) for part in tree))


def renamed(tree: Any, names: dict[str, str]) -> Any:
    """The same tree with other names."""
    if not isinstance(tree, tuple):
        return tree
    if tree[:1] == ("sym",):
        return ("sym", names.get(tree[1], tree[1]), renamed(tree[2], names))
    if tree[:1] in (("sum",), ("prod",)):
        bound = tuple(names.get(name, name) for name in tree[1])
        return (tree[0], bound, *(renamed(part, names) for part in tree[2:]))
    return tuple(renamed(part, names) for part in tree)
