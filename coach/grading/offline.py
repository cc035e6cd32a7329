"""The judge that needs no model and no download: English, Chinese and mixed. Same input, same opinion.

Each accepted wording is a small set of *units* (glossary concepts, stemmed words, Chinese character bigrams, formulas).
A wording is found where most of its units stand close together in one statement of the candidate's; the share found,
by weight, is its coverage. Words of the question count little, direction words must hang on the same thing, and a
statement of the opposite polarity contradicts. Two thresholds on the best coverage give *met* and *partly*.

Finding the item's words beats embedding similarity on rubric items (AUC 0.79 against 0.69, docs/evals.md).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import ValidationError
from rapidfuzz import fuzz

from coach.bank.glossary import Glossary
from coach.errors import ContentError, Problem
from coach.schema import (
    Card,
    Claim,
    JudgeInfo,
    MisconceptionClaim,
    Opinion,
    Quote,
    Record,
    State,
    Utterance,
)
from coach.text import CJK_STOP, STOPWORDS, Token, normalise, sentences, stem, tokens

VERSION = "offline-1"


class Calibration(Record):
    """The thresholds of the offline judge and the numbers that made them."""

    met: float
    """Least coverage that is *met*."""
    partly: float
    """Least coverage that is *partly*."""
    misconception: float
    """Least coverage at which a misconception counts as stated."""
    measured: Mapping[str, float | int | str]
    """What the thresholds gave on the labelled answers they were chosen on."""

    @classmethod
    def load(cls, path: Path) -> "Calibration":
        """The calibration in a YAML file. Raises ContentError."""
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise ContentError((Problem(str(path), 0, f"not a calibration: {error}"),)) from error


_STOP_STEMS = frozenset(stem(word) for word in STOPWORDS)
_GENERIC = frozenset(stem(word) for word in "model data value number point problem method way result case part work".split())
_UP = frozenset(
    stem(word)
    for word in "increase increases increasing grow grows rise rises high higher large larger big bigger more greater up".split()
)
_DOWN = frozenset(
    stem(word)
    for word in "decrease decreases reduce reduces low lower small smaller few fewer less shrink drop drops fall falls down".split()
)
_UP_CJK, _DOWN_CJK = frozenset("大高多增升"), frozenset("小低少减降")
_NOT_DIRECTION = re.compile("高斯|大小|多少|多数|大部|大概|大约|[最极][大小]|小批|多个|多层|多类|多头|多种|多项|增广|增强|高维|低维|低秩")
_UP_CONCEPTS = frozenset({"increase", "high", "large", "more", "larger", "higher"})
_DOWN_CONCEPTS = frozenset({"decrease", "low", "small", "less", "smaller", "lower", "fewer"})

_NEGATORS = frozenset("not no never cannot without neither nor none dont doesnt isnt cant wont arent".split())
_NOT_NEGATING = re.compile(
    r"(.)不\1|not only|not just|not merely|no matter|not to mention|whether or not|不仅|不但|不只|不断|不管|不论|不过|不同|不等式|不平衡|不错|无论|无监督|非常|非线性|非凸|非负|并不只|不光|没错|未来|未知|差别|多少"
)
_ONLY = re.compile(r"\b(?:only|just|merely)\b|只|仅", re.IGNORECASE)
_NOT_ONLY = re.compile(r"\b(?:not|n't)\s+(?:only|just|merely)\b|不只|不仅|不光|并非只|不是只", re.IGNORECASE)
_CJK_NEGATOR = re.compile(r"不|没有|没|无法|并非|未|无需|无|是错的")
_FALSE = re.compile(r"\b(?:is|are) (?:false|wrong)\b")
_TRAILING = re.compile(
    r"\b(?:is|are|was|does|do|did|would|will|can)(?:\s+not|n't)\s+(?:really\s+)?(?:exist|hold|work|true|enough|help|possible|available|matter"
    r"|needed|required|necessary)\b|\bis (?:false|wrong)\b|没有?用|没什么用|不存在|不成立|不对|是错的|不起作用|没必要|不需要$|不重要",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:not sure|don'?t know|do not know|no idea|can'?t remember|cannot remember)\b|不知道|不确定|不清楚|不太懂|记不清|(?:^|我)不会[。！!，,]?$|没学过",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"\b(?:people (?:often|sometimes|usually) (?:say|think|believe)|some (?:say|think|believe)|misconception|common mistake"
    r"|it is (?:wrong|a mistake|a myth) (?:to|that)|contrary to|would be wrong)\b|误区|误以为|很多人(?:以为|觉得|认为)|有人(?:以为|觉得|认为)|常见的错误|说法不对",
    re.IGNORECASE,
)
_VERBATIM = re.compile(r'^"(.+)"$', re.DOTALL)
_FORMULA = re.compile(r"^\$\$?(.*?)\$?\$$", re.DOTALL)
_LATEX_NOISE = re.compile(
    r"\\(?:left|right|big|Big|bigg|mathrm|mathbf|mathbb|boldsymbol|text|operatorname|hat|bar|tilde|displaystyle|limits"
    r"|quad|qquad|[,;!: ])|[\s{}$`*]|\\cdot|\\times"
)
_ECHO = 88.0
_SPAN_FACTOR, _SPAN_EXTRA = 2.5, 8
_CROSSING = 0.88
_NEG_REACH = 5


@dataclass(frozen=True, slots=True)
class _Unit:
    key: str
    weight: float
    first: int
    last: int
    """Token range, `last` exclusive."""
    parts: tuple[str, ...]
    """The token forms it stands for."""
    direction: int
    """+1 up, -1 down, 0 neither."""


@dataclass(frozen=True)
class _Wording:
    text: str
    units: tuple[_Unit, ...]
    bonds: Mapping[int, frozenset[str]]
    """Direction unit (by position) -> keys of the units it hangs on."""
    negative: bool
    exclusive: bool
    """Says that something is *only* so; "not only" is then its opposite."""
    formula: str | None
    verbatim: str | None
    """Must stand in the answer as it is, in this order; only case and spacing may differ."""
    span: int
    """Most tokens its units may be spread over in an answer."""


@dataclass(frozen=True)
class _Heard:
    """One utterance, taken apart."""

    utterance: Utterance
    tokens: tuple[Token, ...]
    units: tuple[_Unit, ...]
    places: Mapping[str, tuple[int, ...]]
    """Unit key or token form -> token positions."""
    bonds: Mapping[int, tuple[int, frozenset[str]]]
    """Token position of a direction word -> (direction, keys of the units it hangs on)."""
    sentence: tuple[int, ...]
    """Sentence number of each token; -1 where the words are not a statement of the candidate's."""
    bounds: tuple[tuple[int, int], ...]
    """Offsets of the sentences."""
    counts: tuple[bool, ...]
    """Whether each sentence is a statement of the candidate's."""


@dataclass(frozen=True)
class _Match:
    coverage: float
    turn: int
    start: int
    end: int
    text: str
    opposed: bool
    wording: str


class OfflineJudge:
    """Opinions on answers from the card alone."""

    def __init__(self, glossary: Glossary, calibration: Calibration) -> None:
        self._glossary = glossary
        self.calibration = calibration
        self._wording = lru_cache(maxsize=16384)(self._take_apart)

    @property
    def info(self) -> JudgeInfo:
        """Which judge this is."""
        return JudgeInfo(judge="offline", name=VERSION)

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """What the candidate's words amount to, criterion by criterion."""
        return self.judge(card, utterances, interviewer)

    def judge(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """The same without waiting; `interviewer` holds what was said to the candidate, which earns nothing."""
        asked = frozenset(
            unit.key for text in (card.question.en, card.question.zh) for unit in self._units(text, tokens(text))
        )
        heard = tuple(self._hear(utterance, interviewer) for utterance in utterances)
        stated: list[MisconceptionClaim] = []
        ruled_out: dict[str, _Match] = {}
        for misconception in card.misconceptions:
            best = self._best(misconception.says.all(), heard, asked)
            if best is None or best.opposed or best.coverage < self.calibration.misconception:
                continue
            sentence = _sentence_around(heard, best)
            if _REPORTED.search(sentence):
                continue
            stated.append(MisconceptionClaim(misconception=misconception.id, quotes=(_quote(best),)))
            if misconception.contradicts:
                ruled_out[misconception.contradicts] = best
        claims: list[Claim] = []
        for criterion in card.criteria:
            best = self._best((*criterion.accept.all(), criterion.says.en, criterion.says.zh), heard, asked)
            claims.append(self._claim(criterion.id, best, ruled_out.get(criterion.id)))
        return Opinion(claims=tuple(claims), misconceptions=tuple(stated), judge=self.info)

    def _claim(self, criterion: str, best: _Match | None, denial: _Match | None) -> Claim:
        coverage = best.coverage if best is not None else 0.0
        if denial is not None:
            return Claim(
                criterion=criterion,
                state="contradicted",
                quotes=(_quote(denial),),
                reason=f"states a misconception that rules this out: “{denial.wording}”",
            )
        if best is None or coverage < self.calibration.partly:
            return Claim(criterion=criterion, state="missed", reason=f"best wording covered {coverage:.0%}")
        if best.opposed:
            state: State = "contradicted" if coverage >= self.calibration.met else "missed"
            reason = f"says the opposite of “{best.wording}”"
            return Claim(
                criterion=criterion, state=state, quotes=(_quote(best),) if state == "contradicted" else (), reason=reason
            )
        state = "met" if coverage >= self.calibration.met else "partly"
        return Claim(
            criterion=criterion, state=state, quotes=(_quote(best),), reason=f"covers {coverage:.0%} of “{best.wording}”"
        )

    def coverage(self, wordings: Sequence[str], utterances: Sequence[Utterance], *, asked: str = "") -> float:
        """The best coverage, 0 to 1, of any wording in the utterances; 0 where the best match is opposed."""
        heard = tuple(self._hear(utterance, ()) for utterance in utterances)
        best = self._best(tuple(wordings), heard, frozenset(unit.key for unit in self._units(asked, tokens(asked))))
        return 0.0 if best is None or best.opposed else best.coverage

    # --- taking texts apart ---

    def _units(self, text: str, parts: tuple[Token, ...]) -> tuple[_Unit, ...]:
        found = {hit.first: hit for hit in self._glossary.find(text, parts)}
        units: list[_Unit] = []
        at = 0
        while at < len(parts):
            token = parts[at]
            hit = found.get(at)
            if hit is not None:
                direction = (hit.concept in _UP_CONCEPTS) - (hit.concept in _DOWN_CONCEPTS)
                forms = tuple(part.form for part in parts[at : hit.last])
                units.append(_Unit(f"c:{hit.concept}", 0.6 if direction else 1.0, at, hit.last, forms, direction))
                at = hit.last
                continue
            if token.cjk:
                around = "".join(part.form for part in parts[max(at - 1, 0) : at + 2])
                named = _NOT_DIRECTION.search(around) is not None
                direction = 0 if named else (token.form in _UP_CJK) - (token.form in _DOWN_CJK)
                if direction:
                    units.append(_Unit(f"d:{direction}", 0.6, at, at + 1, (token.form,), direction))
                elif token.form not in CJK_STOP and at + 1 < len(parts) and at + 1 not in found:
                    after = parts[at + 1]
                    if after.cjk and after.start == token.end and after.form not in CJK_STOP | _UP_CJK | _DOWN_CJK:
                        units.append(_Unit(token.form + after.form, 0.5, at, at + 2, (token.form, after.form), 0))
            else:
                direction = (token.form in _UP) - (token.form in _DOWN)
                if direction:
                    units.append(_Unit(f"d:{direction}", 0.6, at, at + 1, (token.form,), direction))
                elif token.form not in _STOP_STEMS and token.form not in _NEGATORS:
                    weight = 0.5 if token.form in _GENERIC else 1.0
                    units.append(_Unit(token.form, weight, at, at + 1, (token.form,), 0))
            at += 1
        return tuple(units)

    def _take_apart(self, text: str) -> _Wording:
        parts = tokens(text)
        units = self._units(text, parts)
        formula, verbatim = _FORMULA.match(text.strip()), _VERBATIM.match(text.strip())
        return _Wording(
            text=text,
            units=units,
            bonds={first: keys for first, (_, keys) in _bonds(units, parts, text).items()},
            negative=_negations(text, parts, 0, len(parts)) % 2 == 1,
            exclusive=bool(_ONLY.search(text)),
            formula=_plain_formula(formula.group(1)) if formula else None,
            verbatim=normalise(verbatim.group(1))[0] if verbatim else None,
            span=round(_SPAN_FACTOR * len(parts)) + _SPAN_EXTRA,
        )

    def _hear(self, utterance: Utterance, interviewer: Sequence[str]) -> _Heard:
        text = utterance.text
        parts = tokens(text)
        said = [normalise(line)[0] for line in interviewer if line.strip()]
        bounds = sentences(text)
        counts = tuple(not _idle(text[start:end], said) for start, end in bounds)
        sentence: list[int] = []
        number = 0
        for token in parts:
            while number + 1 < len(bounds) and token.start >= bounds[number][1]:
                number += 1
            sentence.append(number if bounds and counts[number] else -1)
        units = self._units(text, parts)
        places: dict[str, list[int]] = defaultdict(list)
        for unit in units:
            if sentence[unit.first] >= 0:
                places[unit.key].append(unit.first)
        for at, token in enumerate(parts):
            if sentence[at] >= 0 and not places.get(token.form, ())[-1:] == [at]:
                places[token.form].append(at)
        return _Heard(
            utterance=utterance,
            tokens=parts,
            units=units,
            places={key: tuple(sorted(found)) for key, found in places.items()},
            bonds=_bonds(units, parts, text),
            sentence=tuple(sentence),
            bounds=bounds,
            counts=counts,
        )

    # --- matching ---

    def _best(self, wordings: Iterable[str], heard: Sequence[_Heard], asked: frozenset[str]) -> _Match | None:
        agreeing: _Match | None = None
        opposed: _Match | None = None
        for text in wordings:
            wording = self._wording(text)
            for one in heard:
                literal = wording.formula is not None or wording.verbatim is not None
                match = _literal_match(wording, one) if literal else _match(wording, one, asked)
                if match is None:
                    continue
                if match.opposed:
                    opposed = match if opposed is None or match.coverage > opposed.coverage else opposed
                elif agreeing is None or match.coverage > agreeing.coverage:
                    agreeing = match
        if agreeing is not None and (agreeing.coverage >= self.calibration.met or opposed is None):
            return agreeing
        if opposed is not None and (agreeing is None or opposed.coverage > agreeing.coverage):
            return opposed
        return agreeing


def _match(wording: _Wording, heard: _Heard, asked: frozenset[str]) -> _Match | None:
    weights = [unit.weight * (0.3 if unit.key in asked else 1.0) for unit in wording.units]
    total = sum(weights)
    if total == 0 or not any(unit.key not in asked for unit in wording.units):
        return None
    hits: list[tuple[int, int, bool]] = []
    for number, unit in enumerate(wording.units):
        if unit.direction:
            wanted = wording.bonds.get(unit.first, frozenset())
            for at, (direction, keys) in heard.bonds.items():
                if heard.sentence[at] >= 0 and (not wanted or keys & wanted):
                    hits.append((at, number, direction != unit.direction))
            continue
        for at in heard.places.get(unit.key, ()):
            hits.append((at, number, False))
        if len(unit.parts) > 1 and unit.key not in heard.places:
            hits += [(at, number, False) for at in _run(unit.parts, heard)]
    if not hits:
        return None
    hits.sort()
    best: tuple[float, int, int, bool] | None = None
    for low in range(len(hits)):
        seen: dict[int, bool] = {}
        for high in range(low, len(hits)):
            at, number, against = hits[high]
            if at - hits[low][0] > wording.span:
                break
            seen[number] = seen.get(number, True) and against
            crossings = abs(heard.sentence[at] - heard.sentence[hits[low][0]])
            if crossings > 1:
                break
            lonely = len(seen) == 1 and len(wording.units) > 1
            value = sum(weights[n] for n in seen) / total * (_CROSSING if crossings else 1.0) * (0.5 if lonely else 1.0)
            turned = any(flag for flag in seen.values())
            width = at - hits[low][0]
            if best is None or (value, not turned, -width) > (best[0], not best[3], best[1] - best[2]):
                best = (value, hits[low][0], at, turned)
    assert best is not None
    value, first, last, turned = best
    reach = max((unit.last for unit in heard.units if unit.first == last), default=last + 1)
    start, end = _clause_bounds(heard, first, reach)
    begin = heard.tokens[start].start
    stop = heard.tokens[end - 1].end
    passage = heard.utterance.text[begin:stop]
    ahead = max(first - _NEG_REACH, start)
    denied = _TRAILING.search(heard.utterance.text, heard.tokens[reach - 1].end, stop)
    until = end if denied else reach
    negative = _negations(heard.utterance.text, heard.tokens, ahead, until) % 2 == 1
    widened = wording.exclusive and _NOT_ONLY.search(passage)
    opposed = turned or negative != wording.negative or bool(widened)
    return _Match(value, heard.utterance.turn, begin, stop, passage, opposed, wording.text)


def _run(parts: tuple[str, ...], heard: _Heard) -> list[int]:
    """Places where all parts of a term stand within a few words of one another."""
    if any(part not in heard.places for part in parts):
        return []
    return [
        at
        for at in heard.places[parts[0]]
        if all(any(abs(other - at) <= len(parts) + 1 for other in heard.places[part]) for part in parts[1:])
    ]


def _literal_match(wording: _Wording, heard: _Heard) -> _Match | None:
    """Where a formula or a verbatim wording stands, sentence by sentence."""
    needle, fold = wording.formula or wording.verbatim, _plain_formula if wording.formula else _folded
    text = heard.utterance.text
    for number, (start, end) in enumerate(heard.bounds):
        if needle and heard.counts[number] and needle in fold(text[start:end]):
            return _Match(1.0, heard.utterance.turn, start, end, text[start:end], False, wording.text)
    return None


def _folded(text: str) -> str:
    return normalise(text)[0]


def _plain_formula(text: str) -> str:
    folded = normalise(text)[0].replace("\\top", "t").replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    return _LATEX_NOISE.sub("", folded).replace("\\", "")


_APART = re.compile(r"[,，、:：;；。.!?！？]")
_APART_WORDS = frozenset("and or but while whereas then 和 与 而 但 则 且".split())
_BOND_REACH = 4


def _bonds(units: Sequence[_Unit], parts: Sequence[Token], text: str) -> dict[int, tuple[int, frozenset[str]]]:
    """What each direction word hangs on: the units around it, up to another one, a break, or four words away."""
    apart = [
        at == 0
        or token.raw in _APART_WORDS
        or bool(_APART.search(text[parts[at - 1].end : token.start]))
        for at, token in enumerate(parts)
    ]
    bonds: dict[int, tuple[int, frozenset[str]]] = {}
    for number, unit in enumerate(units):
        if not unit.direction:
            continue
        keys: set[str] = set()
        for near in reversed(units[:number]):
            if near.direction or unit.first - near.last > _BOND_REACH or any(apart[near.last : unit.first + 1]):
                break
            keys.add(near.key)
        for near in units[number + 1 :]:
            if near.direction or near.first - unit.last > _BOND_REACH or any(apart[unit.last : near.first + 1]):
                break
            keys.add(near.key)
        bonds[unit.first] = (unit.direction, frozenset(keys))
    return bonds


def _negations(text: str, parts: Sequence[Token], first: int, last: int) -> int:
    """How many negating words stand among the tokens `first` to `last`."""
    if first >= last:
        return 0
    start, end = parts[first].start, parts[last - 1].end
    passage = _NOT_NEGATING.sub(lambda found: " " * len(found.group()), normalise(text[start:end])[0])
    count = len(_CJK_NEGATOR.findall(passage)) + len(_FALSE.findall(passage))
    for word in re.findall(r"[a-z]+(?:'t)?", passage):
        count += word.endswith("n't") or word in _NEGATORS
    return count


_BREAK = re.compile(r"[,，、:：;；]|\b(?:but|whereas|while|although|though|however|instead)\b|但|而是|不过|然而|虽然", re.IGNORECASE)


def _clause_bounds(heard: _Heard, first: int, last: int) -> tuple[int, int]:
    """Token range of the clauses that hold the tokens `first` to `last`."""
    text = heard.utterance.text
    start, end = first, last
    while start > 0 and heard.sentence[start - 1] == heard.sentence[first]:
        if _BREAK.search(text[heard.tokens[start - 1].end : heard.tokens[start].start]) or _BREAK.fullmatch(
            text[heard.tokens[start - 1].start : heard.tokens[start - 1].end]
        ):
            break
        start -= 1
    while end < len(heard.tokens) and heard.sentence[end] == heard.sentence[last - 1]:
        if _BREAK.search(text[heard.tokens[end - 1].end : heard.tokens[end].start]) or _BREAK.fullmatch(
            text[heard.tokens[end].start : heard.tokens[end].end]
        ):
            break
        end += 1
    return start, end


def _idle(statement: str, said: Sequence[str]) -> bool:
    """Whether a sentence claims nothing: it echoes the interviewer, admits not knowing, or only lists words."""
    folded = normalise(statement)[0].strip(" .,;:!?。，；：！？")
    if _UNSURE.search(folded) and len(tokens(folded)) <= 16:
        return True
    for line in said:
        if len(folded) >= 6 and (folded in line or (len(folded) >= 12 and fuzz.partial_ratio(folded, line) >= _ECHO)):
            return True
    parts = tokens(statement)
    english = [token for token in parts if not token.cjk and token.form[0].isalpha()]
    if len(english) >= max(10, len(parts) / 2) and not any(mark in statement for mark in "$=\\`"):
        functional = sum(token.form in _STOP_STEMS for token in english)
        return functional / len(english) < 0.08
    return False


def _sentence_around(heard: Sequence[_Heard], match: _Match) -> str:
    for one in heard:
        if one.utterance.turn == match.turn:
            for start, end in one.bounds:
                if start <= match.start < end:
                    return one.utterance.text[start:end]
    return match.text


def _quote(match: _Match) -> Quote:
    return Quote(turn=match.turn, text=match.text)
