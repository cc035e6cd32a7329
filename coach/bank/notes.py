"""Raw interview notes -> questions, each with path, line, company, round and language. Rules only, no model.

What is understood, in English and Chinese: headings that name a company or a round, with or without Markdown's marks;
numbered and bulleted lists, nested, also within one line; tables; paragraphs that pack several questions between commas
and full stops; labels such as `Coding：`, `Q:` and `A:`.
"""

from collections.abc import Iterator
from pathlib import Path

from coach.bank.asking import HAS_WORD, Found, from_list, from_paragraph, from_row
from coach.bank.blocks import List, Paragraph, Row, blocks
from coach.bank.documents import read_text
from coach.bank.provenance import Heading, Scope
from coach.schema import NoteQuestion


def read_notes(path: Path, *, shown_as: str | None = None) -> tuple[NoteQuestion, ...]:
    """All questions of the note at `path`, in reading order; `shown_as` replaces the path in each of them.

    The formats are those of `read_text`, which also says what is refused with ContentError. The lines of a .html,
    .docx, .pptx or .pdf file are those of the text that `read_text` makes of it.
    """
    shown = shown_as or path.as_posix()
    return parse_notes(read_text(path, shown_as=shown), shown)


def parse_notes(text: str, path: str) -> tuple[NoteQuestion, ...]:
    """All questions in `text`, in reading order; `path` is stored with each.

    List items: every item is a question, except that a short title with items below gives its name to them
    (`Page Rank Project: laplacian of a graph`), and that notes below a question are added to it in brackets.
    Paragraphs: the parts that ask something; parts that tell a story are left out.
    """
    questions: list[NoteQuestion] = []
    scope = Scope()
    for block in blocks(text):
        if isinstance(block, Heading):
            scope = scope.under(block)
            continue
        for one in _asked(block, in_round=bool(scope.company or scope.round)):
            if not HAS_WORD.search(one.text):
                continue
            questions.append(
                NoteQuestion(
                    text=one.text,
                    path=path,
                    line=one.line,
                    lang=one.lang,
                    company=one.company or scope.company,
                    round=one.round or scope.round,
                    number=one.number,
                )
            )
    return tuple(dict.fromkeys(questions))


def _asked(block: List | Row | Paragraph, *, in_round: bool) -> Iterator[Found]:
    if isinstance(block, List):
        return from_list(block)
    return from_row(block) if isinstance(block, Row) else from_paragraph(block, in_round=in_round)
