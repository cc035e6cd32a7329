"""What an eval run costs beside the model's own time, against other runners and the least it could cost, in one run.

    python bench/evals.py [--peers PYTHON] [--quick] [--runs N] [--json FILE]

500 and 5,000 answers of about 60 words, five criteria each, 50 at a time, through a mock judge that answers at once or
after 50 ms. Every runner reads the same cases, gets the same JSON replies, checks each, writes a line or a record per
case and gives the mean score. Each runs in a process of its own; its imports and one warm-up are left out of the time.
The runners alternate, figures are medians. `--peers` is the Python of an environment that has the packages of
`bench/requirements-evals.txt`; without it only the floor and ours run. `--quick`: 500 answers only.

Floor: asyncio, a pydantic record per reply, a JSON line per case. Ours: `evals.run.run_bench`, which plays the
interview, checks every quote, adds up the points, keeps a resumable log and measures all figures. Nothing is asserted.
"""

import argparse
import asyncio
import compileall
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HERE = str(Path(__file__).resolve().parent)
AT_A_TIME = 50
CARDS = 20
SHARE = {"met": 1.0, "partly": 0.5}
CLIENT_CALLS = 500
PEERS = ("pydantic-evals", "openevals", "inspect")
CLIENTS = ("client langchain", "client reply", "client run")

NOUNS = """gradient loss penalty learning rate batch feature residual variance kernel margin prior posterior network
layer weight embedding token sample split fold threshold metric label cluster""".split()
VERBS = "lowers raises bounds shrinks tracks explains splits weighs scales smooths centres filters".split()
ENDS = ("on held-out data", "for every class", "at each step", "after training", "in most cases", "with more noise")

Say = Callable[[str], Any]


# --- the work: the same cases and replies for everybody -------------------------------------------


def sentence(draw: random.Random) -> str:
    """About eleven words."""
    one, other, third = draw.sample(NOUNS, 3)
    return (
        f"The {one} {draw.choice(VERBS)} the {other} because the {third} {draw.choice(VERBS)} it {draw.choice(ENDS)}."
    )


def case(number: int, criteria: list[str]) -> dict[str, Any]:
    """An answer and a judge's reply that quotes it: word for word, with a slip, and not at all."""
    draw = random.Random(number)
    said = [sentence(draw) for _ in criteria]
    states = [draw.choice(("met", "met", "partly", "missed")) for _ in criteria]
    entries = [
        {"criterion": name, "quotes": quotes(draw, words, state), "reason": f"says so: {words[4:20]}", "state": state}
        for name, words, state in zip(criteria, said, states, strict=True)
    ]
    reply = json.dumps({"criteria": entries, "misconceptions": []})
    return {
        "id": f"case-{number}",
        "card": number % CARDS,
        "answer": f"Answer {number}. {' '.join(said)}",
        "reply": reply,
    }


def quotes(draw: random.Random, words: str, state: str) -> list[dict[str, Any]]:
    """One quote for what was said; every third has a letter left out."""
    if state == "missed":
        return []
    at = draw.randrange(8, len(words) - 8)
    return [{"turn": 0, "text": words if draw.random() < 2 / 3 else words[:at] + words[at + 1 :]}]


def write_work(folder: Path, count: int) -> Path:
    """Files with cards and `count` cases."""
    from coach.wiring import Coach

    card = next(one for one in Coach(own=False).cards if one.id == "linear-models/collinearity")
    criteria = card.criteria[:5]
    names = [criterion.id for criterion in criteria]
    cards = [card.model_copy(update={"id": f"{card.id}-{at}", "criteria": criteria}) for at in range(CARDS)]
    work = folder / f"work-{count}"
    work.mkdir()
    (work / "cards.jsonl").write_text("".join(one.model_dump_json() + "\n" for one in cards), encoding="utf-8")
    cases = [case(number, names) for number in range(count)]
    (work / "cases.jsonl").write_text("".join(json.dumps(one) + "\n" for one in cases), encoding="utf-8")
    (work / "transcript.jsonl").write_text(
        "".join(json.dumps(transcript(one, card.id)) + "\n" for one in cases), encoding="utf-8"
    )
    return work


def transcript(one: Mapping[str, Any], card: str) -> dict[str, Any]:
    """The case as `evals` reads it; every fifth label is not what the judge says."""
    draw = random.Random(f"label {one['id']}")
    labels = {
        entry["criterion"]: entry["state"] if draw.random() < 0.8 else "partly"
        for entry in json.loads(one["reply"])["criteria"]
    }
    return {
        "id": one["id"], "card": f"{card}-{one['card']}", "lang": "en", "family": "good", "split": "test",
        "answers": [one["answer"]], "labels": labels,
    }  # fmt: skip


def mean_of(reply: Mapping[str, Any]) -> float:
    """What a peer makes of a checked reply."""
    states = [entry["state"] for entry in reply["criteria"]]
    return sum(SHARE.get(state, 0.0) for state in states) / len(states)


# --- what is measured, each in a process of its own -----------------------------------------------


class Clock:
    """The measured part of a process."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.figures: dict[str, float] = {}

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Wall and CPU seconds of what is inside, and the memory before it."""
        self.figures["startup_s"] = time.perf_counter() - self.started
        self.figures["ready_mb"] = peak_mb()
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.figures["wall_s"] = time.perf_counter() - wall
        self.figures["cpu_s"] = time.process_time() - cpu
        self.figures["peak_mb"] = peak_mb()


def peak_mb() -> float:
    """Most memory that this process has held since it began; nan where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says there begins with the memory of the process that started this one
        return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) / 1e3
    try:
        import resource
    except ImportError:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most / 1e3


class Mock:
    """A model that answers each case with its written reply, after `delay_s`."""

    name = "mock"

    def __init__(self, work: Path, delay_s: float) -> None:
        self.delay_s = delay_s
        self._replies = {one["id"]: one["reply"] for one in read_cases(work)}

    def text(self, prompt: str) -> str:
        """The reply to the case whose answer is in the prompt."""
        found = re.search(r"Answer (\d+)\. ", prompt)
        if found is None:
            raise LookupError("no answer in the prompt")
        return str(self._replies[f"case-{found[1]}"])

    async def say(self, prompt: str) -> str:
        """The same, when it is time."""
        await asyncio.sleep(self.delay_s)
        return self.text(prompt)


def read_cases(work: Path) -> list[dict[str, Any]]:
    """The cases as the peers read them."""
    return [json.loads(line) for line in (work / "cases.jsonl").read_text(encoding="utf-8").splitlines()]


def reply_record() -> Any:
    """The reply's schema, for those who do not have ours."""
    from typing import Literal

    from pydantic import create_model

    quote = create_model("Quote", turn=(int, ...), text=(str, ...))
    state = Literal["met", "partly", "missed", "contradicted"]
    entry = create_model(
        "Entry", criterion=(str, ...), quotes=(list[quote], ...), reason=(str, ...), state=(state, ...)  # type: ignore[valid-type]
    )  # fmt: skip
    misconception = create_model("Misconception", misconception=(str, ...), quotes=(list[quote], ...))  # type: ignore[valid-type]
    return create_model("Reply", criteria=(list[entry], ...), misconceptions=(list[misconception], ...))  # type: ignore[valid-type]


def run_floor(work: Path, out: Path, delay_s: float, clock: Clock) -> float:
    """asyncio, a checked record, a line per case."""
    record = reply_record()
    mock = Mock(work, delay_s)

    async def whole() -> float:
        gate = asyncio.Semaphore(AT_A_TIME)
        scores: list[float] = []
        with (out / "floor.jsonl").open("w", encoding="utf-8") as file:

            async def one(case: dict[str, Any]) -> None:
                async with gate:
                    reply = record.model_validate_json(await mock.say(case["answer"])).model_dump()
                    scores.append(mean_of(reply))
                    file.write(json.dumps({"id": case["id"], "score": scores[-1], "reply": reply}) + "\n")
                    file.flush()

            await asyncio.gather(*(one(case) for case in read_cases(work)))
        return statistics.mean(scores)

    with clock.measured():
        return asyncio.run(whole())


def ours(work: Path) -> tuple[Any, Any, Any]:
    """A coach that knows the cards of the work, the suite, and our judge's template."""
    from tqdm import tqdm  # noqa: F401

    from coach.llm.prompts import Template
    from coach.schema import Card
    from coach.wiring import Coach
    from evals import junit, run  # noqa: F401
    from evals.cases import Floors, Suite

    lines = (work / "cards.jsonl").read_text(encoding="utf-8").splitlines()
    written = tuple(Card.model_validate_json(line) for line in lines)

    class Bank(Coach):
        cards = property(lambda self: written)
        problems = property(lambda self: ())

    coach = Bank()
    suite = Suite(id="speed", why="speed", transcripts=("transcript.jsonl",), floors={"mock": Floors(agreement=0.5)})
    return coach, suite, Template.load(coach.settings.prompts_dir / "judge.md")


def our_run(work: Path, out: Path, chat: Any, clock: Clock) -> float:
    """A whole run of the product's own evals over a chat model."""
    from coach.grading.judge import LLMJudge
    from evals.cases import load_cases
    from evals.judges import Bench
    from evals.rows import rows
    from evals.run import Options, run_bench

    coach, suite, template = ours(work)
    with clock.measured():
        cards = {card.id: card for card in coach.cards}
        cases = load_cases([work / "transcript.jsonl"], cards)
        bench = Bench(LLMJudge(chat, template), "mock")
        options = Options(workers=AT_A_TIME, out=out)
        result = run_bench(suite, cases, bench, coach=coach, judge="mock", options=options)
        if result.measured.failed or result.measured.not_graded:
            raise SystemExit(f"not graded: {(result.measured.failed + result.measured.not_graded)[:3]}")
    return statistics.mean(row.value for row in rows(result.run.outcomes))


def run_ours(work: Path, out: Path, delay_s: float, clock: Clock) -> float:
    """Our evals with the mock in the place of the chat client."""
    from coach.llm.chat import Reply

    mock = Mock(work, delay_s)

    class Seam:
        name = "mock"

        async def reply(self, prompt: Any, schema: Any) -> Any:
            value = schema.model_validate_json(await mock.say(prompt.user))
            return Reply(value=value, model="mock", calls=1, tokens_in=10, tokens_out=5, repaired=False)

    return our_run(work, out, Seam(), clock)


def run_pydantic_evals(work: Path, out: Path, delay_s: float, clock: Clock) -> float:
    """A data set with a custom evaluator; its report written a line per case."""
    from dataclasses import dataclass

    from pydantic_evals import Case, Dataset
    from pydantic_evals.evaluators import Evaluator, EvaluatorContext

    record = reply_record()
    mock = Mock(work, delay_s)

    @dataclass
    class Judged(Evaluator):  # type: ignore[misc]
        async def evaluate(self, ctx: EvaluatorContext) -> dict[str, Any]:
            reply = record.model_validate_json(await mock.say(ctx.output)).model_dump()
            return {"score": mean_of(reply), **{entry["criterion"]: entry["state"] for entry in reply["criteria"]}}

    async def task(inputs: str) -> str:
        return inputs

    with clock.measured():
        cases = [Case(name=one["id"], inputs=one["answer"]) for one in read_cases(work)]
        data = Dataset(name="speed", cases=cases, evaluators=[Judged()])
        report = asyncio.run(data.evaluate(task, max_concurrency=AT_A_TIME, progress=False))
        with (out / "report.jsonl").open("w", encoding="utf-8") as file:
            for one in report.cases:
                labels = {name: label.value for name, label in one.labels.items()}
                scores = {name: score.value for name, score in one.scores.items()}
                file.write(json.dumps({"id": one.name, "output": one.output, **labels, **scores}) + "\n")
        mean = report.averages().scores["score"]
    return float(mean)


def run_openevals(work: Path, out: Path, delay_s: float, clock: Clock) -> float:
    """LLM-as-judge over a client object of ours, gathered; a line per case."""
    from openevals.llm import create_async_llm_as_judge

    mock = Mock(work, delay_s)
    record = reply_record()

    async def create(*, messages: Any, **_: Any) -> Any:
        content = await mock.say(messages[-1]["content"])
        return SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content=content))])

    client = SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=create)))
    judge = create_async_llm_as_judge(
        prompt="Judge the answer.\n{outputs}",
        judge=client,
        model="mock",
        output_schema={"name": "reply", "strict": True, "schema": record.model_json_schema()},
    )

    async def whole() -> float:
        gate = asyncio.Semaphore(AT_A_TIME)
        scores: list[float] = []
        with (out / "openevals.jsonl").open("w", encoding="utf-8") as file:

            async def one(case: dict[str, Any]) -> None:
                async with gate:
                    reply = await judge(outputs=case["answer"])
                    scores.append(mean_of(record.model_validate(reply).model_dump()))
                    file.write(json.dumps({"id": case["id"], "score": scores[-1], "reply": reply}) + "\n")
                    file.flush()

            await asyncio.gather(*(one(case) for case in read_cases(work)))
        return statistics.mean(scores)

    with clock.measured():
        return asyncio.run(whole())


def run_inspect(work: Path, out: Path, delay_s: float, clock: Clock) -> float:
    """A task whose scorer asks `mockllm`; Inspect's own log."""
    from inspect_ai import Task, eval
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ChatMessageUser, ModelOutput, ModelUsage, get_model
    from inspect_ai.scorer import Score, mean, scorer
    from inspect_ai.solver import solver

    record = reply_record()
    mock = Mock(work, delay_s)

    async def answer(messages: Any, *_: Any) -> Any:
        said = ModelOutput.from_content("mockllm", await mock.say(messages[-1].text))
        said.usage = ModelUsage(input_tokens=10, output_tokens=5, total_tokens=15)
        return said

    @solver
    def nothing() -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            return state

        return solve

    @scorer(metrics=[mean()])
    def judged() -> Any:
        async def score(state: Any, target: Any) -> Any:
            said = await get_model("mockllm/model", custom_outputs=answer).generate(
                [ChatMessageUser(content=state.input_text)]
            )
            reply = record.model_validate_json(said.completion).model_dump()
            return Score(value=mean_of(reply), explanation=said.completion)

        return score

    with clock.measured():
        samples = [Sample(id=one["id"], input=one["answer"]) for one in read_cases(work)]
        task = Task(dataset=MemoryDataset(samples), solver=nothing(), scorer=judged())
        (log,) = eval(
            task, model="mockllm/model", display="none", log_dir=str(out), max_samples=AT_A_TIME,
            max_connections=AT_A_TIME, log_samples=True,
        )  # fmt: skip
        if log.status != "success":
            raise SystemExit(f"inspect: {log.error}")
        found = log.results.scores[0].metrics["mean"].value
    return float(found)


def mock_client(work: Path) -> Any:
    """The production client over a transport that answers at once."""
    from coach.llm.mock import mock_chat

    mock = Mock(work, 0.0)
    return mock_chat(lambda asked: mock.text(asked["messages"][-1]["content"]))


def calls_through(client: str, work: Path, clock: Clock) -> float:
    """`CLIENT_CALLS` structured calls with the judge's own prompts: ours, or LangChain's on the same model object."""
    from coach.grading.judge import JudgeReply, reply_for
    from evals.cases import load_cases

    coach, _, template = ours(work)
    cards = {card.id: card for card in coach.cards}
    cases = load_cases([work / "transcript.jsonl"], cards)[:CLIENT_CALLS]
    criteria = [criterion.id for criterion in coach.cards[0].criteria]
    schema = reply_for(JudgeReply, criteria)
    filled = dict.fromkeys(template.inputs, "words " * 20)
    prompts = [template.render(filled | {"answer": one.answers[0]}) for one in cases]
    chat = mock_client(work)

    async def whole() -> float:
        gate = asyncio.Semaphore(AT_A_TIME)
        model = await chat._model()
        runnable = model.with_structured_output(schema, method="json_schema", strict=True)

        async def one(prompt: Any) -> float:
            async with gate:
                if client == "reply":
                    return mean_of((await chat.reply(prompt, schema)).value.model_dump())
                found = await runnable.ainvoke([("system", prompt.system), ("human", prompt.user)])
                return mean_of(found.model_dump())

        await one(prompts[0])
        with clock.measured():
            scores = await asyncio.gather(*(one(prompt) for prompt in prompts))
        return statistics.mean(scores)

    return asyncio.run(whole())


def run_client(work: Path, out: Path, clock: Clock) -> float:
    """Our evals through the production client, which is warmed up first."""
    from coach.grading.judge import JudgeReply
    from coach.llm.prompts import Prompt

    chat = mock_client(work)
    asyncio.run(chat.reply(Prompt(id="x", role="judge", system="x", user="Answer 1. "), JudgeReply))
    return our_run(work, out, chat, clock)


def run_offline(clock: Clock) -> float:
    """The offline judge on the answers of the *grading* suite's calibrate split, one at a time; how many there are.

    Every card was met before: making it ready is counted apart, under `keys_s`.
    """
    from coach.schema import Utterance
    from coach.wiring import Coach
    from evals.cases import load_suite
    from evals.play import play_all
    from evals.run import suite_cases

    coach = Coach(own=False)
    suite = load_suite(ROOT / "evals" / "suites" / "grading.yaml")
    cases = [one for one in suite_cases(suite, coach) if one.split == "calibrate"]
    cards = {card.id: card for card in coach.cards}
    judge = coach.offline_judge
    began = time.process_time()
    for name in {one.card for one in cases}:
        judge.judge(cards[name], (Utterance(turn=0, text="ready"),), ())
    clock.figures["keys_s"] = time.process_time() - began
    clock.figures["keys"] = len({one.card for one in cases})
    heard = [
        tuple(Utterance(turn=turn, text=text) for turn, text in enumerate(one.answers) if text.strip()) for one in cases
    ]
    began = time.process_time()
    for one, said in zip(cases, heard, strict=True):
        judge.judge(cards[one.card], said, (cards[one.card].asks(one.lang),))
    clock.figures["judge_s"] = time.process_time() - began
    with clock.measured():
        played = asyncio.run(play_all(cases, cards, judge, workers=1))
    return float(sum(one.failed is None for one in played))


RUNNERS: Mapping[str, Callable[[Path, Path, float, Clock], float]] = {
    "floor": run_floor,
    "ours": run_ours,
    "pydantic-evals": run_pydantic_evals,
    "openevals": run_openevals,
    "inspect": run_inspect,
    "client langchain": lambda work, out, delay_s, clock: calls_through("langchain", work, clock),
    "client reply": lambda work, out, delay_s, clock: calls_through("reply", work, clock),
    "client run": lambda work, out, delay_s, clock: run_client(work, out, clock),
    "offline": lambda work, out, delay_s, clock: run_offline(clock),
}


def measure_here(runner: str, work: Path, delay_s: float) -> None:
    """Prints the figures of one runner in this process as JSON."""
    sys.path[:] = [place for place in sys.path if place != HERE]
    if runner not in PEERS:
        sys.path.insert(0, str(ROOT))
    clock = Clock()
    with tempfile.TemporaryDirectory() as out:
        mean = RUNNERS[runner](work, Path(out), delay_s, clock)
    print(json.dumps({**clock.figures, "mean": mean}))


# --- the runs side by side ------------------------------------------------------------------------


def measured(python: str, runner: str, work: Path, delay_s: float) -> dict[str, float]:
    """The figures of one process."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "LANGSMITH_TRACING": "false",
        "PYDANTIC_DISABLE_PLUGINS": "1",
        "COACH_DATA_DIR": str(work.parent / "data"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [python, str(Path(__file__).resolve()), "--runner", runner, "--work", str(work), "--delay", str(delay_s)],
        env=environment,
        cwd=work,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{runner} failed:\n{done.stderr[-3000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def compiled(python: str) -> None:
    """Nothing, once the bytecode that this Python imports is there."""
    if python == sys.executable:
        compileall.compile_dir(ROOT / "coach", quiet=2)
        compileall.compile_dir(ROOT / "evals", quiet=2)
    packages = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    place = subprocess.run([python, "-c", packages], capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run([python, "-m", "compileall", "-q", place], check=False, capture_output=True)


Figures = dict[str, float]


def medians(runs: list[Figures]) -> Figures:
    """The median of each figure."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def side_by_side(
    runners: list[str], pythons: Mapping[str, str], work: Path, delay_s: float, runs: int
) -> dict[str, Figures]:
    """Medians of each runner; they take turns, and slow ones run once on large work."""
    found: dict[str, list[Figures]] = {runner: [] for runner in runners}
    for at in range(runs):
        for runner in runners if at % 2 == 0 else reversed(runners):
            if at and found[runner][0]["wall_s"] > 30:
                continue
            found[runner].append(measured(pythons[runner], runner, work, delay_s))
            print(".", end="", file=sys.stderr, flush=True)
    return {runner: medians(one) for runner, one in found.items()}


def table(head: list[str], lines: list[list[str]]) -> str:
    """A Markdown table."""
    return "\n".join(["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *lines]])


def runner_table(found: Mapping[tuple[int, float], Mapping[str, Figures]], counts: list[int]) -> str:
    """A row per runner."""
    head = ["runner", "start-up s"]
    head += [f"{count:,}: per answer ms" for count in counts] + [f"{count:,}: × floor" for count in counts[-1:]]
    head += [f"{count:,} at 50 ms: s (× floor)" for count in counts] + [
        f"{count:,}: peak MB (grown)" for count in counts
    ]
    lines = []
    for name in found[(counts[0], 0.0)]:
        at_once = {count: found[(count, 0.0)][name] for count in counts}
        slow = {count: found[(count, 0.05)][name] for count in counts}
        floor = found[(counts[-1], 0.0)]["floor"]["wall_s"]
        row = [name, f"{at_once[counts[0]]['startup_s']:.2f}"]
        row += [f"{1000 * at_once[count]['wall_s'] / count:.2f}" for count in counts]
        row += [f"{at_once[counts[-1]]['wall_s'] / floor:.1f}"]
        row += [
            f"{slow[count]['wall_s']:.2f} ({slow[count]['wall_s'] / found[(count, 0.05)]['floor']['wall_s']:.2f})"
            for count in counts
        ]
        row += [f"{one['peak_mb']:.0f} ({one['peak_mb'] - one['ready_mb']:.0f})" for one in at_once.values()]
        lines.append(row)
    return table(head, lines)


def client_table(found: Mapping[str, Figures]) -> str:
    """What a call through the client costs."""
    words = {
        "client langchain": "LangChain `with_structured_output`, built once",
        "client reply": "our `Chat.reply`",
        "client run": "our whole eval run through it",
    }
    least = found["client langchain"]["wall_s"]
    lines = [
        [words[name], f"{1000 * one['wall_s'] / CLIENT_CALLS:.2f}", f"{one['wall_s'] / least:.2f}"]
        for name, one in found.items()
    ]
    return table([f"{CLIENT_CALLS} calls over a mock HTTP transport, 50 at a time", "ms each", "ratio"], lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="Python with the packages of bench/requirements-evals.txt")
    parser.add_argument("--quick", action="store_true", help="500 answers only")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="names of runners; all of them unless given")
    parser.add_argument("--json", type=Path, help="file for every figure")
    parser.add_argument("--runner", choices=list(RUNNERS), help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--delay", type=float, default=0.0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.runner:
        measure_here(asked.runner, asked.work, asked.delay)
        return
    sys.path[:] = [str(ROOT), *(place for place in sys.path if place != HERE)]
    compare(asked)


def compare(asked: argparse.Namespace) -> None:
    """Every runner asked for, and the tables."""
    wanted = [name for name in RUNNERS if not asked.only or name in asked.only]
    runners = [name for name in wanted if name in ("floor", "ours") or (asked.peers and name in PEERS)]
    pythons = {name: asked.peers if name in PEERS else sys.executable for name in RUNNERS}
    counts = [500] if asked.quick else [500, 5000]
    for python in {sys.executable, *([asked.peers] if asked.peers else [])}:
        compiled(python)
    kept: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        works = {count: write_work(Path(name), count) for count in counts}
        found = {
            (count, delay_s): side_by_side(runners, pythons, works[count], delay_s, asked.runs)
            for count in counts
            for delay_s in (0.0, 0.05)
            if runners
        }
        clients = [one for one in CLIENTS if one in wanted]
        called = side_by_side(clients, pythons, works[500], 0.0, asked.runs) if clients else {}
        offline = side_by_side(["offline"], pythons, works[500], 0.0, 1) if "offline" in wanted else {}
    kept = {"runners": {f"{count} at {delay_s} s": one for (count, delay_s), one in found.items()}}
    kept |= {"clients": called, "offline": offline}
    print(file=sys.stderr)
    if asked.json:
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()},"
    )
    print(f"medians of {asked.runs}; load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "")
    if not asked.peers:
        print("other runners left out: give --peers")
    if found and "floor" in runners:
        print(f"\n{runner_table(found, counts)}")
    if "client langchain" in called:
        print(f"\n{client_table(called)}")
    for one in offline.values():
        rate, whole = one["mean"] / one["judge_s"], one["mean"] / one["cpu_s"]
        ready = 1e3 * one["keys_s"] / one["keys"]
        print(f"\noffline judge: {one['mean']:.0f} answers, {rate:.0f} per second of one core (goal: at least 150)")
        print(f"with the whole interview around it {whole:.0f} per second")
        print(f"making a card ready when it is first met: {ready:.0f} ms")


if __name__ == "__main__":
    main()
