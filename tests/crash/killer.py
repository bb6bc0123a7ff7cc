"""Ends the broker again and again, at moments that hurt, and starts it on the same folder."""

import signal

import wire

START_MAX_S = 30.0
STOP_MAX_S = 15.0
# The acknowledgements at which it likes to strike: what was just promised must be there.
MOMENTS = (wire.PUBACK, wire.PUBREC, wire.PUBCOMP, wire.SUBACK, wire.UNSUBACK, wire.CONNACK)


class Trouble(Exception):
    """The run cannot go on."""


class Killer:
    """Starts `broker`. While `is_hunting` it ends each life of it after `mean` seconds or so; one
    in three while it starts, before it has accepted anyone."""

    def __init__(self, world, mean, mode):
        self.world, self.broker, self.mean, self.mode = world, world.broker, mean, mode
        self.random = world.random("killer")
        self.kills = self.kills_in_start = 0
        self.is_hunting = False
        self.usual_start = 0.1
        self.starts = []  # seconds from each start to the first accepted connection
        self.stops = []  # seconds that clean stops took
        self.stop_began = None
        self.restart_at = None
        world.on_answer = self.on_answer
        world.acknowledged = self.on_acknowledged
        self.start()

    @property
    def is_ready(self):
        return self.broker.is_up and self.answered_at is not None

    def start(self):
        self.world.note("broker", f"* start {self.broker.life + 1}")
        self.restart_at = self.answered_at = self.strike_at = self.moment = None
        self.broker.start()
        self.started_at = self.world.loop.now
        self.plan_start()

    def plan_start(self):
        if self.is_hunting and self.kills and self.random.random() < 1 / 3:
            wait = self.random.uniform(0, 1.2) * self.usual_start
            self.strike_at = self.world.loop.now + wait
            self.world.loop.after(wait, self.step)

    def plan(self):
        """Half of the kills wait for a certain kind of acknowledgement."""
        self.strike_at = self.world.loop.now + self.random.uniform(0.02, 2) * self.mean
        self.moment = self.random.choice(MOMENTS) if self.random.random() < 0.5 else None

    def on_answer(self):
        if self.is_ready or not self.broker.is_up:
            return
        self.answered_at = self.world.loop.now
        self.starts.append(self.answered_at - self.started_at)
        self.usual_start = 0.8 * self.usual_start + 0.2 * min(self.starts[-1], 1)
        self.world.note("broker", f"* ready after {self.starts[-1]:.3f} s")
        self.strike_at = None
        if self.is_hunting:
            self.plan()

    def hunt(self):
        self.is_hunting = True
        if self.is_ready:
            self.plan()

    def on_acknowledged(self, kind):
        is_due = self.strike_at is not None and self.world.loop.now >= self.strike_at
        if self.is_hunting and is_due and kind == self.moment and self.is_ready:
            self.strike()

    def step(self):
        """Once a turn."""
        now = self.world.loop.now
        if self.stop_began is not None:
            self.await_stop()
        elif self.restart_at is not None:
            if now >= self.restart_at:
                self.start()
        else:
            self.watch()
            patience = 0.5 if self.moment else 0
            if self.strike_at is not None and now >= self.strike_at + patience:
                self.strike()

    def watch(self):
        code = self.broker.has_died()
        if code is not None:
            raise Trouble(f"the broker ended by itself, with code {code}")
        if self.answered_at is None and self.world.loop.now - self.started_at > START_MAX_S:
            raise Trouble(f"the broker accepted nobody within {START_MAX_S:.0f} s")

    def strike(self):
        was_starting = self.answered_at is None
        self.kills += 1
        if self.mode == "calm":
            self.plan()
            return
        self.kills_in_start += was_starting
        self.strike_at = None
        how = "SIGTERM" if self.mode == "stop" else "SIGKILL"
        when = " while it starts" if was_starting else ""
        self.world.note("broker", f"* {how} number {self.kills}{when}")
        if self.mode == "stop":
            self.broker.ask_to_stop()
            self.stop_began, self.was_starting = self.world.loop.now, was_starting
        else:
            self.broker.kill()
            self.plan_restart()

    def plan_restart(self):
        self.restart_at = self.world.loop.now + self.random.choice((0, 0.01, 0.05))

    def await_stop(self):
        now = self.world.loop.now
        code = self.broker.process.poll()
        if code is None:
            if now - self.stop_began > STOP_MAX_S:
                raise Trouble(f"the broker did not stop within {STOP_MAX_S:.0f} s of SIGTERM")
            return
        if code != 0 and not (self.was_starting and code == -signal.SIGTERM):
            raise Trouble(f"the broker stopped with code {code}")
        self.world.note("broker", f"* has stopped after {now - self.stop_began:.3f} s")
        self.stops.append(now - self.stop_began)
        self.stop_began = None
        self.plan_restart()

    def end(self):
        if self.broker.process.poll() is None:
            self.broker.kill()
