import json
from typing import Any

import pytest

from coach.bank.glossary import Glossary
from coach.grading.critic import Critic, CritiqueReply, Told, fault_of, invented
from coach.grading.critique import answer_lang
from coach.llm.chat import connect
from coach.llm.mock import Fails, MockLog, MockReply, mock_chat
from coach.llm.prompts import Template
from coach.schema import Card, Lang
from tests.conftest import ROOT
from tests.grading.made import Said, graded, said
from tests.grading.test_critique import EN, EN_SAID, STORY, STORY_SAID, ZH, ZH_SAID
from tests.llm.stub import Stub, fails, says

TEMPLATE = Template.load(ROOT / "prompts" / "critique.md")
GOOD: dict[str, Any] = {
    "decides": "The mechanism is there; why it regularises is not, and the rescaling stays vague.",
    "fix": "Say that each mask is one of many thinned networks that share weights.",
    "stronger": [
        {
            "text": "Dropout randomly switches off some neurons in training, you pick 30% at random each iteration.",
            "source": "candidate",
            "point": "mechanism",
        },
        {"text": "At test time you turn it off and use everything.", "source": "candidate", "point": "inference-off"},
        {
            "text": "To keep the expected activation the same, survivors are multiplied by $1/(1-p)$ in training.",
            "source": "reference",
            "point": "scaling",
        },
        {
            "text": "Each mask is one of $2^n$ thinned networks that share weights.",
            "source": "reference",
            "point": "ensemble",
        },
        {"text": "[your number: which rate worked for you?]", "source": "blank", "point": None},
    ],
}


def told_of(card: Card, text: str, states: Said, lang: Lang = "en", **wrong: str) -> Told:
    heard = said(text)
    stated = {name.replace("_", "-"): words for name, words in wrong.items()}
    return Told(card, graded(card, heard, states, stated=stated), heard, lang)


@pytest.fixture
def told(cards: dict[str, Card]) -> Told:
    return told_of(cards["regularisation/dropout"], EN, EN_SAID)


def with_sentence(text: str, source: str = "reference", point: str | None = "ensemble") -> dict[str, Any]:
    return {**GOOD, "stronger": [*GOOD["stronger"], {"text": text, "source": source, "point": point}]}


async def test_a_models_critique_is_shown_when_its_words_can_be_traced(told: Told, glossary: Glossary) -> None:
    critic = Critic(glossary, mock_chat([GOOD]), TEMPLATE)
    got = await critic.critique(told)
    assert got.source == got.stronger.made_by == "model"
    assert got.fallback is None
    assert got.verdict == f"Fair, 43 %: {GOOD['decides']}"
    assert got.fix == GOOD["fix"]
    assert [one.text for one in got.stronger.sentences] == [one["text"] for one in GOOD["stronger"]]
    assert got.stronger.blanks == ("[your number: which rate worked for you?]",)
    assert got.points == critic.composed(told).points
    assert got.asked is not None
    assert got.asked.calls == 1


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (with_sentence("Each mask is one of 4096 thinned networks that share weights."), "'4096'"),
        (with_sentence("AlexNet used thinned networks that share weights."), "'AlexNet'"),
        (with_sentence("Hinton showed that the full network approximates their average."), "'Hinton'"),
        (with_sentence("The full network approximates their average, $\\sqrt{2\\pi}$."), "sqrt"),
        (with_sentence("Each mask shares weights, so y = mx+c."), "y = mx+c"),
        (with_sentence("Each mask shares weights, see https://evil.example/x."), "'://'"),
        (with_sentence("Each mask shares weights <img src=x>."), "<i"),
        (with_sentence("Bananas ripen faster beside apples in a warm kitchen."), "'Bananas'"),
        (with_sentence("so bananas ripen faster beside apples in warm kitchens"), "not the reference's words"),
        (with_sentence("so each mask shares weights with thinned networks", "candidate"), "not the candidate's words"),
        (with_sentence("At test time you use everything.", "candidate", "ensemble"), "not given: 'ensemble'"),
        (with_sentence("Each mask shares weights.", "reference", "charm"), "no such point: 'charm'"),
        (with_sentence("your number goes here", "blank", None), "without brackets"),
        (with_sentence("每个 mask 对应一个共享权重的子网络，完整网络近似等于对子网络取平均。" * 9), "wrong language"),
        (with_sentence("Each mask is one of many thinned networks that share weights. " * 90), "too long"),
        ({**GOOD, "decides": "You got 9 of 10 points."}, "a number in the verdict"),
        ({**GOOD, "decides": "你讲得不错，但是没有说明为什么有效。"}, "wrong language"),
        ({**GOOD, "fix": "Mention what Srivastava measured."}, "'Srivastava'"),
        ({**GOOD, "stronger": []}, "empty"),
    ],
)
async def test_words_that_cannot_be_traced_send_it_back_to_the_card(
    told: Told, glossary: Glossary, reply: dict[str, Any], fault: str
) -> None:
    critic = Critic(glossary, mock_chat([reply]), TEMPLATE)
    got = await critic.critique(told)
    assert got.fallback is not None
    assert fault in got.fallback
    assert got.model_copy(update={"fallback": None, "asked": None}) == critic.composed(told)


async def test_a_wrong_claim_must_not_come_back(cards: dict[str, Card], glossary: Glossary) -> None:
    wrong = "L2 会把不重要的权重直接压成 0"
    told = told_of(cards["regularisation/l1-and-l2"], ZH, ZH_SAID, "zh", l2_gives_zeros=wrong)
    reply = {
        "decides": "公式写对了，但是把哪种正则产生稀疏解说反了。",
        "fix": "记住是 L1 让很多权重恰好等于 0，相当于做特征选择。",
        "stronger": [
            {"text": "L1 是 loss 加 λ 乘权重绝对值的和。", "source": "candidate", "point": "formulas"},
            {"text": "L1 会让很多权重恰好等于 0，相当于做特征选择。", "source": "reference", "point": "l1-exact-zeros"},
        ],
    }
    assert fault_of(CritiqueReply.model_validate(reply), told, glossary) is None
    reply["stronger"] = [{"text": f"{wrong}。", "source": "candidate", "point": "formulas"}]
    assert fault_of(CritiqueReply.model_validate(reply), told, glossary) == "repeats a wrong claim"


async def test_a_story_gets_no_fact_from_somebody_elses(cards: dict[str, Card], glossary: Glossary) -> None:
    told = told_of(cards["behavioural/dive-deep"], STORY, STORY_SAID)
    one = {"text": "I pulled the raw logs of 200 requests.", "source": "candidate", "point": "evidence"}
    reply = {"decides": "The cause stays vague.", "fix": "Say what the root cause was.", "stronger": [one]}
    assert fault_of(CritiqueReply.model_validate(reply), told, glossary) == "not in the answer or the reference: '200'"
    reply["stronger"] = [{**one, "text": "I went to the raw evidence.", "source": "reference"}]
    assert fault_of(CritiqueReply.model_validate(reply), told, glossary) == "a story of somebody else's"


@pytest.mark.parametrize(
    ("text", "known", "strange"),
    [
        ("It is 30%.", "pick 30% of them", None),
        ("It is 31%.", "pick 30% of them", "31"),
        ("It takes 1,000 steps.", "about 1,000 steps", None),
        ("However, PyTorch does it.", "pytorch rescales", None),
        ("However, Keras does it.", "pytorch rescales", "Keras"),
        ("用 BERT 做", "bert 模型", None),
        ("用 bert 做", "一个模型", "bert"),
        ("$x_1 < 2$", "we know that $x_1<2$", None),
        (r"\(a^2\)", "nothing", "2"),
        ("$a+b$", "nothing", "a+b"),
        ("so p = q", "here p=q.", None),
    ],
)
def test_numbers_names_and_formulas_must_be_known(text: str, known: str, strange: str | None) -> None:
    assert invented(text, known) == strange


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ([Fails(status=401)], "key_rejected"),
        (["no json", "none at all"], "off_schema"),
        ([Fails(status=400)], "request_rejected"),
    ],
)
async def test_a_failed_model_leaves_the_cards_critique_with_the_code(
    told: Told, glossary: Glossary, replies: list[MockReply], code: str
) -> None:
    critic = Critic(glossary, mock_chat(replies), TEMPLATE)
    got = await critic.critique(told)
    assert got.source == "card"
    assert got.fallback == code
    assert got.stronger == critic.composed(told).stronger
    assert got.asked is not None
    assert got.asked.calls >= 1


async def test_over_real_http_it_is_the_same(told: Told, glossary: Glossary) -> None:
    for answer, source in ((says(GOOD), "model"), (fails(400), "card")):
        with Stub(answer) as stub:
            chat = connect("openai:stub", api_key="k", base_url=stub.url, budget_s=10, stall_s=5)
            got = await Critic(glossary, chat, TEMPLATE).critique(told)
            assert got.source == source
            assert (got.fallback is None) == (source == "model")


async def test_the_answer_stands_behind_a_fence_after_all_that_never_changes(told: Told, glossary: Glossary) -> None:
    log: MockLog = []
    await Critic(glossary, mock_chat([GOOD], log=log), TEMPLATE).critique(told)
    system, user = (message["content"] for message in log[0]["messages"])
    assert told.card.reference.en in system
    assert EN not in system
    fence = next(line for line in user.splitlines() if line.startswith("=====candidate"))
    assert user.count(fence) == 2
    assert EN in user.split(fence)[1]
    assert "ensemble [missing, weight 2]" in user
    assert json.dumps(log[0]).count("switch off some of the neurons") == 1


async def test_without_a_model_the_card_speaks(told: Told, glossary: Glossary) -> None:
    critic = Critic(glossary)
    assert not critic.asks
    got = await critic.critique(told)
    assert got == critic.composed(told)
    assert got.asked is None
    assert got.fallback is None


def test_the_language_is_the_answers() -> None:
    assert answer_lang(said(ZH), "en") == "zh"
    assert answer_lang(said(EN), "zh") == "en"
    assert answer_lang(said("..."), "zh") == "zh"
