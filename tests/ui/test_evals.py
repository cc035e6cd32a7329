"""The evals page without a browser: what it writes, what it runs, and what it says when something is missing."""

import json
import re
import shutil
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from string import Formatter
from typing import Literal, get_args

import pytest

from coach.schema import Card, Evidence, Lang
from coach.settings import Settings
from coach.ui import evals as page
from coach.ui import evals_reading as reading
from coach.ui import evals_views as views
from coach.ui.evals_run import Job, OneRun, Status
from coach.ui.words.evals import CHINESE, ENGLISH, TEXT
from coach.wiring import Coach
from evals import board, findings
from evals.cases import load_cases, load_suite
from evals.run import Options, run_judge, suite_cases
from tests.conftest import ROOT

HOSTILE = '<img src=x onerror=alert(1)> & "quoted" </td><script>alert(2)</script>'
TWICE = (HOSTILE, HOSTILE)
JOB = Job("smoke", "offline", "a-run", 100, 20.0)


def waited(run: OneRun) -> Status:
    """How the run ended."""
    for _ in range(1200):
        status = run.look()
        assert status is not None
        if status.state != "running":
            return status
        time.sleep(0.05)
    pytest.fail("the child goes on")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs of a part of a suite: one complete, and the same stopped before its end."""
    folder = tmp_path_factory.mktemp("evals")
    coach = Coach(Settings(data_dir=folder, content_dir=ROOT, model=None))
    suite = load_suite(ROOT / "evals" / "suites" / "breadth.yaml")
    cases = suite_cases(suite, coach)[::6]
    run_judge(suite, cases, coach=coach, judge="offline", options=Options(name="whole", out=folder / "runs"))
    coach.close()
    half = folder / "runs" / "half"
    shutil.copytree(folder / "runs" / "whole", half)
    (half / "junit.xml").unlink()
    lines = (half / "results.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (half / "results.jsonl").write_text("".join(lines[:10]), encoding="utf-8")
    return folder / "runs"


def test_every_word_is_there_in_both_languages_with_the_same_blanks() -> None:
    assert set(ENGLISH) == set(CHINESE)
    assert set(TEXT["en"]) == set(TEXT["zh"])
    for key, text in TEXT["en"].items():
        blanks = [{name for _, name, _, _ in Formatter().parse(one) if name} for one in (text, TEXT["zh"][key])]
        assert blanks[0] == blanks[1], key
    assert [key for key, text in CHINESE.items() if not re.search("[\u4e00-\u9fff]", text)] == []


def test_every_suite_that_ships_is_offered_with_its_samples_and_a_time(cards: dict[str, Card]) -> None:
    found = {one.id: one for one in board.offers()}
    shipped = {path.stem for path in (ROOT / "evals" / "suites").glob("*.yaml")}
    assert set(found) == {*shipped, "retrieval", "interviewer"}
    assert found["smoke"].judges == ("offline", "mock")
    assert found["breadth"].samples == len(load_cases([ROOT / "evals" / "transcripts" / "breadth.jsonl"], cards))
    assert all(one.samples > 0 and one.seconds > board.START_S for one in found.values())
    assert page.suite_names(ROOT / "evals") == tuple(one.id for one in board.offers())


def test_a_copy_without_the_evals_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evals_without_data").mkdir()
    (tmp_path / "evals_without_data" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert page.data_folder("evals_without_data") is None
    assert page.data_folder("evals_that_are_not_there") is None
    assert page.data_folder() == ROOT / "evals"
    assert "install the package again" in views.notice("en", "missing")


def test_a_list_of_runs_says_which_are_whole_and_which_keep_their_floors(runs: Path) -> None:
    (runs / "rubbish").mkdir(exist_ok=True)
    (runs / "rubbish" / "run.json").write_text("{", encoding="utf-8")
    past, damaged = board.past_runs(runs)
    found = {one.name: one for one in past}
    assert damaged == ("rubbish",)
    assert (found["whole"].complete, found["whole"].resumes) == (True, False)
    assert (found["half"].done, found["half"].total, found["half"].floors) == (10, 36, "unknown")
    assert found["half"].resumes
    assert "unfinished, 10 of 36" in views.run_label(found["half"], "en")
    broken = findings.seen(runs / "whole").broken
    assert found["whole"].floors == ("broken" if broken else "kept")
    assert TEXT["zh"][f"state_{found['whole'].floors}"] in views.run_label(found["whole"], "zh")


def test_results_are_those_of_the_command_line(runs: Path, cards: dict[str, Card]) -> None:
    from evals.figures import measure_run
    from evals.runs import read_run

    seen, measured = findings.seen(runs / "whole"), measure_run(read_run(runs / "whole").outcomes)
    look, got = seen.parts["all"], measured.parts["all"]
    heads = {one.id: one for one in look.heads}
    assert heads["agreement"].figure == got.agreement
    assert (heads["agreement"].floor, heads["false_pass"].floor, heads["false_pass"].least) == (0.65, 0.1, False)
    assert sum(map(sum, look.confusion)) == got.verdicts
    right = sum(look.confusion[at][at] for at in range(4))
    assert right / got.verdicts == pytest.approx(got.agreement.value)
    topics = dict(next(one for one in look.charts if one.id == "topics").bars)
    assert sum(one.n for one in topics.values()) == got.verdicts
    shown = views.results_html(seen, "all", cards, "en")
    assert seen.broken is not None
    assert [one for one in seen.broken if one not in shown] == []
    assert "All floors hold." in views.results_html(replace(seen, broken=()), "all", cards, "en")
    assert f"<b>{100 * got.agreement.value:.1f} %</b>" in shown
    assert "未完成：10 / 36" in views.results_html(findings.seen(runs / "half"), "all", cards, "zh")


@pytest.mark.parametrize(
    ("label", "state", "mistake"),
    [
        ("missed", "met", "false_pass"),
        ("contradicted", "partly", "too_kind"),
        ("partly", "met", "too_kind"),
        ("met", "contradicted", "false_fail"),
        ("met", "partly", "too_strict"),
        ("partly", "missed", "too_strict"),
        ("contradicted", "missed", "same_points"),
    ],
)
def test_mistakes_are_named_by_the_points_they_cost(label: str, state: str, mistake: str) -> None:
    assert findings.mistake_of(label, state) == mistake


def test_wrong_verdicts_are_all_there_and_can_be_narrowed_down(runs: Path, cards: dict[str, Card]) -> None:
    every = findings.wrong_answers(runs / "whole")
    table = findings.seen(runs / "whole").parts["all"].confusion
    wrong = sum(n for row, counts in enumerate(table) for column, n in enumerate(counts) if row != column)
    assert sum(len(one.wrong) for one in every) == wrong
    learn, held = (reading.chosen(every, split=split) for split in ("calibrate", "test"))
    assert len(learn) + len(held) == len(every)
    card = learn[0].card
    assert {one.card for one in reading.chosen(every, split="calibrate", card=card)} == {card}
    kind = reading.chosen(every, split="calibrate", mistake="false_pass")
    assert kind
    assert all(any(verdict.mistake == "false_pass" for verdict in one.wrong) for one in kind)
    shown = reading.wrong_html(learn, cards, "en", split="calibrate", at=0)
    assert shown.count("<article") == reading.EACH_PAGE
    last = len(learn) // reading.EACH_PAGE * reading.EACH_PAGE
    assert reading.wrong_html(learn, cards, "en", split="calibrate", at=last).count("<article") == len(learn) - last
    assert "no longer measured by them" in reading.wrong_html(held, cards, "en", split="test", at=0)
    assert "No wrong verdict of this kind." in reading.wrong_html((), cards, "en", split="calibrate", at=0)


def test_words_of_a_file_never_become_markup(cards: dict[str, Card]) -> None:
    verdict = findings.WrongVerdict(HOSTILE, "met", "missed", HOSTILE, "false_fail", ())
    answer = findings.WrongAnswer(
        HOSTILE, 0, HOSTILE, None, "calibrate", "en", HOSTILE, HOSTILE, (HOSTILE,), (HOSTILE,), (verdict,), 1, 0, 1
    )
    past = board.Past(HOSTILE, HOSTILE, HOSTILE, HOSTILE, datetime(2026, 1, 1, tzinfo=UTC), 1, 1, 1, "broken", None)
    figure = findings.Figure(0.5, nan, nan, 3)
    look = findings.Look(
        1, 1, (findings.Head("agreement", figure),), (findings.Chart("topics", ((HOSTILE, figure),)),), (), (),
        ((HOSTILE, HOSTILE, 1, 2),),
    )  # fmt: skip
    seen = findings.Seen(past, (HOSTILE,), {"all": look}, "all", ((HOSTILE, (HOSTILE,)),), (TWICE,), (), (TWICE,))
    miss = findings.Miss(HOSTILE, "calibrate", HOSTILE, HOSTILE, HOSTILE)
    flip = findings.Flip(HOSTILE, "calibrate", HOSTILE, "met", "met", "missed")
    change = findings.Difference(HOSTILE, 0.1, 0.2, findings.Figure(0.1, 0.05, 0.15, 3))
    got = findings.Comparison((HOSTILE,), 1, (), (), 0, (flip,), (change,), 0, 1, 1.0)
    died = Status(replace(JOB, suite=HOSTILE), "died", 1, 0, 1.0, 1, HOSTILE)
    for shown in (
        reading.wrong_html([answer], cards, "en", split="calibrate", at=0),
        views.results_html(seen, "all", cards, "en"),
        reading.misses_html(replace(past, suite="retrieval"), [miss], "en", split="calibrate"),
        reading.misses_html(replace(past, suite="interviewer"), [miss], "en", split=""),
        reading.comparison_html(got, (HOSTILE, HOSTILE), "en"),
        views.progress_html(died, "en"),
        views.progress_html(replace(died, state="running"), "en"),
        views.about(board.Offer(HOSTILE, HOSTILE, (), 1, 1.0), (), "en"),
    ):
        assert "&lt;img" in shown
        assert "<img" not in shown
        assert "<script" not in shown
        assert '"quoted"' not in shown


def test_evidence_is_marked_where_it_stands() -> None:
    text = "a < b, so b > a"
    spans = [(Evidence(turn=0, start=0, end=5, text="a < b", match="exact"), "1")]
    assert reading.marked(text, spans) == "<mark>a &lt; b<sup>1</sup></mark>, so b &gt; a"
    double = [*spans, (Evidence(turn=0, start=4, end=9, text="b, so", match="exact"), "2")]
    assert reading.marked(text, double).count("<mark>") == 2
    assert re.sub("<[^>]*>", "", re.sub("<sup>.</sup>", "", reading.marked(text, double))) == "a &lt; b, so b &gt; a"


def test_two_runs_are_compared_as_the_command_line_does(runs: Path) -> None:
    got = findings.compared(runs / "half", runs / "whole")
    shown = reading.comparison_html(got, ("half", "whole"), "en")
    assert "10 gradings in both runs." in shown
    assert "Graded in the second run only: 26" in shown
    assert "No verdict changed." in shown


def kept(runs: Path, suite: str, *, left: int = 0) -> Path:
    """The folder of a run of search or interviews, of which so many samples are missing."""
    if suite == "retrieval":
        work = {"suite": suite, "embedder": "lexical", "queries": ""}
        asked = {"text": "why linear", "cards": ["linear-models/why-linear"], "lang": "en", "kind": "terse"}
        idle = {"id": "n", "text": "what is SQL", "cards": [], "lang": "en", "kind": "unanswerable"}
        lines = [
            {"query": {**asked, "id": f"q{at}"}, "found": ["trees/x"], "refused": False, "rank": None}
            for at in range(2)
        ] + [{"query": idle, "found": [], "refused": True, "rank": None}]
    else:
        work = {"suite": suite, "judge": "offline-2", "seed": 0, "sessions": 1, "calibration": "", "cases": ""}
        work |= {"runs_code": True}
        question = {"card": "linear-models/why-linear", "points": 3.0, "of": 4.0, "graded": True, "missed": []}
        session = {"id": "perfect.loop.exam.en.0", "candidate": "perfect", "format": "loop", "mode": "exam"}
        more = {"lang": "en", "seed": 0, "fault": None, "steps": 1, "refused": 0, "events": 2, "seconds": 1.0}
        lines = [{**session, **more, "questions": [question], "broken": {"clock": "one second too late"}}]
    info = {"name": suite, "work": {**work, "glossary": "", "bank": ""}, "total": len(lines) + left}
    info |= {"started": "2026-01-01T00:00:00Z", "python": "3", "packages": {}, "git": None}
    folder = runs / suite
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(info), encoding="utf-8")
    (folder / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return folder


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("suite", ["retrieval", "interviewer"])
def test_runs_of_search_and_interviews_are_shown(
    tmp_path: Path, cards: dict[str, Card], suite: str, lang: Lang
) -> None:
    folder = kept(tmp_path, suite)
    (folder / "junit.xml").write_text(
        '<testsuite failures="1" errors="0"><testcase><failure>a floor</failure></testcase></testsuite>',
        encoding="utf-8",
    )
    seen = findings.seen(folder)
    assert (seen.past.floors, seen.broken, seen.past.resumes) == ("broken", ("a floor",), False)
    shown = views.results_html(seen, seen.first, cards, lang)
    assert "a floor" in shown
    split = findings.misses(folder)[0].split
    listed = reading.misses_html(seen.past, findings.misses(folder), lang, split=split)
    assert ("why linear" if suite == "retrieval" else "one second too late") in listed


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("suite", "done"), [("retrieval", 3), ("interviewer", 1)])
def test_unfinished_runs_of_search_and_interviews_are_shown_and_can_be_gone_on_with(
    tmp_path: Path, cards: dict[str, Card], suite: str, done: int, lang: Lang
) -> None:
    folder = kept(tmp_path, suite, left=4)
    seen = findings.seen(folder)
    assert (seen.past.done, seen.past.total, seen.past.resumes, seen.broken) == (done, done + 4, True, None)
    assert TEXT[lang]["banner_unfinished"].format(done=done, total=done + 4) in views.results_html(
        seen, seen.first, cards, lang
    )
    with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"cut off by a ki')
    assert findings.seen(folder).parts == seen.parts
    (folder / "results.jsonl").write_text("", encoding="utf-8")
    empty = findings.seen(folder)
    assert TEXT[lang]["banner_empty"] in views.results_html(empty, empty.first, cards, lang)
    listed = reading.misses_html(empty.past, findings.misses(folder), lang, split="test")
    assert (TEXT[lang]["misses_none_so_far"] in listed) == (suite == "interviewer")
    assert TEXT[lang]["misses_none_interviewer"] not in listed


def test_the_page_reads_a_run_of_its_own_folder_alone(coach: Coach, tmp_path: Path) -> None:
    run = OneRun(tmp_path / "data", content=ROOT)
    looked = page._Page.__new__(page._Page)
    looked.coach, looked.run = coach, run
    assert looked._folder("../../etc/passwd") == run.runs / "passwd"


# --- the child ---------------------------------------------------------------------------------


def stand_in(tmp_path: Path, code: str) -> tuple[str, str]:
    """A `python` that runs a script of the test's, which is given what the real one would be given."""
    script = tmp_path / "stand_in.py"
    script.write_text(f"import os, sys, time, pathlib\n{code}", encoding="utf-8")
    return sys.executable, str(script)


FOLDER = """
name = sys.argv[sys.argv.index("--name") + 1]
folder = pathlib.Path(os.environ["COACH_DATA_DIR"]) / "runs" / name
folder.mkdir(parents=True, exist_ok=True)
results = (folder / "results.jsonl").open("a")
"""


def test_a_cancelled_run_keeps_what_it_wrote_and_goes_on_from_there(tmp_path: Path) -> None:
    python = stand_in(tmp_path, FOLDER + "results.write('x\\n' * 30); results.flush()\ntime.sleep(60)")
    run = OneRun(tmp_path / "data", content=ROOT, python=python)
    assert run.start(JOB)
    while (status := run.look()) is not None and not status.done:
        time.sleep(0.02)
    run.cancel()
    status = waited(run)
    assert (status.state, status.done) == ("cancelled", 30)
    assert "30 of 100" in views.progress_html(status, "en")
    assert run.start(JOB)
    again = run.look()
    assert again is not None
    assert again.began_at == 30
    run.cancel()


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (FOLDER + "(folder / 'junit.xml').touch(); sys.exit(1)", "broken"),
        (FOLDER + "print('Traceback: oh <no>'); sys.exit(1)", "died"),
        (FOLDER + "print('evals: wrong option'); sys.exit(2)", "died"),
        (FOLDER + "os.kill(os.getpid(), 9)", "died"),
        (FOLDER + "sys.exit(0)", "done"),
    ],
)
def test_a_broken_floor_and_a_fall_are_told_apart(
    tmp_path: Path, code: str, state: Literal["broken", "died", "done"]
) -> None:
    run = OneRun(tmp_path / "data", content=ROOT, python=stand_in(tmp_path, code))
    assert run.start(JOB)
    status = waited(run)
    assert status.state == state
    shown = views.progress_html(status, "en")
    assert ("python -m evals run smoke" in shown) == (state == "died")
    assert "<no>" not in shown


@pytest.mark.parametrize("suite", ["retrieval", "interviewer"])
def test_search_and_interviews_are_counted_cancelled_and_gone_on_with_as_the_others(
    tmp_path: Path, coach: Coach, suite: str
) -> None:
    """The child does as the suite does: it begins a run of that name, and adds to it."""
    child = f"""
import shutil
shutil.copytree({str(kept(tmp_path, suite, left=9))!r}, pathlib.Path(os.environ["COACH_DATA_DIR"]) / "runs" / "mine")
"""
    run = OneRun(tmp_path / "data", content=ROOT, python=stand_in(tmp_path, child + "time.sleep(60)"))
    done, total = (3, 12) if suite == "retrieval" else (1, 10)
    job = Job(suite, "", "mine", total, 30.0)
    assert job.command == ("-m", "evals", "run", suite, "--name", "mine")
    assert run.start(job)
    while (status := run.look()) is not None and not status.done:
        time.sleep(0.02)
    assert status is not None
    shown = views.progress_html(status, "zh")
    assert f'<progress max="{total}" value="{done}"' in shown
    assert f"{done} / {total}" in shown
    run.cancel()
    assert f"Cancelled at {done} of {total}" in views.progress_html(waited(run), "en")
    (past,), _ = board.past_runs(run.runs)
    assert (past.name, past.resumes) == ("mine", True)


@pytest.mark.parametrize(
    ("done", "began_at", "seconds", "left"),
    [(None, 0, 5.0, 15.0), (5, 0, 5.0, 15.0), (50, 0, 10.0, 10.0), (75, 50, 10.0, 10.0), (None, 0, 30.0, None)],
)
def test_the_time_left_follows_what_is_done(
    done: int | None, began_at: int, seconds: float, left: float | None
) -> None:
    status = Status(JOB, "running", done, began_at, seconds, None, "")
    assert status.left_s == left
    shown = views.progress_html(status, "en")
    assert ("value=" in shown) == (done is not None)


def test_nothing_has_run_at_first(tmp_path: Path) -> None:
    assert OneRun(tmp_path, content=ROOT).look() is None
    assert views.progress_html(None, "en") == ""


def test_every_bar_has_a_chinese_name() -> None:
    from evals.cases import Family
    from evals.retrieval import QueryKind
    from evals.simulate import CANDIDATES

    names = (*get_args(Family), *get_args(QueryKind), *CANDIDATES)
    assert [name for name in names if views.bar_name(name, "zh").isascii()] == []
    assert views.bar_name("linear-models", "zh") == "线性模型"
    assert views.bar_name("linear-models", "en") == "linear-models"
