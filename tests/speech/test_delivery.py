"""What is counted of a spoken answer."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.schema import Recording
from coach.speech.delivery import LONG_S, PAUSE_S, Counted, counted, delivery, places, together
from coach.speech.delivery_words import CHINESE, ENGLISH


def recorded(seconds: float, *voiced: tuple[float, float]) -> Recording:
    return Recording(audio=None, seconds=seconds, voiced=voiced)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Um, it is, uh, linear.", {"um": 1, "uh": 1}),
        ("Ummm uhh erm hmm", {"um": 1, "uh": 1, "er": 1, "hmm": 1}),
        ("The umbrella of the error is her hummus.", {}),
        ("It is, like, linear.", {"like": 1}),
        ("Like, it is linear.", {"like": 1}),
        ("Models like this one look like trees, like I said.", {}),
        ("You know, it converges, you know?", {"you know": 2}),
        ("You know that it converges; do you know why?", {}),
        ("I mean, the mean. I mean that one.", {"I mean": 1}),
        ("It works well, well, mostly.", {"well": 1}),
        ("Actually, it is convex. It is actually convex.", {"actually": 1}),
        ("That is convex, right? The right one.", {"right?": 1}),
        ("I think it is kind of convex, maybe.", {"I think": 1, "kind of": 1, "maybe": 1}),
        ("A kind of penalty, this sort of loss, what kind of data?", {}),
        ("I guess probably, I'm not really sure.", {"I think": 1, "probably": 1, "I'm not sure": 1}),
        ("um, like, you know, it is", {"um": 1, "like": 1, "you know": 1}),
        ("嗯，那个，就是，它是线性的。", {"嗯": 1, "那个": 1, "就是": 1}),
        ("那个模型就是线性的，然后求导。", {}),
        ("嗯那个模型", {"嗯": 1}),
        ("那个那个，它收敛。", {"那个": 2}),
        ("然后，我们求导，然后，令它为零。", {"然后": 2}),
        ("先求导，然后令它为零。", {}),
        ("就是说它是凸的，也就是说有唯一解。", {"就是说": 1}),
        ("额外的金额。额，不对。", {"额": 1}),
        ("这个问题，这个，很难。", {"这个": 1}),
        ("我觉得可能会过拟合。", {"我觉得": 1, "可能": 1}),
        ("不可能，这种可能性很小，概率最大可能的值。", {}),
        ("大概率是对的，大概十个。", {"大概": 1}),
        ("模型的不确定性，我不太确定。", {"不太确定": 1}),
        ("呃，it is, um, 线性的", {"呃": 1, "um": 1}),
        ("", {}),
    ],
)
def test_fillers_and_hedges_are_counted_by_their_place(text: str, found: dict[str, int]) -> None:
    assert {one.phrase: one.times for one in counted(text)} == found


def test_every_phrase_is_told_apart_and_can_be_found() -> None:
    marks = (*ENGLISH, *CHINESE)
    assert len({mark.phrase for mark in marks}) == len(marks)
    for mark in marks:
        comma = "，" if mark in CHINESE else ", "
        said = f"{comma}{mark.phrase}{'' if mark.phrase.endswith('?') else comma}"
        assert mark.phrase in [place.mark.phrase for place in places(said)], mark


@given(st.text(alphabet="那个就是然后嗯, 。umlike可能kindof a"))
def test_any_text_can_be_counted_and_nothing_twice(text: str) -> None:
    found = places(text)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


def test_pauses_are_gaps_between_speech_and_short_ones_belong_to_it() -> None:
    found = delivery([recorded(12.0, (1.0, 3.0), (3.2, 5.0), (5.5, 7.0), (9.5, 11.0))], "word " * 20)
    assert found is not None
    assert [(pause.start_s, pause.end_s) for pause in found.pauses] == [(5.0, 5.5), (7.0, 9.5)]
    assert found.speaking_s == pytest.approx(2.0 + 0.2 + 1.8 + 1.5 + 1.5)
    assert found.paused_s == pytest.approx(PAUSE_S + 2.5)
    assert found.longest is not None
    assert found.longest.seconds >= LONG_S
    assert found.seconds == 12.0


def test_the_time_between_two_recordings_is_no_pause() -> None:
    found = delivery([recorded(3.0, (0.0, 3.0)), recorded(4.0, (1.0, 4.0))], "one two")
    assert found is not None
    assert found.pauses == ()
    assert found.speaking_s == 6.0


@pytest.mark.parametrize(
    ("text", "unit", "units"),
    [
        ("It minimises the squared error.", "words", 5),
        ("It's $\\hat\\beta = 2$ then.", "words", 6),
        ("它最小化平方误差。", "characters", 8),
        ("它用 gradient descent 最小化损失函数的平方误差来得到参数的估计值", "characters", 25),
        ("用 Adam 训练 BERT", "mixed", 5),
        ("", "words", 0),
    ],
)
def test_a_pace_counts_words_in_english_and_characters_in_chinese(text: str, unit: str, units: int) -> None:
    found = delivery([recorded(30.0, (0.0, 30.0))], text)
    assert found is not None
    assert (found.unit, found.words + found.characters) == (unit, units)
    assert found.pace == (pytest.approx(2 * units) if units else None)


def test_too_little_speech_has_no_pace_and_no_recording_has_no_delivery() -> None:
    short = delivery([recorded(4.0, (0.0, 4.0))], "one two three")
    silent = delivery([recorded(20.0)], "one two three")
    assert short is not None
    assert silent is not None
    assert (short.pace, silent.pace, silent.speaking_s) == (None, None, 0)
    assert delivery([], "one two three") is None


def test_odd_measurements_are_put_in_order() -> None:
    found = delivery([recorded(10.0, (4.0, 12.0), (1.0, 3.0), (2.0, 2.5), (11.0, 12.0))], "one")
    assert found is not None
    assert found.strips[0].voiced == ((1.0, 3.0), (4.0, 10.0))


def test_a_session_is_the_sum_of_its_answers() -> None:
    first = delivery([recorded(10.0, (0.0, 4.0), (6.0, 10.0))], "um, one two three")
    second = delivery([recorded(20.0, (0.0, 9.0), (10.0, 20.0))], "um, uh, four")
    assert first is not None
    assert second is not None
    whole = together([first, second])
    assert whole is not None
    assert (whole.seconds, whole.speaking_s, whole.words) == (30.0, 27.0, 7)
    assert [pause.recording for pause in whole.pauses] == [0, 1]
    assert whole.of_kind("filler") == (
        Counted(phrase="um", kind="filler", times=2),
        Counted(phrase="uh", kind="filler", times=1),
    )
    assert whole.pace == pytest.approx(60 * 7 / 27)
    assert together([]) is None
