#!/usr/bin/python3
"""The checker itself: that it notices each broken promise, and no other. Histories written by hand,
then a real broker that is known to forget."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import held
import history
import ledger
import wire

HERE = os.path.dirname(os.path.abspath(__file__))


class LedgerTest(unittest.TestCase):
    def setUp(self):
        self.books = ledger.Ledger()
        self.one = self.books.stream("p", "a/b", 1)
        self.two = self.books.stream("p", "a/b", 2)
        self.receiver = self.books.receiver("s")
        self.books.cover(self.receiver, "a/#", 2)

    def send(self, stream, state=ledger.ACKED):
        number = stream.add()
        stream.settle(number, state)
        return number

    def deliver(self, stream, number, qos=None):
        self.books.deliver(self.receiver, stream, number, stream.qos if qos is None else qos, "s")

    def kinds(self):
        return [breach.kind for breach in self.books.broken]

    def test_lost_is_what_was_acknowledged_after_the_suback(self):
        self.send(self.one)
        self.books.owe(self.receiver, "a/#")
        self.send(self.one)
        self.send(self.one, ledger.OPEN)
        self.send(self.one, ledger.GIVEN_UP)
        self.send(self.one, ledger.REFUSED)
        self.assertEqual(self.books.missing(), [(self.receiver, self.one, 1)])
        self.deliver(self.one, 1)
        self.assertEqual(self.books.missing(), [])
        self.assertEqual(self.kinds(), [])

    def test_what_is_acknowledged_late_is_missed_as_well(self):
        self.books.owe(self.receiver, "a/#")
        self.send(self.one, ledger.OPEN)
        self.send(self.one)
        self.deliver(self.one, 1)
        self.assertEqual(self.books.missing(), [])
        self.one.settle(0, ledger.ACKED)
        self.assertEqual(self.books.missing(), [(self.receiver, self.one, 0)])

    def test_who_is_away_is_missed_at_the_end(self):
        self.books.owe(self.receiver, "a/#")
        self.receiver.is_away = True
        number = self.send(self.two)
        self.assertEqual(self.books.missing(), [])
        self.receiver.is_away = False
        self.assertEqual(self.books.missing(), [(self.receiver, self.two, number)])

    def test_unsubscribe_excuses_and_unsuback_forbids(self):
        self.books.owe(self.receiver, "a/#")
        waiting = self.send(self.one)
        self.books.excuse(self.receiver, "a/#")
        self.assertEqual(self.books.missing(), [])
        self.books.silence(self.receiver, "a/#")
        self.deliver(self.one, waiting)
        self.assertEqual(self.kinds(), [])
        self.deliver(self.one, self.send(self.one))
        self.assertEqual(self.kinds(), ["unsubscribed"])

    def test_a_new_subscription_owes_anew(self):
        self.books.owe(self.receiver, "a/#")
        self.books.excuse(self.receiver, "a/#")
        self.books.silence(self.receiver, "a/#")
        self.send(self.one)
        self.books.cover(self.receiver, "a/#", 2)
        self.deliver(self.one, self.send(self.one))
        self.books.owe(self.receiver, "a/#")
        self.assertEqual(self.books.missing(), [])
        number = self.send(self.one)
        self.assertEqual(self.books.missing(), [(self.receiver, self.one, number)])
        self.assertEqual(self.kinds(), [])

    def test_qos1_may_come_twice_and_qos2_may_not(self):
        for stream in (self.one, self.two):
            number = self.send(stream)
            self.deliver(stream, number)
            self.deliver(stream, number)
        self.assertEqual(self.kinds(), ["double"])
        self.assertEqual(self.books.repeats, 2)

    def test_unacknowledged_qos2_may_come_but_not_twice(self):
        number = self.send(self.two, ledger.OPEN)
        self.deliver(self.two, number)
        self.assertEqual(self.kinds(), [])
        self.deliver(self.two, number)
        self.assertEqual(self.kinds(), ["double"])

    def test_order_is_that_of_first_deliveries(self):
        first, second = self.send(self.one), self.send(self.one)
        self.deliver(self.one, first)
        self.deliver(self.one, second)
        self.deliver(self.one, first)
        self.assertEqual(self.kinds(), [])
        third, fourth = self.send(self.one), self.send(self.one)
        self.deliver(self.one, fourth)
        self.deliver(self.one, third)
        self.assertEqual(self.kinds(), ["order"])

    def test_a_group_has_no_order_but_counts_together(self):
        group = self.books.receiver("g", is_group=True)
        self.books.cover(group, "$share/g/a/#", 2)
        self.books.owe(group, "$share/g/a/#")
        first, second = self.send(self.two), self.send(self.two)
        self.books.deliver(group, self.two, second, 2, "m1")
        self.books.deliver(group, self.two, first, 2, "m2")
        self.assertEqual(self.kinds(), [])
        self.books.deliver(group, self.two, first, 2, "m1")
        self.assertEqual(self.kinds(), ["double"])

    def test_qos_is_the_lower_of_both(self):
        self.deliver(self.two, self.send(self.two), qos=1)
        self.assertEqual(self.kinds(), ["qos"])

    def test_what_nobody_sent_is_noticed(self):
        number = self.send(self.one)
        payload = ledger.make_payload("p", 1, number, 300)
        good = wire.Publish("a/b", payload, 1, False, False, 1)
        self.assertEqual(self.books.identify(good, "s"), (self.one, number))
        self.assertEqual(self.kinds(), [])
        bad = [
            good._replace(payload=payload[:-1] + bytes([payload[-1] ^ 1])),
            good._replace(payload=payload[:-1]),
            good._replace(payload=b""),
            good._replace(topic="a/c"),
            good._replace(payload=ledger.make_payload("p", 1, number + 1, 300)),
        ]
        for publish in bad:
            self.assertIsNone(self.books.identify(publish, "s"))
        self.assertEqual(self.kinds(), ["damaged"] * len(bad))

    def test_filters_match_as_in_the_standard(self):
        for topic_filter, topic, expected in (
            ("a/#", "a/b/c", True),
            ("a/#", "a", True),
            ("a/+", "a/b", True),
            ("a/+", "a/b/c", False),
            ("a/+/c", "a/b/c", True),
            ("b/#", "a/b", False),
            ("$share/g/a/#", "a/b", True),
            ("a/b", "a/b/c", False),
        ):
            self.assertEqual(ledger.does_match(topic_filter, topic), expected, topic_filter)


class WireTest(unittest.TestCase):
    def test_packets_come_back_as_they_were_sent(self):
        for level in (4, 5):
            for size in (0, 1, 100, 127, 128, 20000):
                data = wire.publish(level, "a/b", b"x" * size, 2, True, True, 7)
                buffer = bytearray(data + data[:-1])
                ((first, body),) = wire.split(buffer)
                self.assertEqual(len(buffer), len(data) - 1)
                kind, publish = wire.decode(first, body, level)
                self.assertEqual(kind, wire.PUBLISH)
                self.assertEqual(publish, ("a/b", b"x" * size, 2, True, True, 7))

    def test_connack_tells_the_receive_maximum(self):
        properties = b"\x22\0\x0a" + b"\x1f\0\x02hi" + b"\x26\0\x01a\0\x01b" + b"\x21\0\x14"
        body = b"\x01\0" + bytes([len(properties)]) + properties
        self.assertEqual(wire.decode(0x20, body, 5)[1], (True, 0, 20))
        self.assertEqual(wire.decode(0x20, b"\0\x05", 4)[1], (False, 5, 65535))

    def test_nonsense_is_named(self):
        for first, body in ((0x40, b"\0"), (0x30, b"\0\x05ab"), (0x32, b""), (0xF0, b"")):
            with self.assertRaises(wire.Malformed):
                wire.decode(first, body, 5)


class Clock:
    now = 0.0


class HistoryTest(unittest.TestCase):
    def test_a_message_is_told_with_what_happened_around_it(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        clock = Clock()
        past = history.History(folder, clock)
        self.addCleanup(lambda: past.file.close())
        for now, who, what in (
            (0, "broker", "* start 1"),
            (5, "p", "sends PUBLISH id=1 p/a/q1#1"),
            (5, "p", "sends PUBLISH id=2 p/a/q1#10"),
            (6, "s", "* connection lost"),
            (6, "other", "* connection lost"),
            (7, "broker", "* SIGKILL number 1"),
            (8, "p", "receives PUBACK id=1 p/a/q1#1"),
            (60, "broker", "* start 2"),
        ):
            clock.now = now
            past.add(who, what)
            if now == 6:
                past.rotate()
        told = [line.split(maxsplit=1)[1] for line in past.of_message("p/a/q1#1", {"s"})]
        self.assertEqual(
            told,
            [
                "p sends PUBLISH id=1 p/a/q1#1",
                "s * connection lost",
                "broker * SIGKILL number 1",
                "p receives PUBACK id=1 p/a/q1#1",
            ],
        )


class HeldTest(unittest.TestCase):
    """QoS 1 that is received and not acknowledged."""

    def setUp(self):
        self.broken = []
        self.held = held.Held("s", lambda kind, text, message: self.broken.append((kind, message)))
        self.stream = ledger.Stream("p", "t", 1)
        self.links = iter(range(99))
        self.link = next(self.links)

    def receive(self, packet_id, number, dup=False):
        while self.stream.next <= number:
            self.stream.add()
        name = self.stream.name(number)
        self.held.receive(packet_id, dup, name, self.stream, number, self.link)

    def come_back(self, acked=()):
        for number in acked:
            self.stream.settle(number, ledger.ACKED)
        self.held.end_connection()
        self.link = next(self.links)

    def begin(self):
        for number in range(3):
            self.receive(number + 1, number)

    def test_the_same_again_is_right(self):
        self.begin()
        self.held.acknowledge(2)
        self.come_back(acked=(0, 1, 2))
        self.receive(1, 0, dup=True)
        self.receive(3, 2, dup=True)
        self.receive(4, 3)
        self.assertEqual((self.broken, self.held.checked), ([], 2))

    def test_without_dup_is_wrong(self):
        self.begin()
        self.come_back(acked=(0,))
        self.receive(1, 0)
        self.assertEqual(self.broken, [("dup", self.stream.name(0))])

    def test_another_order_is_wrong(self):
        self.begin()
        self.come_back()
        self.receive(2, 1, dup=True)
        self.receive(1, 0, dup=True)
        self.assertEqual(self.broken, [("order", self.stream.name(0))])

    def test_the_order_of_the_last_connection_counts(self):
        self.begin()
        self.held.acknowledge(1)  # lost on its way
        self.come_back(acked=(0, 1, 2))
        self.receive(1, 0, dup=True)
        self.receive(2, 1, dup=True)
        self.come_back()
        for number in range(3):
            self.receive(number + 1, number, dup=True)
        self.assertEqual(self.broken, [])

    def test_an_id_of_another_message_is_wrong(self):
        self.begin()
        self.come_back(acked=(1,))
        self.receive(1, 0, dup=True)
        self.receive(2, 3)
        self.assertEqual(self.broken[0], ("packet id", self.stream.name(3)))

    def test_a_new_one_before_what_is_owed_is_wrong(self):
        self.begin()
        self.come_back(acked=(1,))
        self.receive(4, 3)
        self.assertEqual(self.broken, [("in flight", self.stream.name(1))])

    def test_a_message_that_nobody_acknowledged_may_be_gone(self):
        self.begin()
        self.come_back()
        self.receive(1, 0)  # its publisher sent it again
        self.receive(2, 3)
        self.assertEqual(self.broken, [])


@unittest.skipUnless(shutil.which("mosquitto"), "needs a broker that is known to forget")
class RealBrokerTest(unittest.TestCase):
    """mosquitto saves every half hour and when it is stopped."""

    def run_checker(self, *arguments):
        command = [sys.executable, "-B", os.path.join(HERE, "run.py"), "--seed", "1"]
        command += ["--mosquitto", shutil.which("mosquitto"), *arguments]
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        environment = dict(os.environ, TMPDIR=folder)
        return subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def test_killed_it_is_caught(self):
        done = self.run_checker("--kills", "2", "--go-on", "--scenario", "flow", "retain")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for kind in ("lost", "session", "retained"):
            self.assertIn(f"BROKEN ({kind})", done.stdout)

    def test_broken_as_expected_it_is_caught(self):
        done = self.run_checker("--kills", "2", "--expect-caught")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_stopped_it_is_not_accused(self):
        arguments = ("--mode", "stop", "--kills", "3", "--scenario", "flow", "takeover", "retain")
        done = self.run_checker(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_left_in_peace_it_is_not_accused(self):
        done = self.run_checker("--mode", "calm", "--kills", "3")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_broker_that_does_not_run_is_not_caught(self):
        done = self.run_checker("--kills", "1", "--expect-caught", "--option", "no_such_key 1")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
