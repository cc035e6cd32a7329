"""`python -m evals …`: measure the judges, the search and the interviewer."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from coach.wiring import Coach

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback()
def about() -> None:
    """Measure how well the judges grade, on fixed transcripts, and how well search finds, on labelled queries."""


@app.command()
def run(
    suite: Annotated[
        str, typer.Argument(help="A file under evals/suites, such as smoke; or retrieval; or interviewer.")
    ],
    judge: Annotated[
        list[str] | None,
        typer.Option(help="offline, mock, replay or live; may be given more than once. Unset: those with floors."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model of the live judge, such as openai:gpt-4.1-mini.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Cases at a time.")] = 8,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="Gradings of each answer.")] = 1,
    name: Annotated[str | None, typer.Option(help="Name of the run; one of that name is gone on with.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Folder of a run to go on with.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where runs are kept. Unset: runs in the data folder.")] = None,
    record: Annotated[Path | None, typer.Option(help="Add a live model's replies to this file.")] = None,
    recording: Annotated[Path | None, typer.Option(help="File of recorded replies for --judge replay.")] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="List wrong verdicts of the calibrate split.")] = False,
    criteria: Annotated[bool, typer.Option("--criteria", help="List the agreement of every criterion.")] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of interviewer: another seed than 0 gives other sessions.")
    ] = None,
    sessions: Annotated[int | None, typer.Option(min=1, help="Of interviewer: so many are held.")] = None,
    only: Annotated[str | None, typer.Option(help="Of interviewer: hold this session alone, and show it.")] = None,
) -> None:
    """Play a suite, keep every result as soon as it is there, and print the figures.

    A run that was stopped goes on with --name or --resume, and does only what is missing.
    Exit status 1 when a floor does not hold or a case could not be played, 2 when a file or option is wrong.
    """
    from coach.settings import load_settings
    from coach.wiring import Coach
    from evals.report import text_report
    from evals.run import Options, run_suite
    from evals.runs import chosen_folder

    settings = load_settings()
    if suite in {"retrieval", "interviewer"}:
        bank = Coach(settings, own=False)
        folder = chosen_folder(out or settings.data_dir / "runs", suite, name=name, resume=resume)
        if suite == "retrieval":
            _retrieval(bank, folder, wrong=wrong)
        _interviewer(bank, folder, seed=seed, sessions=sessions, only=only)
    coach = Coach(settings if model is None else settings.model_copy(update={"model": model}), own=False)
    options = Options(
        workers=workers,
        repeats=repeat,
        out=out,
        name=name,
        resume=resume,
        record=record,
        recording=recording,
    )
    played, results = run_suite(suite, coach=coach, judges=tuple(judge or ()), options=options)
    typer.echo(text_report(played, results, every_wrong=wrong, every_criterion=criteria))
    raise typer.Exit(1 if any(result.fails for result in results) else 0)


def _retrieval(coach: "Coach", folder: Path, *, wrong: bool) -> NoReturn:
    """Measure search, and leave with the exit status."""
    from evals.report import retrieval_report
    from evals.retrieval import run_retrieval

    searched = run_retrieval(coach, folder)
    typer.echo(retrieval_report(searched, every_wrong=wrong))
    typer.echo(f"run {folder}")
    raise typer.Exit(1 if searched.broken else 0)


def _interviewer(coach: "Coach", folder: Path, *, seed: int | None, sessions: int | None, only: str | None) -> NoReturn:
    """Hold interviews with simulated candidates, or one of them again, and leave with the exit status."""
    from evals.interviewer import replayed, run_simulation, simulation_report

    if only is not None:
        told, holds = replayed(coach, only)
        typer.echo(told)
        raise typer.Exit(0 if holds else 1)
    ran = run_simulation(coach, folder, seed=seed, sessions=sessions)
    typer.echo(simulation_report(ran))
    typer.echo(f"run {folder}")
    raise typer.Exit(1 if ran.broken else 0)


@app.command()
def calibrate(
    suites: Annotated[list[str] | None, typer.Argument(help="Suites to use. Unset: grading and robustness.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the calibration file.")] = False,
) -> None:
    """Fit the offline judge on the calibrate split of the suites, and say what it gives on both splits."""
    from coach.wiring import Coach
    from evals.calibrate import calibrate_suite

    typer.echo(calibrate_suite(tuple(suites or ("grading", "robustness")), coach=Coach(own=False), write=write))


FOLDER = "Folder of a run, or the name of one under runs in the data folder."


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help=FOLDER)],
    to: Annotated[Path | None, typer.Option(help="File to write. Unset: report.html in the run's folder.")] = None,
) -> None:
    """Write one HTML page about a run, with plots and every wrong verdict readable; it fetches nothing."""
    from coach.wiring import Coach
    from evals.page import write_page
    from evals.run import found_run

    coach = Coach(own=False)
    typer.echo(write_page(found_run(run, coach), {card.id: card for card in coach.cards}, to=to))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help=FOLDER)], second: Annotated[Path, typer.Argument(help=FOLDER)]
) -> None:
    """Say what changed from one run to another, case by case, and whether it is more than chance."""
    from coach.wiring import Coach
    from evals.compare import compare, comparison_text
    from evals.run import found_run
    from evals.runs import read_run

    coach = Coach(own=False)
    runs = [read_run(found_run(one, coach)) for one in (first, second)]
    typer.echo(comparison_text(compare(runs[0], runs[1])))


@app.command()
def attacks(
    write: Annotated[
        bool, typer.Option("--write", help="Write the files of the robustness and bilingual suites.")
    ] = False,
) -> None:
    """Make attacked answers and reference pairs from the cards and the labelled answers.

    Exit status 1 when the files that ship are not what the code makes.
    """
    from coach.wiring import Coach
    from evals.run import made_cases

    stale = 0
    for path, text in made_cases(Coach(own=False)).items():
        same = path.exists() and path.read_text(encoding="utf-8") == text
        if write and not same:
            path.write_text(text, encoding="utf-8", newline="\n")
        stale += not (same or write)
        typer.echo(
            f"{path.name}: {text.count(chr(10))} cases, {'as it was' if same else 'written' if write else 'differs'}"
        )
    raise typer.Exit(1 if stale else 0)


@app.command()
def agree(
    data: Annotated[Path, typer.Option(help="JSONL file of human-graded answers; see docs/evals.md for its fields.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first rows.")] = None,
    judge: Annotated[str, typer.Option(help="offline, or live: the model of the settings.")] = "offline",
    model: Annotated[str | None, typer.Option(help="Model of the live judge, such as openai:gpt-4.1-mini.")] = None,
    labels: Annotated[str, typer.Option(help="Worth of labels, such as good=1,fair=0.5.")] = "",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out and count them.")] = False,
    wrong: Annotated[int, typer.Option(min=0, help="List so many of the largest disagreements.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write a line per answer with its predicted score.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Answers at a time.")] = 8,
) -> None:
    """Grade any file of human-graded answers, and say how well judge and baselines agree with the people."""
    from coach.settings import load_settings
    from coach.wiring import Coach
    from evals.agree import Options, agree_report, chosen_judge
    from evals.agree import agree as measured
    from evals.human import parse_labels

    settings = load_settings()
    coach = Coach(settings if model is None else settings.model_copy(update={"model": model}), own=False)
    options = Options(limit, parse_labels(labels), skip_bad, wrong, out, workers)
    found = measured(data, judge=chosen_judge(coach, judge), glossary=coach.glossary, options=options)
    typer.echo(agree_report(found))


def main() -> None:
    """Run the command line; an error of ours is one clear message and exit status 2."""
    from coach.errors import CoachError

    try:
        app()
    except CoachError as error:
        print(f"evals: {error}", file=sys.stderr)
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
