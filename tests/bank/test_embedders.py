"""Embedders with a model: a stub over HTTP, and a tiny ONNX model made here."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coach import errors
from coach.bank.embedders import ModelEmbedder, make_embedder
from coach.bank.glossary import Entry, Glossary
from coach.bank.index import open_index
from coach.llm.embeddings import BATCH, EmbeddingsEndpoint
from coach.schema import Card
from coach.settings import Settings
from coach.wiring import Coach
from tests.conftest import ROOT
from tests.llm.stub import Answer, Exchange, Stub, cuts_body, fails, sends

GLOSSARY = Glossary((Entry(id="overfitting", en=("overfitting",), zh=("过拟合",)),))


def vector(text: str) -> list[float]:
    """Letters counted, so that like texts get like vectors."""
    counts = np.zeros(64)
    for char in text:
        counts[ord(char) % 64] += 1
    return [float(count) for count in counts]


class Embeds:
    """Answers an embedding request properly, in reverse order, as the protocol allows."""

    def __init__(self, server: list[Stub]) -> None:
        self.server = server

    def __call__(self, exchange: Exchange) -> None:
        asked = self.server[0].requests[-1]
        data = [{"object": "embedding", "index": i, "embedding": vector(text)} for i, text in enumerate(asked["input"])]
        body = {"object": "list", "model": "m", "data": data[::-1], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        exchange.send(200, json.dumps(body).encode(), {})


def stub(*before: Answer) -> Stub:
    holder: list[Stub] = []
    server = Stub(*before, Embeds(holder))
    holder.append(server)
    return server


def test_texts_reach_the_server_with_their_concepts_in_batches_and_come_back_in_order() -> None:
    texts = [f"text {number}" for number in range(BATCH)] + ["怎么发现过拟合"]
    with stub() as server:
        embedder = make_embedder("openai:m", GLOSSARY, base_url=server.url)
        rows = embedder.embed(texts)
        assert [len(asked["input"]) for asked in server.requests] == [BATCH, 1]
        assert server.requests[1]["input"] == ["怎么发现过拟合\n[overfitting 过拟合]"]
    assert rows.shape == (BATCH + 1, 64)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    expected = np.array(vector("text 7"))
    assert np.allclose(rows[7], expected / np.linalg.norm(expected), atol=1e-6)


def base64_row(exchange: Exchange) -> None:
    import base64

    text = base64.b64encode(np.array([3, 4], dtype="<f4").tobytes()).decode()
    data = [{"object": "embedding", "index": 0, "embedding": text}]
    exchange.send(200, json.dumps({"object": "list", "model": "m", "data": data}).encode(), {})


def test_vectors_sent_as_base64_are_read() -> None:
    with Stub(base64_row) as server:
        rows = make_embedder("openai:m", GLOSSARY, base_url=server.url).embed(["x"])
    assert np.allclose(rows, [[0.6, 0.8]])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (fails(401), errors.ModelKeyRejected),
        (fails(404), errors.ModelRequestRejected),
        (fails(429, "insufficient_quota"), errors.ModelQuotaExhausted),
        (sends("<html>sign in</html>", "text/html"), errors.ModelNotAnEndpoint),
        (sends({"object": "list", "data": [], "model": "m"}), errors.ModelError),
        (cuts_body, errors.ModelUnreachable),
    ],
)
def test_every_fault_of_a_server_is_typed_and_keeps_the_key_to_itself(answer: Answer, error: type[Exception]) -> None:
    with Stub(answer) as server:
        embedder = make_embedder("openai:m", GLOSSARY, api_key="sk-secret-0123456789abcdef", base_url=server.url)
        with pytest.raises(error) as caught:
            embedder.embed(["x"])
    assert "secret" not in str(caught.value)


def test_a_passing_fault_is_tried_again() -> None:
    with stub(fails(503, retry_after="0"), fails(429, retry_after="0")) as server:
        assert make_embedder("openai:m", GLOSSARY, base_url=server.url).embed(["x"]).shape == (1, 64)
        assert server.calls == 3


def test_a_server_that_is_not_there_is_an_error_with_advice() -> None:
    with pytest.raises(errors.ModelUnreachable, match="base URL"):
        EmbeddingsEndpoint("m", api_key=None, base_url="http://127.0.0.1:9/v1", budget_s=0.5).vectors(["x"])
    with pytest.raises(errors.ModelNotConfigured, match="OPENAI_API_KEY"):
        make_embedder("openai:text-embedding-3-small", GLOSSARY)


@pytest.mark.parametrize("setting", ["", "bert", "openai:", "folder:", "folder:/no/such/folder"])
def test_a_setting_that_names_no_embedder_is_refused(setting: str) -> None:
    with pytest.raises(errors.SettingsError, match="COACH_EMBEDDER"):
        make_embedder(setting, GLOSSARY)


# --- a model in a folder -------------------------------------------------------------------

WORDS = ["[PAD]", "[UNK]", "overfitting", "过拟合", "kernel", "[", "]"]


def write_model(folder: Path, *, pooled: bool = False) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    table = np.eye(len(WORDS), 5, dtype=np.float32) + 0.01
    shape: list[Any] = ["batch", "tokens"]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["tokens"])]
    out = "tokens"
    if pooled:
        nodes.append(helper.make_node("ReduceMean", ["tokens", "axes"], ["pooled"], keepdims=0))
        out = "pooled"
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "axes")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    onnx.save(model, str(folder / "model.onnx"))


@pytest.mark.parametrize("pooled", [False, True])
def test_an_onnx_folder_embeds_each_text_by_itself_whatever_stands_beside_it(tmp_path: Path, pooled: bool) -> None:
    write_model(tmp_path, pooled=pooled)
    embedder = make_embedder(f"folder:{tmp_path}", GLOSSARY)
    alone = embedder.embed(["kernel"])
    together = embedder.embed(["kernel", "kernel"])
    assert embedder.dim == 5
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert np.allclose(together, alone, atol=1e-6)
    if not pooled:
        padded = embedder.embed(["kernel", "kernel overfitting kernel overfitting"])
        assert np.allclose(padded[0], alone[0], atol=1e-6)
        assert float(padded[1] @ embedder.embed(["过拟合"])[0]) > 0.5


def test_another_model_in_the_same_folder_is_another_embedder(tmp_path: Path) -> None:
    write_model(tmp_path)
    before = make_embedder(f"folder:{tmp_path}", GLOSSARY).name
    write_model(tmp_path, pooled=True)
    assert make_embedder(f"folder:{tmp_path}", GLOSSARY).name != before


def test_a_folder_without_a_model_and_a_damaged_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.SettingsError, match="holds neither"):
        make_embedder(f"folder:{tmp_path}", GLOSSARY)
    write_model(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(errors.SettingsError, match="cannot be loaded"):
        make_embedder(f"folder:{tmp_path}", GLOSSARY)


class Flat:
    """A model that forgets a row, or has nothing to say."""

    name = "flat"

    def __init__(self, rows: Any) -> None:
        self.rows = np.array(rows, dtype=np.float32)

    def vectors(self, texts: Any) -> Any:
        return self.rows


@pytest.mark.parametrize("rows", [[[1.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]], [[math.nan, 0.0], [1.0, 0.0]], [1.0, 2.0]])
def test_vectors_that_cannot_be_compared_are_refused(rows: Any) -> None:
    with pytest.raises(errors.IndexFault, match="flat"):
        ModelEmbedder(Flat(rows), GLOSSARY).embed(["a", "b"])


# --- the bank over a model -----------------------------------------------------------------


def test_one_setting_moves_the_bank_to_another_embedder_and_back(tmp_path: Path, cards: dict[str, Card]) -> None:
    few = tuple(cards.values())[:3]
    write_model(tmp_path)
    folder = tmp_path / "index"
    for setting in ("lexical", f"folder:{tmp_path}", "lexical"):
        with open_index(folder, cards=few, embedder=make_embedder(setting, GLOSSARY)) as index:
            assert index.report.rebuilt
            assert len(index.search("kernel", k=3)) == 3


def test_when_the_embedding_server_is_down_words_alone_search_and_say_so(tmp_path: Path) -> None:
    with Stub(fails(401)) as server:
        settings = Settings(content_dir=ROOT, data_dir=tmp_path, embedder="openai:m", embeddings_base_url=server.url)
        coach = Coach(settings)
        coach.warm()
        found = coach.find("GIL", k=3)
        coach.close()
    assert found.cards[0] == "parallel/python-gil"
    assert found.without is not None
    assert "rejected" in found.without
