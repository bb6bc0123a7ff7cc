#!/usr/bin/python3
"""The runner itself: that it notices what a broker must not send, and reads cases as README.md
says. Brokers of a few lines play the wrong-doers."""

import argparse
import os
import socket
import tempfile
import threading
import unittest

import cases
import report
import steps
import wire

OPTIONS = argparse.Namespace(timeout=0.5, salt="test")


def read_text(text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "some.mqtt")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return cases.read(path)


def run_against(answer, *lines):
    """Runs the steps against a server that sends `answer` to whoever connects, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                return  # The case made no connection.
            with connection:
                connection.sendall(answer)

        server.settimeout(0.3)
        thread = threading.Thread(target=serve)
        thread.start()
        case = read_text("== some\nv5\n" + "\n".join(lines))[0]
        why = steps.Run(case, server.getsockname(), OPTIONS).run()
        thread.join()
        return why


class Wire(unittest.TestCase):
    def decode(self, text, level=5):
        data = bytes.fromhex(text)
        return wire.decode(data[0], data[2:], level)

    def test_reads_what_is_right(self):
        self.assertEqual(self.decode("40 03 00 01 10"), ("PUBACK", {"id": 1, "rc": 0x10}, []))
        name, fields, properties = self.decode("32 0a 00 01 61 00 07 02 0b 05 68 69")
        self.assertEqual((name, fields["topic"], fields["payload"]), ("PUBLISH", b"a", b"hi"))
        self.assertEqual(properties, [("subscription-id", 5)])

    def test_notices_what_no_server_may_send(self):
        for text in (
            "41 02 00 01",  # flags
            "40 03 00 01 92",  # a reason code that PUBACK does not have
            "40 01 00",  # too short for its identifier
            "d0 01 00",  # a body where there is none
            "30 05 00 01 2b 00 61",  # a wildcard in a topic
            "38 04 00 01 61 00",  # DUP with QoS 0
            "36 06 00 01 61 00 01 00",  # QoS 3
            "32 06 00 01 61 00 00 00",  # identifier 0
            "30 06 00 01 61 02 0b 00",  # subscription identifier 0
            "30 07 00 01 61 03 11 00 00",  # a property of another packet
            "30 05 00 01 ff 00 61",  # not UTF-8
            "30 05 00 01 00 00 61",  # U+0000
            "30 05 00 01 61 81 00",  # a length of more bytes than needed
            "20 03 01 80 00",  # a refusal with Session Present
            "20 03 02 00 00",  # reserved flags
            "e0 06 00 05 11 00 00 00 01",  # a session expiry from a server
            "82 06 00 01 00 00 01 61",  # a packet of clients
        ):
            with self.subTest(text), self.assertRaises(wire.Bad):
                self.decode(text)
        with self.assertRaises(wire.Bad):
            self.decode("e0 00", level=4)

    def test_writes_wrong_things_when_told(self):
        def encode(text, level=5):
            name, _, rest = text.partition(" ")
            return wire.encode(name, cases.items(rest), level).hex()

        self.assertEqual(encode("PUBLISH topic=a qos=1 id=7 payload=hi"), "32080001610007006869")
        self.assertEqual(encode("PUBLISH topic=a header=0x3f cut=1", level=4), "3f020001")
        self.assertEqual(
            encode("SUBSCRIBE id=1 filter=a options=0x40", level=4), "820600010001" "6140"
        )
        self.assertEqual(
            encode("PUBACK id=1 receive-max=1 receive-max=1"), "400a00010006210001210001"
        )
        self.assertEqual(encode("PINGREQ tail=hex:00 length=hex:8000"), "c0800000")


class Steps(unittest.TestCase):
    def test_passes_what_is_as_written(self):
        self.assertIsNone(run_against(b"\xd0\x00", "a< PINGRESP", "a< CLOSED"))
        self.assertIsNone(run_against(b"\x40\x02\x00\x09", "a< PUBACK id=$m", "check $m == 9"))
        self.assertIsNone(run_against(b"\xd0\x00", "a< PUBACK id=1 or PINGRESP"))

    def test_fails_what_is_not(self):
        publish = bytes.fromhex("31 08 00 01 61 02 01 01 68 69")
        wrong = {
            "a< PUBLISH topic=a payload=hi payload-format=1": "retain",
            "a< PUBLISH topic=a payload=hi retain=1": "unexpected payload-format",
            "a< PUBLISH topic=b payload=hi retain=1 ...": "topic",
            "a< PUBLISH topic=a retain=1 ...": "payload",
            "a< PUBLISH topic=a payload=hi retain=1 content-type=x ...": "content-type",
            "a< PUBLISH topic=a payload=hi retain=1 !payload-format ...": "is there",
            "a< PUBACK id=1": "not PUBACK",
            "a< CLOSED": "not CLOSED",
            "a< NOTHING 0.1s": "got PUBLISH",
            "a barrier": "not PINGRESP",
            "a refused 0x81": "not DISCONNECT",
        }
        for line, part in wrong.items():
            with self.subTest(line):
                self.assertIn(part, run_against(publish, line) or "passed")

    def test_fails_when_nothing_comes(self):
        self.assertIn("CLOSED", run_against(b"", "a< PINGRESP"))
        self.assertIn("CLOSED", run_against(b"\xd0", "a< PINGRESP"))

    def test_groups_are_in_any_order_and_complete(self):
        both = b"\x40\x02\x00\x01\x40\x02\x00\x02"
        self.assertIsNone(run_against(both, "a<~ PUBACK id=2", "a<~ PUBACK id=1"))
        self.assertIn("none of", run_against(both, "a<~ PUBACK id=2", "a<~ PUBACK id=3"))
        self.assertIn("none of", run_against(both[:4], "a<~ PUBACK id=1", "a<~ PUBACK id=1"))

    def test_a_mistake_in_a_case_is_a_failure(self):
        self.assertIn("unknown step", run_against(b"", "a juggles"))
        self.assertIn("no 'colour'", run_against(b"\xd0\x00", "a< PINGRESP colour=red"))


class Cases(unittest.TestCase):
    def test_versions_guards_and_configuration(self):
        text = (
            "config:\n  a 1\n== t\nv5 [MQTT-1.1.1-1]\nv311\n[v5] a drops\n[!v5] b drops\nc drops\n"
        )
        five, four = read_text(text + "config:\n  b 2\n")
        self.assertEqual(
            (five.version, five.tags, five.config), ("v5", ["MQTT-1.1.1-1"], ["a 1", "b 2"])
        )
        self.assertEqual([step for _, step in five.steps], ["a drops", "c drops"])
        self.assertEqual([step for _, step in four.steps], ["b drops", "c drops"])

    def test_mistakes_are_named(self):
        for text in ("== t\na drops\n", "a drops\n", "== t\nv5\n== t\nv5\n"):
            with self.subTest(text), self.assertRaises(cases.Mistake):
                read_text(text)

    def test_a_tag_that_does_not_exist_is_a_mistake(self):
        for tag in ("MQTT-9.9.9-9", "nonsense"):
            with self.subTest(tag), self.assertRaises(cases.Mistake):
                report.join(read_text(f"== t\nv5 [{tag}]\n"))

    def test_a_clause_without_case_or_reason_is_a_mistake(self):
        with self.assertRaisesRegex(cases.Mistake, "neither case nor reason"):
            report.join([])


if __name__ == "__main__":
    unittest.main()
