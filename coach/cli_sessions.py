"""`coach sessions …`, `coach export`, `coach due` and `coach progress`: what was practised, and what comes next."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coach.schema import Lang, Session
    from coach.wiring import Coach

sessions = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Past interviews: list, show, regrade, delete."
)
SESSION = typer.Argument(help="Id of the interview, or the beginning of it; the newest when left out.")


@sessions.command("list")
def list_(
    words: Annotated[list[str] | None, typer.Argument(help="Only those that hold all of these words.")] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
) -> None:
    """List interviews, the newest first."""
    for info in _coach().store.list(search=" ".join(words or []), most=most):
        score = "" if info.score is None else f", last score {round(100 * info.score)} %"
        state = "" if info.ended_at is not None else ", not finished"
        typer.echo(
            f"{info.session[:8]}  {info.updated_at:%Y-%m-%d %H:%M}  [{info.format}, {info.questions} questions,"
            f" {info.answers} answers{score}{state}]  {info.title}"
        )


@sessions.command()
def show(session: Annotated[str | None, SESSION] = None) -> None:
    """Print the report of an interview as Markdown. An exam's only once it is over."""
    from coach.interview.report import report

    coach = _coach()
    typer.echo(report(coach.interview, _finished(_found(coach, session))))


@sessions.command()
def rename(session: Annotated[str, SESSION], title: Annotated[str, typer.Argument(help="The new title.")]) -> None:
    """Give an interview another title."""
    coach = _coach()
    coach.store.rename(_found(coach, session).id, title)


@sessions.command()
def delete(
    session: Annotated[str, typer.Argument(help="Id of the interview, or the beginning of it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an interview and everything recorded in it, for good."""
    coach = _coach()
    one = _found(coach, session)
    if not yes and not typer.confirm(f"delete {one.id[:8]} of {one.started_at:%Y-%m-%d} for good?"):
        raise typer.Exit(1)
    coach.delete(one.id)
    typer.echo(f"deleted {one.id[:8]}")


@sessions.command()
def copy(
    to: Annotated[
        str | None, typer.Option(help="Address of the database; COACH_DATABASE_URL when left out.", metavar="URL")
    ] = None,
) -> None:
    """Copy every interview from the file in the data folder to another database; nothing is deleted here."""
    from contextlib import closing

    from coach.errors import CoachError
    from coach.progress.copy import copied
    from coach.progress.store import Store
    from coach.settings import load_settings

    settings = load_settings()
    path, url = settings.data_dir / "sessions.db", to or settings.database_url
    if url is None:
        raise CoachError("where to? give --to postgresql+psycopg://user:password@host/database")
    if not path.exists():
        raise CoachError(f"{path}: there is no interview to copy")
    with closing(Store.open(path)) as source, closing(Store.connect(url)) as target:
        done = [new for _, new in copied(source, target)]
    typer.echo(f"copied {sum(done)} interviews, {len(done) - sum(done)} were there already; {path} is as it was")


@sessions.command()
def regrade(session: Annotated[str | None, SESSION] = None) -> None:
    """Grade every answer of an interview again with the judge that is set now; earlier grades stay stored."""
    import asyncio

    from coach.interview.session import regrade_all

    coach = _coach()
    one = _finished(_found(coach, session))
    again = asyncio.run(regrade_all(coach.interview, one))
    for number, (old, new) in enumerate(zip(one.rounds, again.rounds, strict=True), start=1):
        if new.grade is not None:
            was, now = (
                f"{round(100 * grade.score.value)} %" if grade is not None and grade.score is not None else "not graded"
                for grade in (old.grade, new.grade)
            )
            typer.echo(f"{number}. {new.card}: {was} -> {now} ({new.grade.judge.name})")


def export(
    session: Annotated[str | None, SESSION] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All events, one JSON line each.")] = False,
    anki: Annotated[
        Path | None, typer.Option(help="Write an Anki deck of every missed point of all interviews to this file.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the Anki notes: en or zh.")] = "en",
    disputes: Annotated[
        bool, typer.Option("--disputes", help="Print every disputed grade as a labelled case for `python -m evals`.")
    ] = False,
) -> None:
    """Print an interview as Markdown, or write what was missed or disputed for other programs."""
    from coach.interview.report import report

    coach = _coach()
    if anki is not None:
        return _export_anki(coach, anki, lang)
    if disputes:
        return _export_disputes(coach)
    one = _finished(_found(coach, session))
    if as_json:
        for event in coach.store.events(one.id):
            typer.echo(event.model_dump_json())
        return None
    return typer.echo(report(coach.interview, one))


def _export_anki(coach: "Coach", path: Path, lang: str) -> None:
    done = coach.deck((state for _, state, _ in coach.sessions()), lang=_lang(lang), path=path)
    if not done.notes:
        typer.echo("no point is open: nothing was written")
    else:
        typer.echo(f"{done.notes} notes in {path}; import the file again at any time, notes are updated")
    _leave_out(done.gone)


def _export_disputes(coach: "Coach") -> None:
    from coach.progress.disputes import line, of_session

    for _, state, events in coach.sessions():
        made, gone = of_session(state, events, coach.interview.cards)
        for case in made:
            typer.echo(line(case))
        _leave_out(gone)


def _leave_out(gone: "Iterable[str]") -> None:
    for name in gone:
        typer.echo(f"left out: {name} is no longer in the bank", err=True)


def due(
    most: Annotated[int, typer.Option(min=1, max=200, help="At most so many questions.")] = 20,
    lang: Annotated[str, typer.Option(help="Language: en or zh.")] = "en",
) -> None:
    """List what is to be practised today. `coach chat --format review` asks it."""
    coach = _coach()
    cards = {card.id: card for card in coach.cards}
    queue = coach.due(most=most)
    for item in queue:
        point = f" · {cards[item.card].criterion(item.criterion).says.text(_lang(lang))}" if item.criterion else ""
        typer.echo(f"{item.card}{point}\n    {item.why.text(_lang(lang))}")
    typer.echo(f"{len({item.card for item in queue})} questions are due: coach chat --format review", err=True)


def progress(
    as_json: Annotated[bool, typer.Option("--json", help="Every figure as JSON.")] = False,
) -> None:
    """Print how it goes: per topic, the points missed most, self-rating against scores, time, days in a row."""
    from datetime import UTC, datetime

    from coach.progress.stats import progress as figures
    from coach.wiring import local_zone

    coach = _coach()
    topics = {card.id: card.topics[:1] for card in coach.cards}
    got = figures(coach.attempts(), topics, now=datetime.now(UTC), tz=local_zone())
    if as_json:
        return typer.echo(got.model_dump_json(indent=2))
    for topic in got.topics:
        mean = "not graded" if topic.mean is None else f"mean {round(100 * topic.mean)} %"
        slope = "" if topic.slope is None else f", {100 * topic.slope:+.1f} points per attempt"
        typer.echo(f"{topic.topic}: {topic.n} attempts, {mean}{slope}")
    for point in sorted(got.criteria, key=lambda one: one.met - one.n)[:5]:
        if point.met < point.n:
            typer.echo(f"missed {point.n - point.met} of {point.n} times: {point.card}#{point.criterion}")
    rated = got.self_rating
    if rated.bias is not None:
        typer.echo(f"your own marks lie {100 * rated.bias:+.0f} points off the scores on average ({rated.n} answers)")
    return typer.echo(f"{got.n} attempts, {got.streak.days} days in a row")


def _coach() -> "Coach":
    from coach.wiring import Coach

    return Coach()


def _lang(name: str) -> "Lang":
    from typing import cast, get_args

    from coach.errors import CoachError
    from coach.schema import Lang

    if name not in get_args(Lang):
        raise CoachError(f"--lang is {name!r}; it takes en or zh")
    return cast(Lang, name)


def _found(coach: "Coach", beginning: str | None) -> "Session":
    """The interview whose id begins so. Raises UnknownSession, and CoachError when several do."""
    from coach.errors import CoachError, UnknownSession
    from coach.interview.session import fold

    if beginning is None:
        beginning = coach.store.latest()
        if beginning is None:
            raise UnknownSession("there is no interview yet: coach chat")
    found = [info.session for info in coach.store.every() if info.session.startswith(beginning)]
    if not found:
        raise UnknownSession(f"no interview's id begins with {beginning!r}: coach sessions list")
    if len(found) > 1:
        raise CoachError(f"{len(found)} interviews begin with {beginning!r}: give more of the id")
    return fold(coach.store.events(found[0]))


def _finished(one: "Session") -> "Session":
    """The interview, unless it is an exam that goes on."""
    from coach.errors import CoachError

    if one.exam_on:
        raise CoachError("this exam is not over, so nothing is told yet: coach chat --resume")
    return one
