"""Quotes -> spans in the candidate's words, or a downgrade. A judge's word alone earns nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz

from coach.grading.echo import WHOLE, Line, repeats, weight
from coach.grading.fold import Folded, latin, letters, loose, with_shape
from coach.grading.visible import visible
from coach.schema import Claim, Evidence, MisconceptionClaim, Quote, Stated, Utterance, Verdict
from coach.text import normalise, sentences

NEAR = 90.0
"""Least similarity (0 to 100, rapidfuzz partial ratio) of a quote that was not copied exactly."""
NEAR_LENGTH = 12
"""Shorter quotes must be exact: a near match of a few characters proves nothing."""
LOOSE_LENGTH = 4
"""Least characters left of a formula or a piece of code that was typed in another way."""
_NEEDS_EVIDENCE = frozenset({"met", "partly", "contradicted"})
Lack = Literal["no_quote", "not_found", "repeats"]
_LACKS: Mapping[Lack, str] = {
    "no_quote": "no quote was given",
    "not_found": "its quote does not stand in the answer",
    "repeats": "its quote repeats the interviewer",
}
_EDGES = " .,;:…。，；：\"'"

Fold = Callable[[str], Folded]


def align(quote: Quote, utterances: Sequence[Utterance]) -> Evidence | None:
    """Where the quote stands in what a reader sees of the candidate's words, or None.

    Exact: case, width, quote marks, dashes, white space, invisible characters and look-alike letters do not matter.
    Near: the same formula or code in another notation or layout, or, from 12 characters on, a tenth of difference.
    The turn the judge names is tried first, then the others.
    """
    ordered = sorted(utterances, key=lambda utterance: utterance.turn != quote.turn)
    return _found(quote, ordered, normalise) or _found(quote, ordered, _latin) or _rewritten(quote, ordered)


def _found(quote: Quote, utterances: Sequence[Utterance], fold: Fold) -> Evidence | None:
    """The exact place under a folding."""
    needle = fold(_shown(quote.text))[0].strip(_EDGES)
    for utterance in utterances if needle else ():
        text, origin = _folded(utterance.text, fold)
        at = text.find(needle)
        if at >= 0:
            return _evidence(utterance, origin, at, at + len(needle), "exact")
    return None


def _rewritten(quote: Quote, utterances: Sequence[Utterance]) -> Evidence | None:
    """The place of the quote in another notation, else of one that differs by a tenth."""
    needle = _loose(_shown(quote.text))[0].strip(_EDGES)
    for utterance in utterances if len(needle) >= LOOSE_LENGTH else ():
        text, origin = _folded(utterance.text, _loose)
        at = text.find(needle)
        while at >= 0:
            span = origin[at : at + len(needle)]
            if _stands_alone(text, origin, at, at + len(needle)) and _same_words(quote.text, utterance.text, span):
                start, end = with_shape(utterance.text, span[0], span[-1] + 1)
                return _evidence(utterance, (start, end - 1), 0, 2, "near")
            at = text.find(needle, at + 1)
    needle = _latin(_shown(quote.text))[0].strip(_EDGES)
    for utterance in utterances if len(needle) >= NEAR_LENGTH else ():
        text, origin = _folded(utterance.text, _latin)
        if len(text) < NEAR_LENGTH:
            continue
        found = fuzz.partial_ratio_alignment(needle, text, score_cutoff=NEAR)
        if found is not None and found.dest_end - found.dest_start >= 0.8 * len(needle):
            return _evidence(utterance, origin, found.dest_start, found.dest_end, "near")
    return None


def _shown(quote: str) -> str:
    """The quote without characters that have no glyph; comments in it stay, and so are found nowhere."""
    return visible(quote.replace("<!--", "<!\0--"))[0]


def _latin(text: str) -> Folded:
    return normalise(latin(text))


def _loose(text: str) -> Folded:
    return loose(latin(text))


@lru_cache(maxsize=64)
def _folded(raw: str, fold: Fold) -> Folded:
    """What a reader sees of an utterance, folded, with offsets into its raw text."""
    seen, shown_at = visible(raw)
    text, origin = fold(seen)
    if len(seen) == len(raw):
        return text, origin
    return text, tuple(shown_at[at] for at in origin)


def _same_words(quote: str, raw: str, span: Sequence[int]) -> bool:
    """Whether white space differs between symbols only, and not inside a word or between two."""
    return letters(latin(_shown(quote))) == letters(latin(visible(raw[span[0] : span[-1] + 1])[0]))


def _stands_alone(text: str, origin: Sequence[int], first: int, last: int) -> bool:
    """Whether a find that ignores white space begins and ends where words do."""

    def inside_a_word(left: int) -> bool:
        adjoin = origin[left + 1] - origin[left] <= 1
        return adjoin and text[left].isascii() and text[left].isalnum() and text[left + 1].isalnum()

    return not (first > 0 and inside_a_word(first - 1)) and not (last < len(text) and inside_a_word(last - 1))


def _evidence(utterance: Utterance, origin: Sequence[int], first: int, last: int, match: str) -> Evidence:
    start, end = origin[first], origin[last - 1] + 1
    while start < end and utterance.text[start].isspace():
        start += 1
    while end > start and utterance.text[end - 1].isspace():
        end -= 1
    return Evidence.model_validate(
        {"turn": utterance.turn, "start": start, "end": end, "text": utterance.text[start:end], "match": match}
    )


def check(claim: Claim, utterances: Sequence[Utterance], lines: Sequence[Line] = ()) -> Verdict:
    """The verdict a claim's quotes support: *met*, *partly* or *contradicted* without evidence becomes *missed*.

    A quote that only repeats one of the interviewer's `lines` is no evidence.
    """
    found = _unique(align(quote, utterances) for quote in claim.quotes)
    own = tuple(one for one in found if not _is_echo(one, utterances, lines))
    if claim.state in _NEEDS_EVIDENCE and not own:
        lack: Lack = "repeats" if found else "not_found" if claim.quotes else "no_quote"
        return Verdict(
            criterion=claim.criterion,
            state="missed",
            reason=f"{claim.reason} [{claim.state} without evidence: {_LACKS[lack]}]".strip(),
            downgraded_from=claim.state,
            downgraded_for=lack,
            likelihood=claim.likelihood,
        )
    evidence = own if claim.state in _NEEDS_EVIDENCE else ()
    return Verdict(
        criterion=claim.criterion,
        state=claim.state,
        evidence=evidence,
        reason=claim.reason,
        likelihood=claim.likelihood,
    )


def check_misconception(
    claim: MisconceptionClaim, utterances: Sequence[Utterance], lines: Sequence[Line] = ()
) -> Stated | None:
    """The misconception with its evidence, or None when no quote of it is the candidate's own statement."""
    found = _unique(align(quote, utterances) for quote in claim.quotes)
    own = tuple(one for one in found if not _is_echo(one, utterances, lines))
    return Stated(misconception=claim.misconception, evidence=own) if own else None


def _is_echo(evidence: Evidence, utterances: Sequence[Utterance], lines: Sequence[Line]) -> bool:
    """Whether the quoted words, or when they are few their whole sentence, repeat the interviewer."""
    words = evidence.text
    if weight(words) < WHOLE:
        text = next(utterance.text for utterance in utterances if utterance.turn == evidence.turn)
        around = [(low, high) for low, high in sentences(text) if low < evidence.end and evidence.start < high]
        words = text[around[0][0] : around[-1][1]] if around else words
    return bool(lines) and repeats(words, evidence.turn, lines, utterances)


def _unique(found: Iterable[Evidence | None]) -> tuple[Evidence, ...]:
    seen: dict[tuple[int, int, int], Evidence] = {}
    for evidence in found:
        if evidence is not None:
            seen.setdefault((evidence.turn, evidence.start, evidence.end), evidence)
    return tuple(seen.values())
