"""Any file of answers that people graded -> how well the judge and two plain baselines agree with them.

A row brings a reference answer instead of a card. Its points (`coach.grading.derive`), or the items of its rubric,
become the criteria of a card, and the answer goes through `coach.grading.grade.grade` like any other: the same gates,
quotes and judge. A curated card lists several short wordings per criterion; here there is only the reference's own, so
the offline judge's three states are too coarse for a score. Offline, a criterion therefore earns four fifths of its
share by `coach.grading.overlap` and one fifth of what its verdict earns; a live judge's verdicts count as they are.

The card is made without validation, since a reference may have one point, and nobody wrote hints or misconceptions for
it; each of its criteria is valid. The file is read twice, row by row: memory holds numbers, not texts.
"""

import asyncio
import heapq
import json
from array import array
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from coach.bank.glossary import Glossary
from coach.errors import ContentError, ModelNotConfigured, Problem
from coach.grading.derive import Point, points
from coach.grading.grade import Judge, grade
from coach.grading.overlap import Overlaps
from coach.grading.score import SHARE
from coach.schema import Bilingual, BilingualPhrases, Card, Criterion, Grade, Utterance, Verdict
from coach.wiring import Coach
from evals.baselines import TfIdf, token_overlap
from evals.correlation import Items, Scored, items, scored
from evals.human import HumanRow, Reading, read_rows

MET = 0.5
"""An item of a rubric is called met from this share on."""
OURS, TFIDF, FOUND = "judge", "TF-IDF cosine", "reference words found"


@dataclass(frozen=True)
class Options:
    """What to read and what to keep."""

    limit: int | None = None
    labels: Mapping[str, float] = field(default_factory=dict)
    skip_bad: bool = False
    wrong: int = 0
    """How many of the largest disagreements to keep."""
    out: Path | None = None
    """File for a line per row."""
    workers: int = 8


@dataclass(frozen=True)
class Predicted:
    """One row with what the judge and the baselines make of it."""

    row: HumanRow
    score: float
    tfidf: float
    found: float
    criteria: tuple[tuple[Verdict, float], ...]
    """Each verdict with the share it earns, in the order of the points."""


@dataclass(frozen=True)
class Agreed:
    """All figures of a run."""

    path: Path
    judge: str
    rows: int
    skipped: int
    not_graded: Mapping[str, int]
    """Code of the failure -> rows; they are in no figure."""
    groups: Mapping[str, tuple[int, int, Mapping[str, Scored]]]
    """All, non-empty, and each language -> (answers, questions, measure -> figures)."""
    items: Items | None
    """None where no row has a rubric."""
    wrong: tuple[tuple[float, int, str, float, float], ...]
    """Largest disagreements first: distance, line, id, human and predicted score."""


class Grader:
    """Grades rows through one judge; remembers the rubrics it has derived."""

    def __init__(self, judge: Judge, glossary: Glossary, *, offline: bool, remembered: int = 1024) -> None:
        self._judge = judge
        self._offline = offline
        self._overlaps = Overlaps(glossary, remembered=remembered)
        self._derived = lru_cache(maxsize=remembered)(derived_card)

    async def grade(self, row: HumanRow) -> tuple[Grade, float, tuple[float, ...]]:
        """The grade of a row, its score from 0 to 1 and what each point would score alone.

        A row that is not graded has the score 0 and no points.
        """
        if row.rubric:
            total = sum(item.weight for item in row.rubric)
            wanted = tuple(Point(item.text, item.weight / total) for item in row.rubric)
            overlap = self._overlaps.of_points(row.answer, wanted, row.question)
            card = derived_card(row.question, "\n".join(item.text for item in row.rubric), wanted)
        else:
            reference, overlap = self._overlaps.best(row.answer, row.references, row.question)
            card = self._derived(row.question, reference, points(reference, row.question))
        told = (Utterance(turn=0, text=row.answer),)
        result = await grade(self._judge, card, told, interviewer=(row.question,))
        if result.score is None:
            return result, 0.0, ()
        shares = tuple(_earned(verdict, sure=self._offline) for verdict in result.verdicts)
        if not self._offline:
            weighted = zip(overlap.points, shares, strict=True)
            return result, sum(point.weight * share for point, share in weighted), shares
        judged = overlap.judged(shares)
        return result, judged.score, judged.expected


def chosen_judge(coach: Coach, name: str) -> Judge:
    """The judge of that name, `offline` or `live`. Raises ContentError, and ModelNotConfigured without a model."""
    if name == "offline":
        return coach.offline_judge
    if name != "live":
        raise ContentError((Problem("--judge", 0, f"there is no {name!r}; choose offline or live"),))
    if coach.judge.info.judge != "llm":
        raise ModelNotConfigured("--judge live needs a model: give --model provider:name, and its key")
    return coach.judge


def derived_card(question: str, reference: str, wanted: tuple[Point, ...]) -> Card:
    """A card that asks the question and has one criterion per point, in order.

    Texts stand in both languages as they are. Weights are rounded to 1 to 5, the heaviest being 5.
    """
    both = Bilingual(en=question, zh=question)
    heaviest = max(point.weight for point in wanted)
    return Card.model_construct(
        id="human-graded/row",
        kind="concept",
        topics=("human-graded",),
        difficulty=3,
        source=(),
        question=both,
        asked_as=None,
        reference=Bilingual(en=reference, zh=reference),
        steps=(),
        coding=None,
        criteria=tuple(
            Criterion(
                id=f"point-{number}",
                weight=max(1, round(5 * point.weight / heaviest)),
                says=Bilingual(en=point.text, zh=point.text),
                accept=BilingualPhrases(en=(point.text,), zh=(point.text,)),
                probe=both,
            )
            for number, point in enumerate(wanted, start=1)
        ),
        hints=(),
        misconceptions=(),
        followups=(),
        references=(),
        draft=False,
    )


def _earned(verdict: Verdict, *, sure: bool) -> float:
    """What a verdict earns: by its state if it is `sure`, else what can be expected of it."""
    if not sure and verdict.likelihood is not None and verdict.downgraded_from is None:
        return verdict.likelihood.met + 0.5 * verdict.likelihood.partly
    return SHARE.get(verdict.state, 0.0)


@dataclass
class _Columns:
    """The numbers kept of every row."""

    truth: "array[float]" = field(default_factory=lambda: array("d"))
    measures: Mapping[str, "array[float]"] = field(
        default_factory=lambda: {name: array("d") for name in (OURS, TFIDF, FOUND)}
    )
    question: "array[int]" = field(default_factory=lambda: array("l"))
    blank: "array[int]" = field(default_factory=lambda: array("b"))
    lang: "array[int]" = field(default_factory=lambda: array("b"))
    questions: dict[str, int] = field(default_factory=dict)
    langs: dict[str, int] = field(default_factory=dict)
    items: dict[int, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0] * 4))

    def add(self, one: Predicted) -> None:
        row = one.row
        number = self.questions.setdefault(row.question_id, len(self.questions))
        self.truth.append(row.score)
        for name, value in ((OURS, one.score), (TFIDF, one.tfidf), (FOUND, one.found)):
            self.measures[name].append(value)
        self.question.append(number)
        self.blank.append(row.blank)
        self.lang.append(self.langs.setdefault(row.lang, len(self.langs)))
        for item, (_, share) in zip(row.rubric, one.criteria, strict=False):
            place = (0 if share >= MET else 2) if item.met else (1 if share >= MET else 3)
            self.items[number][place] += 1


def agree(path: Path, *, judge: Judge, glossary: Glossary, options: Options) -> Agreed:
    """Grade every row of the file and measure. Raises ContentError naming all bad rows before anything is graded."""
    background, first = TfIdf(), Reading()
    for row in read_rows(path, labels=options.labels, limit=options.limit, skip_bad=options.skip_bad, reading=first):
        background.count(row.answer)
        background.count(_reference(row))
    grader = Grader(judge, glossary, offline=judge.info.judge == "offline")
    columns, failed, wrong = _Columns(), defaultdict[str, int](int), list[tuple[float, int, str, float, float]]()

    async def all_rows() -> None:
        rows = read_rows(path, labels=options.labels, limit=options.limit, skip_bad=options.skip_bad)
        with ExitStack() as stack:
            out = stack.enter_context(options.out.open("w", encoding="utf-8")) if options.out else None
            async for row, found in _predictions(rows, grader, background, options.workers):
                if isinstance(found, str):
                    failed[found] += 1
                    continue
                columns.add(found)
                entry = (abs(found.score - row.score), -row.line, row.id, row.score, found.score)
                heapq.heappush(wrong, entry)
                if len(wrong) > options.wrong:
                    heapq.heappop(wrong)
                if out is not None:
                    _write(out, found)

    asyncio.run(all_rows())
    return Agreed(
        path=path,
        judge=f"{judge.info.judge} ({judge.info.name})",
        rows=len(columns.truth),
        skipped=first.skipped,
        not_graded=dict(failed),
        groups=dict(_groups(columns)),
        items=items(list(columns.items.values())) if columns.items else None,
        wrong=tuple((gap, -line, name, human, ours) for gap, line, name, human, ours in sorted(wrong, reverse=True)),
    )


async def _predictions(
    rows: Iterable[HumanRow], grader: Grader, background: TfIdf, workers: int
) -> AsyncIterator[tuple[HumanRow, Predicted | str]]:
    """Every row with its prediction, or with the code of the failure, in order; `workers` at a time."""
    left = iter(rows)
    while batch := list(islice(left, workers)):
        for row, (result, score, shares) in zip(
            batch, await asyncio.gather(*(grader.grade(row) for row in batch)), strict=True
        ):
            if result.score is None:
                yield row, result.not_graded.code if result.not_graded else "unknown"
                continue
            references = row.references or (_reference(row),)
            yield (
                row,
                Predicted(
                    row=row,
                    score=score,
                    tfidf=max(background.cosine(row.answer, text) for text in references),
                    found=max(token_overlap(row.answer, text) for text in references),
                    criteria=tuple(zip(result.verdicts, shares, strict=True)),
                ),
            )


def _reference(row: HumanRow) -> str:
    return "\n".join(row.references or (item.text for item in row.rubric))


def _groups(columns: _Columns) -> Iterator[tuple[str, tuple[int, int, Mapping[str, Scored]]]]:
    truth, question = np.asarray(columns.truth), np.asarray(columns.question, dtype=np.intp)
    said = np.asarray(columns.blank) == 0
    everything = np.ones(len(truth), dtype=bool)
    lang = np.asarray(columns.lang)
    parts = {"all": everything, "non-empty": said}
    if len(columns.langs) > 1:
        parts |= {f"non-empty, {name}": said & (lang == number) for name, number in sorted(columns.langs.items())}
    for name, of in parts.items():
        measures = {measure: np.asarray(values)[of] for measure, values in columns.measures.items()}
        yield name, (int(of.sum()), len(np.unique(question[of])), scored(truth[of], measures, question[of]))


def _write(out: TextIO, one: Predicted) -> None:
    line = {
        "id": one.row.id,
        "question_id": one.row.question_id,
        "score": one.row.score,
        "predicted": round(one.score, 4),
        "tfidf": round(one.tfidf, 4),
        "found": round(one.found, 4),
        "points": [
            {
                "criterion": verdict.criterion,
                "state": verdict.state,
                "share": round(share, 4),
                "evidence": [evidence.text for evidence in verdict.evidence],
            }
            for verdict, share in one.criteria
        ],
    }
    out.write(json.dumps(line, ensure_ascii=False) + "\n")


def agree_report(result: Agreed) -> str:
    """The figures as plain text."""
    lines = [f"{result.path.name}: {result.rows} answers, judge {result.judge}"]
    lines += [f"{result.skipped} bad rows left out"] if result.skipped else []
    if result.not_graded:
        why = ", ".join(f"{code} {count}" for code, count in sorted(result.not_graded.items()))
        lines.append(f"not graded, and in no figure: {why}")
    for name, (answers, questions, measures) in result.groups.items():
        lines += ["", f"{name}: {answers} answers to {questions} questions", _HEAD]
        lines += [_line(measure, found) for measure, found in measures.items()]
        ahead = next(iter(measures.values())).ahead
        lines.append(f"  ahead of the better baseline by (Pearson) {ahead}")
    if result.items is not None:
        got = result.items
        lines += [
            "",
            f"rubric: {got.f1.n} items",
            f"  precision {got.precision}  recall {got.recall}  F1 {got.f1}  kappa {got.kappa}",
            f"  mean F1 per question {got.f1_by_question}; calling every item met has F1 {got.always:.3f}",
        ]
    if result.wrong:
        lines += ["", "largest disagreements (line, id, people, judge):"]
        lines += [f"  {line}  {name}  {human:.2f}  {ours:.2f}" for _, line, name, human, ours in result.wrong]
    return "\n".join([*lines, "", "in brackets: 95 % intervals over questions; scores from 0 to 1"])


_HEAD = f"  {'':<22}{'Pearson':<24}{'Spearman':<24}{'RMSE':<24}{'QWK':<24}mean Pearson per question"


def _line(measure: str, found: Scored) -> str:
    cells = (found.pearson, found.spearman, found.rmse, found.qwk)
    return f"  {measure:<22}" + "".join(f"{figure!s:<24}" for figure in cells) + str(found.by_question)
