"""A WebSocket client without a library: the request, then frames, right or wrong. What it carries is a raw.Raw client's."""

import base64
import os
import socket
import struct

import raw

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
BINARY, CLOSE, PING, PONG = 2, 8, 9, 10


def request(path="/mqtt", host="broker", protocol="mqtt", key=KEY, **headers):
    """Bytes of the request; a header that is None is left out. Names: Origin=..., X_Forwarded_For=..."""
    fields = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key,
              "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": protocol}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


def frame(payload=b"", opcode=BINARY, is_last=True, is_masked=True):
    size = len(payload)
    head = bytes([(0x80 if is_last else 0) | opcode])
    bit = 0x80 if is_masked else 0
    if size < 126:
        head += bytes([bit | size])
    else:
        head += bytes([bit | 126]) + struct.pack(">H", size) if size < 65536 else bytes([bit | 127]) + struct.pack(">Q", size)
    if not is_masked:
        return head + payload
    mask = os.urandom(4)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


class Framed:
    """Looks like a socket to raw.Raw: bytes go out in frames, payloads come in."""

    def __init__(self, plain):
        self.plain, self.came, self.controls = plain, b"", []

    def take(self, count):
        while len(self.came) < count:
            got = self.plain.recv(65536)
            if not got:
                return None
            self.came += got
        taken, self.came = self.came[:count], self.came[count:]
        return taken

    def head(self):
        """The answer to the request, to its empty line; with a body if it says so."""
        text = b""
        while not text.endswith(b"\r\n\r\n"):
            byte = self.take(1)
            if byte is None:
                return text
            text += byte
        return text

    def sendall(self, data):
        self.plain.sendall(frame(data))

    def recv(self, _):
        """The payload of the next data frame; control frames are put aside. Empty: the end."""
        while True:
            head = self.take(2)
            if head is None:
                return b""
            assert head[0] & 0xF0 == 0x80 and not head[1] & 0x80, head
            size = head[1]
            if size == 126:
                size, = struct.unpack(">H", self.take(2))
            elif size == 127:
                size, = struct.unpack(">Q", self.take(8))
            payload = self.take(size) if size else b""
            if head[0] & 15 == BINARY:
                return payload
            self.controls.append((head[0] & 15, payload))

    def close(self):
        self.plain.close()


def over(plain, level=4, **wish):
    """A raw client over WebSocket on a connected socket; .head is the answer to the request."""
    client = raw.Raw.__new__(raw.Raw)
    client.level, client.buffer, client.aside = level, b"", []
    client.socket = Framed(plain)
    plain.sendall(request(**wish))
    client.head = client.socket.head()
    return client


def opened(address, level=4, **wish):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    plain = socket.socket(family)
    plain.settimeout(10)
    plain.connect(address)
    return over(plain, level, **wish)


def connected(address, client_id, level=4, wish=None, **fields):
    client = opened(address, level, **(wish or {}))
    assert client.head.startswith(b"HTTP/1.1 101 "), client.head
    answer = client.connect(client_id, **fields)
    assert answer["rc"] == 0, answer
    return client


def closed_with(client):
    """Reads to the end: (code, reason) of the broker's close frame; None: it sent none."""
    client.rest()
    for opcode, payload in client.socket.controls:
        if opcode == CLOSE:
            return (int.from_bytes(payload[:2], "big"), payload[2:].decode()) if payload else (1005, "")
    return None


def random_key():
    return base64.b64encode(os.urandom(16)).decode()
