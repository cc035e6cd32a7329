"""Wrong verdicts, misses and what changed between two runs -> HTML. Pure; every word of a file is escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from math import isnan
from typing import TYPE_CHECKING

from coach.schema import Card, Evidence, Lang
from coach.ui.evals_views import bar_name, fold, notice, pill, say, says, table
from coach.ui.words.evals import TEXT

if TYPE_CHECKING:
    from evals.board import Past
    from evals.findings import Comparison, Figure, Miss, WrongAnswer, WrongVerdict

EACH_PAGE = 10
"""Wrong answers shown at once."""
MOST_FLIPS = 200


def chosen(
    answers: "Sequence[WrongAnswer]", *, split: str, card: str = "", mistake: str = ""
) -> "tuple[WrongAnswer, ...]":
    """Those of a split, of one card if it is given, and with a verdict wrong in that way if it is given."""
    return tuple(
        one
        for one in answers
        if one.split == split
        and card in {"", one.card}
        and (not mistake or any(verdict.mistake == mistake for verdict in one.wrong))
    )


def wrong_html(
    found: "Sequence[WrongAnswer]", cards: Mapping[str, Card], lang: Lang, *, split: str, at: int, mistake: str = ""
) -> str:
    """Answers with their wrong verdicts, so many at a time from `at`; one kind of mistake, if it is given."""
    note = notice(lang, f"wrong_{split}", tone="part" if split == "test" else "")
    if not found:
        return note + f'<p class="ev-empty">{say(lang, "wrong_none")}</p>'
    shown = found[at : at + EACH_PAGE]
    verdicts = sum(mistake in {"", one.mistake} for answer in found for one in answer.wrong)
    counted = say(lang, "wrong_count", verdicts=verdicts, answers=len(found), first=at + 1, last=at + len(shown))
    return f'{note}<p class="ev-small">{counted}</p>' + "".join(_wrong(one, cards, lang, mistake) for one in shown)


def _wrong(one: "WrongAnswer", cards: Mapping[str, Card], lang: Lang, mistake: str) -> str:
    card = cards.get(one.card)
    if card is not None and one.card_hash not in {None, card.fingerprint}:
        card = None
    wrong = [verdict for verdict in one.wrong if mistake in {"", verdict.mistake}]
    places = {verdict.criterion: str(at) for at, verdict in enumerate(wrong, start=1)}
    rows = "".join(
        f'<tr><td class="n">{places[verdict.criterion]}</td>'
        f'<th scope="row">{says(card, verdict.criterion, one.lang)}</th>'
        f"<td>{pill(verdict.label, lang)}</td><td>{pill(verdict.state, lang)}</td>"
        f"<td>{say(lang, f'mistake_{verdict.mistake}')}<small>{escape(verdict.reason)}</small></td></tr>"
        for verdict in wrong
    )
    head = ("#", say(lang, "criterion"), say(lang, "label"), say(lang, "judged"), say(lang, "why"))
    said = "".join(
        f'<p class="ev-said">{marked(text, _spans(turn, wrong, places))}</p>' for turn, text in enumerate(one.answers)
    )
    asked = "".join(f"<li>{escape(line)}</li>" for line in one.asked)
    name = one.case + (f" ({one.repeat})" if one.repeat else "")
    changed = "" if card is not None else f'<p class="ev-small">{say(lang, "changed_card")}</p>'
    scores = say(lang, "score", got=f"{one.value:.2f}", due=f"{one.deserved:.2f}")
    return (
        f'<article class="ev-wrong"><h2>{escape(name)}</h2>'
        f'<p class="ev-small">{escape(one.card)} · {bar_name(one.family, lang)} · {scores} · '
        f"{say(lang, 'wrong_of', n=len(one.wrong), of=one.of)}</p>"
        f'<ol class="ev-asked" aria-label="{say(lang, "question")}">{asked}</ol>{said}{changed}'
        f"{table(head, rows, of=escape(name))}</article>"
    )


def _spans(turn: int, wrong: "Sequence[WrongVerdict]", places: Mapping[str, str]) -> list[tuple[Evidence, str]]:
    return [(found, places[verdict.criterion]) for verdict in wrong for found in verdict.evidence if found.turn == turn]


def marked(text: str, spans: Sequence[tuple[Evidence, str]]) -> str:
    """The text as HTML, its evidence marked with the number of the verdict; of overlapping spans the later is cut."""
    out, at = [], 0
    for found, place in sorted(spans, key=lambda one: one[0].start):
        start = max(found.start, at)
        if found.end <= start:
            continue
        inner = escape(text[start : found.end])
        out += [escape(text[at:start]), f"<mark>{inner}<sup>{escape(place)}</sup></mark>"]
        at = found.end
    return "".join([*out, escape(text[at:])]).replace("\n", "<br>")


def misses_html(past: "Past", found: "Sequence[Miss]", lang: Lang, *, split: str) -> str:
    """What search did not find, of one split, or the checks that interviews broke."""
    if past.suite == "interviewer":
        if not found:
            if not past.complete:
                return notice(lang, "misses_none_so_far")
            return notice(lang, "misses_none_interviewer", tone="ok")
        head: tuple[str, ...] = (say(lang, "interview"), say(lang, "check"), say(lang, "got"))
        rows: list[tuple[str, ...]] = [(one.name, one.kind, one.got) for one in found]
        note = ""
    else:
        mine = [one for one in found if one.split == split]
        head = (say(lang, "query"), say(lang, "kind"), say(lang, "wanted"), say(lang, "got"))
        refusal, refused = (TEXT[lang][key] for key in ("refusal", "refused"))
        rows = [(one.name, one.kind, one.wanted or refusal, one.got or refused) for one in mine]
        note = notice(lang, f"wrong_{split}", tone="part" if split == "test" else "")
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    title = say(lang, f"misses_{past.suite}", n=len(rows))
    return f'{note}<p class="ev-small">{title}</p>{table(head, body, of=title)}'


def comparison_html(got: "Comparison", names: tuple[str, str], lang: Lang) -> str:
    """What changed from one run to another, and whether it is more than chance."""
    differing = "".join(f"<li>{escape(line)}</li>" for line in got.work)
    work = f"<p>{say(lang, 'compare_work')}</p><ul>{differing}</ul>" if got.work else ""
    lines = [say(lang, "compare_common", n=got.common)]
    lines += [] if got.work else [say(lang, "compare_same")]
    lines += [say(lang, "compare_only_first", n=len(got.only_first))] if got.only_first else []
    lines += [say(lang, "compare_only_second", n=len(got.only_second))] if got.only_second else []
    lines += [say(lang, "compare_relabelled", n=got.relabelled)] if got.relabelled else []
    rows = ""
    for one in got.differences:
        change = one.change
        told = f"{change.value:+.3f}"
        if not isnan(change.low):
            told += f" <small>({change.low:+.3f} … {change.high:+.3f})</small>"
        verdict = say(lang, "clear" if one.is_clear else "unclear") if change.value else ""
        rows += (
            f'<tr><th scope="row">{_measure(one.name, lang)}</th><td class="n">{one.first:.3f}</td>'
            f'<td class="n">{one.second:.3f}</td><td>{_whisker(change)}</td>'
            f'<td class="n">{told} {verdict}</td></tr>'
        )
    head = (say(lang, "measure"), say(lang, "first"), say(lang, "second"), say(lang, "drawn"), say(lang, "change"))
    flipped = say(lang, "flipped", mended=got.mended, broke=got.broken, p=f"{got.p:.3g}")
    title = f"{escape(names[0])} → {escape(names[1])}"
    return (
        f'<h2>{title}</h2><p class="ev-small">{" ".join(lines)}</p>{work}{table(head, rows, of=title)}'
        f"<h2>{say(lang, 'flips')}</h2><p>{flipped}</p>{_flips(got, lang)}"
    )


def _measure(name: str, lang: Lang) -> str:
    key = {"macro F1": "head_macro_f1", "score": "col_score"}.get(name, f"head_{name.replace(' ', '_')}")
    return TEXT[lang].get(key) or escape(name)


def _whisker(change: "Figure") -> str:
    """A dot for the change with its interval, around a line at no change."""
    if isnan(change.low):
        return ""
    most = max(0.05, abs(change.low), abs(change.high))
    low, at, high = (50 + 48 * one / most for one in (change.low, change.value, change.high))
    return (
        '<svg class="ev-whisker" viewBox="0 0 100 14" aria-hidden="true"><path class="ev-ideal" d="M50 0V14"/>'
        f'<path class="ev-span" d="M{low:.1f} 7H{high:.1f}"/><circle cx="{at:.1f}" cy="7" r="3"/></svg>'
    )


def _flips(got: "Comparison", lang: Lang) -> str:
    if not got.flips:
        return f"<p>{say(lang, 'flips_none')}</p>"
    shown = sorted((one for one in got.flips if one.split != "test"), key=lambda one: (one.change, one.case))
    held = len(got.flips) - len(shown)
    shown, all_shown = shown[:MOST_FLIPS], len(shown)
    rows = "".join(
        f"<tr><td>{say(lang, f'flip_{one.change}')}</td><td>{escape(one.case)}<small>{escape(one.criterion)}</small>"
        f"</td><td>{pill(one.label, lang)}</td><td>{pill(one.first, lang)} → {pill(one.second, lang)}</td></tr>"
        for one in shown
    )
    more = f'<p class="ev-small">{say(lang, "flips_held", n=held)}</p>' if held else ""
    head = (say(lang, "change"), say(lang, "case"), say(lang, "label"), say(lang, "judged"))
    title = say(lang, "flips_shown", n=len(shown), of=all_shown)
    return (fold(title, table(head, rows, of=title)) if shown else "") + more
