"""The named endpoints of the page's server, which are MCP tools as well: ask, grade, search, due."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal, cast

import gradio as gr
from gradio.events import api as named
from pydantic import ValidationError

from coach import single
from coach.errors import CoachError
from coach.ui.guarded import PERSON_HEADER
from coach.wiring import Coach

AT_ONCE = 32
"""Calls that may run at the same time; more are told at once that the server is busy."""


def build(coach: Coach) -> None:
    """The endpoints, inside an open `gr.Blocks`. What they return is what the command line prints with `--json`."""
    running = [0]

    async def answered(request: gr.Request, work: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """What the work returns; whatever goes wrong on purpose is said in its own words."""
        if running[0] >= AT_ONCE:
            raise _said("the server is busy: try again in a moment")
        running[0] += 1
        try:
            return _written(await work(), request)
        except ValidationError as error:
            raise _said(_faults(error)) from error
        except CoachError as error:
            raise _said(str(error)) from error
        finally:
            running[0] -= 1

    async def ask(
        request: gr.Request,
        card: str = "",
        words: str = "",
        company: str = "",
        topic: str = "",
        lang: Literal["en", "zh"] = "en",
    ) -> dict[str, Any]:
        """Get one interview question: the one to practise next, or that of a card, or the one found for some words.

        Its reference answer and rubric are not told; send the candidate's answer to `grade`. Nothing is kept.

        Args:
            card: Id of a card such as linear-models/why-linear; empty for the next one.
            words: Words to find a question for, in either language; empty for the next one.
            company: Only what this company asked, such as amazon; empty for any.
            topic: Only this topic, such as trees; empty for any.
            lang: Language of the question, en or zh.
        """
        fields = {"card": card, "words": words, "company": company or None, "topic": topic or None, "lang": lang}

        async def work() -> dict[str, Any]:
            wanted = single.Asking.model_validate(fields)
            return await asyncio.to_thread(single.question, coach, wanted, person=_person(request))

        return await answered(request, work)

    async def grade(request: gr.Request, card: str, answer: str) -> dict[str, Any]:
        """Grade an answer to a card's question: per criterion a state with the words of the answer it rests on.

        `score` is null when the answer was not graded, and `not_graded` says why. Nothing is kept.

        Args:
            card: Id of the card, as `ask` and `search` give it.
            answer: The candidate's answer, in English or Chinese, at most 20,000 characters.
        """

        async def work() -> dict[str, Any]:
            given = single.Grading.model_validate({"card": card, "answer": answer})
            _, result, critique, _ = await single.graded(coach, given)
            return single.grade_json(result, critique)

        return await answered(request, work)

    async def search(
        request: gr.Request,
        words: str,
        company: str = "",
        round: str = "",
        topic: str = "",
        kind: str = "",
        easiest: int = 1,
        hardest: int = 5,
        lang: str = "",
        many: int = 5,
    ) -> dict[str, Any]:
        """Find questions in the bank by words, best first. `sure` is false when nothing there answers the words.

        Args:
            words: What to look for, in English or Chinese.
            company: Only what this company asked, such as amazon; empty for any.
            round: Only what was asked in this round, such as phone; empty for any.
            topic: Only this topic, such as trees; empty for any.
            kind: Only cards of this kind, such as derivation; empty for any.
            easiest: Least difficulty, 1 to 5.
            hardest: Greatest difficulty, 1 to 5.
            lang: Search only the cards' en or zh text; empty for both.
            many: How many cards at most, 1 to 50.
        """
        said = {"company": company, "round": round, "topic": topic, "kind": kind, "lang": lang}
        fields = {name: value or None for name, value in said.items()}

        async def work() -> dict[str, Any]:
            numbers = {"easiest": easiest, "hardest": hardest, "many": many}
            wanted = single.Searching.model_validate({"words": words, **fields, **numbers})
            return await asyncio.to_thread(single.found_json, coach, wanted)

        return await answered(request, work)

    async def due(request: gr.Request, most: int = 20, lang: Literal["en", "zh"] = "en") -> dict[str, Any]:
        """List what is to be practised today, most urgent first, and why; of the person who is signed in.

        Args:
            most: How many at most, 1 to 200.
            lang: Language of the text, en or zh.
        """

        async def work() -> dict[str, Any]:
            wanted = single.Listing.model_validate({"most": most, "lang": lang})
            return await asyncio.to_thread(single.due_json, coach, wanted, person=_person(request))

        return await answered(request, work)

    for endpoint in (ask, grade, search, due):
        named(endpoint, api_name=endpoint.__name__, queue=False)


def _written(found: dict[str, Any], request: gr.Request) -> dict[str, Any]:
    """What an endpoint returns; to an MCP client, which gets text, as JSON. Its requests come bare from Gradio."""
    return found if isinstance(request, gr.Request) else cast(dict[str, Any], json.dumps(found, ensure_ascii=False))


def _person(request: gr.Request) -> str:
    """Who is signed in; empty where nobody has to."""
    return str(request.headers.get(PERSON_HEADER, ""))


def _faults(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


def _said(message: str) -> gr.Error:
    return gr.Error(message, print_exception=False)
