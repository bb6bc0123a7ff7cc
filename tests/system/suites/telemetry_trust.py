"""What a value means: the order of trust between the name, a map, a declaration, the message and the operator; and maps that are
given and changed while the broker runs."""

import telemetry
from case import eventually
from paho_client import Client

BOILER = """\
map boiler
title Boilers of the heating club

topic heating/{house}/boiler/{device}
source boiler {house}/{device}
key flow = flow_temperature  °C  /10
key burner                   state  0=off 1=low 2=high
others ignore
"""

MESSAGE = {"flow": 542, "burner": 2, "uptime": 77}


class Running(telemetry.Telemetry):
    """A broker that is reloaded and started again with other lines."""

    def setUp(self):
        super().setUp()
        self.start_telemetry()

    def reload_with(self, *lines, is_good=True):
        self.rewrite(self.broker, "allow_anonymous true", *self.lines, *lines, f"persistence_location {self.directory}")
        self.broker.reload(is_good)

    def restart(self):
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        self.begin()

    def put(self, path, body, status=200):
        got, _, answer = self.api.request("PUT", f"/api/v1/telemetry/{path}", body)
        self.assertEqual(got, status, answer)
        return answer.decode()

    def wait_row(self, source_kind, source, metric, **wanted):
        """The series once it says all of this."""
        def has_come():
            row = self.series(source_kind, source).get(metric, {})
            return all(telemetry.is_same(row.get(name), value) for name, value in wanted.items()) and row
        return eventually(has_come, lambda: f"{metric} {wanted} of {self.series(source_kind, source)}")


class OrderOfTrust(Running):
    TOPIC = "home/pump/state"
    MAP = f"map pump\ntopic {TOPIC}\nkey temperature K\n"
    DISCOVERY = {"name": "Pump", "unique_id": "pump-1", "state_topic": TOPIC, "unit_of_measurement": "°F",
                 "value_template": "{{ value_json.temperature }}"}

    def check(self, value, unit, trust, **more):
        self.publish(self.TOPIC, {"temperature": value, **more})
        self.wait_row("topic", self.TOPIC, "temperature", value=value, unit=unit, unit_source=trust)

    def test_each_step_beats_those_below_and_stays_over_a_restart(self):
        """Upwards; after each step a message that knows less takes nothing back, before and after a new start."""
        self.check(20.5, "°C", "assumed")
        self.lines += (f"telemetry_map {self.write('pump.map', self.MAP)}",)
        self.reload_with()
        self.check(293.5, "K", "mapped")
        self.restart()
        self.check(294.5, "K", "mapped")
        self.publish("homeassistant/sensor/pump/temperature/config", self.DISCOVERY, retain=1)
        self.check(69.5, "°F", "declared")
        self.restart()
        self.check(70.5, "°F", "declared")
        self.check(21.25, "°C", "stated", temperature_unit="C")
        self.restart()
        self.check(22.25, "°C", "stated")
        self.put("units", {"units": [{"source_kind": "topic", "source_id": self.TOPIC, "metric": "temperature", "unit": "°R"}]})
        self.check(530.5, "°R", "operator")
        self.check(531.5, "°R", "operator", temperature_unit="C")
        self.restart()
        self.check(532.5, "°R", "operator")
        self.assertEqual([row["id"] for row in self.sources()], [self.TOPIC], "discovery is no measurement")
        points = self.samples("topic", self.TOPIC, "temperature", bucket="raw")
        self.assertEqual([value for _, value in points], [20.5, 293.5, 294.5, 69.5, 70.5, 21.25, 22.25, 530.5, 531.5, 532.5])

    def test_declared_before_the_first_value(self):
        """By Home Assistant's discovery, zigbee2mqtt's list, Homie's attributes: never a series of their own."""
        self.publish("homeassistant/sensor/pump/temperature/config", self.DISCOVERY, retain=1)
        self.publish("homeassistant/sensor/pump/flow/config",
                     {"~": "home/pump", "stat_t": "~/state", "val_tpl": "{{ value_json.flow | float }}", "uniq_id": "pump-2",
                      "unit_of_meas": "L/min", "stat_cla": "measurement"}, retain=1)
        self.publish("zigbee2mqtt/bridge/devices", [
            {"ieee_address": "0x01", "friendly_name": "plug", "definition": {"exposes": [
                {"type": "numeric", "property": "energy", "name": "energy", "unit": "Wh", "value_max": 9000}]}}], retain=1)
        self.publish("homie/cellar/meter/volume/$unit", "m³", retain=1)
        self.publish(self.TOPIC, {"temperature": 68, "flow": 4.5, "free": 1})
        self.publish("zigbee2mqtt/plug", {"energy": 1520})
        self.publish("homie/cellar/meter/volume", "12.5")
        self.wait_row("topic", self.TOPIC, "temperature", value=68, unit="°F", unit_source="declared")
        self.wait_row("topic", self.TOPIC, "flow", value=4.5, unit="L/min", unit_source="declared")
        self.wait_row("topic", self.TOPIC, "free", unit="", unit_source="assumed")
        shown = eventually(lambda: len(self.sources()) == 3 and self.sources(), lambda: f"{self.sources()}")
        units = {(row["metric"].split("/")[-1], row["unit"], row["unit_source"]) for source in shown for row in source["series"]}
        self.assertIn(("energy", "Wh", "declared"), units)
        self.assertIn(("volume", "m³", "declared"), units)
        self.assertEqual(self.outcomes(trouble="true"), [])


class Maps(Running):
    TOPIC, SOURCE = "heating/north/boiler/b1", "north/b1"

    def test_a_map_from_unknown_topic_to_series_and_changed_by_sighup(self):
        self.publish(self.TOPIC, MESSAGE)
        self.wait_values("topic", self.TOPIC, {"flow": 542, "burner": 2, "uptime": 77})
        self.write("boiler.map", BOILER)
        self.reload_with("telemetry_map boiler.map")
        client = Client(self, self.mqtt_port, "boiler")
        client.publish(self.TOPIC, b'{"flow":542,"burner":2,"uptime":77}')
        row = self.wait_row("boiler", self.SOURCE, "flow_temperature", value=54.2, unit="°C", unit_source="mapped")
        self.assertEqual((row["kind"], row["time_source"]), ("gauge", "arrival"))
        self.wait_row("boiler", self.SOURCE, "burner", value="high", kind="state")
        self.assertEqual(set(self.values("boiler", self.SOURCE)), {"flow_temperature", "burner"}, "others are ignored")
        self.assertEqual(self.wait_outcome(source_kind="boiler")["map"], "boiler")
        self.write("boiler.map", BOILER.replace("2=high", "2=full").replace("others ignore", "key uptime  s  counter"))
        self.broker.reload()
        client.publish(self.TOPIC, b'{"flow":550,"burner":2,"uptime":78}')
        self.wait_row("boiler", self.SOURCE, "burner", value="full")
        self.wait_row("boiler", self.SOURCE, "uptime", value=78, unit="s", kind="counter")
        self.write("boiler.map", BOILER.replace("/10", "by ten"))
        self.broker.reload(is_good=False)
        self.assertRegex(self.broker.log(), r"Invalid 'telemetry_map': boiler:6: 'by'", "line and word")
        client.publish(self.TOPIC, b'{"flow":560,"burner":2,"uptime":79}')
        self.wait_row("boiler", self.SOURCE, "uptime", value=79)

    def test_a_map_over_rest_holds_at_once_and_after_a_restart(self):
        self.put("maps/boiler", BOILER.encode())
        for flow in (542, 550):
            self.publish(self.TOPIC, {**MESSAGE, "flow": flow})
            self.wait_row("boiler", self.SOURCE, "flow_temperature", value=flow / 10, unit="°C", unit_source="mapped")
            self.assertEqual(self.api.text("/api/v1/telemetry/maps/boiler"), BOILER)
            self.restart()
        refused = self.put("maps/boiler", BOILER.replace("°C  /10", "°C  by ten").encode(), 422)
        self.assertIn("by", refused)
        self.assertEqual(self.api.text("/api/v1/telemetry/maps/boiler"), BOILER)
        self.assertEqual(self.api.request("DELETE", "/api/v1/telemetry/maps/boiler")[0], 204)
        self.publish(self.TOPIC, MESSAGE)
        self.wait_values("topic", self.TOPIC, {"flow": 542})

    def test_one_set_over_rest_wins_over_a_file_and_that_over_a_shipped_one(self):
        """The shipped map of Tasmota reads °F where the message states it; one of its name replaces it."""
        self.publish("tele/attic/SENSOR", {"Time": "2026-01-01T00:00:00", "BME280": {"Temperature": 72.5}, "TempUnit": "F"})
        self.wait_row("tasmota", "attic", "BME280.Temperature", value=72.5, unit="°F", unit_source="stated")
        mine = "map tasmota\ntopic tele/{device}/SENSOR\nsource KIND {device}\nkey BME280.Temperature = warmth °C\nothers ignore\n"
        self.write("tasmota.map", mine.replace("KIND", "file"))
        self.reload_with("telemetry_map tasmota.map")
        self.publish("tele/attic/SENSOR", {"BME280": {"Temperature": 21.5}})
        self.wait_row("file", "attic", "warmth", value=21.5)
        self.put("maps/tasmota", mine.replace("KIND", "rest").encode())
        self.publish("tele/attic/SENSOR", {"BME280": {"Temperature": 22.5}})
        self.wait_row("rest", "attic", "warmth", value=22.5)
        self.assertEqual(self.values("file", "attic"), {"warmth": 21.5})
