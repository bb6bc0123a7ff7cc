"""Now and then, and at the end: nobody dies, everything is delivered, then the books must agree."""

from session import Session

SETTLE_MAX_S = 180.0
QUIET_MAX_S = 8.0  # without a packet, and nothing to do: what has not come will not come
LINGER_S = 0.3  # for what must not come
LISTED_MAX = 5


class Inspection:
    def __init__(self, world, cast, killer):
        self.world, self.cast, self.killer = world, cast, killer

    def run(self, is_last):
        """True if every promise was kept."""
        if is_last:
            for receiver in self.world.ledger.receivers:
                receiver.is_away = False
        self.world.is_working = False
        self.killer.is_hunting = False
        self.killer.strike_at = None
        self.world.note("broker", "* inspection")
        self.wait(self.are_observers_done)
        for session in self.world.sessions:
            if session not in self.cast.observers and not session.hibernates:
                session.wake()
        for publisher in self.cast.publishers:
            publisher.begin_last_words()
        self.wait(self.is_settled)
        self.linger()
        for observer in self.cast.observers:
            observer.look()
        self.wait(self.are_observers_done)
        self.reckon()
        self.world.is_working = True
        return not self.world.ledger.broken

    def wait(self, is_done):
        """Until it is done, or nothing moves any more."""
        loop = self.world.loop
        began = moved = loop.now
        packets, looked = self.world.packets, 0
        while loop.now - began < SETTLE_MAX_S and loop.now - moved < QUIET_MAX_S:
            loop.turn()
            self.killer.step()
            if self.world.packets != packets:
                packets, moved = self.world.packets, loop.now
            if loop.now - looked > 0.1:
                looked = loop.now
                if self.world.broker.has_work():
                    moved = loop.now
                if is_done():
                    return

    def linger(self):
        until = self.world.loop.now + LINGER_S
        while self.world.loop.now < until:
            self.world.loop.turn()
            self.killer.step()

    def are_observers_done(self):
        return not any(observer.is_looking for observer in self.cast.observers)

    def players(self) -> list[Session]:
        return [
            each
            for each in self.world.sessions
            if each not in self.cast.observers and not each.hibernates
        ]

    def is_settled(self):
        have_spoken = all([publisher.say_last_words() for publisher in self.cast.publishers])
        life = self.world.broker.life
        return (
            self.killer.is_ready
            and have_spoken
            and all(each.is_idle and each.link.life == life for each in self.players())
            and not self.world.ledger.missing()
        )

    def reckon(self):
        ledger = self.world.ledger
        lost = ledger.missing()
        self.world.count("lost", len(lost))
        for receiver, stream, number in lost:
            name = stream.name(number)
            text = f"{receiver.name} never received {name}, which was acknowledged"
            ledger.breach("lost", text, name, {receiver.name, stream.publisher})
        for session in self.players():
            if not session.is_idle:
                ledger.breach("stuck", f"{session.name}: {self.why(session)}", "", {session.name})

    def why(self, session):
        """What keeps a session from being idle, though the broker runs and nobody disturbs it."""
        if not session.is_online:
            return "could not connect"
        waiting = [message.name for message in session.outgoing.values()]
        if waiting:
            return f"no acknowledgement of {', '.join(waiting[:LISTED_MAX])}"
        if session.incoming:
            begun = [f"{name} (id {number})" for number, name in session.incoming.items()]
            return f"the QoS 2 exchange was never ended of {', '.join(begun[:LISTED_MAX])}"
        asked = [each.filter for each in session.subscriptions.values() if not each.is_settled]
        return f"no acknowledgement of a subscription to {', '.join(asked)}"
