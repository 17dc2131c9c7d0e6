"""Tells a sum that is the worth of the thing after it ("a $500k house") from one that stands for itself."""

from __future__ import annotations

import re

from bot.chat.normalize.place import Place

_ARTICLE = re.compile(
    r"(?:^|\s)(?:a|an|my|his|her|your|this|that|the|their|our|another|one|some|free|extra)\s$", re.IGNORECASE
)
_FUNCTION = re.compile(
    r"\s(?:is|was|are|were|of|for|and|or|to|that|i|he|she|it|you|u|they|we|from|in|on|at|per|each|every|a|an"
    r"|the|if|but|so|when|with|please|pls|just|more|less|off|back|lol|now|today|says?|will|would|can|do|ago"
    r"|worth|total|only|vs|versus)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\s[A-Za-z]{3,}")
_THING = re.compile(
    r"\s(?:house|car|pc|game|build|setup|dono|donation|bet|prize|keyboard|mouse|chair|mic|skin|bill|fine|gift"
    r"|tip|deal|contract|company|budget|bounty|monitor|card|gpu|bundle|dlc|tickets?|meal|watch|ring|sub|rent"
    r"|fee|deposit|phone|headset|steak|laptop|burger|coffee|pizza|wedding|pot|note|bottle|camera|bag|item"
    r"|controller|salary|giveaway|prizepool)\b",
    re.IGNORECASE,
)


def is_worth(place: Place) -> bool:
    """What follows is a thing that costs so much."""
    if _THING.match(place.after):
        return True
    named = _NAMED.match(place.after) and not _FUNCTION.match(place.after)
    return bool(named and follows_article(place))


def follows_article(place: Place) -> bool:
    return _ARTICLE.search(place.before) is not None
