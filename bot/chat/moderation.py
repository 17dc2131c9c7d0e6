"""What viewers and moderators change of how chat is read: taught words and blocked words, as commands ask."""

from __future__ import annotations

from bot.chat.blocklist import Blocklist, Unchanged
from bot.chat.commands import Standing, standing
from bot.chat.readings import Readings, Untaught, key_of
from bot.chat.viewers import viewer_id
from bot.messages import CHANNEL, ChatMessage


class Taught:
    """Readings: a viewer's are for their own messages, a subscriber's and a moderator's for everybody's."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def is_for_all(self, message: ChatMessage) -> bool:
        """Whether what the author of a message teaches counts for everybody."""
        return standing(message.author) >= Standing.SUBSCRIBER

    def teach(self, word: str, reading: str, message: ChatMessage) -> Untaught | None:
        """Why it cannot be, or None: it is taught."""
        scope = CHANNEL if self.is_for_all(message) else viewer_id(message)
        taught = self._readings.teach(word, reading, message.author.name, scope)
        return taught if isinstance(taught, Untaught) else None

    def forget(self, word: str, message: ChatMessage) -> bool:
        """Forgets one's own; a moderator also what others have taught everybody."""
        name = message.author.name
        if not isinstance(self._readings.forget(word, name, viewer_id(message)), Untaught):
            return True
        key = key_of(" ".join(word.split()))
        mine = any(one.by == name for one in self._readings.of() if key_of(one.word) == key)
        if mine or standing(message.author) >= Standing.MODERATOR:
            return not isinstance(self._readings.forget(word, name), Untaught)
        return False

    def words(self, message: ChatMessage) -> list[tuple[str, str]]:
        """(word, reading) of what counts for the author of a message."""
        own = self._readings.of(viewer_id(message))
        return [(one.word, one.reading) for one in (*self._readings.of(), *own)]


class Blocked:
    """The block list as moderators edit it from chat; `Unchanged` says why it could not be."""

    def __init__(self, blocklist: Blocklist) -> None:
        self._blocklist = blocklist

    def block(self, word: str, by: str) -> Unchanged | None:
        changed = self._blocklist.add(word, by)
        return changed if isinstance(changed, Unchanged) else None

    def unblock(self, word: str, by: str) -> Unchanged | None:
        changed = self._blocklist.remove(word, by)
        return changed if isinstance(changed, Unchanged) else None
