import asyncio
import os
import socket
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coach.cli import app
from coach.errors import CodeNotRun
from coach.grading.bubblewrap import CHILD, KNOWN, Bubblewrap, Limits
from coach.grading.code import CodeTask, code_in
from coach.grading.grade import grade
from coach.grading.offline import OfflineJudge
from coach.grading.score import TESTS, TESTS_WEIGHT, arithmetic, next_fix
from coach.progress.export import code_lines, grade_markdown
from coach.schema import Card, Check, CheckResult, CodeRun, Grade, Lang, Utterance
from coach.ui.render import scorecard

VISIBLE = (Check(id="double", code="assert f(2) == 4, f'got {f(2)}'"),)
HIDDEN = (Check(id="zero", code="assert f(0) == 0"), Check(id="words", code="assert f('SECRET') == 'SECRETSECRET'"))
TASK = CodeTask("f", VISIBLE, HIDDEN)
RIGHT = "def f(x):\n    return 2 * x\n"
THREE = ("coding/roc-auc", "coding/top-k-items", "coding/batch-norm-forward")


@pytest.fixture(scope="module")
def sandbox() -> Bubblewrap:
    """A sandbox that has passed its self-test; without one these tests say so, or fail where one is required."""
    sandbox = Bubblewrap()
    if sandbox.refusal is not None:
        if os.environ.get("COACH_REQUIRE_SANDBOX"):
            pytest.fail(str(sandbox.refusal))
        pytest.skip(str(sandbox.refusal))
    return sandbox


@pytest.fixture(scope="module")
def brief(sandbox: Bubblewrap) -> Bubblewrap:
    """The same, impatient."""
    return replace(sandbox, limits=Limits(cpu_s=1, wall_s=1, memory=300 << 20))


def errors(sandbox: Bubblewrap, code: str, *checks: str) -> list[str | None]:
    """What each of these checks ends in."""
    task = CodeTask("f", tuple(Check(id=f"check-{number}", code=check) for number, check in enumerate(checks)))
    return [one.error for one in sandbox.outcomes(task, code)[0]]


# --- what is run ---------------------------------------------------------------------------


def said(*texts: str) -> tuple[Utterance, ...]:
    return tuple(Utterance(turn=turn, text=text) for turn, text in enumerate(texts))


@pytest.mark.parametrize(
    ("texts", "turn", "code"),
    [
        (["Here:\n```python\ndef roc_auc(): ...\n```\nO(n log n)."], 0, "def roc_auc(): ...\n"),
        (["```\ndef roc_auc(): pass\n```", "Better:\n```py\ndef roc_auc(): 1\n```"], 1, "def roc_auc(): 1\n"),
        (["```python\ndef roc_auc(): pass\n```\nfor example\n```python\nroc_auc()\n```"], 0, "def roc_auc(): pass\n"),
        (["def roc_auc(a, b):\n    return 1"], 0, "def roc_auc(a, b):\n    return 1"),
        (["~~~python\nclass roc_auc: pass\n~~~"], 0, "class roc_auc: pass\n"),
        (["```python\nimport math\n```"], 0, "import math\n"),
        (["```python\ndef roc_auc(): never closed"], 0, "def roc_auc(): never closed"),
    ],
)
def test_the_last_code_that_defines_the_entry_is_run(
    cards: dict[str, Card], texts: list[str], turn: int, code: str
) -> None:
    coding = cards["coding/roc-auc"].coding
    assert coding is not None
    found = code_in(coding, said(*texts))
    assert found is not None
    assert (found.turn, found.code) == (turn, code)
    assert texts[turn][found.start : found.end] == code


@pytest.mark.parametrize(
    "text",
    [
        "Sort by score and count.",
        "I would def roc_auc(x) somehow",
        "```sql\nselect 1\n```",
        "def roc_auc(:\n",
        "```\n```",
    ],
)
def test_words_are_no_code(cards: dict[str, Card], text: str) -> None:
    coding = cards["coding/roc-auc"].coding
    assert coding is not None
    assert code_in(coding, said(text)) is None


# --- results -------------------------------------------------------------------------------


def test_each_check_stands_alone(sandbox: Bubblewrap) -> None:
    code = (
        "seen = []\ndef f(x):\n    seen.append(x)\n    if x == 'loop':\n        while True: pass\n    return len(seen)"
    )
    quick = replace(sandbox, limits=Limits(cpu_s=1))
    assert errors(
        quick, code, "f('loop')", "assert f(1) == 1", "1 / 0", "bytearray(1 << 34)",
        "import os; os._exit(0)", "raise SystemExit", "assert f(2) == 1",
    ) == ["timeout", None, "ZeroDivisionError", "memory", "exit", "exit", None]  # fmt: skip


def test_visible_failures_are_explained_and_hidden_ones_are_a_count(sandbox: Bubblewrap) -> None:
    run = sandbox.run_now(TASK, "def f(x):\n    print('working')\n    return 0")
    assert run.visible == (CheckResult(id="double", passed=False, error="AssertionError", message="got 0"),)
    assert (run.hidden, run.hidden_passed) == (2, 1)
    assert run.share == 1 / 3
    assert run.output == "working\nworking\n"
    assert run.stopped is None


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        ("def g(x): pass", "NameError", "the code does not define f"),
        ("def f(x:\n", "SyntaxError", "line 1"),
        ("import pandas", "ModuleNotFoundError", "pandas"),
        ("def f(x):\n    raise type('x' * 5000, (Exception,), {})('y' * 5000)", "Exception", "yyy"),
    ],
)
def test_code_that_does_not_run_says_why(sandbox: Bubblewrap, code: str, error: str, message: str) -> None:
    (one,) = sandbox.run_now(CodeTask("f", VISIBLE), code).visible
    assert one.error == error
    assert message in one.message
    assert len(one.message) <= 500


def test_a_run_that_takes_too_long_as_a_whole_is_stopped(sandbox: Bubblewrap) -> None:
    run = replace(sandbox, limits=Limits(run_s=1)).run_now(TASK, "import time\ntime.sleep(60)\ndef f(x): return 2 * x")
    assert run.stopped == "timeout"
    assert (run.visible[0].error, run.hidden_passed) == ("timeout", 0)


def test_numpy_is_there_and_the_project_is_not(sandbox: Bubblewrap) -> None:
    code = "import numpy as np\ndef f(x): return np.linalg.inv(np.eye(2) * x)[0, 0]"
    assert errors(sandbox, code, "assert f(2) == 0.5", "import coach", "import yaml") == [
        None, "ModuleNotFoundError", "ModuleNotFoundError",
    ]  # fmt: skip


@pytest.mark.parametrize("name", [pytest.param(number, id=str(number)) for number in range(14)])
def test_every_solution_in_the_bank_passes_every_check(sandbox: Bubblewrap, cards: dict[str, Card], name: int) -> None:
    card = [card for card in cards.values() if card.coding is not None][name]
    assert card.coding is not None
    run = sandbox.run_now(CodeTask.of(card.coding), card.coding.solution)
    assert [one for one in run.visible if not one.passed] == []
    assert run.hidden_passed == run.hidden == len(card.coding.hidden)


@pytest.mark.parametrize("name", THREE)
def test_wrong_solutions_fail_exactly_their_checks(sandbox: Bubblewrap, cards: dict[str, Card], name: str) -> None:
    coding = cards[name].coding
    assert coding is not None
    for wrong in coding.wrong:
        outcomes, _ = sandbox.outcomes(CodeTask.of(coding), wrong.code)
        failed = {one.check.id: one.error for one in outcomes if one.error}
        assert set(failed) == set(wrong.fails), wrong.id
        assert failed[wrong.fails[0]] == wrong.error, wrong.id


# --- containment ---------------------------------------------------------------------------

PROBES = {
    "parent environment": ("open('/proc/1/environ').read()", "FileNotFoundError"),
    "home folder": (f"import os; os.listdir({str(Path.home())!r} + '/.ssh')", "FileNotFoundError"),
    "password file": ("open('/etc/shadow').read()", "FileNotFoundError"),
    "the project": (f"open({str(Path(__file__))!r}).read()", "FileNotFoundError"),
    "write to the host": ("open('/usr/lib/x', 'w')", "OSError"),
    "write to the root": ("open('/x', 'w')", "OSError"),
    "one large file": ("open('/tmp/x', 'wb').write(bytes(100_000_000))", "OSError"),
    "full disk": ("for n in range(99): open(f'/tmp/{n}', 'wb').write(bytes(4_000_000))", "OSError"),
    "fork bomb": ("import os\nfor _ in range(400): os.fork()", None),
    "threads": ("import threading, time\nfor _ in range(400): threading.Thread(target=time.sleep, args=(9,)).start()",
                "RuntimeError"),
    "memory": ("x = bytearray(2 << 30)", "memory"),
    "spin": ("while True: pass", "timeout"),
    "sleep": ("import time; time.sleep(1000)", "timeout"),
    "termination ignored": ("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass",
                            "PermissionError"),
    "become root": ("import os; os.setuid(0)", "PermissionError"),
    "another program": ("import subprocess; subprocess.run(['/bin/sh', '-c', 'true'])", "PermissionError"),
    "kill everything": ("import os; os.kill(-1, 9)", None),
    "kill the first process": ("import os; os.kill(1, 9); assert False, 'alive'", "AssertionError"),
    "raw socket": ("import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", "PermissionError"),
    "name lookup": ("import socket; socket.getaddrinfo('example.org', 80)", "gaierror"),
}  # fmt: skip


@pytest.mark.parametrize("probe", PROBES)
def test_a_probe_is_contained_and_the_next_check_still_runs(brief: Bubblewrap, probe: str) -> None:
    code, error = PROBES[probe]
    ended, after = errors(brief, RIGHT, code, "assert f(1) == 2")
    if error is not None:
        assert ended == error
    assert after is None


def test_the_environment_holds_only_what_was_set(sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "sk-canary")
    code = "import os, json\ndef f(x): print(json.dumps(dict(os.environ)))"
    run = sandbox.run_now(CodeTask("f", (Check(id="look", code="f(1)"),)), code)
    assert "OMP_NUM_THREADS" in run.output
    assert "CANARY" not in run.output
    allowed = {*KNOWN, "PWD", "LD_LIBRARY_PATH", "LC_CTYPE"}
    assert errors(sandbox, RIGHT, f"import os; assert set(os.environ) <= {allowed!r}, os.environ") == [None]


def test_a_listener_on_this_machine_cannot_be_reached(sandbox: Bubblewrap) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        call = f"import socket; socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 1)"
        assert errors(sandbox, RIGHT, call) == ["ConnectionRefusedError"]


def test_memory_of_many_processes_together_ends_the_run(brief: Bubblewrap) -> None:
    bomb = "import os, time\nfor _ in range(4):\n    if os.fork() == 0: break\nx = bytearray(120 << 20)\ntime.sleep(60)"
    patient = replace(brief, limits=replace(brief.limits, wall_s=30))
    outcomes, stopped = patient.outcomes(CodeTask("f", (Check(id="bomb", code=bomb), *VISIBLE)), RIGHT)
    assert stopped == "memory"
    assert [one.error for one in outcomes] == ["memory", "memory"]


def test_a_flood_of_output_is_cut_and_takes_no_memory(sandbox: Bubblewrap) -> None:
    flood = Check(id="flood", code="import sys\nfor _ in range(2000): sys.stdout.write('x' * 100_000)")
    run = replace(sandbox, limits=Limits(wall_s=30)).run_now(CodeTask("f", (flood, *VISIBLE)), RIGHT)
    assert run.output == "x" * Limits().output
    assert run.visible[1].passed


class Marked(Bubblewrap):
    """A sandbox whose processes carry a mark that the host can see."""

    mark = f"mark-of-{os.getpid()}"

    def _command(self) -> list[str]:
        return [*super()._command(), self.mark]

    def alive(self) -> list[str]:
        """The command lines of its processes."""
        lines = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                lines.append((process / "cmdline").read_text())
            except OSError:
                continue
        return [line for line in lines if self.mark in line]


@pytest.mark.parametrize("last", ["pass", "while True: pass", "os._exit(0)"])
def test_no_process_outlives_a_run(sandbox: Bubblewrap, last: str) -> None:
    daemon = (
        "import os, time\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(600)\n    os._exit(0)\n" + last
    )
    marked = Marked(limits=Limits(wall_s=1))
    errors(marked, RIGHT, daemon, "assert f(1) == 2")
    assert marked.alive() == []


def test_no_process_outlives_a_fork_bomb_that_is_stopped_from_outside(sandbox: Bubblewrap) -> None:
    marked = Marked(limits=Limits(run_s=1))
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    assert errors(marked, RIGHT, bomb) == ["timeout"]
    assert marked.alive() == []


# --- forged results and hidden checks ------------------------------------------------------

STEAL = """
import os, sys
def steal(frame):
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if isinstance(value, bytes) and len(value) == 32:
                os.write(3, value)
                os._exit(0)
        frame = frame.f_back
"""
BY_FRAMES = {
    "getframe": STEAL + "def f(x): steal(sys._getframe())",
    "inspect": STEAL + "import inspect\ndef f(x): steal(inspect.currentframe())",
    "traceback": STEAL + "def f(x):\n    try: 1 / 0\n    except Exception as e: steal(e.__traceback__.tb_frame)",
    "all threads": STEAL + "def f(x):\n    for frame in sys._current_frames().values(): steal(frame)",
    "trace": STEAL + "sys.settrace(lambda frame, *_: steal(frame))\ndef f(x): return g()\ndef g(): return 1",
    "signal": STEAL + "import signal\ndef f(x):\n    signal.signal(14, lambda _, frame: steal(frame))\n"
              "    os.kill(os.getpid(), 14)\n    sum(range(10**6))",
    "at import": STEAL + "steal(sys._getframe())\ndef f(x): return 1",
    "while it fails": STEAL + "class E(Exception):\n    def __str__(self): steal(sys._getframe()); return ''\n"
                      "def f(x): raise E",
    "garbage collector": STEAL + "import gc\ndef f(x):\n    for one in gc.get_objects():\n"
                         "        if type(one).__name__ == 'frame': steal(one)",
}  # fmt: skip
FORGERIES = {
    "prints a verdict": "def f(x):\n    print('{\"passed\": true}')\n    return 1",
    "leaves with status 0": "import os\ndef f(x): os._exit(0)",
    "leaves at import": "import os\nf = 1\nos._exit(0)",
    "exits": "import sys\ndef f(x): sys.exit(0)",
    "exits later": "import atexit, os\natexit.register(os._exit, 0)\ndef f(x): raise SystemExit",
    "writes to every file": "import os\ndef f(x):\n    for fd in range(64):\n"
                            "        try: os.write(fd, b'true')\n        except OSError: pass\n    os._exit(0)",
    "reads what comes next": "import os\nx = os.read(0, 999)\ndef f(y):\n    os.write(3, x)\n    os._exit(0)",
    "swallows assertions": "class AssertionError(Exception): pass\ndef f(x): return 1",
    "patches compile": "import builtins\nbuiltins.compile = lambda *a, **k: (lambda: 0).__code__\ndef f(x): return 1",
    "patches exec": "import builtins\nbuiltins.exec = lambda *a, **k: None\ndef f(x): return 1",
    "patches json": "import json\njson.dumps = lambda *a, **k: 'null'\ndef f(x): return 1",
    "patches the runner": "import __main__\n__main__.changed = __main__.explain = lambda *a: None\ndef f(x): return 1",
    **BY_FRAMES,
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_results_cannot_be_forged(brief: Bubblewrap, forgery: str) -> None:
    run = brief.run_now(TASK, FORGERIES[forgery])
    assert not run.visible[0].passed
    assert run.hidden_passed == 0


def test_without_the_lock_a_frame_gives_the_result_away(sandbox: Bubblewrap, tmp_path: Path) -> None:
    child = tmp_path / "child.py"
    child.write_text(CHILD.read_text("utf-8").replace("    lock()\n", ""), "utf-8")
    run = replace(sandbox, child=child).run_now(TASK, BY_FRAMES["getframe"])
    assert run.share == 1


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("def all(x): return True\ndef f(x): return [0]", "assert all(f(1))"),
        ("import builtins\nbuiltins.all = lambda x: True\ndef f(x): return [0]", "assert all(f(1))"),
        ("import numpy as np\nnp.allclose = lambda *a, **k: True\ndef f(x): return 1",
         "import numpy as np; assert np.allclose(f(1), 2)"),
        ("import numpy as np\ndef f(x):\n    np.allclose = lambda *a, **k: True\n    return 1",
         "import numpy as np; assert np.allclose(f(1), 2)"),
        ("import sys, types, math\nfake = types.ModuleType('math')\nfake.isclose = lambda *a: True\n"
         "sys.modules['math'] = fake\ndef f(x): return 1", "import math; assert math.isclose(f(1), 2)"),
    ],
)  # fmt: skip
def test_a_name_that_a_check_relies_on_cannot_be_replaced(sandbox: Bubblewrap, code: str, check: str) -> None:
    assert errors(sandbox, code, check)[0] in {"tampered", "AssertionError"}


def test_a_name_of_ones_own_may_hide_a_builtin_one(sandbox: Bubblewrap) -> None:
    code = "def sum(values):\n    return 7\ndef f(x): return sum([x])"
    assert errors(sandbox, code, "assert f(1) == 7", "assert sum([1, 2]) == 3") == [None, None]


def test_hidden_checks_stay_hidden_even_from_code_that_can_read_them(sandbox: Bubblewrap, tmp_path: Path) -> None:
    child = tmp_path / "child.py"
    child.write_text(CHILD.read_text("utf-8").replace("    lock()\n", ""), "utf-8")
    spy = (
        "import sys, os\n"
        "def f(x):\n"
        "    code = repr(sys._getframe(1).f_code.co_consts)\n"
        "    print(code, *[open(f'/tmp/{name}').read() for name in os.listdir('/tmp')])\n"
        "    print(code, file=sys.stderr)\n"
        "    open(f'/tmp/{os.getpid()}', 'w').write(code)\n"
        "    raise type('SECRET', (Exception,), {})(code)\n"
    )
    open_one = Check(id="open", code="f('IN-PLAIN-SIGHT')")
    run = replace(sandbox, child=child).run_now(CodeTask("f", (open_one,), HIDDEN), spy)
    assert "IN-PLAIN-SIGHT" in run.output
    assert "IN-PLAIN-SIGHT" in run.visible[0].message
    assert "SECRET" not in run.model_dump_json().replace('"error":"SECRET"', "")
    assert not any(check.id in run.model_dump_json() for check in HIDDEN)


# --- refusal -------------------------------------------------------------------------------


def test_without_bubblewrap_nothing_is_run_and_the_message_says_what_to_install() -> None:
    absent = Bubblewrap(program="no-such-bwrap")
    with pytest.raises(CodeNotRun, match="apt install bubblewrap" if sys.platform == "linux" else "needs Linux"):
        absent.run_now(TASK, RIGHT)


class Leaky(Bubblewrap):
    """A sandbox with a hole."""

    without: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    def _command(self) -> list[str]:
        command = super()._command()
        for part in self.without:
            command.remove(part)
        place = command.index("--dev-bind")
        return [*command[:place], *self.extra, *command[place:]]


@pytest.mark.parametrize(
    ("without", "extra", "probe"),
    [
        (("--unshare-net",), (), "network"),
        ((), ("--perms", "0777", "--tmpfs", "/run"), "writing"),
        ((), ("--perms", "1777", "--size", "999000000", "--tmpfs", "/tmp"), "writing"),
        ((), ("--ro-bind", "/etc", "/etc"), "host-files"),
        ((), ("--setenv", "TOKEN", "x"), "environment"),
        ((), ("--proc", "/proc"), "environment"),
    ],
)
def test_a_sandbox_with_a_hole_is_refused(
    sandbox: Bubblewrap, without: tuple[str, ...], extra: tuple[str, ...], probe: str
) -> None:
    leaky = Leaky()
    leaky.without, leaky.extra = without, extra
    assert leaky.refusal is not None
    assert "does not hold" in str(leaky.refusal)
    assert probe in str(leaky.refusal)


def test_limits_that_do_not_hold_are_refused(sandbox: Bubblewrap) -> None:
    lax = Bubblewrap(limits=Limits(memory=1 << 40, run_s=60))
    assert lax.refusal is not None
    assert "memory" in str(lax.refusal)


# --- the grade -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Fixed:
    """A sandbox that always says the same."""

    answer: CodeRun | CodeNotRun

    async def run(self, task: CodeTask, code: str) -> CodeRun:
        """The fixed answer."""
        if isinstance(self.answer, CodeNotRun):
            raise self.answer
        return self.answer


def ran(passed: int, hidden: int = 3) -> CodeRun:
    visible = (CheckResult(id="small", passed=False, error="timeout"), CheckResult(id="large", passed=True))
    return CodeRun(visible=visible[1:], hidden=hidden, hidden_passed=passed, seconds=0.1)


def graded(offline: OfflineJudge, card: Card, text: str, answer: CodeRun | CodeNotRun | None) -> Grade:
    box = None if answer is None else Fixed(answer)
    return asyncio.run(grade(offline, card, said(text), interviewer=(), sandbox=box))


@pytest.fixture
def auc(cards: dict[str, Card]) -> Card:
    return cards["coding/roc-auc"]


def full(card: Card) -> str:
    """An answer with all the words and the code."""
    assert card.coding is not None
    words = " ".join(criterion.says.en for criterion in card.criteria)
    return f"{words}\n```python\n{card.coding.solution}\n```"


@pytest.mark.parametrize(("passed", "earned"), [(3, 5), (1, 2.5), (0, 1.25)])
def test_tests_are_five_points_for_the_share_that_passed(
    offline: OfflineJudge, auc: Card, passed: int, earned: float
) -> None:
    got = graded(offline, auc, full(auc), ran(passed)).score
    assert got is not None
    line = next(line for line in got.lines if line.label == TESTS)
    assert (line.points, line.of) == (earned, TESTS_WEIGHT)
    assert got.of == auc.points + TESTS_WEIGHT
    assert f"{earned:g}/5" in arithmetic(got)
    assert (TESTS in got.capped_by) == (passed < 3 and got.value >= 0.65)


def test_a_failing_test_holds_the_band_down_in_words(offline: OfflineJudge, auc: Card) -> None:
    result = graded(offline, auc, full(auc), ran(2))
    assert result.score is not None
    assert result.score.band == "fair"
    assert result.score.capped_by[-1] == TESTS
    for lang, words in (("en", "Every test passes"), ("zh", "所有测试都要通过")):
        assert words in grade_markdown(auc, result, lang)
        assert words in scorecard(auc, result, lang, reveal=True)


def test_no_card_has_a_point_that_the_line_of_the_tests_could_be_taken_for(cards: dict[str, Card]) -> None:
    ids = {one.id for card in cards.values() for one in (*card.criteria, *card.misconceptions)}
    assert TESTS not in ids


def test_no_code_earns_nothing_of_the_tests(offline: OfflineJudge, auc: Card) -> None:
    result = graded(offline, auc, "Rank the scores and count pairs.", ran(3))
    assert result.score is not None
    assert [line.points for line in result.score.lines if line.label == TESTS] == [0]
    assert next_fix(auc, result) == TESTS
    assert code_lines(result, "zh") == ("- **测试**：没有给出代码",)


def test_code_that_could_not_be_run_is_no_number_and_says_why(offline: OfflineJudge, auc: Card) -> None:
    result = graded(offline, auc, full(auc), CodeNotRun("needs <kbd>Linux</kbd>"))
    without = graded(offline, auc, full(auc), None)
    assert result.score == without.score
    assert result.code is None
    assert result.code_refused == "needs <kbd>Linux</kbd>"
    assert "was not run" in grade_markdown(auc, result, "en")
    assert "<kbd>" not in scorecard(auc, result, "en", reveal=True)


def test_other_cards_are_graded_as_before(offline: OfflineJudge, why_linear: Card) -> None:
    text = "```python\nprint(1)\n```\nIt is linear in the parameters."
    with_box = graded(offline, why_linear, text, CodeNotRun("never asked"))
    assert with_box == graded(offline, why_linear, text, None)


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        ("en", ("- ✗ small: took too long", "- ✗ big: ValueError (bad k)", "- ✗ hidden: 5 of 7 passed")),
        ("zh", ("- ✗ small: 超时", "- ✗ big: ValueError (bad k)", "- ✗ 隐藏测试：7 个中通过 5 个")),
    ],
)
def test_tests_are_shown_line_by_line_and_hidden_ones_as_a_count(
    offline: OfflineJudge, auc: Card, lang: Lang, lines: tuple[str, ...]
) -> None:
    visible = (
        CheckResult(id="small", passed=False, error="timeout"),
        CheckResult(id="big", passed=False, error="ValueError", message="bad\nk"),
    )
    run = CodeRun(visible=visible, hidden=7, hidden_passed=5, seconds=1)
    result = graded(offline, auc, full(auc), run)
    assert code_lines(result, lang) == lines
    assert "\n".join(lines) in grade_markdown(auc, result, lang, reveal=False)


def test_an_answer_is_graded_with_its_tests_in_a_real_sandbox(
    sandbox: Bubblewrap, offline: OfflineJudge, auc: Card
) -> None:
    result = asyncio.run(grade(offline, auc, said(full(auc)), interviewer=(), sandbox=sandbox))
    assert result.code is not None
    assert result.code.share == 1
    assert Grade.model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize(("which", "status"), [("solution", 0), ("starter", 1)])
def test_coach_run_runs_the_visible_checks_only(
    sandbox: Bubblewrap, auc: Card, tmp_path: Path, which: str, status: int
) -> None:
    path = tmp_path / "answer.py"
    path.write_text(getattr(auc.coding, which), "utf-8")
    got = CliRunner().invoke(app, ["run", auc.id, str(path)])
    assert got.exit_code == status
    assert auc.coding is not None
    assert all(check.id in got.output for check in auc.coding.visible)
    assert "hidden" not in got.output


def test_coach_run_on_a_machine_without_a_sandbox_says_so(
    auc: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "answer.py").write_text("x = 1", "utf-8")
    got = CliRunner().invoke(app, ["run", auc.id, str(tmp_path / "answer.py")])
    assert got.exit_code == 3
    assert "not run" in got.output
