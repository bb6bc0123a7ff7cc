"""Everything that happened, one event a line, in files that rotate at each inspection:

    SECONDS WHO WHAT... [MESSAGE]

A message is named PUBLISHER/TOPIC/qQOS#NUMBER. A star before WHAT marks what concerns the whole
session or the broker."""

import collections
import glob
import gzip
import os
import shutil

BROKER = "broker"
LINES_MAX = 160


class History:
    def __init__(self, folder, loop):
        self.folder, self.loop, self.began = folder, loop, loop.now
        self.number = 0
        self.open()

    def open(self):
        self.number += 1
        self.path = os.path.join(self.folder, f"history-{self.number:03}.txt")
        self.file = open(self.path, "w", encoding="utf-8", buffering=1 << 20)

    def rotate(self):
        """A new file; those before are packed."""
        self.file.close()
        with open(self.path, "rb") as old, gzip.open(self.path + ".gz", "wb", 1) as packed:
            shutil.copyfileobj(old, packed)
        os.unlink(self.path)
        self.open()

    def add(self, who, what):
        self.file.write(f"{self.loop.now - self.began:.4f} {who} {what}\n")

    def lines(self):
        """All lines, from the first."""
        self.file.flush()
        for path in sorted(glob.glob(os.path.join(self.folder, "history-*"))):
            reader = gzip.open if path.endswith(".gz") else open
            with reader(path, "rt", encoding="utf-8") as file:
                yield from file

    def of_message(self, name, who):
        """The events of one message, with the life of the broker and the connections of those
        concerned around them."""
        own, around, who = [], [], who | {BROKER}
        for order, line in enumerate(self.lines()):
            words = line.split()
            if name in words:
                own.append((order, line))
                who = who | {words[1]}
            elif words[2] == "*":
                around.append((order, line))
        if not own:
            return []
        first, last = float(own[0][1].split()[0]) - 1, float(own[-1][1].split()[0]) + 3
        near = [
            (order, line)
            for order, line in around
            if line.split()[1] in who and first <= float(line.split()[0]) <= last
        ]
        return shorten([line.rstrip() for _, line in sorted(own + near)])

    def of_sessions(self, who):
        """The last connections of these sessions, and the last lives of the broker."""
        chosen = collections.deque(maxlen=30)
        for line in self.lines():
            words = line.split(maxsplit=3)
            if words[2] == "*" and (words[1] == BROKER or words[1] in who):
                chosen.append(line.rstrip())
        return list(chosen)


def shorten(lines):
    if len(lines) <= LINES_MAX:
        return lines
    half = LINES_MAX // 2
    return lines[:half] + [f"... {len(lines) - 2 * half} lines left out ..."] + lines[-half:]
