"""The figures that the page shows are the figures of the judge as it is."""

import asyncio

from coach.wiring import Coach
from evals.cases import Case, load_suite
from evals.measure import measure
from evals.play import play_all
from evals.run import ROOT, suite_cases

LATE = "cards, glossary, transcripts or judge changed since: run `python -m evals calibrate --write`"


def cases_of(coach: Coach, names: str) -> list[Case]:
    return [case for name in names.split() for case in suite_cases(load_suite(ROOT / "suites" / f"{name}.yaml"), coach)]


def test_the_calibration_file_tells_the_truth_about_the_test_split(coach: Coach) -> None:
    told = coach.offline_judge.calibration.measured
    people = [case for case in cases_of(coach, str(told["suites"])) if case.attack is None and case.split == "test"]
    cards = {card.id: card for card in coach.cards}
    got = measure(asyncio.run(play_all(people, cards, coach.offline_judge, workers=1)))
    assert (got.overall.agree, got.overall.criteria, got.cases) == (told["agree"], told["criteria"], told["cases"]), (
        LATE
    )


def test_no_card_is_in_both_splits(coach: Coach) -> None:
    suites = " ".join(path.stem for path in (ROOT / "suites").glob("*.yaml"))
    seen: dict[str, set[str]] = {}
    for case in cases_of(coach, suites):
        seen.setdefault(case.card, set()).add(case.split)
    assert {card for card, splits in seen.items() if len(splits) > 1} == set()


def test_the_fit_sees_the_calibrate_split_only(coach: Coach) -> None:
    from evals.calibrate import calibrate_suite

    printed = calibrate_suite(("smoke",), coach=coach, write=False)
    tuned = [case for case in cases_of(coach, "smoke") if case.split == "calibrate"]
    verdicts = sum(len(case.labels) for case in tuned if any(text.strip() for text in case.answers))
    assert printed.startswith(f"chosen on {verdicts} verdicts of {len(tuned)} answers")
