"""Telemetry's settings while the broker runs: by SIGHUP and over the API, at once, all or nothing, and still there after a restart."""

import json
import stat

import telemetry
from case import eventually


class Settings(telemetry.Telemetry):
    def setUp(self):
        super().setUp()
        self.start_telemetry("telemetry_rule private/# none")

    def reload_with(self, *lines, is_good=True):
        self.rewrite(self.broker, "allow_anonymous true", *self.lines, *lines, f"persistence_location {self.directory}")
        self.broker.reload(is_good)

    def put(self, name, body, status=200):
        got, _, answer = self.api.request("PUT", f"/api/v1/telemetry/{name}", body)
        self.assertEqual(got, status, answer)
        return json.loads(answer)

    def setting(self, key):
        return [row["value"] for row in self.api.get("/api/v1/config")["settings"] if row["key"] == key]

    def unit(self, source, metric):
        def find():
            return next((s for s in self.sources("topic") if s["id"] == source), None)
        row = next(row for row in eventually(find, source)["series"] if row["metric"] == metric)
        return row["unit"], row["kind"]

    def test_M0_08_rules_units_and_options_by_sighup(self):
        self.publish("garden", {"soil": 41})
        self.assertEqual(self.unit("garden", "soil"), ("", "gauge"))
        self.reload_with("telemetry_rule attic/# none", 'telemetry_unit topic:garden soil "%" state',
                         "telemetry_retention samples 9", "telemetry_threshold topic 1m 2m")
        self.publish("garden", {"soil": 42})
        self.publish("attic/1", {"dust": 1})
        self.publish("cellar", {"damp": 2})
        self.source("topic", "cellar")
        eventually(lambda: self.unit("garden", "soil") == ("%", "state"), lambda: self.unit("garden", "soil"))
        self.assertNotIn("attic/1", [source["id"] for source in self.sources("topic")])
        self.assertEqual(self.setting("telemetry_rule"), ["private/# none", "attic/# none"])
        self.assertIn("samples 9", self.setting("telemetry_retention"))
        self.assertEqual(self.setting("telemetry_threshold"), ["topic 1m 2m"])
        self.assertNotIn("takes effect at the next start", self.broker.log())

    def test_keys_of_the_next_start_are_told(self):
        self.reload_with("http_metrics_public true", "telemetry_store elsewhere.db", "max_queued_messages 7")
        for key in ("http_metrics_public", "telemetry_store"):
            self.assertIn(f"'{key}' has changed; it takes effect at the next start", self.broker.log())
        self.assertEqual(self.setting("http_metrics_public"), ["false"])
        self.assertEqual(self.setting("max_queued_messages"), ["7"])

    def test_one_wrong_line_refuses_the_whole(self):
        for line, why in (("telemetry_rule x/# jsn", "no telemetry decoder 'jsn'"),
                          ("telemetry_option lowi colour blue", "colour"),
                          ("telemetry_unit soil V", "Empty 'telemetry_unit' value"),
                          ("telemetry_threshold topic 2h 15m", "shorter time first"),
                          ("telemetry_map none.map", "Invalid 'telemetry_map' value (none.map)")):
            self.reload_with("max_queued_messages 7", line, is_good=False)
            self.assertIn(why, self.broker.log())
        self.assertEqual(self.setting("max_queued_messages"), ["1000"])

    def test_maps_are_read_from_beside_the_configuration(self):
        one, another = (f"map boiler\ntopic boiler/{{id}}\nkey temp = {name} °C\n" for name in ("flow", "return"))
        self.write("boiler.map", one)
        self.reload_with("telemetry_map boiler.map")
        self.assertEqual([row["name"] for row in self.api.get("/api/v1/telemetry/maps")["configured"]], ["boiler"])
        self.assertEqual(self.api.text("/api/v1/telemetry/maps/boiler"), one)
        self.write("boiler.map", another)
        self.broker.reload()
        self.assertEqual(self.api.text("/api/v1/telemetry/maps/boiler"), another)
        self.write("boiler.map", "# empty\n")
        self.broker.reload(is_good=False)
        self.assertEqual(self.api.text("/api/v1/telemetry/maps/boiler"), another)

    def test_M0_08_what_is_set_over_the_api_holds_at_once_and_after_a_restart(self):
        self.put("rules", {"rules": [{"filter": "attic/#", "decoder": "none"}]})
        self.put("units", {"units": [{"source_kind": "topic", "source_id": "garden", "metric": "soil", "unit": "%"}]})
        self.put("thresholds", {"thresholds": [{"source_kind": "topic", "online_ms": 60000, "silent_ms": 120000}]})
        for _ in range(2):
            self.publish("attic/1", {"dust": 1})
            self.publish("garden", {"soil": 41})
            self.publish("end", {"end": 1})
            self.source("topic", "end")
            self.assertEqual(self.unit("garden", "soil"), ("%", "gauge"))
            self.assertNotIn("attic/1", [source["id"] for source in self.sources("topic")])
            self.assertEqual(self.setting("telemetry_rule"), ["attic/# none", "private/# none"])
            file = self.directory / "telemetry.json"
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
            self.assertEqual(self.broker.stop(), 0)
            self.forget(self.broker)
            self.begin()
        status, _, _ = self.api.request("DELETE", "/api/v1/telemetry/rules")
        self.assertEqual(status, 204)
        self.publish("attic/1", {"dust": 1})
        self.source("topic", "attic/1")

    def test_what_is_not_sound_is_refused_in_the_words_of_a_reload(self):
        body = {"rules": [{"filter": "x/#", "decoder": "jsn"}]}
        said = self.put("rules", body, 422)["error"]["message"]
        self.reload_with("telemetry_rule x/# jsn", is_good=False)
        self.assertIn(said, self.broker.log())
        self.assertEqual(self.api.get("/api/v1/telemetry/rules")["rules"], [])
        self.assertFalse((self.directory / "telemetry.json").exists())
