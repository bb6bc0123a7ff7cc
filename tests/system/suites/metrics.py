"""/metrics as Prometheus and people's Grafana boards read it."""

import re
import signal
import sqlite3
from pathlib import Path

import telemetry
from case import eventually, long
from exposition import Exposition
from mesh_packets import GATEWAY, message, packet
from raw import Raw, connected
from telemetry_mesh import AKE, BINARY, Mesh, OTHER, ROUTER

DOCS = Path(__file__).parents[3] / "docs"
TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"
NODE = {"node_id", "short_name", "long_name", "hardware_model", "role"}
PAIR = {f"{side}_{label}" for side in ("source", "destination")
        for label in ("id", "short_name", "long_name", "hardware_model", "role")}

# What meshtastic-metrics-exporter offers: name, type, labels.
TELEMETRY_GAUGES = """battery_level voltage channel_utilization air_util_tx
    temperature relative_humidity barometric_pressure gas_resistance iaq distance lux white_lux ir_lux uv_lux wind_direction
    wind_speed weight ch1_voltage ch1_current ch2_voltage ch2_current ch3_voltage ch3_current
    pm10_standard pm25_standard pm100_standard pm10_environmental pm25_environmental pm100_environmental
    particles_03um particles_05um particles_10um particles_25um particles_50um particles_100um""".split()
EXPORTER = {
    **{f"telemetry_app_{name}": ("gauge", NODE) for name in TELEMETRY_GAUGES},
    "telemetry_app_uptime_seconds_total": ("counter", NODE),
    "route_length": ("gauge", NODE),
    "route_response_total": ("counter", NODE | {"response_type"}),
    "pax_wifi": ("gauge", NODE),
    "pax_ble": ("gauge", NODE),
    "pax_uptime": ("gauge", NODE),
    "mesh_packet_source_types_total": ("counter", PAIR | {"portnum"}),
    "mesh_packet_destination_types_total": ("counter", PAIR | {"portnum"}),
    "mesh_packet_total": ("counter", PAIR),
    "mesh_packet_rx_time": ("gauge", PAIR),
    "mesh_packet_rx_snr": ("gauge", PAIR),
    "mesh_packet_rx_rssi": ("gauge", PAIR),
    "mesh_packet_hop_limit": ("gauge", PAIR),
    "mesh_packet_hop_start": ("gauge", PAIR),
    "mesh_packet_want_ack_total": ("counter", PAIR),
    "mesh_packet_via_mqtt_total": ("counter", PAIR),
    "mesh_packet_ids_total": ("counter", PAIR | {"packet_id"}),
    "mesh_packet_ids_created": ("gauge", PAIR | {"packet_id"}),
    "mesh_packet_channel_total": ("counter", PAIR | {"channel"}),
    "text_message_app_size_in_bytes": ("gauge", {"source_id", "destination_id", "portnum"}),
}


class Scrapes:
    def scrape(self, query="?mesh_packet_ids=true"):
        status, headers, body = self.api.request("GET", "/metrics" + query)
        self.assertEqual((status, headers["Content-Type"]), (200, TEXT_FORMAT))
        return Exposition(body)


class Metrics(Scrapes, telemetry.Telemetry):
    def test_they_need_a_log_in(self):
        self.start_telemetry()
        self.api.token = None
        self.assertEqual(self.api.request("GET", "/metrics")[0], 401)

    def test_public_when_it_is_said(self):
        self.start_telemetry("http_metrics_public true")
        self.api.token = None
        self.scrape()
        self.assertEqual(self.api.request("GET", "/api/v1/broker")[0], 401, "nothing else")

    def test_the_format_is_the_one_that_is_named(self):
        """Who asks for OpenMetrics gets the old format under its right name."""
        self.start_telemetry()
        accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}
        status, headers, body = self.api.request("GET", "/metrics", headers=accept)
        self.assertEqual((status, headers["Content-Type"]), (200, TEXT_FORMAT))
        self.assertNotIn(b"# EOF", body)
        Exposition(body)

    def test_what_stands_there_can_be_read(self):
        self.start_telemetry("sys_interval 1")
        self.publish('odd "name"\\/room/temperature', 21.5)
        self.publish("34945460a1b2/PUB/CH0", {"PI": 503, "CIH": 1000})
        self.publish("34945460a1b2/PUB/CH0", {"PI": 504, "CIH": 1500})
        self.publish("34945460a1b2/PUB/CH0", "no")
        self.wait_values("lowi", "34945460a1b2", {"CH0/power_import": 504})
        self.wait_values("topic", 'odd "name"\\/room', {"temperature": 21.5})
        found = eventually(lambda: "martlet_build_info" in self.scrape().names() and self.scrape(), "values of $SYS")
        self.assertEqual(found.value("martlet_series_value", kind="lowi", metric="CH0/power_import", unit="W"), 504)
        self.assertEqual(found.value("martlet_series_value", id='odd "name"\\/room', metric="temperature"), 21.5)
        self.assertEqual(found.value("martlet_series_steps_total", metric="CH0/energy_import_high"), 0.5)
        self.assertEqual({value for _, value in found.of("martlet_source_online")}, {1})
        self.assertEqual(found.value("martlet_decoded_messages_total", decoder="lowi", verdict="unreadable"), 1)
        self.assertEqual((found.value("martlet_metrics_store_up"), found.value("martlet_metrics_left_out")), (1, 0))
        self.assertEqual(found.value("martlet_build_info"), 1)
        self.assertNotIn("broker_uptime", found.names())
        for family, kind in found.types.items():
            if family.startswith("martlet_"):
                self.assertEqual(kind == "counter", family.endswith("_total"), family)

    def test_fresh_and_without_sys(self):
        """What the broker counts is there at once, and stays there when $SYS is off."""
        self.start_telemetry("sys_interval 0")
        before = self.scrape()
        self.publish("a/temperature", 1)
        for _ in range(3):
            self.publish("a/temperature", 2, qos=1, retain=1)
        with connected(self.broker.address, "second"):
            found = self.scrape()
            self.assertEqual(found.value("martlet_clients_connected"), 2)
            self.assertEqual(found.value("martlet_connects_total", result="accepted"), 2)
            self.assertEqual(found.value("martlet_messages_received_total"), 4)
            self.assertEqual(found.value("martlet_packets_sent_by_type_total", type="puback"), 4)
            self.assertEqual(found.value("martlet_retained_messages"), 1)
            self.assertEqual(found.value("martlet_dropped_messages_total", reason="queue_full"), 0)
            self.assertGreater(found.value("process_open_fds"), 5)
            self.assertGreater(found.value("process_max_fds"), found.value("process_open_fds"))
            self.assertGreater(found.value("process_resident_memory_bytes"), 1 << 20)
            self.assertEqual(found.value("process_start_time_seconds"), before.value("process_start_time_seconds"))
        found.check_grown_since(before)

    def test_counters_only_grow(self):
        """While messages come, in every scrape; in the end all figures of telemetry agree."""
        self.start_telemetry("persistence true", "sys_interval 1")
        before = self.scrape()
        for number in range(200):
            self.publish(f"room/{number % 7}/temperature", number)
            if number % 40 == 0:
                now = self.scrape()
                now.check_grown_since(before)
                before = now
        def all_is_stored():
            found = self.scrape()
            names = ("martlet_telemetry_queued_messages", "martlet_telemetry_waiting_bytes", "martlet_queued_messages")
            return [found.value(name) for name in names] == [0, 0, 0]
        eventually(all_is_stored, lambda: self.api.text("/metrics"))
        found = self.scrape()
        found.check_grown_since(before)
        self.assertEqual(found.value("martlet_telemetry_messages_total"), 200)
        self.assertEqual(found.value("martlet_telemetry_samples_total"), 200)
        self.assertGreater(found.value("martlet_telemetry_lag_seconds_count"), 0)

    @long(9)
    def test_a_store_that_takes_nothing_is_seen(self):
        """What the alerts ask for; the backlog is told after a kill as well, and ends."""
        self.start_telemetry("persistence true", "http_metrics_public true")
        self.publish("a/temperature", 0)
        self.wait_values("topic", "a", {"temperature": 0})
        lock = sqlite3.connect(self.directory / "telemetry.db", isolation_level=None)
        self.addCleanup(lock.close)
        lock.execute("BEGIN IMMEDIATE")
        for number in range(30):
            self.publish("a/temperature", number)
        eventually(lambda: self.scrape().value("martlet_telemetry_failed_commits_total") > 0, "a commit that fails", 30)
        found = self.scrape()
        self.assertEqual(found.value("martlet_telemetry_queued_messages"), 30)
        self.assertGreater(found.value("martlet_telemetry_waiting_bytes"), 0)
        self.assertEqual(found.value("martlet_queued_messages"), 0, "no client waits")
        self.forget(self.broker)
        self.assertEqual(self.broker.stop(signal.SIGKILL), -signal.SIGKILL)
        lock.execute("ROLLBACK")
        self.begin()
        def is_stored():
            found = self.scrape()
            return (found.value("martlet_telemetry_messages_total"), found.value("martlet_telemetry_queued_messages")) == (30, 0)
        eventually(is_stored, lambda: self.scrape().of("martlet_telemetry_queued_messages"))

    def test_names_of_the_exporter_for_mosquitto(self):
        self.start_telemetry("http_metrics_like_mosquitto_exporter true", "sys_interval 1")
        counters = {f"broker_{what}_{way}" for what in ("bytes", "messages", "publish_messages") for way in ("received", "sent")}
        counters.add("broker_publish_messages_dropped")
        gauges = {"broker_uptime", "broker_clients_connected", "broker_clients_disconnected", "broker_clients_maximum",
                  "broker_clients_total", "broker_clients_expired", "broker_messages_stored", "broker_store_messages_bytes",
                  "broker_retained_messages_count", "broker_subscriptions_count", "broker_heap_current",
                  "broker_heap_maximum"}
        gauges |= {f"broker_load_{what}_{span}" for span in ("1min", "5min", "15min")
                   for what in ("bytes_received", "bytes_sent", "messages_received", "messages_sent", "publish_received",
                                "publish_sent", "publish_dropped", "connections", "sockets")}
        self.publish("a/b", 1)
        found = eventually(lambda: (counters | gauges) <= self.scrape().names() and self.scrape(),
                           lambda: f"{(counters | gauges) - self.scrape().names()}")
        self.assertEqual({name for name in counters if found.types[name] != "counter"}, set())
        self.assertEqual({name for name in gauges if found.types[name] != "gauge"}, set())
        self.assertTrue({"broker_version", "broker_timestamp", "broker_clients_active", "broker_clients_inactive"}
                        .isdisjoint(found.names()))
        self.assertGreater(found.value("broker_heap_current"), 100_000, "bytes")

    def test_the_alerts_of_the_docs_ask_for_what_is_there(self):
        self.start_telemetry("persistence true", "sys_interval 1")
        self.publish("34945460a1b2/PUB/CH0", {"PI": 503})
        self.wait_values("lowi", "34945460a1b2", {"CH0/power_import": 503})
        found = self.scrape()
        page = (DOCS / "metrics.md").read_text()
        rules = re.findall(r"^ +expr: (.*)$", page, re.M)
        self.assertGreaterEqual(len(rules), 5)
        wanted = {name for rule in rules for name in re.findall(r"\b(?:martlet|process)_[a-z_]+", rule)}
        self.assertEqual(wanted - found.names() - {"martlet_bridge_up"}, set())
        reasons = {labels["reason"] for labels, _ in found.of("martlet_dropped_messages_total")}
        asked = re.search(r'reason=~"([a-z_|]+)"', page)[1].split("|")
        self.assertEqual(set(asked) - reasons, set())
        for labels in re.findall(r'result="(\w+)"', page):
            found.value("martlet_connects_total", result=labels)

    def test_the_docs_name_what_is_there(self):
        self.start_telemetry("persistence true", "sys_interval 1")
        self.publish("34945460a1b2/PUB/CH0", {"PI": 503})
        self.wait_values("lowi", "34945460a1b2", {"CH0/power_import": 503})
        found = eventually(lambda: "martlet_build_info" in self.scrape().names() and self.scrape(), "values of $SYS")
        page = (DOCS / "metrics.md").read_text()
        missing = {family for family in found.types if family.startswith(("martlet_", "process_"))
                   and family not in page and "_by_type_" not in family}
        self.assertEqual(missing, set())


    def test_log_ins_that_are_denied(self):
        self.start_telemetry(f"password_file {self.passwords(alice='a')}")
        for password, code in ((b"a", 0), (b"b", 5), (b"c", 5)):
            with Raw(self.broker.address) as client:
                self.assertEqual(client.connect("guest", user="alice", pass_=password)["rc"], code)
        found = self.scrape()
        self.assertEqual(found.value("martlet_connects_total", result="denied"), 2)
        self.assertEqual(found.value("martlet_connects_total", result="accepted"), 1)


class MeshNames(Scrapes, Mesh):
    def test_M0_24_all_names_and_labels_of_the_exporter(self):
        for vector in BINARY.values():
            self.publish(vector["topic"], bytes.fromhex(vector["payload_hex"]))
        environment = message(**{f"r{field}": 1.5 for field in (*range(1, 7), *range(8, 13), 14, 15)}, f7=1, f13=1)
        air = message(**{f"f{field}": 1 for field in range(1, 13)})
        power = message(**{f"r{field}": 1.5 for field in range(1, 7)})
        for number, (field, group) in enumerate(((3, environment), (4, air), (5, power))):
            self.uplink(packet(67, message(**{f"b{field}": group}), OTHER, 900 + number))
        self.uplink(packet(5, message(f3=5), OTHER, 910, f9=2, f10=1, f14=1, f15=3, r8=-7.25, f12=2**64 - 103))
        self.node(OTHER, {"power/ch3_current": 1.5})
        def all_there():
            return set(EXPORTER) <= self.scrape().names()
        eventually(all_there, lambda: f"{set(EXPORTER) - self.scrape().names()}")
        found = self.scrape()
        for name, (kind, labels) in EXPORTER.items():
            self.assertEqual(found.types[name], kind, name)
            for got, _ in found.of(name):
                self.assertEqual(set(got), labels, name)
        whole = {"source_id": str(int(OTHER[1:], 16)), "destination_id": "4294967295", "destination_long_name": "Broadcast"}
        self.assertEqual(found.value("mesh_packet_want_ack_total", **whole), 1)
        self.assertEqual(found.value("mesh_packet_via_mqtt_total", **whole), 1)
        self.assertEqual(found.value("mesh_packet_rx_snr", **whole), -7.25)
        self.assertEqual(found.value("mesh_packet_rx_rssi", **whole), -103)
        self.assertEqual(found.value("mesh_packet_hop_limit", **whole), 2)
        self.assertEqual(found.value("mesh_packet_hop_start", **whole), 3)
        self.assertEqual(found.value("mesh_packet_destination_types_total", portnum="ROUTING_APP", **whole), 1)
        self.assertEqual(found.value("route_response_total", node_id=whole["source_id"], response_type="MAX_RETRANSMIT"), 1)

    def test_M0_24_a_node_that_changes_its_name(self):
        """One series, before and after: what the board shows under the old name ends."""
        self.send("nodeinfo_default_key", "telemetry_device_plain", "nodeinfo_plain")
        self.wait_facts(AKE, short_name="ÅKE")
        self.wait_facts(ROUTER, short_name="SLUR")
        number = str(int(ROUTER[1:], 16))
        old, = [labels["long_name"] for labels, _ in self.scrape().of("telemetry_app_battery_level", node_id=number)]
        self.assertEqual(old, "Slussen Router")
        user = message(b1=ROUTER, b2='Ny "router" \\ 🛰️', b3="NY", f5=9, f7=2)
        self.uplink(packet(4, user, ROUTER, 4711))
        self.wait_facts(ROUTER, short_name="NY")
        found = self.scrape()
        names = {labels["long_name"] for labels, _ in found.of("telemetry_app_battery_level", node_id=number)}
        self.assertEqual(names, {'Ny "router" \\ 🛰️'})
        texts = [value for _, labels in found.samples for _, value in labels]
        self.assertNotIn(old, texts)
        self.assertIn("Åke på Söder 📡", texts)
        packets = found.of("mesh_packet_source_types_total", source_id=number, portnum="NODEINFO_APP")
        self.assertEqual([value for _, value in packets], [2], "counting goes on")

    def test_M0_24_once_however_many_heard_it(self):
        for gateway in (GATEWAY, AKE, "!00000077"):
            self.uplink(packet(1, b"hej", OTHER, 77, gateway=gateway), gateway=gateway)
        self.wait_facts(OTHER, gateways=f"{GATEWAY} {AKE} !00000077")
        found = self.scrape()
        self.assertEqual(found.value("mesh_packet_total", source_id=str(int(OTHER[1:], 16))), 1)
        self.assertEqual(found.value("text_message_app_size_in_bytes", source_id=str(int(OTHER[1:], 16))), 3)
        self.assertEqual([labels["packet_id"] for labels, _ in found.of("mesh_packet_ids_total")], ["77"])
        self.assertEqual(self.scrape("").of("mesh_packet_ids_total"), [], "only for those who ask for them")
