"""Faces and pictures typed into text: kaomoji, emoticons, [emotes], :shortcodes: and emoji."""

from __future__ import annotations

import re
import unicodedata

from bot.chat.normalize.lexicon import Lexicon

# What surrounds a face: arms, tears, tables being turned. A face's inside is short and has no Chinese.
_ARM = (
    "[ヽヾノﾉ╯╰っつづゝ︵┻━┳┬─┴✿♡彡ミロو☆＊*~～o〃m≡ε=Σ∑。٩۶щᕕᕗᕦᕤʕʔ┐┌╭╮ง"
    "凸\\\\/¯_⊂⊃´`'ﾟ゜дД！!>｡✧⌒♪→←ԅლゞ☞σφψ(（]"
)
_KAOMOJI = re.compile(
    rf"{_ARM}{{0,6}}[(（ʕ]\s?((?:[^()（）一-鿿\n]|[益皿口罒曲]){{1,16}}?)\s?[)）ʔ]{_ARM}{{0,6}}[)）]?{_ARM}{{0,6}}"
)
_EYES = re.compile(
    r"[^\w\s.,!?+/%:;$€£¥&@#'\"“”‘’…、，。！？：；-]|[᐀-ᙿωдДツシΘθΦз益ーヮ皿口﹏ಠಥ●°•‿◕ᴗ]|\^.?\^|[\^<>=*]_|_[\^<>=*]|[;T]_[;T]|^[-=]_[-=]|^[;:^].?[;:^]$"
)
_CLOSED = re.compile(r"[\s_-]+")  # "( - )": eyes whose marks cannot be said
_XD = re.compile(r"(?<![A-Za-z0-9])[xX][dD]{2,40}(?![A-Za-z0-9])")
_CODE = re.compile(r"[A-Za-z0-9]\s?[=!<>]=?\s?[A-Za-z0-9]", re.ASCII)  # "(x == 1)"
_WORDS = re.compile(r"[A-Za-z0-9]{2,}|[ぁ-ゖァ-ヺ]{4,}|[가-힣]{2,}")
_EMOTE = re.compile(
    r"(?<!\[)\[([^\[\]\s\d]{1,12}(?:_[^\[\]\s]{1,12})?\d?|[^\[\]\s_]{1,16}_[^\[\]\s]{1,16})\](?!\])"
)
_INDEX = re.compile(r"(?<=[A-Za-z])\[([A-Za-z])\]")  # a[i], in code
_SHORTCODE = re.compile(r"(?<![\w:]):[A-Za-z][A-Za-z0-9_+-]{1,40}:(?![\w:])")
_SHRUG = re.compile(r"¯\\?_+[(（]ツ[)）]_+/?¯|[ಠ◕•°﹏╥☉][_‿﹏︵ᴥωД益.,-]*[ಠ◕•°﹏╥☉]|[┻┳][━┻┳─]+|[︵凸]+")
_SIGN = re.compile("[←-➿⬀-⯿\U0001f000-\U0001faff]")
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_NUMBER = re.compile(r"[\d.]+")  # 0.0: a face where the line ends with it
_COLON = re.compile(r":\d")  # 等级:3 is a number, 可爱:3 a face: by how the word before ends
_NO_TALLY = "(?<![级额亡杀数率分量名次血钱位龄段层关余剩金币命局轮胜负败攻人比])"
_MAY_HOLD_FACE = re.compile(
    r"[^\w\s，。！？、,.!?'’-]|_|(?<!\S)0\.0(?!\S)|\b(?:T|Q|q|O|o|x|X|D|O7|o7|A|u|U|n|v|q)", re.ASCII
)


class Faces:
    """`emoji` is "drop" or "name"; `emotes` is "drop" or "name" for what stands in brackets."""

    def __init__(self, lexicon: Lexicon, *, emotes: str, emoji: str) -> None:
        self._lexicon = lexicon
        self._emotes = emotes != "drop"
        self._names = emoji == "name"
        longest_first = sorted(lexicon.faces, key=len, reverse=True)
        self._faces = re.compile(
            r"(?<![\w:;=^<>/.-])(?:"
            + "|".join(
                re.escape(face) + (r"(?=\s?$)" if _NUMBER.fullmatch(face) else "") for face in longest_first
            )
            + r")(?![A-Za-z0-9_/%％\\])(?!\.\d)"
            # In Chinese a face follows a word without a space.
            r"|(?<=[㐀-鿿])(?:"
            + "|".join(
                (_NO_TALLY if _COLON.fullmatch(face) else "") + re.escape(face)
                for face in longest_first
                if face[0] not in "0./\\"
            )
            + r")(?![A-Za-z0-9/])"
        )

    def read(self, text: str, language: str) -> str:
        if not _MAY_HOLD_FACE.search(text):
            return text
        if "DD" in text or "dd" in text:
            text = _XD.sub(" ", text)
        if "[" in text:
            text = _INDEX.sub(r" \1 ", text)
            text = _EMOTE.sub(lambda emote: f" {emote[1]} " if self._emotes else " ", text)
        if ":" in text:
            text = _SHORTCODE.sub(" ", text)
        if any(bracket in text for bracket in "(（ʕ"):
            text = _KAOMOJI.sub(_kaomoji, text)
        if not text.isascii():
            text = _SHRUG.sub(" ", text)
        text = self._faces.sub(lambda face: self._face(face[0], language), text)
        return text if text.isascii() else self._symbols(text, language)

    def _face(self, face: str, language: str) -> str:
        said = self._lexicon.faces[face]
        return f" {said.zh if language == 'zh' else said.en} "

    def _symbols(self, text: str, language: str) -> str:
        if not self._names:
            return text  # they vanish with the other symbols
        text = _FLAGS.sub(" ", text)
        return _SIGN.sub(lambda sign: f" {self._name(sign[0], language)} ", text)

    def _name(self, sign: str, language: str) -> str:
        if language == "zh":
            return self._lexicon.emoji.get(sign, "")
        name = unicodedata.name(sign, "").lower()
        return "" if "modifier" in name or "arrow" in name else name.replace("-", " ")


def _kaomoji(match: re.Match[str]) -> str:
    inside = match[1]
    if _WORDS.search(inside) or _CODE.search(inside) or (inside.isalnum() and inside.isascii()):
        return match[0]
    if _EYES.search(inside) or inside in "ツシ" or _CLOSED.fullmatch(inside):
        return " "
    return match[0]
