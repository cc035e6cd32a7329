"""Any note file -> its text: .txt and .md as they are, .html, .docx, .pptx and .pdf through a child process.

A small file can be made to expand without end or to keep a parser busy for hours, so foreign formats are never parsed
in this process.
"""

import subprocess
import sys
from pathlib import Path
from typing import Protocol

from coach.errors import ContentError, Problem

MAX_TEXT_BYTES = 5_000_000
MAX_DOCUMENT_BYTES = 20_000_000
WALL_S = 20.0
"""Seconds a conversion may take in all."""
TEXT = frozenset({".txt", ".md", ".markdown", ".text", ""})
DOCUMENTS = {".html": b"", ".htm": b"", ".docx": b"PK", ".pptx": b"PK", ".pdf": b"%PDF-"}
"""Endings of the converted formats with the bytes that they must hold at or near their start."""
PICTURED = frozenset({".pdf", ".pptx"})
"""Formats in which a page may be a mere picture."""
_KINDS = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive (perhaps .docx or .pptx)"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF file"),
    (b"\x1f\x8b", "a gzip archive"),
)
_LOCKED = "EncryptedPackage".encode("utf-16-le")
"""Names the stream in which Office keeps a file that has a password (MS-OFFCRYPTO 2.3.4.4)."""


class _Wrong(Protocol):
    """Makes the error for this file."""

    def __call__(self, message: str, line: int = 0) -> ContentError: ...


def read_text(path: Path, *, shown_as: str | None = None) -> str:
    """The text of a note file, with Markdown's marks where the format has headings, lists and tables.

    Raises ContentError when the file is missing, empty, too large (5 MB of text, 20 MB of other formats), not what its
    ending says, not UTF-8, of an unknown format, without text, or needs more time or memory than a note can.
    """
    shown = shown_as or path.as_posix()
    ending = path.suffix.lower()

    def wrong(message: str, line: int = 0) -> ContentError:
        return ContentError((Problem(shown, line, message),))

    if ending not in TEXT and ending not in DOCUMENTS:
        raise wrong(f"files ending in {ending} are not read: save it as .md, .txt, .html, .docx, .pptx or .pdf")
    limit = MAX_DOCUMENT_BYTES if ending in DOCUMENTS else MAX_TEXT_BYTES
    try:
        size = path.stat().st_size
        if size > limit:
            raise wrong(f"{size:,} bytes; a {ending or 'text'} note has at most {limit:,}: split the file")
        raw = path.read_bytes()
    except OSError as error:
        raise wrong(f"cannot be read: {error.strerror}") from error
    kind = next((name for magic, name in _KINDS if raw.startswith(magic)), None)
    if ending not in DOCUMENTS:
        return _decoded(raw, kind, wrong)
    if not raw.strip():
        raise wrong("is empty: write at least one question")
    if DOCUMENTS[ending] not in raw[:1024]:
        if _LOCKED in raw:
            raise wrong("protected by a password: save a copy without one")
        raise wrong(f"is {kind or 'not what its ending says'}: give it its right ending, or save it as {ending} again")
    if ending in (".html", ".htm"):
        _decoded(raw, kind, wrong)
    text = _converted(path, wrong)
    if not text.strip():
        pictures = ", pictures at most: paste its text, or for a talk the abstract" if ending in PICTURED else ""
        raise wrong(f"holds no text{pictures}")
    return text


def _decoded(raw: bytes, kind: str | None, wrong: _Wrong) -> str:
    if b"\x00" in raw or (kind is not None and not raw.isascii()):
        where = raw.index(b"\x00") if b"\x00" in raw else 0
        raise wrong(f"holds NUL bytes or is binary: this is {kind or 'not a text file'}", raw[:where].count(b"\n") + 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise wrong("not UTF-8 text: save the file as UTF-8", raw[: error.start].count(b"\n") + 1) from error
    if not text.strip():
        raise wrong("is empty: write at least one question")
    return text


def _converted(path: Path, wrong: _Wrong) -> str:
    command = [sys.executable, "-I", "-m", "coach.bank.convert", str(path.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=WALL_S, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise wrong(f"takes longer than {WALL_S:.0f} s to read: save its text as .md or .txt") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[-1] if said and done.returncode == 1 else "needs more time or memory than a note can"
        raise wrong(f"cannot be read: {reason}")
    return done.stdout.decode("utf-8")
