"""Killed while it stores: each acknowledged message is in the telemetry store once, and what stands there fits together."""

import collections
import os
import random
import shutil
import signal
import socket
import sqlite3
import threading
import time

import raw
import telemetry
from case import Case, Ports, eventually, long

SEEDS = random.Random(os.environ.get("MARTLET_SEED", "7"))


class Sender(threading.Thread):
    """Publishes 0, 1, 2, ... as increments of a station of its own, several at a time; through every kill it comes back with
    its session and repeats what was not answered, as a client does."""

    WINDOW = 24

    def __init__(self, address, name, qos):
        super().__init__(daemon=True, name=name)
        self.address, self.qos = address, qos
        self.topic = f"busroot/v2/kill/signals/{name}"
        self.next = 0
        self.under_way = {}  # packet id: [value, whether PUBREC has come]
        self.times_sent = collections.Counter()
        self.acked = []
        self.stopping = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not (self.stopping.is_set() and not self.under_way):
                try:
                    self.visit()
                except (raw.Closed, OSError):
                    time.sleep(0.005)  # it was killed: another one will come
        except Exception as error:  # told by finish()
            self.failure = error

    def visit(self):
        with raw.Raw(self.address) as client:
            answer = client.connect(self.name, clean=0)
            assert answer["rc"] == 0, answer
            assert answer["session"] == 1 or not self.acked, "the session is gone"
            for packet_id in list(self.under_way):
                self.send(client, packet_id, dup=1)
            while self.under_way or not self.stopping.is_set():
                while len(self.under_way) < self.WINDOW and not self.stopping.is_set():
                    self.next += 1
                    packet_id = self.next % 60_000 + 1
                    self.under_way[packet_id] = [self.next, False]
                    self.send(client, packet_id)
                self.read(client)
            client.leave()

    def send(self, client, packet_id, **fields):
        value, is_received = self.under_way[packet_id]
        if is_received:
            client.send("PUBREL", id=packet_id)
            return
        self.times_sent[value] += 1
        client.publish(self.topic, f'{{"production_complete_good":{value}}}', self.qos, packet_id, **fields)

    def read(self, client):
        name, fields, _ = client.receive()
        packet_id = fields["id"]
        if name == "PUBREC":
            self.under_way[packet_id][1] = True
            client.send("PUBREL", id=packet_id)
        else:
            assert name == ("PUBACK" if self.qos == 1 else "PUBCOMP"), name
            self.acked.append(self.under_way.pop(packet_id)[0])

    def finish(self):
        self.stopping.set()
        self.join(20)
        if self.failure:
            raise self.failure
        assert not self.is_alive(), f"{self.name} still waits for {self.under_way}"


class Killed(telemetry.Telemetry):
    def kill(self):
        self.forget(self.broker)
        self.assertEqual(self.broker.stop(signal.SIGKILL), -signal.SIGKILL, self.broker.log()[-2000:])

    def copied_store(self):
        """As it was left, opened elsewhere: what is looked at must not be mended by looking."""
        shutil.rmtree(self.path("copy"), ignore_errors=True)
        self.path("copy").mkdir()
        for name in ("telemetry.db", "telemetry.db-wal"):
            if self.path(name).exists():
                shutil.copy(self.path(name), self.path("copy"))
        return sqlite3.connect(self.path("copy") / "telemetry.db")

    def check_store(self):
        """Sound, and samples, sums and rollups tell the same. {station: Counter of values}."""
        with self.copied_store() as store:
            self.assertEqual(store.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            found = {}
            for station, key, total in store.execute(
                    "SELECT source.id, series.key, series.total FROM series JOIN source ON source.key = series.source"):
                values = [value for value, in store.execute("SELECT value FROM named_sample WHERE series = ?", (key,))]
                found[station.partition("/")[2]] = collections.Counter(values)
                self.assertEqual(total, sum(values), f"the sum of {station}")
                for width in (1, 15, 60, 1440):
                    rows = store.execute("SELECT sum(count), sum(sum), sum(step) FROM rollup WHERE series = ? AND width = ?",
                                         (key, width)).fetchall()
                    self.assertEqual(rows, [(len(values), sum(values), sum(values))], f"{width} minutes of {station}")
        store.close()
        return found

    def check_sender(self, sender, stored):
        """`stored`: {value: how many rows}."""
        missing = [value for value in sender.acked if not stored[value]]
        self.assertEqual(missing, [], f"{sender.name}: acknowledged and not stored")
        most = {value: 1 if sender.qos == 2 else sender.times_sent[value] for value in stored}
        doubled = {value: rows for value, rows in stored.items() if rows > most[value]}
        self.assertEqual(doubled, {}, f"{sender.name}: stored more often than published")

    def stored_after_stops(self, senders):
        """A stop leaves what telemetry has not taken yet to the journal, and the next start goes on with it."""
        for _ in range(20):
            self.assertEqual(self.broker.stop(), 0)
            self.forget(self.broker)
            stored = self.check_store()
            if all(stored[sender.name][value] for sender in senders for value in sender.acked):
                break
            self.begin()
            time.sleep(0.5)
        return stored

    def check_kills(self, count, shortest, longest, *lines):
        self.start_telemetry("persistence true", *lines)
        senders = [Sender(self.broker.address, f"{qos}-{part}", qos) for qos in (1, 2) for part in "ab"]
        for sender in senders:
            sender.start()
        for _ in range(count):
            time.sleep(SEEDS.uniform(shortest, longest))
            self.kill()
            self.check_store()
            self.begin()
        time.sleep(0.2)
        for sender in senders:
            sender.finish()
        stored = self.stored_after_stops(senders)
        for sender in senders:
            self.assertGreater(len(sender.acked), 50, "too few to say anything")
            self.check_sender(sender, stored[sender.name])

    @long(12)
    def test_killed_at_random_instants(self):
        self.check_kills(8, 0, 0.4)

    @long(8)
    def test_killed_before_anything_is_committed(self):
        """A message waits long for company: most of what was acknowledged is in the journal alone."""
        self.check_kills(5, 0.05, 0.3, "telemetry_commit_interval 10000")

    def test_acknowledged_and_killed_at_once(self):
        """The journal gives it to telemetry at the next start, with the time at which it came."""
        self.start_telemetry("persistence true", "telemetry_commit_interval 10000")
        before = int(time.time() * 1000)
        for value in range(20):
            self.publish("lab/count", value, 1 + value % 2)
        after = int(time.time() * 1000)
        self.kill()
        with self.copied_store() as store:
            self.assertEqual(store.execute("SELECT count(*) FROM sample").fetchall(), [(0,)], "none was committed")
        time.sleep(0.3)
        self.lines = [line for line in self.lines if "interval" not in line]
        self.begin()
        self.wait_values("topic", "lab", {"count": 19})
        found = eventually(lambda: self.all_of("lab", "count", 20), "all 20 samples")
        self.assertEqual(sorted(value for _, value in found), list(range(20)))
        self.assertGreaterEqual(min(when for when, _ in found), before)
        self.assertLessEqual(max(when for when, _ in found), after)

    def all_of(self, source, metric, count):
        found = self.samples("topic", source, metric, bucket="raw")
        return found if len(found) == count else None

    def test_a_clean_stop_stores_what_came(self):
        """Also without persistence, and with QoS 0."""
        self.start_telemetry("persistence false", "telemetry_commit_interval 10000")
        for value in range(1, 31):
            self.publish("busroot/v2/kill/signals/stop", {"production_complete_good": value}, value % 3)
        self.publishers["device"].ping()
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        self.assertEqual(self.check_store(), {"stop": collections.Counter(range(1, 31))})


class NoStore(Case):
    """Who does not ask for telemetry has none of its files."""

    def databases(self):
        return [str(path.relative_to(self.directory)) for path in self.directory.rglob("*.db*") if "telemetry" in path.name]

    def exchange(self, broker, **login):
        with raw.connected(broker.address, "lowi", **login) as client:
            self.assertEqual(client.publish_acked("34945460a1b2/PUB/CH0", '{"PI":503}', retain=1), 0)
            client.leave()

    def open_ports(self, broker):
        mine = {os.readlink(f"/proc/{broker.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{broker.process.pid}/fd")}
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table][1:]
        return [int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in mine]

    def test_off_opens_none(self):
        for line in ("", "telemetry false"):
            broker = self.start("allow_anonymous true", "persistence true", f"persistence_location {self.directory}", line)
            self.exchange(broker)
            self.assertEqual(self.open_ports(broker), [broker.port], "and no other port")
            self.assertEqual(broker.stop(), 0)
            self.forget(broker)
            self.assertEqual(self.databases(), [])

    def test_a_pasted_mosquitto_conf_opens_none(self):
        import mission_home
        for folder in mission_home.FOLDERS:
            self.path(folder).mkdir(parents=True)
        for place in self.directory.rglob("*"):
            place.chmod(0o777)
        self.port = Ports.take()
        self.passwords("etc/mosquitto/passwdcode", lowi="token")
        path = mission_home.PastedConfiguration.pasted(self)
        broker = self.launch(["-c", path], program=self.symlink("mosquitto"), port=self.port,
                             log=self.path("var/log/mosquitto/mosquitto.log"))
        self.brokers.append(broker)
        broker.wait_ready()
        self.exchange(broker, user="lowi", pass_="token")
        self.assertEqual(broker.stop(), 0)
        self.forget(broker)
        self.assertEqual(self.databases(), [])
        said = [line for line in broker.log().splitlines() if "telemetry" in line.lower()]
        self.assertEqual(len(said), 1, said)
        self.assertIn("Telemetry and pages are off. These lines turn them on: `telemetry true`", said[0])

    def test_off_the_api_says_so(self):
        http = Ports.take()
        port = Ports.take()
        self.start(f"listener {port} 127.0.0.1", "allow_anonymous true", f"persistence_location {self.directory}",
                   f"listener {http} 127.0.0.1", "protocol http", port=port)
        api = telemetry.Api(http)
        api.set_up(self.brokers[0].log())
        self.assertIn("uptime", str(api.get("/api/v1/broker")))
        for path in ("/api/v1/sources", "/api/v1/events", "/api/v1/series/1/samples", "/api/v1/outcomes"):
            status, _, body = api.request("GET", path)
            self.assertEqual(status, 503, f"{path}: {body}")
        self.assertEqual(self.databases(), [])

    def test_a_store_that_cannot_be_opened_stops_the_start(self):
        self.write("telemetry.db", "This is somebody's letter, and no database at all." * 100)
        said = self.refuses(f"listener {Ports.take()} 127.0.0.1", "telemetry true", f"persistence_location {self.directory}",
                            code=1)
        self.assertIn("telemetry.db", said)
        self.assertTrue(self.path("telemetry.db").read_text().startswith("This is somebody's letter"))
        with socket.socket() as probe:
            self.assertNotEqual(probe.connect_ex(("127.0.0.1", Ports.next - 1)), 0)
