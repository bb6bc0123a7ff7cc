"""`martlet demo` beside a broker: each of the five groups' devices is there over the API, and gone after one command."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import case
import telemetry
from case import Ports, eventually

README = Path(__file__).resolve().parents[3] / "README.md"
SOURCES = {"meshtastic": 40, "lowi": 1, "station": 8, "vehicle": 22, "topic": 24}


def shows_something(text):
    """A row of JSON's first list, or a line behind the title of what is no JSON."""
    if not text.startswith("{"):
        return text.count("\n") > 1
    return any(isinstance(value, list) and value for value in json.loads(text).values())


class DemoBeside(telemetry.Telemetry):
    def demo(self, *arguments, code=0):
        done = self.run_martlet("demo", "--port", self.mqtt_port, *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def counts(self):
        rows = self.api.get("/api/v1/sources", limit=1000)["sources"]
        return {kind: sum(row["kind"] == kind for row in rows) for kind in {row["kind"] for row in rows}}


class Demo(DemoBeside):
    def setUp(self):
        super().setUp()
        self.start_telemetry()

    def remove(self):
        return self.demo("--remove", "--api", f"http://127.0.0.1:{self.http_port}", "--token", self.api.token)

    def test_all_groups_are_seen_and_removed(self):
        self.publish("lab/room1/temperature", "21.5", retain=1)
        self.publish("vehicles/own/status", "online", retain=1)
        said = self.demo("--seconds", "3", "--speed", "60")
        self.assertIn("plays 60 devices", said)
        eventually(lambda: self.counts() == {**SOURCES, "vehicle": 23, "topic": 25}, lambda: f"{self.counts()}")
        self.assertEqual(self.outcomes(trouble="true"), [])
        self.assertEqual(len(self.api.get("/api/v1/stations")["stations"]), 8)
        self.assertEqual(len(self.events(kind="emergency")), 1)
        places = self.api.get("/api/v1/positions", kind="meshtastic", limit=100)["features"]
        self.assertEqual(len(places), 40)
        self.assertEqual(self.source("meshtastic", "!de30000b")["name"], "Örjan 🦌")
        self.wait_values("vehicle", "demo-01", {"online": 0})

        said = self.remove()
        self.assertIn("95 sources of the demo removed", said)
        self.assertEqual(self.counts(), {"topic": 1, "vehicle": 1}, "what is not the demo's stays")
        retained = self.api.get("/api/v1/retained", filter="#")["messages"]
        self.assertEqual([row["topic"] for row in retained], ["lab/room1/temperature", "vehicles/own/status"])
        self.assertIn("0 retained messages of the demo cleared.\n0 sources of the demo removed.", self.remove())

    def test_a_year_is_replayed_with_its_times(self):
        self.demo("--replay-year")
        name = "demo/house/year"
        rows = self.series("topic", name)
        self.assertEqual(rows["solar_power"]["unit"], "W")

        def months():
            begin = int(time.time() * 1000) - 366 * 24 * 3600 * 1000
            points = self.samples("topic", name, "solar_power", bucket="month", aggregate="max,count", **{"from": begin})
            return points if sum(count for *_, count in points) >= 35_040 else None
        points = eventually(months, "a year of quarters in the store", 20)
        self.assertEqual(sum(count for *_, count in points), 35_040)
        self.assertIn(len(points), (12, 13))

    def test_one_group_alone(self):
        self.demo("--only", "class", "--seconds", "0.5", "--speed", "30", "--quiet")
        eventually(lambda: self.counts() == {"topic": 24}, lambda: f"{self.counts()}")

    def begin_demo(self, *arguments):
        demo = subprocess.Popen([str(case.MARTLET), "demo", "--port", str(self.mqtt_port), *arguments], stdout=subprocess.PIPE,
                                text=True)
        self.addCleanup(demo.stdout.close)
        self.addCleanup(case.end_if_alive, demo)
        self.assertIn("plays", demo.stdout.readline())
        return demo

    def retained(self, topic):
        rows = self.api.get("/api/v1/retained", filter=topic)["messages"]
        return rows[0]["text"] if rows else None

    def test_it_is_marked_and_says_goodbye(self):
        demo = self.begin_demo("--only", "fleet")
        eventually(lambda: self.retained("vehicles/demo-07/status") == "online", "the greeting")
        demo.send_signal(signal.SIGTERM)
        self.assertIn("messages published", demo.stdout.read())
        self.assertEqual(demo.wait(case.WAIT), 0)
        self.assertEqual(self.retained("vehicles/demo-07/status"), "offline")
        self.assertIn("martlet-demo-vehicle-07", self.broker.log())
        self.assertNotIn("closed its connection", self.broker.log())

    def test_killed_its_wills_speak(self):
        demo = self.begin_demo("--only", "fleet")
        eventually(lambda: self.retained("vehicles/demo-20/status") == "online", "the greeting")
        demo.kill()
        for number in (1, 7, 20):
            eventually(lambda n=number: self.retained(f"vehicles/demo-{n:02}/status") == "offline", "the will")

    def test_a_demo_that_plays_on_cannot_be_removed(self):
        demo = self.begin_demo("--only", "class")
        done = self.run_martlet("demo", "--port", self.mqtt_port, "--remove", "--api", f"http://127.0.0.1:{self.http_port}",
                                "--token", self.api.token)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stderr, "still plays .martlet-demo-.* is connected.: end it first")
        demo.send_signal(signal.SIGTERM)
        self.assertEqual(demo.wait(case.WAIT), 0)
        self.remove()
        self.assertEqual(self.counts(), {})

    def test_a_broker_that_restarts_gets_its_devices_back(self):
        demo = self.begin_demo("--only", "class,house", "--speed", "20")
        eventually(lambda: self.counts().get("topic") == 24, "the class")
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        before = time.time() * 1000
        self.begin()
        eventually(lambda: any(row["last_seen"] > before for row in self.sources("lowi")), "the house again", 20)
        self.assertIsNone(demo.poll())


class Readme(DemoBeside):
    """What the README tells a newcomer to type, word by word."""

    def setUp(self):
        super().setUp()
        self.http_port, self.mqtt_port = Ports.take(), Ports.take()
        self.lines = ("telemetry true", f"listener {self.http_port} 127.0.0.1", "protocol http")
        self.begin()

    def type(self, text):
        done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=case.WAIT, check=False)
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_every_question_shows_something(self):
        self.demo("--seconds", "3", "--speed", "60")
        text = README.read_text()
        command, ask = re.search(r"^token=\$\(build/release/martlet (token .*)\)\n(ask\(\) .*)$", text, re.M).groups()
        self.api = telemetry.Api(self.http_port)
        self.api.token = self.run_martlet(*command.split(), "--data", self.directory).stdout.strip()
        eventually(lambda: self.counts() == SOURCES, lambda: f"{self.counts()}")

        known = f"api={self.api.base}/api/v1 token={self.api.token}\n{ask}"
        questions = re.findall(r"^\| `((?:ask|curl) .*?)` \| ", text, re.M)
        self.assertEqual(len(questions), 10)
        for question in questions:
            said = self.type(f"{known}\n{question}")
            self.assertTrue(shows_something(said), f"{question}\n{said[:500]}")
