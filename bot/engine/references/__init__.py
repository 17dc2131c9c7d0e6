"""A voice's reference: from any recording to the seconds of sound and the words that it is cloned from."""

from bot.engine.references.load import load_reference
from bot.engine.references.prepare import Prepared, Refused, prepare
from bot.engine.references.report import Check, Report
from bot.engine.references.sound import RATE, Sound, sound_of

__all__ = ["RATE", "Check", "Prepared", "Refused", "Report", "Sound", "load_reference", "prepare", "sound_of"]
