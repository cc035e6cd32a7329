"""What an interviewer asks about a candidate's own work, in both languages, by angle.

`{you}` becomes "On slide 3 you" or "You" (第 3 页 or 你), `{q}` a phrase of the candidate's own. Each is one question,
and none holds an accepted wording of the criterion that its angle serves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from coach.interview.material_angles import Angle, Hook
from coach.schema import Lang


@dataclass(frozen=True)
class Wordings:
    """The ways to ask about one angle in one language."""

    open: tuple[str, ...]
    """The material says nothing on it; without a quote."""
    hooked: tuple[str, ...]
    """The material says nothing on it, but holds a phrase of the angle's hook."""
    thin: tuple[str, ...]
    """It is mentioned; the quote is that mention."""
    deep: tuple[str, ...]
    """It is given with a number or a reason; the quote is that place. The last one needs no quote."""


HOOK_OF: Mapping[Angle, Hook] = {
    "objective": "method",
    "data": "method",
    "labels": "amount",
    "own_part": "team",
    "baseline": "result",
    "metric": "method",
    "ablation": "result",
    "failure": "result",
    "cost": "method",
    "limitations": "result",
    "next": "result",
    "comparison": "method",
    "split": "result",
}
"""Which phrase leads over to an angle that the material leaves out."""

_ENGLISH: Mapping[Angle, Wordings] = {
    "objective": Wordings(
        open=(
            "If I opened your training code, which quantity would I see being optimised?",
            "Can you write down what your model was trained to improve?",
            "What exactly did a gradient step make smaller?",
        ),
        hooked=(
            "{you} write “{q}”: what exactly was being optimised there?",
            "“{q}”, you write: which quantity did the training push down?",
            "{you} write “{q}”. What was that trained to do, put precisely?",
        ),
        thin=(
            "{you} write “{q}”: can you put that down as a formula?",
            "{you} mention “{q}”. What does that look like, term by term?",
            "“{q}”, you write: over what exactly is that averaged?",
        ),
        deep=(
            "{you} write “{q}”: why that one and not the obvious alternative?",
            "“{q}”, you write: what does that do with an example that is badly wrong?",
            "Where does what you optimise differ from what the business really wants?",
        ),
    ),
    "data": Wordings(
        open=(
            "Where did the examples you trained on come from?",
            "What does one row of your training set look like?",
            "What was wrong with the raw inputs when you first looked at them?",
        ),
        hooked=(
            "{you} write “{q}”: on what data?",
            "“{q}”, you write: where did the examples for that come from?",
            "{you} write “{q}”. How much did you have to learn from?",
        ),
        thin=(
            "{you} mention “{q}”: how much is that?",
            "{you} write “{q}”. Where did it all come from?",
            "“{q}”, you write: what was the worst problem you found in there?",
        ),
        deep=(
            "{you} write “{q}”: who or what is left out of that?",
            "“{q}”, you write: how would it look different if you collected it today?",
            "Which cases that you meet in production are missing from your data?",
        ),
    ),
    "labels": Wordings(
        open=(
            "Who or what decided the right answer for each example?",
            "How far do you trust your ground truth?",
            "How did a raw example get its target value?",
        ),
        hooked=(
            "{you} write “{q}”: how did each of them get its target value?",
            "“{q}”, you write: who decided what the right answer was for these?",
            "{you} write “{q}”. What was the ground truth for them?",
        ),
        thin=(
            "{you} write “{q}”: how often is that wrong?",
            "{you} mention “{q}”. How was that made?",
            "“{q}”, you write: how did you check that?",
        ),
        deep=(
            "{you} write “{q}”: what did you do about the doubtful cases?",
            "“{q}”, you write: which kind of mistake is still in there?",
            "Which kind of mistake is still left in your targets?",
        ),
    ),
    "own_part": Wordings(
        open=(
            "Which piece of this is yours alone?",
            "If I asked your colleagues, what would they say you built?",
            "What in this project carries your name in the commit log?",
        ),
        hooked=(
            "{you} write “{q}”: which piece of that was you?",
            "“{q}”, you write: what did you personally do there?",
            "When you say “{q}”, who exactly is that?",
        ),
        thin=(
            "{you} write “{q}”: how much of that was you alone?",
            "“{q}”, you write: what did somebody else contribute to that?",
            "{you} mention “{q}”. What did your own week look like on that?",
        ),
        deep=(
            "{you} write “{q}”: what was the hardest piece of it that you solved?",
            "“{q}”, you write: which lines of that could you write again from memory?",
            "What was the hardest piece of this that you solved without help?",
        ),
    ),
    "baseline": Wordings(
        open=(
            "What did you hold your model up against?",
            "What would somebody with only one afternoon have built instead?",
            "How was this solved before you came along?",
        ),
        hooked=(
            "{you} report “{q}”: against which baseline?",
            "“{q}”, you write: what does something trivial get?",
            "{you} give “{q}”. What should I hold that up against?",
        ),
        thin=(
            "{you} write “{q}”: by how much, in numbers?",
            "{you} mention that: “{q}”. How good was the other side?",
            "“{q}”, you write: how strong a rival is that?",
        ),
        deep=(
            "{you} write “{q}”: how much care went into the other side?",
            "“{q}”, you write: which stronger rival did you leave out?",
            "What is the strongest rival that you did not try?",
        ),
    ),
    "metric": Wordings(
        open=(
            "How did you decide that the model was good enough?",
            "Which number made you call this a success?",
            "What would a user notice if your model got better?",
        ),
        hooked=(
            "{you} write “{q}”: how did you measure whether it worked?",
            "“{q}”, you write: which number told you that it was a success?",
            "{you} write “{q}”. What would a user notice of that?",
        ),
        thin=(
            "{you} mention “{q}”: why that one?",
            "“{q}”, you write: what does that miss that users care about?",
            "{you} write “{q}”. Who in the company cares about it?",
        ),
        deep=(
            "{you} report “{q}”: why is that the right thing to look at?",
            "“{q}”, you write: which of the two kinds of mistake hurts more here?",
            "When could your headline figure rise while users are worse off?",
        ),
    ),
    "ablation": Wordings(
        open=(
            "Which piece of your system brings most of the gain?",
            "What could you take out without anybody noticing?",
            "How do you know that every piece of it is needed?",
        ),
        hooked=(
            "{you} report “{q}”: which single piece brings most of that?",
            "“{q}”, you write: how much of it would the plainest version of your model reach?",
            "{you} give “{q}”. What is that owed to?",
        ),
        thin=(
            "{you} mention “{q}”: what did that show, in numbers?",
            "“{q}”, you write: what mattered least in the end?",
            "{you} write “{q}”. What did you learn from it?",
        ),
        deep=(
            "{you} write “{q}”: how do you know that this is more than noise?",
            "“{q}”, you write: what did you do with the pieces that did not help?",
            "What did you do with the pieces that did not help?",
        ),
    ),
    "failure": Wordings(
        open=(
            "What broke?",
            "Where does the model go wrong?",
            "What was the worst thing it ever did?",
        ),
        hooked=(
            "{you} report “{q}”: what do the remaining wrong ones have in common?",
            "“{q}”, you write: on which cases is it much worse than that?",
            "{you} give “{q}”. What does a typical miss look like?",
        ),
        thin=(
            "{you} write “{q}”: what was behind that?",
            "{you} mention “{q}”. How often does it happen?",
            "“{q}”, you write: how did you notice?",
        ),
        deep=(
            "{you} write “{q}”: how did you find the cause?",
            "“{q}”, you write: what keeps that from happening again?",
            "How did you find out why it went wrong?",
        ),
    ),
    "cost": Wordings(
        open=(
            "What does a single prediction take to produce?",
            "How long does the user wait for it?",
            "What does it take to keep this running for a year?",
        ),
        hooked=(
            "{you} write “{q}”: what does that take to run?",
            "“{q}”, you write: what hardware does that need?",
            "{you} write “{q}”. How long does one request take?",
        ),
        thin=(
            "{you} mention “{q}”: how much is that, in numbers?",
            "{you} write “{q}”. What was the most you could afford?",
            "“{q}”, you write: what drives that?",
        ),
        deep=(
            "{you} write “{q}”: where does most of that go?",
            "“{q}”, you write: what happens to it at ten times the traffic?",
            "What happens to your system at ten times the traffic?",
        ),
    ),
    "limitations": Wordings(
        open=(
            "Where would you advise somebody not to use this model?",
            "What does it still do badly?",
            "What would a sceptic say about this project?",
        ),
        hooked=(
            "{you} report “{q}”: under which conditions does that no longer hold?",
            "“{q}”, you write: for whom is that not good enough?",
            "{you} give “{q}”. Where would you not promise that?",
        ),
        thin=(
            "{you} write “{q}”: where does that show?",
            "{you} mention “{q}”. How many users feel it?",
            "“{q}”, you write: how bad is that in practice?",
        ),
        deep=(
            "{you} write “{q}”: why did you ship it all the same?",
            "“{q}”, you write: what would it take to lift that?",
            "Which weak point of this work worries you most?",
        ),
    ),
    "next": Wordings(
        open=(
            "What would you do with three more months?",
            "Which single change would you try first now?",
            "If you could start again tomorrow, what would come first?",
        ),
        hooked=(
            "{you} report “{q}”: what would you try first to get further?",
            "“{q}”, you write: what would the step after that be?",
            "{you} give “{q}”. With three more months, what would you change?",
        ),
        thin=(
            "{you} write “{q}”: which weak point is that meant to remove?",
            "{you} mention “{q}”. Why that first?",
            "“{q}”, you write: how would you know that it had worked?",
        ),
        deep=(
            "{you} write “{q}”: what could make that fail?",
            "“{q}”, you write: what would make you drop it?",
            "What would make you drop those plans?",
        ),
    ),
    "comparison": Wordings(
        open=(
            "Which other approaches were on the table?",
            "What did not make it into the final system?",
            "Why this approach and not something plainer?",
        ),
        hooked=(
            "{you} write “{q}”: why that and not something plainer?",
            "“{q}”, you write: what else was on the table?",
            "{you} write “{q}”. What spoke against the other options?",
        ),
        thin=(
            "{you} write “{q}”: what decided it?",
            "{you} mention “{q}”. What spoke against the other options?",
            "“{q}”, you write: how close a call was that?",
        ),
        deep=(
            "{you} write “{q}”: what would make you choose differently today?",
            "“{q}”, you write: which option came second?",
            "Which option came second?",
        ),
    ),
    "split": Wordings(
        open=(
            "How did you keep the examples you train on apart from those you judge by?",
            "How do you know that nothing from the future got into training?",
            "How often did you look at the final evaluation before you were done?",
        ),
        hooked=(
            "{you} report “{q}”: on which examples was that measured?",
            "“{q}”, you write: how sure are you that the model had not seen those cases?",
            "{you} give “{q}”. How were the examples for that chosen?",
        ),
        thin=(
            "{you} write “{q}”: how was that drawn?",
            "{you} mention “{q}”. What went to which side?",
            "“{q}”, you write: who could turn up on both sides?",
        ),
        deep=(
            "{you} write “{q}”: which leak could still be there?",
            "“{q}”, you write: how often did you look before the end?",
            "Which leak could still be hidden in your evaluation?",
        ),
    ),
}

_CHINESE: Mapping[Angle, Wordings] = {
    "objective": Wordings(
        open=(
            "打开你的训练代码，看到的优化目标具体是什么？",
            "你这个模型训练的时候，到底在优化什么？",
            "能把你训练时优化的那个量写出来吗？",
        ),
        hooked=(
            "{you}写了“{q}”：当时具体优化的是什么？",
            "“{q}”这块，训练的时候是在把什么往下压？",
            "{you}写了“{q}”，它的训练目标能具体写出来吗？",
        ),
        thin=(
            "{you}提到“{q}”：能写成公式吗？",
            "“{q}”这里，每一项分别是什么？",
            "{you}写了“{q}”，具体是对什么求的平均？",
        ),
        deep=(
            "{you}写了“{q}”：为什么选它，不选更常见的那个？",
            "“{q}”，碰到错得很离谱的样本，它会怎么样？",
            "你优化的东西和业务真正想要的，差在哪里？",
        ),
    ),
    "data": Wordings(
        open=(
            "训练用的东西是从哪儿来的？",
            "训练集里的一条长什么样？",
            "刚拿到原始数据的时候，最大的坑是什么？",
        ),
        hooked=(
            "{you}写了“{q}”：是在什么数据上做的？",
            "“{q}”这一步，训练用的数据是哪儿来的？",
            "{you}写了“{q}”，手上有多少数据可以用？",
        ),
        thin=(
            "{you}提到“{q}”：量有多大？",
            "{you}写了“{q}”，都是哪儿来的？",
            "“{q}”里面，最头疼的问题是什么？",
        ),
        deep=(
            "{you}写了“{q}”：有哪些人或者情况没覆盖到？",
            "“{q}”，要是今天重新收一遍，会有什么不一样？",
            "线上会碰到、但你数据里没有的，是哪些情况？",
        ),
    ),
    "labels": Wordings(
        open=(
            "每条样本的正确答案是谁定的？",
            "你的 ground truth 有多可信？",
            "一条原始样本的 y 是怎么来的？",
        ),
        hooked=(
            "{you}写了“{q}”：这些的 y 是怎么来的？",
            "“{q}”，每一条的正确答案是谁定的？",
            "{you}写了“{q}”，它们的 ground truth 是什么？",
        ),
        thin=(
            "{you}写了“{q}”：大概有多少是错的？",
            "{you}提到“{q}”，具体是怎么做出来的？",
            "“{q}”这块，你是怎么检查质量的？",
        ),
        deep=(
            "{you}写了“{q}”：拿不准的那些是怎么处理的？",
            "“{q}”里面，现在还剩哪类错？",
            "你的 ground truth 里，现在还剩哪类错？",
        ),
    ),
    "own_part": Wordings(
        open=(
            "这里面哪一块是你自己做的？",
            "要是去问你同事，他们会说你做了什么？",
            "翻 commit 记录的话，哪些代码挂的是你的名字？",
        ),
        hooked=(
            "{you}写了“{q}”：其中你本人做的是哪一块？",
            "“{q}”，这里面具体哪些是你动手做的？",
            "你说“{q}”的时候，具体是指谁？",
        ),
        thin=(
            "{you}写了“{q}”：这里面有多少是你自己做的？",
            "“{q}”这块，别人帮了哪些忙？",
            "{you}提到“{q}”，那段时间你每天具体在干什么？",
        ),
        deep=(
            "{you}写了“{q}”：这里面你啃下来的最难的一块是什么？",
            "“{q}”，里面哪段代码你现在还能默写出来？",
            "整个项目里，你自己啃下来的最难的一块是什么？",
        ),
    ),
    "baseline": Wordings(
        open=(
            "你的模型是跟什么比的？",
            "要是只给别人一个下午，他会做出什么来？",
            "在你做这个之前，大家是怎么解决的？",
        ),
        hooked=(
            "{you}写了“{q}”：是和哪个 baseline 比的？",
            "“{q}”，那最无脑的办法能到多少？",
            "{you}给的结果是“{q}”，这个数该拿什么来参照？",
        ),
        thin=(
            "{you}写了“{q}”：具体差多少？",
            "{you}提到“{q}”，对方本来是什么水平？",
            "“{q}”，这个对手算强的吗？",
        ),
        deep=(
            "{you}写了“{q}”：对手那边花了多少功夫？",
            "“{q}”，还有哪个更强的对手没放进来？",
            "还有哪个更强的对手，你没有试过？",
        ),
    ),
    "metric": Wordings(
        open=(
            "你怎么判断这个模型够好了？",
            "看到哪个数，你才觉得项目算成了？",
            "模型变好了，用户会感觉到什么？",
        ),
        hooked=(
            "{you}写了“{q}”：做得好不好，是看什么定的？",
            "“{q}”，看到哪个数你才觉得做成了？",
            "{you}写了“{q}”，用户能感觉到什么变化？",
        ),
        thin=(
            "{you}提到“{q}”：为什么看这个？",
            "“{q}”漏掉了用户在意的哪些东西？",
            "{you}写了“{q}”，公司里谁会盯着它看？",
        ),
        deep=(
            "{you}写了“{q}”：凭什么说看它就对了？",
            "“{q}”这个场景下，哪一种错更要命？",
            "什么情况下这个数会涨，用户却更不满意？",
        ),
    ),
    "ablation": Wordings(
        open=(
            "提升主要是哪一块带来的？",
            "系统里砍掉哪一块，谁都不会发现？",
            "你怎么知道每个模块都有必要？",
        ),
        hooked=(
            "{you}写了“{q}”：主要是哪一块带来的？",
            "“{q}”，换成最朴素的版本还能剩多少？",
            "{you}给的结果是“{q}”，功劳最大的是哪一块？",
        ),
        thin=(
            "{you}提到“{q}”：结果具体是多少？",
            "“{q}”，做下来最没用的是哪一块？",
            "{you}写了“{q}”，从中看出了什么？",
        ),
        deep=(
            "{you}写了“{q}”：怎么知道不是随机波动？",
            "“{q}”，那些没帮上忙的模块后来怎么处理的？",
            "那些没帮上忙的模块，后来怎么处理的？",
        ),
    ),
    "failure": Wordings(
        open=(
            "做的过程中出过什么大问题？",
            "模型在什么情况下会错？",
            "它错得最离谱的一次是什么样的？",
        ),
        hooked=(
            "{you}写了“{q}”：剩下那些错的有什么共同点？",
            "“{q}”，在哪类 case 上会比这差很多？",
            "{you}给的结果是“{q}”，典型的错例长什么样？",
        ),
        thin=(
            "{you}写了“{q}”：背后是怎么回事？",
            "{you}提到“{q}”，多久出现一次？",
            "“{q}”，当时是怎么发现的？",
        ),
        deep=(
            "{you}写了“{q}”：是怎么定位到的？",
            "“{q}”，后来怎么保证不再发生？",
            "当时出错，你是怎么定位到的？",
        ),
    ),
    "cost": Wordings(
        open=(
            "预测一次要花多少钱？",
            "用户要等多久才能看到结果？",
            "这套东西跑一年，要投入些什么？",
        ),
        hooked=(
            "{you}写了“{q}”：跑起来要多少资源？",
            "“{q}”，线上要用什么硬件？",
            "{you}写了“{q}”，一次请求要多久？",
        ),
        thin=(
            "{you}提到“{q}”：具体是多少？",
            "{you}写了“{q}”，当时最多能接受到多少？",
            "“{q}”，主要卡在哪儿？",
        ),
        deep=(
            "{you}写了“{q}”：大头花在哪儿了？",
            "“{q}”，流量翻十倍会怎么样？",
            "流量翻十倍，这套系统会怎么样？",
        ),
    ),
    "limitations": Wordings(
        open=(
            "什么场景你会劝别人别用这个模型？",
            "它现在哪里还做得不好？",
            "要是有人挑刺，会挑这个项目的什么毛病？",
        ),
        hooked=(
            "{you}写了“{q}”：换什么条件就不成立了？",
            "“{q}”，对哪些用户来说还不够好？",
            "{you}给的结果是“{q}”，什么场合你不敢打这个包票？",
        ),
        thin=(
            "{you}写了“{q}”：具体体现在哪里？",
            "{you}提到“{q}”，会影响多少用户？",
            "“{q}”，实际用起来有多严重？",
        ),
        deep=(
            "{you}写了“{q}”：那为什么还是上线了？",
            "“{q}”，要解决它得付出什么代价？",
            "这个项目最让你不放心的是哪一点？",
        ),
    ),
    "next": Wordings(
        open=(
            "再给你三个月，你会做什么？",
            "现在只让你改一个地方，你先改哪儿？",
            "要是明天推倒重来，你第一件事做什么？",
        ),
        hooked=(
            "{you}写了“{q}”：想再往上走，先试什么？",
            "“{q}”之后，再往下走一步是什么？",
            "{you}给的结果是“{q}”，再给三个月你会动哪里？",
        ),
        thin=(
            "{you}写了“{q}”：是想补上哪块短处？",
            "{you}提到“{q}”，为什么先做这个？",
            "“{q}”，怎么才知道做成了？",
        ),
        deep=(
            "{you}写了“{q}”：最可能栽在哪儿？",
            "“{q}”，什么情况下你会放弃？",
            "什么情况下你会放弃这些打算？",
        ),
    ),
    "comparison": Wordings(
        open=(
            "当时还有哪些方案摆在桌上？",
            "哪些东西最后没用上？",
            "为什么用这个方案，不用更简单的？",
        ),
        hooked=(
            "{you}写了“{q}”：为什么不用更简单的办法？",
            "“{q}”，当时桌上还有哪些方案？",
            "{you}写了“{q}”，别的方案输在哪儿？",
        ),
        thin=(
            "{you}写了“{q}”：最后是靠什么拍板的？",
            "{you}提到“{q}”，别的方案差在哪儿？",
            "“{q}”，当时几个方案差多少？",
        ),
        deep=(
            "{you}写了“{q}”：放到今天，什么会让你改主意？",
            "“{q}”，排第二的是哪个方案？",
            "当时排第二的是哪个方案？",
        ),
    ),
    "split": Wordings(
        open=(
            "训练用的和评估用的，你是怎么分开的？",
            "怎么保证未来的信息没混进训练里？",
            "最终评估那份数据，做完之前你看过几次？",
        ),
        hooked=(
            "{you}写了“{q}”：是在哪份数据上测的？",
            "“{q}”，怎么确定这些 case 模型没见过？",
            "{you}给的结果是“{q}”，评估用的那些是怎么挑的？",
        ),
        thin=(
            "{you}写了“{q}”：具体是怎么分的？",
            "{you}提到“{q}”，两边各放了什么？",
            "“{q}”，会不会有同一个人两边都出现？",
        ),
        deep=(
            "{you}写了“{q}”：还可能漏在哪里？",
            "“{q}”，定稿之前看过几次结果？",
            "你的评估里，还可能有什么没防住的？",
        ),
    ),
}
WORDINGS: Mapping[Lang, Mapping[Angle, Wordings]] = {"en": _ENGLISH, "zh": _CHINESE}
YOU: Mapping[Lang, tuple[str, str]] = {"en": ("On slide {n} you", "You"), "zh": ("第 {n} 页", "你")}
