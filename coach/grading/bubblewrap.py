"""A sandbox of Linux namespaces, made by bubblewrap, for code that nobody has read.

Each run gets namespaces of its own for processes, network, IPC and host name, a root that holds Python, NumPy and the
system's libraries read-only, no `/proc`, no environment, and a scratch folder of 16 MB in memory. Inside, CPU time,
memory, processes, files and output are limited per check; from outside, time and memory of all together. Nothing
runs before a self-test has tried to break out, and there is no weaker fallback.

Results cannot be had by printing, leaving early, replacing names or walking frames: see `code_child`. Not defended:

- *Forged results by somebody who sets out to.* The candidate's functions and the check share a process. An answer
  whose `==` always says yes passes; so does one that reads raw memory through NumPy, spoofs the file name of its
  code, or loads a C module past the audit hook. It fools its own author; the host and the hidden checks are safe.
- *Hidden checks, one bit at a time.* The number of hidden checks passed can be made to depend on what they contain.
- *The kernel.* A hole in Linux is a hole in the sandbox: no second kernel and no system-call filter stand between.
- *Kernel memory not counted to a process*: System V shared memory, which only `ctypes` reaches; pipes and memory files
  stay within 8 processes × 32 files × 8 MB.
- *How long things take*, and what the processor and kernel say of themselves.
"""

import asyncio
import json
import os
import secrets
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from coach.errors import CodeNotRun
from coach.grading.code import LONGEST, CodeTask
from coach.schema import Check, CheckResult, CodeRun

CHILD = Path(__file__).with_name("code_child.py")
PROBES = Path(__file__).with_name("code_probes.py")
PACKAGES = "/opt/packages"
KNOWN = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8", "HOME": "/tmp"}
"""All of the environment inside, besides the path of Python's own libraries."""
MESSAGE = 500
"""Most characters shown of an exception's text."""
LOOK_S = 0.05
"""How often memory is added up."""


@dataclass(frozen=True)
class Limits:
    """How much a run may take. Sizes in bytes."""

    cpu_s: int = 3
    """Processor time of one check."""
    wall_s: float = 6
    """Time of one check."""
    run_s: float = 20
    """Time of all checks together."""
    memory: int = 1 << 30
    """Address space of one process, and memory of all processes together."""
    scratch: int = 16 << 20
    file: int = 8 << 20
    processes: int = 8
    output: int = 4_000


@dataclass(frozen=True)
class Outcome:
    """What one check said and how its process ended."""

    check: Check
    error: str | None
    message: str
    output: str


@dataclass
class Bubblewrap:
    """Runs code in bubblewrap's namespaces, once the self-test has passed on this machine."""

    limits: Limits = Limits()
    program: str = "bwrap"
    child: Path = CHILD
    _tested: Lock = field(default_factory=Lock, repr=False)

    async def run(self, task: CodeTask, code: str) -> CodeRun:
        """The result of every check. Raises CodeNotRun with what is missing when code cannot be contained here."""
        return await asyncio.to_thread(self.run_now, task, code)

    def run_now(self, task: CodeTask, code: str) -> CodeRun:
        """The same, for a caller that may wait."""
        with self._tested:
            refusal = self.refusal
        if refusal is not None:
            raise refusal.with_traceback(None)
        began = time.monotonic()
        outcomes, stopped = self.outcomes(task, code)
        shown = outcomes[: len(task.visible)]
        return CodeRun(
            visible=tuple(
                CheckResult(id=one.check.id, passed=one.error is None, error=one.error, message=one.message)
                for one in shown
            ),
            hidden=len(task.hidden),
            hidden_passed=sum(one.error is None for one in outcomes[len(task.visible) :]),
            stopped=stopped,
            output="".join(one.output for one in shown)[: self.limits.output],
            seconds=round(time.monotonic() - began, 3),
        )

    @cached_property
    def refusal(self) -> CodeNotRun | None:
        """Why code is not run on this machine and what to do; None when the self-test has passed."""
        if sys.platform != "linux":
            return CodeNotRun("running code needs Linux with bubblewrap: your code was read, not run", "not_linux")
        if shutil.which(self.program) is None:
            message = f"running code needs {self.program}, which is not installed: apt install bubblewrap"
            return CodeNotRun(message, "not_installed", program=self.program)
        if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
            message = "running code needs /proc with the list of child processes, to add up their memory"
            return CodeNotRun(message, "no_proc")
        try:
            failed = self.self_test()
        except CodeNotRun as error:
            return error
        if not failed:
            return None
        message = f"the sandbox does not hold on this machine, so code is not run: {'; '.join(failed)}"
        return CodeNotRun(message, "leaks")

    def self_test(self) -> tuple[str, ...]:
        """What was not contained, as `probe: what happened`. Raises CodeNotRun when the sandbox does not start."""
        with socket.socket() as listener, tempfile.NamedTemporaryFile(prefix="probe") as canary:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            files = ["/etc/passwd", "/etc/hosts", str(Path.home()), str(CHILD.parents[2]), canary.name, "/proc", "/sys"]
            calls = {
                "network": f"network({listener.getsockname()[1]})",
                "host-files": f"host_files({[path for path in files if not _bound(path)]!r})",
                "environment": f"environment({[*KNOWN, 'PWD', 'LD_LIBRARY_PATH', 'LC_CTYPE']!r})",
                "writing": f"writing({[PACKAGES, sys.base_prefix, '/dev', '/run']!r})",
                "privileges": "privileges()",
                "processes": f"processes({self.limits.processes + 8})",
                "memory": "memory()",
            }
            task = CodeTask("network", tuple(Check(id=name, code=call) for name, call in calls.items()))
            outcomes, _ = self.outcomes(task, PROBES.read_text(encoding="utf-8"))
        brief = replace(self, limits=replace(self.limits, wall_s=0.3))
        spun, _ = brief.outcomes(CodeTask("spin", (Check(id="spin", code="spin()"),)), PROBES.read_text("utf-8"))
        wanted = {"memory": "memory", "spin": "timeout"}
        return tuple(
            f"{one.check.id}: {one.error or 'was not stopped'} {one.message}".strip()
            for one in (*outcomes, *spun)
            if one.error != wanted.get(one.check.id)
        )

    def outcomes(self, task: CodeTask, code: str) -> tuple[tuple[Outcome, ...], Any]:
        """Every check's outcome, hidden ones with theirs, and why the run was ended early; without a self-test.

        Raises CodeNotRun when the sandbox does not start or breaks.
        """
        checks = task.visible + task.hidden
        if len(code) > LONGEST:
            raise CodeNotRun(
                f"the code has {len(code):,} characters; at most {LONGEST:,} are run",
                "too_long",
                chars=len(code),
                most=LONGEST,
            )
        header = {
            "code": code,
            "entry": task.entry,
            "shown": [True] * len(task.visible) + [False] * len(task.hidden),
            "numpy": any("numpy" in text for text in (code, *(check.code for check in checks))),
            "packages": PACKAGES,
            # An exempt root would escape the limit on processes. Numbers here belong to nobody's files.
            "uid": 64_000 + secrets.randbelow(1_000) if os.geteuid() == 0 else None,
            **{
                name: getattr(self.limits, name)
                for name in ("cpu_s", "wall_s", "memory", "file", "processes", "output")
            },
        }
        with _Box(self._command(), self.limits) as box:
            box.send(header)
            found: list[Outcome] = []
            for check in checks:
                nonce = secrets.token_hex(16)
                box.send({"code": check.code, "nonce": nonce})
                line = box.line()
                if line is None:
                    break
                shown = check in task.visible
                found.append(_outcome(check, line, nonce, shown=shown))
            late = "memory" if box.stopped == "memory" else "timeout"
            found += [Outcome(check, late, "the run was stopped", "") for check in checks[len(found) :]]
            return tuple(found), box.stopped

    def _command(self) -> list[str]:
        root = os.geteuid() == 0
        program = shutil.which(self.program) or self.program
        command = [program, "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv", "--cap-drop", "ALL"]
        command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        # Root gives up its privileges inside instead, since a process limit holds for a user that is not root outside.
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if root else ["--unshare-user"]
        for variable, value in KNOWN.items():
            command += ["--setenv", variable, value]
        base, python = Path(sys.base_prefix), Path(os.path.realpath(sys.executable))
        if base != Path("/usr"):
            command += ["--setenv", "LD_LIBRARY_PATH", f"{base}/lib"]
        binds = {str(path): str(path) for path in (python, *_libraries())}
        binds |= {str(path): f"{PACKAGES}/{path.name}" for path in _numpy()}
        binds[str(self.child)] = "/opt/code_child.py"
        made: set[str] = set()
        for source, target in binds.items():
            for parent in reversed(Path(target).parents[:-1]):
                if str(parent) not in made and not any(parent.is_relative_to(one) for one in binds.values()):
                    command += ["--perms", "0755", "--dir", str(parent)]
                    made.add(str(parent))
            command += ["--ro-bind", source, target]
        for name in ("lib", "lib64", "lib32"):
            if (link := Path("/", name)).is_symlink():
                command += ["--symlink", os.readlink(link), str(link)]
        command += ["--perms", "1777", "--size", str(self.limits.scratch), "--tmpfs", "/tmp"]
        command += ["--perms", "0755", "--dir", "/dev", "--dev-bind", "/dev/null", "/dev/null"]
        command += ["--remount-ro", "/", "--chdir", "/tmp"]
        return [*command, "--", str(python), "-I", "-S", "-B", "-X", "utf8", "/opt/code_child.py"]


def _libraries() -> list[Path]:
    base = Path(sys.base_prefix)
    named = ["/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64", "/lib32"]
    folders: list[Path] = []
    for path in (*map(Path, named), base / "lib", base / sys.platlibdir):
        inside = any(path.is_relative_to(one) for one in folders)
        if path.is_dir() and not path.is_symlink() and not inside:
            folders.append(path)
    return folders


def _numpy() -> list[Path]:
    import numpy

    package = Path(numpy.__file__).parent
    libraries = package.with_name("numpy.libs")
    return [package, libraries] if libraries.is_dir() else [package]


def _bound(path: str) -> bool:
    """Whether a host's path lies within what the sandbox shows on purpose, or around it."""
    shown = (*_libraries(), Path(os.path.realpath(sys.executable)))
    return any(Path(path).is_relative_to(one) or one.is_relative_to(path) for one in shown)


def _outcome(check: Check, line: bytes, nonce: str, *, shown: bool) -> Outcome:
    answer = json.loads(line)
    output = answer["output"] if shown else ""
    if answer["ended"] == "timeout":
        return Outcome(check, "timeout", "took longer than allowed", output)
    if secrets.compare_digest(answer["said"].encode(), nonce.encode()):
        return Outcome(check, None, "", output)
    try:
        said = json.loads(answer["said"])
        error, message = str(said["error"]), str(said["message"])
    except (ValueError, TypeError, KeyError):
        error, message = "exit", f"the process ended by itself ({answer['ended']})"
    return Outcome(check, error[:60], message[:MESSAGE] if shown else "", output)


class _Box:
    """A running sandbox: messages in, lines out, and all of it gone afterwards."""

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        self.stopped: str | None = None
        self._command, self._limits = command, limits
        self._until = time.monotonic() + limits.run_s
        self._heard = b""

    def __enter__(self) -> "_Box":
        info, told = os.pipe()
        program, *arguments = self._command
        try:
            self._bwrap = subprocess.Popen(
                [program, "--info-fd", str(told), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[told],
                env={},
                bufsize=0,
            )
        except OSError as error:
            os.close(info)
            raise CodeNotRun(f"the sandbox does not start: {error}", "broken") from error
        finally:
            os.close(told)
        with open(info, "rb") as file:
            said = file.read()
        try:
            self._first = int(json.loads(said)["child-pid"])
        except (ValueError, KeyError):
            self._first = 0
        return self

    def __exit__(self, *_: object) -> None:
        """End every process inside and wait until they are gone."""
        assert self._bwrap.stdin is not None
        assert self._bwrap.stdout is not None
        assert self._bwrap.stderr is not None
        try:
            self._bwrap.stdin.close()
        finally:
            if self._bwrap.poll() is None:
                self._kill()
            self._bwrap.wait()
            self._bwrap.stdout.close()
            self._bwrap.stderr.close()

    def send(self, message: dict[str, Any]) -> None:
        """Put a message where the sandbox reads it."""
        assert self._bwrap.stdin is not None
        data = json.dumps(message).encode()
        data = f"{len(data):08x}".encode() + data
        try:
            while data:
                data = data[self._bwrap.stdin.write(data) or 0 :]
        except BrokenPipeError as error:
            if self.stopped is None:
                raise self._broken() from error

    def line(self) -> bytes | None:
        """The next line that the first process wrote; None when the run has to be stopped."""
        assert self._bwrap.stdout is not None
        with selectors.DefaultSelector() as ready:
            ready.register(self._bwrap.stdout, selectors.EVENT_READ)
            while b"\n" not in self._heard:
                if time.monotonic() > self._until:
                    self._stop("timeout")
                    return None
                if _resident(self._first) > self._limits.memory:
                    self._stop("memory")
                    return None
                if ready.select(LOOK_S):
                    data = self._bwrap.stdout.read(65_536)
                    if not data:
                        raise self._broken()
                    self._heard += data
        line, _, self._heard = self._heard.partition(b"\n")
        return line

    def _stop(self, why: str) -> None:
        self.stopped = why
        self._kill()

    def _kill(self) -> None:
        """Kill the first process, and the kernel kills all others of its namespace with it."""
        try:
            if self._first:
                os.kill(self._first, signal.SIGKILL)
                self._bwrap.wait(5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        self._bwrap.kill()

    def _broken(self) -> CodeNotRun:
        assert self._bwrap.stderr is not None
        if self._bwrap.poll() is None:
            self._kill()
        said = (self._bwrap.stderr.read(4_000) or b"").decode("utf-8", "replace").strip().splitlines()
        why = said[-1] if said else f"exit status {self._bwrap.wait()}"
        return CodeNotRun(f"the sandbox does not start or broke, so the code was not run: {why}", "broken")


def _resident(pid: int) -> int:
    """Bytes of memory that a process and all its descendants hold; shared pages count for each."""
    total = 0
    try:
        total = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(_resident(int(child)) for child in (task / "children").read_text().split())
    except (OSError, ValueError, IndexError):
        return total
    return total
