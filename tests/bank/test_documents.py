"""Files that are no notes are refused with path and reason, by a child process where they are parsed at all."""

import io
import zipfile
from copy import deepcopy
from pathlib import Path

import pytest

from coach.bank import documents
from coach.bank.convert import unwrapped
from coach.bank.documents import MAX_DOCUMENT_BYTES, read_text
from coach.errors import ContentError


def pdf(*operators: bytes, pages: int = 1) -> bytes:
    import pypdf
    from pypdf.generic import DecodedStreamObject, NameObject

    writer = pypdf.PdfWriter()
    for _ in range(pages):
        page = writer.add_blank_page(200, 200)
        stream = DecodedStreamObject()
        stream.set_data(b"\n".join(operators))
        page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def locked_pdf() -> bytes:
    import pypdf

    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def archive(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
    return file.getvalue()


def lying_bomb(main: str = "word/document.xml") -> bytes:
    """An Office document whose main part says it unpacks to a few bytes and unpacks to 300 MB."""
    start = b'<?xml version="1.0"?><w:document xmlns:w="x"><w:t>'
    raw = bytearray(archive({main: start + b"a" * 300_000_000}))
    central = raw.rindex(b"PK\x01\x02")
    raw[central + 24 : central + 28] = (1000).to_bytes(4, "little")
    return bytes(raw)


def deck(*titles: str, picture: bool = False, slides: int = 0) -> bytes:
    """A presentation with a slide for each title, one with a mere picture, and the last repeated `slides` times."""
    from PIL import Image
    from pptx import Presentation

    made = Presentation()
    for title in titles:
        made.slides.add_slide(made.slide_layouts[5]).shapes.title.text = title
    if picture:
        image = io.BytesIO()
        Image.new("RGB", (2, 2)).save(image, "PNG")
        made.slides.add_slide(made.slide_layouts[6]).shapes.add_picture(image, 0, 0)
    ids = made.slides._sldIdLst
    for _ in range(slides):
        ids.append(deepcopy(ids[-1]))
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def locked_office() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + "EncryptedPackage".encode("utf-16-le")


BAD = {
    "huge.md": (lambda: b"1. what is this?\n" * 3_200_000, "at most 5,000,000: split the file"),
    "huge.pdf": (lambda: b"%PDF-1.7" + b"\0" * MAX_DOCUMENT_BYTES, "at most 20,000,000"),
    "picture.md": (lambda: b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG image"),
    "program.txt": (lambda: b"\x7fELF\x02\x01\x01\x00", "a program"),
    "really-a.pdf.md": (pdf, "a PDF"),
    "old.doc": (lambda: b"\xd0\xcf\x11\xe0", "files ending in .doc are not read"),
    "empty.pdf": (lambda: b"", "is empty"),
    "empty.docx": (lambda: b"", "is empty"),
    "empty.html": (lambda: b" \n", "is empty"),
    "no-words.html": (lambda: b"<html><script>why()</script></html>", "holds no text"),
    "latin.html": (lambda: "<p>Qué es?</p>".encode("latin-1"), "not UTF-8"),
    "text.pdf": (lambda: b"1. What is a kernel?", "not what its ending says"),
    "text.docx": (lambda: b"1. What is a kernel?", "not what its ending says"),
    "image.docx": (lambda: b"\x89PNG\r\n\x1a\n\x00\x00", "is a PNG image"),
    "scanned.pdf": (pdf, "no text, pictures at most: paste its text"),
    "locked.pdf": (locked_pdf, "protected by a password"),
    "long.pdf": (lambda: pdf(pages=501), "501 pages"),
    "cut.pdf": (lambda: pdf()[:200], "cannot be read: "),
    "slow.pdf": (lambda: pdf(b"BT", *[b"(a) Tj 1 0 0 1 5 5 Tm"] * 300_000, b"ET"), "cannot be read: |longer than 20 s"),
    "cut.docx": (lambda: archive({"word/document.xml": b"<a/>"})[:40], "not a whole .docx"),
    "other.docx": (lambda: archive({"hello.txt": b"hello"}), "not a Word document"),
    "bomb.docx": (lambda: archive({"word/document.xml": b"a" * 300_000_000}), "would unpack to 300,000,000 bytes"),
    "lying-bomb.docx": (lying_bomb, "cannot be read: "),
    "many.docx": (lambda: archive({f"{i}.xml": b"" for i in range(6000)}), "in 6,000 parts"),
    "entities.docx": (
        lambda: archive(
            {
                "word/document.xml": b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
                + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 20) for i in range(9))
                + b"]><d>&j;</d>"
            }
        ),
        "cannot be read: ",
    ),
    "old.ppt": (lambda: b"\xd0\xcf\x11\xe0", "save it as .md, .txt, .html, .docx, .pptx or .pdf"),
    "renamed.pptx": (lambda: b"\xd0\xcf\x11\xe0", "is an old Office file"),
    "locked.pptx": (locked_office, "protected by a password: save a copy without one"),
    "locked.docx": (locked_office, "protected by a password: save a copy without one"),
    "pictures.pptx": (
        lambda: deck(picture=True),
        "no text, pictures at most: paste its text, or for a talk the abstract",
    ),
    "no-slides.pptx": (deck, "no text, pictures at most"),
    "long.pptx": (lambda: deck("Again", slides=500), "501 slides; a talk has at most 500"),
    "cut.pptx": (lambda: deck("A title")[:-400], "not a whole .pptx file"),
    "word.pptx": (lambda: archive({"word/document.xml": b"<a/>"}), "not a PowerPoint presentation"),
    "damaged.pptx": (lambda: archive({"ppt/presentation.xml": b"<a/>"}), "cannot be read: damaged"),
    "bomb.pptx": (lambda: archive({"ppt/presentation.xml": b"a" * 300_000_000}), "would unpack to 300,000,000 bytes"),
    "lying-bomb.pptx": (lambda: lying_bomb("ppt/presentation.xml"), "cannot be read: "),
    "deep.html": (lambda: b"<div>" * 50_000 + b"why?", "nested too deeply"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_note_is_refused_with_its_path_and_the_reason(tmp_path: Path, name: str) -> None:
    make, reason = BAD[name]
    path = tmp_path / name
    path.write_bytes(make())
    before = path.stat()
    with pytest.raises(ContentError, match=reason) as caught:
        read_text(path, shown_as=name)
    (problem,) = caught.value.problems
    assert problem.path == name
    assert "\n" not in problem.message
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_conversion_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "WALL_S", 0.01)
    path = tmp_path / "note.html"
    path.write_text("<p>Why?</p>", encoding="utf-8")
    with pytest.raises(ContentError, match="takes longer"):
        read_text(path)


def test_a_word_document_loads_no_picture_and_no_link_from_outside(tmp_path: Path) -> None:
    import docx
    from PIL import Image

    picture = tmp_path / "p.png"
    Image.new("RGB", (2, 2)).save(picture)
    document = docx.Document()
    document.add_heading("Amazon", level=1)
    document.add_picture(str(picture))
    document.add_paragraph("What is a kernel?")
    path = tmp_path / "n.docx"
    document.save(str(path))
    text = read_text(path)
    assert text == "# Amazon\n\nWhat is a kernel?\n"


def test_a_presentation_is_read_slide_by_slide_with_bullets_tables_groups_charts_and_notes(tmp_path: Path) -> None:
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    made = Presentation()
    first = made.slides.add_slide(made.slide_layouts[1])
    first.shapes.title.text = "Ticket triage"
    body = first.placeholders[1].text_frame
    body.text = "Which tickets escalate?"
    nested = body.add_paragraph()
    nested.text, nested.level = "二级标题", 1
    first.notes_slide.notes_text_frame.text = "Say who asked\nfor it."
    second = made.slides.add_slide(made.slide_layouts[6])
    table = second.shapes.add_table(2, 2, 0, 0, 100, 100).table
    for cell, text in zip(table.iter_cells(), ("Model", "AP", "a|b", "0.43"), strict=True):
        cell.text = text
    group = second.shapes.add_group_shape()
    group.shapes.add_group_shape().shapes.add_textbox(0, 0, 1, 1).text_frame.text = "in a group"
    data = CategoryChartData()
    data.categories = ["a"]
    data.add_series("recall", (0.5,))
    chart = second.shapes.add_chart(XL_CHART_TYPE.LINE, 0, 0, 9, 9, data).chart
    chart.chart_title.text_frame.text = "Recall by month"
    path = tmp_path / "talk.pptx"
    made.save(str(path))
    assert read_text(path) == (
        "# Slide 1: Ticket triage\n- Which tickets escalate?\n  - 二级标题\nNotes: Say who asked for it.\n\n"
        "# Slide 2\n| Model | AP |\n| --- | --- |\n| a/b | 0.43 |\n- in a group\n- Recall by month\n"
    )


def test_a_slide_without_words_keeps_its_number_among_the_others(tmp_path: Path) -> None:
    path = tmp_path / "talk.pptx"
    path.write_bytes(deck("First", "", "Third"))
    assert read_text(path) == "# Slide 1: First\n\n# Slide 2\n\n# Slide 3: Third\n"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("1. Why do we need many\nlayers?\n2. next", "1. Why do we need many layers?\n2. next"),
        ("为什么需要很多层而不是\n一层？", "为什么需要很多层而不是一层？"),
        ("A sentence that ends here.\nAnother one", "A sentence that ends here.\nAnother one"),
        ("short\nthis line is much longer than it", "short\nthis line is much longer than it"),
        ("first long line of text\n\nafter a gap", "first long line of text\n\nafter a gap"),
        ("", ""),
    ],
)
def test_lines_broken_at_the_margin_of_a_page_are_joined(page: str, text: str) -> None:
    assert unwrapped(page) == text
