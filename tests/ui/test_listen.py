"""What recordings do to the answer: their words are marked, replaced and taken back, and nothing else is touched."""

from pathlib import Path

import pytest

from coach.errors import ModelTimeout, RecordingRefused, TranscriberMissing
from coach.faults import fault_text
from coach.llm.transcription import Transcript, Word
from coach.schema import LANGS, Recording
from coach.speech.heard import Repair
from coach.speech.recording import Take
from coach.ui.listen_views import caption_html, choices, chosen, rewritten, takes_html, without
from coach.ui.words.listen import CHINESE, ENGLISH, STATUS

TEXT = "the soft max and the l one <b>"
TAKE = Take(
    name="001-aaaa.wav",
    recording=Recording(audio="s1/001-aaaa.wav", seconds=2.5),
    transcript=Transcript(
        text=TEXT,
        lang="en",
        model="m",
        words=(Word(start=0, end=3, confidence=0.9), Word(start=13, end=16, confidence=0.2)),
    ),
    repairs=(
        Repair(before="soft max", after="softmax", start=4, end=12),
        Repair(before="l one", after="L1", start=21, end=26),
    ),
)


def test_the_words_of_a_take_have_its_repairs() -> None:
    assert TAKE.text == "the softmax and the L1 <b>"
    assert chosen(TAKE, []).text == TEXT
    assert chosen(TAKE, ["001-aaaa.wav:1"]).text == "the soft max and the L1 <b>"


def test_a_caption_marks_repairs_and_unsure_words_and_obeys_no_tag() -> None:
    assert caption_html(TAKE) == (
        'the <ins title="soft max">softmax</ins> <span class="unsure">and</span> '
        'the <ins title="l one">L1</ins> &lt;b&gt;'
    )
    assert "<b>" not in takes_html([TAKE], Path("recordings"), "en")


def test_a_take_is_played_from_the_recordings_folder_while_its_audio_is_kept(tmp_path: Path) -> None:
    kept = takes_html([TAKE], tmp_path, "en")
    assert f"file={(tmp_path / 's1' / '001-aaaa.wav').resolve().as_posix()}" in kept
    gone = TAKE.model_copy(update={"recording": Recording(audio=None, seconds=2.5)})
    assert "<audio" not in takes_html([gone], tmp_path, "en")
    assert "2.5 秒" in takes_html([gone], tmp_path, "zh")


def test_every_repair_can_be_chosen_and_all_are_made_at_first() -> None:
    rows, made = choices([TAKE])
    assert rows == [("soft max → softmax", "001-aaaa.wav:0"), ("l one → L1", "001-aaaa.wav:1")]
    assert made == ["001-aaaa.wav:0", "001-aaaa.wav:1"]


@pytest.mark.parametrize("around", ["{}", "Before. {} After.", "用 {} 来做", "the softmax is here too. {}"])
def test_undoing_repairs_changes_the_answer_there_and_back(around: str) -> None:
    answer, undone = around.format(TAKE.text), chosen(TAKE, [])
    changed = rewritten(answer, TAKE, undone)
    assert changed == around.format(TEXT)
    assert rewritten(changed, undone, TAKE) == answer


def test_a_repair_is_found_although_words_around_it_were_edited() -> None:
    assert rewritten("Then the softmax or so", TAKE, chosen(TAKE, ["001-aaaa.wav:1"])) == "Then the soft max or so"


def test_a_repair_whose_words_are_gone_or_unclear_changes_nothing() -> None:
    undone = chosen(TAKE, ["001-aaaa.wav:1"])
    assert rewritten("something else", TAKE, undone) is None
    assert rewritten("softmax or softmax", TAKE, undone) is None


@pytest.mark.parametrize(
    ("answer", "left"),
    [("one two", ""), ("zero one two", "zero"), ("one two three", "three"), ("zero one two three", "zero three"),
     ("one two. one two", "one two."), ("一one two二", "一二"), ("one or two", None), ("", None)],
)  # fmt: skip
def test_taking_back_removes_the_last_place_of_the_words(answer: str, left: str | None) -> None:
    assert without(answer, "one two") == left


def test_every_sentence_is_there_in_both_languages_with_the_same_gaps() -> None:
    assert ENGLISH.keys() == CHINESE.keys()
    for code, texts in STATUS.items():
        assert set(texts) == set(LANGS), code


@pytest.mark.parametrize(
    ("error", "lang", "told"),
    [
        (RecordingRefused("a PDF file", "foreign"), "en", "This file cannot be used: a PDF file"),
        (RecordingRefused("too long", "too_long"), "zh", "这段录音超过 5 分钟，请分段录制。"),
        (TranscriberMissing("none", "no_model"), "zh", "语音模型无法使用：none。"),
        (ModelTimeout("slow"), "en", "The transcriber took too long."),
    ],
)  # fmt: skip
def test_a_fault_says_what_and_what_to_do(error: RecordingRefused, lang: str, told: str) -> None:
    assert fault_text(error, lang, transcribing=True) == told  # type: ignore[arg-type]
