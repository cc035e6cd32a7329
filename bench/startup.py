"""How long the page and the command line take to start, against the least they could take, in the same run.

    python bench/startup.py [--runs N]

Page: process start to the first 200 of `/`, ours (indexed) against a bare `gr.ChatInterface`. Command line: CPU
seconds of `coach --help` against `python -c pass`. The two sides alternate; ratios are of medians. Goals: page at most
1.5 times, help at most 0.35 s. Nothing here is asserted in the tests.
"""

import argparse
import http.client
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BARE = """
import os, sys
import gradio as gr
gr.ChatInterface(lambda message, history: message).launch(server_port=int(sys.argv[1]), quiet=True)
"""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_page_s(command: list[str], port: int, environment: dict[str, str]) -> float:
    """Seconds from starting `command` to the first 200 of `/`."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None and time.perf_counter() - started < 120:
            try:
                link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                link.request("GET", "/")
                if link.getresponse().status == 200:
                    return time.perf_counter() - started
            except OSError:
                time.sleep(0.02)
        raise SystemExit(f"no page from {command}")
    finally:
        process.terminate()
        process.wait()


def cpu_s(command: list[str], environment: dict[str, str]) -> float:
    """CPU seconds of a finished command, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def line(name: str, values: list[float]) -> str:
    """Minimum, median and maximum of one figure."""
    return f"{name:<28} min {min(values):6.2f}  median {statistics.median(values):6.2f}  max {max(values):6.2f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as data:
        environment = {
            **os.environ,
            "COACH_DATA_DIR": data,
            "GRADIO_ANALYTICS_ENABLED": "False",
            "OMP_NUM_THREADS": "1",
        }
        subprocess.run([sys.executable, "-m", "coach.cli", "index"], cwd=ROOT, env=environment, check=True)
        ours: list[float] = []
        bare: list[float] = []
        for run in range(runs + 1):
            port = free_port()
            page = first_page_s([sys.executable, "app.py"], port, {**environment, "COACH_PORT": str(port)})
            port = free_port()
            floor = first_page_s([sys.executable, "-c", BARE, str(port)], port, environment)
            if run:
                ours.append(page)
                bare.append(floor)
        help_s: list[float] = []
        pass_s: list[float] = []
        for run in range(runs + 1):
            took = cpu_s([sys.executable, "-m", "coach.cli", "--help"], environment)
            floor = cpu_s([sys.executable, "-c", "pass"], environment)
            if run:
                help_s.append(took)
                pass_s.append(floor)
    print(line("page, first 200, s", ours))
    print(line("bare ChatInterface, s", bare))
    print(f"ratio of medians {statistics.median(ours) / statistics.median(bare):.2f} (goal: at most 1.5)")
    print(line("coach --help, CPU s", help_s))
    print(line("python -c pass, CPU s", pass_s))
    print(f"coach --help median {statistics.median(help_s):.2f} s CPU (goal: at most 0.35)")


if __name__ == "__main__":
    main()
