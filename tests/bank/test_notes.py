import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.bank.documents import MAX_TEXT_BYTES as MAX_BYTES
from coach.bank.notes import parse_notes, read_notes
from coach.errors import ContentError, Problem
from coach.schema import NoteQuestion

NOTE = Path(__file__).parents[2] / "knowledge" / "notes" / "000_cef5623430fc154f.txt"
QUESTIONS = read_notes(NOTE)


def parsed(text: str) -> list[str]:
    return [question.text for question in parse_notes(text, "n.md")]


# --- the source note: English --------------------------------------------------------------

ENGLISH = [
    (5, "interview-1", "1", "why it is called linear?"),
    (6, "interview-1", "2", "logistic regression, is it linear?"),
    (7, "interview-1", "3", "why do we need a lot of layers"),
    (8, "interview-1", "4", "detect if model is overfitting?"),
    (9, "interview-1", "5", "objective function, limitations, future scope"),
    (10, "interview-1", "6", "Decision trees → do they capture non-linearity?"),
    (11, "interview-1", "7", "non-linear boundaries like a quadratic one"),
    (12, "interview-1", "8", "Explain k-nearest neighbour algo"),
    (13, "interview-1", "9", "concept of making gates using neural network"),
    (19, "interview-2", "1.1", "Travelling Salesman Project: Open MP how did you parallelise"),
    (20, "interview-2", "1.2", "Travelling Salesman Project: why cant you parallelise stuff in python?"),
    (21, "interview-2", "1.3", "Travelling Salesman Project: Some synchronisation stuff"),
    (23, "interview-2", "2.1", "Community Detection Algorithms: what is modularity expression?"),
    (24, "interview-2", "2.2", "condition for convergence of modularity based algorithm?"),
    (26, "interview-2", "3.1", "Page Rank Project: What is the condition for convergence of page rank?"),
    (27, "interview-2", "3.2", "Page Rank Project: ergodicity of a matrix"),
    (28, "interview-2", "3.3", "Page Rank Project: laplacian of a graph"),
    (30, "interview-2", "4.1", "Satellite Image: Attention in Images in a CNN"),
    (31, "interview-2", "4.2", "how is attention added in a CNN?"),
    (32, "interview-2", "4.3", "other methods → random cropping"),
    (35, "interview-2", "4.4", "Image as word vector can be fed row wise"),
    (36, "interview-2", "4.5", "CNN vs Bert of 16 images"),
    (37, "interview-2", "4.6", "Sequence to Sequence model in Vision Scenario"),
]


@pytest.mark.parametrize(("line", "round_slug", "number", "part"), ENGLISH)
def test_every_numbered_english_question_is_found(line: int, round_slug: str, number: str, part: str) -> None:
    (question,) = (one for one in QUESTIONS if one.line == line)
    assert part in question.text
    assert question == NoteQuestion(
        text=question.text,
        path=NOTE.as_posix(),
        line=line,
        lang="en",
        company="amazon",
        round=round_slug,
        number=number,
    )


def test_titles_and_remarks_of_the_english_lists_are_no_questions_of_their_own() -> None:
    assert [question.line for question in QUESTIONS if question.line < 40] == [line for line, *_ in ENGLISH]


# --- the source note: Chinese --------------------------------------------------------------

CHINESE = [
    (40, "amazon", "ml-breadth", "Recall/precision tradeoff"),
    (40, "amazon", "ml-breadth", "SVM VS LR"),
    (40, "amazon", "ml-breadth", "support vector如何产生的"),
    (40, "amazon", "ml-breadth", "Kmeans 是什么和什么的tradeoff"),
    (40, "amazon", "ml-breadth", "通过KNN考察bias/variance tradeoff"),
    (40, "amazon", "ml-breadth", "工作中有没有遇到过模型选择的问题"),
    (42, "amazon", "ml-depth", "presentation，需要做ppt"),
    (42, "amazon", "ml-depth", "GBDT和XGboost的异同"),
    (42, "amazon", "ml-depth", "lightGBM和XGboost的异同"),
    (44, "amazon", "coding", "手写一个KNN"),
    (44, "amazon", "coding", "找出最受欢迎的topk个商品"),
    (49, "microsoft", "phone", "推了一遍arcface 的loss"),
    (50, "microsoft", "phone", "各个loss function"),
    (50, "microsoft", "phone", "relu 0处求导怎么办"),
    (51, "microsoft", "phone", "batch norm 作用，公式"),
    (51, "microsoft", "phone", "batch size 不同时mean值不同怎么处理"),
    (52, "microsoft", "phone", "l1和l2，公式，作用，特性，推导"),
    (53, "microsoft", "phone", "attention"),
    (60, "other", "interview-1", "linear regression的各种"),
    (60, "other", "interview-1", "各种Optimizer"),
    (61, "other", "interview-2", "能不能用image features加入现有model"),
    (61, "other", "interview-2", "可能我是不是不应该跟面试官唱反调"),
    (63, "other", None, "KL divergence 和 maximum likelihood的关系"),
    (63, "other", None, "SVM实现"),
    (63, "other", None, "LSTM vs transformer"),
]


def test_chinese_paragraphs_are_split_into_their_questions_and_nothing_else() -> None:
    found = [question for question in QUESTIONS if question.line >= 40]
    assert [(one.line, one.company, one.round) for one in found] == [row[:3] for row in CHINESE]
    for question, (*_, opening) in zip(found, CHINESE, strict=True):
        assert question.text.startswith(opening)
        assert (question.lang, question.number) == ("zh", None)


# --- other notes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "1. Bagging\n    - What is it?\n    - Why does it help?",
            ["Bagging: What is it?", "Bagging: Why does it help?"],
        ),
        ("1. Bagging\n    - less variance", ["Bagging (less variance)"]),
        ("1. What is bagging?\n    1. less variance\n    2. parallel", ["What is bagging? (less variance; parallel)"]),
        ("1. What is PCA?\n   - How is it computed?", ["What is PCA?", "How is it computed?"]),
        ("- Explain\n  dropout\n- Explain PCA", ["Explain dropout", "Explain PCA"]),
        ("1. 什么是过拟合？\n   - 训练误差低", ["什么是过拟合？（训练误差低）"]),
        ("1、什么是过拟合？怎么解决？", ["什么是过拟合？怎么解决？"]),
        ("1. https://example.org/questions", []),
        ("```\n1. in a code block\n```\n1. after it", ["after it"]),
        ("```\n1. in a block that never ends", ["in a block that never ends"]),
        ("They were nice. What is a kernel? I knew it.", ["What is a kernel?"]),
        ("They asked me to derive PCA. It went well.", ["They asked me to derive PCA."]),
        ("Q: What is a kernel?\nA: What a question! Do you know?", ["What is a kernel?"]),
        ("Coding: top k elements. Merge two lists.", ["top k elements.", "Merge two lists."]),
        ("问了CNN和RNN的区别，然后让我手写softmax。", ["CNN和RNN的区别", "手写softmax"]),
        ("如果线上和线下效果不一致，怎么排查？", ["如果线上和线下效果不一致，怎么排查？"]),
        ("不平衡数据怎么处理？为什么？", ["不平衡数据怎么处理？为什么？"]),
        ("面试官人很好，体验不错。后来就没消息了。", []),
        ("SVM（为什么要最大间隔，怎么求解）的推导", ["SVM（为什么要最大间隔，怎么求解）的推导"]),
        ("问了SVM（缺右括号，PCA怎么做", ["SVM（缺右括号", "PCA怎么做"]),
    ],
)
def test_questions_are_told_from_titles_remarks_and_stories(text: str, expected: list[str]) -> None:
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("headings", "company", "round_slug"),
    [
        ("# MLE interview\n## Amazon", "amazon", None),
        ("## 亚马逊\n### 第二轮", "amazon", "interview-2"),
        ("## Amazon - phone screen", "amazon", "phone"),
        ("## Stripe\n### Round 3", "stripe", "interview-3"),
        ("## 字节跳动\n### 一面", "bytedance", "interview-1"),
        ("## Google\n### Third round", "google", "interview-3"),
        ("## Google\n### 电面", "google", "phone"),
        ("## Google\n### System design\n## Others", "other", None),
        ("## Google\n### ML breadth\n### Onsite", "google", "onsite"),
        ("## Meta-learning", None, None),
        ("## Linear models\n### Regularisation", None, None),
        ("## Other optimisers", None, None),
    ],
)
def test_company_and_round_come_from_the_headings_above(
    headings: str, company: str | None, round_slug: str | None
) -> None:
    (question,) = parse_notes(f"{headings}\n\n1. What is a kernel?", "n.md")
    assert (question.company, question.round) == (company, round_slug)


def test_a_round_named_in_a_paragraph_holds_until_the_next_blank_line() -> None:
    questions = parse_notes("第二轮问了PCA\n聊了聊SVM\n\nLSTM怎么实现", "n.md")
    assert [question.round for question in questions] == ["interview-2", "interview-2", None]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_an_editor_counts_them(ending: str) -> None:
    questions = parse_notes(ending.join(["", "1. a form\x0cfeed and\u2028more", "", "2. second"]), "n.md")
    assert [question.line for question in questions] == [2, 4]


# --- bad files -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 0, "is empty"),
        (b" \n\t\n", 0, "is empty"),
        (b"\xef\xbb\xbf", 0, "is empty"),
        (b"1. fine\n\x00\x01", 2, "NUL"),
        (b"1. fine\n2. \xff\xfe", 2, "UTF-8"),
        ("1. 过拟合".encode("gb18030"), 1, "UTF-8"),
        ("1. What?".encode("utf-16"), 1, "NUL"),
        (b"1. x\n" * (MAX_BYTES // 5 + 1), 0, "at most 5,000,000"),
    ],
    ids=["empty", "blank", "only a mark", "binary", "not UTF-8", "GB18030", "UTF-16", "huge"],
)
def test_a_file_that_is_no_note_is_refused_with_path_and_reason(
    tmp_path: Path, content: bytes, line: int, reason: str
) -> None:
    path = tmp_path / "note.txt"
    path.write_bytes(content)
    with pytest.raises(ContentError, match=reason) as caught:
        read_notes(path, shown_as="note.txt")
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == ("note.txt", line)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(ContentError, match="cannot be read"):
            read_notes(path)


def test_a_byte_order_mark_is_no_part_of_the_note(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_bytes("\ufeff1. What is PCA?".encode())
    assert [question.text for question in read_notes(path)] == ["What is PCA?"]


# --- any text ------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    [
        "SVM",
        "what",
        "why?",
        "问了",
        "怎么",
        "，",
        "。",
        "（",
        "）",
        "Project",
        "如果",
        "：",
        "的",
        "loss",
        "公式",
        "哎",
        ". ",
        "→",
    ]
)
_BODY = st.lists(_WORDS, min_size=1, max_size=8).map(" ".join)
_LINE = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "  ", "    ", "\t", "> "]),
    st.sampled_from(["", "1. ", "2) ", "- ", "## ", "a. "]),
    _BODY,
)
_NOTE = st.lists(st.one_of(_LINE, st.just(""), st.just("```")), max_size=20).map("\n".join)


def check_lines(text: str) -> None:
    lines = re.split(r"\r\n|\r|\n", text)
    for question in parse_notes(text, "n.md"):
        assert 1 <= question.line <= len(lines)
        shown = re.findall(r"\w+", lines[question.line - 1])
        said = re.findall(r"\w+", question.text)
        # A title in front comes from an earlier line; then the question's own words follow it.
        assert said[0] in shown or ": " in question.text
        assert set(said) & set(shown)


@given(st.text())
def test_any_text_gives_questions_on_lines_that_hold_them(text: str) -> None:
    check_lines(text)


@given(_NOTE)
def test_any_note_gives_questions_on_lines_that_hold_them(text: str) -> None:
    check_lines(text)


@given(_NOTE)
def test_questions_come_in_reading_order_and_once(text: str) -> None:
    questions = parse_notes(text, "n.md")
    assert [one.line for one in questions] == sorted(one.line for one in questions)
    assert len(set(questions)) == len(questions)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("notes") / "note.txt"
    path.write_bytes(content)
    problems: tuple[Problem, ...] = ()
    try:
        read_notes(path)
    except ContentError as error:
        problems = error.problems
    assert all(problem.path == path.as_posix() and problem.message for problem in problems)


@pytest.mark.parametrize(
    "text",
    [
        "#" * 300_000 + "x",
        "# " + "#" * 300_000 + "x",
        "1. x\n" + "   more\n" * 50_000,
        "1. x\n" + "  - why\n" * 20_000,
        "\n".join(" " * depth + "1. x" for depth in range(1500)),
        "（" * 200_000 + "怎么",
        "第" + " " * 200_000 + "x怎么",
        "问了" * 100_000,
        "公式" * 100_000 + "x",
        "# a\n" * 50_000,
    ],
    ids=[
        "hashes",
        "closing hashes",
        "one long item",
        "many children",
        "deep",
        "brackets",
        "spaces",
        "leads",
        "aspects",
        "headings",
    ],
)
def test_hostile_notes_come_to_an_end(text: str) -> None:
    parse_notes(text, "n.md")
