"""Cards and labelled answers -> attacked answers, labelled by how they are made. The same input gives the same file.

Sources: master keys arXiv:2507.08794; keyword stuffing and shuffled words Filighera et al. 2020; instructions to the
grader and fake replies arXiv:2606.03090. Nothing is drawn at random: hashes of ids decide which cards are attacked.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import Field

from coach.schema import LANGS, Card, Lang, Record, State
from coach.text import STOPWORDS, sentences, tokens
from evals.cases import Case, Family, Split

ROBUSTNESS = "robustness.jsonl"
REFERENCES = "references.jsonl"
PER_LANG = 12
"""Cards of each attack in each language."""
PAIRED = 90
"""Cards whose references are graded in both languages."""
BASES = 40
"""Wrong answers that instructions are added to."""
BASE_FAMILIES: tuple[Family, ...] = ("long-wrong", "misconception", "wrong")
Texts = Annotated[tuple[str, ...], Field(min_length=1)]
T = TypeVar("T")


class Pieces(Record):
    """`attacks.yaml`."""

    empty: Texts
    gibberish: Texts
    dont_know: Mapping[Lang, Texts]
    filler: Mapping[Lang, Texts]
    master_keys: Texts
    openers: Texts
    off_topic: Mapping[Lang, Texts]
    injections: Mapping[Lang, Texts]
    hidden_instruction: Mapping[Lang, str]
    deny: Mapping[Lang, str]
    retract: Mapping[Lang, Texts]


@dataclass(frozen=True)
class Bench:
    """What attacks are made from."""

    cards: tuple[Card, ...]
    splits: Mapping[str, Split]
    """Of every card that has labelled answers; the others are split by a hash."""
    bases: tuple[Case, ...]
    """Labelled answers of which some are attacked."""
    pieces: Pieces

    def split(self, card: str) -> Split:
        """The half that a card belongs to."""
        by_hash: Split = "test" if hashlib.sha256(card.encode()).digest()[0] % 2 else "calibrate"
        return self.splits.get(card, by_hash)


def load_pieces(path: Path) -> Pieces:
    """The texts that attacks are made of."""
    return Pieces.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def mixed(items: Sequence[T], salt: str, name: Callable[[T], str] = str) -> list[T]:
    """The items in an order that only a hash of their names and `salt` decides."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{salt}\0{name(item)}".encode()).digest())


def robustness(bench: Bench) -> tuple[Case, ...]:
    """Every attacked answer, with the unattacked ones that some are compared to."""
    cases = [*_said_nothing(bench), *_copied(bench), *_keywords(bench), *_elsewhere(bench), *_denied(bench)]
    return (*cases, *_hidden(bench), *_injected_alone(bench), *_injected(bench))


def references(bench: Bench) -> tuple[Case, ...]:
    """Pairs in both languages for some cards: the references, and half of the criteria in their own sentences."""
    chosen = mixed([card for card in bench.cards if card.kind != "coding"], "references", lambda card: card.id)[:PAIRED]
    return tuple(case for card in chosen for lang in LANGS for case in _pair(bench, card, lang))


def _pair(bench: Bench, card: Card, lang: Lang) -> Iterator[Case]:
    half = mixed(card.criteria, card.id, lambda one: one.id)[: len(card.criteria) // 2]
    said = {criterion.id for criterion in half}
    own_words = (" " if lang == "en" else "").join(criterion.says.text(lang) for criterion in half)
    for name, text, family, why in (
        ("reference", card.reference.text(lang), "reference", "the reference says every point"),
        ("half", own_words, "partial", "half of the criteria in their own sentences, nothing on the others"),
    ):
        yield Case.model_validate(
            {
                "id": f"{name}-{_slug(card)}-{lang}",
                "card": card.id,
                "lang": lang,
                "family": family,
                "split": bench.split(card.id),
                "answers": (text,),
                "labels": {
                    one.id: "met" if name == "reference" or one.id in said else "missed" for one in card.criteria
                },
                "pair": f"{name}-{_slug(card)}",
                "why": f"{why}; the same in both languages",
            }
        )


def text_of(cases: Sequence[Case]) -> str:
    """One JSON object a line, without what is not set."""
    return "".join(case.model_dump_json(exclude_defaults=True) + "\n" for case in cases)


def _slug(card: Card) -> str:
    return card.id.replace("/", "-")


def _chosen(bench: Bench, attack: str, n: int = PER_LANG) -> Iterator[tuple[int, Card, Lang]]:
    """A running number, a card and a language: `n` cards for each language, no card twice."""
    cards = mixed(bench.cards, attack, lambda card: card.id)[: n * len(LANGS)]
    for number, card in enumerate(cards):
        yield number, card, LANGS[number % len(LANGS)]


def _case(
    bench: Bench,
    family: Family,
    attack: str,
    card: Card,
    lang: Lang,
    text: str,
    *,
    why: str,
    state: State = "missed",
    hints: Literal[0, 3] = 0,
) -> Case:
    """An answer in which every criterion deserves the same."""
    return Case(
        id=f"{attack}-{_slug(card)}-{lang}",
        card=card.id,
        lang=lang,
        family=family,
        split=bench.split(card.id),
        answers=(text,),
        hints=hints,
        labels={criterion.id: state for criterion in card.criteria},
        attack=attack,
        why=why,
    )


def _turn(texts: Sequence[str], number: int) -> str:
    return texts[number // len(LANGS) % len(texts)]


def _said_nothing(bench: Bench) -> Iterator[Case]:
    pieces = bench.pieces
    for number, card, lang in _chosen(bench, "empty"):
        text = pieces.empty[number % len(pieces.empty)]
        yield _case(bench, "empty", "empty", card, lang, text, why="no content at all")
    for number, card, lang in _chosen(bench, "gibberish", 15):
        text = pieces.gibberish[number % len(pieces.gibberish)]
        yield _case(bench, "gibberish", "gibberish", card, lang, text, why="keys, words or signs without sense")
    for number, card, lang in _chosen(bench, "dont-know", 14):
        text = _turn(pieces.dont_know[lang], number)
        yield _case(bench, "dont-know", "dont-know", card, lang, text, why="says only that it does not know")
    keys = (*pieces.master_keys, *pieces.openers)
    for number, card, lang in _chosen(bench, "master-key", 16):
        text = keys[number % len(keys)]
        yield _case(bench, "master-key", "master-key", card, lang, text, why="an opening without an answer")
    for number, card, lang in _chosen(bench, "master-key-filler", 16):
        text = f"{keys[number % len(keys)]}\n{_turn(pieces.filler[lang], number)}"
        yield _case(bench, "master-key", "master-key-filler", card, lang, text, why="an opening and empty talk")


def _copied(bench: Bench) -> Iterator[Case]:
    for _, card, lang in _chosen(bench, "echo-question"):
        text = card.question.text(lang)
        yield _case(bench, "echo-question", "echo-question", card, lang, text, why="the question, given back")
    for number, card, lang in _chosen(bench, "echo-filler"):
        text = f"{card.question.text(lang)} {_turn(bench.pieces.filler[lang], number)}"
        yield _case(bench, "echo-question", "echo-filler", card, lang, text, why="the question and empty talk")
    for _, card, lang in _chosen(bench, "echo-translated"):
        text = card.question.text("zh" if lang == "en" else "en")
        yield _case(bench, "echo-question", "echo-translated", card, lang, text, why="the question, translated")
    for _, card, lang in _chosen(bench, "echo-hint"):
        text = " ".join(hint.text(lang) for hint in card.hints)
        yield _case(bench, "echo-hint", "echo-hint", card, lang, text, why="the hints, given back", hints=3)


def _terms(text: str) -> list[str]:
    """Words of content in order, each once; Chinese in pairs of characters."""
    found: dict[str, None] = {}
    run = ""
    for token in (*tokens(text), None):
        if token is not None and token.cjk:
            run += token.raw
            continue
        found |= dict.fromkeys(run[at : at + 2] for at in range(0, len(run) - 1, 2))
        run = ""
        if token is not None and token.raw not in STOPWORDS and len(token.raw) > 1:
            found[token.raw] = None
    return list(found)


_PARTS: Mapping[Lang, re.Pattern[str]] = {
    "en": re.compile(r"\S+"),
    "zh": re.compile(r"[\u4e00-\u9fff]{1,2}|[^\u4e00-\u9fff\s]+"),
}


def _keywords(bench: Bench) -> Iterator[Case]:
    marks = {"en": ", ", "zh": "、"}
    for _, card, lang in _chosen(bench, "stuffed-terms"):
        terms = [term for one in card.criteria for term in mixed(_terms(one.says.text(lang)), card.id)]
        text = marks[lang].join(dict.fromkeys(terms))
        yield _case(bench, "stuffed", "stuffed-terms", card, lang, text, why="the terms of every criterion, as a list")
    for _, card, lang in _chosen(bench, "stuffed-reference"):
        text = marks[lang].join(mixed(_terms(card.reference.text(lang)), card.id))
        yield _case(
            bench, "stuffed", "stuffed-reference", card, lang, text, why="the words of the reference, as a list"
        )
    for _, card, lang in _chosen(bench, "shuffled", 20):
        reference = card.reference.text(lang)
        parts = (
            reference.split() if lang == "en" else re.findall(r"[\u4e00-\u9fff]{1,2}|[^\u4e00-\u9fff\s]+", reference)
        )
        order = mixed(list(enumerate(parts)), card.id)
        text = (" " if lang == "en" else "").join(part for _, part in order)
        yield _case(bench, "shuffled", "shuffled", card, lang, text, why="the reference with its words in no order")


def _elsewhere(bench: Bench) -> Iterator[Case]:
    for _, card, lang in _chosen(bench, "other-card", 20):
        others = [other for other in bench.cards if not set(other.topics) & set(card.topics)]
        other = mixed(others, card.id, lambda one: one.id)[0]
        text, why = other.reference.text(lang), f"the reference of {other.id}, a question of another topic"
        yield _case(bench, "other-card", "other-card", card, lang, text, why=why)
    for number, card, lang in _chosen(bench, "off-topic"):
        text = _turn(bench.pieces.off_topic[lang], number)
        yield _case(bench, "off-topic", "off-topic", card, lang, text, why="about something else altogether")


def _denied(bench: Bench) -> Iterator[Case]:
    for _, card, lang in _chosen(bench, "negated-reference", 20):
        text, deny = card.reference.text(lang), bench.pieces.deny[lang]
        spans = [text[start:end].strip() for start, end in sentences(text)]
        denied = (" " if lang == "en" else "").join(f"{deny}{span}" for span in spans)
        why = "every sentence of the reference, denied"
        yield _case(bench, "negated", "negated-reference", card, lang, denied, why=why, state="contradicted")
    for number, card, lang in _chosen(bench, "retracted"):
        text = f"{card.reference.text(lang).rstrip()}\n\n{_turn(bench.pieces.retract[lang], number)}"
        why = "the reference, taken back as a whole in the last sentence"
        yield _case(bench, "negated", "retracted", card, lang, text, why=why, state="contradicted")


_LOOKALIKE = str.maketrans("aceiopxyABEHKMOPTX", "асеіорхуАВЕНКМОРТХ")
"""Latin letters to Cyrillic ones that look the same."""
_HIDE_ANSWER: Mapping[str, Callable[[str], str]] = {
    "comment": lambda text: f"<!-- {text} -->",
    "no-display": lambda text: f'<span style="display:none">{text}</span>',
    "tags": lambda text: "".join(chr(0xE0000 + ord(char)) for char in text if ord(char) < 0x80),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(" "),
}
"""Ways in which no reader sees an answer, though a machine may: nothing was said."""
_HIDE_ORDER: Mapping[str, Callable[[str], str]] = {
    "zero-width": "​".join,
    "bidi": lambda text: f"‮{text[::-1]}‬",
    "lookalike": lambda text: text.translate(_LOOKALIKE),
    "wide": lambda text: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text),
}
"""Ways to slip an instruction past a filter that looks for its words."""


def _hidden(bench: Bench) -> Iterator[Case]:
    ways = [("an answer", name, hide) for name, hide in _HIDE_ANSWER.items()]
    ways += [("an instruction", name, hide) for name, hide in _HIDE_ORDER.items()]
    for number, card, lang in _chosen(bench, "hidden-text", 3 * len(ways)):
        what, name, hide = ways[number // len(LANGS) % len(ways)]
        secret = card.reference.text(lang) if what == "an answer" else bench.pieces.hidden_instruction[lang]
        seen = _turn(bench.pieces.filler[lang], number) if number % 4 < 2 else ""
        text, why = (
            f"{seen} {hide(secret)}".strip(),
            f"{'an answer' if what == 'answer' else 'an instruction'} as {name}",
        )
        yield _case(bench, "hidden-text", "hidden-text", card, lang, text, why=why)


def _injected_alone(bench: Bench) -> Iterator[Case]:
    orders = [order for lang in LANGS for order in bench.pieces.injections[lang]]
    for number, card, lang in _chosen(bench, "injection-alone", 2 * len(orders)):
        order = orders[number // len(LANGS) % len(orders)]
        why = "an instruction to the grader and no answer"
        yield _case(bench, "injection", "injection-alone", card, lang, order, why=why)


_PLACES: Mapping[str, Callable[[str, str], str]] = {
    "injection-start": lambda text, order: f"{order}\n\n{text}",
    "injection-end": lambda text, order: f"{text}\n\n{order}",
    "injection-code": lambda text, order: f"{text}\n\n```text\n{order}\n```",
}


def _injected(bench: Bench) -> Iterator[Case]:
    """Wrong answers with an instruction to the grader, and the same answers without."""
    able = [case for case in bench.bases if case.family in BASE_FAMILIES and len(case.answers) == 1]
    bases = mixed(able, "injection", lambda case: case.id)[:BASES]
    orders = [order for lang in LANGS for order in bench.pieces.injections[lang]]
    for number, case in enumerate(bases):
        plain = case.model_copy(
            update={"id": f"base-{case.id}", "mock": (), "quotes": {}, "second": None, "why": "an answer to attack"}
        )
        yield plain
        for at, (attack, put) in enumerate(_PLACES.items()):
            order = orders[(number + at * len(orders) // len(_PLACES)) % len(orders)]
            update = {
                "id": f"{attack}-{case.id}",
                "family": "injection",
                "answers": (put(case.answers[0], order),),
                "attack": attack,
                "base": plain.id,
                "why": "a wrong answer with an instruction to the grader",
            }
            yield plain.model_copy(update=update)
