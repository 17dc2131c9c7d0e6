"""Tells the chat messages that the bot wrote from those that a person typed with the same account."""

from __future__ import annotations

from collections import deque


class OwnMessages:
    """Which chat messages the bot wrote itself. Not those of its account: the streamer types with it too.

    A message can come back as an event before the request that sent it is answered, so its text counts until
    its id is known.
    """

    def __init__(self, most: int = 100) -> None:
        self._texts: deque[str] = deque(maxlen=most)
        self._ids: deque[str] = deque(maxlen=most)

    def sending(self, text: str) -> None:
        self._texts.append(text)

    def sent(self, text: str, message_id: str) -> None:
        """`message_id` is "" if it was not sent after all."""
        if text in self._texts:
            self._texts.remove(text)
        if message_id:
            self._ids.append(message_id)

    def wrote(self, message_id: str, text: str) -> bool:
        if message_id in self._ids:
            return True
        if text not in self._texts:
            return False
        self._texts.remove(text)
        self._ids.append(message_id)
        return True
