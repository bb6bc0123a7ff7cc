"""One connection to the broker under test."""

import select
import socket
import time

import wire


class Failed(Exception):
    """A case did not go as written."""


class Client:
    """One socket, and what has come through it. Packets that a step read past wait in `aside`."""

    def __init__(self, address, level):
        self.level, self.buffer, self.aside, self.is_closed = level, b"", [], False
        self.socket = socket.create_connection(address, 5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        try:
            self.socket.settimeout(5)
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The case finds out by what it expects next.

    def fill(self, deadline):
        """Reads once; False at the deadline."""
        left = deadline - time.monotonic()
        if self.is_closed or not select.select([self.socket], [], [], max(left, 0))[0]:
            return False
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        self.is_closed = not data
        return True

    def cut_frame(self):
        """(first byte, body, whole) of the first packet in the buffer, or None."""
        length, shift, at = 0, 0, 1
        while True:
            if at >= len(self.buffer):
                return None
            byte = self.buffer[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if not byte & 0x80:
                break
            if shift > 21:
                raise Failed("remaining length of more than four bytes")
        if len(self.buffer) < at + length:
            return None
        whole, self.buffer = self.buffer[: at + length], self.buffer[at + length :]
        return whole[0], whole[at:], whole

    def receive(self, wait):
        """The next packet, ("CLOSED", {}, []) or None after `wait` seconds."""
        deadline = time.monotonic() + wait
        while True:
            frame = self.cut_frame()
            if frame:
                self.raw = frame[2]
                return wire.decode(frame[0], frame[1], self.level)
            if self.is_closed:
                return "CLOSED", {}, []
            if not self.fill(deadline):
                return None

    def end(self, wait):
        """Says that nothing more will come, and waits for the broker to close as well."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return
        deadline = time.monotonic() + wait
        while not self.is_closed:
            if not self.fill(deadline):
                raise Failed("the broker does not close a connection that its client has closed")

    def next(self, wait):
        return self.aside.pop(0) if self.aside else self.receive(wait)
