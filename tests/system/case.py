"""What every test of the real binary stands on: ports, a directory, brokers that are stopped and must end well, and waiting
for something to become true instead of sleeping."""

import getpass
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

MARTLET = Path("martlet")
WAIT = 10  # seconds that anything may take on a busy machine


class Ports:
    """Ports of one test: below the range that the kernel hands out, each run and each test elsewhere."""

    FIRST, COUNT, EACH = 11000, 20000, 24
    next = FIRST

    @classmethod
    def begin(cls, number):
        cls.next = cls.FIRST + (os.getppid() * 977 + number * cls.EACH) % cls.COUNT

    @classmethod
    def take(cls):
        while True:
            port, cls.next = cls.next, cls.next + 1
            with socket.socket() as v4, socket.socket(socket.AF_INET6) as v6:
                try:
                    v4.bind(("", port))
                    v6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    v6.bind(("::", port))
                except OSError as error:
                    if error.errno == 98:  # in use
                        continue
            return port


def long(seconds):
    """Marks a test that takes about so long: it is begun early."""

    def mark(method):
        method.weight = seconds
        return method

    return mark


def eventually(check, what="it", seconds=WAIT):
    """The first true value of check(); an assertion that names `what` when it stays false."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what() if callable(what) else what} did not happen within {seconds} s")
        time.sleep(0.01)


class Broker:
    """One process of the binary under test, with its directory and its log."""

    def __init__(self, directory, arguments, log=None, port=None, environment=None, limits=None, program=None):
        self.directory, self.port, self.reloads = directory, port, 0
        self.said = directory / f"stderr.{time.monotonic_ns()}"
        self.log_path = Path(log) if log else self.said
        self.log_before = len(self.log())
        self.command = [str(program)] if program else [str(MARTLET), "serve"]
        with open(self.said, "wb") as out:
            self.process = subprocess.Popen([*self.command, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})},
                                            preexec_fn=limits, cwd=directory)

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def output(self):
        return self.said.read_text(errors="replace")

    def wait_log(self, pattern, count=1, seconds=WAIT):
        """The last match of what the log must hold `count` times."""
        def find():
            found = list(re.finditer(pattern, self.log(), re.M))
            return len(found) >= count and found
        return eventually(find, lambda: f"{self.log()[-3000:]}\n{self.output()[-2000:]}\n{count} log lines {pattern!r}",
                          seconds)[-1]

    def wait_ready(self):
        def is_ready():
            return re.search(r" running", self.log()[self.log_before:]) or self.process.poll() is not None
        eventually(is_ready, lambda: f"the broker's start ({self.output()[-2000:]})")
        if self.process.poll() is not None:
            raise AssertionError(f"the broker ended with {self.process.returncode}:\n{self.output()}")
        return self

    def send(self, number):
        self.process.send_signal(number)

    def reload(self, is_good=True):
        """Sends SIGHUP and waits for its outcome."""
        pattern = r"Config reloaded\.|Everything stays as it was"
        before = len(re.findall(pattern, self.log()))
        self.send(signal.SIGHUP)
        outcome = self.wait_log(pattern, before + 1).group()
        if outcome.startswith("Config") != is_good:
            raise AssertionError(f"reload: {outcome}\n{self.log()[-2000:]}")

    def stop(self, number=signal.SIGTERM):
        """Its exit code."""
        if self.process.poll() is None:
            self.send(number)
        try:
            return self.process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "did not end"

    def rss_kb(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="martlet-system-"))
        self.directory.chmod(0o755)
        self.brokers, self.launched = [], []

    def tearDown(self):
        """Every broker must still live, and end with 0 when it is asked to."""
        ends = [(broker, broker.process.poll(), broker.stop()) for broker in self.brokers]
        for broker in self.launched:  # shown when the test fails
            print(f"--- {' '.join(broker.command)} said:\n{broker.log()[-3000:]}")
        shutil.rmtree(self.directory, ignore_errors=True)
        for broker, before, code in ends:
            self.assertIsNone(before, f"the broker ended by itself with {before}")
            self.assertEqual(code, 0, "exit code of the broker")

    def path(self, name):
        return self.directory / name

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def forget(self, broker):
        """For a broker that a test has ended itself."""
        self.brokers.remove(broker)

    def launch(self, arguments, **options):
        """Starts the binary as it is asked to; the test waits for it and ends it."""
        broker = Broker(self.directory, arguments, **options)
        self.launched.append(broker)
        self.addCleanup(end_if_alive, broker.process)
        return broker

    def start(self, *lines, port=None, file="martlet.conf", arguments=(), **options):
        """A broker with these lines; a listener on a free port and two shards unless they say otherwise."""
        text = "\n".join(lines)
        if not re.search(r"^\s*listener\b", text, re.M):
            port = port or Ports.take()
            lines = (f"listener {port} 127.0.0.1", *lines)
        self.write(file, "\n".join(with_defaults(lines)) + "\n")
        broker = self.launch(["-c", self.path(file), *arguments], port=port, **options)
        self.brokers.append(broker)
        return broker.wait_ready()

    def rewrite(self, broker, *lines, file="martlet.conf"):
        """New lines for a running broker with one listener of start(); not reloaded yet."""
        self.write(file, "\n".join(with_defaults((f"listener {broker.port} 127.0.0.1", *lines))) + "\n")

    def run_martlet(self, *arguments, input=None, program=None, environment=None):
        command = [str(program or MARTLET), *map(str, arguments)]
        return subprocess.run(command, input=input, capture_output=True, text=True, timeout=WAIT, check=False,
                              cwd=self.directory, env={**os.environ, **(environment or {})})

    def refuses(self, *lines, code=3):
        """What the broker says when it does not start with these lines."""
        self.write("refused.conf", "\n".join(with_defaults(lines)) + "\n")
        broker = self.launch(["-c", self.path("refused.conf")])
        try:
            got = broker.process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self.fail(f"it started with {lines}:\n{broker.output()}")
        self.assertEqual(got, code, broker.output())
        return broker.output()

    def passwords(self, name="passwd", **users):
        path = self.path(name)
        path.unlink(missing_ok=True)
        for user, password in users.items():
            self.add_password(path, user, password)
        return path

    def add_password(self, path, user, password):
        create = [] if path.exists() else ["-c"]
        done = self.run_martlet("passwd", *create, "-b", path, user, password)
        self.assertEqual(done.returncode, 0, done.stderr)

    def symlink(self, name):
        path = self.path(name)
        if not path.is_symlink():
            path.symlink_to(MARTLET)
        return path


def with_defaults(lines):
    """This user, since files of the test belong to it; two shards; and nobody comes in unless a line says so."""
    text = "\n".join(lines)
    extra = []
    if not re.search(r"^\s*user\b", text, re.M):
        extra.append(f"user {getpass.getuser()}" if os.getuid() else "user root")
    if not re.search(r"^\s*shards\b", text, re.M):
        extra.append("shards 2")
    return (*extra, *lines)


def end_if_alive(process):
    if process.poll() is None:
        process.kill()
        process.wait()


def is_sanitized():
    """Whether memory figures mean anything: a sanitizer keeps what was freed."""
    with open(MARTLET, "rb") as binary:
        return b"__asan_init" in binary.read() or b"__tsan_init" in binary.read()


def other_user():
    """Somebody to drop to when the test runs as root."""
    for name in ("mosquitto", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None
