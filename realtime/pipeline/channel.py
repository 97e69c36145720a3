"""A bounded queue between two workers that knows when either side has gone."""

import math
import threading
import time
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

_TICK = 0.5
"""Seconds after which a wait looks up, for platforms where Ctrl-C does not interrupt one."""


class Channel(Generic[T]):
    """Items in order from producers to one consumer.

    Args:
        size: how many items it holds at most.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._closed = False

    def put(self, item: T) -> None:
        """Append an item, waiting for room; does nothing once the consumer has gone."""
        with self._changed:
            while len(self._items) >= self._size and not self._closed:
                self._changed.wait(_TICK)
            self._append(item)

    def offer(self, item: T) -> bool:
        """Append an item if there is room; whether there was."""
        with self._changed:
            room = len(self._items) < self._size
            if room:
                self._append(item)
            return room

    def replace(self, item: T) -> bool:
        """Append an item, letting the oldest one go where there is no room; whether one had to go."""
        with self._changed:
            full = len(self._items) >= self._size
            if full:
                self._items.popleft()
            self._append(item)
            return full

    def end(self) -> None:
        """The producers are done: the consumer still gets what is there."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def close(self) -> None:
        """The consumer is gone: what is there is forgotten and producers no longer wait."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()

    def take(self, timeout: float = math.inf) -> T | None:
        """The next item, waiting for it up to `timeout` seconds; None after the last one, or when time is up."""
        until = time.monotonic() + timeout
        with self._changed:
            while not self._items and not self.exhausted and (left := until - time.monotonic()) > 0:
                self._changed.wait(min(_TICK, left))
            if not self._items:
                return None
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    @property
    def exhausted(self) -> bool:
        """Whether no item is there and none will come."""
        return not self._items and (self._ended or self._closed)

    def _append(self, item: T) -> None:
        if not self._closed:
            self._items.append(item)
            self._changed.notify_all()
