"""The suites as they ship, through the commands a person types."""

import subprocess
import sys
from pathlib import Path

import pytest

from coach.errors import ContentError
from coach.wiring import Coach
from evals import run
from evals.run import Options
from tests.conftest import ROOT


def evals(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.guard", "evals/__main__.py", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )


def test_the_smoke_suite_keeps_its_floors_and_two_runs_can_be_compared_and_read(tmp_path: Path) -> None:
    done = evals("run", "smoke", "--criteria")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "== judge: mock ==" in done.stdout
    assert "== judge: offline ==" in done.stdout
    assert "all floors hold" in done.stdout
    assert "linear-models/why-linear#linear-in-parameters" in done.stdout
    assert done.stderr == "", "the bar is for terminals"
    mock, offline = sorted(path.name for path in (tmp_path / "data" / "runs").iterdir())
    compared = evals("compare", offline, mock)
    assert compared.returncode == 0, compared.stderr
    assert "judge: offline → mock" in compared.stdout
    assert "exact McNemar p" in compared.stdout
    written = evals("report", offline)
    assert written.returncode == 0, written.stderr
    assert "<h2>Wrong verdicts</h2>" in Path(written.stdout.strip()).read_text(encoding="utf-8")
    gone = evals("report", "no-such-run")
    assert gone.returncode == 2
    assert f"there are: {offline}, {mock}" in gone.stderr


def test_a_broken_floor_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coach: Coach) -> None:
    smoke = (ROOT / "evals" / "suites" / "smoke.yaml").read_text(encoding="utf-8")
    (tmp_path / "suites").mkdir()
    high = smoke.replace("zero_families: [echo-question, dont-know, stuffed", "zero_families: [good, stuffed")
    assert high != smoke
    (tmp_path / "suites" / "smoke.yaml").write_text(high.replace("agreement: 0.65", "agreement: 1.0"), encoding="utf-8")
    (tmp_path / "transcripts").symlink_to(ROOT / "evals" / "transcripts")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    _, (offline, mock) = run.run_suite("smoke", coach=coach, options=Options(out=tmp_path / "runs"))
    assert any("is below 1.0" in floor for floor in offline.broken or ())
    assert mock.broken == ()
    assert (offline.fails, mock.fails) == (True, False)


def test_an_unknown_suite_or_judge_is_said(coach: Coach) -> None:
    with pytest.raises(ContentError, match="there are: bilingual, breadth, grading, interviewer, retrieval,"):
        run.run_suite("nothing", coach=coach)
    done = evals("run", "smoke", "--judge", "oracle")
    assert done.returncode == 2
    assert "there is no judge ['oracle']; there are offline, mock, replay, live" in done.stderr
    done = evals("run", "smoke", "--name", "one")
    assert done.returncode == 2
    assert "choose one with --judge" in done.stderr
