"""MQTT packets as text and bytes. encode() writes what it is told, right or wrong: that is how
malformed packets are made. decode() is strict: it raises Bad for anything that a server must not
send, whatever the case was about."""

from tables import BOOLEAN, BY_NUMBER, FLAGS, NOT_ZERO, PACKETS, PROPERTIES, REASONS, REPEATABLE


class Bad(Exception):
    """The server sent what no server may send."""


def to_bytes(value):
    """A value of a case: bare, "quoted" with \\xNN escapes, hex:00ff or rep:COUNT:TEXT."""
    if value.startswith("hex:"):
        return bytes.fromhex(value[4:])
    if value.startswith("rep:"):
        _, count, text = value.split(":", 2)
        return to_bytes(text) * int(count)
    if not value.startswith('"'):
        return value.encode("utf-8", "surrogateescape")
    out, at, text = bytearray(), 0, value[1:-1]
    while at < len(text):
        if text[at : at + 2] == "\\x":
            out.append(int(text[at + 2 : at + 4], 16))
            at += 4
        elif text[at] == "\\":
            out += text[at + 1].encode()
            at += 2
        else:
            out += text[at].encode("utf-8", "surrogateescape")
            at += 1
    return bytes(out)


def varint(number):
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def text(value):
    return len(value).to_bytes(2, "big") + value


def encode_property(name, value):
    number, form, _ = PROPERTIES[name]
    head = bytes([number])
    if form == "varint":
        return head + varint(int(value, 0))
    if form in ("byte", "two", "four"):
        return head + int(value, 0).to_bytes({"byte": 1, "two": 2, "four": 4}[form], "big")
    if form == "pair":
        key, _, content = to_bytes(value).partition(b"=")
        return head + text(key) + text(content)
    return head + text(to_bytes(value))


def encode_properties(items, prefix=""):
    """The block with its length. `raw-props=hex:..` adds bytes as they are, `props-length=hex:..`
    lies about the length."""
    block = b""
    for key, value in items:
        if key.startswith(prefix) and key[len(prefix) :] in PROPERTIES:
            block += encode_property(key[len(prefix) :], value)
        elif key == prefix + "raw-props":
            block += to_bytes(value)
    length = dict(items).get(prefix + "props-length")
    return (varint(len(block)) if length is None else to_bytes(length)) + block


def encode_connect(items, level):
    get = dict(items).get
    level = int(get("level", str(level)), 0)
    will, user, password = get("will"), get("user"), get("pass")
    flags = (
        int(get("clean", "1")) << 1
        | (will is not None) << 2
        | int(get("will.qos", "0")) << 3
        | int(get("will.retain", "0")) << 5
        | (password is not None) << 6
        | (user is not None) << 7
    )
    out = text(to_bytes(get("name", "MQIsdp" if level & 0x7F == 3 else "MQTT"))) + bytes([level])
    out += bytes([int(get("connect-flags", str(flags)), 0)]) + int(
        get("keepalive", "60"), 0
    ).to_bytes(2, "big")
    if level == 5:
        out += encode_properties(items)
    out += text(to_bytes(get("id", "")))
    if will is not None:
        out += encode_properties(items, "will.") if level == 5 else b""
        out += text(to_bytes(will)) + text(to_bytes(get("will.payload", "")))
    for value in (user, password):
        out += text(to_bytes(value)) if value is not None else b""
    return out


def encode_filters(name, items, level):
    """Options stand behind their filter: filter=a qos=1 filter=b qos=2 nl=1 rap=1 rh=2, or as a
    whole, options=0xNN."""
    out, options = b"", None
    for key, value in items:
        if key == "filter":
            out += b"" if options is None else bytes([options])
            out += text(to_bytes(value))
            options = 0 if name == "SUBSCRIBE" else None
        elif key == "options":
            options = int(value, 0)
        elif key in ("qos", "nl", "rap", "rh"):
            options |= int(value) << {"qos": 0, "nl": 2, "rap": 3, "rh": 4}[key]
    return out + (b"" if options is None else bytes([options]))


def encode_body(name, items, level):
    get = dict(items).get
    number = int(get("id", "0"), 0).to_bytes(2, "big") if name not in ("CONNECT",) else b""
    if name == "CONNECT":
        return encode_connect(items, level)
    if name == "PUBLISH":
        out = text(to_bytes(get("topic", "")))
        out += number if int(get("qos", "0")) or "id" in dict(items) else b""
        return (
            out + (encode_properties(items) if level == 5 else b"") + to_bytes(get("payload", ""))
        )
    if name in ("SUBSCRIBE", "UNSUBSCRIBE"):
        return (
            number
            + (encode_properties(items) if level == 5 else b"")
            + encode_filters(name, items, level)
        )
    if name in ("PINGREQ", "PINGRESP"):
        return b""
    keys = {key for key, _ in items}
    out = b"" if name in ("DISCONNECT", "AUTH") else number
    has_properties = any(key in PROPERTIES or key in ("raw-props", "props-length") for key in keys)
    if level == 5 and ("rc" in keys or has_properties):
        out += bytes([int(get("rc", "0"), 0)])
        out += encode_properties(items) if has_properties else b""
    return out


def encode(name, items, level):
    """Any packet. header= replaces the first byte, tail= adds bytes, cut= takes the last N away,
    length= is the remaining length as bytes."""
    if name == "HEX":
        return bytes.fromhex("".join(key for key, _ in items))
    get = dict(items).get
    kind = PACKETS.index(name) << 4 | FLAGS.get(name, 0)
    if name == "PUBLISH":
        kind |= int(get("dup", "0")) << 3 | int(get("qos", "0")) << 1 | int(get("retain", "0"))
    body = encode_body(name, items, level) + to_bytes(get("tail", ""))
    body = body[: len(body) - int(get("cut", "0"))]
    length = varint(len(body)) if get("length") is None else to_bytes(get("length"))
    return bytes([int(get("header", str(kind)), 0)]) + length + body


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Bad("packet ends early")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def text(self):
        value = self.data_field()
        try:
            if "\0" in value.decode("utf-8"):
                raise Bad("text with U+0000")
        except UnicodeDecodeError as error:
            raise Bad("text is not UTF-8") from error
        return value

    def data_field(self):
        return self.take(self.number(2))

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                if shift > 7 and not byte:
                    raise Bad("variable byte integer longer than needed")
                return value
            if shift > 21:
                raise Bad("variable byte integer of more than four bytes")

    def rest(self):
        return self.take(len(self.data) - self.at)


def decode_properties(reader, home):
    block = Reader(reader.take(reader.varint()))
    found = []
    while block.at < len(block.data):
        number = block.varint()
        if number not in BY_NUMBER:
            raise Bad(f"unknown property {number:#x}")
        name, form, homes = BY_NUMBER[number]
        if home not in homes.split():
            raise Bad(f"{name} in a {home} of a server")
        if name not in REPEATABLE and any(name == other for other, _ in found):
            raise Bad(f"{name} twice")
        if form == "varint":
            value = block.varint()
        elif form in ("byte", "two", "four"):
            value = block.number({"byte": 1, "two": 2, "four": 4}[form])
        elif form == "pair":
            value = block.text() + b"=" + block.text()
        else:
            value = block.text() if form == "text" else block.data_field()
        if (name in NOT_ZERO and value == 0) or (name in BOOLEAN and value > 1):
            raise Bad(f"{name} with value {value}")
        found.append((name, value))
    return found


def decode_reason(name, fields, reader, level):
    if fields["rc"] not in (REASONS[name] if level == 5 else range(6)):
        raise Bad(f"{name} with reason code {fields['rc']:#x}")
    return decode_properties(reader, name) if level == 5 and reader.at < len(reader.data) else []


def decode(first, body, level):
    """(name, fields, properties) of a packet from a server."""
    if level > 5:  # A version that does not exist: the answer may have either form.
        level = 5 if len(body) > 2 else 4
    name, flags, reader, fields, properties = PACKETS[first >> 4], first & 15, Reader(body), {}, []
    if name in ("", "CONNECT", "SUBSCRIBE", "UNSUBSCRIBE", "PINGREQ") or (
        level < 5 and name in ("DISCONNECT", "AUTH")
    ):
        raise Bad(f"a server does not send {name or 'packet type 0'}")
    if name != "PUBLISH" and flags != FLAGS.get(name, 0):
        raise Bad(f"{name} with flags {flags:#x}")
    if name == "CONNACK":
        flags = reader.number(1)
        fields = {"session": flags, "rc": reader.number(1)}
        if flags > 1 or (flags and fields["rc"]) or (level == 5 and reader.at == len(body)):
            raise Bad(
                f"CONNACK with flags {flags:#x}, reason code {fields['rc']:#x}, {len(body)} bytes"
            )
        properties = decode_reason(name, fields, reader, level)
    elif name == "PUBLISH":
        fields = {
            "dup": flags >> 3,
            "qos": flags >> 1 & 3,
            "retain": flags & 1,
            "topic": reader.text(),
            "id": 0,
        }
        if fields["qos"] == 3 or (fields["dup"] and not fields["qos"]):
            raise Bad(f"PUBLISH with flags {flags:#x}")
        fields["id"] = reader.number(2) if fields["qos"] else 0
        if fields["qos"] and not fields["id"]:
            raise Bad("PUBLISH with packet id 0")
        properties = decode_properties(reader, name) if level == 5 else []
        if any(byte in b"+#" for byte in fields["topic"]):
            raise Bad("PUBLISH to a topic with wildcards")
        if not fields["topic"] and "topic-alias" not in dict(properties):
            raise Bad("PUBLISH without topic and alias")
        fields["payload"] = reader.rest()
    elif name in ("PUBACK", "PUBREC", "PUBREL", "PUBCOMP"):
        fields = {
            "id": reader.number(2),
            "rc": reader.number(1) if level == 5 and len(body) > 2 else 0,
        }
        properties = decode_reason(name, fields, reader, level)
    elif name in ("SUBACK", "UNSUBACK"):
        fields["id"] = reader.number(2)
        properties = decode_properties(reader, name) if level == 5 else []
        fields["codes"] = list(reader.rest())
        allowed = (
            REASONS[name] if level == 5 else {"SUBACK": {0, 1, 2, 0x80}, "UNSUBACK": set()}[name]
        )
        if not set(fields["codes"]) <= allowed:
            raise Bad(f"{name} with codes {fields['codes']}")
    elif name in ("DISCONNECT", "AUTH"):
        fields["rc"] = reader.number(1) if body else 0
        properties = decode_reason(name, fields, reader, level)
    if reader.at != len(body):
        raise Bad(f"{name} with {len(body) - reader.at} bytes too many")
    return name, fields, properties


def show(packet):
    """A decoded packet in the words of a case."""
    name, fields, properties = packet

    def plain(value):
        if isinstance(value, list):
            return ",".join(f"{code:#x}" for code in value)
        if isinstance(value, int):
            return f"{value:#x}" if value > 127 else str(value)
        return repr(value if len(value) < 60 else value[:60] + b"...")[1:]

    return " ".join(
        [name] + [f"{key}={plain(value)}" for key, value in list(fields.items()) + properties]
    )
