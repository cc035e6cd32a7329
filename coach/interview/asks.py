"""The words a candidate's requests are made of, as patterns over text in normal form without punctuation. Data only.

One alternative per line, continued on lines that are indented. `<name>` stands for a piece, a blank for a blank;
Chinese stands without blanks around it.
What an answer could consist of as a whole ("try again", "use it", 需要) is left out, or wants a word that asks.
"""

from typing import Literal

What = Literal[
    "repeat", "rephrase", "clarify", "hint", "skip", "dont_know", "moment", "restart", "language", "end"
]  # fmt: skip

PIECES: dict[str, str] = {
    "q": r"(?:(?:the|this|that|your|my|whole|last|first|current|previous|interview|coding) )*"
    r"(?:question|problem|task|prompt)",
    "it": r"(?:<q>|(?:all|any) of (?:it|this|that)|this (?:topic|concept|area|stuff|part|bit|thing)|"
    r"this one|that one|the answer|this|that|it)",
    "said": r"(?:<q>|what you (?:just )?(?:said|asked|were asking)|that|this|yourself|it|"
    r"(?:the |your )?last (?:part|bit|sentence))",
    "soft": r"(?:(?:please|pls|plz|just|maybe|kindly|quickly|possibly|perhaps|also|like|actually) )*",
    "you!": r"<soft>(?:(?:can|could|would|will|may|might) (?:you|u|ya)|would you mind|do you mind|mind|"
    r"i(?:'d| would) (?:like|want|need) you to|i(?:'d| would) appreciate it if you (?:can|could)|i(?: was|"
    r"'m| am)? (?:wonder|wondering|hoping) (?:if )?you (?:can|could)|"
    r"(?:is there )?any way you (?:can|could)|do you think you (?:can|could)|"
    r"i (?:want|need) you to|is it possible to|any chance you (?:can|could)|if you (?:can|could)|please|"
    r"pls|plz) <soft>",
    "you": r"(?:<you!>|<soft>)",
    "may!": r"<soft>(?:(?:can|could|may|might|shall|should) (?:i|we)|(?:would it be|is it) (?:ok|okay|"
    r"fine|possible|alright) (?:to|if (?:i|we)|for me to)|mind if (?:i|we)|"
    r"(?:is there )?any way (?:i|we) (?:can|could)|do you think (?:i|we) (?:can|could)|i was hoping to|"
    r"let'?s|let us|let me|lemme|i(?:'d| would) (?:like|love|prefer) to|i(?:'d| would) rather|i (?:want|"
    r"need|have) to|i wanna|"
    r"do you mind if (?:i|we)|would you mind if (?:i|we)|is it (?:ok|okay|fine|possible|alright) (?:to|if (?:i|we))|"
    r"(?:why don't|how about) we|please|pls|i think we (?:can|should)|can|could) <soft>",
    "i'll": r"(?:i(?:'ll| will| shall)|i(?:'m| am) (?:going to|gonna)|i(?:'d| would) have to|"
    r"i think i(?:'ll| will|'d|'d rather)|"
    r"i guess i(?:'ll| will)|i might) <soft>",
    "again": r"(?:again|once more|one more time|another time|once again|a second time)",
    "bit": r"(?:moments?|minutes?|seconds?|secs?|mins?|bit|while)",
    "think": r"(?:think(?: (?:this|it|that))?(?: (?:through|over))?|gather my thoughts|collect my thoughts|"
    r"organi[sz]e my thoughts|recall)(?: about (?:this|it|that|this one|how to answer(?: (?:this|that|it))?))?",
    "tongue": r"(?:english|chinese|mandarin|cantonese|french|german|spanish|japanese|korean|hindi|russian|"
    r"portuguese|italian)",
    "舌": r"(?:英文|英语|中文|汉语|普通话|国语|日语|日文|法语|德语|韩语|西班牙语|俄语|粤语|<tongue>)",
    "请!": r"(?:方不方便|可以的话|有没有可能|麻烦|请|劳驾|拜托|您|你|能不能|可不可以|可以|可否|能否|能|"
    r"方便|帮我|帮忙|给我|把|我想请|我想让|想请|希望)+",
    "可!": r"(?:那|我们|咱们|咱|我|想要|想|要|可不可以|能不能|可以|可否|能否|能|请|麻烦|直接|还是|申请|"
    r"希望|让|先|就)+",
    "可": r"(?:<可!>)?",
    "题": r"(?:(?:这|那|刚才|刚刚|上面|你|您)?(?:的|个|一|道|那个|这个)*(?:题目|问题|题|question|问的|"
    r"说的|句话|部分))",
    "遍": r"(?:一下子|一下|一遍|一次|一点|遍|次|下)",
    "想": r"(?:想一想|想想|想一下|想一会儿?|思考一下|思考思考|思考|考虑一下|考虑考虑|考虑|整理一下|"
    r"整理整理|整理|琢磨一下|捋一捋|捋一下|理一理|理一下|组织一下)"
    r"(?:思路|语言|怎么说|怎么回答|怎么答|再答|再回答|再说|这个问题|这道题|这题|先|哈)*",
    "会儿": r"(?:一分钟|一会儿?|几秒钟?|几分钟|两分钟|一两分钟|半分钟|点儿?时间|一点时间|时间)",
    "副": r"(?:[这那](?:个|道|块|部分|方面)?(?:知识点|概念|问题|题目|题|术语|词|东西|内容|领域)|真的|完全|"
    r"确实|也|实在|暂时|目前|现在|还|有点|一下子|可能|应该|都|真|对这个|对这块|这个|这块|这题|"
    r"这道题|这个问题|这方面|这部分|我)*",
}
PIECES["请"] = PIECES["请!"].replace("(?:", "(?:再|", 1).removesuffix("+") + "*"
"""Polite and repeated parts. A name with ! has to be there; the same without may be missing."""

REPEAT = r"""
<you!>(?:say|repeat|read|ask|tell|give|show|state)(?: (?:me|us))?(?: <said>)? (?:<again>|(?:more )?slowly|
  (?:a (?:bit|little) )?(?:slower|louder))
<you!>(?:speak|talk)(?: (?:up|(?:a (?:bit|little) )?(?:louder|slower|more (?:slowly|clearly))|slowly|clearly))
<you!>(?:go|come) again|<you!>(?:run|go over|go through)(?: <said>)?(?: (?:by|past) me)? <again>
(?:<you!>)?remind me (?:of )?(?:<q>|what <q> (?:was|is)|what you (?:asked|said)|what you were asking)(?: again)?
which question (?:was it|is it|are we on)(?: again)?|what was that last (?:part|bit|word)
(?:your|the) (?:voice|volume|sound) (?:is|was) (?:too |very |a bit )?(?:low|quiet|faint|unclear)
<请>(?:说|讲|问|念)?(?:得)?(?:慢|大声|清楚|响)(?:一点|点|一些)(?:儿)?(?:再?(?:说|讲)<遍>)?
<请><题>再?(?:给我)?(?:看|发|显示|贴)<遍>?|<请>再?(?:给我)?(?:看|发|显示)<遍><题>
(?:我)?忘了<题>是?(?:什么|啥)|<题>我?(?:给)?忘了|<请!>提醒(?:我)?<遍>?<题>(?:是什么)?
(?:<you!>)(?:say|repeat|repeating|read|ask|state|saying|reading|asking|restate)(?: out)?(?: <said>)?(?: (?:to|
  for) me)? <again>
say (?:<it> )?<again>
(?:read|ask|repeat|state) <q> <again>
<you!>(?:repeat|repeating|reread|re read|restate)(?: (?:<said>|it))?(?: part)?(?: (?:for|to) me)?
repeat (?:<q>|what you (?:just )?(?:said|asked)|yourself)
repeat (?:(?:it|that|this) )?(?:please|pls|plz)
(?:can|could|may) (?:i|we) (?:hear|have|get|see|read) (?:<q>|that|it) <again>
(?:what'?s|what is|what was|what were) (?:<q>)(?: <again>)?
what did you (?:just )?(?:say|ask)(?: just now| again)?
(?:what'?s|what is|what was) (?:that|it) again
what was that
(?:once more|one more time|once again|again) (?:please|pls|plz)
(?:say|come) again|pardon(?: me)?|(?:i )?beg your pardon|say what|what|huh
(?:sorry )?(?:i )?(?:didn'?t|did not|couldn'?t|could not|can'?t|cannot) (?:really |quite |fully )?(?:catch|
  hear)(?: (?:(?:the )?(?:end|start|beginning|rest|first part|second part|last part|last word) of (?:<q>|it|that|
  what you said)|<said>|you|all of (?:that|it)|everything))?(?: (?:clearly|properly|well|very well))?
(?:i )?(?:didn'?t|did not) (?:really |quite )?get (?:<said>|all of (?:that|it))
i (?:missed|lost) (?:<said>|you|part of (?:<q>|that|it))(?: there)?
i forgot <q>
(?:the |your |my )?(?:audio|sound|line|connection|voice|mic|microphone|network)(?: (?:was|is|just|has|got|kind of|
  really|a bit))* (?:cut out|cutting out|broke up|breaking up|broken|bad|choppy|dropped|lagged|lagging|froze|frozen|
  gone|unclear|cut off)(?: (?:for a (?:second|moment|bit|sec)|there))?
you(?: (?:just|were|are|kind of|got))* (?:cut out|cutting out|broke up|breaking up|cut off|froze|
  frozen)(?: (?:for a (?:second|moment|bit|sec)|there))?
(?:<请!>再?|再)(?:说|讲|念|读|问|复述|repeat)<遍><题>?|(?:说|讲|念|读|问|复述)一遍<题>
<请!>再?重复<遍>?<题>?
再?重复一下<题>?|重复<遍>?<题>|再重复一遍
<请><题>(?:能不能|可以|能|请|麻烦|可不可以|再)*(?:说|讲|念|读|问|重复|repeat)<遍>
<请!>repeat(?: the question|<遍>)?<题>?|repeat(?:<遍>|<题>)<题>?
<请!>再?(?:来|放|播)一[遍次]|再来一遍
我?(?:刚才|刚刚)?(?:没有?|没太|没怎么|没能|不太)(?:太|怎么|能)?听(?:得)?(?:太)?(?:清楚?|见|到)(?:<题>|
  [你您]?(?:刚才|刚刚)?(?:说|问)的?(?:什么|啥|话|是什么)?|[你您])?
我?听不(?:太)?(?:清楚?|见|到)(?:[你您](?:说话|的声音)?)?
[你您]?(?:刚才|刚刚)[你您]?(?:说|问|讲)的?是?(?:什么|啥|哪个|哪一题)(?:来着|问题)?
(?:刚才的?|刚刚的?|这道?)?(?:题目|问题)是?(?:什么|啥)来着|<题>是(?:什么|啥)
(?:刚才|刚刚)?(?:你的|您的)?(?:声音|网络|信号|麦克风|语音)(?:刚才|刚刚)?(?:有点|不太|好像|一直)*(?:断|卡|听不清|
  不清楚|不好|没了|延迟)了?(?:一下)?
(?:刚才|刚刚)(?:我这边|我这里)?(?:有点)?(?:卡|断|掉线|走神)了?(?:一下)?
[你您]?说(?:什么|啥)|什么|啥
"""

REPHRASE = r"""
<题>(?:的意思)?我(?:还)?(?:没有?|没太|不太|不是很|没怎么|读不|看不|听不|不)(?:太|很|大|完全)?(?:能)?(?:明白|听懂|
  看懂|听明白|看明白|理解|懂|get到|清楚)(?:意思|什么意思)?
i(?:'m| am) (?:not|having trouble) (?:really |quite )?(?:following|getting|understanding)(?: (?:<q>|you|
  what you(?:'re| are) asking|it|that|this))?
(?:i )?(?:don'?t|didn'?t|can'?t|couldn'?t|do not|did not) (?:really |quite |fully )?(?:understand|get|follow|
  make sense of|parse) (?:<it>|what you (?:said|asked|mean))
<q> (?:is|was|seems|sounds) (?:a bit |a little |very |too |somewhat )?(?:unclear|ambiguous|confusing|vague|broad|
  not clear)(?: to me)?|(?:that|it|this) (?:is not|isn't|wasn't) (?:very |really )?clear(?: to me)?
(?:that|it|this|<q>) (?:doesn'?t|didn'?t|does not) make (?:much |any )?sense(?: to me)?
what (?:exactly |specifically )?(?:do|would|did) you want me to (?:say|answer|know|talk about|explain|tell you|
  do)(?: here| exactly)?|what are you (?:looking for|after|getting at|trying to ask)(?: (?:here|exactly))?
in other words|<you!>(?:put|say|explain) (?:it|that|this) in plain (?:words|language|terms)|<you!>use (?:simpler|
  other|different|plainer) words
我?(?:还)?(?:没有?|没太|不太|不是很|没怎么|不|读不|看不|听不)(?:太|很|大|完全)?(?:能)?(?:明白|听懂|看懂|听明白|
  看明白|理解|懂|get到|清楚)(?:<题>|[你您]|题目|问题)?(?:在|是|想|要|到底)*(?:问|说|讲|表达)的?(?:是)?(?:什么|啥|
  哪方面)?(?:意思)?
<题>(?:有点|有些|太|比较)(?:模糊|抽象|绕|笼统|宽泛|难懂)|<题>(?:不太|不是很)(?:清楚|明确)|说人话|<请>(?:说|
  讲)?(?:通俗|直白|简单)(?:一点|点)
(?:读|看|听)不(?:太)?(?:懂|明白)<题>?
<you>(?:rephrase|rephrasing|reword|rewording|paraphrase|paraphrasing|reformulate)(?: <said>)?(?: (?:a bit|
  a little|for me))*
<you>(?:simplify|simplifying) <q>
<you>(?:put|say|ask|phrase|word|explain|putting|saying|asking|phrasing|explaining)(?: <said>)?(?: in)?(?: (?:a|
  some))? (?:(?:another|other|different|simpler|plainer|easier) (?:way|words?|terms?)|differently|plainly|
  more simply|more clearly)
<you>(?:explain|explaining|clarify|clarifying)(?: to me)? (?:<q>|what you mean|
  what you(?:'re| are) asking(?: for)?|what (?:the question|that) means)(?: (?:a bit|a little|more|further|for me))*
<you!>(?:clarify|elaborate|explain)(?: (?:that|this|a bit|a little|more|further|for me))*
(?:i )?(?:don'?t|do not|didn'?t|did not|can'?t|couldn'?t) (?:really |quite |fully |completely |
  think i )?(?:understand|get|follow)(?: (?:<q>|you|what (?:you mean|you(?:'re| are) (?:asking|looking)(?: for)?|
  you want|is being asked|is asked|that means|the question (?:is asking|is|means|asks)(?: for)?)))?
(?:i(?:'m| am) )?not (?:quite |really |entirely )?sure (?:that )?(?:i (?:understand|follow|get)(?: (?:<q>|you|
  what (?:you mean|you(?:'re| are) asking(?: for)?)))?|what (?:you mean|you(?:'re| are) (?:asking|looking)(?: for)?|
  <q> (?:is asking|means|is)))
i(?:'m| am) (?:a bit |a little |kind of |kinda |slightly )?(?:confused|lost)(?: (?:by|about|with) <q>)?
what (?:do you|d'you|did you) mean(?: (?:exactly|here|by (?:that|this)))?|what does (?:that|<q>) mean|
  what (?:exactly )?(?:are you|is <q>) asking(?: (?:for|me))?
<请>换(?:一?[个种])?(?:简单点的|简单的)?(?:说法|方式|话|问法|表述|表达)(?:来)?(?:再)?(?:说|讲|问|描述|解释|表达|
  问我)?<遍>?<题>?
<请>(?:换|从)(?:一?[个种]|别的|另一个)角度(?:再)?(?:问|说|描述|解释)<遍>?<题>?
<请>用(?:别的|其他|另一种|另外一种|简单点的|简单的|更简单的|通俗的|通俗点的)(?:说法|方式|话|
  语言)(?:来)?(?:再)?(?:说|讲|问|描述|解释|表达)?<遍>?<题>?
<请>(?:rephrase|reword|paraphrase)(?: the question|<遍>)?<题>?
<请>(?:解释|说明|澄清|clarify|explain)<遍>?<题>(?:的意思|是什么意思)?
<请!>(?:解释|说明|澄清|clarify)<遍>
<请><题>?(?:说|讲|问|解释)(?:得|的)?(?:更)?(?:简单|通俗|清楚|明白|直白|白话)(?:一点|点|一些|些)
[你您]?(?:这[个道句]?|那[个句]?|刚才)?(?:题目?|问题|话)?(?:的|说的|问的)?是?(?:什么|啥)意思
我?(?:没有?|没太|不太|不是很|有点没|有点不|没怎么|不)(?:太|很|大|完全)?(?:能)?(?:明白|听懂|看懂|听明白|看明白|
  理解|懂|get到)(?:<题>|(?:[你您]|题目|问题)的?(?:意思|在问什么|问的是什么|想问什么|要问什么|问题))的?(?:意思)?
我?(?:没有?|没太|有点没|没怎么)(?:太|大)?(?:明白|听懂|看懂|听明白|看明白|搞懂|get到|懂)(?:意思)?
我?(?:不太|不是很|不大)(?:明白|理解)|我?有点懵
[你您]是?(?:想|要|在)?问的?是?(?:什么|啥)
"""

HINT = r"""
(?:(?:a|an|some|another) )?(?:(?:little|small|tiny|quick) )?(?:hints?|help|clue|nudge|pointer)s? (?:would|might|
  could) (?:help|be (?:great|nice|helpful|good|appreciated|useful|welcome))(?: (?:here|a lot|me))?
(?:i(?:'d| would) be )?(?:grateful|glad|happy) for (?:a|some|any) (?:hints?|help|clue)|<you!>(?:get me started|
  give me a (?:starting point|place to start|direction|start))
(?:where|how) (?:should|do|can|could|would) i (?:even )?(?:start|begin)|<you!>(?:tell|show) me where to (?:start|
  begin|look)
<请!>(?:提个醒|开个头|起个头)|(?:我)?(?:应该|该|要)?从(?:哪里|哪儿|哪)(?:开始|入手|下手)|(?:我)?(?:应该|
  该)?往哪(?:个|一)?(?:方向|方面|边)(?:去)?想|没有?提示吗
我?(?:还)?(?:想|需要|要)(?:要|得到)?(?:一点|点|一些|一个|个)?(?:帮助|线索|引导)
(?:<may!>|<you!>)(?:have|get|ask for|use|take|see|give|giving|show|offer|provide)(?: (?:me|us))?(?: (?:a|an|any|
  some|another|one|one more|the|next|more|just|little|small|bit of|tiny|quick))* (?:hints?|clues?|help|tips?|
  pointers?|nudge|guidance)
(?:give|show|offer)(?: (?:me|us))?(?: (?:a|an|any|some|another|one|one more|the|next|more|just|little|small|
  bit of|tiny|quick))* (?:hints?|clues?|tips?|pointers?|nudge)
(?:(?:a|any|another|one|next|one more|some|more|small|little) )*(?:hints?|clues?)(?: (?:here|for this))?
(?:do you have|are there|is there|got)(?: (?:any|a|some))* (?:hints?|clues?|tips?|pointers?)(?: (?:for me|here))?
<you!>(?:hint|help me out|help me|help|give me a hand|point me in the right direction|guide me|
  nudge me)(?: (?:out|here|a bit|a little|with <it>))*
help me(?: (?:out|here|please))*|point me in the right direction|help
(?:i need|i could use|i(?:'d| would) (?:like|appreciate|love))(?: (?:a|some|any|another|little|small|bit of|
  one more))* (?:hints?|help|clues?|pointers?)(?: (?:here|on this|with this))*
i(?:'m| am) (?:really |completely |totally |a bit |kind of |kinda |a little )?stuck(?: (?:here|on this|
  on this one|with this))?
<请>(?:给|来|要|求|再来|再给)(?:我|个|一个|一点|点|些|一些|条|一条|什么|下|一下|小)*(?:提示|hints?|线索|启发|clue)
<请>给(?:我|个|一个|一点|点|些|一些|下|一下)*(?:思路|帮助|方向)
<请!>(?:提示|点拨|启发|引导|提醒|hint)(?:我|一下|下|一点|点|一些)*
(?:提示|点拨|hint)(?:我|一下|下|一点|点|一些)*
我?(?:能不能|可以|能|需要|想|要|可不可以)+(?:要|看|用|拿|有|来)?(?:个|一个|一点|点|一下|下一个|下|一些)*(?:提示|hint)
(?:再来|再给|下)一?个(?:提示|hint)|有(?:没有)?(?:什么)?(?:提示|hint)
我?(?:有点|好像|又)?(?:卡住|卡壳)了?|再(?:提示|点拨)(?:我|一下|下|一点|点|一些)*|帮帮我|帮我一下|求助
"""

SKIP = r"""
<may!>(?:leave|drop|park|set aside|not (?:do|answer)|forget(?: about)?) <it>(?: (?:for now|for later|out|aside))*
<may!>(?:come|go|get) back to (?:<it>) ?(?:later|afterwards|at the end)?|<may!>return to (?:<it>) later
(?:<may!>|<you!>)?(?:go|move) on(?:to)? (?:to )?the next (?:question|problem)|on to the next(?: (?:one|
  question))?|let'?s do (?:another|the next|a different) one
<may!>(?:continue|proceed|carry on) (?:with|to) (?:the next|another)(?: (?:one|question))?
<题>(?:先)?(?:算了|放一放|放着|放一下|留着|回头再说)|(?:先)?(?:放一放|放一下)<题>?|<可!>(?:往下走|
  进入下一个?(?:题|问题)?|看后面的(?:题|问题)?|回头再(?:来)?(?:看|答|说)(?:这题|这个)?)
<可>(?:说|讲|做|问|看|聊|来|换|进行)*(?:后面|下面|别的|其他)的?(?:题目|题|问题)
<may!>(?:skip|skipping)(?: (?:over )?(?:<it>))?(?: for now)?
<you!>skip (?:<it>)
<i'll>skip(?: (?:this|this one|<q>|that one))(?: for now)?
skip(?: (?:<it>))?(?: for now)?(?: (?:please|pls|plz))?
next(?: (?:one|question|please|one please|question please))?|the next question(?: please)?|(?:another|a different|
  a new) question(?: please)?
(?:<may!>|<you!>)(?:move|go|moving|jump|proceed|get)(?: ahead)?(?: on)? (?:to|with|onto) (?:(?:the|a|
  an) )?(?:next|another|different|following|new)(?: (?:one|question|problem|topic|task))?
(?:move|go|jump|proceed)(?: on)? to the next question
<may!>(?:move on|move along|come back to (?:this|it|that)(?: one| question)? later|leave (?:this|it|that|this one|
  this question))
move on please
(?:<may!>|<you!>)(?:have|try|get|do|give me|ask me|ask|take|answer|hear|give) (?:the )?(?:next|another|
  a different|a new|an easier)(?: (?:one|question|problem))?
(?:give|ask) me (?:the )?(?:next|another|a different|a new|an easier) (?:one|question|problem)
(?:<i'll>|<may!>)(?:have to |rather |just )*pass(?: on (?:<it>))?
pass on (?:this|that|this one|that one|<q>)|pass please|hard pass
i (?:give up|gave up)(?: on (?:this|it|this one))?
i (?:don'?t want to|won'?t|would rather not|'d rather not)(?: answer)(?: (?:<it>))?|i'd rather not (?:answer|
  say)(?: (?:<it>))?
<可>(?:跳过|略过|skip|pass掉|过掉)(?:掉|了)?(?: ?it| this| this one|<题>|这个|它)?
<可!>pass|pass(?:吧|了)
[那就把]*(?:这|那)(?:[个一道])*(?:题目|问题|题)?<可>(?:跳过|略过|过|skip|pass|不答|放弃)(?:掉|了)?
(?:那|就|先|我)*过
<可>(?:来|到|进入|看|问|做|开始|换|去|说|进行|聊|继续)?下(?:一道题|一道|一题|个题|个问题|一个问题|道题)
(?:<可!>|来|看|问|进入|换|麻烦)(?:来|到|进入|看|问|做|换|去|说)?下一?个|下一?个吧
<可>(?:换|换成)(?:一|个|道|别的|其他的?|下|另外)+(?:题目|问题|题|question)|<可>换题
换(?:一个|一道)吧|<请!>换(?:一|个|道|别的|其他的?)+|<可!>换(?:一个|一道|别的)
<可>next(?: question| one)|<可!>next
我?(?:放弃|不答|不想答|不想回答)(?:了|吧)?(?:这题|这个|这道题|这道|这个问题)?
(?:这题|这个|这道题|这个问题)我?(?:放弃|不答|不想答|不想回答)
"""

DONT_KNOW = r"""
<it> i (?:really |honestly )?(?:(?:don'?t|do not) (?:really )?(?:know|remember|recall)|can'?t (?:remember|recall|
  answer)|(?:have )?(?:forgot|forgotten)|have no idea(?: about)?)
i (?:really |honestly )?(?:couldn'?t|can'?t|could not) (?:really )?tell you|i wouldn'?t know|
  i(?:'m| am) (?:completely |totally |really )?(?:clueless|blank)(?: (?:here|on <it>))?|search me|
  i haven'?t (?:a clue|the faintest(?: idea)?|got a clue)
(?:this|that|it) (?:is|was) (?:not (?:really )?my area|outside my (?:area|knowledge|expertise)|beyond me|
  new to me|over my head)|i(?:'m| am) (?:a bit |very |too )?rusty (?:on|with) (?:<it>)
i (?:don'?t|do not) have an answer(?: (?:for|to) (?:<it>|you))?|i never (?:really |actually )?(?:learned|learnt|
  studied|heard of|came across|used|worked with) (?:<it>)(?: before)?
<副>(?:不晓得|记不太清|记不太清楚|记不清楚|没看过|一无所知|一窍不通|完全不懂|不懂|没研究过|没深入了解过|了解不多|
  不太行|没怎么了解过|没怎么接触过|没怎么用过|没见过)(?:这个|这块|这方面)?
<副>(?:是)?(?:我的)?(?:知识)?盲区|<副>超纲了|<副>(?:比较)?(?:薄弱|弱项)
(?:i )?(?:really |honestly |truly |just |genuinely |actually |also )*(?:don'?t|do not) (?:really |honestly |even |
  actually )?(?:know|remember|recall|have (?:an? |any |the )?(?:idea|answer|clue|ideas))(?: (?:exactly|
  really))?(?: (?:much about (?:this|that|it)|about (?:this|that|it)|anything(?: (?:about|on) <it>)?|much (?:about|
  on) <it>|how to (?:answer|solve|approach) <it>|how to answer|what to say|this (?:topic|concept|area|stuff|at all)|
  enough(?: about (?:this|it))?|what (?:that|this|it) is|<it>))?(?: (?:at all|right now|either|
  off the top of my head|to be honest))*
(?:i )?(?:don'?t|do not) (?:really )?know (?:anything|much|enough|a thing|the first thing) (?:about|on) <it>
(?:i )?dunno|idk
(?:(?:i )?(?:have|got|i've got) )?(?:absolutely |really |honestly )?no (?:idea|clue|ideas)(?: (?:at all|
  about <it>|how to answer (?:this|that)|what (?:that|this|it) is))?
(?:i(?:'m| am) )?(?:really |honestly |just )*not (?:really |quite |entirely |so |too |very |
  at all )?sure(?: (?:about <it>|how to answer(?: (?:this|that|it))?|at all|either))?
i (?:can'?t|cannot|can not|couldn'?t) (?:really )?(?:think of (?:anything|one)|(?:remember|recall|
  answer)(?: <it>)?)(?: (?:right now|at the moment|now))?
(?:i(?:'ve| have)? )?(?:completely |totally |really )?(?:forgot|forgotten)(?: (?:<it>|everything|how))?
i(?:'ve| have)? never (?:really |even |actually )?(?:heard of|learned|learnt|studied|looked into|come across|
  covered|thought about|worked with)(?: about)?(?: (?:this topic|<it>))?(?: before)?
i(?:'m| am) (?:really )?not (?:really |very |too |that |at all )?familiar with (?:this (?:topic|concept|area)|<it>)
i (?:haven'?t|have not|didn'?t|did not) (?:really |actually |yet )?(?:learned|learnt|learn|studied|study|cover|
  covered|looked into|prepared|prepare|read about)(?: about)? (?:this (?:topic|part)|<it>)(?: yet| before)?
(?:i(?:'m| am) )?drawing a blank|(?:my )?mind (?:went|is|has gone|just went) blank|beats me|it escapes me|
  i(?:'d| would) (?:have to|need to) look (?:it|this|that) up
(?:i(?:'d| would)|i'll) (?:only |just )?be guessing|pass
<副>(?:并)?(?:不知道|不清楚|不太清楚|不太知道|不太会|不太懂|不太了解|不了解|不太熟|不熟|不熟悉|不太熟悉|不太记得|
  没学过|没怎么学过|没听过|没听说过|没接触过|没了解过|没做过|没用过|没学|没复习到|没准备|不记得|想不起来|想不出来|
  忘了|忘记了|忘光了|记不清|记不得|记不起来|没思路|没有思路|没头绪|没有头绪|没什么思路|没想法|没有想法|没概念|
  没什么概念|答不上来|答不出来|说不上来|说不出来|回答不了|回答不上来|没印象|没什么印象|不太确定|不确定)(?:了|啊|呢|
  诶)?(?:这个问题|这个|这题|这道题|这块|这方面|这部分|该?怎么回答|该?怎么答|该?怎么说|是什么|答案|它)?
(?:这题|这道题|这个问题|这个|这块|这方面|这部分)?我(?:真的|真|确实|也|是真|都|还)*不会(?:答|回答|做)?(?:这题|这个|
  这道题)?
(?:这题|这道题|这个问题|这块|这部分)(?:真的|真|确实|也)*不会(?:答|做)?|这个(?:真的|真|确实|是真)+不会
我?(?:现在)?(?:脑子|大脑|脑袋)里?(?:现在)?一片空白|(?:我)?(?:完全)?没有?(?:idea|clue)
我?(?:一点|毫无)(?:思路|头绪|印象|概念|想法)(?:都没有|也没有)?
"""

MOMENT = r"""
(?:just |i(?:'m| am) )?(?:just )?(?:need|trying|going) to think(?: (?:here|about <it>|for (?:a|one) <bit>))*
i(?:'d| would) like to (?:think|pause|reflect)(?: about <it>)? for (?:a|one|just a) <bit>|one (?:minute|
  second) please|let me (?:gather myself|look at (?:<it>)(?: (?:again|first))?)
(?:等|容)我(?:先)?(?:<想>|看看|看一下|缓缓|缓一下)|(?:让)?我(?:先)?(?:看看|看一下|缓缓|缓一下)(?:题目)?|别急
(?:<may!>|<you!>)(?:have|take|get|use|give me|give|pause for|think for|wait)(?: (?:just|like|maybe|about|
  for))*(?: (?:a|an|one|another|some|half a|two|couple of|few|the|more|little|quick|brief|short|bit of|thirty|ten|
  30|10))+ (?:<bit>|time|think|thought)(?: (?:to (?:<think>|prepare|consider)|for this|here|first))*
(?:give|gimme|allow|spare)(?: me)?(?: (?:just|like|maybe|about))*(?: (?:a|an|one|another|some|half a|two|
  couple of|few|the|more|little|quick|brief|short|bit of|thirty|ten|30|10))+ (?:<bit>|time)(?: (?:to (?:<think>|
  prepare|consider)|here|first))*
i (?:just |really |might |may |still )?(?:need|want|could use)(?: (?:just|like|to have|to take|maybe))*(?: (?:a|
  an|one|another|some|few|more|little|quick|couple of|bit of))+ (?:<bit>|time)(?: (?:to (?:<think>)|here))*
need (?:a|another|one|some more|a little more|more) (?:<bit>|time)(?: to (?:<think>))?
(?:can|could|may) (?:i|we) (?:just |please )?(?:pause|have a think|<think>)(?: (?:for )?(?:a|one|
  just a)(?: (?:quick|little))? <bit>)?(?: first)?
(?:just|wait|hold on|hang on|only) (?:(?:for )?(?:a|one|1|half a)(?: (?:quick|little))? <bit>)
one (?:moment|sec)|(?:a|one|1|two)(?: quick)? (?:moment|minute|second|sec|min)s? (?:please|pls)|give me time
(?:hold on|hang on|bear with me|wait up|wait please|wait wait)(?: (?:for )?(?:a|one|just a)(?: (?:quick|
  little))? <bit>)?
(?:let me|lemme|i need to|i have to|i want to|i'd like to|i(?:'m| am) going to) (?:just |quickly )?(?:see|
  have a think|ponder|pause|<think>)(?: (?:for )?(?:a|just a|one)(?: (?:quick|little))? <bit>)?(?: first)?
(?:i(?:'m| am) )?(?:still |just )?thinking(?: about (?:it|this|that))?|let'?s see
(?:请|麻烦|您|你|能不能|可以|可不可以|能|那|先|给我|让我|我|容我|允许我|稍微|再|好好|仔细|需要)*<想>
(?:请|麻烦|您|你|那|先|我|得|需要|稍微|能|可以|再)*(?:稍等|等一下|等等|等会儿?|等一会儿?|等我一下|等我|等下|稍候|
  慢着|停一下|暂停一下)(?:一下|一会儿?|片刻|啊|哈|先)*
(?:请|麻烦|您|你|能不能|可以|可不可以|能|那|先)*(?:再)?给我<会儿>(?:让我)?(?:<想>)?
我?(?:再)?(?:需要|要)<会儿>(?:<想>)?
(?:我|还|正|正在|还在|在)+(?:想|思考|考虑)(?:呢|着呢|着|中)?
"""

RESTART = r"""
<restart!>(?:start|begin) (?:my answer|the answer|it|this|that) (?:again|over|from (?:the beginning|scratch|
  the start))
<restart!>(?:change|correct|revise|fix|withdraw|delete|undo) (?:my (?:last |previous |whole )?answer|
  what i (?:just )?said|myself)
(?:can|could|may) i have a (?:do over|second (?:try|attempt|chance|go)|redo)|<restart!>rewind|undo that|
  (?:please )?(?:delete|discard) (?:that|my (?:last )?answer)
(?:我|让我|能不能|可以|可不可以|能|想|要)+(?:修改|更正|改|纠正|订正|改正)(?:一下)?(?:我)?(?:刚才|
  刚刚)?(?:的)?(?:答案|回答|说法)|推翻重来
(?:刚才|刚刚|上面|前面)(?:我|说|讲|回答|的|那|段|句|个|些|话|部分|都)*(?:不算|作废|不要了|不对|当我没说)(?:数)?
<restart!>(?:start over|start again|begin again|start from scratch|start from the (?:beginning|top)|try again|
  try (?:that|it|this) again|do (?:that|it|this) (?:again|over)|answer (?:(?:it|that|this) )?again|go again|
  say (?:that|it) again properly|take (?:that|it) (?:back|again|from the top)|have another (?:go|try|attempt|shot)|
  give it another (?:go|try|shot)|restart|redo|retry|rephrase|reword|restate|retract|correct)(?: (?:my (?:last |
  previous |whole )?answer|the answer|that answer|this answer|that|this|it|this one|<q>|myself|from scratch|
  from the (?:beginning|top|start)|again))*
start over please|start over|restart please|do over please|from the top please
(?:scratch|strike|forget|ignore|scrap|disregard) (?:all )?(?:that|what i (?:just )?said|my (?:last |
  previous )?(?:answer|sentence|message))
i take (?:that|it) back|i(?:'d| would) like (?:to have )?another (?:go|try|attempt|shot)(?: at (?:it|this|that|
  this question))?
(?:等等|算了|那|请|让我|我|能不能|可以|可不可以|能|想|要|先|还是|允许我)*(?:重新|从头)再?(?:说|回答|答|讲|组织|
  表述|作答|来)(?:一下|一遍|一次|过)?(?:我的)?(?:答案|回答|这题|这个问题|语言)?
(?:请|让我|我|能不能|可以|可不可以|能|想|要|允许我)+(?:先|还是)?(?:重新|从头)再?开始(?:说|答|讲|回答)?
(?:请|让我|我|能不能|可以|可不可以|能|想|要|先|还是|这题|这道题)*(?:重来|重答|重说|重讲|从头来过|从头说|
  从头讲)(?:一下|一遍|一次|过)?
(?:我|让我)(?:想|要|能不能|可以|可不可以|能|先|就)*再(?:来|答|回答|讲)(?:一下|一遍|一次)
(?:我|让我)(?:想|要|能|可以|再|先)*换一?[个种](?:说法|方式|讲法|思路)(?:来)?(?:再)?(?:说|讲|回答)?(?:一下|一遍)?
我?(?:想)?(?:撤回|收回)(?:刚才|刚刚|上面|我|说|的|那)*(?:话|回答|答案|那段|那句)?
(?:刚才|刚刚|上面|前面)(?:我|说|讲|回答|的|那)*(?:不算|作废|当我没说)(?:数)?|当我没说
"""
PIECES["restart!"] = (
    r"<soft>(?:(?:can|could|may|might|shall|should) (?:i|we)|let me|lemme|let'?s|i(?:'d| would) (?:like|prefer) to|"
    r"i (?:want|need) to|i wanna|is it (?:ok|okay|fine|possible|alright) (?:to|if i)|do you mind if i|"
    r"would you mind if i|"
    r"please let me) <soft>"
)

LANGUAGE = r"""
i(?:'m| am|'d be| would be| feel) (?:a lot |much )?(?:more comfortable|better|happier) (?:in|with|speaking|
  using) <tongue>
mind if i (?:speak|use|answer in|switch to|talk in|reply in) <tongue>|<may!><tongue>
<言>*(?:换|切|改|转)(?:个语言|语言)?(?:到|成|为|用|说)?<舌>(?:面试|交流|问|答|来)?
(?:<may!>|<you!>|<i'll>)?(?:switch|change|swap|go on|go|move|continue|carry on|proceed|switching|
  changing)(?: (?:the language|language|over|back|the interview|the question))* (?:to|in|into|
  with) <tongue>(?: (?:now|from now on|from here(?: on)?|instead))?
(?:<may!>|<you!>|<i'll>)(?:speak|use|talk|answer|reply|respond|do|have|ask|say|explain|conduct|speaking|using|
  answering|try|put|interview)(?: (?:me|this|it|that|<q>|the (?:interview|rest|answer)|questions))?(?: (?:to|
  with) me)?(?: in| to)? <tongue>(?: (?:now|from now on|from here(?: on)?|instead|here))?
(?:<you!>)?(?:repeat|rephrase|translate)(?: <it>)? (?:in|into|to) <tongue>
(?:speak|talk|ask(?: me)?|answer) (?:in )?<tongue>
(?:in )?<tongue> (?:please|pls|plz|instead)(?: (?:please|pls))?
(?:please|pls) (?:in )?<tongue>
do you (?:speak|understand|know) <tongue>|is <tongue> (?:ok|okay|fine|possible|alright)
(?:can|could) (?:we|you|i) (?:please )?(?:in )?<tongue>
i (?:want|prefer|would prefer|would like|'d prefer|'d like|wish)(?: to (?:speak|use|talk|answer|switch to|
  continue|do this|reply))?(?: in)? <tongue>
i(?:'d| would) (?:prefer|like|rather)(?: (?:to )?(?:speak|use|talk|answer|switch to|continue|do this|
  reply))?(?: in)? <tongue>
<言>*(?:用|改用|使用)<舌>(?:来|跟你|跟您)?再?(?:说|讲|回答|答|问|交流|面试|作答|提问|继续|聊|问我|解释|进行|沟通|
  表达|重复|复述)(?:一下|一遍|我|题目)?
<言>+(?:用|说|讲|改用|使用|改成|改说)<舌>
用<舌>(?:可以|行|可不可以|行不行)
说<舌>|讲<舌>
<言>*(?:切换到|切换成|切换为|切到|切成|切换|换成|换到|换回|转成|改成|改为|切回|switch ?to ?|switch到|switch成|
  switch) ?<舌>(?:模式|吧|来)?
<舌>(?:可以|行|可不可以|行不行)
[你您](?:会|能|可以|懂)(?:说|讲|用|听)?<舌>
(?:请|麻烦)<舌>
"""
PIECES["言"] = (
    r"(?:那|我们|咱们|我|你|您|能不能|可不可以|可以|能|想|要|请|麻烦|就|还是|接下来|后面的?|是否|可否|"
    r"能否|直接|都|希望)"
)

END = r"""
(?:今天|面试)(?:就|先)*这样(?:吧|结束)(?:结束)?
i(?:'m| am|'ll| will)(?: going to| gonna)? (?:stop|finish|end it|leave it) here(?: (?:for (?:today|now)))?|
  <you!>(?:stop|finish|end) (?:here|now|this|it here)
(?:that's|that is) (?:it|all|enough) (?:for me )?today|(?:end|stop|quit) (?:now )?(?:the |this )?(?:interview|
  session)|i(?:'d| would) like to leave|i want to leave
(?:今天|面试|练习)(?:就|先)?(?:结束|停|到这)(?:吧|了)?|(?:那|我|今天)*(?:不想|不)练了|收工|下次再(?:来|练|聊|说|
  继续)|我先?退(?:出)?了|退出
(?:那|就|先|我们|今天|可以|能|能不能|要|想)+(?:停|停下|停下来|停止)(?:吧|了|在这里|在这儿)
(?:<may!>|<you!>|<i'll>)?(?:end|stop|finish|quit|terminate|conclude|wrap up|leave|exit|ending|stopping|cancel|
  abort)(?: (?:the|this|our|my|mock|practice))* (?:interview|session|mock|practice)(?: (?:here|now|early))*
<may!>(?:end|stop|finish|quit|wrap up|wrap it up|call it a day|call it quits)(?: (?:it|this|things))?(?: (?:here|
  now|there|for (?:today|now)|at this point))+
(?:can|could|may) (?:i|we) (?:please |just )?(?:stop|quit|wrap up|wrap it up|end this|end it|finish up|be done|
  call it a day)
(?:let'?s|let us|i think we (?:can|should)|i(?:'d| would) like to|i want to|i wanna) (?:just )?(?:wrap up|
  wrap it up|call it a day|call it quits|quit|finish up|be done)(?: (?:here|now|for (?:today|now)))?
i(?:'d| would) like to stop|i want to stop|i wanna stop|i don'?t want to (?:continue|go on|do this)(?: any ?more)?
(?:that's|that is|thats|this is) (?:enough|all|it) for today
i(?:'m| am) (?:done|finished) (?:for today|with (?:the|this) (?:interview|session))
i (?:have to|need to|must|gotta|got to) (?:go|leave|run)(?: now)?
good ?bye|bye bye|bye|see you(?: later)?|quit|exit
(?:那|我们|咱们|我|可以|能不能|可不可以|能|想|要|请|先|今天|就|还是|把)*(?:结束|终止|停止|中止|退出|end|
  stop)(?:掉|了)?(?:这次|本次|今天的?|这个|这场)?的?(?:模拟)?(?:面试|练习|interview|session)
(?:我们|咱们|今天|先|把)+(?:的)?(?:面试|练习)?(?:就)?(?:到这里|到这儿|到这|到此为止|到此结束)|(?:面试|
  练习)?(?:就)?(?:到此为止|到此结束)|就?到这里?儿?吧
(?:那|就|先|我们|今天|可以|想|要)*(?:结束吧|不面了|不想面了|不想继续了|不继续了|不练了|停在这里吧)
(?:可以|能|能不能|可不可以|想)(?:先|就)?结束了?
我?(?:要|得|该|先)(?:走|撤|下线)了|再见|拜拜
"""

CORES: tuple[tuple[What, str], ...] = (
    ("repeat", REPEAT),
    ("rephrase", REPHRASE),
    ("hint", HINT),
    ("skip", SKIP),
    ("dont_know", DONT_KNOW),
    ("moment", MOMENT),
    ("restart", RESTART),
    ("language", LANGUAGE),
    ("end", END),
)

GO_ON = r"""
(?:go on|go ahead|continue|carry on|proceed|move on|keep going|ready|i'm ready|let's go|let's continue|the next one)
继续|接着来|往下|可以继续|准备好了|我准备好了|下一?个
"""
"""Ask for the next question where none is open; where one is, they may be anything."""

FILLING = r"""
i (?:used to|think i|should) (?:know|knew|remember) <it>|i (?:knew|learned|learnt|studied) <it> (?:once|before|
  last year|a while ago|in (?:school|college))|it'?s on the tip of my tongue|yeah|yes|yep
我?(?:以前|之前)(?:好像|应该)?(?:学过|看过|会|见过|知道)的?|呗|嘞|哟
wait no|no wait|something(?:'s| has| just)? came up|i (?:zoned out|got distracted|was distracted|wasn't listening|
  wasn't paying attention|lost focus|lost track|spaced out)|i(?:'m| am) (?:tired|exhausted|nervous|a bit nervous|
  running out of time)
my (?:english|chinese|mandarin) (?:is|isn't|is not) (?:not )?(?:so |very |that |really )?(?:good|great|bad|rusty|
  poor|weak)|for (?:a (?:second|moment|sec|bit))|if you (?:would|wouldn't mind)|that would be (?:great|nice|good|
  helpful)
我?(?:有事|有点事|走神了|没注意|分心了|有点累|累了|有点紧张|时间不够了|状态不好)|我?的?(?:英文|英语|
  中文)(?:不太好|不好|不太行|比较差)|可以的话|方便的话|稍微|真的|其实|实在|确实|还是
那个
excuse me|pardon me|to be honest|to be frank|you know|i mean|i'm afraid|i am afraid|my bad|my apologies|
  i apologi[sz]e|apologies
if (?:possible|that'?s (?:ok|okay|possible|fine|alright)|you don'?t mind|you can|i may)
(?:is|would) that(?: be)? (?:ok|okay|fine|possible|alright)(?: with you)?|thank you(?: (?:so|very) much)?|
  thanks(?: a lot)?
for me|for now|real quick|quick question|one question|just to clarify|to clarify|just to be clear|to be clear|
  yes please|to me
(?:that's|that is|it's|it is|this is) (?:a )?(?:(?:really|very|quite|great|good|tough|hard|tricky|nice|
  interesting) )+(?:question|one)
(?:good|great) question|(?:i'm|i am) (?:so |really |very )?sorry|before (?:i (?:answer|start|begin|go on)|
  we (?:start|begin))
sorry|please|pls|plz|thanks|okay|ok|so|well|like|actually|basically|honestly|frankly|hey|hi|hello|ah|oh|oops|
  alright|just|maybe
here|now|i guess|i think|but|and|also|a bit|a little|sir|right now|to you|wait|hmm
不好意思|对不起|抱歉|麻烦(?:您|你)?了?|劳驾|请问(?:一下)?|请|面试官|老师|谢谢(?:您|你|啦)?|多谢|辛苦了|老实说|
  说实话|坦白说|其实
可以(?:吗|么|嘛|不)?|行(?:吗|么|不行)|好(?:吗|么|不好|的|吧)?|这个|可不可以|行不行|能不能|不过|但是|那么|那|就是|
  您好|你好|哎呀|哎|诶|欸|唉
我?(?:刚才|刚刚)?(?:说|讲|答)错了|哦|噢|喔|啊|呀|呢|吧|吗|么|嘛|啦|哈|了|一下|先|嗯|算了|您|你|没关系|打断一下|
  问一下|确认一下|想问一下|想确认一下|我
"""

ASKS = r"""
(?:so )?(?:do|did|when you say .{1,40}?,? do) you (?:mean|want|care about|expect|prefer|need me to|have (?:a|
  any) (?:preference|specific|particular)|refer to|have .{1,30} in mind)\b.*
(?:do|would|should) you (?:want|like|need) (?:me|us) to\b.*|would you like (?:me to|a|an|the)\b.*|you want me to\b.*
(?:by .{1,40} (?:do|did) you mean\b.*)|(?:so )?you mean (?:like|the|that|when|for|at|in|if|a|an|how|what|only|
  just)\b.*|(?:are|were) you (?:asking|talking|referring|looking for|thinking of|interested in)\b.*
what (?:do|did) you mean by\b.*|what(?: exactly)? do you (?:want|expect|refer to|have in mind|care about|
  need)\b.*|what (?:are|were) you (?:referring to|looking for)\b.*
which (?:one|part|kind|type|version|variant|sense|meaning|setting|case|language|library|framework|
  \w+)(?: of .{1,30})? (?:do|did|are|should|would|were) (?:you|i|we)\b.*|which (?:one|part|\w+)|
  what kind of .{1,40} (?:do you|are we|should i|are you)\b.*
(?:can|could|may|should|shall|do|must) (?:i|we) (?:just |also |first |safely |simply |please )?(?:have to |
  need to )?(?:assume|ask|start with|focus|pick|choose|talk about|write (?:it|this|code|pseudo ?code|the code)|draw|
  skip the|use (?:numpy|python|pytorch|a library|libraries|any librar\w+|sklearn|pseudo ?code|an example|my own|
  a project|paper|the (?:board|whiteboard|internet)|built ?in|c\+\+|java)|take (?:it|this|that) (?:as given|
  for granted|that)|treat|limit|restrict|go (?:into|deep\w*|through)|derive|describe|explain|discuss|cover|mention|
  include|give (?:an|a|the|you|code|formulas?)|implement|prove|handle|worry about|consider|deal with|account for|
  compare|answer|show|suppose|ignore|care about|know|have (?:access|labels?|any|a (?:budget|gpu|limit)|to)|
  optimi[sz]e for|stick to|walk you|code|support|share|name)\b.*
(?:is it|would it be) (?:ok|okay|fine|alright|enough|acceptable) (?:to|if (?:i|we))\b.*|am i (?:allowed|supposed|
  expected|free) to\b.*|are we (?:allowed|supposed|talking|assuming|given|looking at|dealing with|restricted|
  limited|free|only|still|in (?:the|a)|at (?:training|inference|test)|doing (?:binary|multi\w*|regression|
  classification|online|offline|batch))\b.*
(?:is|are) (?:this|that|the|these|your) (?:questions?|tasks?|problems?) (?:about|for|on|only|specific|asking|
  meant|in the context|in|at|limited|restricted|related|more|general)\b.*|is (?:this|that|it) (?:about|for|meant|
  only about|supposed to|specific to|in the context of|asking)\b.*
is (?:this|it) (?:a|an) (?:\w+ )?(?:classification|regression|binary|multi ?class|supervised|unsupervised|batch|
  streaming|real ?time|online|offline|theoretical|coding|design|ranking|retrieval) (?:problem|task|question|setting|
  case|one|system)
(?:are|is) there (?:any |a |some )?(?:constraints?|limits?|limitations?|requirements?|restrictions?|budget|
  deadline|latency|specific|particular|time limit)\b.*
(?:is|are) (?:the|our|my) (?:data|dataset|data set|labels?|inputs?|features?|users?|items?|graph|
  images?) (?:labell?ed|available|given|provided|sorted|already|fixed in advance|guaranteed)\b.*
(?:do|will) we have (?:labels?|labell?ed|ground truth|access|any|gpus?|a (?:budget|gpu|limit|deadline))\b.*|
  does (?:the|it|this|my|that) .{0,30}?(?:fit in(?:to)? memory|have to be (?:a|an|from|my|in|at|recent|real))\b.*
how (?:many|much|big|large|long|deep|detailed|far|often|precise|formal|technical)(?: \w+){0,3} (?:do|does|is|are|
  should|would|can|have|will) (?:we|you|i|there|it|the|my|this)\b.*
what(?:'?s| is| are) (?:the|our|my) (?:size|scale|setting|latency|budget|constraints?|time limit|input format|
  format|expected|traffic|goal here|scope|volume|qps|target (?:latency|metric))\b.*
what does .{1,30} (?:mean|stand for|refer to)(?: here| in this context| exactly)?|(?:can|could|
  would) you (?:please )?(?:give me an example|be more specific|tell me (?:more|what you mean|which|whether|if|how)|
  specify|narrow|define|say more|clarify (?:what|which|whether|if|the|how))\b.*
(?:can|could|may) i ask (?:a|one|you|what|which|whether|if|about|how)\b.*
.{0,12}?(?:你|您)(?:是|这里|刚才|说的|问的)*(?:指|想问|在问|想听|是说|的意思是|意思是|是想|是要|想让我|要我|
  希望我|更关心|关心的是|想要|需要我|想了解|是问).{1,40}
(?:你|您)说的.{1,20}(?:是|指).{1,30}|(?:你|您)是说.{1,40}
.{0,14}?(?:这里|这个|题目|问题|题里|题目里|上面|这题|这道题|刚才)(?:的|说的|讲的|里的|里说的|
  中的)?.{0,16}?(?:是指|指的是|是问|问的是|是说|说的是|是针对|针对的是|是不是指|是不是问|是要|是限定|限于).{1,36}
(?:这|这里|这个|这题|这道题|题目|问题)?是(?:问|指|针对|说).{1,24}还是(?:问|指|针对|说)?.{1,24}
(?:这|这里|这个|这题|这道题|题目|问题)(?:主要|只|具体)?是(?:关于|针对|用于|用在).{1,30}
(?:那|请问)?(?:我)?(?:需不需要|需要|要不要|用不用|是不是要|是不是需要)(?:我)?(?:也|先|再|一并|同时|顺便|
  把)?(?:推导|写代码|写出|写公式|写一下|写|讲|解释|考虑|给出|证明|展开|举例|画|说|具体|介绍|对比|比较|实现|讨论|
  做推导|处理|代码|公式)(?:.{0,20}(?:吗|么|呢)|.{0,20}$)
(?:那|请问)?(?:我|我们|这里|是不是|是否)?(?:可以|能不能|能|可不可以|可否|能否)(?:先|直接|就|都|只)?(?:假设|认为|
  默认|当作|当成|举个?例|举一个|用numpy|用 ?python|用库|调库|用伪代码|写伪代码|从.{1,10}(?:讲起|说起|开始)|只讲|
  只说|讲一个|说一个|用项目|用一个|问一下|问个|问一个|不考虑|忽略).{0,36}
(?:请问)?(?:我)?(?:可以|能|能不能|可不可以)(?:举|讲|说|谈|聊|拿|用|从).{0,20}(?:例子|项目|经历|经验|场景|案例|
  论文|角度|例).{0,8}(?:吗|么|来讲|来说)?
(?:请问)?(?:是|要|需要|应该|想听|侧重)(?:我|要|需要|应该|让我|您想|你想)*(?:讲|说|写|推导|实现|问|指|给|谈|偏|
  侧重|从|听|用|解释|回答).{1,24}还是.{1,24}
(?:请问)?(?:假设|默认).{1,30}(?:可以|行|对)(?:吗|么|不)
.{1,16}(?:是什么意思|是啥意思|指的是什么|指什么|是指什么|怎么理解|是指啥|是哪个意思)|什么叫.{1,16}|(?:你|您|这里|
  题目)?(?:是|指的是|说的是|问的是)?(?:指)?哪(?:一)?(?:个|种|方面|部分|一块|一方面)(?:方面|部分|意思|层面|场景|指标|
  模型|方法|版本)?
(?:请问)?(?:有没有|有)(?:什么|没有|啥)?(?:具体的?|特别的?|其他的?|别的)?(?:限制|约束|要求|前提|时间限制|假设|场景|
  背景|数据量要求|延迟要求).{0,12}
(?:请问)?(?:数据|数据集|样本|训练集|用户|流量|特征|商品)(?:量|规模|数量|数)?(?:大概|大约)?(?:有|是)?多(?:大|少|
  少条).{0,6}|(?:数据|样本)(?:有|有没有|带)(?:标签|标注)(?:吗|么|没有)?
(?:请问)?(?:能|可以|能不能|可不可以)?(?:您|你)?(?:能不能|能|可以)?(?:再)?(?:给|举|
  说)(?:我)?(?:一)?个(?:具体的?)?(?:例子|场景).{0,4}|(?:您|你)?(?:能|可以|能不能|可不可以)(?:您|你)?(?:再)?(?:说|讲|
  问)(?:得|的)?(?:更)?(?:具体|详细)(?:一点|点|些|一些).{0,3}
(?:是)?(?:要|需要)(?:我)?(?:写|推导|写出|给出|讲|证明)(?:一下)?(?:代码|公式|推导过程|推导|证明)?(?:吗|么)
(?:要|需要|应该|我该)(?:讲|说|展开|写|回答)(?:到|得)?多(?:深|细|详细|具体|长).{0,6}|(?:我)?(?:有|还有)多(?:少|
  长)时间.{0,4}
"""
"""Clarifying questions: they speak to the interviewer or about the task. A guess put as a question is an answer."""

STATEMENT = (
    r"\b(?:because|since|therefore|thus|hence|i (?:think|believe|guess|would|will|am|mean that|know)|"
    r"i'(?:d|ll|m|ve) |"
    r"isn't it|wouldn't it|doesn't it|in that case|if so|it's|that's|it is|that is|there is|there are|"
    r"then|so that|which (?:means|gives|makes)|"
    r"for example,|let me explain|my answer|the answer is|well,)|因为|所以|我认为|我觉得|我会|那么就|"
    r"就是说|如果是的话|应该是|会导致|从而|因此|这样就|我的理解|比如说|答案是|的话[,，]|那我就|我先"
)
"""Shows that a message says something besides asking."""
