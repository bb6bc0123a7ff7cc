"""The factory's production signals: units, rejects, energy and producing time of stations (mission M4)."""

import re

import telemetry
from case import eventually
from paho_client import Client
from raw import connected

TOPIC = "busroot/v2/acme/signals/PRESS7"
STATION = "acme/PRESS7"


class Factory(telemetry.Telemetry):
    LINES = ()

    def setUp(self):
        super().setUp()
        self.start_telemetry(*self.LINES)

    def signals(self, topic=TOPIC, **signals):
        self.publish(topic, signals)

    def station(self, name=STATION, **query):
        return self.api.get(f"{telemetry.source_path('station', name)}/station", **query)

    def wait_total(self, good, bad=0, kwh=0, name=STATION):
        """In all and of this day: exactly so, no rounding noise. What the station does not tell is null, and counts as 0 here."""
        def has_come():
            shown = self.station(name)
            return all(tuple(shown[part][name] or 0 for name in ("good", "bad", "kwh")) == (good, bad, kwh)
                       for part in ("total", "range"))
        self.source("station", name)
        eventually(has_come, lambda: f"{good} good, {bad} bad, {kwh} kWh of {self.station(name)}")

    def row(self, metric, value, name=STATION):
        return self.wait_values("station", name, {metric: value})[metric]


class Signals(Factory):
    def test_M4_01_a_station_appears_by_itself(self):
        self.assertEqual(self.sources(), [])
        self.signals(productive=1)
        self.row("productive", 1)
        self.signals("busroot/v2/acme/signals/PRESS8", productive=0)
        self.signals("busroot/v2/other/signals/PRESS7", productive=0)
        self.row("productive", 0, "acme/PRESS8")
        self.row("productive", 0, "other/PRESS7")
        self.assertEqual([station["id"] for station in self.api.get("/api/v1/stations")["stations"]],
                         ["acme/PRESS7", "acme/PRESS8", "other/PRESS7"])

    def test_M4_02_the_example(self):
        self.publish(TOPIC, '{\n  "production_count_good": 12.4,\n  "electrical_kwh": 15774.45\n}\n')
        good = self.row("production_count_good", 12.4)
        meter = self.row("electrical_kwh", 15774.45)
        self.assertEqual((good["kind"], good["total"]), ("counter", 0), "a first count is where counting begins")
        self.assertEqual((meter["kind"], meter["unit"], meter["total"]), ("meter", "kWh", 0))
        self.wait_total(0)

    def test_M4_03_new_units_are_added(self):
        self.signals(production_complete_good=3)
        self.signals(production_complete=2)
        self.signals(production_complete_good=2)
        self.wait_total(7)
        self.assertEqual(self.station()["counted_by"], "production_complete_good")

    def test_M4_03_equal_ones_of_one_instant_all_count(self):
        """Known by the message, never by its time or value."""
        with connected(self.broker.address, "burst") as client:
            for number in range(200):
                client.publish(TOPIC, '{"production_complete_good":1}', 1, number + 1)
            for _ in range(200):
                client.expect("PUBACK")
        self.wait_total(200)
        points = self.samples("station", STATION, "production_complete_good", bucket="minute", aggregate="count")
        self.assertEqual(sum(count for _, count in points), 200)

    def test_M4_03_a_negative_number_is_refused_and_named(self):
        self.signals(production_complete_good=-5, rssi=-61)
        self.row("rssi", -61)
        self.assertEqual(self.source("station", STATION)["facts"]["refused_keys"], "production_complete_good")
        self.assertNotIn("production_complete_good", self.values("station", STATION))

    def test_M4_04_a_running_count(self):
        for count, units in ((12.4, 0), (15.4, 3), (15.4, 3), (20.4, 8)):
            self.signals(production_count_good=count)
            self.wait_total(units)

    def test_M4_04_a_count_that_began_again(self):
        """What was counted since is added, and an event tells of it."""
        for count in (15.4, 2, 0, 1):
            self.signals(production_count_good=count)
        self.wait_total(3)
        events = eventually(lambda: self.events(kind="counter_reset"), "an event")
        self.assertEqual({event["source_id"] for event in events}, {STATION})

    def test_M4_04_goes_on_after_a_restart(self):
        self.signals(production_count_good=100)
        self.row("production_count_good", 100)
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        self.begin()
        self.signals(production_count_good=104)
        self.wait_total(4)

    def test_M4_03_a_station_that_was_tried_with_the_example_is_set_right_while_it_runs(self):
        """The event names the line; with it, by SIGHUP, all units count that were sent, those before the reload as well."""
        self.signals(production_count_good=12.4, electrical_kwh=15774.45)
        for _ in range(50):
            self.signals(production_complete_good=2, production_complete_bad=1)
        self.row("production_complete_bad", 1)
        [event] = eventually(lambda: self.events(kind="not_counted"), "an event")
        line = next(part for part in re.findall(r"telemetry_option [^\n.,;\"']+", event["text"]))
        self.assertEqual(line.strip(), "telemetry_option busroot counted_by acme/PRESS7 good=complete")
        self.wait_total(0, 50, 0)
        self.rewrite(self.broker, "allow_anonymous true", *self.lines, line, f"persistence_location {self.directory}")
        self.broker.reload()
        self.signals(production_complete_good=1)
        self.wait_total(101, 50, 0)
        self.assertEqual(self.station()["counted_by"], "production_complete_good")
        self.api.post(f"/api/v1/events/{event['key']}/acknowledge")
        self.assertEqual([one["acknowledged_by"] for one in self.events(kind="not_counted")], [telemetry.ADMIN])

    def test_M4_05_rejects(self):
        for number, rejects in enumerate((1, 2.5, 0, "2")):
            self.signals(production_complete_bad=rejects)
            self.row("production_complete_bad", float(rejects))
        self.wait_total(0, 5.5)
        row = self.series("station", STATION)["production_complete_bad"]
        self.assertEqual((row["kind"], row["total"]), ("increment", 5.5))
        self.assertEqual(self.station()["total"]["quality"], 0)

    def test_M4_05_rejects_that_are_not_counted_are_told(self):
        """The running count came first."""
        self.signals(production_count_bad=10)
        self.row("production_count_bad", 10)
        for _ in range(3):
            self.signals(production_complete_bad=2)
        [event] = eventually(lambda: self.events(kind="not_counted"), "an event")
        self.assertIn("telemetry_option busroot counted_by acme/PRESS7 bad=complete", event["text"])
        self.wait_total(0, 0)
        self.assertEqual(self.station()["not_counted"], ["production_complete_bad"])

    def test_M4_06_a_running_count_of_rejects(self):
        for count in (10, 12, 12, 3):
            self.signals(production_count_bad=count)
        self.wait_total(0, 5)

    def test_M4_06_quality_and_energy_of_a_unit(self):
        self.signals(production_complete_good=8, production_complete_bad=2, electrical_kwh_interval=4)
        self.wait_total(8, 2, 4)
        total = self.station()["total"]
        self.assertEqual((total["quality"], total["kwh_per_good"]), (0.8, 0.5))

    def test_M4_07_producing_or_not(self):
        for given, shown in ((1, 1), (0, 0), (True, 1), (False, 0), ("1", 1), ("0", 0), ("true", 1), ("false", 0)):
            self.signals(productive=given)
            self.assertEqual(self.row("productive", shown)["kind"], "state")
            self.assertEqual(self.station()["productive"], shown)
        timeline = [value for _, value in self.samples("station", STATION, "productive", bucket="raw")]
        self.assertEqual(timeline, [1, 0, 1, 0, 1, 0, 1, 0])
        station = self.station()
        self.assertGreaterEqual(station["known_ms"], station["productive_ms"])
        self.assertGreater(station["productive_share"], 0)
        self.assertLess(station["productive_share"], 1)

    def test_M4_08_energy_by_a_meter(self):
        for reading, kwh in ((15774.45, 0), (15775.45, 1), (15775.7, 1.25), (3.1, 1.25), (4.1, 2.25)):
            self.signals(electrical_kwh=reading)
            self.wait_total(0, 0, kwh)
        points = self.samples("station", STATION, "electrical_kwh", bucket="day")
        self.assertAlmostEqual(sum(step for _, step in points), 2.25, 9)

    def test_M4_08_another_meter_is_told(self):
        self.signals(electrical_kwh=15774.45)
        self.signals(electrical_kwh=3.1)
        eventually(lambda: any(event["source_id"] == STATION for event in self.events()), lambda: f"{self.events()}")
        self.wait_total(0)

    def test_M4_09_energy_by_interval(self):
        for _ in range(3):
            self.signals(electrical_kwh_interval=0.1)
        self.wait_total(0, 0, 0.3)
        points = self.samples("station", STATION, "electrical_kwh_interval", bucket="hour", aggregate="sum")
        self.assertAlmostEqual(sum(kwh for _, kwh in points), 0.3, 9)

    def test_M4_10_signal_strength(self):
        self.signals(rssi="-61")
        row = self.row("rssi", -61)
        self.assertEqual((row["unit"], row["kind"]), ("dBm", "gauge"))
        self.assertEqual(self.station()["rssi"], -61)

    def test_M4_11_alias_and_name_are_one_series(self):
        self.signals(production_count=10)
        self.signals(production_count_good=14)
        self.signals(production_count=15)
        self.wait_total(5)
        self.signals(production_complete=1)
        self.signals(production_complete_good=1)
        self.row("production_complete_good", 1)
        self.assertEqual(set(self.values("station", STATION)), {"production_count_good", "production_complete_good"})

    def test_M4_11_both_in_one_message(self):
        self.signals(production_complete=100, production_complete_good=3)
        self.wait_total(3)
        self.assertEqual(self.source("station", STATION)["facts"]["ignored_aliases"], "production_complete")

    def test_M4_11_counts_and_new_units_are_no_sum(self):
        """The same units told in two ways: what came first stands for them."""
        self.signals(production_count_good=10)
        self.signals(production_complete_good=4)
        self.signals(production_count_good=14, production_complete_good=0)
        self.wait_total(4)
        self.assertEqual(self.station()["counted_by"], "production_count_good")

    def test_M4_03_units_that_are_not_counted_are_told(self):
        """A station that was tried with the document's example and then sends new units."""
        self.signals(production_count_good=12.4, electrical_kwh=15774.45)
        self.row("production_count_good", 12.4)
        for _ in range(50):
            self.signals(production_complete_good=2)
        events = eventually(lambda: self.events(kind="not_counted"), "an event")
        self.assertEqual([(event["source_id"], event["severity"]) for event in events], [(STATION, "warning")])
        self.assertIn("telemetry_option busroot counted_by acme/PRESS7 good=complete", events[0]["text"])
        self.assertEqual(self.station()["not_counted"], ["production_complete_good"])

    def test_M4_12_misspelt_signals_are_listed(self):
        self.signals(productionCountGood=12.4)
        line = self.wait_outcome(verdict="unreadable", source_id=STATION)
        self.assertEqual(line["problem"], "misspelt key")
        self.assertIn("did you mean production_count_good?", line["hint"])
        self.assertEqual([line["source_id"] for line in self.outcomes(trouble="true")], [STATION])
        self.assertEqual(self.source("station", STATION)["facts"]["unknown_keys"], "productionCountGood")

    def test_M4_12_several_and_unknown_ones(self):
        self.signals(foo=1, production_complete_good=2, bar={"baz": True}, rssi=-70, productive=1, nothing=None)
        self.wait_total(2)
        self.row("rssi", -70)
        self.assertEqual(set(self.values("station", STATION)), {"production_complete_good", "rssi", "productive"})
        facts = self.source("station", STATION)["facts"]
        self.assertTrue(facts["unknown_keys"].startswith("foo, bar"), facts)
        raw = self.api.get(f"{telemetry.source_path('station', STATION)}/raw")["messages"]
        self.assertEqual([(message["topic"], message["problem"]) for message in raw], [(TOPIC, "")])
        self.assertIn('"baz": true', raw[0]["text"])

    def test_M4_12_the_worked_sequence(self):
        """Through all signals, with what stands after each message."""
        for signals, *wanted in (({"production_count_good": 12.4, "electrical_kwh": 15774.45}, 0, 0, 0),
                                 ({"production_count_good": 15.4, "electrical_kwh": 15775.45}, 3, 0, 1),
                                 ({"production_count": 20.4}, 8, 0, 1),
                                 ({"production_count_good": 20.4}, 8, 0, 1),
                                 ({"production_count_good": 2}, 10, 0, 1),
                                 ({"production_complete_bad": 1}, 10, 1, 1),
                                 ({"electrical_kwh_interval": 0.25}, 10, 1, 1.25),
                                 ({"productive": True, "rssi": -61}, 10, 1, 1.25),
                                 ({"foo": 1}, 10, 1, 1.25)):
            self.publish(TOPIC, signals)
            self.wait_total(*wanted)
        self.row("rssi", -61)
        self.publish(TOPIC, "not json")
        line = self.wait_outcome(verdict="unreadable", source_id=STATION)
        self.assertEqual((line["problem"], line["messages"], line["topic"], line["text"]), ("not JSON", 1, TOPIC, "not json"))
        self.assertEqual(self.source("station", STATION)["facts"]["unknown_keys"], "foo")
        self.wait_total(10, 1, 1.25)


class CountedBy(Factory):
    LINES = ("telemetry_option busroot counted_by acme/PRESS7 good=complete",)

    def test_M4_03_the_operator_says_which_units_count(self):
        self.signals(production_count_good=12.4)
        for _ in range(5):
            self.signals(production_complete_good=2)
        self.wait_total(10)
        self.assertEqual(self.station()["counted_by"], "production_complete_good")


class Devices(Factory):
    """Signals under the device's own name; one of them is told which station it stands at."""

    LINES = ("telemetry_option busroot station acme/press-07 PRESS7",)

    def test_M4_17_signals_by_device(self):
        self.signals("busroot/v1/acme/saw-01", production_count_good=12.4, electrical_kwh=15774.45)
        self.signals("busroot/v1/acme/saw-01", production_count=15.4, electrical_kwh=15775.45)
        self.signals("busroot/v1/acme/saw-01", production_complete_bad=1, electrical_kwh_interval=0.25, productive=1, rssi=-61)
        self.wait_total(3, 1, 1.25, "acme/saw-01")
        self.wait_values("station", "acme/saw-01", {"productive": 1, "rssi": -61})

    def test_M4_17_device_and_station_have_one_baseline(self):
        self.signals("busroot/v1/acme/press-07", production_count_good=10)
        self.signals(TOPIC, production_count_good=14)
        self.signals("busroot/v1/acme/press-07", production_count_good=15)
        self.wait_total(5)
        self.assertEqual([source["id"] for source in self.sources()], [STATION])

    def raw(self):
        return self.api.get(f"{telemetry.source_path('station', STATION)}/raw")["messages"]

    def test_M4_18_raw_data_is_not_processed(self):
        with connected(self.broker.address, "node-red") as second:
            second.subscribe("busroot/v1/dau/acme/+", qos=1)
            publisher = Client(self, self.mqtt_port, "press-07")
            for payload in ('{"production_complete_good":5}', "01 04 0A FF", "\x01\x02"):
                publisher.publish("busroot/v1/dau/acme/press-07", payload)
                message = second.wait_for("PUBLISH")
                self.assertEqual(message["payload"], payload.encode())
                second.send("PUBACK", id=message["id"])
            # The second stage makes signals of it.
            second.publish("busroot/v1/acme/press-07", '{"production_complete_good":5}', 1, 9)
            second.wait_for("PUBACK")
        self.wait_total(5)
        self.assertEqual(set(self.values("station", STATION)), {"production_complete_good"})
        self.assertEqual([source["id"] for source in self.sources()], [STATION], "no source of its own")
        self.assertEqual(self.outcomes(trouble="true"), [], "it is no error either")
        line = self.wait_outcome(verdict="nothing", decoder="busroot")
        self.assertEqual((line["source_id"], line["messages"]), (STATION, 3), "attributed to where the device stands")
        early = self.api.get("/api/v1/sources/0/raw")["messages"]
        self.assertEqual([message["topic"] for message in early], 3 * ["busroot/v1/dau/acme/press-07"], "kept as they came")
        self.assertIn("01 04 0A FF", [message.get("text") for message in early])
        self.publish("busroot/v1/dau/acme/press-07", "01 04 0A FE")
        eventually(lambda: "01 04 0A FE" in [message.get("text") for message in self.raw()], lambda: f"{self.raw()}")

    def test_M4_18_raw_data_is_attributed_however_its_topic_is_spelt(self):
        for topic in ("busroot/v1/dau/ab12", "busroot/v2/dau/ab12", "site/busroot/v1/dau/ab12"):
            self.publish(topic, {"v": "260630", "c1": 5, "kWh1": 1234.5})
        line = self.wait_outcome(verdict="nothing", source_id="ab12")
        eventually(lambda: self.outcomes(verdict="nothing")[0]["messages"] == 3, lambda: f"{line}")
        self.assertEqual(self.sources(), [])
