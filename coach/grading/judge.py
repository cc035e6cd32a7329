"""The judge that asks a chat model: one structured call per answer, a verdict with quotes per criterion."""

import hashlib
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from coach.errors import ModelOffSchema
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

    @model_validator(mode="after")
    def _names_each_criterion_once(self) -> "JudgeReply":
        ids = [entry.criterion for entry in self.criteria]
        repeated = sorted({one for one in ids if ids.count(one) > 1})
        if repeated:
            raise ValueError(f"more than one entry for {', '.join(repeated)}")
        return self


class LLMJudge:
    """Opinions on answers from a chat model."""

    def __init__(self, chat: Chat, template: Template) -> None:
        self._chat = chat
        self._template = template
        self._prompt = template.fingerprint(JudgeReply)

    @property
    def info(self) -> JudgeInfo:
        """Which judge and model this is."""
        return JudgeInfo(judge="llm", name=self._chat.name, prompt=self._prompt)

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
        known = {criterion.id for criterion in card.criteria}
        reply = await self._chat.reply(prompt, JudgeReply)
        strange = sorted({entry.criterion for entry in reply.value.criteria} - known)
        if strange:
            raise ModelOffSchema(f"the model graded criteria that the card does not have: {', '.join(strange)}")
        return Opinion(
            claims=tuple(
                Claim(criterion=one.criterion, state=one.state, quotes=_quotes(one.quotes), reason=one.reason)
                for one in reply.value.criteria
            ),
            misconceptions=tuple(
                MisconceptionClaim(misconception=one.misconception, quotes=_quotes(one.quotes))
                for one in reply.value.misconceptions
                if one.misconception in {misconception.id for misconception in card.misconceptions}
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
