"""What several tests of the pages need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from coach.bank.glossary import Glossary
from coach.settings import Settings
from coach.wiring import Coach
from tests.browser.steps import one_card


@pytest.fixture
def coach(tmp_path: Path, glossary: Glossary) -> Iterator[Coach]:
    """A coach with a single card, no model and an empty data folder."""
    coach = Coach(Settings(data_dir=tmp_path / "data", content_dir=one_card(tmp_path / "content"), model=None))
    vars(coach)["glossary"] = glossary
    yield coach
    coach.close()
