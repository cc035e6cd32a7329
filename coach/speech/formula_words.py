"""What the signs of a formula are called, in English and Chinese. Data only: (English, Chinese) for each."""

from typing import Final

Both = tuple[str, str]

GREEK: Final = {
    **{
        name: (name, name)
        for name in """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau
        upsilon phi chi psi omega""".split()
    },
    **{
        name.title(): (f"capital {name}", f"大写 {name}")
        for name in "gamma delta theta lambda xi pi sigma upsilon phi psi omega".split()
    },
    "varepsilon": ("epsilon", "epsilon"),
    "vartheta": ("theta", "theta"),
    "varphi": ("phi", "phi"),
    "varrho": ("rho", "rho"),
    "varsigma": ("sigma", "sigma"),
    "ell": ("l", "l"),
}
"""Chinese engineers call the letters by their English names; Chinese voices read the bare letter β in Greek."""

GREEK_SIGNS: Final = dict(
    zip("αβγδεζηθικλμνξοπρστυφχψω", "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron "
        "pi rho sigma tau upsilon phi chi psi omega".split(), strict=True)
) | {"ϵ": "epsilon", "ϕ": "phi", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi",
     "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega"}  # fmt: skip

RELATIONS: Final[dict[str, Both]] = {
    "=": ("equals", "等于"), "\\ne": ("is not equal to", "不等于"), "\\neq": ("is not equal to", "不等于"),
    "≠": ("is not equal to", "不等于"), "<": ("is less than", "小于"), ">": ("is greater than", "大于"),
    "\\lt": ("is less than", "小于"), "\\gt": ("is greater than", "大于"),
    "\\le": ("is at most", "小于等于"), "\\leq": ("is at most", "小于等于"), "≤": ("is at most", "小于等于"),
    "\\leqslant": ("is at most", "小于等于"), "\\geqslant": ("is at least", "大于等于"),
    "\\ge": ("is at least", "大于等于"), "\\geq": ("is at least", "大于等于"), "≥": ("is at least", "大于等于"),
    "\\ll": ("is much less than", "远小于"), "≪": ("is much less than", "远小于"),
    "\\gg": ("is much greater than", "远大于"), "≫": ("is much greater than", "远大于"),
    "\\approx": ("is about", "约等于"), "≈": ("is about", "约等于"), "\\simeq": ("is about", "约等于"),
    "\\equiv": ("is identical to", "恒等于"), "≡": ("is identical to", "恒等于"),
    "\\sim": ("is drawn from", "服从"), "∼": ("is drawn from", "服从"),
    "\\propto": ("is proportional to", "正比于"), "∝": ("is proportional to", "正比于"),
    "\\in": ("in", "属于"), "∈": ("in", "属于"), "\\notin": ("not in", "不属于"), "∉": ("not in", "不属于"),
    "\\subset": ("is a subset of", "包含于"), "\\subseteq": ("is a subset of", "包含于"),
    "⊂": ("is a subset of", "包含于"), "⊆": ("is a subset of", "包含于"),
    "\\to": ("goes to", "趋于"), "\\rightarrow": ("goes to", "到"), "→": ("goes to", "到"),
    "\\longrightarrow": ("goes to", "到"), "\\mapsto": ("maps to", "映射到"), "↦": ("maps to", "映射到"),
    "\\leftarrow": ("becomes", "更新为"), "\\gets": ("becomes", "更新为"), "←": ("becomes", "更新为"),
    "\\Rightarrow": ("implies", "推出"), "\\implies": ("implies", "推出"), "⇒": ("implies", "推出"),
    "\\iff": ("if and only if", "当且仅当"), "\\Leftrightarrow": ("if and only if", "当且仅当"),
    "⇔": ("if and only if", "当且仅当"), "\\mid": ("given", "给定"), "\\vert": ("given", "给定"),
    "\\perp": ("perpendicular to", "垂直于"), "⊥": ("perpendicular to", "垂直于"),
    "\\parallel": ("parallel to", "平行于"), "\\coloneqq": ("is defined as", "定义为"),
    "\\triangleq": ("is defined as", "定义为"), ":=": ("is defined as", "定义为"),
    "\\succeq": ("is at least", "大于等于"), "\\preceq": ("is at most", "小于等于"),
    "\\succ": ("is preferred to", "优于"), "\\prec": ("comes before", "劣于"),
}  # fmt: skip

OPERATORS: Final[dict[str, Both]] = {
    "+": ("plus", "加"), "-": ("minus", "减"), "−": ("minus", "减"), "*": ("times", "乘"),
    "\\cdot": ("times", "乘"), "·": ("times", "乘"), "\\times": ("times", "乘"), "×": ("times", "乘"),
    "\\ast": ("times", "乘"), "/": ("over", "除以"), "\\div": ("divided by", "除以"), "÷": ("divided by", "除以"),
    "\\pm": ("plus or minus", "加减"), "±": ("plus or minus", "加减"), "\\mp": ("minus or plus", "减加"),
    "\\odot": ("elementwise times", "逐元素乘"), "⊙": ("elementwise times", "逐元素乘"),
    "\\circ": ("composed with", "复合"), "\\otimes": ("tensor times", "张量乘"), "⊗": ("tensor times", "张量乘"),
    "\\oplus": ("direct plus", "异或"), "⊕": ("direct plus", "异或"),
    "\\cap": ("intersect", "交"), "∩": ("intersect", "交"), "\\cup": ("union", "并"), "∪": ("union", "并"),
    "\\setminus": ("without", "减去"), "\\wedge": ("and", "且"), "\\land": ("and", "且"), "∧": ("and", "且"),
    "\\vee": ("or", "或"), "\\lor": ("or", "或"), "∨": ("or", "或"), "\\bmod": ("mod", "模"), "\\mod": ("mod", "模"),
    "\\bigcup": ("union of", "并集"), "\\bigcap": ("intersection of", "交集"), "\\colon": (",", "，"),
}  # fmt: skip

NAMED: Final[dict[str, Both]] = {
    "\\infty": ("infinity", "无穷"), "∞": ("infinity", "无穷"), "\\partial": ("partial", "偏"), "∂": ("partial", "偏"),
    "\\forall": ("for all", "对任意"), "∀": ("for all", "对任意"), "\\exists": ("there is", "存在"),
    "\\emptyset": ("the empty set", "空集"), "\\varnothing": ("the empty set", "空集"), "∅": ("the empty set", "空集"),
    "\\neg": ("not", "非"), "\\lnot": ("not", "非"), "¬": ("not", "非"), "\\top": ("top", "top"),
    "\\dots": ("and so on", "以此类推"), "\\ldots": ("and so on", "以此类推"), "\\cdots": ("and so on", "以此类推"),
    "\\vdots": ("and so on", "以此类推"), "\\ddots": ("and so on", "以此类推"), "…": ("and so on", "以此类推"),
    "⋯": ("and so on", "以此类推"), "\\%": ("percent", "百分之"), "%": ("percent", "百分之"), "\\&": ("and", "和"),
    "\\#": ("the number of", "个数"), "\\prime": ("prime", "撇"), "\\degree": ("degrees", "度"),
    "\\therefore": ("therefore", "所以"), "\\because": ("because", "因为"), "\\checkmark": ("yes", "是"),
    "\\hbar": ("h bar", "h bar"), "\\Re": ("real part", "实部"), "\\Im": ("imaginary part", "虚部"),
    "\\bullet": ("dot", "点"), "\\star": ("star", "星"), "\\dagger": ("dagger", "dagger"), "⊤": ("top", "top"),
    "†": ("dagger", "dagger"), "★": ("star", "星"),
}  # fmt: skip

FUNCTIONS: Final = frozenset(
    """log ln lg exp sin cos tan cot sec csc sinh cosh tanh arcsin arccos arctan det dim deg ker gcd Pr
    softmax sigmoid ReLU relu GELU LayerNorm softplus sign sgn diag rank vec logit""".split()
)
"""Names that are read as they are, before what they are applied to."""

LIMITS: Final[dict[str, tuple[Both, Both]]] = {
    "sum": (("the sum", "求和"), ("over", "对")),
    "prod": (("the product", "连乘"), ("over", "对")),
    "int": (("the integral", "积分"), ("over", "对")),
    "oint": (("the contour integral", "环路积分"), ("over", "沿")),
    "iint": (("the double integral", "二重积分"), ("over", "对")),
    "max": (("the maximum", "取最大值"), ("over", "对")),
    "min": (("the minimum", "取最小值"), ("over", "对")),
    "sup": (("the supremum", "取上确界"), ("over", "对")),
    "inf": (("the infimum", "取下确界"), ("over", "对")),
    "argmax": (("the arg max", "取 arg max"), ("over", "对")),
    "argmin": (("the arg min", "取 arg min"), ("over", "对")),
    "lim": (("the limit", "取极限"), ("as", "当")),
    "expectation": (("the expectation", "求期望"), ("over", "对")),
}
"""What takes its limits below and above: what it is called, and what stands before the lower one."""

APPLIED: Final[dict[str, Both]] = {
    "Var": ("the variance", "方差"), "Cov": ("the covariance", "协方差"), "tr": ("the trace", "迹"),
    "Tr": ("the trace", "迹"), "trace": ("the trace", "迹"), "det": ("the determinant", "行列式"),
    "KL": ("the K L divergence", "KL 散度"), "rank": ("the rank", "秩"), "Bias": ("the bias", "偏差"),
    "expectation": ("the expectation", "期望"), "indicator": ("the indicator", "示性函数"),
    "max": ("the maximum", "最大值"), "min": ("the minimum", "最小值"), "sup": ("the supremum", "上确界"),
    "inf": ("the infimum", "下确界"),
}  # fmt: skip
"""Said as "the variance of X", "X 的方差"."""

ACCENTS: Final[dict[str, Both]] = {
    "hat": ("hat", "hat"), "widehat": ("hat", "hat"), "bar": ("bar", "bar"), "overline": ("bar", "bar"),
    "tilde": ("tilde", "tilde"), "widetilde": ("tilde", "tilde"), "dot": ("dot", "dot"), "ddot": ("double dot", "两点"),
    "vec": ("vector", "向量"), "check": ("check", "check"), "acute": ("", ""), "grave": ("", ""), "breve": ("", ""),
    "mathring": ("ring", "ring"), "underline": ("", ""), "boxed": ("", ""), "cancel": ("", ""), "phantom": ("", ""),
}  # fmt: skip

STYLES: Final = frozenset(
    """mathbf boldsymbol bm bf mathrm rm mathit mathsf mathtt mathcal cal mathscr mathfrak mathnormal pmb
    textbf textit textrm textsf texttt emph mbox hbox text operatorname displaystyle textstyle scriptstyle
    mathop mathbin mathrel mathord limits nolimits tiny small large Large ensuremath""".split()
)
"""How a letter looks, which is not said."""

SIZES: Final = frozenset(
    """left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm nonumber notag
    hline displaylimits""".split()
)
SPACES: Final = frozenset(("\\,", "\\;", "\\:", "\\!", "\\>", "\\ ", "~"))
WIDE: Final = frozenset(("\\quad", "\\qquad"))
