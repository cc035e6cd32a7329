"""The words of the library page in both languages."""

from collections.abc import Mapping

from coach.schema import Kind, Lang

ENGLISH = {
    "library_questions": "Questions",
    "library_notes": "Notes and drafts",
    "library_edit": "Edit",
    "library_words": "Search",
    "library_words_hint": "any words, English or Chinese: overfitting, 过拟合 …",
    "library_find": "Search",
    "library_company": "Company",
    "library_round": "Round",
    "library_topic": "Topic",
    "library_kind": "Kind",
    "library_level": "Difficulty",
    "library_language": "Search in",
    "library_status": "Which",
    "library_any": "any",
    "library_both": "both",
    "library_easy": "easy (1–2)",
    "library_medium": "medium (3)",
    "library_hard": "hard (4–5)",
    "library_due": "due today",
    "library_seen": "practised before",
    "library_unseen": "not practised yet",
    "library_mine": "my own cards",
    "library_practise": "Practise this one",
    "library_practise_lang": "Asked in",
    "library_show": "Show the answer",
    "library_change": "Edit this card",
    "library_upload": "Note files: .md .txt .docx .pdf .pptx .html",
    "library_stop": "Stop",
    "library_draft": "Draft the cards that are missing",
    "library_yaml": "Card (YAML)",
    "library_check": "Check",
    "library_save": "Save",
    "library_accept": "Accept into the bank",
    "library_revert": "Back to the original …",
    "library_delete": "Delete …",
    "library_discard": "Discard my changes",
    "library_yes": "Yes, delete",
    "library_no": "Keep it",
    "library_new": "New card",
}
CHINESE = {
    "library_questions": "题目",
    "library_notes": "笔记与草稿",
    "library_edit": "编辑",
    "library_words": "搜索",
    "library_words_hint": "例如：过拟合、batch norm",
    "library_find": "搜索",
    "library_company": "公司",
    "library_round": "轮次",
    "library_topic": "主题",
    "library_kind": "题型",
    "library_level": "难度",
    "library_language": "搜索范围",
    "library_status": "筛选",
    "library_any": "不限",
    "library_both": "都搜",
    "library_easy": "简单（1–2）",
    "library_medium": "中等（3）",
    "library_hard": "困难（4–5）",
    "library_due": "今天到期",
    "library_seen": "练过的",
    "library_unseen": "没练过的",
    "library_mine": "我自己的卡片",
    "library_practise": "练这一题",
    "library_practise_lang": "提问语言",
    "library_show": "显示答案",
    "library_change": "编辑卡片",
    "library_upload": "笔记文件：.md .txt .docx .pdf .pptx .html",
    "library_stop": "停止",
    "library_draft": "为没有卡片的题目起草",
    "library_yaml": "卡片（YAML）",
    "library_check": "检查",
    "library_save": "保存",
    "library_accept": "收进题库",
    "library_revert": "恢复原版……",
    "library_delete": "删除……",
    "library_discard": "放弃修改",
    "library_yes": "确定删除",
    "library_no": "不删了",
    "library_new": "新建卡片",
}

KINDS: Mapping[Kind, Mapping[Lang, str]] = {
    "concept": {"en": "concept", "zh": "概念"},
    "derivation": {"en": "derivation", "zh": "推导"},
    "coding": {"en": "coding", "zh": "写代码"},
    "project": {"en": "project", "zh": "项目"},
    "design": {"en": "design", "zh": "设计"},
    "presentation": {"en": "presentation", "zh": "项目讲解"},
    "behavioural": {"en": "behavioural", "zh": "行为面"},
}
_ROUNDS = {
    "phone": "电话面",
    "onsite": "现场面",
    "online-assessment": "笔试",
    "ml-depth": "ML depth",
    "ml-breadth": "ML breadth",
    "system-design": "系统设计",
    "behavioural": "行为面",
    "coding": "写代码",
}

TEXT: Mapping[str, Mapping[Lang, str]] = {
    "any": {"en": "any", "zh": "不限"},
    "count": {"en": "{n} questions", "zh": "共 {n} 题"},
    "one": {"en": "1 question", "zh": "共 1 题"},
    "more": {
        "en": "The first {n} are shown: search or filter for the others.",
        "zh": "这里只列出前 {n} 题，其余请搜索或筛选。",
    },
    "found": {"en": "{n} found, best first", "zh": "找到 {n} 题，最相关的在前"},
    "nearest": {
        "en": "Nothing in the bank answers these words. The nearest are:",
        "zh": "题库里没有直接对应的题，下面是最接近的：",
    },
    "nothing": {
        "en": "Nothing in the bank fits. Try other words, or take a filter away.",
        "zh": "题库里没有符合的题。换个说法，或去掉一个筛选条件试试。",
    },
    "searching": {"en": "Searching … the first search waits for its index.", "zh": "正在搜索……第一次要等索引建好。"},
    "by_words": {
        "en": "Searched by words only, for the embedding model could not be asked: {why}",
        "zh": "嵌入模型暂时用不了，这次只按词语搜索：{why}",
    },
    "empty_title": {"en": "The bank is empty", "zh": "题库还是空的"},
    "empty": {
        "en": "Bring your notes under “Notes and drafts” and have cards drafted, or write a card under “Edit”. The"
        " cards that come with the coach are expected in {folder}; if they should be there, check COACH_CONTENT_DIR.",
        "zh": "可以在“笔记与草稿”里导入笔记、起草卡片，也可以在“编辑”里自己写一张。自带的卡片应该在 {folder}；"
        "如果那里本该有内容，请检查 COACH_CONTENT_DIR。",
    },
    "left_out": {
        "en": "{n} card files are left out, because they are wrong",
        "zh": "有 {n} 个卡片文件有错，没有读入",
    },
    "left_out_one": {"en": "1 card file is left out, because it is wrong", "zh": "有 1 个卡片文件有错，没有读入"},
    "fix": {"en": "open it", "zh": "打开修改"},
    "choose": {
        "en": "Choose a question to read it here and to practise it.",
        "zh": "从列表里选一题，在这里查看或直接练习。",
    },
    "gone": {
        "en": "There is no card {name} in the bank any more.",
        "zh": "题库里已经没有 {name} 这张卡片了。",
    },
    "difficulty": {"en": "difficulty {n} of 5", "zh": "难度 {n}/5"},
    "due": {"en": "due today", "zh": "今天到期"},
    "seen": {"en": "practised, last {value}%", "zh": "练过，最近 {value}%"},
    "seen_plain": {"en": "practised", "zh": "练过"},
    "changed": {"en": "changed by you", "zh": "你改过"},
    "own": {"en": "your own card", "zh": "你自己的卡片"},
    "hidden": {
        "en": "The answer, the points it is graded by, the hints and the mistakes are hidden, so that you can practise"
        " first.",
        "zh": "参考答案、评分点、提示和常见错误都先不显示，方便你先自己练。",
    },
    "reference": {"en": "Reference answer", "zh": "参考答案"},
    "reference_other": {"en": "In Chinese", "zh": "英文版"},
    "personal": {
        "en": "This is somebody else's story, as an example: yours will be another.",
        "zh": "这是别人的经历，仅供参考，你要讲自己的。",
    },
    "rubric": {"en": "What a good answer says", "zh": "评分点"},
    "weight": {"en": "{n} points", "zh": "{n} 分"},
    "weight_one": {"en": "1 point", "zh": "1 分"},
    "required": {"en": "required", "zh": "必答"},
    "accepted": {"en": "Accepted wordings", "zh": "算答到的说法"},
    "steps": {"en": "The derivation, step by step", "zh": "推导步骤"},
    "task": {"en": "The task", "zh": "题目要求"},
    "solution": {"en": "A solution", "zh": "参考代码"},
    "cost": {"en": "Cost", "zh": "复杂度"},
    "hints": {"en": "Hints", "zh": "提示"},
    "misconceptions": {"en": "Wrong claims to avoid", "zh": "常见的错误说法"},
    "followups": {"en": "Where an interviewer would go next", "zh": "面试官可能接着问"},
    "sources": {"en": "Sources", "zh": "参考文献"},
    "asked_at": {"en": "Where it was asked", "zh": "出自哪里"},
    "asked_nowhere": {"en": "In no note: it was written for the bank.", "zh": "不出自笔记，是为题库写的。"},
    "line": {"en": "line {n}", "zh": "第 {n} 行"},
    "practise_fail": {"en": "The interview could not be started: {why}", "zh": "面试没能开始：{why}"},
    "notes_head": {
        "en": "Bring your own notes: every question in them is found, with the line it stands in, and the card that"
        " answers it. The files stay on this machine.",
        "zh": "把自己的笔记放进来：系统会找出里面的每个问题、所在的行，以及哪张卡片对应它。文件不会离开这台机器。",
    },
    "reading": {"en": "Reading {name} …", "zh": "正在读 {name}……"},
    "looking": {"en": "{done} of {all} questions looked up", "zh": "已查 {done}/{all} 个问题"},
    "none_in_notes": {
        "en": "No question was found in these files. Questions are recognised as list items, lines with a question"
        " mark, and labels such as Q: or Coding:.",
        "zh": "这些文件里没有找到问题。列表项、带问号的句子，以及 Q:、Coding: 这样的标签都会被识别为问题。",
    },
    "in_notes": {
        "en": "{all} questions found: {have} with a card, {drafted} with a draft, {none} with neither.",
        "zh": "找到 {all} 个问题：{have} 个有卡片，{drafted} 个有草稿，{none} 个还没有。",
    },
    "stopped": {"en": "Stopped.", "zh": "已停止。"},
    "card": {"en": "card", "zh": "卡片"},
    "no_card": {"en": "no card yet", "zh": "还没有卡片"},
    "drafted": {"en": "draft", "zh": "草稿"},
    "draft_deleted": {"en": "draft deleted", "zh": "草稿已删除"},
    "unread": {"en": "not looked up", "zh": "未查"},
    "where": {"en": "Where", "zh": "位置"},
    "question": {"en": "Question", "zh": "问题"},
    "answered_by": {"en": "Answered by", "zh": "对应卡片"},
    "no_model": {
        "en": "To have cards drafted for the questions without one, set a model (COACH_MODEL, see docs/models.md); or"
        " write a card yourself under “Edit”.",
        "zh": "想让模型为没有卡片的问题起草，请先设置模型（COACH_MODEL，见 docs/models.md）；也可以在“编辑”里自己写。",
    },
    "sends": {
        "en": "The question, its company and its round are sent to {host} to draft a card.",
        "zh": "起草时会把问题、公司和轮次发送到 {host}。",
    },
    "drafting": {"en": "Drafting {done} of {all}: {question}", "zh": "正在起草 {done}/{all}：{question}"},
    "drafts_done": {"en": "{made} drafts written, {failed} failed.", "zh": "写好 {made} 份草稿，失败 {failed} 份。"},
    "drafts_head": {"en": "Drafts that wait for you", "zh": "等你审阅的草稿"},
    "drafts_none": {"en": "No drafts are waiting.", "zh": "没有待审阅的草稿。"},
    "drafts_how": {
        "en": "A draft is never asked and never graded against. Correct it, put the sources in that you checked it"
        " against, and accept it.",
        "zh": "草稿不会拿来提问，也不会用来评分。请先改正内容，补上你核对过的出处，再收进题库。",
    },
    "draft_wrong": {"en": "{n} problems", "zh": "{n} 处问题"},
    "edit_none": {
        "en": "Nothing is open. Choose a question and “Edit this card”, open a draft, or begin a new card.",
        "zh": "还没有打开任何卡片。可以在题目里点“编辑卡片”、打开一份草稿，或者新建一张。",
    },
    "edit_shipped": {
        "en": "This card came with the coach. What you save is kept in your data folder and stands in for it; the"
        " original stays.",
        "zh": "这是自带的卡片。你的修改会存到自己的数据目录里，并代替它；原版不会动。",
    },
    "edit_changed": {
        "en": "Your version of a card that came with the coach.",
        "zh": "自带卡片的修改版，由你保存。",
    },
    "edit_own": {"en": "A card of your own.", "zh": "你自己的卡片。"},
    "edit_draft": {
        "en": "A draft: it is in nobody's interview until you accept it.",
        "zh": "草稿：收进题库之前不会出现在任何面试里。",
    },
    "edit_new": {
        "en": "A new card. Its id is topic/name, in lower-case letters, digits and hyphens.",
        "zh": "新卡片。id 的格式是 topic/name，只能用小写字母、数字和连字符。",
    },
    "another_id": {
        "en": "With another id it is saved as a new card.",
        "zh": "换一个 id 保存，就是一张新卡片。",
    },
    "right": {"en": "No problems found.", "zh": "没有发现问题。"},
    "wrong": {"en": "{n} problems; nothing was saved.", "zh": "有 {n} 处问题，没有保存。"},
    "wrong_one": {"en": "1 problem; nothing was saved.", "zh": "有 1 处问题，没有保存。"},
    "shut": {"en": "This cannot be opened.", "zh": "打不开。"},
    "checked": {"en": "{n} problems", "zh": "{n} 处问题"},
    "checked_one": {"en": "1 problem", "zh": "1 处问题"},
    "saving": {"en": "Saved. Bringing the search up to date …", "zh": "已保存，正在更新搜索索引……"},
    "saved": {"en": "Saved: {name} is in the bank as you wrote it.", "zh": "已保存：{name} 已经是你写的版本。"},
    "saved_draft": {"en": "Draft saved. {n} problems are left.", "zh": "草稿已保存，还有 {n} 处问题。"},
    "saved_draft_right": {
        "en": "Draft saved. Nothing is wrong with its form: check what it says, then accept it.",
        "zh": "草稿已保存，格式没有问题。请核对内容，然后收进题库。",
    },
    "accepted_card": {"en": "Accepted: {name} is in the bank.", "zh": "{name} 已收进题库。"},
    "deleted": {"en": "{name} was deleted.", "zh": "已删除 {name}。"},
    "deleted_draft": {
        "en": "The draft was deleted. Its question is not drafted again.",
        "zh": "草稿已删除，这个问题不会再次起草。",
    },
    "reverted": {"en": "{name} is the original again.", "zh": "{name} 已恢复为原版。"},
    "ask_revert": {
        "en": "Delete your version of {name} and use the original?",
        "zh": "删除你改过的 {name}，改回原版？",
    },
    "ask_delete": {"en": "Delete {name} for good?", "zh": "彻底删除 {name}？"},
    "unsaved": {
        "en": "{name} has changes that are not saved: save or discard them first.",
        "zh": "{name} 还有没保存的修改，请先保存或放弃。",
    },
    "new_card": {"en": "the new card", "zh": "新卡片"},
    "lost": {
        "en": "This page lost track of what is open, as after a restart. Copy your text, then open the card again.",
        "zh": "页面已经不知道打开的是哪张卡片了（比如服务重启过）。请先复制你的内容，再重新打开卡片。",
    },
}


def say(key: str, lang: Lang, **values: object) -> str:
    """The page's sentence for `key`. Raises KeyError for an unknown one, or a value that is not given."""
    return TEXT[key][lang].format(**values)


def round_word(name: str, lang: Lang) -> str:
    """What a round of a company's is called."""
    head, _, number = name.rpartition("-")
    if lang == "zh" and head == "interview" and number.isdigit():
        return f"第 {number} 轮"
    plain = name.replace("-", " ")
    return _ROUNDS.get(name, plain) if lang == "zh" else plain
