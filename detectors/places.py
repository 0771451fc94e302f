"""Lists that are kept in order: a new item goes to its place, which is the last one as a rule."""

from bisect import insort
from collections.abc import Callable
from typing import Any, TypeVar

Item = TypeVar("Item")


def put_in_place(items: list[Item], item: Item, key: Callable[[Item], Any]) -> None:
    """Puts the item behind those whose key is not greater; looks for the place only where it is not the last."""
    if items and key(item) < key(items[-1]):
        insort(items, item, key=key)
    else:
        items.append(item)
