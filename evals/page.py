"""A run -> one HTML page that stands alone: figures, plots, and every wrong verdict with the answer it is about.

Nothing is fetched: styles and plots are inside, there is no script, and everything a candidate or a model wrote is
escaped.
"""

from collections.abc import Mapping, Sequence
from html import escape
from math import isnan
from pathlib import Path

from coach.bank.files import replace_text
from coach.schema import Card, Evidence
from evals.cases import load_suite
from evals.figures import PARTS, Figures, Measurement, floors_of, measure_run
from evals.report import costs, lines_of
from evals.rows import Mark, Outcome, rows
from evals.run import ROOT
from evals.runs import Run, read_run
from evals.statistics import UNDEFINED, Bin, Figure

STYLE = """
:root{color-scheme:light dark;--line:#8886;--good:#2a8f5b;--bad:#c8443c;--mark:#ffd54a66}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.15rem .8rem .15rem 0;border-bottom:1px solid var(--line);
text-align:left;vertical-align:top}td.n{font-variant-numeric:tabular-nums;white-space:nowrap}
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}summary{cursor:pointer}
.said{white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;border-radius:6px;padding:.6rem}
mark{background:var(--mark);color:inherit}.bad{color:var(--bad)}.good{color:var(--good)}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:currentColor}
.small{font-size:.85rem;opacity:.8}
"""


def page(run: Run, measured: Measurement, broken: tuple[str, ...] | None, cards: Mapping[str, Card]) -> str:
    """The whole page. `cards` give the criteria their words; one that is gone, or differs now, is named by its id."""
    work = run.info.work
    title = f"{work.suite} · {work.judge} · {run.info.name}"
    body = [
        f"<h1>{escape(title)}</h1>",
        _facts(run, measured),
        _floors(broken),
        "<h2>Figures</h2><p class=small>95 % intervals in brackets: a bootstrap over cards.</p>",
        _table(measured),
        *_plots(measured),
        "<h2>Wrong verdicts</h2>",
        *_wrong(run.outcomes, cards),
        *_unplayed(measured),
    ]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
    )
    return f"{head}<body>{''.join(body)}</body></html>\n"


def write_page(folder: Path, cards: Mapping[str, Card], *, to: Path | None = None) -> Path:
    """The file of the page about the run in a folder, once it is written. Raises ContentError."""
    run = read_run(folder)
    measured = measure_run(run.outcomes)
    suite = load_suite(ROOT / "suites" / f"{run.info.work.suite}.yaml")
    target = to or folder / "report.html"
    replace_text(target, page(run, measured, floors_of(suite, measured, run.info.work.judge), cards))
    return target


def _facts(run: Run, measured: Measurement) -> str:
    info, work = run.info, run.info.work
    git = f"{info.git.commit}{' with changes' if info.git.dirty else ''}" if info.git else "unknown"
    facts = {
        "model": work.model,
        "prompt": work.prompt or "none",
        "calibration, glossary, bank": f"{work.calibration}, {work.glossary}, {work.bank}",
        "cases": work.cases,
        "commit": git,
        "started": f"{info.started:%Y-%m-%d %H:%M} UTC"
        + (f", resumed {len(info.resumed)} times" if info.resumed else ""),
        "gradings": f"{measured.outcomes} of {info.total}"
        f", not graded {len(measured.not_graded)}, could not be played {len(measured.failed)}",
        "cost": "; ".join(costs(measured)) or "no model was asked",
        "versions": f"Python {info.python}, " + ", ".join(f"{name} {one}" for name, one in info.packages.items()),
    }
    rows_ = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in facts.items())
    return f"<table>{rows_}</table>"


def _floors(broken: tuple[str, ...] | None) -> str:
    if broken is None:
        return "<p>No floors are set for this judge.</p>"
    if not broken:
        return "<p class=good>All floors hold.</p>"
    return f"<p class=bad>Floors broken:</p><ul>{''.join(f'<li class=bad>{escape(one)}</li>' for one in broken)}</ul>"


def _table(measured: Measurement) -> str:
    parts = [(part, dict(lines_of(measured.parts[part]))) for part in PARTS if part in measured.parts]
    names = list(dict.fromkeys(name for _, lines in parts for name in lines))
    head = "".join(f"<th>{part}</th>" for part, _ in parts)
    body = ""
    for name in names:
        cells = "".join(f"<td class=n>{escape(lines.get(name, ''))}</td>" for _, lines in parts)
        body += f"<tr><th>{escape(name)}</th>{cells}</tr>"
    return f"<table><tr><th></th>{head}</tr>{body}</table>"


def _plots(measured: Measurement) -> list[str]:
    got = measured.parts.get("test") or measured.parts.get("all")
    if got is None:
        return []
    plots = ["<h2>Plots</h2>", "<h3>Agreement by family</h3>", bars(got.by_family)]
    plots += ["<h3>The states</h3>", bars(_states(got))]
    if got.attacks:
        plots += ["<h3>Attack success</h3>", bars({name: attack.success for name, attack in got.attacks.items()})]
    if got.curve:
        plots += ["<h3>Calibration: likelihood of <i>met</i> against how often it was</h3>", curve(got.curve)]
    return plots


def _states(got: Figures) -> dict[str, Figure]:
    return {
        f"{name} {what}": figure
        for name, state in got.states.items()
        for what, figure in (("precision", state.precision), ("recall", state.recall))
        if figure != UNDEFINED
    }


def bars(figures: Mapping[str, Figure]) -> str:
    """Shares between 0 and 1 as bars with their intervals, as SVG."""
    shown = {name: figure for name, figure in figures.items() if not isnan(figure.value)}
    height = 22 * len(shown) + 10
    parts = [f'<svg viewBox="0 0 720 {height}" width="720" height="{height}" role="img">']
    for at, (name, one) in enumerate(shown.items()):
        y = 22 * at + 5
        parts.append(f'<text x="200" y="{y + 12}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect x="210" y="{y}" width="{_x(one.value):.1f}" height="14" fill="#4a7fc1" opacity=".75"/>')
        if not isnan(one.low):
            low, high = 210 + _x(one.low), 210 + _x(one.high)
            parts.append(f'<path d="M{low:.1f} {y + 7}H{high:.1f}" stroke="currentColor" stroke-width="2"/>')
        parts.append(f'<text x="625" y="{y + 12}">{one.value:.2f}</text>')
    return "".join([*parts, "</svg>"])


def _x(share: float) -> float:
    return 400 * min(1.0, max(0.0, share))


def curve(bins: Sequence[Bin]) -> str:
    """A calibration curve as SVG: on the diagonal a likelihood means what it says; area is the number of verdicts."""
    most = max(one.n for one in bins)
    parts = ['<svg viewBox="0 0 340 340" width="340" height="340" role="img">']
    parts.append('<path d="M30 310H330M30 310V10" stroke="currentColor" fill="none"/>')
    parts.append('<path d="M30 310L330 10" stroke="currentColor" stroke-dasharray="4 4" opacity=".5"/>')
    points = [(30 + 300 * one.said, 310 - 300 * one.true, 3 + 9 * (one.n / most) ** 0.5, one) for one in bins]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    parts.append(f'<polyline points="{joined}" fill="none" stroke="#4a7fc1"/>')
    for x, y, radius, one in points:
        said = f"said {one.said:.2f}, true {one.true:.2f}, {one.n} verdicts"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#4a7fc1"><title>{said}</title></circle>'
        )
    parts.append('<text x="180" y="332" text-anchor="middle">likelihood given</text>')
    parts.append('<text x="14" y="160" transform="rotate(-90 14 160)" text-anchor="middle">share that was met</text>')
    return "".join([*parts, "</svg>"])


def _wrong(outcomes: Sequence[Outcome], cards: Mapping[str, Card]) -> list[str]:
    by_key = {one.key: one for one in outcomes}
    wrong = [
        (by_key[(row.case, row.repeat)], [mark for mark in row.marks if mark.state != mark.label])
        for row in rows(outcomes)
    ]
    wrong = [(one, marks) for one, marks in wrong if marks]
    out = [f"<p>{sum(len(marks) for _, marks in wrong)} verdicts in {len(wrong)} gradings.</p>"]
    for split, note in (
        ("calibrate", "Read these to make a judge better."),
        ("test", "Held back: a judge that is changed after reading these is no longer measured by them."),
    ):
        mine = [(one, marks) for one, marks in wrong if one.case.split == split]
        if mine:
            inner = "".join(_answer(one, marks, cards) for one, marks in mine)
            summary = f"<summary>{split}: {len(mine)} gradings. {note}</summary>"
            out.append(f"<details>{summary}{inner}</details>")
    return out


def _answer(one: Outcome, marks: Sequence[Mark], cards: Mapping[str, Card]) -> str:
    case, grade = one.case, one.grade
    card = cards.get(case.card)
    says: dict[str, str] = {}
    if card is not None and (grade is None or card.fingerprint == grade.card_hash):
        says = {criterion.id: criterion.says.text(case.lang) for criterion in card.criteria}
    verdicts = {verdict.criterion: verdict for verdict in grade.verdicts} if grade else {}
    lines = "".join(
        f"<tr><td>{escape(mark.criterion)}<br><span class=small>{escape(says.get(mark.criterion, ''))}</span></td>"
        f"<td>{escape(mark.label)}</td><td class=bad>{escape(mark.state)}</td><td>{escape(mark.reason)}</td></tr>"
        for mark in marks
    )
    evidence = [found for mark in marks if mark.criterion in verdicts for found in verdicts[mark.criterion].evidence]
    heard = [text for text in case.answers if text.strip()]
    said = "".join(
        f"<p class=said>{_marked(text, [found for found in evidence if found.turn == turn])}</p>"
        for turn, text in enumerate(heard)
    )
    asked = "".join(f"<li>{escape(line)}</li>" for line in one.interviewer)
    due, got = one.deserved, grade.score if grade else None
    scores = f"score {got.value if got else 0:.2f}, deserved {due.value if due else 0:.2f}"
    name = case.id + (f" (repeat {one.repeat})" if one.repeat else "")
    return (
        f"<details><summary>{escape(name)}: {len(marks)} wrong, {scores}, {escape(case.family)}</summary>"
        f"<p class=small>{escape(case.card)}. {escape(case.why)}</p><ul class=small>{asked}</ul>{said}"
        f"<table><tr><th>criterion</th><th>label</th><th>judged</th><th>reason</th></tr>{lines}</table></details>"
    )


def _marked(text: str, evidence: Sequence[Evidence]) -> str:
    """The text, escaped, with the evidence marked; overlapping spans are joined."""
    out, at = [], 0
    for found in sorted(evidence, key=lambda one: one.start):
        start = max(found.start, at)
        if found.end <= start:
            continue
        out += [escape(text[at:start]), f"<mark>{escape(text[start : found.end])}</mark>"]
        at = found.end
    return "".join([*out, escape(text[at:])])


def _unplayed(measured: Measurement) -> list[str]:
    lists = (("Not graded", measured.not_graded), ("Could not be played", measured.failed))
    return [
        f"<h2>{title}</h2><ul>{''.join(f'<li>{escape(case)}: {escape(why)}</li>' for case, why in found)}</ul>"
        for title, found in lists
        if found
    ]
