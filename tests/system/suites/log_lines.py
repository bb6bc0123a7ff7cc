"""Log lines keep mosquitto's shape, since people search for them."""

import re
import socket
import urllib.request

import raw
from case import WAIT, Case, Ports, eventually


class LogLines(Case):
    def lines(self, broker):
        return [re.sub(r"^\d+: ", "", line) for line in broker.log().splitlines()]

    def test_start_and_end(self):
        broker = self.start("allow_anonymous true")
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)
        lines = self.lines(broker)
        self.assertRegex(lines[0], r"^(martlet|mosquitto) version \d\S* starting$")
        self.assertEqual(lines[1], f"Config loaded from {self.path('martlet.conf')}.")
        self.assertTrue(any(re.match(r"(martlet|mosquitto) version \d\S* running", line) for line in lines))
        self.assertRegex(lines[-1], r"^(martlet|mosquitto) version \d\S* terminating$")

    def test_default_configuration(self):
        port = Ports.take()
        broker = self.launch(["-p", port], port=port)
        self.brokers.append(broker)
        broker.wait_ready()
        self.assertIn("Using default config.", self.lines(broker))
        self.assertTrue(any(line.startswith("Starting in local only mode.") for line in self.lines(broker)))

    def test_every_line_has_a_time(self):
        broker = self.start("allow_anonymous true", "log_type all")
        with raw.connected(broker.address, "c") as client:
            client.subscribe("t")
            client.publish("t", "x")
            client.ping()
        for line in broker.log().splitlines():
            self.assertRegex(line, r"^\d{10}: \S")

    def test_time_formats(self):
        broker = self.start("allow_anonymous true", "log_timestamp_format %Y-%m-%dT%H:%M:%S")
        self.assertRegex(broker.log(), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d: (martlet|mosquitto) version")
        broker = self.start("allow_anonymous true", "log_timestamp false")
        self.assertRegex(broker.log(), r"^(martlet|mosquitto) version")

    def test_connections(self):
        broker = self.start("allow_anonymous true")
        address = r"127\.0\.0\.1:\d+"
        for level, clean, keepalive, user in ((3, 1, 60, "alice"), (4, 0, 0, None), (5, 1, 5, "bob b")):
            login = {"user": user, "pass_": "x"} if user else {}
            with raw.connected(broker.address, f"id{level}", level, clean=clean, keepalive=keepalive, **login) as client:
                client.ping()
            shown = f", u'{user}'" if user else ""
            broker.wait_log(rf"^\d+: New client connected from {address} as id{level} "
                            rf"\(p{level}, c{clean}, k{keepalive}{re.escape(shown)}\)\.$")
        broker.wait_log(rf"^\d+: New connection from {address} on port {broker.port}\.$", 3)

    def test_questions_over_http_fill_no_log(self):
        port, pages = Ports.take(), Ports.take()
        for debug, count in (("", 0), ("log_type all", 1)):
            broker = self.start(f"listener {port} 127.0.0.1", "allow_anonymous true", f"listener {pages} 127.0.0.1", "protocol http",
                                f"http_accounts_file {self.path('accounts')}", debug, port=port)
            with urllib.request.urlopen(f"http://127.0.0.1:{pages}/healthz", timeout=WAIT) as answer:
                self.assertEqual(answer.status, 200)
            raw.connected(broker.address, "c").close()
            broker.wait_log("as c ")
            said = re.findall(rf"New connection from \S+ on port {pages}", broker.log())
            self.assertEqual(len(said), count, broker.log())
            self.assertEqual(broker.stop(), 0)
            self.forget(broker)

    def test_why_a_client_left(self):
        broker = self.start("allow_anonymous true", "max_packet_size 1000")
        address = r"\[127\.0\.0\.1:\d+\]"

        def leaves(client_id, act, reason):
            client = raw.connected(broker.address, client_id, 5)
            act(client)
            broker.wait_log(rf"^\d+: Client {client_id} {address} disconnected{reason}\.$")
        leaves("polite", lambda c: c.send("DISCONNECT"), "")
        leaves("rude", lambda c: c.close(), ": connection closed by client")
        leaves("broken", lambda c: c.send_bytes(b"\x30\x01\x00"), ": malformed packet")
        leaves("wrong", lambda c: c.send("CONNECT", id="again"), ": protocol error")
        leaves("large", lambda c: c.send_bytes(b"\x30\x80\x80\x01"), ": oversize packet")
        leaves("twin", lambda c: raw.connected(broker.address, "twin"), ": session taken over")
        broker.wait_log("Client twin already connected, closing old connection.")

    def test_refusals(self):
        broker = self.start(f"password_file {self.passwords(alice='a')}")
        with raw.Raw(broker.address) as client:
            client.connect("intruder", user="alice", pass_="b")
        broker.wait_log(r"Client intruder \[127\.0\.0\.1:\d+\] disconnected: not authorised\.")
        broker.wait_log(r"intruder.*alice.*wrong password")
        with raw.Raw(broker.address) as client:
            client.connect("nobody")
        broker.wait_log(r"nobody.*allow_anonymous")

    def test_packets_at_debug_level(self):
        broker = self.start("allow_anonymous true", "log_type all")
        with raw.connected(broker.address, "c") as client:
            client.subscribe("a/+", qos=2)
            client.publish("a/b", "twelve bytes", 1, 5)
            client.wait_for("PUBACK")
            client.messages()
            client.send("UNSUBSCRIBE", id=2, filter="a/+")
            client.expect("UNSUBACK")
            client.send("DISCONNECT")
            client.rest()
        broker.wait_log(r"Received DISCONNECT from c$")
        for line in ("Sending CONNACK to c (0, 0)", "Received SUBSCRIBE from c", "c 2 a/+", "Sending SUBACK to c",
                     "Received PUBLISH from c (d0, q1, r0, m5, 'a/b', ... (12 bytes))", "Sending PUBACK to c (m5, rc0)",
                     "Sending PUBLISH to c (d0, q1, r0, m1, 'a/b', ... (12 bytes))", "Received PUBACK from c (Mid: 1, RC:0)",
                     "Received PINGREQ from c", "Sending PINGRESP to c", "Received UNSUBSCRIBE from c", "c a/+",
                     "Sending UNSUBACK to c", "Received DISCONNECT from c"):
            self.assertIn(line, self.lines(broker))

    def test_denials_say_who_what_and_why(self):
        acl = self.write("acl", "topic readwrite ok\n")
        broker = self.start("allow_anonymous true", f"acl_file {acl}")
        with raw.connected(broker.address, "c", 5) as client:
            client.publish_acked("forbidden", "secret")
            client.subscribe("forbidden/#")
        broker.wait_log(r"Denied PUBLISH from c \(d0, q1, r0, m1, 'forbidden', \.\.\. \(6 bytes\)\)")
        broker.wait_log(r"Denied SUBSCRIBE from c \('forbidden/#'")

    def test_a_filter_that_is_denied_in_silence_is_logged(self):
        acl = self.write("acl", "topic readwrite ok/#\n")
        broker = self.start("allow_anonymous true", f"acl_file {acl}", "log_type all")
        with raw.connected(broker.address, "old") as client:
            self.assertEqual(client.subscribe("forbidden/#", "ok"), [0, 0])
            client.subscribe(*[f"never/{i}" for i in range(100)])
            client.subscribe("ok/last")
        broker.wait_log(r"old 0 ok/last$")  # the lines before it are written
        broker.wait_log(r"Denied SUBSCRIBE from old \('forbidden/#', QoS 0\): an anonymous client may read no topic that this filter "
                        r"matches; SUBACK says granted, as mosquitto's would$")
        self.assertIn("old 0 ok", self.lines(broker))
        self.assertNotIn("old 0 forbidden/#", self.lines(broker))
        self.assertEqual(broker.log().count("Denied SUBSCRIBE from old"), 10)

    def test_a_refusal_names_its_reason(self):
        broker = self.start(f"password_file {self.passwords(alice='a')}", "log_type all", "max_keepalive 65535")
        for level, code in ((4, 5), (5, 135)):
            with raw.Raw(broker.address, level) as client:
                client.connect(f"p{level}", user="alice", pass_="b")
            broker.wait_log(rf"Sending CONNACK to 127\.0\.0\.1 \(0, {code}\)$")
        with raw.Raw(broker.address) as client:
            self.assertEqual(client.connect("board", user="alice", pass_="a", keepalive=0)["rc"], 2)
        broker.wait_log(r"Client board \[.*\] disconnected: keep alive 0 is not allowed, max_keepalive is 65535\.$")

    def test_the_words_of_2_0(self):
        broker = self.start(f"password_file {self.passwords(alice='a')}", "log_compat 2.0")
        with raw.Raw(broker.address) as client:
            client.connect("wrong", user="alice", pass_="b")
        broker.wait_log(r"Client wrong disconnected, not authorised\.$")
        raw.connected(broker.address, "rude", user="alice", pass_="a").close()
        broker.wait_log(r"Client rude closed its connection\.$")
        broken = raw.connected(broker.address, "broken", user="alice", pass_="a")
        broken.send_bytes(b"\x30\x01\x00")
        broker.wait_log(r"Client broken disconnected due to malformed packet\.$")

    def test_drops_for_a_slow_reader_are_said_once_with_their_count(self):
        broker = self.start("allow_anonymous true", "outbox_bytes_max 65536")
        slow = raw.Raw(broker.address)
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect("slow", keepalive=0)
        slow.subscribe("#")
        with raw.connected(broker.address, "sender") as sender:
            for _ in range(60):
                sender.send_bytes(raw.packet("PUBLISH", topic="t", payload="x" * 900, qos=0) * 100)
            sender.ping()
        broker.wait_log(r"Outgoing messages are being dropped for client slow: it does not read fast enough, 1 of QoS 0 dropped so far\.")
        slow.close()
        broker.wait_log(r"dropped for client slow: .*, \d{2,} of QoS 0 dropped since the last such line\.")
        self.assertEqual(broker.log().count("dropped for client slow"), 2)

    def test_types_choose_lines(self):
        self.write("few.conf", f"user root\nlistener {Ports.take()}\nallow_anonymous true\nlog_type error\nlog_type notice\n")
        broker = self.launch(["-c", self.path("few.conf")], port=Ports.next - 1)
        self.brokers.append(broker)
        self.until_open(broker)
        raw.connected(broker.address, "c").close()
        broker.wait_log("New client connected")
        self.assertNotIn("version", broker.log())

    def until_open(self, broker):
        def is_open():
            try:
                raw.Raw(broker.address).close()
                return True
            except OSError:
                return False
        eventually(is_open, "an open port")

    def test_connection_messages_false(self):
        broker = self.start("allow_anonymous true", "connection_messages false")
        with raw.connected(broker.address, "c") as client:
            client.ping()
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)
        self.assertNotRegex(broker.log(), r"New (client|connection)|disconnected")

    def test_several_destinations(self):
        broker = self.start("allow_anonymous true", f"log_dest file {self.path('log')}", "log_dest stderr", "log_dest stdout")
        raw.connected(broker.address, "c").close()
        broker.wait_log("as c")
        self.assertIn("as c", self.path("log").read_text())

    def test_a_name_cannot_make_a_line_too_long(self):
        broker = self.start("allow_anonymous true", "log_type all")
        with raw.connected(broker.address, "c" * 5000) as client:
            client.publish("t" * 5000, "x")
            client.ping()
        self.assertLessEqual(max(map(len, broker.log().splitlines())), 1000)
