"""One TCP connection to the broker: bytes out without blocking, packets in."""

import collections
import selectors
import socket

import wire

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Link:
    """Calls owner.on_packet(link, kind, packet) and, once and last, owner.on_closed(link, why).
    `life` is the life of the broker (counted by its starts) to which it is connected."""

    def __init__(self, loop, port, life, owner):
        self.loop, self.owner, self.life = loop, owner, life
        self.is_open, self.inbox, self.outbox = True, bytearray(), bytearray()
        self.late = collections.deque()
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect_ex(("127.0.0.1", port))
        self.interest = READ | WRITE
        loop.selector.register(self.socket, self.interest, self.on_ready)

    def send(self, data):
        """Written as soon as the socket takes it."""
        if self.is_open:
            self.outbox += data
            self.want(READ | WRITE)

    def send_later(self, data, seconds, on_sent):
        """After a while, but not before what was to be sent later before it; then calls on_sent()."""
        due = max(self.loop.now + seconds, self.late[-1][0] if self.late else 0)
        self.late.append((due, data, on_sent))
        self.loop.after(due - self.loop.now, self.send_due)

    def send_due(self):
        while self.is_open and self.late and self.late[0][0] <= self.loop.now:
            _, data, on_sent = self.late.popleft()
            self.send(data)
            on_sent()

    def want(self, interest):
        if interest != self.interest:
            self.interest = interest
            self.loop.selector.modify(self.socket, interest, self.on_ready)

    def on_ready(self, events):
        if not self.is_open:
            return  # Closed by what came on another one in this turn.
        try:
            if events & READ:
                self.read()
            if self.is_open and events & WRITE:
                self.flush()
        except BlockingIOError:
            pass
        except OSError as error:
            self.close(error.strerror)
        except wire.Malformed as error:
            self.owner.on_nonsense(self, str(error))
            self.close(f"malformed: {error}")

    def read(self):
        data = self.socket.recv(1 << 18)
        self.inbox += data
        for first, body in wire.split(self.inbox):
            kind, packet = wire.decode(first, body, self.owner.level)
            self.owner.on_packet(self, kind, packet)
            if not self.is_open:
                return  # What else came on it is lost, as if it had been on its way.
        if not data:
            self.close("closed by the broker")

    def flush(self):
        if self.outbox:
            del self.outbox[: self.socket.send(self.outbox)]
        if not self.outbox:
            self.want(READ)

    def finish(self, data):
        """Sends what can be sent at once, and closes."""
        self.outbox += data
        try:
            self.flush()
        except OSError:
            pass
        self.close(None)

    def close(self, why):
        """With a reason the owner is told."""
        if not self.is_open:
            return
        self.is_open = False
        self.loop.selector.unregister(self.socket)
        self.socket.close()
        if why is not None:
            self.owner.on_closed(self, why)
