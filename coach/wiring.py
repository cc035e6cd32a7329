"""Settings -> live parts. The only place that chooses implementations."""

import contextlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from coach.errors import (
    CoachError,
    ContentError,
    IndexFault,
    ModelError,
    ModelNotConfigured,
    Problem,
    SettingsError,
    SpeakerMissing,
    TranscriberMissing,
)
from coach.schema import Card, Event, Lang, NoteQuestion, Plan, Session
from coach.settings import Settings, load_settings

if TYPE_CHECKING:
    from coach.bank.cards import CardFiles
    from coach.bank.collection import Where
    from coach.bank.draft import Drafts
    from coach.bank.embed import Embedder
    from coach.bank.glossary import Glossary
    from coach.bank.index import Index
    from coach.bank.lexical import Lexical
    from coach.bank.own import OwnCards
    from coach.bank.search import Search
    from coach.grading.bubblewrap import Bubblewrap
    from coach.grading.critic import Critic
    from coach.grading.grade import Judge
    from coach.grading.offline import Calibration, OfflineJudge
    from coach.grading.signals import Embed
    from coach.interview.follow import Wording
    from coach.interview.session import Interview
    from coach.llm.chat import Chat
    from coach.llm.cost import Prices
    from coach.progress.anki import Exported
    from coach.progress.library import SessionInfo
    from coach.progress.schedule import Attempt, Item
    from coach.progress.store import Store
    from coach.speech.heard import Misheard
    from coach.speech.recording import Recordings
    from coach.speech.speak import Speaking
    from coach.speech.transcribe import Transcriber

DAILY = 20
"""Most cards to review in a day."""


@dataclass(frozen=True)
class JudgeNotice:
    """What to tell the person about the judge at work."""

    name: str
    uses_model: bool
    sends_to: str | None
    """Host that answers are sent to; None when nothing leaves the machine."""
    warning: ModelNotConfigured | None
    """Why the model that was asked for is not used."""
    measured: tuple[int, int] | None
    """On how many criteria the judge agrees with labels, and of how many, where that was measured."""


def local_zone() -> tzinfo:
    """The time zone of this machine, in which days begin and end."""
    return datetime.now().astimezone().tzinfo or UTC


class _Bank:
    """The cards as they were read together and what is made of them: after a change all of it is made anew."""

    def __init__(self, coach: "Coach", files: "CardFiles", stamp: object) -> None:
        self.files = files
        self.stamp = stamp
        self.index: Index | None = None
        self._coach = coach

    @cached_property
    def lexical(self) -> "Lexical":
        """The bank ranked by words and concepts."""
        from coach.bank.glossary import Glossary
        from coach.bank.lexical import Lexical

        coach = self._coach
        everyday = Glossary.load(coach.settings.everyday_file)
        cache = coach.settings.data_dir / "terms.json"
        return Lexical(self.files.cards, coach.glossary, everyday=everyday, cache=cache)

    @cached_property
    def interview(self) -> "Interview":
        """The interview over these cards."""
        return self._coach.interview_over(self.files.cards)


class Coach:
    """All live parts of one process, each made when first used."""

    def __init__(self, settings: Settings | None = None, *, own: bool = True) -> None:
        """Without `own` only the shipped cards are read, as measurements need it that are to be compared."""
        self.settings = settings or load_settings()
        self._own = own
        self._opening = RLock()
        self._now: _Bank | None = None
        self._attempts: dict[str, dict[str, tuple[int, tuple[Attempt, ...]]]] = {}

    @property
    def _bank(self) -> _Bank:
        bank = self._now
        if bank is None:
            with self._opening:
                if self._now is None:
                    self._now = self._read_bank()
                bank = self._now
        return bank

    def _read_bank(self) -> _Bank:
        from coach.bank.cards import read_cards

        if not self._own:
            cache = self.settings.data_dir / "cards.json"
            return _Bank(self, read_cards(self.settings.cards_dir, cache=cache), ())
        stamp = self.own_cards.stamp()
        return _Bank(self, self.own_cards.read(caches=self.settings.data_dir), stamp)

    @property
    def cards(self) -> tuple[Card, ...]:
        """Every card that is right."""
        return self._bank.files.cards

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the card files that were left out."""
        return self._bank.files.problems

    @cached_property
    def own_cards(self) -> "OwnCards":
        """The person's own cards, over those that came with the coach."""
        from coach.bank.own import OwnCards

        return OwnCards(self.settings.cards_dir, self.settings.own_cards_dir)

    def reload(self) -> None:
        """Read the cards again; what was begun with the old ones goes on with them.

        The search index is brought up to date when it is next asked for.
        """
        with self._opening:
            fresh, before = self._read_bank(), self._now
            if before is not None and before.index is not None:
                before.index.close()
            self._now = fresh

    def refresh(self) -> bool:
        """Whether the person's own cards were written since they were read, by any process; they are read again."""
        stale = self._own and self._bank.stamp != self.own_cards.stamp()
        if stale:
            self.reload()
        return stale

    @cached_property
    def glossary(self) -> "Glossary":
        """The bilingual glossary."""
        from coach.bank.glossary import Glossary

        return Glossary.load(self.settings.glossary_file)

    @cached_property
    def _calibration(self) -> "Calibration":
        from coach.grading.offline import Calibration

        return Calibration.load(self.settings.calibration_file)

    @cached_property
    def offline_judge(self) -> "OfflineJudge":
        """The judge that needs no model."""
        from coach.grading.offline import OfflineJudge

        fitted = self._calibration.embedder == self.settings.embedder
        return OfflineJudge(self.glossary, self._calibration, embed=self.meanings if fitted else None)

    @cached_property
    def meanings(self) -> "Embed | None":
        """The configured embedder where it knows meanings; None for the built-in one."""
        return self._embedder.embed if self.settings.embedder != "lexical" else None

    @cached_property
    def _embedder(self) -> "Embedder":
        from coach.bank.embedders import make_embedder

        settings = self.settings
        return make_embedder(
            settings.embedder,
            self.glossary,
            api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else None,
            base_url=settings.embeddings_base_url or settings.openai_base_url,
        )

    @cached_property
    def _chat(self) -> "tuple[Chat | None, ModelNotConfigured | None]":
        """The chat model, and why there is none although one was asked for."""
        from coach.llm.chat import connect
        from coach.llm.vendor import PROVIDERS

        settings = self.settings
        if settings.model is None:
            return None, None
        provider = settings.model.partition(":")[0]
        ours = provider == "openai" or provider not in PROVIDERS
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key and ours else None
        try:
            chat = connect(
                settings.model,
                api_key=key,
                base_url=settings.openai_base_url if ours else None,
                budget_s=settings.model_budget_s,
                stall_s=settings.model_stall_s,
                method=settings.model_method,
                prices=self._prices,
            )
        except ModelNotConfigured as error:
            return None, error
        return chat, None

    @property
    def _prices(self) -> "Prices | None":
        from coach.llm.cost import Prices

        settings = self.settings
        if settings.price_in is None or settings.price_out is None:
            return None
        return Prices(settings.price_in, settings.price_out, settings.price_cached)

    @cached_property
    def judge(self) -> "Judge":
        """The LLM judge when a model is set and usable, else the offline judge."""
        from coach.grading.judge import LLMJudge
        from coach.llm.prompts import Template

        chat, _ = self._chat
        if chat is None:
            return self.offline_judge
        prompts = self.settings.prompts_dir
        again = self.settings.judge_second_look == "marginal"
        return LLMJudge(
            chat,
            Template.load(prompts / "judge.md"),
            second=Template.load(prompts / "judge-second.md") if again else None,
        )

    @cached_property
    def sandbox(self) -> "Bubblewrap":
        """Where candidates' code is run; it tests itself before the first run, and refuses to run any if that fails."""
        from coach.grading.bubblewrap import Bubblewrap

        return Bubblewrap()

    @cached_property
    def wording(self) -> "Wording | None":
        """The model that words probes, when there is one and it is wanted."""
        return self._wording("probe.md")

    @cached_property
    def clarifying(self) -> "Wording | None":
        """The model that answers clarifying questions, when there is one and it is wanted."""
        return self._wording("clarify.md")

    def _wording(self, prompt: str) -> "Wording | None":
        from coach.interview.follow import Wording
        from coach.llm.prompts import Template

        chat, _ = self._chat
        if chat is None or self.settings.probe_wording == "card":
            return None
        return Wording(chat, Template.load(self.settings.prompts_dir / prompt))

    @cached_property
    def critic(self) -> "Critic":
        """Who says what to do better: the model when there is one and it is wanted, else the card."""
        from coach.grading.critic import Critic
        from coach.llm.prompts import Template

        chat, _ = self._chat
        if chat is None or self.settings.critique == "card":
            return Critic(self.glossary)
        return Critic(self.glossary, chat, Template.load(self.settings.prompts_dir / "critique.md"))

    def notice(self) -> JudgeNotice:
        """What to tell the person about the judge at work."""
        from coach.grading.offline import VERSION

        chat, warning = self._chat
        measured = None
        if chat is None:
            numbers = self._calibration.measured
            measured = int(numbers["agree"]), int(numbers["criteria"])
        host = None
        if chat is not None:
            host = chat.endpoint.host
        return JudgeNotice(chat.name if chat else VERSION, chat is not None, host, warning, measured)

    @cached_property
    def store(self) -> "Store":
        """The sessions on disk."""
        from coach.progress.store import Store

        if self.settings.database_url is not None:
            return Store.connect(self.settings.database_url)
        return Store.open(self.settings.data_dir / "sessions.db")

    @cached_property
    def recordings(self) -> "Recordings":
        """What was recorded, on disk."""
        from coach.speech.recording import Recordings

        return Recordings(self.settings.recordings_dir, keep_audio=self.settings.keep_audio)

    @cached_property
    def misheard(self) -> "Misheard":
        """What speech recognisers make of our terms."""
        from coach.speech.heard import Misheard

        return Misheard.load(self.settings.misheard_file, self.glossary)

    @cached_property
    def transcriber(self) -> "Transcriber | CoachError":
        """What turns speech into words, or why there is nothing."""
        from coach.speech.transcribe import make_transcriber

        settings = self.settings
        try:
            return make_transcriber(
                settings.transcriber,
                models=settings.data_dir / "models",
                api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else None,
                base_url=settings.transcriber_base_url or settings.openai_base_url,
                budget_s=settings.transcriber_budget_s,
            )
        except (TranscriberMissing, ModelNotConfigured, SettingsError) as error:
            return error

    @cached_property
    def speaking(self) -> "Speaking":
        """Who reads the interviewer's sentences aloud; where the one asked for cannot, the browser, and why."""
        from coach.speech.speak import Speaking, make_speaker

        settings = self.settings
        try:
            speaker = make_speaker(
                settings.speaker,
                api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else None,
                base_url=settings.speaker_base_url or settings.openai_base_url,
                voice=settings.speaker_voice,
            )
        except (SpeakerMissing, ModelNotConfigured, SettingsError) as error:
            return Speaking("browser", why=error)
        if speaker is not None:
            return Speaking("server", speaker)
        return Speaking("off" if settings.speaker == "off" else "browser", voice=settings.speaker_voice)

    def delete(self, session: str) -> None:
        """Delete an interview for good, with its recordings and what the page wrote of it. Raises UnknownSession."""
        from coach.progress.erase import remove_files

        named = self.store.delete(session)
        remove_files(self.settings.recordings_dir, session, named)
        remove_files(self.settings.page_dir, session, ())

    def sessions(self, person: str | None = None) -> "Iterator[tuple[SessionInfo, Session, tuple[Event, ...]]]":
        """Every stored interview, of this person or of anybody, newest first, with its state and its events."""
        from coach.interview.session import fold

        for info in self.store.every(person=person):
            events = self.store.events(info.session)
            yield info, fold(events), events

    def deck(self, sessions: "Iterable[Session]", *, lang: Lang, path: Path) -> "Exported":
        """An Anki deck of the points that were missed in these interviews and not made in them since."""
        from functools import partial

        from coach.grading.passage import passages
        from coach.progress.anki import deck, newest

        quoting = partial(passages, glossary=self.glossary)
        cards = self.interview.cards
        return deck(newest(sessions), cards, lang=lang, path=path, passages=quoting, now=datetime.now(UTC))

    def attempts(self, person: str = "") -> "tuple[Attempt, ...]":
        """Every graded or skipped question of a person's interviews; those that did not change are not read again."""
        from coach.interview.session import fold
        from coach.progress.schedule import attempts_of

        known = self._attempts.get(person, {})
        found: dict[str, tuple[int, tuple[Attempt, ...]]] = {}
        for info in self.store.every(person=person):
            kept = known.get(info.session)
            if kept is None or kept[0] != info.events:
                events = self.store.events(info.session)
                kept = (len(events), attempts_of(fold(events), events))
            found[info.session] = kept
        self._attempts[person] = found
        return tuple(attempt for _, attempts in found.values() for attempt in attempts)

    def due(self, *, most: int = DAILY, person: str = "") -> "tuple[Item, ...]":
        """What a person is to practise today, most urgent first: cards, and points of cards, that are in the bank."""
        from coach.progress.schedule import cards_done, due

        now, zone = datetime.now(UTC), local_zone()
        attempts = self.attempts(person)
        done = cards_done(attempts, now.astimezone(zone).date(), tz=zone)
        return due(self.scheduled(attempts), now, most=most, done_today=done)

    def scheduled(self, attempts: "Iterable[Attempt]") -> "tuple[Item, ...]":
        """When cards, and points of cards, come back after these attempts: those that are in the bank."""
        from coach.progress.schedule import schedule

        points = {card.id: {one.id for one in card.criteria} for card in self.cards}
        return tuple(
            item
            for item in schedule(attempts, tz=local_zone())
            if item.card in points and (item.criterion is None or item.criterion in points[item.card])
        )

    def due_cards(self, person: str = "") -> tuple[str, ...]:
        """The cards of a person's queue of today, most urgent first."""
        return tuple(dict.fromkeys(item.card for item in self.due(person=person)))

    def index(self) -> "Index":
        """The index over the bank, built or brought up to date when first asked for."""
        from coach.bank.index import open_index

        with self._opening:
            bank = self._bank
            if bank.index is None:
                folder = self.settings.data_dir / "index"
                bank.index = open_index(folder, cards=bank.files.cards, embedder=self._embedder)
            return bank.index

    @property
    def lexical(self) -> "Lexical":
        """The bank ranked by words and concepts."""
        return self._bank.lexical

    def warm(self) -> None:
        """Make the parts that the first question and answer need, so that nobody waits for them."""
        from coach.interview.understand import understand

        _ = self.interview, self.lexical, self.due_cards(), understand("hello")
        with contextlib.suppress(ModelError):  # the first search tells the person
            self.index()

    def find(self, text: str, *, k: int, where: "Where | None" = None) -> "Search":
        """The cards for some words, best first, and whether they answer them at all.

        When the embedding model cannot be asked, words and concepts alone decide, and `Search.without` says why.
        """
        from coach.bank.collection import Where
        from coach.bank.search import search

        where = where or Where()
        while True:
            try:
                with self._opening:
                    bank = self._bank
                    index = self.index()
                return search(index, bank.lexical, text, k=k, where=where)
            except ModelError as error:
                found = search(None, bank.lexical, text, k=k, where=where)
                return found.model_copy(update={"without": str(error)})
            except IndexFault:
                if bank is self._bank:  # else the cards changed meanwhile: search the new ones
                    raise

    def card_for(self, question: NoteQuestion) -> str | None:
        """The card that answers a question of a note; None when there is none.

        Cards made from that very line of the note go first, then what search is sure of.
        """
        note = Path(question.path).name
        made = [
            card.id
            for card in self.cards
            if any((origin.note, origin.line) == (note, question.line) for origin in card.source)
        ]
        if len(made) == 1:
            return made[0]
        found = self.find(question.text, k=20)
        if made:
            return next((name for name in found.cards if name in made), made[0])
        return found.cards[0] if found.sure else None

    def search(self, plan: Plan) -> Sequence[str]:
        """Card ids for the focus of a plan, best first; none when the bank has nothing for it."""
        from coach.bank.collection import Where

        topic = plan.topics[0] if len(plan.topics) == 1 else None
        k = plan.questions if len(plan.topics) < 2 else len(self.cards)
        found = self.find(plan.focus, k=k, where=Where(company=plan.company, topic=topic))
        return found.cards if found.sure else ()

    def read_material(self, path: Path) -> str:
        """The text of slides, an abstract, a summary or a CV. Raises ContentError when the file cannot be read."""
        from coach.bank.documents import read_text

        return read_text(path).strip()

    async def draft(self, question: NoteQuestion) -> Card:
        """A draft card for a question of a note. Raises ModelError, and ModelNotConfigured without a model."""
        from coach.bank.draft import draft
        from coach.llm.prompts import Template

        chat, why = self._chat
        if chat is None:
            raise ModelNotConfigured(str(why or "no chat model is set: see COACH_MODEL in docs/models.md"))
        topics = sorted({card.topics[0] for card in self.cards})
        return await draft(chat, Template.load(self.settings.prompts_dir / "draft.md"), question, topics=topics)

    @property
    def can_draft(self) -> bool:
        """Whether there is a model to write drafts with."""
        return self._chat[0] is not None

    @property
    def drafts(self) -> "Drafts":
        """The folder of drafts."""
        from coach.bank.draft import Drafts

        return Drafts(self.settings.drafts_dir)

    def close(self) -> None:
        """Give the index and the database back; the parts are not used after this."""
        if self._now is not None and self._now.index is not None:
            self._now.index.close()
        if "store" in self.__dict__:
            self.store.close()

    @property
    def interview(self) -> "Interview":
        """The interview over the parts above."""
        return self._bank.interview

    def interview_over(self, cards: tuple[Card, ...]) -> "Interview":
        from coach.interview.session import Interview

        return Interview(
            cards={card.id: card for card in cards},
            judge=self.judge,
            log=self.store,
            search=self.search,
            wording=self.wording,
            clarifying=self.clarifying,
            now=lambda: datetime.now(UTC),
            new_id=lambda: secrets.token_hex(16),
            sandbox=self.sandbox,
            critic=self.critic,
            due=self.due_cards,
        )


def check_content(settings: Settings | None = None) -> tuple[tuple[Problem, ...], str]:
    """All problems of all content files, and a line that counts what was read."""
    from coach.bank.cards import read_cards
    from coach.bank.glossary import Glossary
    from coach.bank.own import OwnCards
    from coach.grading.offline import Calibration
    from coach.llm.prompts import load_all
    from coach.speech.heard import Misheard

    settings = settings or load_settings()
    files = OwnCards(settings.cards_dir, settings.own_cards_dir).read(notes=settings.notes_dir)
    problems = list(files.problems)
    terms = prompts = drafts = 0
    if settings.drafts_dir.is_dir():
        waiting = read_cards(settings.drafts_dir)
        drafts = len(waiting.drafts)
        problems += waiting.problems
    try:
        glossary = Glossary.load(settings.glossary_file)
        terms = len(glossary.entries)
        Misheard.load(settings.misheard_file, glossary)
    except ContentError as error:
        problems += error.problems
    try:
        Glossary.load(settings.everyday_file)
    except ContentError as error:
        problems += error.problems
    try:
        prompts = len(load_all(settings.prompts_dir))
    except ContentError as error:
        problems += error.problems
    try:
        Calibration.load(settings.calibration_file)
    except ContentError as error:
        problems += error.problems
    counts = f"{len(files.cards)} cards, {terms} glossary concepts, {prompts} prompts, {len(problems)} problems"
    if drafts:
        counts += f"; {drafts} drafts wait for a review in {settings.drafts_dir}"
    return tuple(problems), counts
