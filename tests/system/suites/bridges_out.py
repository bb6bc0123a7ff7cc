"""The broker's own bridges: to Debian's mosquitto, to another Martlet, and to far ends that are played here."""

import shutil
import signal
import socket
import subprocess
import time
import unittest

import raw
import wire
from case import WAIT, Case, Ports, end_if_alive, eventually

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/sbin:/bin")


class Far:
    """A mosquitto, as the far end: it can be killed and started again on its port."""

    def __init__(self, test, *lines, name="far"):
        self.test, self.port, self.process = test, Ports.take(), None
        self.conf = test.write(f"{name}.conf", "\n".join((f"listener {self.port} 127.0.0.1", "log_type all", *lines)) + "\n")
        self.log_path = test.path(f"{name}.log")
        test.addCleanup(lambda: self.process and end_if_alive(self.process))
        self.start()

    @property
    def address(self):
        return "127.0.0.1", self.port

    def start(self):
        with open(self.log_path, "ab") as out:
            self.process = subprocess.Popen([MOSQUITTO, "-c", self.conf], stdout=out, stderr=subprocess.STDOUT,
                                            cwd=self.test.directory)
        eventually(self.is_open, "the far end's start")

    def is_open(self):
        with socket.socket() as probe:
            return probe.connect_ex(self.address) == 0

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(WAIT)

    def log(self):
        return self.log_path.read_text(errors="replace")


class Stub:
    """A far end that is played packet by packet: it takes one connection after the other."""

    def __init__(self, test):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(WAIT)
        self.port = self.server.getsockname()[1]
        test.addCleanup(self.server.close)

    def accept(self, level=4):
        client = raw.Raw.__new__(raw.Raw)
        client.level, client.buffer, client.aside = level, b"", []
        client.socket, _ = self.server.accept()
        client.socket.settimeout(WAIT)
        return client

    @staticmethod
    def accepts(client, code=0, session_present=0, properties=b""):
        body = bytes([session_present, code]) + (wire.varint(len(properties)) + properties if client.level == 5 else b"")
        client.send_bytes(raw.raw_frame(0x20, body))

    @staticmethod
    def first_packet(client):
        """The bytes of CONNECT behind the fixed header, which only servers get to read."""
        client.fill(2)
        length = client.buffer[1]
        assert length < 128
        client.fill(2 + length)
        body, client.buffer = client.buffer[2:2 + length], client.buffer[2 + length:]
        return body


@unittest.skipIf(MOSQUITTO is None, "mosquitto is not installed")
class MissionBridges(Case):
    """The Meshtastic community's bridge, as its page tells to paste it (Q0.2 with an address of this test)."""

    def block(self, port, *lines):
        return ("connection LiamCottle", f"address 127.0.0.1:{port}", "remote_password uplink", "remote_username uplink",
                "try_private true", "topic # out 0 msh/ msh/", *lines)

    def far(self, *lines):
        passwords = self.path("passwords")
        if not passwords.exists():
            subprocess.run(["mosquitto_passwd", "-c", "-b", passwords, "uplink", "uplink"], check=True, timeout=WAIT)
            subprocess.run(["mosquitto_passwd", "-b", passwords, "reader", "r"], check=True, timeout=WAIT)
        return Far(self, f"password_file {passwords}", *lines)

    def test_M0_20_and_M0_21_the_block_pasted_at_the_end(self):
        far = self.far()
        watch = raw.connected(far.address, "watch", user="reader", pass_=b"r")
        watch.subscribe("#", "$SYS/broker/connection/+/state")
        near = self.start("allow_anonymous true", "log_type all", *self.block(far.port))
        near.wait_log(r"Bridge LiamCottle connected to 127\.0\.0\.1:\d+ as .*\.LiamCottle\.")
        host = socket.gethostname()
        self.assertIn(f"as {host}.LiamCottle (p2, c0, k60, u'uplink')", far.log())
        state = watch.expect("PUBLISH")
        self.assertEqual((state["topic"].decode(), state["payload"]), (f"$SYS/broker/connection/{host}.LiamCottle/state", b"1"))
        node = raw.connected(near.address, "node")
        node.subscribe("#")
        node.publish("other/x", "no")
        node.publish("msh/EU_868/2/e/LongFast/!abcd1234", b"\x00\x01\xff")
        node.publish("msh/EU_868/last", "end")
        self.assertEqual([one["topic"] for one in (watch.expect("PUBLISH"), watch.expect("PUBLISH"))],
                         [b"msh/EU_868/2/e/LongFast/!abcd1234", b"msh/EU_868/last"])
        # Nothing comes back.
        self.assertEqual([topic for topic, _ in node.messages()],
                         ["other/x", "msh/EU_868/2/e/LongFast/!abcd1234", "msh/EU_868/last"])
        writer = raw.connected(far.address, "writer", user="uplink", pass_=b"uplink")
        writer.publish_acked("msh/from/far", "x")
        node.publish_acked("msh/again", "y")
        self.assertEqual(watch.expect("PUBLISH")["topic"], b"msh/from/far")
        self.assertEqual(watch.expect("PUBLISH")["topic"], b"msh/again")
        self.assertEqual(node.messages(), [("msh/again", "y")])

    def test_M0_22_the_bridge_bit_where_it_is_known(self):
        far = self.far()
        near = self.start("allow_anonymous true", *self.block(far.port))
        near.wait_log(r"Bridge LiamCottle connected")
        self.assertIn("New bridge connected from", far.log())
        self.assertNotIn("try_private is left out", near.log())

    def test_M0_22_the_bridge_bit_where_it_is_refused(self):
        stub = Stub(self)
        near = self.start("allow_anonymous true", *self.block(stub.port))
        first = stub.accept()
        self.assertEqual(stub.first_packet(first)[:7], b"\x00\x04MQTT\x84")
        stub.accepts(first, 1)
        second = stub.accept()
        self.assertEqual(stub.first_packet(second)[:7], b"\x00\x04MQTT\x04")
        stub.accepts(second)
        near.wait_log(r"Bridge LiamCottle connected")
        near.wait_log(r"the far end does not know bridges, try_private is left out")
        self.assertEqual(second.receive()[0], "PUBLISH")  # its state
        raw.connected(near.address, "node").publish("msh/x", "1")
        self.assertEqual(second.expect("PUBLISH")["topic"], b"msh/x")

    def test_M0_22_the_bridge_bit_where_the_far_end_just_closes(self):
        stub = Stub(self)
        near = self.start("allow_anonymous true", *self.block(stub.port))
        first = stub.accept()
        self.assertEqual(stub.first_packet(first)[6], 0x84)
        first.close()
        second = stub.accept()
        self.assertEqual(stub.first_packet(second)[6], 4)
        stub.accepts(second)
        near.wait_log(r"Bridge LiamCottle connected")

    def test_M0_23_the_link_breaks_and_comes_back(self):
        far = self.far()
        near = self.start("allow_anonymous true", *self.block(far.port, "restart_timeout 1"))
        near.wait_log(r"Bridge LiamCottle connected")
        watch = raw.connected(near.address, "watch")
        watch.subscribe("$SYS/broker/connection/+/state")
        topic = f"$SYS/broker/connection/{socket.gethostname()}.LiamCottle/state".encode()

        def state():
            packet = watch.expect("PUBLISH")
            self.assertEqual(packet["topic"], topic)
            return packet["payload"]
        self.assertEqual(state(), b"1")
        far.kill()
        self.assertEqual(state(), b"0")
        near.wait_log(r"Bridge LiamCottle \(127\.0\.0\.1:\d+\): .+\.")
        far.start()
        self.assertEqual(state(), b"1")
        reader = raw.connected(far.address, "reader", user="reader", pass_=b"r")
        reader.subscribe("msh/#")
        raw.connected(near.address, "node").publish("msh/x", "1")
        self.assertEqual(reader.expect("PUBLISH")["topic"], b"msh/x")


class Flow(Case):
    """Messages through a bridge, by direction, QoS and version; to Debian's mosquitto and to a Martlet."""

    def martlet(self, *lines, name="far"):
        return self.start("allow_anonymous true", *lines, file=f"{name}.conf")

    def near(self, port, *lines, name="b", topics=("topic # both 2 in/ out/",), **options):
        broker = self.start("allow_anonymous true", f"connection {name}", f"address 127.0.0.1:{port}", "restart_timeout 1", *topics,
                            *lines, file=f"near-{name}.conf", **options)
        broker.wait_log(rf"Bridge {name} connected")
        # The far end has its subscriptions when a message comes through.
        return broker

    def collect(self, client, *until):
        """(topic, payload, QoS) of what comes, acknowledged, as far as the last of these topics."""
        found, left = [], set(until)
        while left:
            name, fields, _ = client.receive()
            if name == "PUBREL":
                client.send("PUBCOMP", id=fields["id"])
            if name != "PUBLISH":
                continue
            if fields["qos"]:
                client.send("PUBACK" if fields["qos"] == 1 else "PUBREC", id=fields["id"])
            found.append((fields["topic"].decode(), fields["payload"].decode(), fields["qos"]))
            left.discard(fields["topic"].decode())
        return found

    def publish(self, client, topic, payload, qos):
        client.publish(topic, payload, qos, 1)
        if qos:
            client.wait_for("PUBACK" if qos == 1 else "PUBREC")
        if qos == 2:
            client.send("PUBREL", id=1)
            client.wait_for("PUBCOMP")

    def through(self, near, far, qos):
        """Messages of each side arrive on the other under their mapped name, once, and go back nowhere."""
        left, right = raw.connected(near.address, "left"), raw.connected(far.address, "right")
        watch = {left: raw.connected(near.address, "watch"), right: raw.connected(far.address, "watch")}
        for client in watch.values():
            client.subscribe("in/#", "out/#", "elsewhere", qos=qos)
        eventually(lambda: self.is_subscribed(right, watch[left]), "the bridge's subscription at the far end")
        for i in range(2):
            self.publish(left, "in/a", f"to {i}", qos)
            self.publish(right, "out/b", f"back {i}", qos)
        self.publish(left, "elsewhere", "x", qos)
        for name in ("fence", "late"):
            self.publish(left, f"in/{name}-left", "", qos)
            self.publish(right, f"out/{name}-right", "", qos)
            for client, here in ((left, "in"), (right, "out")):
                here_topics = (f"{here}/{name}-left", f"{here}/{name}-right")
                got = [one for one in self.collect(watch[client], *here_topics) if "probe" not in one[0]]
                want = [(topic, "", qos) for topic in here_topics]
                if name == "fence":
                    want += [(f"{here}/a", f"to {i}", qos) for i in range(2)] + [(f"{here}/b", f"back {i}", qos) for i in range(2)]
                    want += [("elsewhere", "x", qos)] if client is left else []
                self.assertEqual(sorted(got), sorted(want), "each message once on each side")
        for client in (left, right, *watch.values()):
            client.leave()

    def is_subscribed(self, right, left):
        right.publish("out/probe", "p")
        return ("in/probe", "p") in left.messages()

    def check(self, far, *lines):
        near = self.near(far.port, *lines)
        for qos in (0, 1, 2):
            self.through(near, far, qos)
        left, right = raw.connected(near.address, "left"), raw.connected(far.address, "right")
        left.publish_acked("in/kept", "r", retain=1)
        eventually(lambda: self.retained(far, "out/kept"), "the retained message at the far end")
        right.publish_acked("out/state", "s", retain=1)
        eventually(lambda: self.retained(near, "in/state"), "the retained message here")

    def retained(self, broker, topic):
        with raw.connected(broker.address, "late") as late:
            late.subscribe(topic)
            return [payload for _, payload in late.messages()]

    @unittest.skipIf(MOSQUITTO is None, "mosquitto is not installed")
    def test_to_mosquitto_with_3_1_1(self):
        self.check(Far(self, "allow_anonymous true"))

    @unittest.skipIf(MOSQUITTO is None, "mosquitto is not installed")
    def test_to_mosquitto_with_3_1(self):
        self.check(Far(self, "allow_anonymous true"), "bridge_protocol_version mqttv31")

    @unittest.skipIf(MOSQUITTO is None, "mosquitto is not installed")
    def test_to_mosquitto_with_5(self):
        self.check(Far(self, "allow_anonymous true"), "bridge_protocol_version mqttv50")

    def test_to_martlet_with_3_1_1(self):
        self.check(self.martlet())

    def test_to_martlet_with_5(self):
        self.check(self.martlet(), "bridge_protocol_version mqttv50")

    def test_properties_of_mqtt_5_pass(self):
        far = self.martlet()
        near = self.near(far.port, "bridge_protocol_version mqttv50", topics=("topic # out 1",))
        right, left = raw.connected(far.address, "right", 5), raw.connected(near.address, "left", 5)
        right.subscribe("#")
        left.publish_acked("t", "x", user_property="k=v", content_type="text/plain", message_expiry=100)
        got = right.wait_for("PUBLISH")
        while got["topic"] != b"t":
            got = right.wait_for("PUBLISH")
        self.assertEqual(got["content-type"], b"text/plain")
        self.assertIn(got["message-expiry"], (99, 100))

    def test_a_chain_of_three_passes_each_message_once(self):
        last = self.martlet(name="last")
        middle = self.near(last.port, name="onward", topics=("topic # both 1",))
        first = self.near(middle.port, name="first", topics=("topic # both 1",))
        ends = [raw.connected(broker.address, "end") for broker in (first, middle, last)]
        for end in ends:
            end.subscribe("lamp/#", qos=1)
        eventually(lambda: self.reaches(ends[2], ends[0], "lamp/probe"), "the way back through the chain")
        for end in ends:
            end.messages()
        for i, sender in enumerate(ends):
            sender.publish("lamp/on", str(i), 1, 1)
            sender.wait_for("PUBACK")
        for number in range(3):
            for end in ends:
                self.seen = []
                eventually(lambda: self.seen.extend(end.messages()) or len(self.seen) >= 3 or number > 0, "all three")
                if number == 0:
                    self.assertEqual(sorted(self.seen), [("lamp/on", "0"), ("lamp/on", "1"), ("lamp/on", "2")])
                else:
                    self.assertEqual(self.seen, [], "nothing goes round")

    def reaches(self, sender, receiver, topic):
        sender.publish(topic, "p")
        return (topic, "p") in receiver.messages()

    def test_messages_queue_before_the_far_end_was_ever_reached(self):
        port = Ports.take()
        near = self.start("allow_anonymous true", "connection b", f"address 127.0.0.1:{port}", "restart_timeout 1", "topic # out 1")
        near.wait_log(r"Bridge b cannot connect to .*: Connection refused\.")
        raw.connected(near.address, "left").publish_acked("t", "early")
        raw.connected(near.address, "left").publish_acked("t", "kept", retain=1)
        far = self.start("allow_anonymous true", "log_type all", file="far.conf", port=port)
        far.wait_log(r"Received PUBLISH from .* 't', \.\.\. \(5 bytes\)")
        eventually(lambda: self.retained(far, "t") == ["kept"], "the second message")
