"""Embedders with a model behind them: any OpenAI-compatible `/v1/embeddings`, or a model in a local folder.

Both see every text with the names of its glossary concepts in both languages added, so that a term the model does not
know still has its meaning. Only user of onnxruntime, tokenizers and sentence_transformers.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from coach.bank.embed import Embedder, LexicalEmbedder, Vectors
from coach.bank.glossary import Glossary
from coach.errors import IndexFault, SettingsError
from coach.llm.embeddings import EmbeddingsEndpoint

ONNX_BATCH = 32
MAX_TOKENS = 512
"""Longer texts are cut; cards are shorter."""


def make_embedder(
    setting: str, glossary: Glossary, *, api_key: str | None = None, base_url: str | None = None
) -> Embedder:
    """The embedder that `COACH_EMBEDDER` names: `lexical`, `openai:<model>` or `folder:<path>`.

    Raises SettingsError for anything else, and for a folder without a model.
    """
    if setting == "lexical":
        return LexicalEmbedder(glossary)
    kind, _, rest = setting.partition(":")
    if kind == "openai" and rest:
        return ModelEmbedder(EmbeddingsEndpoint(rest, api_key=api_key, base_url=base_url), glossary)
    if kind == "folder" and rest:
        return ModelEmbedder(folder_model(Path(rest).expanduser()), glossary)
    raise SettingsError(
        f"COACH_EMBEDDER is {setting!r}; it takes lexical, openai:<model> such as openai:text-embedding-3-small, "
        "or folder:<path of an ONNX or sentence-transformers model>",
        "embedder",
        value=setting,
    )


class Model(Protocol):
    """What turns texts into vectors of any length and norm."""

    @property
    def name(self) -> str:
        """Changes when the same text would get another vector."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One row per text."""


class ModelEmbedder:
    """Unit vectors of a model, over texts with their glossary concepts named."""

    def __init__(self, model: Model, glossary: Glossary) -> None:
        self._model = model
        self._glossary = glossary
        self._names = {entry.id: f"{entry.en[0]} {entry.zh[0]}" for entry in glossary.entries}

    @property
    def name(self) -> str:
        """The model's name and the glossary's fingerprint."""
        return f"{self._model.name}+{self._glossary.fingerprint}"

    @cached_property
    def dim(self) -> int:
        """Length of every vector; asks the model once."""
        return int(self.embed(["dimension"]).shape[1])

    @property
    def trust(self) -> float:
        """As much as words: a model sees what words do not."""
        return 1.0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit row per text. Raises ModelError or IndexFault."""
        rows = np.asarray(self._model.vectors([self._with_terms(text) for text in texts]), dtype=np.float32)
        if rows.ndim != 2 or len(rows) != len(texts) or not np.isfinite(rows).all():
            raise IndexFault(f"{self._model.name} gave vectors of shape {rows.shape} for {len(texts)} texts")
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        if not norms.all():
            raise IndexFault(f"{self._model.name} gave a vector of length 0")
        return np.asarray(rows / norms, dtype=np.float32)

    def _with_terms(self, text: str) -> str:
        concepts = dict.fromkeys(self._glossary.concepts(text))
        named = "; ".join(self._names[concept] for concept in concepts)
        return f"{text}\n[{named}]" if named else text or " "


def folder_model(folder: Path) -> Model:
    """The model in a folder: `model.onnx` with `tokenizer.json`, else whatever sentence-transformers can read.

    Raises SettingsError when there is none, or when the package to run it is missing.
    """
    if not folder.is_dir():
        raise SettingsError(f"COACH_EMBEDDER names the folder {folder}, which does not exist")
    onnx = next((path for path in (folder / "model.onnx", folder / "onnx" / "model.onnx") if path.is_file()), None)
    if onnx is not None and (folder / "tokenizer.json").is_file():
        return _OnnxModel(folder, onnx)
    if not ((folder / "modules.json").is_file() or (folder / "config.json").is_file()):
        raise SettingsError(f"{folder} holds neither model.onnx with tokenizer.json nor a sentence-transformers model")
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise SettingsError(
            f"{folder} is a sentence-transformers model: pip install sentence-transformers, or export it to ONNX"
        ) from error
    model = SentenceTransformer(str(folder), local_files_only=True)
    return _Called(f"sentence-transformers-{_identity(folder)}", model.encode)


@dataclass(frozen=True)
class _Called:
    """A model that is one function."""

    name: str
    call: Callable[[list[str]], Any]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        return np.asarray(self.call(list(texts)), dtype=np.float32)


class _OnnxModel:
    """A transformer in ONNX: token vectors averaged over the attention mask, or the pooled output where it has one."""

    def __init__(self, folder: Path, onnx: Path) -> None:
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise SettingsError("a model folder needs: pip install onnxruntime tokenizers") from error
        self.name = f"onnx-{_identity(folder)}"
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._session = onnxruntime.InferenceSession(str(onnx), providers=["CPUExecutionProvider"])
        except Exception as error:
            raise SettingsError(f"the model in {folder} cannot be loaded: {str(error)[:200]}") from error
        self._tokenizer.enable_truncation(max_length=MAX_TOKENS)
        self._tokenizer.enable_padding()
        self._inputs = [one.name for one in self._session.get_inputs()]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        rows = [self._batch(texts[start : start + ONNX_BATCH]) for start in range(0, len(texts), ONNX_BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, 1), dtype=np.float32)

    def _batch(self, texts: Sequence[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(list(texts))
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
        given = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        out = np.asarray(self._session.run(None, {name: given[name] for name in self._inputs})[0], dtype=np.float32)
        if out.ndim == 2:
            return out
        weights = mask[:, :, None].astype(np.float32)
        return np.asarray((out * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1), dtype=np.float32)


def _identity(folder: Path) -> str:
    """First 16 hex digits of a hash over names, sizes and times of the model's files."""
    facts = [
        f"{path.relative_to(folder).as_posix()} {path.stat().st_size} {path.stat().st_mtime_ns}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
