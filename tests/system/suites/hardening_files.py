"""How brokers broke before: files that others may read, arithmetic on settings that nobody had tried together, and secrets in
the log (hardening.md, rows 15, 18 and 21)."""

import grp
import os
import random
import socket
import subprocess

import case
import raw
from case import Case, Ports, long
from paho_client import Client

BOOLEANS = ("allow_duplicate_messages", "check_retain_source", "connection_messages", "queue_qos0_messages", "retain_available",
            "set_tcp_nodelay", "upgrade_outgoing_qos", "allow_zero_length_clientid", "log_timestamp")
NUMBERS = {
    "max_inflight_bytes": (0, 1, 100, 1 << 30), "max_inflight_messages": (0, 1, 2, 20, 65535), "max_keepalive": (0, 60, 65535),
    "max_packet_size": (20, 100, 2_000_000, 268_435_455), "max_queued_bytes": (0, 1, 1000, 1 << 30),
    "max_queued_messages": (0, 1, 3, 1_000_000), "message_size_limit": (0, 1, 100, 268_435_455),
    "retain_expiry_interval": (1, 10_000_000), "sys_interval": (0, 1, 65535), "global_max_clients": (-1, 0, 1, 3, 1000),
    "global_max_connections": (-1, 1, 3, 1000), "connect_timeout": (1, 3600), "packet_rate_min": (0, 1, 1_000_000),
    "outbox_bytes_max": (65536, 1 << 30),
    "memory_limit": (0, 1, 1 << 30), "shards": (1, 2, 3, 7, 16), "front_threads": (1, 2, 5), "auth_failure_ban": (0, 1, 5), "connection_rate": (0, 1000),
}
LISTENER = {"max_qos": (0, 1, 2), "max_topic_alias": (0, 1, 10, 65535), "max_topic_alias_broker": (0, 1, 10, 65535),
            "max_connections": (-1, 1, 5, 1000), "mount_point": ("m/", "a/b/c/", "x"), "auto_id_prefix": ("", "auto-", "ü"),
            "use_username_as_clientid": ("true", "false"), "accept_protocol_versions": ("3", "4", "5", "3,4,5"),
            "socket_domain": ("ipv4",)}
WORDS = {"persistent_client_expiration": ("1s", "1h", "10y"), "receive_maximum_exceeded": ("disconnect", "warn"), "log_compat": ("2.0", "2.1"),
         "log_type": ("all", "none", "error"), "log_timestamp_format": ("%Y", "%%"), "clientid_prefixes": ("c", "")}


def random_lines(dice, port):
    def some(table):
        return [f"{key} {dice.choice(values)}".rstrip() for key, values in table.items() if dice.random() < 0.4]
    lines = [f"{key} {dice.choice(('true', 'false'))}" for key in BOOLEANS if dice.random() < 0.4]
    lines += [line for line in some(NUMBERS) + some(WORDS) if " " in line]
    dice.shuffle(lines)
    return [*lines, f"listener {port} 127.0.0.1", "allow_anonymous true", *[line for line in some(LISTENER) if " " in line]]


class Settings(Case):
    def traffic(self, broker, dice):
        """Whatever is refused or ends is well; the broker must live."""
        for turn in range(12):
            level = dice.choice((3, 4, 5))
            try:
                with raw.Raw(broker.address, level, timeout=2) as client:
                    client.send("CONNECT", id=f"c{dice.randrange(4)}", user=f"u{turn}", clean=dice.randrange(2), will="a/w",
                                will__payload="x" * dice.choice((0, 200)), will__qos=dice.randrange(3), keepalive=10)
                    client.socket.settimeout(0.3)
                    client.receive()
                    for _ in range(6):
                        self.act(client, dice)
            except (raw.Closed, OSError, AssertionError):
                pass

    def act(self, client, dice):
        topic = dice.choice(("a", "a/b", "a/b/c", "$share/g/a/#", "#", "a/+"))
        if dice.random() < 0.5:
            return client.subscribe(topic, qos=dice.randrange(3))
        extra = {"topic_alias": dice.choice((1, 2, 10))} if client.level == 5 and dice.random() < 0.3 else {}
        client.publish("a/b", "x" * dice.choice((0, 10, 500)), dice.randrange(3), dice.randrange(1, 5),
                       retain=dice.randrange(2), **extra)
        return client.messages()

    @long(12)
    def test_hardening_18_random_settings_and_traffic(self):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        for turn in range(25):
            lines = random_lines(dice, Ports.take())
            print(f"seed {seed} turn {turn}:", *lines, sep="\n    ")
            self.write("random.conf", "\n".join(("user root", *lines)) + "\n")
            broker = self.launch(["-c", self.path("random.conf")], port=Ports.next - 1)
            case.eventually(lambda: broker.process.poll() is not None or is_open(broker), "an open port")
            self.assertIsNone(broker.process.poll(), broker.output())
            self.traffic(broker, dice)
            self.assertIsNone(broker.process.poll(), broker.output())
            self.assertEqual(broker.stop(), 0)

    def test_hardening_18_each_limit_at_its_smallest(self):
        """One at a time: the broker still serves somebody, or refuses in words."""
        for key, values in NUMBERS.items():
            for value in {min(values), 0, 1} & set(values) | {min(values)}:
                broker = self.start("allow_anonymous true", f"{key} {value}", *(["shards 2"] if key != "shards" else []))
                with raw.Raw(broker.address, 5) as one:
                    answer = one.connect("c")
                    if answer["rc"] == 0:
                        one.subscribe("t")
                        one.publish("t", "")
                        one.ping()
                self.assertEqual(broker.stop(), 0, f"{key} {value}")
                self.forget(broker)


def is_open(broker):
    try:
        socket.create_connection(broker.address, 1).close()
        return True
    except OSError:
        return False


class FileModes(Case):
    def mode(self, path):
        return path.stat().st_mode & 0o777

    def test_hardening_15_password_files_are_0600_whatever_the_umask(self):
        """Made by root, the broker's group may read them too, since the broker runs as another user."""
        for umask in (0o000, 0o022, 0o077, 0o777):
            path = self.path(f"passwd{umask:o}")
            for words in (["-c", "-b", path, "a", "1"], ["-b", path, "b", "2"], ["-D", path, "a"]):
                done = subprocess.run([self.symlink("mosquitto_passwd"), *words], preexec_fn=lambda: os.umask(umask),
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                if self.mode(path) != 0o600:
                    self.assertEqual(self.mode(path), 0o640, f"umask {umask:o} {words}")
                    self.assertEqual(grp.getgrgid(path.stat().st_gid).gr_name, "mosquitto")
        self.assertEqual([p.name for p in self.directory.iterdir() if not p.name.startswith(("passwd", "mosquitto"))], [])

    def test_hardening_15_nothing_of_an_edit_stays_behind(self):
        """No backup, no half-written file that others may read."""
        path = self.passwords(a="1", b="2")
        before = sorted(os.listdir(self.directory))
        self.run_martlet("passwd", "-D", path, "a")
        self.run_martlet("passwd", "-D", path, "nobody")
        self.assertEqual(sorted(os.listdir(self.directory)), before)

    def test_hardening_15_a_password_file_that_all_may_read_is_pointed_at(self):
        path = self.passwords(a="1")
        path.chmod(0o644)
        broker = self.start(f"password_file {path}")
        self.assertRegex(broker.log(), rf"Warning: .*{path}")

    def test_hardening_15_pid_and_log_files_cannot_be_written_by_others(self):
        broker = self.start("allow_anonymous true", f"pid_file {self.path('pid')}", f"log_dest file {self.path('log')}",
                            log=self.path("log"), limits=lambda: os.umask(0))
        for name in ("pid", "log"):
            self.assertEqual(self.mode(self.path(name)) & 0o022, 0, name)
        self.assertEqual(broker.process.poll(), None)


class Canary(Case):
    SECRET = "canary-5c1f0e77"

    def assert_silent(self, text, where):
        self.assertNotIn(self.SECRET, text, where)
        self.assertNotIn(self.SECRET.encode().hex(), text.lower(), where)

    def test_hardening_21_passwords_and_payloads_are_never_logged(self):
        broker = self.start("allow_anonymous false", f"password_file {self.passwords(alice=self.SECRET, bob='b')}",
                            "log_type all", "log_dest stderr", "log_dest topic", "sys_interval 1")
        watch = Client(self, broker.port, "watch", user="bob", password="b")
        watch.subscribe("$SYS/#")
        for level in (3, 4, 5):
            for user, password in (("alice", self.SECRET), ("alice", self.SECRET + "wrong"), ("nobody", self.SECRET),
                                   ("bob", self.SECRET)):
                with raw.Raw(broker.address, level) as one:
                    one.connect("c", user=user, pass_=password, will="w", will__payload=self.SECRET)
            with raw.Raw(broker.address, level) as one:
                whole = raw.connect_packet("cut", level, user="alice", pass_=self.SECRET)
                one.send_bytes(raw.raw_frame(0x10, whole[2:] + b"x"))
                one.rest()
        with raw.connected(broker.address, "c", 5, user="alice", pass_=self.SECRET) as one:
            one.publish_acked("t", self.SECRET, retain=1)
            one.send("AUTH", rc=0x18, auth_method="x", auth_data=self.SECRET.encode())
            one.rest()
        broker.reload()
        watch.wait(lambda: len([t for t, _ in watch.messages if t.endswith("/uptime")]) > 1, "two values of uptime")
        broker.wait_log("Received PUBLISH")
        self.assert_silent(broker.log(), "the log")
        self.assert_silent(str(watch.messages), "$SYS")
        cmdline = open(f"/proc/{broker.process.pid}/cmdline", "rb").read().decode()
        self.assert_silent(cmdline, "the command line")

    def test_hardening_21_values_of_secret_keys_are_not_repeated(self):
        """Neither when the file is sound nor when a secret stands where something is wrong."""
        good = ("connection far", f"address 127.0.0.1:{Ports.take()}", "topic # out", "remote_username u",
                f"remote_password {self.SECRET}")
        bad = (f"remote_pasword {self.SECRET}", f"bridge_psk {self.SECRET}", f"password {self.SECRET}",
               f"auth_opt_pass {self.SECRET}")
        for extra in ((), *[(line,) for line in bad]):
            self.write("secret.conf", "\n".join((f"listener {Ports.take()}", *good, *extra)) + "\n")
            for words in (("check", "-c", "secret.conf"), ("serve", "-c", "secret.conf", "--test-config")):
                done = self.run_martlet(*words)
                self.assert_silent(done.stdout + done.stderr, f"{words} {extra}")

    def test_hardening_21_a_bad_line_of_the_password_file_is_not_repeated(self):
        path = self.passwords(alice="a")
        for line in (f"bob:{self.SECRET}", f"{self.SECRET}", f"bob:$7$101${self.SECRET}", f"bob:$9${self.SECRET}"):
            good = path.read_text()
            path.write_text(good + line + "\n")
            port = Ports.take()
            self.write("martlet.conf", f"user root\nlistener {port}\npassword_file {path}\n")
            broker = self.launch(["-c", self.path("martlet.conf")], port=port)
            case.eventually(lambda: broker.process.poll() is not None or is_open(broker))
            self.assert_silent(broker.output(), line)
            case.end_if_alive(broker.process)
            path.write_text(good)

    def test_hardening_21_passwords_do_not_stay_in_the_environment_or_in_a_dump(self):
        """A client's password is not kept: nothing in the memory map of names that the kernel shows, no core by itself."""
        broker = self.start("allow_anonymous true")
        raw.connected(broker.address, "c", user="u", pass_=self.SECRET).close()
        environ = open(f"/proc/{broker.process.pid}/environ", "rb").read().decode(errors="replace")
        self.assert_silent(environ, "the environment")
