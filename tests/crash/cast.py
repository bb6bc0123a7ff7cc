"""Who takes part: each scenario is a group of clients with its own topics."""

import ledger
import retained
from session import Session

SIZES = (20, 20, 40, 100, 250, 600, 2000)


class Player:
    """Does something at random moments, `mean` seconds apart, while there is work."""

    def __init__(self, world, name, mean):
        self.world, self.mean = world, mean
        self.random = world.random("player " + name)
        self.again()

    def again(self):
        self.world.loop.after(self.random.uniform(0.2, 1.8) * self.mean, self.step)

    def step(self):
        if self.world.is_working:
            self.act()
        self.again()


class Publisher(Player):
    """Sends bursts to its topics. Each stream hears a last word before a reckoning."""

    def __init__(self, world, session, topics, qos=(1, 2), mean=0.03):
        self.session = session
        self.streams = [
            world.ledger.stream(session.name, topic, each) for topic in topics for each in qos
        ]
        self.unspoken = []
        super().__init__(world, session.name, mean)

    def act(self):
        for _ in range(self.random.choice((1, 1, 2, 5))):
            if not self.session.publish(self.random.choice(self.streams), self.size()):
                return

    def size(self):
        return self.random.choice(SIZES)

    def begin_last_words(self):
        self.unspoken = list(self.streams)

    def say_last_words(self):
        while self.unspoken and self.session.publish(self.unspoken[-1], 30):
            self.unspoken.pop()
        return not self.unspoken


class Writer(Publisher):
    """Of retained messages. Now and then takes one away."""

    def __init__(self, world, session, topics, qos, mean=0.05):
        super().__init__(world, session, topics, (qos,), mean)
        self.topics = [retained.Topic(stream) for stream in self.streams]

    def act(self):
        topic = self.random.choice(self.topics)
        size = 0 if self.random.random() < 0.1 else self.size()
        number = topic.stream.next
        if self.session.publish(topic.stream, size, retain=True) and not size:
            topic.cleared.add(number)

    def say_last_words(self):
        return True


class Wanderer(Player):
    """Takes a session offline now and then, half of the times without a word."""

    def __init__(self, world, session, mean):
        self.session = session
        super().__init__(world, session.name + " wanders", mean)

    def act(self):
        self.session.leave(is_polite=self.random.random() < 0.5)
        self.world.loop.after(self.random.uniform(0.1, 0.8) * self.mean, self.session.wake)


class Hibernator(Session):
    """Subscribes and goes, and comes back at the last inspection: what waits for it lives through
    all kills, and through whatever tidies the store up meanwhile."""

    def __init__(self, world, name, level, receiver, filters, qos):
        super().__init__(world, name, level, True, receiver)
        receiver.is_away = True
        for topic_filter in filters:
            self.subscribe(topic_filter, qos)

    def confirm(self, subscription, kind, suback):
        super().confirm(subscription, kind, suback)
        if self.hibernates and all(each.is_settled for each in self.subscriptions.values()):
            self.leave()


class Mortal(Session):
    """Has a will, a new one with each connection: owed once the broker has confirmed the connection
    and is killed, at the next start. It comes back after that, lest it prevents it."""

    def __init__(self, world, name, level, qos):
        super().__init__(world, name, level, True)
        self.wills = world.ledger.stream(name, "will/" + name, qos)
        self.will_life = 0

    def make_will(self):
        self.will_life = self.world.broker.life
        number = self.wills.add()
        payload = ledger.make_payload(self.name, self.wills.qos, number, 50)
        self.world.note(self.name, f"has the will {self.wills.name(number)}")
        return self.wills.topic, payload, self.wills.qos

    def go_offline(self):
        if self.is_online and not self.world.broker.is_alive(self.will_life):
            self.wills.settle(self.wills.next - 1, ledger.ACKED)
        super().go_offline()

    def retry(self):
        self.world.loop.after(0.5, self.connect)


class Usurper(Player):
    """Takes a session over with a second connection."""

    def __init__(self, world, session, mean):
        self.session = session
        super().__init__(world, session.name + " usurps", mean)

    def act(self):
        self.session.take_over()


class Toggler(Player):
    """Subscribes and unsubscribes."""

    def __init__(self, world, session, filters, mean=0.1):
        self.session, self.filters = session, filters
        super().__init__(world, session.name + " toggles", mean)

    def act(self):
        self.session.toggle(self.random.choice(self.filters))


class Looker(Player):
    def __init__(self, world, observer, mean=0.4):
        self.observer = observer
        super().__init__(world, observer.name, mean)

    def act(self):
        self.observer.look()


class Sleeper(Session):
    """Is sent QoS 0 while it is away. What the broker has, and did not begin to send, must survive
    a clean stop (`queue_qos0_messages`)."""

    def on_closed(self, closed, why):
        """Whether what the broker sent has arrived cannot be known: that is QoS 0."""
        if closed is self.link and not closed.outbox:
            self.world.ledger.excuse_waiting(self.receiver, 0)
        super().on_closed(closed, why)


class Lullaby(Player):
    """Sends to a Sleeper: some of QoS 0, then one of QoS 1 whose acknowledgement says that the
    broker has the others too. Wakes the Sleeper when the broker has been stopped since."""

    def __init__(self, world, singer, sleeper, topic):
        self.singer, self.sleeper = singer, sleeper
        self.quiet = world.ledger.stream(singer.name, topic, 0)
        self.last = world.ledger.stream(singer.name, topic, 1)
        self.sung, self.sung_in = [], 0
        super().__init__(world, singer.name, 0.2)

    def act(self):
        life, books = self.world.broker.life, self.world.ledger
        if self.sleeper.is_awake:
            self.sung = []
            if self.sleeper.is_idle and not books.missing_at(self.sleeper.receiver):
                self.sleeper.leave()
        elif not self.sung:
            self.sing()
        elif self.sung_in != life:
            self.end(ledger.GIVEN_UP)  # What is owed is so already.
            self.sleeper.wake()
        elif self.last.state[-1] == ledger.ACKED:
            self.end(ledger.ACKED)

    def sing(self):
        if self.singer.is_online and not self.singer.outgoing:
            self.sung = [self.singer.publish_qos0(self.quiet, 100) for _ in range(10)]
            self.singer.publish(self.last, 50)
            self.sung_in = self.world.broker.life

    def end(self, state):
        for number in self.sung:
            self.quiet.settle(number, state)


class Cast:
    def __init__(self, world, names):
        self.world = world
        self.publishers, self.observers = [], []
        for name in names:
            SCENARIOS[name](self)
        for session in world.sessions:
            if not isinstance(session, retained.Observer):
                session.wake()

    def subscriber(self, name, level, filters, slowness=0.0, qos=2, receiver=None):
        receiver = receiver or self.world.ledger.receiver(name)
        session = Session(self.world, name, level, True, receiver, slowness)
        for topic_filter in filters:
            session.subscribe(topic_filter, qos)
        return session

    def publisher(self, name, level, is_durable, topics, **how):
        session = Session(self.world, name, level, is_durable)
        self.publishers.append(Publisher(self.world, session, topics, **how))
        return session

    def flow(self):
        """Publishers of all kinds, durable subscribers of both QoS."""
        self.publisher("p1", 4, True, ["f/a/1"])
        self.publisher("p2", 5, True, ["f/a/2", "f/b/2"])
        self.publisher("p3", 4, False, ["f/a/3"])
        self.publisher("p4", 5, False, ["f/b/4"])
        Wanderer(self.world, self.publisher("p5", 5, True, ["f/b/5"]), 1.5)
        self.subscriber("s1", 5, ["f/#"])
        self.subscriber("s2", 4, ["f/a/+"])
        self.subscriber("s3", 5, ["f/+/2", "f/+/5"], qos=1)
        self.subscriber("s4", 4, ["f/b/#"], qos=1)
        self.subscriber("s5", 5, ["f/#"], slowness=0.3, qos=1)
        self.subscriber("s6", 4, ["f/+/2"], slowness=0.3, qos=1)

    def offline(self):
        """Subscribers that are away, and others that are slow."""
        self.publisher("o1", 5, True, ["o/1"])
        self.publisher("o2", 4, True, ["o/2"])
        Wanderer(self.world, self.subscriber("w1", 5, ["o/#"]), 2.5)
        Wanderer(self.world, self.subscriber("w2", 4, ["o/+"], qos=1), 4)
        self.subscriber("slow1", 5, ["o/1"], slowness=0.05)
        self.subscriber("slow2", 4, ["o/2"], slowness=0.03)
        Wanderer(self.world, self.subscriber("slow3", 4, ["o/1"], slowness=0.05, qos=1), 1.5)

    def takeover(self):
        """A second connection with the same client id, on both sides."""
        Usurper(self.world, self.publisher("t1", 5, True, ["t/1"]), 0.3)
        Usurper(self.world, self.publisher("t2", 4, True, ["t/2"]), 0.5)
        Usurper(self.world, self.subscriber("u1", 5, ["t/#"]), 0.3)
        Usurper(self.world, self.subscriber("u2", 4, ["t/+"], slowness=0.05), 0.3)
        Usurper(self.world, self.subscriber("u3", 4, ["t/1"], qos=1), 0.3)
        Usurper(self.world, self.subscriber("u4", 5, ["t/#"], slowness=0.3, qos=1), 0.7)

    def shared(self):
        """Two groups on the same topics; members come and go."""
        self.publisher("h1", 5, True, ["h/1", "h/2"])
        self.publisher("h2", 4, True, ["h/3"])
        for group in ("g1", "g2"):
            receiver = self.world.ledger.receiver(group, is_group=True)
            for number, level in enumerate((4, 5, 5), 1):
                member = f"{group}m{number}"
                filters = [f"$share/{group}/h/#"]
                session = self.subscriber(member, level, filters, receiver=receiver)
                if number > 1 and group == "g2":
                    Wanderer(self.world, session, 2)

    def subscribe(self):
        """Subscriptions that come and go."""
        topics = [f"x/{number}" for number in range(6)]
        self.publisher("x1", 5, True, topics, mean=0.02)
        self.publisher("x2", 4, False, topics, mean=0.06)
        for name, level, qos in (("y1", 5, 2), ("y2", 4, 2), ("y3", 5, 1)):
            session = self.subscriber(name, level, topics, qos=qos)
            Toggler(self.world, session, topics)

    def peers(self):
        """Sessions that publish and subscribe, also to each other."""
        for name, level in (("z1", 5), ("z2", 4)):
            session = self.subscriber(name, level, ["z/#"])
            self.publishers.append(Publisher(self.world, session, ["z/" + name]))

    def retain(self):
        """Retained topics, one writer each, and fresh subscribers that look."""
        for number, (level, is_durable, qos) in enumerate(
            ((5, True, 2), (4, True, 1), (5, False, 1)), 1
        ):
            session = Session(self.world, f"r{number}", level, is_durable)
            topics = [f"r/{number}/{each}" for each in range(4)]
            writer = Writer(self.world, session, topics, qos)
            self.publishers.append(writer)
            observer = retained.Observer(self.world, f"look{number}", 9 - level, writer.topics)
            self.observers.append(observer)
            Looker(self.world, observer)

    def old(self):
        """What lives long: sessions that are away during the whole run, and retained messages that
        are seldom written."""
        self.publisher("b1", 5, True, ["b/1"], mean=0.2)
        self.publisher("b2", 4, True, ["b/2"], mean=0.3)
        for name, level, qos in (("away1", 5, 2), ("away2", 4, 1)):
            receiver = self.world.ledger.receiver(name)
            Hibernator(self.world, name, level, receiver, ["b/#", "f/a/1"], qos)
        session = Session(self.world, "b3", 5, True)
        writer = Writer(self.world, session, [f"kept/{each}" for each in range(6)], 1, mean=2)
        self.publishers.append(writer)
        observer = retained.Observer(self.world, "look-old", 4, writer.topics)
        self.observers.append(observer)
        Looker(self.world, observer, 2)

    def wills(self):
        """Sessions that lose their connections with the broker have wills that it still knows."""
        for name, level, qos in (("m1", 5, 1), ("m2", 4, 1), ("m3", 5, 2), ("m4", 4, 2)):
            Mortal(self.world, name, level, qos)
        self.subscriber("heir1", 5, ["will/#"])
        self.subscriber("heir2", 4, ["will/+"], qos=1)

    def sleep(self):
        """QoS 0 that waits for who is away, over clean stops; not for --mode kill."""
        for name, level in (("n1", 5), ("n2", 4)):
            receiver = self.world.ledger.receiver(name)
            sleeper = Sleeper(self.world, name, level, True, receiver)
            sleeper.subscribe(f"n/{name}", 1)
            singer = Session(self.world, "sing-" + name, level, True)
            Lullaby(self.world, singer, sleeper, f"n/{name}")


SCENARIOS = {
    "flow": Cast.flow,
    "offline": Cast.offline,
    "takeover": Cast.takeover,
    "shared": Cast.shared,
    "subscribe": Cast.subscribe,
    "peers": Cast.peers,
    "retain": Cast.retain,
    "old": Cast.old,
    "wills": Cast.wills,
    "sleep": Cast.sleep,
}
