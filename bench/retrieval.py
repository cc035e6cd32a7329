"""How fast search is, beside a raw Chroma query and numpy, at the bank's size and with synthetic cards.

    python bench/retrieval.py [--sizes 10000 100000] [--queries 50]

All sides of one size run in one process, in turn, with the same ready vectors; figures are medians. Memory is the
growth of the process's resident set. Nothing is asserted: read the ratios.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from coach.bank.collection import Where
from coach.bank.embed import Embedder, LexicalEmbedder, Vectors
from coach.bank.index import open_index
from coach.bank.search import search
from coach.schema import LANGS, Card
from coach.wiring import Coach

QUERIES = Path(__file__).resolve().parents[1] / "evals" / "retrieval" / "answerable.jsonl"
DEPTH = 30


class Ready:
    """An embedder of random unit vectors, so that 100,000 cards need no embedding; queries get ready vectors."""

    name, dim, trust = "ready-384", 384, 0.3

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = self._random.standard_normal((len(texts), self.dim), dtype=np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def medians_ms(repeats: int, **sides: Callable[[int], object]) -> dict[str, float]:
    """Median milliseconds of each side, called in turn so that all meet the same load."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for at in range(repeats + 3):
        for name, side in sides.items():
            start = time.perf_counter()
            side(at)
            if at >= 3:
                times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(taken) for name, taken in times.items()}


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def synthetic(count: int, template: Card) -> tuple[Card, ...]:
    return tuple(template.model_copy(update={"id": f"{template.topics[0]}/card-{number}"}) for number in range(count))


def reopening(folder: Path, cards: Sequence[Card], embedder: Embedder) -> dict[str, float]:
    """Seconds to open a built index again, and how many cards that embeds (none)."""
    start = time.perf_counter()
    with open_index(folder, cards=cards, embedder=embedder) as index:
        return {"reopen_s": time.perf_counter() - start, "embedded_on_reopen": len(index.report.embedded)}


def bank(queries: Sequence[str], repeats: int, folder: Path) -> dict[str, float]:
    """The shipped bank with the built-in embedder, query text in, cards out."""
    coach = Coach(own=False)
    before, start = resident_mb(), time.perf_counter()
    embedder = LexicalEmbedder(coach.glossary)
    with open_index(folder / "bank", cards=coach.cards, embedder=embedder) as index:
        built = time.perf_counter() - start
        index.search("warm", k=1)
        grown = resident_mb() - before
        start = time.perf_counter()
        lexical = coach.lexical
        lexical.rank("warm 一下")
        words_s = time.perf_counter() - start
        vectors = embedder.embed(list(queries))
        collection = index._ready()._collection  # type: ignore[attr-defined]
        matrix = embedder.embed([text for card in coach.cards for text in (card.question.en, card.question.zh)])

        def raw(at: int) -> object:
            return collection.query(
                query_embeddings=vectors[at % len(vectors)].reshape(1, -1), n_results=2 * DEPTH, include=["distances"]
            )

        found = medians_ms(
            repeats,
            raw_chroma=raw,
            numpy=lambda at: np.argsort(-(matrix @ vectors[at % len(vectors)]))[: 2 * DEPTH],
            index_ready_vector=lambda at: index.nearest(vectors[at % len(vectors)], k=DEPTH),
            index_from_text=lambda at: index.search(queries[at % len(queries)], k=DEPTH),
            hybrid_from_text=lambda at: search(index, lexical, queries[at % len(queries)], k=5, where=Where()),
        )
    size = len(coach.cards)
    return {
        "cards": size, "build_s": built, "cards_per_s": size / built,
        **reopening(folder / "bank", coach.cards, embedder), "words_ready_s": words_s, "memory_mb": grown, **found,
        "ratio_to_raw_chroma": found["index_ready_vector"] / found["raw_chroma"],
    }  # fmt: skip


def large(count: int, repeats: int, folder: Path) -> dict[str, float]:
    """`count` synthetic cards with ready vectors."""
    embedder = Ready()
    cards = synthetic(count, Coach(own=False).cards[0])
    before, start = resident_mb(), time.perf_counter()
    with open_index(folder / str(count), cards=cards, embedder=embedder) as index:
        built = time.perf_counter() - start
        vectors = embedder.embed(["x"] * 64)
        index.search("warm", k=1)
        grown = resident_mb() - before
        collection = index._ready()._collection  # type: ignore[attr-defined]
        matrix = embedder.embed(["x"] * (count * len(LANGS)))
        top = 2 * DEPTH

        def brute(at: int) -> object:
            scores = matrix @ vectors[at % 64]
            near = np.argpartition(-scores, top)[:top]
            return near[np.argsort(-scores[near])]

        def raw(at: int) -> object:
            return collection.query(
                query_embeddings=vectors[at % 64].reshape(1, -1), n_results=top, include=["distances"]
            )

        found = medians_ms(
            repeats, raw_chroma=raw, numpy=brute, index_ready_vector=lambda at: index.nearest(vectors[at % 64], k=DEPTH)
        )
    return {
        "cards": count, "build_s": built, "cards_per_s": count / built,
        **reopening(folder / str(count), cards, embedder), "memory_mb": grown, **found,
        "ratio_to_raw_chroma": found["index_ready_vector"] / found["raw_chroma"],
    }  # fmt: skip


def main() -> None:
    """Print one table; `--json` prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--queries", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    queries = [json.loads(line)["text"] for line in QUERIES.read_text(encoding="utf-8").splitlines()][: asked.queries]
    with tempfile.TemporaryDirectory() as name:
        rows = [bank(queries, asked.queries, Path(name))]
        rows += [large(count, asked.queries, Path(name)) for count in asked.sizes]
    if asked.json:
        print(json.dumps(rows, indent=1))
        return
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores; milliseconds are medians of {asked.queries}")
    for row in rows:
        print(f"\n{row['cards']:,.0f} cards")
        for key, value in row.items():
            if key != "cards":
                print(f"  {key.replace('_', ' '):<22}{value:>10.2f}")


if __name__ == "__main__":
    main()
