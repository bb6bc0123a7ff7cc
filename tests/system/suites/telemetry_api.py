"""The API of a running broker: what it tells of clients, topics and messages, and what can be changed by it."""

import base64
import csv
import io
import json
import time
import urllib.parse

import raw
import telemetry
from case import eventually


class Broker(telemetry.Telemetry):
    def setUp(self):
        super().setUp()
        self.start_telemetry()

    def refused(self, status, method, path, body=None):
        got, _, answer = self.api.request(method, path, body)
        self.assertEqual(got, status, f"{method} {path} {body}: {answer[:300]}")
        return json.loads(answer)["error"]["message"]

    def delete(self, path):
        status, _, body = self.api.request("DELETE", path)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def test_the_list_of_routes_is_true(self):
        """Each GET without a parameter in its path answers; nothing there is answered by 404."""
        document = self.api.get("/api/v1/openapi.json")
        self.assertTrue(document["openapi"].startswith("3.1"))
        paths = document["paths"]
        for wanted in ("broker", "clients", "subscriptions", "topics", "retained", "sources", "series", "positions", "events",
                       "decoders", "config", "publish", "fleet", "stations", "outcomes", "tokens", "accounts"):
            self.assertIn(f"/api/v1/{wanted}", paths)
        needed = {"/api/v1/topics/search": "?text=a", "/api/v1/topics/last": "?topic=a"}
        for path, methods in paths.items():
            if "get" in methods and "{" not in path:
                status, _, body = self.api.request("GET", path + needed.get(path, ""))
                self.assertIn(status, (200,) if path != "/api/v1/topics/last" else (200, 404), f"{path} {body[:200]}")

    def test_questions_that_are_not_sound(self):
        self.refused(404, "GET", "/api/v1/nothing")
        self.refused(404, "GET", "/api/v1/sources/77")
        self.refused(404, "GET", "/api/v1/sources/lowi:nobody/series")
        self.refused(404, "GET", "/api/v1/clients/nobody")
        self.refused(404, "POST", "/api/v1/events/12345/acknowledge", {})
        self.refused(405, "POST", "/api/v1/sources", {})
        self.assertIn("colour", self.refused(400, "GET", "/api/v1/sources?colour=red"))
        for query in ("from=yesterday", "limit=0", "limit=x", "unacknowledged=perhaps", "severity=loud", "format=xml"):
            self.refused(400, "GET", f"/api/v1/events?{query}")
        for body in (b"", b"{", b"[]", b'{"topic":1,"payload":"x"}', b"\xff\xfe", b"{" * 1000):
            self.refused(400, "POST", "/api/v1/publish", body)

    def test_broker_and_configuration(self):
        values = eventually(lambda: self.api.get("/api/v1/broker")["values"], "values")
        self.assertIn("martlet", values["version"])
        settings = [(line["key"], line["value"]) for line in self.api.get("/api/v1/config")["settings"]]
        self.assertIn(("telemetry", "true"), settings)

    def test_clients_and_subscriptions(self):
        clients = {}
        for name in ("acme/press-07/", "åäö 1", "c3", "c4"):
            clients[name] = raw.connected(self.broker.address, name, user=f"user of {name}", keepalive=33)
            clients[name].subscribe(f"home/{name[0]}/#", "$share/group/a/+", qos=1)
        listed = {client["client_id"]: client for client in self.api.get("/api/v1/clients")["clients"]}
        self.assertEqual(set(listed), set(clients))
        one = self.api.get("/api/v1/clients/" + urllib.parse.quote("acme/press-07/", safe=""))
        self.assertEqual((one["user_name"], one["is_online"], one["keep_alive_s"], one["subscriptions"], one["protocol"]),
                         ("user of acme/press-07/", True, 33, 2, "3.1.1"))
        self.assertTrue(one["peer"].startswith("127.0.0.1"), one)
        filters = {(row["client_id"], row["filter"]) for row in self.api.get("/api/v1/subscriptions")["subscriptions"]}
        self.assertEqual(filters, {(name, own) for name in clients for own in (f"home/{name[0]}/#", "$share/group/a/+")})
        own = self.api.get(f"/api/v1/clients/{urllib.parse.quote('åäö 1')}/subscriptions")["subscriptions"]
        self.assertEqual({row["filter"] for row in own}, {"home/å/#", "$share/group/a/+"})
        pages, after = [], ""
        while after is not None:
            page = self.api.get("/api/v1/clients", limit=3, after=after)
            pages += [client["client_id"] for client in page["clients"]]
            after = page["next"]
        self.assertEqual(pages, sorted(clients, key=str.encode))

    def test_the_queue_of_a_client_that_is_away(self):
        with raw.connected(self.broker.address, "van", clean=0) as client:
            client.subscribe("orders/#", qos=2)
            client.leave()
        for number in range(5):
            self.publish(f"orders/{number}", "x" * (10 + number), 1 + number % 2)
        queue = self.api.get("/api/v1/clients/van/queue")["messages"]
        self.assertEqual([(one["topic"], one["qos"], one["is_in_flight"]) for one in queue],
                         [(f"orders/{number}", 1 + number % 2, False) for number in range(5)])
        shown = self.api.get("/api/v1/clients/van")
        self.assertEqual((shown["is_online"], shown["queued"]), (False, 5))
        self.assertEqual(len(self.api.get("/api/v1/clients/van/queue", limit=2)["messages"]), 2)
        with raw.Raw(self.broker.address) as client:
            self.assertEqual(client.connect("van", clean=0)["session"], 1, "looking took nothing away")
            for _ in range(5):
                client.wait_for("PUBLISH")

    def test_a_kicked_client(self):
        old = raw.connected(self.broker.address, "old", clean=0)
        old.subscribe("a", qos=1)
        new = raw.connected(self.broker.address, "new", 5)
        for name in ("old", "new"):
            self.assertFalse(self.delete(f"/api/v1/clients/{name}")["session_removed"])
        self.assertEqual(old.rest(), b"")
        self.assertEqual(new.expect("DISCONNECT")["rc"], 0x98, "administrative action")
        with raw.Raw(self.broker.address) as back:
            self.assertEqual(back.connect("old", clean=0)["session"], 1, "it may come again")
        self.publish("a", "queued")
        self.assertTrue(self.delete("/api/v1/clients/old?session=true")["session_removed"])
        with raw.Raw(self.broker.address) as back:
            self.assertEqual(back.connect("old", clean=0)["session"], 0, "nothing is left of it")
            self.assertEqual(back.messages(), [])
        self.refused(404, "DELETE", "/api/v1/clients/nobody")

    def test_publishing(self):
        with raw.connected(self.broker.address, "watch") as watch:
            watch.subscribe("lab/#", qos=2)
            for qos in (0, 1, 2):
                self.api.post("/api/v1/publish", {"topic": f"lab/{qos}", "payload": f"Grüße {qos}", "qos": qos})
                message = watch.wait_for("PUBLISH")
                self.assertEqual((message["topic"].decode(), message["payload"].decode(), message["qos"], message["retain"]),
                                 (f"lab/{qos}", f"Grüße {qos}", qos, 0))
                if qos == 1:
                    watch.send("PUBACK", id=message["id"])
                if qos == 2:
                    watch.send("PUBREC", id=message["id"])
                    watch.wait_for("PUBREL")
                    watch.send("PUBCOMP", id=message["id"])
            every = bytes(range(256))
            self.api.post("/api/v1/publish", {"topic": "lab/bytes", "payload_base64": base64.b64encode(every).decode()})
            self.assertEqual(watch.wait_for("PUBLISH")["payload"], every)
        for wrong in ({"topic": "a/#", "payload": "x"}, {"topic": "", "payload": "x"}, {"topic": "a"}, {"payload": "x"},
                      {"topic": "a", "payload": "x", "qos": 3}, {"topic": "a", "payload": "x", "qos": "1"},
                      {"topic": "a", "payload": "x", "payload_base64": ""}, {"topic": "a", "payload_base64": "*"},
                      {"topic": "a", "payload": "x", "retain": 1}, {"topic": "$SYS/broker/version", "payload": "x"},
                      {"topic": "a", "payload": "x", "colour": "red"}):
            self.refused(400, "POST", "/api/v1/publish", wrong)

    def test_retained_messages_are_cleared_after_a_look(self):
        for number in range(30):
            self.publish(f"home/{number:02}", f"v{number}", retain=1)
        self.publish("office/1", "stays", retain=1)
        listed = self.api.get("/api/v1/retained", filter="home/#", limit=1000)["messages"]
        self.assertEqual([(one["topic"], one["text"]) for one in listed], [(f"home/{n:02}", f"v{n}") for n in range(30)])
        path = "/api/v1/retained?filter=home/%23"
        look = self.delete(path)
        self.assertEqual((look["count"], look["cleared"], look["topics"][0]), (30, 0, "home/00"))
        self.publish("home/new", "since", retain=1)
        self.refused(409, "DELETE", f"{path}&confirm={look['confirm']}")
        look = self.delete(path)
        self.assertEqual(self.delete(f"{path}&confirm={look['confirm']}")["cleared"], 31)
        self.assertEqual([one["topic"] for one in self.api.get("/api/v1/retained")["messages"]
                          if not one["topic"].startswith("$")], ["office/1"])
        with raw.connected(self.broker.address, "fresh") as fresh:
            fresh.subscribe("#")
            self.assertEqual(fresh.messages(), [("office/1", "stays")])
        for wrong in ("", "?filter=", "?filter=a%23", "?filter=%23/a"):
            self.refused(400, "DELETE", f"/api/v1/retained{wrong}")

    def test_the_tree_of_topics(self):
        for topic, payload in (("lab/room1/temperature", "21.5"), ("lab/room1/humidity", "40"), ("lab/room2", "{}"),
                               ("office", "x"), ("lab/room1/temperature", "21.75")):
            self.publish(topic, payload)
        eventually(lambda: self.api.get("/api/v1/topics")["messages"] == 5, lambda: f"{self.api.get('/api/v1/topics')}")
        top = {child["level"]: child for child in self.api.get("/api/v1/topics")["children"]}
        self.assertEqual({level: child["topics"] for level, child in top.items()}, {"lab": 3, "office": 1})
        room = {child["level"]: child["last"] for child in self.api.get("/api/v1/topics", prefix="lab/room1")["children"]}
        self.assertEqual((room["temperature"]["text"], room["temperature"]["messages"]), ("21.75", 2))
        found = self.api.get("/api/v1/topics/search", text="TEMP")["topics"]
        self.assertEqual([one["topic"] for one in found], ["lab/room1/temperature"])
        self.publish("lab/bytes", b"\xff\x00\xfe")
        last = eventually(lambda: self.api.request("GET", "/api/v1/topics/last?topic=lab/bytes")[0] == 200 and
                          self.api.get("/api/v1/topics/last", topic="lab/bytes"), "the last message")
        self.assertEqual((base64.b64decode(last["base64"]), last["bytes"]), (b"\xff\x00\xfe", 3))

    def test_script_in_names_and_payloads_stays_text(self):
        evil = "<script>alert(1)</script>"
        self.publish(f"x/{evil}/y", {"a": 1, evil: 2})
        self.publish(f"{evil}/PUB/CH0", {"PI": 1, "Name": evil}, client_id="<img src=x>")
        eventually(lambda: len(self.sources()) == 2, "both sources")
        for path in ("/api/v1/topics", "/api/v1/sources?series=true", "/api/v1/clients", "/api/v1/outcomes"):
            status, headers, body = self.api.request("GET", path)
            self.assertEqual(status, 200)
            self.assertRegex(headers["Content-Type"], r"^application/(geo\+)?json")
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            json.loads(body)
        status, headers, page = self.api.request("GET", "/")
        self.assertEqual(status, 200)
        self.assertIn("default-src 'self'", headers["Content-Security-Policy"])
        self.assertNotIn("unsafe", headers["Content-Security-Policy"])
        self.assertNotIn(evil.encode(), page)

    def test_the_sender_sees_nothing_of_what_is_made_of_it(self):
        """Good or not: the same answer. And the tap is no subscriber."""
        with raw.connected(self.broker.address, "v5", 5) as client:
            for number, payload in enumerate((b'{"a":1}', b"{broken", b"\xff\xfe{", b"[" * 5000, b"")):
                self.assertEqual(client.publish_acked("lab/x", payload, number + 1), 0x10, "no matching subscribers")
            client.ping()
        with raw.connected(self.broker.address, "v3") as client:
            client.publish_acked("a/PUB/CH0", b"hello")
            client.publish("busroot/v2/a/signals/b", b"[1]", 2, 7)
            client.expect("PUBREC")
            client.send("PUBREL", id=7)
            client.expect("PUBCOMP")
            client.ping()
        kept = self.wait_outcome(decoder="busroot", verdict="unreadable")
        self.assertEqual((kept["source_id"], kept["messages"], kept["text"]), ("a/b", 1, "[1]"))
        self.wait_outcome(decoder="lowi", verdict="unreadable", text="hello")
        self.wait_outcome(decoder="json", verdict="unreadable")

    def test_trouble_is_counted_by_source_and_reason(self):
        for source in "ab":
            for number in range(3):
                self.publish(f"{source}/PUB/CH0", f"no {number}")
                self.publish(f"{source}/PUB/CH0", f"[{number}]")
        def lines():
            found = self.outcomes(decoder="lowi", verdict="unreadable")
            return {(one["source_id"], one["problem"]): (one["messages"], one["text"]) for one in found}
        eventually(lambda: sum(messages for messages, _ in lines().values()) == 12, lambda: f"{lines()}")
        self.assertEqual(len(lines()), 4)
        self.assertEqual({source for source, _ in lines()}, {"a", "b"})
        self.assertEqual({text for _, text in lines().values()}, {"no 2", "[2]"})
        totals = next(one for one in self.api.get("/api/v1/decoders")["decoders"] if one["name"] == "lowi")["outcomes"]
        self.assertEqual(sum(total["messages"] for total in totals if total["verdict"] == "unreadable"), 12)

    def test_export(self):
        for value in (20.5, 21, 21.25):
            self.publish("lab/room/temperature", value)
        self.wait_values("topic", "lab/room", {"temperature": 21.25})
        path = f"{telemetry.source_path('topic', 'lab/room')}/samples?metric=temperature&format=csv"
        status, headers, body = self.api.request("GET", path + "&bucket=raw")
        self.assertEqual(status, 200)
        self.assertIn("text/csv", headers["Content-Type"])
        rows = list(csv.reader(io.StringIO(body.decode())))
        self.assertEqual([float(row[1]) for row in rows[1:]], [20.5, 21, 21.25])
        self.assertRegex(rows[1][0], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        rows = list(csv.reader(io.StringIO(self.api.text(path + "&bucket=day&aggregate=min,max,count"))))
        self.assertEqual(rows[0][1:], ["min", "max", "count"])
        self.assertEqual([float(value) for value in rows[1][1:]], [20.5, 21.25, 3])

    def test_an_export_holds_no_formulas(self):
        self.publish("vehicles/v1/emergency", {"type": "sos", "text": "=HYPERLINK(\"http://evil\")"})
        eventually(self.events, "the event")
        rows = list(csv.DictReader(io.StringIO(self.api.text("/api/v1/events?format=csv"))))
        for row in rows:
            for cell in row.values():
                self.assertNotRegex(cell or "", r"^[=+@-]")

    def test_a_removed_source(self):
        self.publish("lab/room/temperature", 20)
        self.publish("lab/other/temperature", 21)
        self.wait_values("topic", "lab/room", {"temperature": 20})
        self.wait_values("topic", "lab/other", {"temperature": 21})
        self.delete(telemetry.source_path("topic", "lab/room"))
        self.assertEqual([source["id"] for source in self.sources()], ["lab/other"])
        self.refused(404, "GET", f"{telemetry.source_path('topic', 'lab/room')}/samples?metric=temperature")
        self.publish("lab/room/temperature", 22)
        self.wait_values("topic", "lab/room", {"temperature": 22})
        self.assertEqual(len(self.samples("topic", "lab/room", "temperature", bucket="raw")), 1, "it begins anew")

    def test_a_source_by_name_with_a_slash(self):
        self.publish("lab/room/temperature", 20)
        key = self.source("topic", "lab/room")["key"]
        for path in (f"/api/v1/sources/{key}", "/api/v1/sources/topic:lab%2Froom"):
            self.assertEqual(self.api.get(path)["id"], "lab/room")

    def test_pages_of_a_long_series(self):
        for value in range(25):
            self.publish("lab/room/count", value)
            time.sleep(0.002)
        self.wait_values("topic", "lab/room", {"count": 24})
        path, since, found = f"{telemetry.source_path('topic', 'lab/room')}/samples", "-1h", []
        while since is not None:
            page = self.api.get(path, metric="count", bucket="raw", limit=10, **{"from": since})
            found += [value for _, value in page["points"]]
            since = page["next"]
        self.assertEqual(found, list(range(25)))
