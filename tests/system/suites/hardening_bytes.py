"""How brokers broke before: what is announced but never comes, packets that are cut or too deep, floods of properties, and
slow senders (hardening.md, rows 1 to 4, 8 and 19; raw sockets against the real binary)."""

import random
import time

import raw
import wire
from case import Case, eventually, is_sanitized, long

HUGE = b"\xff\xff\xff\x7f"  # 268,435,455: the largest remaining length there is

# A good packet of each kind that a client sends; {packet name: fields}, MQTT 5 has more.
GOOD = {
    "PUBLISH": {"topic": "a/b", "qos": 2, "id": 9, "payload": "payload"},
    "PUBACK": {"id": 1}, "PUBREC": {"id": 1}, "PUBREL": {"id": 1}, "PUBCOMP": {"id": 1},
    "SUBSCRIBE": {"id": 3, "filter": "a/+/c", "qos": 1}, "UNSUBSCRIBE": {"id": 4, "filter": "a/+/c"},
    "PINGREQ": {}, "DISCONNECT": {},
}
GOOD5 = {
    "PUBLISH": {"topic_alias": 1, "content_type": "t", "correlation_data": b"1", "user_property": b"k=v",
                "response_topic": "r"},
    "PUBACK": {"rc": 0, "reason_string": "why"}, "PUBREC": {"rc": 0, "reason_string": "why"},
    "PUBREL": {"rc": 0, "reason_string": "why"}, "PUBCOMP": {"rc": 0, "reason_string": "why"},
    "SUBSCRIBE": {"subscription_id": 300, "user_property": b"k=v"}, "UNSUBSCRIBE": {"user_property": b"k=v"},
    "DISCONNECT": {"rc": 0, "reason_string": "why", "session_expiry": 0},
}


def good_packet(name, level):
    extra = GOOD5.get(name, {}) if level == 5 else {}
    return raw.packet(name, level, **{**GOOD[name], **extra})


def good_connect(level, **fields):
    extra = {"session_expiry": 5, "receive_max": 10, "user_property": b"k=v", "will__will_delay": 1,
             "will__content_type": "t"} if level == 5 else {}
    # A name that is promised and absent is allowed in MQTT 3.1.
    user = {"user": "u", "pass_": "p"} if level > 3 else {}
    return raw.connect_packet("victim", level, will="w/t", will__payload="gone", will__qos=1, **user, **extra, **fields)


class Hostile(Case):
    def start_watched(self, *lines):
        """A broker, and a client that must not be harmed by what others do."""
        broker = self.start("allow_anonymous true", *lines)
        self.witness = raw.connected(broker.address, "witness", keepalive=0)
        self.witness.subscribe("witness")
        return broker

    def check_unharmed(self, broker):
        with raw.connected(broker.address, "other") as other:
            other.publish("witness", "alive")
            other.ping()
        self.assertEqual(self.witness.messages(), [("witness", "alive")])

    def sockets(self, broker, count):
        found = [raw.Raw(broker.address) for _ in range(count)]
        for one in found:
            self.addCleanup(one.close)
        return found

    def check_memory(self, broker, before_kb, growth_mb):
        if is_sanitized():
            return
        growth = broker.rss_kb() - before_kb
        self.assertLess(growth, growth_mb * 1024, "kB that the broker grew")

    @long(3)
    def test_hardening_01_a_thousand_sockets_announce_256_mb(self):
        broker = self.start_watched()
        before = broker.rss_kb()
        sockets = self.sockets(broker, 1000)
        for i, one in enumerate(sockets):
            one.send_bytes(bytes([0x10 if i % 2 else 0x30]) + HUGE + b"\x00\x04MQTT")
        for one in sockets:
            self.assertTrue(raw.ends_within(one, 10), "dropped at once, since nobody may send so much before CONNECT is read")
        self.check_memory(broker, before, 32)
        self.check_unharmed(broker)

    @long(3)
    def test_hardening_01_a_thousand_sockets_announce_the_largest_connect(self):
        """100,000 bytes are allowed; what only is announced may cost nothing like it."""
        broker = self.start_watched("connect_timeout 2")
        before = broker.rss_kb()
        sockets = self.sockets(broker, 1000)
        for one in sockets:
            one.send_bytes(b"\x10" + wire.varint(99_000) + b"\x00\x04MQTT\x04\x02\x00\x3c\xff\xff")
        with raw.connected(broker.address, "late") as late:
            late.ping()
        self.check_memory(broker, before, 24)
        for one in sockets:
            self.assertTrue(raw.ends_within(one, 10))
        self.check_unharmed(broker)

    def test_hardening_01_known_clients_announce_256_mb(self):
        broker = self.start_watched("max_packet_size 268435455")
        before = broker.rss_kb()
        clients = [raw.connected(broker.address, f"c{i}") for i in range(200)]
        for client in clients:
            client.send_bytes(b"\x30" + HUGE + b"\x00\x01t" + bytes(500))
        self.check_unharmed(broker)
        self.check_memory(broker, before, 64)

    def test_hardening_01_a_packet_over_the_limit_ends_the_connection(self):
        broker = self.start_watched("max_packet_size 1000")
        for level in (4, 5):
            with raw.connected(broker.address, "c", level) as client:
                client.send_bytes(b"\x30" + wire.varint(2000) + b"\x00\x01t")
                if level == 5:
                    self.assertEqual(client.expect("DISCONNECT")["rc"], 0x95)
                self.assertEqual(client.rest(), b"")
        broker.wait_log(r"Client c \[.*\] disconnected: oversize packet\.", 2)
        self.check_unharmed(broker)

    def test_hardening_01_wrong_first_packet(self):
        broker = self.start_watched()
        for level in (4, 5):
            for name in GOOD:
                with raw.Raw(broker.address, level) as one:
                    one.send_bytes(good_packet(name, level))
                    self.assertEqual(one.rest(), b"", f"{name}: closed, and nothing sent before CONNECT")
        for garbage in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"\x00\x00", b"\xf0\x00",
                        b"\x20\x02\x00\x00", b"SSH-2.0-x\r\n"):
            with raw.Raw(broker.address) as one:
                one.send_bytes(garbage)
                self.assertEqual(one.rest(), b"", garbage)
        self.check_unharmed(broker)

    @long(4)
    def test_hardening_01_half_connect_is_dropped(self):
        broker = self.start_watched("connect_timeout 1")
        whole = good_connect(5)
        sockets = self.sockets(broker, 60)
        for i, one in enumerate(sockets):
            one.send_bytes(whole[:i % (len(whole) - 1)])
        for one in sockets:
            self.assertTrue(raw.ends_within(one, 8))
        self.check_unharmed(broker)

    @long(3)
    def test_hardening_01_repeated_bad_properties_leak_nothing(self):
        broker = self.start_watched("connection_messages false")
        bad = [{"raw_props": bytes([0x26]) + wire.text(b"k" * 2000) + wire.text(b"v" * 2000) + b"\x11\x00"},
               {"will__raw_props": bytes([0x08]) + wire.text(b"r" * 3000) + b"\x08\x00\x01x"},
               {"will__raw_props": b"\x18\x00\x00\x00\x01" * 2}, {"raw_props": b"\x7f"}]
        frames = [raw.connect_packet("bad", 5, will="w", will__payload="x" * 5000, **fields) for fields in bad]

        def storm(count):
            for i in range(count):
                with raw.Raw(broker.address, 5) as one:
                    one.send_bytes(frames[i % len(frames)])
                    self.assertEqual(one.rest()[:1] or b"\x20", b"\x20")
        storm(200)
        before = broker.rss_kb()
        storm(1500)
        self.check_memory(broker, before, 4)
        self.check_unharmed(broker)

    @long(6)
    def test_hardening_02_every_packet_cut_at_every_byte(self):
        """The remaining length tells the truth, the fields do not: each cut must be an error or a packet, never a crash."""
        broker = self.start_watched("connection_messages false")
        for level in (3, 4, 5):
            for name in GOOD:
                if level == 3 and name not in ("PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE"):
                    continue
                whole = good_packet(name, level)
                for cut in range(2, len(whole)):
                    with raw.connected(broker.address, "victim", level) as one:
                        one.send_bytes(raw.raw_frame(whole[0], whole[2:cut]) + b"\xc0\x00")
                        self.read_until_pong_or_end(one)
        self.check_unharmed(broker)

    def read_until_pong_or_end(self, client):
        try:
            while client.receive()[0] != "PINGRESP":
                pass
        except raw.Closed:
            pass

    def test_hardening_02_connect_cut_at_every_byte(self):
        broker = self.start_watched("connection_messages false")
        for level in (3, 4, 5):
            whole = good_connect(level)
            body = whole[3:] if whole[1] & 0x80 else whole[2:]
            for cut in range(len(body)):
                with raw.Raw(broker.address, level, timeout=5) as one:
                    one.send_bytes(raw.raw_frame(0x10, body[:cut]))
                    self.assertIn(one.rest()[:1], (b"", b"\x20"), "closed, at most with a CONNACK that refuses")
        self.check_unharmed(broker)

    def test_hardening_02_lengths_off_by_one(self):
        broker = self.start_watched()
        topic_too_long = raw.raw_frame(0x30, b"\x00\x05a/b")
        for bad in (topic_too_long, b"\x30\xff\xff\xff\xff\x01", b"\x30\x80\x80\x80\x80\x00", b"\x82\x05\x00\x01\x00\x01a",
                    b"\x82\x06\x00\x01\x00\x02a\x00", b"\x82\x02\x00\x01", b"\xa2\x02\x00\x01", b"\x40\x01\x00", b"\x40\x00",
                    b"\x62\x03\x00\x01\x00", b"\x32\x03\x00\x01t", b"\x32\x05\x00\x01t\x00\x00", b"\x36\x05\x00\x01t\x00\x01"):
            with raw.connected(broker.address, "victim") as one:
                one.send_bytes(bad)
                self.assertEqual(one.rest(), b"", bad.hex())
        self.check_unharmed(broker)

    def test_hardening_02_random_bytes(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        dice = random.Random(seed)
        broker = self.start_watched("connection_messages false")
        for level in (4, 5):
            for _ in range(250):
                with raw.connected(broker.address, "victim", level) as one:
                    good = good_packet(dice.choice(list(GOOD)), level)
                    noise = bytearray(good * dice.randrange(1, 4))
                    for _ in range(dice.randrange(1, 6)):
                        noise[dice.randrange(len(noise))] = dice.randrange(256)
                    one.send_bytes(bytes(noise))
        self.check_unharmed(broker)

    def test_hardening_03_packets_of_a_server_sent_by_a_client(self):
        broker = self.start_watched()
        bodies = {0x20: [b"\x00\x00", b"\x00\x00\x00", b""], 0x90: [b"\x00\x01\x00", b"\x00\x01\x00\x00", b""],
                  0xB0: [b"\x00\x01", b"\x00\x01\x00\x00", b""], 0xD0: [b"", b"\x00"], 0xF0: [b"", b"\x18\x00"], 0x00: [b""]}
        for level in (4, 5):
            for first, variants in bodies.items():
                for body in variants:
                    with raw.connected(broker.address, "victim", level) as one:
                        one.send_bytes(raw.raw_frame(first, body))
                        said = one.rest()
                        self.assertIn(said[:1], (b"", b"\xe0"), f"{first:#x} {body.hex()}: {said.hex()}")
        self.check_unharmed(broker)

    def test_hardening_03_each_optional_field_of_connect_absent(self):
        """With no file, with a password file, with an ACL file: absent names and passwords are refused or anonymous."""
        passwords = self.passwords(u="p")
        acl = self.write("acl", "user u\ntopic readwrite #\npattern read x/%u/%c/#\n")
        backends = {"none": ("allow_anonymous true",), "passwords": ("allow_anonymous false", f"password_file {passwords}"),
                    "acl": ("allow_anonymous true", f"acl_file {acl}"),
                    "both": ("allow_anonymous false", f"password_file {passwords}", f"acl_file {acl}")}
        fields = {"user": "u", "pass_": "p", "id": "c", "will": "w/t"}
        for backend, lines in backends.items():
            broker = self.start(*lines)
            for level in (3, 4, 5):
                for bits in range(16):
                    some = {key: value for i, (key, value) in enumerate(fields.items()) if bits >> i & 1}
                    if level < 5 and "pass_" in some and "user" not in some:
                        continue
                    self.check_connect(broker, backend, level, some)
            self.assertEqual(broker.stop(), 0)
            self.forget(broker)

    def test_hardening_03_promised_names_that_are_absent_in_3_1(self):
        """MQTT 3.1 allows the flags without the fields: that is nobody, not somebody."""
        passwords = self.passwords(u="p")
        frames = {"no name": raw.connect_packet("c", 3, connect_flags=0xC2),
                  "no password": raw.connect_packet("c", 3, connect_flags=0xC2, user="u")}
        broker = self.start("allow_anonymous false", f"password_file {passwords}")
        for what, frame in frames.items():
            with raw.Raw(broker.address, 3) as one:
                one.send_bytes(frame)
                self.assertEqual(one.expect("CONNACK")["rc"], 5, what)

    def check_connect(self, broker, backend, level, some):
        with raw.Raw(broker.address, level) as one:
            one.send("CONNECT", **some)
            answer = one.expect("CONNACK")
            has_name = level == 4 or level == 5 or "id" in some
            needs_password = backend in ("passwords", "both")
            is_good = has_name and (not needs_password or {"user", "pass_"} <= set(some))
            self.assertEqual(answer["rc"] == 0, is_good, f"{backend} MQTT {level} {some}: {answer}")
            if is_good:
                one.subscribe("x/u/c/d")
                one.publish("x/u/c/d", "m")
                one.ping()

    def test_hardening_04_65535_slashes(self):
        broker = self.start_watched("max_packet_size 300000")
        deep = "/" * 65535
        for level in (4, 5):
            for act in (lambda c: c.publish(deep, "x", 1, 1), lambda c: c.publish(deep, "x", 1, 1, retain=1),
                        lambda c: c.send("SUBSCRIBE", id=1, filter=deep, qos=0),
                        lambda c: c.send("SUBSCRIBE", id=1, filter="+/" * 32767, qos=0),
                        lambda c: c.send("SUBSCRIBE", id=1, filter="$share/g/" + "+/" * 32000, qos=0),
                        lambda c: c.send("UNSUBSCRIBE", id=1, filter=deep)):
                with raw.connected(broker.address, "deep", level) as one:
                    act(one)
                    self.check_refused(one)
            with raw.Raw(broker.address, level) as one:
                one.send("CONNECT", id="deep", will=deep, will__payload="x")
                self.assertTrue(raw.ends_within(one, 5), "a will to such a topic is refused")
        self.check_unharmed(broker)
        with raw.connected(broker.address, "new") as new:
            new.subscribe("#")
            self.assertEqual(new.messages(), [])

    def check_refused(self, client):
        try:
            name, fields, _ = client.receive()
        except raw.Closed:
            return
        codes = fields.get("codes", [fields.get("rc", 0)])
        self.assertTrue(name == "DISCONNECT" or all(code >= 0x80 for code in codes), f"{name} {fields}")

    def test_hardening_04_200_levels_are_allowed_and_far_more_are_not(self):
        """mosquitto counts slashes: 200 of them pass, 201 do not."""
        broker = self.start_watched()
        with raw.connected(broker.address, "c") as client:
            topic = "/".join("l" * 201)
            for filter_ in (topic, "/".join("+" * 201), "/".join("l" * 200) + "/#", "#"):
                self.assertEqual(client.subscribe(filter_), [0])
            client.publish(topic, "deep", 1, 1, retain=1)
            client.wait_for("PUBACK")
            self.assertEqual(client.messages(), [(topic, "deep")] * 4)
        for act in (lambda c: c.publish("/".join("l" * 202), "x", 1, 1),
                    lambda c: c.send("SUBSCRIBE", id=1, filter="/".join("+" * 202), qos=0)):
            with raw.connected(broker.address, "c") as client:
                act(client)
                self.check_refused(client)
        self.check_unharmed(broker)

    def test_hardening_04_a_wide_retained_tree_and_many_wildcards(self):
        broker = self.start_watched("max_queued_messages 0")
        with raw.connected(broker.address, "c") as client:
            topics = ["/".join(f"{i:011b}") + f"/{i}" for i in range(2000)]
            for topic in topics:
                client.publish(topic, "x", retain=1)
            client.ping()
            third = len([topic for topic in topics if topic[4] == "1"])
            for filter_, wanted in (("#", 2000), ("+/" * 11 + "+", 2000), ("+/+/1/#", third), ("+/" * 11 + "7", 1)):
                client.subscribe(filter_)
                got = []
                eventually(lambda: got.extend(client.messages()) or len(got) >= wanted, f"{wanted} for {filter_}")
                self.assertEqual(len(got), wanted)
                client.send("UNSUBSCRIBE", id=5, filter=filter_)
                client.expect("UNSUBACK")
        self.check_unharmed(broker)

    @long(3)
    def test_hardening_08_long_lists_of_user_properties(self):
        broker = self.start_watched()
        block = b"".join(bytes([0x26]) + wire.text(b"") + wire.text(b"") for _ in range(12_000))
        with raw.connected(broker.address, "s", 5) as reader, raw.connected(broker.address, "p", 5) as sender:
            reader.subscribe("big")
            for _ in range(20):
                sender.publish("big", "x", 1, 1, raw_props=block)
                self.assertEqual(sender.expect("PUBACK")["rc"], 0)
                self.assertEqual(reader.expect("PUBLISH")["payload"], b"x")
            self.check_unharmed(broker)
        with raw.Raw(broker.address, 5) as one:
            one.send("CONNECT", id="c", raw_props=block)
            self.assertEqual(one.expect("CONNACK")["rc"], 0)

    @long(4)
    def test_hardening_08_ten_thousand_overlapping_filters(self):
        """All match one topic of 14 levels; the broker goes on serving others meanwhile."""
        broker = self.start_watched("max_queued_messages 0", "outbox_bytes_max 100000000")
        levels = [f"l{i}" for i in range(14)]
        filters = ["/".join("+" if bits >> i & 1 else level for i, level in enumerate(levels)) for bits in range(10_000)]
        with raw.connected(broker.address, "many") as many:
            for at in range(0, len(filters), 500):
                self.assertEqual(many.subscribe(*filters[at:at + 500]), [0] * 500)
            self.check_unharmed(broker)
            with raw.connected(broker.address, "p") as sender:
                for _ in range(3):
                    sender.publish("/".join(levels), "x")
                sender.ping()
                self.check_unharmed(broker)
            self.assertEqual(len(many.messages()), 30_000)
            for at in range(0, len(filters), 500):
                many.send_bytes(wire.encode("UNSUBSCRIBE", raw.items({"id": 9, "filter": filters[at:at + 500]}), 4))
                many.expect("UNSUBACK")

    @long(3)
    def test_hardening_08_many_retained_and_a_wildcard(self):
        broker = self.start_watched("max_queued_messages 0")
        count = 20_000
        with raw.connected(broker.address, "p") as sender:
            for at in range(0, count, 1000):
                sender.send_bytes(b"".join(raw.packet("PUBLISH", topic=f"r/{i % 97}/{i}", payload="x", retain=1)
                                           for i in range(at, at + 1000)))
                sender.ping()
        with raw.connected(broker.address, "s") as reader:
            reader.subscribe("r/#")
            self.check_unharmed(broker)
            got = []
            eventually(lambda: got.extend(reader.messages()) or len(got) >= count, "all retained messages")
            self.assertEqual(len(set(got)), count)

    def test_hardening_19_max_keepalive(self):
        broker = self.start("allow_anonymous true", "max_keepalive 20")
        for wanted, got in ((0, 20), (21, 20), (65535, 20)):
            with raw.Raw(broker.address, 5) as one:
                self.assertEqual(one.connect("c", keepalive=wanted)["server-keep-alive"], got)
            with raw.Raw(broker.address) as one:
                self.assertEqual(one.connect("c", keepalive=wanted)["rc"], 2, "identifier rejected, as mosquitto")
        with raw.Raw(broker.address, 5) as one:
            self.assertNotIn("server-keep-alive", one.connect("c", keepalive=19))
        with raw.Raw(broker.address) as one:
            self.assertEqual(one.connect("c", keepalive=20)["rc"], 0)

    @long(4)
    def test_hardening_19_the_keepalive_given_by_the_server_is_enforced(self):
        broker = self.start("allow_anonymous true", "max_keepalive 1")
        with raw.connected(broker.address, "silent", 5, keepalive=600) as one:
            self.assertEqual(one.expect("DISCONNECT")["rc"], 0x8D)
            self.assertEqual(one.rest(), b"")
        broker.wait_log(r"Client silent \[.*\] disconnected: exceeded timeout\.")

    @long(5)
    def test_hardening_19_slow_loris(self):
        """A byte now and then does not prolong the time for CONNECT."""
        broker = self.start_watched("connect_timeout 1")
        whole = raw.connect_packet("x" * 60)
        sockets = self.sockets(broker, 100)
        deadline, alive = time.monotonic() + 8, list(sockets)
        for byte in whole:
            for one in list(alive):
                try:
                    one.send_bytes(bytes([byte]))
                    one.socket.setblocking(False)
                    if one.socket.recv(1) == b"":
                        alive.remove(one)
                except BlockingIOError:
                    pass
                except OSError:
                    alive.remove(one)
            if not alive or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        self.assertEqual(len(alive), 0, "slow senders that are still there")
        self.check_unharmed(broker)

    @long(4)
    def test_hardening_19_half_open_clients_end_by_keepalive(self):
        broker = self.start_watched()
        half_open = [raw.connected(broker.address, f"h{i}", keepalive=1, will="gone", will__payload=f"{i}") for i in range(50)]
        self.witness.subscribe("gone")
        for one in half_open:
            one.send_bytes(b"\x30\x7f\x00\x01t")  # the rest of this packet never comes
        for one in half_open:
            self.assertTrue(raw.ends_within(one, 8))
        wills = []
        eventually(lambda: wills.extend(self.witness.messages()) or len(wills) == 50, "all wills")

    def test_hardening_19_a_reader_that_does_not_read(self):
        """Its backlog has a bound; QoS 0 past it is dropped and counted, others get theirs."""
        broker = self.start_watched("outbox_bytes_max 1000000", "max_queued_bytes 1000000", "sys_interval 1")
        stuck = raw.connected(broker.address, "stuck", keepalive=0)
        stuck.subscribe("flood", qos=1)
        before = broker.rss_kb()
        with raw.connected(broker.address, "p") as sender:
            for i in range(1500):
                sender.publish("flood", bytes(20_000), i % 2, 1 + i // 2)
            for _ in range(750):
                sender.expect("PUBACK")
            sender.ping()
        self.check_memory(broker, before, 24)
        self.check_unharmed(broker)
        stuck.close()
