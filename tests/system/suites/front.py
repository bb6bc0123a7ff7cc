"""The front: connections before a shard has them."""

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
