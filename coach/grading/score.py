"""Verdicts -> points, value and band. Pure arithmetic, shown to the person as it is done."""

from collections.abc import Sequence

from coach.schema import Band, Card, Grade, Lang, Score, ScoreLine, Stated, Verdict

SHARE = {"met": 1.0, "partly": 0.5, "missed": 0.0, "contradicted": 0.0}
"""Share of a criterion's weight that each state earns."""
BANDS: tuple[tuple[float, Band], ...] = ((0.85, "strong"), (0.65, "good"), (0.4, "fair"), (0.0, "weak"))
"""Least value of each band."""
CAPPED: Band = "fair"
"""The best band while a required criterion is not met."""
PASS_BANDS: frozenset[Band] = frozenset({"strong", "good"})
TESTS = "code-tests"
"""Label of the line that the tests of a coding card earn, and of what is to be fixed in them."""
TESTS_WEIGHT = 5
"""Points for passing every test of a coding card."""


def score(
    card: Card,
    verdicts: Sequence[Verdict],
    stated: Sequence[Stated] = (),
    *,
    hints: int = 0,
    price_hints: float = 0.0,
    tests: float | None = None,
) -> Score | None:
    """The score of a card's verdicts; None when any criterion has no verdict or is *not graded*.

    Points are the weights times 1 (met), 1/2 (partly) or 0, less the penalty of each stated misconception, less
    `price_hints` (a share of all points, in [0, 1]) for each hint, never below 0; the value is points over the sum of
    weights. `tests` is the share of a coding card's tests that passed; None when they are no part of the score.
    """
    by_id = {verdict.criterion: verdict for verdict in verdicts}
    lines: list[ScoreLine] = []
    for criterion in card.criteria:
        verdict = by_id.get(criterion.id)
        if verdict is None or verdict.state == "not_graded":
            return None
        lines.append(ScoreLine(label=criterion.id, points=criterion.weight * SHARE[verdict.state], of=criterion.weight))
    of = card.points
    if tests is not None:
        of += TESTS_WEIGHT
        lines.append(ScoreLine(label=TESTS, points=TESTS_WEIGHT * tests, of=TESTS_WEIGHT))
    penalties = {misconception.id: misconception.penalty for misconception in card.misconceptions}
    lines += [
        ScoreLine(label=one.misconception, points=-penalties[one.misconception], of=0)
        for one in stated
        if penalties[one.misconception]
    ]
    if hints and price_hints:
        lines.append(ScoreLine(label="hints", points=-hints * price_hints * of, of=0))
    points = max(0.0, sum(line.points for line in lines))
    value = points / of
    band = next(name for least, name in BANDS if value >= least)
    capped_by: tuple[str, ...] = ()
    if band in PASS_BANDS:
        capped_by = tuple(
            criterion.id for criterion in card.criteria if criterion.required and by_id[criterion.id].state != "met"
        )
        capped_by += (TESTS,) if tests is not None and tests < 1 else ()
        band = CAPPED if capped_by else band
    return Score(points=points, of=of, value=value, band=band, lines=tuple(lines), capped_by=capped_by)


def arithmetic(result: Score, lang: Lang = "en") -> str:
    """The sum as one line: `2/2 + 1.5/3 + 0/2 - 1 = 2.5 of 7 = 36 %`; in Chinese a stroke stands for the word."""
    terms = [f"{_plain(line.points)}/{_plain(line.of)}" for line in result.lines if line.of]
    penalties = [f" − {_plain(-line.points)}" for line in result.lines if not line.of]
    total = sum(line.points for line in result.lines)
    floor, stroke = " → 0" if total < 0 else "", "/" if lang == "zh" else "of"
    return (
        f"{' + '.join(terms)}{''.join(penalties)} = {_plain(total)}{floor} {stroke} {_plain(result.of)}"
        f" = {round(100 * result.value)} %"
    )


def next_fix(card: Card, result: Grade) -> str | None:
    """Id of the criterion or misconception worth fixing first, `TESTS` for the code, or None when nothing is missing.

    A stated misconception comes first, then what costs most points; tests and required criteria win a tie.
    """
    penalties = {misconception.id: misconception.penalty for misconception in card.misconceptions}
    if result.misconceptions:
        return max(result.misconceptions, key=lambda one: penalties[one.misconception]).misconception
    lost = [
        (criterion.weight * (0.5 if verdict.state == "partly" else 1.0), criterion.required, criterion.id)
        for criterion, verdict in zip(card.criteria, result.verdicts, strict=True)
        if verdict.state in {"partly", "missed", "contradicted"}
    ]
    if result.score is not None:
        lost += [(line.of - line.points, True, TESTS) for line in result.score.lines if line.label == TESTS]
    worst = max(lost, key=lambda row: (row[0], row[1]), default=(0, False, None))
    return worst[2] if worst[0] else None


def _plain(number: float) -> str:
    return f"{number:g}".replace("-", "−")
