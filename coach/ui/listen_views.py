"""What the listening part shows of recordings, and what their words do to the text of the answer. Pure."""

import html
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from coach.llm.transcription import Word
from coach.schema import Lang
from coach.speech.recording import Take
from coach.ui.words.listen import STATUS

UNSURE = 0.5
"""A recogniser that gives a word less probability than this is unsure of it."""
_CONTEXTS = (24, 8, 0)
"""Characters around a repaired term that are looked for in the answer, widest first."""


def said(code: str, lang: Lang, **given: str) -> str:
    """A sentence of the status line."""
    return STATUS[code][lang].format(**given).strip()


def sentences(*said: str, lang: Lang) -> str:
    """Sentences one after the other; in Chinese no space stands between them."""
    return ("" if lang == "zh" else " ").join(said)


def status_html(text: str, *, kind: str = "", working: bool = False) -> str:
    """The status line; `kind` is `ok`, `bad` or empty. `working` counts the seconds beside it."""
    if not text:
        return ""
    marks = " ".join(one for one in ("listen-said", kind, "working" if working else "") if one)
    return f'<p class="{marks}">{html.escape(text)}</p>'


def takes_html(takes: Sequence[Take], folder: Path, lang: Lang) -> str:
    """The recordings of the answer that is being given, each to play, with its words under it."""
    shown = [_take_html(number, take, folder, lang) for number, take in enumerate(takes, start=1)]
    if any(word.confidence is not None and word.confidence < UNSURE for take in takes for word in _words(take)):
        shown.append(f'<p class="listen-key">{said("unsure", lang)}</p>')
    return "".join(shown)


def _take_html(number: int, take: Take, folder: Path, lang: Lang) -> str:
    name = said("recording", lang, number=str(number))
    length = said("seconds", lang, seconds=f"{take.recording.seconds:.1f}")
    audio = ""
    if take.recording.audio is not None:
        address = quote((folder / take.recording.audio).resolve().as_posix())
        audio = f'<audio controls preload="none" aria-label="{name}" src="./gradio_api/file={address}"></audio>'
    words = caption_html(take) or f"<em>{said('no_text', lang)}</em>"
    head = f'<span class="listen-name">{name}</span> <span class="listen-length">{length}</span>'
    return f'<figure class="listen-take">{head}{audio}<figcaption>{words}</figcaption></figure>'


def _words(take: Take) -> Sequence[Word]:
    return take.transcript.words if take.transcript is not None else ()


def caption_html(take: Take) -> str:
    """The words of a recording, with repaired terms and unsure words marked; empty without a transcript."""
    if take.transcript is None:
        return ""
    text = take.transcript.text
    marks: list[tuple[int, int, str]] = []
    for number, repair in enumerate(take.repairs):
        if number not in take.undone:
            inside = f'<ins title="{html.escape(repair.before)}">{html.escape(repair.after)}</ins>'
            marks.append((repair.start, repair.end, inside))
    for word in take.transcript.words:
        free = all(word.end <= start or end <= word.start for start, end, _ in marks)
        if word.confidence is not None and word.confidence < UNSURE and free:
            inside = f'<span class="unsure">{html.escape(text[word.start : word.end])}</span>'
            marks.append((word.start, word.end, inside))
    out, at = [], 0
    for start, end, inside in sorted(marks):
        out += [html.escape(text[at:start]), inside]
        at = end
    return "".join((*out, html.escape(text[at:])))


def choices(takes: Sequence[Take]) -> tuple[list[tuple[str, str]], list[str]]:
    """The repairs to choose from, and which of them are made."""
    rows = [(f"{one.before} → {one.after}", f"{take.name}:{n}") for take in takes for n, one in enumerate(take.repairs)]
    made = [f"{take.name}:{n}" for take in takes for n in range(len(take.repairs)) if n not in take.undone]
    return rows, made


def chosen(take: Take, made: Sequence[str]) -> Take:
    """The take with exactly the repairs that are made."""
    undone = tuple(n for n in range(len(take.repairs)) if f"{take.name}:{n}" not in made)
    return take.model_copy(update={"undone": undone})


def rewritten(answer: str, before: Take, after: Take) -> str | None:
    """The answer with the words of a take as they are after its repairs changed.

    None when those words are not in it any more, or stand there more than once.
    """
    for number in range(len(before.repairs)):
        if (number in before.undone) == (number in after.undone):
            continue
        undone = tuple(sorted({*before.undone} ^ {number}))
        step = before.model_copy(update={"undone": undone})
        changed = _replaced(answer, before, step, number)
        if changed is None:
            return None
        answer, before = changed, step
    return answer


def _replaced(answer: str, before: Take, after: Take, number: int) -> str | None:
    repair = before.repairs[number]
    old, new = (repair.before, repair.after) if number in before.undone else (repair.after, repair.before)
    at = _place(before, number)
    for width in _CONTEXTS:
        low, high = max(at - width, 0), at + len(old) + width
        needle = before.text[low:high]
        if needle and answer.count(needle) == 1:
            put = before.text[low:at] + new + before.text[at + len(old) : high]
            return answer.replace(needle, put)
    return None


def _place(take: Take, number: int) -> int:
    """Where a repair's words stand in the text of the take as it is now."""
    shift = sum(
        len(one.after) - len(one.before)
        for other, one in enumerate(take.repairs)
        if other not in take.undone and one.start < take.repairs[number].start
    )
    return take.repairs[number].start + shift


def without(answer: str, piece: str) -> str | None:
    """The answer without the last place of a piece, and without the blank it leaves; None when it is not in there."""
    at = answer.rfind(piece) if piece else -1
    if at < 0:
        return None
    head, tail = answer[:at], answer[at + len(piece) :]
    if head.endswith(" ") and (not tail or tail[0].isspace()):
        head = head[:-1]
    elif not head and tail.startswith(" "):
        tail = tail[1:]
    return head + tail
