"""What a person is told of an error, in their language.

In English that is the message of the error itself, but for recordings, of which the page says it in words of its own.
In Chinese a sentence of the table: what happened, what was kept and what to do. Where the details exist in English
only, they follow it as they are. Pure.
"""

from collections.abc import Mapping

from coach.errors import CoachError, ModelError
from coach.schema import Lang, NotGraded

Words = Mapping[str, Mapping[str, str]]
"""Class of the error -> its code -> the sentence; `transcriber` stands for a model that transcribes. The code "" is for
those that have no sentence of their own. `{why}` is the message of the error, other names are values it carries."""

ENGLISH: Words = {
    "NothingHeard": {
        "silence": "Nothing was heard: the recording is silent. Is the right microphone chosen? Nothing was added.",
        "noise": "Only noise was heard, nobody speaking. Nothing was added.",
        "no_words": "No words were recognised in this recording. Try again, or type them.",
        "other_script": "What was recognised is neither English nor Chinese, so it was not added. Try again, or type"
        " the words.",
    },
    "RecordingRefused": {
        "empty": "This recording is empty: it holds no sound.",
        "too_long": "This recording is longer than 5 minutes. Record the answer in parts.",
        "foreign": "This file cannot be used: {why}",
        "corrupt": "This recording cannot be read: {why}",
    },
    "TranscriberMissing": {
        "not_configured": "No transcriber is set (COACH_TRANSCRIBER), so you can listen back, and your pace is"
        " measured.",
        "not_installed": "Transcribing on this machine needs one more package: pip install 'interview-coach[voice]'.",
        "not_fetched": "The speech model could not be fetched; this machine may be offline. See docs/voice.md.",
        "no_model": "The speech model cannot be used: {why}.",
    },
    "transcriber": {
        "unreachable": "The transcriber cannot be reached.",
        "timeout": "The transcriber took too long.",
        "rate_limited": "The transcriber has too many requests just now.",
        "quota": "The transcriber's account has no credit left.",
        "key_rejected": "The transcriber rejected the key.",
        "server_fault": "The transcriber failed.",
        "not_an_endpoint": "The transcriber's address answered, but not with a transcript."
        " Check COACH_TRANSCRIBER_BASE_URL.",
        "request_rejected": "The transcriber did not accept the request: {why}",
    },
}
CHINESE: Words = {
    "CoachError": {"": "出错了，这一步没有完成。（{why}）"},
    "InterviewError": {
        "": "现在不能这样做，面试没有变化。（{why}）",
        # beginning an interview
        "no_plan": "这份面试记录缺少开头，无法打开，其他面试不受影响。（{why}）",
        "gaps": "面试 {session} 的记录有缺失，无法打开，其他面试不受影响。",
        "bad_plan": "面试设置有问题，还没有开始。请改好后再试。（{faults}）",
        "no_question": "没有符合条件的题目，面试还没有开始。请放宽公司、主题或轮次再试。",
        "none_fits": "题库里没有符合条件的题目（轮次：{form}；公司与主题：{wanted}）。"
        "题库里的公司：{companies}；主题：{topics}。请换个条件再试。",
        "not_found": "没有找到与“{focus}”有关的题目。请换个说法，或者把“想练什么”留空。",
        "nothing_due": "现在没有到期的题。明天再来，或者换一种轮次。",
        "no_card": "题库里没有这张卡片：{cards}。请到题库页查看有哪些卡片。",
        "no_company": "“完整面试”需要先选公司。可选的公司：{known}。",
        "no_rounds": "笔记里没有 {company} 的面试轮次。可选的公司：{known}。",
        "no_material": "你的材料是空的。请粘贴项目简介、摘要或 PPT 的文字。",
        "long_material": "你的材料有 {chars:,} 个字符，最多读 {most:,} 个。请删去与面试无关的部分。",
        "web_page": "你的材料里有 {signs:,} 个“<”，像是网页源代码，最多允许 {most:,} 个。请粘贴网页上看到的文字。",
        # within one
        "card_gone": "卡片 {card} 已经不在题库里，这场面试没法继续。之前的内容都在，请结束这场面试。",
        "not_open": "现在不需要作答。请进入下一题，或者查看报告。",
        "empty": "回答是空的。请写点内容，也可以要提示或跳过。",
        "too_long": "回答有 {chars:,} 个字符，最多能评 {most:,} 个。内容都还在，请删短后再提交。",
        "nothing_to_grade": "还没有可以评分的回答，请先作答。",
        "exam_hints": "模拟考没有提示。请尽力作答，或者跳过。",
        "hint_late": "这道题已经答完，不能再要提示。",
        "hints_used": "三条提示都用完了。请尽力作答，或者跳过。",
        "nothing_to_skip": "现在没有可以跳过的题。",
        "over": "这场面试已经结束，请重新开始一场。",
        "grading": "上一个回答还在评分，请等评分结束。",
        "nothing_to_redo": "这道题还没有作答，不需要重来。",
        "exam_stays": "模拟考里答过的题不能重来。",
        "exam_on": "这场模拟考还没结束，现在不能查看评分。请继续作答，或者先结束考试。",
        "nothing_to_rate": "还没有可以自评的回答。",
        "bad_rating": "自评要填 1 到 5 的整数，不能是 {value}。",
        "rated": "这个回答已经自评过了。",
        # saying that a verdict is wrong
        "not_asked": "没有第 {question} 题，这场面试一共问了 {asked} 题。",
        "no_verdict": "第 {question} 题没有评分点 {criterion} 的判定，无法提出异议。",
        "same_state": "请选出你认为应有的判定，不能与现在的相同。",
        "no_reason": "请写明为什么判错了，理由会和异议一起保存。",
        "nothing_graded": "这道题没有评过分的回答，没有判定可以提出异议。",
        "no_grade": "面试 {session} 的第 {question} 题没有评分，无法提出异议。",
        "not_disputed": "面试 {session} 的第 {question} 题没有异议，没有可以导出的用例。",
        "strange_points": "面试 {session} 第 {question} 题的异议指向 {points}，而卡片 {card} 的评分里没有这些评分点，"
        "所以没有导出。",
        "unlabelled": "面试 {session} 第 {question} 题的评分点 {points} 没有判定，所以没有导出。"
        "请重新评分，或者给这些评分点也写上异议。",
        # commands
        "cancelled": "已取消，没有保存文件。",
        "no_command": "没有 {entry} 这个命令。\n{help}",
        "wrong_usage": "请写成：/wrong 评分点 判定 理由，例如：/wrong least-squares met 我提到了平方误差",
    },
    "StoreError": {
        "": "面试数据库出错，这一步没有保存，之前的内容不受影响。（{why}）",
        "unsaved": "没能写入数据库，这一步不算数，之前的内容都在。"
        "请检查磁盘空间、目录权限，以及数据库是否被占用，然后重试。（{why}）",
        "unread": "面试数据读取失败，没有改动任何内容。请检查数据目录或数据库，然后重试。（{why}）",
        "busy": "数据库正忙，这一步没有保存，之前的内容都在。请稍后重试。（{why}）",
        "folder": "数据目录建不了，面试无法保存。请检查权限，或者用 COACH_DATA_DIR 换一个目录。（{why}）",
        "driver": "缺少 PostgreSQL 驱动。请安装，或者去掉 COACH_DATABASE_URL，把面试存在文件里。（{why}）",
        "damaged": "面试数据库已损坏，没有改动任何内容。请恢复备份，或者把这个文件移走。（{why}）",
        "newer": "面试数据库是更新版本写的，没有改动任何内容。请升级后再打开。（{why}）",
        "address": "数据库地址不能用，请检查 COACH_DATABASE_URL。（{why}）",
        "copied_wrong": "面试 {session} 复制后读出来不一样，请不要使用目标数据库。原数据没有改动。",
    },
    "Conflict": {
        "": "这场面试已经被别处改动，这一步没有保存，也没有覆盖任何内容。请刷新页面。（{why}）",
        "moved": "这场面试已经在另一个标签页或窗口里继续了，这一步没有保存，也没有覆盖任何内容。"
        "请刷新页面，从最新进度继续。",
        "there": "目标数据库里已经有面试 {session}，没有覆盖。",
        "differ": "{all} 场面试里有 {differ} 场在目标数据库里已有，但内容不同：{sessions}。"
        "没有复制任何内容，请先删掉过时的那一份。",
    },
    "UnknownSession": {
        "": "找不到这场面试：它可能已被删除，也可能属于别人或另一个数据目录。请另选一场，或者重新开始。",
        "named": "找不到面试 {session}：它可能已被删除，也可能属于别人或另一个数据目录。请另选一场，或者重新开始。",
    },
    "ContentError": {
        "": "文件有问题，没有改动任何内容。请按下面的原因修改：\n{why}",
        "taken": "题库里已经有 {card} 这张卡片，没有保存。请换一个 id；要改原来那张，请直接打开它。",
        "as_it_came": "卡片 {card} 还是自带的样子，没有可以撤销的改动。",
        "no_id": "{card} 不能用作卡片 id，因为它指向题库目录之外。没有改动任何内容。",
        "not_written": "文件写不了，没有保存，编辑框里的内容还在。请检查磁盘空间和权限。\n{why}",
        "drafted": "这道题已经起草过：{name}。没有重复起草。",
        "no_draft": "草稿 {name} 已经不在了，可能刚被收进题库或删除。",
        "too_long": "内容有 {chars:,} 个字符，一张卡片最多 {most:,} 个，没有保存。请删短后再试。",
    },
    "CardChanged": {
        "": "打开之后，这张卡片在别处保存过，所以没有覆盖。请重新打开，再改一次。\n{why}",
        "changed": "打开之后，{name} 在另一个标签页或窗口里保存过，所以没有覆盖。请重新打开，再改一次。",
    },
    "SettingsError": {
        "": "设置有问题，请改好后重启。\n{why}",
        "transcriber": "COACH_TRANSCRIBER 的值不能用：{value}。可以写 openai:<模型>、whisper:<大小>，"
        "或者 folder:<faster-whisper 模型目录>。",
        "speaker": "COACH_SPEAKER 的值不能用：{value}。可以写 browser、espeak、off，或者 openai:<模型>。",
        "embedder": "COACH_EMBEDDER 的值不能用：{value}。可以写 lexical、openai:<模型>，或者 folder:<模型目录>。",
    },
    "IndexFault": {"": "题库的搜索索引用不了，卡片没有变化。请运行 coach index 重建，然后重试。（{why}）"},
    "CodeNotRun": {
        "": "代码没有运行，你写的内容都在，照常可以提交。（{why}）",
        "not_linux": "运行代码需要 Linux 和 bubblewrap，这里没有运行。代码都在，照常可以提交，测试不计分。",
        "not_installed": "运行代码需要 {program}，这里没有安装。代码都在，照常可以提交。安装：apt install bubblewrap",
        "no_proc": "这台机器的 /proc 里没有子进程列表，无法限制内存，所以没有运行代码。代码都在，照常可以提交。",
        "leaks": "沙箱在这台机器上没有通过自检，所以没有运行代码。代码都在，照常可以提交。（{why}）",
        "broken": "沙箱没能启动或中途出错，代码没有运行。代码都在，可以再试一次。（{why}）",
        "too_long": "代码有 {chars:,} 个字符，最多运行 {most:,} 个。代码都在，请删短后再试。",
    },
    "SpeechError": {"": "语音出了问题，你可以直接打字作答。（{why}）"},
    "SpeakerMissing": {
        "": "没法朗读，题目的文字都在。（{why}）",
        "not_installed": "朗读需要 espeak-ng，现在改用浏览器朗读。安装：pip install 'interview-coach[espeak]'",
        "broken": "espeak-ng 出错，没有声音，题目的文字都在。（{why}）",
        "unknown": "这句话不能再播放了，请刷新页面。",
    },
    "RecordingRefused": {
        "": "这段录音不能用，没有加入任何内容。（{why}）",
        "empty": "这段录音是空的，没有声音。",
        "too_long": "这段录音超过 5 分钟，请分段录制。",
        "foreign": "这个文件不能用：请用麦克风录音，或者选择 WAV 文件。（{why}）",
        "corrupt": "这段录音已损坏，无法读取。（{why}）",
    },
    "NothingHeard": {
        "": "没有听到说话，没有加入任何内容。（{why}）",
        "silence": "没有听到声音：这段录音是静音。请检查麦克风选择。没有加入任何内容。",
        "noise": "只听到噪声，没有人说话。没有加入任何内容。",
        "no_words": "没有识别出文字。可以重新转写，或者直接打字。",
        "other_script": "识别出的内容既不是中文也不是英文，没有加入。可以重新转写，或者直接打字。",
    },
    "TranscriberMissing": {
        "": "语音转写用不了，录音可以回放。（{why}）",
        "not_configured": "没有设置语音转写（COACH_TRANSCRIBER），录音可以回放，也会统计语速。",
        "not_installed": "在本机转写还需要安装：pip install 'interview-coach[voice]'。",
        "not_fetched": "语音模型下载失败，这台机器可能没有联网。见 docs/voice.md。",
        "no_model": "语音模型无法使用：{why}。",
    },
    "transcriber": {
        "unreachable": "连不上转写服务。",
        "timeout": "转写超时。",
        "rate_limited": "转写服务请求过多，请稍后再试。",
        "quota": "转写服务的账户余额不足。",
        "key_rejected": "转写服务拒绝了密钥。",
        "server_fault": "转写服务出错。",
        "not_an_endpoint": "转写地址有响应，但返回的不是转写结果。请检查 COACH_TRANSCRIBER_BASE_URL。",
        "request_rejected": "转写服务没有接受请求：{why}",
    },
    "ModelError": {
        "": "模型没有给出可用的回复。请重试，或者换一个模型。（{why}）",
        "not_configured": "模型没有设置好，暂时用不了。请检查 COACH_MODEL 和密钥，见 docs/models.md。（{why}）",
        "unreachable": "连不上模型服务，或者连接中断了。请检查网络和服务地址，然后重试。（{why}）",
        "timeout": "模型没有在限定时间内答完。请重试、放宽时间，或者换一个更快的模型。（{why}）",
        "rate_limited": "模型服务的请求太多，暂时不再接受。请稍等再试。（{why}）",
        "quota": "模型账户的余额用完了，重试没有用。请充值，或者换一个模型。（{why}）",
        "key_rejected": "模型服务拒绝了密钥。请检查密钥，以及它能不能用这个模型。（{why}）",
        "request_rejected": "模型服务没有接受请求。请检查模型名、服务地址和内容长度。（{why}）",
        "server_fault": "模型服务出错，几次尝试都没有成功。请稍后再试，或者换一个模型。（{why}）",
        "not_an_endpoint": "这个地址有响应，但返回的不是模型服务的结果。请检查服务地址，它一般以 /v1 结尾。（{why}）",
        "refused": "模型拒绝作答。请换个说法，或者换一个模型。（{why}）",
        "filtered": "回复被模型服务的内容过滤拦下了。请换个说法，或者换一个模型。（{why}）",
        "truncated": "模型的回复太长，被截断了。请缩短回答，或者换一个输出上限更高的模型。（{why}）",
        "off_schema": "模型的回复不符合格式，纠正一次后还是不行。请重试，或者换一个支持 JSON schema 的模型。（{why}）",
        "stream_cut": "模型的回复中途断了，不完整。请重试。（{why}）",
    },
}
UNGRADED = "这次没有评上分，回答已保存，可以重新评分。"
INCOMPLETE = "评分模型漏判了一部分评分点。（{why}）"


def fault_text(error: CoachError, lang: Lang, *, transcribing: bool = False) -> str:
    """What happened, what was kept and what to do; `transcribing` where the model is one that transcribes."""
    places = [kind.__name__ for kind in type(error).__mro__]
    if transcribing and isinstance(error, ModelError):
        places.insert(0, "transcriber")
    words = CHINESE if lang == "zh" else ENGLISH
    tables = [words[place] for place in places if place in words]
    said = next((table[code] for code in (error.code, "") for table in tables if code in table), "{why}")
    given = {name: "—" if value == "" else value for name, value in error.given.items()}
    return said.format_map(given | {"why": str(error)})


def ungraded_text(why: NotGraded, lang: Lang) -> str:
    """Why there is no grade, with what the judge's model said of it."""
    if lang == "en":
        return why.message
    models = CHINESE["ModelError"]
    said = INCOMPLETE if why.code == "incomplete" else models.get(why.code, models[""])
    return UNGRADED + said.format(why=why.message)
