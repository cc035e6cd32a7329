"""Small mistakes planted in a formula, such as a flipped sign, a dropped factor or a lost transpose."""

from collections.abc import Iterator

from .latex_numpy import tokens

OPENERS, CLOSERS = {"{", "(", "["}, {"}", ")", "]"}
OPERATORS = set(r"+ - = < > \le \ge \approx \cdot / , | \| \partial \in \ne \mid".split())
NEVER_FACTORS = set(r"\text \mathrm \operatorname \mathbb \sum \prod \frac \tfrac \log \cos \sin \max \min".split())
NEVER_FACTORS |= {r"\nabla", r"\top", r"\partial"}
SYMMETRIC = set("CDEINQST")
NAME_PARTS = set(r"\hat \bar \tilde \mathcal \mathbf".split())


def _group_end(parts: list[str], start: int) -> int:
    """The position after the sign, group, or decorated name that begins at `start`."""
    if parts[start] in NAME_PARTS:
        return _group_end(parts, start + 1)
    if parts[start] not in OPENERS:
        return start + 1
    depth = 0
    for place in range(start, len(parts)):
        depth += (parts[place] in OPENERS) - (parts[place] in CLOSERS)
        if not depth:
            return place + 1
    return len(parts)


def _factor_end(parts: list[str], start: int) -> int:
    """The position after the factor at `start`, with its scripts; `start` itself if none is there."""
    first = parts[start]
    if first in (r"\frac", r"\tfrac"):
        return _group_end(parts, _group_end(parts, start + 1))
    if first in OPERATORS | NEVER_FACTORS | CLOSERS | {"_", "^", "{"}:
        return start
    end = _group_end(parts, start)
    while end < len(parts) and (parts[end] in ("_", "^", "'") or (parts[end].isdigit() and first.isdigit())):
        end = end + 1 if parts[end] == "'" or parts[end].isdigit() else _group_end(parts, end + 1)
    return end


def mutations(latex: str) -> Iterator[tuple[str, str]]:
    """What was done, and the formula with it. Some results are no formulas any more, and some are still true."""
    parts = [token.text for token in tokens(latex)]

    def changed(start: int, end: int, *new: str) -> str:
        return " ".join([*parts[:start], *new, *parts[end:]])

    yield "doubled", " ".join(["2", *parts])
    for place, part in enumerate(parts):
        if part in "+-":
            yield f"sign at {place}", changed(place, place + 1, "-" if part == "+" else "+")
        if part.isdigit():
            yield f"digit up at {place}", changed(place, place + 1, str((int(part) + 1) % 10))
            yield f"digit down at {place}", changed(place, place + 1, str((int(part) - 1) % 10))
        if part in NAME_PARTS or part == "'":
            yield f"undecorated at {place}", changed(place, place + 1)
        if part in (r"\sum", r"\prod"):
            yield f"{part} at {place}", changed(place, _factor_end([*parts[:place], "x", *parts[place + 1 :]], place))
        before, after = parts[place - 1 : place], parts[place + 1 : place + 2]
        alone = after not in (["_"], ["^"]) and before not in (["_"], [r"\partial"])
        if part.isupper() and part not in SYMMETRIC and alone:
            yield f"transposed at {place}", changed(place, place + 1, "{", part, "}", "^", r"\top")
        if part == "^" and parts[place + 1] == r"\top":
            yield f"transpose at {place}", changed(place, place + 2)
        if part in (r"\le", r"\ge"):
            yield f"relation at {place}", changed(place, place + 1, r"\ge" if part == r"\le" else r"\le")
        if part == "_" and parts[place + 1] == "{" and parts[place + 4 : place + 5] == ["}"]:
            first, second = parts[place + 2 : place + 4]
            yield f"indices at {place}", changed(place, place + 5, "_", "{", second, first, "}")
        if parts[place - 1 : place] not in (["_"], ["^"]) and (end := _factor_end(parts, place)) > place:
            yield f"factor at {place}", changed(place, end)
