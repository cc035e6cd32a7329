"""A formula in LaTeX -> words that can be spoken, as an English or a Chinese engineer would read it. Pure.

Speech has no brackets: a comma ends a longer part, "all squared" and 整体 say how far a power reaches.
"""

import re
from collections.abc import Sequence

from coach.schema import Lang
from coach.speech.formula_shape import (
    calls,
    can_be_transposed,
    is_bracket,
    is_compound,
    is_number,
    is_operand,
    is_percent,
    is_prefix,
    mark_of,
    multiplies,
    needs_times,
    only,
    operator,
    spread,
)
from coach.speech.formula_tree import Accent, Fenced, Fraction, Group, Node, Root, Script, Sign, Table, Word, parse
from coach.speech.formula_words import (
    ACCENTS,
    APPLIED,
    GREEK,
    GREEK_SIGNS,
    LIMITS,
    NAMED,
    OPERATORS,
    RELATIONS,
    Both,
)

_DOTS = {name for name, both in NAMED.items() if both[0] == "and so on"}
_PLAIN = 3
"""Words that are clear without a pause around them."""
_SPOKEN = re.compile(r"[\\${}^_]")
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef\u3001\u3002"


def formula_words(latex: str, lang: Lang) -> str:
    """`latex`, without its dollar signs, as words. Never raises, and leaves no sign that only LaTeX has."""
    return joined(_Reading(lang).row(parse(latex).items), lang)


def joined(words: Sequence[str], lang: Lang) -> str:
    """Words and commas as a text."""
    text = _SPOKEN.sub(" ", " ".join(word for word in words if word))
    text = re.sub(r"\s+", " ", text.replace("，", ",").replace("、", ",")).strip()
    text = re.sub(r"(?:\s*,)+", ",", text)
    text = re.sub(r"^[,\s]+|[,\s]+$", "", re.sub(r",\s*(?=[.;:?!。？！])", "", text))
    if lang == "zh":
        text = re.sub(r"\s*,\s*", "，", text)
        text = re.sub(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])", "", text)
    return re.sub(r"\s+([,.;:?!，。；：？！])", r"\1", text)


class _Reading:
    """Reads a tree in one language."""

    def __init__(self, lang: Lang) -> None:
        self.zh = lang == "zh"

    def of(self, both: Both) -> str:
        return both[self.zh]

    def say(self, en: str, zh: str) -> str:
        return zh if self.zh else en

    def words(self, node: Node) -> list[str]:
        return self.row((node,))

    def row(self, items: Sequence[Node]) -> list[str]:
        """The words of things in a row, with "times" and "of" where they are meant."""
        out: list[str] = []
        place = 0
        while place < len(items):
            node, after = items[place], items[place + 1] if place + 1 < len(items) else None
            previous = items[place - 1] if place else None
            place += 1
            if self.applied_name(node) and isinstance(after, Fenced | Script) and is_bracket(after):
                out += self.application(node, after)
                place += 1
                continue
            if isinstance(node, Group):
                out += self.row(node.items)
                continue
            if is_bracket(node) and previous is not None:
                if calls(previous) and not multiplies(previous, node):
                    out += self.argument_of(node)
                    continue
                if is_operand(previous):
                    out.append(self.say("times", "乘以"))
            elif previous is not None and is_operand(previous) and is_prefix(node):
                out.append(self.say("times", ","))
            elif previous is not None and is_operand(previous) and needs_times(previous, node):
                out.append(self.say("times", "乘以"))
            if self.zh and is_percent(after) and is_number(node):
                out += ["百分之", *self.words(node)]
                place += 1
                continue
            out += self.one(node, previous)
            if self.zh and out[-1:] == ["负"] and after is not None and is_prefix(after):
                out[-1:] = ["负的", ","]
        return out

    def one(self, node: Node, previous: Node | None) -> list[str]:
        match node:
            case Sign(text):
                return self.sign(text, previous)
            case Word(text):
                return self.word(text)
            case Group(items):
                return self.row(items)
            case Fraction():
                return self.fraction(node)
            case Root(degree, body):
                return self.root(degree, body)
            case Accent(name, body):
                return self.accent(name, body)
            case Script():
                return self.script(node)
            case Fenced():
                return self.fenced(node)
            case Table():
                return self.table(node)

    def sign(self, text: str, previous: Node | None) -> list[str]:
        name = text.removeprefix("\\")
        first = previous is None or not is_operand(previous)
        if text in ("-", "−") and first:
            return [self.say("minus", "负")]
        if text in RELATIONS:
            return [self.of(RELATIONS[text])]
        if text in OPERATORS:
            return [self.of(OPERATORS[text])]
        if text in _DOTS:
            return [",", self.of(NAMED[text]), ","]
        if text in NAMED:
            return [self.of(NAMED[text])]
        if text == "!" and not first:
            return [self.say("factorial", "的阶乘")]
        if text in ("|", "\\|", "‖"):
            return [self.say("given", "给定") if text == "|" else self.say("relative to", "相对")]
        if text in (",", ";", ":", "，", "；"):
            return [","]
        if text == "\\nabla" or text == "∇":
            return [self.say("the gradient of", "梯度")]
        if name in LIMITS and text.startswith("\\"):
            return self.limits(name, None, None)
        if text in GREEK_SIGNS:
            name, text = GREEK_SIGNS[text], "\\" + GREEK_SIGNS[text]
        if text.startswith("\\") and name in GREEK:
            return [self.of(GREEK[name])]
        if text == "a" and not self.zh:
            return ["A"]
        return [name] if re.fullmatch(r"[\w.]+", name) else []

    def word(self, text: str) -> list[str]:
        """The words of `\\text{…}`, which may hold formulas of their own."""
        out: list[str] = []
        for number, part in enumerate(text.split("$")):
            if number % 2:
                out += self.row(parse(part).items)
                continue
            name = part.strip()
            if name in LIMITS:
                out += self.limits(name, None, None)
            elif name in APPLIED and name != "KL":
                out.append(self.say(f"{APPLIED[name][0]} of", APPLIED[name][1]))
            else:
                out += re.sub(r"\\[a-zA-Z]+|[\\{}^_&~|]", " ", name).replace("-", " ").split()
        return out

    def applied_name(self, node: Node) -> str | None:
        """The name of an operator that is said before (or, in Chinese, after) what it is applied to."""
        base = node.base if isinstance(node, Script) and node.above is None else node
        name = operator(base)
        return name if name in APPLIED else None

    def application(self, node: Node, after: Fenced | Script) -> list[str]:
        """Var(X), E[X], KL(p‖q)."""
        called = APPLIED[self.applied_name(node) or ""]
        bracket = after.base if isinstance(after, Script) else after
        inner = self.pair(bracket.body) if isinstance(bracket, Fenced) else []
        power = self.power(after.above, whole=False, base=None) if isinstance(after, Script) and after.above else []
        below = _bare(self.row(node.below.items)) if isinstance(node, Script) and node.below is not None else []
        if self.zh:
            under = ["对", *below, ","] if below else []
            return [*under, *inner, f"的{called[1]}", *power, *([","] if len(inner) > _PLAIN else [])]
        over = ["over", *below] if below else []
        return [called[0], *over, "of", *inner, *([","] if len(inner) > _PLAIN or power else []), *power]

    def pair(self, body: Group) -> list[str]:
        """What stands in a bracket; two things are joined by "and"."""
        items = spread(body.items)
        cuts = [place for place, one in enumerate(items) if isinstance(one, Sign) and one.text == ","]
        if len(cuts) != 1:
            return self.row(items)
        return [*self.row(items[: cuts[0]]), self.say("and", "和"), *self.row(items[cuts[0] + 1 :])]

    def argument_of(self, node: Node) -> list[str]:
        """The bracket after the name of a function."""
        bracket, above = (node.base, node.above) if isinstance(node, Script) else (node, None)
        inner = self.row(bracket.body.items) if isinstance(bracket, Fenced) else []
        power = [",", *self.power(above, whole=False, base=None)] if above is not None else []
        ends = [","] if len(inner) > _PLAIN else []
        return [*([] if self.zh else ["of"]), *inner, *power, *ends]

    def fenced(self, node: Fenced) -> list[str]:
        inner = self.pair(node.body) if node.left == "<" else self.row(node.body.items)
        if not inner:
            return []
        long = len(inner) > _PLAIN
        if node.left in ("|", "‖"):
            name = ("absolute value", "绝对值") if node.left == "|" else ("norm", "范数")
            return self.called(name, inner)
        if node.left in ("floor", "ceil"):
            en = "floor" if node.left == "floor" else "ceiling"
            zh = "向下取整" if node.left == "floor" else "向上取整"
            return [*inner, zh] if self.zh else [f"the {en} of", *inner, *([","] if long else [])]
        if node.left == "<":
            return [*inner, "的内积"] if self.zh else ["the inner product of", *inner, ","]
        if node.left == "{":
            return [self.say("the set of", "集合"), *inner, ","]
        if not is_compound(node.body):
            return inner
        return ["括号", *inner, ","] if self.zh else [",", *inner, ","]

    def called(self, name: Both, inner: list[str]) -> list[str]:
        if self.zh:
            return [*inner, f"的{name[1]}"]
        return [f"the {name[0]} of", *inner, *([","] if len(inner) > _PLAIN else [])]

    def fraction(self, node: Fraction) -> list[str]:
        above, below = self.row(node.above.items), self.row(node.below.items)
        if node.choose:
            return [*above, self.say("choose", "选"), *below]
        found = self.derivative(node)
        if found is not None:
            return found
        if (above, below) == (["1"], ["2"]):
            return [self.say("one half", "二分之一")]
        if len(above) <= 2 and len(below) <= 2:
            return [*below, "分之", *above] if self.zh else [*above, "over", *below]
        if self.zh:
            return ["分子是", *above, ",", "分母是", *below, ","]
        ends = [","] if is_compound(node.below) else []
        return [*above, *([","] if len(above) > _PLAIN or ends else []), "over", *ends, *below, ","]

    def derivative(self, node: Fraction) -> list[str] | None:
        """∂L/∂w and dy/dx; None for other fractions."""
        signs = ({"\\partial", "∂"}, {"d"})
        above, below = spread(node.above.items), spread(node.below.items)
        for partial, marks in zip((True, False), signs, strict=True):
            if len(below) > 1 and above and mark_of(above[0]) in marks and mark_of(below[0]) in marks:
                second = isinstance(above[0], Script) and above[0].above is not None
                what = self.row(above[1:])
                bare = [one.base if second and isinstance(one, Script) else one for one in below]
                by = self.row([one for one in bare if mark_of(one) not in marks])
                zh = f"{'二阶' if second else ''}{'偏导' if partial else '导数'}"
                en = f"the {'second ' if second else ''}{'partial ' if partial else ''}derivative"
                if self.zh:
                    return [*what, "对", *by, f"的{zh}"] if what else ["对", *by, f"求{zh}", ","]
                return [en, *(["of", *what] if what else []), "with respect to", *by, *([] if what else ["of"])]
        return None

    def root(self, degree: Group | None, body: Group) -> list[str]:
        inner = self.row(body.items)
        deep = self.row(degree.items) if degree is not None else []
        ends = [","] if len(inner) > 2 else []
        if self.zh:
            return [*(["开", *deep, "次方"] if deep else ["根号"]), *inner, *ends]
        return ["the", *([*deep, "th root of"] if deep else ["square root of"]), *inner, *ends]

    def accent(self, name: str, body: Group) -> list[str]:
        inner = self.row(body.items)
        if name == "mathbb":
            known = {"E": "expectation", "1": "indicator"}.get(" ".join(inner))
            return [self.say(f"{APPLIED[known][0]} of", APPLIED[known][1])] if known else inner
        called = self.of(ACCENTS[name])
        return [called, *inner] if name == "vec" else [*inner, called]

    def script(self, node: Script) -> list[str]:
        base, below, above = node.base, node.below, node.above
        name = operator(base)
        if name in LIMITS:
            return self.limits(name, below, above)
        if isinstance(base, Sign) and base.text in ("\\nabla", "∇"):
            if below is None:
                return [self.say("the Hessian of", "海森矩阵")]
            by = self.row(below.items)
            return ["对", *by, "求梯度", ","] if self.zh else ["the gradient with respect to", *by, "of"]
        if isinstance(base, Fenced) and base.left == "‖" and below is not None:
            return self.norm(base, below, above)
        if below is not None and name in ("log", "lg"):
            under = self.row(below.items)
            inner = ["以", *under, "为底的 log"] if self.zh else ["log base", *under]
            return [*inner, *(self.power(above, whole=False, base=base) if above is not None else [])]
        if isinstance(base, Fenced):
            return self.bracket_power(base, below, above)
        inner = [*self.words(base), *(self.index(below) if below is not None else [])]
        if isinstance(base, Accent) and base.name == "mathbb" and above is not None:
            return [*inner, *self.sizes(above)]
        return [*inner, *(self.power(above, whole=False, base=base) if above is not None else [])]

    def sizes(self, above: Group) -> list[str]:
        """The exponent of ℝ: n by d."""
        by = {"\\times", "×"}
        return [
            word
            for one in spread(above.items)
            for word in ([self.say("by", "乘")] if isinstance(one, Sign) and one.text in by else self.words(one))
        ]

    def norm(self, base: Fenced, below: Group, above: Group | None) -> list[str]:
        kind = "".join(self.row(below.items))
        kind = f"L {kind}" if kind.isdigit() else "Frobenius" if kind == "F" else f"{kind}"
        inner = self.row(base.body.items)
        power = self.power(above, whole=False, base=None) if above is not None else []
        if self.zh:
            return [*inner, f"的 {kind} 范数", *power]
        return [f"the {kind} norm of", *inner, *([","] if power or len(inner) > _PLAIN else []), *power]

    def bracket_power(self, base: Fenced, below: Group | None, above: Group | None) -> list[str]:
        inner = self.row(base.body.items)
        under = self.index(below) if below is not None else []
        if above is None:
            return [*self.fenced(base), *under]
        if base.left in ("|", "‖", "floor", "ceil", "<"):
            return [*self.fenced(base), *under, ",", *self.power(above, whole=False, base=None)]
        compound = is_compound(base.body)
        if len(inner) <= 1:
            return [*inner, *under, *self.power(above, whole=False, base=only(base.body))]
        pause = [] if self.zh and not compound else [","]
        return [*inner, *under, *pause, *self.power(above, whole=compound, base=base), ","]

    def index(self, below: Group) -> list[str]:
        """A subscript: said as it is when it is short."""
        words = _bare(self.row(below.items))
        if not words or (len(words) <= _PLAIN and not is_compound(below)):
            return words
        return [self.say("sub", "下标"), *words, ","]

    def power(self, above: Group, *, whole: bool, base: Node | None) -> list[str]:
        """A superscript. `whole` when it reaches over a sum, `base` is what it stands on."""
        items = spread(above.items)
        marks = [mark_of(one) for one in items]
        rest = items
        out: list[str] = []
        while rest and mark_of(rest[-1]) in ("\\prime",):
            rest = rest[:-1]
            out.append(self.say("prime", "撇"))
        if out:
            return [*(self.power(Group(tuple(rest)), whole=whole, base=base) if rest else []), *out]
        if marks in (["2"], ["3"]):
            en, zh = ("squared", "平方") if marks == ["2"] else ("cubed", "立方")
            return [f"整体的{zh}"] if whole and self.zh else [f"的{zh}"] if self.zh else [f"all {en}" if whole else en]
        if marks == ["-", "1"] and not is_number(base):
            return [("整体的逆" if whole else "的逆") if self.zh else "inverse"]
        if (marks in (["\\top"], ["⊤"], ["\\intercal"])) or (marks == ["T"] and can_be_transposed(base)):
            return [self.say("all transposed" if whole else "transpose", "整体转置" if whole else "转置")]
        if marks in (["-", "\\top"], ["-", "T"]):
            return [self.say("inverse transpose", "的逆转置")]
        if marks in (["*"], ["\\ast"], ["\\star"]):
            return [self.say("star", "星")]
        if marks in (["+"], ["-"], ["\\dagger"], ["†"]):
            sign = {"+": ("plus", "正"), "-": ("minus", "负")}.get(marks[0] or "", ("dagger", "dagger"))
            return [self.of(sign)]
        if marks in (["\\circ"], ["\\degree"]):
            return [self.say("degrees", "度")]
        if len(items) == 1 and isinstance(items[0], Fenced):
            return [self.say("superscript", "上标"), *self.row(items[0].body.items)]
        words = self.row(items)
        if not words or (len(items) == 1 and isinstance(items[0], Word)):
            return words
        if self.zh:
            return ["整体的" if whole else "的", *words, "次方"]
        reach = ["all"] if whole else []
        return [*reach, "to the", *words] if len(words) <= _PLAIN else [*reach, "to the power of", *words, ","]

    def limits(self, name: str, below: Group | None, above: Group | None) -> list[str]:
        called, (over, before) = LIMITS[name]
        under = spread(below.items) if below is not None else []
        cut = next((n for n, one in enumerate(under) if mark_of(one) == "="), None)
        upper = self.row(above.items) if above is not None else []
        if name == "int" and (under or upper):
            lower = self.row(under)
            if not upper:
                return ["在", *lower, "上积分", ","] if self.zh else ["the integral over", *lower, "of"]
            return ["从", *lower, "到", *upper, "积分", ","] if self.zh else [
                "the integral from", *lower, "to", *upper, "of"
            ]  # fmt: skip
        if cut is not None:
            index, start = self.row(under[:cut]), self.row(under[cut + 1 :])
            if self.zh:
                return [*index, "从", *start, *(["到", *upper] if upper else []), called[1], ","]
            return [called[0], over, *index, "from", *start, *(["to", *upper] if upper else []), "of"]
        lower = _bare(self.row(under))
        if self.zh:
            verb = called[1] if lower or name in ("sum", "prod", "int") else APPLIED.get(name, called)[1]
            if name == "lim" and lower:
                return [before, *lower, "时的极限", ","]
            return [before, *lower, verb, ","] if lower else [verb]
        return [called[0], *([over, *lower] if lower else []), *(["up to", *upper] if upper else []), "of"]

    def table(self, node: Table) -> list[str]:
        if "matrix" in node.name or node.name == "array":
            rows, columns = len(node.rows), max((len(row) for row in node.rows), default=0)
            if columns == 1 and rows > 1:
                entries = [word for row in node.rows for word in (*self.row(row[0].items), ",")]
                return [self.say("the column vector", "列向量"), *entries]
            return [f"一个 {rows} 乘 {columns} 的矩阵"] if self.zh else [f"a {rows} by {columns} matrix"]
        out: list[str] = []
        for row in node.rows:
            cells = [cell for cell in row if cell.items]
            for number, cell in enumerate(cells):
                if node.name == "cases" and number:
                    said = isinstance(cell.items[0], Word)
                    out += [","] if said else [",", self.say("if", "当")]
                out += self.row(cell.items)
            out.append(",")
        return [self.say("either", "分情况,"), *out] if node.name == "cases" else out


def _bare(words: list[str]) -> list[str]:
    """Relations without their verb, as they are said in an index: "over x drawn from p"."""
    return [word.removeprefix("is ") for word in words]
