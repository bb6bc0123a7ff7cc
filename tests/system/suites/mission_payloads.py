"""What every device has in common: the kinds of payload, the ways in which senders are named, and payloads of real users that
once came out wrong (missions MX.3 and MX.4)."""

import json
import time

import mesh_packets
import telemetry
from case import eventually
from paho_client import Client
from telemetry_mesh import BINARY

GATEWAY = mesh_packets.GATEWAY


def co_sensor(state, ppm):
    return json.dumps({"gas": 3, "co": ppm, "co_state": state, "battery": 88, "linkquality": 90})


def uplink(temperature, *gateways):
    """A sensor of The Things Network as these gateways heard it: (id, latitude, longitude)."""
    heard = [{"gateway_ids": {"gateway_id": name}, "rssi": -90 - place, "snr": 5 - place, "timestamp": 1000000001,
              "location": {"latitude": latitude, "longitude": longitude, "altitude": 40}}
             for place, (name, latitude, longitude) in enumerate(gateways)]
    return json.dumps({"end_device_ids": {"device_id": "soil-7", "dev_eui": "0004A30B00A1B2C3",
                                          "application_ids": {"application_id": "garden"}},
                       "received_at": "2026-01-01T11:59:58.123456789Z",
                       "uplink_message": {"f_port": 1, "decoded_payload": {"temperature_1": temperature, "soil_moisture": 31},
                                          "rx_metadata": heard}})


class Device(telemetry.Telemetry):
    def setUp(self):
        super().setUp()
        self.start_telemetry()
        self.client = Client(self, self.mqtt_port, "device")

    def wait_row(self, source_kind, source, metric, **wanted):
        def has_come():
            row = self.series(source_kind, source).get(metric, {})
            return all(telemetry.is_same(row.get(name), value) for name, value in wanted.items()) and row
        return eventually(has_come, lambda: f"{metric} {wanted} of {self.series(source_kind, source)}")


class Payloads(Device):
    def test_MX_03_all_kinds_of_payload(self):
        """Protobuf plain and encrypted, a JSON object, a bare number, a form, plain text; each is shown as it came as well."""
        watch = Client(self, self.mqtt_port, "watch")
        watch.subscribe("+/board/#")
        plain = mesh_packets.packet(67, mesh_packets.message(x1=int(time.time()), b2=mesh_packets.message(f1=64)), "!deadbe01", 5)
        self.client.publish(f"msh/EU_868/2/e/LongFast/{GATEWAY}", plain)
        self.wait_row("meshtastic", "!deadbe01", "device/battery_level", value=64, unit="%", unit_source="mapped")
        encrypted = BINARY["telemetry_device_default_key"]
        self.client.publish(encrypted["topic"], bytes.fromhex(encrypted["payload_hex"]))
        self.wait_row("meshtastic", encrypted["expect"]["packet"]["from_id"], "device/battery_level", value=83, unit="%")
        kinds = (("json", '{"temperature":21.5,"door":"open"}'), ("number", "21.5"), ("form", "field1=21.5&field2=44&mode=eco%20day"),
                 ("text", "heating up"), ("quantity", "20.6 °C"), ("pairs", "temp=21.5;hum=40"),
                 ("line", "weather,site=roof wind=3.5,gust=7i"))
        for name, payload in kinds:
            self.client.publish(f"lab/board/{name}", payload)
        self.wait_row("topic", "lab/board/json", "temperature", value=21.5, kind="gauge")
        self.wait_row("topic", "lab/board/json", "door", value="open", kind="state")
        self.wait_row("topic", "lab/board", "number", value=21.5)
        self.wait_row("topic", "lab/board/form", "field1", value=21.5)
        self.wait_row("topic", "lab/board/form", "field2", value=44)
        self.wait_row("topic", "lab/board/form", "mode", value="eco day", kind="state")
        self.wait_row("topic", "lab/board", "text", value="heating up", kind="state")
        self.wait_row("topic", "lab/board", "quantity", value=20.6, unit="°C", unit_source="stated")
        self.wait_row("topic", "lab/board/pairs", "hum", value=40)
        eventually(lambda: [3.5] == [row["value"] for source in self.sources() for row in source["series"]
                                     if row["metric"].endswith("wind")], lambda: f"{self.sources()}")
        watch.expect(*((f"lab/board/{name}", payload) for name, payload in kinds))
        self.assertEqual(self.outcomes(trouble="true"), [])

    def test_MX_03_what_is_none_of_them_says_why(self):
        for name, payload, verdict in (("binary", b"\x01\x04\x0a\xff", "opaque"), ("cut", b'{"temperature":21.5,"hum', "unreadable"),
                                       ("csv", b"1,2.5,3,x", "unreadable"), ("prose", b"x" * 300, "unreadable")):
            self.client.publish(f"odd/{name}", payload)
            line = self.wait_outcome(verdict=verdict, source_id=f"odd/{name}")
            self.assertTrue(line["problem"], line)
        self.client.publish("odd/padded", b"\xef\xbb\xbf 21.5\x00")
        self.wait_row("topic", "odd", "padded", value=21.5)

    def test_MX_04_in_the_topic(self):
        """A gateway's id, a serial number, a device's id."""
        self.client.publish(f"msh/EU_868/2/stat/{GATEWAY}", "online")
        self.client.publish("34945460a1b2/PUB/CH0", '{"PI":"503"}')
        self.client.publish("busroot/v1/acme/saw-01", '{"rssi":-61}')
        self.client.publish("vehicles/v7/speed", "50")
        self.client.publish("lab/room1/temperature", "21.5")
        for kind, name in (("meshtastic", GATEWAY), ("lowi", "34945460a1b2"), ("station", "acme/saw-01"), ("vehicle", "v7"),
                           ("topic", "lab/room1")):
            self.source(kind, name)

    def test_MX_04_in_the_payload(self):
        """`from` and not the gateway; `ident` and not the prefix; and the devices that speak on one topic."""
        sender = BINARY["nodeinfo_default_key"]
        self.client.publish(sender["topic"], bytes.fromhex(sender["payload_hex"]))
        self.client.publish("home/meters/CH0", '{"ident":"aaaa","device_CH":"0","PI":"1"}')
        self.client.publish("home/meters/CH0", '{"ident":"bbbb","device_CH":"0","PI":"2"}')
        for model, number, celsius in (("Acurite-Tower", 14, 4.5), ("Nexus-TH", 200, 21.25)):
            self.client.publish("rtl_433/pi/events", json.dumps({"model": model, "id": number, "temperature_C": celsius}))
        for mmsi, latitude in ((265000001, 59.3), (265000002, 57.7)):
            self.client.publish("ais/data", json.dumps({"class": "AIS", "type": 1, "mmsi": mmsi, "lat": latitude, "lon": 18.1,
                                                        "speed": 7.5}))
        self.wait_values("meshtastic", sender["expect"]["packet"]["from_id"], {"packets": 1})
        self.wait_values("lowi", "aaaa", {"CH0/power_import": 1})
        self.wait_values("lowi", "bbbb", {"CH0/power_import": 2})
        eventually(lambda: len(self.api.get("/api/v1/positions")["features"]) == 2, lambda: f"{self.sources()}")
        places = {feature["properties"]["id"]: feature["geometry"]["coordinates"][1]
                  for feature in self.api.get("/api/v1/positions")["features"]}
        self.assertEqual({latitude for name, latitude in places.items() if "265000001" in name}, {59.3})
        self.assertEqual({latitude for name, latitude in places.items() if "265000002" in name}, {57.7})
        warm = {source["id"]: [row["value"] for row in source["series"] if "emperature" in row["metric"]]
                for source in self.sources() if any("emperature" in row["metric"] for row in source["series"])}
        self.assertEqual(sorted(warm.values()), [[4.5], [21.25]], warm)

    def test_MX_04_one_device_by_any_login(self):
        """Who is logged in is not what a message is about: the same source from another client and another account."""
        self.client.publish("lab/room1/temperature", "21.5")
        phone = Client(self, self.mqtt_port, "phone", user="anna", password="secret")
        phone.publish("lab/room1/temperature", "21.75")
        self.wait_values("topic", "lab/room1", {"temperature": 21.75})
        self.assertEqual([source["id"] for source in self.sources()], ["lab/room1"])
        self.assertNotIn("anna", json.dumps(self.sources()))


class FieldCases(Device):
    def test_a_co_alarm_that_ends(self):
        topic = "zigbee2mqtt/co-cellar"
        for number, (state, ppm) in enumerate((("normal", 12), ("alarm", 212), ("normal", 13), ("fault", 14), ("alarm", 300))):
            self.client.publish(topic, co_sensor(state, ppm))
            row = eventually(lambda: next((row for source in self.sources() for row in source["series"]
                                           if row["metric"] == "co_state" and row["value"] == state), None), f"co_state {state}")
            self.assertEqual(row["kind"], "state")
            if number == 2:
                [alarm] = self.events(severity="critical")
                self.assertIn("alarm", alarm["text"])
        [source] = self.sources()
        points = self.samples(source["kind"], source["id"], "co_state", bucket="raw")
        self.assertEqual([state for _, state in points], ["normal", "alarm", "normal", "fault", "alarm"])
        eventually(lambda: len(self.events(severity="critical")) == 2, lambda: f"{self.events()}")

    def test_a_sensor_does_not_stand_where_its_gateways_stand(self):
        for celsius, gateways in ((27.2, (("church", 59.33, 18.07), ("harbour", 59.41, 18.33))), (27.3, (("harbour", 59.41, 18.33),))):
            self.client.publish("v3/garden@ttn/devices/soil-7/up", uplink(celsius, *gateways))
            row = eventually(lambda: next((row for source in self.sources() for row in source["series"]
                                           if row["value"] == celsius), None), f"{celsius}")
            self.assertEqual((row["metric"], row["time_source"]), ("temperature_1", "payload"))
        self.assertEqual(self.api.get("/api/v1/positions")["features"], [])
        [source] = self.sources()
        trail = self.api.get(f"/api/v1/sources/{source['key']}/positions", **{"from": "2025-01-01"})["features"]
        self.assertEqual(trail, [])
        self.assertEqual((source["name"], source["facts"]["heard_by"]), ("soil-7", "harbour"))
        self.assertFalse([row["metric"] for row in source["series"] if "rx_metadata" in row["metric"]])

    def test_units_that_are_told_are_heard(self):
        """Fahrenheit, kilowatts, watt-hours: never by the name."""
        self.client.publish("tele/attic/SENSOR", json.dumps({"Time": "2026-01-01T12:00:00", "BME280": {
            "Temperature": 72.5, "Pressure": 757.2}, "PressureUnit": "mmHg", "TempUnit": "F"}))
        self.client.publish("shellypro3em-a/status/emdata:0", json.dumps({"id": 0, "a_total_act_energy": 1234567.89}))
        self.client.publish("lab/heater", json.dumps({"power": {"value": 0.623, "units": "kW"}, "color_temp": 370}))
        units = {}

        def have_come():
            units.update({row["metric"]: (row["value"], row["unit"], row["unit_source"])
                          for source in self.sources() for row in source["series"]})
            return len(units) >= 5
        eventually(have_come, lambda: f"{units}")
        self.assertEqual(units["BME280.Temperature"], (72.5, "°F", "stated"))
        self.assertEqual(units["BME280.Pressure"], (757.2, "mmHg", "stated"))
        self.assertEqual(units["power.value"], (0.623, "kW", "stated"))
        self.assertEqual(units["color_temp"], (370, "mired", "assumed"), "and no temperature")
        energy = next(row for metric, row in units.items() if metric.endswith("total_act_energy"))
        self.assertIn(energy, ((1234567.89, "Wh", "mapped"), (1234.56789, "kWh", "mapped")))
