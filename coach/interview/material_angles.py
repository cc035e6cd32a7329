"""A candidate's material -> which of an interviewer's questions it already speaks to, where, and how thinly. Pure."""

import re
from typing import Literal, get_args

from coach.interview.material_text import Material
from coach.schema import Record

Angle = Literal[
    "objective",
    "data",
    "labels",
    "own_part",
    "baseline",
    "metric",
    "ablation",
    "failure",
    "cost",
    "limitations",
    "next",
    "comparison",
    "split",
]
"""What an interviewer asks about; `comparison` is with alternatives considered, `split` is validation and leakage."""
ANGLES: tuple[Angle, ...] = get_args(Angle)
Depth = Literal["missing", "mentioned", "given"]
Hook = Literal["result", "method", "team", "amount"]
"""Phrases worth quoting: a metric with its number, what was built, "we …", a number of examples."""


class Covered(Record):
    """What the material says on one angle."""

    angle: Angle
    depth: Depth
    """`given`: with a number, a name or a reason; `mentioned`: without."""
    spans: tuple[tuple[int, int], ...]
    """Where, those that are given first."""


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


_METRIC = (
    r"\b(?:accuracy|(?:pr-|roc-)?auc|au(?:roc|prc)|f1|(?:average |mean average )?precision|recall(?:@\d+)?"
    r"|ndcg(?:@\d+)?|m?ap(?:@\d+)?|mrr|rmse|mae|mape"
    r"|ctr|click-through rate|conversion(?: rate)?|bleu|rouge|perplexity|error rate|word error rate"
    r"|wer|ks|iou|hit rate|retention)\b"
    r"|准确率|精确率|精度|召回率?|点击率|转化率|误差|错误率|命中率|留存|覆盖率"
)
_COUNT = r"(?<![\d.,])\d[\d,.]{0,15}\s*(?:k|m|million|thousand|billion|万|亿|千|百万)?\s*\+?"
_THINGS = (
    r"(?:samples|examples|rows|records|images|photos|tickets|transactions|users|queries|documents|impressions|sessions|orders"
    r"|items|products|sentences|reviews|patients|clicks|hours|pairs|deliveries|parcels|calls"
    r"|posts|messages|videos|listings|cases|nodes|edges|tokens|visits|events|accounts|trips|sequences|papers)\b"
)
_ZH_THINGS = (
    r"[条张个份次笔]?(?:样本|数据|图片|图像|工单|用户|订单|交易|日志|文档|评论|曝光|语料|商品|会话|query|记录)"
    r"|[条张份笔]"
)
_AMOUNT = rf"(?<!\w){_COUNT}\s*(?:[a-z-]+\s+){{0,2}}{_THINGS}|{_COUNT}\s*(?:{_ZH_THINGS})"
_NAMED_LOSS = (
    r"cross[- ]entropy|log[- ]?loss|\bb?ce loss|\bbce\b|\bmse\b|mean[- ]squared|hinge|triplet|contrastive|infonce|focal"
    r"|pinball|quantile loss|\bhuber\b|\bbpr\b|arcface|kl divergence|log[- ]?likelihood"
    r"|交叉熵|均方误差|对数损失|三元组|对比损失|似然"
)
_FORMULA = r"\$[^$\n]+\$|\\(?:sum|frac|log|min|mathcal|ell)\b|\\\(|\\\[|[A-Za-z)]\s?=\s?[-−]?\s?[∑Σ(]"
_NUMBER = r"\d"
_REASON = (
    r"\b(?:because|since|due to|in order to|so that|reason|caused by|turned out)\b"
    r"|因为|由于|所以|为了|考虑到|原因|导致|根因"
)
_I = (
    r"(?:(?-i:\bI)|\bmy)\s+(?:\w+ly\s+|also\s+)?[a-z]{2,}|\bI['’](?:ve|m|d)\b"
    r"|(?<!自)我(?!们|国|司|方)|本人|独立(?:完成|负责|设计|实现)|主导"
)
_CV = (
    r"(?:^|\n|[.;]\s)[ \t\-•*]*(?:led|built|designed|developed|implemented|owned|wrote|created|deployed|trained"
    r"|launched|introduced|proposed|reduced|improved)\b|负责|牵头|参与"
)
_MODEL = (
    r"models?\b|net(?:work)?s?\b|classifiers?\b|regressors?\b|transformers?\b|towers?\b|regression\b"
    r"|forests?\b|trees\b|rankers?\b"
    r"|embeddings?\b|encoders?\b|\w*(?:bert|gpt|lstm|gbdt|cnn|gnn|gbm|boost|resnet)\b"
)
_ACRONYM = r"(?-i:[A-Z]{2,}\w*|[A-Z]\w*[A-Z]\w*)"
_BUILT = (
    r"\b(?:fine-?tun(?:ed?|ing)|trained?|built|used?|using|designed|developed|proposed|replaced)"
    rf"(?:\s+[\w-]+){{0,4}}?\s+(?:{_MODEL})|\b(?:fine-?tun(?:ed?|ing)|trained|using)\s+{_ACRONYM}"
    rf"|(?:采用|基于|微调|使用|用)了?\s*{_ACRONYM}"
    rf"|(?:采用|训练|设计|微调|基于|用)了?[^\n，,。；;、（）()：:！？!?]{{0,12}}?(?:模型|网络|双塔|回归|分类器|树)"
)

_MENTIONED: dict[Angle, re.Pattern[str]] = {
    "objective": _any(
        r"\bobjectives? function|\bloss(?:es)?\b|cost function|\boptimi[sz](?:e|ed|es|ing)\b|\bminimi[sz]|\bmaximi[sz]",
        r"目标函数|损失|优化目标|最小化|最大化",
        _NAMED_LOSS,
    ),
    "data": _any(
        r"\bdata(?: ?sets?)?\b(?! (?:engineer|scien|platform|pipeline|augment))"
        r"|\bcorpus\b|\bsamples\b|training examples",
        r"数据(?!增强|平台|工程|科学|仓库)|语料|样本|日志",
        _AMOUNT,
    ),
    "labels": _any(r"\blabel(?:s|l?ed|l?ing)?\b|annotat|ground[- ]truth", r"标注|标签|打标|人工标"),
    "own_part": _any(_I, _CV),
    "baseline": _any(
        r"\bbase-?lines?\b|compared (?:with|to|against)|\bversus\b|\bvs\b\.?|outperform|\bbeats?\b|rule-based",
        r"\b(?:rules?|heuristics?|random|popularity|majority(?: class)?|regression|old|production)\b"
        r"[^|\n]{0,12}\|\s*[\d.]",
        r"(?:over|than) the (?:old|previous|existing|production)|previous (?:model|system|version)",
        r"基线|相比|对比|比.{1,12}(?:高|低|好|提升|涨|多)|优于|超过|线上(?:模型|规则|版本)|原来的(?:模型|规则)",
    ),
    "metric": _any(_METRIC),
    "ablation": _any(
        r"\bablat\w*|leave-one|removing (?:the|each|one)|without (?:the )?\w+ (?:features?|module|branch)\b",
        r"消融|去掉|拿掉",
    ),
    "failure": _any(
        r"\bfailures?\b",
        r"(?:model|it|system|launch|rollout|version|job|experiment|attempt|which|that|we) fail(?:s|ed)?\b",
        r"error analysis|\bbad cases?\b(?! rate)|misclassif|false (?:positives?|negatives?)",
        r"\bbroke\b|outages?\b|rolled back|rollback|incident|\bbugs?\b|mistakes",
        r"失败|错误分析|bad ?case(?!s?\s*(?:率|rate))|误判|漏判|误报|踩坑|回滚|故障|翻车|出错",
    ),
    "cost": _any(
        r"\blatency\b|throughput|\d\s?ms\b|\bqps\b|\bgpus?\b|\bmemory\b|inference time|serving",
        r"costs? (?:per|of|to (?:run|serve|train))\b|(?:training|compute|inference|cloud|running) costs?\b",
        r"延迟|耗时|毫秒|吞吐|成本|显存|内存|机器|响应时间",
    ),
    "limitations": _any(
        r"\blimitations?\b|limited to|does not (?:handle|work|cover|support)",
        r"cannot handle|only works|weakness|drawback|shortcoming",
        r"局限|不足|缺点|短板|只支持|仅支持|还不能|效果(?:不好|较差|一般)",
    ),
    "next": _any(
        r"future (?:work|scope)|next steps?|\bplan(?:s|ned)? to\b|roadmap|in (?:the )?future|would like to",
        r"下一步|未来|后续|计划|接下来|展望",
    ),
    "comparison": _any(
        r"alternatives?|\btried\b|considered|instead of|rather than|\bchose\b|opted|switched from",
        r"选型|考虑过|对比过|比较过|尝试|试过|而不是|没有用|选择了|备选|换成",
    ),
    "split": _any(
        r"\bsplits?\b|held?-?out|(?:validation|test) sets?\b|cross[- ]validation|\bleak(?:s|age|ed)?\b|out-of-time",
        r"验证集|测试集|切分|划分|交叉验证|泄漏|泄露|穿越",
    ),
}
_GIVEN: dict[Angle, re.Pattern[str]] = {
    "objective": _any(_NAMED_LOSS, _FORMULA, r"softmax"),
    "data": _any(_AMOUNT),
    "labels": _any(
        _NUMBER,
        _REASON,
        r"annotators|agreement|kappa|crowd|experts?\b|by hand|clicks?\b",
        r"标注员|一致性|众包|专家|人工|点击",
    ),
    "own_part": re.compile(_I, re.IGNORECASE),
    "baseline": _any(_NUMBER),
    "metric": _any(r"\d", _REASON),
    "ablation": _any(_NUMBER),
    "failure": _any(_NUMBER, _REASON),
    "cost": _any(_NUMBER),
    "limitations": _any(_NUMBER, _REASON),
    "next": _any(_NUMBER, _REASON),
    "comparison": _any(_NUMBER, _REASON),
    "split": _any(
        r"\bby (?:time|date|user|day|week|month|group|patient)|last (?:\w+ )?(?:days?|weeks?|months?)",
        r"chronolog|temporal|stratif|group",
        r"\d\s*(?:%|-?fold|折)|按.{1,10}(?:切分|划分)|按(?:时间|用户|天|日期|周|月)|最后.{1,6}(?:天|周|月)|分层",
    ),
}
_HOOKS: dict[Hook, re.Pattern[str]] = {
    "result": _any(
        rf"(?:{_METRIC})[^\n;；。!?！？()（）|]{{0,24}}?(?<![A-Za-z@\d.])\d[\d.]{{0,8}}"
        r"\s*(?:%|％|percent\b|个?(?:百分)?点|ms\b|s\b)?",
        rf"(?<![\d.])\d[\d.]{{0,8}}\s*(?:%|％|percent)?\s*(?:{_METRIC})",
    ),
    "method": _any(_BUILT),
    "team": _any(r"\b(?:we|our team)\s+[a-z]{2,}", r"我们(?=\S)"),
    "amount": _any(_AMOUNT),
}
_WORSE = _any(r"ablat|\bwithout\b|\bdrop|\bfell\b|\blower\b|\bworse\b", r"消融|去掉|掉了?|低|下降|变差")
_TEAM = re.compile(r"\b(?:we|our|us|the team)\b|我们|团队", re.IGNORECASE)


def angles(material: Material) -> tuple[Covered, ...]:
    """For every angle, in the order of `ANGLES`, whether and where the material speaks of it; hidden text does not."""
    return tuple(_covered(material, angle) for angle in ANGLES)


def hooks(material: Material, hook: Hook) -> tuple[tuple[int, int], ...]:
    """Where such phrases stand, in order; of results only those that are no loss and no part of an ablation."""
    found = [_tight(material.seen, *match.span()) for match in _HOOKS[hook].finditer(material.seen)]
    if hook != "result":
        return tuple(found)
    around = _around(material, found)
    worse = {bounds for bounds in set(around) if _WORSE.search(material.seen, *bounds)}
    return tuple(span for span, bounds in zip(found, around, strict=True) if bounds not in worse)


def speaks_as_team(material: Material) -> bool:
    """Whether it says "we" and nowhere "I"."""
    own = re.search(_I, material.seen, re.IGNORECASE)
    return own is None and _TEAM.search(material.seen) is not None


def _covered(material: Material, angle: Angle) -> Covered:
    found = [_tight(material.seen, *match.span()) for match in _MENTIONED[angle].finditer(material.seen)]
    around = found if angle == "own_part" else _around(material, found)
    known = {bounds for bounds in set(around) if _GIVEN[angle].search(material.seen, *bounds)}
    given = tuple(span for span, bounds in zip(found, around, strict=True) if bounds in known)
    thin = tuple(span for span, bounds in zip(found, around, strict=True) if bounds not in known)
    depth: Depth = "given" if given else "mentioned" if thin else "missing"
    return Covered(angle=angle, depth=depth, spans=(*given, *thin))


def _around(material: Material, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """For each span, in order, the bounds of the sentence it begins in; its own where it is in none."""
    bounds: list[tuple[int, int]] = []
    at = 0
    for start, end in spans:
        while at < len(material.sentences) and material.sentences[at][1] <= start:
            at += 1
        inside = at < len(material.sentences) and material.sentences[at][0] <= start
        bounds.append(material.sentences[at] if inside else (start, end))
    return bounds


def _tight(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without blanks and marks at its ends, and with the rest of a word or number it cuts."""
    while start < end and text[start] in " \t\n-•*.;":
        start += 1
    while end > start and text[end - 1] in " \t\n.,":
        end -= 1
    while 0 < start < end and _joined(text[start - 1], text[start]):
        start -= 1
    while start < end < len(text) and _joined(text[end - 1], text[end]):
        end += 1
    return start, end


def _joined(one: str, other: str) -> bool:
    """Whether a cut between these two would cut a word or a number."""
    return (
        one.isascii() and other.isascii() and (one.isalnum() or one in "_.@-") and (other.isalnum() or other in "_@-")
    )
