"""`martlet store`, and a mosquitto that was here before: Debian's mosquitto makes the database, Martlet goes on with it."""

import json
import os
import shutil
import signal
import subprocess
import time

import raw
from case import Case, Ports, eventually, is_sanitized, other_user

EXPIRED_S = 1  # what lives so long is over when mosquitto has ended


def queued(client, count):
    """[(payload, qos, packet id)] of so many PUBLISH packets, none of them acknowledged."""
    found = []
    for _ in range(count):
        message = client.wait_for("PUBLISH")
        found.append((message["payload"].decode(), message["qos"], message["id"]))
    return found


class Mosquitto(Case):
    """Ends with self.database, the file that mosquitto left."""

    def run_mosquitto(self, fill):
        port = Ports.take()
        self.database = self.path("mosquitto.db")
        self.write("mosquitto.conf", f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
                                     f"persistence_location {self.directory}/\nuser root\n")
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        with open(self.path("mosquitto.log"), "wb") as log:
            process = subprocess.Popen([program, "-c", self.path("mosquitto.conf")], stderr=log)
        try:
            eventually(lambda: b"running" in self.path("mosquitto.log").read_bytes(), "mosquitto's start")
            fill(("127.0.0.1", port))
        finally:
            process.terminate()
            self.assertEqual(process.wait(10), 0)

    def fill(self, address):
        """What a house full of devices leaves behind."""
        keeper = raw.connected(address, "keeper", clean=0, user="kim")
        keeper.subscribe("a/#", qos=1)
        keeper.subscribe("b", qos=2)
        for name, level, fields in (("brief", 5, {"session_expiry": 3600}), ("gone", 5, {"session_expiry": EXPIRED_S}),
                                    ("passing", 4, {})):
            client = raw.connected(address, name, level=level, clean=int(name == "passing"), **fields)
            client.subscribe("a/+", qos=1, **({"subscription_id": 7} if level == 5 else {}))
            client.leave()
        publisher = raw.connected(address, "publisher", level=5, user="pat")
        self.fill_flights(keeper, publisher)
        for number in range(3):
            publisher.publish_acked("a/1", f"queued {number}", 20 + number)
        publisher.publish_acked("a/1", "over", 29, message_expiry=EXPIRED_S)
        publisher.publish_acked("r/text", "kept", 30, retain=1, content_type="text")
        publisher.publish_acked("r/bytes", b"\x00\xff", 31, retain=1)
        publisher.publish_acked("r/over", "over", 32, retain=1, message_expiry=EXPIRED_S)
        publisher.leave()
        self.fill_received(address)
        time.sleep(EXPIRED_S + 1)  # its clock counts in seconds

    def fill_flights(self, keeper, publisher):
        """keeper leaves with one packet id that waits for PUBREC (f2) and one that waits for PUBCOMP (f1)."""
        for number in (1, 2):
            publisher.publish("b", f"flight {number}", 2, number)
            publisher.expect("PUBREC")
            publisher.send("PUBREL", id=number)
            publisher.expect("PUBCOMP")
        self.flights = {payload: packet_id for payload, _, packet_id in queued(keeper, 2)}
        keeper.send("PUBREC", id=self.flights["flight 1"])
        keeper.expect("PUBREL")
        keeper.close()

    def fill_received(self, address):
        """half has sent PUBLISH and has got PUBREC; mosquitto has not passed the message on."""
        half = raw.connected(address, "half", clean=0)
        half.publish("a/half", "half way", 2, 5)
        half.expect("PUBREC")
        half.close()

    def store(self, word, *arguments, code=0):
        """What it prints."""
        done = self.run_martlet("store", word, *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def records(self, word="dump", place="journal"):
        """{kind: [record]}"""
        found = {}
        for line in self.store(word, "--path", self.path(place)).splitlines():
            record = json.loads(line)
            found.setdefault(record.get("kind", "head"), []).append(record)
        return found


class Import(Mosquitto):
    def test_a_database_of_mosquitto_becomes_records(self):
        self.run_mosquitto(self.fill)
        said = self.store("import", self.database, "--path", self.path("journal"))
        self.assertIn("3 sessions, 3 subscriptions", said)
        found = self.records()
        self.assertEqual({r["client_id"] for r in found["session"]}, {"keeper", "brief", "half"})
        self.assertEqual({(r["client_id"], r["filter"], r["qos"], r["identifier"]) for r in found["subscription"]},
                         {("keeper", "a/#", 1, 0), ("keeper", "b", 2, 0), ("brief", "a/+", 1, 7)})
        self.assertEqual([r["packet_id"] for r in found["sent"]], [self.flights["flight 2"]])
        self.assertEqual([r["packet_id"] for r in found["released"]], [self.flights["flight 1"]])
        self.assertEqual([(r["client_id"], r["packet_id"]) for r in found["received"]], [("half", 5)])
        retained = {r["message"]["topic"]: r for r in found["retained"]}
        self.assertEqual(set(retained), {"r/text", "r/bytes"})
        self.assertEqual(retained["r/text"]["origin"]["user_name"], "pat")
        self.assertEqual(retained["r/text"]["message"]["payload"], "kept")
        self.assertIn("properties_base64", retained["r/text"]["message"])
        self.assertEqual(retained["r/bytes"]["message"]["payload_base64"], "AP8=")

    def test_queues_keep_their_order(self):
        self.run_mosquitto(self.fill)
        self.store("import", self.database, "--path", self.path("journal"))
        found = self.records()
        shared = {r["key"]: r["message"]["payload"] for r in found["message"]}
        for client in ("keeper", "brief"):
            mine = sorted((r for r in found["delivery"] if r["client_id"] == client), key=lambda r: r["key"])
            payloads = [shared[r["message_key"]] if "message_key" in r else r["message"]["payload"] for r in mine]
            begun = ["flight 2"] if client == "keeper" else []
            self.assertEqual(payloads, begun + ["queued 0", "queued 1", "queued 2", "half way"], client)

    def test_a_broker_begins_with_it(self):
        """persistence_file names what mosquitto left: the journal takes its place once, and the original is kept."""
        self.run_mosquitto(self.fill)
        original = self.database.read_bytes()
        lines = ("allow_anonymous true", "persistence true", f"persistence_location {self.directory}/")
        broker = self.start(*lines)
        broker.wait_log(r"Imported mosquitto's database .*/mosquitto\.db: 3 sessions, 3 subscriptions")
        self.assertEqual(self.path("mosquitto.db.mosquitto").read_bytes(), original)
        self.assertTrue(self.database.is_dir())
        self.check_sessions(broker)
        self.forget(broker)
        self.assertEqual(broker.stop(), 0)
        broker = self.start(*lines)
        self.assertNotIn("Imported", broker.log(), "once")

    def check_sessions(self, broker):
        """Each client goes on where mosquitto left it."""
        keeper = raw.Raw(broker.address)
        self.assertEqual(keeper.connect("keeper", clean=0, user="kim")["session"], 1)
        self.assertEqual(keeper.wait_for("PUBREL")["id"], self.flights["flight 1"])
        keeper.send("PUBCOMP", id=self.flights["flight 1"])
        found = queued(keeper, 5)
        self.assertEqual([payload for payload, _, _ in found], ["flight 2", "queued 0", "queued 1", "queued 2", "half way"])
        self.assertEqual(found[0][1:], (2, self.flights["flight 2"]), "QoS and packet id as before")
        keeper.send("PUBREC", id=found[0][2])
        keeper.wait_for("PUBREL")
        keeper.send("PUBCOMP", id=found[0][2])
        for _, _, packet_id in found[1:]:
            keeper.send("PUBACK", id=packet_id)
        brief = raw.Raw(broker.address, level=5)
        self.assertEqual(brief.connect("brief", clean=0, session_expiry=3600)["session"], 1)
        message = brief.wait_for("PUBLISH")
        self.assertEqual((message["payload"], message["subscription-id"]), (b"queued 0", 7))
        half = raw.Raw(broker.address)
        self.assertEqual(half.connect("half", clean=0)["session"], 1)
        half.publish("a/half", "half way", 2, 5, dup=1)
        half.expect("PUBREC")
        half.send("PUBREL", id=5)
        half.expect("PUBCOMP")
        self.assertEqual(keeper.messages(), [], "passed on once")
        fresh = raw.connected(broker.address, "fresh")
        fresh.subscribe("r/#")
        self.assertEqual({topic for topic, _ in fresh.messages()}, {"r/text", "r/bytes"})

    def test_what_is_not_ours_stays(self):
        self.write("mosquitto.db", "my own notes")
        said = self.refuses(f"listener {Ports.take()} 127.0.0.1", "persistence true",
                            f"persistence_location {self.directory}/", code=1)
        self.assertIn("is neither a journal of Martlet nor a database of mosquitto", said)
        self.assertEqual(self.path("mosquitto.db").read_text(), "my own notes")


class Tools(Mosquitto):
    """What each command does to a journal that a broker made."""

    def setUp(self):
        super().setUp()
        self.lines = ("allow_anonymous true", "persistence true", f"persistence_location {self.directory}/",
                      "persistence_file journal")

    def make_journal(self, messages=3):
        """One session with so many messages, one that is retained, and a broker that has ended."""
        broker = self.start(*self.lines)
        keeper = raw.connected(broker.address, "keeper", clean=0)
        keeper.subscribe("q", qos=1)
        keeper.leave()
        publisher = raw.connected(broker.address, "publisher")
        for number in range(messages):
            publisher.publish_acked("q", f"message {number}", number + 1)
        publisher.publish_acked("r", "on", messages + 1, retain=1)
        publisher.leave()
        self.forget(broker)
        self.assertEqual(broker.stop(), 0)

    def files(self):
        return {path.name: path.read_bytes() for path in self.path("journal").iterdir() if path.name != "lock"}

    def test_check_counts_by_configuration_and_by_path(self):
        self.make_journal()
        for where in (("-c", self.path("martlet.conf")), ("--path", self.path("journal"))):
            said = self.store("check", *where)
            self.assertIn("1 sessions, 1 subscriptions, 3 messages for sessions, 1 retained", said)
            self.assertTrue(said.endswith("sound\n"), said)

    def test_check_names_damage_and_changes_nothing(self):
        self.make_journal()
        segment = sorted(self.path("journal").glob("*.seg"))[0]
        content = bytearray(segment.read_bytes())
        content[content.index(b"message 1")] ^= 1
        segment.write_bytes(content)
        before = self.files()
        said = self.store("check", "--path", self.path("journal"), code=1)
        self.assertRegex(said, rf"damage: .* at byte \d+ of {segment.name} \(\d+ bytes\)")
        self.assertIn("2 messages for sessions", said)
        self.store("dump", "--path", self.path("journal"), code=1)
        self.assertEqual(self.files(), before)

    def test_check_of_what_a_kill_left(self):
        for messages in (0, 1, 600):
            broker = self.start(*self.lines)
            publisher = raw.connected(broker.address, "publisher")
            raw.connected(broker.address, "keeper", clean=0).subscribe("q", qos=1)
            for number in range(messages):
                publisher.publish_acked("q", f"message {number}", number + 1)
            self.forget(broker)
            broker.stop(signal.SIGKILL)
            before = self.files()
            said = self.store("check", "--path", self.path("journal"))
            self.assertTrue(said.endswith("sound\n"), said)
            self.assertEqual(self.store("dump", "--path", self.path("journal")).count('"kind":"delivery"'), messages)
            self.assertEqual(self.files(), before)
            shutil.rmtree(self.path("journal"))

    def test_a_running_broker_is_left_alone(self):
        self.make_journal()
        broker = self.start(*self.lines)
        for word in ("check", "dump", "export", "compact"):
            said = self.store(word, "--path", self.path("journal"), code=1)
            self.assertIn(f"is in use by another Martlet (pid {broker.process.pid})", said)

    def test_an_export_becomes_the_same_journal(self):
        self.make_journal()
        lines = self.store("export", "--path", self.path("journal"))
        self.write("state.jsonl", lines)
        self.store("import", self.path("state.jsonl"), "--path", self.path("other"))
        self.assertEqual(self.store("export", "--path", self.path("other")), lines)
        self.assertIn("is there already", self.store("import", self.path("state.jsonl"), "--path", self.path("other"),
                                                     code=1))
        broker = self.start(*self.lines[:-1], "persistence_file other")
        keeper = raw.Raw(broker.address)
        self.assertEqual(keeper.connect("keeper", clean=0)["session"], 1)
        self.assertEqual([payload for payload, _, _ in queued(keeper, 3)], ["message 0", "message 1", "message 2"])

    def test_dump_names_the_clients(self):
        self.make_journal(1)
        found = self.records()
        self.assertEqual([(r["client_id"], r["message"]["payload"]) for r in found["delivery"]], [("keeper", "message 0")])
        self.assertEqual([r["message"]["topic"] for r in found["retained"]], ["r"])

    def test_compact_lets_go_of_what_is_dead(self):
        self.make_journal(200)
        broker = self.start(*self.lines)
        keeper = raw.connected(broker.address, "keeper", clean=0)
        for _ in range(200):
            keeper.send("PUBACK", id=keeper.wait_for("PUBLISH")["id"])
        keeper.ping()
        self.forget(broker)
        self.assertEqual(broker.stop(), 0)
        before, after = self.sizes()
        self.assertLess(after, before / 2)
        self.assertIn("1 sessions, 1 subscriptions, 0 messages for sessions, 1 retained",
                      self.store("check", "--path", self.path("journal")))

    def sizes(self):
        said = self.store("compact", "--path", self.path("journal"))
        numbers = [int(word) for word in said.replace(",", "").split() if word.isdigit()]
        return numbers[-2], numbers[-1]

    def test_wrong_use(self):
        for arguments in ((), ("look", "--path", "x"), ("check",), ("check", "--path"), ("import", "--path", "x"),
                          ("check", "--path", "x", "-c", "y"), ("check", "--wrong"), ("check", "one", "--path", "x")):
            done = self.run_martlet("store", *arguments)
            self.assertEqual(done.returncode, 3, arguments)
            self.assertIn("Usage: martlet store", done.stderr)
        for word in ("check", "dump", "export", "compact"):
            self.assertIn("There is no journal", self.store(word, "--path", self.path("none"), code=1))
            self.assertFalse(self.path("none").exists(), "looking does not make it")

    def test_root_acts_as_the_owner_of_the_place(self):
        """What root makes of a journal, the broker must be able to open."""
        user = other_user()
        if os.getuid() or user is None:
            self.skipTest("needs root and another user")
        if is_sanitized():
            self.skipTest("the check for leaks fails in a process that has given up root")
        self.make_journal()
        self.write("state.jsonl", self.store("export", "--path", self.path("journal")))
        self.path("lib").mkdir()
        shutil.chown(self.path("lib"), user.pw_uid, user.pw_gid)
        for arguments in (("import", self.path("state.jsonl")), ("check",), ("compact",)):
            self.store(*arguments, "--path", self.path("lib/journal"))
        made = [self.path("lib/journal"), *self.path("lib/journal").iterdir()]
        self.assertEqual({(path.stat().st_uid, path.stat().st_gid) for path in made}, {(user.pw_uid, user.pw_gid)})
        self.assertEqual({path.stat().st_mode & 0o077 for path in made}, {0}, "nobody else may read it")
