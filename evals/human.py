"""A file of answers that people graded, read row by row. All that is wrong with it is said at once.

One JSON object a line: `id`, `question`, `reference` (a text, or a list of alternatives), `answer`, and `score` with
`max_score`, or a `label`. Optional: `lang`, `question_id`, and `rubric`, a list of `{"text", "met"}` with an optional
`weight`; with a rubric the reference may be missing, and the score too (it is then the share of the items met).
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, TypeGuard

from coach.errors import ContentError, Problem
from coach.text import lang_of, tokens

LABELS: Mapping[str, float] = {
    **dict.fromkeys("correct right true yes full full_credit fully_correct 对 正确 完全正确 满分 全对 a".split(), 1.0),
    **dict.fromkeys("mostly_correct 基本正确 大部分正确 b".split(), 0.75),
    **dict.fromkeys(
        """partially_correct partial partly_correct partially_correct_incomplete partial_credit incomplete half
        部分正确 部分对 半对 不完整 不完全正确 c""".split(),
        0.5,
    ),
    **dict.fromkeys("mostly_incorrect 大部分错误 d".split(), 0.25),
    **dict.fromkeys(
        """incorrect wrong false no contradictory contradiction irrelevant non_domain nondomain off_topic no_credit
        blank 错 错误 不正确 完全错误 矛盾 无关 不相关 跑题 零分 f""".split(),
        0.0,
    ),
}
"""What a label is worth; case, blanks and hyphens do not matter. `--labels` adds to it and overrides it."""
MOST_PROBLEMS = 50
"""Reading stops after so many bad rows: the file as a whole is not what it should be."""


@dataclass(frozen=True)
class Item:
    """One line of a rubric and whether people found it in the answer."""

    text: str
    met: bool
    weight: float


@dataclass(frozen=True)
class HumanRow:
    """One graded answer."""

    line: int
    id: str
    question: str
    question_id: str
    references: tuple[str, ...]
    """Alternatives; empty only where there is a rubric."""
    answer: str
    score: float
    """0 to 1."""
    lang: str
    rubric: tuple[Item, ...]

    @property
    def blank(self) -> bool:
        """Whether the answer holds no word."""
        return not tokens(self.answer)


@dataclass
class Reading:
    """What a pass over a file met beside its good rows."""

    rows: int = 0
    skipped: int = 0


def parse_labels(text: str) -> dict[str, float]:
    """`name=0.5,other=1` as a mapping. Raises ContentError naming every part that is wrong."""
    found: dict[str, float] = {}
    problems: list[Problem] = []
    for part in text.split(",") if text else ():
        name, sign, value = part.rpartition("=")
        try:
            worth = float(value)
        except ValueError:
            worth = -1.0
        if not sign or not name.strip() or not 0 <= worth <= 1:
            problems.append(Problem("--labels", 0, f"{part!r} is not name=number with a number from 0 to 1"))
        else:
            found[_plain(name)] = worth
    if problems:
        raise ContentError(tuple(problems))
    return found


def read_rows(
    path: Path,
    *,
    labels: Mapping[str, float] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    reading: Reading | None = None,
) -> Iterator[HumanRow]:
    """The good rows of the file, one at a time; no more than one is held.

    Bad rows raise one ContentError at the end, or are counted in `reading` with `skip_bad`. Unknown labels always
    raise, each named once with its count: leaving them out would choose the answers by their grade.
    """
    known = {**LABELS, **(labels or {})}
    seen = reading if reading is not None else Reading()
    problems: list[Problem] = []
    unknown: Counter[str] = Counter()
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if limit is not None and seen.rows + seen.skipped >= limit:
                    break
                if not raw.strip():
                    continue
                try:
                    row = _row(raw, number, known)
                except _UnknownLabelError as error:
                    unknown[error.label] += 1
                    seen.skipped += 1
                except _BadRowError as error:
                    seen.skipped += 1
                    if not skip_bad:
                        problems.append(Problem(str(path), number, str(error)))
                        if len(problems) >= MOST_PROBLEMS:
                            problems.append(Problem(str(path), 0, f"stopped after {MOST_PROBLEMS} bad rows"))
                            break
                else:
                    seen.rows += 1
                    yield row
    except OSError as error:
        raise ContentError((Problem(str(path), 0, f"cannot be read: {error.strerror or error}"),)) from error
    if unknown:
        names = ", ".join(f"{name!r} ({count})" for name, count in sorted(unknown.items()))
        worth = ",".join(f"{name}=…" for name in sorted(unknown))
        problems.append(Problem(str(path), 0, f"labels of unknown worth: {names}; say it with --labels {worth}"))
    if problems:
        raise ContentError(tuple(problems))


class _BadRowError(ValueError):
    """A row that cannot be used, in words."""


class _UnknownLabelError(ValueError):
    """A label whose worth is not known."""

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(label)


def _row(raw: bytes, line: int, labels: Mapping[str, float]) -> HumanRow:
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except ValueError as error:
        raise _BadRowError(f"not a JSON object in UTF-8: {error}") from error
    if not isinstance(found, dict):
        raise _BadRowError(f"expected a JSON object, found {type(found).__name__}")
    faults: list[str] = []
    question, answer = (_text(found, name, faults) for name in ("question", "answer"))
    rubric = _rubric(found.get("rubric"), faults)
    references = _references(found.get("reference"), faults, needed=not rubric)
    if not question.strip() and not faults:
        faults.append("`question` is empty")
    score = _score(found, rubric, labels, faults)
    if faults:
        raise _BadRowError("; ".join(faults))
    lang = found.get("lang")
    return HumanRow(
        line=line,
        id=str(found.get("id", line)),
        question=question,
        question_id=str(found.get("question_id") or question),
        references=references,
        answer=answer,
        score=score,
        lang=lang if isinstance(lang, str) and lang else lang_of(" ".join((*references, question))),
        rubric=rubric,
    )


def _text(found: Mapping[str, Any], name: str, faults: list[str]) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        faults.append(f"`{name}` is missing" if name not in found else f"`{name}` is {value!r}, not a text")
        return ""
    return value


def _references(value: Any, faults: list[str], *, needed: bool) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if value is not None and not isinstance(value, str | list):
        faults.append(f"`reference` is {value!r}, not a text or a list of texts")
        return ()
    if not all(isinstance(text, str) for text in texts):
        faults.append("`reference` holds something that is not a text")
        return ()
    good = tuple(dict.fromkeys(text for text in texts if tokens(text)))
    if needed and not good:
        faults.append("`reference` is missing or has no words")
    return good


def _rubric(value: Any, faults: list[str]) -> tuple[Item, ...]:
    if value is None:
        return ()
    items: list[Item] = []
    for entry in value if isinstance(value, list) else [value]:
        text, met = (entry.get("text"), entry.get("met")) if isinstance(entry, dict) else (None, None)
        weight = entry.get("weight", 1) if isinstance(entry, dict) else 1
        named = isinstance(text, str) and bool(tokens(text))
        if not named or not _is_number(met) or not _is_number(weight) or weight <= 0:
            faults.append(f'`rubric` holds {entry!r}, not {{"text": "…", "met": true}} with a weight above 0')
            continue
        items.append(Item(str(text), met >= 0.5, float(weight)))
    return tuple(items)


def _score(found: Mapping[str, Any], rubric: tuple[Item, ...], labels: Mapping[str, float], faults: list[str]) -> float:
    score, most, label = found.get("score"), found.get("max_score"), found.get("label")
    if score is None and isinstance(label, str | int | float) and not faults:
        known = labels.get(_plain(str(label)))
        if known is not None:
            return known
        if most is None:
            raise _UnknownLabelError(str(label))
        try:
            score = float(label)
        except ValueError:
            raise _UnknownLabelError(str(label)) from None
    if score is None and rubric:
        return sum(item.weight for item in rubric if item.met) / sum(item.weight for item in rubric)
    if not _is_number(score):
        faults.append(f"`score` is {score!r}: a number, a `label` or a `rubric` is needed")
    elif not _is_number(most) or most <= 0:
        faults.append(f"`max_score` is {most!r}, not a number above 0")
    elif not 0 <= score <= most:
        faults.append(f"`score` {score!r} is not between 0 and `max_score` {most!r}")
    else:
        return float(score) / float(most)
    return 0.0


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and isfinite(value)


def _plain(name: str) -> str:
    return "_".join(name.strip().casefold().replace("-", " ").replace("_", " ").split())
