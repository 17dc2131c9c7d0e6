"""Chat text made speakable: digits, slang, acronyms, names and signs as a person would read them aloud."""

from bot.chat.normalize.language import Run, has_chinese
from bot.chat.normalize.lexicon import Lexicon, load, standard
from bot.chat.normalize.normalizer import Normalizer, Reading
from bot.chat.normalize.verbatim import Verbatim

__all__ = ["Lexicon", "Normalizer", "Reading", "Run", "Verbatim", "has_chinese", "load", "standard"]
