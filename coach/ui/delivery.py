"""How an answer was spoken, as HTML on one line: figures, a picture over time, and how all of it is counted. Pure."""

import html
from collections.abc import Iterable

from coach.schema import Answered, Lang, Session
from coach.speech.delivery import LONG_S, PAUSE_S, Counted, Delivery, Pause, Strip, delivery, together
from coach.speech.delivery_words import CHINESE, ENGLISH, Kind, Rule
from coach.ui.pieces import clock
from coach.ui.words.delivery import WORDS

ROW = 30
"""Pixels of height of one recording in the picture."""
BAR = 16
TOLD = 12
"""Pauses that the picture's text tells one by one."""
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300)


def answer_delivery(body: Answered) -> Delivery | None:
    """What can be counted of one answer; None when nothing was recorded for it."""
    return delivery(body.recordings, body.text)


def session_answers(session: Session) -> tuple[Delivery, ...]:
    """What can be counted of each spoken answer of a session, earlier attempts included, in order."""
    found = (
        answer_delivery(body)
        for one in session.rounds
        for said in (*(attempt.said for attempt in one.attempts), one.said)
        for body in said
        if isinstance(body, Answered)
    )
    return tuple(one for one in found if one is not None)


def answer_html(body: Answered, lang: Lang) -> str:
    """The panel for one answer; empty when nothing was recorded for it."""
    found = answer_delivery(body)
    return "" if found is None else panel(found, lang)


def session_html(session: Session, lang: Lang) -> str:
    """The panel for all spoken answers of a session; empty when there are none."""
    parts = session_answers(session)
    whole = together(parts)
    if whole is None:
        return ""
    words = WORDS[lang]
    pictures = "".join(
        f"<h4>{words['answer'].format(number=number)}</h4>{figures(part, lang)}{picture(part, lang)}"
        for number, part in enumerate(parts, start=1)
    )
    return _section(lang, f"{figures(whole, lang)}{phrases(whole, lang)}{pictures}{legend(lang)}{rules(lang)}")


def panel(found: Delivery, lang: Lang) -> str:
    """The panel for one answer."""
    inside = (figures(found, lang), picture(found, lang), legend(lang), phrases(found, lang), rules(lang))
    return _section(lang, "".join(inside))


def _section(lang: Lang, inside: str) -> str:
    words = WORDS[lang]
    return (
        f'<section class="delivery" aria-label="{words["title"]}" lang="{lang}"><h3>{words["title"]}</h3>'
        f'<p class="delivery-quiet">{words["beside"]}</p>{inside}</section>'
    )


def figures(found: Delivery, lang: Lang) -> str:
    """Length, time of speaking, pace and pauses."""
    words = WORDS[lang]
    rows = (
        ("recorded", clock(found.seconds)),
        ("speaking", clock(found.speaking_s) if found.speaking_s else words["no_speech"]),
        ("pace", _pace(found, lang)),
        ("pauses", _pauses(found, lang)),
    )
    cells = "".join(f"<div><dt>{words[name]}</dt><dd>{html.escape(told)}</dd></div>" for name, told in rows)
    return f'<dl class="delivery-figures">{cells}</dl>'


def _pace(found: Delivery, lang: Lang) -> str:
    words = WORDS[lang]
    if found.pace is None:
        return words["no_pace"] if found.words + found.characters else words["no_words"]
    return f"{found.pace:.0f} {words[found.unit]}"


def _pauses(found: Delivery, lang: Lang) -> str:
    words, longest = WORDS[lang], found.longest
    if longest is None:
        return words["none"]
    return words["pauses_of"].format(
        count=len(found.pauses), all=f"{found.paused_s:.1f}", longest=f"{longest.seconds:.1f}"
    )


def phrases(found: Delivery, lang: Lang) -> str:
    """Fillers and hedges, each with how often it was found."""
    words = WORDS[lang]
    kinds: tuple[tuple[Kind, str], ...] = (("filler", "fillers"), ("hedge", "hedges"))
    rows = "".join(
        f"<div><dt>{words[name]}</dt><dd>{_list(found.of_kind(kind), lang)}</dd></div>" for kind, name in kinds
    )
    return f'<dl class="delivery-phrases">{rows}</dl>'


def _list(counted: Iterable[Counted], lang: Lang) -> str:
    words, counted = WORDS[lang], tuple(counted)
    if not counted:
        return words["none_found"]
    total = words["at_least"].format(count=sum(one.times for one in counted))
    each = "、" if lang == "zh" else ", "
    named = each.join(
        f'<span class="delivery-phrase">{html.escape(one.phrase)}</span> × {one.times}' for one in counted
    )
    return f"{total}{'：' if lang == 'zh' else ': '}{named}"


def rules(lang: Lang) -> str:
    """How all of it is counted, folded away."""
    words = WORDS[lang]
    told = "".join(
        f"<p>{html.escape(words[name].format(pause=f'{PAUSE_S:g}'))}</p>"
        for name in ("how_speaking", "how_pace", "how_lower")
    )
    kinds: tuple[tuple[Kind, str], ...] = (("filler", "fillers"), ("hedge", "hedges"))
    lists = "".join(f"<p>{words[name]}</p><ul>{_rules_of(kind, lang)}</ul>" for kind, name in kinds)
    return f'<details class="delivery-rules"><summary>{words["how"]}</summary>{told}{lists}</details>'


def _rules_of(kind: Kind, lang: Lang) -> str:
    by_rule: dict[Rule, list[str]] = {}
    for mark in (*ENGLISH, *CHINESE):
        if mark.kind == kind:
            by_rule.setdefault(mark.rule, []).append(mark.phrase)
    each = "、" if lang == "zh" else ", "
    after = "：" if lang == "zh" else ": "
    return "".join(
        f"<li>{html.escape(each.join(names))}{after}{html.escape(WORDS[lang][rule])}</li>"
        for rule, names in by_rule.items()
    )


def legend(lang: Lang) -> str:
    """What the colours of the picture mean."""
    words = WORDS[lang]
    kinds: tuple[tuple[str, dict[str, str]], ...] = (
        ("speech", {}),
        ("pause", {"pause": f"{PAUSE_S:g}"}),
        ("long", {"long": f"{LONG_S:g}"}),
    )
    named = "".join(
        f'<span><i class="delivery-{kind}" aria-hidden="true"></i>{words[f"legend_{kind}"].format(**values)}</span>'
        for kind, values in kinds
    )
    return f'<p class="delivery-legend">{named}</p>'


def picture(found: Delivery, lang: Lang) -> str:
    """An SVG of speech and pauses over time, one row for each recording, all on one scale; its text tells the same."""
    longest = max((strip.seconds for strip in found.strips), default=0.0)
    if longest <= 0:
        return ""
    rows = [
        _row(strip, [pause for pause in found.pauses if pause.recording == number], number * ROW, longest)
        for number, strip in enumerate(found.strips)
    ]
    height = ROW * len(rows) + 18
    told = " ".join(_told(found, number, lang) for number in range(len(found.strips)))
    return (
        f'<svg class="delivery-picture" role="img" aria-label="{html.escape(told)}" width="100%" height="{height}">'
        f"{''.join(rows)}{_axis(longest, ROW * len(rows))}</svg>"
    )


def _row(strip: Strip, pauses: list[Pause], top: int, longest: float) -> str:
    def block(kind: str, start: float, end: float) -> str:
        x, width = 100 * start / longest, max(100 * (end - start) / longest, 0.15)
        title = f"{clock(start)} · {end - start:.1f} s"
        return (
            f'<rect class="delivery-{kind}" x="{x:.2f}%" y="{top + 8}" width="{width:.2f}%" height="{BAR}">'
            f"<title>{title}</title></rect>"
        )

    drawn = [block("silence", 0.0, strip.seconds)]
    drawn += [block("long" if pause.seconds >= LONG_S else "pause", pause.start_s, pause.end_s) for pause in pauses]
    drawn += [block("speech", start, end) for start, end in strip.voiced]
    return "".join(drawn)


def _axis(longest: float, top: int) -> str:
    step = next((step for step in _STEPS if longest / step <= 8), _STEPS[-1])
    marks = []
    for number in range(int(longest // step) + 1):
        x = 100 * number * step / longest
        side = "start" if x < 3 else "end" if x > 97 else "middle"
        marks.append(f'<text x="{x:.2f}%" y="{top + 13}" text-anchor="{side}">{clock(number * step)}</text>')
    return "".join(marks)


def _told(found: Delivery, number: int, lang: Lang) -> str:
    words, strip = WORDS[lang], found.strips[number]
    pauses = [pause for pause in found.pauses if pause.recording == number]
    places = [f"{clock(pause.start_s)} ({pause.seconds:.1f} s)" for pause in pauses[:TOLD]]
    places += [words["picture_more"].format(count=len(pauses) - TOLD)] if len(pauses) > TOLD else []
    each = "、" if lang == "zh" else ", "
    told = words["picture_pauses"].format(places=each.join(places)) if places else words["picture_none"]
    return words["picture"].format(
        number=number + 1, length=clock(strip.seconds), stretches=len(strip.voiced), pauses=told
    )
