"""Outcomes and runs made up for tests: what was labelled and what was judged is said outright."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from coach.grading.score import score
from coach.schema import Card, Evidence, Grade, JudgeInfo, Likelihood, NotGraded, Stated, Verdict
from evals.cases import Case
from evals.rows import Outcome, deserved
from evals.runs import Git, Run, RunInfo, Work

TEXT = "We minimise the sum of squared residuals <b>& more</b>."


def case(card: Card, name: str = "x", labels: Mapping[str, str] | None = None, **change: object) -> Case:
    given = {one.id: (labels or {}).get(one.id, "missed") for one in card.criteria}
    plain: dict[str, object] = {"id": name, "card": card.id, "lang": "en", "family": "good", "split": "test"}
    return Case.model_validate(plain | {"answers": (TEXT,), "labels": given} | change)


def judged(
    card: Card,
    one: Case,
    states: Mapping[str, str] | None = None,
    *,
    stated: Sequence[str] = (),
    likelihood: Mapping[str, tuple[float, float]] | None = None,
    repeat: int = 0,
    info: JudgeInfo | None = None,
) -> Outcome:
    """The outcome in which a judge gave `states`, and the labels where nothing is said."""
    words = Evidence(turn=0, start=0, end=11, text=TEXT[:11], match="exact")
    verdicts = tuple(
        Verdict.model_validate(
            {
                "criterion": criterion.id,
                "state": (states or {}).get(criterion.id, one.labels[criterion.id]),
                "evidence": (words,),
                "reason": "because <i>",
                "likelihood": _sure(likelihood, criterion.id),
            }
        )
        for criterion in card.criteria
    )
    found = tuple(Stated(misconception=name, evidence=(words,)) for name in stated)
    grade = Grade(
        card=card.id,
        card_hash=card.fingerprint,
        verdicts=verdicts,
        misconceptions=found,
        score=score(card, verdicts, found),
        judge=info or JudgeInfo(judge="offline", name="made-up"),
    )
    return Outcome(case=one, repeat=repeat, interviewer=(card.question.en,), grade=grade, deserved=deserved(one, card))


def _sure(likelihood: Mapping[str, tuple[float, float]] | None, name: str) -> Likelihood | None:
    if likelihood is None or name not in likelihood:
        return None
    met, partly = likelihood[name]
    return Likelihood(met=met, partly=partly)


def ungraded(card: Card, one: Case) -> Outcome:
    """The outcome in which the judge gave nothing usable."""
    grade = Grade(
        card=card.id,
        card_hash=card.fingerprint,
        verdicts=tuple(Verdict(criterion=criterion.id, state="not_graded") for criterion in card.criteria),
        score=None,
        not_graded=NotGraded(code="timeout", message="no reply \x00 in time"),
        judge=JudgeInfo(judge="llm", name="m"),
    )
    return Outcome(case=one, grade=grade, deserved=deserved(one, card))


def run_of(*outcomes: Outcome, name: str = "made", total: int | None = None) -> Run:
    """A run that holds these outcomes."""
    work = Work(
        suite="smoke",
        judge="offline",
        model="made-up",
        method=None,
        prompt=None,
        calibration="c",
        glossary="g",
        bank="b",
        cases="s",
        repeats=1,
    )
    info = RunInfo(
        name=name,
        work=work,
        total=len(outcomes) if total is None else total,
        started=datetime(2026, 1, 1, tzinfo=UTC),
        python="3.11",
        packages={"numpy": "2"},
        git=Git(commit="0" * 40, dirty=True),
    )
    return Run(info=info, outcomes=outcomes)
