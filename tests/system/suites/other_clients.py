"""Clients that others wrote: mosquitto's tools, paho in Python and C, MQTT.js. Those that this machine lacks are skipped."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import case
import raw
from case import Case, eventually, long
from paho_client import Client

HERE = Path(__file__).resolve().parents[1]
BUILD = HERE.parents[1] / "build" / "system"


def need(test, *programs):
    for program in programs:
        if not shutil.which(program):
            test.skipTest(f"{program} is not installed")


class MosquittoTools(Case):
    def setUp(self):
        super().setUp()
        need(self, "mosquitto_pub", "mosquitto_sub")
        self.readers = 0

    def sub(self, broker, *words, count=1):
        """A running mosquitto_sub that has its SUBACK."""
        self.readers += 1
        words = words if "-i" in words else (*words, "-i", f"reader{self.readers}")
        done = f"Sending SUBACK to {words[words.index('-i') + 1]}$"
        before = len(re.findall(done, broker.log(), re.M))
        process = subprocess.Popen(["mosquitto_sub", "-p", str(broker.port), "-W", "10", "-C", str(count), *words],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(case.end_if_alive, process)
        broker.wait_log(done, before + 1)
        return process

    def pub(self, broker, *words, input=None):
        done = subprocess.run(["mosquitto_pub", "-p", str(broker.port), *words], input=input, capture_output=True, text=True,
                              timeout=case.WAIT, check=False)
        return done.returncode, done.stderr

    def said(self, process):
        out, err = process.communicate(timeout=case.WAIT)
        self.assertEqual(process.returncode, 0, err)
        return out

    def test_every_version_and_qos(self):
        broker = self.start("allow_anonymous true", "log_type all")
        for version in ("31", "311", "5"):
            reader = self.sub(broker, "-V", version, "-t", "a/#", "-q", "2", "-v", count=3)
            for qos in ("0", "1", "2"):
                self.assertEqual(self.pub(broker, "-V", version, "-t", f"a/{qos}", "-q", qos, "-m", f"v{version}"), (0, ""))
            self.assertEqual(sorted(self.said(reader).splitlines()), [f"a/{qos} v{version}" for qos in "012"])

    def test_lines_files_and_retained(self):
        broker = self.start("allow_anonymous true", "log_type all")
        text = "".join(f"line {i}\n" for i in range(50))
        reader = self.sub(broker, "-t", "l", "-q", "1", count=50)
        self.assertEqual(self.pub(broker, "-t", "l", "-l", "-q", "1", input=text), (0, ""))
        self.assertEqual(self.said(reader), text)
        path = self.write("payload", "x" * 100_000)
        self.assertEqual(self.pub(broker, "-t", "f", "-f", str(path), "-r"), (0, ""))
        self.assertEqual(self.said(self.sub(broker, "-t", "f", "-N")), "x" * 100_000)
        self.assertEqual(self.pub(broker, "-t", "f", "-n", "-r"), (0, ""))
        with raw.connected(broker.address, "c") as client:
            client.subscribe("f")
            self.assertEqual(client.messages(), [])

    def test_exit_code_when_refused(self):
        broker = self.start("allow_anonymous false", f"password_file {self.passwords(u='p')}")
        self.assertEqual(self.pub(broker, "-t", "t", "-m", "m")[0], 5)
        self.assertEqual(self.pub(broker, "-V", "5", "-t", "t", "-m", "m")[0], 135)
        self.assertEqual(self.pub(broker, "-u", "u", "-P", "wrong", "-t", "t", "-m", "m")[0], 5)
        self.assertEqual(self.pub(broker, "-u", "u", "-P", "p", "-t", "t", "-m", "m", "-q", "2"), (0, ""))

    def test_properties(self):
        broker = self.start("allow_anonymous true", "log_type all")
        reader = self.sub(broker, "-V", "5", "-t", "p", "-F", "%t|%p|%C|%R|%D|%P|%q")
        done = self.pub(broker, "-V", "5", "-t", "p", "-m", "hi", "-q", "1", "-D", "publish", "content-type", "text/x",
                        "-D", "publish", "response-topic", "r/t", "-D", "publish", "correlation-data", "42",
                        "-D", "publish", "user-property", "k", "v")
        self.assertEqual(done, (0, ""))
        self.assertEqual(self.said(reader), "p|hi|text/x|r/t|42|k:v|0\n")

    def test_a_will_of_a_killed_tool(self):
        broker = self.start("allow_anonymous true", "log_type all")
        watch = raw.connected(broker.address, "watch")
        watch.subscribe("w")
        reader = self.sub(broker, "-t", "x", "--will-topic", "w", "--will-payload", "gone")
        reader.kill()
        self.assertEqual(watch.expect("PUBLISH")["payload"], b"gone")

    def test_session_of_a_durable_subscriber(self):
        broker = self.start("allow_anonymous true", "log_type all")
        words = ("-t", "d", "-q", "1", "-c", "-i", "durable")
        reader = self.sub(broker, *words)
        self.assertEqual(self.pub(broker, "-t", "d", "-m", "live", "-q", "1")[0], 0)
        self.assertEqual(self.said(reader), "live\n")
        broker.wait_log(r"Client durable \[.*\] disconnected\.")
        for i in range(3):
            self.assertEqual(self.pub(broker, "-t", "d", "-m", f"queued {i}", "-q", "1")[0], 0)
        self.assertEqual(self.said(self.sub(broker, *words, count=3)), "queued 0\nqueued 1\nqueued 2\n")


class PahoPython(Case):
    def test_every_version_pair_and_qos(self):
        broker = self.start("allow_anonymous true")
        readers = {version: Client(self, broker.port, f"r{version}", version=version) for version in (3, 4, 5)}
        for reader in readers.values():
            self.assertEqual(reader.subscribe("t/#", 2), [2])
        wanted = []
        for version in (3, 4, 5):
            sender = Client(self, broker.port, f"s{version}", version=version)
            for qos in range(3):
                wanted.append((f"t/{version}/{qos}", f"from {version}"))
                sender.publish(*wanted[-1], qos=qos)
        for reader in readers.values():
            reader.wait(lambda: len(reader.messages) == 9, "nine messages")
            self.assertEqual(sorted(reader.messages), sorted(wanted))
            self.assertEqual(sorted(packet.qos for packet in reader.packets), [0, 0, 0, 1, 1, 1, 2, 2, 2])

    def test_a_durable_session_over_a_broken_connection(self):
        broker = self.start("allow_anonymous true")
        reader = Client(self, broker.port, "durable", clean=False)
        reader.subscribe("t", 2)
        raw.connected(broker.address, "durable", clean=0).close()  # takes over; paho comes back by itself
        sender = Client(self, broker.port, "sender")
        for i in range(20):
            sender.publish("t", str(i), 1 + i % 2)
        reader.wait(lambda: len(reader.messages) >= 20, "all messages")
        self.assertEqual(sorted(reader.messages, key=lambda one: int(one[1])), [("t", str(i)) for i in range(20)])

    def test_large_payloads(self):
        broker = self.start("allow_anonymous true", "max_packet_size 20000000")
        reader = Client(self, broker.port, "reader", version=5)
        reader.subscribe("big", 1)
        sender = Client(self, broker.port, "sender", version=5)
        for size in (0, 1, 127, 128, 16_383, 16_384, 65_535, 65_536, 2_097_152, 10_000_000):
            sender.publish("big", b"x" * size)
            reader.wait(lambda: reader.messages and len(reader.messages[-1][1]) == size, f"{size} bytes")

    @long(3)
    def test_a_paho_client_pings_and_one_without_keepalive_does_not(self):
        broker = self.start("allow_anonymous true", "log_type all")
        Client(self, broker.port, "pings", keepalive=1)
        silent = Client(self, broker.port, "silent", keepalive=0)
        silent.subscribe("t")
        broker.wait_log("Received PINGREQ from pings", 2)
        Client(self, broker.port, "sender").publish("t", "x")
        silent.expect(("t", "x"))
        self.assertNotIn("Received PINGREQ from silent", broker.log())


class PahoC(Case):
    def build(self):
        need(self, "cc")
        program = self.path("paho_c")
        done = subprocess.run(["cc", "-Wall", "-o", program, HERE / "paho_c/client.c", "-lpaho-mqtt3c"], capture_output=True,
                              text=True, check=False)
        if "MQTTClient.h" in done.stderr or "cannot find -lpaho" in done.stderr:
            self.skipTest("libpaho-mqtt-dev is not installed")
        self.assertEqual(done.returncode, 0, done.stderr)
        return program

    def run_client(self, program, broker, version, user="", password=""):
        done = subprocess.run([program, str(broker.port), str(version), user, password], capture_output=True, text=True,
                              timeout=40, check=False)
        return done.returncode, done.stdout

    @long(8)
    def test_every_version(self):
        program = self.build()
        broker = self.start("allow_anonymous true")
        wanted = "connected\n" + "".join(f"c/t message {i}\n" for i in range(30)) + "done\n"
        for version in (3, 4, 5):
            self.assertEqual(self.run_client(program, broker, version), (0, wanted), f"version {version}")

    @long(8)
    def test_user_and_password(self):
        program = self.build()
        broker = self.start(f"password_file {self.passwords(alice='a')}")
        for version, refused in ((3, 5), (4, 5), (5, 0x87)):
            self.assertEqual(self.run_client(program, broker, version, "alice", "a")[0], 0)
            self.assertEqual(self.run_client(program, broker, version, "alice", "b")[0], refused)
            self.assertEqual(self.run_client(program, broker, version)[0], refused)


class NodeCase(Case):
    def install(self):
        """The folder with node_modules: made once, shared by all tests."""
        need(self, "node", "npm")
        folder = BUILD / "mqttjs"
        folder.mkdir(parents=True, exist_ok=True)
        with open(BUILD / "mqttjs.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            wanted = (HERE / "mqttjs/package-lock.json").read_text()
            done = folder / "installed"
            if not done.exists() or done.read_text() != wanted:
                for name in ("package.json", "package-lock.json"):
                    shutil.copy(HERE / "mqttjs" / name, folder / name)
                npm = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, timeout=50,
                                     capture_output=True, text=True, check=False)
                if npm.returncode:
                    self.skipTest("npm could not fetch MQTT.js: " + npm.stderr.strip().rpartition("\n")[2])
                done.write_text(wanted)
        return folder

    def run_node(self, broker, scenario, url=None):
        """What it told, line by line."""
        folder = self.install()
        script = folder / f"client.{os.getpid()}.mjs"
        shutil.copy(HERE / "mqttjs/client.mjs", script)
        try:
            done = subprocess.run(["node", script, url or f"mqtt://127.0.0.1:{broker.port}", scenario], capture_output=True, text=True, timeout=30,
                                  check=False)
        finally:
            script.unlink()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]


class MqttJs(NodeCase):
    def test_versions(self):
        broker = self.start("allow_anonymous true")
        for told in self.run_node(broker, "versions"):
            self.assertEqual(told["granted"], [2])
            self.assertEqual(told["got"], [[f"js/{qos}", f"version {told['version']}", qos] for qos in range(3)])

    def test_properties(self):
        broker = self.start("allow_anonymous true")
        told = self.run_node(broker, "properties")
        for i, one in enumerate(told):
            self.assertEqual(one, {"topic": "js/p", "payload": f"hälsning {i}", "response": "js/answer",
                                   "correlation": [0, 255],
                                   "type": "text/plain", "user": {"key": ["one", "two"]}, "subscription": 7})
        self.assertEqual(len(told), 3)

    def test_M3_17_mqtt_explorers_library_draws_the_tree(self):
        broker = self.start("allow_anonymous true", "sys_interval 1")
        seen, = self.run_node(broker, "explorer")
        self.assertEqual(seen["house/CH0"], ["1", True])
        self.assertEqual(seen["house/CH1"], ["1", True])
        self.assertEqual(seen["house/CH2"], ["live", False])
        for name in ("version", "clients/total", "subscriptions/count", "messages/received", "heap/current"):
            self.assertIn(f"$SYS/broker/{name}", seen)

    def test_session(self):
        broker = self.start("allow_anonymous true")
        told, = self.run_node(broker, "session")
        self.assertEqual(told, {"present": True, "got": [str(i) for i in range(5)]})

    def test_takeover_and_will(self):
        broker = self.start("allow_anonymous true")
        told, = self.run_node(broker, "takeover")
        self.assertEqual(told, {"reason": 0x8E, "will": "gone"})

    def test_refused(self):
        broker = self.start(f"password_file {self.passwords(alice='a')}")
        told, = self.run_node(broker, "refused")
        self.assertEqual(told, {"code": 5})


class NeverPings(Case):
    @long(4)
    def test_keepalive_0_outlives_those_who_should_have_pinged(self):
        broker = self.start("allow_anonymous true", "connect_timeout 1")
        quiet = [raw.connected(broker.address, f"quiet{level}", level, keepalive=0) for level in (3, 4, 5)]
        for one in quiet:
            one.subscribe("t")
        late = [raw.connected(broker.address, f"late{i}", keepalive=1) for i in range(3)]
        for one in late:
            self.assertTrue(raw.ends_within(one, 8))
        with raw.connected(broker.address, "sender") as sender:
            sender.publish_acked("t", "x")
        for one in quiet:
            self.assertEqual(one.messages(), [("t", "x")])
        eventually(lambda: broker.log().count("exceeded timeout") == 3)
