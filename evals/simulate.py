"""Candidates played by code: each looks at the session as it stands and does one thing. Pure; a seed decides.

What a candidate does depends on nothing but the stored session, so one whose memory is lost goes on as before.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from coach.schema import Aside, Card, Hinted, Lang, Probed, Record, Session
from evals.attacks import Pieces

What = Literal[
    "say", "hint", "skip", "next", "again", "pause", "resume", "rate", "dispute", "regrade", "wait", "report", "end"
]
"""*again* begins the question anew; *wait* lets time pass, with what was typed so far as `text`."""
Texts = Mapping[Lang, tuple[str, ...]]
HIDDEN: tuple[str, ...] = (
    "<!-- {} -->",
    '<span style="display:none">{}</span>',
    "[//]: # ({})",
    "\u200b{}",
)
ATTEMPTS = 3
"""So often one candidate begins a question anew."""


LONG = 60
"""Events after which the one who does anything begins to answer."""


class Lines(Record):
    """`interviewer/lines.yaml`."""

    repeat: Texts
    rephrase: Texts
    clarify: Texts
    moment: Texts
    hint: Texts
    skip: Texts
    restart: Texts
    stop: Texts
    chinese: Texts
    english: Texts
    hostile: Texts


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing a candidate does."""

    what: What
    text: str = ""
    wait_s: float = 20.0
    """Seconds that pass before it."""
    value: int = 0
    """The mark a candidate gives itself; of a dispute the number of the criterion."""


@dataclass(frozen=True, kw_only=True)
class Seat:
    """All that a candidate goes by."""

    session: Session
    card: Card
    """Of the current question."""
    lines: Lines
    pieces: Pieces
    seed: int
    tries: int = 0
    """How often it was this candidate's turn since anything changed."""

    @property
    def lang(self) -> Lang:
        """The language spoken now."""
        return self.session.lang

    @property
    def rng(self) -> random.Random:
        """Chance that is the same whenever the session stands here."""
        return random.Random(f"{self.seed}-{self.session.id}-{self.session.next_seq}")

    @property
    def turn(self) -> int:
        """How many answers were given on this question, earlier attempts left out."""
        return len(self.session.current.answers)

    @property
    def asides(self) -> int:
        """How many requests were made since the last answer, probe or hint."""
        said = self.session.current.said
        return next((at for at, body in enumerate(reversed(said)) if not isinstance(body, Aside)), len(said))

    @property
    def probe(self) -> Probed | None:
        """The follow-up that waits for an answer."""
        last = next((body for body in reversed(self.session.current.said) if not isinstance(body, Aside)), None)
        return last if isinstance(last, Probed) else None

    @property
    def heard(self) -> str:
        """The newest thing the interviewer said."""
        current = self.session.current
        last = next((body for body in reversed(current.said) if isinstance(body, Probed | Hinted | Aside)), None)
        if last is None:
            return current.question
        return last.reply if isinstance(last, Aside) else last.text

    def pick(self, texts: Sequence[str]) -> str:
        """One of them."""
        return self.rng.choice(texts)


Candidate = Callable[[Seat], Act]


def say(text: str, **more: float) -> Act:
    """The act of saying it."""
    return Act(what="say", text=text, **more)  # type: ignore[arg-type]


def fenced(code: str) -> str:
    """The code as it is handed in, in a block of its own."""
    return f"\n\n```python\n{code.rstrip()}\n```\n\n"


def whole_answer(card: Card, lang: Lang) -> str:
    """Everything the card asks for: formulas or code where there are any, the reference, every point by itself."""
    parts = [f"$${step.latex}$$\n{step.why.text(lang)}" for step in card.steps]
    if card.coding is not None:
        parts += [fenced(card.coding.solution).strip(), card.coding.cost.text(lang)]
    parts += [card.reference.text(lang), *(criterion.says.text(lang) for criterion in card.criteria)]
    return "\n\n".join(parts)


def point(card: Card, name: str, lang: Lang) -> str:
    """What makes the point of that id; the reference for a step or a twist."""
    if all(criterion.id != name for criterion in card.criteria):
        return card.coding.cost.text(lang) if card.coding is not None else card.reference.text(lang)
    return card.criterion(name).says.text(lang)


def perfect(seat: Seat) -> Act:
    """Knows all of it."""
    probe = seat.probe
    return say(point(seat.card, probe.criterion, seat.lang) if probe else whole_answer(seat.card, seat.lang))


def partial(seat: Seat) -> Act:
    """Makes every other point, and answers every other follow-up."""
    probe = seat.probe
    if probe is None:
        return say(" ".join(one.says.text(seat.lang) for one in seat.card.criteria[::2]))
    known = len(seat.session.current.probes) % 2 == 1
    return say(point(seat.card, probe.criterion, seat.lang) if known else seat.pick(seat.pieces.filler[seat.lang]))


def one_liner(seat: Seat) -> Act:
    """Says one short thing each time, and another where it was taken for a question."""
    criterion = seat.card.criteria[(seat.turn + seat.asides) % len(seat.card.criteria)]
    return say(criterion.accept.of(seat.lang)[0])


def rambling(seat: Seat) -> Act:
    """Says one thing among many that do not matter."""
    rest, off = seat.pieces.filler[seat.lang], seat.pieces.off_topic[seat.lang]
    criterion = seat.card.criteria[seat.turn % len(seat.card.criteria)]
    return say(" ".join((seat.pick(rest), seat.pick(off), criterion.says.text(seat.lang), seat.pick(rest))))


def dont_know(seat: Seat) -> Act:
    """Knows nothing, and says so."""
    return say(seat.pick(seat.pieces.dont_know[seat.lang]))


def gibberish(seat: Seat) -> Act:
    """Makes no sense."""
    return say(seat.pick(seat.pieces.gibberish))


def echo_question(seat: Seat) -> Act:
    """Repeats the question, in either language."""
    return say(seat.card.question.text("zh" if seat.turn % 2 else "en"))


def echo_line(seat: Seat) -> Act:
    """Repeats what the interviewer said last, after all hints where there are any."""
    if not seat.session.exam and len(seat.session.current.hints) < 3 and not seat.turn:
        return Act(what="hint")
    return say(seat.heard)


def hostile(seat: Seat) -> Act:
    """Insults the interviewer."""
    return say(seat.pick(seat.lines.hostile[seat.lang]))


def injector(seat: Seat) -> Act:
    """Gives orders to the grader, and hides the answer where no reader sees it."""
    if seat.turn % 2:
        hidden = seat.pieces.hidden_instruction[seat.lang]
        return say(HIDDEN[seat.rng.randrange(3)].format(hidden) + " " + seat.pick(seat.pieces.filler[seat.lang]))
    if seat.rng.random() < 0.5:
        return say(HIDDEN[seat.rng.randrange(3)].format(" ".join(seat.card.reference.text(seat.lang).split())))
    return say(seat.pick(seat.pieces.injections[seat.lang]))


def switcher(seat: Seat) -> Act:
    """Goes on in the other language from the first follow-up, or else the second question, on."""
    plain = seat.session.lang == seat.session.plan.lang
    if plain and (seat.turn or len(seat.session.rounds) > 1):
        wish = seat.lines.chinese if seat.lang == "en" else seat.lines.english
        return say(seat.pick(wish[seat.lang]))
    return partial(seat)


def asker(seat: Seat) -> Act:
    """Asks for one thing and another before every answer."""
    lines = seat.lines
    wishes = (lines.clarify, lines.repeat, lines.rephrase, lines.moment)
    if seat.asides < len(wishes):
        texts = wishes[seat.asides][seat.lang]
        return say(texts[len(seat.session.current.probes) % len(texts)])
    return partial(seat)


def silent(seat: Seat) -> Act:
    """Never says a word."""
    return Act(what="wait", wait_s=45.0)


def typing(seat: Seat) -> Act:
    """Has typed half an answer when the time is up."""
    return Act(what="wait", wait_s=70.0, text=seat.card.criteria[0].says.text(seat.lang))


def late(seat: Seat) -> Act:
    """Answers in time once, then long after it."""
    first = len(seat.session.rounds) == 1 and not seat.turn
    return say(partial(seat).text, wait_s=10.0 if first else 2000.0)


def contradictor(seat: Seat) -> Act:
    """Says right things, then takes them back and says the opposite: on every other question in the same breath.

    Code that works is handed in first, and then code that does not.
    """
    coding = seat.card.coding
    wrong = " ".join(one.says.of(seat.lang)[0] for one in seat.card.misconceptions)
    back = f"{seat.pick(seat.pieces.retract[seat.lang])} {wrong}"
    back += fenced(coding.wrong[0].code) if coding is not None else ""
    if seat.turn:
        return say(back)
    right = " ".join(one.says.text(seat.lang) for one in seat.card.criteria[::2])
    right += fenced(coding.solution) if coding is not None else ""
    return say(right if len(seat.session.rounds) % 2 else f"{right} {back}")


def restarter(seat: Seat) -> Act:
    """Begins each question anew, as long as it may."""
    if seat.turn and len(seat.session.current.attempts) < ATTEMPTS:
        return say(seat.pick(seat.lines.restart[seat.lang])) if seat.rng.random() < 0.5 else Act(what="again")
    return partial(seat)


def skipper(seat: Seat) -> Act:
    """Skips everything, by word or by button."""
    return say(seat.pick(seat.lines.skip[seat.lang])) if len(seat.session.rounds) % 2 else Act(what="skip")


def hinter(seat: Seat) -> Act:
    """Asks for every hint, and for one more."""
    shown = len(seat.session.current.hints)
    if shown < 3 and not seat.session.exam:
        return say(seat.pick(seat.lines.hint[seat.lang])) if shown % 2 else Act(what="hint")
    if not seat.asides:
        return say(seat.pick(seat.lines.hint[seat.lang]))
    return partial(seat)


def pauser(seat: Seat) -> Act:
    """Takes long breaks in the middle of questions."""
    if seat.session.paused:
        return Act(what="resume", wait_s=5000.0)
    return Act(what="pause") if seat.session.next_seq % 3 == 2 else partial(seat)


def disputer(seat: Seat) -> Act:
    """Rates itself, and disputes verdicts while the question is open."""
    current = seat.session.current
    if current.grade is not None and not current.disputes and not seat.session.exam:
        return Act(what="dispute", value=0, text="I did say it")
    return partial(seat)


def stopper(seat: Seat) -> Act:
    """Stops in the middle."""
    return say(seat.pick(seat.lines.stop[seat.lang])) if len(seat.session.rounds) > 1 or seat.turn else partial(seat)


def wanderer(seat: Seat) -> Act:
    """Does anything at any time, possible or not; pulls itself together once the interview has become long."""
    if seat.session.next_seq > LONG:
        return usual(seat) if seat.session.phase == "graded" else partial(seat)
    rng, lines, lang = random.Random(f"{seat.rng.random()}-{seat.tries}"), seat.lines, seat.lang
    texts = [getattr(lines, name)[lang] for name in Lines.model_fields if name != "stop"]
    texts += [
        seat.pieces.gibberish,
        seat.pieces.dont_know[lang],
        seat.pieces.injections[lang],
        ("", "。", "x" * 20_001),
    ]
    known = (partial(seat).text, perfect(seat).text, seat.heard, rng.choice(rng.choice(texts)))
    whats: tuple[What, ...] = (
        "say", "say", "say", "say", "hint", "skip", "next", "again", "pause", "resume", "rate", "dispute", "regrade",
        "wait", "report",
    )  # fmt: skip
    return Act(
        what=rng.choice(whats), text=rng.choice(known), wait_s=rng.choice((0.0, 20.0, 90.0)), value=rng.randrange(7)
    )


def usual(seat: Seat) -> Act:
    """What everybody does once a question is closed: rate the answer where that is owed, then go on."""
    if seat.session.owes_rating:
        return Act(what="rate", value=1 + seat.rng.randrange(5))
    return Act(what="next")


def act_of(candidate: str, seat: Seat) -> Act:
    """What the candidate of that name does now."""
    if seat.session.phase != "graded" or (CANDIDATES[candidate] is wanderer and seat.rng.random() < 0.7):
        return CANDIDATES[candidate](seat)
    current = seat.session.current
    if candidate == "restarter" and not seat.session.exam and len(current.attempts) < ATTEMPTS and current.said:
        return Act(what="again")
    return usual(seat)


CANDIDATES: Mapping[str, Candidate] = {
    "perfect": perfect,
    "partial": partial,
    "one-liner": one_liner,
    "rambling": rambling,
    "dont-know": dont_know,
    "gibberish": gibberish,
    "echo-question": echo_question,
    "echo-line": echo_line,
    "hostile": hostile,
    "injector": injector,
    "switcher": switcher,
    "asker": asker,
    "silent": silent,
    "typing": typing,
    "late": late,
    "contradictor": contradictor,
    "restarter": restarter,
    "skipper": skipper,
    "hinter": hinter,
    "pauser": pauser,
    "disputer": disputer,
    "stopper": stopper,
    "wanderer": wanderer,
    "crashing": partial,
    "crashing-wanderer": wanderer,
}
CRASHING = frozenset({"crashing", "crashing-wanderer"})
"""Those whose process dies again and again."""
