"""The bank's vector index: search by meaning over the cards, safe between threads.

The vectors are kept by `collection.py`. Anything unexpected there is rebuilt from the cards; when the folder is in use
elsewhere or cannot be written, the same vectors are searched exactly in memory.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from coach.bank.collection import (
    Cache,
    IndexReport,
    MemoryStore,
    Store,
    Unusable,
    Where,
    disk_faults,
    documents,
    locked,
    vectors_of,
)
from coach.bank.embed import Embedder, Vectors
from coach.errors import IndexFault
from coach.schema import LANGS, Card, CardId, Record


class Hit(Record):
    """One card that was found."""

    card_id: CardId
    score: float
    """Cosine similarity of the better of its two languages, in [-1, 1]."""


def open_index(folder: Path, *, cards: Sequence[Card], embedder: Embedder) -> "Index":
    """The index over `cards`, brought up to date; close it when done.

    Only cards that changed are embedded. When nothing changed, chromadb is not even imported before the first search.
    Raises IndexFault for repeated card ids and for an embedder that gives unusable vectors; a folder that cannot be
    used is no error, see `IndexReport.store` and `.why`.
    """
    ids = [card.id for card in cards]
    repeated = sorted(card_id for card_id, times in Counter(ids).items() if times > 1)
    if repeated:
        raise IndexFault(f"several cards have the id {', '.join(repeated)}; give each card its own")
    by_id = {card.id: card for card in cards}
    with ExitStack() as held:
        try:
            with disk_faults(folder):
                folder.mkdir(parents=True, exist_ok=True)
                lock = held.enter_context(locked(folder / "lock"))
            cache = Cache(folder, by_id, embedder, lock)
            report = cache.refresh()
        except Unusable as fault:
            return _in_memory(by_id, embedder, str(fault))
        held.pop_all()
    return Index(by_id, embedder, report=report, cache=cache)


def _in_memory(cards: Mapping[str, Card], embedder: Embedder, why: str) -> "Index":
    index = Index(cards, embedder, report=IndexReport(why=why))
    index._leave_chroma(why)
    return index


class Index:
    """Search over the cards by meaning. Safe to share between threads. Made by `open_index`."""

    def __init__(
        self, cards: Mapping[str, Card], embedder: Embedder, *, report: IndexReport, cache: "Cache | None" = None
    ) -> None:
        self._cards = cards
        self._embedder = embedder
        self._report = report
        self._cache = cache
        self._store: Store | None = None
        self._guard = threading.RLock()
        self._closed = False
        self._repaired = False

    @property
    def trust(self) -> float:
        """What its embedder's ranking counts beside that by words."""
        return self._embedder.trust

    @property
    def report(self) -> IndexReport:
        """What opening, or the last repair since, has done."""
        return self._report

    def search(self, text: str, *, k: int, where: Where | None = None) -> tuple[Hit, ...]:
        """At most `k` cards nearest to `text`, best first; equal scores in order of id.

        A collection that fails is rebuilt once; when it fails again, memory is searched instead.
        Raises IndexFault when the index is closed, and ValueError when `k` < 1.
        """
        if not self._cards:
            return ()
        return self.nearest(vectors_of(self._embedder, [text])[0], k=k, where=where)

    def nearest(self, vector: Vectors, *, k: int, where: Where | None = None) -> tuple[Hit, ...]:
        """The same for a text whose unit vector, of shape (dim,), is there already."""
        if k < 1:
            raise ValueError(f"k={k!r}: at least 1 is needed")
        if not self._cards:
            return ()
        store = self._ready()
        while True:
            try:
                return _best(store.nearest(vector, len(LANGS) * k, where or Where()), k)
            except Unusable as fault:
                store = self._replacement(store, str(fault))

    def _leave_chroma(self, why: str) -> "Store":
        """The exact search in memory, from now on used for all searches."""
        with self._guard:
            vectors = vectors_of(self._embedder, documents(self._cards.values()))
            store = self._store = MemoryStore(tuple(self._cards.values()), vectors)
            why = f"{why}; searching in memory"
            self._report = IndexReport(embedded=tuple(self._cards), store="memory", why=why)
            return store

    def close(self) -> None:
        """Let go of the files and of the lock; a second call does nothing."""
        with self._guard:
            self._closed = True
            if self._store is not None:
                self._store.close()
                self._store = None
            if self._cache is not None:
                self._cache.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self) -> "Store":
        with self._guard:
            if self._closed:
                raise IndexFault("this index is closed; open it again with open_index")
            if self._store is not None:
                return self._store
            if self._cache is None:
                return self._leave_chroma(self._report.why)
            try:
                store: Store = self._cache.open()
            except Unusable as fault:
                return self._repair(self._cache, str(fault))
            self._store = store
            return store

    def _replacement(self, failed: "Store", why: str) -> "Store":
        with self._guard:
            if self._store is failed and self._cache is not None:
                failed.close()
                return self._repair(self._cache, why)
        return self._ready()

    def _repair(self, cache: "Cache", why: str) -> "Store":
        if self._repaired:
            return self._leave_chroma(why)
        self._repaired = True
        try:
            self._report = cache.rebuild(why)
            self._store = cache.open()
        except Unusable as fault:
            return self._leave_chroma(f"{why}; {fault}")
        return self._store


def _best(found: Sequence[tuple[str, float]], k: int) -> tuple[Hit, ...]:
    best: dict[str, float] = {}
    for card_id, score in found:
        best[card_id] = max(score, best.get(card_id, score))
    ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Hit(card_id=card_id, score=score) for card_id, score in ranked[:k])
