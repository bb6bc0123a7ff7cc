"""The home-energy user's LOWI gateway: what its owner sees without telling the broker anything about it (mission M3)."""

import telemetry

SERIAL = "34945460a1b2"

P1 = {"ident": SERIAL, "device_CH": "0", "Name": "P1", "Type": "P1", "Units": "kWh", "U": "234", "I": "215", "PI": "503",
      "PE": "0", "T": "1", "CIH": "5123456", "CIL": "6234567", "CEH": "1830112", "CEL": "790221", "CG": "1532110", "CW": "0"}
SOLAR = {"ident": SERIAL, "device_CH": 1, "Name": "Solar", "Type": "S0", "Units": "W", "U": 234, "I": 812, "T": 1, "P": 1900,
         "HC": 830, "DC": 6120, "MC": 151200, "CH": 1830112, "CL": 790221}


class Lowi(telemetry.Telemetry):
    def setUp(self):
        super().setUp()
        self.start_telemetry()

    def p1(self, serial=SERIAL, **changes):
        self.publish(f"{serial}/PUB/CH0", {**P1, **changes}, 0)

    def solar(self, **changes):
        self.publish(f"{SERIAL}/PUB/CH1", {**SOLAR, **changes}, 0)

    def lowi(self, wanted):
        return self.wait_values("lowi", SERIAL, wanted)

    def meter(self, **query):
        return self.api.get(f"{telemetry.source_path('lowi', SERIAL)}/meter", **query)

    def test_M3_15_each_minute_is_a_point(self):
        for watts in (500, 700, 600):
            self.p1(PI=watts)
            self.lowi({"CH0/power_import": watts})
        points = self.samples("lowi", SERIAL, "CH0/power_import", bucket="minute", aggregate="min,max,mean,count")
        self.assertIn(len(points), (1, 2), "of this minute, or of two when one has just begun")
        self.assertTrue(all(time % 60_000 == 0 for time, *_ in points), points)
        self.assertEqual(sum(count for *_, count in points), 3)
        self.assertEqual(min(low for _, low, *_ in points), 500)
        self.assertEqual(max(high for _, _, high, *_ in points), 700)
        self.assertEqual(sum(mean * count for *_, mean, count in points), 1800)

    def test_M3_16_flash_mode_counts_nothing_twice(self):
        """Every 10 s the same counters: only what they grew by is energy. The power of each message is kept."""
        for step, watts in enumerate((500, 501, 502, 503, 504, 505)):
            self.p1(PI=watts, CIH=5123456 + (100 if step >= 4 else 0))
        rows = self.lowi({"CH0/power_import": 505, "CH0/energy_import_high": 5123.556})
        self.assertAlmostEqual(rows["CH0/energy_import_high"]["total"], 0.1, 9)
        shown = self.samples("lowi", SERIAL, "CH0/power_import", bucket="raw")
        self.assertEqual([value for _, value in shown], [500, 501, 502, 503, 504, 505])
        self.assertAlmostEqual(sum(period["import_kwh"] for period in self.meter()["periods"]), 0.1, 9)

    def test_M3_16_another_meter_is_no_consumption(self):
        self.p1(CIH=5123456)
        self.p1(CIH=1000)
        self.p1(CIH=1500)
        rows = self.lowi({"CH0/energy_import_high": 1.5})
        self.assertAlmostEqual(rows["CH0/energy_import_high"]["total"], 0.5, 9)

    def test_M3_18_any_lowi_is_recognised(self):
        """By the shape of its topics: serials are made of anything, and owners rename them."""
        for serial in (SERIAL, "4c7525c0ffee", "pvpanelendak", "Grüße an 1"):
            self.p1(serial, ident=serial, PI=len(serial))
            self.wait_values("lowi", serial, {"CH0/power_import": len(serial)})
        self.publish("1234567/CH0", {"ident": "1234567", "PI": 215, "PE": 0}, 0)
        self.wait_values("lowi", "1234567", {"CH0/power_import": 215, "CH0/power_export": 0})
        self.assertEqual(len(self.sources("lowi")), 5)
        self.assertEqual(len(self.sources()), 5, "and nothing else was made of them")

    def test_M3_18_a_greeting_on_its_topic_is_no_error(self):
        self.p1()
        self.publish(f"{SERIAL}/PUB/CH0", "hello from my script")
        line = self.wait_outcome(decoder="lowi", verdict="unreadable")
        self.assertEqual((line["source_kind"], line["source_id"], line["messages"]), ("lowi", SERIAL, 1))
        self.assertEqual((line["problem"], line["text"]), ("not JSON", "hello from my script"))
        self.lowi({"CH0/power_import": 503})

    def test_M3_18_others_on_topics_of_this_shape(self):
        """A board whose channel is called CH1, or whose topic has a PUB in it, is no LOWI and is charted all the same."""
        self.publish("logger/CH1", 512, 0)
        self.publish("board7/PUB/temperature", 21.5, 0)
        self.publish("cellar/lowi/CH1", SOLAR, 0)
        self.wait_values("topic", "logger", {"CH1": 512})
        self.wait_values("topic", "board7/PUB", {"temperature": 21.5})
        self.wait_values("lowi", SERIAL, {"CH1/power": 1900})
        self.assertEqual(self.outcomes(trouble="true"), [])

    def test_M3_18_two_gateways_behind_one_prefix(self):
        """`ident` tells them apart, so that their counters do not alternate in one series."""
        for reading in (5123456, 5123476):
            for number, ident in enumerate(("aaaa", "bbbb")):
                for topic in (f"home/{ident}/CH0", "home/energy/meters/CH0"):
                    self.publish(topic, {"ident": ident, "device_CH": "0", "CIH": str(reading + number * 12000000)})
        self.wait_values("lowi", "aaaa", {"CH0/energy_import_high": 5123.476})
        rows = self.wait_values("lowi", "bbbb", {"CH0/energy_import_high": 17123.476})
        self.assertAlmostEqual(rows["CH0/energy_import_high"]["total"], 0.02, 9)
        self.assertEqual({source["id"] for source in self.sources()}, {"aaaa", "bbbb"})

    def test_M3_18_by_its_payload_below_any_prefix(self):
        """Deep below a house, on a bare serial number, or with one topic for all: no rule, and each a source by its `ident`."""
        for topic, ident in (("home/energy/LOWI9/CH0", "LOWI9"), ("LOWI10", "LOWI10"), ("house/a/b/c/d/CH0", "cccc"),
                             ("site/meters", "dddd"), ("site/meters", "eeee")):
            self.publish(topic, {**P1, "ident": ident, "PI": "77"})
            self.wait_values("lowi", ident, {"CH0/power_import": 77})
        self.assertEqual({source["kind"] for source in self.sources()}, {"lowi"})
        self.assertEqual(len(self.sources()), 5)
        self.assertEqual(self.outcomes(trouble="true"), [])

    def test_M3_18_a_switched_relay_is_no_measurement(self):
        self.p1()
        self.publish(f"{SERIAL}/SET/REL/CH4", "ON")
        self.lowi({"CH0/power_import": 503})
        self.assertFalse([metric for metric in self.values("lowi", SERIAL) if metric.startswith("CH4")])
        self.assertEqual(self.outcomes(trouble="true"), [])

    def test_M3_19_channels_appear_when_they_are_seen(self):
        def channels():
            return {metric.split("/")[0] for metric in self.values("lowi", SERIAL)}
        self.p1()
        self.lowi({"CH0/power_import": 503})
        self.assertEqual(channels(), {"CH0"})
        self.solar()
        self.lowi({"CH1/power": 1900})
        self.assertEqual(channels(), {"CH0", "CH1"})
        self.publish(f"{SERIAL}/PUB/CH12", {**SOLAR, "device_CH": 12, "P": 7}, 0)
        self.lowi({"CH12/power": 7})
        self.assertEqual(channels(), {"CH0", "CH1", "CH12"})
        self.assertEqual(self.source("lowi", SERIAL)["state"], "online")

    def test_M3_20_fields_of_all_channels(self):
        """As text from one firmware, as numbers from another."""
        self.p1()
        self.solar()
        self.lowi({"CH1/power": 1900})
        rows = self.lowi({"CH0/voltage": 234, "CH0/tariff": 1, "CH1/voltage": 234, "CH1/tariff": 1})
        self.assertEqual({rows[f"CH{i}/voltage"]["unit"] for i in (0, 1)}, {"V"})
        for row in rows.values():
            self.assertTrue(row["meaning"], row)
        self.assertEqual({rows[f"CH{i}/voltage"]["meaning"] for i in (0, 1)}, {"Voltage"})
        self.assertEqual({rows[f"CH{i}/current"]["meaning"] for i in (0, 1)}, {"Current"})
        self.assertEqual({rows[f"CH{i}/tariff"]["meaning"] for i in (0, 1)}, {"Tariff: 0 is night, 1 is day"})
        self.assertEqual([(rows[f"CH{i}/current"]["value"], rows[f"CH{i}/current"]["unit"]) for i in (0, 1)],
                         [(2.15, "A"), (8.12, "A")])
        source = self.source("lowi", SERIAL)
        facts = source["facts"]
        self.assertEqual(source["id"], SERIAL, "by `ident`; the channels are those of `device_CH`")
        self.assertEqual({metric.split("/")[0] for metric in rows}, {"CH0", "CH1"})
        self.assertEqual([facts[f"CH0/{name}"] for name in ("name", "type", "units")], ["P1", "P1", "kWh"])
        self.assertEqual([facts[f"CH1/{name}"] for name in ("name", "type", "units")], ["Solar", "S0", "W"])
        listed = {row["metric"]: row.get("meaning") for row in self.api.get("/api/v1/series")["series"]}
        self.assertEqual(listed, {metric: row["meaning"] for metric, row in rows.items()})
        one = self.api.get(f"/api/v1/series/{rows['CH1/power']['key']}")
        self.assertEqual((one["meaning"], one["unit"]), ("Power", "W"))

    def test_M3_20_the_name_of_a_channel_by_its_other_key(self):
        self.publish(f"{SERIAL}/PUB/CH10", {"ident": SERIAL, "device_CH": 10, "CHname": "Heat pump", "P": 1200})
        self.lowi({"CH10/power": 1200})
        self.assertEqual(self.source("lowi", SERIAL)["facts"]["CH10/name"], "Heat pump")

    def test_M3_21_fields_of_the_meter(self):
        self.p1(PI=503, PE=100, CW="42")
        rows = self.lowi({"CH0/power_import": 503, "CH0/power_export": 100, "CH0/power_net": 403, "CH0/water": 0.042,
                          "CH0/energy_import_high": 5123.456, "CH0/energy_import_low": 6234.567,
                          "CH0/energy_export_high": 1830.112, "CH0/energy_export_low": 790.221, "CH0/gas": 1532.11})
        units = {metric: row["unit"] for metric, row in rows.items()}
        for metric, unit in (("power_import", "W"), ("power_export", "W"), ("energy_import_high", "kWh"),
                             ("energy_export_low", "kWh"), ("gas", "m³"), ("water", "m³")):
            self.assertEqual(units[f"CH0/{metric}"], unit, metric)
        kinds = {rows[f"CH0/{name}"]["kind"] for name in ("energy_import_high", "energy_export_low", "gas", "water")}
        self.assertEqual(kinds, {"meter"})

    def test_M3_21_energy_by_period_and_by_counter(self):
        """High and low by their counters, whatever the rate says; gas and water beside them."""
        self.p1()
        self.p1(T="0", CIH="5124456", CIL="6235067", CEH="1830312", CG="1532360", CW="20")
        self.lowi({"CH0/energy_import_low": 6235.067, "CH0/water": 0.02})
        [day] = [period for period in self.meter(per="day")["periods"] if period["import_kwh"]]
        for name, wanted in (("import_kwh", 1.5), ("import_high_kwh", 1), ("import_low_kwh", 0.5), ("export_kwh", 0.2),
                             ("export_high_kwh", 0.2), ("export_low_kwh", 0), ("gas_m3", 0.25), ("water_m3", 0.02)):
            self.assertAlmostEqual(day[name], wanted, 9, name)
        [peak] = [peak for peak in self.meter()["peaks"] if peak["peak_kw"]]
        self.assertAlmostEqual(peak["peak_kw"], 6, 9, "1.5 kWh in a quarter of an hour")

    def test_M3_21_what_was_produced_and_not_exported(self):
        self.p1()
        self.solar()
        self.solar(CH=1831112)
        self.p1(CEH="1830512")
        self.lowi({"CH0/energy_export_high": 1830.512, "CH1/energy_high": 1831.112})
        [day] = [period for period in self.meter()["periods"] if period["export_kwh"]]
        self.assertAlmostEqual(day["production_kwh"], 1, 9)
        self.assertAlmostEqual(day["self_consumption_kwh"], 0.6, 9)

    def test_M3_22_fields_of_other_channels(self):
        self.solar()
        rows = self.lowi({"CH1/power": 1900, "CH1/energy_hour": 0.83, "CH1/energy_day": 6.12, "CH1/energy_month": 151.2,
                          "CH1/energy_high": 1830.112, "CH1/energy_low": 790.221})
        self.assertEqual({rows[f"CH1/{name}"]["unit"] for name in ("energy_hour", "energy_day", "energy_high")}, {"kWh"})
        self.assertEqual({rows[f"CH1/{name}"]["kind"] for name in ("energy_hour", "energy_day", "energy_month")}, {"gauge"},
                         "they begin again by the clock: no counters")

    def test_M3_23_current_in_ampere(self):
        self.p1(I="215")
        self.solar(I=812)
        rows = self.lowi({"CH0/current": 2.15, "CH1/current": 8.12})
        self.assertEqual(rows["CH0/current"]["unit"], "A")
        self.assertEqual(self.source("lowi", SERIAL)["facts"]["CH1/current_scale"], "fits", "1900 W are 234 V and 8.12 A")

    def test_M3_23_a_firmware_of_another_scale_is_noticed(self):
        self.solar(I=8120)
        self.lowi({"CH1/current": 8.12})
        facts = self.source("lowi", SERIAL)["facts"]
        self.assertEqual((facts["CH1/current_scale"], facts["CH1/current_unit"]), ("fits", "mA"))
        self.p1(I="2150")
        self.lowi({"CH0/current": 2.15})

    def test_M3_24_rate_and_its_counters(self):
        """In words, and the counter that runs is named: it is the one that grows. Each channel says its own."""
        reading = {"energy_import_high": 5123456, "energy_import_low": 6234567}
        for rate in ("1", 0, "1"):
            word, counter = ("day", "energy_import_high") if int(rate) else ("night", "energy_import_low")
            reading[counter] += 20
            self.p1(T=rate, CIH=str(reading["energy_import_high"]), CIL=str(reading["energy_import_low"]))
            rows = self.lowi({"CH0/tariff": int(rate), "CH0/tariff_name": word, f"CH0/{counter}": reading[counter] / 1000})
            active = self.source("lowi", SERIAL)["facts"]["CH0/active_counter"]
            self.assertEqual(active, counter)
            self.assertEqual(rows[f"CH0/{active}"]["kind"], "meter")
        for name in ("tariff", "tariff_name"):
            self.assertEqual(rows[f"CH0/{name}"]["kind"], "state")
        self.assertEqual([value for _, value in self.samples("lowi", SERIAL, "CH0/tariff", bucket="raw")], [1, 0, 1])
        words = self.samples("lowi", SERIAL, "CH0/tariff_name", bucket="raw")
        self.assertEqual([value for _, value in words], ["day", "night", "day"])
        self.assertEqual(rows["CH0/tariff_name"]["meaning"], "Tariff in words: night or day")
        self.solar(T=0)
        rows = self.lowi({"CH1/tariff": 0, "CH1/tariff_name": "night", "CH0/tariff_name": "day"})
        self.assertIn(self.source("lowi", SERIAL)["facts"].get("CH1/active_counter"), ("energy_low", None))

    def test_M3_25_units_as_the_gateway_names_them(self):
        """The label of what is in that unit is the gateway's word; of all else it is known by the field. Various names none."""
        self.p1(Units="Various")
        self.solar()
        self.publish(f"{SERIAL}/PUB/CH2", {"ident": SERIAL, "device_CH": 2, "Units": "kWh", "P": 40, "CH": 5000}, 0)
        self.publish(f"{SERIAL}/PUB/CH3", {"ident": SERIAL, "device_CH": 3, "Units": "A", "P": 230, "U": 230, "I": 100}, 0)
        rows = self.lowi({"CH0/power_import": 503, "CH1/power": 1900, "CH2/energy_high": 5, "CH3/current": 1})
        facts = self.source("lowi", SERIAL)["facts"]
        self.assertEqual([facts[f"CH{i}/units"] for i in range(4)], ["Various", "W", "kWh", "A"])
        labels = {metric: (row["unit"], row["unit_source"]) for metric, row in rows.items()}
        for metric, unit, trust in (("CH0/power_import", "W", "mapped"), ("CH0/energy_import_high", "kWh", "mapped"),
                                    ("CH1/power", "W", "stated"), ("CH1/energy_day", "kWh", "mapped"),
                                    ("CH1/voltage", "V", "mapped"), ("CH2/power", "W", "mapped"),
                                    ("CH2/energy_high", "kWh", "stated"), ("CH3/current", "A", "stated")):
            self.assertEqual(labels[metric], (unit, trust), metric)


class LowiOtherwise(telemetry.Telemetry):
    def test_M3_23_the_scale_of_one_gateway(self):
        self.start_telemetry(f"telemetry_option lowi current_scale {SERIAL} 1000")
        self.publish(f"{SERIAL}/PUB/CH0", P1, 0)
        self.publish("other/PUB/CH0", P1 | {"ident": "other"}, 0)
        self.wait_values("lowi", SERIAL, {"CH0/current": 0.215})
        self.wait_values("lowi", "other", {"CH0/current": 2.15})

    def test_M3_23_another_scale_by_an_option(self):
        self.start_telemetry("telemetry_option lowi current_scale 0.001", "telemetry_option lowi gas_scale 0.01")
        self.publish(f"{SERIAL}/PUB/CH0", P1, 0)
        self.wait_values("lowi", SERIAL, {"CH0/current": 0.215, "CH0/gas": 15321.1})

    def test_M3_18_other_topics_by_a_rule(self):
        self.start_telemetry("telemetry_rule home/+/CH1 lowi", "telemetry_rule +/PUB/+ none")
        self.publish(f"{SERIAL}/PUB/CH0", P1)
        self.publish("home/attic/CH1", SOLAR)
        self.wait_values("lowi", SERIAL, {"CH1/power": 1900})
        self.assertEqual([source["id"] for source in self.sources()], [SERIAL])
        self.assertEqual(set(self.values("lowi", SERIAL)) & {"CH0/power_import"}, set())
