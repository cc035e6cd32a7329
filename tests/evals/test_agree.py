"""Agreement with human grades on any file."""

import gc
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from coach.errors import ContentError, ModelNotConfigured, ModelTimeout
from coach.schema import Card, Claim, JudgeInfo, Opinion, Quote, Utterance
from coach.wiring import Coach
from evals.__main__ import app
from evals.agree import OURS, Agreed, Options, agree, agree_report, chosen_judge, derived_card
from evals.baselines import TfIdf, token_overlap
from evals.correlation import items, ranks, scored
from evals.human import HumanRow, Reading, parse_labels, read_rows

ROW: dict[str, Any] = {
    "id": "r1",
    "question": "Why shuffle the training data?",
    "reference": "Batches then look like the whole set. The order carries no signal.",
    "answer": "Each batch looks like the whole set.",
    "score": 1,
    "max_score": 2,
    "lang": "en",
}


def write(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


class Meets:
    """A judge that finds every point met and quotes the whole answer."""

    info = JudgeInfo(judge="llm", name="meets")

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        quote = Quote(turn=0, text=utterances[0].text)
        claims = tuple(Claim(criterion=one.id, state="met", quotes=(quote,)) for one in card.criteria)
        return Opinion(claims=claims, judge=self.info)


class Fails(Meets):
    """A judge that never answers."""

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        raise ModelTimeout("the model took too long")


@pytest.fixture(scope="module")
def coach() -> Coach:
    return Coach()


def measured(path: Path, coach: Coach, judge: Any = None, **options: Any) -> Agreed:
    return agree(path, judge=judge or coach.offline_judge, glossary=coach.glossary, options=Options(**options))


# --- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"score": 3}, "not between 0 and"),
        ({"score": -1}, "not between 0 and"),
        ({"score": math.nan}, "a number, a `label` or a `rubric` is needed"),
        ({"score": None}, "a number, a `label` or a `rubric` is needed"),
        ({"score": "1"}, "a number, a `label` or a `rubric` is needed"),
        ({"max_score": 0}, "`max_score` is 0"),
        ({"max_score": None}, "`max_score` is None"),
        ({"answer": None}, "`answer` is None"),
        ({"question": " "}, "`question` is empty"),
        ({"reference": []}, "`reference` is missing or has no words"),
        ({"reference": [1]}, "holds something that is not a text"),
        ({"rubric": [{"text": "", "met": True}]}, "`rubric` holds"),
        ({"rubric": [{"text": "a point"}]}, "`rubric` holds"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, change: dict[str, Any], wanted: str) -> None:
    path = write(tmp_path / "rows.jsonl", [ROW, ROW | change])
    with pytest.raises(ContentError, match=r"rows\.jsonl:2: ") as error:
        list(read_rows(path))
    assert wanted in str(error.value)
    reading = Reading()
    assert len(list(read_rows(path, skip_bad=True, reading=reading))) == 1
    assert reading.skipped == 1


@pytest.mark.parametrize("raw", [b"{not json}\n", b"[1]\n", b'{"question": "\xff"}\n'])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(raw)
    with pytest.raises(ContentError, match=r"rows\.jsonl:1: "):
        list(read_rows(path))


def test_all_bad_rows_are_said_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [ROW | {"score": 9}, ROW, ROW | {"answer": 1}])
    with pytest.raises(ContentError) as error:
        list(read_rows(path))
    assert [problem.line for problem in error.value.problems] == [1, 3]


@pytest.mark.parametrize(
    ("label", "worth"),
    [
        ("correct", 1.0),
        ("Partially_Correct_Incomplete", 0.5),
        ("partially correct", 0.5),
        ("contradictory", 0.0),
        ("non-domain", 0.0),
        ("B", 0.75),
        ("部分正确", 0.5),
        ("错误", 0.0),
        (True, 1.0),
    ],
)
def test_known_labels_have_a_worth(tmp_path: Path, label: Any, worth: float) -> None:
    row = {key: value for key, value in ROW.items() if key not in {"score", "max_score"}} | {"label": label}
    assert [one.score for one in read_rows(write(tmp_path / "rows.jsonl", [row]))] == [worth]


def test_unknown_labels_are_counted_and_never_skipped(tmp_path: Path) -> None:
    rows = [{**ROW, "score": None, "max_score": None, "label": label} for label in ("meh", "fine", "meh")]
    path = write(tmp_path / "rows.jsonl", rows)
    with pytest.raises(ContentError, match=r"'fine' \(1\), 'meh' \(2\)"):
        list(read_rows(path, skip_bad=True))
    found = list(read_rows(path, labels=parse_labels("meh=0.5,fine=1")))
    assert [one.score for one in found] == [0.5, 1.0, 0.5]


@pytest.mark.parametrize("text", ["fine", "fine=2", "=0.5", "fine=x"])
def test_a_worth_that_is_not_a_share_is_refused(text: str) -> None:
    with pytest.raises(ContentError, match="--labels"):
        parse_labels(text)


# --- baselines -------------------------------------------------------------------------------


def test_tfidf_is_the_textbook_figure() -> None:
    """Two documents: `the` in both has idf ln(3/3)+1 = 1, the others ln(3/2)+1 = 1.405465.

    Both texts have the length sqrt(1 + 1.405465²) = 1.724915; they share `the` alone: 1 / 1.724915² = 0.336097.
    """
    background = TfIdf()
    background.count("the cat")
    background.count("the dog")
    assert background.idf("cat") == pytest.approx(1.405465, abs=1e-6)
    assert background.cosine("the cat", "the dog") == pytest.approx(0.336097, abs=1e-6)
    assert background.cosine("the cat", "the cat") == pytest.approx(1)
    assert background.cosine("", "the cat") == 0


def test_token_overlap_is_the_share_of_the_reference_found() -> None:
    assert token_overlap("a red fox ran", "red fox sleeps") == pytest.approx(2 / 3)
    assert token_overlap("水路", "水路运") == pytest.approx(3 / 5)
    assert token_overlap("anything", "…") == 0


# --- figures ---------------------------------------------------------------------------------


def test_figures_are_those_worked_out_by_hand() -> None:
    """Truth 0, 0, 1, 1 against 0, 0.5, 0.5, 1: r = 0.25 / sqrt(0.25 · 0.125); RMSE = sqrt(0.5 / 4)."""
    truth, given = np.array([0.0, 0, 1, 1]), np.array([0.0, 0.5, 0.5, 1])
    found = scored(truth, {"a": given, "b": truth}, np.array([0, 0, 1, 1]))
    assert found["a"].pearson.value == pytest.approx(0.125 / math.sqrt(0.25 * 0.125))
    assert found["a"].rmse.value == pytest.approx(math.sqrt(0.125))
    assert found["a"].ahead.value == pytest.approx(found["a"].pearson.value - 1)
    assert found["b"].qwk.value == pytest.approx(1)
    assert math.isnan(found["b"].ahead.value)


def test_equal_values_share_a_rank() -> None:
    assert ranks(np.array([3.0, 1, 3, 2])).tolist() == [3.5, 1, 3.5, 2]


def test_item_figures_are_those_worked_out_by_hand() -> None:
    found = items([[3, 1, 1, 5], [0, 0, 0, 2]])
    assert found.f1.value == pytest.approx(6 / 8)
    assert found.kappa.value == pytest.approx((10 / 12 - (16 + 64) / 144) / (1 - (16 + 64) / 144))
    assert found.f1_by_question.value == pytest.approx(0.75)
    assert found.always == pytest.approx(2 * (4 / 12) / (1 + 4 / 12))


# --- the whole way ---------------------------------------------------------------------------


def graded_rows(count: int) -> list[dict[str, Any]]:
    topics = ["shuffle", "regularise", "normalise", "augment", "quantise"]
    parts = ["Batches look like the whole set.", "The order carries no signal.", "Gradients stay unbiased."]
    return [
        {
            "id": f"r{at}",
            "question_id": topics[at % 5],
            "question": f"Why do we {topics[at % 5]} in round {at % 5}?",
            "reference": " ".join(parts),
            "answer": " ".join(parts[: at % 4]) if at % 4 else "Bananas ripen slowly.",
            "score": at % 4,
            "max_score": 3,
            "lang": "en",
        }
        for at in range(count)
    ]


def test_answers_with_more_of_the_reference_get_higher_scores(tmp_path: Path, coach: Coach) -> None:
    found = measured(write(tmp_path / "rows.jsonl", graded_rows(40)), coach, wrong=3)
    answers, questions, measures = found.groups["all"]
    assert (answers, questions) == (40, 5)
    assert measures[OURS].pearson.value > 0.9
    assert len(found.wrong) == 3
    assert "95 % intervals over questions" in agree_report(found)


def test_blank_answers_score_zero_and_are_reported_apart(tmp_path: Path, coach: Coach) -> None:
    rows = [*graded_rows(20), *({**ROW, "answer": blank, "score": 0} for blank in ("", " ", "…"))]
    out = tmp_path / "out.jsonl"
    found = measured(write(tmp_path / "rows.jsonl", rows), coach, out=out)
    assert found.groups["all"][0] - found.groups["non-empty"][0] == 3
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["predicted"] for line in lines[-3:]] == [0, 0, 0]


def test_a_live_judge_is_scored_by_its_own_verdicts(tmp_path: Path, coach: Coach) -> None:
    out = tmp_path / "out.jsonl"
    measured(write(tmp_path / "rows.jsonl", [ROW]), coach, Meets(), out=out)
    line = json.loads(out.read_text(encoding="utf-8"))
    assert line["predicted"] == 1
    assert line["points"][0]["evidence"] == [ROW["answer"].rstrip(".")]


def test_a_judge_that_fails_makes_no_score(tmp_path: Path, coach: Coach) -> None:
    found = measured(write(tmp_path / "rows.jsonl", [ROW, {**ROW, "answer": ""}]), coach, Fails())
    assert dict(found.not_graded) == {"timeout": 1}
    assert found.rows == 1
    assert "timeout 1" in agree_report(found)


def test_rubric_items_are_compared_one_by_one(tmp_path: Path, coach: Coach) -> None:
    rubric = [
        {"text": "Batches look like the whole set", "met": True},
        {"text": "The order of rows leaks the label", "met": False},
    ]
    rows = [{"question": ROW["question"], "answer": ROW["answer"], "rubric": rubric}] * 3
    found = measured(write(tmp_path / "rows.jsonl", rows), coach)
    assert found.items is not None
    assert found.items.f1.n == 6
    assert found.items.f1.value == 1
    assert found.items.always == pytest.approx(2 / 3)


def test_the_nearest_of_several_references_is_graded_against(tmp_path: Path, coach: Coach) -> None:
    out = tmp_path / "out.jsonl"
    other = "Water boils at a hundred degrees."
    rows = [{**ROW, "reference": [other, ROW["reference"]], "answer": ROW["reference"]}]
    measured(write(tmp_path / "rows.jsonl", rows), coach, out=out)
    assert json.loads(out.read_text(encoding="utf-8"))["predicted"] == pytest.approx(1)


def test_limit_takes_the_first_rows(tmp_path: Path, coach: Coach) -> None:
    assert measured(write(tmp_path / "rows.jsonl", graded_rows(9)), coach, limit=4).rows == 4


def test_a_reference_of_one_word_makes_a_card_with_one_criterion() -> None:
    from coach.grading.derive import points

    card = derived_card("Which?", "Dropout", points("Dropout", "Which?"))
    assert [criterion.says.en for criterion in card.criteria] == ["Dropout"]
    assert card.fingerprint


def test_no_more_than_a_batch_of_rows_is_held(tmp_path: Path, coach: Coach) -> None:
    held: list[int] = []

    class Counts(Meets):
        async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
            held.append(sum(isinstance(thing, HumanRow) for thing in gc.get_objects()))
            return await super().opinion(card, utterances, interviewer)

    gc.collect()
    measured(write(tmp_path / "rows.jsonl", graded_rows(60)), coach, Counts(), workers=4)
    assert len(held) == 60
    assert max(held) <= 2 * 4 + 2


def test_a_live_judge_without_a_model_is_refused(coach: Coach) -> None:
    with pytest.raises(ModelNotConfigured, match="--model"):
        chosen_judge(coach, "live")
    with pytest.raises(ContentError, match="'oracle'"):
        chosen_judge(coach, "oracle")


def test_the_command_prints_judge_and_baselines(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", graded_rows(12))
    result = CliRunner().invoke(app, ["agree", "--data", str(path), "--limit", "8"])
    assert result.exit_code == 0, result.output
    assert all(name in result.output for name in ("judge", "TF-IDF cosine", "reference words found", "non-empty"))
