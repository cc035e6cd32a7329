"""Every coding task: the solution passes, the starter fails, and each wrong solution fails for the reason it gives.

The code here is ours; a candidate's never runs like this.
"""

import ast
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coach.bank.cards import read_cards
from coach.schema import Card
from tests.conftest import ROOT

CODING = [card for card in read_cards(ROOT / "knowledge" / "cards").cards if card.coding is not None]
PATIENCE_S = 60
TASKS = {
    "knn-with-heap",
    "top-k-items",
    "k-means-lloyd",
    "logistic-regression-gd",
    "decision-tree-split",
    "xor-two-layer-network",
    "pagerank-power-iteration",
    "modularity-of-a-partition",
    "batch-norm-forward",
    "scaled-dot-product-attention",
    "roc-auc",
    "ndcg",
    "reservoir-sampling",
    "mini-batch-iterator",
}


def test_every_task_that_interviews_ask_is_there() -> None:
    assert {card.id.split("/")[1] for card in CODING} >= TASKS


def outcomes(card: Card, code: str, folder: Path) -> dict[str, str | None]:
    """Check id -> class of the exception it ends in; None when it passes."""
    assert card.coding is not None
    environment = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    if "SYSTEMROOT" in os.environ:
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]

    def run(check: tuple[str, str]) -> str | None:
        name, test = check
        path = folder / f"{name}.py"
        path.write_text(f"{code}\n\n{test}\n", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-I", str(path)],
            capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=environment, cwd=folder,
        )  # fmt: skip
        if done.returncode == 0:
            return None
        return done.stderr.strip().splitlines()[-1].split(":")[0].rsplit(".", 1)[-1]

    checks = [(check.id, check.code) for check in card.coding.checks]
    with ThreadPoolExecutor(2) as pool:
        return dict(zip((name for name, _ in checks), pool.map(run, checks), strict=True))


@pytest.mark.parametrize("card", CODING, ids=lambda card: card.id)
def test_the_solution_passes_and_every_wrong_one_fails_for_its_reason(card: Card, tmp_path: Path) -> None:
    assert card.coding is not None
    assert set(outcomes(card, card.coding.solution, tmp_path).values()) == {None}
    starter = outcomes(card, card.coding.starter, tmp_path)
    assert None not in starter.values(), f"the starter passes {[name for name, error in starter.items() if not error]}"
    for wrong in card.coding.wrong:
        failed = {name: error for name, error in outcomes(card, wrong.code, tmp_path).items() if error}
        assert set(failed) == set(wrong.fails), wrong.id
        assert failed[wrong.fails[0]] == wrong.error, wrong.id


@pytest.mark.parametrize("card", CODING, ids=lambda card: card.id)
def test_the_starter_names_what_the_checks_use_and_gives_nothing_away(card: Card) -> None:
    assert card.coding is not None
    for code in (card.coding.starter, card.coding.solution):
        defined = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        assert card.coding.entry in defined
    assert len(card.coding.starter) < len(card.coding.solution)
    assert card.coding.entry in card.coding.task.en
    assert card.coding.entry in card.coding.task.zh
    assert "O(" in card.coding.cost.en
    assert "O(" in card.coding.cost.zh
