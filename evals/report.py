"""Figures -> text for the terminal. Pure."""

from collections.abc import Mapping, Sequence
from math import isnan

from evals.cases import Suite
from evals.figures import PARTS, Figures, Measurement, Part
from evals.measure import labellers_agree
from evals.retrieval import Recall, Searched
from evals.rows import Outcome, rows
from evals.run import Result
from evals.statistics import UNDEFINED, Figure

WORDS: Mapping[Part, str] = {"test": "test", "calibrate": "calibrate", "all": "all"}


def text_report(
    suite: Suite, results: tuple[Result, ...], *, every_wrong: bool = False, every_criterion: bool = False
) -> str:
    """What a run prints: per judge the figures of each split, what went wrong, and the floors."""
    lines = [f"suite {suite.id}: {suite.why}", ""]
    for result in results:
        lines += [*_judge(suite, result, every_wrong=every_wrong, every_criterion=every_criterion), ""]
    lines.append("FLOORS BROKEN" if any(result.fails for result in results) else "all floors hold")
    return "\n".join(lines)


def _judge(suite: Suite, result: Result, *, every_wrong: bool, every_criterion: bool) -> list[str]:
    got, work = result.measured, result.run.info.work
    lines = [
        f"== judge: {work.judge} ==",
        f"model {work.model}, prompt {work.prompt or '-'}, run {result.folder}",
        f"gradings {got.outcomes}, not graded {len(got.not_graded)}, could not be played {len(got.failed)}",
        *costs(got),
        "",
        *table(got),
    ]
    lines += _labellers(result.run.outcomes)
    if every_criterion and "all" in got.parts:
        rows_ = got.parts["all"].by_criterion.items()
        lines += ["", "criterion: equal verdicts of all", *(f"  {name}  {equal}/{n}" for name, (equal, n) in rows_)]
    lines += [f"  not graded: {case}: {why}" for case, why in got.not_graded]
    lines += [f"  could not be played: {case}: {why}" for case, why in got.failed]
    lines += ["", *_wrong(result.run.outcomes, every_wrong=every_wrong)]
    if result.broken is None:
        lines.append(f"no floors are set for judge {work.judge!r}")
    else:
        lines += [f"BROKEN FLOOR: {floor}" for floor in result.broken] or [f"floors hold (on: {suite.floors_on})"]
    return lines


def _labellers(outcomes: Sequence[Outcome]) -> list[str]:
    """How far the two labellers agree, where there are two: no judge can be measured more finely."""
    agreement, kappa = labellers_agree({outcome.case.id: outcome.case for outcome in outcomes}.values())
    if not agreement.criteria:
        return []
    equal = f"{agreement.agree:,}/{agreement.criteria:,} = {agreement.share:.1%}"
    return ["", f"two labellers give the same label to {equal} of the criteria; kappa {kappa:.2f}"]


def costs(got: Measurement) -> list[str]:
    """Requests, tokens, and money where prices are set; nothing for a judge that asks no model."""
    if not got.calls:
        return []
    counted = [f"requests {got.calls}, repaired {got.repaired}"]
    known = (("tokens in", got.tokens_in), ("of these cached", got.tokens_cached), ("out", got.tokens_out))
    counted += [f"{name} {'unknown' if count is None else f'{count:,}'}" for name, count in known]
    counted.append("cost unknown" if got.cost_usd is None else f"cost {got.cost_usd:.4f} USD")
    return [", ".join(counted)]


def table(got: Measurement) -> list[str]:
    """All figures with their intervals, one column for each split."""
    parts = [(part, got.parts[part]) for part in PARTS if part in got.parts]
    named = [(part, dict(lines_of(figures))) for part, figures in parts]
    names = list(dict.fromkeys(name for _, lines in named for name in lines))
    wide = max((len(name) for name in names), default=0) + 2
    out = ["".join([f"{'':<{wide}}", *(f"{WORDS[part]:<22}" for part, _ in named)]).rstrip()]
    for name in names:
        cells = [lines.get(name, "") for _, lines in named]
        out.append("".join([f"{name:<{wide}}", *(f"{cell:<22}" for cell in cells)]).rstrip())
    return out


def lines_of(got: Figures) -> list[tuple[str, str]]:
    """Name and text of every figure that was measured."""
    plain: list[tuple[str, Figure]] = [
        ("macro F1", got.macro_f1),
        *(
            (f"  {name} {what}", figure)
            for name, state in got.states.items()
            for what, figure in (("precision", state.precision), ("recall", state.recall), ("F1", state.f1))
        ),
        ("agreement", got.agreement),
        ("  before quotes were checked", got.claimed),
        ("false pass", got.false_pass),
        ("false fail", got.false_fail),
        ("misconceptions found", got.misconceptions_found),
        ("misconceptions right", got.misconceptions_right),
        ("kappa of verdicts", got.kappa),
        ("kappa of bands", got.band_kappa),
        ("kappa of score tenths", got.decile_kappa),
        ("score error", got.score_error),
        ("score lean", got.score_lean),
        ("answers passed wrongly", got.wrong_pass),
        ("Brier score", got.brier),
        ("invariance of pairs", got.invariance),
        ("score gap of pairs", got.pair_gap),
        ("same verdict on repeat", got.consistency),
        *((f"attack {name}: success", attack.success) for name, attack in got.attacks.items()),
        *((f"attack {name}: any point", attack.points) for name, attack in got.attacks.items()),
        *((f"macro F1 of {name}", figure) for name, figure in got.by_lang.items()),
        *((f"agreement of {name}", figure) for name, figure in got.by_family.items()),
    ]
    counted = [("cards", got.cards), ("answers", got.answers), ("verdicts", got.verdicts)]
    return [
        *((name, str(number)) for name, number in counted),
        *((name, str(figure)) for name, figure in plain if figure != UNDEFINED and not isnan(figure.value)),
    ]


def _wrong(outcomes: Sequence[Outcome], *, every_wrong: bool) -> list[str]:
    wrong = [(row, mark) for row in rows(outcomes) for mark in row.marks if mark.state != mark.label]
    if not wrong:
        return []
    if not every_wrong:
        return [f"{len(wrong)} verdicts differ from their labels; --wrong lists those of the calibrate split"]
    return [
        f"  {row.case} {mark.criterion}: label {mark.label}, judged {mark.state} ({mark.reason})"
        for row, mark in wrong
        if row.split == "calibrate"
    ]


def retrieval_report(searched: Searched, *, every_wrong: bool = False) -> str:
    """The figures of a retrieval run as plain text; the held-back split first."""
    lines = [f"search over {searched.cards} cards, embedder {searched.embedder}"]
    for split in ("test", "calibrate"):
        result = searched.splits[split]
        name = "held back (cards never tuned on)" if split == "test" else "calibrate"
        lines += ["", f"{name}: {result.overall.queries} answerable queries", _RECALL_HEAD]
        rows = {"all": result.overall, **result.by_lang, **result.by_kind, "across languages": searched.across[split]}
        lines += [_recall_row(label, recall) for label, recall in rows.items()]
        rightly, wrongly = result.refused_rightly, result.refused_wrongly
        said = [
            f"{part.agree}/{part.criteria} {what} ({part.share:.0%}, {_span(part.interval)})"
            for part, what in ((rightly, "unanswerable"), (wrongly, "answerable"))
        ]
        lines.append(f"refused: {', '.join(said)}")
    wrong = searched.splits["calibrate"].wrong
    if every_wrong:
        lines += ["", "not right at first place, calibrate split only (the other one stays unseen):"]
        lines += [
            f"  {answer.rank or '-'}  [{answer.query.kind}, {answer.query.lang}] {answer.query.text}  "
            f"wanted {', '.join(answer.query.cards) or 'a refusal'}, found {', '.join(answer.found[:2])}"
            for answer in wrong
        ]
    lines += ["", *(f"BROKEN {line}" for line in searched.broken)] if searched.broken else ["", "floors hold"]
    return "\n".join(lines)


_RECALL_HEAD = f"{'':<18}{'n':>5}   {'recall@1':<22}{'recall@5':<22}{'MRR':<22}"


def _recall_row(label: str, recall: Recall) -> str:
    one, five = (f"{part.share:.3f} ({_span(part.interval)})" for part in (recall.at_1, recall.at_5))
    mean = f"{recall.mrr:.3f} ({_span(recall.mrr_interval)})"
    return f"{label:<18}{recall.queries:>5}   {one:<22}{five:<22}{mean:<22}".rstrip()


def _span(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.2f}–{interval[1]:.2f}"
