"""What the page is given to say."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from coach.errors import ModelKeyRejected, SpeakerMissing
from coach.schema import Answered, Aside, Attempt, Hinted, Lang, Plan, Probed, Round, Said, Session, Skipped
from coach.speech.speak import Sentence, Speaking
from coach.ui.speak import ADDRESS, routes, turn_of, voice_html
from coach.ui.words.speak import CHINESE, ENGLISH

CARD = "linear-models/why-linear"
ANSWER = Answered(text="It is linear in the weights.", lang="en")
PROBE = Probed(criterion="weights", text="And why? Say more.", wording="card")
HINT = Hinted(rung=1, text="Look at $w$.")
ASIDE = Aside(said="Repeat?", reply="Of course.", what="repeat")


def session(*said: Said, lead: str = "", attempts: tuple[Attempt, ...] = (), lang: Lang = "en") -> Session:
    one = Round(card=CARD, question="Why linear? Explain $w^2$.", lead=lead, said=said, attempts=attempts)
    return Session(
        id="s" * 32, plan=Plan(lang=lang), cards=(CARD,), rounds=(one,), started_at=datetime.now(UTC), next_seq=2,
        lang=lang,
    )  # fmt: skip


def texts(found: Session, saying: str = "") -> list[str]:
    return [line.text for line in turn_of(found, saying=saying).lines]


@pytest.mark.parametrize(
    ("said", "now"),
    [
        ((), ["Why linear? Explain $w^2$."]),
        ((ANSWER,), []),
        ((ANSWER, PROBE), ["And why? Say more."]),
        ((HINT,), ["Look at $w$."]),
        ((ANSWER, PROBE, ASIDE), ["Of course."]),
        ((ANSWER, PROBE, Skipped(what="probe")), []),
    ],
)
def test_only_what_was_said_since_the_candidate_acted_is_spoken(said: tuple[Said, ...], now: list[str]) -> None:
    assert texts(session(*said)) == now


def test_a_lead_is_said_before_the_question() -> None:
    assert texts(session(lead="Welcome."))[0] == "Welcome."


def test_a_line_keeps_its_id_while_it_is_worded() -> None:
    streamed = turn_of(session(ANSWER), saying="And why? Sa")
    finished = turn_of(session(ANSWER, PROBE))
    assert streamed.id == finished.id
    assert streamed.lines[0].id == finished.lines[0].id
    assert not streamed.lines[0].whole


@pytest.mark.parametrize(("before", "after"), [((), (ASIDE,)), ((ANSWER, PROBE), (ANSWER, PROBE, ASIDE))])
def test_a_reply_to_a_question_keeps_its_turn_when_it_is_stored(
    before: tuple[Said, ...], after: tuple[Said, ...]
) -> None:
    streamed, finished = turn_of(session(*before), saying="Of cou"), turn_of(session(*after))
    assert streamed.id == finished.id != turn_of(session(*before)).id
    assert [line.id for line in streamed.lines] == [line.id for line in finished.lines]


def test_every_line_of_an_interview_has_an_id_of_its_own() -> None:
    story = (ANSWER, PROBE, ASIDE, HINT, ANSWER, PROBE)
    states = [session(*story[:end]) for end in range(len(story) + 1)]
    states.append(session(attempts=(Attempt(said=story, grade=None, rated=None, seconds=1.0),)))
    turns = [turn_of(state) for state in states]
    assert len({line.id for turn in turns for line in turn.lines}) == 6
    assert len({turn.id for turn in turns}) == 6


def test_the_page_is_given_words_and_never_latex() -> None:
    given = voice_html(Speaking("browser"), session())
    assert re.findall(r"<span[^>]*>([^<]*)</span>", given) == ["Why linear?", "Explain w squared."]
    assert 'data-fresh="1"' in given
    assert "data-src" not in given


def test_only_complete_sentences_of_a_stream_are_given() -> None:
    given = voice_html(Speaking("browser"), session(ANSWER), saying="And why? Say mo")
    assert re.findall(r"<span[^>]*>([^<]*)</span>", given) == ["And why?"]


def test_a_persons_markup_stays_text() -> None:
    given = voice_html(Speaking("browser", voice='"><b>'), session(ANSWER), saying='Say <img src=x> "more" & go. Then')
    assert "<img" not in given
    assert "<b>" not in given


@pytest.mark.parametrize("state", [None, session()])
def test_nobody_speaks_when_it_is_off(state: Session | None) -> None:
    assert voice_html(Speaking("off"), state) == ""
    assert voice_html(Speaking("browser"), None) == ""


class Humming:
    """A speaker that hums, or fails as told."""

    name, host = "humming", None

    def __init__(self, *, fails_at: int | None = None) -> None:
        self.fails_at = fails_at

    async def sound(self, words: str, lang: Lang) -> AsyncGenerator[bytes, None]:
        for number, piece in enumerate((b"RIFF", words.encode())):
            if number == self.fails_at:
                raise ModelKeyRejected("the key was rejected")
            yield piece


def asked(speaking: Speaking, path: str, *, lang: str = "en") -> tuple[int, bytes, str]:
    with TestClient(Starlette(routes=routes(speaking))) as client:
        reply = client.get(f"/{path}", headers={"accept-language": lang})
        return reply.status_code, reply.content, reply.headers["content-type"]


def test_a_shown_sentence_can_be_fetched_and_no_other() -> None:
    speaking = Speaking("server", Humming())
    sources = re.findall(r'data-src="([^"]+)"', voice_html(speaking, session()))
    assert len(sources) == 2
    assert asked(speaking, sources[0]) == (200, b"RIFFWhy linear?", "audio/wav")
    status, reason, _ = asked(speaking, f"{ADDRESS}/{'0' * 40}")
    assert (status, b"reload" in reason) == (404, True)


def test_a_speaker_that_fails_says_why_and_one_that_breaks_off_is_heard_so_far() -> None:
    sentence = Sentence(words="Why?", lang="en")
    failing, breaking = Speaking("server", Humming(fails_at=0)), Speaking("server", Humming(fails_at=1))
    status, reason, _ = asked(failing, f"{ADDRESS}/{failing.key(sentence)}")
    assert (status, reason) == (502, b"the key was rejected")
    chinese = asked(failing, f"{ADDRESS}/{failing.key(sentence)}", lang="zh-CN,zh;q=0.9")[1].decode()
    assert chinese.startswith("模型服务拒绝了密钥")
    assert "the key was rejected" in chinese
    assert asked(breaking, f"{ADDRESS}/{breaking.key(sentence)}")[:2] == (200, b"RIFF")


def test_a_browser_keeps_no_sound_that_may_have_broken_off() -> None:
    speaking = Speaking("server", Humming(fails_at=1))
    with TestClient(Starlette(routes=routes(speaking))) as client:
        reply = client.get(f"/{ADDRESS}/{speaking.key(Sentence(words='Why?', lang='en'))}")
    assert reply.headers["cache-control"] == "no-store"


def test_a_speaker_that_is_missing_is_told_in_the_language_of_the_interview() -> None:
    speaking = Speaking("browser", why=SpeakerMissing("espeak-ng made no sound", "broken"))
    assert 'data-why="espeak-ng made no sound"' in voice_html(speaking, session())
    assert 'data-why="espeak-ng 出错' in voice_html(speaking, session(lang="zh"))


def test_the_browsers_own_voice_needs_no_address() -> None:
    assert routes(Speaking("browser")) == []


def test_the_buttons_are_the_same_in_both_languages() -> None:
    ids = [re.findall(r'(?:id|data-speak-note)="([^"]+)"', one["speak_bar"]) for one in (ENGLISH, CHINESE)]
    assert ids[0] == ids[1]
    assert "{" not in ENGLISH["speak_bar"] + CHINESE["speak_bar"]
