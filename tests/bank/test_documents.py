"""Files that are no notes are refused with path and reason, by a child process where they are parsed at all."""

import io
import zipfile
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


def lying_bomb() -> bytes:
    """A Word document whose main part says it unpacks to a few bytes and unpacks to 300 MB."""
    start = b'<?xml version="1.0"?><w:document xmlns:w="x"><w:t>'
    raw = bytearray(archive({"word/document.xml": start + b"a" * 300_000_000}))
    central = raw.rindex(b"PK\x01\x02")
    raw[central + 24 : central + 28] = (1000).to_bytes(4, "little")
    return bytes(raw)


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
    "scanned.pdf": (pdf, "no text .perhaps it is scanned"),
    "locked.pdf": (locked_pdf, "protected by a password"),
    "long.pdf": (lambda: pdf(pages=501), "501 pages"),
    "cut.pdf": (lambda: pdf()[:200], "cannot be read: "),
    "slow.pdf": (lambda: pdf(b"BT", *[b"(a) Tj 1 0 0 1 5 5 Tm"] * 300_000, b"ET"), "cannot be read: "),
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
