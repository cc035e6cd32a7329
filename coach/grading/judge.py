"""The judge that asks a chat model: one structured call per answer, a verdict with quotes per criterion."""

import hashlib
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from coach.llm.chat import Chat
from coach.llm.prompts import Template
from coach.schema import (
    Bilingual,
    Card,
    Claim,
    JudgeInfo,
    MisconceptionClaim,
    Opinion,
    Quote,
    Utterance,
)
from coach.text import lang_of


class QuoteReply(BaseModel):
    """Words copied from one of the candidate's messages."""

    model_config = ConfigDict(extra="forbid")
    turn: int
    text: str


class CriterionReply(BaseModel):
    """One criterion: quotes first, then the reason, then the state."""

    model_config = ConfigDict(extra="forbid")
    criterion: str
    quotes: list[QuoteReply]
    reason: str
    state: Literal["met", "partly", "missed", "contradicted"]


class MisconceptionReply(BaseModel):
    """One listed misconception that the candidate asserts."""

    model_config = ConfigDict(extra="forbid")
    misconception: str
    quotes: list[QuoteReply]


class JudgeReply(BaseModel):
    """What the model must send back."""

    model_config = ConfigDict(extra="forbid")
    criteria: list[CriterionReply]
    misconceptions: list[MisconceptionReply]


def reply_for(card: Card) -> type[JudgeReply]:
    """The reply schema, checked against one card: an entry for each criterion, once, and for nothing else.

    The schema sent to the model is the same for all cards, so that providers compile it once.
    """
    wanted = [criterion.id for criterion in card.criteria]

    class Fitted(JudgeReply):
        __doc__ = JudgeReply.__doc__

        @model_validator(mode="after")
        def _covers_the_card(self) -> "Fitted":
            given = [entry.criterion for entry in self.criteria]
            faults = [f"there is no criterion {name!r}" for name in given if name not in wanted]
            faults += [f"more than one entry for {name!r}" for name in wanted if given.count(name) > 1]
            faults += [f"no entry for {name!r}" for name in wanted if name not in given]
            if faults:
                raise ValueError(f"{'; '.join(dict.fromkeys(faults))}; give exactly one entry per listed criterion")
            return self

    Fitted.__name__ = JudgeReply.__name__
    return Fitted


class LLMJudge:
    """Opinions on answers from a chat model."""

    def __init__(self, chat: Chat, template: Template) -> None:
        self._chat = chat
        self._template = template
        self._prompt = template.fingerprint(JudgeReply)
        self._schemas: dict[str, type[JudgeReply]] = {}

    @property
    def info(self) -> JudgeInfo:
        """Which judge and model this is."""
        return JudgeInfo(judge="llm", name=self._chat.name, prompt=self._prompt)

    def _schema(self, card: Card) -> type[JudgeReply]:
        if card.id not in self._schemas:
            self._schemas[card.id] = reply_for(card)
        return self._schemas[card.id]

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """What the model says of the candidate's words; raises ModelError when it gives no usable reply."""
        words = "\n\n".join(f"[{utterance.turn}] {utterance.text}" for utterance in utterances)
        lang = lang_of(words)
        prompt = self._template.render(
            {
                "question": _both(card.question),
                "reference": card.reference.text(lang),
                "criteria": "\n".join(f"- {criterion.id}: {_both(criterion.says)}" for criterion in card.criteria),
                "misconceptions": "\n".join(
                    f"- {one.id}: {one.says.en[0]} / {one.says.zh[0]}" for one in card.misconceptions
                ),
                "interviewer": "\n".join(f"- {line}" for line in interviewer) or "- (only the question)",
                "fence": fence(words),
                "answer": words,
            }
        )
        reply = await self._chat.reply(prompt, self._schema(card))
        listed = {misconception.id for misconception in card.misconceptions}
        return Opinion(
            claims=tuple(
                Claim(criterion=one.criterion, state=one.state, quotes=_quotes(one.quotes), reason=one.reason)
                for one in reply.value.criteria
            ),
            misconceptions=tuple(
                MisconceptionClaim(misconception=one.misconception, quotes=_quotes(one.quotes))
                for one in reply.value.misconceptions
                if one.misconception in listed
            ),
            judge=JudgeInfo(
                judge="llm",
                name=reply.model or self._chat.name,
                prompt=self._prompt,
                calls=reply.calls,
                tokens_in=reply.tokens_in,
                tokens_out=reply.tokens_out,
                repaired=reply.repaired,
            ),
        )


def fence(words: str) -> str:
    """A line that the fenced words cannot contain: it holds a hash of them, so writing it in would change it."""
    return f"=====candidate {hashlib.sha256(words.encode()).hexdigest()[:20]}====="


def _both(text: Bilingual) -> str:
    return f"{text.en} / {text.zh}"


def _quotes(quotes: Sequence[QuoteReply]) -> tuple[Quote, ...]:
    return tuple(Quote(turn=max(quote.turn, 0), text=quote.text) for quote in quotes)
