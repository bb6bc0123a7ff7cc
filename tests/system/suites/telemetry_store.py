"""The telemetry store while the broker runs: people look into it, hold it, take it away; and what comes in meanwhile."""

import os
import signal
import sqlite3
import time

import raw
import telemetry
from case import Ports, eventually, is_sanitized, long

COUNTED = "busroot/v2/acme/signals/PRESS7"
STATION = "acme/PRESS7"


class Store(telemetry.Telemetry):
    def open_store(self, mode="ro"):
        return sqlite3.connect(f"file:{self.path('telemetry.db')}?mode={mode}", uri=True, isolation_level=None)

    def total(self):
        return self.series("station", STATION).get("production_complete_good", {}).get("total")

    def metric(self, name):
        """The sum of its lines."""
        return sum(float(line.split()[-1]) for line in self.api.text("/metrics").splitlines()
                   if line.split("{")[0].split(" ")[0] == name)

    def test_people_may_ask_it_with_their_own_tools(self):
        self.start_telemetry()
        self.publish("34945460a1b2/PUB/CH0", {"PI": 503, "CIH": 5123456})
        self.publish("vehicles/v1/emergency", {"type": "sos", "lat": 59.3, "lon": 18.1})
        self.wait_values("lowi", "34945460a1b2", {"CH0/power_import": 503})
        self.source("vehicle", "v1")
        store = self.open_store()
        rows = store.execute("SELECT source_kind, source_id, value, unit FROM named_sample WHERE metric = ?",
                             ("CH0/power_import",)).fetchall()
        self.assertEqual(rows, [("lowi", "34945460a1b2", 503, "W")])
        [(at, count)] = store.execute("SELECT max(at), count(*) FROM named_sample WHERE source_kind = 'lowi'").fetchall()
        self.assertRegex(at, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertGreater(count, 1)
        self.assertEqual(store.execute("SELECT severity FROM named_event WHERE kind = 'emergency'").fetchall(), [("critical",)])
        self.assertEqual(store.execute("SELECT count(*) FROM named_rollup WHERE metric = 'CH0/power_import'").fetchall(), [(4,)])
        store.close()

    def test_the_files_are_not_for_all(self):
        """Whatever the mask of whoever starts the broker."""
        self.http_port, self.mqtt_port = Ports.take(), Ports.take()
        self.broker = self.start(f"listener {self.mqtt_port} 127.0.0.1", "allow_anonymous true", "telemetry true",
                                 f"persistence_location {self.directory}", port=self.mqtt_port, limits=lambda: os.umask(0))
        self.publishers = {}
        self.publish("a/b", 1)
        files = eventually(lambda: list(self.directory.glob("telemetry.db*")), "the store")
        self.assertEqual({path.name: path.stat().st_mode & 0o007 for path in files}, {path.name: 0 for path in files})

    @long(9)
    def test_held_by_somebody_else(self):
        """Messages are acknowledged, the broker serves, and all is stored in the end, once. With the journal on."""
        self.start_telemetry("persistence true")
        self.publish(COUNTED, {"production_complete_good": 1})
        eventually(lambda: self.total() == 1, "the first one")
        holder = self.open_store("rw")
        holder.execute("BEGIN IMMEDIATE")
        for number in range(1, 101):
            self.publish(COUNTED, {"production_complete_good": number}, 1 + number % 2)
            time.sleep(0.005)  # some are read before the first commit fails, some come after it
        with raw.connected(self.broker.address, "probe") as probe:
            probe.subscribe("x")
            probe.publish("x", "y")
            self.assertEqual(probe.messages(), [("x", "y")])
        self.assertEqual(self.total(), 1, "readers are not held up")
        self.broker.wait_log(r"Telemetry waits and tries again")
        holder.execute("ROLLBACK")
        holder.close()
        eventually(lambda: self.total() == 5051, lambda: f"{self.total()}")
        self.broker.wait_log(r"takes data again")
        values = [value for _, value in self.samples("station", STATION, "production_complete_good", bucket="raw")]
        self.assertEqual(sorted(values), sorted([1, *range(1, 101)]))

    @long(9)
    def test_held_and_then_killed(self):
        self.start_telemetry("persistence true")
        self.publish(COUNTED, {"production_complete_good": 1})
        eventually(lambda: self.total() == 1, "the first one")
        holder = self.open_store("rw")
        holder.execute("BEGIN IMMEDIATE")
        for number in range(1, 101):
            self.publish(COUNTED, {"production_complete_good": number}, 1 + number % 2)
        self.forget(self.broker)
        self.assertEqual(self.broker.stop(signal.SIGKILL), -signal.SIGKILL)
        holder.execute("ROLLBACK")
        holder.close()
        self.begin()
        eventually(lambda: self.total() == 5051, lambda: f"{self.total()}")
        time.sleep(0.3)
        self.assertEqual(self.total(), 5051)

    @long(15)
    def test_what_waits_is_bounded(self):
        """While nothing can be stored, QoS 0 is dropped beyond a bound and counted, and whoever publishes with QoS 1 or 2
        is held. Subscribers, and all who publish nothing, notice nothing. When it can be stored again, all goes on."""
        self.start_telemetry("sys_interval 1")
        self.publish("flood/0", 1)
        self.source("topic", "flood")
        holder = self.open_store("rw")
        holder.execute("BEGIN IMMEDIATE")
        before = self.broker.rss_kb()
        watch = raw.connected(self.broker.address, "watch")
        watch.subscribe("flood/end")
        frame = raw.packet("PUBLISH", topic="flood/1", payload=b'{"a":1,"b":"' + b"x" * 4000 + b'"}', qos=0, retain=0, dup=0)
        flood = raw.connected(self.broker.address, "flood")
        for _ in range(100):
            flood.send_bytes(frame * 250)  # 100 MB in all
        flood.publish("flood/end", "1")
        self.assertEqual(watch.wait_for("PUBLISH")["payload"], b"1")
        if not is_sanitized():
            self.assertLess(self.broker.rss_kb() - before, 100_000, "kB")
        flood.ping()
        flood.publish("flood/held", "1", 1, 1)
        watch.ping()
        holder.execute("ROLLBACK")
        holder.close()
        flood.expect("PUBACK")
        self.wait_values("topic", "flood", {"held": 1})
        read = self.metric("martlet_telemetry_messages_total")
        self.assertGreater(read, 3_000, "a bound of some megabytes, not of none")
        eventually(lambda: self.metric("martlet_dropped_messages_total") == 25_003 - read,
                   lambda: f"{read} read, {self.metric('martlet_dropped_messages_total')} dropped")
        eventually(lambda: self.metric("martlet_telemetry_waiting_bytes") == 0, "all of it is stored")
        flood.close()
        watch.close()

    def test_two_brokers_and_one_store(self):
        """The second one is told so, and the first goes on."""
        self.start_telemetry()
        self.publish("a/b", 1)
        self.wait_values("topic", "a", {"b": 1})
        said = self.refuses(f"listener {Ports.take()} 127.0.0.1", "telemetry true", f"persistence_location {self.directory}",
                            code=1)
        self.assertIn("telemetry.db", said)
        self.publish("a/b", 2)
        self.wait_values("topic", "a", {"b": 2})

    def test_a_store_of_another_program(self):
        other = sqlite3.connect(self.path("telemetry.db"))
        other.execute("CREATE TABLE letters (text)")
        other.execute("INSERT INTO letters VALUES ('dear')")
        other.commit()
        other.close()
        said = self.refuses(f"listener {Ports.take()} 127.0.0.1", "telemetry true", f"persistence_location {self.directory}",
                            code=1)
        self.assertIn("another program", said)
        other = sqlite3.connect(self.path("telemetry.db"))
        self.assertEqual(other.execute("SELECT name FROM sqlite_master").fetchall(), [("letters",)])
        other.close()

    def test_a_damaged_store(self):
        """It starts and tells, or does not start and tells; it never dies of it, and no page is written over another."""
        self.start_telemetry()
        for number in range(300):
            self.publish(f"lab/{number}/value", {"a": number, "text": "x" * 200}, 0)
        self.publish("lab/end/value", 1)
        self.wait_values("topic", "lab/end", {"value": 1})
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        path = self.path("telemetry.db")
        data = bytearray(path.read_bytes())
        self.assertGreater(len(data), 8 * 8192)
        for page in range(2, len(data) // 8192):
            data[page * 8192:page * 8192 + 2000] = b"\xa5" * 2000
        path.write_bytes(data)
        broker = self.launch(["-c", self.path("martlet.conf")], port=self.mqtt_port)
        def is_settled():
            return " running" in broker.log() or broker.process.poll() is not None
        eventually(is_settled, "the start or its end")
        if broker.process.poll() is not None:
            self.assertEqual(broker.process.returncode, 1, broker.output()[-2000:])
            self.assertIn("telemetry.db", broker.output())
            return
        with raw.connected(broker.address, "probe") as probe:
            for number in range(20):
                probe.publish_acked(f"lab/{number}/value", "1", number + 1)
        self.assertEqual(broker.stop(), 0, broker.log()[-2000:])

    def test_a_reload_changes_nothing_of_it(self):
        self.start_telemetry()
        self.publish("a/b", 1)
        self.wait_values("topic", "a", {"b": 1})
        self.broker.reload()
        self.publish("a/b", 2)
        self.wait_values("topic", "a", {"b": 2})
        self.assertEqual(self.api.get("/api/v1/me")["role"], "admin")

    def test_retained_messages_are_not_read_again(self):
        """At a start they are what was, not news."""
        self.start_telemetry("persistence true")
        self.publish(COUNTED, {"production_complete_good": 7}, retain=1)
        eventually(lambda: self.total() == 7, "seven")
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.forget(self.broker)
            self.assertEqual(self.broker.stop(number), 0 if number == signal.SIGTERM else -number)
            self.begin()
            with raw.connected(self.broker.address, "watch") as watch:
                watch.subscribe("#")
                self.assertEqual(len(watch.messages()), 1)
        self.publish("a/b", 1)
        self.wait_values("topic", "a", {"b": 1})
        self.assertEqual(self.total(), 7)

    def test_wills_are_messages_too(self):
        self.start_telemetry()
        client = raw.connected(self.broker.address, "c", will="lab/room/state", will__payload="0", will__qos=1)
        client.publish_acked("lab/room/state", "1")
        self.wait_values("topic", "lab/room", {"state": 1})
        client.close()
        self.wait_values("topic", "lab/room", {"state": 0})

    def test_what_the_api_publishes_is_read_as_well(self):
        self.start_telemetry()
        for qos in (0, 1, 2):
            self.api.post("/api/v1/publish", {"topic": COUNTED, "payload": '{"production_complete_good":2}', "qos": qos})
        self.source("station", STATION)
        eventually(lambda: self.total() == 6, lambda: f"{self.total()}")
