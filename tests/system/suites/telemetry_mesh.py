"""A Meshtastic community's broker: nodes, places, texts and keys, from genuine packets and without any set-up (mission M0)."""

import json
import time
from pathlib import Path

import telemetry
from case import eventually
from mesh_packets import GATEWAY, map_report, message, packet, position
from raw import connected

VECTORS = json.loads((Path(__file__).parents[2] / "telemetry/data/meshtastic-vectors.json").read_text())
BINARY = {vector["name"]: vector for vector in VECTORS["binary"]}

ROUTER, AKE, OTHER, SECOND = "!7c5b1e2a", "!433d2f10", "!deadbe01", "!0badcafe"
MAP_TOPIC = "msh/EU_868/2/map/"


def payload(name):
    return bytes.fromhex(BINARY[name]["payload_hex"])


class Mesh(telemetry.Telemetry):
    LINES = ()

    def setUp(self):
        super().setUp()
        self.start_telemetry(*self.LINES)

    def send(self, *names):
        for name in names:
            self.publish(BINARY[name]["topic"], payload(name))

    def uplink(self, data, topic="LongFast", gateway=GATEWAY):
        self.publish(f"msh/EU_868/2/e/{topic}/{gateway}", data)

    def node(self, node, wanted=None):
        if wanted:
            self.wait_values("meshtastic", node, wanted)
        return self.source("meshtastic", node)

    def wait_facts(self, node, **wanted):
        def have_come():
            facts = self.node(node)["facts"]
            return all(facts.get(name) == text for name, text in wanted.items())
        eventually(have_come, lambda: f"{wanted} of {self.node(node)['facts']}")
        return self.node(node)

    def texts(self, count):
        """[(sender, text)] once there are so many; the oldest first."""
        events = eventually(lambda: len(self.events(kind="text")) >= count and self.events(kind="text"),
                            lambda: f"{count} texts among {self.events()}")
        return [(event["source_id"], event["text"]) for event in reversed(events)]

    def places(self):
        """Node: GeoJSON feature."""
        features = self.api.get("/api/v1/positions", kind="meshtastic")["features"]
        return {feature["properties"]["id"]: feature for feature in features}

    def check_place(self, node, latitude, longitude, uncertainty):
        def is_there():
            feature = self.places().get(node)
            if not feature:
                return False
            shown = feature["geometry"]["coordinates"]
            is_near = abs(shown[0] - longitude) < 1e-7 and abs(shown[1] - latitude) < 1e-7
            # A place that nobody made less precise has no circle around it.
            told = feature["properties"]["uncertainty_m"] or 0
            return is_near and abs(told - uncertainty) <= uncertainty * 0.01
        eventually(is_there, lambda: f"{node} at {latitude}, {longitude} ± {uncertainty} m: {self.places().get(node)}")


class Nodes(Mesh):
    def test_M0_02_nothing_goes_back_to_the_mesh(self):
        """Every genuine packet is read; what is published below msh/ is what the gateways sent, and nothing else."""
        with connected(self.broker.address, "watch") as watch:
            watch.subscribe("#", qos=0)
            for vector in VECTORS["binary"]:
                self.publish(vector["topic"], bytes.fromhex(vector["payload_hex"]))
            for vector in VECTORS["json_mode"]:
                self.publish(vector["topic"], vector["payload"])
            count = len(VECTORS["binary"]) + len(VECTORS["json_mode"])
            got = []
            while len(got) < count:
                name, fields, _ = watch.receive()
                self.assertEqual(name, "PUBLISH")
                got.append((fields["topic"].decode(), fields["payload"]))
            self.texts(8)
            self.assertEqual([topic for topic, _ in watch.messages() if not topic.startswith("$")], [])
        self.assertEqual(got[:len(VECTORS["binary"])],
                         [(vector["topic"], bytes.fromhex(vector["payload_hex"])) for vector in VECTORS["binary"]])

    def test_M0_04_packets_that_travelled_over_mqtt_are_marked(self):
        self.uplink(packet(1, "by radio", ROUTER, 11, f9=3, f15=3))
        self.uplink(packet(1, "by mqtt", OTHER, 12, f14=1))
        self.assertEqual(sorted(self.texts(2)), sorted([(ROUTER, "by radio"), (OTHER, "by mqtt")]))
        self.node(ROUTER, {"packet/via_mqtt": 0})
        self.node(OTHER, {"packet/via_mqtt": 1})
        self.assertEqual(self.node(OTHER)["facts"]["via_mqtt"], "yes")

    def test_M0_05_consent_is_shown(self):
        self.send("text_not_ok_to_mqtt", "text_default_key")
        self.texts(2)
        self.wait_facts(OTHER, ok_to_mqtt="no")
        sender = BINARY["text_default_key"]["expect"]["packet"]["from_id"]
        self.wait_facts(sender, ok_to_mqtt="yes")
        self.send("text_old_firmware_no_bitfield")
        self.wait_facts(OTHER, ok_to_mqtt="unknown")

    def test_M0_06_sender_and_gateway(self):
        """Heard by another person's gateway: it is the sender's, and says by which way it came."""
        self.send("nodeinfo_default_key")
        self.node(AKE, {"packets": 1, "packet/rx_snr": -7.5, "packet/rx_rssi": -112, "packet/hops_away": 2})
        self.wait_facts(AKE, gateway=GATEWAY, ok_to_mqtt="yes", channel="LongFast")
        gateway = self.node(GATEWAY, {"receptions": 1})
        self.assertNotIn("packets", self.values("meshtastic", GATEWAY))
        self.assertEqual(gateway["name"], "", "what the sender is called, the gateway is not")

    def test_M0_06_heard_by_two_gateways(self):
        self.send("dup_gateway_1", "dup_gateway_2")
        self.node(SECOND, {"receptions": 1})
        self.assertEqual(self.texts(1), [(AKE, "heard twice")])
        self.assertEqual(self.series("meshtastic", AKE)["packets"]["total"], 1)
        self.wait_facts(AKE, gateways=f"{GATEWAY} {SECOND}")

    def test_M0_07_packets_on_the_default_key(self):
        self.send("text_default_key", "telemetry_device_default_key", "text_primary_named_other_but_default_key",
                  "telemetry_power_default_key")
        self.assertEqual({text for _, text in self.texts(2)}, {"hello mesh", "preset name differs"})
        sender = BINARY["telemetry_device_default_key"]["expect"]["packet"]["from_id"]
        self.node(sender, {"device/battery_level": 83, "device/voltage": 3.97, "device/channel_utilization": 12.5})
        sender = BINARY["telemetry_power_default_key"]["expect"]["packet"]["from_id"]
        self.node(sender, {"power/ch1_voltage": 5.125, "power/ch2_current": -87.5, "power/ch3_current": 0})

    def test_M0_07_packets_that_nobody_here_can_read(self):
        """Counted and listed, and never an error. A wrong key's bytes are not taken for a message."""
        self.send("undecryptable_unknown_key", "undecryptable_colliding_hash", "pki_direct_message")
        self.node(AKE, {"packets": 1})
        eventually(lambda: self.series("meshtastic", AKE)["packets"]["total"] == 3, lambda: f"{self.series('meshtastic', AKE)}")
        rows = self.series("meshtastic", AKE)
        self.assertEqual((rows["packets/UNKNOWN_KEY"]["total"], rows["packets/PUBLIC_KEY"]["total"]), (2, 1))
        lines = {line["problem"]: line["messages"] for line in self.outcomes(verdict="opaque")}
        self.assertEqual(lines, {"unknown key": 2, "public-key message": 1})
        self.assertEqual(self.outcomes(verdict="unreadable"), [])
        self.assertEqual(self.events(), [])

    def test_M0_07_what_is_damaged_is_counted(self):
        names = [name for name, vector in BINARY.items() if not vector["expect"]["ok"] and vector["payload_len"]]
        self.assertGreater(len(names), 6)
        self.send(*names, "payload_corrupt_inside_valid_envelope", "text_plain_utf8")
        self.texts(1)
        count = sum(line["messages"] for line in self.outcomes(verdict="unreadable"))
        self.assertEqual(count, len(names) + 1, f"{self.outcomes()}")
        self.assertEqual({source["id"] for source in self.sources()}, {ROUTER, GATEWAY}, "nothing was made of them")

    def test_M0_09_without_json(self):
        """Everything from the protobuf topics alone: names, places, telemetry, neighbours, traces, waypoints, counters."""
        self.send(*[name for name in BINARY if name.endswith("_plain") or name.startswith(("position", "traceroute", "waypoint",
                                                                                           "paxcounter"))])
        self.node(ROUTER, {"pax/wifi": 23, "pax/ble": 57, "environment/temperature": -12.25, "environment/wind_direction": 270,
                           "air_quality/co2": 612, "local_stats/num_packets_rx": 4321, "neighbors/count": 2})
        self.wait_facts(ROUTER, short_name="SLUR", hardware_model="RAK4631", role="ROUTER")
        kinds = eventually(lambda: {"traceroute", "waypoint", "neighbors"} <= {event["kind"] for event in self.events()} and
                           self.events(), lambda: f"{self.events()}")
        waypoint = next(event for event in kinds if event["kind"] == "waypoint")
        self.assertIn("Träffpunkt", waypoint["text"])
        neighbors = next(event for event in kinds if event["kind"] == "neighbors")
        self.assertIn(AKE, json.dumps(neighbors["details"]))
        self.assertEqual(self.outcomes(trouble="true"), [])

    def test_M0_09_json_is_optional(self):
        for vector in VECTORS["json_mode"]:
            self.publish(vector["topic"], vector["payload"])
        self.wait_values("meshtastic", AKE, {"device/battery_level": 83, "power/ch1_voltage": 5.125})
        self.assertIn((AKE, "hej"), self.texts(2))
        self.assertIn((GATEWAY, "old"), self.texts(2), "numbers with a sign, as old firmware writes them")
        self.check_place(AKE, 59.3293, 18.0686, 0)
        self.assertEqual(self.outcomes(verdict="unreadable"), [])

    def test_M0_11_by_way_of_a_phone(self):
        """The phone connects instead of the node: the same topics from another client id."""
        for number, client in enumerate(("!7c5b1e2a", "MeshtasticAndroidMqttProxy-7c5b1e2a")):
            self.publish(f"msh/EU_868/2/e/LongFast/{ROUTER}",
                         packet(67, message(x1=int(time.time()), b2=message(f1=50 + number)), ROUTER, 20 + number, ROUTER),
                         client_id=client)
            self.node(ROUTER, {"device/battery_level": 50 + number})
        self.assertEqual([source["id"] for source in self.sources()], [ROUTER])

    def test_M0_12_a_map_report_renews_its_node(self):
        """Each one counts, though all have packet id 0."""
        for online in (80, 81, 81):
            self.publish(MAP_TOPIC, map_report(OTHER, online))
        self.node(OTHER, {"map_report/num_online_local_nodes": 81})
        eventually(lambda: len(self.samples("meshtastic", OTHER, "map_report/num_online_local_nodes", bucket="raw")) == 3,
                   "three reports")
        self.assertEqual(self.node(OTHER)["state"], "online")

    def test_M0_12_a_node_that_misses_reports_ages(self):
        """Three intervals of 900 s when nobody says otherwise; the asker may, here one second."""
        self.publish(MAP_TOPIC, map_report(OTHER, 80))
        self.assertEqual(self.node(OTHER)["online_ms"], 3 * 900 * 1000)
        time.sleep(1.1)
        self.publish(MAP_TOPIC, map_report(ROUTER, 90))
        self.node(ROUTER)
        def states(within):
            return {one["id"]: one["state"] for one in self.api.get("/api/v1/sources", online_within=within)["sources"]}
        self.assertEqual(states("1s"), {OTHER: "ageing", ROUTER: "online"})
        self.assertEqual(states("45m"), {OTHER: "online", ROUTER: "online"})
        ageing = self.api.get("/api/v1/sources", online_within="1s", state="ageing")["sources"]
        self.assertEqual([one["id"] for one in ageing], [OTHER])
        self.assertGreaterEqual(ageing[0]["age_ms"], 1000)

    def test_M0_13_places_and_their_uncertainty(self):
        """32 bits are exact; fewer have a circle."""
        self.send("position_plain_full_precision")
        self.check_place(ROUTER, 59.3293, 18.0686, 0)
        self.send("position_default_key_precision13")
        sender = BINARY["position_default_key_precision13"]["expect"]["packet"]["from_id"]
        self.check_place(sender, 59.3231872, 18.0617216, 2918)
        for node, bits, metres in ((OTHER, 14, 1459), (SECOND, 16, 364), ("!00000001", 10, 23345), ("!00000002", 32, 0)):
            self.uplink(packet(3, position(-33.5, -70.25, bits), node, bits))
            self.check_place(node, -33.5, -70.25, metres)
            self.wait_facts(node, position_precision=str(bits))

    def test_M0_13_map_reports_of_old_and_new_firmware(self):
        self.send("map_report", "map_report_precision32_seed_config")
        old = BINARY["map_report_precision32_seed_config"]["expect"]["packet"]["from_id"]
        new = BINARY["map_report"]["expect"]["packet"]["from_id"]
        self.assertNotEqual(old, new)
        self.check_place(new, 59.3362944, 18.0748288, 1459)
        self.check_place(old, 59.3000123, 17.9999877, 0)

    def test_M0_13_no_place_is_no_place(self):
        self.uplink(packet(3, position(0, 0, 32), OTHER, 1))
        self.uplink(packet(3, position(59.5, 18.5, 32), ROUTER, 2))
        self.check_place(ROUTER, 59.5, 18.5, 0)
        self.assertEqual(set(self.places()), {ROUTER})

    def test_M0_13_a_trail(self):
        for number in range(5):
            self.uplink(packet(3, position(59.3 + number / 1000, 18, 32), OTHER, 30 + number))
        def trail():
            found = self.api.get(f"{telemetry.source_path('meshtastic', OTHER)}/positions")["features"]
            return [feature["geometry"]["coordinates"][1] for feature in found]
        self.node(OTHER)
        eventually(lambda: len(trail()) == 5, lambda: f"{trail()}")
        for shown, number in zip(trail(), range(5)):
            self.assertAlmostEqual(shown, 59.3 + number / 1000, 6)

    def test_M0_14_details_after_a_map_report(self):
        self.publish(MAP_TOPIC, map_report(OTHER, 87))
        node = self.wait_facts(OTHER, hardware_model="TBEAM", firmware_version="2.5.20.4c97351",
                               num_online_local_nodes="87", region="EU_868", has_default_channel="yes")
        self.assertEqual((node["name"], node["facts"]["short_name"]), ("Söder Gateway 📡", "SÖD"))
        self.check_place(OTHER, 59.33, 18.07, 1459)

    def test_M0_15_online_nodes_are_told_to_mislead(self):
        """Where the API describes the figure; and whoever asks may take another span than the firmware's two hours."""
        self.publish(MAP_TOPIC, map_report(OTHER, 87))
        self.node(OTHER, {"map_report/num_online_local_nodes": 87})
        docs = Path(__file__).parents[3] / "docs"
        for page in ("meshtastic.md", "rest-api.md"):
            self.assertIn("mislead", (docs / page).read_text())
        paths = self.api.get("/api/v1/openapi.json")["paths"]
        names = {parameter["name"] for parameter in paths["/api/v1/sources"]["get"]["parameters"]}
        self.assertIn("online_within", names)

    def test_M0_16_with_and_without_uplink_of_the_channel(self):
        """Off: the gateway's own report alone. On: others appear, each as itself."""
        self.publish(MAP_TOPIC, map_report(GATEWAY, 3))
        self.node(GATEWAY, {"map_report/num_online_local_nodes": 3})
        self.assertEqual([source["id"] for source in self.sources()], [GATEWAY])
        self.send("nodeinfo_plain", "nodeinfo_default_key", "telemetry_device_plain")
        self.wait_facts(ROUTER, short_name="SLUR")
        self.wait_facts(AKE, short_name="ÅKE")
        self.assertEqual({source["id"] for source in self.sources("meshtastic")}, {GATEWAY, ROUTER, AKE})
        self.assertEqual(self.node(GATEWAY)["name"], "Söder Gateway 📡")

    def test_M0_24_metrics_under_the_names_that_boards_know(self):
        self.send("nodeinfo_plain", "telemetry_device_plain", "telemetry_environment_plain", "telemetry_air_quality_plain",
                  "paxcounter")
        self.node(ROUTER, {"pax/wifi": 23, "device/battery_level": 101, "air_quality/co2": 612})
        lines = self.api.text("/metrics").splitlines()
        labels = 'node_id="2086346282",short_name="SLUR",long_name="Slussen Router",hardware_model="RAK4631",role="ROUTER"'
        for name, value in (("telemetry_app_battery_level", 101), ("telemetry_app_voltage", 4.171),
                            ("telemetry_app_uptime_seconds_total", 864123), ("telemetry_app_temperature", -12.25),
                            ("telemetry_app_relative_humidity", 81.5), ("telemetry_app_pm25_standard", 7), ("pax_wifi", 23),
                            ("pax_ble", 57)):
            found = [line for line in lines if line.startswith(f"{name}{{{labels}}} ")]
            self.assertEqual(len(found), 1, f"{name} in {[line for line in lines if line.startswith(name)]}")
            self.assertAlmostEqual(float(found[0].split()[-1]), value, 3)
        packets = [line for line in lines if line.startswith("mesh_packet_source_types_total{") and "TELEMETRY_APP" in line]
        self.assertEqual([line.split()[-1] for line in packets], ["3"])
        self.assertIn('source_id="2086346282"', packets[0])

    def test_M0_27_swedish_letters_and_emoji(self):
        self.send("nodeinfo_default_key", "text_plain_utf8", "text_direct_message_reply_emoji")
        self.wait_facts(AKE, short_name="ÅKE")
        self.assertEqual(self.node(AKE)["name"], "Åke på Söder 📡")
        self.assertEqual({text for _, text in self.texts(2)}, {"Hej från Kungsholmen! 🛰️", "👍"})
        found = self.api.get("/api/v1/sources", search="Åke på")["sources"]
        self.assertEqual([source["id"] for source in found], [AKE])
        self.assertIn("Åke på Söder 📡", self.api.text("/metrics"))
        self.assertIn("Hej från Kungsholmen! 🛰️", self.api.text("/api/v1/events?format=csv"))

    def test_M0_27_a_text_of_several_lines(self):
        self.uplink(packet(1, "Hej!\nVi ses vid Slussen.\n🛰️", ROUTER, 42))
        self.assertEqual(self.texts(1), [(ROUTER, "Hej!\nVi ses vid Slussen.\n🛰️")])

    def test_M0_27_a_name_that_turns_the_screen(self):
        """Neither an order to a terminal nor one to show what follows from right to left."""
        self.uplink(packet(4, message(b1=OTHER, b2="a\x1b[31mb\u202ec".encode(), b3="ok".encode()), OTHER, 43))
        self.wait_facts(OTHER, short_name="ok")
        self.assertEqual(self.node(OTHER)["name"], "a [31mb c")

    def test_M0_27_a_name_that_is_no_text(self):
        self.uplink(packet(4, message(b1=OTHER, b2=b"bad \xff\x00 name", b3=b"\xfe"), OTHER, 40))
        self.uplink(packet(1, b"broken \xff text", OTHER, 41))
        self.texts(1)
        self.assertTrue(self.node(OTHER)["name"].startswith("bad "))

    def test_M0_01_another_root(self):
        """The region's topic is whatever the community chose below msh/."""
        for number, root in enumerate(("msh", "msh/EU_868/SE", "msh/SE/Stockholm/test")):
            self.publish(f"{root}/2/e/LongFast/{GATEWAY}", packet(1, f"text {number}", ROUTER, 50 + number))
        self.assertEqual([text for _, text in self.texts(3)], ["text 0", "text 1", "text 2"])


class PrivateKeys(Mesh):
    LINES = tuple(f"telemetry_option meshtastic key {channel} {VECTORS['keys'][key]['base64']}"
                  for channel, key in (("Stockholm", "Stockholm_aes256"), ("Privat", "Privat_aes128"))) + (
                      "telemetry_option meshtastic key Two Ag==",)

    def test_M0_08_the_keys_of_a_community(self):
        """Two of whose channels have the same hash."""
        self.send("text_custom_key_aes256", "text_custom_key_aes128", "text_short_psk_index2", "undecryptable_unknown_key")
        self.assertEqual([text for _, text in self.texts(3)], ["hemligt meddelande", "sixteen byte key", "simple2"])
        self.assertEqual(self.wait_outcome(verdict="opaque")["messages"], 1)

    def test_M0_08_a_key_is_no_setting_to_show(self):
        text = json.dumps(self.api.get("/api/v1/config"))
        for key in ("Stockholm_aes256", "Privat_aes128"):
            self.assertNotIn(VECTORS["keys"][key]["base64"], text)


class LaterKey(Mesh):
    def test_M0_08_a_reload_brings_the_key_for_what_came_before_as_well(self):
        self.send("text_custom_key_aes256", "undecryptable_unknown_key")
        eventually(lambda: self.raw_problems() == {"unknown key": 2}, self.raw_problems)
        heard = {metric: row["total"] for metric, row in self.series("meshtastic", AKE).items() if metric.startswith("packets")}
        came = self.source("meshtastic", AKE)["last_seen"]
        self.rewrite(self.broker, "allow_anonymous true", *self.lines, *PrivateKeys.LINES,
                     f"persistence_location {self.directory}")
        self.broker.reload()
        self.assertEqual([text for _, text in self.texts(1)], ["hemligt meddelande"], "without being sent again")
        event = self.events(kind="text")[0]
        self.assertLessEqual(event["time"], came, "at its own time")
        eventually(lambda: self.raw_problems() == {"unknown key": 1, "": 1}, self.raw_problems)
        now = {metric: row["total"] for metric, row in self.series("meshtastic", AKE).items() if metric.startswith("packets")}
        self.assertEqual(now, heard, "packets are counted when they come")
        self.send("text_custom_key_aes128")
        self.assertEqual([text for _, text in self.texts(2)], ["hemligt meddelande", "sixteen byte key"], "from then on")
        self.send("text_custom_key_aes256")  # by another gateway, later
        self.send("text_default_key")
        self.texts(3)
        self.assertEqual(sum(event["text"] == "hemligt meddelande" for event in self.events(kind="text")), 1)

    def test_M0_08_a_restart_does_the_same_and_once(self):
        self.send("text_custom_key_aes256")
        self.wait_outcome(verdict="opaque", problem="unknown key")
        self.lines += PrivateKeys.LINES
        for _ in range(2):
            self.assertEqual(self.broker.stop(), 0)
            self.forget(self.broker)
            self.begin()
            self.assertEqual([text for _, text in self.texts(1)], ["hemligt meddelande"])
        self.send("text_custom_key_aes128")
        self.assertEqual([text for _, text in self.texts(2)], ["hemligt meddelande", "sixteen byte key"])

    def test_M0_08_a_key_over_the_api(self):
        self.send("text_custom_key_aes256")
        self.wait_outcome(verdict="opaque", problem="unknown key")
        key = VECTORS["keys"]["Stockholm_aes256"]["base64"]
        body = {"options": [{"decoder": "meshtastic", "name": "key", "value": f"Stockholm {key}"}]}
        status, _, answer = self.api.request("PUT", "/api/v1/telemetry/options", body)
        self.assertEqual(status, 200, answer)
        self.assertNotIn(key.encode(), answer)
        self.assertEqual([text for _, text in self.texts(1)], ["hemligt meddelande"])
        self.assertNotIn(key, self.api.text("/api/v1/config"))

    def test_M0_08_a_key_that_is_none_changes_nothing(self):
        self.rewrite(self.broker, "allow_anonymous true", *self.lines, "telemetry_option meshtastic key Stockholm nobase64!",
                     f"persistence_location {self.directory}")
        self.broker.reload(is_good=False)
        self.assertIn("The key Stockholm is not base64", self.broker.log())
        self.send("text_default_key")
        self.texts(1)

    def raw_problems(self):
        """Problem: messages that are kept, of all nodes."""
        found = {}
        for source in self.sources("meshtastic"):
            for row in self.api.get(f"/api/v1/sources/{source['key']}/raw")["messages"]:
                found[row.get("problem", "")] = found.get(row.get("problem", ""), 0) + 1
        return found


class HiddenWithoutConsent(Mesh):
    LINES = ("telemetry_option meshtastic consent hide",)

    def test_M0_05_what_was_said_is_hidden(self):
        self.send("text_not_ok_to_mqtt", "text_default_key")
        self.assertEqual([text for _, text in self.texts(1)], ["hello mesh"])
        self.assertEqual(self.series("meshtastic", OTHER)["packets"]["total"], 1, "that it came is kept")
        self.wait_outcome(verdict="withheld", problem="no consent", source_id=OTHER)


class DroppedWithoutConsent(Mesh):
    LINES = ("telemetry_option meshtastic consent require",)

    def test_M0_05_nothing_is_kept(self):
        self.send("text_not_ok_to_mqtt", "text_old_firmware_no_bitfield", "text_default_key")
        self.assertEqual({text for _, text in self.texts(2)}, {"from 2.2", "hello mesh"})
        line = self.wait_outcome(verdict="withheld", problem="no consent")
        self.assertEqual((line.get("base64", ""), line.get("text", "")), ("", ""), "counted, not kept")
        self.assertNotIn("keep me off mqtt", self.api.text("/api/v1/events?format=csv"))
        self.assertEqual(self.broker.stop(), 0)
        self.forget(self.broker)
        secret = payload("text_not_ok_to_mqtt").split(b"\x2a\x16")[1][:22]
        for path in self.directory.glob("telemetry.db*"):
            self.assertNotIn(b"keep me off mqtt", path.read_bytes())
            self.assertNotIn(secret, path.read_bytes(), "nor as it came")


class PassedOn(Mesh):
    LINES = ("telemetry_option meshtastic republish consented/",)

    def test_M0_05_others_see_only_those_who_consent(self):
        """A public account, or a bridge, below the prefix: the same bytes, each gateway's copy, once."""
        passed = ("text_default_key", "nodeinfo_default_key", "telemetry_device_default_key", "dup_gateway_1", "dup_gateway_2")
        for name in passed:
            self.assertTrue(BINARY[name]["expect"]["data"]["ok_to_mqtt"], name)
        with connected(self.broker.address, "public") as public:
            public.subscribe("consented/#", qos=0)
            self.send("text_not_ok_to_mqtt", "text_old_firmware_no_bitfield", "undecryptable_unknown_key", "pki_direct_message",
                      *passed, *passed)
            self.uplink(packet(1, "the last one", ROUTER, 70))
            got = []
            while not got or b"the last one" not in got[-1][1]:
                name, fields, _ = public.receive()
                self.assertEqual(name, "PUBLISH")
                got.append((fields["topic"].decode(), fields["payload"]))
        self.assertEqual(got[:-1], [("consented/" + BINARY[name]["topic"], payload(name)) for name in passed])
        self.assertEqual(self.outcomes(verdict="unreadable"), [], "nothing reads it again")

    def test_M0_05_each_packet_tells_its_bit(self):
        for number, bitfield in ((71, 1), (72, 0), (73, None), (74, 1)):
            self.uplink(packet(3, position(59.33, 18.07, 32), ROUTER, number, bitfield=bitfield))
        self.node(ROUTER, {"packets_without_consent": 1})
        eventually(lambda: len(self.samples("meshtastic", ROUTER, "packet/ok_to_mqtt", bucket="raw")) == 3, "three told it")
        self.assertEqual([point[1] for point in self.samples("meshtastic", ROUTER, "packet/ok_to_mqtt", bucket="raw")], [1, 0, 1])


class StrictConsent(Mesh):
    LINES = ("telemetry_option meshtastic consent strict",)

    def test_M0_05_nor_of_those_who_cannot_say(self):
        self.send("text_not_ok_to_mqtt", "text_old_firmware_no_bitfield", "text_default_key")
        self.assertEqual([text for _, text in self.texts(1)], ["hello mesh"])
        self.assertEqual(sum(line["messages"] for line in self.outcomes(verdict="withheld")), 2)
