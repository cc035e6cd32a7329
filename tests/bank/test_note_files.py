"""Whole note files in other people's styles, and the same notes as .docx and .pdf."""

from pathlib import Path

import pytest

from coach.bank.notes import read_notes

NOTES = Path(__file__).parent / "notes"

Row = tuple[int, str | None, str | None, str | None, str]
FILES: dict[str, list[Row]] = {
    "questions-and-answers.md": [
        (8, "google", "phone", None, "What happens to bias and variance when you add trees to a random forest?"),
        (12, "google", "phone", None, "How would you pick the number of clusters?"),
        (17, "google", "interview-2", None, "Explain dropout; what changes at test time?"),
        (18, "google", "interview-2", None, "Derive the gradient of softmax cross-entropy"),
        (20, "google", "interview-2", None, "Feature stores: What is training/serving skew?"),
        (21, "google", "interview-2", None, "Feature stores: Why do point-in-time joins matter?"),
        (23, "google", "interview-2", None, "Tell me about a time you missed a deadline."),
        (
            35,
            "meta",
            "system-design",
            "1",
            "Design a feed ranker (they cared about latency; and about cold start)",
        ),
        (38, "meta", "system-design", "2", "How do you evaluate it offline → online?"),
    ],
    "forum-post.txt": [
        (5, "bytedance", "interview-1", "1", "自我介绍"),
        (5, "bytedance", "interview-1", "2", "讲一下实习项目里的双塔模型"),
        (5, "bytedance", "interview-1", "3", "负采样怎么做的？"),
        (5, "bytedance", "interview-1", "4", "AUC的含义，手写AUC"),
        (9, "bytedance", "interview-2", "1", "GBDT和随机森林的区别"),
        (10, "bytedance", "interview-2", "2", "为什么XGBoost要用二阶导数"),
        (11, "bytedance", "interview-2", "3", "手撕：LRU"),
        (14, "bytedance", "ml-breadth", "1", "BN和LN的区别，各用在什么场景"),
        (15, "bytedance", "ml-breadth", "2", "梯度消失怎么解决"),
        (16, "bytedance", "ml-breadth", "3", "L1为什么能产生稀疏解？"),
        (19, "meituan", "interview-2", None, "Transformer的位置编码"),
        (19, "meituan", "interview-2", None, "写一下self-attention的公式"),
    ],
    "terse-list.txt": [
        (4, "uber", "interview-1", None, "bias variance tradeoff"),
        (5, "uber", "interview-1", None, "bagging vs boosting"),
        (6, "uber", "interview-1", None, "why logloss not mse for logistic regression"),
        (9, "uber", "coding", None, "merge intervals."),
        (9, "uber", "coding", None, "reservoir sampling."),
        (13, "netflix", None, None, "They asked how I would detect a broken logging pipeline."),
        (13, "netflix", None, None, "After that, what is CUPED?"),
        (14, "netflix", None, None, "Should I have told the interviewer that the metric was wrong?"),
    ],
    "notion-export.html": [
        (7, "apple", "phone", None, "What is the receptive field of a CNN?"),
        (8, "alibaba", "interview-2", None, "如何评估召回阶段的效果？"),
        (9, "nvidia", "coding", None, "Implement scaled dot-product attention"),
        (
            15,
            "nvidia",
            "onsite",
            "1",
            "How does data parallel training differ from model parallel? (all-reduce)",
        ),
        (17, "nvidia", "onsite", "2", "为什么混合精度训练需要 loss scaling？"),
        (19, "nvidia", "onsite", None, "Describe a hard bug you fixed."),
    ],
}


@pytest.mark.parametrize("name", FILES)
def test_every_question_of_a_strange_note_is_found_and_none_invented(name: str) -> None:
    found = read_notes(NOTES / name, shown_as=name)
    assert [(one.line, one.company, one.round, one.number, one.text) for one in found] == FILES[name]
    assert {one.path for one in found} == {name}


DOCUMENT = [
    ("heading", "Amazon – onsite"),
    ("heading2", "Round 1"),
    ("item", "Why does a random forest not overfit with more trees?"),
    ("item", "推导一下 batch norm 的反向传播"),
    ("heading2", "Round 2"),
    (
        "text",
        "The second interviewer wanted me to explain how attention scales with the length of the sequence. Fine.",
    ),
    ("text", "还问了KNN和K-means的区别，然后让我手写一个softmax。"),
]
IN_DOCUMENT = [
    ("amazon", "interview-1", "Why does a random forest not overfit with more trees?"),
    ("amazon", "interview-1", "推导一下 batch norm 的反向传播"),
    (
        "amazon",
        "interview-2",
        "The second interviewer wanted me to explain how attention scales with the length of the sequence.",
    ),
    ("amazon", "interview-2", "KNN和K-means的区别"),
    ("amazon", "interview-2", "手写一个softmax"),
]


def write_docx(path: Path) -> None:
    import docx

    document = docx.Document()
    for kind, text in DOCUMENT:
        if kind.startswith("heading"):
            document.add_heading(text, level=1 if kind == "heading" else 2)
        else:
            document.add_paragraph(text, style="List Number" if kind == "item" else None)
    document.save(str(path))


def write_pdf(path: Path) -> None:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    body = ParagraphStyle("body", fontName="STSong-Light", fontSize=11, leading=16, wordWrap="CJK")
    numbers = iter(range(1, 10))
    lines = [f"{next(numbers)}. {text}" if kind == "item" else text for kind, text in DOCUMENT]
    SimpleDocTemplate(str(path), pagesize=(420, 600)).build([Paragraph(line, body) for line in lines])


@pytest.mark.parametrize(("ending", "write"), [(".docx", write_docx), (".pdf", write_pdf)])
def test_the_same_note_reads_the_same_from_word_and_from_pdf(tmp_path: Path, ending: str, write: object) -> None:
    path = tmp_path / f"note{ending}"
    write(path)  # type: ignore[operator]
    found = [(one.company, one.round, one.text) for one in read_notes(path)]
    assert found == IN_DOCUMENT
