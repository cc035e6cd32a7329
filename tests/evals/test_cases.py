"""Transcript lines that cannot be true are refused, all at once."""

import json
from pathlib import Path

import pytest

from coach.errors import ContentError
from coach.schema import Card
from evals.cases import load_cases
from tests.conftest import ROOT
from tests.evals.made import case


def written(folder: Path, *cases: object) -> Path:
    path = folder / "cases.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in cases), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"probes": ["least-squares"]}, "1 answers and 1 probes"),
        ({"probes": ["no-such"], "answers": ["a", "b"]}, "unknown criteria ['no-such']"),
        ({"quotes": {"least-squares": "never said"}}, "not in its answers: ['least-squares']"),
        ({"second": {"least-squares": "met"}}, "must label"),
        ({"misconceptions": ["no-such"]}, "unknown ['no-such']"),
        ({"base": "gone"}, "'gone' is no case"),
        ({"family": "clever"}, "not a case"),
        ({"hints": 4}, "not a case"),
    ],
)
def test_a_wrong_case_is_refused_with_what_is_wrong(
    why_linear: Card, tmp_path: Path, change: dict[str, object], fault: str
) -> None:
    right = case(why_linear).model_dump(mode="json")
    cards = {why_linear.id: why_linear}
    assert len(load_cases([written(tmp_path, right)], cards)) == 1
    with pytest.raises(ContentError) as caught:
        load_cases([written(tmp_path, right | change)], cards)
    assert fault in str(caught.value)


def test_no_card_is_in_both_splits_over_all_transcripts(cards: dict[str, Card]) -> None:
    shipped = load_cases(sorted((ROOT / "evals" / "transcripts").glob("*.jsonl")), cards)
    assert {one.split for one in shipped} == {"calibrate", "test"}
