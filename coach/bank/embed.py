"""Embedders: texts -> unit vectors. The built-in one needs no model and no download."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from coach.text import CJK_STOP, STOP_STEMS, normalise, words

Vectors = npt.NDArray[np.float32]

_CONCEPT_WEIGHT = 1.0
_WORD_WEIGHT = 0.7
_GRAM_WEIGHT = 0.35
_GRAM_SIZES = (3, 4)
_SAMPLE = "Why does L2 regularisation reduce overfitting? 正则化为什么能缓解过拟合，怎么选 λ？"


class Concepts(Protocol):
    """The part of the glossary that embedding needs."""

    @property
    def fingerprint(self) -> str:
        """Changes when any entry changes."""

    def concepts(self, text: str) -> tuple[str, ...]:
        """Ids of the concepts named in `text`, with repeats."""


class Embedder(Protocol):
    """Anything that turns texts into unit vectors of one length."""

    @property
    def name(self) -> str:
        """Identity for rebuilds: two embedders of one name give the same vectors for the same text."""

    @property
    def dim(self) -> int:
        """Length of every vector."""

    @property
    def trust(self) -> float:
        """What its ranking counts beside that by words, in [0, 1]."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length `dim` and Euclidean norm 1 per text."""


class LexicalEmbedder:
    """Hashed glossary concepts, stemmed words, Chinese character bigrams and character n-grams.

    Each group is scaled to its own weight first, so that many n-grams do not drown a few concepts. Counts enter as
    1 + ln(count). Feature hashing with signs: Weinberger et al. 2009, Feature Hashing for Large Scale Multitask
    Learning. Dimension 0 is kept for texts without any feature, because cosine needs a direction.
    """

    def __init__(self, glossary: Concepts, dim: int = 1024) -> None:
        if dim < 2:
            raise ValueError(f"dim={dim!r}: at least 2 is needed, one of them for texts without features")
        self._glossary = glossary
        self._dim = dim
        self._name = f"lexical-{dim}-{self._identity()}"

    @property
    def name(self) -> str:
        """`lexical-<dim>-<hash>`, the hash over weights, glossary and what becomes of a sample sentence."""
        return self._name

    @property
    def dim(self) -> int:
        """Length of every vector."""
        return self._dim

    @property
    def trust(self) -> float:
        """Little: it sees the same words and concepts as BM25 does, without their rarity."""
        return 0.3

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit row per text; the axis of dimension 0 for a text without features."""
        rows = np.zeros((len(texts), self._dim), dtype=np.float64)
        for row, text in zip(rows, texts, strict=True):
            self._fill(row, text)
        return rows.astype(np.float32)

    def _fill(self, row: npt.NDArray[np.float64], text: str) -> None:
        for weight, features in self._groups(text):
            part = np.zeros_like(row)
            for feature, count in Counter(features).items():
                place, sign = _slot(feature, self._dim)
                part[place] += sign * (1 + math.log(count))
            norm = float(np.linalg.norm(part))
            if norm > 0:
                row += part * (weight / norm)
        norm = float(np.linalg.norm(row))
        if norm > 0:
            row /= norm
        else:
            row[0] = 1.0

    def _groups(self, text: str) -> tuple[tuple[float, Iterable[str]], ...]:
        return (
            (_CONCEPT_WEIGHT, [f"concept:{concept}" for concept in self._glossary.concepts(text)]),
            (_WORD_WEIGHT, [f"word:{word}" for word in words(text) if _carries_meaning(word)]),
            (_GRAM_WEIGHT, [f"gram:{gram}" for gram in _grams(text)]),
        )

    def _identity(self) -> str:
        facts = (
            self._glossary.fingerprint,
            *(f"{weight!r}:{sorted(features)!r}" for weight, features in self._groups(_SAMPLE)),
            repr(_slot(_SAMPLE, self._dim)),
        )
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _carries_meaning(word: str) -> bool:
    return word not in STOP_STEMS and not all(char in CJK_STOP for char in word)


def _grams(text: str) -> Iterable[str]:
    for word in normalise(text)[0].split(" "):
        padded = f" {word} "
        for size in _GRAM_SIZES:
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]


def _slot(feature: str, dim: int) -> tuple[int, int]:
    """Dimension (never 0) and sign of a feature; the same in every process and on every machine."""
    number = int.from_bytes(hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    return 1 + (number >> 1) % (dim - 1), 1 if number & 1 else -1
