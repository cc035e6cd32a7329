"""The smoke suite as it ships, through the command a person types."""

import subprocess
import sys
from pathlib import Path

import pytest

from coach.errors import ContentError
from coach.wiring import Coach
from evals import run
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


def test_the_smoke_suite_keeps_its_floors() -> None:
    done = evals("run", "smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "== judge: mock ==" in done.stdout
    assert "== judge: offline ==" in done.stdout
    assert "all floors hold" in done.stdout
    assert "linear-models/why-linear#linear-in-parameters" in done.stdout


def test_the_breadth_suite_keeps_its_floors() -> None:
    done = evals("run", "breadth")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "== judge: mock ==" not in done.stdout
    assert "all floors hold" in done.stdout


def test_a_broken_floor_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coach: Coach) -> None:
    smoke = (ROOT / "evals" / "suites" / "smoke.yaml").read_text(encoding="utf-8")
    (tmp_path / "suites").mkdir()
    high = smoke.replace("agreement: 1.0", "agreement: 1.01")
    assert high != smoke
    (tmp_path / "suites" / "smoke.yaml").write_text(high, encoding="utf-8")
    (tmp_path / "transcripts").symlink_to(ROOT / "evals" / "transcripts")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    _, results = run.run_suite("smoke", coach=coach, judges=("mock",))
    assert any("is below 1.01" in floor for floor in results[0].broken)


def test_an_unknown_suite_or_judge_is_said(coach: Coach) -> None:
    with pytest.raises(ContentError, match="there are: breadth, smoke"):
        run.run_suite("nothing", coach=coach)
    done = evals("run", "smoke", "--judge", "oracle")
    assert done.returncode == 2
    assert "has no floors for ['oracle']" in done.stderr
