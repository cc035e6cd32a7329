"""The words of the part that speaks, in both languages."""

_BAR = """<div class="speak-bar" role="group" aria-label="{group}">
<button type="button" id="speak-replay" title="{replay_hint}">{replay}</button>
<button type="button" id="speak-stop" title="{stop_hint}" disabled>{stop}</button>
<button type="button" id="speak-mute" aria-pressed="false">{mute}</button>
<label for="speak-speed">{speed}</label><select id="speak-speed"><option value="0.8">0.8×</option>
<option value="1" selected>1×</option><option value="1.2">1.2×</option><option value="1.5">1.5×</option></select>
<span id="speak-note" role="status"></span>
<span hidden data-speak-note="none">{none}</span><span hidden data-speak-note="none-en">{none_en}</span>
<span hidden data-speak-note="none-zh">{none_zh}</span><span hidden data-speak-note="blocked">{blocked}</span>
<span hidden data-speak-note="failed">{failed}</span><span hidden data-speak-note="reason">{reason}</span></div>"""
_SWITCH = '<button type="button" id="voice-toggle" aria-pressed="false" title="{hint}">{voice}</button>'
ENGLISH = {
    "voice_switch": _SWITCH.format(voice="Voice", hint="Questions are read aloud, and answers may be spoken"),
    "speak_bar": _BAR.format(
        group="The interviewer's voice",
        replay="Replay",
        replay_hint="Say the last turn again",
        stop="Stop",
        stop_hint="Stop speaking (Esc)",
        mute="Mute",
        speed="Speed",
        none="This browser has no voice on this device, so nothing is read aloud; every word is in the chat."
        " COACH_SPEAKER names another voice.",
        none_en="This device has no English voice, so this is not read aloud; every word is in the chat.",
        none_zh="This device has no Chinese voice, so this is not read aloud; every word is in the chat.",
        blocked="The browser waits for a click before it makes a sound: press Replay.",
        failed="This could not be read aloud; every word is in the chat.",
        reason="Not read aloud; every word is in the chat.",
    ),
}
CHINESE = {
    "voice_switch": _SWITCH.format(voice="语音", hint="朗读题目，也可以口头作答"),
    "speak_bar": _BAR.format(
        group="面试官的语音",
        replay="重播",
        replay_hint="再读一遍刚才的话",
        stop="停止",
        stop_hint="停止朗读（Esc）",
        mute="静音",
        speed="语速",
        none="这个浏览器在本机没有可用的语音，所以不会朗读；文字都在对话里。可以用 COACH_SPEAKER 换别的语音。",
        none_en="本机没有英文语音，这句不朗读；文字都在对话里。",
        none_zh="本机没有中文语音，这句不朗读；文字都在对话里。",
        blocked="浏览器要先点一下才会出声：请按“重播”。",
        failed="这句没能读出来；文字都在对话里。",
        reason="没有朗读；文字都在对话里。",
    ),
}
