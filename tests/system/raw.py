"""A client without a library: it sends what it is told, right or wrong, and reads strictly (tests/conformance/wire.py)."""

import socket
import time

import wire


class Closed(Exception):
    """The broker closed the connection."""


def items(fields):
    """Fields of a packet as wire.py wants them: will__qos=1, pass_=b"x", session_expiry=5; a list is a repeated field."""
    found = []
    for key, value in fields.items():
        key = key.rstrip("_").replace("__", ".").replace("_", "-")
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                one = one.encode("utf-8", "surrogatepass")
            found.append((key, "hex:" + one.hex() if isinstance(one, bytes) else str(int(one))))
    return found


def packet(name, level=4, **fields):
    return wire.encode(name, items(fields), level)


def connect_packet(client_id, level=4, **fields):
    return packet("CONNECT", level, id=client_id, **fields)


def raw_frame(first, body):
    return bytes([first]) + wire.varint(len(body)) + body


class Raw:
    def __init__(self, address, level=4, timeout=10, source=None):
        self.level, self.buffer, self.aside = level, b"", []
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(timeout)
        if source:
            self.socket.bind(source)
        self.socket.connect(address)
        if family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, name, **fields):
        self.send_bytes(packet(name, self.level, **fields))

    def fill(self, count):
        while len(self.buffer) < count:
            try:
                got = self.socket.recv(65536)
            except ConnectionError as error:
                raise Closed from error
            if not got:
                raise Closed
            self.buffer += got

    def receive(self):
        """(name, fields, properties) of the next packet."""
        return self.aside.pop(0) if self.aside else self.read()

    def read(self):
        self.fill(2)
        length, at = 0, 1
        while True:
            self.fill(at + 1)
            byte = self.buffer[at]
            length |= (byte & 0x7F) << 7 * (at - 1)
            at += 1
            if not byte & 0x80:
                break
        self.fill(at + length)
        first, body, self.buffer = self.buffer[0], self.buffer[at:at + length], self.buffer[at + length:]
        name, fields, properties = wire.decode(first, body, self.level)
        return name, fields, dict(properties)

    def expect(self, name):
        """The fields (with the properties) of the next packet, which must be a `name`."""
        got, fields, properties = self.receive()
        assert got == name, f"{got} {fields} {properties} instead of {name}"
        return {**properties, **fields}

    def wait_for(self, name):
        """As expect(), but messages that come first are kept for later."""
        kept = []
        while True:
            packet_ = self.receive()
            if packet_[0] == name:
                self.aside = kept + self.aside
                return {**packet_[2], **packet_[1]}
            assert packet_[0] == "PUBLISH", f"{packet_} instead of {name}"
            kept.append(packet_)

    def rest(self):
        """All bytes until the broker closes; it must do so within the timeout."""
        try:
            while True:
                self.fill(len(self.buffer) + 1)
        except Closed:
            return self.buffer

    def connect(self, client_id, **fields):
        """The CONNACK."""
        self.send_bytes(connect_packet(client_id, self.level, **fields))
        return self.expect("CONNACK")

    def subscribe(self, *filters, qos=0, packet_id=1, **fields):
        """The codes of the SUBACK."""
        pairs = items(fields) + items({"id": packet_id})
        for one in filters:
            pairs += items({"filter": one, "qos": qos})
        self.send_bytes(wire.encode("SUBSCRIBE", pairs, self.level))
        return self.wait_for("SUBACK")["codes"]

    def publish(self, topic, payload="", qos=0, packet_id=0, **fields):
        self.send("PUBLISH", topic=topic, payload=payload, qos=qos, **({"id": packet_id} if qos else {}), **fields)

    def publish_acked(self, topic, payload="", packet_id=1, **fields):
        """The reason code of the PUBACK."""
        self.publish(topic, payload, 1, packet_id, **fields)
        return self.wait_for("PUBACK")["rc"]

    def leave(self):
        """Says goodbye; on return the broker has taken note."""
        self.send("DISCONNECT")
        self.rest()

    def ping(self):
        self.send("PINGREQ")
        self.wait_for("PINGRESP")

    def messages(self):
        """[(topic, payload)] of all PUBLISH packets until the answer to a ping."""
        self.send("PINGREQ")
        found = []
        while True:
            name, fields, _ = self.receive()
            if name == "PINGRESP":
                return found
            if name == "PUBLISH":
                found.append((fields["topic"].decode(), fields["payload"].decode(errors="replace")))
                if fields["qos"]:
                    self.send("PUBACK" if fields["qos"] == 1 else "PUBREC", id=fields["id"])
            if name == "PUBREL":
                self.send("PUBCOMP", id=fields["id"])


def connected(address, client_id, level=4, **fields):
    """A client that is in."""
    client = Raw(address, level)
    answer = client.connect(client_id, **fields)
    assert answer["rc"] == 0, answer
    return client


def ends_within(client, seconds):
    """Whether the broker closes the connection; what it sends before that is ignored."""
    deadline = time.monotonic() + seconds
    client.socket.settimeout(seconds)
    try:
        while time.monotonic() < deadline:
            if not client.socket.recv(65536):
                return True
    except ConnectionError:
        return True
    except socket.timeout:
        return False
    return False
