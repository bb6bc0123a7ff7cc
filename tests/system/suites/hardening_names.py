"""How brokers broke before: names that are wildcards, the broker's own topics, somebody else's session, text that is not UTF-8
(hardening.md, rows 5, 6, 9, 11 and 14)."""

import threading

import raw
import wire
from case import Case, Ports, eventually, is_sanitized, long

BAD_TEXT = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"a\x00b", b"\xc3",
            b"\xe2\x82", b"\x80"]


class Timing(Case):
    @long(6)
    def test_hardening_05_takeover_storm(self):
        """One id a thousand times from two senders, with wills, delays, subscriptions and messages in between."""
        broker = self.start("allow_anonymous true", "connection_messages false")
        problems = []

        def storm(level, offset):
            for i in range(500):
                try:
                    extra = {"will__will_delay": i % 3, "session_expiry": i % 4} if level == 5 else {}
                    client = raw.Raw(broker.address, level)
                    client.send_bytes(raw.connect_packet("same", level, clean=(i + offset) % 2, will="storm/will", **extra,
                                                         will__payload="x", will__qos=i % 3)
                                      + raw.packet("SUBSCRIBE", level, id=1, filter="storm/#", qos=i % 3)
                                      + raw.packet("PUBLISH", level, topic="storm/m", payload="y", qos=1, id=5, retain=i % 2)
                                      + raw.packet("UNSUBSCRIBE", level, id=2, filter="storm/#")
                                      + (raw.packet("DISCONNECT", level) if i % 5 == 0 else b""))
                    if i % 7:
                        client.socket.recv(100)
                    client.close()
                except ConnectionError:
                    pass
                except Exception as error:  # told below, by the thread that may fail
                    problems.append(error)

        threads = [threading.Thread(target=storm, args=(4, 0)), threading.Thread(target=storm, args=(5, 1))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])
        with raw.connected(broker.address, "same", 5) as last, raw.connected(broker.address, "other") as other:
            last.subscribe("after", qos=1)
            other.publish_acked("after", "storm")
            self.assertEqual(last.messages(), [("after", "storm")])

    def test_hardening_05_will_delay_longer_than_the_session(self):
        """The will goes with the session, once; a new connection in time prevents it."""
        broker = self.start("allow_anonymous true")
        watch = raw.connected(broker.address, "watch", keepalive=0)
        watch.subscribe("will/#")
        fields = {"session_expiry": 1, "will__will_delay": 3600, "will__payload": "gone"}
        raw.connected(broker.address, "a", 5, will="will/a", **fields).close()
        raw.connected(broker.address, "b", 5, will="will/b", **fields).close()
        back = raw.connected(broker.address, "b", 5, clean=0, session_expiry=1)
        self.assertEqual(watch.expect("PUBLISH")["topic"], b"will/a")
        back.close()
        self.assertEqual(watch.messages(), [])

    def test_hardening_05_subscribers_that_leave_while_they_are_served(self):
        broker = self.start("allow_anonymous true", "connection_messages false")
        with raw.connected(broker.address, "sender") as sender:
            for turn in range(15):
                group = [raw.connected(broker.address, f"s{turn}-{i}") for i in range(20)]
                for i, one in enumerate(group):
                    one.subscribe("t", "t/#", "$share/g/t", qos=i % 3)
                for i in range(10):
                    sender.publish("t", "x" * 100, 1, i + 1)
                for i, one in enumerate(group):
                    if i % 2:
                        one.send("UNSUBSCRIBE", id=2, filter=["t", "$share/g/t"])
                    one.close()
                for _ in range(10):
                    sender.wait_for("PUBACK")
            sender.ping()


class OwnTopics(Case):
    TOPICS = ("$SYS", "$SYS/", "$SYS/broker/version", "$SYS/broker/connection/x/stat", "$share", "$share/", "$share/g",
              "$share/g/t", "$share/g/$SYS/x", "$CONTROL", "$CONTROL/x", "$CONTROL/dynamic-security/v1", "$", "$/", "$x",
              "$x/y", "$SYSx", "$queue/t", "$MQTT/sub/1", "$local/x", "$aws/things", "$$/x")
    BROKERS = tuple(topic for topic in TOPICS if topic.split("/")[0] in ("$SYS", "$share", "$CONTROL"))

    def test_hardening_06_publish_to_every_dollar_topic(self):
        broker = self.start("allow_anonymous true", "sys_interval 0")
        watch = raw.connected(broker.address, "watch", 5, keepalive=0)
        watch.subscribe("#", "$SYS/#", "$CONTROL/#", "+/broker/#", qos=2)
        for level in (4, 5):
            for topic in self.TOPICS:
                for qos in range(3):
                    with raw.connected(broker.address, "p", level) as client:
                        client.publish(topic, "x", qos, 1, retain=1)
                        self.check_answer(client, level, topic, qos)
        self.assertEqual(watch.messages(), [], "nobody can speak in the broker's name")
        with raw.connected(broker.address, "late", 5) as late:
            late.subscribe("$SYS/#", "$CONTROL/#", "$share/g/#")
            self.assertEqual(late.messages(), [])

    def check_answer(self, client, level, topic, qos):
        """Refused in words, or by the end of the connection; what is nobody's is published."""
        try:
            client.send("PINGREQ")
            name, fields, _ = client.receive()
        except raw.Closed:
            return
        if topic not in self.BROKERS:
            self.assertIn(fields.get("rc", 0), (0, 0x10), f"{topic} {name} {fields}")
        elif level == 5 and qos:
            self.assertGreaterEqual(fields.get("rc", 0), 0x80, f"{topic} {name} {fields}")

    def test_hardening_06_unknown_dollar_topics_are_topics(self):
        broker = self.start("allow_anonymous true")
        watch, wild = raw.connected(broker.address, "watch"), raw.connected(broker.address, "wild")
        watch.subscribe("$x/#", "$local/+")
        wild.subscribe("#", "+/y")
        with raw.connected(broker.address, "p") as client:
            client.publish("$x/y", "1")
            client.publish("$local/y", "2")
            client.ping()
        self.assertEqual(watch.messages(), [("$x/y", "1"), ("$local/y", "2")])
        self.assertEqual(wild.messages(), [], "a wildcard at the front does not match $")

    def test_hardening_06_subscribe_to_every_dollar_topic(self):
        broker = self.start("allow_anonymous true", "sys_interval 1")
        for level in (4, 5):
            for topic in self.TOPICS:
                for filter_ in (topic, topic + "/#", topic + "/+", "$share/g/" + topic):
                    with raw.connected(broker.address, "s", level) as client:
                        client.send("SUBSCRIBE", id=1, filter=filter_, qos=2)
                        try:
                            client.receive()
                            client.send("UNSUBSCRIBE", id=2, filter=filter_)
                            client.receive()
                        except raw.Closed:
                            pass
        raw.connected(broker.address, "after").ping()

    def test_hardening_06_wills_to_dollar_topics(self):
        broker = self.start("allow_anonymous true", "sys_interval 0")
        watch = raw.connected(broker.address, "watch", keepalive=0)
        watch.subscribe("$SYS/#", "$CONTROL/#", "#", qos=2)
        for level in (3, 4, 5):
            for topic in self.BROKERS:
                with raw.Raw(broker.address, level) as client:
                    client.send("CONNECT", id="w", will=topic, will__payload="x", will__retain=1)
                    try:
                        client.receive()
                    except raw.Closed:
                        pass
        with raw.connected(broker.address, "barrier") as barrier:
            barrier.publish("barrier", "")
            barrier.ping()
        self.assertEqual(watch.messages(), [("barrier", "")])

    def test_hardening_06_mount_points_and_dollar(self):
        """A client of a mounted listener cannot reach the broker's topics, nor those of others."""
        mounted, plain = Ports.take(), Ports.take()
        self.start(f"listener {mounted}", "allow_anonymous true", "mount_point in/", f"listener {plain}", "sys_interval 1",
                   port=plain)
        with raw.connected(("127.0.0.1", mounted), "m", 5) as inner, raw.connected(("127.0.0.1", plain), "p", 5) as outer:
            inner.subscribe("#", "$SYS/#")
            outer.subscribe("#")
            outer.publish_acked("x", "from outside")
            outer.publish_acked("in/x", "for inside")
            for topic in self.BROKERS:
                with raw.connected(("127.0.0.1", mounted), "attacker", 5) as attacker:
                    attacker.publish(topic, "x", 0, retain=1)
                    try:
                        attacker.ping()
                    except raw.Closed:
                        pass
            self.assertEqual([topic for topic, _ in inner.messages() if not topic.startswith("$")], ["x"])
            self.assertEqual([topic for topic, _ in outer.messages()], ["x", "in/x"])


class AclNames(Case):
    ACL = "pattern readwrite own/%u/#\npattern readwrite id/%c/#\nuser alice\ntopic read shared/#\n"

    def start_acl(self, *users, acl=ACL, lines=()):
        passwords = self.path("passwd")
        for user in users:
            self.add_password(passwords, user, "pw")
        return self.start("allow_anonymous true", f"password_file {passwords}", f"acl_file {self.write('acl', acl)}", *lines)

    def may_write(self, broker, topic, client_id, **login):
        with raw.connected(broker.address, client_id, 5, **login) as client:
            code = client.publish_acked(topic)
            client.leave()
            return code in (0, 0x10)

    def may_read(self, broker, sender, topic, client_id, filter_, **login):
        with raw.connected(broker.address, client_id, 5, **login) as client:
            client.subscribe(filter_)
            sender.publish(topic, "secret")
            sender.ping()
            got = client.messages()
            client.leave()
            return got != []

    def test_hardening_09_wildcards_as_user_name(self):
        users = ("+", "alice", "a/+", "+/b", "a#", "bob/#")
        broker = self.start_acl(*users, "god", acl=self.ACL + "user god\ntopic readwrite #\n")
        god = raw.connected(broker.address, "god", user="god", pass_="pw")
        for user in users:
            for victim in ("own/alice/x", "own/god/x", "own/a/b/x"):
                if victim.startswith(f"own/{user}/"):
                    continue
                self.assertFalse(self.may_write(broker, victim, "c", user=user, pass_="pw"), f"{user} writes {victim}")
                for filter_ in (victim, "#", "own/#", "own/+/x"):
                    self.assertFalse(self.may_read(broker, god, victim, "c", filter_, user=user, pass_="pw"),
                                     f"{user} reads {victim} by {filter_}")
        self.assertTrue(self.may_write(broker, "own/alice/x", "c", user="alice", pass_="pw"))

    def test_hardening_09_wildcards_as_client_id(self):
        broker = self.start_acl("god", acl=self.ACL + "user god\ntopic readwrite #\n")
        god = raw.connected(broker.address, "god", user="god", pass_="pw")
        for client_id in ("+", "#", "id/+", "+/#", "a/../b"):
            for victim in ("id/alice/x", "id/b/x"):
                self.assertFalse(self.may_write(broker, victim, client_id), f"{client_id} writes {victim}")
                self.assertFalse(self.may_read(broker, god, victim, client_id, "#"), f"{client_id} reads {victim}")
        self.assertTrue(self.may_write(broker, "id/alice/x", "alice"))
        self.assertTrue(self.may_read(broker, god, "id/alice/x", "alice", "#"))

    def test_hardening_09_placeholders_inside_values(self):
        """What a name contains is text: `%c` in a user name is no placeholder."""
        broker = self.start_acl("%c", "%u", "$SYS")
        self.assertFalse(self.may_write(broker, "own/victim/x", "victim", user="%c", pass_="pw"))
        self.assertTrue(self.may_write(broker, "own/%c/x", "victim", user="%c", pass_="pw"))
        self.assertFalse(self.may_write(broker, "id/%u/x", "victim", user="%u", pass_="pw"))
        self.assertTrue(self.may_write(broker, "own/%u/x", "victim", user="%u", pass_="pw"))

    def test_hardening_09_a_name_with_dollar_opens_nothing_of_the_brokers(self):
        broker = self.start_acl("$SYS", acl="pattern readwrite %u/#\npattern readwrite %c/#\n", lines=("sys_interval 1",))
        with raw.connected(broker.address, "$SYS", 5, user="$SYS", pass_="pw") as client:
            self.assertGreaterEqual(client.publish_acked("$SYS/broker/version", "mine"), 0x80)
            client.subscribe("$SYS/#", "#")
            with raw.connected(broker.address, "clock", 5) as clock:
                clock.publish_acked("clock/x", "tick")
            self.assertEqual(client.messages(), [])

    def test_hardening_09_slashes_and_empty_names(self):
        """A slash in a name reaches only below that name; without a name a pattern with %u is nobody's."""
        broker = self.start_acl("acc/dev", "acc", "alice")
        self.assertTrue(self.may_write(broker, "own/acc/dev/x", "c", user="acc/dev", pass_="pw"))
        self.assertFalse(self.may_write(broker, "own/acc/x", "c", user="acc/dev", pass_="pw"))
        self.assertFalse(self.may_write(broker, "own/acc/device/x", "c", user="acc/dev", pass_="pw"))
        for topic in ("own//x", "own/x", "own"):
            self.assertFalse(self.may_write(broker, topic, "c"), topic)
        self.assertFalse(self.may_write(broker, "shared/x", "c", user="alice", pass_="pw"), "a read line does not let write")

    def test_hardening_09_an_unlisted_user_is_not_anonymous(self):
        broker = self.start_acl("bob", acl="topic readwrite public/#\nuser alice\ntopic readwrite alice/#\n")
        self.assertTrue(self.may_write(broker, "public/x", "c"))
        self.assertFalse(self.may_write(broker, "public/x", "c", user="bob", pass_="pw"))
        self.assertFalse(self.may_write(broker, "alice/x", "c", user="bob", pass_="pw"))

    def test_hardening_09_a_wide_filter_opens_no_dollar_topic(self):
        broker = self.start_acl("bob", acl="user bob\ntopic readwrite #\n", lines=("sys_interval 1",))
        with raw.connected(broker.address, "c", 5, user="bob", pass_="pw") as client:
            self.assertEqual(client.subscribe("$SYS/#"), [0x87])
            self.assertGreaterEqual(client.publish_acked("$x/y"), 0x80)


class Identity(Case):
    def start_users(self, *lines):
        return self.start("allow_anonymous false", f"password_file {self.passwords(alice='a', bob='b')}", *lines)

    def test_hardening_11_another_user_cannot_take_over_a_live_session(self):
        broker = self.start_users()
        alice = raw.connected(broker.address, "device", user="alice", pass_="a", clean=0)
        alice.subscribe("alice/secret", qos=1)
        for level in (4, 5):
            for clean in (0, 1):
                with raw.Raw(broker.address, level) as bob:
                    answer = bob.connect("device", user="bob", pass_="b", clean=clean)
                    self.assertEqual(answer["rc"], 5 if level == 4 else 0x87)
        alice.ping()
        broker.wait_log(r"device.*'bob'.*'alice'.*refused")

    def test_hardening_11_session_data_is_not_given_to_another_user(self):
        broker = self.start_users()
        with raw.connected(broker.address, "device", user="alice", pass_="a", clean=0) as alice:
            alice.subscribe("alice/secret", qos=1)
            alice.leave()
        with raw.connected(broker.address, "sender", user="alice", pass_="a") as sender:
            sender.publish_acked("alice/secret", "for alice only")
        for clean in (0, 1):
            with raw.Raw(broker.address) as bob:
                bob.connect("device", user="bob", pass_="b", clean=clean)
                try:
                    self.assertEqual(bob.messages(), [])
                except (raw.Closed, ConnectionError):
                    pass
        with raw.connected(broker.address, "device", user="alice", pass_="a", clean=0) as alice:
            self.assertEqual(alice.messages(), [("alice/secret", "for alice only")])

    def test_hardening_11_a_wrong_password_does_not_take_over(self):
        broker = self.start_users()
        alice = raw.connected(broker.address, "device", user="alice", pass_="a")
        for login in ({"user": "alice", "pass_": "b"}, {"user": "alice"}, {}, {"user": "nobody", "pass_": "a"}):
            with raw.Raw(broker.address) as one:
                self.assertEqual(one.connect("device", **login)["rc"], 5)
        alice.ping()

    def test_hardening_11_user_name_as_client_id(self):
        broker = self.start_users("use_username_as_clientid true")
        alice = raw.connected(broker.address, "anything", user="alice", pass_="a")
        bob = raw.connected(broker.address, "alice", user="bob", pass_="b")
        alice.ping()
        bob.ping()
        broker.wait_log(r"as alice \(p4.*u'alice'")
        broker.wait_log(r"as bob \(p4.*u'bob'")


class BadText(Case):
    def test_hardening_14_bad_text_is_stopped_at_the_door(self):
        """In topic, filter, id, user name, will and properties; nobody else ever sees it."""
        broker = self.start("allow_anonymous true")
        watch = raw.connected(broker.address, "watch", 5, keepalive=0)
        watch.subscribe("#")
        for bad in BAD_TEXT:
            for level in (4, 5):
                self.check_connects(broker, level, bad)
                self.check_packets(broker, level, bad)
        with raw.connected(broker.address, "p") as client:
            client.publish("good/ÅÄÖ 🦌", "1")
            client.ping()
        self.assertEqual(watch.messages(), [("good/ÅÄÖ 🦌", "1")])

    def check_connects(self, broker, level, bad):
        for fields in ({"id": bad}, {"id": "c", "user": bad}, {"id": "c", "will": bad, "will__payload": "x"}):
            with raw.Raw(broker.address, level) as one:
                one.send("CONNECT", **fields)
                said = one.rest()
                self.assertFalse(said[:1] == b"\x20" and said[3] == 0, f"{fields} was let in")
        if level == 5:
            for fields in ({"user_property": bad + b"=v"}, {"user_property": b"k=" + bad}):
                with raw.Raw(broker.address, 5) as one:
                    one.send("CONNECT", id="c", **fields)
                    said = one.rest()
                    self.assertFalse(said[:1] == b"\x20" and said[3] == 0, f"{fields} was let in")

    def check_packets(self, broker, level, bad):
        packets = [raw.packet("PUBLISH", level, topic=b"good/" + bad, payload="x"),
                   raw.packet("SUBSCRIBE", level, id=1, filter=b"good/" + bad, qos=0),
                   raw.packet("UNSUBSCRIBE", level, id=1, filter=b"good/" + bad)]
        if level == 5:
            packets += [raw.packet("PUBLISH", 5, topic="good/x", payload="x", **{name: value}) for name, value in (
                ("user_property", bad + b"=v"), ("user_property", b"k=" + bad), ("content_type", bad), ("response_topic", bad))]
        for packet in packets:
            with raw.connected(broker.address, "c", level) as one:
                one.send_bytes(packet)
                said = one.rest()
                self.assertIn(said[:1], (b"", b"\xe0"), packet.hex())

    def test_hardening_14_what_is_allowed_though_unusual(self):
        """U+FEFF, non-characters excepted, and characters of four bytes pass unchanged."""
        broker = self.start("allow_anonymous true")
        with raw.connected(broker.address, "ID \ufeff 🦌", 5) as client:
            for topic in ("\ufeffbom", "a b", "𝄞/🦌", "é", "e\u0301", "tab\u2003space"):
                client.subscribe(topic)
                client.publish(topic, "x")
                self.assertEqual(client.messages(), [(topic, "x")])

    def test_hardening_14_names_cannot_forge_log_lines(self):
        broker = self.start("allow_anonymous true", "log_type all")
        with raw.Raw(broker.address) as one:
            one.send("CONNECT", id="a\n1: martlet version 9 terminating\x1b[2J", user="u\r\nv")
            raw.ends_within(one, 0.5)
        raw.connected(broker.address, "after").ping()
        self.assertNotRegex(broker.log(), r"(?m)^1: martlet version 9")
        self.assertNotIn("\x1b", broker.log())


class Sizes(Case):
    def test_hardening_14_longest_names(self):
        broker = self.start("allow_anonymous true")
        name = "n" * 65535
        with raw.connected(broker.address, "c") as client:
            client.subscribe(name)
            client.publish(name, "x")
            self.assertEqual(client.messages(), [(name, "x")])
        with raw.Raw(broker.address) as client:
            client.send("CONNECT", id="i" * 23000, user="u" * 23000, pass_="p" * 23000)
            self.assertEqual(client.expect("CONNACK")["rc"], 0)
            client.ping()
        before = broker.rss_kb()
        for i in range(200):
            with raw.connected(broker.address, f"{i}" + "i" * 60000) as client:
                client.ping()
        eventually(lambda: is_sanitized() or broker.rss_kb() - before < 8192, "memory is given back")
        self.assertLess(len(max(broker.log().splitlines(), key=len)), 1001)
        self.assertEqual(wire.PACKETS[1], "CONNECT")
