"""The one suite that this process runs at a time: a child of its own, the very command a terminal would run.

The page's event loop does nothing for it: how far it is, is read from the results it writes down, line by line.
"""

import atexit
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

NICE = 10
"""People who practise come first."""
GRACE_S = 5.0
"""A child that was asked to end is given so long."""
TOLD = 4000
"""So many last characters of what a child said are kept."""
BROKEN = 1
"""The exit status that says a floor is broken, or a case could not be played."""


@dataclass(frozen=True)
class Job:
    """What is to be run."""

    suite: str
    judge: str
    """Empty where no judge is measured."""
    name: str
    """Of the run's folder."""
    total: int
    seconds: float
    """About how long it takes, from nothing."""
    repeats: int = 1

    @property
    def command(self) -> tuple[str, ...]:
        """What `python` is given to run it."""
        judged = ("--judge", self.judge, "--repeat", str(self.repeats)) if self.judge else ()
        return ("-m", "evals", "run", self.suite, "--name", self.name, *judged)


@dataclass(frozen=True)
class Status:
    """How far it is, or how it ended."""

    job: Job
    state: Literal["running", "done", "broken", "cancelled", "died"]
    done: int | None
    """Samples written down; None as long as there is no file of them."""
    began_at: int
    """Samples that were there when it was started."""
    seconds: float
    code: int | None
    said: str
    """The end of what it printed, once it has ended."""

    @property
    def left_s(self) -> float | None:
        """About how many seconds are left; None where that cannot be said."""
        if self.done is None or self.done - self.began_at < 10:
            whole = self.job.seconds * (1 - self.began_at / max(self.job.total, 1))
            return whole - self.seconds if whole > self.seconds else None
        return self.seconds * (self.job.total - self.done) / (self.done - self.began_at)


class OneRun:
    """Runs suites below a data folder, one at a time."""

    def __init__(self, data: Path, *, content: Path, python: tuple[str, ...] = (sys.executable,)) -> None:
        self._data, self._content, self._python = data.resolve(), content.resolve(), python
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._began = self._wall = 0.0
        self._ended: float | None = None
        self._cancelled = False
        self._began_at = 0
        self._counted = (0, 0)
        atexit.register(self.cancel)

    @property
    def runs(self) -> Path:
        """The folder of runs."""
        return self._data / "runs"

    @property
    def log(self) -> Path:
        """What the child prints; outside the folder that the page serves files from."""
        return self._data / "evals-run.log"

    def start(self, job: Job) -> bool:
        """Whether it was started: not while another one runs."""
        with self._lock:
            if self._child is not None and self._child.poll() is None:
                return False
            self.runs.mkdir(parents=True, exist_ok=True)
            self._job, self._cancelled, self._ended, self._counted = job, False, None, (0, 0)
            self._began_at = self._count(job.name) or 0
            self._began, self._wall = time.monotonic(), time.time()
            with self.log.open("wb") as log:
                self._child = subprocess.Popen(
                    [*self._python, *job.command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=self._environment(),
                    creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
                )
            _lower(self._child.pid)
            threading.Thread(target=self._wait, args=(self._child,), name="evals-run", daemon=True).start()
            return True

    def _environment(self) -> Mapping[str, str]:
        """This process's own, with its folders, and the evals where they were found."""
        places = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
        return {
            **os.environ,
            "COACH_DATA_DIR": str(self._data),
            "COACH_CONTENT_DIR": str(self._content),
            "PYTHONPATH": os.pathsep.join(filter(None, places)),
            "PYTHONIOENCODING": "utf-8",
            "OPENBLAS_NUM_THREADS": "1",
        }

    def _wait(self, child: "subprocess.Popen[bytes]") -> None:
        child.wait()
        with self._lock:
            if self._child is child:
                self._ended = time.monotonic()

    def cancel(self) -> None:
        """Nothing, once no child runs any more; what it wrote down stays."""
        with self._lock:
            child = self._child
            if child is None or child.poll() is not None:
                return
            self._cancelled = True
        child.terminate()
        try:
            child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def look(self) -> Status | None:
        """How far the run is, or how the last one ended; None before the first."""
        with self._lock:
            job, child = self._job, self._child
            if job is None or child is None:
                return None
            code = child.poll()
            seconds = (self._ended or time.monotonic()) - self._began
            done = self._count(job.name)
            if code is None:
                return Status(job, "running", done, self._began_at, seconds, None, "")
            return Status(job, self._ending(job.name, code), done, self._began_at, seconds, code, self._said())

    def _ending(self, name: str, code: int) -> Literal["done", "broken", "cancelled", "died"]:
        """A child that fell over has the exit status of a broken floor; only the latter has written its verdict."""
        if code == 0:
            return "done"
        if self._cancelled:
            return "cancelled"
        junit = self.runs / name / "junit.xml"
        judged = junit.exists() and junit.stat().st_mtime >= self._wall - 2
        return "broken" if code == BROKEN and judged else "died"

    def _count(self, name: str) -> int | None:
        """Whole lines of results, those counted before not read again; None before there is a file."""
        path = self.runs / name / "results.jsonl"
        if not path.exists():
            return None
        at, lines = self._counted
        with path.open("rb") as file:
            file.seek(at)
            new = file.read()
        whole = new.rfind(b"\n") + 1
        self._counted = (at + whole, lines + new.count(b"\n"))
        return self._counted[1]

    def _said(self) -> str:
        if not self.log.exists():
            return ""
        return self.log.read_bytes()[-TOLD:].decode("utf-8", errors="replace").strip()


def _lower(pid: int) -> None:
    """Puts a process behind the others, where the system has such an order."""
    if hasattr(os, "setpriority"):
        try:
            os.setpriority(os.PRIO_PROCESS, pid, NICE)
        except OSError:
            return
