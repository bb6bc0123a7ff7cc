"""What a client gets to read when the broker ends the connection, whatever it was about to send."""

import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import raw
from case import WAIT, Case, eventually, long

MB = 1 << 20


class LastWords(Case):
    def start(self, *lines, **options):
        return super().start("max_packet_size 100000", *(lines or ("allow_anonymous true",)), **options)

    def talks_on(self, broker, size):
        """An MQTT 5 client whose packet is far too large, and who reads when it has sent all of it."""
        client = raw.connected(broker.address, "c", 5)
        client.send_bytes(raw.raw_frame(0x30, b"\x00\x01t\x00" + bytes(size)))
        return client

    def test_the_reason_is_read_after_megabytes_that_nobody_wanted(self):
        broker = self.start()
        client = self.talks_on(broker, 5 * MB)
        self.assertEqual(client.expect("DISCONNECT")["rc"], 0x95)
        self.assertEqual(client.socket.recv(10), b"", "closed in order, not reset")

    def test_a_refusal_is_read_by_who_talks_on(self):
        broker = self.start("password_file " + str(self.passwords(a="a")), "allow_anonymous false")
        with raw.Raw(broker.address, 5) as client:
            client.send_bytes(raw.connect_packet("c", 5) + raw.raw_frame(0x30, b"\x00\x01t\x00" + bytes(3 * MB)))
            self.assertEqual(client.expect("CONNACK")["rc"], 0x87)
            self.assertEqual(client.socket.recv(10), b"")

    def test_a_broker_that_stops_is_heard_by_who_talks_on(self):
        for _ in range(3):
            broker = self.start()
            self.forget(broker)
            client = raw.connected(broker.address, "c", 5)
            data = raw.raw_frame(0x30, b"\x00\x01t\x00" + bytes(100)) * 60000
            with ThreadPoolExecutor(1) as pool:
                sending = pool.submit(client.send_bytes, data)
                broker.send(signal.SIGTERM)
                sending.result(WAIT)  # nothing goes wrong with it
            self.assertEqual(client.expect("DISCONNECT")["rc"], 0x8B)
            self.assertEqual(client.socket.recv(10), b"")
            self.assertEqual(broker.stop(), 0)

    @long(3)
    def test_it_lingers_for_a_while_and_so_many_bytes_only(self):
        broker = self.start("allow_anonymous true", "max_connections 10")
        before = broker.open_files()
        silent = [self.talks_on(broker, 200_000) for _ in range(9)]
        for client in silent:
            self.assertEqual(client.expect("DISCONNECT")["rc"], 0x95)
        self.assertGreater(broker.open_files(), before)
        with self.assertRaises(OSError):
            self.talks_on(broker, 200 * MB)
        # Those who linger are no connections any more, and are closed whether or not the peer closes.
        others = [raw.connected(broker.address, f"other{i}") for i in range(9)]
        for other in others:
            other.leave()
        eventually(lambda: broker.open_files() <= before, "the end of the lingering sockets")
        for client in silent:
            with self.assertRaises(OSError):
                for _ in range(100):
                    client.socket.send(b"x" * 1000)

    def test_many_at_once(self):
        """More than may linger: the oldest make room, and the broker serves on."""
        broker = self.start()
        for _ in range(600):
            with socket.create_connection(broker.address) as client:
                client.sendall(raw.connect_packet("c", 5, receive_max=0))
                self.assertEqual(client.recv(10), b"\x20\x03\x00\x82\x00")
        raw.connected(broker.address, "after")
