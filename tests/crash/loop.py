"""One thread, one selector, one heap of timers."""

import heapq
import itertools
import selectors
import time


class Loop:
    """`now` is read once a turn."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.now = time.monotonic()
        self.timers = []
        self.order = itertools.count()

    def after(self, seconds, call):
        heapq.heappush(self.timers, (self.now + seconds, next(self.order), call))

    def turn(self):
        wait = 0.05
        if self.timers:
            wait = min(max(self.timers[0][0] - time.monotonic(), 0), wait)
        ready = self.selector.select(wait)
        self.now = time.monotonic()
        for key, events in ready:
            key.data(events)
        while self.timers and self.timers[0][0] <= self.now:
            heapq.heappop(self.timers)[2]()
