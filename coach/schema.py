"""Records shared by all parts. Frozen, closed, and free of I/O; imports nothing of ours.

`None` means unknown. Times are aware UTC datetimes. Character offsets count Python characters.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = get_args(Lang)
Kind = Literal["concept", "derivation", "coding", "project", "design", "presentation", "behavioural"]
KINDS: tuple[Kind, ...] = get_args(Kind)
State = Literal["met", "partly", "missed", "contradicted", "not_graded"]
STATES: tuple[State, ...] = get_args(State)
Band = Literal["strong", "good", "fair", "weak"]
Flag = Literal["hidden_text", "addresses_the_judge"]

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
CardId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$")]


def _has_no_repeats(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise ValueError(f"repeated entries in {values!r}: keep each one once")
    return values


Phrases = Annotated[tuple[Text, ...], Field(min_length=1), AfterValidator(_has_no_repeats)]


class Record(BaseModel):
    """Base of every record: immutable, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(Record):
    """One text in both languages."""

    en: Text
    zh: Text

    def text(self, lang: Lang) -> str:
        """The text in `lang`."""
        return self.zh if lang == "zh" else self.en


class BilingualPhrases(Record):
    """Several short statements in both languages."""

    en: Phrases
    zh: Phrases

    def all(self) -> tuple[str, ...]:
        """Both languages, English first."""
        return self.en + self.zh

    def of(self, lang: Lang) -> tuple[str, ...]:
        """Those in `lang`."""
        return self.zh if lang == "zh" else self.en


# --- what is asked -------------------------------------------------------------------------


class Criterion(Record):
    """One thing a good answer says, worth `weight` points."""

    id: Slug
    weight: Annotated[int, Field(ge=1, le=5)]
    required: bool = False
    """Without it the band is capped, whatever the sum."""
    says: Bilingual
    """What the candidate says, as one full sentence; shown in the scorecard."""
    accept: BilingualPhrases
    """Shortest wordings that prove the point, each in other words; the offline judge matches these."""
    probe: Bilingual
    """A follow-up question that aims at this point without giving it away."""
    said_as: BilingualPhrases | None = None
    """Whole statements in which candidates make the point, in everyday words; the offline judge learns from them."""
    wrong_as: BilingualPhrases | None = None
    """Statements in much the same words that are wrong or the reverse."""


class Misconception(Record):
    """A wrong statement candidates make, with its correction."""

    id: Slug
    says: BilingualPhrases
    """Shortest wordings of the wrong claim, in the candidate's voice."""
    correction: Bilingual
    penalty: Annotated[int, Field(ge=0, le=3)] = 1
    """Points taken off when it is stated."""
    contradicts: Slug | None = None
    """The criterion that cannot be met by somebody who states this."""
    said_as: BilingualPhrases | None = None
    """Whole statements in which candidates make the wrong claim."""


class Provenance(Record):
    """Where in the notes a question comes from."""

    note: Text
    """File name under `knowledge/notes/`."""
    line: Annotated[int, Field(ge=1)]
    row: Text | None = None
    """Id of the row in the list of note questions that this card covers."""
    company: Slug | None = None
    round: Slug | None = None


class Step(Record):
    """One step of a derivation."""

    id: Slug
    latex: Text
    """The formula reached, without dollar signs: a statement with a relation in it, so that it can be checked."""
    why: Bilingual
    """What is done to get here, and why it may be done."""
    criterion: Slug | None = None
    """The criterion this step belongs to, if any."""


class Check(Record):
    """One test of a coding task: Python statements that raise when the candidate's code is wrong."""

    id: Slug
    code: Text
    """Runs in the namespace of the candidate's module; asserts what must hold."""


class WrongSolution(Record):
    """A plausible solution with one mistake, to prove that the tests find it."""

    id: Slug
    because: Bilingual
    """What is wrong with it."""
    code: Text
    fails: Annotated[tuple[Slug, ...], Field(min_length=1), AfterValidator(_has_no_repeats)]
    """Exactly the checks that find the mistake."""
    error: Text = "AssertionError"
    """Class name of the exception that the first of these checks ends in."""


class Coding(Record):
    """A task to be solved in Python 3.11 with its standard library and NumPy."""

    task: Bilingual
    """What to write: signature, inputs with shapes and units, output, limits, errors. Markdown."""
    entry: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    """Name of the function or class that the checks use."""
    starter: Text
    solution: Text
    """A reference that passes every check."""
    visible: Annotated[tuple[Check, ...], Field(min_length=1)]
    """Shown to the candidate, and run at wish."""
    hidden: Annotated[tuple[Check, ...], Field(min_length=2)]
    """Never shown."""
    wrong: Annotated[tuple[WrongSolution, ...], Field(min_length=3)]
    cost: Bilingual
    """Time and memory of the solution in O-notation; the answer to the question that follows the code."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """Visible checks first, then hidden ones."""
        return self.visible + self.hidden


class Card(Record):
    """One interview question with everything needed to ask and grade it."""

    id: CardId
    """`<topic>/<slug>`, the path of its file under `knowledge/cards/` without the ending."""
    kind: Kind
    topics: Annotated[tuple[Slug, ...], Field(min_length=1), AfterValidator(_has_no_repeats)]
    """The first is the folder the card lives in."""
    difficulty: Annotated[int, Field(ge=1, le=5)]
    source: tuple[Provenance, ...] = ()
    question: Bilingual
    asked_as: BilingualPhrases | None = None
    """Other ways in which people put this question; searched, and not part of any grade."""
    reference: Bilingual
    """A full answer as a very good candidate would give it; Markdown with LaTeX in `$…$` and `$$…$$`."""
    steps: tuple[Step, ...] = ()
    """The formulas of a derivation, in order; at least three on a derivation card."""
    coding: Coding | None = None
    """The task and its tests, on a coding card."""
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=4, max_length=8)]
    hints: Annotated[tuple[Bilingual, ...], Field(min_length=3, max_length=3)]
    """Three rungs: where to look, which idea, nearly the answer."""
    misconceptions: Annotated[tuple[Misconception, ...], Field(min_length=1)]
    followups: tuple[Bilingual, ...] = ()
    """Deeper questions an interviewer may go on to."""
    references: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Primary sources."""
    draft: bool = False
    """Written by a model and not reviewed yet: never asked, and never graded against."""

    def phrasings(self, lang: Lang) -> tuple[str, ...]:
        """Every way in which its question is put in a language; the first is the question itself."""
        others = self.asked_as.of(lang) if self.asked_as is not None else ()
        return (self.question.text(lang), *others)

    def asks(self, lang: Lang) -> str:
        """What is put to the candidate: the question, and for a coding card the task and the code to start from."""
        if self.coding is None:
            return self.question.text(lang)
        starter = f"```python\n{self.coding.starter.rstrip()}\n```"
        return f"{self.question.text(lang)}\n\n{self.coding.task.text(lang)}\n\n{starter}"

    @property
    def personal(self) -> bool:
        """Whether it asks for the candidate's own story; its reference is then somebody else's, as an example."""
        return self.kind in {"behavioural", "project", "presentation"}

    @property
    def points(self) -> int:
        """The sum of all weights."""
        return sum(criterion.weight for criterion in self.criteria)

    @property
    def labels(self) -> tuple[str, ...]:
        """Its name and topics in words, to search by."""
        return tuple(label.replace("-", " ") for label in (self.id.split("/")[1], *self.topics))

    @cached_property
    def fingerprint(self) -> str:
        """First 16 hex digits of a hash over the whole card; changes when anything in it changes."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The card with `update`, and a fingerprint of its own."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("fingerprint", None)
        return copy

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion of that id. Raises KeyError when there is none."""
        for criterion in self.criteria:
            if criterion.id == criterion_id:
                return criterion
        raise KeyError(criterion_id)


class NoteQuestion(Record):
    """One question found in a note."""

    text: Text
    path: Text
    line: Annotated[int, Field(ge=1)]
    lang: Lang
    company: Slug | None
    round: Slug | None
    number: str | None
    """Its list number as written, with those of its parents: `2.1`; None outside a list."""


# --- what is said and judged ---------------------------------------------------------------

AnswerSource = Literal["typed", "spoken", "code"]


class Utterance(Record):
    """One message of the candidate's on the current question."""

    turn: Annotated[int, Field(ge=0)]
    """0 for the first answer, then one more for each answer to a probe."""
    text: str


class Quote(Record):
    """Words of the candidate's that a judge points at, before they are checked."""

    turn: Annotated[int, Field(ge=0)]
    text: str


class Likelihood(Record):
    """How likely a judge holds two of the states of a criterion to be; what is left is for neither."""

    met: Annotated[float, Field(ge=0, le=1)]
    partly: Annotated[float, Field(ge=0, le=1)]


class Claim(Record):
    """What a judge says of one criterion, before its quotes are checked."""

    criterion: Slug
    state: State
    quotes: tuple[Quote, ...] = ()
    reason: str = ""
    likelihood: Likelihood | None = None
    """None from a judge that does not say how sure it is."""


class MisconceptionClaim(Record):
    """A judge's claim that a listed misconception was stated, before its quotes are checked."""

    misconception: Slug
    quotes: tuple[Quote, ...]


class JudgeInfo(Record):
    """Which judge was at work, and what it cost."""

    judge: Literal["offline", "llm"]
    name: str
    """The model's name, or the version of the offline judge."""
    prompt: str | None = None
    """Fingerprint of prompt and reply schema together."""
    calls: int = 0
    tokens_in: int | None = None
    """Over all requests; None when one of them did not say."""
    tokens_cached: int | None = None
    """The part of `tokens_in` that the provider read from its cache; None when it did not say."""
    tokens_out: int | None = None
    cost_usd: float | None = None
    """By the prices the person set; None without them, never 0."""
    repaired: bool = False
    looks: Annotated[int, Field(ge=1, le=2)] = 1
    """2 when doubtful verdicts were asked about a second time."""
    second_look_failed: str | None = None
    """Why a second look that was due gave nothing; the first verdicts stand."""


class Opinion(Record):
    """All that a judge says about one answer, before evidence and arithmetic."""

    claims: tuple[Claim, ...]
    misconceptions: tuple[MisconceptionClaim, ...] = ()
    judge: JudgeInfo


class Evidence(Record):
    """A quote found in the candidate's words."""

    turn: Annotated[int, Field(ge=0)]
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    """Character offsets into that turn's text, end exclusive."""
    text: str
    """Exactly `text[start:end]` of that turn."""
    match: Literal["exact", "near"]


class Verdict(Record):
    """The state of one criterion, with the evidence it rests on."""

    criterion: Slug
    state: State
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    downgraded_from: State | None = None
    """Set when the judge said more than its quotes support."""
    downgraded_for: Literal["no_quote", "not_found", "repeats"] | None = None
    """What the quotes lacked: there were none, none stands in the answer, or they only repeat the interviewer."""
    likelihood: Likelihood | None = None
    """As the judge gave it, before its quotes were checked."""


class Stated(Record):
    """A listed misconception that the candidate stated, with the evidence."""

    misconception: Slug
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]


class ScoreLine(Record):
    """One summand of the score."""

    label: Slug
    points: float
    """Negative for a stated misconception and for hints."""
    of: float
    """The weight; 0 for a misconception and for hints."""


class Score(Record):
    """Points, added up by code."""

    points: float
    of: float
    value: Annotated[float, Field(ge=0, le=1)]
    band: Band
    lines: tuple[ScoreLine, ...]
    capped_by: tuple[Slug, ...] = ()
    """What is not met and so holds the band down: required criteria, and `code-tests` when a test fails."""


class NotGraded(Record):
    """Why there is no grade. Never a zero."""

    code: str
    message: str


class WrongStep(Record):
    """A formula that contradicts a step of a derivation."""

    step: Slug
    wanted: str
    said: str
    start: int
    end: int
    """Offsets into what was read."""
    why: str


class StepReport(Record):
    """How far a derivation got."""

    reached: tuple[Slug, ...]
    """The steps whose formula was written, in the order of the derivation."""
    wrong: WrongStep | None
    """The first formula that contradicts a step and was not put right later; None when none does."""


class CheckResult(Record):
    """What one check said of the candidate's code."""

    id: Slug
    passed: bool
    error: str | None = None
    """Class name of the exception it ended in, or `timeout`, `memory`, `exit` or `tampered`; None when it passed."""
    message: str = ""
    """The exception's text; empty for a hidden check."""


class CodeRun(Record):
    """What the checks of a coding card said; of hidden ones only how many passed."""

    visible: tuple[CheckResult, ...]
    hidden: Annotated[int, Field(ge=0)]
    hidden_passed: Annotated[int, Field(ge=0)]
    stopped: Literal["timeout", "memory"] | None = None
    """Set when the whole run was ended early; the checks that were left have failed."""
    output: str = ""
    """What the visible checks printed, cut short."""
    seconds: float

    @property
    def share(self) -> float:
        """Share of all checks that passed, in [0, 1]."""
        return (sum(one.passed for one in self.visible) + self.hidden_passed) / (len(self.visible) + self.hidden)


class Grade(Record):
    """Verdicts, score and how they came about; or the reason why there is no grade."""

    card: CardId
    card_hash: str
    verdicts: tuple[Verdict, ...]
    misconceptions: tuple[Stated, ...] = ()
    score: Score | None
    not_graded: NotGraded | None = None
    judge: JudgeInfo
    code: CodeRun | None = None
    """What the tests of a coding card said; None on other cards, without code, and when it was not run."""
    code_refused: str | None = None
    """Why the candidate's code was not run; the score then has no tests in it."""
    steps: StepReport | None = None
    """Which formulas of a derivation were written, and where it first goes wrong; changes no points."""
    hints: Annotated[int, Field(ge=0)] = 0
    """Hints shown before the grade."""
    flags: tuple[Flag, ...] = ()
    """What a person should look at in the answer; changes no score."""


# --- what is told to the candidate afterwards ----------------------------------------------

PointKind = Literal["covered", "partly", "missing", "wrong"]
Maker = Literal["card", "model"]


class Passage(Record):
    """A passage of a card's reference answer, in one language."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    """Character offsets into the reference, end exclusive."""
    text: str
    """That passage with the line breaks of the wrapped source taken out."""
    overlap: Annotated[float, Field(ge=0)]
    """How much of the point it names; near 0 means that the reference hardly states the point."""


class CritiquePoint(Record):
    """One criterion or stated misconception, with the candidate's words and the reference's."""

    point: Slug
    kind: PointKind
    evidence: tuple[Evidence, ...] = ()
    """The candidate's words, as they were checked for the grade."""
    passage: Passage


class Sentence(Record):
    """One sentence of a stronger answer, and whose words it is made of."""

    text: Text
    source: Literal["candidate", "reference", "blank"]
    point: Slug | None = None
    """The criterion or misconception it is there for; None for words that only carry the answer."""


class Stronger(Record):
    """The candidate's own answer, made stronger."""

    sentences: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    made_by: Maker

    @property
    def text(self) -> str:
        """The whole of it, without marks of who said what."""
        return "\n".join(sentence.text for sentence in self.sentences)

    @property
    def blanks(self) -> tuple[str, ...]:
        """What only the candidate can fill in."""
        return tuple(sentence.text for sentence in self.sentences if sentence.source == "blank")


class Critique(Record):
    """What a candidate is told about a graded answer, in the language of the answer."""

    lang: Lang
    verdict: Text
    """One sentence: band, percent, and what decides them."""
    points: tuple[CritiquePoint, ...]
    fix: Text | None
    """The one thing to do next; None when nothing is missing."""
    fix_passage: Passage | None = None
    stronger: Stronger
    source: Maker
    fallback: str | None = None
    """Why the card's critique is shown although a model was asked: its error code, or what its text did wrong."""
    left_out: Annotated[int, Field(ge=0)] = 0
    """Sentences of the candidate's that no point rests on and that the stronger answer does without."""
    asked: JudgeInfo | None = None
    """The model that was asked, and what it cost; None when none was."""


# --- the interview as events ---------------------------------------------------------------


FormatName = Literal[
    "free", "breadth", "phone", "depth", "project", "coding", "problem", "behavioural", "review", "loop"
]
"""How an interview is held; what each one is stands in `coach/interview/rounds.py`. *free* asks whatever fits."""
Mode = Literal["practice", "exam"]
"""*exam*: a clock, no hints, and nothing is told before the end."""
RequestKind = Literal["repeat", "rephrase", "clarify", "moment", "language"]
"""What a candidate may ask for that the interviewer answers in words."""


def _topic_as_topics(given: Any) -> Any:
    """What was stored while there could be one topic only, in today's terms."""
    if not isinstance(given, dict) or "topic" not in given:
        return given
    topic = given["topic"]
    rest = {name: value for name, value in given.items() if name != "topic"}
    return rest | {"topics": () if topic is None else (topic,)}


class Plan(Record):
    """What the person chose at the start."""

    lang: Lang
    """Language of the interviewer; the candidate may change it on the way."""
    company: Slug | None = None
    topics: tuple[Slug, ...] = ()
    """Only cards of one of these; of any when empty."""
    difficulty: Annotated[int, Field(ge=1, le=5)] | None = None
    """Of the first question; the others climb or descend with the answers. None begins in the middle."""
    focus: str = ""
    """Free words to search the bank for."""
    only: Annotated[tuple[CardId, ...], Field(max_length=50), AfterValidator(_has_no_repeats)] = ()
    """Exactly these cards, in this order, whatever else was chosen; when empty, the other choices decide."""
    questions: Annotated[int, Field(ge=1, le=50)] = 5
    """Of a loop: in each of its rounds."""
    probes: Annotated[int, Field(ge=0, le=5)] = 2
    """At most so many per question."""
    seed: int = 0
    format: FormatName = "free"
    mode: Mode = "practice"
    minutes: Annotated[float, Field(gt=0, le=600)] | None = None
    """Minutes for the whole interview; None without a clock."""
    minutes_each: Annotated[float, Field(gt=0, le=120)] | None = None
    """Minutes for each question."""
    self_rate: bool = False
    """Whether the candidate rates an answer before its score is shown."""
    material: Annotated[str, Field(max_length=40_000)] = ""
    """What the candidate brought: slides, an abstract, a project summary, a CV."""

    _one_topic = model_validator(mode="before")(_topic_as_topics)


class Stage(Record):
    """One round of an interview in one format; a loop has several."""

    format: FormatName
    title: Bilingual
    lead: Bilingual
    """What the interviewer says before its first question."""
    questions: Annotated[int, Field(ge=1, le=50)]
    probes: Annotated[int, Field(ge=0, le=5)]
    company: Slug | None = None
    label: str | None = None
    """The company's own name for the round, as the notes give it; only questions of that round are asked."""
    topics: tuple[Slug, ...] = ()

    _one_topic = model_validator(mode="before")(_topic_as_topics)


class Started(Record):
    """The interview begins."""

    kind: Literal["started"] = "started"
    plan: Plan
    cards: tuple[CardId, ...] = ()
    """The questions in order, where they are fixed beforehand; else each is chosen when its turn comes."""
    stages: tuple[Stage, ...] = ()
    """The rounds in order; none in interviews of before there were any."""
    person: str = ""
    """Who practises: the name they signed in with on a shared server; empty on one's own machine."""


class Asked(Record):
    """A question is put."""

    kind: Literal["asked"] = "asked"
    card: CardId
    text: str
    lead: str = ""
    """What is said before the question."""
    stage: Annotated[int, Field(ge=0)] = 0
    """Which of the interview's rounds it belongs to."""


class Recording(Record):
    """A piece of a spoken answer, as it was measured when it was recorded."""

    audio: str | None
    """The file, in the recordings folder of the data folder; None when audio is not kept."""
    seconds: Annotated[float, Field(ge=0)]
    voiced: tuple[tuple[float, float], ...] = ()
    """Where somebody speaks: start and end in seconds, in order, without overlap."""


class Answered(Record):
    """The candidate answers the question or the probe before it."""

    kind: Literal["answered"] = "answered"
    text: str
    source: AnswerSource = "typed"
    lang: Lang
    recordings: tuple[Recording, ...] = ()
    """What was recorded while answering, in order; none for typed answers."""


class Graded(Record):
    """All answers on the current question were judged together."""

    kind: Literal["graded"] = "graded"
    grade: Grade
    question: Annotated[int, Field(ge=0)] | None = None
    """Which question, counted from 0, when it is graded again later; None for the current one."""


class Critiqued(Record):
    """A model was asked for a critique of the closed question; what is shown of it is kept, so that it is paid once."""

    kind: Literal["critiqued"] = "critiqued"
    critique: Critique


class Probed(Record):
    """A follow-up aimed at one criterion, at a step that was left out, or a twist."""

    kind: Literal["probed"] = "probed"
    criterion: Slug
    """Of a step: its id; of a twist: `twist`."""
    text: str
    wording: Literal["card", "model"]
    fallback: str | None = None
    """Why the card's wording was used although a model was asked."""
    aim: Literal["criterion", "step", "twist"] = "criterion"


class Hinted(Record):
    """One rung of the hint ladder was shown."""

    kind: Literal["hinted"] = "hinted"
    rung: Annotated[int, Field(ge=1, le=3)]
    text: str
    said: str = ""
    """The words it was asked for with, where it was asked for in words; the same below."""


class Skipped(Record):
    """The candidate moved on from the question or from the probe."""

    kind: Literal["skipped"] = "skipped"
    what: Literal["question", "probe"]
    said: str = ""
    late: bool = False
    """Whether the question's time was up."""


class Aside(Record):
    """The candidate asked for something instead of answering, and what the interviewer said to it."""

    kind: Literal["aside"] = "aside"
    what: RequestKind
    said: str
    reply: str
    wording: Literal["card", "model"] = "card"
    fallback: str | None = None
    lang: Lang | None = None
    """The language that is spoken from here on, when it was changed."""


class Retracted(Record):
    """The candidate begins the question anew: what was said so far is kept as an earlier attempt."""

    kind: Literal["retracted"] = "retracted"
    said: str = ""


class SelfRated(Record):
    """How good the candidate thinks the answer was, before seeing its score."""

    kind: Literal["self_rated"] = "self_rated"
    value: Annotated[int, Field(ge=1, le=5)]


class Disputed(Record):
    """The candidate says that a verdict is wrong. It changes no grade; it can be exported as a labelled case."""

    kind: Literal["disputed"] = "disputed"
    question: Annotated[int, Field(ge=0)]
    """Which question, counted from 0."""
    criterion: Slug
    state: State
    """What it deserves instead."""
    reason: Text


class Paused(Record):
    """The clock stands still."""

    kind: Literal["paused"] = "paused"


class Resumed(Record):
    """The clock runs again."""

    kind: Literal["resumed"] = "resumed"


class Ended(Record):
    """The interview is over."""

    kind: Literal["ended"] = "ended"
    why: Literal["finished", "stopped", "time"]
    said: str = ""


Body = Annotated[
    Started
    | Asked
    | Answered
    | Graded
    | Critiqued
    | Probed
    | Hinted
    | Skipped
    | Aside
    | Retracted
    | SelfRated
    | Disputed
    | Paused
    | Resumed
    | Ended,
    Field(discriminator="kind"),
]
Said = Answered | Probed | Hinted | Skipped | Aside


class Event(Record):
    """One thing that happened in a session."""

    session: str
    seq: Annotated[int, Field(ge=0)]
    """Gapless from 0 within its session."""
    at: AwareDatetime
    body: Body


class Attempt(Record):
    """An earlier try at a question, which was begun anew."""

    said: tuple[Said, ...]
    grade: Grade | None
    rated: int | None
    seconds: float
    disputes: tuple[Disputed, ...] = ()


class Round(Record):
    """One question of a session with everything said on it; folded from events."""

    card: CardId
    question: str
    lead: str = ""
    stage: int = 0
    said: tuple[Said, ...] = ()
    """What followed the question, in order."""
    grade: Grade | None = None
    """The newest grade; it covers the first `graded_answers` answers."""
    graded_answers: int = 0
    critique: Critique | None = None
    """What a model was asked for on the newest grade; None when none was asked: it is then composed from the card."""
    attempts: tuple[Attempt, ...] = ()
    """Earlier attempts, oldest first."""
    rated: int | None = None
    """The candidate's own mark, 1 to 5."""
    disputes: tuple[Disputed, ...] = ()
    seconds: float = 0.0
    """Time that the candidate used; waiting for a grade and pauses are not counted."""

    @property
    def answers(self) -> tuple[Answered, ...]:
        """The candidate's messages, in order."""
        return tuple(body for body in self.said if isinstance(body, Answered))

    @property
    def probes(self) -> tuple[Probed, ...]:
        """The follow-ups that were put, in order."""
        return tuple(body for body in self.said if isinstance(body, Probed))

    @property
    def hints(self) -> tuple[Hinted, ...]:
        """The hints that were shown, in order."""
        return tuple(body for body in self.said if isinstance(body, Hinted))

    @property
    def hints_shown(self) -> int:
        """How many rungs of the ladder were seen, in earlier attempts too."""
        earlier = (body for attempt in self.attempts for body in attempt.said)
        return max((body.rung for body in (*earlier, *self.said) if isinstance(body, Hinted)), default=0)

    @property
    def skipped(self) -> Literal["question", "probe"] | None:
        """What the candidate moved on from, if anything."""
        return next((body.what for body in reversed(self.said) if isinstance(body, Skipped)), None)

    @property
    def open(self) -> bool:
        """Whether the candidate is expected to say something: after a question, a probe, a hint or an aside."""
        last = next((body for body in reversed(self.said) if not isinstance(body, Aside)), None)
        return last is None or isinstance(last, Probed | Hinted)

    @property
    def utterances(self) -> tuple[Utterance, ...]:
        """The candidate's messages, numbered as the judges see them."""
        return tuple(Utterance(turn=turn, text=answer.text) for turn, answer in enumerate(self.answers))

    @property
    def lines(self) -> tuple[tuple[str, int], ...]:
        """Every line said to the candidate on this question, with the first turn of the candidate's after it."""
        turn = 0
        found = [(line, 0) for line in (self.question, self.lead) if line]
        before = (body for attempt in self.attempts for body in attempt.said)
        found += [(_spoken(body), 0) for body in before if isinstance(body, Probed | Hinted | Aside)]
        for body in self.said:
            if isinstance(body, Answered):
                turn += 1
            elif isinstance(body, Probed | Hinted | Aside):
                found.append((_spoken(body), turn))
        return tuple(found)

    @property
    def interviewer(self) -> tuple[str, ...]:
        """Every line said to the candidate on this question; the first is the question."""
        return tuple(line for line, _ in self.lines)

    @property
    def interviewer_before(self) -> tuple[int, ...]:
        """For each line of `interviewer`, the first turn of the candidate's that came after it."""
        return tuple(turn for _, turn in self.lines)


def _spoken(body: Probed | Hinted | Aside) -> str:
    return body.reply if isinstance(body, Aside) else body.text


class Session(Record):
    """The state of an interview: a fold over its events."""

    id: str
    person: str = ""
    """Who practises; empty on one's own machine."""
    plan: Plan
    cards: tuple[CardId, ...]
    stages: tuple[Stage, ...] = ()
    rounds: tuple[Round, ...]
    started_at: datetime
    ended: Literal["finished", "stopped", "time"] | None = None
    next_seq: int
    lang: Lang
    """The language spoken now."""
    used_s: float = 0.0
    """Time that the candidate has used, up to the newest event."""
    running_since: datetime | None = None
    """Since when the clock runs; None while it stands: a pause, a grade that is owed, or after the end."""
    paused: bool = False

    @property
    def current(self) -> Round:
        """The question being talked about."""
        return self.rounds[-1]

    @property
    def stage(self) -> Stage | None:
        """The round that the current question belongs to."""
        return self.stages[self.current.stage] if self.stages else None

    @property
    def total(self) -> int:
        """How many questions there will be at most."""
        return len(self.cards) or sum(stage.questions for stage in self.stages)

    @property
    def probes(self) -> int:
        """Most follow-ups on the current question."""
        return self.stage.probes if self.stage is not None else self.plan.probes

    @property
    def exam_on(self) -> bool:
        """Whether this is an exam that is not over: nothing of its grades is told."""
        return self.exam and self.ended is None

    @property
    def tells(self) -> bool:
        """Whether the current grade may be shown: in an exam at the end, with self-rating once it is rated."""
        if self.exam_on:
            return False
        return not (self.plan.self_rate and self.ended is None and self.current.rated is None)

    @property
    def owes_rating(self) -> bool:
        """Whether the candidate is to rate the answer now, before its score is shown."""
        rates = self.plan.self_rate and not self.exam and self.current.rated is None and self.current.answers
        return bool(rates) and self.phase == "graded"

    @property
    def exam(self) -> bool:
        """Whether nothing may be told before the end."""
        return self.plan.mode == "exam"

    @property
    def phase(self) -> Literal["answering", "grading", "graded", "ended"]:
        """What is going on: the candidate speaks, a grade is owed, the grade is there to read, or it is over."""
        if self.ended is not None:
            return "ended"
        if len(self.current.answers) > self.current.graded_answers:
            return "grading"
        return "answering" if self.current.open else "graded"
