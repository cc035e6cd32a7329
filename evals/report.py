"""Figures -> text for the terminal. Pure."""

from collections.abc import Mapping

from evals.cases import Suite
from evals.measure import Agreement, Measured
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
