"""QoS 2 through a bridge between two brokers with persistence, either of which is killed again and again: nothing lost, nothing doubled.

MARTLET_BRIDGE_KILLS=100 makes it a long one."""

import os
import random
import threading
import time

import raw
from case import Case, Ports, eventually, long

KILLS = int(os.environ.get("MARTLET_BRIDGE_KILLS", "4"))
EACH = 60  # messages that may be on their way


class Exact(threading.Thread):
    """A client with a session that outlives its connections. A lost connection is opened again."""

    def __init__(self, address, client_id):
        super().__init__(daemon=True)
        self.address, self.client_id, self.is_over, self.failure = address, client_id, threading.Event(), None

    def run(self):
        while not self.is_over.is_set():
            try:
                with raw.Raw(self.address, timeout=0.25) as client:
                    answer = client.connect(self.client_id, clean=0)
                    assert answer["rc"] == 0, answer
                    self.begin(client)
                    while not self.is_over.is_set():
                        self.go_on(client)
            except (raw.Closed, OSError):
                time.sleep(0.01)
            except Exception as error:  # for the test to show
                self.failure = error
                raise

    def packet(self, client):
        """The next one, or none within the timeout."""
        try:
            return client.receive()
        except TimeoutError:
            return None, {}, {}


class Sender(Exact):
    """Publishes numbers with a window, each exactly once as far as QoS 2 has it."""

    WINDOW = 10

    def __init__(self, address, count, receiver):
        super().__init__(address, "sender")
        self.count, self.receiver, self.next, self.flight = count, receiver, 0, {}  # id: (payload, is released)

    def begin(self, client):
        for number, (payload, is_released) in self.flight.items():
            if is_released:
                client.send("PUBREL", id=number)
            else:
                client.publish("n/x", payload, 2, number, dup=1)
        self.fill(client)

    def fill(self, client):
        """So far ahead of the receiver only that every kill meets traffic."""
        while len(self.flight) < self.WINDOW and self.next < min(self.count, len(self.receiver.got) + EACH):
            number = self.next % 1000 + 1
            self.flight[number] = (str(self.next), False)
            self.next += 1
            client.publish("n/x", self.flight[number][0], 2, number)

    def go_on(self, client):
        name, fields, _ = self.packet(client)
        number = fields.get("id")
        if name == "PUBREC" and number in self.flight:
            self.flight[number] = (self.flight[number][0], True)
            client.send("PUBREL", id=number)
        elif name == "PUBREC":
            client.send("PUBREL", id=number)
        elif name == "PUBCOMP":
            self.flight.pop(number, None)
        self.fill(client)

    @property
    def is_done(self):
        return self.next == self.count and not self.flight


class Receiver(Exact):
    def __init__(self, address):
        super().__init__(address, "receiver")
        self.got, self.unreleased, self.is_subscribed = [], set(), threading.Event()

    def begin(self, client):
        if not self.is_subscribed.is_set():
            client.subscribe("n/#", qos=2)
            self.is_subscribed.set()

    def go_on(self, client):
        name, fields, _ = self.packet(client)
        if name == "PUBLISH":
            if fields["id"] not in self.unreleased:
                self.unreleased.add(fields["id"])
                self.got.append(int(fields["payload"]))
            client.send("PUBREC", id=fields["id"])
        elif name == "PUBREL":
            self.unreleased.discard(fields["id"])
            client.send("PUBCOMP", id=fields["id"])


class Kills(Case):
    def broker(self, name, port, *lines):
        folder = self.path(name)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        return self.start("allow_anonymous true", "persistence true", f"persistence_location {folder}", "max_queued_messages 0", *lines,
                          file=f"{name}.conf", port=port)

    def check(self, *lines):
        ports = {"near": Ports.take(), "far": Ports.take()}
        bridge = {"near": ("connection b", f"address 127.0.0.1:{ports['far']}", "restart_timeout 1", "topic n/# out 2", *lines), "far": ()}
        brokers = {name: self.broker(name, ports[name], *bridge[name]) for name in ("far", "near")}
        receiver = Receiver(brokers["far"].address)
        sender = Sender(brokers["near"].address, KILLS * EACH + 50, receiver)
        self.addCleanup(lambda: (sender.is_over.set(), receiver.is_over.set()))
        receiver.start()
        receiver.is_subscribed.wait(10)
        sender.start()
        seed = random.randrange(1 << 30)
        dice = random.Random(seed)
        for kill in range(KILLS):
            had = len(receiver.got)
            eventually(lambda: len(receiver.got) > had or len(receiver.got) >= sender.count, f"traffic before kill {kill} (seed {seed})", 30)
            time.sleep(dice.uniform(0, 0.03))
            name = "near" if kill % 2 else "far"
            brokers[name].process.kill()
            brokers[name].process.wait()
            self.forget(brokers[name])
            brokers[name] = self.broker(name, ports[name], *bridge[name])
        eventually(lambda: len(receiver.got) >= sender.count or sender.failure or receiver.failure,
                   lambda: f"the last messages (seed {seed}; {len(receiver.got)} of {sender.count})", 60)
        eventually(lambda: sender.is_done, "the sender's last acknowledgement")
        self.assertEqual((sender.failure, receiver.failure), (None, None))
        time.sleep(0.1)
        doubled = {one for one in receiver.got if receiver.got.count(one) > 1}
        lost = set(range(sender.count)) - set(receiver.got)
        self.assertEqual((doubled, lost), (set(), set()), f"seed {seed}")

    @long(8)
    def test_either_broker_is_killed(self):
        self.check()

    @long(8)
    def test_either_broker_is_killed_with_mqtt_5(self):
        self.check("bridge_protocol_version mqttv50", "bridge_session_expiry_interval 4294967295")
