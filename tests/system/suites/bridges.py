"""Debian's mosquitto at the edge bridges to the broker under test, as it does at many sites."""

import shutil
import subprocess
import unittest

import raw
from case import Case, Ports, end_if_alive, eventually

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/sbin:/bin")


@unittest.skipIf(MOSQUITTO is None, "mosquitto is not installed")
class Bridges(Case):
    def edge(self, center, *lines):
        """A mosquitto that bridges to `center`, connected."""
        port = Ports.take()
        listener = f"listener {port} 127.0.0.1\nallow_anonymous true\nconnection edge\naddress 127.0.0.1:{center.port}\n"
        conf = self.write("edge.conf", listener + "\n".join(("restart_timeout 1", "topic # both 2", *lines)) + "\n")
        with open(self.path("edge.log"), "wb") as out:
            process = subprocess.Popen([MOSQUITTO, "-c", conf], stdout=out, stderr=subprocess.STDOUT, cwd=self.directory)
        self.addCleanup(end_if_alive, process)
        eventually(lambda: "Received SUBSCRIBE from" in center.log(), "the edge's bridge")
        return "127.0.0.1", port

    def check(self, *lines):
        center = self.start("allow_anonymous true", "log_type all")
        edge = self.edge(center, *lines)
        watch = raw.connected(edge, "watch")
        watch.subscribe("lamp/#", qos=1)
        inner = raw.connected(center.address, "inner")
        inner.subscribe("lamp/#", qos=1)
        switch = raw.connected(edge, "switch")
        for i in range(3):
            switch.publish_acked("lamp/toggle", str(i))
            # It has gone to the center, and whatever the center sent back came before this answer's way there and back.
            self.assertEqual(inner.expect("PUBLISH")["payload"], str(i).encode())
        inner.publish_acked("lamp/back", "b")
        self.assertEqual(watch.expect("PUBLISH")["payload"], b"0")
        got = [watch.expect("PUBLISH") for _ in range(3)]
        self.assertEqual([one["payload"] for one in got], [b"1", b"2", b"b"], "the edge hears its own messages once")
        inner.publish_acked("lamp/state", "on", retain=1)
        self.assertEqual(watch.wait_for("PUBLISH")["payload"], b"on")
        late = raw.connected(edge, "late")
        late.subscribe("lamp/state", qos=1)
        self.assertEqual(late.expect("PUBLISH")["retain"], 1, "what is retained at the center is retained at the edge")

    def test_a_bridge_of_mqtt_3_1_1_with_its_bit(self):
        self.check()

    def test_a_bridge_of_mqtt_3_1_with_its_bit(self):
        self.check("bridge_protocol_version mqttv31")

