"""A course's boards: bare numbers and small objects become charts without any set-up (mission M1)."""

import csv
import io
import random
import statistics
import time

import telemetry
from case import eventually
from paho_client import Client


class Lab(telemetry.Telemetry):
    LINES = ()

    def setUp(self):
        super().setUp()
        self.start_telemetry(*self.LINES)

    def board(self, topic, wanted):
        return self.wait_values("topic", topic, wanted)

    def test_M1_03_bare_numbers_of_a_board(self):
        """As the lab's program sends them: QoS 0, a JSON number on apricot/value."""
        for value in (512, 0, 999):
            self.publish("apricot/value", value, 0, client_id="apricot")
            row = self.board("apricot", {"value": value})["value"]
        self.assertEqual(row["kind"], "gauge")
        self.assertEqual([value for _, value in self.samples("topic", "apricot", "value", bucket="raw")], [512, 0, 999])

    def test_M1_08_a_board_reads_a_client_checks_and_a_chart_is_drawn(self):
        """The whole exercise: paho publishes decimal numbers, another client sees them as they were sent, and the points of a chart
        have unit and time."""
        watch = Client(self, self.mqtt_port, "MQTT_FX_Client")
        watch.subscribe("pysense/temperature")
        board = Client(self, self.mqtt_port, "apricot")
        sent = ("21.5", "21.62", "-3.25", "0.1")
        for text in sent:
            board.publish("pysense/temperature", text)
        watch.expect(*(("pysense/temperature", text) for text in sent))
        row = self.board("pysense", {"temperature": 0.1})["temperature"]
        self.assertEqual((row["unit"], row["kind"], row["unit_source"], row["time_source"]), ("°C", "gauge", "assumed", "arrival"))
        path = f"{telemetry.source_path('topic', 'pysense')}/samples"
        chart = self.api.get(path, metric="temperature")
        self.assertEqual((chart["unit"], chart["columns"][0]), ("°C", "time"))
        self.assertEqual([value for _, value in chart["points"]], [21.5, 21.62, -3.25, 0.1], "as written: 21.62")
        now = time.time() * 1000
        self.assertTrue(all(now - 60_000 < when <= now + 1000 for when, _ in chart["points"]))
        minutes = self.api.get(path, metric="temperature", bucket="minute", aggregate="mean,min,max,count")["points"]
        self.assertEqual((min(low for _, _, low, *_ in minutes), max(high for *_, high, _ in minutes)), (-3.25, 21.62))
        self.assertAlmostEqual(sum(mean * count for _, mean, *_, count in minutes), 39.97, 9)

    def test_M1_08_decimal_numbers(self):
        for value in ("21.5", "21.75", " -3.25 ", "1e2"):
            self.publish("pysense/temperature", value)
        self.board("pysense", {"temperature": 100})
        points = self.samples("topic", "pysense", "temperature", bucket="raw")
        self.assertEqual([value for _, value in points], [21.5, 21.75, -3.25, 100])
        self.assertEqual(self.series("topic", "pysense")["temperature"]["unit"], "°C")

    def test_M1_08_each_board_is_a_source_of_its_own(self):
        for number in range(25):
            self.publish(f"lab/board{number}/value", number, client_id=f"board{number}")
        self.board("lab/board24", {"value": 24})
        shown = {source["id"]: source["series"][0]["value"] for source in self.sources("topic")}
        self.assertEqual(shown, {f"lab/board{number}": number for number in range(25)})

    def test_M1_08_several_values_in_one_object(self):
        self.publish("lab/room1", {"temperature": 21.5, "humidity": 40, "nested": {"light": 312.5}, "ok": True, "name": "x"})
        rows = self.board("lab/room1", {"temperature": 21.5, "humidity": 40, "nested.light": 312.5, "ok": 1})
        self.assertEqual(rows["temperature"]["unit"], "°C")
        self.assertEqual(rows["humidity"]["unit"], "%")
        self.assertEqual(len({row["time"] for row in rows.values()}), 1, "one time for all")

    def test_M1_08_what_is_no_number(self):
        for payload in ("", "hello", "nan", "inf", "-", "1,5,9", "0x10", b"\xff\xfe", "1" * 400, '"text"', "null", "[]"):
            self.publish("lab/odd/value", payload)
        for payload in ("1,5,9", "<door/>"):
            self.publish("lab/fresh/value", payload)
        self.publish("lab/good/value", 1)
        self.board("lab/good", {"value": 1})
        self.assertEqual(self.series("topic", "lab/odd")["value"]["kind"], "state")
        kept = [value for _, value in self.samples("topic", "lab/odd", "value", bucket="raw")]
        self.assertEqual(kept, ["hello", "-", "1,5,9", "0x10", "1" * 64, "text"], "a series of texts takes the next short text")
        problems = {line["problem"].split(":")[0].split(",")[0] for line in self.outcomes(trouble="true")}
        self.assertLessEqual({"not a finite number", "binary data", "comma-separated values", "text in a form that is not known"}, problems)

    def test_M1_16_sums_averages_and_more_over_time(self):
        numbers = random.Random(1)
        values = [numbers.randrange(1000) for _ in range(60)]
        for value in values:
            self.publish("apricot/value", value)
        eventually(lambda: self.sources("topic") and
                   len(self.samples("topic", "apricot", "value", bucket="raw")) == 60, "60 samples")
        points = self.samples("topic", "apricot", "value", bucket="year", aggregate="median")
        if len(points) == 1:
            self.assertAlmostEqual(points[0][1], statistics.median(values), 9)
        for bucket in ("minute", "quarter", "hour", "day", "week", "month", "year", "5m", "6h"):
            points = self.samples("topic", "apricot", "value", bucket=bucket, aggregate="count,sum,min,max,mean")
            self.assertIn(len(points), (1, 2), bucket)
            self.assertEqual(sum(count for _, count, *_ in points), 60, bucket)
            self.assertEqual(sum(total for _, _, total, *_ in points), sum(values), bucket)
            self.assertEqual(min(low for _, _, _, low, *_ in points), min(values), bucket)
            self.assertEqual(max(high for *_, high, _ in points), max(values), bucket)
            if len(points) == 1:
                self.assertAlmostEqual(points[0][-1], statistics.mean(values), 9)
        points = self.samples("topic", "apricot", "value", bucket="year", aggregate="first,last")
        self.assertEqual((points[0][1], points[-1][2]), (values[0], values[-1]))

    def test_M1_16_with_times_of_their_own(self):
        """A day's values at once: a chart of hours, and as many points as are wanted at most."""
        hour = 3_600_000
        begin = (int(time.time() * 1000) - 24 * hour) // hour * hour
        for step in range(96):
            self.publish("lab/room1", {"ts": begin + step * hour // 4, "temperature": step})
        self.board("lab/room1", {"temperature": 95})
        query = {"from": begin, "to": begin + 24 * hour}
        points = self.samples("topic", "lab/room1", "temperature", bucket="hour", **query)
        self.assertEqual(points, [[begin + step * hour, 4 * step + 1.5] for step in range(24)])
        medians = self.samples("topic", "lab/room1", "temperature", bucket="hour", aggregate="median,max", **query)
        self.assertEqual(medians, [[begin + step * hour, 4 * step + 1.5, 4 * step + 3] for step in range(24)])
        raw = self.samples("topic", "lab/room1", "temperature", **query)
        self.assertEqual(len(raw), 96, "few enough to be shown as they are")
        few = self.samples("topic", "lab/room1", "temperature", limit=30, **query)
        self.assertLessEqual(len(few), 30)
        self.assertGreater(len(few), 5)
        part = self.samples("topic", "lab/room1", "temperature", bucket="raw", **{"from": begin + hour, "to": begin + 2 * hour})
        self.assertEqual([value for _, value in part], [4, 5, 6, 7])

    def test_M1_16_messages_that_come_late(self):
        """Out of order: the chart is the same, and the last value is the newest by time."""
        now = int(time.time() * 1000)
        order = list(range(20))
        random.Random(2).shuffle(order)
        for step in order:
            self.publish("lab/late", {"ts": now - (20 - step) * 1000, "level": step})
        self.board("lab/late", {"level": 19})
        eventually(lambda: len(self.samples("topic", "lab/late", "level", bucket="raw")) == 20, "all")
        self.assertEqual([value for _, value in self.samples("topic", "lab/late", "level", bucket="raw")], list(range(20)))

    def test_M1_16_export(self):
        for value in (1, 2.5, 4):
            self.publish("apricot/value", value)
        self.board("apricot", {"value": 4})
        path = f"{telemetry.source_path('topic', 'apricot')}/samples?metric=value&format=csv&bucket=raw"
        rows = list(csv.reader(io.StringIO(self.api.text(path))))
        self.assertEqual([row[1] for row in rows[1:]], ["1", "2.5", "4"])

    def test_M1_16_live(self):
        """What is published is in the answer at once."""
        for value in range(5):
            began = time.monotonic()
            self.publish("apricot/value", value)
            self.board("apricot", {"value": value})
            self.assertLess(time.monotonic() - began, 3)
