"""The $SYS tree: complete, numbers that are right, and nobody else's to write."""

import re

import raw
from case import Case, eventually
from paho_client import Client

STATIC = ("version", "uptime")
VALUES = """clients/total clients/maximum clients/connected clients/active clients/disconnected clients/inactive clients/expired
messages/received messages/sent messages/stored store/messages/count store/messages/bytes publish/messages/received
publish/messages/sent publish/messages/dropped publish/bytes/received publish/bytes/sent bytes/received bytes/sent
subscriptions/count shared_subscriptions/count heap/current heap/maximum packet/out/count packet/out/bytes
connections/socket/count""".split()
LOADS = ("messages/received", "messages/sent", "publish/received", "publish/sent", "publish/dropped", "bytes/received",
         "bytes/sent", "sockets", "connections")


class SysTree(Case):
    def watch(self, broker, **options):
        client = Client(self, broker.port, "watch", **options)
        client.subscribe("$SYS/#")
        return client

    def values(self, client):
        return {topic.removeprefix("$SYS/broker/"): payload for topic, payload in client.messages}

    def eventually_is(self, client, **wanted):
        """Waits until these values (/ and blanks written _) stand."""
        def check():
            values = self.values(client)
            return all(values.get(key) == str(value) for key, value in self.names(wanted))
        def tell():
            return f"{self.names(wanted)}; it is {[(key, self.values(client).get(key)) for key, _ in self.names(wanted)]}; this"
        eventually(check, tell)

    def names(self, wanted):
        known = [*VALUES, "retained messages/count"]
        return [(name, value) for name in known for key, value in wanted.items() if re.sub("[ /]", "_", name) == key]

    def test_it_is_complete(self):
        broker = self.start("allow_anonymous true", "sys_interval 1")
        client = self.watch(broker)
        wanted = {*STATIC, *VALUES, "retained messages/count"}
        wanted |= {f"load/{x}/{span}" for x in LOADS for span in ("1min", "5min", "15min")}
        eventually(lambda: wanted <= set(self.values(client)),
                   "all of $SYS; missing " + " ".join(sorted(wanted - set(self.values(client)))), 4)
        values = self.values(client)
        self.assertRegex(values["version"], r"^(martlet|mosquitto) version \d+\.\d+\.\d+")
        self.assertRegex(values["uptime"], r"^\d+ seconds$")
        for name in [*VALUES, "retained messages/count"]:
            self.assertRegex(values[name], r"^\d+$", name)
        for x in LOADS:
            self.assertRegex(values[f"load/{x}/1min"], r"^\d+\.\d\d$", x)

    def test_it_is_retained_and_only_changes_are_sent(self):
        broker = self.start("allow_anonymous true", "sys_interval 1")
        first = self.watch(broker)
        eventually(lambda: len([topic for topic, _ in first.messages if topic.endswith("uptime")]) >= 3, "three uptimes")
        versions = [packet for packet in first.packets if packet.topic == "$SYS/broker/version"]
        self.assertEqual(len(versions), 1, "sent once")
        late = Client(self, broker.port, "late")
        late.subscribe("$SYS/broker/version", 2)
        late.wait(lambda: late.messages, "the version")
        self.assertTrue(late.packets[0].retain)

    def test_numbers_of_clients(self):
        broker = self.start("allow_anonymous true", "sys_interval 1")
        raw.connected(broker.address, "away", clean=0).close()
        some = [raw.connected(broker.address, f"c{i}") for i in range(5)]
        client = self.watch(broker)
        self.eventually_is(client, clients_total=7, clients_connected=6, clients_active=6, clients_disconnected=1,
                           clients_inactive=1, clients_maximum=7, connections_socket_count=6)
        for one in some:
            one.close()
        self.eventually_is(client, clients_total=2, clients_connected=1, clients_disconnected=1, clients_maximum=7,
                           connections_socket_count=1)

    def test_expired_sessions(self):
        broker = self.start("allow_anonymous true", "sys_interval 1")
        client = self.watch(broker)
        for i in range(3):
            raw.connected(broker.address, f"c{i}", 5, session_expiry=1).close()
        self.eventually_is(client, clients_expired=3, clients_total=1)

    def test_subscriptions_and_messages(self):
        broker = self.start("allow_anonymous true", "sys_interval 1")
        client = self.watch(broker)
        with raw.connected(broker.address, "c") as one:
            one.subscribe("a", "b/#", "$share/g/c", "$share/h/c")
            for i in range(4):
                one.publish_acked(f"r/{i}", "x" * 10, retain=1)
            self.eventually_is(client, subscriptions_count=5, shared_subscriptions_count=2, publish_messages_received=4,
                               publish_bytes_received=40)
            one.send("UNSUBSCRIBE", id=9, filter=["a", "$share/g/c"])
            self.eventually_is(client, subscriptions_count=3, shared_subscriptions_count=1)
        self.eventually_is(client, subscriptions_count=1, shared_subscriptions_count=0)

    def test_retained_count_follows(self):
        broker = self.start("allow_anonymous true", "sys_interval 1")
        client = self.watch(broker)
        key = "retained messages/count"
        eventually(lambda: self.values(client).get(key) == str(len(self.values(client))), "the tree counts itself")
        base = int(self.values(client)[key])
        with raw.connected(broker.address, "c") as one:
            for i in range(5):
                one.publish_acked(f"r/{i}", "x", retain=1)
            eventually(lambda: int(self.values(client)[key]) == base + 5, lambda: f"{base} + 5, not {self.values(client)}")
            for i in range(5):
                one.publish_acked(f"r/{i}", "", retain=1)
            eventually(lambda: int(self.values(client)[key]) == base, "five less")

    def test_dropped_messages_are_counted_with_their_reason(self):
        broker = self.start("allow_anonymous true", "sys_interval 1", "max_queued_messages 2")
        client = self.watch(broker)
        with raw.connected(broker.address, "away", clean=0) as away:
            away.subscribe("t", qos=1)
            away.leave()
        with raw.connected(broker.address, "c") as one:
            for i in range(7):
                one.publish_acked("t", "x" * 100, 1 + i)
        self.eventually_is(client, publish_messages_dropped=5, packet_out_count=2)
        # Topic and head of each message count as well.
        self.assertGreater(int(self.values(client)["packet/out/bytes"]), 200)
        eventually(lambda: self.values(client)["publish/messages/dropped/queue_full"] == "5", lambda: f"{self.values(client)}")

    def test_it_can_be_switched_off(self):
        broker = self.start("allow_anonymous true", "sys_interval 0")
        with raw.connected(broker.address, "c") as one:
            one.subscribe("$SYS/#")
            self.assertEqual(one.messages(), [])
            self.rewrite(broker, "allow_anonymous true", "sys_interval 1")
            broker.reload()
            self.assertTrue(one.expect("PUBLISH")["topic"].startswith(b"$SYS/broker/"))

    def test_a_hash_does_not_see_it(self):
        broker = self.start("allow_anonymous true", "sys_interval 1")
        watch = self.watch(broker)
        with raw.connected(broker.address, "c") as one:
            one.subscribe("#", "+/broker/#")
            watch.wait(lambda: watch.messages, "something of $SYS")
            self.assertEqual(one.messages(), [])

    def test_log_topics(self):
        broker = self.start("allow_anonymous true", "log_dest topic", "log_type all", "log_dest stderr")
        watch = Client(self, broker.port, "watch")
        watch.subscribe("$SYS/broker/log/#", 2)
        with raw.connected(broker.address, "somebody") as one:
            one.subscribe("some/filter")
            one.send("UNSUBSCRIBE", id=3, filter="some/filter")
            one.expect("UNSUBACK")
        broker.reload()

        def topics():
            return {topic.removeprefix("$SYS/broker/log/") for topic, _ in watch.messages}
        eventually(lambda: {"N", "M/subscribe", "M/unsubscribe"} <= topics(), f"log topics {topics()}")
        self.assertLessEqual(topics(), {"E", "W", "N", "I", "WS", "M/subscribe", "M/unsubscribe"}, "debug goes to no topic")
        self.assertTrue(any("somebody" in payload and topic.endswith("/N") for topic, payload in watch.messages))
        self.assertFalse(any(packet.retain for packet in watch.packets))
