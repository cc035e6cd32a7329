"""The bank's vector index: a Chroma collection as a disposable cache over the cards. Only user of chromadb.

    folder/
      lock             held while an index is open; embedded Chroma is safe for one process only
      manifest.json    what the collection was made of, and a checksum of each of its files
      store-<n>/       Chroma's own files

The manifest is trusted only when every file still has its checksum: Chroma answers silently from vectors of another
embedder of the same length, and noise in its files can end the process. Anything unexpected is rebuilt from the cards.
When the folder is in use elsewhere or cannot be written, the same vectors are searched exactly in memory.
"""

import hashlib
import importlib.metadata
import os
import re
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal, Protocol, Self, cast

import numpy as np
from pydantic import Field, ValidationError

from coach.bank.embed import Embedder, Vectors
from coach.errors import IndexFault
from coach.schema import LANGS, Card, CardId, Kind, Lang, Record, Slug

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

FORMAT = 4
"""Raise when `document` or anything stored changes its meaning."""
_COLLECTION = "cards"
MAX_DIFFICULTY = 5
_BATCH = 1000
_STORE = re.compile(r"store-(\d+)")


class Where(Record):
    """Which cards may be found; None lets all through."""

    company: Slug | None = None
    round: Slug | None = None
    topic: Slug | None = None
    kind: Kind | None = None
    easiest: Annotated[int, Field(ge=1, le=5)] = 1
    hardest: Annotated[int, Field(ge=1, le=5)] = 5
    """Difficulty, both ends included."""
    lang: Lang | None = None
    """Only this language's text of a card is searched."""

    @property
    def place(self) -> str | None:
        """What one of the card's places must be: `amazon/coding`, `amazon/` or `/coding`."""
        return f"{self.company or ''}/{self.round or ''}" if self.company or self.round else None

    def admits(self, card: Card) -> bool:
        """Whether `card` may be found."""
        return (
            (self.place is None or self.place in _places(card))
            and self.easiest <= card.difficulty <= self.hardest
            and (self.topic is None or self.topic in card.topics)
            and (self.kind is None or self.kind == card.kind)
        )


class Hit(Record):
    """One card that was found."""

    card_id: CardId
    score: float
    """Cosine similarity of the better of its two languages, in [-1, 1]."""


class IndexReport(Record):
    """What opening the index, or the last repair of it, has done."""

    embedded: tuple[CardId, ...] = ()
    removed: tuple[CardId, ...] = ()
    rebuilt: bool = False
    store: Literal["chroma", "memory"] = "chroma"
    why: str


def document(card: Card, lang: Lang) -> str:
    """The text of `card` that is embedded for `lang`: how it is asked, labels, and what each criterion says."""
    labels = " ".join(card.labels)
    return "\n".join((*card.phrasings(lang), labels, *(criterion.says.text(lang) for criterion in card.criteria)))


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
            with _disk_faults(folder):
                folder.mkdir(parents=True, exist_ok=True)
                lock = held.enter_context(_lock(folder / "lock"))
            cache = _Cache(folder, by_id, embedder, lock)
            report = cache.refresh()
        except _Unusable as fault:
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
        self, cards: Mapping[str, Card], embedder: Embedder, *, report: IndexReport, cache: "_Cache | None" = None
    ) -> None:
        self._cards = cards
        self._embedder = embedder
        self._report = report
        self._cache = cache
        self._store: _Store | None = None
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
        return self.nearest(_vectors(self._embedder, [text])[0], k=k, where=where)

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
            except _Unusable as fault:
                store = self._replacement(store, str(fault))

    def _leave_chroma(self, why: str) -> "_Store":
        """The exact search in memory, from now on used for all searches."""
        with self._guard:
            vectors = _vectors(self._embedder, _documents(self._cards.values()))
            store = self._store = _MemoryStore(tuple(self._cards.values()), vectors)
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

    def _ready(self) -> "_Store":
        with self._guard:
            if self._closed:
                raise IndexFault("this index is closed; open it again with open_index")
            if self._store is not None:
                return self._store
            if self._cache is None:
                return self._leave_chroma(self._report.why)
            try:
                store: _Store = self._cache.open()
            except _Unusable as fault:
                return self._repair(self._cache, str(fault))
            self._store = store
            return store

    def _replacement(self, failed: "_Store", why: str) -> "_Store":
        with self._guard:
            if self._store is failed and self._cache is not None:
                failed.close()
                return self._repair(self._cache, why)
        return self._ready()

    def _repair(self, cache: "_Cache", why: str) -> "_Store":
        if self._repaired:
            return self._leave_chroma(why)
        self._repaired = True
        try:
            self._report = cache.rebuild(why)
            self._store = cache.open()
        except _Unusable as fault:
            return self._leave_chroma(f"{why}; {fault}")
        return self._store


# --- the two stores ------------------------------------------------------------------------


class _Unusable(Exception):
    """The collection or its files cannot be used; says why."""


class _Store(Protocol):
    """Where vectors are searched."""

    def nearest(self, vector: Vectors, count: int, where: Where) -> list[tuple[str, float]]:
        """Card id and cosine of the `count` nearest documents. Raises _Unusable."""

    def close(self) -> None:
        """Let go of files."""


class _MemoryStore:
    """Exact search over vectors held in memory."""

    def __init__(self, cards: Sequence[Card], vectors: Vectors) -> None:
        self._rows = [(card, lang) for card in cards for lang in LANGS]
        self._vectors = vectors

    def nearest(self, vector: Vectors, count: int, where: Where) -> list[tuple[str, float]]:
        fitting = [i for i, (card, lang) in enumerate(self._rows) if where.lang in (None, lang) and where.admits(card)]
        rows = np.array(fitting, dtype=np.intp)
        scores = self._vectors[rows] @ vector
        order = np.argsort(-scores, kind="stable")[:count]
        return [(self._rows[rows[i]][0].id, float(scores[i])) for i in order]

    def close(self) -> None:
        """Nothing is held."""


class _ChromaStore:
    """An open Chroma collection. Every failure of it is raised as _Unusable."""

    def __init__(self, client: "Client", collection: "Collection") -> None:
        self._client = client
        self._collection = collection
        self._closed = False

    def nearest(self, vector: Vectors, count: int, where: Where) -> list[tuple[str, float]]:
        if self._closed:
            raise _Unusable("the collection was closed during the search")
        with _chroma_faults():
            found = self._collection.query(
                query_embeddings=vector.reshape(1, -1),
                n_results=count,
                where=_chroma_where(where),
                include=["distances"],
            )
        distances = found["distances"]
        if distances is None:
            raise _Unusable("the collection answered without distances")
        return [
            (doc_id.rpartition("#")[0], min(1.0, 1.0 - distance))
            for doc_id, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    def close(self) -> None:
        """Release Chroma's files."""
        self._closed = True
        self._client.close()


@contextmanager
def _chroma_faults() -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, ValueError) as error:
        raise _Unusable(f"Chroma failed: {type(error).__name__}: {error}") from error


def _chroma_where(where: Where) -> Any:
    terms: list[dict[str, object]] = []
    if where.kind is not None:
        terms.append({"kind": where.kind})
    if where.topic is not None:
        terms.append({"topics": {"$contains": where.topic}})
    if where.place is not None:
        terms.append({"places": {"$contains": where.place}})
    if where.easiest > 1:
        terms.append({"difficulty": {"$gte": where.easiest}})
    if where.hardest < MAX_DIFFICULTY:
        terms.append({"difficulty": {"$lte": where.hardest}})
    if where.lang is not None:
        terms.append({"lang": where.lang})
    return {"$and": terms} if len(terms) > 1 else terms[0] if terms else None


def _best(found: Sequence[tuple[str, float]], k: int) -> tuple[Hit, ...]:
    best: dict[str, float] = {}
    for card_id, score in found:
        best[card_id] = max(score, best.get(card_id, score))
    ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Hit(card_id=card_id, score=score) for card_id, score in ranked[:k])


# --- the cache on disk ---------------------------------------------------------------------


class _Identity(Record):
    """What a collection must have been made with to be used."""

    format: int
    chromadb: str
    embedder: str
    dim: int


class _Manifest(Record):
    """What the collection holds and how its files looked when they were last closed."""

    identity: _Identity
    store: Annotated[str, Field(pattern=r"^store-\d+$")]
    cards: dict[str, str]
    """Card id -> hash."""
    files: dict[str, str]
    """Path below the store -> sha256."""

    @property
    def made_of(self) -> str:
        """One line for identity and cards; the collection carries the same."""
        cards = ",".join(f"{card_id}:{digest}" for card_id, digest in sorted(self.cards.items()))
        return hashlib.sha256(f"{self.identity.model_dump_json()}\n{cards}".encode()).hexdigest()


class _Cache:
    """The folder, owned through its lock."""

    def __init__(self, folder: Path, cards: Mapping[str, Card], embedder: Embedder, lock: IO[bytes]) -> None:
        self._folder = folder
        self._cards = cards
        self._embedder = embedder
        self._lock = lock
        self._hashes = {card_id: card.fingerprint for card_id, card in cards.items()}
        self._identity = _Identity(
            format=FORMAT,
            chromadb=importlib.metadata.version("chromadb"),
            embedder=embedder.name,
            dim=embedder.dim,
        )

    def refresh(self) -> IndexReport:
        """What was done to make the folder match the cards. Raises _Unusable when it cannot be made to."""
        try:
            manifest = self._trusted()
        except _Unusable as fault:
            return self.rebuild(str(fault))
        changed = tuple(card_id for card_id, digest in self._hashes.items() if manifest.cards.get(card_id) != digest)
        removed = tuple(card_id for card_id in manifest.cards if card_id not in self._hashes)
        if not changed and not removed:
            return IndexReport(why="unchanged")
        try:
            self._update(manifest, changed, removed)
        except _Unusable as fault:
            return self.rebuild(str(fault))
        return IndexReport(
            embedded=changed, removed=removed, why=f"{len(changed)} new or changed cards, {len(removed)} removed"
        )

    def rebuild(self, why: str) -> IndexReport:
        """What was done: all cards embedded into a new store, the old one deleted. Raises _Unusable."""
        vectors = _vectors(self._embedder, _documents(self._cards.values()))
        # A new name every time: a client of this process may still answer from the files of the old one.
        store = self._folder / f"store-{1 + max((number for number, _ in self._stores()), default=0)}"
        with _disk_faults(store):
            store.mkdir()
        manifest = _Manifest(identity=self._identity, store=store.name, cards=self._hashes, files={})
        with closing(_connect(store)) as client, _chroma_faults():
            collection = client.create_collection(
                _COLLECTION,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine"}},
                metadata={"made_of": manifest.made_of},
            )
            _upsert(collection, tuple(self._cards.values()), vectors)
        self._save(manifest)
        for _, path in self._stores():
            if path != store:
                # What cannot be deleted now, because somebody still reads it, goes at the next rebuild.
                shutil.rmtree(path, ignore_errors=True)
        return IndexReport(embedded=tuple(self._cards), rebuilt=True, why=why)

    def open(self) -> _ChromaStore:
        """The collection, checked. Raises _Unusable."""
        manifest = self._trusted()
        with ExitStack() as opened:
            client = opened.enter_context(closing(_connect(self._folder / manifest.store)))
            with _chroma_faults():
                collection = client.get_collection(_COLLECTION, embedding_function=None)
                made_of = (collection.metadata or {}).get("made_of")
                count = collection.count()
            if made_of != manifest.made_of or count != len(LANGS) * len(self._cards):
                raise _Unusable("the collection was not made from this manifest")
            self._save(manifest)  # Opening a client writes to Chroma's database file.
            opened.pop_all()
        return _ChromaStore(client, collection)

    def close(self) -> None:
        """Let the next process in."""
        self._lock.close()

    def _update(self, manifest: _Manifest, changed: Sequence[str], removed: Sequence[str]) -> None:
        cards = tuple(self._cards[card_id] for card_id in changed)
        vectors = _vectors(self._embedder, _documents(cards))
        updated = manifest.model_copy(update={"cards": self._hashes})
        with closing(_connect(self._folder / manifest.store)) as client, _chroma_faults():
            collection = client.get_collection(_COLLECTION, embedding_function=None)
            # Changed cards go first as well: upsert would merge new metadata into the old.
            outdated = [card_id for card_id in (*removed, *changed) if card_id in manifest.cards]
            for start in range(0, len(outdated), _BATCH):
                collection.delete(
                    ids=[_doc_id(card_id, lang) for card_id in outdated[start : start + _BATCH] for lang in LANGS]
                )
            _upsert(collection, cards, vectors)
            collection.modify(metadata={"made_of": updated.made_of})
        self._save(updated)

    def _trusted(self) -> _Manifest:
        path = self._folder / "manifest.json"
        if not path.exists():
            raise _Unusable("there was no index yet")
        with _disk_faults(path):
            text = path.read_bytes()
        try:
            manifest = _Manifest.model_validate_json(text)
        except ValidationError as error:
            raise _Unusable(f"{path} is not a manifest") from error
        theirs, ours = manifest.identity, self._identity
        if theirs != ours:
            what = next(name for name in _Identity.model_fields if getattr(theirs, name) != getattr(ours, name))
            raise _Unusable(f"made with {what} {getattr(theirs, what)!r}, now {getattr(ours, what)!r}")
        store = self._folder / manifest.store
        if _digests(store) != manifest.files:
            raise _Unusable(f"the files of {store} are not those that were written")
        return manifest

    def _save(self, manifest: _Manifest) -> None:
        text = manifest.model_copy(update={"files": _digests(self._folder / manifest.store)}).model_dump_json(indent=1)
        path = self._folder / "manifest.json"
        draft = self._folder / "manifest.json.new"
        with _disk_faults(path):
            with draft.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)

    def _stores(self) -> list[tuple[int, Path]]:
        with _disk_faults(self._folder):
            return [(int(m[1]), path) for path in self._folder.iterdir() if (m := _STORE.fullmatch(path.name))]


@contextmanager
def _disk_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _Unusable(f"{path} cannot be read or written ({error.strerror})") from error


def _connect(store: Path) -> "Client":
    """A Chroma client on `store`, to be closed."""
    import chromadb
    from chromadb.config import Settings

    with _chroma_faults():
        settings = Settings(anonymized_telemetry=False)
        return cast("Client", chromadb.PersistentClient(str(store), settings=settings))


def _upsert(collection: "Collection", cards: Sequence[Card], vectors: Vectors) -> None:
    ids = [_doc_id(card.id, lang) for card in cards for lang in LANGS]
    metadatas = [_metadata(card, lang) for card in cards for lang in LANGS]
    for start in range(0, len(ids), _BATCH):
        part = slice(start, start + _BATCH)
        collection.upsert(ids=ids[part], embeddings=vectors[part], metadatas=metadatas[part])


def _metadata(card: Card, lang: Lang) -> Any:
    """Lists that are empty are left out, because Chroma refuses them."""
    facts: dict[str, object] = {
        "lang": lang,
        "kind": card.kind,
        "difficulty": card.difficulty,
        "topics": list(card.topics),
        "places": _places(card),
        "hash": card.fingerprint,
    }
    return {name: fact for name, fact in facts.items() if fact != []}


def _places(card: Card) -> list[str]:
    """Where the card was asked, as pairs and each half alone: so that no company goes with another's round."""
    found = {
        f"{company}/{name}"
        for origin in card.source
        for company in {origin.company or "", ""}
        for name in {origin.round or "", ""}
    }
    return sorted(found - {"/"})


def _doc_id(card_id: str, lang: Lang) -> str:
    return f"{card_id}#{lang}"


def _documents(cards: Iterable[Card]) -> list[str]:
    return [document(card, lang) for card in cards for lang in LANGS]


def _vectors(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    if not texts:
        return np.zeros((0, embedder.dim), dtype=np.float32)
    vectors = np.asarray(embedder.embed(texts), dtype=np.float32)
    if vectors.shape != (len(texts), embedder.dim):
        raise IndexFault(f"{embedder.name} gave vectors of shape {vectors.shape}, not {(len(texts), embedder.dim)}")
    if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
        raise IndexFault(f"{embedder.name} gave a vector that is zero or not finite")
    return vectors


def _digests(store: Path) -> dict[str, str]:
    """Sha256 of every file below `store`, by relative path; empty when there is no such folder."""
    with _disk_faults(store):
        return {
            path.relative_to(store).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(store.rglob("*"))
            if path.is_file()
        }


def _lock(path: Path) -> IO[bytes]:
    """The locked file, to be kept open; the system unlocks it when the process ends, however it ends.

    Raises _Unusable when another process, or another index of this one, holds it.
    """
    file = path.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        file.close()
        raise _Unusable(f"{path.parent} is in use by another process") from error
    except OSError:
        file.close()
        raise
    return file
