"""The same with PostgreSQL as the store: a real server, which is killed as well as the broker."""

import collections
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import telemetry
from case import eventually, long
from telemetry_kill import Sender

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]


class Server:
    """A PostgreSQL in a folder of its own, on a socket there; as somebody else than root, as it wants."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="martlet-postgres-"))
        self.process = None
        self.owner = {}
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self.log = open(self.folder / "log", "wb")
        self.run("initdb", "-D", self.folder / "data", "-U", "martlet", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()

    def run(self, program, *arguments):
        subprocess.run([PROGRAMS[0] / program, *arguments], check=True, stdout=self.log, stderr=self.log, cwd="/", timeout=40,
                       **self.owner)

    def start(self):
        self.process = subprocess.Popen([PROGRAMS[0] / "postgres", "-D", self.folder / "data", "-k", self.folder,
                                         "-c", "listen_addresses="], stdout=self.log, stderr=self.log, cwd="/", **self.owner)
        eventually(lambda: "ready" in (self.folder / "data/postmaster.pid").read_text()
                   if (self.folder / "data/postmaster.pid").exists() else False, "PostgreSQL's start", 30)

    def kill(self):
        """Nobody says goodbye: it recovers at its next start."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def end(self):
        if self.process and self.process.poll() is None:
            self.kill()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self):
        return f"postgresql:///postgres?host={self.folder}&user=martlet"

    def rows(self, sql):
        done = subprocess.run(["psql", "-XAt", "-F", "|", "-h", self.folder, "-U", "martlet", "-d", "postgres", "-c",
                               f"SET search_path = martlet; {sql}"], capture_output=True, text=True, timeout=20, check=False)
        if done.returncode:
            raise AssertionError(done.stderr)
        return [line.split("|") for line in done.stdout.splitlines()[1:]]


class Postgres(telemetry.Telemetry):
    def setUp(self):
        super().setUp()
        if not PROGRAMS or not shutil.which("psql"):
            self.skipTest("PostgreSQL is not installed")
        self.server = Server()
        self.addCleanup(self.server.end)

    def start_stored(self, *lines):
        self.start_telemetry(f"telemetry_store {self.server.url}", *lines)

    def stored(self):
        """{station: Counter of values}; sums and rollups must tell the same."""
        found = collections.defaultdict(collections.Counter)
        for station, value, rows in self.server.rows(
                "SELECT id, integer_value, count(*) FROM sample JOIN series ON series.key = sample.series "
                "JOIN source ON source.key = series.source GROUP BY 1, 2"):
            found[station.partition("/")[2]][int(value)] = int(rows)
        totals = {row[0].partition("/")[2]: float(row[1]) for row in self.server.rows(
            "SELECT id, total FROM series JOIN source ON source.key = series.source")}
        sums = {station: sum(value * rows for value, rows in values.items()) for station, values in found.items()}
        self.assertEqual(totals, sums)
        for row in self.server.rows("SELECT width, source_id, sum(count), sum(step) FROM named_rollup GROUP BY 1, 2"):
            station = row[1].partition("/")[2]
            self.assertEqual((int(row[2]), float(row[3])), (found[station].total(), sums[station]), row)
        return found

    @long(8)
    def test_what_is_measured_is_there(self):
        self.start_stored()
        for count, rejects in ((12.4, 0), (15.4, 1), (2, 0)):
            self.publish("busroot/v2/acme/signals/PRESS7", {"production_count_good": count, "production_complete_bad": rejects})
        self.publish("vehicles/v1/emergency", {"type": "sos", "lat": 59.3, "lon": 18.1})
        self.publish("lab/room", {"temperature": 21.5, "name": "ö"})
        self.wait_values("station", "acme/PRESS7", {"production_count_good": 2})
        self.wait_values("topic", "lab/room", {"temperature": 21.5})
        total = self.api.get(f"{telemetry.source_path('station', 'acme/PRESS7')}/station")["total"]
        self.assertEqual((total["good"], total["bad"]), (5, 1))
        [event] = eventually(lambda: self.events(kind="emergency"), "the emergency")
        self.api.post(f"/api/v1/events/{event['key']}/acknowledge")
        self.assertEqual(self.events(kind="emergency", unacknowledged="true"), [])
        self.assertEqual([value for _, value in self.samples("station", "acme/PRESS7", "production_count_good", bucket="raw")],
                         [12.4, 15.4, 2])
        [point] = self.samples("topic", "lab/room", "temperature", bucket="day", aggregate="min,max,count")
        self.assertEqual(point[1:], [21.5, 21.5, 1])
        [feature] = self.api.get("/api/v1/positions")["features"]
        self.assertEqual(feature["geometry"]["coordinates"], [18.1, 59.3])
        self.assertFalse(list(self.directory.glob("telemetry.db*")))

    def test_the_password_in_its_address_is_not_shown(self):
        self.start_telemetry(f"telemetry_store {self.server.url}&password=s3cret")
        self.assertNotIn("s3cret", self.api.text("/api/v1/config"))
        self.assertNotIn("s3cret", self.broker.log())

    @long(20)
    def test_both_are_killed(self):
        self.start_stored("persistence true")
        senders = [Sender(self.broker.address, f"q{qos}", qos) for qos in (1, 2)]
        for sender in senders:
            sender.start()
        for number in range(6):
            time.sleep(0.3 + number / 20)
            if number % 2:
                self.server.kill()
                time.sleep(0.2)
                self.server.start()
            else:
                self.forget(self.broker)
                self.assertEqual(self.broker.stop(signal.SIGKILL), -signal.SIGKILL)
                self.begin()
        time.sleep(0.2)
        for sender in senders:
            sender.finish()
        eventually(lambda: self.is_drained(), "all of it is stored", 20)
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        stored = self.stored()
        for sender in senders:
            rows = stored[sender.name]
            self.assertGreater(len(sender.acked), 50)
            self.assertEqual([value for value in sender.acked if not rows[value]], [], f"{sender.name}: missing")
            most = {value: 1 if sender.qos == 2 else sender.times_sent[value] for value in rows}
            self.assertEqual({value: count for value, count in rows.items() if count > most[value]}, {}, "doubled")

    def is_drained(self):
        lines = self.api.text("/metrics").splitlines()
        return "martlet_telemetry_waiting_bytes 0" in lines
