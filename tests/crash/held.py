"""QoS 1 messages that a session received and has not acknowledged: what it may expect of the broker when it comes back
([MQTT-4.4.0-1], [MQTT-3.3.1-1], section 4.6). Knows no sockets."""

import ledger


class Message:
    def __init__(self, name, stream, number, order, link):
        self.name, self.stream, self.number, self.link = name, stream, number, link
        # Its place on the connection before, and on this one.
        self.order = self.next_order = order
        # Acknowledged to its publisher before the connection ended: the broker must still have it.
        self.is_owed = False

    @property
    def is_acked(self):
        return self.stream is not None and self.stream.state[self.number] == ledger.ACKED


class Held:
    """`breach(kind, text, name)` is told each fault. A message that its publisher has no acknowledgement for may be gone
    after a kill; then it may come anew, with any packet id."""

    def __init__(self, who, breach):
        self.who, self.breach = who, breach
        self.messages = {}  # packet id: Message, in the order in which they came
        self.count = self.checked = 0
        self.newest_again = -1  # on this connection

    def clear(self):
        self.messages.clear()

    def acknowledge(self, packet_id):
        self.messages.pop(packet_id, None)

    def end_connection(self):
        self.newest_again = -1
        # Messages that did not come again on this connection stand behind those that did.
        for message in sorted(self.messages.values(), key=lambda each: (each.next_order is None, each.order)):
            message.is_owed = message.is_acked
            message.order = self.take_place() if message.next_order is None else message.next_order
            message.next_order = None

    def take_place(self):
        self.count += 1
        return self.count

    def receive(self, packet_id, is_dup, name, stream, number, link):
        """PUBLISH with QoS 1."""
        known = self.messages.get(packet_id)
        if known is not None and known.name == name:
            return self.again(known, packet_id, is_dup, link)
        if known is not None and (known.is_owed or known.link is link):
            text = f"{self.who} received {name} with packet id {packet_id} that still belongs to {known.name}"
            self.breach("packet id", text, name)
        if not is_dup:
            self.begin_new(name, link)
        self.messages.pop(packet_id, None)
        self.messages[packet_id] = Message(name, stream, number, self.take_place(), link)

    def again(self, known, packet_id, is_dup, link):
        self.checked += 1
        if not is_dup and known.is_owed:
            text = f"{self.who} received {known.name} again without DUP, packet id {packet_id}"
            self.breach("dup", text, known.name)
        if known.link is not link and known.order < self.newest_again:
            text = f"{self.who} received {known.name} again after what had come later"
            self.breach("order", text, known.name)
        self.newest_again = max(self.newest_again, known.order)
        known.link, known.next_order = link, self.take_place()

    def begin_new(self, name, link):
        """A message that is sent for the first time: all that are sent again have come."""
        for packet_id, message in list(self.messages.items()):
            if message.link is link:
                continue
            if message.is_owed:
                text = f"{self.who} received {name} before {message.name}, which it had not acknowledged (packet id {packet_id})"
                self.breach("in flight", text, message.name)
            del self.messages[packet_id]
