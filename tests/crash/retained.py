"""Retained messages: each topic has one writer, so its past is one stream. Whoever subscribes anew
must find the newest that was acknowledged, or one that was sent later."""

import wire
from session import Session, Subscription

SURELY_THERE_S = 5.0
SURELY_EMPTY_S = 0.4


class Topic:
    def __init__(self, stream):
        self.stream = stream
        self.cleared = set()  # numbers of those without payload: they take away what is there

    def may_be_empty(self, low):
        return low < 0 or any(number >= low for number in self.cleared)


class Observer(Session):
    """Connects with a clean session, subscribes to some topics, looks, and goes."""

    def __init__(self, world, name, level, topics):
        super().__init__(world, name, level, is_durable=False)
        self.topics = {topic.stream.topic: topic for topic in topics}
        self.low, self.seen = {}, set()
        self.looks, self.subscribed_at = 0, None

    @property
    def is_looking(self):
        return self.is_awake

    def look(self):
        if self.is_looking:
            return
        self.low, self.seen, self.subscribed_at = {}, set(), None
        self.subscriptions = {name: Subscription(name, 1) for name in self.topics}
        self.wake()

    def go_offline(self):
        super().go_offline()
        self.low, self.seen, self.subscribed_at = {}, set(), None

    def ask(self, subscription):
        name = subscription.filter
        self.low[name] = self.topics[name].stream.acked_high
        super().ask(subscription)

    def confirm(self, subscription, kind, suback):
        super().confirm(subscription, kind, suback)
        if all(each.confirmed for each in self.subscriptions.values()):
            self.subscribed_at = self.world.loop.now
            self.wait()

    def wait(self):
        if self.subscribed_at is None:
            return  # The connection was lost meanwhile: the look begins anew.
        waited = self.world.loop.now - self.subscribed_at
        missing = set(self.topics) - self.seen
        must_come = [name for name in missing if not self.topics[name].may_be_empty(self.low[name])]
        if missing and waited < (SURELY_THERE_S if must_come else SURELY_EMPTY_S):
            self.world.loop.after(0.05, self.wait)
            return
        for name in must_come:
            low = self.topics[name].stream.name(self.low[name])
            text = f"{self.name} found nothing retained at {name}, where {low} was acknowledged"
            self.world.ledger.breach("retained", text, low, {self.name})
        self.looks += 1
        self.world.count("looks at retained topics", len(self.topics))
        self.leave()

    def on_publish(self, publish):
        """The first of each topic decides: what is retained, or newer and live."""
        if publish.qos == 1:
            self.acknowledge(wire.PUBACK, publish.packet_id)
        topic = self.topics.get(publish.topic)
        if topic is None or publish.topic in self.seen or publish.topic not in self.low:
            return
        self.seen.add(publish.topic)
        if publish.payload:
            self.judge(topic, publish)
        else:
            self.judge_empty(topic)

    def judge(self, topic, publish):
        found = self.world.ledger.identify(publish, self.name)
        low = self.low[publish.topic]
        if found is None:
            return
        stream, number = found
        self.world.note(self.name, f"finds retain={int(publish.retain)} {stream.name(number)}")
        if stream is not topic.stream or number < low:
            newer = topic.stream.name(low)
            text = f"{self.name} found {stream.name(number)} retained, but {newer} was acknowledged"
            self.world.ledger.breach("retained", text, newer, {self.name})

    def judge_empty(self, topic):
        low = self.low[topic.stream.topic]
        self.world.note(self.name, f"finds {topic.stream.topic} emptied")
        if not topic.may_be_empty(low):
            newer = topic.stream.name(low)
            text = f"{self.name} saw {topic.stream.topic} emptied after {newer} was acknowledged"
            self.world.ledger.breach("retained", text, newer, {self.name})
