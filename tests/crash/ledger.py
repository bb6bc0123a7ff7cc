"""What was promised and what came: the model against which a broker is judged.

A *stream* is what one publisher sends to one topic with one QoS, numbered from 0. A *receiver* is a
durable session, or all members of a shared group together. Nothing here knows sockets or time."""

import collections
import random

OPEN, ACKED, GIVEN_UP, REFUSED = 0, 1, 2, 3
FILLER = random.Random(7).randbytes(4096)

Broken = collections.namedtuple("Broken", "kind text message who")


def make_payload(publisher, qos, number, size):
    """`size` or a little more: who, QoS, number and length in front of known bytes."""
    head = f"{publisher}|{qos}|{number}|{size}|".encode()
    begin = number % 997
    return head + FILLER[begin : begin + max(size - len(head), 0)]


def read_payload(payload):
    """(publisher, qos, number), or None for what nobody sent."""
    try:
        publisher, qos, number, size, _ = payload[:80].split(b"|", 4)
        if payload != make_payload(publisher.decode(), int(qos), int(number), int(size)):
            return None
        return publisher.decode(), int(qos), int(number)
    except ValueError:
        return None


def does_match(topic_filter, topic):
    if topic_filter.startswith("$share/"):
        topic_filter = topic_filter.split("/", 2)[2]
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        return levels[: len(wanted) - 1] == wanted[:-1]
    return len(wanted) == len(levels) and all(w in ("+", x) for w, x in zip(wanted, levels))


class Stream:
    """A message is OPEN until it is acknowledged, given up (its session ended) or refused."""

    def __init__(self, publisher, topic, qos):
        self.publisher, self.topic, self.qos = publisher, topic, qos
        self.state = bytearray()
        self.acked_high = -1

    def name(self, number):
        return f"{self.publisher}/{self.topic}/q{self.qos}#{number}"

    @property
    def next(self):
        return len(self.state)

    def add(self):
        self.state.append(OPEN)
        return len(self.state) - 1

    def settle(self, number, state):
        if self.state[number] == OPEN:
            self.state[number] = state
            if state == ACKED:
                self.acked_high = max(self.acked_high, number)


class Coverage:
    """One topic filter of a receiver over time. Owed is what was sent for the first time after
    SUBACK had come, as long as no UNSUBSCRIBE has been sent since."""

    def __init__(self, topic_filter, qos):
        self.filter, self.qos = topic_filter, qos
        self.is_owed, self.is_silent = False, False
        self.begin = {}  # stream: its first message that is owed; not there: 0
        self.end = {}  # stream: its first message that must not come; not there: 0


class Receiver:
    def __init__(self, name, is_group=False):
        self.name, self.is_group = name, is_group
        self.is_away = False  # nothing of what it waits for is missed yet
        self.coverages = {}
        self.counts = {}  # stream: how often each message came
        self.last = {}  # stream: the newest that came
        self.settled = {}  # stream: up to here nothing is missing
        self.of_stream = {}

    def coverage(self, stream):
        found = self.of_stream.get(stream)
        if found is None:
            for coverage in self.coverages.values():
                if does_match(coverage.filter, stream.topic):
                    self.of_stream[stream] = found = coverage
        return found


class Ledger:
    def __init__(self):
        self.streams = {}
        self.receivers = []
        self.broken = []
        self.firsts = self.repeats = 0

    def stream(self, publisher, topic, qos):
        key = publisher, topic, qos
        if key not in self.streams:
            self.streams[key] = Stream(*key)
        return self.streams[key]

    def receiver(self, name, is_group=False):
        self.receivers.append(Receiver(name, is_group))
        return self.receivers[-1]

    def breach(self, kind, text, message="", who=()):
        self.broken.append(Broken(kind, text, message, frozenset(who)))

    # Subscriptions.

    def cover(self, receiver, topic_filter, qos):
        """SUBSCRIBE is about to be sent."""
        coverage = receiver.coverages.setdefault(topic_filter, Coverage(topic_filter, qos))
        coverage.is_silent = False

    def owe(self, receiver, topic_filter):
        """SUBACK has come."""
        coverage = receiver.coverages[topic_filter]
        if not coverage.is_owed:
            coverage.is_owed = True
            coverage.begin = {stream: stream.next for stream in self.streams.values()}
            receiver.settled.clear()

    def excuse(self, receiver, topic_filter):
        """UNSUBSCRIBE is about to be sent: what waits may be dropped."""
        receiver.coverages[topic_filter].is_owed = False

    def silence(self, receiver, topic_filter):
        """UNSUBACK has come."""
        coverage = receiver.coverages[topic_filter]
        coverage.is_silent = True
        coverage.end = {stream: stream.next for stream in self.streams.values()}

    # Messages.

    def identify(self, publish, who):
        """(stream, number), or None for bytes that nobody sent."""
        known = read_payload(publish.payload)
        stream = known and self.streams.get((known[0], publish.topic, known[1]))
        if not stream or known[2] >= stream.next:
            self.breach(
                "damaged",
                f"{who} received what nobody sent: {publish.topic} {publish.payload[:60]!r}",
                who={who},
            )
            return None
        return stream, known[2]

    def deliver(self, receiver, stream, number, qos, who):
        """A message came; QoS 2 sent again within its exchange does not count and is not told."""
        name = stream.name(number)
        coverage = receiver.coverage(stream)
        if coverage is None:
            self.breach("stray", f"{who} never subscribed to what brought {name}", name, {who})
            return
        if coverage.is_silent and number >= coverage.end.get(stream, 0):
            text = f"{who} received {name}, sent after UNSUBACK for {coverage.filter}"
            self.breach("unsubscribed", text, name, {who})
        best = min(stream.qos, coverage.qos)
        if qos != best:
            self.breach("qos", f"{who} received {name} with QoS {qos}, not {best}", name, {who})
        counts = receiver.counts.setdefault(stream, bytearray())
        if len(counts) < stream.next:
            counts.extend(bytes(stream.next - len(counts)))
        if counts[number]:
            self.repeat(receiver, name, counts, number, best, who)
        else:
            self.first(receiver, stream, counts, number, who)

    def first(self, receiver, stream, counts, number, who):
        counts[number] = 1
        self.firsts += 1
        last = receiver.last.get(stream, -1)
        if number > last:
            receiver.last[stream] = number
        elif not receiver.is_group:
            late, early = stream.name(number), stream.name(last)
            text = f"{who} received {late} for the first time after {early}"
            self.breach("order", text, late, {who})

    def repeat(self, receiver, name, counts, number, qos, who):
        counts[number] = min(counts[number] + 1, 255)
        self.repeats += 1
        if qos == 2:
            text = f"{receiver.name} received {name} {counts[number]} times (QoS 2)"
            self.breach("double", text, name, {who})

    # The reckoning.

    def missing(self):
        """[(receiver, stream, number)] of what is acknowledged, owed and has not come. Cheap to
        call again: what is settled is not looked at twice."""
        return [each for receiver in self.receivers for each in self.missing_at(receiver)]

    def missing_at(self, receiver):
        found = []
        for stream in [] if receiver.is_away else self.streams.values():
            coverage = receiver.coverage(stream)
            if coverage is not None and coverage.is_owed:
                found += self.missing_of(receiver, stream, coverage)
        return found

    def excuse_waiting(self, receiver, qos):
        """What of this QoS has not come to the receiver need not come."""
        for _, stream, number in self.missing_at(receiver):
            if stream.qos == qos:
                stream.state[number] = GIVEN_UP

    def missing_of(self, receiver, stream, coverage):
        counts = receiver.counts.get(stream, b"")
        begin = receiver.settled.get(stream, coverage.begin.get(stream, 0))
        is_settled, found = True, []
        for number in range(begin, stream.next):
            has_come = number < len(counts) and counts[number]
            if not has_come and stream.state[number] == ACKED:
                found.append((receiver, stream, number))
            is_settled = is_settled and (has_come or stream.state[number] in (GIVEN_UP, REFUSED))
            if is_settled:
                receiver.settled[stream] = number + 1
        return found

    def count(self, state, qos=None):
        return sum(
            stream.state.count(state)
            for stream in self.streams.values()
            if qos is None or stream.qos == qos
        )
