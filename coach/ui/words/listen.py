"""The words of the part that listens, in both languages."""

ENGLISH = {
    "listen_mic": "Speak your answer",
    "listen_undo": "Take back the last recording",
    "listen_again": "Transcribe again",
    "listen_cancel": "Stop transcribing",
    "listen_repairs": "Repaired terms (untick one to get back what was heard)",
    "listen_repairs_none": "Undo all repairs",
    "listen_free": "Hands-free",
    "listen_free_on": "Stop by itself when I stop speaking",
    "listen_free_silence": "After this much silence, in seconds",
    "listen_free_hold": "Still thinking",
    "listen_free_mic": "Hands-free microphone",
    "listen_notes": (
        '<p role="status">'
        '<span data-note="denied">The browser may not use the microphone. Allow it beside the address of this page,'
        " then record again; or type your answer.</span>"
        '<span data-note="missing">No microphone was found. Connect one, then record again; or type your answer.</span>'
        '<span data-note="busy">The microphone cannot be opened; another program may be using it.</span>'
        '<span data-note="insecure">Browsers record only on https or on localhost. Open this page there, or type your'
        " answer.</span>"
        '<span data-note="long">One more minute: a recording ends after five. You can add another one.</span>'
        '<span data-note="listening">Listening … press stop when you are done.</span></p>'
    ),
}
CHINESE = {
    "listen_mic": "口头作答",
    "listen_undo": "撤回上一段录音",
    "listen_again": "重新转写",
    "listen_cancel": "停止转写",
    "listen_repairs": "已修正的术语（取消勾选可恢复识别原文）",
    "listen_repairs_none": "撤销全部修正",
    "listen_free": "免手动",
    "listen_free_on": "说完后自动停止录音",
    "listen_free_silence": "静默多少秒后停止",
    "listen_free_hold": "还在想",
    "listen_free_mic": "免手动麦克风",
    "listen_notes": (
        '<p role="status">'
        '<span data-note="denied">浏览器没有麦克风权限。请在地址栏旁边允许，再录一次；也可以直接打字作答。</span>'
        '<span data-note="missing">没有找到麦克风。接好后再录一次，也可以直接打字作答。</span>'
        '<span data-note="busy">麦克风打不开，可能正被其他程序占用。</span>'
        '<span data-note="insecure">浏览器只允许在 https 或 localhost 下录音。请换个地址打开，或直接打字作答。</span>'
        '<span data-note="long">还剩一分钟：每段录音最长五分钟，之后可以再录一段。</span>'
        '<span data-note="listening">正在录音……说完请按停止。</span></p>'
    ),
}
STATUS = {
    "checking": {"en": "Checking the recording …", "zh": "正在检查录音……"},
    "fetching": {"en": "Fetching the model, once: {done}", "zh": "首次使用，正在下载模型：{done}"},
    "loading": {"en": "Loading the model …", "zh": "正在加载模型……"},
    "transcribing": {"en": "Transcribing … {done}", "zh": "正在转写…… {done}"},
    "done": {
        "en": "Added to your answer. Correct it if needed, record more, or send it.",
        "zh": "已加入回答。可以修改、继续录音，或者提交。",
    },
    "thinking": {
        "en": "Added, and still listening for the rest: record again when you are ready.",
        "zh": "已加入回答。想好了可以接着录。",
    },
    "stopped": {
        "en": "Stopped. The recording is kept: transcribe it again, or type the words.",
        "zh": "已停止。录音还在，可以重新转写，也可以直接打字。",
    },
    "taken_back": {"en": "The last recording was taken back.", "zh": "已撤回上一段录音。"},
    "edited": {
        "en": "The recording was taken back. Its words were edited meanwhile: remove them by hand.",
        "zh": "录音已撤回。对应的文字已被改动，请手动删除。",
    },
    "repair_edited": {
        "en": "Those words were edited meanwhile: change them in your answer by hand.",
        "zh": "这处文字已被改动，请直接在回答里修改。",
    },
    "moved": {
        "en": "The interview went on meanwhile; this recording was not added.",
        "zh": "面试已经进行到下一步，这段录音没有加入回答。",
    },
    "no_session": {"en": "Start an interview first.", "zh": "请先开始面试。"},
    "kept": {"en": "The recording is kept.", "zh": "录音已保留。"},
    "type": {"en": "Type the words below.", "zh": "请把内容打在下面。"},
    "here": {"en": "Recordings stay on this machine.", "zh": "录音只留在这台机器上。"},
    "sent": {"en": "Recordings are sent to {host} to be transcribed.", "zh": "录音会发送到 {host} 转写。"},
    "unsure": {"en": "Underlined: the recogniser was unsure.", "zh": "带下划线：识别把握不大。"},
    "no_text": {"en": "not transcribed", "zh": "未转写"},
    "recording": {"en": "Recording {number}", "zh": "录音 {number}"},
    "seconds": {"en": "{seconds} s", "zh": "{seconds} 秒"},
    "waiting": {"en": "Waiting for you to speak …", "zh": "等你开口……"},
    "hearing": {"en": "Listening …", "zh": "正在听……"},
    "ending": {"en": "Stops after {left} s more of silence", "zh": "再静默 {left} 秒后停止"},
    "held": {"en": "Take your time: still listening.", "zh": "慢慢想，还在听。"},
}
"""What the status line says, by code; `{done}` is a percentage."""
