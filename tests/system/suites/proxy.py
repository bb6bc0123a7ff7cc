"""The PROXY protocol: headers by hand, and Debian's HAProxy in front of the broker with mosquitto_pub and curl behind it."""

import re
import signal
import socket
import subprocess
import urllib.request

import raw
from case import WAIT, Ports, end_if_alive, eventually
from suites.tls import TlsCase

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LINE = b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 1883\r\n"


def extension(kind, value):
    return bytes([kind]) + len(value).to_bytes(2, "big") + value


def binary(*extensions, command=0x21, family=0x11):
    body = bytes([192, 0, 2, 7, 192, 0, 2, 1]) + (4711).to_bytes(2, "big") + (1883).to_bytes(2, "big") + b"".join(extensions)
    return SIGNATURE + bytes([command, family]) + len(body).to_bytes(2, "big") + body


def tls_extension(name=None, verified=True):
    flags = 1 if name is None else 7
    value = bytes([flags]) + (0 if verified else 1).to_bytes(4, "big") + extension(0x21, b"TLSv1.3")
    if name is not None:
        value += extension(0x22, name.encode())
    return extension(0x20, value + extension(0x23, b"TLS_AES_256_GCM_SHA384"))


class Proxy(TlsCase):
    def start_proxied(self, version, *lines, **options):
        port = Ports.take()
        return self.start(f"listener {port} 127.0.0.1", f"enable_proxy_protocol {version}", *lines, port=port, **options)

    def client(self, broker, header, client_id="x", **fields):
        client = raw.Raw(broker.address)
        self.addCleanup(client.close)
        client.send_bytes(header + raw.connect_packet(client_id, **fields))
        return client

    def test_the_address_is_the_clients(self):
        for version, header in ((1, LINE), (2, binary()), (2, binary(tls_extension()))):
            broker = self.start_proxied(version, "allow_anonymous true", "shards 3")
            client = self.client(broker, header)
            self.assertEqual(client.expect("CONNACK")["rc"], 0)
            client.subscribe("t")
            client.publish_acked("t", "m")
            self.assertEqual(client.messages(), [("t", "m")])
            broker.wait_log(r"New client connected from 192\.0\.2\.7:4711 as x ")
            # A header that comes byte by byte.
            slow = raw.Raw(broker.address)
            self.addCleanup(slow.close)
            for byte in header:
                slow.send_bytes(bytes([byte]))
            slow.send_bytes(raw.connect_packet("slow"))
            self.assertEqual(slow.expect("CONNACK")["rc"], 0)
            broker.wait_log(r"New client connected from 192\.0\.2\.7:4711 as slow ")
        broker.wait_log(r"Connection from 192\.0\.2\.7:4711 negotiated TLSv1\.3 cipher TLS_AES_256_GCM_SHA384")
        # The proxy's own connection, as its health checks make them.
        own = self.client(broker, SIGNATURE + b"\x20\0\0\0", "own")
        self.assertEqual(own.expect("CONNACK")["rc"], 0)
        broker.wait_log(r"New client connected from 127\.0\.0\.1:\d+ as own ")

    def test_the_header_comes_before_tls(self):
        broker = self.start_proxied(1, "allow_anonymous true", *self.tls_lines())
        plain = socket.create_connection(broker.address, WAIT)
        self.addCleanup(plain.close)
        plain.sendall(LINE)
        with self.context().wrap_socket(plain, server_hostname="localhost") as peer:
            peer.sendall(raw.connect_packet("x"))
            self.assertEqual(peer.recv(4), b"\x20\x02\0\0")
        broker.wait_log(r"New client connected from 192\.0\.2\.7:4711 as x ")

    def test_hardening_19_garbage_and_silence_end_with_a_line(self):
        for version, header, other in ((1, LINE, binary()), (2, binary(), LINE)):
            http = Ports.take()
            broker = self.start_proxied(version, f"listener {http} 127.0.0.1", "protocol http", "http_metrics_public true",
                                        "connect_timeout 1", "allow_anonymous true")
            good = self.client(broker, header, "good", keepalive=0)
            self.assertEqual(good.expect("CONNACK")["rc"], 0)
            begun = [socket.create_connection(broker.address, WAIT) for _ in range(3)]
            for one, beginning in zip(begun, (b"", header[:1], header[:-1])):
                self.addCleanup(one.close)
                one.sendall(beginning)
            for garbage in (raw.connect_packet("bare"), other, b"\x16\x03\x01\0\xff", b"\xff" * 5000, b"PROXY TCP4 1.1.1.1\r\n"):
                with socket.create_connection(broker.address, WAIT) as peer:
                    peer.sendall(garbage)
                    self.assertEqual(self.end_of(peer), b"")
            broker.wait_log(r"Connection from 127\.0\.0\.1:\d+ rejected, corrupt PROXY header: "
                            rf"the connection does not begin with a PROXY header of version {version}\.", 4)
            with urllib.request.urlopen(f"http://127.0.0.1:{http}/metrics", timeout=WAIT) as answer:
                self.assertIn('martlet_refused_total{request="connection",reason="proxy_header"} 5\n', answer.read().decode())
            for one in begun:
                self.assertEqual(self.end_of(one), b"", "no header within connect_timeout")
            good.ping()

    @staticmethod
    def end_of(peer):
        try:
            return peer.recv(100)
        except ConnectionError:
            return b""

    def test_version_2_tells_of_tls_and_the_certificate(self):
        acl = self.write("acl", "user anna\ntopic readwrite t\n")
        broker = self.start_proxied(2, "proxy_protocol_v2_require_tls true", "require_certificate true", "use_identity_as_username true",
                                    f"acl_file {acl}", "allow_anonymous false")
        for header, line in ((binary(), "client did not connect using TLS"),
                             (binary(tls_extension()), "client did not provide a certificate"),
                             (binary(tls_extension("anna", verified=False)), "client did not provide a certificate")):
            self.assertEqual(self.end_of(self.client(broker, header).socket), b"")
            broker.wait_log(rf"Connection from 192\.0\.2\.7:4711 rejected, {line}\.")
        # The certificate's name counts, whatever CONNECT says.
        anna = self.client(broker, binary(tls_extension("anna")), "a", user="eve", pass_="x")
        self.assertEqual(anna.expect("CONNACK")["rc"], 0)
        broker.wait_log(r"as a \(p4, c1, k60, u'anna'\)")
        anna.subscribe("t")
        anna.publish("t", "m")
        self.assertEqual(anna.messages(), [("t", "m")])
        bob = self.client(broker, binary(tls_extension("bob")), "b")
        self.assertEqual(bob.expect("CONNACK")["rc"], 0)
        bob.publish_acked("t", "not allowed")
        anna.ping()
        self.assertEqual(anna.messages(), [])
        # A name with a NUL is none.
        self.assertEqual(self.client(broker, binary(tls_extension("anna\0x")), "n").expect("CONNACK")["rc"], 4)

    def test_what_cannot_be_is_told_at_the_start(self):
        said = self.refuses("listener 1 127.0.0.1", "enable_proxy_protocol 1", "proxy_protocol_v2_require_tls true", "allow_anonymous true")
        self.assertIn("Error: proxy_protocol_v2_require_tls needs `enable_proxy_protocol 2`.", said)
        self.assertIn("Error: certfile and keyfile cannot be used with `enable_proxy_protocol 2`.",
                      self.refuses("listener 1 127.0.0.1", "enable_proxy_protocol 2", *self.tls_lines(), "allow_anonymous true"))
        self.assertIn("Error: enable_proxy_protocol must be 1 or 2.",
                      self.refuses("listener 1 127.0.0.1", "enable_proxy_protocol 3", "allow_anonymous true"))

    def test_haproxy(self):
        one, two, http, own = Ports.take(), Ports.take(), Ports.take(), Ports.take()
        broker = self.start(f"listener {one} 127.0.0.1", "enable_proxy_protocol 1", f"listener {two} 127.0.0.1", "enable_proxy_protocol 2",
                            "require_certificate true", "use_identity_as_username true", f"listener {http} 127.0.0.1", "protocol http",
                            "enable_proxy_protocol 2", f"listener {own} 127.0.0.1", "allow_anonymous true", port=own)
        doors = {name: Ports.take() for name in ("one", "two", "http")}
        self.ca.sign("anna")
        self.write("both.pem", self.path("server.crt").read_text() + self.path("server.key").read_text())
        self.write("haproxy.cfg", f"""
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen one
  bind 127.0.0.1:{doors['one']}
  server martlet 127.0.0.1:{one} send-proxy
listen two
  bind 127.0.0.1:{doors['two']} ssl crt {self.path('both.pem')} ca-file {self.path('ca.crt')} verify required
  server martlet 127.0.0.1:{two} send-proxy-v2-ssl-cn
listen http
  bind 127.0.0.1:{doors['http']}
  server martlet 127.0.0.1:{http} send-proxy-v2 check check-send-proxy inter 100ms
""")
        haproxy = subprocess.Popen(["haproxy", "-f", self.path("haproxy.cfg")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(end_if_alive, haproxy)

        def answers():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", doors["http"])) == 0
        eventually(answers, "HAProxy")
        watcher = raw.connected(broker.address, "watcher", keepalive=0)
        watcher.subscribe("t")
        through = subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(doors["one"]), "-i", "plain", "-t", "t", "-m", "one", "-q", "1"],
                                 capture_output=True, timeout=WAIT, check=False)
        self.assertEqual(through.returncode, 0, through.stderr)
        through = subprocess.run(["mosquitto_pub", "-h", "localhost", "-p", str(doors["two"]), "-i", "secure", "--cafile", self.path("ca.crt"),
                                  *self.cert("anna"), "-t", "t", "-m", "two", "-q", "1"], capture_output=True, timeout=WAIT, check=False)
        self.assertEqual(through.returncode, 0, through.stderr)
        eventually(lambda: len(watcher.aside) or watcher.ping() is None, "an answer")
        self.assertEqual(watcher.messages(), [("t", "one"), ("t", "two")])
        broker.wait_log(r"Connection from 127\.0\.0\.1:\d+ negotiated TLSv1\.3 cipher ")
        broker.wait_log(r"New client connected from 127\.0\.0\.1:\d+ as secure \(p4, c1, k60, u'anna'\)")
        with urllib.request.urlopen(f"http://127.0.0.1:{doors['http']}/healthz", timeout=WAIT) as answer:
            self.assertEqual(answer.status, 200)
        self.assertNotIn("rejected", broker.log())
        haproxy.send_signal(signal.SIGTERM)
        haproxy.wait(WAIT)
        self.assertFalse(re.search("corrupt", broker.log()))
