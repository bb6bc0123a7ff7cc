"""Two shards and more: order, "acknowledged means visible", and slow work that does not stand in the way."""

import threading

import raw
from case import Case, eventually, long


class Shards(Case):
    def clients(self, broker, count, prefix="c", **fields):
        return [raw.connected(broker.address, f"{prefix}{i}", keepalive=0, **fields) for i in range(count)]

    def test_order_of_one_publisher_for_every_subscriber(self):
        broker = self.start("allow_anonymous true", "shards 4", "max_queued_messages 0")
        readers = self.clients(broker, 12, "r")
        for i, reader in enumerate(readers):
            reader.subscribe("t/#", qos=i % 3)
        senders = self.clients(broker, 4, "s")
        count = 300
        for i in range(count):
            for number, sender in enumerate(senders):
                sender.publish(f"t/{number}", str(i), number % 2, 1 + i)
        for number, sender in enumerate(senders):
            for _ in range(count if number % 2 else 0):
                sender.wait_for("PUBACK")
            sender.ping()
        for reader in readers:
            got = []
            eventually(lambda: got.extend(reader.messages()) or len(got) >= count * len(senders), "all messages")
            for number in range(len(senders)):
                mine = [payload for topic, payload in got if topic == f"t/{number}"]
                self.assertEqual(mine, [str(i) for i in range(count)], f"t/{number}")

    def test_order_of_mixed_qos_to_the_same_topic(self):
        """QoS 0, 1 and 2 of one publisher go to a QoS 2 subscription in order of each QoS."""
        broker = self.start("allow_anonymous true", "shards 2", "max_queued_messages 0", "max_inflight_messages 5")
        readers = self.clients(broker, 4, "r")
        for reader in readers:
            reader.subscribe("t", qos=2)
        sender = raw.connected(broker.address, "s")
        for i in range(90):
            sender.publish("t", f"{i % 3}:{i}", i % 3, 1 + i)
        for i in range(90):
            if i % 3:
                got = sender.receive()
                if got[0] == "PUBREC":
                    sender.send("PUBREL", id=got[1]["id"])
        for reader in readers:
            got = []
            eventually(lambda: got.extend(reader.messages()) or len(got) >= 90, lambda: f"90 messages, {len(got)} so far")
            for qos in range(3):
                numbers = [int(payload.partition(":")[2]) for _, payload in got if payload.startswith(f"{qos}:")]
                self.assertEqual(numbers, sorted(numbers), f"QoS {qos}")
                self.assertEqual(len(numbers), 30)

    def test_a_subscription_that_is_acknowledged_is_seen_by_everybody(self):
        """Client A has its SUBACK; then B on another shard publishes: A gets it, each time."""
        broker = self.start("allow_anonymous true", "shards 4")
        clients = self.clients(broker, 8)
        for turn in range(200):
            reader, sender = clients[turn % 8], clients[(turn * 3 + 1) % 8]
            topic = f"t/{turn}"
            reader.subscribe(topic if turn % 2 else f"t/{turn}/#", qos=turn % 3)
            self.assertEqual(sender.publish_acked(topic, "x") if sender is not reader else 0, 0)
            if sender is not reader:
                self.assertEqual(reader.messages(), [(topic, "x")])

    def test_an_acknowledged_message_is_delivered_before_what_its_publisher_does_next(self):
        """B has the PUBACK and tells C, who asks A's topic: retained, it is there."""
        broker = self.start("allow_anonymous true", "shards 4")
        clients = self.clients(broker, 8)
        for turn in range(200):
            writer, reader = clients[turn % 8], clients[(turn * 5 + 2) % 8]
            writer.publish_acked(f"r/{turn % 7}", str(turn), retain=1)
            reader.subscribe(f"r/{turn % 7}")
            self.assertEqual(reader.messages(), [(f"r/{turn % 7}", str(turn))])
            reader.send("UNSUBSCRIBE", id=2, filter=f"r/{turn % 7}")
            reader.expect("UNSUBACK")

    def test_an_acknowledged_unsubscribe_ends_it(self):
        broker = self.start("allow_anonymous true", "shards 4")
        clients = self.clients(broker, 8, level=5)
        for turn in range(200):
            reader, sender = clients[turn % 8], clients[(turn * 3 + 1) % 8]
            if reader is sender:
                continue
            reader.subscribe("t")
            reader.send("UNSUBSCRIBE", id=2, filter="t")
            reader.wait_for("UNSUBACK")
            self.assertEqual(sender.publish_acked("t", "x"), 0x10, "nobody is there any more")
            self.assertEqual(reader.messages(), [])

    def test_no_matching_subscribers_is_true_across_shards(self):
        broker = self.start("allow_anonymous true", "shards 4")
        clients = self.clients(broker, 8, level=5)
        clients[0].subscribe("a/+/c", "$share/g/s/#")
        for sender in clients[1:]:
            self.assertEqual(sender.publish_acked("a/b/c"), 0)
            self.assertEqual(sender.publish_acked("s/x"), 0)
            self.assertEqual(sender.publish_acked("a/b"), 0x10)

    def test_retained_and_live_are_neither_missed_nor_doubled(self):
        """Somebody writes a retained topic while others subscribe to it: each sees a run of values without a gap."""
        broker = self.start("allow_anonymous true", "shards 4", "max_queued_messages 0", "connection_messages false")
        writer = raw.connected(broker.address, "writer")
        stop, written = threading.Event(), [0]

        def write():
            while not stop.is_set():
                written[0] += 1
                writer.publish_acked("value", str(written[0]), 1 + written[0] % 60000, retain=1)
        thread = threading.Thread(target=write)
        thread.start()
        try:
            for i in range(60):
                with raw.connected(broker.address, f"r{i}") as reader:
                    reader.subscribe("value", qos=i % 3)
                    got = []
                    eventually(lambda: got.extend(int(payload) for _, payload in reader.messages()) or len(got) >= 5, "values")
                    self.assertEqual(got, list(range(got[0], got[0] + len(got))))
        finally:
            stop.set()
            thread.join()

    def test_takeover_between_shards_keeps_the_session(self):
        broker = self.start("allow_anonymous true", "shards 4")
        sender = raw.connected(broker.address, "sender")
        raw.connected(broker.address, "same", clean=0).subscribe("t", qos=1)
        for i in range(40):
            sender.publish_acked("t", str(i))
            with raw.connected(broker.address, "same", clean=0) as client:
                self.assertEqual(client.messages(), [("t", str(i))])
                client.leave()

    def test_shared_subscription_over_shards(self):
        """By way of the group's own shard, so that a message may come a moment after its acknowledgement."""
        broker = self.start("allow_anonymous true", "shards 4", "sys_interval 0")
        workers = self.clients(broker, 6, "w")
        for worker in workers:
            worker.subscribe("$share/g/job", qos=1)
        senders = self.clients(broker, 4, "s")
        for i in range(120):
            senders[i % 4].publish_acked("job", str(i))
        got = [[] for _ in workers]

        def fetch():
            for some, worker in zip(got, workers):
                some += [payload for _, payload in worker.messages()]
            return sum(map(len, got)) >= 120
        eventually(fetch, "120 messages")
        self.assertEqual(sorted(int(one) for some in got for one in some), list(range(120)), "each once")
        self.assertTrue(all(len(some) > 5 for some in got), f"everybody works: {[len(some) for some in got]}")

    def test_more_shards_than_cores_and_one(self):
        for count in (1, 3, 16):
            broker = self.start("allow_anonymous true", f"shards {count}")
            readers = self.clients(broker, 20)
            for reader in readers:
                reader.subscribe("#")
            with raw.connected(broker.address, "sender") as sender:
                sender.publish_acked("t", "x")
            for reader in readers:
                self.assertEqual(reader.messages(), [("t", "x")])
            self.assertEqual(broker.stop(), 0)
            self.forget(broker)


class LoginStorm(Case):
    def slow_passwords(self):
        passwd = self.path("passwd")
        done = self.run_martlet("passwd", "-c", "-b", "-I", "300000", passwd, "slow", "pw")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.add_password(passwd, "quick", "pw")
        return passwd

    @staticmethod
    def count_waiting(clients):
        """Those that have had no answer yet."""
        waiting = 0
        for one in clients:
            one.socket.setblocking(False)
            try:
                one.socket.recv(4, 2)  # MSG_PEEK
            except BlockingIOError:
                waiting += 1
            one.socket.settimeout(50)
        return waiting

    @long(3)
    def test_a_flood_from_one_address_does_not_delay_another(self):
        broker = self.start(f"password_file {self.slow_passwords()}", "shards 2")
        flood = []
        for i in range(60):
            flood.append(raw.Raw(broker.address, source=("127.0.0.2", 0)))
            self.addCleanup(flood[-1].close)
            flood[-1].send_bytes(raw.connect_packet(f"flood{i}", user="slow", pass_="guess"))
        with raw.connected(broker.address, "somebody", user="slow", pass_="pw"):
            self.assertGreater(self.count_waiting(flood), 30, "the flood must still be going on, else this test shows nothing")

    @long(6)
    def test_traffic_goes_on_while_passwords_are_hashed(self):
        """Hashes that take long wait on workers: before the last of a storm is in, messages have gone to and fro."""
        passwd = self.slow_passwords()
        broker = self.start(f"password_file {passwd}", "shards 2", "connect_timeout 60")
        sender = raw.connected(broker.address, "sender", user="quick", pass_="pw")
        reader = raw.connected(broker.address, "reader", user="quick", pass_="pw")
        reader.subscribe("t", qos=1)
        storm = []
        for i in range(40):
            storm.append(raw.Raw(broker.address, timeout=50))
            storm[-1].send_bytes(raw.connect_packet(f"storm{i}", user="slow", pass_="pw" if i % 2 else "wrong"))
        exchanged = 0
        for turn in range(50):
            self.assertEqual(sender.publish_acked("t", str(turn)), 0)
            self.assertEqual(reader.messages(), [("t", str(turn))])
            exchanged += 1
        waiting = self.count_waiting(storm)
        self.assertEqual(exchanged, 50)
        self.assertGreater(waiting, 0, "the storm must still be going on, else this test shows nothing")
        codes = [one.expect("CONNACK")["rc"] for one in storm]
        self.assertEqual(codes, [5, 0] * 20)

    def test_who_leaves_while_the_hash_is_computed(self):
        passwd = self.path("passwd")
        done = self.run_martlet("passwd", "-c", "-b", "-I", "100000", passwd, "slow", "pw")
        self.assertEqual(done.returncode, 0, done.stderr)
        broker = self.start(f"password_file {passwd}")
        for i in range(20):
            one = raw.Raw(broker.address)
            one.send_bytes(raw.connect_packet(f"c{i % 3}", user="slow", pass_="pw", clean=i % 2) + b"\xc0\x00")
            if i % 4:
                one.close()
            if i == 10:
                broker.reload()
        with raw.connected(broker.address, "last", user="slow", pass_="pw") as last:
            last.ping()

    def test_packets_behind_connect_wait_for_the_answer(self):
        """What a client sends before its CONNACK is done in order, and not at all when it is refused."""
        broker = self.start(f"password_file {self.passwords(alice='a')}")
        watch = raw.connected(broker.address, "watch", user="alice", pass_="a")
        watch.subscribe("t")
        for password in ("a", "b"):
            with raw.Raw(broker.address) as one:
                one.send_bytes(raw.connect_packet("c", user="alice", pass_=password)
                               + raw.packet("PUBLISH", topic="t", payload=password, qos=1, id=1) + raw.packet("DISCONNECT"))
                said = one.rest()
                self.assertEqual(said, b"\x20\x02\x00\x00\x40\x02\x00\x01" if password == "a" else b"\x20\x02\x00\x05")
        self.assertEqual(watch.messages(), [("t", "a")])
