"""TLS with other people's clients: openssl s_client, Debian's mosquitto_pub and mosquitto_sub, paho. Certificates are made with openssl."""

import re
import signal
import socket
import ssl
import subprocess
import urllib.request
from pathlib import Path

import raw
from case import WAIT, Case, Ports, end_if_alive, eventually

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """A folder with an authority and what it signs."""

    def __init__(self, folder, name="ca"):
        self.folder, self.name = Path(folder), name
        self.run("req", "-x509", *KEY, "-days", "400", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
        self.write(f"{name}.index", "")
        self.write(f"{name}.serial", "4711\n")
        self.write(f"{name}.cnf", f"[ca]\ndefault_ca=a\n[a]\ndatabase={self.folder}/{name}.index\ndefault_md=sha256\n"
                                  f"default_crl_days=30\nnew_certs_dir={self.folder}\nserial={self.folder}/{name}.serial\n[p]\ncommonName=supplied\n")

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def run(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, timeout=WAIT, check=False)
        assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr.decode()}"

    def sign(self, name, subject=None, days=300):
        self.run("req", *KEY, "-subj", subject or f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout",
                 f"{name}.key", "-out", f"{name}.csr")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.crt", "-CAkey", f"{self.name}.key",
                 "-CAcreateserial", "-days", str(days), "-copy_extensions", "copy", "-out", f"{name}.crt")

    def ca(self, *arguments):
        self.run("ca", "-config", f"{self.name}.cnf", "-cert", f"{self.name}.crt", "-keyfile", f"{self.name}.key", *arguments)

    def sign_expired(self, name):
        self.run("req", *KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.ca("-batch", "-notext", "-in", f"{name}.csr", "-startdate", "20200101000000Z", "-enddate", "20210101000000Z",
                "-policy", "p", "-out", f"{name}.crt")

    def revoke(self, *names):
        for name in names:
            self.ca("-revoke", f"{name}.crt")
        self.ca("-gencrl", "-out", f"{self.name}.crl")


class TlsCase(Case):
    def setUp(self):
        super().setUp()
        self.ca = Authority(self.directory)
        self.ca.sign("server")

    def tls_lines(self, *lines, cert="server"):
        return (f"certfile {self.path(cert + '.crt')}", f"keyfile {self.path(cert + '.key')}", *lines)

    def start_tls(self, *lines, shards=2, allow="allow_anonymous true", cert="server"):
        return self.start(allow, f"shards {shards}", *self.tls_lines(*lines, cert=cert))

    def context(self, cert=None, cafile="ca.crt"):
        context = ssl.create_default_context(cafile=self.path(cafile))
        if cert:
            context.load_cert_chain(self.path(cert + ".crt"), self.path(cert + ".key"))
        return context

    def wrap(self, broker, context=None):
        plain = socket.create_connection(broker.address, WAIT)
        self.addCleanup(plain.close)
        wrapped = (context or self.context()).wrap_socket(plain, server_hostname="localhost")
        self.addCleanup(wrapped.close)
        return wrapped

    def connected(self, broker, client_id, context=None, level=4, **fields):
        """A raw client behind TLS whose CONNECT was answered, with the return code."""
        client = raw.Raw.__new__(raw.Raw)
        client.level, client.buffer, client.aside = level, b"", []
        client.socket = self.wrap(broker, context)
        client.send("CONNECT", id=client_id, **fields)
        return client, client.receive()

    def login(self, broker, client_id, context=None, **fields):
        client, answer = self.connected(broker, client_id, context, **fields)
        self.assertEqual(answer[0], "CONNACK")
        self.assertEqual(code_of(answer), 0, answer)
        return client

    def pub(self, broker, *arguments, cafile="ca.crt"):
        trust = ("--cafile", self.path(cafile)) if cafile else ()
        command = ["mosquitto_pub", "-h", "localhost", "-p", str(broker.port), *trust, *arguments, "-t", "t", "-m", "m", "-q", "1"]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=WAIT, check=False)

    def cert(self, name):
        return ("--cert", self.path(name + ".crt"), "--key", self.path(name + ".key"))

    def fails(self, broker, reason, context=None):
        """A handshake that the broker refuses, with that line in its log."""
        before = len(re.findall(reason, broker.log()))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            wrapped = self.wrap(broker, context)
            wrapped.sendall(raw.connect_packet("x"))
            if not wrapped.recv(10):
                raise ConnectionError
        broker.wait_log(r"Client <unknown> \[127\.0\.0\.1:\d+\] disconnected: TLS handshake failed: " + reason, before + 1)


def head_of(der):
    """Bytes before the value that DER begins with."""
    return 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)


def size_of(der):
    return int.from_bytes(der[2:head_of(der)], "big") if der[1] & 0x80 else der[1]


def code_of(answer):
    return dict(answer[1])["rc"]


class Tls(TlsCase):
    def test_large_messages_and_many_shards(self):
        broker = self.start_tls(shards=4)
        clients = [self.login(broker, f"client-{i}") for i in range(8)]
        for client in clients:
            client.subscribe("t/#", qos=1)
        payload = "x" * 300_000
        clients[0].publish_acked("t/large", payload, packet_id=7)
        for client in clients:
            self.assertEqual(client.messages(), [("t/large", payload)])

    def test_mosquitto_pub_and_sub(self):
        broker = self.start_tls()
        sub = subprocess.Popen(["mosquitto_sub", "-h", "localhost", "-p", str(broker.port), "--cafile", self.path("ca.crt"),
                                "-t", "#", "-C", "1", "-i", "sub"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(sub.stdout.close)
        self.addCleanup(end_if_alive, sub)
        broker.wait_log("as sub ")
        watcher = self.login(broker, "watcher")
        eventually(lambda: self.pub(broker).returncode == 0 and sub.poll() is not None, "the message at mosquitto_sub")
        self.assertEqual(sub.communicate(timeout=WAIT)[0], "m\n")
        watcher.ping()
        # A wrong authority at the client.
        Authority(self.directory, "other")
        self.assertNotEqual(self.pub(broker, cafile="other.crt").returncode, 0)
        broker.wait_log("TLS handshake failed: .*alert (unknown ca|bad certificate|certificate unknown)")

    def test_s_client_versions(self):
        broker = self.start_tls("tls_version tlsv1.3")
        for version, works in (("-tls1_3", True), ("-tls1_2", False)):
            done = subprocess.run(["openssl", "s_client", version, "-connect", f"127.0.0.1:{broker.port}", "-CAfile",
                                   self.path("ca.crt"), "-verify_return_error", "-brief"], input=b"", capture_output=True,
                                  timeout=WAIT, check=False)
            self.assertEqual(b"CONNECTION ESTABLISHED" in done.stderr, works, done.stderr)
        broker.wait_log("TLS handshake failed: unsupported protocol")

    def test_sessions_are_resumed_by_ticket(self):
        broker = self.start_tls(shards=4)
        context = self.context()
        first = self.login(broker, "first", context)
        session = first.socket.session
        for i in range(5):
            plain = socket.create_connection(broker.address, WAIT)
            again = context.wrap_socket(plain, server_hostname="localhost", session=session)
            self.assertTrue(again.session_reused)
            again.close()
        broker.reload()
        plain = socket.create_connection(broker.address, WAIT)
        again = context.wrap_socket(plain, server_hostname="localhost", session=session)
        self.assertFalse(again.session_reused)
        again.close()
        first.ping()

    def test_paho(self):
        import paho.mqtt.client as paho
        broker = self.start_tls()
        client = paho.Client("paho")
        client.tls_set(self.path("ca.crt"))
        got = []
        client.on_connect = lambda *_: client.subscribe("t", 2)
        client.on_subscribe = lambda *_: client.publish("t", "hello", 2)
        client.on_message = lambda _, __, message: got.append(message.payload)
        client.connect("localhost", broker.port)
        client.loop_start()
        self.addCleanup(client.loop_stop)
        eventually(lambda: got == [b"hello"], "the message")
        client.disconnect()

    def test_garbage_and_silence_disturb_nobody(self):
        broker = self.start_tls("connect_timeout 1")
        watcher = self.login(broker, "watcher")
        watcher.subscribe("t")
        silent = socket.create_connection(broker.address, WAIT)
        self.addCleanup(silent.close)
        silent.sendall(b"\x16\x03\x01")
        for garbage in (b"\0" * 300, b"GET / HTTP/1.1\r\n\r\n", raw.connect_packet("plain"), b"\x16\x03\x01\xff\xff" + b"\xff" * 65535):
            with socket.create_connection(broker.address, WAIT) as peer:
                peer.sendall(garbage)
                while self.received(peer):
                    pass
        broker.wait_log("TLS handshake failed: http request")
        broker.wait_log("TLS handshake failed: ", 4)
        with socket.create_connection(broker.address, WAIT):
            pass
        broker.wait_log("connection closed before the TLS handshake was complete")
        # After a good handshake.
        bad = self.wrap(broker)
        bad.sendall(b"\xff" * 100)
        self.assertEqual(bad.recv(10), b"")
        broken = self.wrap(broker)
        raw_fd = socket.socket(fileno=broken.detach())
        raw_fd.settimeout(WAIT)
        raw_fd.sendall(b"\x17" * 100)
        while self.received(raw_fd):
            pass
        raw_fd.close()
        broker.wait_log("disconnected: TLS error: wrong version number")
        # A handshake has the time that CONNECT has.
        self.assertEqual(self.received(silent), b"")
        broker.wait_log("disconnected: exceeded timeout")
        watcher.publish_acked("t", "alive")
        self.assertEqual(watcher.messages(), [("t", "alive")])

    @staticmethod
    def received(peer):
        try:
            return peer.recv(4096)
        except ConnectionError:
            return b""

    def test_close_notify_before_the_end(self):
        broker = self.start_tls()
        client, _ = self.connected(broker, "x", level=5)
        client.send_bytes(b"\xc1\x00")  # a PINGREQ with a flag
        self.assertEqual(client.receive()[0], "DISCONNECT")
        # Python raises for an end without close_notify.
        client.socket.suppress_ragged_eofs = False
        self.assertEqual(client.socket.recv(10), b"")

    def test_the_end_of_a_certificate_is_told(self):
        port, http = Ports.take(), Ports.take()
        broker = self.start("allow_anonymous true", "sys_interval 1", f"listener {port} 127.0.0.1", *self.tls_lines(),
                            f"listener {http} 127.0.0.1", "protocol http", "http_metrics_public true", port=port)
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/metrics", timeout=WAIT) as answer:
            text = answer.read().decode()
        told = re.search(r'^martlet_tls_certificate_end_time_seconds{certfile="server.crt"} (\S+)$', text, re.M).group(1)
        shown = subprocess.run(["openssl", "x509", "-in", self.path("server.crt"), "-noout", "-enddate"], check=True,
                               capture_output=True, text=True).stdout
        self.assertEqual(float(told), ssl.cert_time_to_seconds(shown.split("=")[1].strip()))
        client = self.login(broker, "s")
        client.subscribe("$SYS/broker/tls/certificate_end")
        self.assertEqual(client.wait_for("PUBLISH")["payload"], str(int(float(told))).encode())

    def test_refused_handshakes_are_counted(self):
        port, http = Ports.take(), Ports.take()
        broker = self.start("allow_anonymous true", f"listener {port} 127.0.0.1", *self.tls_lines(), f"listener {http} 127.0.0.1",
                            "protocol http", "http_metrics_public true", port=port)
        with socket.create_connection(broker.address, WAIT) as peer:
            peer.sendall(b"\0" * 300)
            while self.received(peer):
                pass

        def count():
            with urllib.request.urlopen(f"http://127.0.0.1:{http}/metrics", timeout=WAIT) as answer:
                text = answer.read().decode()
            return re.search(r'^martlet_refused_total{request="connection",reason="tls_handshake"} (\d+)$', text, re.M).group(1)
        eventually(lambda: count() == "1", "the counter")


class TlsUsers(TlsCase):
    def start_with_certificates(self, *lines, **options):
        return self.start_tls(f"cafile {self.path('ca.crt')}", "require_certificate true", *lines, **options)

    def test_wrong_certificates_are_refused(self):
        other = Authority(self.directory, "other")
        other.sign("stranger")
        self.ca.sign_expired("over")
        self.ca.sign("good")
        self.ca.sign("gone")
        self.ca.revoke("gone")
        broker = self.start_with_certificates(f"crlfile {self.path('ca.crl')}")
        self.fails(broker, "peer did not return a certificate")
        self.fails(broker, r"certificate verify failed \((unable to get local issuer certificate|self-signed certificate)",
                   self.context("stranger"))
        self.fails(broker, r"certificate verify failed \(certificate has expired\)", self.context("over"))
        self.fails(broker, r"certificate verify failed \(certificate revoked\)", self.context("gone"))
        self.login(broker, "good", self.context("good")).ping()
        self.assertEqual(self.pub(broker, *self.cert("good")).returncode, 0)
        self.assertNotEqual(self.pub(broker, *self.cert("gone")).returncode, 0)

    def test_dates_need_not_hold(self):
        self.ca.sign_expired("over")
        Authority(self.directory, "other").sign("stranger")
        broker = self.start_with_certificates("disable_client_cert_date_checks true", "use_identity_as_username true")
        self.login(broker, "x", self.context("over"))
        broker.wait_log("as x .*u'over'")
        self.fails(broker, "certificate verify failed", self.context("stranger"))

    def test_the_cn_is_the_user_name(self):
        self.ca.sign("pump")
        self.ca.sign("nameless", subject="/O=works")
        acl = self.write("acl", "user pump\ntopic readwrite t/#\n")
        broker = self.start_with_certificates("use_identity_as_username true", f"acl_file {acl}", allow="allow_anonymous false")
        # The user name and password of CONNECT are not looked at.
        pump = self.login(broker, "p", self.context("pump"), user="admin", pass_="x")
        broker.wait_log("as p .*u'pump'")
        pump.subscribe("#")
        pump.publish_acked("t/x", "allowed")
        self.assertEqual(pump.messages(), [("t/x", "allowed")])
        _, answer = self.connected(broker, "n", self.context("nameless"))
        self.assertEqual(code_of(answer), 4)
        broker.wait_log("its certificate or key gives no valid user name")
        # It stays over a reload, though it is in no password file.
        broker.reload()
        pump.ping()

    def test_the_subject_is_the_user_name(self):
        self.ca.sign("pump", subject="/O=Works/CN=pump 7")
        broker = self.start_with_certificates("use_subject_as_username true", allow="allow_anonymous false")
        self.login(broker, "p", self.context("pump"))
        broker.wait_log("as p .*u'CN=pump 7,O=Works'")

    def test_hardening_14_a_cn_with_a_nul_is_no_user_name(self):
        self.ca.write("req.cnf", "[req]\ndistinguished_name=d\nprompt=no\n[d]\nCN=root@x\n")
        self.ca.run("req", *KEY, "-config", "req.cnf", "-outform", "DER", "-keyout", "nul.key", "-out", "x.der")
        self.ca.run("x509", "-req", "-in", "x.der", "-inform", "DER", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                    "-days", "9", "-outform", "DER", "-out", "c.der")
        self.resign("nul", b"\0")
        broker = self.start_with_certificates("use_identity_as_username true")
        _, answer = self.connected(broker, "nul", self.context("nul"))
        self.assertEqual(code_of(answer), 4)
        broker.wait_log("its certificate or key gives no valid user name")
        self.assertNotIn("u'root", broker.log())

    def resign(self, name, byte):
        """Puts the byte into the CN and signs the certificate again."""
        der = self.path("c.der").read_bytes().replace(b"root@x", b"root" + byte + b"x")
        body = der[head_of(der):]
        body = body[:head_of(body) + size_of(body)]
        self.path("tbs").write_bytes(body)
        self.ca.run("dgst", "-sha256", "-sign", "ca.key", "-out", "sig", "tbs")
        algorithm = bytes.fromhex("300a06082a8648ce3d040302")
        signature = b"\0" + self.path("sig").read_bytes()
        rest = body + algorithm + b"\x03" + bytes([len(signature)]) + signature
        self.path(f"{name}.der").write_bytes(b"\x30\x82" + len(rest).to_bytes(2, "big") + rest)
        self.ca.run("x509", "-inform", "DER", "-in", f"{name}.der", "-out", f"{name}.crt")

    def test_pre_shared_keys(self):
        psk = self.write("psk", "pump:00112233445566778899aabbccddeeff\nlamp:ffee\n")
        broker = self.start("allow_anonymous false", "psk_hint works", f"psk_file {psk}", "use_identity_as_username true")
        def connect(identity, key, *more):
            return self.pub(broker, "--psk-identity", identity, "--psk", key, "-i", "c", *more, cafile=None).returncode
        for version in ("tlsv1.2", "tlsv1.3"):
            self.assertEqual(connect("pump", "00112233445566778899aabbccddeeff", "--tls-version", version), 0, version)
            self.assertNotEqual(connect("pump", "ffee", "--tls-version", version), 0)
            self.assertNotEqual(connect("nobody", "ffee", "--tls-version", version), 0)
        broker.wait_log("as c .*u'pump'", 2)
        broker.wait_log("the PSK identity is not in psk_file", 2)
        psk.write_text("lamp:ffee\nnew:ab\n")
        broker.reload()
        self.assertNotEqual(connect("pump", "00112233445566778899aabbccddeeff"), 0)
        self.assertEqual(connect("new", "ab"), 0)


class TlsReload(TlsCase):
    def serial(self, broker):
        return self.wrap(broker).getpeercert()["serialNumber"]

    def test_new_files_are_for_new_connections(self):
        broker = self.start_tls()
        stays = self.login(broker, "stays")
        before = self.serial(broker)
        self.ca.sign("server")
        broker.reload()
        after = self.serial(broker)
        self.assertNotEqual(before, after)
        stays.ping()
        for name, text, why in (("server.crt", "hello", "certfile .*server.crt: no start line"),
                                ("server.key", "hello", "keyfile .*server.key: ")):
            good = self.path(name).read_text()
            self.path(name).write_text(text)
            broker.reload(is_good=False)
            broker.wait_log("Error: " + why + ".*Everything stays as it was")
            self.assertEqual(self.serial(broker), after)
            self.path(name).write_text(good)
        stays.ping()
        self.assertNotIn("stays [", broker.log().replace("as stays", ""))

    def test_a_new_crl_holds_for_new_connections(self):
        self.ca.sign("pump")
        self.ca.revoke()
        broker = self.start_tls(f"cafile {self.path('ca.crt')}", f"crlfile {self.path('ca.crl')}", "require_certificate true")
        context = self.context("pump")
        pump = self.login(broker, "pump", context)
        self.ca.revoke("pump")
        broker.reload()
        self.fails(broker, r"certificate verify failed \(certificate revoked\)", context)
        pump.ping()

    def test_what_is_wrong_with_files_is_told(self):
        self.ca.sign("soon", days=5)
        self.ca.sign("other")
        conf = self.write("check.conf", f"listener 8883\ncertfile {self.path('soon.crt')}\nkeyfile {self.path('soon.key')}\n")
        done = self.run_martlet("check", conf)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"certfile .*soon.crt ends on 20\d\d-")
        self.assertRegex(done.stdout, r"Warning: The certificate in .*soon.crt ends on")
        conf.write_text(f"listener 8883\ncertfile {self.path('soon.crt')}\nkeyfile {self.path('other.key')}\n")
        done = self.run_martlet("check", conf)
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stdout, "keyfile .*other.key: it is not the key of the certificate in .*soon.crt")
        said = self.refuses("listener 8883 127.0.0.1", *self.tls_lines(cert="none"), code=1)
        self.assertRegex(said, "certfile .*none.crt: No such file")
        self.ca.run("pkey", "-in", "server.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key")
        said = self.refuses("listener 8883 127.0.0.1", f"certfile {self.path('server.crt')}", f"keyfile {self.path('locked.key')}",
                            code=1)
        self.assertIn("there is no terminal to ask for its pass phrase", said)
        broker = self.start_tls(cert="soon")
        broker.wait_log("Warning: The certificate in .*soon.crt ends on")


class TlsPages(TlsCase):
    def start_pages(self, *lines):
        port = Ports.take()
        return self.start("http_metrics_public true", f"listener {Ports.take()} 127.0.0.1", f"listener {port} 127.0.0.1",
                          "protocol http", *self.tls_lines(*lines), port=port)

    def curl(self, broker, path, *arguments):
        return subprocess.run(["curl", "-sS", "-i", "--max-time", str(WAIT), "--cacert", str(self.path("ca.crt")), *arguments,
                               f"https://localhost:{broker.port}{path}"], capture_output=True, text=True, timeout=2 * WAIT, check=False)

    def test_curl(self):
        broker = self.start_pages()
        broker.wait_log(f"Pages and API: https://127.0.0.1:{broker.port}/")
        self.assertNotIn("have no TLS", broker.log())
        for close in ((), ("-H", "Connection: close"), ("--http1.0",), ("--tls-max", "1.2")):
            done = self.curl(broker, "/metrics", *close)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("martlet_connections_opened_total", done.stdout)
            self.assertTrue(done.stdout.endswith("\n"))
        # An authority that curl does not know, and plain HTTP at the port of TLS.
        Authority(self.directory, "other")
        done = self.curl(broker, "/metrics", "--cacert", str(self.path("other.crt")))
        self.assertEqual(done.returncode, 60, done.stderr)
        broker.wait_log(r"Connection from 127\.0\.0\.1:\d+ closed: TLS handshake failed: .*alert")
        with socket.create_connection(broker.address, WAIT) as peer:
            peer.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while Tls.received(peer):
                pass
        broker.wait_log("closed: TLS handshake failed: http request")
        eventually(lambda: 'reason="tls_handshake"} 2' in self.curl(broker, "/metrics").stdout, "the counter")

    def test_a_slow_reader_gets_all_of_a_large_answer(self):
        broker = self.start_pages()
        wrapped = self.wrap(broker)
        request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
        wrapped.sendall(request * 200 + request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        got = b""
        # Its end is told by close_notify; Python raises for one without.
        wrapped.suppress_ragged_eofs = False
        while more := wrapped.recv(65536):
            got += more
        self.assertEqual(got.count(b"HTTP/1.1 200 OK"), 201)
        self.assertTrue(got.endswith(b"\n"))

    def test_certificates_of_clients(self):
        self.ca.sign("person")
        broker = self.start_pages(f"cafile {self.path('ca.crt')}", "require_certificate true")
        self.assertNotEqual(self.curl(broker, "/metrics").returncode, 0)
        done = self.curl(broker, "/metrics", "--cert", str(self.path("person.crt")), "--key", str(self.path("person.key")))
        self.assertEqual(done.returncode, 0, done.stderr)


class TlsCommands(TlsCase):
    """martlet pub and sub as clients."""

    def ask(self, broker, command, *arguments, host="localhost"):
        return self.run_martlet(command, "-h", host, "-p", broker.port, "-t", "t", *arguments)

    def publish(self, broker, *arguments, host="localhost"):
        return self.ask(broker, "pub", "-m", "m", "-q", "1", *arguments, host=host)

    def test_the_server_is_believed_by_its_authority_and_name(self):
        broker = self.start_tls()
        ca = ("--cafile", self.path("ca.crt"))
        for more in ((), ("--tls-version", "tlsv1.2"), ("--tls-alpn", "mqtt"), ("--tls-version", "tlsv1.3")):
            done = self.publish(broker, *ca, *more)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.publish(broker, *ca, host="127.0.0.1").returncode, 0)
        large = self.write("large", "x" * 1_000_000)
        self.assertEqual(self.ask(broker, "pub", "-r", "-f", large, "-q", "2", *ca).returncode, 0)
        done = self.ask(broker, "sub", "-C", "1", *ca)
        self.assertEqual((done.returncode, done.stdout), (0, "x" * 1_000_000 + "\n"))
        done = self.publish(broker, "--tls-use-os-certs")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("TLS handshake failed: certificate verify failed (unable to get local issuer certificate)", done.stderr)

    def test_a_name_that_the_certificate_does_not_have(self):
        self.ca.run("req", *KEY, "-subj", "/CN=elsewhere", "-keyout", "else.key", "-out", "else.csr")
        self.ca.run("x509", "-req", "-in", "else.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "else.crt")
        broker = self.start_tls(cert="else")
        ca = ("--cafile", self.path("ca.crt"))
        for host, reason in (("localhost", "hostname mismatch"), ("127.0.0.1", "IP address mismatch")):
            done = self.publish(broker, *ca, host=host)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f"certificate verify failed ({reason})", done.stderr)
            self.assertEqual(self.publish(broker, *ca, "--insecure", host=host).returncode, 0)
        # --insecure takes any name, and not any authority.
        Authority(self.directory, "other")
        self.assertNotEqual(self.publish(broker, "--cafile", self.path("other.crt"), "--insecure").returncode, 0)

    def test_our_certificate_and_our_pre_shared_key(self):
        self.ca.sign("pump")
        broker = self.start_tls(f"cafile {self.path('ca.crt')}", "require_certificate true", "use_identity_as_username true")
        ca = ("--cafile", self.path("ca.crt"))
        self.assertEqual(self.publish(broker, *ca, *self.cert("pump"), "-i", "c").returncode, 0)
        broker.wait_log("as c .*u'pump'")
        self.assertNotEqual(self.publish(broker, *ca).returncode, 0)
        psk = self.write("psk", "lamp:00ffee\n")
        broker = self.start("psk_hint works", f"psk_file {psk}", "use_identity_as_username true")
        for version in ("tlsv1.2", "tlsv1.3"):
            more = ("--tls-version", version, "--psk-identity", "lamp")
            self.assertEqual(self.publish(broker, *more, "--psk", "00FFEE").returncode, 0)
            self.assertNotEqual(self.publish(broker, *more, "--psk", "00FFEF").returncode, 0)
        # A server with a certificate in place of the key is not believed.
        impostor = self.start_tls()
        self.assertNotEqual(self.publish(impostor, "--psk-identity", "lamp", "--psk", "00ffee").returncode, 0)


class TlsVehicles(TlsCase):
    def test_M2_11_a_certificate_for_each_vehicle_and_nothing_lost_over_a_kill(self):
        for name in ("car-1", "car-2", "office"):
            self.ca.sign(name)
        acl = self.write("acl", "user office\ntopic readwrite cars/#\npattern readwrite cars/%u/#\n")
        port = Ports.take()
        lines = ("allow_anonymous false", f"listener {port} 127.0.0.1", *self.tls_lines(), f"cafile {self.path('ca.crt')}",
                 "require_certificate true", "use_identity_as_username true", f"acl_file {acl}", "persistence true",
                 f"persistence_location {self.directory}/")
        broker = self.start(*lines, port=port)
        # Nobody without a certificate, in plain or with another's password.
        self.fails(broker, "peer did not return a certificate")
        car, _ = self.connected(broker, "car-1", self.context("car-1"), clean=0, user="office", pass_="x")
        self.assertEqual(car.subscribe("cars/car-1/do", qos=2), [2])
        car.leave()
        # It may neither read nor write what is another's.
        other = self.login(broker, "car-2", self.context("car-2"))
        other.subscribe("cars/#", qos=1)
        other.publish_acked("cars/car-1/do", "theft")
        office = self.login(broker, "office", self.context("office"))
        office.subscribe("cars/+/at", qos=1)
        for i in range(5):
            office.publish_acked("cars/car-1/do", f"order {i}")
        self.assertEqual(other.messages(), [])
        broker.send(signal.SIGKILL)
        broker.process.wait(WAIT)
        self.forget(broker)
        broker = self.start(*lines, port=port)
        car, answer = self.connected(broker, "car-1", self.context("car-1"), clean=0)
        self.assertEqual(dict(answer[1])["session"], 1)
        # They are read from the disk, which may take longer than the answer to a ping.
        orders = [car.expect("PUBLISH") for _ in range(5)]
        self.assertEqual([order["payload"].decode() for order in orders], [f"order {i}" for i in range(5)])
        for order in orders:
            car.send("PUBACK", id=order["id"])
        self.assertEqual(car.messages(), [])
        office = self.login(broker, "office", self.context("office"))
        office.subscribe("cars/+/at", qos=1)
        car.publish_acked("cars/car-1/at", "here")
        self.assertEqual(office.messages(), [("cars/car-1/at", "here")])
