"""A language model of half a megabyte, made here: random weights that can still write JSON under a grammar."""

from pathlib import Path

import gguf
import numpy as np

LAYERS, WIDTH, HEADS, HIDDEN, CONTEXT = 2, 64, 4, 128, 8192
BYTES = 256
SPECIAL = ("<unk>", "<s>", "</s>")
CLOSERS = (b'"', b"]", b"}")
SPACE = "▁".encode()
AFTER = {SPACE: b"o", b"o": b"k", b"k": b"</s>"}
"""What follows a token for certain where no grammar forbids it: after `assistant: ` the model says `ok` and ends."""
CHAT = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def write_tiny_gguf(path: Path, *, seed: int = 0) -> Path:
    """`path`, holding a llama model with one token per byte.

    Plain random weights often write bytes that are no UTF-8 and strings that never end. One embedding dimension is the
    same for every token, passes through all layers, and in the output layer switches non-ASCII bytes off and makes
    closing characters likely; a grammar does the rest. Further dimensions mark the tokens of `AFTER`.
    """
    rng = np.random.default_rng(seed)
    tokens = [*(text.encode() for text in SPECIAL), *(f"<0x{byte:02X}>".encode() for byte in range(BYTES))]
    types = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL, *[gguf.TokenType.BYTE] * BYTES]
    tokens += [SPACE, *(bytes([byte]) for byte in range(33, 127))]
    types += [gguf.TokenType.NORMAL] * 95

    def random(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.05, shape).astype(np.float32)

    embedding = random(len(tokens), WIDTH)
    embedding[:, 0] = 1.0
    output = random(len(tokens), WIDTH)
    output[:, 0] = 0.0
    for token, text in enumerate(tokens):
        output[token, 0] = _lean(token, text)
    for mark, (before, after) in enumerate(AFTER.items(), start=1):
        embedding[:, mark] = output[:, mark] = 0.0
        embedding[_index(tokens, before), mark] = 1.0
        output[_index(tokens, after), mark] = 10.0

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(types)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
    for layer in range(LAYERS):
        for name, shape in _LAYER.items():
            weight = np.ones(shape, dtype=np.float32) if len(shape) == 1 else random(*shape)
            if name in ("attn_output", "ffn_down"):
                weight[: len(AFTER) + 1, :] = 0.0
            writer.add_tensor(f"blk.{layer}.{name}.weight", weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


_LAYER: dict[str, tuple[int, ...]] = {
    "attn_norm": (WIDTH,),
    "attn_q": (WIDTH, WIDTH),
    "attn_k": (WIDTH, WIDTH),
    "attn_v": (WIDTH, WIDTH),
    "attn_output": (WIDTH, WIDTH),
    "ffn_norm": (WIDTH,),
    "ffn_gate": (HIDDEN, WIDTH),
    "ffn_up": (HIDDEN, WIDTH),
    "ffn_down": (WIDTH, HIDDEN),
}


def _index(tokens: list[bytes], text: bytes) -> int:
    """The last token of that text: a character's own one comes after its byte."""
    return len(tokens) - 1 - tokens[::-1].index(text)


def _lean(token: int, text: bytes) -> float:
    """How much the output layer favours a token through the constant dimension."""
    if len(SPECIAL) <= token < len(SPECIAL) + BYTES or token < 2:
        return -50.0
    return 0.5 if text in CLOSERS else 0.0
