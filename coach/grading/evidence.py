"""Quotes -> spans in the candidate's words, or a downgrade. A judge's word alone earns nothing."""

from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz

from coach.schema import Claim, Evidence, MisconceptionClaim, Quote, Stated, Utterance, Verdict
from coach.text import normalise

NEAR = 90.0
"""Least similarity (0 to 100, rapidfuzz partial ratio) of a quote that was not copied exactly."""
NEAR_LENGTH = 12
"""Shorter quotes must be exact: a near match of a few characters proves nothing."""
_NEEDS_EVIDENCE = frozenset({"met", "partly", "contradicted"})


def align(quote: Quote, utterances: Sequence[Utterance]) -> Evidence | None:
    """Where the quote stands in the candidate's words, or None.

    The turn the judge names is tried first, then the others. Case, width, quote marks, dashes, white space and
    invisible characters do not matter; beyond that a quote of at least 12 characters may differ by a tenth.
    """
    needle = normalise(quote.text)[0].strip(" .,;:…。，；：\"'")
    if not needle:
        return None
    ordered = sorted(utterances, key=lambda utterance: utterance.turn != quote.turn)
    folded = [(utterance, *normalise(utterance.text)) for utterance in ordered]
    for utterance, text, origin in folded:
        at = text.find(needle)
        if at >= 0:
            return _evidence(utterance, origin, at, at + len(needle), "exact")
    if len(needle) < NEAR_LENGTH:
        return None
    for utterance, text, origin in folded:
        if len(text) < NEAR_LENGTH:
            continue
        found = fuzz.partial_ratio_alignment(needle, text, score_cutoff=NEAR)
        if found is not None and found.dest_end - found.dest_start >= 0.8 * len(needle):
            return _evidence(utterance, origin, found.dest_start, found.dest_end, "near")
    return None


def _evidence(utterance: Utterance, origin: Sequence[int], first: int, last: int, match: str) -> Evidence:
    start, end = origin[first], origin[last - 1] + 1
    while start < end and utterance.text[start].isspace():
        start += 1
    while end > start and utterance.text[end - 1].isspace():
        end -= 1
    return Evidence.model_validate(
        {"turn": utterance.turn, "start": start, "end": end, "text": utterance.text[start:end], "match": match}
    )


def check(claim: Claim, utterances: Sequence[Utterance]) -> Verdict:
    """The verdict a claim's quotes support: *met*, *partly* or *contradicted* without evidence becomes *missed*."""
    found = _unique(align(quote, utterances) for quote in claim.quotes)
    if claim.state in _NEEDS_EVIDENCE and not found:
        why = "its quote does not stand in the answer" if claim.quotes else "no quote was given"
        return Verdict(
            criterion=claim.criterion,
            state="missed",
            reason=f"{claim.reason} [{claim.state} without evidence: {why}]".strip(),
            downgraded_from=claim.state,
        )
    evidence = found if claim.state in _NEEDS_EVIDENCE else ()
    return Verdict(criterion=claim.criterion, state=claim.state, evidence=evidence, reason=claim.reason)


def check_misconception(claim: MisconceptionClaim, utterances: Sequence[Utterance]) -> Stated | None:
    """The misconception with its evidence, or None when no quote of it stands in the answer."""
    found = _unique(align(quote, utterances) for quote in claim.quotes)
    return Stated(misconception=claim.misconception, evidence=found) if found else None


def _unique(found: Iterable[Evidence | None]) -> tuple[Evidence, ...]:
    seen: dict[tuple[int, int, int], Evidence] = {}
    for evidence in found:
        if evidence is not None:
            seen.setdefault((evidence.turn, evidence.start, evidence.end), evidence)
    return tuple(seen.values())
