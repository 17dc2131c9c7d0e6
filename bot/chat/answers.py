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
    "speed_is": ("{name}: your speed is {speed}", "{name}：你的语速是 {speed}"),
    "speed_set": ("{name}: your speed is {speed} now", "{name}：你的语速换成了 {speed}"),
    "speed_wrong": ("{name}: a speed is a number from 0.5 to 2", "{name}：语速是 0.5 到 2 的数字"),
    "called": ("{name}: you are {nickname} now", "{name}：以后叫你 {nickname}"),
    "call_wrong": (
        "{name}: that cannot be said, or is longer than 20 characters",
        "{name}：这个名字读不出来，或者超过 20 个字",
    ),
    "call_reset": ("{name}: you are called by your name again", "{name}：恢复用你的名字"),
    "taught": ("{name}: {word} is read {reading}", "{name}：{word} 读作 {reading}"),
    "taught own": (
        "{name}: where you write {word} it is read {reading}",
        "{name}：你写的 {word} 读作 {reading}",
    ),
    # By the reasons of chat/readings.py.
    "untaught empty": ("{name}: there is nothing in it to say", "{name}：里面没有能读的内容"),
    "untaught too long": (
        "{name}: at most 40 characters for the word and 80 for its reading",
        "{name}：词最多 40 个字，读音最多 80 个字",
    ),
    "untaught unreadable": (
        "{name}: there is a character in it that cannot be read",
        "{name}：里面有读不出来的字符",
    ),
    "untaught link": ("{name}: a reading may not hold a link", "{name}：读音里不能有链接"),
    "untaught blocked": ("{name}: that may not be said here", "{name}：这里不能说这个"),
    "untaught too many": (
        "{name}: there are too many readings already; forget some first",
        "{name}：读音太多了，先忘记一些",
    ),
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
    "viewer_blocked": ("{viewer} is blocked: nothing of theirs is read", "已屏蔽观众 {viewer}，什么都不读"),
    "viewer_unblocked": ("{viewer} is not blocked any more", "已取消屏蔽观众 {viewer}"),
    "viewer_unknown": ("nobody called {viewer} has been seen", "没有见过叫 {viewer} 的观众"),
    "blocked": ("{word} is blocked", "已屏蔽 {word}"),
    "unblocked": ("{word} is not blocked any more", "已取消屏蔽 {word}"),
    # By the reasons of chat/blocklist.py.
    "unchanged wrong": ("{word} is nothing that can be blocked", "{word} 不能屏蔽"),
    "unchanged there already": ("{word} is in the list already", "{word} 已经在屏蔽词里"),
    "unchanged not there": (
        "{word} is not in the list that chat may change",
        "{word} 不在聊天能改的屏蔽词里",
    ),
    "unchanged cannot be written": ("the list could not be changed: {why}", "屏蔽词没有改成：{why}"),
    "volume": ("volume {percent} %", "音量 {percent}%"),
    "volume_wrong": ("a volume is a number from 0 to 100", "音量是 0 到 100 的数字"),
    "usage": ("{command} {usage}", "{command} {usage}"),
    "failed": ("that could not be kept", "没有保存成功"),
}


def answer(key: str, *, chinese: bool, **values: object) -> str:
    """The answer in one language. Values are put in as they are; none is looked into for fields."""
    text = _ANSWERS[key][chinese]
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value).replace("{", "(").replace("}", ")"))
    return text
