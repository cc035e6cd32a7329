"""A session and what is told about each of its questions -> the report that page, terminal and command line show."""

from collections.abc import Callable

from coach.interview.session import Interview, critique_of
from coach.progress.export import report_markdown
from coach.schema import Session


def report(interview: Interview, session: Session, *, guard: Callable[[str], str] = str) -> str:
    """The whole session as Markdown; `guard` is applied to whatever a person or a model wrote."""
    return report_markdown(
        session, interview.cards, guard=guard, critique=lambda one: critique_of(interview, one, session.lang)
    )
