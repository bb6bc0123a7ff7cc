"""Random configuration files, read by Debian's mosquitto and by Martlet: Martlet opens no address and port that mosquitto
does not open. In a network of its own, since port 1883 is at stake."""

import ctypes
import os
import random
import re
import shutil
import socket
import subprocess
import time

import case
from case import Case, eventually

MOSQUITTO = "/usr/sbin/mosquitto"
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
ADDRESSES = ("127.0.0.1", "127.0.0.2", "10.9.9.1", "::1", "fd09::1")
NAMED = ("127.0.0.1", "127.0.0.2", "::1", "0.0.0.0", "::")
PORTS = (1883, 1884, 1885)
SECONDS = float(os.environ.get("MARTLET_LISTENER_SECONDS", "3"))
FILES = int(os.environ.get("MARTLET_LISTENER_FILES", "20"))
SEED = int(os.environ.get("MARTLET_LISTENER_SEED", "1"))

KEYS = ("protocol mqtt", "max_connections -1", "max_connections 5", "max_qos 2", "max_qos 1", "max_topic_alias 10",
        "max_topic_alias 5", "use_username_as_clientid false", "use_username_as_clientid true", "socket_domain ipv4",
        "socket_domain ipv6", "bind_interface lo", "allow_anonymous true", "max_keepalive 60", "require_certificate false")
ABOVE = (*KEYS, "tls_version tlsv1.2", "http_dir /tmp", "set_tcp_nodelay true")


def random_file(chance):
    """A few keys, then up to two listeners with keys of their own, and perhaps `port` or `bind_address` somewhere."""
    lines = chance.sample(ABOVE, chance.randrange(4))
    for _ in range(chance.randrange(3)):
        address = " " + chance.choice(NAMED) if chance.randrange(2) else ""
        lines.append(f"listener {chance.choice(PORTS)}{address}")
        lines += chance.sample(KEYS, chance.randrange(3))
    if not chance.randrange(4):
        lines.insert(chance.randrange(len(lines) + 1), f"port {chance.choice(PORTS)}")
    if not chance.randrange(6):
        lines.insert(chance.randrange(len(lines) + 1), f"bind_address {chance.choice(NAMED)}")
    return lines


def enter_network():
    """False: there may be no network of its own here. The test's process ends with it."""
    if os.getuid() != 0 or shutil.which("ip") is None or not os.access(MOSQUITTO, os.X_OK):
        return False
    if ctypes.CDLL(None).unshare(NEW_NETWORK) != 0:
        return False
    for words in ("link set lo up", "addr add 10.9.9.1/32 dev lo", "addr add fd09::1/128 dev lo nodad"):
        if subprocess.run(["ip", *words.split()], capture_output=True, check=False).returncode != 0:
            return False
    return True


def open_pairs():
    """The (address, port) that take connections."""
    found = set()
    for address in ADDRESSES:
        for port in PORTS:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with socket.socket(family) as probe:
                if probe.connect_ex((address, port)) == 0:
                    found.add((address, port))
    return found


class BesideMosquitto(Case):
    def setUp(self):
        super().setUp()
        if not enter_network():
            self.skipTest("this needs root, mosquitto, iproute2 and a network of its own")

    def pairs_of(self, lines, program):
        """The open pairs, or None when it does not start; and its log."""
        config = self.write("m.conf", "\n".join(lines) + "\n")
        log = self.path("log")
        with open(log, "wb") as out:
            process = subprocess.Popen([*program, "-c", str(config)], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.addCleanup(case.end_if_alive, process)
        eventually(lambda: process.poll() is not None or re.search(r"version \S+ running", log.read_text(errors="replace")),
                   lambda: f"the start of {program} with\n{config.read_text()}")
        pairs = open_pairs() if process.poll() is None else None
        if pairs is not None:
            process.terminate()
            process.wait(case.WAIT)
        return pairs, log.read_text(errors="replace")

    def compare(self, lines):
        """Whether both started."""
        ours, log = self.pairs_of([*lines, "shards 1", "user root"], (case.MARTLET, "serve"))
        twice = {int(number) for number in re.findall(r"m\.conf:(\d+): .* the two are one", log)}
        once = [line for number, line in enumerate(lines, 1) if number not in twice]
        theirs, their_log = self.pairs_of([*once, "user root"], (MOSQUITTO,))
        if ours is None:
            # Below both a `listener` and a `port`, a key is for neither of them for sure.
            is_unclear = re.search(r"^listener.*^(port|bind_address)", "\n".join(lines), re.M | re.S)
            self.assertTrue(is_unclear or theirs is None, f"Martlet does not start, mosquitto does:\n{log}")
            return False
        self.assertIsNotNone(theirs, f"mosquitto does not start, Martlet opens {sorted(ours)}:\n{their_log}\n{log}")
        self.assertLessEqual(ours, theirs, f"only Martlet opens {sorted(ours - theirs)}:\n{log}")
        return True

    def test_opens_nothing_that_mosquitto_does_not_open(self):
        until, both, tried = time.monotonic() + SECONDS, 0, 0
        for seed in range(SEED, SEED + FILES):
            if time.monotonic() > until and tried:
                break
            tried += 1
            lines = random_file(random.Random(seed))
            with self.subTest(f"MARTLET_LISTENER_SEED={seed}", file=lines):
                both += self.compare(lines)
        print(f"{tried} files, {both} that both start with")
        self.assertGreater(both, 0)

    def test_a_value_that_is_the_default_opens_nothing(self):
        for lines in (("protocol mqtt", "allow_anonymous true", "listener 1883", "protocol mqtt"),
                      ("max_topic_alias 5", "listener 1884 127.0.0.1"), ("tls_version tlsv1.2", "listener 1884"),
                      ("bind_interface lo", "listener 1884")):
            with self.subTest(file=lines):
                self.assertTrue(self.compare(lines))
