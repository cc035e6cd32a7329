"""Rules that hold for every test, and the parts many tests use."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coach.bank.cards import read_cards
from coach.bank.glossary import Glossary
from coach.grading.offline import Calibration, OfflineJudge
from coach.schema import Card
from coach.settings import Settings
from coach.wiring import Coach
from tests import guard

ROOT = Path(__file__).resolve().parents[1]
guard.install()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No keys, no settings of the machine, no data folder of the person, no network."""
    for name in os.environ:
        if name.startswith(("COACH_", "OPENAI_")) and not name.startswith("COACH_REQUIRE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COACH_DATA_DIR", str(tmp_path / "data"))
    guard.violations.clear()
    yield
    if guard.violations:
        pytest.fail(f"network beyond loopback: {guard.violations}")


@pytest.fixture(scope="session")
def glossary() -> Glossary:
    """The shipped glossary."""
    return Glossary.load(ROOT / "knowledge" / "glossary.yaml")


@pytest.fixture(scope="session")
def cards() -> dict[str, Card]:
    """The shipped cards, by id."""
    return {card.id: card for card in read_cards(ROOT / "knowledge" / "cards").cards}


@pytest.fixture(scope="session")
def why_linear(cards: dict[str, Card]) -> Card:
    """The example card."""
    return cards["linear-models/why-linear"]


@pytest.fixture(scope="session")
def offline(glossary: Glossary) -> OfflineJudge:
    """The offline judge as shipped."""
    return OfflineJudge(glossary, Calibration.load(ROOT / "knowledge" / "calibration.yaml"))


@pytest.fixture
def coach(tmp_path: Path) -> Iterator[Coach]:
    """All live parts on an empty data folder, with no model."""
    coach = Coach(Settings(data_dir=tmp_path / "data", content_dir=ROOT, model=None))
    yield coach
    coach.close()
