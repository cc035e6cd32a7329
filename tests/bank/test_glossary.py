from pathlib import Path

import pytest

from coach.bank.glossary import Glossary
from coach.errors import ContentError

ROWS = """
- {id: overfitting, en: [overfitting], zh: [过拟合, 过度拟合], misspelt: [overfiting]}
- {id: logistic-regression, en: [logistic regression], abbr: [LR], zh: [逻辑回归]}
- {id: regression, en: [regression], zh: [回归]}
- {id: covariance, en: [covariance], zh: [协方差]}
- {id: covariate, en: [covariate], zh: [协变量]}
"""


@pytest.fixture
def small(tmp_path: Path) -> Glossary:
    path = tmp_path / "glossary.yaml"
    path.write_text(ROWS, encoding="utf-8")
    return Glossary.load(path)


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("The model overfits? overfitting 过拟合", ("overfitting", "overfitting", "overfitting")),
        ("logistic regression", ("logistic-regression",)),
        ("逻辑回归和回归", ("logistic-regression", "regression")),
        ("LR is linear", ("logistic-regression",)),
        ("the lr is too high", ()),
        ("the covariance of a covariate", ("covariance", "covariate")),
        ("overfiting", ("overfitting",)),
    ],
)
def test_terms_are_found_longest_first_in_both_languages(small: Glossary, text: str, concepts: tuple[str, ...]) -> None:
    assert small.concepts(text) == concepts


def test_a_term_of_two_concepts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "glossary.yaml"
    path.write_text(ROWS + "- {id: other, en: [Overfitting], zh: [别的]}\n- {id: other, en: [], zh: [x]}\n", "utf-8")
    with pytest.raises(ContentError) as caught:
        Glossary.load(path)
    text = str(caught.value)
    assert "'Overfitting' stands for both" in text
    assert "entry 7" in text


@pytest.mark.parametrize("text", ["{a: b}", "- {id: [", "", "- just words"])
def test_a_broken_glossary_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "glossary.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=r"glossary\.yaml"):
        Glossary.load(path)


def test_the_shipped_glossary_joins_the_languages(glossary: Glossary) -> None:
    assert len(glossary.entries) >= 500
    for english, chinese in (
        ("overfitting", "过拟合"),
        ("precision", "精确率"),
        ("random forest", "随机森林"),
        ("learning rate", "学习率"),
    ):
        assert glossary.concepts(english) == glossary.concepts(chinese) != ()
    assert glossary.concepts("precision") != glossary.concepts("recall")
