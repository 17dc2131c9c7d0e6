"""What the bot answers to commands, in English and Chinese."""

from __future__ import annotations

_ANSWERS = {
    "voice_set": ("{name}: your voice is {voice} now", "{name}：你的声音换成了 {voice}"),
    "voice_is": ("{name}: your voice is {voice}", "{name}：你的声音是 {voice}"),
    "voice_unknown": (
        "{name}: there is no voice {wanted}; there are {near}",
        "{name}：没有叫 {wanted} 的声音，可以选 {near}",
    ),
    "voices": ("voices: {list}", "声音：{list}"),
    "speed_set": ("{name}: your speed is {speed} now", "{name}：你的语速是 {speed}"),
    "speed_wrong": ("{name}: a speed is a number from 0.5 to 2", "{name}：语速是 0.5 到 2 的数字"),
    "called": ("{name}: you are {nickname} now", "{name}：以后叫你 {nickname}"),
    "call_wrong": (
        "{name}: that cannot be said, or is longer than 20 characters",
        "{name}：这个名字读不出来，或者超过 20 个字",
    ),
    "call_reset": ("{name}: you are called by your name again", "{name}：恢复用你的名字"),
    "taught": ("{name}: {word} is read {reading}", "{name}：{word} 读作 {reading}"),
    "teach_wrong": ("{name}: {why}", "{name}：{why}"),
    "forgotten": ("{name}: {word} is read as usual again", "{name}：{word} 恢复原来的读音"),
    "forget_unknown": ("{name}: nobody has taught {word}", "{name}：没有人教过 {word}"),
    "readings": ("readings: {list}", "读音：{list}"),
    "none": ("none yet", "还没有"),
    "skipped": ("skipped", "已跳过"),
    "nothing": ("nothing of yours is being read", "现在没有在读你的话"),
    "queue": ("{count} waiting, {seconds} s of speech", "{count} 条在等，约 {seconds} 秒"),
    "help": ("commands: {list}", "命令：{list}"),
    "on": ("chat is read aloud", "开始朗读"),
    "off": ("chat is not read any more", "停止朗读"),
    "paused": ("paused", "已暂停"),
    "resumed": ("going on", "继续朗读"),
    "cleared": ("{count} messages are gone", "清空了 {count} 条"),
    "muted": ("{viewer} is not read any more", "不再朗读 {viewer}"),
    "unmuted": ("{viewer} is read again", "恢复朗读 {viewer}"),
    "viewer_unknown": ("nobody called {viewer} has been seen", "没有见过叫 {viewer} 的观众"),
    "blocked": ("{word} is blocked", "已屏蔽 {word}"),
    "unblocked": ("{word} is not blocked any more", "已取消屏蔽 {word}"),
    "block_wrong": ("{why}", "{why}"),
    "volume": ("volume {percent} %", "音量 {percent}%"),
    "volume_wrong": ("a volume is a number from 0 to 100", "音量是 0 到 100 的数字"),
    "usage": ("{command} {usage}", "{command} {usage}"),
    "failed": ("that could not be kept: {why}", "没有保存成功：{why}"),
}


def answer(key: str, *, chinese: bool, **values: object) -> str:
    """The answer in one language. Values are put in as they are; none is looked into for fields."""
    text = _ANSWERS[key][chinese]
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value).replace("{", "(").replace("}", ")"))
    return text
