"""`coach …` on the command line. Heavy imports happen inside the commands that need them."""

import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Practise machine-learning interviews from your own notes, with grades you can check.",
)


@app.command()
def chat(
    company: Annotated[str | None, typer.Option(help="Ask only what this company asked, such as amazon.")] = None,
    topic: Annotated[str | None, typer.Option(help="Ask only this topic, such as trees.")] = None,
    focus: Annotated[str, typer.Option(help="Words to search the bank for, in either language.")] = "",
    lang: Annotated[str, typer.Option(help="Language of the questions: en or zh.")] = "en",
    questions: Annotated[int, typer.Option(min=1, max=50, help="How many questions.")] = 5,
    probes: Annotated[int, typer.Option(min=0, max=5, help="Most follow-ups per question.")] = 2,
    seed: Annotated[int | None, typer.Option(help="Same seed, same choice of questions.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest unfinished interview.")] = False,
) -> None:
    """Hold an interview in the terminal. The same interview as on the page, saved in the same place."""
    import asyncio

    from coach.terminal import hold

    asyncio.run(
        hold(
            company=company,
            topic=topic,
            focus=focus,
            lang=lang,
            questions=questions,
            probes=probes,
            seed=seed,
            resume=resume,
        )
    )


@app.command()
def grade(
    card: Annotated[str, typer.Option(help="Id of the card, such as linear-models/why-linear.")],
    answer: Annotated[Path, typer.Option(help="File with the answer; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the grade as JSON.")] = False,
) -> None:
    """Grade one written answer against a card. Exit status 3 when it could not be graded."""
    import asyncio
    import sys

    from coach.errors import CoachError
    from coach.grading.grade import grade as grade_answer
    from coach.progress.export import grade_markdown
    from coach.schema import Utterance
    from coach.text import lang_of
    from coach.wiring import Coach

    coach = Coach()
    cards = {one.id: one for one in coach.cards}
    if card not in cards:
        import difflib

        near = difflib.get_close_matches(card, cards, n=3, cutoff=0.4)
        raise CoachError(f"no card {card!r}; {'did you mean ' + ', '.join(near) if near else 'see coach cards'}")
    try:
        text = sys.stdin.read() if str(answer) == "-" else answer.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CoachError(f"{answer}: cannot be read as UTF-8 text ({error})") from error
    one = cards[card]
    lang = lang_of(text)
    asked = (one.question.text(lang),)
    result = asyncio.run(grade_answer(coach.judge, one, (Utterance(turn=0, text=text),), interviewer=asked))
    typer.echo(result.model_dump_json(indent=2) if as_json else grade_markdown(one, result, lang))
    if result.not_graded is not None:
        raise typer.Exit(3)


@app.command()
def cards(
    company: Annotated[str | None, typer.Option(help="Only cards with a question from this company.")] = None,
    topic: Annotated[str | None, typer.Option(help="Only cards on this topic.")] = None,
) -> None:
    """List the questions in the bank."""
    from coach.interview.choose import fits
    from coach.schema import Plan
    from coach.wiring import Coach

    plan = Plan(lang="en", company=company, topic=topic)
    for one in Coach().cards:
        if fits(one, plan):
            typer.echo(f"{one.id}  [{one.kind}, difficulty {one.difficulty}]  {one.question.en}")


@app.command()
def notes(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Note files; the shipped notes when none is named.")
    ] = None,
) -> None:
    """List the questions found in notes, with line, company, round and language."""
    from coach.bank.notes import read_notes
    from coach.settings import load_settings

    for path in files or sorted(load_settings().notes_dir.glob("*.txt")):
        for one in read_notes(path, shown_as=path.name if files is None else None):
            where = " ".join(part for part in (one.company, one.round, one.number) if part) or "-"
            typer.echo(f"{one.path}:{one.line}  [{where}, {one.lang}]  {one.text}")


@app.command()
def index() -> None:
    """Bring the search index up to date with the cards."""
    from coach.wiring import Coach

    coach = Coach()
    for problem in coach.problems:
        typer.echo(f"left out: {problem}", err=True)
    report = coach.index().report
    done = f"{len(report.embedded)} embedded, {len(report.removed)} removed"
    typer.echo(f"index of {len(coach.cards)} cards in {report.store}: {done} ({report.why})")


@app.command()
def check() -> None:
    """Check every content file and list all problems at once."""
    from coach.wiring import check_content

    here = f"{Path.cwd()}{os.sep}"
    problems, counts = check_content()
    for problem in problems:
        typer.echo(str(problem).removeprefix(here))
    typer.echo(counts)
    raise typer.Exit(1 if problems else 0)


@app.command()
def version() -> None:
    """Print the version."""
    from coach import __version__

    typer.echo(__version__)


def main() -> None:
    """Run the command line; an error of ours is one clear message and exit status 2."""
    import sys

    from coach.errors import CoachError

    try:
        app()
    except CoachError as error:
        print(f"coach: {error}", file=sys.stderr)
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
