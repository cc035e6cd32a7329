import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.grading.evidence import align, check, check_misconception
from coach.schema import Claim, MisconceptionClaim, Quote, Utterance
from coach.text import normalise


def said(*texts: str) -> tuple[Utterance, ...]:
    return tuple(Utterance(turn=turn, text=text) for turn, text in enumerate(texts))


@pytest.mark.parametrize(
    ("answer", "quote", "found", "match"),
    [
        ("It is linear in the parameters.", "linear in the parameters", "linear in the parameters", "exact"),
        ("It is Linear  in\nthe parameters.", "linear in the parameters", "Linear  in\nthe parameters", "exact"),
        ("它对参数是线性的。", "对参数是线性的", "对参数是线性的", "exact"),
        ("Ｌｉｎｅａｒ in ｗ", "linear in w", "Ｌｉｎｅａｒ in ｗ", "exact"),
        ("it’s “linear”", 'it\'s "linear"', "it’s “linear", "exact"),
        ("lin\u200bear in w", "linear in w", "lin\u200bear in w", "exact"),
        ("$y = w^T x + b$ is it", "$y = w^T x + b$", "$y = w^T x + b$", "exact"),
        ("we minimise the squared residuals", "we minimize the squared residuals", None, "near"),
    ],
)
def test_a_quote_is_found_through_writing_differences(answer: str, quote: str, found: str | None, match: str) -> None:
    evidence = align(Quote(turn=0, text=quote), said(answer))
    assert evidence is not None
    assert evidence.match == match
    assert evidence.text == answer[evidence.start : evidence.end]
    assert found is None or evidence.text == found


@pytest.mark.parametrize(
    "quote",
    ["", " ", "...", "the loss is convex in the weights", "parametres", "linear in the inputs and nothing else"],
)
def test_an_invented_quote_is_not_found(quote: str) -> None:
    assert align(Quote(turn=0, text=quote), said("It is linear in the parameters.")) is None


def test_the_named_turn_is_looked_at_first() -> None:
    evidence = align(Quote(turn=1, text="convex"), said("it is convex", "yes, convex"))
    assert evidence is not None
    assert evidence.turn == 1


@pytest.mark.parametrize("state", ["met", "partly", "contradicted"])
def test_a_claim_without_evidence_is_downgraded_and_says_so(state: str) -> None:
    claim = Claim.model_validate({"criterion": "a", "state": state, "quotes": [{"turn": 0, "text": "never said this"}]})
    verdict = check(claim, said("something else altogether"))
    assert verdict.state == "missed"
    assert verdict.downgraded_from == state
    assert verdict.evidence == ()


def test_a_missed_claim_needs_no_evidence() -> None:
    assert check(Claim(criterion="a", state="missed"), said("x")).downgraded_from is None


def test_an_invented_misconception_is_dropped() -> None:
    claim = MisconceptionClaim(misconception="m", quotes=(Quote(turn=0, text="only straight lines"),))
    assert check_misconception(claim, said("curves are fine")) is None
    assert check_misconception(claim, said("it fits only straight lines")) is not None


@given(st.text(min_size=1), st.text(), st.text())
def test_a_part_of_an_answer_is_always_found_in_it(part: str, before: str, after: str) -> None:
    answer = before + part + after
    evidence = align(Quote(turn=0, text=part), said(answer))
    if evidence is not None:
        assert evidence.text == answer[evidence.start : evidence.end]
        assert evidence.start < evidence.end


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd", "Lo"]), min_size=1), st.text(), st.text())
def test_letters_and_digits_are_found_exactly(part: str, before: str, after: str) -> None:
    answer = f"{before} {part} {after}"
    if normalise(part)[0] and normalise(part)[0] in normalise(answer)[0]:
        evidence = align(Quote(turn=0, text=part), said(answer))
        assert evidence is not None
        assert evidence.match == "exact"


WRITTEN = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cf", "Cs", "Cn", "Co", "Mn", "Me"]), min_size=4)
"""Text without controls and free marks: what a person types."""


@given(WRITTEN, st.data())
def test_any_part_of_an_answer_aligns_exactly_with_the_same_words(answer: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(answer) - 4))
    end = data.draw(st.integers(start + 4, len(answer)))
    part = normalise(answer[start:end])[0].strip(" .,;:…。，；：\"'")
    if "<!--" in answer or len(part) < 4:
        return
    evidence = align(Quote(turn=0, text=answer[start:end]), said(answer))
    assert evidence is not None
    assert evidence.match == "exact"
    assert part in normalise(evidence.text)[0]
    assert len(normalise(evidence.text)[0]) <= len(part) + 8


@given(st.text(alphabet="abcdefghij $\\{}^_", min_size=4, max_size=200), st.text(alphabet="qrstuvwxyz ", min_size=4))
def test_words_that_were_not_said_do_not_align(answer: str, quote: str) -> None:
    assert align(Quote(turn=0, text=quote), said(answer)) is None


@given(WRITTEN, WRITTEN)
def test_evidence_is_always_the_very_words_of_the_answer(answer: str, quote: str) -> None:
    evidence = align(Quote(turn=0, text=quote), said(answer))
    if evidence is not None:
        assert evidence.text == answer[evidence.start : evidence.end] != ""
