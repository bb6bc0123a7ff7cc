"""One MQTT client whose session outlives its connections (durable) or does not (clean). Keeps what
the protocol tells a client to keep: packet ids of both directions, subscriptions, who has the
connection."""

import held
import ledger
import link
import wire

INFLIGHT_MAX = 10
# Few, so that a broker that forgets to forget one is found out soon.
PUBLISH_IDS = range(1, 41)
CONTROL_IDS = range(1001, 60000)


class Outgoing:
    """A message on its way to the broker."""

    __slots__ = ("stream", "number", "payload", "retain", "is_released")

    def __init__(self, stream, number, payload, retain):
        self.stream, self.number = stream, number
        self.payload, self.retain = payload, retain
        self.is_released = False  # PUBREC has come

    @property
    def name(self):
        return self.stream.name(self.number)


class Subscription:
    def __init__(self, topic_filter, qos):
        self.filter, self.qos = topic_filter, qos
        self.is_wanted = True
        self.confirmed = None  # what the broker has acknowledged
        self.packet_id = 0  # of the SUBSCRIBE or UNSUBSCRIBE that is not answered yet

    @property
    def is_settled(self):
        return self.confirmed == self.is_wanted


class Session:
    """`receiver` is whom of the ledger a message reaches that comes here, None for none.
    `slowness`: seconds by which acknowledgements are late at most."""

    def __init__(self, world, name, level, is_durable, receiver=None, slowness=0.0):
        self.world, self.name, self.level, self.is_durable = world, name, level, is_durable
        self.receiver, self.slowness = receiver, slowness
        self.random = world.random(name)
        self.receive_maximum = 65535 if slowness else self.random.choice((5, 20, 65535))
        self.is_awake = False
        self.link = self.next_link = None  # next_link: takes over when it is accepted
        self.is_online = False
        self.unanswered_in = None  # the broker's life in which it gave up before CONNACK
        self.was_accepted = False  # a durable session that the broker has acknowledged
        self.window = INFLIGHT_MAX
        self.outgoing = {}  # packet id: Outgoing, in the order of sending
        self.incoming = {}  # packet id: name of a QoS 2 message whose PUBREL has not come
        self.held = held.Held(name, lambda kind, text, message: world.ledger.breach(kind, text, message, {name}))
        self.subscriptions = {}
        self.last_id, self.last_control_id = 0, CONTROL_IDS.start
        world.sessions.append(self)

    # What its player asks for.

    def wake(self):
        self.is_awake = True
        if self.link is None and self.next_link is None:
            self.connect()

    def leave(self, is_polite=True):
        """A clean DISCONNECT, or none and what has arrived is not read; back at the next wake()."""
        self.is_awake = False
        if self.is_online and is_polite:
            self.world.note(self.name, "* sends DISCONNECT")
            self.link.finish(wire.disconnect())
        elif self.link is not None:
            self.world.note(self.name, "* vanishes")
            if not self.is_online:
                self.unanswered_in = self.link.life
            self.link.close(None)
        if self.next_link is not None:
            self.next_link.close(None)
        self.link = self.next_link = None
        self.go_offline()

    def take_over(self):
        """A second connection with the same client id, beside the first."""
        if self.is_online and self.next_link is None:
            self.world.count("takeovers")
            self.next_link = self.dial()

    def subscribe(self, topic_filter, qos=2):
        self.subscriptions[topic_filter] = Subscription(topic_filter, qos)
        self.ask(self.subscriptions[topic_filter])

    def toggle(self, topic_filter):
        """Subscribes or unsubscribes, unless the last such change is not acknowledged yet."""
        subscription = self.subscriptions[topic_filter]
        if self.is_online and subscription.is_settled:
            subscription.is_wanted = not subscription.is_wanted
            self.ask(subscription)

    def publish(self, stream, size, retain=False):
        """False: the window is full, or it is offline. Size 0 takes a retained message away."""
        if not self.is_online or len(self.outgoing) >= self.window:
            return False
        number = stream.add()
        payload = b""
        if size:
            payload = ledger.make_payload(stream.publisher, stream.qos, number, size)
        packet_id = self.new_id()
        self.outgoing[packet_id] = Outgoing(stream, number, payload, retain)
        self.send_publish(packet_id, dup=False)
        return True

    def publish_qos0(self, stream, size):
        number = stream.add()
        payload = ledger.make_payload(stream.publisher, 0, number, size)
        self.world.note(self.name, f"sends PUBLISH q0 {stream.name(number)}")
        self.link.send(wire.publish(self.level, stream.topic, payload, 0, False, False, 0))
        return number

    @property
    def hibernates(self):
        """Stays away until the last inspection."""
        return self.receiver is not None and self.receiver.is_away

    @property
    def is_idle(self):
        """Everything that it began is answered."""
        return (
            self.is_online
            and not self.outgoing
            and not self.incoming
            and not self.link.late
            and self.next_link is None
            and all(subscription.is_settled for subscription in self.subscriptions.values())
        )

    # Connections.

    def dial(self):
        made = link.Link(self.world.loop, self.world.broker.port, self.world.broker.life, self)
        expiry = 0xFFFFFFFF if self.is_durable else 0
        how = not self.is_durable, expiry, self.receive_maximum, self.make_will()
        made.send(wire.connect(self.level, self.name, *how))
        return made

    def make_will(self):
        return None

    def connect(self):
        if self.is_awake and self.link is None and self.next_link is None:
            self.link = self.dial()

    def retry(self):
        self.world.loop.after(self.random.uniform(0.01, 0.06), self.connect)

    def go_offline(self):
        self.is_online = False
        self.held.end_connection()
        for subscription in self.subscriptions.values():
            subscription.packet_id = 0
        if not self.is_durable:
            self.forget()

    def forget(self):
        """The session is over: what is not acknowledged is given up."""
        for message in self.outgoing.values():
            self.world.give_up(message)
        self.outgoing.clear()
        self.incoming.clear()
        self.held.clear()
        for subscription in self.subscriptions.values():
            subscription.confirmed = None

    def on_closed(self, closed, why):
        if closed is self.next_link:
            self.next_link = None
        elif closed is self.link:
            if self.is_online:
                self.world.note(self.name, f"* connection lost: {why}")
            self.link = None
            if self.next_link is None:
                self.world.lost_connection(self, closed, self.is_online)
            self.go_offline()
        if self.link is None and self.next_link is None:
            self.retry()

    def on_nonsense(self, _link, why):
        self.world.ledger.breach("malformed", f"{self.name} received {why}", who={self.name})

    def on_connack(self, source, connack):
        if connack.reason:
            self.world.note(self.name, f"* refused: {connack.reason:#x}")
            self.world.count("connections refused")
            source.close("refused")
            return
        is_takeover = source is self.next_link
        if is_takeover:
            if self.link is not None:
                self.link.close(None)
                self.go_offline()
            self.link, self.next_link = source, None
        if source is not self.link:
            return
        present = connack.session_present
        how = ", takes over" if is_takeover else ""
        self.world.note(self.name, f"* CONNACK session present {int(present)}{how}")
        self.world.on_answer()
        if not present:
            if self.is_durable and self.was_accepted:
                self.world.session_lost(self)
            self.forget()
        self.was_accepted = self.is_durable
        self.is_online = True
        self.window = min(INFLIGHT_MAX, connack.receive_maximum)
        self.resume()
        self.world.acknowledged(wire.CONNACK)

    def resume(self):
        """[MQTT-4.4.0-1] Sends again what is not acknowledged, in its order."""
        for packet_id, message in self.outgoing.items():
            if message.is_released:
                self.world.note(self.name, f"sends PUBREL id={packet_id} again {message.name}")
                self.link.send(wire.ack(wire.PUBREL, packet_id))
            else:
                self.send_publish(packet_id, dup=True)
        for subscription in self.subscriptions.values():
            if not subscription.is_settled:
                self.ask(subscription)

    # Sending.

    def new_id(self):
        while True:
            self.last_id = self.last_id % len(PUBLISH_IDS) + 1
            if self.last_id not in self.outgoing:
                return self.last_id

    def send_publish(self, packet_id, dup):
        message = self.outgoing[packet_id]
        stream = message.stream
        again = " again" if dup else ""
        what = f"sends PUBLISH id={packet_id} retain={int(message.retain)}{again} {message.name}"
        self.world.note(self.name, what)
        how = stream.qos, message.retain, dup, packet_id
        self.link.send(wire.publish(self.level, stream.topic, message.payload, *how))

    def ask(self, subscription):
        if not self.is_online:
            return
        self.last_control_id = max((self.last_control_id + 1) % CONTROL_IDS.stop, CONTROL_IDS.start)
        subscription.packet_id = self.last_control_id
        name = subscription.filter
        if subscription.is_wanted:
            self.world.note(self.name, f"* sends SUBSCRIBE {name}")
            if self.receiver:
                self.world.ledger.cover(self.receiver, name, subscription.qos)
            packet = wire.subscribe(self.level, subscription.packet_id, name, subscription.qos)
        else:
            self.world.note(self.name, f"* sends UNSUBSCRIBE {name}")
            self.world.ledger.excuse(self.receiver, name)
            packet = wire.unsubscribe(self.level, subscription.packet_id, name)
        self.link.send(packet)

    def acknowledge(self, kind, packet_id):
        packet = wire.ack(kind, packet_id)

        def on_sent():
            if kind == wire.PUBACK:
                self.held.acknowledge(packet_id)

        if self.slowness:
            self.link.send_later(packet, self.random.uniform(0, self.slowness), on_sent)
        else:
            self.link.send(packet)
            on_sent()

    # Receiving.

    def on_packet(self, source, kind, packet):
        self.world.packets += 1
        if kind == wire.CONNACK:
            self.on_connack(source, packet)
        elif source is not self.link or not self.is_online:
            pass  # Of a connection that is no longer ours.
        elif kind == wire.PUBLISH:
            self.on_publish(packet)
        elif kind == wire.PUBREL:
            name = self.incoming.pop(packet.packet_id, "")
            self.world.note(self.name, f"receives PUBREL id={packet.packet_id} {name}")
            self.acknowledge(wire.PUBCOMP, packet.packet_id)
        elif kind in (wire.PUBACK, wire.PUBREC, wire.PUBCOMP):
            self.on_ack(kind, packet)
        elif kind in (wire.SUBACK, wire.UNSUBACK):
            self.on_suback(kind, packet)
        elif kind == wire.DISCONNECT:
            self.world.note(self.name, f"* receives DISCONNECT {packet.reason:#x}")

    def on_publish(self, publish):
        """A QoS 2 message counts when its exchange begins; within it, it may come again."""
        found = self.world.ledger.identify(publish, self.name)
        if found is None:
            name = "?"
        else:
            name = found[0].name(found[1])
        again = " dup" if publish.dup else ""
        packet_id = publish.packet_id
        self.world.note(self.name, f"receives PUBLISH id={packet_id} q{publish.qos}{again} {name}")
        if publish.qos == 2:
            begun = self.incoming.get(packet_id)
            self.acknowledge(wire.PUBREC, packet_id)
            if begun is not None:
                self.world.began_again(self, packet_id, begun, name)
                return
            self.incoming[packet_id] = name
        elif publish.qos == 1:
            stream, number = found or (None, 0)
            self.held.receive(packet_id, publish.dup, name, stream, number, self.link)
            self.acknowledge(wire.PUBACK, packet_id)
        if found and self.receiver:
            self.world.ledger.deliver(self.receiver, *found, publish.qos, self.name)

    def on_ack(self, kind, ack):
        message = self.outgoing.get(ack.packet_id)
        name = message.name if message else ""
        what = f"receives {wire.NAMES[kind]} id={ack.packet_id} reason={ack.reason:#x} {name}"
        self.world.note(self.name, what)
        if message is None:
            self.world.count("acknowledgements of nothing")
            return
        if ack.reason >= 0x80 and kind != wire.PUBCOMP:
            self.world.refuse(message)
            del self.outgoing[ack.packet_id]
            return
        if kind == wire.PUBREC:
            message.is_released = True
            self.link.send(wire.ack(wire.PUBREL, ack.packet_id))
        else:
            del self.outgoing[ack.packet_id]
        # By the standard a clean session that ends between PUBREC and PUBREL may take its message
        # along.
        if kind != wire.PUBREC or self.is_durable:
            self.world.accept(message)
        self.world.acknowledged(kind)

    def on_suback(self, kind, suback):
        for subscription in self.subscriptions.values():
            if subscription.packet_id == suback.packet_id:
                self.confirm(subscription, kind, suback)

    def confirm(self, subscription, kind, suback):
        name = subscription.filter
        self.world.note(self.name, f"* receives {wire.NAMES[kind]} {name}")
        subscription.packet_id = 0
        if kind == wire.SUBACK and suback.reasons[:1] >= b"\x80":
            text = f"{self.name} was refused its subscription to {name}"
            self.world.ledger.breach("refused", text, who={self.name})
            return
        subscription.confirmed = kind == wire.SUBACK
        self.world.count("subscriptions changed")
        if self.receiver and subscription.confirmed:
            self.world.ledger.owe(self.receiver, name)
        elif self.receiver:
            self.world.ledger.silence(self.receiver, name)
        self.world.acknowledged(kind)
