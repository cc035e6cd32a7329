"""The commands as a person types them."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from coach.schema import Card, Critique, Grade
from tests.conftest import ROOT
from tests.llm.stub import Stub, fails, hangs, says
from tests.warm import fill

ANSWER = "It is a weighted sum of the features, and it is linear in the parameters."


def coach(
    *arguments: str, text: str = "", data: Path, warm: bool = True, **settings: str
) -> subprocess.CompletedProcess[str]:
    """What a command did, on a data folder in which the bank is read and indexed, unless it is not `warm`."""
    if warm:
        fill(data)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COACH_", "OPENAI_"))}
    environment |= {"COACH_DATA_DIR": str(data), "PYTHONIOENCODING": "utf-8", **settings}
    return subprocess.run(
        [sys.executable, "-m", "tests.guard", "coach/cli.py", *arguments],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment,
        check=False,
    )


def test_grade_prints_the_sum_and_the_evidence(tmp_path: Path) -> None:
    answer = tmp_path / "answer.txt"
    answer.write_text(ANSWER, encoding="utf-8")
    done = coach("grade", "--card", "linear-models/why-linear", "--answer", str(answer), data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "= 5 of 11 = 45 %" in done.stdout
    assert "“and it is linear in the parameters”" in done.stdout
    assert "Fix this first" in done.stdout
    assert "Your answer, stronger" in done.stdout
    assert "＋ " in done.stdout


def test_grade_as_json_is_the_record(tmp_path: Path) -> None:
    done = coach("grade", "--card", "linear-models/why-linear", "--answer", "-", "--json", text=ANSWER, data=tmp_path)
    printed = json.loads(done.stdout)
    critique = Critique.model_validate(printed.pop("critique"))
    grade = Grade.model_validate(printed)
    assert grade.score is not None
    assert critique.source == "card"
    assert {one.point for one in critique.points} >= {verdict.criterion for verdict in grade.verdicts}
    for verdict in grade.verdicts:
        for evidence in verdict.evidence:
            assert ANSWER[evidence.start : evidence.end] == evidence.text


@pytest.mark.parametrize(
    ("arguments", "says_what"),
    [
        (("grade", "--card", "linear-models/why-liner", "--answer", "-"), "did you mean linear-models/why-linear"),
        (("grade", "--card", "linear-models/why-linear", "--answer", "no-such-file"), "no-such-file"),
        (("chat", "--lang", "fr"), "lang is 'fr'"),
        (("chat", "--company", "nobody"), "the bank has companies amazon, microsoft"),
        (("chat", "--resume"), "no interview to resume"),
        (("notes", "no-such-note.txt"), "no-such-note.txt"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, arguments: tuple[str, ...], says_what: str) -> None:
    done = coach(*arguments, data=tmp_path, text="x")
    assert done.returncode == 2
    assert says_what in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    done = coach("index", data=tmp_path, COACH_MODEL_BUDGET_S="soon")
    assert done.returncode == 2
    assert "MODEL_BUDGET_S" in done.stderr


@pytest.mark.parametrize(
    ("answer", "code", "budget"),
    [
        (fails(401), "key_rejected", "20"),
        (fails(429, code="insufficient_quota"), "quota", "20"),
        (fails(500), "server_fault", "20"),
        (says("well done, 10/10"), "off_schema", "20"),
        (says(None, refusal="I cannot do that."), "refused", "20"),
        (hangs, "timeout", "4"),
    ],
    ids=["wrong key", "no credit", "server down", "off schema", "refusal", "hang"],
)
def test_a_model_fault_is_not_graded_and_never_a_number(tmp_path: Path, answer: object, code: str, budget: str) -> None:
    with Stub(answer) as stub:  # type: ignore[arg-type]
        settings = {
            "COACH_MODEL": "openai:stub-1",
            "OPENAI_BASE_URL": stub.url,
            "OPENAI_API_KEY": "sk-secret-0123456789",
            "COACH_MODEL_BUDGET_S": budget,
        }
        done = coach(
            "grade", "--card", "linear-models/why-linear", "--answer", "-", "--json",
            text=ANSWER, data=tmp_path, **settings,
        )  # fmt: skip
    assert done.returncode == 3, done.stderr
    grade = Grade.model_validate_json(done.stdout)
    assert grade.score is None
    assert grade.not_graded is not None
    assert grade.not_graded.code == code
    assert "sk-secret-0123456789" not in done.stdout + done.stderr


def test_the_model_judges_when_there_is_one(tmp_path: Path, why_linear: Card) -> None:
    reply = {
        "criteria": [
            {
                "criterion": criterion.id,
                "quotes": [
                    {"turn": 0, "text": "invented words" if criterion.id == "least-squares" else "weighted sum"}
                ],
                "reason": "r",
                "state": "met",
            }
            for criterion in why_linear.criteria
        ],
        "misconceptions": [],
    }
    with Stub(says(reply)) as stub:
        done = coach(
            "grade", "--card", "linear-models/why-linear", "--answer", "-",
            text=ANSWER, data=tmp_path, COACH_MODEL="stub-1", OPENAI_BASE_URL=stub.url,
        )  # fmt: skip
        asked = json.dumps(stub.requests[0], ensure_ascii=False)
    assert done.returncode == 0, done.stderr
    assert "the judge said “met”, but its quote is not in the answer" in done.stdout
    assert "= 9 of 11 = 82 %" in done.stdout
    assert "stub-1 (llm, 10 + 5 tokens)" in done.stdout
    messages = stub.requests[0]["messages"]
    assert [message["role"] for message in messages] == ["system", "user"]
    assert ANSWER not in messages[0]["content"]
    assert asked.index("json_schema") > 0


def test_a_whole_interview_in_the_terminal_and_its_resumption(tmp_path: Path) -> None:
    script = f"/hint\n{ANSWER}\n\n/skip\n\n/quit\n"
    done = coach("chat", "--focus", "why is linear regression linear", "--questions", "2", text=script, data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "(1/3)" in done.stdout
    assert "[2/2]" in done.stdout
    assert "coach chat --resume" in done.stdout
    again = coach("chat", "--resume", text="/nonsense\n/end\n", data=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "[2/2]" in again.stdout
    assert "no command '/nonsense'" in again.stdout
    assert "# Interview report" in again.stdout
    assert "1 of 2 questions graded" in again.stdout
    assert "finished" in coach("chat", "--resume", data=tmp_path).stderr


def test_code_between_fences_may_hold_empty_lines(tmp_path: Path) -> None:
    script = "Here it is:\n```python\ndef ndcg(gains):\n\n    return 0\n```\n\n/quit\n"
    done = coach("chat", "--focus", "write ndcg in code", "--questions", "1", text=script, data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "```python\ndef " in done.stdout
    assert "! " not in done.stdout
    assert "Score: " in done.stdout


def test_notes_lists_the_questions_with_their_places(tmp_path: Path) -> None:
    done = coach("notes", data=tmp_path)
    assert "000_cef5623430fc154f.txt:5  [amazon interview-1 1, en]  Talk about linear regression" in done.stdout
    assert "000_cef5623430fc154f.txt:19  [amazon interview-2 1.1, en]" in done.stdout


def test_check_is_quiet_about_good_content_and_index_is_idempotent(tmp_path: Path) -> None:
    assert coach("check", data=tmp_path, warm=False).stdout.endswith(" 0 problems\n")
    first, second = coach("index", data=tmp_path, warm=False), coach("index", data=tmp_path, warm=False)
    assert " 0 embedded" not in first.stdout
    assert " 0 embedded, 0 removed" in second.stdout


def test_cards_lists_the_bank(tmp_path: Path) -> None:
    done = coach("cards", "--company", "microsoft", data=tmp_path)
    assert "losses/arcface" in done.stdout
    assert "why-linear" not in done.stdout


def test_the_page_says_when_it_cannot_start(tmp_path: Path) -> None:
    def start(**settings: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("COACH_", "OPENAI_"))}
        done = subprocess.run(
            [sys.executable, "-m", "tests.guard", "app.py"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment | settings,
            check=False,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        return done.stderr

    (tmp_path / "sessions.db").write_text("not a database " * 100)
    assert "sessions.db: cannot be opened" in start(COACH_DATA_DIR=str(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"cannot be served on 127.0.0.1:{port}" in start(COACH_DATA_DIR=str(tmp_path / "x"), COACH_PORT=port)


def test_search_finds_by_slips_and_says_when_it_has_nothing(tmp_path: Path) -> None:
    done = coach("search", "bn", "inferance?", data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "neural-networks/batch-norm" in done.stdout
    only = coach("search", "attention", "--company", "microsoft", "--lang", "zh", "-n", "1", data=tmp_path)
    assert only.stdout.startswith("attention/what-is-attention  ")
    nothing = coach("search", "best pancake recipe with blueberries", data=tmp_path)
    assert nothing.returncode == 1
    assert "nothing in the bank answers this" in nothing.stdout
    wrong = coach("search", "svm", "--kind", "riddle", "--lang", "fr", data=tmp_path)
    assert wrong.returncode == 2
    assert "--kind" in wrong.stderr
    assert "--lang" in wrong.stderr


NOTE = """# Google
## Phone screen

1. What is the difference between GBDT and XGBoost?
2. How does Raft elect a leader after a network partition?
"""


def test_draft_says_which_questions_have_no_card_and_sends_nothing(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(NOTE, encoding="utf-8")
    done = coach("draft", str(note), data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "note.md:4" in done.stdout
    assert "card: trees/gbdt-versus-xgboost" in done.stdout
    assert "no card yet" in done.stdout
    assert "1 questions have no card; set COACH_MODEL" in done.stdout
    assert not (tmp_path / "drafts").exists()


def test_every_question_of_the_source_notes_has_a_card_made_from_its_line(
    tmp_path: Path, cards: dict[str, Card]
) -> None:
    note = ROOT / "knowledge" / "notes" / "000_cef5623430fc154f.txt"
    done = coach("draft", str(note), data=tmp_path)
    assert done.returncode == 0, done.stderr
    found = re.findall(r"\.txt:(\d+)  .*\n    card: (\S+)", done.stdout)
    assert len(found) == 48
    for line, name in found:
        assert int(line) in {origin.line for origin in cards[name].source}, (line, name)
    assert "every question has a card" in done.stdout


def test_a_draft_is_written_once_then_edited_and_accepted_by_a_person(tmp_path: Path, why_linear: Card) -> None:
    content = tmp_path / "content"
    shutil.copytree(ROOT / "prompts", content / "prompts")
    shutil.copytree(ROOT / "knowledge", content / "knowledge")
    note = tmp_path / "note.md"
    note.write_text(NOTE, encoding="utf-8")
    fields = why_linear.model_dump(mode="json")
    reply = {name: fields[name] for name in ("kind", "difficulty", "question", "reference", "hints", "followups")} | {
        "topic": "system-design",
        "slug": "raft-election",
        "criteria": [
            {name: one[name] for name in ("id", "weight", "required", "says", "accept", "probe")}
            for one in fields["criteria"]
        ],
        "misconceptions": [
            {name: one[name] for name in ("id", "says", "correction")} for one in fields["misconceptions"]
        ],
    }
    data = tmp_path / "data"
    with Stub(says(reply)) as stub:
        settings = {
            "COACH_MODEL": "stub-1", "OPENAI_BASE_URL": stub.url, "COACH_CONTENT_DIR": str(content),
        }  # fmt: skip
        done = coach("draft", str(note), data=data, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        again = coach("draft", str(note), data=data, **settings)
        assert stub.calls == 1
    path = data / "drafts" / "system-design" / "raft-election.yaml"
    assert f"draft: {path}" in done.stdout
    assert "drafted before" in again.stdout
    check = coach("check", data=data, COACH_CONTENT_DIR=str(content))
    assert "1 drafts wait for a review" in check.stdout
    assert check.returncode == 0
    assert "system-design/raft-election" not in coach("cards", data=data, COACH_CONTENT_DIR=str(content)).stdout
    refused = coach("accept", str(path), data=data, COACH_CONTENT_DIR=str(content))
    assert refused.returncode == 2
    assert "primary source" in refused.stderr
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("TODO: a person adds", "Ongaro and Ousterhout 2014;"), encoding="utf-8")
    accepted = coach("accept", str(path), data=data, COACH_CONTENT_DIR=str(content))
    assert accepted.returncode == 0, accepted.stderr
    assert "system-design/raft-election" in coach("cards", data=data, COACH_CONTENT_DIR=str(content)).stdout
