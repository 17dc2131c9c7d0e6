"""A bounded memory of what was seen lately."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable


class Recent:
    """Remembers the last `most` different items that were added."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[Hashable, None] = OrderedDict()

    def __contains__(self, item: Hashable) -> bool:
        return item in self._items

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: Hashable) -> bool:
        """True if `item` was not remembered yet."""
        if item in self._items:
            return False
        self._items[item] = None
        if len(self._items) > self._most:
            self._items.popitem(last=False)
        return True
