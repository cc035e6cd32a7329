"""What a person writes or says -> the formulas in it, as LaTeX. Pure: regular expressions and a small grammar.

Three notations are found: LaTeX between its marks, plain ASCII or Unicode maths, and maths in English or Chinese words.
Speech has no parentheses, so "one over m sum of y minus y hat squared" has more than one reading: all are given, and
whoever compares takes the reading that fits. Prose must not become a formula: a run of words needs an operator and a
symbol, and a lone hyphen, slash or number is none.
"""

import re
import unicodedata
from collections.abc import Iterator

from coach.grading.formula_speech import GREEK_WORDS, Found, spoken_in

_GREEK = {
    **dict(zip("αβγδεζηθικλμνξπρστυφχψω", """
    \\alpha \\beta \\gamma \\delta \\epsilon \\zeta \\eta \\theta \\iota \\kappa
    \\lambda \\mu \\nu \\xi \\pi \\rho \\sigma \\tau \\upsilon \\phi \\chi \\psi \\omega""".split(), strict=True)),
    **dict(zip("ΓΔΘΛΞΠΦΨΩ", r"\Gamma \Delta \Theta \Lambda \Xi \Pi \Phi \Psi \Omega".split(), strict=True)),
    "ϵ": r"\epsilon", "ϕ": r"\phi", "ℓ": r"\ell", "Σ": r"\Sigma",
}  # fmt: skip
_SIGNS = {
    "−": "-", "–": "-", "·": r"\cdot ", "⋅": r"\cdot ", "•": r"\cdot ", "×": r"\times ", "÷": "/", "∗": "*",
    "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "∝": r"\propto ", "∈": r"\in ",
    "∂": r"\partial ", "∇": r"\nabla ",
    "∑": r"\sum ", "∏": r"\prod ", "⊙": r"\odot ", "∘": r"\circ ", "∞": r"\infty ", "‖": r"\|", "→": r"\to ",
    "（": "(", "）": ")", "，": ",", "＝": "=", "＋": "+", "－": "-", "／": "/", "∣": "|", "′": "'",
    "½": r"\frac{1}{2}", "⊤": r"\top ", "⟨": r"\langle ", "⟩": r"\rangle ", "∩": r"\cap ", "∪": r"\cup ",
    "⌊": r"\lfloor ", "⌋": r"\rfloor ",
    "⌈": r"\lceil ", "⌉": r"\rceil ",
}  # fmt: skip
_SUPER = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀⁿᵗ", "0123456789+-Tnt", strict=True))
_SUB = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙₜₘₗₓ₊₋", "0123456789ijkntmlx+-", strict=True))
_COMBINING = {"\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde", "\u0305": r"\bar"}
_LETTERS = "A-Za-zα-ωΑ-Ωϵϕℓ"
_NAME = r"(?:\\[A-Za-z]+|[A-Za-z])(?:_(?:\{[^{}]*\}|\w))?"
_WORD_FUNCTIONS = """softmax sigmoid relu gelu silu tanh exp log ln sin cos max min argmax argmin sqrt tr det diag
var sign sum prod mean inv norm cov softplus""".split()


def as_latex(text: str) -> str:
    """LaTeX for plain maths; LaTeX stays as it is."""
    out = text.strip().strip("$").strip()
    if "\\" not in text:
        out = _WORDY.sub(
            r"\1_{\2}", re.sub(rf"(?<![A-Za-z])([{_LETTERS}]|{'|'.join(GREEK_WORDS)})(\d)(?![\d.])", r"\1_{\2}", out)
        )
    out = _unicode(out)
    for pattern, replacement in _PLAIN:
        out = pattern.sub(replacement, out)
    out = _calls(_calls(out, "sqrt", r"\sqrt"), "inv", "")
    out = _powers(out)
    if "\\" not in text and re.search(r"[A-Z]'\s?[A-Za-z]|[a-z]'[A-Z]|(?<![A-Za-z])([a-z])'\1(?![a-z])", text):
        out = re.sub(r"(?<![A-Za-z])([A-Za-z])'(?=\s?[A-Za-z(])", r"\1^\\top ", out)
        out = re.sub(r"\)'(?=\s?[A-Za-z(])", r")^\\top ", out)
    return re.sub(r"\s+", " ", out).strip(" ,;:。；，")


_WORDY = re.compile(r"(?<![A-Za-z])([A-Za-z]+)_(?!hat|bar|tilde)([A-Za-z]{2,})(?![A-Za-z{(])")
_HATS = "|".join(["hat", "bar", "tilde"])
_PLAIN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\*\*", "^"),
        (r"<=|=<", r"\\le "),
        (r">=", r"\\ge "),
        (r"!=", r"\\ne "),
        (r"(?<![<>=:])==(?!=)", "="),
        (r"~=", r"\\approx "),
        (r"(?<![A-Za-z\\])(?:np|torch|math|jnp|tf|F|scipy)\.(?=[a-z])", ""),
        (r"\.T\b", r"^\\top "),
        (r"@", r" "),
        (r"√\s*\(", "sqrt("),
        (r"√\s*(\\[a-z]+\{\w\}|[A-Za-z](?:_\w)?|\d+|\\[a-z]+(?:_\w)?)", r"\\sqrt{\1}"),
        (r"√\s*\{", r"\\sqrt{"),
        (r"(?<![A-Za-z\\])(?:transpose|Transpose)\b", r"^\\top "),
        (rf"(?<![A-Za-z\\])([A-Za-z]|\\[a-z]+)_?({_HATS})(?![A-Za-z])", r"\\\2{\1}"),
        (rf"(?<![A-Za-z\\])({'|'.join(GREEK_WORDS)})(?![A-Za-z])", r"\\\1 "),
        (r"(?<![A-Za-z\\])(?:eps|ε)(?![A-Za-z])", r"\\epsilon "),
        (r"(?<![A-Za-z\\])(?:sum|Sum|SUM)(?:\s*_)?\s*(?:over\s+)?([ijknmtlcv])(?:\s+of)?(?=[\s\[(])", r"\\sum_{\1} "),
        (r"(?<![A-Za-z\\])(?:sum|Sum)_\{([^{}]*)\}", r"\\sum_{\1}"),
        (r"(?<![A-Za-z\\])sum(?:\s+of)?(?![A-Za-z_])", r"\\sum "),
        (r"\\Sigma\s*_(\w)(?=[\s([]|[a-z\\])", r"\\sum_{\1}"),
        (r"\\Sigma(?=\s+[a-z(\\]|\()", r"\\sum "),
        (r"(?<![A-Za-z\\])(log|ln|exp|sin|cos|tanh|max|min|det)(?![A-Za-z])", r"\\\1 "),
        (rf"(?<![A-Za-z\\])(?:d|\\partial\s*)({_NAME})\s*/\s*(?:d|\\partial\s*)\(?({_NAME})\)?(?![A-Za-z(])",
         r"\\frac{\\partial \1}{\\partial \2}"),
        (rf"\\frac\{{d\s*({_NAME})\}}\{{d\s*({_NAME})\}}", r"\\frac{\\partial \1}{\\partial \2}"),
        (r"\[(\w)\s*==?\s*(\w)\]", r"\\delta_{\1\2}"),
        (r"(?:\\delta|\bdelta)\s*\(\s*(\w)\s*,\s*(\w)\s*\)", r"\\delta_{\1\2}"),
        (r"(?<![A-Za-z\\])([A-Za-z])(\d)(?![\d.])", r"\1_{\2}"),
        (r"_(\d)(\d+)", r"_{\1\2}"),
        (r"\)\(", r") ("),
    )
)  # fmt: skip


def _unicode(text: str) -> str:
    out: list[str] = []
    text = unicodedata.normalize("NFD", text)
    for place, char in enumerate(text):
        if char in _COMBINING and out:
            out[-1] = f"{_COMBINING[char]}{{{out[-1]}}}"
        elif char in _GREEK:
            upper_sum = char == "Σ" and re.match(r"\s*(?:_|[a-zₐ-ₜᵢⱼ(]|\s)", text[place + 1 :])
            out.append(r"\sum " if upper_sum else _GREEK[char] + " ")
        elif char in _SUPER:
            before = bool(out) and out[-1].startswith("^{")
            out.append(out.pop()[:-1] + _SUPER[char] + "}" if before else f"^{{{_SUPER[char]}}}")
        elif char in _SUB:
            before = bool(out) and out[-1].startswith("_{")
            out.append(out.pop()[:-1] + _SUB[char] + "}" if before else f"_{{{_SUB[char]}}}")
        else:
            out.append(_SIGNS.get(char, char))
    return "".join(out)


def _closing(text: str, start: int) -> int:
    """Where the parenthesis at `start` closes; -1 when it does not."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if not depth:
            return place
    return -1


def _calls(text: str, name: str, command: str) -> str:
    """`sqrt(…)` as `\\sqrt{…}`, `inv(…)` as `(…)^{-1}`."""
    pattern = re.compile(rf"(?<![A-Za-z\\]){name}\s*\(")
    match = pattern.search(text)
    if match is None:
        return text
    end = _closing(text, match.end() - 1)
    if end < 0:
        return text
    inner = text[match.end() : end]
    replaced = f"{command}{{{inner}}}" if command else f"({inner})^{{-1}}"
    return text[: match.start()] + replaced + _calls(text[end + 1 :], name, command)


def _powers(text: str) -> str:
    """Braces around what a plain `^` or `_` reaches: `^(…)`, `^-1`, `^10`, `e^z_i`."""
    out: list[str] = []
    place = 0
    while place < len(text):
        out.append(text[place])
        place += 1
        if out[-1] not in "^_" or text[place : place + 1] in ("{", "\\", ""):
            continue
        if text[place] == "(" and (end := _closing(text, place)) > 0 and out[-1] == "^":
            inner = text[place + 1 : end]
            out.append("{" + _powers(inner) + "}")
            place = end + 1
        elif match := re.match(
            r"-?\d+(?:\.\d+)?|-?[A-Za-z](?:_(?:\w|\{\w+\}))?" if out[-1] == "^" else r"\d+", text[place:]
        ):
            out.append("{" + match[0] + "}")
            place += match.end()
    return "".join(out)


# LaTeX between its marks ----------------------------------------------------------------------------------------------

_MARKED = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_PROSE = re.compile(r"(?<![\\A-Za-z{])[a-z]{3,}(?:\s+[a-z]{2,})+")


def found_in(text: str) -> tuple[Found, ...]:
    """The formulas of a text in order; none overlaps another."""
    found: list[Found] = []
    hidden = [*text]
    for match in _CODE.finditer(text):
        hidden[match.start() : match.end()] = "\n" * (match.end() - match.start())
    for match in _MARKED.finditer("".join(hidden)):
        inner = next(group for group in match.groups() if group is not None)
        maths = re.search(r"[A-Za-z\\]", inner) and not _PROSE.search(re.sub(r"\\text\{[^}]*\}", "", inner))
        if maths and not re.match(r"\d[\d.,]*[kKmMbB]?\s", inner):
            found.append(Found(match.start(), match.end(), "latex", (as_latex(inner),)))
            hidden[match.start() : match.end()] = "\n" * (match.end() - match.start())
    for finder in (spoken_in, _plain_in):
        for one in finder("".join(hidden)):
            found.append(one)
            hidden[one.start : one.end] = "\n" * (one.end - one.start)
    return tuple(sorted(found))


# Plain maths ----------------------------------------------------------------------------------------------------------

_ATOM = re.compile(
    rf"""\\[A-Za-z]+ | \d+(?:\.\d+)?
    | (?:{"|".join(_WORD_FUNCTIONS)}|transpose|inverse)(?=[\s_(\[^]|$)
    | (?:{"|".join(GREEK_WORDS)}|eps|loss|pos_weight)(?![A-Za-z])
    | (?:np|torch|math)\.(?=[a-z])
    | d[A-Zpzhwxsab]\d?(?:_(?:\w|\{{[^}}]*\}}))?(?=\s*/\s*d)
    | (?<=/)d[A-Za-z]\d?(?:_(?:\w|\{{[^}}]*\}}))? | (?<=/\s)d[A-Za-z]\d?
    | (?<![{_LETTERS}])[A-Za-z]_?(?:hat|bar|tilde)(?![A-Za-z])
    | Var(?=[(\[]) | ReLU(?=\() | Attention(?=\() | KL(?=\() | inv(?=\()
    | [{_LETTERS}](?:[\u0302-\u0305])?\d?(?:_(?:\{{[^}}]*\}}|[A-Za-z0-9]+(?![a-z])))?
      [₀-₉ᵢⱼₖₙₜₘₗₓ⁰-⁹¹²³⁻ᵀⁿᵗ']*(?![{_LETTERS}])
    | (?<![A-Za-z])(?:[WXAUVHQKBSLPD](?=[wxvuhz](?![A-Za-z]))|w(?=x(?![A-Za-z]))|[WXQK](?=[XKV](?:\^|ᵀ|'|\b(?!-))))""",
    re.VERBOSE,
)
_OPERATOR = re.compile(r"[-+*/^=·×÷−⋅≤≥≠≈∝∑∏√∂∇⊙‖|∈<>_@′]|[⁰¹²³⁴-⁹⁻ᵀ]+|:=|\.T\b|\.(?=dot)")
_ARROW = re.compile(r"=>|-+>|[⇒→]|<-+(?=\s)")
_OPENING, _CLOSING = "([{", ")]}"
_STRONG = re.compile(r"[=^√∑∏∂∇≤≥≈∝_²³ᵀ₀-₉ᵢⱼ‖⁻]|\*|·|×|\b(?:sqrt|exp|log|sum|softmax|sigma)\b|σ\(|\|\|")
_ARTICLE = re.compile(r"^(?:[aAI])\s+(?=[^\s=+\-*/^·×])|(?<=[^\s=+\-*/^(·×,])\s+(?:[aAI])$")


_NO_ATOM = re.compile(r"[A-Za-z]+|\s+|.", re.DOTALL)


def _plain_in(text: str) -> Iterator[Found]:
    place = 0
    while place < len(text):
        end = _run_end(text, place)
        if end <= place:
            match = _NO_ATOM.match(text, place)
            place = match.end() if match else place + 1
            continue
        span = _trimmed(text, place, end)
        if span and _is_maths(text[span[0] : span[1]]):
            latex = as_latex(text[span[0] : span[1]])
            yield Found(span[0], span[1], "ascii", (latex,))
        place = end


def _run_end(text: str, start: int) -> int:
    """Where the run of maths that begins at `start` ends; `start` when there is none."""
    if start and (text[start].isalnum() and text[start - 1].isalnum() and text[start - 1].isascii()):
        return start
    place = end = start
    depth = 0
    while place < len(text):
        char = text[place]
        if _ARROW.match(text, place):
            break
        if char in _OPENING:
            depth += 1
            place = end = place + 1
        elif char in _CLOSING and depth:
            depth -= 1
            place = end = place + 1
        elif match := _ATOM.match(text, place) or _OPERATOR.match(text, place):
            place = end = match.end()
        elif char == " " or (char in "'" and place > start):
            place += 1
        elif char in ",;" and depth:
            place = end = place + 1
        else:
            break
    return end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The run without an article, a hanging operator or a parenthesis that does not close."""
    while start < end:
        piece = text[start:end]
        depth, worst = 0, 0
        for char in piece:
            depth += (char in _OPENING) - (char in _CLOSING)
            worst = min(worst, depth)
        bars = piece.count("|") % 2 == 1 and (piece.count("|") > 1 or piece[0] == "|" or piece[-1] == "|")
        if (
            piece[0] in " =*/^+<>_·×)]},'"
            or (bars and piece[0] == "|")
            or (piece[0] == "-" and piece[1:2] == " ")
            or (depth > 0 and piece[0] in _OPENING)
        ):
            start += 1
        elif (piece[-1] in " =*/^+-<>_·×([{,;∈'" and not piece.endswith("''")) or (bars and piece[-1] == "|"):
            end -= 1
        elif depth > 0:
            end = start + max(piece.rfind(opening) for opening in _OPENING)
        elif depth < 0 or worst < 0:
            end = start + max(piece.rfind(closing) for closing in _CLOSING)
        elif article := _ARTICLE.search(piece):
            start, end = (start + article.end(), end) if article.start() == 0 else (start, start + article.start())
        else:
            return start, end
    return None


def _is_maths(piece: str) -> bool:
    """Whether a run is a formula rather than a word, a number, a path, a ratio or a hyphen."""
    names = set(re.findall(rf"[{_LETTERS}]", re.sub(r"[A-Za-z]{3,}", "", piece)))
    if not names or len(piece) < 3 or (re.fullmatch(r"[A-Za-z0-9]+[-/][A-Za-z0-9]+", piece) and len(names) < 2):
        return False
    if re.fullmatch(r"[A-Z]\w?/[A-Z]\w?|[a-z]/[a-z]|\w+_\w+|\w+\d|\w\(\w*\)|[-\w]\w*|\[\w+\]", piece):
        return bool(re.fullmatch(r"O\(\w+\)", piece))
    if _STRONG.search(piece):
        return True
    if re.search(rf"[{_LETTERS}0-9)\]]\s*[-+−/]\s*[{_LETTERS}0-9(\[]", piece):
        return not re.search(r"(?<!\d)\s+[A-Za-z]\s+[A-Za-z]\s", f" {piece} ")
    return bool(re.search(r"O\(|[A-Za-z]\s?\(\s?1\s?[-−]", piece))
