"""The figures that the page shows are the figures of the judge as it is."""

from coach.wiring import Coach
from evals.calibrate import measured_on
from evals.cases import load_suite
from evals.run import ROOT, suite_cases


def test_the_calibration_file_tells_the_truth_about_the_test_split(coach: Coach) -> None:
    calibration = coach.offline_judge.calibration
    told = calibration.measured
    cases = suite_cases(load_suite(ROOT / "suites" / f"{told['suite']}.yaml"), coach)
    got = measured_on([case for case in cases if case.split == "test"], coach, calibration)
    assert (got.overall.agree, got.overall.criteria, got.cases) == (told["agree"], told["criteria"], told["cases"]), (
        "cards, glossary or judge changed since: run `python -m evals calibrate --write`"
    )
    assert not {case.card for case in cases if case.split == "test"} & {
        case.card for case in cases if case.split == "calibrate"
    }
