"""`python -m coach.bank.convert FILE`: the text of a .html, .docx, .pptx or .pdf file on standard output, as UTF-8.

Runs alone in a process of its own, with limits on processor time and memory where the system has them. Exit status 1
with one line on standard error when the file cannot be read. Only user of mammoth, markdownify, pptx
and pypdf.
"""

import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide

CPU_S = 10
MEMORY_BYTES = 1_500_000_000
MAX_UNPACKED_BYTES = 200_000_000
MAX_MEMBERS = 5_000
MAX_PAGES = 500
_WRAPPED_FROM = 0.6
"""A line of a PDF at least so long, as a share of the page's longest, may go on in the next one."""
_STARTS = re.compile(
    r"\s*(?:\d{1,3}[.)、）．]|[(（]\d{1,3}[)）]|[-*+•·●▪◦‣–]\s|#|[一二三四五六七八九十]{1,3}、|[QA]\d*[:：.])"
)
_CLOSED = re.compile(r"[.?!。？！：:；;]\s*$")
_CJK = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")


class Unreadable(Exception):
    """The file cannot be turned into text; says why."""


def text_of(path: Path) -> str:
    """The text of the file, Markdown where its format has structure. Raises Unreadable."""
    ending = path.suffix.lower()
    if ending == ".pdf":
        return _pdf(path)
    if ending == ".pptx":
        return _pptx(path)
    html = _docx(path) if ending == ".docx" else path.read_text(encoding="utf-8-sig")
    return _markdown(html)


def _docx(path: Path) -> str:
    import mammoth

    _check_archive(path, "word/document.xml", "a Word document")
    with path.open("rb") as file:
        return str(mammoth.convert_to_html(file, convert_image=mammoth.images.img_element(lambda _: {})).value)


def _check_archive(path: Path, main: str, kind: str) -> None:
    """Raises Unreadable unless `path` is a whole archive of bearable size with the part that makes it `kind`."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
    except zipfile.BadZipFile as error:
        raise Unreadable(f"not a whole {path.suffix.lower()} file ({error})") from error
    if unpacked > MAX_UNPACKED_BYTES or len(members) > MAX_MEMBERS:
        raise Unreadable(f"would unpack to {unpacked:,} bytes in {len(members):,} parts; that is no note")
    if main not in {member.filename for member in members}:
        raise Unreadable(f"a zip archive, but not {kind}")


def _pptx(path: Path) -> str:
    """A heading `# Slide 3: title` for every slide, then its bullets, tables and speaker notes."""
    from pptx import Presentation

    _check_archive(path, "ppt/presentation.xml", "a PowerPoint presentation")
    with path.open("rb") as file:
        slides = Presentation(file).slides
        if len(slides) > MAX_PAGES:
            raise Unreadable(f"{len(slides)} slides; a talk has at most {MAX_PAGES}: split the file")
        parts = [_slide(slide) for slide in slides]
    if not any(title or lines for title, lines in parts):
        return ""
    heads = [f"# Slide {n}: {title}" if title else f"# Slide {n}" for n, (title, _) in enumerate(parts, start=1)]
    return "\n\n".join("\n".join((head, *lines)) for head, (_, lines) in zip(heads, parts, strict=True)) + "\n"


def _slide(slide: "Slide") -> tuple[str, list[str]]:
    """Its title, and the lines below it; hidden slides count, as they are what one flips to when asked."""
    titled = slide.shapes.title
    title = " ".join(titled.text_frame.text.split()) if titled is not None else ""
    number = titled.shape_id if titled is not None else None
    lines = [line for shape in slide.shapes if shape.shape_id != number for line in _shape(shape)]
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    spoken = " ".join(notes.text.split()) if notes is not None else ""
    return title, [*lines, *([f"Notes: {spoken}"] if spoken else [])]


def _shape(shape: "BaseShape") -> Iterator[str]:
    from pptx.enum.shapes import PP_PLACEHOLDER
    from pptx.shapes.autoshape import Shape
    from pptx.shapes.graphfrm import GraphicFrame
    from pptx.shapes.group import GroupShape

    furniture = {PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER}
    if shape.is_placeholder and shape.placeholder_format.type in furniture:
        return
    if isinstance(shape, GroupShape):
        for inner in shape.shapes:
            yield from _shape(inner)
    elif isinstance(shape, Shape):
        for paragraph in shape.text_frame.paragraphs:
            said = " ".join(paragraph.text.split())
            if said:
                yield f"{'  ' * paragraph.level}- {said}"
    elif isinstance(shape, GraphicFrame) and shape.has_table:
        yield from _table([[cell.text for cell in row.cells] for row in shape.table.rows])
    elif isinstance(shape, GraphicFrame) and shape.has_chart and shape.chart.has_title:
        said = " ".join(shape.chart.chart_title.text_frame.text.split())
        if said:
            yield f"- {said}"


def _table(rows: Iterable[list[str]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', '/') for cell in row)} |"
        if number == 0:
            yield f"|{' --- |' * len(row)}"


def _markdown(html: str) -> str:
    from markdownify import markdownify

    text = markdownify(
        html, heading_style="ATX", bullets="-", strip=["a", "img"], escape_misc=False, escape_underscores=False
    )
    return re.sub(r"\n{3,}", "\n\n", str(text)).strip() + "\n"


def _pdf(path: Path) -> str:
    import pypdf
    from pypdf.errors import PyPdfError

    try:
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("protected by a password: save a copy without one")
        if len(reader.pages) > MAX_PAGES:
            raise Unreadable(f"{len(reader.pages)} pages; a note has at most {MAX_PAGES}: split the file")
        pages = [page.extract_text(extraction_mode="layout") for page in reader.pages]
    except PyPdfError as error:
        raise Unreadable(f"not a whole PDF ({error})") from error
    return "\n\n".join(unwrapped(page) for page in pages)


def unwrapped(page: str) -> str:
    """`page` with lines that were broken at the right margin joined again."""
    lines = [line.rstrip() for line in page.split("\n")]
    widest = max((_width(line) for line in lines), default=0)
    joined: list[str] = []
    last = ""
    for line in lines:
        goes_on = (
            joined
            and line.strip()
            and _width(last) >= _WRAPPED_FROM * widest
            and not _CLOSED.search(last)
            and not _STARTS.match(line)
        )
        if goes_on:
            gap = "" if _CJK.match(line.strip()) or _CJK.search(joined[-1][-1]) else " "
            joined[-1] += gap + line.strip()
        else:
            joined.append(line)
        last = line
    return "\n".join(joined)


def _width(line: str) -> int:
    return sum(2 if _CJK.match(char) else 1 for char in line)


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on Windows, where the caller's clock is the only limit
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> int:
    """Convert the file named on the command line."""
    import logging

    _limit()
    logging.disable()
    try:
        text = text_of(Path(sys.argv[1]))
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 1
    except (RecursionError, MemoryError):
        print("it is nested too deeply or too large", file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001 - third-party parsers raise anything on damaged files; told to the person
        print(f"damaged ({type(error).__name__}: {str(error)[:200]})".replace("\n", " "), file=sys.stderr)
        return 1
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
