"""Measure search: labelled queries -> recall, reciprocal rank and refusals, per language and kind, with intervals."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import yaml
from pydantic import Field, model_validator

from coach.bank.collection import Where
from coach.errors import ContentError
from coach.schema import CardId, Lang, Record
from coach.wiring import Coach
from evals.cases import Split, read_lines
from evals.measure import Agreement
from evals.runs import RESULTS, Results, file_fingerprint, fingerprint, journal, new_info

QueryKind = Literal["paraphrase", "terse", "mixed", "misspelt", "speech", "aspect", "unanswerable"]
QueryLang = Literal["en", "zh", "mixed"]
FOLDER = Path(__file__).resolve().parent / "retrieval"
RESAMPLES = 1000
DEPTH = 50
"""So many cards are asked for; a right one further down counts as not found."""
OTHER: Mapping[str, Lang] = {"en": "zh", "zh": "en"}
CUT = 5
"""Recall is counted at 1 and at this depth; so many of the cards found are kept."""


class Query(Record):
    """One search with the cards that answer it."""

    id: str
    text: Annotated[str, Field(min_length=1)]
    cards: tuple[CardId, ...] = ()
    """The best card first, then equally good ones; none for what the bank does not answer."""
    lang: QueryLang
    kind: QueryKind

    @model_validator(mode="after")
    def _is_answered_or_not(self) -> "Query":
        if (self.kind == "unanswerable") == bool(self.cards):
            raise ValueError("an unanswerable query names no card, every other one at least one")
        return self

    @property
    def split(self) -> Split:
        """Half of all cards are held back, by a hash of the card's id, so that nothing can be moved over."""
        key = self.cards[0] if self.cards else self.id
        return "test" if hashlib.sha256(key.encode()).digest()[0] % 2 else "calibrate"

    @property
    def other(self) -> Lang | None:
        """The language whose text alone must be enough to find the card; None for mixed and unanswerable queries."""
        return OTHER.get(self.lang) if self.cards else None

    def rank(self, found: Sequence[str]) -> int | None:
        """1-based place of the first right card; None when it is not among those found."""
        return next((at for at, name in enumerate(found, start=1) if name in self.cards), None)


class Answer(Record):
    """What search gave for one query: a line of `results.jsonl`."""

    query: Query
    found: tuple[str, ...]
    """Card ids, the best `CUT`, whether search was sure or not."""
    refused: bool
    """Whether search says that it has nothing for this."""
    rank: int | None
    """Of the first right card among all that were found."""
    across: int | None = None
    """The same when the text in the query's other language alone is searched."""

    @property
    def key(self) -> str:
        """Used by no other answer of the run."""
        return self.query.id


@dataclass(frozen=True)
class Recall:
    """Figures over one group of queries."""

    queries: int
    at_1: Agreement
    at_5: Agreement
    mrr: float
    mrr_interval: tuple[float, float]
    """95 % percentile bootstrap over queries, with a fixed seed."""


@dataclass(frozen=True)
class Retrieval:
    """All that the retrieval suite prints."""

    overall: Recall
    by_lang: Mapping[str, Recall]
    by_kind: Mapping[str, Recall]
    refused_rightly: Agreement
    """Of the unanswerable queries, how many were refused."""
    refused_wrongly: Agreement
    """Of the answerable ones, how many were refused."""
    wrong: tuple[Answer, ...]
    """Answers without the right card in first place, and unanswerable queries that were not refused."""


class Floors(Record):
    """What search must keep on the held-back split, with the embedder it was set for; shares between 0 and 1."""

    embedder: str
    recall_1: float
    recall_5: float
    across_5: float
    """Recall at 5 where the query is in one language and only the other language's text is searched."""
    refused_rightly: float
    refused_wrongly: float
    """At most this share of answerable queries."""


@dataclass(frozen=True)
class Searched:
    """A run of the retrieval suite."""

    embedder: str
    cards: int
    splits: Mapping[Split, Retrieval]
    across: Mapping[Split, Recall]
    """Queries in one language over the text of the other alone."""
    broken: tuple[str, ...]
    """Floors that do not hold; empty when all do, and with an embedder that has none."""


class SearchWork(Record):
    """What a run of search measures. A run may only go on with the very same."""

    suite: Literal["retrieval"] = "retrieval"
    embedder: str
    glossary: str
    bank: str
    queries: str
    """Fingerprints, as of other runs."""


def run_retrieval(coach: Coach, folder: Path) -> Searched:
    """Every query that is not finished yet through the coach's own search, kept, then the figures of the whole run.

    Raises ContentError for wrong queries or cards, and when `folder` holds a run of something else.
    """
    from evals.junit import floors_xml

    if coach.problems:
        raise ContentError(coach.problems)
    loaded = load_queries(sorted(FOLDER.glob("*.jsonl")), (card.id for card in coach.cards))
    queries = [query for split in get_args(Split) for query in loaded if query.split == split]
    floors = Floors.model_validate(yaml.safe_load((FOLDER / "floors.yaml").read_text(encoding="utf-8")))
    work = SearchWork(
        embedder=coach.settings.embedder,
        glossary=file_fingerprint(coach.settings.glossary_file),
        bank=fingerprint(card.fingerprint for card in coach.cards),
        queries=fingerprint(query.model_dump_json() for query in queries),
    )
    info = new_info(folder.name, work, total=len(queries))
    with journal(folder, info, Answer, unit="query") as (finished, add):
        for query in queries:
            if query.id not in finished:
                add(_ask(coach, query))
    answers = tuple(Results.at(folder / RESULTS, Answer))
    searched = measure_search(answers, floors, embedder=work.embedder, cards=len(coach.cards))
    (folder / "junit.xml").write_bytes(floors_xml("retrieval", searched.broken))
    return searched


def measure_search(answers: Sequence[Answer], floors: Floors, *, embedder: str, cards: int) -> Searched:
    """The figures of a whole run, and the floors where they were set for the embedder."""
    splits: dict[Split, Retrieval] = {}
    across: dict[Split, Recall] = {}
    for split in get_args(Split):
        mine = [answer for answer in answers if answer.query.split == split]
        splits[split] = measure_retrieval(mine)
        across[split] = _recall([answer.across for answer in mine if answer.query.other is not None])
    broken = broken_floors(splits["test"], across["test"], floors) if embedder == floors.embedder else ()
    return Searched(embedder=embedder, cards=cards, splits=splits, across=across, broken=broken)


def broken_floors(held_back: Retrieval, across: Recall, floors: Floors) -> tuple[str, ...]:
    """One line for each floor that does not hold."""
    figures = (
        ("recall@1", held_back.overall.at_1.share, floors.recall_1, True),
        ("recall@5", held_back.overall.at_5.share, floors.recall_5, True),
        ("recall@5 across languages", across.at_5.share, floors.across_5, True),
        ("unanswerable queries refused", held_back.refused_rightly.share, floors.refused_rightly, True),
        ("answerable queries refused", held_back.refused_wrongly.share, floors.refused_wrongly, False),
    )
    return tuple(
        f"{name}: {share:.3f}, the floor is {'at least' if least else 'at most'} {floor:.3f}"
        for name, share, floor, least in figures
        if (share < floor if least else share > floor)
    )


def _ask(coach: Coach, query: Query) -> Answer:
    got = coach.find(query.text, k=DEPTH)
    other = query.other
    alone = coach.find(query.text, k=DEPTH, where=Where(lang=other)).cards if other is not None else ()
    return Answer(
        query=query,
        found=got.cards[:CUT],
        refused=not got.sure,
        rank=query.rank(got.cards),
        across=query.rank(alone),
    )


def load_queries(paths: Sequence[Path], known: Iterable[str]) -> tuple[Query, ...]:
    """All queries of the files. Raises ContentError naming every wrong line of every file."""
    cards = frozenset(known)

    def faults(query: Query) -> list[str]:
        missing = [name for name in query.cards if name not in cards]
        return [f"no card {', '.join(missing)}"] if missing else []

    return read_lines(paths, Query, faults)


def measure_retrieval(answers: Sequence[Answer]) -> Retrieval:
    """The figures over all answers. Raises ValueError when none of the queries has an answer."""
    asked = [answer for answer in answers if answer.query.cards]
    idle = [answer for answer in answers if not answer.query.cards]
    if not asked:
        raise ValueError("no answerable query")
    return Retrieval(
        overall=_recall([answer.rank for answer in asked]),
        by_lang=_grouped(asked, lambda answer: answer.query.lang),
        by_kind=_grouped(asked, lambda answer: answer.query.kind),
        refused_rightly=Agreement(sum(answer.refused for answer in idle), len(idle)),
        refused_wrongly=Agreement(sum(answer.refused for answer in asked), len(asked)),
        wrong=tuple(answer for answer in answers if (answer.rank != 1 if answer.query.cards else not answer.refused)),
    )


def _grouped(answers: Sequence[Answer], key: Callable[[Answer], str]) -> dict[str, Recall]:
    return {name: _recall([one.rank for one in answers if key(one) == name]) for name in sorted(set(map(key, answers)))}


def _recall(ranks: Sequence[int | None]) -> Recall:
    import numpy as np

    gains = np.array([1 / rank if rank else 0.0 for rank in ranks])
    draws = np.random.default_rng(0).integers(0, len(gains), size=(RESAMPLES, len(gains)))
    low, high = np.quantile(gains[draws].mean(axis=1), [0.025, 0.975])
    return Recall(
        queries=len(ranks),
        at_1=Agreement(sum(rank == 1 for rank in ranks), len(ranks)),
        at_5=Agreement(sum(rank is not None and rank <= CUT for rank in ranks), len(ranks)),
        mrr=float(gains.mean()),
        mrr_interval=(float(low), float(high)),
    )
