"""A fleet whose makers chose their own topics, and Traccar's forwarding: vehicles by one line, emergencies by any (mission M2)."""

import time

from case import eventually
from paho_client import Client
from telemetry_vehicle import Fleet


class OwnTopics(Fleet):
    """Makers choose their topics; the document fixes none."""

    def start_car(self):
        self.car = Client(self, self.mqtt_port, "car1")
        for name, text in (("Speed", "70"), ("RPM", "1900"), ("GPS", "59.3293,18.0686")):
            self.car.publish(f"car1/{name}", text)

    def reload_with(self, *lines):
        self.rewrite(self.broker, "allow_anonymous true", *self.lines, *lines, f"persistence_location {self.directory}")
        self.broker.reload()

    def test_M2_01_one_line_makes_a_vehicle_of_them(self):
        """Until then the outcome says which; from then on gauges, place, history and trail."""
        self.start_car()
        self.wait_values("topic", "car1", {"Speed": 70, "RPM": 1900})
        eventually(lambda: self.outcomes()[0]["messages"] == 3, lambda: f"{self.outcomes()}")
        hints = {line["source_id"]: line.get("hint") for line in self.outcomes()}
        self.assertEqual(hints, {"car1": "telemetry_rule car1/# vehicle"})
        self.reload_with(hints["car1"])
        for speed, rpm, latitude in ((71, 1950, 59.3303), (72, 2000, 59.3313)):
            self.car.publish("car1/Speed", str(speed))
            self.car.publish("car1/RPM", str(rpm))
            self.car.publish("car1/GPS", f"{latitude},18.0686")
        rows = self.vehicle("car1", {"speed": 72, "rpm": 2000})
        self.assertEqual({name: (rows[name]["unit"], rows[name]["unit_source"], rows[name]["kind"]) for name in ("speed", "rpm")},
                         {"speed": ("km/h", "mapped", "gauge"), "rpm": ("1/min", "mapped", "gauge")})
        self.assertEqual([value for _, value in self.samples("vehicle", "car1", "speed", bucket="raw")], [71, 72])
        eventually(lambda: len(self.trail("car1")) == 2, "its trail")
        car = self.fleet()["car1"]
        self.assertEqual((car["state"], car["values"]["speed"], car["values"]["rpm"]), ("online", 72, 2000))
        self.assertAlmostEqual(car["position"]["latitude"], 59.3313, 6)
        features = self.api.get("/api/v1/positions", kind="vehicle")["features"]
        self.assertEqual([feature["properties"]["id"] for feature in features], ["car1"])

    def test_M2_01_a_fleet_of_its_own_by_one_rule(self):
        truck = Client(self, self.mqtt_port, "truck5")
        message = '{"Speed":70,"RPM":1900,"Location":{"lat":59.1,"lng":18.2}}'
        truck.publish("fleet/truck5/data", message)
        hint = self.wait_outcome(source_id="fleet/truck5/data")["hint"]
        self.reload_with(hint)
        for name in ("truck5", "truck6"):
            truck.publish(f"fleet/{name}/data", message)
            self.vehicle(name, {"speed": 70, "rpm": 1900})
        self.assertEqual(set(self.fleet()), {"truck5", "truck6"})

    def test_M2_07_an_emergency_on_topics_of_their_own(self):
        self.reload_with("telemetry_rule car1/# vehicle", "telemetry_rule emergency/+ vehicle")
        room = Client(self, self.mqtt_port, "room")
        room.subscribe("#", 1)
        car = Client(self, self.mqtt_port, "car1")
        car.publish("car1/emergency", "SOS", qos=1)
        car.publish("emergency/car2", '{"type":"Panic Button"}', qos=2)
        events = self.wait_events("emergency", 2)
        self.assertEqual({(event["source_kind"], event["source_id"], event["severity"]) for event in events},
                         {("vehicle", "car1", "critical"), ("vehicle", "car2", "critical")})
        room.expect(("car1/emergency", "SOS"), ("emergency/car2", '{"type":"Panic Button"}'))
        self.assertEqual({packet.qos for packet in room.packets}, {1})

    def test_M2_07_before_anybody_wrote_a_rule(self):
        """An SOS is one on any topic."""
        self.publish("emergency/car1", "SOS")
        self.publish("box/17", {"alarm": "sos,lowBattery", "battery": 3})
        events = eventually(lambda: len(self.events(severity="critical")) == 2 and self.events(severity="critical"),
                            lambda: f"{self.events()}")
        self.assertEqual({event["kind"] for event in events}, {"emergency"})


class Traccar(Fleet):
    LINES = ("telemetry_rule traccar/# vehicle",)

    def report(self, vehicle, ago_s, latitude=59.3293, longitude=18.0686, **attributes):
        when = time.strftime("%Y-%m-%dT%H:%M:%S.000+00:00", time.gmtime(self.now / 1000 - ago_s))
        position = {"protocol": "watch", "deviceTime": when, "fixTime": when, "valid": True, "latitude": latitude,
                    "longitude": longitude, "altitude": 28.0, "speed": 0.0, "course": 0.0, "accuracy": 0.0, "attributes": attributes}
        self.publish("traccar/positions", {"position": position, "device": {"name": "Van", "uniqueId": vehicle}})

    def test_M2_07_sos_with_a_low_battery_is_critical(self):
        """However the server joins the two. A low battery alone is not."""
        for number, alarm in enumerate(("sos,lowBattery", "lowBattery,sos", "lowBattery", "SOS")):
            self.report(f"van-{number}", 10, alarm=alarm, ignition=True)
        self.wait_events("alarm")
        eventually(lambda: len(self.events(severity="critical")) == 3, lambda: f"{self.events()}")
        critical = self.events(severity="critical", unacknowledged="true")
        self.assertEqual({(event["source_id"], event["kind"]) for event in critical},
                         {("van-0", "emergency"), ("van-1", "emergency"), ("van-3", "emergency")})
        self.assertEqual([event["source_id"] for event in self.events(severity="warning")], ["van-2"])

    def test_M2_09_a_parked_car_does_not_drive(self):
        """An hour of a receiver that wanders by 13 m: not by ignition, not by motion, not by a speed of 0."""
        for step in range(60):
            latitude, longitude = 59.3293 + (step % 3 - 1) * 0.00012, 18.0686 + (step % 2) * 0.0002
            self.report("parked", 3600 - step * 60, latitude, longitude, ignition=False, motion=False)
            self.report("still", 3600 - step * 60, latitude, longitude)
        for name in ("parked", "still"):
            eventually(lambda name=name: len(self.trail(name)) == 60, f"60 places of {name}")
            shown = self.fleet()[name]
            self.assertEqual((shown["distance_km"], shown["driving_s"]), (0, 0), name)
            self.assertFalse(self.series("vehicle", name).get("distance", {}).get("total"))
            place = self.api.get("/api/v1/positions", kind="vehicle")["features"][0]
            self.assertIsNone(place["properties"]["uncertainty_m"], "0 m is not told, not exact")
