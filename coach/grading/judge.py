"""The judge that asks a chat model: a verdict with quotes per criterion, in one structured call per answer.

On request the doubtful and the heavy verdicts are asked about once more, blind.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, create_model, model_validator

from coach.errors import ModelError, Spent
from coach.grading.echo import Line
from coach.grading.evidence import check
from coach.grading.grade import heard
from coach.grading.visible import visible
from coach.llm.chat import Chat
from coach.llm.prompts import Template
from coach.schema import (
    Bilingual,
    Card,
    Claim,
    Criterion,
    JudgeInfo,
    MisconceptionClaim,
    Opinion,
    Quote,
    State,
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


class SecondReply(BaseModel):
    """What the model must send back when it is asked a second time."""

    model_config = ConfigDict(extra="forbid")
    criteria: list[CriterionReply]


R = TypeVar("R", JudgeReply, SecondReply)


def reply_for(base: type[R], wanted: Sequence[str]) -> type[R]:
    """The reply schema, checked against some criteria: an entry for each of them, once, and for nothing else.

    The schema sent to the model is the same whichever they are, so that providers compile it once.
    """

    def covers(reply: R) -> R:
        given = [entry.criterion for entry in reply.criteria]
        faults = [f"there is no criterion {name!r}" for name in given if name not in wanted]
        faults += [f"more than one entry for {name!r}" for name in wanted if given.count(name) > 1]
        faults += [f"no entry for {name!r}" for name in wanted if name not in given]
        if faults:
            raise ValueError(f"{'; '.join(dict.fromkeys(faults))}; give exactly one entry per listed criterion")
        return reply

    validators: dict[str, Any] = {"covers": model_validator(mode="after")(covers)}
    return create_model(base.__name__, __base__=base, __doc__=base.__doc__, __validators__=validators)


class _Asked(NamedTuple):
    """What is the same for every answer to a card."""

    schema: type[JudgeReply]
    inputs: Mapping[str, str]


class LLMJudge:
    """Opinions on answers from a chat model; with a template for it, doubtful verdicts are looked at twice."""

    def __init__(self, chat: Chat, template: Template, *, second: Template | None = None) -> None:
        self._chat = chat
        self._template = template
        self._second = second
        parts = [template.fingerprint(JudgeReply), *([second.fingerprint(SecondReply)] if second else [])]
        self._prompt = "+".join(parts)
        self._asked: dict[str, _Asked] = {}

    @property
    def info(self) -> JudgeInfo:
        """Which judge and model this is."""
        return JudgeInfo(judge="llm", name=self._chat.name, prompt=self._prompt)

    def _asks(self, card: Card) -> "_Asked":
        if card.fingerprint not in self._asked:
            self._asked[card.fingerprint] = _Asked(
                reply_for(JudgeReply, [criterion.id for criterion in card.criteria]),
                {
                    "question": _both(card.question),
                    "criteria": _listed(card.criteria),
                    "misconceptions": "\n".join(
                        f"- {one.id}: {one.says.en[0]} / {one.says.zh[0]}" for one in card.misconceptions
                    ),
                },
            )
        return self._asked[card.fingerprint]

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """What the model says of the candidate's words; raises ModelError when it gives no usable reply.

        When only the second look fails, the first verdicts stand and the opinion says so.
        """
        words = shown(utterances)
        asked = self._asks(card)
        prompt = self._template.render(
            {
                **asked.inputs,
                "reference": card.reference.text(lang_of(words)),
                "interviewer": "\n".join(f"- {defanged(line)}" for line in interviewer) or "- (only the question)",
                "fence": fence(words),
                "answer": words,
            }
        )
        reply = await self._chat.reply(prompt, asked.schema)
        listed = {misconception.id for misconception in card.misconceptions}
        first = Opinion(
            claims=tuple(_claim(one) for one in reply.value.criteria),
            misconceptions=tuple(
                MisconceptionClaim(misconception=one.misconception, quotes=_quotes(one.quotes))
                for one in reply.value.misconceptions
                if one.misconception in listed
            ),
            judge=JudgeInfo(
                judge="llm",
                name=reply.model or self._chat.name,
                prompt=self._prompt,
                **vars(reply.spent),
                repaired=reply.repaired,
            ),
        )
        again = doubtful(card, first.claims, utterances, heard(card, interviewer)) if self._second else ()
        return await self._look_again(self._second, card, first, again, words) if self._second and again else first

    async def _look_again(
        self, second: Template, card: Card, first: Opinion, again: Sequence[str], words: str
    ) -> Opinion:
        """The opinion after one more call about the criteria `again`."""
        claims = [claim for claim in first.claims if claim.criterion in again]
        quotes = [f"- {claim.criterion}: {defanged(quote.text)}" for claim in claims for quote in claim.quotes]
        prompt = second.render(
            {
                "question": _both(card.question),
                "criteria": _listed([one for one in card.criteria if one.id in again]),
                "quotes": "\n".join(quotes) or "- (none)",
                "fence": fence(words + "".join(quotes)),
                "answer": words,
            }
        )
        try:
            reply = await self._chat.reply(prompt, reply_for(SecondReply, again))
        except ModelError as error:
            spent = _added(first.judge, error.spent)
            failed = {"second_look_failed": f"{error.code}: {error}"}
            return first.model_copy(update={"judge": spent.model_copy(update=failed)})
        seconds = {one.criterion: _claim(one) for one in reply.value.criteria}
        spent = _added(first.judge, reply.spent)
        return first.model_copy(
            update={
                "claims": tuple(
                    agreed(claim, seconds[claim.criterion]) if claim.criterion in seconds else claim
                    for claim in first.claims
                ),
                "judge": spent.model_copy(update={"looks": 2, "repaired": first.judge.repaired or reply.repaired}),
            }
        )


def doubtful(
    card: Card, claims: Sequence[Claim], utterances: Sequence[Utterance], lines: Sequence[Line]
) -> tuple[str, ...]:
    """Ids of the criteria worth a second look.

    Marginal ones: *partly*, *met* on near quotes alone, or claimed without evidence. Heavy ones, of weight 4 or more or
    required, unless they are clearly missed.
    """
    found: list[str] = []
    for claim in claims:
        criterion, verdict = card.criterion(claim.criterion), check(claim, utterances, lines)
        near = verdict.state == "met" and all(one.match == "near" for one in verdict.evidence)
        marginal = verdict.state == "partly" or near or verdict.downgraded_from is not None
        heavy = (criterion.weight >= HEAVY or criterion.required) and verdict.state != "missed"
        if marginal or heavy:
            found.append(claim.criterion)
    return tuple(found)


def agreed(first: Claim, second: Claim) -> Claim:
    """What two looks at one criterion amount to, with the quotes of both.

    Where they differ the lower state stands: credit needs both. *contradicted* against anything else is *missed*: that
    earns no more than the lower of the two, and telling somebody that they said the opposite needs both looks too.
    """
    quotes = tuple(dict.fromkeys((*first.quotes, *second.quotes)))
    if first.state == second.state:
        return first.model_copy(update={"quotes": quotes, "reason": f"{first.reason} [a second look agrees]".strip()})
    states = {first.state, second.state}
    state: State = "missed" if "contradicted" in states else next(one for one in _UPWARDS if one in states)
    noted = f"{first.reason} [first look: {first.state}, second look: {second.state}; {second.reason}]".strip()
    return first.model_copy(update={"state": state, "quotes": quotes, "reason": noted})


HEAVY = 4
"""From this weight on a criterion is looked at twice."""
_UPWARDS: tuple[State, ...] = ("missed", "partly", "met")


def _added(info: JudgeInfo, spent: Spent) -> JudgeInfo:
    """The judge with what another call has cost; None where one of the two is unknown."""
    sums: dict[str, float | None] = {"calls": info.calls + spent.calls}
    for name in ("tokens_in", "tokens_cached", "tokens_out", "cost_usd"):
        one, other = getattr(info, name), getattr(spent, name)
        sums[name] = None if one is None or other is None else one + other
    return info.model_copy(update=sums)


_TEMPLATE_TOKENS = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|</?(?:s|system|user|assistant|human|think|tool_call|tool_response|start_of_turn|end_of_turn)>"
    r"|\[/?INST\]|<</?SYS>>|(?m:^)\s*\[\d+\]",
    re.IGNORECASE,
)
_OPENING = re.compile(r"[<\[]")


def defanged(text: str) -> str:
    """`text` with a gap in each token of a chat template and in each number like those that head a message."""
    return _TEMPLATE_TOKENS.sub(lambda match: _OPENING.sub(lambda mark: f"{mark[0]} ", match[0], count=1), text)


def shown(utterances: Sequence[Utterance]) -> str:
    """What a model gets to see of the candidate's messages: each under its number, hidden text left out."""
    return "\n\n".join(f"[{utterance.turn}] {defanged(visible(utterance.text)[0])}" for utterance in utterances)


def fence(words: str) -> str:
    """A line that the fenced words cannot contain: it holds a hash of them, so writing it in would change it."""
    return f"=====candidate {hashlib.sha256(words.encode()).hexdigest()[:20]}====="


def _both(text: Bilingual) -> str:
    return f"{text.en} / {text.zh}"


def _listed(criteria: Sequence[Criterion]) -> str:
    return "\n".join(f"- {criterion.id}: {_both(criterion.says)}" for criterion in criteria)


def _claim(one: CriterionReply) -> Claim:
    return Claim(criterion=one.criterion, state=one.state, quotes=_quotes(one.quotes), reason=one.reason)


def _quotes(quotes: Sequence[QuoteReply]) -> tuple[Quote, ...]:
    return tuple(Quote(turn=max(quote.turn, 0), text=quote.text) for quote in quotes)
