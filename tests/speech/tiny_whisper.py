"""A Whisper model of 300 KB with random weights, in CTranslate2's own format: everything real but what it says.

The vocabulary holds single bytes, Whisper's special tokens, and the empty token by which CTranslate2 knows a
multilingual model. One dimension is the same everywhere and favours plain letters, so that some text comes out;
another one ends it.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Tokenizer

DIM, MELS, HEADS, AUDIO_PLACES, TEXT_PLACES = 16, 80, 2, 1500, 448
LANGUAGES, TIME_STEPS = 100, 1501
PLAIN = END = 257
TIMES = END + 2 + LANGUAGES + 6
SIZE = TIMES + TIME_STEPS
LENGTH = 40
"""Places after which the end of the text is likely."""


def make(folder: Path) -> Path:
    """The folder, with a model in it."""
    from ctranslate2.specs.whisper_spec import WhisperConfig, WhisperSpec

    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    spec = WhisperSpec(1, HEADS, 1, HEADS)
    encoder, decoder = spec.encoder, spec.decoder
    for conv, inputs in ((encoder.conv1, MELS), (encoder.conv2, DIM)):
        conv.weight, conv.bias = _some(random, DIM, inputs, 3), _some(random, DIM)
    encoder.position_encodings.encodings = _some(random, AUDIO_PLACES, DIM)
    decoder.position_encodings.encodings = _some(random, TEXT_PLACES, DIM, scale=1.0)
    decoder.position_encodings.encodings[:, 1] = np.where(np.arange(TEXT_PLACES) < LENGTH, -8.0, 8.0)
    names = _tokens()
    decoder.embeddings.weight = _some(random, SIZE, DIM, scale=1.0)
    decoder.embeddings.weight[:, 1] = 0.0
    decoder.projection.weight = _scores(random, names)
    for norm in (encoder.layer_norm, decoder.layer_norm):
        norm.gamma, norm.beta = np.ones(DIM, np.float32), np.zeros(DIM, np.float32)
    decoder.layer_norm.beta[0] = 8.0
    for layer in (*encoder.layer, *decoder.layer):
        _fill(random, layer.self_attention, (3 * DIM, DIM))
        _fill(random, layer.ffn, ())
    for layer in decoder.layer:
        _fill(random, layer.attention, (DIM, 2 * DIM, DIM))
    spec.register_vocabulary(names)
    spec._config = WhisperConfig(
        suppress_ids=[], suppress_ids_begin=[END], lang_ids=list(range(END + 2, END + 2 + LANGUAGES)),
        alignment_heads=[(0, 0), (0, 1)],
    )  # fmt: skip
    spec.validate()
    spec.save(str(folder))
    _tokenizer(names).save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": MELS}), encoding="utf-8")
    return folder


def _some(random: np.random.Generator, *shape: int, scale: float = 0.1) -> npt.NDArray[np.float32]:
    return (random.normal(size=shape) * scale).astype(np.float32)


def _scores(random: np.random.Generator, names: list[str]) -> npt.NDArray[np.float32]:
    weight = _some(random, SIZE, DIM, scale=0.2)
    letters = [names.index(name) for name in "Ġabcdefghijklmnopqrstuvwxyz"]
    weight[letters] *= 8.0
    weight[:, 0] = -3.0
    weight[letters, 0] = weight[END, 0] = 1.0
    weight[TIMES:, 0] = -1.0
    weight[:, 1] = 0.0
    weight[END, 1] = 12.0
    return weight


def _fill(random: np.random.Generator, spec: Any, sizes: tuple[int, ...]) -> None:
    """Random weights for an attention layer with linear parts of these sizes, or for a feed-forward layer."""
    spec.layer_norm.gamma, spec.layer_norm.beta = np.ones(DIM, np.float32), np.zeros(DIM, np.float32)
    if sizes:
        parts = zip(spec.linear, sizes, strict=True)
        shapes = [(part, size, DIM) for part, size in parts]
    else:
        shapes = [(spec.linear_0, 4 * DIM, DIM), (spec.linear_1, DIM, 4 * DIM)]
    for part, rows, columns in shapes:
        part.weight, part.bias = _some(random, rows, columns), _some(random, rows)


def _tokens() -> list[str]:
    """The names of all tokens: bytes, Whisper's special ones, and its times."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES
    from tokenizers.pre_tokenizers import ByteLevel

    plain = [*sorted(ByteLevel.alphabet()), ""]
    assert len(plain) == PLAIN
    languages = list(_LANGUAGE_CODES)
    assert len(languages) == LANGUAGES
    marks = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    times = [f"{number * 0.02:.2f}" for number in range(TIME_STEPS)]
    special = ["endoftext", "startoftranscript", *languages, *marks, *times]
    return [*plain, *(f"<|{name}|>" for name in special)]


def _tokenizer(names: list[str]) -> "Tokenizer":
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE({name: number for number, name in enumerate(names[:PLAIN])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = [AddedToken(name, special=True) for name in names[PLAIN:TIMES]]
    tokenizer.add_special_tokens(special)
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in names[TIMES:]])
    assert tokenizer.token_to_id("<|0.00|>") == TIMES
    return tokenizer
