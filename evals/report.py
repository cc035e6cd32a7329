"""Figures -> text for the terminal. Pure."""

from collections.abc import Mapping

from evals.cases import Suite
from evals.measure import Agreement, Measured
from evals.retrieval import Recall, Searched
from evals.run import Result


def text_report(suite: Suite, results: tuple[Result, ...], *, every_wrong: bool = False) -> str:
    """What a run prints: per judge the figures, agreement per criterion, what went wrong, and the floors."""
    lines = [f"suite {suite.id}: {suite.why}", ""]
    for result in results:
        lines += [*_judge(result, every_wrong=every_wrong), ""]
    lines.append("all floors hold" if all(not result.broken for result in results) else "FLOORS BROKEN")
    return "\n".join(lines)


def _judge(result: Result, *, every_wrong: bool) -> list[str]:
    got = result.measured
    low, high = got.overall.interval
    found, lost, invented = got.misconceptions
    lines = [
        f"== judge: {result.judge} ==",
        f"cases {got.cases}, not graded {len(got.not_graded)}, could not be played {len(got.failed)}",
        f"agreement {_share(got.overall)}, 95 % interval {low:.2f} to {high:.2f}; kappa {got.kappa:.2f}",
        f"before quotes were checked: {_share(got.raw)}",
        f"false pass {_share(got.false_pass)} · false fail {_share(got.false_fail)}",
        f"misconceptions: {found} found, {lost} overlooked, {invented} wrongly found",
        "",
        *_table("family", got.by_family),
        "",
        *_table("language", got.by_lang),
        "",
        *_table("criterion", got.by_criterion),
    ]
    lines += [f"  not graded: {case}: {why}" for case, why in got.not_graded]
    lines += [f"  could not be played: {case}: {why}" for case, why in got.failed]
    lines += _wrong(got, every_wrong=every_wrong)
    lines += [f"BROKEN FLOOR: {floor}" for floor in result.broken] or ["floors hold"]
    return lines


def _table(title: str, rows: Mapping[str, Agreement]) -> list[str]:
    width = max(len(title), *(len(name) for name in rows)) if rows else len(title)
    return [
        f"{title:<{width}}  agree",
        *(f"{name:<{width}}  {row.agree:>3}/{row.criteria:<3} {row.share:>6.0%}" for name, row in rows.items()),
    ]


def _wrong(got: Measured, *, every_wrong: bool) -> list[str]:
    if not got.wrong:
        return []
    if not every_wrong:
        return ["", f"{len(got.wrong)} verdicts differ from their labels; --wrong lists them"]
    return [
        "",
        *(f"  {one.case} {one.criterion}: label {one.label}, judged {one.verdict} ({one.reason})" for one in got.wrong),
    ]


def _share(agreement: Agreement) -> str:
    return f"{agreement.agree}/{agreement.criteria} = {agreement.share:.1%}" if agreement.criteria else "0/0"


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
