"""What the API, /metrics and $SYS tell of the broker's bridges, and the orders that the API takes."""

import json

import raw
import telemetry
from bridges_out import Stub
from case import Ports, eventually
from exposition import Exposition


class Api(telemetry.Telemetry):
    def begin_bridge(self, *lines, port=None, topic="topic t/# both 1"):
        self.stub = None if port else Stub(self)
        self.start_telemetry("sys_interval 1", "connection b", f"address 127.0.0.1:{port or self.stub.port}", "restart_timeout 1",
                             "bridge_max_packet_size 100", topic, *lines)

    def connected(self):
        far = self.stub.accept()
        self.stub.first_packet(far)
        self.stub.accepts(far)
        self.assertIn(b"t/#", self.stub.first_packet(far))  # SUBSCRIBE
        return far

    def row(self):
        rows = self.api.get("/api/v1/bridges")["bridges"]
        self.assertEqual([row["name"] for row in rows], ["b"])
        self.assertEqual(self.api.get("/api/v1/bridges/b")["name"], "b")
        return rows[0]

    def wait_row(self, **wanted):
        return eventually(lambda: {**self.row(), **wanted} == self.row() and self.row(), lambda: f"{wanted} in {self.row()}")

    def test_counts_drops_and_lag(self):
        self.begin_bridge()
        far = self.connected()
        self.broker.wait_log(r"Bridge b connected")
        far.send_bytes(raw.raw_frame(0x90, b"\xff\xff\x01"))  # SUBACK
        self.publish("t/1", "out")
        self.publish("t/2", "x" * 200)
        self.publish("t/3", "waits")
        got = far.wait_for("PUBLISH")
        while got["topic"] != b"t/1":
            got = far.wait_for("PUBLISH")
        far.send("PUBACK", id=got["id"])
        far.publish("t/in", "back")
        far.publish("elsewhere", "stray", 1, 7)
        row = self.wait_row(state="connected", sent=2, received=1, in_flight=1, queued=0, connects=1, error=None)
        self.assertEqual(row["address"], f"127.0.0.1:{self.stub.port}")
        self.assertTrue(row["local_clientid"].startswith("local."))
        dropped = {(one["direction"], one["reason"]): one["count"] for one in row["dropped"]}
        self.assertEqual({key for key, count in dropped.items() if count}, {("out", "too large"), ("in", "no topic line")})
        found = Exposition(self.api.text("/metrics"))
        self.assertEqual(found.value("martlet_bridge_messages_total", bridge="b", direction="out"), 2)
        self.assertEqual(found.value("martlet_bridge_messages_total", bridge="b", direction="in"), 1)
        self.assertEqual(found.value("martlet_bridge_dropped_messages_total", bridge="b", direction="out", reason="too large"), 1)
        self.assertEqual(found.value("martlet_bridge_queued_messages", bridge="b"), 1)
        watch = raw.connected(self.broker.address, "watch")
        watch.subscribe("$SYS/broker/connection/+/+")
        values = {}
        while values.get("sent") != b"2" or values.get("queued") != b"1" or "state" not in values:
            packet = watch.expect("PUBLISH")
            values[packet["topic"].decode().rpartition("/")[2]] = packet["payload"]
        self.assertEqual((values["state"], values["phase"]), (b"1", b"connected"))

    def test_the_last_error_stays(self):
        self.begin_bridge(port=Ports.take())
        row = self.wait_row(state="waiting", error="Connection refused", connects=0)
        self.assertGreater(row["error_at"], 1_600_000_000_000)
        self.publish("t/1", "queues")
        self.wait_row(queued=1)

    def test_pause_resume_reconnect(self):
        self.begin_bridge()
        far = self.connected()
        self.wait_row(state="connected")
        self.api.post("/api/v1/bridges/b/pause")
        self.assertTrue(far.rest().endswith(b"/state0\xe0\x00"), "its state and DISCONNECT")
        self.wait_row(state="paused")
        self.publish("t/1", "queues")
        self.wait_row(queued=1)
        self.api.post("/api/v1/bridges/b/reconnect")
        self.wait_row(state="paused")
        self.api.post("/api/v1/bridges/b/resume")
        far = self.connected()
        self.wait_row(state="connected", connects=2)
        far.send_bytes(raw.raw_frame(0x90, b"\xff\xff\x01"))
        packets = [far.expect("PUBLISH") for _ in range(2)]
        self.assertIn((b"t/1", b"queues"), [(one["topic"], one["payload"]) for one in packets])
        self.api.post("/api/v1/bridges/b/reconnect")
        again = self.connected()
        self.wait_row(state="connected", connects=3)
        again.close()

    def ask(self, *words, code=0):
        done = self.run_martlet("bridges", *words, "--url", self.api.base, "--token", self.api.token)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_the_command(self):
        self.begin_bridge()
        far = self.connected()
        self.wait_row(state="connected")
        self.assertRegex(self.ask(), rf"(?m)^b +connected +127\.0\.0\.1:{self.stub.port} +0 +0 +0")
        self.assertEqual(self.ask("pause", "b"), "b: paused, messages queue.\n")
        self.wait_row(state="paused")
        far.close()
        self.assertEqual(self.ask("resume", "b"), "b: resumed.\n")
        self.stub.accept()
        self.assertEqual(json.loads(self.ask("--json"))["bridges"][0]["name"], "b")
        self.assertIn("There is no bridge 'x'", self.ask("pause", "x", code=1))
        self.assertIn("'stop' is not expected here", self.ask("stop", "b", code=3))

    def test_no_bridges_and_unknown_ones(self):
        self.start_telemetry()
        self.assertEqual(self.ask(), "The broker has no bridges: no `connection` in its configuration.\n")
        self.assertEqual(self.api.get("/api/v1/bridges"), {"bridges": []})
        for method, path in (("GET", "/api/v1/bridges/x"), ("POST", "/api/v1/bridges/x/pause")):
            status, _, body = self.api.request(method, path, {} if method == "POST" else None)
            self.assertEqual((status, json.loads(body)["error"]["message"]), (404, "there is no bridge x"))
