"""Packets of a Meshtastic node as its gateway publishes them, written by field numbers: for what no genuine one is at hand."""

import struct
import time

GATEWAY = "!a1b2c3d4"


def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def message(**fields):
    """Protobuf by field number: f1=5 is a varint, x1=5 a fixed32, s1=-5 an sfixed32, r1=1.5 a float, b1=b"x" bytes."""
    out = b""
    for name, value in fields.items():
        form, number = name[0], int(name[1:])
        if form == "f":
            out += varint(number << 3) + varint(int(value))
        elif form == "b":
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
        else:
            out += varint(number << 3 | 5) + struct.pack({"x": "<I", "s": "<i", "r": "<f"}[form], value)
    return out


def packet(port, inner, node, number, gateway=GATEWAY, bitfield=1, **more):
    """What a gateway publishes of a packet that it heard in the clear."""
    data = message(f1=port, b2=inner, **({} if bitfield is None else {"f9": bitfield}))
    body = message(x1=int(node[1:], 16), x2=0xFFFFFFFF, b4=data, x6=number, x7=int(time.time()), **more)
    return message(b1=body, b2="LongFast", b3=gateway)


def position(latitude, longitude, bits):
    return message(s1=round(latitude * 1e7), s2=round(longitude * 1e7), x4=int(time.time()), f23=bits)


def map_report(node, online, latitude=59.3300, longitude=18.0700, bits=14, name="Söder Gateway 📡"):
    report = message(b1=name, b2="SÖD", f4=4, b5="2.5.20.4c97351", f6=3, f8=1, s9=round(latitude * 1e7),
                     s10=round(longitude * 1e7), f11=25, f12=bits, f13=online)
    return packet(73, report, node, 0, node, None)
