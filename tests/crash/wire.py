"""As much of MQTT 3.1.1 and 5.0 as the checker speaks: packets to bytes, bytes to packets."""

import collections

CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 2, 3, 4, 5, 6, 7
SUBACK, UNSUBACK, PINGRESP, DISCONNECT = 9, 11, 13, 14
NAMES = {
    CONNACK: "CONNACK",
    PUBLISH: "PUBLISH",
    PUBACK: "PUBACK",
    PUBREC: "PUBREC",
    PUBREL: "PUBREL",
    PUBCOMP: "PUBCOMP",
    SUBACK: "SUBACK",
    UNSUBACK: "UNSUBACK",
    PINGRESP: "PINGRESP",
    DISCONNECT: "DISCONNECT",
}
RECEIVE_MAXIMUM = 0x21
# Properties of CONNACK: how many bytes follow the identifier. -1 a string, -2 a pair of strings.
CONNACK_SIZES = {
    0x11: 4,
    0x12: -1,
    0x13: 2,
    0x15: -1,
    0x16: -1,
    0x1A: -1,
    0x1C: -1,
    0x1F: -1,
    0x21: 2,
    0x22: 2,
    0x24: 1,
    0x25: 1,
    0x26: -2,
    0x27: 4,
    0x28: 1,
    0x29: 1,
    0x2A: 1,
}

Publish = collections.namedtuple("Publish", "topic payload qos retain dup packet_id")
Ack = collections.namedtuple("Ack", "packet_id reason")
Connack = collections.namedtuple("Connack", "session_present reason receive_maximum")
Suback = collections.namedtuple("Suback", "packet_id reasons")


class Malformed(Exception):
    """The broker sent what is no MQTT."""


def length_bytes(length):
    out = bytearray()
    while True:
        length, digit = length >> 7, length & 0x7F
        out.append(digit | 0x80 if length else digit)
        if not length:
            return bytes(out)


def packet(first, body):
    return bytes([first]) + length_bytes(len(body)) + body


def text(value):
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


def connect(level, client_id, clean, expiry, receive_maximum, will=None):
    """`expiry` and `receive_maximum` are for MQTT 5 only. No keep alive: the checker needs none.
    `will` is (topic, payload, qos)."""
    flags = (2 if clean else 0) | (4 | will[2] << 3 if will else 0)
    body = text("MQTT") + bytes([level, flags, 0, 0])
    if level == 5:
        properties = b"\x11" + expiry.to_bytes(4, "big")
        properties += b"\x21" + receive_maximum.to_bytes(2, "big")
        body += length_bytes(len(properties)) + properties
    body += text(client_id)
    if will:
        topic, payload, _ = will
        body += b"\0" * (level == 5) + text(topic) + len(payload).to_bytes(2, "big") + payload
    return packet(0x10, body)


def publish(level, topic, payload, qos, retain, dup, packet_id):
    name = topic.encode()
    head = len(name).to_bytes(2, "big") + name
    if qos:
        head += packet_id.to_bytes(2, "big")
    if level == 5:
        head += b"\0"
    first = 0x30 | (8 if dup else 0) | qos << 1 | (1 if retain else 0)
    return packet(first, head + payload)


def ack(kind, packet_id):
    return bytes([kind << 4 | (2 if kind == PUBREL else 0), 2]) + packet_id.to_bytes(2, "big")


def subscribe(level, packet_id, topic_filter, qos):
    body = packet_id.to_bytes(2, "big") + (b"\0" if level == 5 else b"")
    return packet(0x82, body + text(topic_filter) + bytes([qos]))


def unsubscribe(level, packet_id, topic_filter):
    body = packet_id.to_bytes(2, "big") + (b"\0" if level == 5 else b"")
    return packet(0xA2, body + text(topic_filter))


def disconnect():
    return b"\xe0\0"


def read_length(data, at):
    """(value, where it ends); (None, at) if it is not whole yet."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 21:
            raise Malformed("a length of more than four bytes")
    return None, at


def split(buffer):
    """Takes whole packets off the front of a bytearray: [(first byte, body)]."""
    frames, at = [], 0
    while at + 2 <= len(buffer):
        length, body = read_length(buffer, at + 1)
        if length is None or body + length > len(buffer):
            break
        frames.append((buffer[at], bytes(buffer[body : body + length])))
        at = body + length
    del buffer[:at]
    return frames


def decode(first, body, level):
    """(kind, one of the tuples above or None)"""
    kind = first >> 4
    try:
        if kind == PUBLISH:
            return kind, decode_publish(first, body, level)
        if PUBACK <= kind <= PUBCOMP:
            reason = body[2] if level == 5 and len(body) > 2 else 0
            return kind, Ack(body[0] << 8 | body[1], reason)
        if kind == CONNACK:
            return kind, decode_connack(body, level)
        if kind in (SUBACK, UNSUBACK):
            at = 2
            if level == 5:
                size, at = read_length(body, 2)
                at += size
            return kind, Suback(body[0] << 8 | body[1], body[at:])
        if kind == DISCONNECT:
            return kind, Ack(0, body[0] if body else 0)
    except (IndexError, TypeError, UnicodeDecodeError) as why:
        raise Malformed(f"{NAMES.get(kind, kind)} {body[:40].hex()}: {why}") from why
    if kind != PINGRESP:
        raise Malformed(f"a packet of kind {kind}")
    return kind, None


def decode_publish(first, body, level):
    at = 2 + (body[0] << 8 | body[1])
    topic = body[2:at].decode()
    qos, packet_id = first >> 1 & 3, 0
    if qos:
        packet_id = body[at] << 8 | body[at + 1]
        at += 2
    if level == 5:
        size, at = read_length(body, at)
        at += size
    return Publish(topic, body[at:], qos, bool(first & 1), bool(first & 8), packet_id)


def decode_connack(body, level):
    receive_maximum = 65535
    if level == 5:
        size, at = read_length(body, 2)
        end = at + size
        while at < end:
            name = body[at]
            width = CONNACK_SIZES[name] if name in CONNACK_SIZES else 0
            at += 1
            if name == RECEIVE_MAXIMUM:
                receive_maximum = body[at] << 8 | body[at + 1]
            for _ in range(-width if width < 0 else 0):
                at += 2 + (body[at] << 8 | body[at + 1])
            at += max(width, 0)
    return Connack(bool(body[0] & 1), body[1], receive_maximum)
