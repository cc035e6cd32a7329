"""The command line starts without the heavy libraries."""

import subprocess
import sys

import pytest

HEAVY = ("gradio", "chromadb", "langchain", "langchain_core", "langchain_openai", "openai", "sqlalchemy", "numpy")


@pytest.mark.parametrize("arguments", [["--help"], ["grade", "--help"], ["version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys, coach.cli\n"
        f"sys.argv = ['coach', *{arguments!r}]\n"
        "try:\n    coach.cli.main()\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_offline_grading_imports_no_page_and_no_index() -> None:
    script = (
        "import sys, coach.cli\n"
        "sys.argv = ['coach', 'grade', '--card', 'linear-models/why-linear', '--answer', '-']\n"
        "try:\n    coach.cli.main()\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "loaded = [name for name in ('gradio', 'chromadb', 'langchain', 'openai') if name in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input="linear in the parameters", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "linear in the parameters" in done.stdout
