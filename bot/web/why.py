"""Why something was not spoken, or not to its end, in two languages: what the queue and people give up."""

from __future__ import annotations

from collections.abc import Callable

from bot.web.shapes import (
    Why,
)

_DROPPED = {
    "queue full": ("too much was waiting", "等待的内容太多"),
    "stale": ("it had waited too long", "等待太久"),
    "skipped": ("it was skipped", "被跳过"),
    "cleared": ("the queue was cleared", "队列被清空"),
    "removed": ("it was removed from the queue", "被移出队列"),
    "deleted": ("it was deleted in chat", "在聊天中被删除"),
    "muted": ("its writer was muted", "发送者被禁言"),
    "blocked viewer": ("its writer was blocked", "发送者被屏蔽"),
    "engine": ("the engine could not speak it", "语音引擎无法朗读"),
}

Sentences = Callable[[str, str], str]  # (reason, language) -> a sentence, or the reason itself


def why(reason: str, sentence: Sentences) -> Why | None:
    """`sentence` knows why the rules refuse something."""
    if not reason:
        return None
    if reason in _DROPPED:
        english, chinese = _DROPPED[reason]
        return Why(en=english, zh=chinese)
    return Why(en=sentence(reason, "en"), zh=sentence(reason, "zh"))
