"""`coach …` on the command line. Heavy imports happen inside the commands that need them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coach import cli_sessions

if TYPE_CHECKING:
    from coach.schema import NoteQuestion
    from coach.wiring import Coach

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Practise machine-learning interviews from your own notes, with grades you can check.",
)

app.add_typer(cli_sessions.sessions, name="sessions")
for command in (cli_sessions.export, cli_sessions.due, cli_sessions.progress):
    app.command()(command)


@app.command()
def chat(
    company: Annotated[str | None, typer.Option(help="Ask only what this company asked, such as amazon.")] = None,
    topic: Annotated[
        list[str] | None, typer.Option(help="Ask only this topic, such as trees; may be given several times.")
    ] = None,
    difficulty: Annotated[
        int | None, typer.Option(min=1, max=5, help="Of the first question; the others go with your answers.")
    ] = None,
    focus: Annotated[str, typer.Option(help="Words to search the bank for, in either language.")] = "",
    card: Annotated[
        list[str] | None, typer.Option(help="Ask exactly this card, by its id; may be given several times.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the questions: en or zh.")] = "en",
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="free, breadth, phone, depth, project, coding, problem, behavioural, loop (of a company), or review.",
        ),
    ] = "free",
    exam: Annotated[bool, typer.Option("--exam", help="A clock, no hints, and nothing told before the end.")] = False,
    questions: Annotated[
        int | None, typer.Option(min=1, max=50, help="How many questions; in a loop, in each round.")
    ] = None,
    probes: Annotated[int | None, typer.Option(min=0, max=5, help="Most follow-ups per question.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.1, max=600, help="Minutes for the whole interview.")] = None,
    minutes_each: Annotated[float | None, typer.Option(min=0.1, max=120, help="Minutes for each question.")] = None,
    self_rate: Annotated[bool, typer.Option("--self-rate", help="Rate each answer before its score is shown.")] = False,
    material: Annotated[
        Path | None, typer.Option(help="Your slides, abstract, project summary or CV: .txt .md .pdf .pptx .docx .html")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same choice of questions.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest unfinished interview.")] = False,
) -> None:
    """Hold an interview in the terminal. The same interview as on the page, saved in the same place."""
    import asyncio
    import secrets

    from coach.interview.rounds import plan_of
    from coach.terminal import hold
    from coach.wiring import Coach

    coach = Coach()
    plan = None
    if not resume:
        plan = plan_of(
            {
                "lang": lang,
                "company": company,
                "topics": topic,
                "difficulty": difficulty,
                "focus": focus,
                "only": card,
                "format": format_,
                "mode": "exam" if exam else "practice",
                "questions": len(card) if card else questions,
                "probes": probes,
                "minutes": minutes,
                "minutes_each": minutes_each,
                "self_rate": self_rate,
                "material": coach.read_material(material) if material is not None else "",
                "seed": secrets.randbelow(2**31) if seed is None else seed,
            }
        )
    asyncio.run(hold(coach, plan))


@app.command()
def grade(
    card: Annotated[str, typer.Option(help="Id of the card, such as linear-models/why-linear.")],
    answer: Annotated[Path, typer.Option(help="File with the answer; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the grade as JSON.")] = False,
) -> None:
    """Grade one written answer against a card, and say what to do better. Exit status 3 when it was not graded."""
    import asyncio
    import json

    from coach import single
    from coach.progress.export import grade_markdown
    from coach.wiring import Coach

    given = single.Grading(card=card, answer=_text(answer))
    one, result, critique, lang = asyncio.run(single.graded(Coach(), given))
    if as_json:
        typer.echo(json.dumps(single.grade_json(result, critique), indent=2, ensure_ascii=False))
    else:
        typer.echo(grade_markdown(one, result, lang, critique=critique))
    if result.not_graded is not None:
        raise typer.Exit(3)


def _text(path: Path) -> str:
    """What a file holds, or standard input for `-`. Raises CoachError."""
    import sys

    from coach.errors import CoachError

    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CoachError(f"{path}: cannot be read as UTF-8 text ({error})") from error


@app.command()
def run(
    card: Annotated[str, typer.Argument(help="Id of a coding card, such as coding/roc-auc.")],
    file: Annotated[Path, typer.Argument(help="Your Python file; - reads standard input.")],
) -> None:
    """Run the visible tests of a coding card on your code, in a sandbox.

    Exit status 0 when all pass, 1 when one fails, 3 when this machine has no sandbox and nothing was run.
    """
    import asyncio

    from coach.errors import CoachError, CodeNotRun
    from coach.grading.code import CodeTask
    from coach.progress.export import run_lines
    from coach.single import card_of
    from coach.wiring import Coach

    coach = Coach()
    coding = card_of(coach, card).coding
    if coding is None:
        raise CoachError(f"{card} has no coding task: coach cards lists the kinds")
    try:
        result = asyncio.run(coach.sandbox.run(CodeTask(coding.entry, coding.visible), _text(file)))
    except CodeNotRun as error:
        typer.echo(f"not run: {error}", err=True)
        raise typer.Exit(3) from error
    typer.echo("\n".join(run_lines(result, "en")))
    if result.output:
        typer.echo(f"printed:\n{result.output}")
    raise typer.Exit(0 if result.share == 1 else 1)


@app.command()
def cards(
    company: Annotated[str | None, typer.Option(help="Only cards with a question from this company.")] = None,
    topic: Annotated[str | None, typer.Option(help="Only cards on this topic.")] = None,
) -> None:
    """List the questions in the bank."""
    from coach.interview.rounds import belongs
    from coach.schema import Plan
    from coach.wiring import Coach

    plan = Plan(lang="en", company=company, topics=() if topic is None else (topic,))
    for one in Coach().cards:
        if belongs(one, plan):
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
def search(
    words: Annotated[list[str], typer.Argument(help="What to look for, in either language.")],
    company: Annotated[str | None, typer.Option(help="Only what this company asked.")] = None,
    round_: Annotated[str | None, typer.Option("--round", help="Only what was asked in this round.")] = None,
    topic: Annotated[str | None, typer.Option(help="Only cards on this topic.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only cards of this kind, such as derivation.")] = None,
    easiest: Annotated[int, typer.Option(min=1, max=5, help="Least difficulty.")] = 1,
    hardest: Annotated[int, typer.Option(min=1, max=5, help="Greatest difficulty.")] = 5,
    lang: Annotated[str | None, typer.Option(help="Search only the cards' en or zh text.")] = None,
    many: Annotated[int, typer.Option("-n", min=1, max=50, help="How many cards at most.")] = 5,
) -> None:
    """Find cards by words, best first. Exit status 1 when the bank has nothing for them."""
    from pydantic import ValidationError

    from coach.bank.collection import Where
    from coach.errors import CoachError
    from coach.wiring import Coach

    fields = {"company": company, "round": round_, "topic": topic, "kind": kind, "lang": lang}
    try:
        where = Where.model_validate({**fields, "easiest": easiest, "hardest": hardest})
    except ValidationError as error:
        said = "; ".join(f"--{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise CoachError(said) from error
    coach = Coach()
    known = {card.id: card for card in coach.cards}
    found = coach.find(" ".join(words), k=many, where=where)
    if found.without:
        typer.echo(f"searched by words only: {found.without}", err=True)
    if not found.sure:
        typer.echo("nothing in the bank answers this" + (" well; the nearest are:" if found.cards else ""))
    for name in found.cards:
        typer.echo(f"{name}  {known[name].question.zh if lang == 'zh' else known[name].question.en}")
    raise typer.Exit(0 if found.sure else 1)


@app.command()
def draft(
    files: Annotated[list[Path], typer.Argument(help="Note files: .txt, .md, .html, .docx or .pdf.")],
) -> None:
    """Say which questions of notes have a card, and draft cards for the others when a model is set.

    A draft waits in the data folder, is never graded against, and is never written twice.
    """
    import asyncio

    from coach.bank.notes import read_notes
    from coach.wiring import Coach

    coach = Coach()
    wanted = []
    for path in files:
        for question in read_notes(path):
            card = coach.card_for(question)
            place = f"{question.path}:{question.line}  {question.text}"
            if card is not None:
                typer.echo(f"{place}\n    card: {card}")
            elif (made := coach.drafts.made(question)) is not None:
                typer.echo(f"{place}\n    drafted before: {coach.drafts.folder / made}")
            else:
                typer.echo(f"{place}\n    no card yet")
                wanted.append(question)
    if not wanted:
        typer.echo("every question has a card or a draft")
        return
    if not coach.can_draft:
        typer.echo(f"{len(wanted)} questions have no card; set COACH_MODEL to have drafts written (docs/models.md)")
        return
    failed = asyncio.run(_write_drafts(coach, wanted))
    raise typer.Exit(1 if failed else 0)


async def _write_drafts(coach: "Coach", wanted: "list[NoteQuestion]") -> int:
    """How many of the drafts could not be written; each that could is on disk before the next is asked for."""
    from coach.errors import CoachError

    failed = 0
    for question in wanted:
        try:
            path = coach.drafts.add(question, await coach.draft(question))
            typer.echo(f"draft: {path}")
        except CoachError as error:
            failed += 1
            typer.echo(f"no draft for {question.path}:{question.line}: {error}", err=True)
    return failed


@app.command()
def accept(
    drafts: Annotated[list[Path], typer.Argument(help="Draft files that you have corrected and given sources.")],
    into: Annotated[
        Path | None, typer.Option(help="Folder of cards; your own in the data folder unless another is named.")
    ] = None,
) -> None:
    """Move reviewed drafts into the bank."""
    from coach.bank.draft import accept as accept_draft
    from coach.bank.own import OwnCards
    from coach.settings import load_settings

    settings = load_settings()
    own = OwnCards(settings.cards_dir, into or settings.own_cards_dir)
    for path in drafts:
        typer.echo(f"in the bank: {accept_draft(path, drafts=settings.drafts_dir, own=own)}")


@app.command()
def index() -> None:
    """Bring the search index up to date with the cards."""
    from coach.wiring import Coach

    coach = Coach()
    for problem in coach.problems:
        typer.echo(f"left out: {problem}", err=True)
    _ = coach.lexical  # keeps its counted terms on disk
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
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; this machine alone unless set.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    auth: Annotated[
        Path | None, typer.Option(help="File of people who may sign in. For one person set COACH_AUTH=name:password.")
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Let everybody in who reaches the address, without signing in.")
    ] = False,
    allowed_host: Annotated[
        list[str] | None, typer.Option(help="A name this server is called by, such as coach.example.org.")
    ] = None,
    add_user: Annotated[
        str | None, typer.Option(help="Ask for a password, write this person's line to FILE, and stop.")
    ] = None,
    file: Annotated[Path | None, typer.Argument(help="The file that --add-user writes to.")] = None,
) -> None:
    """Serve the page. Beyond this machine only to people who sign in, unless --open."""
    from coach.errors import SettingsError

    if add_user is not None:
        return _add_user(add_user, file)
    if file is not None:
        raise SettingsError(f"{file} without --add-user: the file of people is given with --auth")
    if auth is not None and ":" in str(auth) and not auth.exists():
        raise SettingsError(
            "--auth takes a file: a password on the command line can be read by every program of this machine."
            " Set COACH_AUTH=name:password, or make the file with coach serve --add-user NAME FILE"
        )
    from coach.settings import load_settings
    from coach.ui.launch import serve as serve_page

    names = tuple(allowed_host) if allowed_host else None
    given = {"host": host, "port": port, "auth_file": auth, "open": open_ or None, "allowed_hosts": names}
    return serve_page(load_settings().model_copy(update={name: one for name, one in given.items() if one is not None}))


def _add_user(name: str, path: Path | None) -> None:
    from coach.errors import SettingsError
    from coach.ui.people import add

    if path is None:
        raise SettingsError(f"say which file: coach serve --add-user {name} people.txt")
    password = str(typer.prompt("password", hide_input=True, confirmation_prompt=True))
    done = "changed" if add(path, name, password=password) else "added"
    typer.echo(f"{done} {name} in {path}: coach serve --auth {path}")


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
