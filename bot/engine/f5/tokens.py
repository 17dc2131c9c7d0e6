"""Text to the tokens that F5-TTS was trained on: pinyin with tones for Chinese, characters for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.engine.voices import packaged_file

PACKAGED_VOCABULARY = "infer/examples/vocab.txt"  # in the f5_tts package

# The vocabulary knows only straight quotes, and no ASCII semicolon.
_TRANSLATION = str.maketrans({";": ",", "“": '"', "”": '"', "‘": "'", "’": "'"})
_NO_SPACE_AFTER = " :'\""
_UNKNOWN = 0


class VocabularyError(Exception):
    """The vocabulary cannot be read or found; the message is one sentence."""


def warm() -> None:
    """Loads the dictionaries (0.35 s on two cores), so that the first text need not wait for them."""
    tokens("你好")


def words(text: str) -> list[str]:
    """`text` cut into words, which join to it: jieba's dictionary and Viterbi path for Chinese."""
    import rjieba  # here: its dictionary is 0.08 s of loading, which not every engine process needs

    found: list[str] = rjieba.cut(text)
    return found


def tokens(text: str) -> list[str]:
    """What `convert_char_to_pinyin([text])[0]` of f5_tts gives, in 1.1.10 and 1.1.22 alike.

    Words that are pure ASCII give their characters, with a space before a word that follows something else;
    Chinese words give " " and the syllable with its tone ("hao3") for each character, tones as they change
    in the word. Half a surrogate pair, which f5_tts refuses, is left out.
    """
    found: list[str] = []
    whole = text.encode("utf-8", "ignore").decode()
    for word in words(whole.translate(_TRANSLATION)):
        if word.isascii():
            if found and len(word) > 1 and found[-1] not in _NO_SPACE_AFTER:
                found.append(" ")
            found.extend(word)
        elif all("\u0800" <= character <= "\uffff" for character in word):  # three bytes each in UTF-8
            syllables = _pinyin(word)
            if len(syllables) != len(word):  # letters that pypinyin leaves together; jieba gives no such word
                syllables = list(word)
            for character, syllable in zip(word, syllables, strict=True):
                found.extend((" ", syllable) if _is_chinese(character) else (syllable,))
        else:
            for character in word:
                if _is_chinese(character):
                    found.append(" ")
                    found.extend(_pinyin(character))
                else:
                    found.append(character)
    return found


def _pinyin(word: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin  # here: 0.25 s of loading

    return lazy_pinyin(word, style=Style.TONE3, tone_sandhi=True)


def _is_chinese(character: str) -> bool:
    return "\u3100" <= character <= "\u9fff"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens that a checkpoint knows, and their numbers."""

    numbers: Mapping[str, int]

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Reads a vocab.txt: one token a line, its number the line's. Raises VocabularyError."""
        try:
            with path.open(encoding="utf-8") as lines:
                numbers = {line[:-1]: number for number, line in enumerate(lines)}
        except OSError as fault:
            raise VocabularyError(f"The vocabulary {path} cannot be read: {fault.strerror}.") from fault
        except UnicodeDecodeError as fault:
            raise VocabularyError(f"The vocabulary {path} is not a text file in UTF-8.") from fault
        if not numbers:
            raise VocabularyError(f"The vocabulary {path} is empty.")
        return cls(numbers)

    @property
    def size(self) -> int:
        """How many tokens there are: the `text_num_embeds` of the checkpoint."""
        return len(self.numbers)

    def ids(self, text: str) -> list[int]:
        """One number a token, as f5_tts's `list_str_to_idx` gives; what is not known is 0, as a space is.

        The reference's text and the new one are converted as one string: words may join across the two.
        """
        return [self.numbers.get(token, _UNKNOWN) for token in tokens(text)]


def packaged_vocabulary() -> Path:
    """Where the f5-tts package keeps its vocab.txt; the package is not imported. Raises VocabularyError."""
    if path := packaged_file(PACKAGED_VOCABULARY):
        return path
    raise VocabularyError("The f5-tts package, or its vocab.txt, was not found: pip install f5-tts")
