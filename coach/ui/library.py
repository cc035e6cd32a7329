"""The library page: find a question, read it, practise it; bring notes; edit cards."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

import gradio as gr

from coach.bank.collection import MAX_DIFFICULTY, Where
from coach.errors import CoachError, ContentError
from coach.faults import fault_text
from coach.interview import session as interview
from coach.schema import Card, Kind, Lang, Plan
from coach.ui.desk import PRIVATE, Desk, View, lang_of, person_of
from coach.ui.fields import says, search_row
from coach.ui.library_edit import Editing, editor, refused_html, unsaved
from coach.ui.library_notes import notes
from coach.ui.library_views import (
    UNKNOWN,
    Marks,
    answer_html,
    empty_html,
    hidden_html,
    left_out_html,
    question_html,
    results_html,
)
from coach.ui.markup import DELIMITERS
from coach.ui.pieces import told_html
from coach.ui.words import I18N
from coach.ui.words.library import KINDS, round_word, say
from coach.ui.words.topics import topic_word
from coach.wiring import Coach

LEVELS = {"": (1, MAX_DIFFICULTY), "easy": (1, 2), "medium": (3, 3), "hard": (4, 5)}
"""Choice -> least and greatest difficulty."""
PATIENCE_S = 0.6
"""After so long a search says that it is at work: the first one waits for the index."""
MOST_FOUND = 30
"""Cards that a search by words lists at most."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for."""

    words: str
    company: str
    round: str
    topic: str
    kind: str
    level: str
    lang: str
    status: str

    @property
    def where(self) -> Where:
        """The part of it that search itself knows."""
        easiest, hardest = LEVELS[self.level or ""]
        return Where(
            company=self.company or None,
            round=self.round or None,
            topic=self.topic or None,
            kind=cast(Kind, self.kind) if self.kind else None,
            easiest=easiest,
            hardest=hardest,
            lang=cast(Lang, self.lang) if self.lang else None,
        )

    def fits(self, card: Card, marks: Marks) -> bool:
        """Whether a card is among those that were asked for by what is known of the person."""
        own = card.id in (marks.own or {})
        seen = card.id in marks.scores
        return {"due": card.id in marks.due, "seen": seen, "unseen": not seen, "mine": own}.get(self.status, True)


def looked_for(coach: Coach, wanted: Wanted, marks: Marks, lang: Lang) -> tuple[tuple[Card, ...], str]:
    """The cards to list, and the line over them. It blocks."""
    bank = coach.cards
    if not wanted.words.strip():
        fitting = [card for card in bank if wanted.where.admits(card) and wanted.fits(card, marks)]
        if not fitting:
            return (), say("nothing", lang)
        count = say("one", lang) if len(fitting) == 1 else say("count", lang, n=len(fitting))
        return tuple(sorted(fitting, key=lambda card: card.id)), count
    found = coach.find(wanted.words, k=MOST_FOUND, where=wanted.where)
    known = {card.id: card for card in bank}
    cards = tuple(known[name] for name in found.cards if name in known and wanted.fits(known[name], marks))
    told = say("nothing", lang)
    if cards:
        told = say("found", lang, n=len(cards)) if found.sure else say("nearest", lang)
    return cards, f"{told} {say('by_words', lang, why=found.without)}" if found.without else told


def marks_of(coach: Coach, person: str) -> Marks:
    """What is known of a person and the cards; reads every interview of theirs the first time. It blocks."""
    seen: dict[str, int | None] = {}
    for attempt in sorted(coach.attempts(person), key=lambda one: one.at):
        seen[attempt.card] = round(100 * attempt.value) if attempt.value is not None else None
    return Marks(frozenset(coach.due_cards(person)), seen, coach.own_cards.origins())


def choices(cards: Sequence[Card], lang: Lang) -> dict[str, list[tuple[str, str]]]:
    """What each filter offers: companies, rounds, topics and kinds of the bank, by name."""
    everything = [(say("any", lang), "")]
    origins = [origin for card in cards for origin in card.source]
    companies = sorted({origin.company for origin in origins if origin.company})
    rounds = sorted({origin.round for origin in origins if origin.round and origin.round != UNKNOWN})
    topics = sorted({topic for card in cards for topic in card.topics})
    kinds = {card.kind for card in cards}
    return {
        "company": everything + [(name.title(), name) for name in companies],
        "round": everything + [(round_word(name, lang), name) for name in rounds],
        "topic": everything + sorted((topic_word(name, lang), name) for name in topics),
        "kind": everything + [(KINDS[name][lang], name) for name in get_args(Kind) if name in kinds],
    }


def build(desk: Desk) -> None:
    """The content of the page, inside the page that `shell` opened."""
    coach = desk.coach
    session_id, chosen, marks = desk.remembered(), gr.State(""), gr.State(Marks())
    go = gr.Textbox("", visible="hidden", label="go", elem_id="lib-go")
    pick = gr.Textbox("", label="pick", elem_id="lib-pick")
    told = says("lib-told")
    with gr.Tabs(selected="questions", elem_id="lib-tabs") as tabs:
        with gr.Tab(I18N("library_questions"), id="questions", render_children=True):
            search = _search()
            with gr.Row(elem_classes="lib-row-of-two"):
                with gr.Column(scale=2, min_width=300, elem_id="lib-results"):
                    listed = gr.Markdown("", latex_delimiters=DELIMITERS, elem_id="lib-list")
                    left_out = gr.HTML("", elem_id="lib-left-out")
                with gr.Column(scale=3, min_width=320, elem_id="lib-one"):
                    reader = _reader()
        with gr.Tab(I18N("library_notes"), id="notes", render_children=True):
            imported = notes(desk)
        with gr.Tab(I18N("library_edit"), id="edit", render_children=True):
            desk_editor, changing, edit_told = editor(desk)

    def card_view(name: str, lang: Lang, known: Marks, shows: bool) -> View:
        card = next((one for one in coach.cards if one.id == name), None)
        if card is None:
            text = say("gone", lang, name=name) if name else say("choose", lang)
            return {chosen: "", reader.room: gr.update(visible=False), reader.told: told_html(text, bad=bool(name))}
        return {
            chosen: name,
            reader.room: gr.update(visible=True),
            reader.told: "",
            reader.question: question_html(card, lang, known),
            reader.answer: answer_html(card, lang) if shows else hidden_html(lang),
        }

    async def list_view(wanted: Wanted, known: Marks, name: str, lang: Lang) -> View:
        if not coach.cards:
            shown = empty_html(lang, str(coach.settings.cards_dir))
        else:
            cards, line = await asyncio.to_thread(looked_for, coach, wanted, known, lang)
            shown = results_html(cards, lang, known, told=line, chosen=name)
        own = {str(coach.settings.own_cards_dir / f"{one}.yaml"): one for one in known.own or {}}
        return {listed: shown, left_out: left_out_html(coach.problems, lang, own=own)}

    def offers(lang: Lang) -> View:
        return {search.parts[key]: gr.update(choices=names) for key, names in choices(coach.cards, lang).items()}

    def wanted_of(given: View) -> Wanted:
        return Wanted(*(given[one] or "" for one in fields))

    async def on_find(given: View, request: gr.Request) -> AsyncIterator[View]:
        lang = lang_of(request)
        work = asyncio.ensure_future(list_view(wanted_of(given), given[marks], given[chosen], lang))
        done, _ = await asyncio.wait([work], timeout=PATIENCE_S)
        if not done:
            yield {told: told_html(say("searching", lang))}
        try:
            yield {told: "", **await work}
        except CoachError as error:
            yield {told: told_html(fault_text(error, lang), bad=True)}

    async def on_again(request: gr.Request) -> View:
        """What is known of the person, the drafts, and what the filters offer, after they may have changed.

        It takes seconds where much was practised, and the reader goes on meanwhile: it leaves the card and the list
        alone, which are drawn after it from what is chosen by then.
        """
        lang = lang_of(request)
        try:
            known = await asyncio.to_thread(marks_of, coach, person_of(request))
        except CoachError as error:
            return {told: told_html(fault_text(error, lang), bad=True)}
        return {marks: known, **offers(lang), **await imported.view(lang)}

    async def on_list(given: View, request: gr.Request) -> View:
        """The list once more, with no word about it unless something stands in the way."""
        lang = lang_of(request)
        try:
            return await list_view(wanted_of(given), given[marks], given[chosen], lang)
        except CoachError as error:
            return {told: told_html(fault_text(error, lang), bad=True)}

    async def on_open(request: gr.Request) -> View:
        lang = lang_of(request)
        asked = request.query_params
        name = str(asked.get("card") or "")
        await asyncio.to_thread(coach.refresh)
        view = await list_view(Wanted(*[""] * 8), Marks(), name, lang)
        try:
            view |= await opened(asked, lang)
        except ContentError as error:
            view |= {told: refused_html(error, lang, key="shut"), **desk_editor.closed(lang)}
        return {reader.lang: lang, **offers(lang), **view, **card_view(name, lang, Marks(), False)}

    async def opened(asked: Any, lang: Lang) -> View:
        """The editor as the address of the page asks for it."""
        for kind in ("draft", "edit"):
            if asked.get(kind):
                opening = await desk_editor.open("draft" if kind == "draft" else "card", str(asked[kind]), lang)
                return {tabs: gr.Tabs(selected="edit"), **opening}
        return desk_editor.closed(lang)

    async def on_pick(wish: str, known: Marks, now: Editing | None, text: str, request: gr.Request) -> View:
        lang, (kind, _, name) = lang_of(request), wish.partition("#")[0].partition(":")
        try:
            if kind == "card":
                view = card_view(name, lang, known, False)
                return {told: "", tabs: gr.Tabs(selected="questions"), reader.shows: False, **view}
            return await editing(kind if kind == "draft" else "card", name, now, text, lang)
        except ContentError as error:
            return {told: refused_html(error, lang, key="shut")}

    async def editing(kind: str, name: str, now: Editing | None, text: str, lang: Lang) -> View:
        if now is not None and unsaved(now, text, kind, name):
            said = told_html(say("unsaved", lang, name=now.called(lang)), bad=True)
            return {tabs: gr.Tabs(selected="edit"), edit_told: said}
        if now is not None and (now.kind, now.name) == (kind, name):
            return {tabs: gr.Tabs(selected="edit")}
        return {tabs: gr.Tabs(selected="edit"), told: "", **await desk_editor.open(kind, name, lang)}

    async def on_change(name: str, now: Editing | None, text: str, request: gr.Request) -> View:
        lang = lang_of(request)
        try:
            return await editing("card", name, now, text, lang)
        except ContentError as error:
            return {told: refused_html(error, lang, key="shut")}

    def on_show(name: str, known: Marks, shows: bool, request: gr.Request) -> View:
        return card_view(name, lang_of(request), known, shows)

    async def on_practise(name: str, asked: Lang, request: gr.Request) -> View:
        lang, plan = lang_of(request), Plan(lang=asked, only=(name,), questions=1, seed=secrets.randbelow(2**31))
        try:
            state = await interview.start(coach.interview, plan, person=person_of(request))
        except CoachError as error:
            return {reader.told: told_html(say("practise_fail", lang, why=fault_text(error, lang)), bad=True), go: ""}
        return {session_id: state.id, go: f"./?{state.id[:8]}"}

    card_parts = [chosen, reader.room, reader.told, reader.question, reader.answer]
    edit_parts = list(desk_editor.outputs)
    lists = [listed, left_out]
    known_parts = [told, marks, *search.parts.values(), imported.head, imported.drafts]
    filters = [*search.parts.values(), search.level, search.lang, search.status]
    fields = [search.words, *filters]
    finding = {"inputs": {*fields, marks, chosen}, "outputs": [told, *lists], **PRIVATE}
    showing = {"inputs": [chosen, marks, reader.shows], "outputs": card_parts, "trigger_mode": "always_last", **PRIVATE}

    def drawn_after(event: Any) -> None:
        """The page anew after an event that may have changed cards, drafts or what is known of the person."""
        known = event.then(on_again, outputs=known_parts, **PRIVATE)
        known.then(on_show, **showing).then(on_list, trigger_mode="always_last", **finding)

    opening = [told, tabs, reader.lang, *search.parts.values(), *lists, *card_parts, *edit_parts]
    loaded = desk.blocks.load(on_open, outputs=opening, **PRIVATE)
    drawn_after(loaded)
    for trigger in (search.words.submit, search.find.click, *(one.input for one in filters)):
        trigger(on_find, trigger_mode="always_last", **finding)
    picked = pick.change(
        on_pick,
        inputs=[pick, marks, desk_editor.editing, desk_editor.code],
        outputs=[told, tabs, reader.shows, *card_parts, *edit_parts],
        **PRIVATE,
    )
    picked.then(None, inputs=[pick], js="(wish) => libraryShow(wish)", **PRIVATE)
    reader.shows.input(on_show, **showing)
    reader.change.click(
        on_change,
        inputs=[chosen, desk_editor.editing, desk_editor.code],
        outputs=[told, tabs, *edit_parts],
        **PRIVATE,
    )
    started = reader.practise.click(
        on_practise,
        inputs=[chosen, reader.lang],
        outputs=[session_id, go, reader.told],
        trigger_mode="once",
        **PRIVATE,
    )
    started.then(None, inputs=[go], js="(to) => libraryGo(to)", **PRIVATE)
    for changed in changing:
        drawn_after(changed)


@dataclass(frozen=True)
class _Search:
    """The words and the filters."""

    words: gr.Textbox
    find: gr.Button
    parts: dict[str, gr.Dropdown]
    """The filters whose choices are the bank's."""
    level: gr.Dropdown
    lang: gr.Dropdown
    status: gr.Dropdown


def _search() -> _Search:
    words, find = search_row("library", "lib", most=500, variant="primary", scale=0, min_width=120)
    with gr.Row(elem_id="lib-filters"):
        parts = {key: _dropdown(key, {"": "any"}) for key in ("company", "round", "topic", "kind")}
        level = _dropdown("level", {"": "any", "easy": "easy", "medium": "medium", "hard": "hard"})
        lang = gr.Dropdown(
            [(I18N("library_both"), ""), ("English", "en"), ("中文", "zh")],
            value="",
            label=I18N("library_language"),
            min_width=130,
            elem_id="lib-language",
        )
        status = _dropdown("status", {"": "any", "due": "due", "unseen": "unseen", "seen": "seen", "mine": "mine"})
    return _Search(words, find, parts, level, lang, status)


def _dropdown(name: str, options: dict[str, str]) -> gr.Dropdown:
    offered = [(I18N(f"library_{word}"), value) for value, word in options.items()]
    return gr.Dropdown(offered, value="", label=I18N(f"library_{name}"), min_width=130, elem_id=f"lib-{name}")


@dataclass(frozen=True)
class _Reader:
    """The card that is read."""

    told: gr.HTML
    room: gr.Column
    question: gr.Markdown
    answer: gr.Markdown
    lang: gr.Radio
    shows: gr.Checkbox
    practise: gr.Button
    change: gr.Button


def _reader() -> _Reader:
    told = says("lib-read-told")
    with gr.Column(visible=False, elem_id="lib-card") as room:
        question = gr.Markdown("", latex_delimiters=DELIMITERS, elem_id="lib-question")
        with gr.Row(elem_classes="lib-buttons", elem_id="lib-do"):
            practise = gr.Button(I18N("library_practise"), variant="primary", min_width=160, elem_id="lib-practise")
            lang = gr.Radio(
                [("English", "en"), ("中文", "zh")],
                value="en",
                label=I18N("library_practise_lang"),
                min_width=190,
                elem_id="lib-practise-lang",
            )
            change = gr.Button(I18N("library_change"), min_width=130, elem_id="lib-change")
        shows = gr.Checkbox(False, label=I18N("library_show"), elem_id="lib-show")
        answer = gr.Markdown("", latex_delimiters=DELIMITERS, elem_id="lib-answer")
    return _Reader(told, room, question, answer, lang, shows, practise, change)
