"""How brokers broke before: state that is never let go, and files that open the door (hardening.md, rows 7 and 12)."""

import os
import resource
import socket

import raw
from case import Case, Ports, eventually, is_sanitized, long, other_user


class Leaks(Case):
    def check_flat(self, broker, work, rounds, growth_kb=2048):
        """`work` costs memory once, and no more when it is done again and again."""
        work()
        before = broker.rss_kb()
        for _ in range(rounds):
            work()
        if not is_sanitized():
            self.assertLess(broker.rss_kb() - before, growth_kb, "kB that the broker grew")

    @long(3)
    def test_hardening_07_the_same_packet_id_again_and_again(self):
        """QoS 2 that is never released: one message, one PUBREC for each PUBLISH, no memory."""
        broker = self.start("allow_anonymous true")
        watch = raw.connected(broker.address, "watch", keepalive=0)
        watch.subscribe("t")
        client = raw.connected(broker.address, "c", clean=0)
        frame = raw.packet("PUBLISH", topic="t", payload="x" * 500, qos=2, id=7, dup=1)

        def work():
            client.send_bytes(frame * 200)
            for _ in range(200):
                self.assertEqual(client.expect("PUBREC")["id"], 7)
        self.check_flat(broker, work, 100)
        self.assertEqual(len(watch.messages()), 1, "exactly once")

    def test_hardening_07_pubrec_is_never_answered(self):
        """A receiver that stops after PUBREC keeps its window full: the queue is bounded, the rest dropped and counted."""
        broker = self.start("allow_anonymous true", "max_queued_messages 50", "max_inflight_messages 10")
        stuck = raw.connected(broker.address, "stuck", keepalive=0)
        stuck.subscribe("t", qos=2)
        sender = raw.connected(broker.address, "sender")

        def work():
            for i in range(1, 201):
                sender.publish("t", "x" * 1000, 1, i)
            for _ in range(200):
                sender.expect("PUBACK")
        self.check_flat(broker, work, 30)
        got = [stuck.expect("PUBLISH")["id"] for _ in range(10)]
        self.assertEqual(len(set(got)), 10)
        stuck.ping()
        broker.wait_log(r"Outgoing messages are being dropped for client stuck\.")

    def test_hardening_07_all_packet_ids_in_use(self):
        """65,535 ids begun and never released: more is refused or waits, and a release makes room."""
        broker = self.start("allow_anonymous true", "max_inflight_messages 0")
        with raw.connected(broker.address, "c") as client:
            for at in range(1, 65536, 5000):
                ids = range(at, min(at + 5000, 65536))
                client.send_bytes(b"".join(raw.packet("PUBLISH", topic="t", qos=2, id=i) for i in ids))
                for i in ids:
                    self.assertEqual(client.expect("PUBREC")["id"], i)
            client.send("PUBREL", id=1)
            client.expect("PUBCOMP")
            client.publish("t", "", 2, 1)
            self.assertEqual(client.expect("PUBREC")["id"], 1)

    def test_hardening_07_subscribe_and_unsubscribe_for_ever(self):
        broker = self.start("allow_anonymous true")
        client = raw.connected(broker.address, "c")
        frames = b"".join(raw.packet("SUBSCRIBE", id=1, filter=f"a/{i}/+/x", qos=2) + raw.packet("SUBSCRIBE", id=1,
                          filter=f"$share/g{i}/a/{i}/#", qos=1) + raw.packet("UNSUBSCRIBE", id=2, filter=f"a/{i}/+/x")
                          + raw.packet("UNSUBSCRIBE", id=2, filter=f"$share/g{i}/a/{i}/#") for i in range(100))

        def work():
            client.send_bytes(frames)
            for _ in range(100):
                for name in ("SUBACK", "SUBACK", "UNSUBACK", "UNSUBACK"):
                    client.expect(name)
        self.check_flat(broker, work, 60)

    def test_hardening_07_sessions_that_come_and_go(self):
        broker = self.start("allow_anonymous true", "connection_messages false")

        def work():
            for i in range(60):
                with raw.connected(broker.address, f"c{i}", 5, session_expiry=0, will="w", will__payload="x" * 1000) as one:
                    one.subscribe("a", "b/#", "$share/g/c", qos=2)
                    one.publish("a", "x" * 1000, 2, 1)
                    one.wait_for("PUBREC")
        self.check_flat(broker, work, 25)

    def test_hardening_07_retained_messages_replaced_and_removed(self):
        broker = self.start("allow_anonymous true")
        client = raw.connected(broker.address, "c")
        frames = b"".join(raw.packet("PUBLISH", topic=f"r/{i}", payload=payload, retain=1)
                          for i in range(100) for payload in ("x" * 2000, "y" * 3000, ""))

        def work():
            client.send_bytes(frames)
            client.ping()
        self.check_flat(broker, work, 40)
        with raw.connected(broker.address, "late") as late:
            late.subscribe("#")
            self.assertEqual(late.messages(), [])

    def test_hardening_07_topic_aliases(self):
        broker = self.start("allow_anonymous true")
        client = raw.connected(broker.address, "c", 5, topic_alias_max=10)
        client.subscribe("#")

        def work():
            for i in range(200):
                client.publish("t" * 1000 + f"/{i}", "x", topic_alias=1 + i % 10)
            client.messages()
        self.check_flat(broker, work, 20)

    def test_hardening_07_sockets_are_given_back(self):
        broker = self.start("allow_anonymous true", "connection_messages false")
        before = broker.open_files()
        for i in range(300):
            one = raw.Raw(broker.address)
            one.send_bytes(raw.connect_packet(f"c{i}")[:i % 16])
            one.close()
        eventually(lambda: broker.open_files() == before, "all sockets closed")


ACL = "user alice\ntopic readwrite alice/#\n"


class ClosedDoors(Case):
    """No error may ever widen access: at the start it does not start, at a reload the old state stays."""

    def base(self):
        self.passwd = self.passwords(alice="a")
        self.acl = self.write("acl", ACL)
        return ("allow_anonymous false", f"password_file {self.passwd}", f"acl_file {self.acl}")

    def check_closed(self, broker):
        """Alice has her own, nobody else has anything."""
        with raw.connected(broker.address, "c", 5, user="alice", pass_="a") as alice:
            self.assertIn(alice.publish_acked("alice/x"), (0, 0x10))
            self.assertEqual(alice.publish_acked("bob/x"), 0x87)
            alice.subscribe("#")
            self.assertEqual(alice.messages(), [])
        for login in ({}, {"user": "alice", "pass_": "b"}, {"user": "alice"}, {"user": "bob", "pass_": "b"},
                      {"user": "", "pass_": ""}, {"user": "bob"}):
            with raw.Raw(broker.address, 5) as one:
                self.assertEqual(one.connect("c", **login)["rc"], 0x87, login)

    def breakages(self):
        """(what, lines of the file, a change to make before) for files that nobody may trust."""
        listener = "allow_anonymous false"
        passwd, acl = f"password_file {self.passwd}", f"acl_file {self.acl}"

        def rewrite(path, text):
            return lambda: path.write_text(text)
        # Without it only the user of the line is shut out: see start_with_what_works.py.
        strict = (listener, passwd, acl, "strict_files true")
        good, rules = self.passwd.read_text(), self.acl.read_text()
        yield "no password file", (listener, f"password_file {self.path('gone')}", acl), lambda: None
        yield "no ACL file", (listener, passwd, f"acl_file {self.path('gone')}"), lambda: None
        yield "a folder as password file", (listener, f"password_file {self.directory}", acl), lambda: None
        yield "a folder as ACL file", (listener, passwd, f"acl_file {self.directory}"), lambda: None
        yield "a key that is not known", (listener, passwd, acl, "allow_anonymus true"), lambda: None
        yield "a bad boolean", ("allow_anonymous yes", passwd, acl), lambda: None
        yield "an empty value", (listener, "password_file", acl), lambda: None
        yield "a hash that is none", strict, rewrite(self.passwd, good + "bob:$7$\n")
        yield "a clear password", strict, rewrite(self.passwd, good + "bob:b\n")
        yield "a user twice", strict, rewrite(self.passwd, good + good)
        yield "a user without name", strict, rewrite(self.passwd, good.replace("alice:", ":"))
        yield "a bad ACL word", (listener, passwd, acl), rewrite(self.acl, rules + "topik readwrite #\n")
        yield "a bad ACL access", (listener, passwd, acl), rewrite(self.acl, rules + "topic reed write #\nfoo\n")
        yield "a bad ACL filter", (listener, passwd, acl), rewrite(self.acl, rules + "topic readwrite a/#/b\n")
        yield "an ACL without topic", (listener, passwd, acl), rewrite(self.acl, rules + "topic\n")
        yield "a user line without name", (listener, passwd, acl), rewrite(self.acl, "user\ntopic readwrite #\n")
        not_text = b"user alice\ntopic \xff\xfe\x00#\n"
        yield "ACL that is not text", (listener, passwd, acl), lambda: self.acl.write_bytes(not_text)

    def test_hardening_12_a_broken_file_at_the_start(self):
        lines = self.base()
        good, rules = self.passwd.read_text(), self.acl.read_text()
        for what, broken, spoil in self.breakages():
            spoil()
            port = Ports.take()
            self.write("broken.conf", "\n".join(("user root", f"listener {port}", *broken)) + "\n")
            broker = self.launch(["-c", self.path("broken.conf")])
            code = eventually(lambda: broker.process.poll() is not None and [broker.process.returncode], f"end for {what}")
            self.assertNotEqual(code, [0], what)
            self.assertIn("Error", broker.output(), what)
            with self.assertRaises(OSError):
                raw.Raw(("127.0.0.1", port), timeout=2)
            self.passwd.write_text(good)
            self.acl.write_text(rules)
        self.check_closed(self.start(*lines))

    def test_hardening_12_a_broken_file_at_the_reload_keeps_the_old_state(self):
        broker = self.start(*self.base())
        good, rules = self.passwd.read_text(), self.acl.read_text()
        live = raw.connected(broker.address, "live", 5, user="alice", pass_="a", keepalive=0)
        for what, broken, spoil in self.breakages():
            spoil()
            self.rewrite(broker, *broken)
            print("now:", what)
            broker.reload(is_good=False)
            self.check_closed(broker)
            live.ping()
            self.passwd.write_text(good)
            self.acl.write_text(rules)
        self.rewrite(broker, *self.base())
        broker.reload()
        self.check_closed(broker)

    def test_hardening_12_the_whole_file_is_gone_at_the_reload(self):
        broker = self.start(*self.base())
        self.path("martlet.conf").unlink()
        broker.reload(is_good=False)
        self.check_closed(broker)
        self.path("martlet.conf").mkdir()
        broker.reload(is_good=False)
        self.check_closed(broker)

    def test_hardening_12_a_file_of_nothing_is_no_open_door(self):
        """An empty configuration names no listener any more: refused. Empty password and ACL files let nobody in."""
        broker = self.start(*self.base())
        lines = self.path("martlet.conf").read_text()
        self.write("martlet.conf", "")
        broker.reload(is_good=False)
        self.check_closed(broker)
        self.write("martlet.conf", lines)
        self.passwd.write_text("")
        broker.reload()
        with raw.Raw(broker.address) as one:
            self.assertEqual(one.connect("c", user="alice", pass_="a")["rc"], 5)
        for name in (None, "", "alice"):
            with raw.Raw(broker.address) as one:
                login = {} if name is None else {"user": name, "pass_": ""}
                self.assertEqual(one.connect("c", **login)["rc"], 5)

    def test_hardening_12_an_empty_acl_file_denies_everything(self):
        passwd = self.passwords(alice="a")
        broker = self.start("allow_anonymous true", f"password_file {passwd}", f"acl_file {self.write('acl', '')}")
        for login in ({}, {"user": "alice", "pass_": "a"}):
            with raw.connected(broker.address, "c", 5, **login) as one:
                self.assertEqual(one.publish_acked("t"), 0x87)
                self.assertEqual(one.subscribe("#"), [0x87])

    def test_hardening_12_the_default_listener_is_not_forgotten(self):
        """acl_file and password_file hold for the implicit listener, with and without per_listener_settings."""
        for per_listener in ((), ("per_listener_settings true",)):
            self.base()
            port = Ports.take()
            broker = self.start(*per_listener, f"port {port}", "bind_address 127.0.0.1", "allow_anonymous false",
                                f"password_file {self.passwd}", f"acl_file {self.acl}", port=port, file="default.conf")
            self.check_closed(broker)

    def start(self, *lines, **options):
        if any(line.startswith("port ") for line in lines):  # no listener line of our own
            self.write(options["file"], "\n".join(("user root", "shards 2", *lines)) + "\n")
            broker = self.launch(["-c", self.path(options["file"])], port=options["port"])
            self.brokers.append(broker)
            return broker.wait_ready()
        return super().start(*lines, **options)

    def test_hardening_12_no_free_file_descriptor_at_the_reload(self):
        """Files cannot be opened: the rules that were read before go on."""
        if is_sanitized():
            self.skipTest("the sanitizer needs descriptors itself to tell good pointers from bad ones")
        lines = self.base()
        port = Ports.take()
        broker = self.start(*lines, port=port, limits=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
        crowd = []
        while len(crowd) < 60:
            one = socket.create_connection(broker.address)
            crowd.append(one)
            self.addCleanup(one.close)
        eventually(lambda: broker.open_files() >= 40, "the limit of open files")
        broker.reload(is_good=False)
        for one in crowd:
            one.close()
        eventually(lambda: broker.open_files() < 20, "descriptors that are free again")
        self.check_closed(broker)
        broker.reload()
        self.check_closed(broker)

    def test_hardening_12_files_that_may_not_be_read(self):
        """The broker runs as somebody who must not read them; root would, so that this needs root to drop."""
        user = other_user()
        if os.getuid() or user is None:
            self.skipTest("needs root, to start as root and go on as another user")
        self.base()
        for path in (self.passwd, self.acl):
            path.chmod(0o600)
            said = self.refuses(f"user {user.pw_name}", f"listener {Ports.take()}", "allow_anonymous true",
                                f"password_file {self.passwd}", f"acl_file {self.acl}", code=13)
            self.assertIn(str(path), said)
            path.chmod(0o644)
