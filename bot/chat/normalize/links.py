"""Links, addresses and the names of files: a word, a domain or nothing is said for them."""

from __future__ import annotations

import re

# Only ASCII is in a link, so that "看https://x.tv/a很好" keeps its other words. A repeat inside another is
# bounded, and nothing but "https://" begins within a word ("awww.so cute"): the cost is linear.
_LINK = re.compile(
    r"https?://[!-~]+"
    r"|(?<![A-Za-z0-9.-])www\.[A-Za-z0-9-]+\.[!-~]+"
    r"|(?<![A-Za-z0-9.-])(?:[A-Za-z0-9._%+-]{1,64}@)?(?:[A-Za-z0-9-]{1,63}\.){1,5}"
    r"(?:com|net|org|tv|gg|io|cn|me|ru|info|link|live|shop|top|xyz|app|dev|ly|be|co|uk|de|jp|fm|gl|cc|to)(?:(?![A-Za-z0-9])|(?=https?://))"
    r"(?:[/:?#][!-~]+)?",
    re.IGNORECASE | re.ASCII,
)
_FILE = re.compile(
    r"(?<![A-Za-z0-9.])([A-Za-z0-9_-]{1,40})\.(exe|json|py|js|ts|txt|zip|rar|7z|mp3|mp4|png|jpg|jpeg|gif|dll|ini|cfg|toml"
    r"|yaml|yml|md|cpp|rs|go|html|css|pdf|doc|docx|bat|sh|apk|iso|jar|log|csv|wav|psd|svg|mkv|flv)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_HAN = re.compile(r"[㐀-鿿\uf900-\ufaff]")
_HOST = re.compile(r"(?:https?://)?(?:www\.)?([A-Za-z0-9.-]+)", re.IGNORECASE)
_DOT = re.compile(r"[.:/@]")


class Links:
    """`mode` is "drop", "word" or "domain"; the words are said in English and in Chinese messages."""

    def __init__(self, mode: str, word: str, word_zh: str) -> None:
        self._mode = mode
        self._word = word
        self._word_zh = word_zh

    def read(self, text: str) -> str:
        if not _DOT.search(text):
            return text
        if "." in text or "://" in text:
            without = _LINK.sub("", text)
            if without != text:
                chinese = bool(_HAN.search(without))
                text = _LINK.sub(lambda link: f" {self._said(link[0], chinese)} ", text)
            text = _FILE.sub(lambda file: _file(file, chinese=bool(_HAN.search(text))), text)
        return text

    def _said(self, link: str, chinese: bool) -> str:
        if self._mode == "drop":
            return ""
        host = _HOST.match(link)
        if self._mode == "domain" and host and "@" not in link:
            labels = host[1].strip(".").split(".")[-2:]
            return (" 点 " if chinese else " dot ").join(labels)
        return self._word_zh if chinese else self._word


def _file(file: re.Match[str], *, chinese: bool) -> str:
    name = file[1].replace("_", " ").replace("-", " ")
    return f"{name} {'点' if chinese else 'dot'} {file[2].upper() if len(file[2]) < 3 else file[2].lower()}"
