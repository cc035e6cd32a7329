"""A run on disk: what was run, and one line for each finished case. Every suite keeps its runs so.

`run.json` says what ran; `results.jsonl` grows by a line as each case is done, so a process that is killed loses the
cases it was at and nothing else. Results are read one at a time: a run of any length fits into memory.
"""

import hashlib
import importlib.metadata
import json
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from pydantic import AwareDatetime, BaseModel, ValidationError

from coach.bank.files import replace_text
from coach.errors import ContentError, Problem
from coach.schema import Record
from evals.cases import Case, JudgeName
from evals.rows import Outcome

INFO = "run.json"
RESULTS = "results.jsonl"
PACKAGES = "interview-coach langchain langchain-openai numpy openai pydantic rapidfuzz snowballstemmer".split()
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Line(Protocol):
    """What came of one case: a record that is a line of results."""

    @property
    def key(self) -> Hashable:
        """Used by no other line of the run."""
        ...

    def model_dump_json(self) -> str:
        """The line."""
        ...

    @classmethod
    def model_validate_json(cls, json_data: bytes, /) -> Self:
        """The record of a line. Raises ValidationError."""
        ...


B = TypeVar("B", bound=BaseModel)
L = TypeVar("L", bound=Line)
W = TypeVar("W")


class Git(Record):
    """The commit that the code was at."""

    commit: str
    dirty: bool
    """Whether files differed from it."""


class Work(Record):
    """What a run of a judge measures. A run may only go on with the very same."""

    suite: str
    judge: JudgeName
    model: str
    """The model that was asked for, or the version of the offline judge."""
    method: str | None
    """How a model is asked for structured output."""
    prompt: str | None
    """Fingerprint of the judge's prompt and reply schema."""
    calibration: str
    """Fingerprints, here and below: 16 hex digits of SHA-256."""
    glossary: str
    bank: str
    cases: str
    repeats: int
    recording: str | None = None
    """Of the recorded replies, when they are replayed."""


class RunInfo(Record, Generic[W]):
    """`run.json`: what a run measures, and when and with what it was made."""

    name: str
    work: W
    total: int
    """Lines of results when the run is complete."""
    started: AwareDatetime
    resumed: tuple[AwareDatetime, ...] = ()
    python: str
    packages: dict[str, str]
    git: Git | None
    """None outside a checkout, or without git."""


@dataclass(frozen=True)
class Results(Sequence[L]):
    """The finished cases of a run, read from disk anew whenever they are gone through.

    Going through them raises ContentError at the end when a line is wrong or a case is there twice.
    """

    path: Path
    size: int
    """Bytes of whole lines; a last line cut by a kill is left out."""
    lines: int
    record: type[L]

    @classmethod
    def at(cls, path: Path, record: type[L]) -> "Results[L]":
        """Those in a file. Raises ContentError when it cannot be read."""
        size = count = 0
        try:
            with path.open("rb") as file:
                for line in file:
                    if line.endswith(b"\n"):
                        size, count = size + len(line), count + 1
        except OSError as error:
            raise ContentError((Problem(str(path), 0, f"cannot be read: {error}"),)) from error
        return cls(path, size, count, record)

    def __len__(self) -> int:
        return self.lines

    def __iter__(self) -> Iterator[L]:
        problems: list[Problem] = []
        seen: set[Hashable] = set()
        with self.path.open("rb") as file:
            for number, line in zip(range(1, self.lines + 1), file, strict=False):
                try:
                    one = self.record.model_validate_json(line)
                except ValidationError as error:
                    problems.append(Problem(str(self.path), number, f"not a result: {error}"))
                    continue
                if one.key in seen:
                    problems.append(Problem(str(self.path), number, f"{one.key!r} is there twice"))
                    continue
                seen.add(one.key)
                yield one
        if problems:
            raise ContentError(tuple(problems))

    @overload
    def __getitem__(self, at: int) -> L: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[L, ...]: ...

    def __getitem__(self, at: int | slice) -> L | tuple[L, ...]:
        return tuple(self)[at]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a judge as it stands on disk."""

    info: RunInfo[Work]
    outcomes: Sequence[Outcome]

    @property
    def complete(self) -> bool:
        """Whether every case is finished."""
        return len(self.outcomes) >= self.info.total


def fingerprint(parts: Iterable[str]) -> str:
    """16 hex digits that change when any part does."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()[:16]


def file_fingerprint(path: Path) -> str:
    """Of the text of a file. Raises ContentError when it cannot be read."""
    try:
        return fingerprint([path.read_text(encoding="utf-8")])
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError((Problem(str(path), 0, f"cannot be read: {error}"),)) from error


def cases_fingerprint(cases: Sequence[Case]) -> str:
    """Of every word of every case."""
    return fingerprint(case.model_dump_json() for case in cases)


def new_info(name: str, work: W, *, total: int) -> RunInfo[W]:
    """What `run.json` says of a run that begins now, with this machine's packages and the commit the code is at."""
    return RunInfo(
        name=name,
        work=work,
        total=total,
        started=datetime.now(UTC).replace(microsecond=0),
        python=platform.python_version(),
        packages={name: version for name in PACKAGES if (version := _version(name)) is not None},
        git=_git(Path(__file__).resolve().parent),
    )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git(folder: Path) -> Git | None:
    try:
        commit, status = (
            subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=20).stdout
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Git(commit=commit.strip(), dirty=bool(status.strip()))


def new_folder(out: Path, stem: str) -> Path:
    """A folder that is not there yet, named for what runs and the time."""
    stem = f"{stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    return out / next(name for name in names if not (out / name).exists())


def checked_name(name: str) -> str:
    """`name`, when it can be a folder anywhere. Raises ContentError."""
    if not _NAME.fullmatch(name):
        raise ContentError((Problem(name, 0, "is no name for a run: use letters, digits, `.`, `_` and `-`"),))
    return name


def chosen_folder(runs: Path, stem: str, *, name: str | None = None, resume: Path | None = None) -> Path:
    """The folder to keep a run in: the one to go on with, the one of that name, else a new one. Raises ContentError."""
    if resume is not None:
        if not resume.is_dir():
            raise ContentError((Problem(str(resume), 0, "is no folder of a run to resume"),))
        return resume
    return runs / checked_name(name) if name is not None else new_folder(runs, stem)


@contextmanager
def journal(
    folder: Path, info: RunInfo[Any], record: type[L], *, unit: str = "case"
) -> Iterator[tuple[frozenset[Hashable], Callable[[L], None]]]:
    """The keys of what is finished already, and a function that adds a line, handed to the system before it returns.

    The run in `folder` is begun, or gone on with; on a terminal a bar says how far it is. Raises ContentError naming
    everything that differs when the folder holds a run of something else.
    """
    from tqdm import tqdm

    finished = _opened(folder, info, record)
    hidden = not sys.stderr.isatty()
    bar = tqdm(total=info.total, initial=len(finished), unit=unit, desc=folder.name, disable=hidden)
    with bar, (folder / RESULTS).open("ab") as file:

        def add(one: L) -> None:
            file.write(one.model_dump_json().encode() + b"\n")
            file.flush()
            bar.update()

        yield finished, add


def _opened(folder: Path, info: RunInfo[Any], record: type[L]) -> frozenset[Hashable]:
    if not (folder / INFO).exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RESULTS).touch()
        _write_info(folder, info)
        return frozenset()
    kept = _read_info(folder, RunInfo[dict[str, Any]])
    was, now = kept.work, info.model_dump(mode="json")["work"]
    keys = now if was.get("suite") == now["suite"] else ("suite",)
    differing = [f"{key} was {was.get(key)!r} and is {now[key]!r}" for key in keys if was.get(key) != now[key]]
    if differing:
        raise ContentError(
            tuple(Problem(str(folder), 0, f"cannot go on with this run: {one}; start another") for one in differing)
        )
    whole = Results.at(folder / RESULTS, record)
    with whole.path.open("r+b") as file:
        file.truncate(whole.size)
    _write_info(folder, kept.model_copy(update={"resumed": (*kept.resumed, info.started)}))
    return frozenset(one.key for one in whole)


def begun_work(folder: Path) -> Mapping[str, Any]:
    """What the run in a folder measures, as it wrote it down; empty where none has begun. Raises ContentError."""
    return _read_info(folder, RunInfo[dict[str, Any]]).work if (folder / INFO).exists() else {}


def read_run(folder: Path) -> Run:
    """The run in `folder`, every line of it checked. Raises ContentError."""
    run = stored(folder)
    for _ in run.outcomes:
        pass
    return run


def stored(folder: Path) -> Run:
    """The run in `folder`, whose lines are checked when they are gone through. Raises ContentError."""
    return Run(info=_read_info(folder, RunInfo[Work]), outcomes=Results.at(folder / RESULTS, Outcome))


def _read_info(folder: Path, kind: type[B]) -> B:
    path = folder / INFO
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise ContentError((Problem(str(path), 0, f"not a run: {error}"),)) from error


def _write_info(folder: Path, info: RunInfo[Any]) -> None:
    replace_text(folder / INFO, json.dumps(info.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n")
