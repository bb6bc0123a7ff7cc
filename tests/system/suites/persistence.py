"""`persistence true`: what was acknowledged is there after a stop, a kill and a damaged disk, once and in order."""

import json
import os
import random
import re
import select
import signal
import stat
import threading
import time
from pathlib import Path

import case
import mission_home
import raw
from case import Case, Ports, eventually, long

EVER = 3600  # session expiry of what must outlast the test


def publish(client, topic, payload, qos, packet_id):
    """On return the broker has answered for it."""
    client.publish(topic, payload, qos, packet_id)
    if qos == 1:
        client.expect("PUBACK")
    if qos == 2:
        client.expect("PUBREC")
        client.send("PUBREL", id=packet_id)
        client.expect("PUBCOMP")


def take(client, count):
    """[(payload, qos)] of so many messages, each acknowledged to its end."""
    found, half_way = [], 0
    while len(found) < count or half_way:
        name, fields, _ = client.receive()
        if name == "PUBLISH":
            found.append((fields["payload"].decode(), fields["qos"]))
            if fields["qos"]:
                client.send("PUBACK" if fields["qos"] == 1 else "PUBREC", id=fields["id"])
            half_way += fields["qos"] == 2
        if name == "PUBREL":
            client.send("PUBCOMP", id=fields["id"])
            half_way -= 1
    return found


def keep_session(address, client_id, *filters, level=4, **fields):
    """Leaves a durable session with these filters (QoS 2)."""
    expiry = {"session_expiry": EVER} if level == 5 else {}
    client = raw.connected(address, client_id, level, clean=0, **{**expiry, **fields})
    client.subscribe(*filters, qos=2)
    client.leave()


def anonymous_kb(broker):
    status = Path(f"/proc/{broker.process.pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status).group(1))


class Durable(Case):
    def begin(self, *lines, **options):
        self.lines = ("allow_anonymous true", "persistence true", f"persistence_location {self.directory}/lib/",
                      "persistence_file journal", *lines)
        return self.start(*self.lines, **options)

    def end(self, broker, number=signal.SIGTERM):
        self.forget(broker)
        self.assertEqual(broker.stop(number), -9 if number == signal.SIGKILL else 0, broker.log()[-2000:])

    def restart(self, broker, number=signal.SIGTERM):
        self.end(broker, number)
        return self.start(*self.lines, port=broker.port)

    def back(self, broker, client_id, level=4, **fields):
        """A client whose session must still be there."""
        client = raw.Raw(broker.address, level)
        expiry = {"session_expiry": EVER} if level == 5 else {}
        self.assertEqual(client.connect(client_id, clean=0, **{**expiry, **fields})["session"], 1, client_id)
        return client

    @property
    def journal(self):
        return self.path("lib/journal")

    def segments(self):
        return sorted(self.journal.glob("*.seg"))

    def records(self):
        """Of a broker that has ended."""
        done = self.run_martlet("store", "dump", "--path", self.journal)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]


class PastedHome(Case):
    """Mission M3 with its own configuration: `persistence_location /var/lib/mosquitto/`, and the service restarts."""

    def setUp(self):
        super().setUp()
        for folder in mission_home.FOLDERS:
            self.path(folder).mkdir(parents=True)
            for place in (self.path(folder), *self.path(folder).parents):
                if place.is_relative_to(self.directory) and place != self.directory:
                    place.chmod(0o777)
        self.port = Ports.take()
        self.passwords("etc/mosquitto/passwdcode", lowi="token")
        self.file = mission_home.PastedConfiguration.pasted(self)

    def start_pasted(self):
        """With umask 000: whoever starts it, nobody else may read what it keeps."""
        broker = self.launch(["-c", self.file], program=self.symlink("mosquitto"), port=self.port,
                             log=self.path("var/log/mosquitto/mosquitto.log"), limits=lambda: os.umask(0))
        self.brokers.append(broker)
        return broker.wait_ready()

    def end(self, broker, number):
        self.forget(broker)
        self.assertEqual(broker.stop(number), -9 if number == signal.SIGKILL else 0, broker.log()[-2000:])

    def check_modes(self):
        journal = self.path("var/lib/mosquitto/mosquitto.db")
        self.assertEqual(stat.S_IMODE(journal.stat().st_mode), 0o700)
        modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in journal.iterdir()}
        self.assertGreater(len(modes), 0)
        self.assertEqual(set(modes.values()), {"0o600"}, modes)

    def check_restart(self, number):
        login = {"user": "lowi", "pass_": "token"}
        broker = self.start_pasted()
        keep_session(broker.address, "explorer", "+/CH0", **login)
        lowi = raw.connected(broker.address, "lowi", **login)
        for count in range(10):
            publish(lowi, "1234567/CH0", f"PI {count}", 1 + count % 2, count + 1)
        lowi.publish_acked("1234567/LWT", "Online", 50, retain=1)
        lowi.publish_acked("1234567/old", "x", 51, retain=1)
        lowi.publish_acked("1234567/old", "", 52, retain=1)
        self.end(broker, number)
        self.check_modes()
        broker = self.start_pasted()
        explorer = raw.Raw(broker.address)
        self.assertEqual(explorer.connect("explorer", clean=0, **login)["session"], 1)
        got = take(explorer, 10)
        for qos in (1, 2):
            self.assertEqual([one for one in got if one[1] == qos],
                             [(f"PI {count}", qos) for count in range(qos - 1, 10, 2)])
        self.assertEqual(explorer.messages(), [])
        fresh = raw.connected(broker.address, "fresh", **login)
        fresh.subscribe("#")
        self.assertEqual(fresh.messages(), [("1234567/LWT", "Online")])
        self.check_modes()

    def test_M3_07_systemctl_restart(self):
        self.check_restart(signal.SIGTERM)

    def test_M3_07_killed(self):
        self.check_restart(signal.SIGKILL)


class Sessions(Durable):
    def check_vehicle(self, *levels):
        """What is sent, with these QoS in turn, to a vehicle that is away for two restarts."""
        broker = self.begin()
        keep_session(broker.address, "vehicle", "fleet/+/rpc", level=5)
        orders = [(f"order {count}", levels[count % len(levels)]) for count in range(40)]
        for first, number in ((0, signal.SIGTERM), (20, signal.SIGKILL)):
            cloud = raw.connected(broker.address, "cloud")
            for count in range(first, first + 20):
                publish(cloud, "fleet/7/rpc", *orders[count], count + 1)
            broker = self.restart(broker, number)
        vehicle = self.back(broker, "vehicle", level=5)
        self.assertEqual(take(vehicle, 40), orders)
        self.assertEqual(vehicle.messages(), [])
        vehicle.leave()
        self.assertEqual(self.back(self.restart(broker), "vehicle", level=5).messages(), [], "once")

    def test_M2_11_qos_1_comes_in_order_after_two_restarts(self):
        self.check_vehicle(1)

    def test_M2_11_qos_2_comes_in_order_after_two_restarts(self):
        self.check_vehicle(2)

    def test_M2_11_mixed_qos_comes_in_order_after_two_restarts(self):
        self.check_vehicle(1, 2)

    def leave_with_will(self, broker, client_id, expiry=EVER):
        """Gone without a word, with a filter and a will that waits."""
        client = raw.connected(broker.address, client_id, 5, clean=0, session_expiry=expiry, will=f"wills/{client_id}",
                               will__payload=client_id, will__qos=1, will__will_delay=EVER)
        client.subscribe("device", qos=1)
        return client

    @long(8)
    def test_M4_22_a_session_that_has_ended_is_gone_for_good(self):
        broker = self.begin()
        keep_session(broker.address, "watcher", "wills/#")
        clients = {name: self.leave_with_will(broker, name, expiry) for name, expiry in
                   (("clean", EVER), ("expired", 1), ("told", EVER), ("stays", EVER), ("expires-while-down", 3))}
        for name, client in clients.items():
            if name != "told":
                client.close()
        publisher = raw.connected(broker.address, "publisher")
        for count in range(5):
            publish(publisher, "device", f"secret {count}", 1, count + 1)
        clients["told"].send("DISCONNECT", rc=0, session_expiry=0)
        clients["told"].rest()
        raw.connected(broker.address, "clean", 5, clean=1).leave()
        time.sleep(2)  # for `expired`
        broker = self.restart(broker, signal.SIGKILL)
        self.end(broker, signal.SIGKILL)
        time.sleep(2)  # for `expires-while-down`
        broker = self.start(*self.lines, port=broker.port)
        watcher = self.back(broker, "watcher")
        wills = sorted(payload for payload, _ in take(watcher, 3))
        self.assertEqual(wills, ["clean", "expired", "expires-while-down"], "a session that ends has its will sent")
        self.assertEqual(watcher.messages(), [])
        watcher.leave()
        self.end(broker)
        text = json.dumps(self.records())
        for name in ("clean", "expired", "expires-while-down", "told"):
            self.assertNotIn(f'"{name}"', text)
        self.check_gone(self.start(*self.lines, port=broker.port), [name for name in clients if name != "stays"])

    def check_gone(self, broker, names):
        for name in names:
            client = raw.Raw(broker.address, 5)
            self.assertEqual(client.connect(name, clean=0, session_expiry=EVER)["session"], 0, name)
            self.assertEqual(client.messages(), [], name)
        wills = [payload for _, payload in self.back(broker, "watcher").messages() if payload != "stays"]
        self.assertEqual(wills, [], "none comes twice; a clean stop sends the one that waited")
        stays = self.back(broker, "stays", level=5)
        self.assertEqual(len(take(stays, 5)), 5)

    def test_queued_qos_0_survives_a_clean_stop(self):
        broker = self.begin("queue_qos0_messages true")
        for name in ("one", "two", "three"):  # on both shards
            keep_session(broker.address, name, "a")
        publisher = raw.connected(broker.address, "publisher")
        for count in range(20):
            publisher.publish("a", f"news {count}")
        publisher.ping()
        broker = self.restart(broker)
        for name in ("one", "two", "three"):
            self.assertEqual(take(self.back(broker, name), 20), [(f"news {count}", 0) for count in range(20)])


class Publisher(threading.Thread):
    """Publishes with QoS 1, many at a time, until the broker goes; `acked` holds the payloads that it answered for."""

    WINDOW = 200

    def __init__(self, address, name):
        super().__init__(daemon=True)
        self.client, self.acked = raw.connected(address, name), []
        self.name = name

    def run(self):
        first = 1
        try:
            while first + self.WINDOW < 65536:
                numbers = range(first, first + self.WINDOW)
                self.client.send_bytes(b"".join(raw.packet("PUBLISH", topic="load", payload=f"{self.name} {number}",
                                                           qos=1, id=number) for number in numbers))
                for number in numbers:
                    assert self.client.expect("PUBACK")["id"] == number
                    self.acked.append(f"{self.name} {number}")
                first += self.WINDOW
        except (raw.Closed, OSError):
            pass


class CleanStop(Durable):
    @long(6)
    def test_what_was_in_flight_between_shards(self):
        broker = self.begin("shards 2", "max_queued_messages 0")
        sessions = [f"session-{count}" for count in range(4)]
        for name in sessions:
            keep_session(broker.address, name, "load")
        publishers = [Publisher(broker.address, f"publisher-{count}") for count in range(4)]
        for publisher in publishers:
            publisher.start()
        eventually(lambda: all(len(publisher.acked) > 300 for publisher in publishers), "the load")
        broker = self.restart(broker)
        for publisher in publishers:
            publisher.join(case.WAIT)
        for name in sessions:
            got = self.until(self.back(broker, name), f"end {name}", broker)
            for publisher in publishers:
                mine = [payload for payload in got if payload.startswith(f"{publisher.name} ")]
                self.assertEqual(mine[:len(publisher.acked)], publisher.acked, f"{name}: {publisher.name}")
                self.assertEqual(len(mine), len(set(mine)), "once")

    def test_each_will_of_a_clean_stop_comes_once(self):
        broker = self.begin("shards 2")
        for name in ("one", "two", "three"):  # on both shards
            keep_session(broker.address, name, "wills/#")
        wills = [f"will-{count}" for count in range(20)]
        clients = [raw.connected(broker.address, name, clean=0, will="wills/x", will__payload=name, will__qos=1)
                   for name in wills]
        broker = self.restart(broker)
        self.assertIn("60 queued", broker.log())
        for name in ("one", "two", "three"):
            client = self.back(broker, name)
            came = []

            def has_all():
                came.extend(payload for _, payload in client.messages())
                return len(came) >= len(wills)
            eventually(has_all, lambda: str(came))
            time.sleep(0.2)  # for a will that a session still had, and that is sent after the start
            came.extend(payload for _, payload in client.messages())
            self.assertEqual(sorted(came), sorted(wills), name)
        del clients

    def until(self, client, last, broker):
        """The payloads of all that is queued; `last` is sent behind it."""
        raw.connected(broker.address, "last").publish_acked("load", last)
        found = []
        while not found or found[-1] != last:
            found.append(take(client, 1)[0][0])
        return found


class Signals(Durable):
    def test_SIGUSR1_syncs(self):
        broker = self.begin("persistence_sync off")
        broker.send(signal.SIGUSR1)
        broker.wait_log(r"The journal is synced\.")

    def test_SIGUSR1_without_persistence(self):
        broker = self.start("allow_anonymous true")
        broker.send(signal.SIGUSR1)
        broker.wait_log(r"There is nothing to sync: 'persistence' is off\.")


class Places(Durable):
    def test_a_second_broker_in_the_same_place(self):
        broker = self.begin()
        keep_session(broker.address, "keeper", "a")
        publisher = raw.connected(broker.address, "publisher")
        publish(publisher, "a", "before", 1, 1)
        listener = f"listener {Ports.take()} 127.0.0.1"
        said = self.refuses(listener, *self.lines, code=1)
        self.assertIn(f"is in use by another Martlet (pid {broker.process.pid})", said)
        publish(publisher, "a", "after", 2, 2)
        keeper = self.back(self.restart(broker), "keeper")
        self.assertEqual(take(keeper, 2), [("before", 1), ("after", 2)])

    def damage(self):
        """(segment, offset) of the bit that is flipped in the second of three messages."""
        broker = self.begin()
        keep_session(broker.address, "keeper", "a")
        publisher = raw.connected(broker.address, "publisher")
        for count in range(3):
            publish(publisher, "a", f"message {count}", 1, count + 1)
        self.end(broker)
        for segment in self.segments():
            content = bytearray(segment.read_bytes())
            at = content.find(b"message 1")
            if at >= 0:
                content[at] ^= 1
                segment.write_bytes(content)
                return segment, at, bytes(content)
        raise AssertionError(f"no segment holds the message: {self.segments()}")

    def test_damage_is_named_and_kept_aside(self):
        segment, at, content = self.damage()
        broker = self.start(*self.lines)
        found = broker.wait_log(rf"Warning: Journal {self.journal}: (.*) at byte (\d+) of {segment.name}: "
                                r"(\d+) bytes could not be read and are kept as (\S+)\.$")
        begin, size = int(found[2]), int(found[3])
        self.assertTrue(begin <= at < begin + size, found[0])
        kept = self.journal / found[4]
        self.assertEqual(kept.read_bytes(), content[begin:begin + size])
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)
        keeper = self.back(broker, "keeper")
        self.assertEqual(take(keeper, 2), [("message 0", 1), ("message 2", 1)])
        self.assertEqual(keeper.messages(), [])
        keeper.leave()
        self.assertEqual(self.back(self.restart(broker), "keeper").messages(), [])
        self.assertEqual(kept.read_bytes(), content[begin:begin + size], "still there")

    def test_damage_with_persistence_strict(self):
        segment, at, content = self.damage()
        said = self.refuses(f"listener {Ports.take()} 127.0.0.1", *self.lines, "persistence_strict true",
                            code=1)
        found = re.search(rf"The journal is damaged: {segment} at byte (\d+), (\d+) bytes", said)
        self.assertTrue(found, said)
        self.assertTrue(int(found[1]) <= at < int(found[1]) + int(found[2]), said)
        self.assertEqual(segment.read_bytes(), content, "nothing is touched")
        self.assertEqual(list(self.journal.glob("damaged-*")), [])


class ExactlyOnce:
    """Both ends of QoS 2 traffic whose broker is killed: what each must remember, it remembers."""

    WINDOW = 10

    def __init__(self, test):
        self.test, self.is_known = test, False
        self.sent, self.flights = 0, {}  # packet id: (payload, whether PUBREC has come), the oldest first
        self.got, self.received = [], set()

    def connect(self, address):
        self.publisher, self.subscriber = raw.Raw(address), raw.Raw(address)
        for client, name in ((self.publisher, "publisher"), (self.subscriber, "subscriber")):
            answer = client.connect(name, clean=0)
            self.test.assertEqual((answer["rc"], answer["session"]), (0, int(self.is_known)), name)
        if not self.is_known:
            self.subscriber.subscribe("once", qos=2)
        self.is_known = True
        for packet_id, (payload, is_released) in self.flights.items():
            if is_released:
                self.publisher.send("PUBREL", id=packet_id)
            else:
                self.publisher.publish("once", payload, 2, packet_id, dup=1)

    def publish_more(self):
        while len(self.flights) < self.WINDOW:
            packet_id = self.sent % 60000 + 1
            self.flights[packet_id] = (str(self.sent), False)
            self.sent += 1
            self.publisher.publish("once", self.flights[packet_id][0], 2, packet_id)

    def run(self, has_more, deaf=None, since=0.0):
        """Until the broker goes, or without more to send, until all has come. One client (0, 1) may hear nothing from a
        moment on: answers that a broker gave before it died, and that were lost on their way."""
        while has_more or self.flights or len(self.got) < self.sent or self.received:
            if has_more:
                self.publish_more()
            clients = [self.publisher, self.subscriber]
            if deaf is not None and time.monotonic() > since:
                clients.pop(deaf)
            ready = [client for client in clients if client.buffer]
            ready = ready or select.select([client.socket for client in clients], [], [], 5)[0]
            self.test.assertTrue(ready, f"nothing comes: {self.flights}, {len(self.got)} of {self.sent}, {self.received}")
            if self.publisher in ready or self.publisher.socket in ready:
                self.hear_publisher(*self.publisher.receive()[:2])
            if self.subscriber in ready or self.subscriber.socket in ready:
                self.hear_subscriber(*self.subscriber.receive()[:2])

    def hear_publisher(self, name, fields):
        packet_id = fields["id"]
        if name == "PUBREC":
            self.flights[packet_id] = (self.flights[packet_id][0], True)
            self.publisher.send("PUBREL", id=packet_id)
        else:
            self.test.assertEqual(name, "PUBCOMP")
            self.test.assertTrue(self.flights.pop(packet_id)[1], "PUBCOMP before PUBREC")

    def hear_subscriber(self, name, fields):
        packet_id = fields["id"]
        if name == "PUBLISH":
            if packet_id not in self.received:
                self.received.add(packet_id)
                self.got.append(fields["payload"].decode())
            self.subscriber.send("PUBREC", id=packet_id)
        else:
            self.test.assertEqual(name, "PUBREL")
            self.received.discard(packet_id)
            self.subscriber.send("PUBCOMP", id=packet_id)


class Killed(Durable):
    ROUNDS = 30

    @long(15)
    def test_hardening_20_exactly_once(self):
        broker = self.begin("max_queued_messages 0")
        both, dice = ExactlyOnce(self), random.Random(20)
        for number in range(self.ROUNDS):
            both.connect(broker.address)
            life = dice.uniform(0.005, 0.12)
            killer = threading.Timer(life, broker.process.kill)
            killer.start()
            try:
                both.run(True, number % 3 if number % 3 < 2 else None, time.monotonic() + life * dice.random())
            except (raw.Closed, OSError):
                pass
            finally:
                killer.join()
            broker = self.restart(broker, signal.SIGKILL)
        both.connect(broker.address)
        both.run(False)
        self.assertGreater(both.sent, self.ROUNDS * both.WINDOW)
        self.assertEqual(both.got, [str(number) for number in range(both.sent)])
        self.assertEqual(both.subscriber.messages(), [])


class Memory(Durable):
    MESSAGES, BYTES = 20000, 200
    GROWTH_KB = 28 << 10  # reading a segment takes a buffer of its size (16 MB), which the allocator keeps

    @long(15)
    def test_a_queue_that_is_larger_than_memory(self):
        broker = self.begin("max_queued_messages 0")
        keep_session(broker.address, "keeper", "q")
        before = anonymous_kb(broker)
        payloads = [f"{number:0{self.BYTES}}" for number in range(self.MESSAGES)]
        publisher = raw.connected(broker.address, "publisher")
        for first in range(0, self.MESSAGES, 1000):
            numbers = range(first, first + 1000)
            publisher.send_bytes(b"".join(raw.packet("PUBLISH", topic="q", payload=payloads[number], qos=1,
                                                     id=number + 1) for number in numbers))
            for number in numbers:
                self.assertEqual(publisher.expect("PUBACK")["id"], number + 1)
        publisher.leave()
        self.check_growth(before, broker, "while it is filled")
        broker = self.restart(broker)
        self.check_growth(before, broker, "after a restart")
        self.assertEqual([payload for payload, _ in take(self.back(broker, "keeper"), self.MESSAGES)], payloads)

    def check_growth(self, before, broker, when):
        if not case.is_sanitized():
            self.assertLess(anonymous_kb(broker) - before, self.GROWTH_KB, f"KB of memory {when}")
