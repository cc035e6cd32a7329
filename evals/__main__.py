"""`python -m evals …`: measure the judges and the search."""

import sys
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback()
def about() -> None:
    """Measure how well the judges grade, on fixed transcripts, and how well search finds, on labelled queries."""


@app.command()
def run(
    suite: Annotated[str, typer.Argument(help="Name of a file under evals/suites, such as smoke; or retrieval.")],
    judge: Annotated[
        list[str] | None, typer.Option(help="Only this judge of the suite; may be given more than once.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Cases at a time.")] = 8,
    wrong: Annotated[bool, typer.Option("--wrong", help="List every verdict that differs from its label.")] = False,
) -> None:
    """Play a suite and print the agreement per criterion. Exit status 1 when a floor does not hold."""
    from coach.wiring import Coach
    from evals.report import text_report
    from evals.run import run_suite

    if suite == "retrieval":
        from evals.report import retrieval_report
        from evals.retrieval import run_retrieval

        searched = run_retrieval(Coach())
        typer.echo(retrieval_report(searched, every_wrong=wrong))
        raise typer.Exit(1 if searched.broken else 0)
    chosen: Any = tuple(judge or ())
    played, results = run_suite(suite, coach=Coach(), judges=chosen, workers=workers)
    typer.echo(text_report(played, results, every_wrong=wrong))
    raise typer.Exit(1 if any(result.broken for result in results) else 0)


@app.command()
def calibrate(
    suite: Annotated[str, typer.Argument(help="Suite whose calibrate split is used.")] = "smoke",
    write: Annotated[bool, typer.Option("--write", help="Write the calibration file.")] = False,
) -> None:
    """Choose the offline judge's thresholds on the calibrate split, and say what they give on both splits."""
    from coach.wiring import Coach
    from evals.calibrate import calibrate_suite

    typer.echo(calibrate_suite(suite, coach=Coach(), write=write))


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
