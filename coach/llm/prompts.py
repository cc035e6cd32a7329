"""Prompt templates: checked data files, filled in one pass.

A file `<id>.md` has YAML front matter with `id`, `role`, `inputs`, `reply` and `why`, then the system part, a line
`<!-- user -->`, and the user part. A placeholder is `{{name}}`; every one is declared in `inputs`, and used.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel

from coach.errors import ContentError, Problem

SEPARATOR = "<!-- user -->"
KEYS = ("id", "role", "inputs", "reply", "why")
_RULE = "---"
_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_STR_TAG = "tag:yaml.org,2002:str"

_Note = Callable[[int, str], None]
"""Takes down one problem: line of the file, message."""


@dataclass(frozen=True)
class Prompt:
    """What is sent to a model: instructions first, the candidate's words last."""

    id: str
    role: str
    system: str
    """Empty when the template has no system part; then no system message is sent."""
    user: str


@dataclass(frozen=True)
class Template:
    """One checked prompt file."""

    id: str
    role: str
    inputs: tuple[str, ...]
    reply: str
    """Name of the reply schema, or `text`."""
    why: str
    system: str
    user: str
    path: str

    @classmethod
    def load(cls, path: Path) -> Self:
        """The template in `path`. Raises ContentError with every problem of the file."""
        problems: list[Problem] = []

        def note(line: int, message: str) -> None:
            problems.append(Problem(str(path), line, message))

        front, body_line, body = _split(path)
        fields = _front_matter(front, note)
        texts = {key: _text(fields, key, note) for key in KEYS if key != "inputs"}
        inputs = _inputs(fields, note)
        if texts["id"] and texts["id"] != path.stem:
            note(_line(fields["id"]), f"id {texts['id']!r} is not the file name {path.stem!r}: make them the same")
        used = list(_placeholders(body, body_line, note))
        for name, line in used:
            if name not in inputs:
                note(line, f"placeholder {name!r} is not declared: add it to inputs or take it out")
        for name in set(inputs) - {name for name, _ in used}:
            note(_line(fields["inputs"]), f"input {name!r} is declared but not used: use it or take it out")
        system, user = _parts(body, body_line, note)
        if problems:
            raise ContentError(tuple(sorted(problems, key=lambda problem: (problem.line, problem.message))))
        return cls(inputs=inputs, system=system, user=user, path=str(path), **texts)

    def render(self, inputs: Mapping[str, str]) -> Prompt:
        """The prompt with every placeholder replaced once; inserted text is never read again.

        Raises ContentError naming all missing and all unexpected inputs.
        """
        gaps = {
            "missing": sorted(set(self.inputs) - set(inputs)),
            "unexpected": sorted(set(inputs) - set(self.inputs)),
        }
        if any(gaps.values()):
            named = "; ".join(f"{what} {', '.join(map(repr, names))}" for what, names in gaps.items() if names)
            raise ContentError((Problem(self.path, 0, f"cannot be filled: {named}. It takes {list(self.inputs)}"),))

        def fill(part: str) -> str:
            return _BRACES.sub(lambda match: inputs[match[1]], part)

        return Prompt(id=self.id, role=self.role, system=fill(self.system), user=fill(self.user))

    def fingerprint(self, schema: type[BaseModel] | None) -> str:
        """16 hex digits that change when the wording or the reply schema does; kept with every verdict."""
        shape = "" if schema is None else json.dumps(schema.model_json_schema(), sort_keys=True)
        return hashlib.sha256(f"{self.system}\0{self.user}\0{shape}".encode()).hexdigest()[:16]


def load_all(folder: Path) -> dict[str, Template]:
    """Every template of `folder` by id. Raises ContentError with the problems of all files together."""
    paths = sorted(folder.glob("*.md"))
    if not paths:
        raise ContentError((Problem(str(folder), 0, "holds no prompt files (*.md)"),))
    templates: dict[str, Template] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            templates[path.stem] = Template.load(path)
        except ContentError as error:
            problems.extend(error.problems)
    if problems:
        raise ContentError(tuple(problems))
    return templates


def _split(path: Path) -> tuple[str, int, list[str]]:
    """Front matter, the line on which the body starts, and the lines of the body."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError((Problem(str(path), 0, f"cannot be read as UTF-8 text: {error}"),)) from error
    ends = [at for at, line in enumerate(lines) if line.rstrip() == _RULE]
    if len(ends) < 2 or ends[0] != 0:
        raise ContentError((Problem(str(path), 1, f"no front matter: begin with it, between two lines {_RULE!r}"),))
    return "\n".join(lines[1 : ends[1]]), ends[1] + 2, lines[ends[1] + 1 :]


def _front_matter(text: str, note: _Note) -> dict[str, yaml.Node]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        note(error.problem_mark.line + 2 if error.problem_mark else 1, f"front matter is not YAML: {error.problem}")
        return {}
    except yaml.YAMLError as error:
        note(1, f"front matter is not YAML: {error}")
        return {}
    if not isinstance(root, yaml.MappingNode):
        note(1, f"front matter must give {', '.join(KEYS)}")
        return {}
    fields: dict[str, yaml.Node] = {}
    for key, value in root.value:
        if key.value not in KEYS:
            note(_line(key), f"unknown key {key.value!r}: the keys are {', '.join(KEYS)}")
        elif key.value in fields:
            note(_line(key), f"key {key.value!r} is given twice")
        else:
            fields[key.value] = value
    for missing in [key for key in KEYS if key not in fields]:
        note(1, f"front matter lacks {missing!r}")
    return fields


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 2


def _text(fields: Mapping[str, yaml.Node], key: str, note: _Note) -> str:
    node = fields.get(key)
    if node is None:
        return ""
    if not isinstance(node, yaml.ScalarNode) or node.tag != _STR_TAG or not node.value.strip():
        note(_line(node), f"{key} must be a text that is not empty")
        return ""
    return str(node.value).strip()


def _inputs(fields: Mapping[str, yaml.Node], note: _Note) -> tuple[str, ...]:
    node = fields.get("inputs")
    if node is None:
        return ()
    if not isinstance(node, yaml.SequenceNode):
        note(_line(node), "inputs must be a list of names; write [] for none")
        return ()
    names: list[str] = []
    for item in node.value:
        if not isinstance(item, yaml.ScalarNode) or not _NAME.fullmatch(item.value):
            note(_line(item), f"input {item.value!r} must be a name of lower-case letters, digits and _")
        elif item.value in names:
            note(_line(item), f"input {item.value!r} is given twice")
        else:
            names.append(item.value)
    return tuple(names)


def _placeholders(body: list[str], first_line: int, note: _Note) -> Iterator[tuple[str, int]]:
    for line, text in enumerate(body, start=first_line):
        for match in _BRACES.finditer(text):
            if _NAME.fullmatch(match[1]):
                yield match[1], line
            else:
                note(line, f"{match[0]!r} is not a placeholder: write {{{{name}}}}, lower case, without spaces")


def _parts(body: list[str], first_line: int, note: _Note) -> tuple[str, str]:
    marks = [at for at, line in enumerate(body) if line.strip() == SEPARATOR]
    if not marks:
        note(first_line, f"no user part: put a line {SEPARATOR!r} between the system and the user part")
        return "", ""
    for extra in marks[1:]:
        note(first_line + extra, f"a second line {SEPARATOR!r}: keep one")
    system, user = "\n".join(body[: marks[0]]).strip(), "\n".join(body[marks[0] + 1 :]).strip()
    if not user:
        note(first_line + marks[0], f"the user part is empty: write it below {SEPARATOR!r}")
    return system, user
