"""The rule on links, however their dots are written."""

from __future__ import annotations

import re

from bot.chat.folding import fold
from bot.chat.rules.reasons import Reason, Rejected
from bot.messages import ChatMessage

# Every repeat is bounded, so that the cost is linear whatever the text.
_LINK = re.compile(
    r"\b[a-z][a-z0-9+-]{1,9}://[!-~]"
    r"|(?<![a-z0-9.-])www\.[a-z0-9-]{1,63}\.[a-z]"
    r"|(?<![a-z0-9.-])(?:[a-z0-9-]{1,63}\.){1,5}"
    r"(?:com|net|org|tv|gg|io|cn|me|ru|info|link|live|shop|top|xyz|app|dev|ly|be|co|cc|vip|club|site|online)"
    r"(?![a-z0-9])"
    r"|(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}[:/][0-9a-z]"
)
# "example (dot) com", "example[.]com", "example。com", "example dot com", "example . com"
_BRACKETED = re.compile(r" ?[(\[{<] ?(?:dot|\.|,|点) ?[)\]}>] ?")
_SPELLED = re.compile(
    r"(?<=[a-z0-9])(?: dot | ?点 ?| ?。 ?| \. ?|\. )(?=(?:com|net|org|cn|tv|gg)(?![a-z0-9]))"
)
_SPACED_TLD = re.compile(r"(?<=[a-z0-9])(?: \. ?|\. )(?:cn|tv|gg)(?![a-z0-9])")
_MAY_BE = re.compile(r"[.:。点．]|dot")


def has_link(text: str) -> bool:
    folded = fold(text)
    if not _MAY_BE.search(folded):
        return False
    if _LINK.search(folded):
        return True
    plain = _BRACKETED.sub(".", folded)
    # "nice. gg" and "see you. tv later" are no links: a space beside the dot counts for few endings.
    plain = _SPELLED.sub(lambda dot: dot[0] if _SPACED_TLD.match(plain, dot.start()) else ".", plain)
    return plain != folded and _LINK.search(plain) is not None


def no_links(message: ChatMessage) -> Rejected | None:
    return Rejected(Reason.LINK) if has_link(message.text) else None
