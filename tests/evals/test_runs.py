"""Runs on disk: what is written, killed, gone on with, and refused."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from coach.errors import ContentError
from coach.grading.judge import JudgeReply
from coach.llm.prompts import Template
from coach.schema import Card
from coach.settings import Settings
from coach.wiring import Coach
from evals import run
from evals.cases import Case
from evals.figures import measure_run
from evals.report import table
from evals.run import Options, run_suite
from evals.runs import RESULTS, read_run
from tests.conftest import ROOT
from tests.evals.made import case


@pytest.fixture(scope="module")
def coach(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coach]:
    """The parts as shipped, without a model; reading all cards takes seconds, so once is enough."""
    made = Coach(Settings(data_dir=tmp_path_factory.mktemp("data"), content_dir=ROOT, model=None))
    yield made
    made.close()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why_linear: Card) -> Path:
    """The folder of a suite of three cases; returns its transcript."""
    for name in ("suites", "transcripts"):
        (tmp_path / name).mkdir()
    suite = "id: small\nwhy: w\ntranscripts: [small.jsonl]\nfloors: {offline: {agreement: 0.0}}\nfloors_on: all\n"
    (tmp_path / "suites" / "small.yaml").write_text(suite, encoding="utf-8")
    path = tmp_path / "transcripts" / "small.jsonl"
    save(path, [case(why_linear, name, {"least-squares": "met"}) for name in ("one", "two", "three")])
    monkeypatch.setattr(run, "ROOT", tmp_path)
    return path


def save(path: Path, cases: Sequence[Case]) -> None:
    path.write_text("".join(one.model_dump_json() + "\n" for one in cases), encoding="utf-8")


def lines(folder: Path) -> list[str]:
    return (folder / RESULTS).read_text(encoding="utf-8").splitlines()


def test_a_run_writes_down_what_ran_and_all_it_takes_to_compute_the_figures_again(small: Path, coach: Coach) -> None:
    _, (result,) = run_suite("small", coach=coach)
    assert {path.name for path in result.folder.iterdir()} == {"run.json", "results.jsonl", "junit.xml"}
    assert result.folder.parent == coach.settings.data_dir / "runs"
    info = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
    work = info["work"]
    assert (work["suite"], work["judge"], work["model"]) == ("small", "offline", coach.offline_judge.info.name)
    assert all(len(work[key]) == 16 for key in ("calibration", "glossary", "bank", "cases"))
    assert info["packages"]["pydantic"]
    git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (info["git"] or {"commit": ""})["commit"] == git.stdout.strip()
    again = read_run(result.folder)
    assert again == result.run
    assert again.complete
    assert table(measure_run(again.outcomes)) == table(result.measured)
    assert result.measured.parts["all"].answers == 3


def test_results_are_read_from_disk_each_time_and_lines_added_later_are_no_part_of_them(
    small: Path, coach: Coach
) -> None:
    _, (result,) = run_suite("small", coach=coach)
    run, first = read_run(result.folder), lines(result.folder)[0]
    with (result.folder / RESULTS).open("a", encoding="utf-8") as file:
        file.write(first.replace('"id":"', '"id":"later-', 1) + "\n")
    assert [len(run.outcomes), len(list(run.outcomes)), len(read_run(result.folder).outcomes)] == [3, 3, 4]
    assert run.outcomes[0].model_dump_json() == first
    assert [one.key for one in run.outcomes[1:]] == [one.key for one in run.outcomes][1:]


def test_the_prompt_of_a_model_is_in_the_record(coach: Coach, tmp_path: Path) -> None:
    _, (result,) = run_suite("smoke", coach=coach, judges=("mock",), options=Options(out=tmp_path))
    template = Template.load(ROOT / "prompts" / "judge.md")
    assert result.run.info.work.prompt == template.fingerprint(JudgeReply)
    assert result.broken == ()


def test_a_cut_last_line_is_done_again_and_nothing_else_is(small: Path, coach: Coach) -> None:
    _, (first,) = run_suite("small", coach=coach, options=Options(out=small.parent, name="cut"))
    whole = (first.folder / RESULTS).read_bytes()
    (first.folder / RESULTS).write_bytes(whole[:-40])
    assert len(read_run(first.folder).outcomes) == 2
    before = lines(first.folder)[:2]
    _, (second,) = run_suite("small", coach=coach, options=Options(out=small.parent, name="cut"))
    assert lines(second.folder)[:2] == before
    assert sorted(json.loads(line)["case"]["id"] for line in lines(second.folder)) == ["one", "three", "two"]
    assert table(second.measured) == table(first.measured)
    assert len(second.run.info.resumed) == 1
    _, (third,) = run_suite("small", coach=coach, options=Options(resume=first.folder))
    assert table(third.measured) == table(first.measured)


def test_a_run_of_something_else_is_not_gone_on_with(small: Path, coach: Coach, why_linear: Card) -> None:
    run_suite("small", coach=coach, options=Options(out=small.parent, name="kept"))
    save(small, [case(why_linear, name) for name in ("one", "two", "three")])
    with pytest.raises(ContentError, match=r"cases was '\w+' and is '\w+'") as caught:
        run_suite("small", coach=coach, options=Options(out=small.parent, name="kept", repeats=2))
    assert [problem.message.split()[6] for problem in caught.value.problems] == ["cases", "repeats"]


def test_damage_in_the_middle_or_a_case_told_twice_is_refused(small: Path, coach: Coach) -> None:
    _, (result,) = run_suite("small", coach=coach)
    told = lines(result.folder)
    (result.folder / RESULTS).write_text("\n".join([told[0], "{}", told[0], ""]), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        read_run(result.folder)
    assert [problem.line for problem in caught.value.problems] == [2, 3]


def test_a_case_that_cannot_be_played_is_in_the_results_and_fails_the_run(
    small: Path, coach: Coach, why_linear: Card
) -> None:
    everything = why_linear.reference.en
    save(small, [case(why_linear, "ok"), case(why_linear, "lost", answers=(everything, "no follow-up came"))])
    _, (result,) = run_suite("small", coach=coach)
    assert [one.case.id for one in result.run.outcomes if one.failed] == ["lost"]
    assert result.fails
    assert result.broken == ("1 cases could not be played",)
    _, (unfloored,) = run_suite("small", coach=coach, judges=("offline",), options=Options(repeats=2))
    assert unfloored.measured.outcomes == 4


def test_a_name_that_is_no_folder_name_and_a_folder_that_is_no_run_are_refused(
    small: Path, coach: Coach, tmp_path: Path
) -> None:
    with pytest.raises(ContentError, match="no name for a run"):
        run_suite("small", coach=coach, options=Options(name="../up"))
    with pytest.raises(ContentError, match="no folder"):
        run_suite("small", coach=coach, options=Options(resume=tmp_path / "gone"))
    with pytest.raises(ContentError, match="not a run"):
        read_run(tmp_path)


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """The process is killed outright, as by a power cut, once some cases are done."""
    command = [sys.executable, "-m", "evals", "run", "smoke", "--judge", "mock", "--name", "k", "--workers", "2"]
    env = os.environ | {"COACH_DATA_DIR": str(tmp_path)}
    folder = tmp_path / "runs" / "k"
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and (not (folder / RESULTS).exists() or len(lines(folder)) < 5):
            time.sleep(0.01)
        process.kill()
    done = [one.key for one in read_run(folder).outcomes]
    assert 5 <= len(done) < 184, "the kill came too late to show anything"
    kept = (folder / RESULTS).read_bytes().splitlines()[: len(done)]
    again = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
    assert again.returncode == 0, again.stdout + again.stderr
    assert (folder / RESULTS).read_bytes().splitlines()[: len(done)] == kept
    finished = read_run(folder)
    assert finished.complete
    assert len({one.key for one in finished.outcomes}) == 184
    shutil.rmtree(folder)
