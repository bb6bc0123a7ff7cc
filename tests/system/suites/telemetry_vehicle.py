"""A fleet: where its vehicles are, how they drive, what is wrong with them, and emergencies (mission M2)."""

import csv
import io
import time

import telemetry
from case import eventually

KM_LATITUDE = 1 / 111.19492664455873  # degrees of a kilometre on a sphere of 6371 km


class Fleet(telemetry.Telemetry):
    LINES = ()

    def setUp(self):
        super().setUp()
        self.start_telemetry(*self.LINES)
        self.now = int(time.time() * 1000)

    def drive(self, vehicle, ago_s, **fields):
        """What it told so many seconds ago by its own clock."""
        self.publish(f"vehicles/{vehicle}/telemetry", {"ts": self.now - ago_s * 1000, **fields})

    def vehicle(self, vehicle, wanted):
        return self.wait_values("vehicle", vehicle, wanted)

    def fleet(self, **query):
        """Of the last day: a vehicle's day does not begin at midnight here."""
        return {one["id"]: one for one in self.api.get("/api/v1/fleet", **{"from": "-24h", **query})["vehicles"]}

    def trail(self, vehicle, form="points"):
        self.source("vehicle", vehicle)
        return self.api.get(f"{telemetry.source_path('vehicle', vehicle)}/positions", form=form)["features"]

    def wait_events(self, kind, count=1):
        return eventually(lambda: len(self.events(kind=kind)) >= count and self.events(kind=kind),
                          lambda: f"{count} {kind} among {self.events()}")


class Tracking(Fleet):
    def test_M2_01_speed_revolutions_and_place(self):
        self.drive("v7", 10, speed=47.5, rpm=1726, coolant=83, fuel=64, lat=59.3293, lon=18.0686)
        self.drive("v7", 5, Speed="50.0 kph", RPM=1800, gps={"lat": 59.3303, "lon": 18.0686, "alt": 12})
        rows = self.vehicle("v7", {"speed": 50, "rpm": 1800, "coolant": 83, "fuel": 64})
        self.assertEqual([rows[name]["unit"] for name in ("speed", "rpm", "coolant", "fuel")], ["km/h", "1/min", "°C", "%"])
        self.assertEqual([value for _, value in self.samples("vehicle", "v7", "speed", bucket="raw")], [47.5, 50])
        self.assertEqual([when for when, _ in self.samples("vehicle", "v7", "rpm", bucket="raw")],
                         [self.now - 10_000, self.now - 5_000], "by the vehicle's clock")
        [feature] = self.api.get("/api/v1/positions", kind="vehicle")["features"]
        self.assertEqual(feature["geometry"], {"type": "Point", "coordinates": [18.0686, 59.3303, 12]})

    def test_M2_01_other_forms(self):
        """The same from other makers: OwnTracks, VSS, OBD names and hex, NMEA, bare numbers."""
        self.publish("owntracks/ann/phone", {"_type": "location", "lat": 59.3293, "lon": 18.0686, "tst": self.now // 1000 - 60,
                                             "vel": 47, "cog": 182, "acc": 8, "batt": 81, "tid": "v7", "t": "t"})
        self.vehicle("ann/phone", {"speed": 47})
        self.publish("vss/car1/Vehicle/Speed", 47.5)
        self.publish("vss/car1/Vehicle/Powertrain/CombustionEngine/Speed", 1726)
        self.vehicle("car1", {"speed": 47.5, "rpm": 1726})
        self.publish("obd/car2/RPM", "1726.0 revolutions_per_minute")
        self.publish("obd/car2/SPEED", "41 0D 32")
        self.vehicle("car2", {"rpm": 1726, "speed": 50})
        self.publish("vehicles/v8/speed", "12.5")
        self.vehicle("v8", {"speed": 12.5})
        self.publish("vehicles/v9/telemetry", "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A")
        def place():
            found = {one["properties"]["id"]: one["geometry"]["coordinates"]
                     for one in self.api.get("/api/v1/positions")["features"]}
            return found.get("v9")
        shown = eventually(place, "the place of v9")
        self.assertAlmostEqual(shown[1], 48.1173, 4)
        self.assertAlmostEqual(shown[0], 11.516666, 4)
        self.assertEqual(self.outcomes(trouble="true"), [])

    def test_M2_03_a_trail_of_each_vehicle(self):
        for step in range(6):
            for vehicle, latitude in (("v1", 59.0), ("v2", 60.0)):
                self.drive(vehicle, 60 - step * 10, lat=latitude + step * KM_LATITUDE / 10, lon=18, speed=36)
        eventually(lambda: len(self.trail("v2")) == 6, "the trail")
        for vehicle, latitude in (("v1", 59.0), ("v2", 60.0)):
            shown = [feature["geometry"]["coordinates"] for feature in self.trail(vehicle)]
            self.assertEqual([round(place[1], 6) for place in shown],
                             [round(latitude + step * KM_LATITUDE / 10, 6) for step in range(6)])
        [line] = self.trail("v1", "line")
        self.assertEqual(line["geometry"]["type"], "LineString")
        self.assertEqual(line["properties"]["times"], [self.now - 60_000 + step * 10_000 for step in range(6)])
        self.assertEqual(len(self.api.get("/api/v1/positions")["features"]), 2, "one place each, the last")

    def test_M2_03_no_fix_is_no_place(self):
        self.drive("v1", 20, lat=0, lon=0, speed=3)
        self.drive("v1", 10, lat=95, lon=18, speed=4)
        self.vehicle("v1", {"speed": 4})
        self.assertEqual(self.api.get("/api/v1/positions")["features"], [])

    def test_M2_04_a_trailer_has_no_engine(self):
        """A place twice an hour, and nothing else."""
        self.drive("trailer-12", 5400, lat=59.1, lon=18.1, name="Trailer 12", group="trailers")
        self.drive("trailer-12", 3600, lat=59.2, lon=18.1)
        self.drive("v1", 1, lat=59.2, lon=18.2, speed=30, rpm=1500)
        eventually(lambda: len(self.trail("trailer-12")) == 2, "two places")
        self.vehicle("v1", {"speed": 30})
        shown = self.fleet()["trailer-12"]
        self.assertEqual((shown["name"], shown["group"], shown["state"]), ("Trailer 12", "trailers", "online"))
        self.assertNotIn("speed", shown["values"])
        self.assertAlmostEqual(shown["position"]["latitude"], 59.2, 7)
        self.assertGreaterEqual(shown["position"]["age_ms"], 3_600_000, "how old its place is")
        self.assertAlmostEqual(shown["distance_km"], 0.1 / KM_LATITUDE, 1)

    def test_M2_05_long_silence_of_a_container(self):
        """A container may be silent for hours; how long it has been is told, and the asker may take another span."""
        self.publish("vehicles/MSKU1234567/telemetry", "53.5461,9.9937")
        self.assertEqual(self.source("vehicle", "MSKU1234567")["online_ms"], 18 * 3600 * 1000)
        time.sleep(1.1)
        def state(within):
            found = self.api.get("/api/v1/sources", kind="vehicle", online_within=within)["sources"]
            return found[0]["state"], found[0]["age_ms"] >= 1000
        self.assertEqual(state("1s"), ("ageing", True))
        self.assertEqual(state("7d"), ("online", True))
        [container] = self.api.get("/api/v1/fleet", online_within="1s")["vehicles"]
        self.assertEqual(container["state"], "ageing")
        since = self.api.get("/api/v1/positions", since="-1s")["features"]
        self.assertEqual(since, [], "not among the places of the last second")

    def test_M2_06_the_list_of_all_vehicles(self):
        for number in range(20):
            self.drive(f"v{number:02}", 1, speed=number, lat=59 + number / 10, lon=18, name=f"Truck {number}",
                       group="north" if number % 2 else "south")
        self.publish("vehicles/v03/status", "online", retain=1)
        self.publish("vehicles/v04/status", "offline", retain=1)
        self.vehicle("v04", {"online": 0})
        self.vehicle("v19", {"speed": 19})
        shown = self.fleet()
        self.assertEqual(sorted(shown), [f"v{number:02}" for number in range(20)])
        self.assertEqual((shown["v03"]["state"], shown["v04"]["state"]), ("online", "offline"))
        self.assertEqual((shown["v07"]["name"], shown["v07"]["values"]["speed"]), ("Truck 7", 7))
        self.assertLess(abs(shown["v07"]["last_seen"] - self.now), 60_000)
        self.assertEqual(list(self.fleet(state="offline")), ["v04"])
        self.assertEqual(sorted(self.fleet(group="north")), [f"v{number:02}" for number in range(1, 20, 2)])
        found = self.api.get("/api/v1/sources", kind="vehicle", search="truck 1")["sources"]
        self.assertEqual(len(found), 11)

    def test_M2_06_a_vehicle_whose_connection_breaks(self):
        """Its will says so."""
        from raw import connected
        vehicle = connected(self.broker.address, "v5", will="vehicles/v5/status", will__payload="offline", will__qos=1,
                            will__retain=1)
        vehicle.publish_acked("vehicles/v5/status", "online", retain=1)
        self.vehicle("v5", {"online": 1})
        vehicle.close()
        self.vehicle("v5", {"online": 0})
        self.assertEqual(self.fleet()["v5"]["state"], "offline")

    def test_M2_01_trouble_codes(self):
        self.publish("vehicles/v7/dtc", {"mil": True, "codes": ["P0301", "U0100"]}, retain=1)
        self.vehicle("v7", {"mil": 1, "dtc_count": 2})
        self.assertEqual(self.source("vehicle", "v7")["facts"]["dtc"], "P0301, U0100")


class Emergencies(Fleet):
    TOPIC = "vehicles/v7/emergency"

    def raise_alarm(self, qos=1, **fields):
        self.publish(self.TOPIC, {"type": "crash", "text": "Airbag löste aus", "lat": 59.3, "lon": 18.1, **fields}, qos, 1)
        return self.wait_events("emergency")[0]

    def test_M2_07_shown_at_once_and_prominently(self):
        began = time.monotonic()
        event = self.raise_alarm()
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual((event["severity"], event["source_id"], event["acknowledged"]), ("critical", "v7", None))
        self.assertIn("Airbag löste aus", event["text"] + str(event["details"]))
        self.assertEqual(self.events(severity="critical", unacknowledged="true"), [event])
        self.vehicle("v7", {"emergency": 1})

    def test_M2_07_each_qos(self):
        for count, qos in enumerate((0, 1, 2), 1):
            self.publish(f"vehicles/q{qos}/emergency", {"type": "sos"}, qos, 1)
            self.wait_events("emergency", count)
        self.assertEqual({event["source_id"] for event in self.events()}, {"q0", "q1", "q2"})

    def test_M2_07_it_must_be_acknowledged(self):
        event = self.raise_alarm()
        done = self.api.post(f"/api/v1/events/{event['key']}/acknowledge")
        self.assertEqual(done["by"], telemetry.ADMIN)
        self.assertEqual(self.events(unacknowledged="true", kind="emergency"), [])
        [kept] = self.events(kind="emergency")
        self.assertEqual((kept["key"], kept["acknowledged_by"]), (event["key"], telemetry.ADMIN))
        self.assertGreaterEqual(kept["acknowledged"], event["time"])
        self.vehicle("v7", {"emergency": 1})

    def test_M2_07_kept_in_history(self):
        """Through a restart and the end of the emergency. A retained alarm is not raised again by the start."""
        self.lines += ("persistence true",)
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        self.begin()
        event = self.raise_alarm()
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        self.begin()
        self.publish(self.TOPIC, "", 1, 1)
        self.wait_events("emergency_cleared")
        self.vehicle("v7", {"emergency": 0})
        self.assertEqual([one["key"] for one in self.events(kind="emergency")], [event["key"]])
        rows = list(csv.DictReader(io.StringIO(self.api.text("/api/v1/events?format=csv"))))
        self.assertEqual([row["kind"] for row in rows], ["emergency_cleared", "emergency"])

    def test_M2_07_one_that_nobody_acknowledged_does_not_vanish(self):
        """However old it is, and over a new start: it stays in the list until somebody has seen to it, and in the history after."""
        weeks = 40 * 86_400
        self.publish(self.TOPIC, {"type": "sos", "ts": self.now // 1000 - weeks})
        [event] = self.wait_events("emergency")
        self.assertLess(event["time"], self.now - 39 * 86_400_000)
        for number in range(30):
            self.publish("vehicles/v8/event", {"type": "harsh_brake", "ts": self.now // 1000 - number})
        self.wait_events("harsh_brake", 30)
        for _ in range(2):
            shown = self.events(severity="critical", unacknowledged="true")
            self.assertEqual([(one["key"], one["acknowledged"]) for one in shown], [(event["key"], None)])
            self.assertEqual(self.broker.stop(), 0)
            self.forget(self.broker)
            self.begin()
        self.api.post(f"/api/v1/events/{event['key']}/acknowledge")
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        self.begin()
        self.assertEqual(self.events(severity="critical", unacknowledged="true"), [])
        self.assertEqual([one["acknowledged_by"] for one in self.events(severity="critical")], [telemetry.ADMIN])

    def test_M2_07_delivered_to_all_who_watch(self):
        """Also to a control room that was away."""
        from raw import Raw, connected
        with connected(self.broker.address, "room", clean=0) as room:
            room.subscribe("vehicles/+/emergency", qos=1)
            room.leave()
        self.raise_alarm()
        with Raw(self.broker.address) as room:
            self.assertEqual(room.connect("room", clean=0)["session"], 1)
            message = room.wait_for("PUBLISH")
            self.assertEqual((message["topic"].decode(), message["qos"]), (self.TOPIC, 1))


class Driving(Fleet):
    LINES = ("telemetry_option vehicle speed_limit 80", "telemetry_option vehicle geofence depot 59.0 18.0 500",
             "telemetry_option vehicle geofence yard 60.0,18.0 60.1,18.0 60.1,18.1 60.0,18.1")

    def journey(self, vehicle="v1"):
        """Ten minutes at 60 km/h to the north, with a hard stop at the end; 10 km."""
        for step in range(61):
            self.drive(vehicle, 700 - step * 10, lat=59.01 + step * KM_LATITUDE / 6, lon=18, speed=60, ignition=True)
        self.drive(vehicle, 99, speed=60, ignition=True)
        self.drive(vehicle, 98, speed=30, ignition=True)
        self.drive(vehicle, 90, speed=0, ignition=False)

    def test_M2_09_figures_of_each_vehicle(self):
        self.journey()
        self.wait_events("trip_end")
        shown = self.fleet()["v1"]
        self.assertAlmostEqual(shown["distance_km"], 10, 1)
        self.assertAlmostEqual(shown["driving_s"], 601, delta=15)
        self.assertEqual(shown["fastest_kmh"], 60)
        self.assertEqual((shown["events"]["trip_end"], shown["events"]["harsh_brake"]), (1, 1))
        [trip] = self.events(kind="trip_end")
        self.assertAlmostEqual(trip["details"]["distance_km"], 10, 1)
        self.assertEqual(trip["details"]["speed_max_kmh"], 60)

    def test_M2_09_of_a_period(self):
        self.journey()
        self.wait_events("trip_end")
        later = self.fleet(**{"from": "-30s"})["v1"]
        self.assertEqual((later["events"]["trip_end"], later["events"]["harsh_brake"]), (0, 0))
        profile = self.samples("vehicle", "v1", "speed", bucket="minute", aggregate="min,mean,max,count")
        self.assertEqual(sum(count for *_, count in profile), 64)
        self.assertEqual(max(fastest for *_, fastest, _ in profile), 60)

    def test_M2_09_speed_profile(self):
        """How long it was driven how fast, and how long above the limit; in any period, and exportable."""
        for step in range(7):
            self.drive("v1", 120 - step * 10, speed=40)
        for step in range(6):
            self.drive("v1", 50 - step * 10, speed=100)
        self.vehicle("v1", {"speed": 100})
        def has_come():
            return self.fleet()["v1"]["driving"]["80_to_110_kmh_s"] == 50
        eventually(has_come, lambda: f"{self.fleet()}")
        shown = self.fleet()["v1"]
        self.assertEqual({name: seconds for name, seconds in shown["driving"].items() if seconds and name != "night_s"},
                         {"30_to_50_kmh_s": 60, "50_to_80_kmh_s": 10, "80_to_110_kmh_s": 50, "over_limit_s": 50})
        self.assertEqual(shown["driving_s"], 120)
        [row] = csv.DictReader(io.StringIO(self.api.text("/api/v1/fleet?format=csv&from=-24h")))
        self.assertEqual((row["30_to_50_kmh_s"], row["80_to_110_kmh_s"], row["over_limit_s"]), ("60", "50", "50"))
        text = self.api.text(f"{telemetry.source_path('vehicle', 'v1')}/samples?metric=driving_time.80_to_110&bucket=year&format=csv")
        self.assertEqual(sum(float(line.split(",")[1]) for line in text.splitlines()[1:]), 50)

    def test_M2_08_a_zone_with_corners(self):
        self.drive("v2", 200, lat=59.9, lon=18.05)
        self.drive("v2", 100, lat=60.05, lon=18.05)
        [entered] = self.wait_events("zone_enter")
        self.assertEqual((entered["source_id"], entered["text"]), ("v2", "yard"))
        self.vehicle("v2", {"zone.yard": 1})

    def test_M2_09_exported(self):
        self.journey("=cmd()")
        self.wait_events("trip_end")
        text = self.api.text("/api/v1/fleet?format=csv&from=-24h")
        [row] = csv.DictReader(io.StringIO(text))
        self.assertAlmostEqual(float(row["distance_km"]), 10, 1)
        self.assertEqual((row["trip_end"], row["harsh_brake"], row["fastest_kmh"]), ("1", "1", "60"))
        self.assertEqual(row["id"], "'=cmd()", "no formula for a spreadsheet")

    def test_M2_09_by_the_odometer(self):
        """Which is trusted more than the places."""
        for step, kilometres in enumerate((120_000, 120_004, 120_004, 120_010)):
            self.drive("v1", 600 - step * 180, odometer=kilometres, speed=80)
        self.vehicle("v1", {"odometer": 120_010})
        eventually(lambda: abs(self.fleet()["v1"]["distance_km"] - 10) < 1e-6, lambda: f"{self.fleet()}")

    def test_M2_08_too_fast_and_into_a_zone(self):
        for step in range(4):
            self.drive("v1", 100 - step * 10, speed=95, lat=59.02 - step * 0.006, lon=18)
        self.wait_events("over_speed")
        [entered] = self.wait_events("zone_enter")
        self.assertIn("depot", entered["text"] + str(entered["details"]))
        shown = eventually(lambda: self.fleet()["v1"]["events"]["zone_enter"] and self.fleet()["v1"], lambda: f"{self.fleet()}")
        self.assertEqual((shown["events"]["over_speed"], shown["events"]["zone_enter"]), (1, 1))

    def test_M2_09_a_message_twice_is_one_way(self):
        """QoS 1 may repeat a message: the way is not driven twice."""
        for _ in range(2):
            for step in range(10):
                self.drive("v1", 200 - step * 10, lat=59.01 + step * KM_LATITUDE / 6, lon=18, speed=60)
        self.drive("v1", 1, speed=0)
        self.vehicle("v1", {"speed": 0})
        self.assertAlmostEqual(self.fleet()["v1"]["distance_km"], 1.5, 2)
