#!/usr/bin/python3
"""Kills a broker and checks that it keeps its promises. See README.md beside this file."""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time

import cast
import ledger
from broker import Broker
from inspection import Inspection
from killer import Killer, Trouble
from world import World

EXAMPLES_MAX = 2  # of each kind of breach are told with their history
KEPT, BROKEN, USELESS = 0, 1, 2


class Run:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        binary = options.mosquitto or options.martlet
        broker = Broker(folder, binary, not options.mosquitto, options.shards, options.option)
        self.world = World(folder, broker, options.seed)
        self.began = time.monotonic()

    def play(self):
        options = self.options
        mean = max(options.seconds / options.kills - 0.25, 0.05)
        self.killer = Killer(self.world, mean, options.mode)
        try:
            self.cast = cast.Cast(self.world, options.scenario)
            self.inspection = Inspection(self.world, self.cast, self.killer)
            self.hunt()
        except Trouble as trouble:
            self.world.note("broker", f"* {trouble}")
            self.world.ledger.breach("broker", str(trouble))
        finally:
            self.killer.end()

    def hunt(self):
        """Rounds of kills, each with an inspection."""
        options, killer, broken = self.options, self.killer, self.world.ledger.broken
        while killer.kills < options.kills:
            enough = min(killer.kills + options.round, options.kills)
            killer.hunt()
            while killer.kills < enough and (not broken or options.go_on):
                self.world.loop.turn()
                killer.step()
            if broken and options.expect_caught:
                return
            is_sound = self.inspection.run(is_last=killer.kills >= options.kills)
            self.progress()
            if not is_sound and not options.go_on:
                return
            self.world.history.rotate()

    def progress(self):
        world = self.world
        acked = world.ledger.count(ledger.ACKED)
        print(
            f"{time.monotonic() - self.began:6.1f} s  {self.killer.kills} {self.options.mode}s, "
            f"{acked} messages acknowledged, {world.ledger.firsts} delivered, "
            f"{len(world.ledger.broken)} promises broken",
            flush=True,
        )

    # The verdict.

    def tell(self):
        self.tell_breaches()
        self.tell_figures()
        if self.world.ledger.broken:
            return BROKEN
        if self.world.ledger.count(ledger.ACKED) < 10 * self.killer.kills:
            print("NOTHING SHOWN: fewer than ten messages were acknowledged for each kill")
            return USELESS
        return KEPT

    def tell_breaches(self):
        broken = self.world.ledger.broken
        kinds = {}
        for breach in broken:
            kinds.setdefault(breach.kind, []).append(breach)
        for kind, breaches in kinds.items():
            print(f"\nBROKEN ({kind}), {len(breaches)} times")
            for breach in breaches[:EXAMPLES_MAX]:
                print(f"  {breach.text}")
                for line in self.past(breach):
                    print(f"    {line}")
        if broken:
            print(f"\nthe broker's last words:\n{self.world.broker.last_words()}")

    def past(self, breach):
        if breach.message:
            return self.world.history.of_message(breach.message, breach.who)
        return self.world.history.of_sessions(breach.who)

    def tell_figures(self):
        world, killer = self.world, self.killer
        books = world.ledger
        starts = sorted(killer.starts) or [0]
        acked = [books.count(ledger.ACKED, qos) for qos in (1, 2)]
        print(
            f"\nseed {self.options.seed}: {killer.kills} {self.options.mode}s "
            f"({killer.kills_in_start} during the start), {len(killer.starts)} recoveries in "
            f"{starts[len(starts) // 2]:.3f} s (at most {starts[-1]:.3f} s), "
            f"{time.monotonic() - self.began:.0f} s"
        )
        if killer.stops:
            print(f"stopped within {max(killer.stops):.3f} s")
        print(
            f"{sum(stream.next for stream in books.streams.values())} messages sent, "
            f"{sum(acked)} acknowledged (QoS 1 {acked[0]}, QoS 2 {acked[1]}), "
            f"{books.firsts} deliveries, {books.repeats} QoS 1 deliveries repeated"
        )
        print(", ".join(f"{what}: {number}" for what, number in sorted(world.counts.items())))
        doubles = sum(breach.kind == "double" for breach in books.broken)
        lost = world.counts.get("lost", 0)
        print(f"lost: {lost}, doubled: {doubles}, promises broken: {len(books.broken)}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--martlet", metavar="BIN")
    which.add_argument("--mosquitto", metavar="BIN", help="another broker, for comparison")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--seconds", type=float, help="for all kills; 1.6 each unless told")
    parser.add_argument("--shards", type=int, default=2)
    parser.add_argument("--mode", choices=("kill", "stop", "calm"), default="kill")
    parser.add_argument("--scenario", nargs="+", choices=cast.SCENARIOS, metavar="NAME")
    parser.add_argument("--round", type=int, default=20, help="kills between two inspections")
    parser.add_argument("--option", action="append", default=[], help="a line of configuration")
    parser.add_argument("--go-on", action="store_true", help="after a broken promise")
    parser.add_argument("--expect-caught", action="store_true", help="0 only if one was broken")
    parser.add_argument("--keep", action="store_true", help="the folder, whatever comes")
    options = parser.parse_args()
    if not options.scenario:
        only_stop = set() if options.mode == "stop" else {"sleep"}
        options.scenario = [name for name in cast.SCENARIOS if name not in only_stop]
    options.seconds = options.seconds or 1.6 * options.kills
    for name in ("martlet", "mosquitto"):
        if getattr(options, name):
            setattr(options, name, os.path.abspath(getattr(options, name)))
    return options


def main():
    options = parse_arguments()
    print(f"seed {options.seed}, scenarios {' '.join(options.scenario)}", flush=True)
    folder = tempfile.mkdtemp(prefix="crash-")
    run = Run(options, folder)
    run.play()
    verdict = run.tell()
    if options.keep or (verdict == BROKEN and not options.expect_caught):
        print(f"everything is kept in {folder}")
    else:
        shutil.rmtree(folder)
    if options.expect_caught:
        # A broker that does not even run has broken no promise.
        is_caught = any(breach.kind != "broker" for breach in run.world.ledger.broken)
        print("caught" if is_caught else "NOT CAUGHT")
        return 0 if is_caught else 1
    return verdict


if __name__ == "__main__":
    sys.exit(main())
