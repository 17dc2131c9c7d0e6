"""Cuts the text of an Open Live message into emotes, the mention at its start, and the text between; pure."""

from __future__ import annotations

import re

from bot.messages import Fragment, FragmentKind

# The platform sends no list of a message's emotes, and "[重要]" is a word that somebody typed: so only
# the names of those that every room has.
EMOTES = frozenset(
    """
    dog doge 花 妙 哇 爱 手机 撇嘴 委屈 抓狂 比心 赞 滑稽 吃瓜 笑哭 捂脸 捂嘴 喝彩 偷笑 大笑 惊喜 傲娇
    疼 吓 吐 困 睡 眩晕 醉了 再见 大哭 尴尬 惊讶 疑惑 思考 生气 抠鼻 害羞 呲牙 微笑 酷 色 喜欢 鼓掌 加油
    奋斗 抱拳 胜利 拥抱 点赞 打call 给心心 热 冷 生病 辣眼睛 无语 嫌弃 翻白眼 歪嘴 嘘声 灵魂出窍 藏狐
    脱单doge 保佑 阿库娅 干杯 蹲 笑 喜 泪目 星星眼 嗑瓜子 哦呼 调皮 支持 响指 跪了 摊手 墨镜 奸笑 黑洞
    大兄弟 妙啊 OK ok 红包 福 心 流汗
    """.split()  # noqa: SIM905 - a list would take a line for each
)
_EMOTE = re.compile(r"\[([^\[\]\s]{1,8})\]")


def fragments(text: str, mentioned: str = "") -> tuple[Fragment, ...]:
    """Cuts `text`; `mentioned` is whom it answers. The fragments' texts joined are `text` again."""
    found: list[Fragment] = []
    at = 0
    mark = f"@{mentioned}"
    if mentioned and text.startswith(mark):
        found.append(Fragment(mark, FragmentKind.MENTION))
        at = len(mark)
    for match in _EMOTE.finditer(text, at):
        if match[1] not in EMOTES:
            continue
        if match.start() > at:
            found.append(Fragment(text[at : match.start()]))
        found.append(Fragment(match[0], FragmentKind.EMOTE))
        at = match.end()
    if at < len(text):
        found.append(Fragment(text[at:]))
    return tuple(found)
