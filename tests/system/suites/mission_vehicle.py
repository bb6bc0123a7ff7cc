"""The makers of automotive telemetry: paho on a Raspberry Pi, the two demo scripts, requests and responses (mission M2)."""

import json
import subprocess
import sys

import case
import raw
from case import Case, Ports, eventually
from paho.mqtt.packettypes import PacketTypes
from paho_client import Client, properties

DEMO = __file__.rsplit("/", 2)[0] + "/demo/"

# The document's words, character for character (Q2.1).
EXPECTED = """\
RakTest/test Hello
Received message #1, do something
RakTest/topic World!
Received message #2, do something else
"""


class Vehicle(Case):
    def start_demo(self, port):
        out = open(self.path("terminal1"), "w", encoding="utf-8")
        self.addCleanup(out.close)
        process = subprocess.Popen([sys.executable, "-u", DEMO + "mqtt_client_demo.py", "127.0.0.1", str(port)], stdout=out,
                                   stderr=subprocess.STDOUT)
        self.addCleanup(case.end_if_alive, process)

    def terminal1(self):
        return self.path("terminal1").read_text(encoding="utf-8")

    def run_publisher(self, port):
        done = subprocess.run([sys.executable, DEMO + "mqtt_publish_demo.py", "127.0.0.1", str(port)], capture_output=True,
                              text=True, timeout=case.WAIT, check=True)
        return done.stdout

    def run_both(self, broker):
        """What terminal 1 shows of the messages; the publisher starts once both topics are granted."""
        self.start_demo(broker.port)
        broker.wait_log(r"Sending SUBACK to ", 2)
        self.assertLess(len(self.run_publisher(broker.port)), 40, "terminal 2 shows almost nothing")
        eventually(lambda: self.terminal1().count("\n") >= 5, f"five lines in {self.terminal1()!r}")
        return self.terminal1()

    def test_M2_02_one_publish_reaches_every_subscriber(self):
        broker = self.start("allow_anonymous true")
        dashboards = [Client(self, broker.port, f"dashboard{i}", version=3 + i % 3) for i in range(9)]
        for i, dashboard in enumerate(dashboards):
            dashboard.subscribe("car/7/speed" if i % 2 else "car/#", i % 3)
        Client(self, broker.port, "car7").publish("car/7/speed", "88", 2)
        for dashboard in dashboards:
            dashboard.expect(("car/7/speed", "88"))

    def test_M2_10_remote_procedure_call_with_response_topic(self):
        broker = self.start("allow_anonymous true")
        vehicle = Client(self, broker.port, "vehicle", version=5)
        vehicle.subscribe("vehicle/1/rpc/+", 1)
        caller = Client(self, broker.port, "caller", version=5)
        caller.subscribe("caller/answers", 1)
        asked = properties(PacketTypes.PUBLISH, ResponseTopic="caller/answers", CorrelationData=b"\x00call-1\xff",
                           UserProperty=[("unit", "km"), ("unit", "h")])
        caller.publish("vehicle/1/rpc/lock", '{"doors":4}', 1, properties=asked)
        vehicle.expect(("vehicle/1/rpc/lock", '{"doors":4}'))
        got = vehicle.packets[0].properties
        self.assertEqual(got.UserProperty, [("unit", "km"), ("unit", "h")])
        vehicle.publish(got.ResponseTopic, "locked", 1,
                        properties=properties(PacketTypes.PUBLISH, CorrelationData=got.CorrelationData))
        caller.expect(("caller/answers", "locked"))
        self.assertEqual(caller.packets[0].properties.CorrelationData, b"\x00call-1\xff")

    def test_M2_10_remote_procedure_call_with_a_pair_of_topics(self):
        broker = self.start("allow_anonymous true")
        vehicle, caller = Client(self, broker.port, "vehicle"), Client(self, broker.port, "caller", version=3)
        vehicle.subscribe("vehicle/1/request/+", 1)
        caller.subscribe("vehicle/1/response/+", 1)
        for number in range(3):
            caller.publish(f"vehicle/1/request/{number}", json.dumps({"method": "odometer"}), 1)
            vehicle.wait(lambda: len(vehicle.messages) == number + 1, "the request")
            vehicle.publish(f"vehicle/1/response/{number}", str(1000 + number), 1)
        caller.expect(*[(f"vehicle/1/response/{i}", str(1000 + i)) for i in range(3)])

    def test_M2_10_mosquitto_rr(self):
        broker = self.start("allow_anonymous true")
        vehicle = Client(self, broker.port, "vehicle", version=5)
        vehicle.subscribe("vehicle/1/rpc", 1)
        asked = subprocess.Popen(["mosquitto_rr", "-p", str(broker.port), "-t", "vehicle/1/rpc", "-e", "answers/1", "-m", "rpm",
                                  "-W", "10"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(case.end_if_alive, asked)
        vehicle.expect(("vehicle/1/rpc", "rpm"))
        vehicle.publish(vehicle.packets[0].properties.ResponseTopic, "2400")
        self.assertEqual(asked.communicate(timeout=case.WAIT)[0], "2400\n")
        self.assertEqual(asked.returncode, 0)

    def test_M2_12_connected_with_result_code_0(self):
        broker = self.start("allow_anonymous true")
        self.start_demo(broker.port)
        eventually(lambda: self.terminal1().endswith("\n"), "a line on terminal 1")
        self.assertEqual(self.terminal1(), "Connected with result code 0\n")

    def test_M2_13_two_topics_are_granted_one_subscribe_each(self):
        broker = self.start("allow_anonymous true", "log_type all")
        self.start_demo(broker.port)
        broker.wait_log(r"Sending SUBACK to ", 2)
        steps = [line for line in broker.log().splitlines() if "CONNACK" in line or "RakTest/" in line or "SUBACK" in line]
        shown = [next((word for word in ("CONNACK", "SUBACK") if word in line), line.rpartition(" ")[2]) for line in steps]
        self.assertEqual(shown, ["CONNACK", "RakTest/test", "SUBACK", "RakTest/topic", "SUBACK"], broker.log())

    def test_M2_14_demo_output_is_exactly_the_documents(self):
        broker = self.start("allow_anonymous true", "log_type all")
        self.assertEqual(self.run_both(broker), "Connected with result code 0\n" + EXPECTED)

    def test_M2_15_two_short_lived_publishers_keep_their_order(self):
        """publish.single twice: two connections of different ids, which may live on different shards."""
        broker = self.start("allow_anonymous true", "log_type all")
        self.start_demo(broker.port)
        broker.wait_log(r"Sending SUBACK to ", 2)
        for _ in range(10):
            self.run_publisher(broker.port)
        eventually(lambda: self.terminal1().count("\n") >= 41, "ten times four lines")
        self.assertEqual(self.terminal1(), "Connected with result code 0\n" + 10 * EXPECTED)

    def test_M2_16_sandbox_needs_no_credentials_and_no_other_change(self):
        port = Ports.take()
        broker = self.launch(["--sandbox", "-v", "-p", port], port=port)
        self.brokers.append(broker)
        broker.wait_ready()
        self.assertEqual(self.run_both(broker), "Connected with result code 0\n" + EXPECTED)

    def test_M2_16_credentials_that_nobody_asked_for_do_no_harm(self):
        broker = self.start("allow_anonymous true")
        with raw.connected(broker.address, "app", user="me", pass_="secret") as client:
            client.ping()
