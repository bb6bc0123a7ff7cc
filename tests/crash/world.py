"""What all parts of one run share, and what becomes of what a session tells."""

import random

import history
import ledger
import loop


class World:
    def __init__(self, folder, broker, seed):
        self.seed, self.broker = seed, broker
        self.loop = loop.Loop()
        self.history = history.History(folder, self.loop)
        self.ledger = ledger.Ledger()
        self.sessions = []
        self.is_working = True  # else nothing new is begun
        self.packets = 0
        self.counts = {}
        self.acknowledged = lambda kind: None  # an acknowledgement (a kind of wire.py) has come
        self.on_answer = lambda: None  # the broker has accepted a connection

    def random(self, name):
        """Each part has its own numbers, so that one more of one part changes no other."""
        return random.Random(f"{self.seed}/{name}")

    def count(self, what, number=1):
        self.counts[what] = self.counts.get(what, 0) + number

    def note(self, who, what):
        self.history.add(who, what)

    # Of messages.

    def accept(self, message):
        message.stream.settle(message.number, ledger.ACKED)

    def refuse(self, message):
        self.count("messages refused")
        message.stream.settle(message.number, ledger.REFUSED)

    def give_up(self, message):
        message.stream.settle(message.number, ledger.GIVEN_UP)

    def began_again(self, session, packet_id, begun, name):
        """PUBLISH with a packet id whose exchange has not ended."""
        self.count("QoS 2 sent again")
        if begun != name:
            text = (
                f"{session.name} received {name} with packet id {packet_id} that still belongs to "
                f"{begun}"
            )
            self.ledger.breach("packet id", text, name, {session.name})

    # Of sessions.

    def session_lost(self, session):
        text = f"{session.name} was told that its session is not there any more"
        self.note(session.name, "* session lost")
        self.ledger.breach("session", text, who={session.name})

    def lost_connection(self, session, closed, was_online):
        """A broker that lives must not hang up on us: we did nothing wrong."""
        broker = self.broker
        if session.unanswered_in == closed.life:
            # What it sent and gave up waits to be accepted, and may be read after its next CONNECT:
            # then it takes over.
            session.unanswered_in = None
            return
        if broker.is_alive(closed.life) and was_online:
            text = f"{session.name} lost its connection to a broker that runs"
            self.ledger.breach("hung up", text, who={session.name})
