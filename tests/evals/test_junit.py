from xml.etree import ElementTree

from coach.schema import Card
from evals.figures import measure_run
from evals.junit import junit_xml
from evals.rows import Outcome
from tests.evals.made import case, judged, run_of, ungraded


def test_floors_fail_unplayed_cases_are_errors_ungraded_ones_skipped_and_nothing_is_lost(why_linear: Card) -> None:
    run = run_of(
        judged(why_linear, case(why_linear, "right")),
        judged(why_linear, case(why_linear, "wrong"), {"least-squares": "met"}),
        ungraded(why_linear, case(why_linear, "silent")),
        Outcome(case=case(why_linear, "lost"), failed="it broke \x1b[0m"),
        Outcome(case=case(why_linear, "blank"), deserved=judged(why_linear, case(why_linear)).deserved),
    )
    suite = ElementTree.fromstring(junit_xml(run, measure_run(run.outcomes), ("agreement is low",)))
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    found = {one.get("name"): {child.tag for child in one} for one in suite}
    assert found == {
        "floors": {"failure"},
        "right": set(),
        "wrong": {"system-out"},
        "silent": {"skipped"},
        "lost": {"error"},
        "blank": set(),
    }
    assert "least-squares: label missed, judged met" in "".join(suite.itertext())
    assert "agreement is low" in "".join(suite.itertext())


def test_floors_that_hold_or_are_not_set_do_not_fail(why_linear: Card) -> None:
    run = run_of(judged(why_linear, case(why_linear)))
    for broken in ((), None):
        suite = ElementTree.fromstring(junit_xml(run, measure_run(run.outcomes), broken))
        assert suite.get("failures") == "0"
        assert suite.find("testcase/failure") is None
