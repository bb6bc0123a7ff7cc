"""The course lab: boards that never ping, all with the same program, against a sandbox broker (mission M1)."""

import json
import re
import time

import raw
from case import Case, Ports, eventually, long
from paho_client import Client


class Lab(Case):
    def sandbox(self, *arguments):
        port = Ports.take()
        broker = self.launch(["--sandbox", "-p", port, *arguments], port=port)
        self.brokers.append(broker)
        return broker.wait_ready()

    def lopy(self, broker, client_id="apricot", **fields):
        """The board's library: 3.1.1, clean session, keepalive 0; it never sends PINGREQ."""
        return raw.connected(broker.address, client_id, keepalive=0, clean=1, **fields)

    def test_M1_01_sandbox_takes_everybody_without_account(self):
        broker = self.sandbox()
        guest = Client(self, broker.port, "guest", version=5)
        self.assertEqual(guest.code, 0)
        guest.subscribe("apricot/value", 1)
        for version in (3, 4, 5):
            Client(self, broker.port, f"board{version}", version=version).publish("apricot/value", str(version))
        guest.expect(*[("apricot/value", str(version)) for version in (3, 4, 5)])

    def test_M1_01_sandbox_listens_on_all_addresses(self):
        broker = self.sandbox()
        for address in (("127.0.0.1", broker.port), ("127.0.0.2", broker.port), ("::1", broker.port)):
            try:
                raw.connected(address, "guest").close()
            except OSError as error:
                if address[0] != "::1":  # a machine may be without IPv6
                    raise self.failureException(f"{address}: {error}") from error

    def test_M1_01_without_the_sandbox_nobody_comes_in_from_outside(self):
        """Off by default: without a file only this machine is served, and with a listener anonymous is refused."""
        port = Ports.take()
        local = self.launch(["-p", port], port=port)
        self.brokers.append(local)
        local.wait_ready()
        raw.connected(local.address, "guest").close()
        with self.assertRaises(OSError):
            raw.Raw(("127.0.0.2", port), timeout=2)
        strict = self.start()
        with raw.Raw(strict.address) as guest:
            self.assertEqual(guest.connect("guest")["rc"], 5)

    def test_M1_01_the_limits_are_stated_and_hold(self):
        broker = self.sandbox()
        text = broker.log()
        packet_kb = int(re.search(r"packets of (\d+) KiB", text).group(1))
        payload_kb = int(re.search(r"payloads of (\d+) KiB", text).group(1))
        with raw.connected(broker.address, "other") as other, raw.connected(broker.address, "guest", 5) as guest:
            other.subscribe("t")
            guest.publish("t", bytes(payload_kb * 1024), 1, 1)
            self.assertEqual(guest.expect("PUBACK")["rc"], 0)
            self.assertEqual(len(other.expect("PUBLISH")["payload"]), payload_kb * 1024)
            guest.publish("t", bytes(payload_kb * 1024 + 1), 1, 2)
            self.assertGreaterEqual(guest.expect("PUBACK")["rc"], 0x80)
            guest.publish("t", bytes(packet_kb * 1024 + 1), 1, 3)
            self.assertEqual(guest.expect("DISCONNECT")["rc"], 0x95)
            self.assertEqual(other.messages(), [])

    def test_M1_03_bare_numbers_arrive_as_they_are(self):
        broker = self.sandbox()
        check = Client(self, broker.port, "check")
        check.subscribe("apricot/value")
        board = self.lopy(broker)
        for number in (0, 512, 999):
            board.publish("apricot/value", json.dumps(number))
        check.expect(*[("apricot/value", text) for text in ("0", "512", "999")])

    def test_M1_04_the_same_id_on_many_boards_takes_over(self):
        broker = self.sandbox()
        boards = []
        for _ in range(10):
            boards.append(self.lopy(broker))
            if len(boards) > 1:
                self.assertEqual(boards[-2].rest(), b"", "the older connection is closed without a word")
        boards[-1].ping()
        broker.wait_log(r"Client apricot already connected, closing old connection\.", 9)
        broker.wait_log(r"Client apricot \[127\.0\.0\.1:\d+\] disconnected: session taken over\.", 9)

    def test_M1_04_a_board_of_mqtt_5_is_told_why(self):
        broker = self.sandbox()
        old = raw.connected(broker.address, "apricot", 5)
        with raw.connected(broker.address, "apricot", 5):
            self.assertEqual(old.expect("DISCONNECT")["rc"], 0x8E)
            self.assertEqual(old.rest(), b"")

    @long(5)
    def test_M1_05_stays_connected_though_it_never_pings(self):
        """Longer than every clock that could end it: the one for CONNECT (1 s) and a keepalive that others have (1 s)."""
        broker = self.start("allow_anonymous true", "connect_timeout 1", "sys_interval 1")
        board = self.lopy(broker)
        board.subscribe("apricot/led")
        silent = [raw.connected(broker.address, f"silent{i}", keepalive=1) for i in range(3)]
        for client in silent:
            self.assertEqual(client.rest(), b"")
        broker.wait_log(r"Client silent\d \[[^]]+\] disconnected: exceeded timeout\.", 3)
        time.sleep(2)
        with raw.connected(broker.address, "teacher") as teacher:
            teacher.publish("apricot/led", "on")
        self.assertEqual(board.expect("PUBLISH")["payload"], b"on")
        broker.wait_log(r"as apricot \(p4, c1, k0\)\.")

    def test_M1_06_connack_is_zero_so_that_the_labs_text_appears(self):
        broker = self.sandbox()
        for _ in range(2):
            with raw.Raw(broker.address) as board:
                answer = board.connect("apricot", keepalive=0, clean=1)
                self.assertEqual((answer["session"], answer["rc"]), (0, 0))

    def test_M1_06_its_bytes(self):
        broker = self.sandbox()
        with raw.Raw(broker.address) as board:
            # As the board's library writes it.
            board.send_bytes(b"\x10\x13\x00\x04MQTT\x04\x02\x00\x00\x00\x07apricot")
            board.fill(4)
            self.assertEqual(board.buffer, b"\x20\x02\x00\x00")

    def test_M1_07_a_paho_client_checks_the_new_topic(self):
        broker = self.sandbox()
        board = self.lopy(broker)
        check = Client(self, broker.port, "MQTT_FX_Client", version=4)
        check.subscribe("apricot/value", 2)
        board.publish("apricot/value", "21.5")
        check.expect(("apricot/value", "21.5"))
        check.unsubscribe("apricot/value")
        board.publish("apricot/value", "22")
        board.publish("other", "")
        board.publish("apricot/value", "22.5")
        board.subscribe("nothing")
        check.subscribe("apricot/end")
        board.publish("apricot/end", "end")
        check.expect(("apricot/value", "21.5"), ("apricot/end", "end"))

    def test_M1_19_reconnect_at_once_while_the_old_socket_is_half_open(self):
        """The old socket answers nothing and was never closed, as after a lost WLAN."""
        broker = self.start("allow_anonymous true")
        lost = raw.connected(broker.address, "apricot", keepalive=0, clean=0)
        lost.subscribe("apricot/led", qos=1)
        with raw.connected(broker.address, "teacher") as teacher:
            self.assertEqual(teacher.publish_acked("apricot/led", "on"), 0)
            back = raw.Raw(broker.address)
            self.assertEqual(back.connect("apricot", keepalive=0, clean=0)["session"], 1)
            again = back.expect("PUBLISH")
            self.assertEqual((again["payload"], again["dup"]), (b"on", 1), "what was never acknowledged comes again")
            back.send("PUBACK", id=again["id"])
            self.assertEqual(teacher.publish_acked("apricot/led", "off", 2), 0)
            self.assertEqual(back.expect("PUBLISH")["payload"], b"off")
        eventually(lambda: raw.ends_within(lost, 1), "the end of the old socket")

    def test_M1_19_ten_reconnects_in_a_row_lose_nothing(self):
        broker = self.start("allow_anonymous true")
        with raw.connected(broker.address, "teacher") as teacher:
            raw.connected(broker.address, "apricot", clean=0).subscribe("apricot/led", qos=1)
            got, old = [], []
            for i in range(10):
                self.assertEqual(teacher.publish_acked("apricot/led", str(i), i + 1), 0)
                old.append(raw.connected(broker.address, "apricot", clean=0))
                got += [payload for _, payload in old[-1].messages()]
        self.assertEqual(got, [str(i) for i in range(10)])
