"""When a source counts as online, ageing and silent: by kind, group and source, by its own habit, and told as an event once
(missions M0.12, M2.5 and MX.6)."""

import csv
import io
import time

import telemetry
from case import eventually, long
from mesh_packets import map_report
from paho_client import Client

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NODE, OTHER = "!deadbe01", "!7c5b1e2a"
MAP_TOPIC = "msh/EU_868/2/map/"


class Silence(telemetry.Telemetry):
    def span(self, kind, name):
        """(online, silent) in milliseconds."""
        source = self.source(kind, name)
        return source["online_ms"], source["silent_ms"]

    def wait_state(self, kind, name, state):
        return eventually(lambda: self.source(kind, name)["state"] == state and self.source(kind, name),
                          lambda: f"{state}: {self.source(kind, name)}", 30)

    def wait_events(self, kind, count=1):
        return eventually(lambda: len(self.events(kind=kind)) >= count and self.events(kind=kind),
                          lambda: f"{count} {kind} among {self.events()}", 30)

    def told(self, kind):
        return sorted(event["source_id"] for event in self.events(kind=kind))


class Kinds(Silence):
    def test_MX_06_each_kind_has_its_own(self):
        """Every one of the rates: 10 s, 15 s, 60 s, 900 s and hours."""
        self.start_telemetry()
        self.publish("minute/PUB/CH0", {"ident": "minute", "PI": 5})
        self.publish("busroot/v2/acme/signals/PRESS7", {"productive": 1})
        self.publish(MAP_TOPIC, map_report(NODE, 80))
        self.publish("vehicles/v1/telemetry", {"speed": 50})
        self.publish("vehicles/t1/telemetry", {"lat": 59.1, "lon": 18.1, "vehicle_type": "trailer"})
        self.publish("vehicles/MSKU1234567/telemetry", "53.5461,9.9937")
        self.publish("lab/board/value", 1)
        for kind, name, online, silent in (
                ("lowi", "minute", 3 * MINUTE, HOUR), ("station", "acme/PRESS7", 5 * MINUTE, HOUR),
                ("meshtastic", NODE, 45 * MINUTE, DAY), ("vehicle", "v1", 5 * MINUTE, DAY), ("vehicle", "t1", 18 * HOUR, 3 * DAY),
                ("vehicle", "MSKU1234567", 18 * HOUR, 3 * DAY), ("topic", "lab/board", 15 * MINUTE, DAY)):
            self.assertEqual(self.span(kind, name), (online, silent), name)
            self.assertEqual(self.source(kind, name)["state"], "online")
        kinds = self.api.get("/api/v1/kinds")["kinds"]
        self.assertEqual({row["online_ms"] for row in kinds if row["kind"] == "lowi"}, {3 * MINUTE})
        self.assertLessEqual({"meshtastic", "lowi", "station", "vehicle", "sparkplug"}, {row["kind"] for row in kinds})

    @long(30)
    def test_MX_06_by_its_own_habit(self):
        """A gateway in flash mode ages after three of its intervals, one of a minute has three minutes."""
        self.start_telemetry()
        client = Client(self, self.mqtt_port, "flash")
        for number in range(5):
            self.assertEqual(self.span("lowi", "flash") if number else (3 * MINUTE, HOUR), (3 * MINUTE, HOUR), "not known yet")
            client.publish("flash/PUB/CH0", f'{{"ident":"flash","PI":{number}}}')
            client.publish("flash/PUB/CH1", f'{{"ident":"flash","P":{number}}}')  # together: one message
            time.sleep(4.2)
        source = eventually(lambda: self.source("lowi", "flash")["interval_ms"] and self.source("lowi", "flash"), "an interval")
        self.assertTrue(4000 <= source["interval_ms"] <= 8000, source)
        self.assertEqual((source["online_ms"], source["silent_ms"]), (30_000, HOUR), "as short as flash mode allows")


class Thresholds(Silence):
    LINES = ("telemetry_threshold meshtastic 1s 2s", "telemetry_threshold vehicle/yard 1s 2s",
             "telemetry_threshold vehicle:v3 1s 2s", "telemetry_threshold vehicle:v4 1h 2h")

    @long(25)
    def test_MX_06_by_kind_group_and_source_with_an_event(self):
        self.start_telemetry(*self.LINES)
        client = Client(self, self.mqtt_port, "fleet")
        for name, group in (("v1", "road"), ("v2", "yard"), ("v3", "road"), ("v4", "yard")):
            client.publish(f"vehicles/{name}/telemetry", f'{{"speed":5,"group":"{group}"}}')
        client.publish(MAP_TOPIC, map_report(NODE, 80))
        for name, online in (("v1", 5 * MINUTE), ("v2", 1000), ("v3", 1000), ("v4", HOUR)):
            self.assertEqual(self.source("vehicle", name)["online_ms"], online, name)
        self.wait_state("meshtastic", NODE, "silent")
        events = self.wait_events("silent", 3)
        self.assertEqual(self.told("silent"), [NODE, "v2", "v3"])
        self.assertEqual({(event["severity"], event["acknowledged"]) for event in events}, {("warning", None)})
        self.assertIn("no message for more than 2 s", events[0]["text"])
        states = {one["id"]: one["state"] for one in self.api.get("/api/v1/fleet")["vehicles"]}
        self.assertEqual(states, {"v1": "online", "v2": "silent", "v3": "silent", "v4": "online"})
        silent = self.api.get("/api/v1/fleet", state="silent", group="yard")["vehicles"]
        self.assertEqual([one["id"] for one in silent], ["v2"])
        client.publish("vehicles/v2/telemetry", '{"speed":6}')
        self.wait_events("back")
        self.assertEqual(self.told("back"), ["v2"])
        self.assertEqual(self.told("silent"), [NODE, "v2", "v3"], "once")

    @long(25)
    def test_MX_06_thresholds_by_sighup_and_told_once_over_a_restart(self):
        self.start_telemetry()
        self.publish("lab/board/value", 1)
        self.publish("other/board/value", 1)
        self.assertEqual(self.span("topic", "lab/board"), (15 * MINUTE, DAY))
        self.lines += ("telemetry_threshold topic:lab/board 1s 2s",)
        self.rewrite(self.broker, "allow_anonymous true", *self.lines, f"persistence_location {self.directory}")
        self.broker.reload()
        self.assertEqual(self.span("topic", "lab/board"), (1000, 2000))
        [event] = self.wait_events("silent")
        self.api.post(f"/api/v1/events/{event['key']}/acknowledge")
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        self.begin()
        self.wait_state("topic", "lab/board", "silent")
        time.sleep(3)
        [kept] = self.events(kind="silent")
        self.assertEqual((kept["key"], kept["acknowledged_by"], kept["source_id"]), (event["key"], telemetry.ADMIN, "lab/board"))
        self.assertEqual(self.source("topic", "other/board")["state"], "online")


class MapReports(Silence):
    @long(25)
    def test_M0_12_a_node_that_misses_several_reports_ages(self):
        """Fifteen minutes are a second here: three intervals, then ageing, then silent with an event; the next one renews it."""
        self.start_telemetry("telemetry_threshold meshtastic 3s 6s")
        gateway = Client(self, self.mqtt_port, NODE)
        gateway.publish(MAP_TOPIC, map_report(OTHER, 50))
        for online in (80, 81, 82, 83):
            gateway.publish(MAP_TOPIC, map_report(NODE, online))
            self.wait_values("meshtastic", NODE, {"map_report/num_online_local_nodes": online})
            self.assertEqual(self.source("meshtastic", NODE)["state"], "online")
            time.sleep(1)
        aged = self.wait_state("meshtastic", OTHER, "ageing")
        self.assertGreaterEqual(aged["age_ms"], 3000)
        gateway.publish(MAP_TOPIC, map_report(NODE, 84))
        shown = {one["id"]: one["state"] for one in self.api.get("/api/v1/sources", kind="meshtastic")["sources"]}
        self.assertEqual(shown[NODE], "online", "each report renews it")
        self.wait_state("meshtastic", OTHER, "silent")
        self.wait_events("silent")
        gateway.publish(MAP_TOPIC, map_report(OTHER, 51))
        self.wait_events("back")
        self.assertEqual(self.source("meshtastic", OTHER)["state"], "online")
        reports = self.samples("meshtastic", NODE, "map_report/num_online_local_nodes", bucket="raw")
        self.assertEqual([value for _, value in reports], [80, 81, 82, 83, 84])

    def test_M0_12_three_intervals_of_900_seconds_unless_told_otherwise(self):
        self.start_telemetry()
        self.publish(MAP_TOPIC, map_report(NODE, 80))
        self.assertEqual(self.span("meshtastic", NODE), (3 * 900 * 1000, DAY))


class Containers(Silence):
    @long(25)
    def test_M2_05_long_silence_is_shown_as_such(self):
        """Hours are no fault of a container; those of one group have a threshold of their own, and who crosses it is told."""
        self.start_telemetry("telemetry_threshold vehicle/reefer 2s 4s")
        client = Client(self, self.mqtt_port, "gateway")
        client.publish("vehicles/MSKU1234567/telemetry", '{"lat":53.5461,"lon":9.9937}')
        client.publish("vehicles/reefer-1/telemetry", '{"lat":53.55,"lon":9.99,"group":"reefer","temperature":-18.5}')
        client.publish("vehicles/v1/telemetry", '{"speed":50}')
        self.source("vehicle", "v1")

        def fleet(**query):
            return {one["id"]: one for one in self.api.get("/api/v1/fleet", **query)["vehicles"]}
        self.assertEqual({name: one["state"] for name, one in fleet().items()},
                         {"MSKU1234567": "online", "reefer-1": "online", "v1": "online"})
        eventually(lambda: fleet()["reefer-1"]["state"] == "ageing", lambda: f"{fleet()}", 20)
        eventually(lambda: fleet()["reefer-1"]["state"] == "silent", lambda: f"{fleet()}", 20)
        shown = fleet()
        self.assertEqual((shown["MSKU1234567"]["state"], shown["v1"]["state"]), ("online", "online"))
        self.assertGreaterEqual(shown["reefer-1"]["age_ms"], 4000)
        self.assertGreaterEqual(shown["reefer-1"]["position"]["age_ms"], 4000)
        [event] = self.wait_events("silent")
        self.assertEqual((event["source_kind"], event["source_id"], event["severity"]), ("vehicle", "reefer-1", "warning"))
        self.assertEqual(set(fleet(state="silent")), {"reefer-1"})
        self.assertEqual({name: one["state"] for name, one in fleet(online_within="1s").items()},
                         {"MSKU1234567": "ageing", "reefer-1": "silent", "v1": "ageing"})
        rows = {row["id"]: row for row in csv.DictReader(io.StringIO(self.api.text("/api/v1/fleet?format=csv")))}
        self.assertEqual(rows["reefer-1"]["state"], "silent")
        places = {one["properties"]["id"]: one["properties"] for one in self.api.get("/api/v1/positions")["features"]}
        self.assertEqual(places["reefer-1"]["state"], "silent", "on the map as well")
