"""Verdicts -> points, value and band. Pure arithmetic, shown to the person as it is done."""

from collections.abc import Sequence

from coach.schema import Band, Card, Grade, Score, ScoreLine, Stated, Verdict

SHARE = {"met": 1.0, "partly": 0.5, "missed": 0.0, "contradicted": 0.0}
"""Share of a criterion's weight that each state earns."""
BANDS: tuple[tuple[float, Band], ...] = ((0.85, "strong"), (0.65, "good"), (0.4, "fair"), (0.0, "weak"))
"""Least value of each band."""
CAPPED: Band = "fair"
"""The best band while a required criterion is not met."""
PASS_BANDS: frozenset[Band] = frozenset({"strong", "good"})


def score(card: Card, verdicts: Sequence[Verdict], stated: Sequence[Stated] = ()) -> Score | None:
    """The score of a card's verdicts; None when any criterion has no verdict or is *not graded*.

    Points are the weights times 1 (met), 1/2 (partly) or 0, less the penalty of each stated misconception, never
    below 0; the value is points over the sum of weights.
    """
    by_id = {verdict.criterion: verdict for verdict in verdicts}
    lines: list[ScoreLine] = []
    for criterion in card.criteria:
        verdict = by_id.get(criterion.id)
        if verdict is None or verdict.state == "not_graded":
            return None
        lines.append(ScoreLine(label=criterion.id, points=criterion.weight * SHARE[verdict.state], of=criterion.weight))
    penalties = {misconception.id: misconception.penalty for misconception in card.misconceptions}
    lines += [
        ScoreLine(label=one.misconception, points=-penalties[one.misconception], of=0)
        for one in stated
        if penalties[one.misconception]
    ]
    points = max(0.0, sum(line.points for line in lines))
    value = points / card.points
    band = next(name for least, name in BANDS if value >= least)
    capped_by: tuple[str, ...] = ()
    if band in PASS_BANDS:
        capped_by = tuple(
            criterion.id for criterion in card.criteria if criterion.required and by_id[criterion.id].state != "met"
        )
        band = CAPPED if capped_by else band
    return Score(points=points, of=card.points, value=value, band=band, lines=tuple(lines), capped_by=capped_by)


def arithmetic(result: Score) -> str:
    """The sum as one line: `2/2 + 1.5/3 + 0/2 - 1 = 2.5 of 7 = 36 %`."""
    terms = [f"{_plain(line.points)}/{_plain(line.of)}" for line in result.lines if line.of]
    penalties = [f" − {_plain(-line.points)}" for line in result.lines if not line.of]
    total = sum(line.points for line in result.lines)
    floor = " → 0" if total < 0 else ""
    return (
        f"{' + '.join(terms)}{''.join(penalties)} = {_plain(total)}{floor} of {_plain(result.of)}"
        f" = {round(100 * result.value)} %"
    )


def next_fix(card: Card, result: Grade) -> str | None:
    """Id of the criterion or misconception worth fixing first, or None when nothing is missing.

    A stated misconception comes first, then the criterion that costs most points; the required one wins a tie.
    """
    penalties = {misconception.id: misconception.penalty for misconception in card.misconceptions}
    if result.misconceptions:
        return max(result.misconceptions, key=lambda one: penalties[one.misconception]).misconception
    lost = [
        (criterion.weight * (0.5 if verdict.state == "partly" else 1.0), criterion.required, criterion.id)
        for criterion, verdict in zip(card.criteria, result.verdicts, strict=True)
        if verdict.state in {"partly", "missed", "contradicted"}
    ]
    return max(lost, key=lambda row: (row[0], row[1]))[2] if lost else None


def _plain(number: float) -> str:
    return f"{number:g}".replace("-", "−")
