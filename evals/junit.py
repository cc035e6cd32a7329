"""A run -> JUnit XML, as continuous integration reads it. Pure."""

import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from evals.figures import Measurement
from evals.rows import Outcome, is_graded
from evals.runs import Run

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(
    run: Run, measured: Measurement, broken: tuple[str, ...] | None, *, tests: Sequence[Element] | None = None
) -> bytes:
    """One test for the floors and one for each grading, as a UTF-8 document; `tests` when they are made already.

    A broken floor is a failure, a case that could not be played an error, an ungraded one skipped with the reason. A
    verdict that differs from its label is what the floors count; it fails no test of its own, and stands in the output.
    """
    work = run.info.work
    suite = Element(
        "testsuite",
        name=f"{work.suite}.{work.judge}",
        tests=str(len(run.outcomes) + 1),
        failures=str(int(bool(broken))),
        errors=str(len(measured.failed)),
        skipped=str(len(measured.not_graded)),
        timestamp=run.info.started.isoformat(),
    )
    floors = SubElement(suite, "testcase", classname=f"{work.suite}.{work.judge}", name="floors")
    if broken:
        SubElement(floors, "failure", message=f"{len(broken)} floors broken").text = _clean("\n".join(broken))
    made: list[Element] = []
    if tests is None:
        for _ in tested(run, made):
            pass
    suite.extend(made if tests is None else tests)
    indent(suite)
    document: bytes = tostring(suite, encoding="utf-8", xml_declaration=True)
    return document


def tested(run: Run, tests: list[Element]) -> Iterator[Outcome]:
    """The outcomes of a run, each once its test was added to `tests`."""
    place = f"{run.info.work.suite}.{run.info.work.judge}"
    for one in run.outcomes:
        tests.append(_case(one, place))
        yield one


def floors_xml(name: str, broken: tuple[str, ...]) -> bytes:
    """A document with the floors alone."""
    suite = Element("testsuite", name=name, tests="1", failures=str(int(bool(broken))), errors="0", skipped="0")
    floors = SubElement(suite, "testcase", classname=name, name="floors")
    if broken:
        SubElement(floors, "failure", message=f"{len(broken)} floors broken").text = _clean("\n".join(broken))
    document: bytes = tostring(suite, encoding="utf-8", xml_declaration=True)
    return document


def _case(one: Outcome, place: str) -> Element:
    name = one.case.id if not one.repeat else f"{one.case.id} (repeat {one.repeat})"
    case = Element("testcase", classname=f"{place}.{one.case.card}", name=_clean(name))
    if one.failed is not None:
        SubElement(case, "error", message=_clean(one.failed))
    elif not is_graded(one):
        missing = one.grade.not_graded if one.grade else None
        SubElement(case, "skipped", message=_clean(f"not graded: {missing.message if missing else 'no score'}"))
    elif one.grade is not None:
        labels = one.case.labels
        wrong = [
            f"{verdict.criterion}: label {labels[verdict.criterion]}, judged {verdict.state}"
            for verdict in one.grade.verdicts
            if verdict.state != labels[verdict.criterion]
        ]
        if wrong:
            SubElement(case, "system-out").text = _clean("\n".join(wrong))
    return case


def _clean(text: str) -> str:
    """The text without characters that XML 1.0 does not allow."""
    return _NOT_XML.sub("�", text)
