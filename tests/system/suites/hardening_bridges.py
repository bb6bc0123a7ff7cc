"""Row 13 of the hardening list: the far end of a bridge is a stranger. Nothing that it sends hurts the broker or its clients."""

import raw
from bridges_out import Stub
from case import Case


def publish(topic, qos=0, number=1, payload=b"x", flags=0):
    body = len(topic).to_bytes(2, "big") + topic + (number.to_bytes(2, "big") if qos else b"") + payload
    return raw.raw_frame(0x30 | qos << 1 | flags, body)


SUBACK = b"\x90\x03\xff\xff\x01"
# What is sent behind a good CONNACK and SUBACK, and must end the connection.
WRONG = {
    "connect": raw.raw_frame(0x10, b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x"),
    "connack": b"\x20\x02\x00\x00",
    "subscribe": raw.raw_frame(0x82, b"\x00\x01\x00\x01a\x00"),
    "unsubscribe": raw.raw_frame(0xA2, b"\x00\x01\x00\x01a"),
    "pingreq": b"\xc0\x00",
    "disconnect": b"\xe0\x00",
    "auth": b"\xf0\x00",
    "type_0": b"\x00\x00",
    "suback": SUBACK,
    "unsuback": b"\xb0\x02\xff\xfe",
    "puback_cut": b"\x40\x01\x00",
    "pubrel_flags": b"\x60\x02\x00\x01",
    "qos_3": raw.raw_frame(0x36, b"\x00\x01a\x00\x01x"),
    "wildcard": publish(b"out/#"),
    "nul": publish(b"out/\x00"),
    "utf8": publish(b"out/\xff"),
    "id_0": publish(b"out/a", 1, 0),
    "topic_cut": raw.raw_frame(0x30, b"\xff\xffab"),
    "length": b"\x30\xff\xff\xff\xff\xff",
    "large": b"\x30\xff\xff\xff\x7f" + b"\x00\x05out/a",
}
# Answered, and without effect.
STRANGE = {
    "acks": b"".join(raw.raw_frame(first, number.to_bytes(2, "big")) for first in (0x40, 0x50, 0x62, 0x70) for number in (1, 9, 65535)),
    "strays": b"".join(publish(topic, qos, 7) for topic in (b"stray", b"$SYS/broker/uptime", b"$CONTROL/dynamic-security/v1", b"/out/a")
                       for qos in (0, 1, 2)),
    "long": publish(b"out/" + b"l" * 65531, 1, 8),
    "deep": publish(b"out/" + b"/" * 250, 1, 8),
    "twice": publish(b"out/a", 2, 9) * 2 + publish(b"out/a", 2, 9, flags=8),
    "empty_level": publish(b"out/", 1, 10),
}


class HostileFarEnd(Case):
    def start_bridges(self, names, *lines):
        stubs = {name: Stub(self) for name in names}
        blocks = [line for name, stub in stubs.items() for line in (
            f"connection {name}", f"address 127.0.0.1:{stub.port}", "restart_timeout 3600", "topic # both 1 longer-than-before/ out/", *lines)]
        return self.start("allow_anonymous true", *blocks), stubs

    def opened(self, stub):
        far = stub.accept()
        stub.first_packet(far)
        stub.accepts(far)
        stub.first_packet(far)  # SUBSCRIBE
        far.send_bytes(SUBACK)
        return far

    def test_hardening_13_packets_that_end_the_connection(self):
        near, stubs = self.start_bridges(WRONG)
        watch = raw.connected(near.address, "watch")
        watch.subscribe("longer-than-before/#", "#")
        for name, stub in stubs.items():
            far = self.opened(stub)
            far.send_bytes(WRONG[name])
            self.assertTrue(raw.ends_within(far, 10), name)
            near.wait_log(rf"Bridge {name} \(127\.0\.0\.1:\d+\): the far end sent .+\.")
        self.assertEqual(watch.messages(), [])

    def test_hardening_13_before_connack(self):
        first = {"publish": publish(b"out/a"), "suback": SUBACK, "garbage": b"\xff" * 64, "http": b"HTTP/1.1 400 Bad Request\r\n\r\n",
                 "connack_flags": b"\x20\x02\x02\x00", "connack_code": b"\x20\x02\x00\x06", "connack_long": b"\x20\x03\x00\x00\x00"}
        near, stubs = self.start_bridges(first, "try_private false")
        for name, stub in stubs.items():
            far = stub.accept()
            stub.first_packet(far)
            far.send_bytes(first[name])
            self.assertTrue(raw.ends_within(far, 10), name)
            near.wait_log(rf"Bridge {name} \(127\.0\.0\.1:\d+\): the far end sent .+\.")

    def test_hardening_13_packets_without_effect(self):
        near, stubs = self.start_bridges(STRANGE)
        watch = raw.connected(near.address, "watch")
        watch.subscribe("longer-than-before/#", "stray", "$CONTROL/#")
        fars = {name: self.opened(stub) for name, stub in stubs.items()}
        for name, far in fars.items():
            far.send_bytes(STRANGE[name] + publish(b"out/last-" + name.encode(), 1, 99))
        seen = []
        while sum(topic.startswith("longer-than-before/last-") for topic, _ in seen) < len(fars):
            seen += watch.messages()
        got = sorted(topic for topic, _ in seen if not topic.startswith("longer-than-before/last-"))
        self.assertEqual(got, ["longer-than-before/", "longer-than-before/a"])
        self.assertNotIn("the far end sent", near.log())
