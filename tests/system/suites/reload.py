"""SIGHUP: what is new applies at once to those who are connected, to what waits for them and to what is retained."""

import signal
import subprocess
import sys

import raw
from case import Case, Ports, end_if_alive, eventually, is_sanitized, long
from paho_client import Client

ALL = "user alice\ntopic readwrite #\nuser bob\ntopic readwrite #\nuser root\ntopic readwrite #\n"
NOT_ALICE = "user alice\ntopic readwrite open/#\nuser bob\ntopic readwrite #\nuser root\ntopic readwrite #\n"


class Reload(Case):
    def start_users(self, acl=ALL, *lines):
        self.passwd = self.passwords(alice="a", bob="b", root="r")
        self.acl = self.write("acl", acl)
        self.lines = ("allow_anonymous false", f"password_file {self.passwd}", f"acl_file {self.acl}", *lines)
        broker = self.start(*self.lines)
        self.bob = self.login(broker, "bob")
        return broker

    def login(self, broker, user, level=4, client_id=None, **fields):
        return raw.connected(broker.address, client_id or user, level, user=user, pass_=user[0], **fields)

    def change_acl(self, broker, text):
        self.acl.write_text(text)
        broker.reload()

    def test_a_subscription_stays_and_is_filtered(self):
        broker = self.start_users()
        alice = self.login(broker, "alice")
        alice.subscribe("secret/#", "open/#")
        self.bob.publish_acked("secret/x", "before")
        self.assertEqual(alice.messages(), [("secret/x", "before")])
        self.change_acl(broker, NOT_ALICE)
        self.bob.publish_acked("secret/x", "after")
        self.bob.publish_acked("open/x", "open")
        self.assertEqual(alice.messages(), [("open/x", "open")])
        self.change_acl(broker, ALL)
        self.bob.publish_acked("secret/x", "again")
        self.assertEqual(alice.messages(), [("secret/x", "again")])

    def test_publishing_is_judged_by_the_new_rules(self):
        broker = self.start_users()
        alice = self.login(broker, "alice", 5)
        self.assertIn(alice.publish_acked("secret/x"), (0, 0x10))
        self.change_acl(broker, NOT_ALICE)
        self.assertEqual(alice.publish_acked("secret/x"), 0x87)
        self.assertEqual(alice.subscribe("secret/#"), [0x87])

    def test_queued_messages_are_not_delivered_after_revocation(self):
        broker = self.start_users()
        alice = self.login(broker, "alice", clean=0)
        alice.subscribe("#", qos=2)
        alice.leave()
        for i in range(3):
            self.bob.publish_acked("secret/x", str(i))
        self.bob.publish_acked("open/x", "open")
        self.change_acl(broker, NOT_ALICE)
        with self.login(broker, "alice", clean=0) as alice:
            self.assertEqual(alice.messages(), [("open/x", "open")])

    def test_messages_in_flight_are_not_sent_again_after_revocation(self):
        broker = self.start_users()
        alice = self.login(broker, "alice", clean=0)
        alice.subscribe("#", qos=2)
        for qos, topic in ((1, "secret/1"), (2, "secret/2"), (1, "open/1"), (2, "open/2")):
            self.bob.publish(topic, "x", qos, qos)
            self.bob.wait_for("PUBACK" if qos == 1 else "PUBREC")
            if qos == 2:
                self.bob.send("PUBREL", id=qos)
                self.bob.wait_for("PUBCOMP")
            self.assertEqual(alice.expect("PUBLISH")["topic"], topic.encode())  # never acknowledged
        self.change_acl(broker, NOT_ALICE)
        with self.login(broker, "alice", clean=0) as back:
            self.assertEqual(sorted(topic for topic, _ in back.messages()), ["open/1", "open/2"])

    def test_queue_behind_a_full_window_is_filtered(self):
        broker = self.start_users(ALL, "max_inflight_messages 1")
        alice = self.login(broker, "alice")
        alice.subscribe("#", qos=1)
        for topic in ("open/1", "secret/1", "open/2", "secret/2"):
            self.bob.publish_acked(topic, "x")
        first = alice.expect("PUBLISH")
        self.change_acl(broker, NOT_ALICE)
        alice.send("PUBACK", id=first["id"])
        self.assertEqual(alice.messages(), [("open/2", "x")])

    def test_retained_messages_are_filtered_for_new_subscriptions(self):
        broker = self.start_users()
        self.bob.publish_acked("secret/x", "s", retain=1)
        self.bob.publish_acked("open/x", "o", retain=1)
        self.change_acl(broker, NOT_ALICE)
        alice = self.login(broker, "alice")
        alice.subscribe("#")
        self.assertEqual(alice.messages(), [("open/x", "o")])

    def test_retained_messages_of_a_publisher_who_may_no_longer(self):
        """check_retain_source: what alice left while she might is not delivered when she may not."""
        broker = self.start_users()
        alice = self.login(broker, "alice")
        alice.publish_acked("secret/x", "from alice", retain=1)
        alice.publish_acked("open/x", "from alice", retain=1)
        self.change_acl(broker, NOT_ALICE)
        reader = self.login(broker, "root")
        reader.subscribe("#")
        self.assertEqual(reader.messages(), [("open/x", "from alice")])
        self.rewrite(broker, *self.lines, "check_retain_source false")
        broker.reload()
        reader.subscribe("#")
        found = []
        # A repeated SUBSCRIBE has them once the other shard has nothing newer: perhaps after the answer to a ping.
        eventually(lambda: found.extend(reader.messages()) or len(found) >= 2, lambda: f"both messages, not {found}")
        self.assertEqual(sorted(found), [("open/x", "from alice"), ("secret/x", "from alice")])

    def test_a_will_is_judged_when_it_is_sent(self):
        broker = self.start_users()
        self.bob.subscribe("#")
        alice = self.login(broker, "alice", will="secret/will", will__payload="x")
        self.change_acl(broker, NOT_ALICE)
        alice.close()
        broker.wait_log(r"Denied will of alice")
        self.assertEqual(self.bob.messages(), [])

    def test_shared_subscriptions_are_filtered(self):
        broker = self.start_users()
        alice = self.login(broker, "alice")
        alice.subscribe("$share/g/secret/#")
        self.change_acl(broker, NOT_ALICE)
        self.bob.publish_acked("secret/x", "x")
        self.assertEqual(alice.messages(), [])

    def test_a_removed_user_is_disconnected_at_once(self):
        broker = self.start_users()
        clients = [self.login(broker, "alice", level, f"alice{level}-{i}") for level in (3, 4, 5) for i in range(4)]
        self.assertEqual(self.run_martlet("passwd", "-D", self.passwd, "alice").returncode, 0)
        broker.reload()
        for client in clients:
            said = client.rest()
            self.assertEqual(said, b"" if client.level < 5 else b"\xe0\x01\x87", f"MQTT {client.level}")
        with raw.Raw(broker.address) as alice:
            self.assertEqual(alice.connect("alice", user="alice", pass_="a")["rc"], 5)
        self.bob.ping()

    def test_a_changed_password_ends_those_who_came_with_the_old(self):
        broker = self.start_users()
        alice = self.login(broker, "alice")
        self.add_password(self.passwd, "alice", "new")
        broker.reload()
        self.assertEqual(alice.rest(), b"")
        raw.connected(broker.address, "alice", user="alice", pass_="new").ping()
        self.bob.ping()

    def test_anonymous_access_is_closed(self):
        broker = self.start("allow_anonymous true")
        guest = raw.connected(broker.address, "guest")
        self.rewrite(broker, "allow_anonymous false", f"password_file {self.passwords(alice='a')}")
        broker.reload()
        self.assertEqual(guest.rest(), b"")
        raw.connected(broker.address, "alice", user="alice", pass_="a").ping()

    def test_who_may_stay_is_not_disturbed(self):
        broker = self.start_users()
        alice = Client(self, broker.port, "alice", user="alice", password="a", version=5)
        alice.subscribe("#", 2)
        for _ in range(10):
            self.acl.write_text(ALL + "# a comment\n")
            broker.reload()
        for i in range(20):
            self.bob.publish_acked("t", str(i), i + 1)
        alice.expect(*[("t", str(i)) for i in range(20)])
        self.assertEqual(alice.ends, [])

    def test_nothing_is_lost_or_doubled_by_a_reload_under_traffic(self):
        broker = self.start_users(ALL, "max_queued_messages 0")
        alice = self.login(broker, "alice", keepalive=0)
        alice.subscribe("t", qos=1)
        count = 600
        for i in range(count):
            self.bob.publish("t", str(i), 1, i + 1)
            if i % 60 == 0:
                broker.reload()
        for _ in range(count):
            self.bob.wait_for("PUBACK")
        got = []
        eventually(lambda: got.extend(alice.messages()) or len(got) >= count, "all messages")
        self.assertEqual([payload for _, payload in got], [str(i) for i in range(count)])

    def test_limits_and_log_types_change(self):
        broker = self.start("allow_anonymous true", "message_size_limit 10")
        with raw.connected(broker.address, "c", 5) as client:
            self.assertEqual(client.publish_acked("t", "x" * 11), 0x83)
            self.rewrite(broker, "allow_anonymous true", "message_size_limit 20", "log_type all")
            broker.reload()
            self.assertIn(client.publish_acked("t", "x" * 11), (0, 0x10))
            broker.wait_log(r"Received PUBLISH from c \(d0, q1, r0, m1, 't', \.\.\. \(11 bytes\)\)")

    def test_a_listener_cannot_be_added_and_nothing_else_changes(self):
        broker = self.start_users(NOT_ALICE)
        self.acl.write_text(ALL)
        self.rewrite(broker, *self.lines, f"listener {Ports.take()}")
        broker.reload(is_good=False)
        alice = self.login(broker, "alice", 5)
        self.assertEqual(alice.publish_acked("secret/x"), 0x87, "all or nothing")

    def test_many_reloads_leak_nothing(self):
        broker = self.start_users()
        for _ in range(10):
            broker.reload()
        files, memory = broker.open_files(), broker.rss_kb()
        for i in range(100):
            if i % 10 == 5:
                self.acl.write_text("nonsense\n")
            broker.reload(is_good=i % 10 != 5)
            self.acl.write_text(ALL)
        self.assertEqual(broker.open_files(), files)
        self.assertTrue(is_sanitized() or broker.rss_kb() - memory < 8192, "memory is given back")
        self.bob.ping()

    @long(4)
    def test_what_comes_after_the_signal_is_judged_by_the_new_rules(self):
        """On connections that stand and on new ones, while other programs want the processors."""
        broker = self.start_users()
        for _ in range(3):
            self.addCleanup(end_if_alive, subprocess.Popen([sys.executable, "-c", "while True: pass"]))
        alice = self.login(broker, "alice", 5)
        for i in range(40):
            is_denied = i % 2 == 0
            self.acl.write_text(NOT_ALICE if is_denied else ALL)
            broker.send(signal.SIGHUP)
            if i % 4 < 2:
                self.assertEqual(alice.publish_acked("secret/x") == 0x87, is_denied, f"publish {i}")
            else:
                with self.login(broker, "alice", 5, f"new{i}") as new:
                    self.assertEqual(new.subscribe("secret/#"), [0x87 if is_denied else 0], f"subscribe {i}")

    def test_a_log_in_after_the_signal_meets_the_new_password_file(self):
        broker = self.start_users()
        both = self.passwd.read_text()
        without = "".join(line for line in both.splitlines(True) if not line.startswith("alice:"))
        for i in range(10):
            self.passwd.write_text(both if i % 2 else without)
            broker.send(signal.SIGHUP)
            with raw.Raw(broker.address, 5) as client:
                answer = client.connect(f"new{i}", user="alice", pass_="a")
                self.assertEqual(answer["rc"], 0 if i % 2 else 0x87, f"log-in {i}")
