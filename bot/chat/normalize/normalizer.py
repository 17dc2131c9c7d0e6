"""Chat text -> speakable text: a message's fragments in, what a person would read aloud of them out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bot.chat.normalize import arithmetic, joints, music, shortened, signs
from bot.chat.normalize.characters import clean, cut, finish, is_sayable
from bot.chat.normalize.drawn import Drawn
from bot.chat.normalize.faces import Faces
from bot.chat.normalize.figures import COLOUR
from bot.chat.normalize.language import Context, Run, runs
from bot.chat.normalize.lexicon import Lexicon, standard
from bot.chat.normalize.links import Links
from bot.chat.normalize.names import speak_name
from bot.chat.normalize.numbers import Numbers
from bot.chat.normalize.repeats import Repeats
from bot.chat.normalize.verbatim import Verbatim, hidden, shown, without_hidden
from bot.chat.normalize.words import Words
from bot.messages import Fragment, FragmentKind

_SIMPLE = re.compile(r"[㐀-鿿，。！？、]*")  # Chinese alone: only repeats and marks to see to
_LATIN = re.compile("[A-Za-z]")
_MENTION = re.compile(r"(?<![\w.])@([\w.-]{1,40})")
_AT = re.compile(r"(?<!\S)@(?=\s+[\w$])|(?<=[a-z0-9]\s)@(?=me\b|[0-9])|(?<=[别被乱求])@(?=[我你他她])")
_HASHTAG = re.compile(rf"(?<![0-9CFcf])(?<!\b[A-G])(?!{COLOUR})#(?=[^\W\d_])([\w-]{{1,40}})#?")
_FRAMED = re.compile(r"(?<![A-Za-z0-9_])[xX]{1,2}_[A-Za-z0-9_]{1,40}_[xX]{1,2}(?![A-Za-z0-9_])")
_SLIPS = re.compile(r"!+1[!1]*(?![\w.])")  # "!!1!": the shift key let go
_LAUGH = re.compile(r"([哈呜])\1{3,}")
_HAN = re.compile("[㐀-鿿]")
_SPARE = 100  # characters read beyond the limit: signs that vanish leave room for more


@dataclass(frozen=True, slots=True)
class Reading:
    """What is said: `text`, and the runs of one language that join to it."""

    text: str

    @property
    def runs(self) -> tuple[Run, ...]:
        return runs(self.text)


class Normalizer:
    """Reads one message at a time and keeps nothing of it.

    `emotes`: "drop", "name", or "first" (each different emote once). `emoji`: "drop" or "name". `links`:
    "drop", "word" or "domain". `repeats`: how often the same may be said in a row. `limit`: characters.
    """

    def __init__(
        self,
        lexicon: Lexicon | None = None,
        *,
        emotes: str = "drop",
        emoji: str = "drop",
        links: str = "word",
        link: str = "link",
        link_zh: str = "链接",
        repeats: int = 3,
        limit: int = 300,
        language: str = "auto",
    ) -> None:
        self._lexicon = lexicon or standard()
        self._emotes = emotes
        self._language = language
        self._limit = limit
        self._links = Links(links, link, link_zh)
        self._faces = Faces(self._lexicon, emotes=emotes, emoji=emoji)
        self._drawn = Drawn(self._lexicon)
        self._repeats = Repeats(
            repeats, frozenset(word for word in self._lexicon.words if len(word) > 3 and len(set(word)) == 1)
        )
        self._numbers = Numbers(self._lexicon)
        self._words = Words(self._lexicon)

    def read(self, fragments: Iterable[Fragment], *, language: str = "") -> Reading:
        """What of a message can be said, "" if there is nothing. Any Unicode is fine, lone surrogates too.

        `language` ("zh", "en" or "auto") is that of digits and signs with no words beside them.
        The text has no control, format, private-use or unassigned characters, no line breaks, no emoji, and
        single spaces only. Of a Verbatim fragment the digits, signs and repeats are read, and no word.
        """
        fragments = tuple(fragments)
        language = language or self._language
        if any(isinstance(fragment, Verbatim) for fragment in fragments):
            return Reading(self._said(self._joined(map(_hiding, fragments)), language, show=shown))
        return Reading(self._said(self._joined(fragments), language))

    def name(self, name: str, *, language: str = "en") -> str:
        """A viewer's name as it is said, "" if nothing of it can be."""
        said = self._drawn.read(speak_name(clean(name[: self._limit]), language))
        said = finish(self._repeats.read(said))
        return cut(said, self._limit) if is_sayable(said) else ""

    def _joined(self, fragments: Iterable[Fragment]) -> str:
        said: list[str] = []
        seen: set[str] = set()
        # The cost of what follows is bounded before it begins: nobody listens to 100 kB.
        budget = self._limit * 4 + 200
        for fragment in fragments:
            if fragment.kind is FragmentKind.TEXT:
                said.append(fragment.text[:budget])
            elif fragment.kind is FragmentKind.MENTION:
                said.append(f" {self.name(fragment.text.lstrip('@'))} "[:budget])
            elif fragment.kind is FragmentKind.EMOTE and self._emotes != "drop":
                known = self._emotes == "first" and fragment.text in seen
                seen.add(fragment.text)
                said.append(" " if known else f" {fragment.text.strip('[]')[:40]} ")
            else:
                if said and said[-1] != " ":
                    said.append(" ")
                continue
            budget -= len(said[-1])
            if budget <= 0:
                break
        return "".join(said)

    def _said(self, raw: str, language: str, *, show: Callable[[str], str] = lambda text: text) -> str:
        text = clean(raw)
        if _SIMPLE.fullmatch(text):
            text = signs.read(self._repeats.read(text), "zh")
            return cut(text, self._limit) if is_sayable(text) else ""
        if "π" in text:
            text = text.replace("π", "派" if language == "zh" or _HAN.search(text) else " pi ")
        text = self._links.read(text)
        if "@" in text:
            around = "zh" if _HAN.search(text) else "en"
            text = _AT.sub(" 艾特 " if around == "zh" else " at ", text)
            text = _MENTION.sub(lambda at: f" {speak_name(at[1], around)} ", text)
        if "#" in text:
            text = _HASHTAG.sub(r" \1 ", text)
        if "_" in text:
            text = _FRAMED.sub(lambda name: speak_name(name[0]), text)
        if "O(" in text:
            text = arithmetic.cost(text, chinese=_HAN.search(text) is not None)
        text = self._faces.read(text, "zh" if _HAN.search(text) else "en")
        if not text.isascii():
            text = arithmetic.greek(text, chinese=language == "zh" or _HAN.search(text) is not None)
        if "!1" in text:
            text = _SLIPS.sub("!", text)
        text = cut(self._repeats.read(self._drawn.read(text)), self._limit + _SPARE)
        chinese = _HAN.search(text) is not None
        text = music.read(joints.read(text if chinese else shortened.read(text), chinese=chinese))
        context = Context(show(text), language, self._lexicon)
        text = arithmetic.letters(text, chinese=context.main == "zh")
        text = self._numbers.read(text, context)
        if _LATIN.search(text):
            text = self._words.read(text, context)
        text = finish(signs.read(text, "zh" if context.main == "zh" else "en"))
        text = _LAUGH.sub(r"\1\1\1", text).strip(",，、:：;；。 ")  # 2333 beside 哈哈哈
        text = show(finish(text))  # again: a mark that stood on what was stripped
        return cut(text, self._limit) if is_sayable(text) else ""


def _hiding(fragment: Fragment) -> Fragment:
    if isinstance(fragment, Verbatim):
        return Fragment(hidden(fragment.text))
    return replace(fragment, text=without_hidden(fragment.text))
