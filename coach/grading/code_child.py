"""Runs one candidate's code against checks. This file is the first process of a sandbox, and knows nothing of ours.

It is started as process 1 of its own process namespace, so nothing inside can kill it and `kill(-1)` reaches all
else. It reads a header, then forks one process per check. Only that process reads its check, so no process ever
holds two of them; the hidden ones never meet a process whose output is shown. A check has passed when its process
sends back the check's nonce, which is read with it and leaves the process in no other case.

What happens inside such a process is a matter of trust, since the candidate's functions are called by the check:
frames, the garbage collector, tracing and `ctypes` are switched off by an audit hook, and a check does not pass if
names in `builtins`, `numpy` and others were replaced. See `coach.grading.bubblewrap` for what that leaves open.
"""

import builtins
import collections
import contextlib
import copy
import ctypes
import functools
import heapq
import itertools
import json
import math
import os
import random
import resource
import select
import signal
import statistics
import sys
import time
import types
from typing import Any

STDLIB = (collections, copy, functools, heapq, itertools, math, random, statistics)
WATCHED = ("builtins", *(module.__name__ for module in STDLIB), "numpy", "numpy.linalg", "numpy.random")
"""Modules whose names must be what they were when a check has passed."""
LOCKED = {"sys._current_frames", "sys.settrace", "sys.setprofile", "sys.monitoring.register_callback"}
LOCKED |= {"gc.get_objects", "gc.get_referrers", "gc.get_referents"}
FRAMES = {"tb_frame", "gi_frame", "cr_frame", "ag_frame"}
NO_IMPORT = {"ctypes", "_ctypes", "signal", "_signal", "_testcapi", "_testinternalcapi", "_xxsubinterpreters"}
"""Memory, handlers that are given the frame they interrupt, and interpreters without the audit hook."""
MAY_LOOK_UP = ("/collections/__init__.py", "/typing.py", "/enum.py", "/warnings.py")
"""Modules of the standard library that find out who called them, for a name in a class they make."""
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
SAID = 4_000
"""Most bytes heard from the process of a check."""


def main() -> None:
    """Answer each check with one line of JSON on standard output, then end."""
    header = json.loads(read_frame(0))
    if header["uid"] is not None:
        os.setgroups([])
        os.setresgid(header["uid"], header["uid"], header["uid"])
        os.setresuid(header["uid"], header["uid"], header["uid"])
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) or libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    sys.path.append(header["packages"])
    if header["numpy"]:
        import numpy.linalg
        import numpy.random  # noqa: F401
    for module in NO_IMPORT:
        sys.modules.pop(module, None)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    for shown in header["shown"]:
        os.write(1, json.dumps(one_check(header, shown=shown)).encode() + b"\n")


def read_frame(fd: int) -> bytes:
    """The next message: eight hexadecimal digits for its length, then as many bytes. Raises EOFError."""
    return _read_exactly(fd, int(_read_exactly(fd, 8), 16))


def _read_exactly(fd: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = os.read(fd, size - len(data))
        if not piece:
            raise EOFError("the sandbox was closed")
        data += piece
    return data


def one_check(header: dict[str, Any], *, shown: bool) -> dict[str, Any]:
    """What the process of the next check said, how it ended, and what it printed if that is shown."""
    said_r, said_w = os.pipe()
    out_r, out_w = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            in_the_check(header, said_w, out_w if shown else None)
        finally:
            os._exit(70)
    os.close(said_w)
    os.close(out_w)
    heard: dict[int, bytes] = {said_r: b"", out_r: b""}
    most = {said_r: SAID, out_r: header["output"]}
    ended = _follow(child, heard, most, time.monotonic() + header["wall_s"])
    for fd in heard:
        os.close(fd)
    return {
        "said": heard[said_r].decode("utf-8", "replace"),
        "ended": ended,
        "output": heard[out_r].decode("utf-8", "replace"),
    }


def _follow(child: int, heard: dict[int, bytes], most: dict[int, int], until: float) -> str:
    """How the child ended: exit status, signal name or `timeout`. Afterwards this process is alone."""
    gone = os.pidfd_open(child)
    poll = select.poll()
    for fd in (gone, *heard):
        poll.register(fd, select.POLLIN)
    late = False
    while True:
        left = until - time.monotonic()
        if left <= 0:
            late = True
            break
        ready = [fd for fd, _ in poll.poll(left * 1000)]
        if gone in ready:
            break
        for fd in ready:
            if not _hear(fd, heard, most):
                poll.unregister(fd)
    status = _end_all_but_me(child)
    os.close(gone)
    for fd in heard:  # every writer is dead, so the pipes end
        while _hear(fd, heard, most):
            pass
    if late:
        return "timeout"
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return "timeout" if name == "SIGXCPU" else name
    return str(os.WEXITSTATUS(status))


def _hear(fd: int, heard: dict[int, bytes], most: dict[int, int]) -> bool:
    data = os.read(fd, 65_536)
    heard[fd] = (heard[fd] + data)[: most[fd]]
    return bool(data)


def _end_all_but_me(child: int) -> int:
    status = 0
    while True:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            pid, ended = os.waitpid(-1, 0)
        except ChildProcessError:
            return status
        if pid == child:
            status = ended


def in_the_check(header: dict[str, Any], said: int, out: int | None) -> None:
    """Run the candidate's module and then the next check; say the nonce when it passed, else why not."""
    check = json.loads(read_frame(0))
    nothing = os.open("/dev/null", os.O_RDWR)
    os.dup2(nothing, 0)
    for fd in (1, 2):
        os.dup2(nothing if out is None else out, fd)
    os.dup2(said, 3)
    os.closerange(4, 256)
    _limit(header)
    # Bound here, so that names which the candidate replaces are not used afterwards.
    write, leave, flush, dumps = os.write, os._exit, sys.stdout.flush, json.dumps
    nonce, code, failed = check["nonce"].encode(), compile(check["code"], "<check>", "exec"), explain
    modules = {name: (sys.modules[name], dict(vars(sys.modules[name]))) for name in WATCHED if name in sys.modules}
    intact, space, run = changed, space_of, exec
    answer = types.ModuleType("answer")
    sys.modules["answer"] = sys.modules["__main__"] = answer
    del check
    lock()
    try:
        run(compile(header["code"], "<answer>", "exec"), vars(answer))
        run(code, space(vars(answer), header["entry"]))
        replaced = intact(modules)
    except BaseException as error:  # noqa: BLE001  # whatever the candidate raises is this check's result
        write(3, dumps(failed(error)).encode())
    else:
        if replaced is None:
            write(3, nonce)
        else:
            write(3, dumps({"error": "tampered", "message": f"the code replaced {replaced}"}).encode())
    try:
        flush()
    finally:
        leave(0)


def space_of(answer: dict[str, Any], entry: str) -> dict[str, Any]:
    """The names that a check sees: those of the candidate's module, except any that hide a built-in one.

    Raises NameError when the entry is not among them.
    """
    if entry not in answer:
        raise NameError(f"the code does not define {entry}")
    hides = set(vars(builtins)) - {entry, "__name__", "__doc__"}
    return {name: value for name, value in answer.items() if name not in hides}


def changed(before: dict[str, tuple[types.ModuleType, dict[str, Any]]]) -> str | None:
    """The first name that is no longer what it was, as `module.name`."""
    for name, (module, values) in before.items():
        if sys.modules.get(name) is not module:
            return name
        now = vars(module)
        for key, value in values.items():
            if now.get(key) is not value:
                return f"{name}.{key}"
    return None


def explain(error: BaseException) -> dict[str, str]:
    """Class and message of an exception, with the candidate's line it comes from."""
    if isinstance(error, MemoryError):
        return {"error": "memory", "message": "more memory than allowed"}
    if isinstance(error, SystemExit):
        return {"error": "exit", "message": "the code ended the process"}
    kind = type(error).__name__
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001  # `__str__` is the candidate's too
        message = ""
    return {"error": kind if kind.isidentifier() and len(kind) <= 60 else "Exception", "message": message[:600]}


def lock() -> None:
    """Switch off what shows a process its own frames, objects and memory; cannot be undone in this process."""
    caller, watching = sys._getframe, [False]

    def forbid(event: str, args: tuple[Any, ...]) -> None:
        if event == "sys._getframe":
            if watching[0]:
                return
            watching[0] = True
            try:
                allowed = caller(1).f_code.co_filename.endswith(MAY_LOOK_UP)
            finally:
                watching[0] = False
        else:
            allowed = not (
                event in LOCKED
                or event.startswith("ctypes.")
                or (event == "import" and args[0] in NO_IMPORT)
                or (event == "object.__getattr__" and args[1] in FRAMES)
            )
        if not allowed:
            raise PermissionError(f"{event} is switched off while tests run")

    sys.addaudithook(forbid)


def _limit(header: dict[str, Any]) -> None:
    limits = {
        resource.RLIMIT_CPU: header["cpu_s"],
        resource.RLIMIT_AS: header["memory"],
        resource.RLIMIT_FSIZE: header["file"],
        resource.RLIMIT_NPROC: header["processes"],
        resource.RLIMIT_NOFILE: 32,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for what, most in limits.items():
        resource.setrlimit(what, (most, most + 1 if what == resource.RLIMIT_CPU else most))


if __name__ == "__main__":
    main()
