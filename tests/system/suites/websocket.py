"""MQTT over WebSocket: the request byte by byte, frames of every shape, ends with their codes, proxies, and /mqtt of HTTP listeners."""

import re
import socket
import time
import urllib.request

import raw
import websocket_client as ws
from case import WAIT, Case, Ports, eventually, long
from tls import TlsCase

# Debian's mosquitto 2.0.11 answers so, byte for byte.
ANSWER = ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
          f"Sec-WebSocket-Accept: {ws.ACCEPT}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n").encode()


class Listener(Case):
    def start_ws(self, *lines, general=()):
        return self.start(f"listener {(port := Ports.take())} 127.0.0.1", "protocol websockets", "allow_anonymous true", *lines,
                          *general, port=port)

    def refused(self, broker, wish, status, line):
        """The answer's status, and why in the log."""
        before = len(re.findall(line, broker.log()))
        client = ws.opened(broker.address, **wish)
        self.assertEqual(client.head[:12].decode(), f"HTTP/1.1 {status}")
        while client.socket.plain.recv(1000):
            pass
        broker.wait_log(line, before + 1)


class Upgrade(Listener):
    def test_the_answer_is_mosquittos(self):
        broker = self.start_ws()
        self.assertEqual(ws.opened(broker.address).head, ANSWER)
        old = ws.opened(broker.address, protocol="chat, mqttv3.1", path="/anything?a=b")
        self.assertIn(b"\r\nSec-WebSocket-Protocol: mqttv3.1\r\n", old.head)
        none = ws.opened(broker.address, protocol=None)
        self.assertEqual(none.head, ANSWER.replace(b"Sec-WebSocket-Protocol: mqtt\r\n", b""))
        self.assertEqual(none.connect("none")["rc"], 0)

    def test_refusals_have_a_reason_and_a_counter(self):
        port = Ports.take()
        broker = self.start(f"listener {port} 127.0.0.1", "protocol websockets", "allow_anonymous true",
                            "websockets_origin https://a.example", "websockets_headers_size 1024", f"listener {(web := Ports.take())}",
                            "protocol http", "http_metrics_public true", port=port)
        why = r"Client <unknown> \[127\.0\.0\.1:\d+\] disconnected: no upgrade to WebSocket: "
        self.refused(broker, {"Upgrade": None}, 426, why + "this is for MQTT over WebSocket")
        self.refused(broker, {"key": "x"}, 400, why + "Sec-WebSocket-Key must be")
        self.refused(broker, {"protocol": "chat"}, 400, why + "Sec-WebSocket-Protocol must offer mqtt")
        self.refused(broker, {"Origin": "https://b.example"}, 403, why + "this origin is not allowed")
        self.refused(broker, {"Cookie": "x" * 1200}, 431, why)
        with raw.Raw(broker.address) as plain:
            plain.send_bytes(raw.connect_packet("plain"))
            self.assertIn(b"MQTT over WebSocket", plain.rest())
        self.assertEqual(ws.opened(broker.address, Origin="https://a.example").head, ANSWER)
        self.assertEqual(ws.opened(broker.address).head, ANSWER)

        def counted(reason):
            with urllib.request.urlopen(f"http://127.0.0.1:{web}/metrics", timeout=WAIT) as answer:
                page = answer.read().decode()
            return int(re.search(rf'^martlet_refused_total{{request="websocket",reason="{reason}"}} (\d+)$', page, re.M)[1])
        eventually(lambda: (counted("upgrade"), counted("origin")) == (5, 1), "the counters")

    @long(2)
    def test_hardening_19_a_request_that_never_ends_is_dropped(self):
        broker = self.start_ws("connect_timeout 1")
        slow = [socket.create_connection(broker.address, WAIT) for _ in range(3)]
        for one, text in zip(slow, (b"", b"GET /mqtt HTTP/1.1\r\n", ws.request())):
            one.sendall(text)
        began = time.monotonic()
        while time.monotonic() - began < 1.5:
            try:
                slow[1].sendall(b"X")
            except OSError:
                break
            time.sleep(0.1)
        for one in slow:
            heard = b""
            try:
                while got := one.recv(1000):
                    heard += got
            except ConnectionError:
                pass
            self.assertLess(time.monotonic() - began, 5)
        broker.wait_log(r"disconnected: exceeded timeout\.", 3)
        ws.connected(broker.address, "well").ping()


class Frames(Listener):
    def test_packets_and_frames_are_cut_apart(self):
        broker = self.start_ws()
        for level in (3, 4, 5):
            client = ws.opened(broker.address, level)
            packets = (raw.connect_packet(f"c{level}", level) + raw.packet("SUBSCRIBE", level, id=1, filter="t", qos=0)
                       + raw.packet("PUBLISH", level, topic="t", payload="x" * 300, qos=0))
            for at in range(0, len(packets), 7):
                client.socket.plain.sendall(ws.frame(packets[at:at + 7], is_last=True) + ws.frame(b"p", ws.PING))
            client.expect("CONNACK")
            client.expect("SUBACK")
            self.assertEqual(client.expect("PUBLISH")["payload"], b"x" * 300)
            client.socket.plain.sendall(ws.frame(raw.packet("PUBLISH", level, topic="t", payload="y", qos=0) * 5))
            self.assertEqual([client.expect("PUBLISH")["payload"] for _ in range(5)], [b"y"] * 5)
            self.assertIn((ws.PONG, b"p"), client.socket.controls)

    def test_a_connect_that_came_with_the_request_and_clients_on_every_shard(self):
        broker = self.start_ws(general=("shards 4",))
        clients = []
        for i in range(16):
            plain = socket.create_connection(broker.address, WAIT)
            client = raw.Raw.__new__(raw.Raw)
            client.level, client.buffer, client.aside, client.socket = 4, b"", [], ws.Framed(plain)
            plain.sendall(ws.request() + ws.frame(raw.connect_packet(f"early{i}")) + ws.frame(b"now", ws.PING))
            self.assertEqual(client.socket.head(), ANSWER)
            client.expect("CONNACK")
            client.subscribe("all")
            self.assertIn((ws.PONG, b"now"), client.socket.controls)
            clients.append(client)
        clients[0].publish("all", "hello")
        for client in clients:
            self.assertEqual(client.expect("PUBLISH")["payload"], b"hello")

    def test_large_packets_both_ways(self):
        broker = self.start_ws(general=("max_packet_size 20000000",))
        client = ws.connected(broker.address, "c")
        client.subscribe("big")
        for size in (125, 126, 65_535, 65_536, 5_000_000):
            client.publish("big", "x" * size)
            self.assertEqual(len(client.expect("PUBLISH")["payload"]), size)

    def test_what_is_wrong_ends_with_a_close_code(self):
        broker = self.start_ws()
        for bytes_, code, line in ((ws.frame(b"x", is_masked=False), 1002, "a frame is not masked"),
                                   (ws.frame(b"x", 1), 1003, "MQTT must be sent in binary frames"),
                                   (ws.frame(b"x", 3), 1002, "a frame has an unknown opcode")):
            client = ws.connected(broker.address, "c")
            client.socket.plain.sendall(bytes_)
            self.assertEqual(ws.closed_with(client)[0], code)
            broker.wait_log(r"Client c \[127\.0\.0\.1:\d+\] disconnected: WebSocket error: " + line)


class Ends(Listener):
    def test_ends_tell_why(self):
        broker = self.start_ws(f"password_file {self.passwords(u='p')}", "allow_anonymous false")
        login = {"user": "u", "pass_": "p"}
        one = ws.connected(broker.address, "left", **login)
        one.send("DISCONNECT")
        self.assertEqual(ws.closed_with(one), (1000, ""))
        wrong = ws.opened(broker.address)
        self.assertEqual(wrong.connect("wrong")["rc"], 5)
        self.assertEqual(ws.closed_with(wrong), (1008, ""))
        bad = ws.connected(broker.address, "bad", **login)
        bad.send_bytes(b"\x00\x00")
        self.assertEqual(ws.closed_with(bad), (1002, ""))
        first = ws.connected(broker.address, "twin", 5, **login)
        ws.connected(broker.address, "twin", **login)
        self.assertEqual(first.expect("DISCONNECT")["rc"], 0x8E)
        self.assertEqual(ws.closed_with(first), (1008, ""))
        gone = ws.connected(broker.address, "gone", **login)
        gone.socket.plain.sendall(ws.frame((1001).to_bytes(2, "big") + b"bye", ws.CLOSE))
        self.assertEqual(ws.closed_with(gone), (1001, "bye"))
        last = ws.connected(broker.address, "last", **login)
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)
        self.assertEqual(ws.closed_with(last), (1001, ""))

    def test_a_will_is_sent_when_the_page_is_closed(self):
        broker = self.start_ws()
        watch = ws.connected(broker.address, "watch")
        watch.subscribe("w")
        page = ws.connected(broker.address, "page", will="w", will__payload="gone", will__qos=0)
        page.socket.plain.sendall(ws.frame((1001).to_bytes(2, "big"), ws.CLOSE))
        self.assertEqual(watch.expect("PUBLISH")["payload"], b"gone")


class Proxies(Listener):
    def test_only_a_trusted_proxy_names_the_client(self):
        path = self.path("ws.sock")
        broker = self.start("trusted_proxy unix", f"listener 0 {path}", "protocol websockets", f"listener {(port := Ports.take())}",
                            "protocol websockets", "allow_anonymous true", port=port)
        ws.connected(str(path), "one", wish={"X_Forwarded_For": "198.51.100.1, 203.0.113.9"})
        broker.wait_log(r"New client connected from 203\.0\.113\.9:0 as one ")
        ws.connected(broker.address, "two", wish={"X_Forwarded_For": "203.0.113.9"})
        broker.wait_log(r"New client connected from 127\.0\.0\.1:\d+ as two ")


class Secure(TlsCase):
    def test_websocket_in_tls(self):
        port = Ports.take()
        broker = self.start("shards 4", f"listener {port} 127.0.0.1", "protocol websockets", "allow_anonymous true", *self.tls_lines(),
                            port=port)
        clients = []
        for i in range(6):
            client = ws.over(self.wrap(broker))
            self.assertEqual(client.head, ANSWER)
            self.assertEqual(client.connect(f"c{i}")["rc"], 0)
            client.subscribe("t")
            clients.append(client)
        clients[0].publish("t", "x" * 300_000)
        for client in clients:
            self.assertEqual(client.expect("PUBLISH")["payload"], b"x" * 300_000)
        clients[1].send("DISCONNECT")
        self.assertEqual(ws.closed_with(clients[1]), (1000, ""))

    def test_mqtt_of_an_https_listener(self):
        port = Ports.take()
        broker = self.start("shards 4", f"listener {Ports.take()} 127.0.0.1", f"listener {port} 127.0.0.1", "protocol http",
                            "allow_anonymous true", *self.tls_lines(), port=port)
        for i in range(6):
            client = ws.over(self.wrap(broker), host=f"localhost:{port}")
            self.assertEqual(client.head, ANSWER)
            self.assertEqual(client.connect(f"c{i}")["rc"], 0)
            client.ping()


class Web(Case):
    """/mqtt of an HTTP listener."""

    def start_web(self, *lines):
        port = Ports.take()
        return self.start("shards 4", f"listener {Ports.take()} 127.0.0.1", f"listener {port} 127.0.0.1", "protocol http",
                          "allow_anonymous true", *lines, port=port)

    def test_mqtt_beside_pages(self):
        broker = self.start_web()
        clients = []
        for i in range(8):
            client = ws.opened(broker.address, host=f"127.0.0.1:{broker.port}")
            self.assertEqual(client.head, ANSWER)
            self.assertEqual(client.connect(f"c{i}")["rc"], 0)
            client.subscribe("t")
            clients.append(client)
        clients[0].publish("t", "hello")
        for client in clients:
            self.assertEqual(client.expect("PUBLISH")["payload"], b"hello")
        self.assertIn(b"426", ws.opened(broker.address, host="localhost", Upgrade=None).head.split(b"\r\n")[0])
        self.assertIn(b"404", ws.opened(broker.address, host="localhost", path="/other", Upgrade=None).head.split(b"\r\n")[0])

    def test_hardening_17_pages_of_other_sites_get_no_websocket(self):
        broker = self.start_web("websockets_origin https://app.example", "http_host broker.example")
        own = f"localhost:{broker.port}"

        def status(host, origin):
            return int(ws.opened(broker.address, host=host, Origin=origin).head[9:12])
        self.assertEqual(status(own, f"http://{own}"), 101)
        self.assertEqual(status(own, "https://app.example"), 101)
        self.assertEqual(status("broker.example", "https://broker.example"), 101)
        for origin in ("https://evil.example", "http://localhost:1", "null", "file://", f"http://{own}.evil.example", ""):
            self.assertEqual(status(own, origin), 403, origin)
        self.assertEqual(status("evil.example", "http://evil.example"), 421)
        broker.wait_log(r"Connection from 127\.0\.0\.1:\d+ closed: no upgrade to WebSocket: other sites' pages may not connect", 6)
