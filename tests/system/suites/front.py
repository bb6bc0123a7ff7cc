"""The front: connections before a shard has them."""

import re
import socket
import urllib.request

import raw
from case import WAIT, Case, Ports, eventually


class Front(Case):
    def test_what_comes_behind_a_connect_in_pieces_is_kept(self):
        """A CONNECT of two segments whose second one has more packets: whichever shard is the client's, they are taken."""
        broker = self.start("allow_anonymous true", "shards 4", "front_threads 2")
        for i in range(16):
            client = raw.Raw(broker.address)
            self.addCleanup(client.close)
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connect = raw.connect_packet(f"client{i}")
            behind = raw.packet("SUBSCRIBE", id=1, filter=f"t/{i}", qos=0) + raw.packet("PUBLISH", topic=f"t/{i}", payload=b"mine")
            client.send_bytes(connect[:7])
            # The broker has read the first piece when another connection that came later has been served.
            with raw.connected(broker.address, f"other{i}"):
                pass
            client.send_bytes(connect[7:] + behind)
            client.expect("CONNACK")
            client.expect("SUBACK")
            self.assertEqual(client.receive()[1]["payload"], b"mine")

    def test_connections_without_connect_are_counted(self):
        port, http = Ports.take(), Ports.take()
        broker = self.start("allow_anonymous true", "connect_timeout 1", "log_dest topic", "log_dest stderr",
                            f"listener {port} 127.0.0.1", f"listener {http} 127.0.0.1", "protocol http", "http_metrics_public true", port=port)
        watcher = raw.connected(broker.address, "watcher", keepalive=0)
        watcher.subscribe("$SYS/broker/log/N")
        silent = [socket.create_connection(broker.address, WAIT) for _ in range(3)]
        for one in silent:
            self.addCleanup(one.close)
        silent[0].sendall(raw.connect_packet("half")[:9])
        for one in silent:
            self.assertEqual(one.recv(1), b"", "closed")
        broker.wait_log("disconnected: exceeded timeout", 3)
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/metrics", timeout=WAIT) as answer:
            self.assertIn('martlet_refused_total{request="connection",reason="connect_timeout"} 3\n', answer.read().decode())
        # Lines of the front are published like all others.
        seen = []
        eventually(lambda: seen.extend(payload for _, payload in watcher.messages()) or
                   sum("exceeded timeout" in line for line in seen) == 3, "the lines under $SYS/broker/log")

    def test_a_stop_tells_who_was_on_the_way(self):
        broker = self.start("allow_anonymous true")
        with socket.create_connection(broker.address, WAIT) as waiting:
            waiting.sendall(raw.connect_packet("half")[:9])
            with raw.connected(broker.address, "other"):
                pass
            self.assertEqual(broker.stop(), 0)
            self.assertEqual(waiting.recv(1), b"")
            self.forget(broker)
        broker.wait_log(r"Client <unknown> \[.*: server shutting down")


class Limits(Case):
    def start_with_pages(self, *lines):
        port, http = Ports.take(), Ports.take()
        broker = self.start(f"password_file {self.passwords(anna='right', bob='right')}", f"listener {port} 127.0.0.1",
                            f"listener {http} 127.0.0.1", "protocol http", "http_metrics_public true", *lines, port=port)
        self.http = http
        return broker

    def refused(self, reason):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=WAIT) as answer:
            found = re.search(rf'^martlet_refused_total{{request="[a-z]+",reason="{reason}"}} (\d+)$', answer.read().decode(), re.M)
        return int(found.group(1))

    def code(self, broker, user, password, source="127.0.0.1", level=4):
        with raw.Raw(broker.address, level, source=(source, 0)) as client:
            client.send_bytes(raw.connect_packet("x" + user, level, user=user, pass_=password))
            return client.expect("CONNACK")["rc"]

    def test_guesses_are_barred_for_a_growing_pause(self):
        broker = self.start_with_pages("auth_failure_ban 2")
        self.assertEqual([self.code(broker, "anna", "guess") for _ in range(3)], [5, 5, 5])
        # Now for a second, also with the right password; MQTT 5 clients are told.
        self.assertEqual(self.code(broker, "anna", "right"), 5)
        self.assertEqual(self.code(broker, "anna", "right", level=5), 0x8A)
        self.assertEqual(self.refused("banned"), 2)
        broker.wait_log(r"Denied CONNECT of xanna \(user 'anna'\) from 127\.0\.0\.1:\d+: too many failed log-ins, banned for 1 s more\.", 2)
        # Others, and the same user elsewhere, are not.
        self.assertEqual(self.code(broker, "bob", "right"), 0)
        self.assertEqual(self.code(broker, "anna", "right", source="127.0.0.2"), 0)
        eventually(lambda: self.code(broker, "anna", "right") == 0, "the end of the pause")
        # A good log-in has ended the count.
        self.assertEqual([self.code(broker, "anna", "guess") for _ in range(2)], [5, 5])
        self.assertEqual(self.code(broker, "anna", "right"), 0)

    def test_connections_of_one_address_have_a_rate(self):
        broker = self.start_with_pages("connection_rate 5")
        accepted = 0
        for _ in range(40):
            with raw.Raw(broker.address, source=("127.0.0.3", 0)) as client:
                client.send_bytes(raw.connect_packet("many", user="anna", pass_="right"))
                try:
                    accepted += client.receive()[0] == "CONNACK"
                except (raw.Closed, ConnectionError):
                    pass
        self.assertGreaterEqual(accepted, 5)
        self.assertLess(accepted, 40)
        self.assertEqual(self.code(broker, "bob", "right"), 0)
        self.assertEqual(self.refused("connection_rate"), 40 - accepted)
        broker.wait_log(r"Connection from 127\.0\.0\.3:\d+ refused: more than 5 connections a second come from its network")
