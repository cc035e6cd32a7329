"""What is counted as a filler or a hedge, and when. Data only.

Fillers: `um` and `uh` as words that announce a delay (Clark & Fox Tree 2002, Cognition 84, 73–111); in Mandarin
那个 and 这个 besides 嗯 and 呃 (Zhao & Jurafsky 2005, DiSS, 179–182; Yuan, Xu, Lai & Liberman 2016, Speech Prosody).
Hedges: the approximators ("sort of") and shields ("I think") of Prince, Frader & Bosk 1982. Words with another, common
meaning are counted only where their place gives them away, so a count is a lower bound.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["filler", "hedge"]
Rule = Literal["always", "set_off", "opens", "not_noun", "not_term"]
"""*always*: wherever it stands as a word. *set_off*: only between commas or full stops, on both sides. *opens*: only at
the beginning of a clause. *not_noun*: not after "a", "this", "what" …, where it names a kind of thing. *not_term*: not
within a longer word that means something else, such as 可能性."""


@dataclass(frozen=True)
class Mark:
    """One phrase, and when it counts."""

    phrase: str
    kind: Kind
    rule: Rule
    forms: str
    """A regular expression for its spellings."""
    not_after: str = ""
    """A regular expression; after it the phrase means something else."""
    not_at: str = ""
    """A regular expression; where it begins at the phrase's place, this is another word."""


_NOUN: Final = (
    r"\b(?:an?|the|this|that|these|those|what|which|any|some|each|every|one|two|same|different|another|other|certain"
    r"|special|new|first|second|right|wrong|of|following|no|all|many)\s+$"
)
ENGLISH: Final = (
    Mark("um", "filler", "always", r"u+h*m+"),
    Mark("uh", "filler", "always", r"u+h+"),
    Mark("er", "filler", "always", r"er+m*"),
    Mark("hmm", "filler", "always", r"h+m+|mm+"),
    Mark("like", "filler", "set_off", r"like"),
    Mark("you know", "filler", "set_off", r"(?:you|ya) know|y'know"),
    Mark("I mean", "filler", "set_off", r"i mean"),
    Mark("well", "filler", "set_off", r"well"),
    Mark("so yeah", "filler", "set_off", r"so,? yeah"),
    Mark("basically", "filler", "set_off", r"basically"),
    Mark("actually", "filler", "set_off", r"actually"),
    Mark("right?", "filler", "set_off", r"right(?=\?)"),
    Mark("I think", "hedge", "always", r"i (?:think|guess|suppose)"),
    Mark("I'm not sure", "hedge", "always", r"(?:i am|i'm) not (?:really |quite |entirely )?sure"),
    Mark("kind of", "hedge", "not_noun", r"(?:kind|sort) of|kinda|sorta", _NOUN),
    Mark("maybe", "hedge", "always", r"maybe|perhaps"),
    Mark("probably", "hedge", "always", r"probably"),
    Mark("more or less", "hedge", "always", r"more or less"),
    Mark("or something", "hedge", "always", r"or something(?: like that)?"),
)
CHINESE: Final = (
    Mark("嗯", "filler", "always", r"嗯+"),
    Mark("呃", "filler", "always", r"呃+"),
    Mark("额", "filler", "set_off", r"额+"),
    Mark("那个", "filler", "set_off", r"那个"),
    Mark("这个", "filler", "set_off", r"这个"),
    Mark("就是", "filler", "set_off", r"就是"),
    Mark("就是说", "filler", "opens", r"就是说"),
    Mark("然后", "filler", "set_off", r"然后"),
    Mark("怎么说呢", "filler", "always", r"怎么说呢?(?=[，。、,.…]|\Z)"),
    Mark("对吧", "filler", "set_off", r"对吧|是吧"),
    Mark("我觉得", "hedge", "always", r"我(?:觉得|猜|感觉)"),
    Mark("可能", "hedge", "not_term", r"可能", r"(?:不|尽|有|无|最|最大)$", r"可能[性的]"),
    Mark("大概", "hedge", "not_term", r"大概|差不多", not_at=r"大概率"),
    Mark("好像", "hedge", "always", r"好像"),
    Mark("也许", "hedge", "always", r"也许|或许"),
    Mark("不太确定", "hedge", "not_term", r"不(?:太|是很|大)?确定", not_at=r"不(?:太|是很|大)?确定[性度]"),
    Mark("某种程度上", "hedge", "always", r"某种程度上?|算是"),
)
