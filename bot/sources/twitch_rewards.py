"""Joins what Twitch tells twice of one redemption: what was redeemed, and the chat line typed with it."""

from __future__ import annotations

from collections.abc import Collection

from bot.sources.bounded import Bounded

MOST = 500  # of each thing that is remembered

_Key = tuple[str, str, str]  # the viewer's id, the reward's id, what was typed


class Rewards:
    """Which of the two says the text, so that it is told once.

    `heard`: redemptions are subscribed to; else every line is an ordinary message. `read_aloud` names the
    rewards (by title or id) whose text the redemption carries; None: every reward. A line of another one, or
    of one whose title is not known yet, stays an ordinary message, and its redemption carries no text.
    The two come in either order, and either may come twice.
    """

    def __init__(self, *, read_aloud: Collection[str] | None = None) -> None:
        self.heard = False
        self._aloud = None if read_aloud is None else {name.strip().casefold() for name in read_aloud}
        self._titles: Bounded[str, str] = Bounded(MOST)
        self._lines: Bounded[str, bool] = Bounded(MOST)  # message id -> taken
        self._redemptions: Bounded[str, str] = Bounded(MOST)  # redemption id -> its text
        self._waiting_lines: Bounded[_Key, str] = Bounded(MOST)
        self._waiting_redemptions: Bounded[_Key, str] = Bounded(MOST)
        self._links: Bounded[str, str] = Bounded(MOST)  # message id -> redemption id

    def learn(self, reward: str, title: str) -> None:
        self._titles[reward] = title

    def takes_line(self, user: str, reward: str, text: str, message: str) -> bool:
        """True if the redemption says what this chat message says."""
        if not self.heard or not reward:
            return False
        if message in self._lines:
            return self._lines[message]
        key = (user, reward, text.strip())
        taken = self._carries(reward)
        self._lines[message] = taken
        redemption = self._waiting_redemptions.pop(key, None)
        if redemption is None:
            self._waiting_lines[key] = message
        else:
            self._links[message] = redemption
        return taken

    def redeemed(self, user: str, reward: str, text: str, redemption: str) -> str:
        """The text that the redemption is to carry."""
        if redemption in self._redemptions:
            return self._redemptions[redemption]
        key = (user, reward, text.strip())
        message = self._waiting_lines.pop(key, None)
        if message is None:
            carries = self._carries(reward)
            self._waiting_redemptions[key] = redemption
        else:
            carries = self._lines.get(message, True)
            self._links[message] = redemption
        self._redemptions[redemption] = text if carries else ""
        return self._redemptions[redemption]

    def target(self, message: str) -> str:
        """The id of the event that told what the chat message with this id says."""
        return self._links.get(message, message) if self._lines.get(message) else message

    def _carries(self, reward: str) -> bool:
        if self._aloud is None:
            return True
        title = self._titles.get(reward, "")
        return reward.casefold() in self._aloud or title.strip().casefold() in self._aloud
