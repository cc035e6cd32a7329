"""The vectors on disk: a Chroma collection as a disposable cache over the cards, or all of them in memory.

    folder/
      lock             held while an index is open; embedded Chroma is safe for one process only
      manifest.json    what the collection was made of, and a checksum of each of its files
      store-<n>/       Chroma's own files

The manifest is trusted only when every file still has its checksum: Chroma answers silently from vectors of another
embedder of the same length, and noise in its files can end the process. Only user of chromadb.
"""

import hashlib
import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal, Protocol, cast

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
MAX_DIFFICULTY = 5
_COLLECTION = "cards"
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


class Unusable(Exception):
    """The collection or its files cannot be used; says why."""


class Store(Protocol):
    """Where vectors are searched."""

    def nearest(self, vector: Vectors, count: int, where: Where) -> list[tuple[str, float]]:
        """Card id and cosine of the `count` nearest documents. Raises Unusable."""

    def close(self) -> None:
        """Let go of files."""


class MemoryStore:
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


class ChromaStore:
    """An open Chroma collection. Every failure of it is raised as Unusable."""

    def __init__(self, client: "Client", collection: "Collection") -> None:
        self._client = client
        self._collection = collection
        self._closed = False

    def nearest(self, vector: Vectors, count: int, where: Where) -> list[tuple[str, float]]:
        if self._closed:
            raise Unusable("the collection was closed during the search")
        with _chroma_faults():
            found = self._collection.query(
                query_embeddings=vector.reshape(1, -1),
                n_results=count,
                where=_chroma_where(where),
                include=["distances"],
            )
        distances = found["distances"]
        if distances is None:
            raise Unusable("the collection answered without distances")
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
        raise Unusable(f"Chroma failed: {type(error).__name__}: {error}") from error


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


class Cache:
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
        """What was done to make the folder match the cards. Raises Unusable when it cannot be made to."""
        try:
            manifest = self._trusted()
        except Unusable as fault:
            return self.rebuild(str(fault))
        changed = tuple(card_id for card_id, digest in self._hashes.items() if manifest.cards.get(card_id) != digest)
        removed = tuple(card_id for card_id in manifest.cards if card_id not in self._hashes)
        if not changed and not removed:
            return IndexReport(why="unchanged")
        try:
            self._update(manifest, changed, removed)
        except Unusable as fault:
            return self.rebuild(str(fault))
        return IndexReport(
            embedded=changed, removed=removed, why=f"{len(changed)} new or changed cards, {len(removed)} removed"
        )

    def rebuild(self, why: str) -> IndexReport:
        """What was done: all cards embedded into a new store, the old one deleted. Raises Unusable."""
        vectors = vectors_of(self._embedder, documents(self._cards.values()))
        # A new name every time: a client of this process may still answer from the files of the old one.
        store = self._folder / f"store-{1 + max((number for number, _ in self._stores()), default=0)}"
        with disk_faults(store):
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

    def open(self) -> ChromaStore:
        """The collection, checked. Raises Unusable."""
        manifest = self._trusted()
        with ExitStack() as opened:
            client = opened.enter_context(closing(_connect(self._folder / manifest.store)))
            with _chroma_faults():
                collection = client.get_collection(_COLLECTION, embedding_function=None)
                made_of = (collection.metadata or {}).get("made_of")
                count = collection.count()
            if made_of != manifest.made_of or count != len(LANGS) * len(self._cards):
                raise Unusable("the collection was not made from this manifest")
            self._save(manifest)  # Opening a client writes to Chroma's database file.
            opened.pop_all()
        return ChromaStore(client, collection)

    def close(self) -> None:
        """Let the next process in."""
        self._lock.close()

    def _update(self, manifest: _Manifest, changed: Sequence[str], removed: Sequence[str]) -> None:
        cards = tuple(self._cards[card_id] for card_id in changed)
        vectors = vectors_of(self._embedder, documents(cards))
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
            raise Unusable("there was no index yet")
        with disk_faults(path):
            text = path.read_bytes()
        try:
            manifest = _Manifest.model_validate_json(text)
        except ValidationError as error:
            raise Unusable(f"{path} is not a manifest") from error
        theirs, ours = manifest.identity, self._identity
        if theirs != ours:
            what = next(name for name in _Identity.model_fields if getattr(theirs, name) != getattr(ours, name))
            raise Unusable(f"made with {what} {getattr(theirs, what)!r}, now {getattr(ours, what)!r}")
        store = self._folder / manifest.store
        if _digests(store) != manifest.files:
            raise Unusable(f"the files of {store} are not those that were written")
        return manifest

    def _save(self, manifest: _Manifest) -> None:
        text = manifest.model_copy(update={"files": _digests(self._folder / manifest.store)}).model_dump_json(indent=1)
        path = self._folder / "manifest.json"
        draft = self._folder / "manifest.json.new"
        with disk_faults(path):
            with draft.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)

    def _stores(self) -> list[tuple[int, Path]]:
        with disk_faults(self._folder):
            return [(int(m[1]), path) for path in self._folder.iterdir() if (m := _STORE.fullmatch(path.name))]


@contextmanager
def disk_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unusable(f"{path} cannot be read or written ({error.strerror})") from error


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


def documents(cards: Iterable[Card]) -> list[str]:
    return [document(card, lang) for card in cards for lang in LANGS]


def vectors_of(embedder: Embedder, texts: Sequence[str]) -> Vectors:
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
    with disk_faults(store):
        return {
            path.relative_to(store).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(store.rglob("*"))
            if path.is_file()
        }


def locked(path: Path) -> IO[bytes]:
    """The locked file, to be kept open; the system unlocks it when the process ends, however it ends.

    Raises Unusable when another process, or another index of this one, holds it.
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
        raise Unusable(f"{path.parent} is in use by another process") from error
    except OSError:
        file.close()
        raise
    return file
