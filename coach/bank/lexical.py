"""Cards ranked by the words, sounds and concepts they share with a query: BM25 over weighted fields, nothing stored.

Robertson & Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and Beyond, sections 3 and 4 (BM25F).
"""

import contextlib
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from math import log
from pathlib import Path

from coach.bank.files import replace_text
from coach.bank.glossary import Glossary
from coach.bank.spelling import Speller
from coach.schema import LANGS, Bilingual, Card, Kind, Lang
from coach.text import STOP_STEMS, normalise, tokens, words

K1, B = 2.5, 0.75
"""Saturation of a repeated term, and how far long cards are held back."""
ASKED, LABEL, SAID, TOLD, SCENE = 5.0, 3.0, 1.0, 0.5, 1.0
"""Weights of a card's fields: how it is asked, what it is called, what answers say, its prose, its kind."""
CONCEPT, SYNONYM, WORD, PAIR, SOUND, HEARD = 1.3, 0.7, 1.0, 0.5, 0.25, 0.6
"""Weights of a query's terms: concepts, everyday synonyms, English words, overlapping pairs of Chinese characters, the
sounds of such pairs, and their sounds where the bank does not know the characters."""
SHORTEST_HEARD, LONGEST_HEARD = 3, 10
"""Characters of a Chinese name that may be known by its sound alone; shorter ones sound like too much else."""
SCENES: Mapping[Kind, Bilingual | None] = {
    "coding": Bilingual(
        en="write code, implement it from scratch by hand, a function in numpy or python, coding",
        zh="手写 代码 实现 写一个 写代码 不调库 编程",
    ),
    "derivation": Bilingual(
        en="derive the derivation, prove it, proof, formula, expression, step by step",
        zh="推导 公式 证明 推一遍 表达式 怎么推",
    ),
    "design": Bilingual(en="design a system, build it end to end", zh="设计 系统 搭建 方案"),
    "behavioural": Bilingual(en="tell me about a time, a situation, a story", zh="讲一次 经历 例子 有没有遇到过"),
    "project": Bilingual(en="your project, your work, your experience", zh="你的项目 工作 经历"),
    "presentation": Bilingual(en="present, presentation, slides, talk", zh="演讲 展示 汇报 ppt"),
    "concept": None,
}
"""What people say when they want a card of a kind, whatever its subject."""
TERMS = 1
"""Raise it when terms, fields or their weights change, so that kept counts are made anew."""
_Counts = dict[Lang, dict[str, float]]
"""Weighted terms of one card in each language."""
_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")


class Lexical:
    """BM25 over the bank: concepts of the glossary, stemmed words, Chinese bigrams, and bigrams of their sounds."""

    def __init__(
        self, cards: Sequence[Card], glossary: Glossary, *, everyday: Glossary | None = None, cache: Path | None = None
    ) -> None:
        """`everyday` is a thesaurus of words that are no terms of the field.

        With `cache`, a file of ours, the terms of cards that have not changed are not counted again.
        """
        self._glossary = glossary
        self._everyday = everyday or Glossary(())
        self._cards = tuple(cards)
        self._numbers = {card.id: number for number, card in enumerate(self._cards)}
        self._counts = self._counted(cache)

    def _counted(self, cache: Path | None) -> "list[_Counts]":
        identity = f"{TERMS} {self._glossary.fingerprint} {self._everyday.fingerprint}"
        known = _read(cache, identity) if cache is not None else {}
        found = {card.fingerprint: known.get(card.fingerprint) or self._count(card) for card in self._cards}
        if cache is not None and found.keys() != known.keys():
            _write(cache, identity, found)
        return [found[card.fingerprint] for card in self._cards]

    @cached_property
    def _all(self) -> "_Ranking":
        return _Ranking([_sum(counts.values()) for counts in self._counts])

    @lru_cache(maxsize=2)  # noqa: B019 - one bank lives as long as its process
    def _in(self, lang: Lang) -> "_Ranking":
        return _Ranking([counts[lang] for counts in self._counts])

    @cached_property
    def _speller(self) -> Speller:
        known = dict.fromkeys(self._glossary.stems | self._everyday.stems, 1)
        return Speller({**known, **self._all.seen})

    def corrected(self, text: str) -> str:
        """`text` with misspelt English words as the bank spells them."""
        return self._speller.corrected(text)

    def rank(self, text: str, *, lang: Lang | None = None) -> tuple[tuple[Card, float], ...]:
        """The cards that share a term with `text`, best first, with their BM25 scores (> 0); ties in bank order.

        With `lang` only that language's text of a card counts.
        """
        ranking = self._all if lang is None else self._in(lang)
        scores = ranking.scores(self._query(text))
        ordered = sorted(scores.items(), key=lambda row: (-row[1], row[0]))
        return tuple((self._cards[number], score) for number, score in ordered)

    def fit(self, text: str, card_id: str) -> "Fit":
        """How well a card, in either language, answers `text`."""
        number = self._numbers[card_id]
        query = self._query(text)
        weights = {term: weight * self._all.rarity(term) for term, weight in query.items()}
        total = sum(weights.values())
        held = [term for term in query if any(term in counts for counts in self._counts[number].values())]
        return Fit(
            score=self._all.scores(query).get(number, 0.0),
            total=total,
            held=sum(weights[term] for term in held) / total if total else 0.0,
            term=any(term.startswith("c:") for term in held),
        )

    def _count(self, card: Card) -> "_Counts":
        counts: _Counts = {}
        for lang in LANGS:
            terms: defaultdict[str, float] = defaultdict(float)
            for text, weight in _fields(card, lang):
                for term in (*self._terms(text), *(f"p:{sound}" for _, sound in _sounds(text))):
                    terms[term] += weight
            counts[lang] = dict(terms)
        return counts

    def _query(self, text: str) -> dict[str, float]:
        """The terms of a query with their weights; a pair of characters that the bank does not know counts as heard."""
        weights = {term: _weight(term) for term in self._terms(text, any_case=True)}
        for concept in self._heard(text):
            weights.setdefault(f"c:{concept}", CONCEPT)
        for pair, sound in _sounds(text):
            weight = SOUND if pair in self._all.seen else HEARD
            weights[f"p:{sound}"] = max(weight, weights.get(f"p:{sound}", 0.0))
        return weights

    def _heard(self, text: str) -> Iterator[str]:
        """Concepts whose Chinese names sound like a part of `text`, whatever the characters."""
        for run in _CHINESE.findall(normalise(text)[0]):
            sounds = tuple(_sound(char) for char in run)
            for length in range(SHORTEST_HEARD, min(len(sounds), LONGEST_HEARD) + 1):
                for at in range(len(sounds) - length + 1):
                    concept = self._names_heard.get(sounds[at : at + length])
                    if concept is not None:
                        yield concept

    @cached_property
    def _names_heard(self) -> dict[tuple[str, ...], str]:
        """Pinyin of the glossary's Chinese names -> concept; what two concepts share is left out."""
        names: dict[tuple[str, ...], str] = {}
        shared: set[tuple[str, ...]] = set()
        for entry in self._glossary.entries:
            for name in entry.zh:
                if not (SHORTEST_HEARD <= len(name) <= LONGEST_HEARD and _CHINESE.fullmatch(name)):
                    continue
                sounds = tuple(_sound(char) for char in name)
                if names.setdefault(sounds, entry.id) != entry.id:
                    shared.add(sounds)
        return {sounds: concept for sounds, concept in names.items() if sounds not in shared}

    def _terms(self, text: str, *, any_case: bool = False) -> list[str]:
        parts = tokens(text)
        concepts = [f"c:{hit.concept}" for hit in self._glossary.find(text, parts, any_case=any_case)]
        synonyms = [f"e:{hit.concept}" for hit in self._everyday.find(text, parts)]
        return concepts + synonyms + [word for word in words(text, parts) if word not in STOP_STEMS]


@dataclass(frozen=True)
class Fit:
    """How well one card answers a query."""

    score: float
    """BM25."""
    total: float
    """Weight of all terms of the query, by rarity."""
    held: float
    """Share of it that the card holds, in [0, 1]."""
    term: bool
    """Whether the card holds a term of the glossary that the query names."""


class _Ranking:
    """BM25 over documents given as weighted counts of their terms."""

    def __init__(self, documents: Sequence[Mapping[str, float]]) -> None:
        lengths = [sum(counts.values()) for counts in documents]
        mean = sum(lengths) / len(lengths) if any(lengths) else 1.0
        self._documents = len(documents)
        self.seen = Counter(term for counts in documents for term in counts)
        self._postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (counts, length) in enumerate(zip(documents, lengths, strict=True)):
            for term, times in counts.items():
                share = times * (K1 + 1) / (times + K1 * (1 - B + B * length / mean))
                self._postings[term].append((number, self.rarity(term) * share))

    def rarity(self, term: str) -> float:
        """Inverse document frequency, greatest for a term that no document has."""
        having = self.seen[term]
        return log(1 + (self._documents - having + 0.5) / (having + 0.5))

    def scores(self, query: Mapping[str, float]) -> dict[int, float]:
        """Document number -> score, for those that share a term with the query."""
        scores: defaultdict[int, float] = defaultdict(float)
        for term, weight in query.items():
            for number, gain in self._postings.get(term, ()):
                scores[number] += weight * gain
        return scores


def _fields(card: Card, lang: Lang) -> Iterator[tuple[str, float]]:
    """Texts of the card with their weights."""
    yield from ((text, ASKED) for text in card.phrasings(lang))
    yield " ".join(card.labels), LABEL
    scene = SCENES[card.kind]
    if scene is not None:
        yield scene.text(lang), SCENE
    for criterion in card.criteria:
        yield criterion.says.text(lang), SAID
        yield from ((text, SAID) for text in criterion.accept.of(lang))
    yield card.reference.text(lang), TOLD
    for misconception in card.misconceptions:
        yield from ((text, TOLD) for text in misconception.says.of(lang))


def _weight(term: str) -> float:
    if term.startswith("c:"):
        return CONCEPT
    if term.startswith("e:"):
        return SYNONYM
    return PAIR if _CHINESE.match(term) else WORD


def _sum(counts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: defaultdict[str, float] = defaultdict(float)
    for one in counts:
        for term, times in one.items():
            total[term] += times
    return dict(total)


def _read(path: Path, identity: str) -> "dict[str, _Counts]":
    """Card fingerprint -> counts as they were kept; nothing when the file is missing, damaged or of other terms."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["identity"] != identity:
            return {}
        return {
            str(name): {lang: {str(term): float(times) for term, times in counts[lang].items()} for lang in LANGS}
            for name, counts in kept["cards"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write(path: Path, identity: str, found: "Mapping[str, _Counts]") -> None:
    """Keep the counts; a folder that cannot be written only costs time."""
    with contextlib.suppress(OSError):
        replace_text(path, json.dumps({"identity": identity, "cards": found}, ensure_ascii=False))


def _sounds(text: str) -> Iterator[tuple[str, str]]:
    """Each pair of neighbouring Chinese characters with its pinyin, without tones: homophones sound alike."""
    for run in _CHINESE.findall(normalise(text)[0]):
        sounds = [_sound(char) for char in run]
        for at, (one, following) in enumerate(pairwise(sounds)):
            yield run[at : at + 2], f"{one} {following}"


@lru_cache(maxsize=32768)
def _sound(char: str) -> str:
    """The first reading of a Chinese character in pinyin without its tone; the character itself when unknown."""
    from pypinyin.constants import PINYIN_DICT

    reading = PINYIN_DICT.get(ord(char), char).split(",")[0]
    return "".join(part for part in unicodedata.normalize("NFD", reading) if not unicodedata.combining(part))
