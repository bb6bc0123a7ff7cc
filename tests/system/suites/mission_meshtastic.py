"""The Swedish Meshtastic community: nodes that only send, an operator who reads (mission M0, the broker's half)."""

import raw
from case import Case, Ports
from paho_client import Client

ROOT = "msh/EU_868"
PACKET = bytes.fromhex("0a1c0d78563412150d0d0d0d1800220a080112064865c3a5c3b60a")

UPLINK_ONLY = """\
user uplink
topic write msh/#
user operator
topic readwrite msh/#
topic read $SYS/#
"""


class Meshtastic(Case):
    def start_public(self, *lines, acl=UPLINK_ONLY):
        passwords = self.passwords(uplink="uplink", operator="secret")
        return self.start("allow_anonymous false", f"password_file {passwords}",
                          f"acl_file {self.write('acl', acl)}", *lines)

    def node(self, broker, client_id="!a1b2c3d4", level=4):
        """As the settings block Q0.1 makes a node connect: user and password uplink, plain TCP."""
        return raw.connected(broker.address, client_id, level, user="uplink", pass_="uplink", keepalive=15,
                             will=f"{ROOT}/2/stat/{client_id}", will__payload="offline", will__qos=1, will__retain=1)

    def operator(self, broker):
        client = raw.connected(broker.address, "operator", user="operator", pass_="secret")
        self.assertEqual(client.subscribe("#"), [0])
        return client

    def test_M0_01_a_node_uplinks_with_user_uplink(self):
        broker = self.start_public()
        operator, node = self.operator(broker), self.node(broker)
        node.publish(f"{ROOT}/2/stat/!a1b2c3d4", "online", 1, 1, retain=1)
        node.expect("PUBACK")
        node.publish(f"{ROOT}/2/e/LongFast/!a1b2c3d4", PACKET)
        node.publish(f"{ROOT}/2/map/", PACKET)
        node.ping()
        topics = [topic for topic, _ in operator.messages()]
        self.assertEqual(topics, [f"{ROOT}/2/stat/!a1b2c3d4", f"{ROOT}/2/e/LongFast/!a1b2c3d4", f"{ROOT}/2/map/"])

    def test_M0_01_the_payload_arrives_byte_for_byte(self):
        broker = self.start_public()
        operator, node = self.operator(broker), self.node(broker)
        node.publish(f"{ROOT}/2/e/LongFast/!a1b2c3d4", bytes(range(256)))
        self.assertEqual(operator.expect("PUBLISH")["payload"], bytes(range(256)))

    def test_M0_01_a_wrong_password_is_refused(self):
        broker = self.start_public()
        with raw.Raw(broker.address) as node:
            self.assertEqual(node.connect("!a1b2c3d4", user="uplink", pass_="large4cats")["rc"], 5)

    def test_M0_02_the_broker_publishes_nothing_of_its_own_below_the_root(self):
        """With uplink only, all that goes over the broker outside $SYS is what nodes sent."""
        broker = self.start_public("sys_interval 1", "log_dest stderr", "log_dest topic")
        operator = self.operator(broker)
        downlink = raw.connected(broker.address, "downlink", user="operator", pass_="secret")
        downlink.subscribe(f"{ROOT}/2/json/mqtt/#", f"{ROOT}/2/c/#")
        sent = []
        for i in range(3):
            with self.node(broker, f"!0000000{i}") as node:
                sent.append((f"{ROOT}/2/e/LongFast/!0000000{i}", f"packet {i}"))
                node.publish(*sent[-1])
                node.ping()
                node.send("DISCONNECT")
                node.rest()
        watch = raw.connected(broker.address, "watch", user="operator", pass_="secret")
        watch.subscribe("$SYS/broker/uptime")
        watch.expect("PUBLISH")
        first = watch.expect("PUBLISH")  # the broker has had a whole interval to say something
        self.assertIn(b"seconds", first["payload"])
        self.assertEqual(operator.messages(), sent)
        self.assertEqual(downlink.messages(), [])

    def test_M0_03_one_line_forbids_all_reads_of_uplink(self):
        """`topic write msh/#` is the one setting: a subscriber with that account receives nothing."""
        broker = self.start_public()
        operator, node = self.operator(broker), self.node(broker, "!00000001")
        operator.publish_acked(f"{ROOT}/2/e/LongFast/!00000009", "retained", retain=1)
        for filter_ in ("#", f"{ROOT}/#", f"{ROOT}/2/e/LongFast/!00000001", "$share/g/msh/#"):
            self.assertEqual(node.subscribe(filter_, qos=2), [2])
        for qos in range(3):
            operator.publish(f"{ROOT}/2/e/LongFast/!00000002", "down", qos, 7 + qos)
        node.publish(f"{ROOT}/2/e/LongFast/!00000001", "own")
        node.ping()
        self.assertIn((f"{ROOT}/2/e/LongFast/!00000001", "own"), operator.messages())
        self.assertEqual(node.messages(), [])

    def test_M0_03_not_after_a_reconnect_either(self):
        broker = self.start_public()
        operator = self.operator(broker)
        with raw.connected(broker.address, "!1", user="uplink", pass_="uplink", clean=0) as node:
            node.subscribe("msh/#", qos=1)
            node.leave()
        self.assertEqual(operator.publish_acked("msh/x", "queued"), 0)
        with raw.connected(broker.address, "!1", user="uplink", pass_="uplink", clean=0) as node:
            self.assertEqual(node.messages(), [])

    def test_M0_17_write_only_account_stays_connected(self):
        """SUBSCRIBE is refused where the protocol has words for it, or yields nothing."""
        broker = self.start_public()
        operator, new = self.operator(broker), self.node(broker, "!5", level=5)
        self.assertEqual(new.subscribe(f"{ROOT}/#"), [0x87])
        new.publish(f"{ROOT}/2/e/LongFast/!5", "still here")
        new.ping()
        self.assertEqual(operator.messages(), [(f"{ROOT}/2/e/LongFast/!5", "still here")])
        broker.wait_log(r"Denied SUBSCRIBE from !5 \('msh/EU_868/#'")

    def test_M0_17_refusal_for_3_1_1_when_the_operator_wants_it(self):
        broker = self.start_public("acl_subscribe refuse")
        node = self.node(broker)
        self.assertEqual(node.subscribe(f"{ROOT}/#"), [0x80])
        node.publish(f"{ROOT}/2/e/LongFast/!a1b2c3d4", "still here", 1, 3)
        node.expect("PUBACK")

    def test_M0_18_a_reader_sees_everything_below_msh(self):
        broker = self.start_public()
        reader = Client(self, broker.port, "tools", user="operator", password="secret", version=5)
        self.assertEqual(reader.subscribe("msh/#", 1), [1])
        nodes = [self.node(broker, f"!{i:08x}") for i in range(20)]
        for i, node in enumerate(nodes):
            node.publish(f"msh/{'SE' if i % 2 else 'EU_868'}/2/e/LongFast/!{i:08x}", f"packet {i}")
            node.ping()
        reader.expect(*[(f"msh/{'SE' if i % 2 else 'EU_868'}/2/e/LongFast/!{i:08x}", f"packet {i}") for i in range(20)])

    def test_M0_18_swedish_letters_and_emoji_pass(self):
        broker = self.start("allow_anonymous true", port=Ports.take())
        reader = Client(self, broker.port, "läsare")
        reader.subscribe("msh/Åland/#")
        Client(self, broker.port, "sändare", version=5).publish("msh/Åland/📡", "hälsningar från Öland 🦌")
        reader.expect(("msh/Åland/📡", "hälsningar från Öland 🦌"))
