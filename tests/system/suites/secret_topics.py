"""Keys in topics: whoever reads logs, pages or the store does not learn them (mission M1.12)."""

import json
import re

import raw
from case import eventually
from telemetry import Telemetry


KEY, OTHER = "ABCDEFGHIJKLMNOP", "QRSTUVWXYZ012345"
CHANNEL, FIELD = f"channels/12397/publish/{KEY}", f"channels/12397/publish/fields/field1/{KEY}"


class SecretTopics(Telemetry):
    def start_lab(self):
        acl = self.write("acl", "topic readwrite #\ntopic deny channels/1/#\ntopic read $SYS/#\n")
        return self.start_telemetry("log_type all", "log_dest stderr", "log_dest topic", f"acl_file {acl}", "persistence true",
                                    "log_trace topic channels/#")

    def assert_untold(self, text, where):
        for key in (KEY, OTHER):
            at = text.find(key)
            self.assertEqual(at, -1, f"{where}: {text[max(0, at - 200):at + 50]}")

    def test_M1_12_the_write_key_is_kept_out_of_all_that_is_told(self):
        broker = self.start_lab()
        watcher, other = (raw.connected(broker.address, name, 5) for name in ("watcher", "other"))
        self.addCleanup(watcher.close)
        self.addCleanup(other.close)
        watcher.subscribe("$SYS/broker/log/#")
        other.subscribe("channels/#", f"channels/9/subscribe/json/{OTHER}")
        self.publish(FIELD, 512)
        self.publish(CHANNEL, "field2=21.5&field3=44", retain=1)
        self.publish(CHANNEL, "cannot be read as anything at all by telemetry")
        self.publish(f"channels/12397/publish/fields/field4/{OTHER}", 7, retain=1)
        got = []

        def is_routed():
            got.extend(other.messages())
            return [topic for topic, _ in got] == [FIELD, CHANNEL, CHANNEL, f"channels/12397/publish/fields/field4/{OTHER}"]
        eventually(is_routed, lambda: f"topics as they were published: {got}")
        other.publish_acked(f"channels/1/publish/{KEY}", "denied", 3)
        other.send("UNSUBSCRIBE", id=9, filter=f"channels/9/subscribe/json/{OTHER}")
        other.wait_for("UNSUBACK")
        self.leave_a_queue(broker)
        self.leave_a_denied_will(broker)
        self.wait_values("topic", "channels/12397/publish/fields", {"field1": 512, "field4": 7})
        self.wait_values("topic", "channels/12397/publish", {"field2": 21.5, "field3": 44})
        self.look_at_every_answer()
        told = []

        def has_told():
            told.extend(line for _, line in watcher.messages())
            return "Denied PUBLISH from other" in "\n".join(told)
        eventually(has_told, lambda: f"the log's topics: {told}")
        self.assert_untold("\n".join(told), "$SYS/broker/log")
        self.assertEqual(broker.stop(), 0)
        self.look_at_the_log(broker.log())
        self.forget(broker)
        stores = list(self.directory.glob("telemetry.db*"))
        self.assertTrue(stores)
        for path in stores:
            self.assert_untold(path.read_bytes().decode("latin-1"), path)

    def look_at_the_log(self, log):
        self.assert_untold(log, "the log")
        for line in (r"Received PUBLISH from device .*'channels/12397/publish/fields/field1/\*\*\*'",
                     r"Sending PUBLISH to other .*'channels/12397/publish/\*\*\*'", r"other 0 channels/9/subscribe/json/\*\*\*$",
                     r"other channels/9/subscribe/json/\*\*\*$", r"Denied PUBLISH from other .*'channels/1/publish/\*\*\*'",
                     r"Denied will of dying .*'channels/1/publish/\*\*\*'"):
            self.assertTrue(re.search(line, log, re.M), f"{line} in {log[-5000:]}")

    def leave_a_queue(self, broker):
        """A session with a queue and subscriptions that hold keys."""
        with raw.connected(broker.address, "sleeper", clean=0) as sleeper:
            sleeper.subscribe(CHANNEL, f"channels/3/subscribe/fields/+/{OTHER}", qos=1)
            sleeper.leave()
        self.publish(CHANNEL, "field2=21.5", retain=1)

    def leave_a_denied_will(self, broker):
        raw.connected(broker.address, "dying", will=f"channels/1/publish/{OTHER}", will__payload="x").close()
        broker.wait_log("Denied will of dying")

    def look_at_every_answer(self):
        """All that a GET tells, also of each client and source."""
        described = self.api.get("/api/v1/openapi.json")
        paths = [path for path, methods in described["paths"].items() if "get" in methods and "{" not in path]
        paths += [f"/api/v1/clients/{client}{part}" for client in ("sleeper", "other") for part in ("", "/queue", "/subscriptions")]
        paths += ["/api/v1/topics?prefix=" + prefix for prefix in
                  ("channels", "channels/12397", "channels/12397/publish", "channels/12397/publish/fields",
                   "channels/12397/publish/fields/field1")]
        paths += ["/api/v1/topics/search?text=12397", "/api/v1/retained?filter=channels/%23", "/metrics"]
        for source in self.sources():
            base = f"/api/v1/sources/topic:{source['id'].replace('/', '%2F')}"
            paths += [base, *(base + part for part in ("/raw", "/series", "/positions"))]
        answers = {}
        for path in paths:
            _, headers, body = self.api.request("GET", path)
            answers[path] = body.decode("utf-8", "replace")
            self.assert_untold(answers[path] + str(headers), path)
        for path in ("/api/v1/clients/sleeper/queue", "/api/v1/clients/sleeper/subscriptions", "/api/v1/subscriptions",
                     "/api/v1/retained?filter=channels/%23"):
            self.assertIn("/***", answers[path], path)
        for path in ("/api/v1/topics/search?text=12397", "/api/v1/outcomes", "/api/v1/sources"):
            self.assertIn("channels/12397/publish", answers[path], path)
        status, _, body = self.api.request("DELETE", "/api/v1/retained?filter=channels/%23")
        self.assertEqual((status, json.loads(body)["count"]), (200, 2))
        self.assert_untold(body.decode(), "the preview")
