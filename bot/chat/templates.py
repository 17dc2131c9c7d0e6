"""What is said of an event, in the streamer's words, and the same in fewer words for when others wait."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.config import Templates
from bot.messages import (
    ChatEvent,
    ChatMessage,
    Fragment,
    Gift,
    Interaction,
    Notice,
    Raid,
    Redemption,
    Retraction,
    Subscription,
    SuperChat,
    worth_of,
)

_FIELD = re.compile(r"\{(\w+)\}")
_LETTER = re.compile(r"[^\W\d_]")
_WORD_IN_NAME = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}|[^\W\d_]{2,}")
_SHORT_LATIN, _SHORT_HAN = 8, 4
# Where the usual template is an English sentence. The others have no words of their own.
_ON_BILIBILI = {"subscription": "{name} 开通了{tier}。{text}", "crowd": "{count}人：{text}"}
_GUARD = "大航海"  # of whichever tier
_TIERS = {"captain": "舰长", "admiral": "提督", "governor": "总督"}


def template_for(templates: Templates, event: ChatEvent) -> str:
    """The streamer's template for this kind of event; "" says nothing of it."""
    match event:
        case ChatMessage(worth=None):
            name = "message"
        case ChatMessage():
            name = "cheer"
        case SuperChat():
            name = "super_chat"
        case Redemption():
            name = "redemption"
        case Gift():
            name = "gift"
        case Subscription():
            name = "subscription"
        case Raid():
            name = "raid"
        case Interaction(kind=kind):
            name = kind.value
        case Notice(kind=kind):
            name = kind.value.replace(" ", "_")
        case Retraction():
            return ""
    return template_of(templates, name, event.source)


def template_of(templates: Templates, name: str, source: str) -> str:
    """The template of this name; on Bilibili in Chinese, unless the streamer has other words for it."""
    template = str(getattr(templates, name))
    if source == "bilibili" and template == Templates.model_fields[name].default:
        return _ON_BILIBILI.get(name, template)
    return template


def fields_of(event: ChatEvent) -> dict[str, str]:
    """What a template may name, as it was sent; the name and the text are the caller's to make speakable."""
    fields: dict[str, str] = {}
    if worth := worth_of(event):
        fields["amount"] = f"{worth.amount:g}"
    match event:
        case Redemption(reward=reward):
            fields["reward"] = reward
        case Gift(gift=gift, count=count):
            fields |= {"gift": gift, "count": str(count)}
        case Subscription(months=months, tier=tier):
            told = _TIERS.get(tier, tier or _GUARD) if event.source == "bilibili" else tier
            fields |= {"months": str(months), "tier": told}
        case Raid(viewers=viewers):
            fields["viewers"] = str(viewers)
        case Interaction(count=count):
            fields["count"] = str(count)
    return fields


def text_of(event: ChatEvent) -> str:
    """What somebody typed with an event that is not a chat message."""
    return event.text if isinstance(event, SuperChat | Redemption | Subscription | Notice) else ""


def typed_in(event: ChatEvent) -> tuple[Fragment, ...]:
    """What somebody typed, as it came."""
    return event.fragments if isinstance(event, ChatMessage) else (Fragment(text_of(event)),)


def retyped(event: ChatEvent, fragments: tuple[Fragment, ...]) -> ChatEvent:
    """The event as if this had been typed instead; one that nothing is typed with stays as it is."""
    if isinstance(event, ChatMessage):
        return replace(event, fragments=fragments)
    if isinstance(event, SuperChat | Redemption | Subscription | Notice):
        return replace(event, text="".join(fragment.text for fragment in fragments))
    return event


def is_all_text(template: str, event: ChatEvent) -> bool:
    """True if a line has nothing to say but who it is where nothing was typed, and else is what was typed.

    That somebody wrote is told by what they wrote; that somebody subscribed, or spent points, is told by the
    template's own words: "{name} subscribed! {text}".
    """
    named = set(_FIELD.findall(template))
    if "text" not in named or not named <= {"name", "text"}:
        return False
    return isinstance(event, ChatMessage | SuperChat | Notice) or not _LETTER.search(_FIELD.sub("", template))


def fill(template: str, fields: Mapping[str, str]) -> str:
    """The template with its fields; values are data, in which fields are not looked for again."""
    return " ".join(_FIELD.sub(lambda field: fields.get(field[1], ""), template).split())


def wordings(
    template: str, fields: Mapping[str, str], name: str, shorten: Callable[[str], str], *, all_text: bool
) -> list[str]:
    """The line in full, with a short name, and without one; only the first if they would all be the same.

    Only a line that `is_all_text` goes without its name: of another, more than the name would be lost.
    """
    said = [fill(template, {**fields, "name": name})]
    if name and "{name}" in template:
        said.append(fill(template, {**fields, "name": shorten(name)}))
        if all_text and fields.get("text"):
            said.append(fields["text"])
    return said if len(set(said)) > 1 else said[:1]


def short_name(name: str) -> str:
    """The first word of a name, or its first characters: "DarkWolf" is "Dark"."""
    word = _WORD_IN_NAME.search(name)
    first = word[0] if word else name
    return first[: _SHORT_LATIN if first.isascii() else _SHORT_HAN]
