"""Who may come in by HTTP, and what a stranger, a hostile page or a slow sender can do to the broker: nothing."""

import json
import re
import socket
import time

import raw
import telemetry
from case import Ports, eventually, is_sanitized, long

PUBLIC = {"/", "/setup", "/status.css", "/status.js", "/favicon.svg", "/healthz", "/api/v1/openapi.json", "/api/v1/login", "/api/v1/setup"}


class Door(telemetry.Telemetry):
    def setUp(self):
        super().setUp()
        self.start_telemetry()

    def ask(self, method, path, body=None, token="", headers=()):
        """As somebody else; (status, headers, bytes)."""
        own, self.api.token = self.api.token, token
        try:
            return self.api.request(method, path, body, headers)
        finally:
            self.api.token = own

    def status(self, *arguments, **more):
        return self.ask(*arguments, **more)[0]

    def log_in(self, name=telemetry.ADMIN, password=telemetry.PASSWORD):
        """(status, cookie, CSRF token)."""
        status, headers, body = self.ask("POST", "/api/v1/login", {"name": name, "password": password})
        if status != 200:
            return status, "", ""
        return status, headers["Set-Cookie"].split(";")[0], json.loads(body)["csrf_token"]

    def token(self, role, **more):
        return self.api.post("/api/v1/tokens", {"name": role, "role": role, **more})["token"]

    def speak(self, text, seconds=10):
        """Bytes sent as they are; (status, answer) when the broker has closed."""
        with socket.create_connection(("127.0.0.1", self.http_port), seconds) as connection:
            connection.sendall(text if isinstance(text, bytes) else text.encode("latin-1"))
            return self.hear(connection)

    def hear(self, connection):
        answer = b""
        try:
            while got := connection.recv(65536):
                answer += got
        except ConnectionError:
            pass
        match = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
        return int(match[1]) if match else 0, answer

    def is_well(self):
        """MQTT and HTTP answer."""
        with raw.connected(self.broker.address, "probe") as probe:
            probe.ping()
        return self.ask("GET", "/healthz")[0] == 200


class Accounts(Door):
    def test_hardening_17_nobody_comes_in_without_a_log_in(self):
        paths = self.api.get("/api/v1/openapi.json")["paths"]
        self.assertGreater(len(paths), 25)
        for path, methods in paths.items():
            for method in methods:
                status = self.status(method.upper(), path.replace("{", "").replace("}", ""),
                                     {} if method != "get" else None)
                if path not in PUBLIC:
                    self.assertEqual(status, 401, f"{method} {path}")
        for wrong in ("x", "0" * 64, "' OR 1=1 --"):
            self.assertEqual(self.status("GET", "/api/v1/broker", token=wrong), 401)
        self.assertEqual(self.status("GET", "/metrics"), 401)

    def test_the_link_works_once(self):
        used = re.search(r"/setup#(\S+)", self.broker.log())[1]
        again = {"token": used, "name": "eve", "password": "correct horse battery"}
        self.assertEqual(self.status("POST", "/api/v1/setup", again), 403)
        self.assertEqual(self.log_in("eve")[0], 401)
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        self.begin()
        self.assertNotIn("/setup#", self.broker.log(), "there is an account")
        self.assertEqual(self.status("POST", "/api/v1/setup", again), 403)
        self.assertEqual(self.api.get("/api/v1/setup"), {"is_needed": False})
        self.assertEqual(self.log_in()[0], 200, "which is still there")

    def test_a_new_start_makes_another_link(self):
        port, http = Ports.take(), Ports.take()
        place = self.path("other")
        place.mkdir()
        links = []
        for _ in range(2):
            broker = self.start(f"listener {port} 127.0.0.1", "allow_anonymous true", f"listener {http} 127.0.0.1",
                                "protocol http", f"persistence_location {place}", port=port, file="other.conf")
            links.append(re.search(r"/setup#(\S+)", broker.log())[1])
            api = telemetry.Api(http)
            for wrong in ("", "0" * 64, *links[:-1]):
                status, _, _ = api.request("POST", "/api/v1/setup",
                                           {"token": wrong, "name": "eve", "password": "correct horse battery"})
                self.assertEqual(status, 403)
            if len(links) == 2:
                api.set_up(broker.log())
                self.assertEqual(api.get("/api/v1/me")["role"], "admin")
            self.assertEqual(broker.stop(), 0)
            self.forget(broker)
        self.assertNotEqual(*links)

    def test_hardening_17_roles(self):
        tokens = {role: self.token(role) for role in ("viewer", "operator", "admin")}
        publish = ("POST", "/api/v1/publish", {"topic": "a", "payload": "b"})
        for ask, allowed in ((("GET", "/api/v1/broker"), ("viewer", "operator", "admin")), (publish, ("operator", "admin")),
                             (("DELETE", "/api/v1/retained?filter=a"), ("operator", "admin")),
                             (("GET", "/api/v1/config"), ("admin",)), (("GET", "/api/v1/tokens"), ("admin",)),
                             (("GET", "/api/v1/accounts"), ("admin",))):
            for role, token in tokens.items():
                self.assertEqual(self.status(*ask, token=token), 200 if role in allowed else 403, f"{role} {ask}")

    def test_tokens_end(self):
        token = self.token("viewer")
        brief = self.token("viewer", lifetime_s=1)
        self.assertEqual(self.status("GET", "/api/v1/broker", token=brief), 200)
        listed = self.api.get("/api/v1/tokens")["tokens"]
        self.assertNotIn(token, json.dumps(listed))
        self.assertNotIn(token, "".join(path.read_text(errors="replace") for path in self.directory.glob("*.json")))
        self.assertNotIn(token, self.broker.log())
        for one in listed:
            if one["role"] == "viewer" and one["expires"] is None:
                self.assertEqual(self.api.request("DELETE", f"/api/v1/tokens/{one['id']}")[0], 204)
        self.assertEqual(self.status("GET", "/api/v1/broker", token=token), 401)
        eventually(lambda: self.status("GET", "/api/v1/broker", token=brief) == 401, "the end of a token")

    def test_guessing_is_slowed_down(self):
        self.api.post("/api/v1/accounts", {"name": "ann", "role": "viewer", "password": "long enough 1"})
        statuses = [self.log_in("ann", f"guess {number}")[0] for number in range(7)]
        self.assertEqual(statuses, [401] * 5 + [429] * 2)
        self.assertEqual(self.log_in("ann", "long enough 1")[0], 429, "the right one as well, for now")
        self.assertEqual(self.log_in()[0], 200, "others are not kept out")

    def test_who_changed_what_is_in_the_log(self):
        self.api.post("/api/v1/accounts", {"name": "ann", "role": "viewer", "password": "long enough 1"})
        self.api.request("PATCH", "/api/v1/accounts/ann", {"role": "operator", "password": "long enough 2"})
        token = self.token("viewer")
        one = next(t for t in self.api.get("/api/v1/tokens")["tokens"] if t["role"] == "viewer")["id"]
        self.api.request("DELETE", f"/api/v1/tokens/{one}")
        self.api.request("DELETE", "/api/v1/accounts/ann")
        lines = ["HTTP account admin (admin), the first one, was made from 127.0.0.1:", "HTTP account ann (viewer) was made by admin.",
                 "HTTP account ann was changed by admin: role operator new password.",
                 f"HTTP token {one} (viewer, viewer) was made by admin.", f"HTTP token {one} was removed by admin.",
                 "HTTP account ann was removed by admin."]
        eventually(lambda: all(line in self.broker.log() for line in lines), self.broker.log)
        for secret in (token, "long enough 1", "long enough 2", telemetry.PASSWORD):
            self.assertNotIn(secret, self.broker.log())

    def test_who_was_refused_is_in_the_log(self):
        self.log_in("ann\n1: faked", "a wrong guess")
        line = 'HTTP log-in from 127.0.0.1:'
        eventually(lambda: line in self.broker.log(), "the line, while the broker runs")
        self.assertIn("as ann; 1: faked refused", self.broker.log())
        self.assertNotIn("a wrong guess", self.broker.log())

    def test_the_file_of_accounts_is_not_for_all(self):
        files = [path for path in self.directory.glob("*.json") if "admin" in path.read_text()]
        self.assertEqual([path.stat().st_mode & 0o777 for path in files], [0o600])
        self.assertNotIn(telemetry.PASSWORD, files[0].read_text())
        self.assertIn("argon2id", files[0].read_text())

    def test_a_log_out(self):
        _, cookie, csrf = self.log_in()
        self.assertEqual(self.status("GET", "/api/v1/me", headers={"Cookie": cookie}), 200)
        self.assertEqual(self.status("POST", "/api/v1/logout", {}, headers={"Cookie": cookie, "X-CSRF-Token": csrf}), 204)
        self.assertEqual(self.status("GET", "/api/v1/me", headers={"Cookie": cookie}), 401)


class HostilePages(Door):
    PUBLISH = ("POST", "/api/v1/publish", {"topic": "a", "payload": "b"})

    def test_hardening_17_a_change_by_cookie_needs_the_token(self):
        status, headers, _ = self.ask("POST", "/api/v1/login", {"name": telemetry.ADMIN, "password": telemetry.PASSWORD})
        self.assertEqual(status, 200)
        for word in ("HttpOnly", "SameSite=Strict"):
            self.assertIn(word, headers["Set-Cookie"])
        _, cookie, csrf = self.log_in()
        _, _, other = self.log_in()
        self.assertEqual(self.status(*self.PUBLISH, headers={"Cookie": cookie}), 403)
        for wrong in ("", "x", other, csrf[:-1]):
            self.assertEqual(self.status(*self.PUBLISH, headers={"Cookie": cookie, "X-CSRF-Token": wrong}), 403, wrong)
        self.assertEqual(self.status(*self.PUBLISH, headers={"Cookie": cookie, "X-CSRF-Token": csrf}), 200)
        self.assertEqual(self.status("GET", "/api/v1/broker", headers={"Cookie": cookie}), 200)

    def test_hardening_17_a_form_of_another_site(self):
        _, cookie, csrf = self.log_in()
        mine = {"Cookie": cookie, "X-CSRF-Token": csrf}
        for origin in ("http://evil.example", "null", f"http://127.0.0.1:{self.http_port + 1}", "file://"):
            self.assertEqual(self.status(*self.PUBLISH, headers={**mine, "Origin": origin}), 403, origin)
        self.assertEqual(self.status(*self.PUBLISH, headers={**mine, "Origin": f"http://127.0.0.1:{self.http_port}"}), 200)
        _, headers, _ = self.ask("GET", "/api/v1/openapi.json", headers={"Origin": "http://evil.example"})
        self.assertIsNone(headers["Access-Control-Allow-Origin"])
        status, headers, _ = self.ask("OPTIONS", "/api/v1/publish", headers={
            "Origin": "http://evil.example", "Access-Control-Request-Method": "POST"})
        self.assertFalse([name for name in headers if name.lower().startswith("access-control")], status)

    def test_hardening_17_a_name_that_was_bound_to_this_machine(self):
        """DNS rebinding: a page's own name resolves to 127.0.0.1."""
        for host in ("evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "127.evil"):
            status, _ = self.speak(f"GET /api/v1/openapi.json HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            self.assertEqual(status, 421, host)
        for host in ("localhost", f"127.0.0.1:{self.http_port}", "[::1]:80", "LOCALHOST:1"):
            status, _ = self.speak(f"GET /api/v1/openapi.json HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            self.assertEqual(status, 200, host)

    def test_hardening_17_no_page_frames_or_guesses(self):
        for path in ("/", "/setup", "/status.js", "/api/v1/broker", "/nothing"):
            _, headers, _ = self.ask("GET", path)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff", path)
            self.assertRegex(headers["Content-Security-Policy"], r"default-src 'self'.*frame-ancestors 'none'", path)


class HostileBytes(Door):
    def get(self, target, *fields, version="HTTP/1.1"):
        lines = (f"GET {target} {version}", "Host: localhost", "Connection: close", *fields, "", "")
        return self.speak("\r\n".join(lines))

    def test_hardening_17_no_way_out_of_the_tree(self):
        for target in ("/../etc/passwd", "/status.css/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd",
                       "/status.css/..", "/./", "//etc/passwd", "/api/v1/../../etc/passwd", "/%2e", "/a%00b", "/%zz", "/%",
                       "/status.css%00.html", "/..\\..\\etc"):
            status, answer = self.get(target)
            self.assertIn(status, (400, 404), target)
            self.assertNotIn(b"root:", answer)
        self.assertTrue(self.is_well())

    def test_what_is_no_http(self):
        for text in ("\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00",
                     "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                     "GET /\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", self.http_port), 5) as connection:
                connection.sendall(text.encode("latin-1"))
                connection.shutdown(socket.SHUT_WR)
                status, answer = self.hear(connection)
                self.assertIn(status, (0, 400, 421, 505), f"{text!r} {answer[:200]}")
        self.assertTrue(self.is_well())

    def test_two_lengths_are_refused(self):
        """So that nobody in between reads another request than the broker."""
        for fields in (("Content-Length: 5", "Content-Length: 6"), ("Content-Length: 5", "Transfer-Encoding: chunked"),
                       ("Transfer-Encoding: gzip, chunked",), ("Content-Length: -1",), ("Content-Length: 5, 6",),
                       ("Transfer-Encoding: chunked", "Transfer-Encoding: identity")):
            head = "\r\n".join(("POST /api/v1/login HTTP/1.1", "Host: localhost", *fields, "", ""))
            status, answer = self.speak(head + "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(status, (400, 501), fields)
            self.assertEqual(answer.count(b"HTTP/1.1 "), 1, f"{fields}: what follows is not read")

    def test_large_ones(self):
        status, _ = self.get("/" + "a" * 9000)
        self.assertEqual(status, 414)
        status, _ = self.get("/", "X: " + "a" * 20_000)
        self.assertEqual(status, 431)
        status, _ = self.get("/", *(f"X-{number}: a" for number in range(120)))
        self.assertEqual(status, 431)
        status, _ = self.speak("POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n" + "x" * 100)
        self.assertEqual(status, 413, "told before the body has come")
        status, _ = self.speak("POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n")
        self.assertIn(status, (400, 413))
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        head = b"POST /api/v1/publish HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        known = f"Authorization: Bearer {self.api.token}\r\n\r\n".encode()
        status, _ = self.speak(head + known + chunk * 20)
        self.assertEqual(status, 413, "also when nobody says how large it becomes")
        for unknown in (b"\r\n", b"Authorization: Bearer 0\r\n\r\n", b"Cookie: martlet_session=0\r\n\r\n"):
            status, _ = self.speak(head + unknown + chunk * 20)
            self.assertEqual(status, 401, f"strangers send no large bodies: {unknown}")
        self.assertTrue(self.is_well())

    def test_a_body_of_the_allowed_size(self):
        with raw.connected(self.broker.address, "watch") as watch:
            watch.subscribe("large")
            payload = "x" * 900_000
            self.api.post("/api/v1/publish", {"topic": "large", "payload": payload})
            self.assertEqual(len(watch.wait_for("PUBLISH")["payload"]), len(payload))

    @long(14)
    def test_slow_senders_do_not_stay(self):
        """A head byte by byte, and a body that does not come; meanwhile everybody else is served."""
        head = socket.create_connection(("127.0.0.1", self.http_port), 20)
        body = socket.create_connection(("127.0.0.1", self.http_port), 20)
        head.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        body.sendall(b"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{")
        head.settimeout(0.5)
        began, answer = time.monotonic(), b""
        while time.monotonic() - began < 20:
            try:
                head.sendall(b"a")
                got = head.recv(65536)
            except TimeoutError:
                self.assertTrue(self.is_well())
                continue
            except ConnectionError:
                break
            answer += got
            if not got:
                break
        took = time.monotonic() - began
        self.assertTrue(answer.startswith(b"HTTP/1.1 408"), answer)
        self.assertGreater(took, 8)
        self.assertLess(took, 15)
        self.assertEqual(self.hear(body)[0], 408)
        head.close()
        body.close()

    @long(10)
    def test_many_connections_are_bounded(self):
        """Each shard has 256: whoever is idle longest makes room, and MQTT does not notice."""
        idle = [socket.create_connection(("127.0.0.1", self.http_port), 10) for _ in range(700)]
        try:
            eventually(self.is_well, "an answer")
            eventually(lambda: self.broker.open_files() < 600, lambda: f"{self.broker.open_files()} open files")
        finally:
            for connection in idle:
                connection.close()
        self.assertTrue(self.is_well())

    def test_a_peer_that_has_said_all_gets_all(self):
        """It shuts its half down (as `nc -N` does) and reads a large answer at its leisure."""
        for number in range(900):
            self.publish(f"big/{number}", "x" * 4096, retain=1)
        ask = (f"GET /api/v1/retained?filter=big/%23&limit=1000 HTTP/1.1\r\nHost: localhost\r\n"
               f"Authorization: Bearer {self.api.token}\r\n\r\n").encode()
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", self.http_port))
        with connection:
            connection.sendall(ask + ask)
            connection.shutdown(socket.SHUT_WR)
            _, answer = self.hear(connection)
        sizes = [int(size) for size in re.findall(rb"\r\nContent-Length: (\d+)\r\n", answer)]
        self.assertEqual(len(sizes), 2)
        self.assertGreater(sizes[0], 900 * 4096)
        self.assertGreater(len(answer), sum(sizes))
        self.assertTrue(answer.endswith(b'"next":null}\n'))

    def test_answers_that_nobody_takes(self):
        """Twenty clients ask for a large answer ten times and read none of it."""
        for number in range(200):
            self.publish(f"big/{number}", "x" * 4000, retain=1)
        before = self.broker.rss_kb()
        ask = (f"GET /api/v1/retained?filter=big/%23&limit=1000 HTTP/1.1\r\nHost: localhost\r\n"
               f"Authorization: Bearer {self.api.token}\r\n\r\n").encode()
        stuck = []
        for _ in range(20):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", self.http_port))
            connection.sendall(ask * 10)
            stuck.append(connection)
        self.assertTrue(self.is_well())
        if not is_sanitized():
            self.assertLess(self.broker.rss_kb() - before, 120_000)
        for connection in stuck:
            connection.close()

    def test_requests_one_after_the_other(self):
        """Sent ahead, answered in order, on one connection."""
        one = f"GET /api/v1/sources/{{}} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.api.token}\r\n"
        text = "".join(one.format(number) + "\r\n" for number in range(1, 20)) + one.format(99) + "Connection: close\r\n\r\n"
        status, answer = self.speak(text)
        self.assertEqual(status, 404)
        self.assertEqual(answer.count(b"HTTP/1.1 404"), 20)

    def test_beyond_this_machine_only_when_it_is_said(self):
        """A listener without an address is on loopback."""
        http = Ports.take()
        port = Ports.take()
        broker = self.start(f"listener {port} 127.0.0.1", f"listener {http}", "protocol http",
                            f"persistence_location {self.directory}/other", port=port, file="other.conf")
        with open("/proc/net/tcp") as table:
            addresses = [line.split()[1].split(":") for line in table if line.split()[3] == "0A"]
        bound = [address for address, bound_port in addresses if int(bound_port, 16) == http]
        self.assertEqual(bound, ["0100007F"], broker.log())


class Listeners(telemetry.Telemetry):
    def start_http(self, *lines, name="127.0.0.1"):
        http, port = Ports.take(), Ports.take()
        broker = self.start(f"listener {port} 127.0.0.1", "allow_anonymous true", f"listener {http} {name}", *lines,
                            f"persistence_location {self.directory}", port=port)
        return broker, http

    def test_mosquittos_word_for_it(self):
        _, http = self.start_http("protocol http_api")
        self.assertEqual(telemetry.Api(http).request("GET", "/healthz")[0], 200)

    def test_ipv6(self):
        _, http = self.start_http("protocol http", name="::1")
        api = telemetry.Api(http)
        api.base = f"http://[::1]:{http}"
        self.assertEqual(api.request("GET", "/healthz")[0], 200)
        self.assertEqual(api.request("GET", "/api/v1/broker")[0], 401)

    def test_requests_that_never_become_whole(self):
        """They fill the table, and whoever comes then is served all the same."""
        broker, http = self.start_http("protocol http", "shards 1")
        half = []
        for _ in range(300):
            half.append(socket.create_connection(("127.0.0.1", http), 10))
            half[-1].sendall(b"GET / HTTP/1.1\r\nX: ")
        with raw.connected(broker.address, "probe") as probe:
            for _ in range(3):
                probe.ping()  # by the same loop, which has read them all by then
        try:
            for _ in range(5):
                self.assertEqual(telemetry.Api(http).request("GET", "/healthz")[0], 200)
        finally:
            for connection in half:
                connection.close()

    def test_a_browser_at_the_door_of_mqtt(self):
        broker, _ = self.start_http("protocol http")
        with socket.create_connection(broker.address, 5) as browser:
            browser.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertEqual(browser.recv(1000), b"")
        raw.connected(broker.address, "c").leave()
