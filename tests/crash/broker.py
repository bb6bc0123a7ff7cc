"""The broker under test: one process at a time, always on the same folder and port."""

import os
import random
import signal
import socket
import subprocess

COMMON = """listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {store}/
max_queued_messages 0
max_queued_bytes 0
queue_qos0_messages true
sys_interval 0
"""
MARTLET = """shards {shards}
persistence_sync commit
"""
# A broker that root starts would change to a user who cannot write in our folder.
AS_ROOT = "user root\n"


def free_port():
    """Below the ports that the kernel gives to clients: a client that connects to one of those
    while nobody listens may meet itself."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Broker:
    """`life` counts the starts. `is_up` from a start until we end it."""

    def __init__(self, folder, binary, is_martlet, shards, more):
        self.folder, self.port = folder, free_port()
        store = os.path.join(folder, "store")
        os.makedirs(store, exist_ok=True)
        self.conf = os.path.join(folder, "broker.conf")
        with open(self.conf, "w", encoding="utf-8") as out:
            text = COMMON + MARTLET * is_martlet + AS_ROOT * (os.geteuid() == 0)
            out.write(text.format(port=self.port, store=store, shards=shards))
            out.writelines(line + "\n" for line in more)
        self.command = [binary] + (["serve"] if is_martlet else []) + ["-c", self.conf]
        self.log_path = os.path.join(folder, "broker.log")
        self.log = open(self.log_path, "ab")
        self.life, self.is_up, self.process = 0, False, None

    def start(self):
        self.life += 1
        self.log.write(f"---- start {self.life}\n".encode())
        self.log.flush()
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            cwd=self.folder,
        )
        self.is_up = True

    def has_died(self):
        """Its exit code if it ended by itself, else None."""
        return self.process.poll() if self.is_up else None

    def is_alive(self, life):
        """Whether the process of that life still runs."""
        return self.is_up and self.life == life and self.has_died() is None

    def has_work(self):
        """Whether a thread of it wants a processor or the disk: on a busy machine it may wait long
        for either, and say nothing meanwhile."""
        tasks = f"/proc/{self.process.pid}/task"
        try:
            for task in os.listdir(tasks):
                with open(f"{tasks}/{task}/stat", "rb") as stat:
                    if stat.read().rpartition(b")")[2].split()[0] in (b"R", b"D"):
                        return True
        except OSError:
            pass  # it ends, or a thread of it does
        return False

    def kill(self):
        """Returns when it is gone."""
        self.is_up = False
        self.process.kill()
        self.process.wait()

    def ask_to_stop(self):
        self.is_up = False
        self.process.send_signal(signal.SIGTERM)

    def last_words(self, size=4000):
        with open(self.log_path, "rb") as log:
            log.seek(max(os.path.getsize(self.log_path) - size, 0))
            return log.read().decode(errors="replace")
