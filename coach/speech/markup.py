"""Where code and formulas stand in Markdown. Pure; shared by what is spoken and by where it is cut."""

import re
from typing import Literal, NamedTuple

Kind = Literal["text", "fence", "code", "formula"]
_MARKS = re.compile(
    r"(?P<escaped>\\[`$*_#])"
    r"|(?P<fence>```.*?(?:```|\Z))"
    r"|(?P<code>`[^`\n]+`)"
    r"|(?P<formula>\$\$.+?\$\$|\\\[.+?\\\]|\\\(.+?\\\)"
    r"|\$(?=[^\s$])(?:\\.|[^$\\\n]|\n(?!\s*\n))*?(?<=[^\s\\])\$(?!\d))",
    re.DOTALL,
)


class Piece(NamedTuple):
    """A part of a text, as it is written."""

    kind: Kind
    text: str
    """With its marks."""

    @property
    def inside(self) -> str:
        """Without its marks."""
        if self.kind == "fence":
            return self.text.strip("`")
        if self.kind == "formula":
            return self.text.strip("$") if self.text[0] == "$" else self.text[2:-2]
        return self.text.strip("`") if self.kind == "code" else self.text


def pieces(text: str) -> tuple[Piece, ...]:
    """The whole of `text`, in order; a dollar sign before a sum of money is text.

    Inline formulas follow Pandoc: no space after the opening dollar or before the closing one, no digit after it.
    """
    found: list[Piece] = []
    place = 0
    for match in _MARKS.finditer(text):
        if match.lastgroup == "escaped":
            continue
        if match.start() > place:
            found.append(Piece("text", text[place : match.start()]))
        kind: Kind = "fence" if match["fence"] else "code" if match["code"] else "formula"
        found.append(Piece(kind, match[0]))
        place = match.end()
    if place < len(text):
        found.append(Piece("text", text[place:]))
    return tuple(found)
