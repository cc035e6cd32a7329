"""A data folder in which the bank is read and indexed already, for tests that start processes of their own."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("cards.json", "terms.json", "index")


@cache
def _folder() -> Path:
    """Made once in a process of tests, by the commands that people use."""
    folder = Path(tempfile.mkdtemp(prefix="coach-warm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COACH_", "OPENAI_"))}
    for command in (("index",), ("search", "attention")):
        subprocess.run(
            [sys.executable, "-m", "tests.guard", "coach/cli.py", *command],
            cwd=ROOT,
            env={**environment, "COACH_DATA_DIR": str(folder)},
            check=True,
            capture_output=True,
        )
    return folder


def fill(data: Path) -> None:
    """Give a data folder what every start would make anew, unless it has it."""
    data.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        source, target = _folder() / name, data / name
        if target.exists():
            continue
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
