"""A text that grows -> the sentences that are complete so far, to be spoken while the rest is written. Pure.

What was complete stays as it was: the sentences of a beginning are a beginning of the sentences of the whole.
"""

import re

from coach.speech.markup import pieces

LONGEST = 600
"""Characters after which a sentence is cut at a comma or a space, so that no voice is silent for long."""
_SHORT = frozenset(
    """e.g i.e etc vs cf al fig eq eqs sec ch no nos approx resp dr mr mrs ms prof st w.r.t p pp vol ed eds incl
    u.s ph.d""".split()
)
"""What ends with a full stop and does not end a sentence."""
_ENDS = re.compile(r"[.!?。！？；…]+[\"'”’」』）)\]*_]*|\n")
_CJK_ENDS = "。！？；"
_BLOCK = re.compile(r"\s*\n|\s*(?:[-*+>|]|\d{1,3}[.)])\s|\s*#{1,6}\s|\s*```")
_OPEN = re.compile(r"\$\$|\$|\\\(|\\\[|```|`")
_SEEN = 5
"""Characters of the next line that must be there to know whether it begins a block of its own."""


def sentences(text: str, *, whole: bool) -> tuple[str, ...]:
    """The complete sentences of `text`, as they are written; with `whole` also what is left at the end.

    Cut at full stops in both languages and at the ends of paragraphs and list items; never within code, formulas,
    numbers and abbreviations.
    """
    marks, hidden = _marked(text, whole=whole)
    found: list[str] = []
    start = place = 0
    while place < hidden and (match := _ENDS.search(marks, place, hidden)) is not None:
        place = match.end()
        if match[0] == "\n" and not whole and len(marks[place:hidden].lstrip(" \t")) < _SEEN:
            break
        if _ends_here(marks, match, known=hidden):
            found.append(text[start:place])
            start = place
    if whole:
        found.append(text[start:])
    return tuple(cut for one in found for cut in _cut(one.strip()) if cut)


def _marked(text: str, *, whole: bool) -> tuple[str, int]:
    """`text` with code and formulas blanked, and how far it can be read: up to what is not closed yet."""
    out: list[str] = []
    length = 0
    paragraph = max((match.end() for match in re.finditer(r"\n\s*\n(?=\s*\S)", text)), default=0)
    for piece in pieces(text):
        if piece.kind == "text":
            opening = None if whole else _opening(text, length, length + len(piece.text), paragraph)
            out.append(piece.text)
            if opening is not None:
                return "".join(out), opening
        elif piece.kind == "fence":
            if not whole and not _is_closed(piece.text):
                return "".join(out), length
            out.append(piece.text[:3] + "x" * (len(piece.text) - 3))
        else:
            if not whole and text[max(0, length - 1) : length + 1] == "$$":
                return "".join(out), length - 1
            out.append("x" * len(piece.text))
        length += len(piece.text)
    return "".join(out), length


def _is_closed(fence: str) -> bool:
    return len(fence) >= 6 and fence.endswith("```")


def _opening(text: str, start: int, end: int, paragraph: int) -> int | None:
    """Where between `start` and `end` something opens that may still be closed; None when nothing does.

    A dollar sign is closed within its paragraph, a backtick within its line.
    """
    for match in _OPEN.finditer(text, start, end):
        place = match.start()
        reaches = paragraph if match[0] == "$" else text.rfind("\n") + 1 if match[0] == "`" else 0
        if place >= reaches and (place == 0 or text[place - 1] != "\\"):
            return place
    return None


def _ends_here(marks: str, match: re.Match[str], *, known: int) -> bool:
    after = marks[match.end() : known]
    if match[0] == "\n":
        return bool(_BLOCK.match(after))
    if not after:
        return False
    if match[0][0] in _CJK_ENDS:
        return True
    if not after[0].isspace() and not "\u3400" <= after[0] <= "\u9fff":
        return False
    if match[0] != ".":
        return True
    word = re.search(r"[\w.]*\Z", marks[: match.start()])
    before = word[0].lower() if word is not None else ""
    listed = before.isdigit() and marks[: match.start() - len(before)].rstrip(" \t")[-1:] in ("", "\n")
    initial = len(before) == 1 and before.isalpha() and before not in "aixyzw" and marks[match.start() - 1].isupper()
    return before not in _SHORT and not listed and not initial


def _cut(sentence: str) -> list[str]:
    """A sentence that no voice would end, in parts."""
    out = []
    while len(sentence) > LONGEST:
        places = [sentence.rfind(sign, 0, LONGEST) for sign in ("，", ", ", "；", " ")]
        place = next((one for one in places if one > LONGEST // 2), LONGEST - 1) + 1
        out.append(sentence[:place].strip())
        sentence = sentence[place:].strip()
    return [*out, sentence]
