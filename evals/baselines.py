"""Two plain measures to beat: TF-IDF cosine and the share of the reference's words found. Pure.

TF-IDF is scikit-learn's with its defaults (raw counts, idf = ln((1 + n) / (1 + df)) + 1, cosine), fitted on all
references and answers of the file. Words are runs of two or more word characters, as there; a Chinese run, which that
rule would take for one word, gives its characters and their pairs.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log, sqrt

_WORD = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[^\W\u3400-\u4dbf\u4e00-\u9fff]{2,}")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


def terms(text: str) -> Counter[str]:
    """How often each term stands in the text."""
    found: Counter[str] = Counter()
    for run in _WORD.findall(text.lower()):
        if _CHINESE.match(run):
            found.update(run)
            found.update(run[at : at + 2] for at in range(len(run) - 1))
        else:
            found[run] += 1
    return found


def token_overlap(answer: str, reference: str) -> float:
    """Share of the reference's distinct terms that the answer holds; 0 for a reference without terms."""
    wanted = terms(reference).keys()
    return len(wanted & terms(answer).keys()) / len(wanted) if wanted else 0.0


@dataclass
class TfIdf:
    """Document counts, filled text by text; memory grows with the vocabulary only."""

    documents: int = 0
    holding: Counter[str] = field(default_factory=Counter)
    """Term -> number of documents that hold it."""

    def count(self, text: str) -> None:
        """Take one more document into account."""
        self.documents += 1
        self.holding.update(terms(text).keys())

    def idf(self, term: str) -> float:
        """ln((1 + n) / (1 + df)) + 1."""
        return log((1 + self.documents) / (1 + self.holding[term])) + 1

    def cosine(self, one: str, other: str) -> float:
        """Cosine of two texts; 0 when one of them has no terms."""
        left, right = self._vector(one), self._vector(other)
        return sum(value * right.get(term, 0.0) for term, value in left.items())

    def _vector(self, text: str) -> Mapping[str, float]:
        weights = {term: count * self.idf(term) for term, count in terms(text).items()}
        length = sqrt(sum(weight * weight for weight in weights.values()))
        return {term: weight / length for term, weight in weights.items()}
