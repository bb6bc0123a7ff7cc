"""Limits of queues and windows: what is kept is in order, what is dropped is dropped by a stated rule and counted."""

import socket
import unittest

import raw
from case import Case, eventually, is_sanitized
from paho_client import Client


class Limits(Case):
    def queue(self, broker, count, size=10, level=4):
        """A client that is away, and `count` messages for it."""
        with raw.connected(broker.address, "away", level, clean=0, **({"session_expiry": 100} if level == 5 else {})) as away:
            away.subscribe("t", qos=2)
            away.leave()
        with raw.connected(broker.address, "sender") as sender:
            for i in range(count):
                sender.publish_acked("t", str(i).rjust(size), 1 + i)

    def fetch(self, broker):
        """What the client finds when it is back."""
        with raw.connected(broker.address, "away", clean=0) as away:
            got = []
            while more := away.messages():
                got += [payload.strip() for _, payload in more]
            return got

    def test_queue_by_count(self):
        broker = self.start("allow_anonymous true", "max_queued_messages 25")
        self.queue(broker, 60)
        self.assertEqual(self.fetch(broker), [str(i) for i in range(25)], "the oldest are kept, as in mosquitto")
        broker.wait_log(r"Outgoing messages are being dropped for client away\.")

    def test_queue_by_bytes(self):
        broker = self.start("allow_anonymous true", "max_queued_messages 0", "max_queued_bytes 5000")
        self.queue(broker, 100, size=100)
        got = self.fetch(broker)
        self.assertEqual(got, [str(i) for i in range(len(got))])
        self.assertGreater(len(got), 20)
        self.assertLessEqual(len(got), 50)

    def test_queue_without_limit(self):
        broker = self.start("allow_anonymous true", "max_queued_messages 0", "max_queued_bytes 0")
        self.queue(broker, 3000)
        self.assertEqual(self.fetch(broker), [str(i) for i in range(3000)])

    def test_qos_0_is_queued_only_when_asked_for(self):
        for value, wanted in (("false", ["1"]), ("true", ["0", "1", "2"])):
            broker = self.start("allow_anonymous true", f"queue_qos0_messages {value}")
            self.queue(broker, 0)
            with raw.connected(broker.address, "sender") as sender:
                for i in range(3):
                    sender.publish("t", str(i), i % 2, 1 + i)
                sender.wait_for("PUBACK")
                sender.ping()
            self.assertEqual(self.fetch(broker), wanted)

    def test_window_of_one_keeps_strict_order(self):
        broker = self.start("allow_anonymous true", "max_inflight_messages 1")
        slow = raw.connected(broker.address, "slow", keepalive=0)
        slow.subscribe("t", qos=2)
        with raw.connected(broker.address, "sender") as sender:
            for i in range(50):
                sender.publish_acked("t", str(i), 1 + i)
        for i in range(50):
            message = slow.expect("PUBLISH")
            self.assertEqual(message["payload"], str(i).encode())
            slow.send("PINGREQ")
            slow.expect("PINGRESP")  # nothing else comes before the acknowledgement
            slow.send("PUBACK", id=message["id"])

    def test_receive_maximum_of_the_client(self):
        broker = self.start("allow_anonymous true")
        client = raw.connected(broker.address, "c", 5, receive_max=3)
        client.subscribe("t", qos=1)
        with raw.connected(broker.address, "sender") as sender:
            for i in range(10):
                sender.publish_acked("t", str(i), 1 + i)
        first = [client.expect("PUBLISH") for _ in range(3)]
        client.send("PINGREQ")
        client.expect("PINGRESP")
        for message in first:
            client.send("PUBACK", id=message["id"])
        self.assertEqual([payload for _, payload in client.messages()], ["3", "4", "5"])

    def test_receive_maximum_of_the_broker(self):
        broker = self.start("allow_anonymous true", "max_inflight_messages 5")
        with raw.Raw(broker.address, 5) as client:
            self.assertEqual(client.connect("c")["receive-max"], 5)
            for i in range(6):
                client.publish("t", "", 2, 1 + i)
            for _ in range(5):
                client.expect("PUBREC")
            self.assertEqual(client.expect("DISCONNECT")["rc"], 0x93)

    def test_message_size_limit(self):
        broker = self.start("allow_anonymous true", "message_size_limit 100")
        watch = raw.connected(broker.address, "watch")
        watch.subscribe("t")
        for level in (4, 5):
            with raw.connected(broker.address, "c", level) as client:
                self.assertEqual(client.publish_acked("t", "x" * 100), 0)
                self.assertEqual(client.publish_acked("t", "x" * 101), 0 if level == 4 else 0x83)
        self.assertEqual(len(watch.messages()), 2)

    def test_maximum_packet_size_of_the_client(self):
        broker = self.start("allow_anonymous true")
        small = raw.connected(broker.address, "small", 5, max_packet_size=60)
        small.subscribe("t", qos=1)
        with raw.connected(broker.address, "sender") as sender:
            sender.publish_acked("t", "x" * 100, 1)
            sender.publish_acked("t", "y", 2)
        self.assertEqual(small.messages(), [("t", "y")])

    def test_session_expiry_is_cut(self):
        broker = self.start("allow_anonymous true", "persistent_client_expiration 1s")
        with raw.Raw(broker.address, 5) as client:
            self.assertEqual(client.connect("new", clean=0, session_expiry=100)["session-expiry"], 1)
        raw.connected(broker.address, "old", clean=0).close()
        broker.wait_log(r"Expiring client old due to timeout\.")
        with raw.Raw(broker.address) as client:
            self.assertEqual(client.connect("old", clean=0)["session"], 0)

    def test_memory_limit_refuses_in_words(self):
        broker = self.start("allow_anonymous true", "memory_limit 30000000", "max_queued_messages 0", "max_inflight_messages 0")
        with raw.connected(broker.address, "away", clean=0) as away:
            away.subscribe("t", qos=1)
            away.leave()
        sender = raw.connected(broker.address, "sender", 5)

        def is_refused():
            for i in range(20):
                sender.publish("t", bytes(100_000), 1, 1 + i)
            return 0x97 in [sender.expect("PUBACK")["rc"] for _ in range(20)]
        eventually(is_refused, "quota exceeded")
        with raw.Raw(broker.address, 5) as extra:
            self.assertEqual(extra.connect("extra")["rc"], 0x89)
        sender.ping()

    @unittest.skipIf(is_sanitized(), "a sanitizer's own memory is above these limits")
    def test_memory_limit_ends_with_what_caused_it(self):
        broker = self.start("allow_anonymous true", "memory_limit 60000000", "sys_interval 1")
        readers = []
        for i in range(8):
            reader = raw.Raw(broker.address, 5)
            reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(f"slow{i}", keepalive=0)
            reader.subscribe("#")
            readers.append(reader)
        sender = raw.connected(broker.address, "sender", 5)
        burst = raw.packet("PUBLISH", 5, topic="t", payload="x" * 900, qos=0) * 1000

        def is_over():
            sender.send_bytes(burst)
            sender.ping()
            return "disconnected: quota exceeded" in broker.log()
        eventually(is_over, "a slow reader is disconnected")
        broker.wait_log(r"Client slow\d \[.*\] disconnected: quota exceeded, [0-9.]+ MB wait for it and memory_limit is passed\.")

        def is_admitted():
            with raw.Raw(broker.address, 5) as extra:
                return extra.connect("extra")["rc"] == 0 and sender.publish_acked("t", "x") < 0x80
        eventually(is_admitted, "the broker takes again what it refused", 5)
        self.assertLess(broker.rss_kb(), 100_000)
        broker.wait_log(r"memory_limit: [0-9.]+ MB are in use; what was refused is taken again\.")

    @unittest.skipIf(is_sanitized(), "a sanitizer's own memory is above these limits")
    def test_memory_limit_after_a_restart(self):
        """Restoring takes twice the memory of what it restores, for a moment; that must not refuse everybody for good."""
        lines = ("allow_anonymous true", "persistence true", f"persistence_location {self.directory}/lib/", "memory_limit 50000000")
        broker = self.start(*lines)
        sender = raw.connected(broker.address, "sender", 5)
        for begin in range(0, 60_000, 1000):
            sender.send_bytes(b"".join(raw.packet("PUBLISH", 5, topic=f"r/{i}", payload="x" * 500, qos=1, id=1 + i - begin, retain=1)
                                       for i in range(begin, begin + 1000)))
            codes = [sender.expect("PUBACK")["rc"] for _ in range(1000)]
            if 0x97 in codes:
                break
        self.assertIn(0x97, codes, "the limit is reached")
        sender.leave()
        self.forget(broker)
        self.assertEqual(broker.stop(), 0)
        broker = self.start(*lines, port=broker.port)

        def is_admitted():
            with raw.Raw(broker.address, 5) as client:
                return client.connect("new")["rc"] == 0 and client.publish_acked("t", "x") < 0x80
        eventually(is_admitted, "what was stored leaves room for clients", 5)

    @unittest.skipIf(is_sanitized(), "a sanitizer's own memory is above these limits")
    def test_memory_limit_holds_for_subscriptions(self):
        broker = self.start("allow_anonymous true", "memory_limit 50000000")
        hog = raw.connected(broker.address, "hog", 5)
        codes = []
        for i in range(0, 300_000, 2000):
            codes += hog.subscribe(*[f"site/{j % 97}/device/{j}/+/value" for j in range(i, i + 2000)])
            if 0x97 in codes:
                break
        self.assertEqual(set(codes), {0, 0x97})
        self.assertLess(broker.rss_kb(), 75_000)
        self.assertEqual(hog.subscribe("site/0/device/0/+/value"), [0], "what is there may be changed")
        broker.wait_log(r"Denied SUBSCRIBE from hog \('site/\d+/device/\d+/\+/value', QoS 0\): memory_limit leaves no room")

        def is_refused_and_no_more():
            with raw.Raw(broker.address) as other:
                if other.connect("other")["rc"] != 0 or other.publish_acked("t", "x") != 0:
                    return False
                # Memory that was given back since may leave room for some filters, not for as many again.
                return any(0x80 in other.subscribe(*[f"new/{i}/+/value" for i in range(begin, begin + 4000)])
                           for begin in range(0, len(codes), 4000))
        eventually(is_refused_and_no_more, "others connect and publish")
        hog.leave()

        def is_taken():
            with raw.connected(broker.address, "next", 5) as client:
                return client.subscribe("a/+") == [0]
        eventually(is_taken, "room for subscriptions", 5)

    def test_message_expiry(self):
        broker = self.start("allow_anonymous true", "sys_interval 1")
        self.queue(broker, 0, level=5)
        with raw.connected(broker.address, "sender", 5) as sender:
            sender.publish_acked("t", "short", message_expiry=1)
            sender.publish_acked("t", "long", message_expiry=1000)
        watch = Client(self, broker.port, "watch")
        watch.subscribe("$SYS/broker/uptime")
        watch.wait(lambda: len(watch.messages) >= 3, "two seconds")
        with raw.connected(broker.address, "away", 5, clean=0) as away:
            message = away.expect("PUBLISH")
            self.assertEqual(message["payload"], b"long")
            self.assertLess(message["message-expiry"], 1000)
