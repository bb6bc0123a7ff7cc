"""`martlet decode`: what telemetry makes of a payload, without a broker."""

import json
from pathlib import Path

from case import Case
from mesh_packets import message, packet

VECTORS = json.loads((Path(__file__).parents[2] / "telemetry/data/meshtastic-vectors.json").read_text())
OTHER = "!deadbe01"


class Decode(Case):
    def decode(self, topic, payload, *options, code=0):
        payload = payload.encode() if isinstance(payload, str) else payload
        self.path("payload").write_bytes(payload)
        done = self.run_martlet("decode", "-t", topic, *options, self.path("payload"))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout.splitlines()

    def test_the_decoder_of_the_topic(self):
        lines = self.decode("lab/room1", '{"temperature":21.4}')
        self.assertEqual(lines[:3], ["decoder json", "is Read", "sender topic lab/room1"])
        self.assertRegex(lines[3], r"^sample temperature = 21\.4 °C gauge \(unit \w+\)$")
        self.assertEqual(self.decode("busroot/v2/acme/signals/PRESS7", '{"productive":1}')[:3],
                         ["decoder busroot", "is Read", "sender station acme/PRESS7"])

    def test_hex_and_a_decoder_by_name(self):
        [vector] = [one for one in VECTORS["binary"] if one["name"] == "text_default_key"]
        lines = self.decode("any/2/e/LongFast/!a1b2c3d4", vector["payload_hex"], "-d", "meshtastic", "--hex")
        self.assertTrue(any(line.startswith("event text info 'hello mesh'") for line in lines), lines)

    def test_options_of_the_decoder(self):
        [vector] = [one for one in VECTORS["binary"] if one["name"] == "text_custom_key_aes256"]
        arguments = (vector["topic"], vector["payload_hex"], "-d", "meshtastic", "--hex")
        self.assertIn("is Opaque: unknown key", self.decode(*arguments))
        key = VECTORS["keys"]["Stockholm_aes256"]["base64"]
        lines = self.decode(*arguments, "-o", f"key=Stockholm {key}")
        self.assertTrue(any("hemligt meddelande" in line for line in lines), lines)
        self.assertNotIn(key, "\n".join(lines))

    def test_rules_of_a_configuration(self):
        self.write("martlet.conf", "telemetry true\npersistence true\ntelemetry_rule home/# lowi\ntelemetry_rule private/# none\n")
        conf = ("-c", self.path("martlet.conf"))
        self.assertEqual(self.decode("home/attic/PUB/CH1", '{"P":12}', *conf)[0], "decoder lowi")
        self.decode("private/diary", "1", *conf, code=3)

    def test_what_cannot_be_read(self):
        lines = self.decode("busroot/v2/acme/signals/PRESS7", "not json", code=1)
        self.assertEqual(lines[1], "is Unreadable: not JSON")
        for topic in ("lab/#", "", "a\x01b"):
            self.decode(topic, "1", code=3)
        self.decode("a", "123", "--hex", code=3)
        self.decode("a", "zz", "--hex", code=3)
        self.decode("a", "1", "-d", "nobody", code=3)
        self.assertEqual(self.run_martlet("decode", "-t", "a", self.path("nothing-here")).returncode, 3)

    def say(self, *arguments, input=None, code=0):
        done = self.run_martlet("decode", *arguments, input=input)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr if code == 3 else done.stdout

    def test_the_payload_comes_from_anywhere(self):
        expected = "sample temperature = 21.4 °C gauge"
        self.assertIn(expected, self.say("-t", "kitchen/temperature", "-m", "21.4"))
        self.assertIn(expected, self.say("-t", "kitchen/temperature", input="21.4\n"))
        self.assertIn(expected, self.say("-t", "kitchen/temperature", "-", input="21.4"))
        answer = json.loads(self.say("-t", "kitchen/temperature", "-m", "21.4", "--json"))
        self.assertEqual((answer["verdict"], answer["samples"][0]["metric"], answer["samples"][0]["value"],
                          answer["samples"][0]["unit"], answer["samples"][0]["source"]),
                         ("read", "temperature", 21.4, "°C", "topic:kitchen"))

    def test_nothing_has_a_reason(self):
        for payload, reason in (("null", "null is no value"), ("", "the payload is empty"), ("  ", "only blanks in it"),
                                ("{}", "JSON, but no value in it that telemetry keeps (numbers, states, places)")):
            self.assertIn(f"is Nothing: {reason}\n", self.say("-t", "a/b", "-m", payload))
        self.assertIn("is Nothing: sound, but the decoder busroot keeps nothing of it\n",
                      self.say("-t", "busroot/v2/acme/signals/PRESS7", "-m", "{}"))

    def test_a_wrong_line_is_told_what_is_wrong(self):
        for arguments, error in (
                (("-t", "a", "-d", "json", "-o", "bogus", "-m", "1"), "-o bogus: expected NAME=VALUE"),
                (("-t", "a", "-d", "json", "-o", "unit=value", "-m", "1"), "expected METRIC and UNIT"),
                (("-t", "a", "-o", "unit=value lux", "-m", "1"), "say of which decoder, with -d"),
                (("-m", "hi"), "The topic is missing"), (("--bogus",), "Unknown option '--bogus'"),
                (("--jsn", "-t", "a"), "Did you mean '--json'?"), (("-t", "a", "-m", "1", "file"), "exclude each other"),
                (("-t", "a/#", "-m", "1"), "'a/#' is no topic name"), (("-t", "a", "-p", "99999"), "expected a port")):
            said = self.say(*arguments, code=3)
            self.assertIn(error, said)
            self.assertLess(said.count("\n"), 4, said)

    def test_live_topics(self):
        broker = self.start("allow_anonymous true")
        for topic, payload in (("kitchen/temperature", "21.5"), ("kitchen/note", "null")):
            self.run_martlet("pub", "-p", broker.port, "-r", "-t", topic, "-m", payload)
        said = self.say("-h", "127.0.0.1", "-p", broker.port, "-t", "kitchen/#", "-C", "2")
        for line in ("kitchen/temperature (4 bytes)\ndecoder json\nis Read\n", "sample temperature = 21.5 °C gauge",
                     "kitchen/note (4 bytes)\ndecoder json\nis Nothing: null is no value\n"):
            self.assertIn(line, said)
        line = json.loads(self.say("-p", broker.port, "-t", "kitchen/note", "-C", "1", "--json"))
        self.assertEqual((line["topic"], line["verdict"], line["problem"]), ("kitchen/note", "nothing", "null is no value"))
        self.say("-h", "127.0.0.1", "-p", "1", "-t", "a", code=1)

    def test_no_orders_to_the_terminal(self):
        """Whatever a stranger calls his node, and whatever he writes."""
        for port, inner in ((4, message(b1=OTHER, b2="a\x1b]0;title\x07\u202eb".encode(), b3=b"x")),
                            (1, "two\nlines \x1b[2J\u0085".encode()),
                            (8, message(f1=1, b6=b"\x1b[31mred", b7=b"\x9b2J"))):
            data = packet(port, inner, OTHER, port)
            text = "\n".join(self.decode("msh/2/e/LongFast/!a1b2c3d4", data))
            self.assertFalse([c for c in text if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or c == "\u202e")], repr(text))
