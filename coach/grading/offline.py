"""The judge that needs no model and no download: English, Chinese and mixed. Same input, same opinion.

Each wording of a card is a small set of *units* (glossary concepts, stemmed words, Chinese character bigrams). An
answer is laid over all wordings at once (`coverage.py`), the best of them are looked at word by word for negation,
direction and order (`matching.py`), formulas are compared as formulas (`formula.py`), and what was heard of a criterion
becomes a handful of signals (`signals.py`). A multinomial logistic model, fitted on the *calibrate* split of the
labelled transcripts, turns the signals into how likely the point is met or partly met; two thresholds give the state.
`statements.py` says which sentences claim anything at all.
"""

import asyncio
from collections.abc import Mapping, Sequence
from math import exp
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import ValidationError

from coach.bank.glossary import Glossary
from coach.errors import ContentError, Problem
from coach.grading.matching import Match, sentence_around
from coach.grading.signals import NAMES, Embed, Found, Key, key_of, listen
from coach.grading.statements import is_reported
from coach.grading.units import Heard, hear
from coach.schema import (
    Card,
    Claim,
    JudgeInfo,
    Likelihood,
    MisconceptionClaim,
    Opinion,
    Quote,
    Record,
    State,
    Utterance,
)

VERSION = "offline-2"
Part = Literal["met", "partly", "stated"]
CLEARLY = 0.25
"""A denial that covers so much more than any assertion turns *partly* into *contradicted*."""
LEAST, LEAST_PARTLY = 0.3, 0.45
"""Below these shares of its best wording a criterion is not met, or not even partly, whatever the other signals say."""
HIGHEST = 30.0
"""Sums of signals are cut there; likelihoods are 1 by then."""
KEPT = 256
"""So many cards are kept ready; one that is not takes a tenth of a second."""


class Calibration(Record):
    """The offline judge's model and thresholds, and the numbers that made them."""

    met: float
    """Least likelihood of *met*."""
    partly: float
    """Least likelihood of *met* and *partly* together."""
    opposed: float
    """Least share of a wording whose opposite contradicts a point that is not met."""
    stated: float
    """Least likelihood at which a misconception counts as stated."""
    verbatim: float
    """How often a criterion was labelled *met* where one of its wordings stands in the answer nearly as it is."""
    model: Mapping[Part, Mapping[str, float]]
    """For *met* and *partly* against neither, and for a misconception stated: `bias`, and each signal's weight."""
    embedder: str = "lexical"
    """The setting of the embedder whose meanings the model was fitted with; `lexical` knows none."""
    measured: Mapping[str, float | int | str]
    """What the thresholds gave on the labelled answers."""

    @classmethod
    def load(cls, path: Path) -> "Calibration":
        """The calibration in a YAML file. Raises ContentError."""
        try:
            found = cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise ContentError((Problem(str(path), 0, f"not a calibration: {error}"),)) from error
        wanted = {"bias", *NAMES}
        wrong = [part for part in get_args(Part) if set(found.model.get(part, ())) != wanted]
        if wrong:
            why = f"weights of {', '.join(wrong)} do not fit this judge: run `python -m evals calibrate --write`"
            raise ContentError((Problem(str(path), 0, why),))
        return found

    def likelihood(self, found: Found) -> Likelihood:
        """How likely a criterion is met, and partly met, after what was heard of it.

        A softmax over met, partly and neither; at least `verbatim` where a wording stands there nearly as it is.
        """
        met, partly = (exp(min(self._sum(part, found.signals), HIGHEST)) for part in ("met", "partly"))
        total = 1.0 + met + partly
        if found.verbatim and met / total < self.verbatim:
            return Likelihood(met=self.verbatim, partly=(1 - self.verbatim) * partly / (1.0 + partly))
        return Likelihood(met=met / total, partly=partly / total)

    def likely_stated(self, found: Found) -> float:
        """How likely a misconception is stated; at least `verbatim` where a wording of it stands there as it is."""
        likely = 1.0 / (1.0 + exp(-max(min(self._sum("stated", found.signals), HIGHEST), -HIGHEST)))
        return max(likely, self.verbatim) if found.verbatim else likely

    def _sum(self, part: Part, signals: Sequence[float]) -> float:
        weights = self.model[part]
        return weights["bias"] + sum(weights[name] * value for name, value in zip(NAMES, signals, strict=True))


class OfflineJudge:
    """Opinions on answers from the card alone."""

    def __init__(self, glossary: Glossary, calibration: Calibration, *, embed: Embed | None = None) -> None:
        """`embed` puts meanings beside words; the calibration must have been fitted with it."""
        self._glossary = glossary
        self.calibration = calibration
        self._embed = embed
        self._keys: dict[str, Key] = {}

    @property
    def info(self) -> JudgeInfo:
        """Which judge this is."""
        return JudgeInfo(judge="offline", name=VERSION)

    def listen(
        self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]
    ) -> tuple[dict[str, Found], tuple[Heard, ...]]:
        """What was heard of each criterion and of each misconception, before the calibration weighs it."""
        known = self._keys.get(card.id)
        if known is None or known.card is not card:
            if len(self._keys) >= KEPT:
                self._keys.clear()
            known = self._keys[card.id] = key_of(self._glossary, card, self._embed)
        heard = tuple(hear(self._glossary, utterance, interviewer) for utterance in utterances)
        return listen(known, heard, self._embed), heard

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """What the candidate's words amount to, criterion by criterion; others are served meanwhile."""
        return await asyncio.to_thread(self.judge, card, utterances, interviewer)

    def judge(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """The same without waiting; `interviewer` holds what was said to the candidate, which earns nothing."""
        found, heard = self.listen(card, utterances, interviewer)
        stated = {
            one.id: best
            for one in card.misconceptions
            if (best := self._stated(found[f"?{one.id}"], found.get(one.contradicts or ""), heard)) is not None
        }
        ruled_out = {
            one.contradicts: stated[one.id] for one in card.misconceptions if one.contradicts and one.id in stated
        }
        return Opinion(
            claims=tuple(
                self._claim(criterion.id, found[criterion.id], ruled_out.get(criterion.id))
                for criterion in card.criteria
            ),
            misconceptions=tuple(
                MisconceptionClaim(misconception=name, quotes=(_quote(best),)) for name, best in stated.items()
            ),
            judge=self.info,
        )

    def _stated(self, found: Found, rival: Found | None, heard: Sequence[Heard]) -> Match | None:
        """Where a misconception is asserted and not taken back by saying the right thing in a later turn."""
        best = found.said
        likely = self.calibration.likely_stated(found)
        if best is None or likely < self.calibration.stated:
            return None
        if rival is not None and not found.verbatim and self.calibration.likelihood(rival).met > likely:
            return None
        if is_reported(sentence_around(heard, best)):
            return None
        right = rival.said if rival is not None else None
        if rival is not None and right is not None and right.turn > best.turn:
            return None if self.calibration.likelihood(rival).met >= self.calibration.met else best
        return best

    def _claim(self, criterion: str, found: Found, stated: Match | None) -> Claim:
        likelihood = self.calibration.likelihood(found)
        if stated is not None:
            reason = f"states a misconception that rules this out: “{stated.wording}”"
            return Claim(
                criterion=criterion,
                state="contradicted",
                quotes=(_quote(stated),),
                reason=reason,
                likelihood=likelihood,
            )
        best, denied = found.said, found.denied
        state: State = "missed"
        against = denied.coverage - (best.coverage if best is not None else 0.0) if denied is not None else 0.0
        if best is not None and best.coverage >= LEAST and likelihood.met >= self.calibration.met:
            state = "met"
        elif (
            best is not None
            and best.coverage >= LEAST_PARTLY
            and likelihood.met + likelihood.partly >= self.calibration.partly
        ):
            state = "partly"
        if (
            state != "met"
            and denied is not None
            and denied.coverage >= self.calibration.opposed
            and (state == "missed" or against >= CLEARLY)
        ):
            reason = f"says the opposite of “{denied.wording}”"
            return Claim(
                criterion=criterion,
                state="contradicted",
                quotes=(_quote(denied),),
                reason=reason,
                likelihood=likelihood,
            )
        heard = f"covers {best.coverage:.0%} of “{best.wording}”" if best is not None else "nothing of it was heard"
        return Claim(
            criterion=criterion,
            state=state,
            quotes=(_quote(best),) if best is not None and state != "missed" else (),
            reason=f"{heard}; met with likelihood {likelihood.met:.2f}",
            likelihood=likelihood,
        )


def _quote(match: Match) -> Quote:
    return Quote(turn=match.turn, text=match.text)
