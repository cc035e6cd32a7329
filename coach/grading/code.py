"""Running a candidate's code: what is run, where it stands in an answer, and what a sandbox has to offer."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from coach.errors import CodeNotRun
from coach.schema import Check, CodeRun, Coding, Utterance

LONGEST = 20_000
"""Most characters of code; an answer may have no more either."""
_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([A-Za-z0-9_+-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.M | re.S)
_PYTHON = {"", "python", "py", "python3", "py3"}


@dataclass(frozen=True)
class CodeTask:
    """Checks to run on somebody's code."""

    entry: str
    """Name that the code has to define."""
    visible: tuple[Check, ...]
    hidden: tuple[Check, ...] = ()

    @classmethod
    def of(cls, coding: Coding) -> "CodeTask":
        """All checks of a coding card."""
        return cls(coding.entry, coding.visible, coding.hidden)


@dataclass(frozen=True)
class CodeIn:
    """A candidate's code and where it was said."""

    turn: int
    start: int
    end: int
    """Character offsets into that turn's text, end exclusive."""
    code: str


class Sandbox(Protocol):
    """Whatever can run untrusted Python; a browser worker could be another one."""

    async def run(self, task: CodeTask, code: str) -> CodeRun:
        """The result of every check. Raises CodeNotRun when this machine cannot contain the code."""
        ...


@dataclass(frozen=True)
class Tried:
    """What came of the code in an answer: a run, or why there was none."""

    run: CodeRun | None = None
    refused: str | None = None
    """None without a run means that no code was given."""

    @property
    def share(self) -> float | None:
        """Share of checks passed, in [0, 1]; 0 when no code was given, None when it could not be run."""
        if self.refused is not None:
            return None
        return self.run.share if self.run is not None else 0.0


async def try_code(sandbox: Sandbox, coding: Coding, utterances: Sequence[Utterance]) -> Tried:
    """What the checks of a task say to the last code in an answer."""
    found = code_in(coding, utterances)
    if found is None:
        return Tried()
    try:
        return Tried(run=await sandbox.run(CodeTask.of(coding), found.code))
    except CodeNotRun as error:
        return Tried(refused=str(error))


def code_in(coding: Coding, utterances: Sequence[Utterance]) -> CodeIn | None:
    """The code to run: the last fenced block that defines the entry, else the last fenced block of Python.

    A message without any fence counts when all of it is a module that defines the entry.
    """
    blocks: list[CodeIn] = []
    for said in utterances:
        fenced = [
            CodeIn(said.turn, match.start(3), match.end(3), match[3])
            for match in _FENCE.finditer(said.text)
            if match[2].lower() in _PYTHON and match[3].strip()
        ]
        if not fenced and _is_module(said.text, coding.entry):
            fenced = [CodeIn(said.turn, 0, len(said.text), said.text)]
        blocks += fenced
    naming = [block for block in blocks if _names(coding.entry).search(block.code)]
    return next(reversed(naming or blocks), None)


def _names(entry: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+{entry}\b|^[ \t]*{entry}[ \t]*=", re.M)


def _is_module(text: str, entry: str) -> bool:
    if len(text) > LONGEST or not _names(entry).search(text):
        return False
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
