"""Every step of every derivation card holds on random instances, and a planted mistake is found."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from .instances import DEFINITIONAL, INSTANCES
from .latex_numpy import LatexError, check, holds
from .mutations import mutations

CARDS = Path(__file__).parents[2] / "knowledge" / "cards"
SEEDS = range(3)
MOST_EQUIVALENT = 3


def _derivations() -> dict[str, list[dict[str, object]]]:
    found = {}
    for path in sorted(CARDS.glob("*/*.yaml")):
        card = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if card.get("kind") == "derivation":
            found[str(card["id"])] = card.get("steps", [])
    return found


DERIVATIONS = _derivations()
STEPS = [(card, str(step["id"]), str(step["latex"])) for card, steps in DERIVATIONS.items() for step in steps]
steps = pytest.mark.parametrize(("card", "step", "latex"), STEPS, ids=[f"{card}:{step}" for card, step, _ in STEPS])


def _environment(card: str, step: str, seed: int) -> dict[str, object]:
    return INSTANCES[card](np.random.default_rng(seed), step)


def _verdict(card: str, step: str, latex: str) -> bool | None:
    """Whether a changed formula still holds on every instance; None if it is not a formula any more."""
    try:
        with np.errstate(all="ignore"):
            return all(holds(latex, _environment(card, step, seed)) for seed in SEEDS)
    except LatexError:
        return None


def test_every_derivation_has_an_instance_and_every_instance_a_card() -> None:
    assert set(INSTANCES) == set(DERIVATIONS)


@pytest.mark.parametrize("card", DERIVATIONS)
def test_few_steps_are_mere_definitions(card: str) -> None:
    names = [str(step["id"]) for step in DERIVATIONS[card]]
    assert len(set(names)) == len(names)
    assert 3 <= len(names) <= 8
    definitional = [name for name in names if (card, name) in DEFINITIONAL]
    assert len(definitional) <= 2
    assert len(names) - len(definitional) >= 3


def test_definitional_steps_exist() -> None:
    assert {(card, step) for card, step, _ in STEPS} >= DEFINITIONAL


@steps
@pytest.mark.parametrize("seed", SEEDS)
def test_the_step_holds(card: str, step: str, latex: str, seed: int) -> None:
    comparisons = check(latex, _environment(card, step, seed))
    failed = [comparison for comparison in comparisons if not comparison.holds]
    assert comparisons
    assert not failed, failed[0]


@steps
def test_mistakes_in_the_step_are_found(card: str, step: str, latex: str) -> None:
    verdicts = {name: _verdict(card, step, changed) for name, changed in mutations(latex)}
    rejected = [name for name, verdict in verdicts.items() if verdict is False]
    equivalent = [name for name, verdict in verdicts.items() if verdict]
    assert set(rejected) - {"doubled"}, verdicts
    assert len(equivalent) <= max(MOST_EQUIVALENT, len(rejected) // 10), (
        f"still true: {equivalent}; rejected: {len(rejected)}"
    )
