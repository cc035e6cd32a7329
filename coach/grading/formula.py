"""What a candidate's formulas say: which there are, whether one is the criterion's, where a derivation goes wrong.

`formula_text.py` finds formulas and writes them as LaTeX, `latex.py` reads LaTeX, `maths.py` decides. The deciding is
done in a child process: it has a time limit for each pair and a memory limit, is ended when it passes one, and ends by
itself when this process does. Same input, same comparison, but for a pair that ran out of time: it says so.
"""

import atexit
import json
import os
import queue
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock, Thread
from typing import Literal

from coach.grading.formula_text import as_latex, found_in
from coach.grading.latex import UnreadableError, names_of, read
from coach.schema import Record, Step, StepReport, WrongStep

LIMIT_S = 2.0
"""Longest that one pair may take."""
START_S = 30.0
"""Longest that the child process may take to start."""
REMEMBERED = 20_000
"""Comparisons kept, the least recently used given up first."""
MOST = 40
"""Formulas of one text that are looked at."""


class Formula(Record):
    """A formula in a text."""

    start: int
    end: int
    kind: Literal["latex", "ascii", "spoken"]
    readings: tuple[str, ...]
    """LaTeX, the likeliest first. Speech has no parentheses, so it may have several."""

    @property
    def latex(self) -> str:
        """The likeliest reading."""
        return self.readings[0]


class Comparison(Record):
    """Whether two formulas are the same, and why."""

    equal: bool | None
    """None when they could not be compared: not readable, or out of time. It is evidence for neither."""
    why: str
    near: Literal["sign", "factor", "slip"] | None = None
    """What alone is wrong, when they are not the same: a sign, a constant factor, or one or two symbols."""
    same_left: bool = False
    """Both are equations with the same left-hand side."""


def formulas_in(text: str) -> tuple[Formula, ...]:
    """The formulas a person wrote or said, in order, at most `MOST`."""
    found = found_in(text)[:MOST]
    return tuple(Formula(start=one.start, end=one.end, kind=one.kind, readings=one.readings) for one in found)


def same_formula(said: str | Formula, wanted: str | Formula, *, up_to_constant: bool = False) -> Comparison:
    """Whether two formulas say the same, in whatever notation.

    `up_to_constant` allows a positive factor. An expression is the same as an equation that only names it.
    """
    return compare_all((said,), (wanted,), up_to_constant=up_to_constant)[0][0]


def compare_all(
    said: Sequence[str | Formula], wanted: Sequence[str | Formula], *, up_to_constant: bool = False
) -> tuple[tuple[Comparison, ...], ...]:
    """A row for each formula said, with its comparison to each one wanted, in one round trip to the child process."""
    mine, theirs = [_readings(one) for one in said], [_readings(one) for one in wanted]
    pairs = {(a, b, up_to_constant) for left in mine for right in theirs for a in left for b in right}
    verdicts = _child().compared(sorted(pairs))
    return tuple(
        tuple(_joined([verdicts[a, b, up_to_constant] for a in left for b in right]) for right in theirs)
        for left in mine
    )


def first_wrong_step(steps: Sequence[Step], text: str) -> StepReport:
    """Which steps of a derivation a text reaches, and the first formula in it that contradicts one.

    A formula contradicts a step when it is no step of the derivation, and gives the step's left-hand side a right-hand
    side that is off by a sign, a factor or a symbol, or is the negative of a step's right-hand side with three names or
    more. Anything else is merely something else; what is put right later does not count.
    """
    formulas = formulas_in(text)
    if not formulas or not steps:
        return StepReport(reached=(), wrong=None)
    table = compare_all(formulas, [step.latex for step in steps])
    reached = {
        step.id: max(place for place, row in enumerate(table) if row[number].equal)
        for number, step in enumerate(steps)
        if any(row[number].equal for row in table)
    }
    for place, (formula, row) in enumerate(zip(formulas, table, strict=True)):
        if any(comparison.equal for comparison in row):
            continue
        for step, comparison in zip(steps, row, strict=True):
            if _contradicts(formula, comparison) and reached.get(step.id, -1) < place:
                wrong = WrongStep(
                    step=step.id,
                    wanted=step.latex,
                    said=text[formula.start : formula.end],
                    start=formula.start,
                    end=formula.end,
                    why=comparison.why,
                )
                return StepReport(reached=tuple(step.id for step in steps if step.id in reached), wrong=wrong)
    return StepReport(reached=tuple(step.id for step in steps if step.id in reached), wrong=None)


def _contradicts(formula: Formula, comparison: Comparison) -> bool:
    if comparison.equal is not False or comparison.near is None:
        return False
    if comparison.same_left:
        return True
    try:
        members, _ = read(formula.latex)
    except UnreadableError:
        return False
    return comparison.near == "sign" and len(members) == 1 and len(names_of(members[0])) >= 3


def _readings(formula: str | Formula) -> tuple[str, ...]:
    return formula.readings if isinstance(formula, Formula) else _readings_of(formula)


@lru_cache(maxsize=4096)
def _readings_of(text: str) -> tuple[str, ...]:
    found = found_in(text)
    if len(found) == 1 and found[0].kind == "spoken" and 2 * (found[0].end - found[0].start) > len(text.strip()):
        return found[0].readings
    return (as_latex(text),)


def _joined(comparisons: Sequence[Comparison]) -> Comparison:
    """One comparison for all readings: the same when one is, different when all are."""
    for equal in (True, None):
        for comparison in comparisons:
            if comparison.equal is equal and (equal or len(comparisons) == 1):
                return comparison
    different = [comparison for comparison in comparisons if comparison.equal is False]
    if not different:
        return comparisons[0]
    return (
        different[0]
        if all(comparison.near for comparison in different)
        else different[0].model_copy(update={"near": None})
    )


_Pair = tuple[str, str, bool]


class _Child:
    """A process that compares pairs, started when first needed and again after one that had to be ended."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._known: OrderedDict[_Pair, Comparison] = OrderedDict()
        self._lock = Lock()
        self._ready = False
        atexit.register(self.close)

    def compared(self, pairs: Sequence[_Pair]) -> dict[_Pair, Comparison]:
        """A comparison for each pair, known ones without asking."""
        with self._lock:
            missing = [pair for pair in pairs if pair not in self._known]
            while missing:
                missing = missing[self._ask(missing) :]
            found = {pair: self._known[pair] for pair in pairs}
            for pair in pairs:
                self._known.move_to_end(pair)
            while len(self._known) > max(REMEMBERED, len(pairs)):
                self._known.popitem(last=False)
            return found

    def _ask(self, pairs: Sequence[_Pair]) -> int:
        """How many of the pairs were dealt with before the process had to be ended."""
        try:
            process = self._started()
            assert process.stdin is not None
            process.stdin.write(json.dumps(pairs) + "\n")
            process.stdin.flush()
        except OSError as error:
            self._end()
            self._known.update(
                {pair: Comparison(equal=None, why=f"no process to compare in: {error}") for pair in pairs}
            )
            return len(pairs)
        for place, pair in enumerate(pairs):
            try:
                line = self._lines.get(timeout=self._limit_s if self._ready else START_S)
            except queue.Empty:
                line = ""
            if not line:
                late = f"took longer than {self._limit_s:g} s" if line == "" else "ended the process that compared them"
                self._known[pair] = Comparison(equal=None, why=late)
                self._end()
                return place + 1
            self._ready = True
            equal, why, near, left = json.loads(line)
            self._known[pair] = Comparison(equal=equal, why=why, near=near, same_left=left)
        return len(pairs)

    def _started(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        paths = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "coach.grading.maths"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"},
        )
        self._lines, self._ready = queue.SimpleQueue(), False
        Thread(target=_carry, args=(self._process, self._lines), daemon=True, name="formula-lines").start()
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:  # what could not be written is of no use any more
                return

    def close(self) -> None:
        """The process is over; the next comparison starts another."""
        with self._lock:
            self._end()


def _carry(process: subprocess.Popen[str], lines: "queue.SimpleQueue[str | None]") -> None:
    """Each line the process writes, then None when it is over."""
    assert process.stdout is not None
    with process.stdout as output:
        for line in output:
            lines.put(line)
    lines.put(None)


@lru_cache(maxsize=1)
def _child() -> _Child:
    return _Child(LIMIT_S)
