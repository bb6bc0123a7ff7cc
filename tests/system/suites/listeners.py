"""The ways in: TCP on both families, unix sockets, several listeners with settings of their own, mount points, limits."""

import os
import socket
import subprocess

import case
import raw
from case import Case, Ports, eventually
from paho_client import Client


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


class Ways(Case):
    def test_unix_socket(self):
        path = str(self.path("martlet.sock"))
        broker = self.start(f"listener 0 {path}", "allow_anonymous true")
        with raw.connected(path, "local", 5) as client, raw.connected(path, "other") as other:
            other.subscribe("t", qos=2)
            client.publish_acked("t", "over the unix socket")
            self.assertEqual(other.messages(), [("t", "over the unix socket")])
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)
        self.assertFalse(os.path.exists(path), "the socket goes with the broker")

    def test_unix_socket_that_a_crash_left_behind(self):
        path = str(self.path("martlet.sock"))
        with socket.socket(socket.AF_UNIX) as old:
            old.bind(path)
        self.start(f"listener 0 {path}", "allow_anonymous true")
        raw.connected(path, "c").ping()

    def test_unix_socket_in_use_and_a_file_that_is_none(self):
        path = str(self.path("martlet.sock"))
        self.start(f"listener 0 {path}", "allow_anonymous true")
        self.assertIn("Address already in use", self.refuses(f"listener 0 {path}", code=1))
        raw.connected(path, "c").ping()
        other = self.write("precious", "data")
        self.refuses(f"listener 0 {other}", code=1)
        self.assertEqual(other.read_text(), "data")

    def test_mosquitto_pub_over_the_unix_socket(self):
        path = str(self.path("martlet.sock"))
        self.start(f"listener 0 {path}", "allow_anonymous true")
        watch = raw.connected(path, "watch")
        watch.subscribe("t")
        done = subprocess.run(["mosquitto_pub", "--unix", path, "-t", "t", "-m", "hi"], capture_output=True, timeout=case.WAIT,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(watch.expect("PUBLISH")["topic"], b"t")

    def test_localhost_needs_no_hosts_file(self):
        """A bare machine has no /etc/hosts, and nobody whom it could ask for a name."""
        empty = self.write("empty", "")
        bare = "".join(f"mount --bind {empty} {path} && " for path in ("/etc/hosts", "/etc/resolv.conf"))

        def run(words):
            return ["unshare", "--map-root-user", "--mount", "sh", "-c", bare + 'exec "$@"', "sh", *map(str, words)]
        port = Ports.take()
        probe = subprocess.run(run(["getent", "ahosts", "localhost"]), capture_output=True, timeout=case.WAIT, check=False)
        if probe.returncode != 2:
            self.skipTest("localhost is known without a file, or there may be no room of its own")
        config = self.write("local.conf", "user root\nshards 2\n")
        broker = self.launch(run([case.MARTLET, "serve", "-c", config, "-p", port]), program="env", port=port).wait_ready()
        raw.connected(broker.address, "c").ping()
        done = subprocess.run(run([case.MARTLET, "pub", "-h", "localhost", "-p", port, "-t", "t", "-m", "hi"]),
                              capture_output=True, timeout=case.WAIT, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_ipv6(self):
        if not has_ipv6():
            self.skipTest("this machine has no IPv6")
        port = Ports.take()
        broker = self.start(f"listener {port} ::1", "allow_anonymous true", port=port)
        raw.connected(("::1", port), "six").ping()
        with self.assertRaises(OSError):
            raw.Raw(("127.0.0.1", port), timeout=2)
        broker.wait_log(r"New client connected from \[?::1\]?:\d+ as six \(p4")
        paho = Client(self, port, "paho", host="::1")
        self.assertEqual(paho.code, 0)

    def test_both_families_and_socket_domain(self):
        if not has_ipv6():
            self.skipTest("this machine has no IPv6")
        both, four, six = (Ports.take() for _ in range(3))
        self.start(f"listener {both}", f"listener {four}", "socket_domain ipv4", f"listener {six}", "socket_domain ipv6",
                   "allow_anonymous true", port=both)
        for port, host, is_open in ((both, "127.0.0.1", True), (both, "::1", True), (four, "127.0.0.1", True),
                                    (four, "::1", False), (six, "127.0.0.1", False), (six, "::1", True)):
            try:
                raw.connected((host, port), "c").close()
                self.assertTrue(is_open, f"{host} {port}")
            except OSError:
                self.assertFalse(is_open, f"{host} {port}")

    def test_bind_address(self):
        port = Ports.take()
        self.start(f"listener {port} 127.0.0.2", "allow_anonymous true", port=port)
        raw.connected(("127.0.0.2", port), "c").ping()
        with self.assertRaises(OSError):
            raw.Raw(("127.0.0.1", port), timeout=2)

    def test_bind_interface(self):
        port = Ports.take()
        self.write("probe.conf", "")
        with socket.socket() as probe:
            try:
                probe.setsockopt(socket.SOL_SOCKET, 25, b"lo\0")
            except PermissionError:
                self.skipTest("SO_BINDTODEVICE needs a right that is missing here")
        self.start(f"listener {port}", "bind_interface lo", "allow_anonymous true", port=port)
        raw.connected(("127.0.0.1", port), "c").ping()
        self.assertIn("no-such", self.refuses(f"listener {Ports.take()}", "bind_interface no-such", code=1))

    def test_an_address_of_somebody_else(self):
        self.assertIn("192.0.2.1", self.refuses(f"listener {Ports.take()} 192.0.2.1", code=1))


class Several(Case):
    def test_each_has_its_own_rules(self):
        a, b, c = (Ports.take() for _ in range(3))
        acl = self.write("acl", "topic read #\n")
        self.start("per_listener_settings true", f"listener {a}", "allow_anonymous true",
                   f"listener {b}", "allow_anonymous true", f"acl_file {acl}", "max_qos 1",
                   f"listener {c}", f"password_file {self.passwords(alice='a')}",
                   "accept_protocol_versions 4", "allow_anonymous false", port=a)
        with raw.connected(("127.0.0.1", a), "a", 5) as free, raw.connected(("127.0.0.1", b), "b", 5) as reader:
            self.assertEqual(reader.subscribe("t", qos=2), [1])
            self.assertEqual(free.publish_acked("t", "free"), 0)
            self.assertEqual(reader.publish_acked("t", "denied"), 0x87)
            self.assertEqual(reader.messages(), [("t", "free")])
        with raw.Raw(("127.0.0.1", c), 5) as new:
            self.assertEqual(new.connect("c", user="alice", pass_="a")["rc"], 0x84)
        raw.connected(("127.0.0.1", c), "c", user="alice", pass_="a").ping()

    def test_listener_keys_without_per_listener_settings(self):
        a, b = Ports.take(), Ports.take()
        self.start("allow_anonymous false", f"listener {a}", "listener_allow_anonymous true", "listener_auto_id_prefix lab-",
                   f"listener {b}", port=a)
        with raw.Raw(("127.0.0.1", a), 5) as guest:
            self.assertRegex(guest.connect("")["assigned-client-id"], rb"^lab-[0-9A-F-]{36}$")
        with raw.Raw(("127.0.0.1", b)) as guest:
            self.assertEqual(guest.connect("g")["rc"], 5)

    def test_accept_protocol_versions(self):
        answers = {3: 1, 4: 1, 5: 0x84}
        for allowed in ("3", "4", "5", "3,5"):
            broker = self.start(f"listener {Ports.take()}", f"accept_protocol_versions {allowed}", "allow_anonymous true",
                                port=Ports.next - 1)
            for level in (3, 4, 5):
                with raw.Raw(broker.address, level) as client:
                    code = client.connect("c")["rc"]
                    self.assertEqual(code, 0 if str(level) in allowed else answers[level], f"{level} at {allowed}")

    def test_max_connections_counts_for_each_listener(self):
        """Ten on one listener do not use up the three of another; who leaves makes room."""
        wide, narrow = Ports.take(), Ports.take()
        broker = self.start(f"listener {wide}", f"listener {narrow}", "max_connections 3", "allow_anonymous true", port=wide)
        crowd = [raw.connected(("127.0.0.1", wide), f"w{i}") for i in range(10)]
        few = [raw.connected(("127.0.0.1", narrow), f"n{i}") for i in range(3)]
        with raw.Raw(("127.0.0.1", narrow)) as extra:
            self.assertEqual(extra.rest(), b"", "closed without a word, as in mosquitto")
        broker.wait_log("Connection from .* (refused|denied)")
        few[0].close()

        def comes_in():
            try:
                few.append(raw.connected(("127.0.0.1", narrow), "again"))
                return True
            except (raw.Closed, OSError):
                return False
        eventually(comes_in, "room for one")
        self.assertEqual(len(crowd), 10)

    def test_global_max_connections_and_clients(self):
        broker = self.start("allow_anonymous true", "global_max_connections 3")
        some = [raw.connected(broker.address, f"c{i}") for i in range(3)]
        with raw.Raw(broker.address) as extra:
            self.assertEqual(extra.rest(), b"")
        self.assertEqual(len(some), 3)
        broker = self.start("allow_anonymous true", "global_max_clients 3")
        for i in range(3):
            raw.connected(broker.address, f"c{i}", clean=0).close()
        with raw.Raw(broker.address, 5) as extra:
            self.assertEqual(extra.connect("new")["rc"], 0x89)
        with raw.Raw(broker.address) as known:
            self.assertEqual(known.connect("c1", clean=0)["rc"], 0)


class MountPoint(Case):
    def start_mounted(self, *lines, mount="house/"):
        self.inner, self.outer = Ports.take(), Ports.take()
        return self.start(f"listener {self.inner}", f"mount_point {mount}", f"listener {self.outer}", "allow_anonymous true",
                          *lines, port=self.inner)

    def both(self, level=4):
        return (raw.connected(("127.0.0.1", self.inner), "inner", level),
                raw.connected(("127.0.0.1", self.outer), "outer", level))

    def test_topics_and_filters_get_it_and_lose_it_again(self):
        self.start_mounted()
        for level in (4, 5):
            inner, outer = self.both(level)
            for qos in range(3):
                inner.subscribe(f"in{qos}/#", qos=qos)
                outer.subscribe(f"house/out{qos}/#", qos=qos)
                inner.publish(f"out{qos}/x", "from inside", 0)
                outer.publish(f"house/in{qos}/x", "from outside", 0)
            inner.ping()
            outer.ping()
            self.assertEqual(outer.messages(), [(f"house/out{qos}/x", "from inside") for qos in range(3)])
            self.assertEqual(inner.messages(), [(f"in{qos}/x", "from outside") for qos in range(3)])

    def test_retained_queued_shared_and_wills(self):
        self.start_mounted()
        inner, outer = self.both()
        outer.publish_acked("house/r", "retained", retain=1)
        inner.subscribe("r")
        self.assertEqual(inner.messages(), [("r", "retained")])
        with raw.connected(("127.0.0.1", self.inner), "away", clean=0) as away:
            away.subscribe("q", "$share/g/s", qos=1)
            away.leave()
        outer.publish_acked("house/q", "queued")
        outer.publish_acked("house/s", "shared")
        with raw.connected(("127.0.0.1", self.inner), "away", clean=0) as away:
            got = []  # what is shared comes by way of the group's shard, perhaps a moment later
            eventually(lambda: got.extend(away.messages()) or len(got) >= 2, lambda: f"two messages; {got}")
            self.assertEqual(sorted(got), [("q", "queued"), ("s", "shared")])
        outer.subscribe("house/will")
        raw.connected(("127.0.0.1", self.inner), "dies", will="will", will__payload="gone").close()
        self.assertEqual(outer.expect("PUBLISH")["topic"], b"house/will")

    def test_unsubscribe(self):
        self.start_mounted()
        inner, outer = self.both(5)
        inner.subscribe("t", "$share/g/u")
        inner.send("UNSUBSCRIBE", id=2, filter=["t", "$share/g/u", "house/t"])
        self.assertEqual(inner.expect("UNSUBACK")["codes"], [0, 0, 0x11])
        outer.publish_acked("house/t")
        self.assertEqual(inner.messages(), [])

    def test_access_rules_see_the_whole_topic(self):
        """As in mosquitto: the ACL is written for topics with the mount point."""
        acl = self.write("acl", "topic readwrite house/ok\n")
        self.start_mounted(f"acl_file {acl}")
        inner, outer = self.both(5)
        self.assertIn(inner.publish_acked("ok"), (0, 0x10))
        self.assertEqual(inner.publish_acked("house/ok"), 0x87)
        self.assertEqual(outer.publish_acked("ok"), 0x87)

    def test_a_deep_mount_point_and_a_deep_topic(self):
        self.start_mounted(mount="m/" * 150)
        inner, outer = self.both()
        topic = "/".join("l" * 200)
        inner.subscribe(topic, "#")
        inner.publish(topic, "x", retain=1)
        self.assertEqual(inner.messages(), [(topic, "x"), (topic, "x")])
        outer.subscribe("#")
        self.assertEqual(outer.messages()[0][0][:4], "m/m/")
