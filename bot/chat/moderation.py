"""What viewers and moderators change of how chat is read: taught words and blocked words, as commands ask."""

from __future__ import annotations

from bot.chat.blocklist import Blocklist, Unchanged
from bot.chat.commands import Standing, standing
from bot.chat.readings import Readings, Untaught
from bot.chat.viewers import viewer_id
from bot.messages import CHANNEL, ChatEvent, author_of


class Taught:
    """Readings: a viewer's are for their own messages, a subscriber's and a moderator's for everybody's."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def teach(self, word: str, reading: str, event: ChatEvent) -> str:
        """A sentence on why it cannot be, or ""."""
        name, own = _author(event)
        taught = self._readings.teach(word, reading, name, CHANNEL if _for_all(event) else own)
        return taught.sentence if isinstance(taught, Untaught) else ""

    def forget(self, word: str, event: ChatEvent) -> bool:
        """Forgets one's own; a moderator also what others have taught everybody."""
        name, own = _author(event)
        if not isinstance(self._readings.forget(word, name, own), Untaught):
            return True
        mine = any(one.by == name for one in self._readings.of() if one.word.casefold() == word.casefold())
        if mine or _standing(event) >= Standing.MODERATOR:
            return not isinstance(self._readings.forget(word, name), Untaught)
        return False

    def words(self, event: ChatEvent) -> list[tuple[str, str]]:
        """(word, reading) of what counts for the author of an event."""
        _, own = _author(event)
        return [(one.word, one.reading) for one in (*self._readings.of(), *self._readings.of(own))]


class Blocked:
    """The block list as moderators edit it from chat; a sentence says why it could not be changed."""

    def __init__(self, blocklist: Blocklist) -> None:
        self._blocklist = blocklist

    def block(self, word: str, by: str) -> str:
        changed = self._blocklist.add(word, by)
        return changed.sentence if isinstance(changed, Unchanged) else ""

    def unblock(self, word: str, by: str) -> str:
        changed = self._blocklist.remove(word, by)
        return changed.sentence if isinstance(changed, Unchanged) else ""


def _author(event: ChatEvent) -> tuple[str, str]:
    author = author_of(event)
    return author.name if author else "", viewer_id(event)


def _standing(event: ChatEvent) -> Standing:
    author = author_of(event)
    return standing(author) if author else Standing.EVERYONE


def _for_all(event: ChatEvent) -> bool:
    return _standing(event) >= Standing.SUBSCRIBER
